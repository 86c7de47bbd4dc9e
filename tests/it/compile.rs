//! Flows in `tests/compile`, and the diagnostics each must give.

use std::path::PathBuf;

use replytree::diagnostic::{Colour, Source, render};
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
