//! The documents say what is true: every YAML block in them compiles and passes its own tests, and
//! the lists of errors and warnings are the compiler's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use replytree::diagnostic::{CODES, Colour, Source, render};
use replytree::flow::compile;
use replytree::flow::workspace::{self, Workspace};
use replytree::lint;
use replytree::sim::flow_test;

/// A fenced block of YAML, with the line it begins on.
struct Block {
    file: String,
    line: usize,
    text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn documents() -> Vec<PathBuf> {
    let docs = std::fs::read_dir(root().join("docs")).expect("docs is there");
    let mut found: Vec<PathBuf> = docs
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    found.push(root().join("README.md"));
    found.sort();
    found
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for path in documents() {
        let text = read(&path);
        let file = path
            .strip_prefix(root())
            .expect("below the root")
            .display()
            .to_string();
        let mut open: Option<Block> = None;
        for (at, line) in text.lines().enumerate() {
            match &mut open {
                None if line == "```yaml" => {
                    let (file, text) = (file.clone(), String::new());
                    open = Some(Block {
                        file,
                        line: at + 2,
                        text,
                    });
                }
                None => {}
                Some(_) if line == "```" => blocks.extend(open.take()),
                Some(block) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
            }
        }
        assert!(open.is_none(), "{file}: a block is never closed");
    }
    blocks
}

fn secret(_: &str) -> Option<String> {
    Some("smtp://user:word@mail.example:587".to_string())
}

fn shipped() -> Workspace {
    let text = read(&root().join("flows/workspace.yaml"));
    let (workspace, problems) = workspace::read("workspace.yaml", &text, &|_| None);
    assert!(problems.is_empty(), "{problems:?}");
    workspace
}

#[test]
fn every_flow_in_the_documents_compiles_and_passes_its_tests() {
    let workspace = Arc::new(shipped());
    let mut flows = 0;
    for block in blocks()
        .iter()
        .filter(|block| block.text.starts_with("flow:"))
    {
        let place = format!("{}:{}", block.file, block.line);
        let sources = [Source {
            file: place.clone(),
            text: block.text.clone(),
        }];
        let compiled = compile(&workspace, &sources);
        let shown = render(&compiled.diagnostics, &sources, Colour::Never);
        assert!(compiled.diagnostics.is_empty(), "{shown}");
        let known = lint::Known {
            workspace: Some(&workspace),
            ..lint::Known::default()
        };
        for flow in &compiled.flows {
            let warnings = lint::run(flow, &known);
            assert!(
                warnings.is_empty(),
                "{}",
                render(&warnings, &sources, Colour::Never)
            );
            for test in flow_test::run(&workspace, &compiled.flows, flow).tests {
                let transcript = test.transcript.join("\n");
                assert_eq!(test.failure, None, "{place}: {}\n{transcript}", test.name);
                flows += 1;
            }
        }
    }
    assert!(flows >= 10, "only {flows} tests in the documents");
}

#[test]
fn every_workspace_in_the_documents_can_be_read() {
    for block in blocks()
        .iter()
        .filter(|block| block.text.starts_with("brand:"))
    {
        let (_, problems) = workspace::read(&block.file, &block.text, &secret);
        let place = format!("{}:{}", block.file, block.line);
        assert!(problems.is_empty(), "{place}: {problems:#?}");
    }
}

#[test]
fn no_yaml_in_the_documents_goes_untried() {
    for block in blocks() {
        let whole = block.text.starts_with("flow:") || block.text.starts_with("brand:");
        assert!(
            whole,
            "{}:{} is neither a flow nor a workspace",
            block.file, block.line
        );
    }
}

#[test]
fn the_reference_lists_every_error_and_every_warning() {
    let page = read(&root().join("docs/LANGUAGE.md"));
    for (code, text) in CODES {
        let title = text.lines().next().and_then(|line| line.split_once(": "));
        let (_, title) = title.expect("an explanation begins `# CODE: title`");
        let row = format!("| `{code}` | {title} |");
        assert!(page.contains(&row), "docs/LANGUAGE.md lacks: {row}");
    }
    for name in lint::ALL.iter().map(|lint| lint.name()) {
        let text = lint::explain(name).expect("a lint has its explanation");
        let finds = text
            .split("\n## ")
            .nth(1)
            .expect("what it finds")
            .lines()
            .skip(1);
        let finds: Vec<&str> = finds.filter(|line| !line.is_empty()).collect();
        let row = format!("| `{name}` | {} |", finds.join(" "));
        assert!(page.contains(&row), "docs/LANGUAGE.md lacks: {row}");
    }
}

/// The table of the architecture page and the one that `tidy` holds the code to are one.
#[test]
fn the_map_shows_the_dependency_rule_as_it_is_kept() {
    let page = read(&root().join("docs/ARCHITECTURE.md"));
    for (module, row) in crate::tidy::MAY_IMPORT {
        let start = format!("| `{module}` | ");
        let shown = page.lines().find_map(|line| line.strip_prefix(&start));
        let shown = shown.unwrap_or_else(|| panic!("docs/ARCHITECTURE.md lacks {module}"));
        if shown.starts_with("everything above") {
            continue;
        }
        let shown: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        let kept: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(shown, kept, "{module} in docs/ARCHITECTURE.md");
    }
}

#[test]
fn links_between_the_documents_lead_somewhere() {
    for path in documents() {
        let text = read(&path);
        let folder = path.parent().expect("a document lies in a folder");
        for (at, _) in text.match_indices("](") {
            let target: String = text[at + 2..].chars().take_while(|c| *c != ')').collect();
            let file = target.split('#').next().unwrap_or("");
            if file.is_empty() || file.contains("://") {
                continue;
            }
            assert!(
                folder.join(file).exists(),
                "{}: {target} is not there",
                path.display()
            );
        }
    }
}

/// What backs a promise is named as `path` or `path::test`, and is there.
#[test]
fn every_promise_names_a_test_that_is_there() {
    let page = read(&root().join("docs/PROMISES.md"));
    let mut named = 0;
    for row in page.lines().filter(|line| line.starts_with("| P")) {
        let backed = row
            .trim_end_matches(" |")
            .rsplit(" | ")
            .next()
            .unwrap_or("");
        if backed.starts_with("not yet") {
            continue;
        }
        for test in backed.split('`').skip(1).step_by(2) {
            let (file, name) = test.split_once("::").unwrap_or((test, ""));
            let text = read(&root().join(file));
            let there = name.is_empty() || text.contains(&format!("fn {name}("));
            assert!(there, "{test} is not there");
            named += 1;
        }
    }
    assert!(named > 0, "no promise names a test");
}
