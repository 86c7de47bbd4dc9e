//! The shipped playbooks: they compile without a warning, their own tests pass on every store, and
//! those tests take every edge.

use std::path::PathBuf;
use std::sync::Arc;

use replytree::diagnostic::{Colour, Source, render};
use replytree::flow::workspace::{self, Workspace};
use replytree::flow::{Flow, compile};
use replytree::lint;
use replytree::sim::flow_test;
use replytree::store::{MemoryStore, SqliteStore};

fn files(dir: PathBuf, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(path, found);
        } else if path.extension().is_some_and(|e| e == "yaml") && !path.ends_with("workspace.yaml")
        {
            found.push(path);
        }
    }
}

fn shipped() -> (Arc<Workspace>, Vec<Arc<Flow>>, Vec<Source>) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("flows");
    let text = std::fs::read_to_string(root.join("workspace.yaml")).unwrap();
    let (workspace, problems) = workspace::read("workspace.yaml", &text, &|_| None);
    assert!(problems.is_empty(), "{problems:#?}");
    let mut paths = Vec::new();
    files(root, &mut paths);
    paths.sort();
    let sources: Vec<Source> = paths
        .iter()
        .map(|path| Source {
            file: path.display().to_string(),
            text: std::fs::read_to_string(path).unwrap(),
        })
        .collect();
    let compiled = compile(&workspace, &sources);
    let shown = render(&compiled.diagnostics, &sources, Colour::Never);
    assert!(compiled.diagnostics.is_empty(), "{shown}");
    (Arc::new(workspace), compiled.flows, sources)
}

#[test]
fn every_playbook_compiles_without_a_warning() {
    let (workspace, flows, sources) = shipped();
    assert!(flows.len() >= 20, "{} flows", flows.len());
    let known = lint::Known {
        workspace: Some(&workspace),
        ..lint::Known::default()
    };
    for flow in &flows {
        let warnings = lint::run(flow, &known);
        assert!(
            warnings.is_empty(),
            "{}",
            render(&warnings, &sources, Colour::Never)
        );
    }
}

#[test]
fn every_playbooks_tests_pass_on_every_store() {
    let (workspace, flows, _) = shipped();
    let stores: [(&str, flow_test::StoreMaker); 2] = [
        ("memory", &|| Arc::new(MemoryStore::new())),
        ("sqlite", &|| Arc::new(SqliteStore::in_memory().unwrap())),
    ];
    for (name, store) in stores {
        for flow in &flows {
            let result = flow_test::run_over(store, &workspace, &flows, flow);
            for test in &result.tests {
                assert!(
                    test.failure.is_none(),
                    "{} on {name}: {}: {:?}\n{}",
                    flow.name,
                    test.name,
                    test.failure,
                    test.transcript.join("\n")
                );
            }
        }
    }
}

#[test]
fn every_playbooks_tests_take_every_edge() {
    let (workspace, flows, _) = shipped();
    for flow in &flows {
        let result = flow_test::run(&workspace, &flows, flow);
        let missed: Vec<String> = result.uncovered().map(ToString::to_string).collect();
        assert!(
            missed.is_empty(),
            "{}: no test takes {}",
            flow.name,
            missed.join(", ")
        );
    }
}
