//! Flows in `tests/compile`, and the diagnostics each must give.

use std::path::PathBuf;

use replytree::diagnostic::{CODES, Colour, Source, explain, render};
use replytree::flow::compile;
use replytree::flow::workspace::{self, Workspace};

/// The workspace of the language page, its secrets made up.
pub fn workspace() -> Workspace {
    let text = include_str!("../workspace.yaml");
    let secret = |name: &str| match name {
        "SMTP_URL" => Some("smtp://user:word@mail.example:587".to_string()),
        _ => Some(format!("whsec_{name}")),
    };
    let (workspace, problems) = workspace::read("workspace.yaml", text, &secret);
    assert!(problems.is_empty(), "{problems:?}");
    workspace
}

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/compile")
}

fn source(file: &str) -> Source {
    let text = std::fs::read_to_string(directory().join(file)).expect("a file of tests/compile");
    Source {
        file: file.into(),
        text,
    }
}

#[test]
fn the_flow_of_the_language_page_compiles() {
    let sources = [source("test-drive.yaml")];
    let compiled = compile(&workspace(), &sources);
    let shown = render(&compiled.diagnostics, &sources, Colour::Never);
    assert!(compiled.diagnostics.is_empty(), "{shown}");
    assert_eq!(compiled.flows.len(), 1);
}

/// One file, or a directory of files that are compiled together.
fn case(path: &std::path::Path) -> Vec<Source> {
    let mut files: Vec<PathBuf> = if path.is_dir() {
        let entries = std::fs::read_dir(path).expect("a directory of tests/compile");
        entries
            .map(|entry| entry.expect("a readable entry").path())
            .collect()
    } else {
        vec![path.to_path_buf()]
    };
    files.sort();
    let relative = |file: &PathBuf| {
        let inside = file.strip_prefix(directory()).unwrap_or(file);
        inside.to_string_lossy().into_owned()
    };
    files.iter().map(|file| source(&relative(file))).collect()
}

fn cases() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory()).expect("tests/compile");
    let mut cases: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.is_dir() || path.extension().is_some_and(|e| e == "yaml"))
        .collect();
    cases.sort();
    cases
}

#[test]
fn each_flow_gives_its_diagnostics() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(directory());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for path in cases() {
        let sources = case(&path);
        let compiled = compile(&workspace(), &sources);
        let shown = render(&compiled.diagnostics, &sources, Colour::Never);
        let flows: Vec<&str> = compiled.flows.iter().map(|flow| &*flow.name).collect();
        let shown = format!("{shown}flows: {flows:?}\n");
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        settings.bind(|| insta::assert_snapshot!(name, shown));
    }
}

/// The code a case is named after: `e0204_…`.
fn code_of(path: &std::path::Path) -> Option<String> {
    let name = path.file_stem()?.to_string_lossy().into_owned();
    let code = name.split('_').next()?.to_uppercase();
    code.starts_with("E0").then_some(code)
}

#[test]
fn each_code_has_a_flow_that_gives_nothing_else() {
    for path in cases() {
        let Some(code) = code_of(&path) else { continue };
        let compiled = compile(&workspace(), &case(&path));
        let codes: Vec<&str> = compiled.diagnostics.iter().map(|d| d.code).collect();
        assert!(!codes.is_empty(), "{}", path.display());
        assert!(
            codes.iter().all(|c| *c == code),
            "{}: {codes:?}",
            path.display()
        );
    }
}

#[test]
fn ten_mistakes_give_ten_diagnostics_each_at_its_own_place() {
    let compiled = compile(&workspace(), &[source("ten-mistakes.yaml")]);
    let mut places: Vec<_> = compiled.diagnostics.iter().map(|d| d.span).collect();
    places.dedup();
    assert_eq!(compiled.diagnostics.len(), 10);
    assert_eq!(places.len(), 10);
    assert!(compiled.flows.is_empty());
}

#[test]
fn the_proof_names_every_way_out_and_the_worst_case() {
    let compiled = compile(&workspace(), &[source("test-drive.yaml")]);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(directory());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let proof = replytree::flow::proof::report(&compiled.flows[0]);
    settings.bind(|| insta::assert_snapshot!("test-drive.proof", proof.to_string()));
}

#[test]
fn programs_read_places_from_one() {
    let sources = [source("e0204_unknown_step.yaml")];
    let compiled = compile(&workspace(), &sources);
    let json = replytree::diagnostic::to_json(&compiled.diagnostics, &sources);
    let first = &json["diagnostics"][0];
    for (key, value) in [
        ("line", 7),
        ("column", 21),
        ("end_line", 7),
        ("end_column", 28),
    ] {
        assert_eq!(first[key], value, "{key}");
    }
    assert_eq!(json["errors"], 2);
    let sarif = replytree::diagnostic::to_sarif(&compiled.diagnostics, &sources);
    let region = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startLine"], 7);
}

#[test]
fn a_version_is_made_again_from_its_sources_whatever_the_workspace_has_become() {
    let compiled = compile(&workspace(), &[source("test-drive.yaml")]);
    let flow = &compiled.flows[0];
    let mut bare = workspace();
    bare.teams.clear();
    let again = replytree::flow::compile_version(&bare, &flow.name, &flow.sources);
    let again = again.expect("the sources compiled before");
    assert_eq!(again.version, flow.version);
    assert_eq!(again.steps.len(), flow.steps.len());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    /// Whatever is cut out of a flow or typed into it: an answer, and never a panic.
    #[test]
    fn no_source_makes_the_compiler_panic(
        at in 0usize..3000,
        cut in 0usize..200,
        typed in "[ a-z0-9:{}\\[\\]\"'|>&*!#%@`,\n\t-]{0,12}",
    ) {
        let text = source("test-drive.yaml").text;
        let boundary = |at: usize| {
            let mut at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (boundary(at), boundary(at + cut));
        let text = format!("{}{typed}{}", &text[..start], &text[end..]);
        let sources = [Source { file: "t.yaml".into(), text }];
        let compiled = compile(&workspace(), &sources);
        render(&compiled.diagnostics, &sources, Colour::Never);
        for flow in &compiled.flows {
            replytree::flow::proof::report(flow);
        }
    }

    /// A flow that ends in the middle.
    #[test]
    fn no_truncated_source_makes_the_compiler_panic(at in 0usize..6000) {
        let mut text = source("test-drive.yaml").text;
        let mut at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        text.truncate(at);
        compile(&workspace(), &[Source { file: "t.yaml".into(), text }]);
    }
}

#[test]
fn every_code_is_explained() {
    let sources = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/flow");
    let mut open = vec![sources];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("a directory of src");
            open.extend(entries.map(|entry| entry.expect("a readable entry").path()));
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for (at, _) in text.match_indices("\"E0") {
            let code: String = text[at + 1..].chars().take(5).collect();
            if text[at + 6..].starts_with('"') {
                assert!(explain(&code).is_some(), "{code} in {}", path.display());
            }
        }
    }
    let last = CODES.windows(2).all(|pair| pair[0].0 < pair[1].0);
    assert!(last, "in order, each once");
}

#[test]
fn a_flow_that_is_run_is_brought_in_with_names_of_its_own_and_comes_back() {
    let compiled = compile(&workspace(), &case(&directory().join("run")));
    let outer = compiled
        .flows
        .iter()
        .find(|flow| flow.name == "outer")
        .expect("compiles");
    let steps: Vec<&str> = outer.steps.iter().map(|step| &*step.name).collect();
    let own = ["hello", "ask-them", "sort", "done"];
    let brought_in = [
        "ask-them.first",
        "ask-them.good",
        "ask-them.fine",
        "ask-them.bad",
    ];
    let made = [
        "ask-them.completed",
        "with_agent",
        "unclaimed",
        "default-team",
    ];
    assert_eq!(steps, [&own[..], &brought_in, &made].concat());
    let links: Vec<&str> = outer.links.keys().map(|link| &**link).collect();
    assert_eq!(links, ["ask-them.map", "map"]);
    for (step, to) in [("fine", "sort"), ("bad", "done"), ("completed", "done")] {
        let ix = outer.find(&format!("ask-them.{step}")).expect("brought in");
        let exits = outer.step(ix).verb.exits();
        let target = replytree::flow::Target::Step(outer.find(to).expect("a step"));
        assert_eq!(exits[0].1, &target, "{step}");
    }
    assert_eq!(outer.sources.len(), 2);
}
