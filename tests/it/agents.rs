//! Agents: the routing of leads, what agents text, reminders and takeovers, as flow tests on every store.

use std::sync::Arc;

use replytree::diagnostic::Source;
use replytree::flow::{self, workspace};
use replytree::sim::flow_test;
use replytree::store::{MemoryStore, SqliteStore, Store};

const WORKSPACE: &str = include_str!("../data/agents/workspace.yaml");
const FLOWS: [&str; 3] = [
    include_str!("../data/agents/drive.yaml"),
    include_str!("../data/agents/garage.yaml"),
    include_str!("../data/agents/visit.yaml"),
];

fn run(store: &dyn Fn() -> Arc<dyn Store>) {
    let (workspace, problems) = workspace::read("workspace.yaml", WORKSPACE, &|_| None);
    assert!(problems.is_empty(), "{problems:#?}");
    let sources: Vec<Source> = FLOWS
        .iter()
        .enumerate()
        .map(|(n, text)| Source {
            file: format!("{n}.yaml"),
            text: (*text).to_string(),
        })
        .collect();
    let compiled = flow::compile(&workspace, &sources);
    let errors = compiled.diagnostics.iter().filter(|d| d.is_error());
    let errors: Vec<_> = errors.collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let workspace = Arc::new(workspace);
    let mut failed = Vec::new();
    for flow in &compiled.flows {
        let result = flow_test::run_over(store, &workspace, &compiled.flows, flow);
        assert!(!result.tests.is_empty());
        for test in result.tests {
            if let Some(failure) = test.failure {
                let said = test.transcript.join("\n    ");
                failed.push(format!("{}: {failure:?}\n    {said}", test.name));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn leads_are_offered_claimed_and_reported_on_as_written() {
    run(&|| Arc::new(MemoryStore::new()));
}

#[test]
fn the_same_holds_in_the_embedded_store() {
    let dir = tempfile::tempdir().unwrap();
    let made = std::sync::atomic::AtomicUsize::new(0);
    run(&|| {
        let n = made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Arc::new(SqliteStore::open(&dir.path().join(format!("{n}.db"))).unwrap())
    });
}
