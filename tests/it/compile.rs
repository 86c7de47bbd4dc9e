//! Flows in `tests/compile`, and the diagnostics each must give.

use std::path::PathBuf;

use replytree::diagnostic::{Colour, Source, render};
use replytree::flow::compile;
use replytree::flow::workspace::{Workspace, read};

/// The workspace that the flows under `tests` are written for.
const WORKSPACE: &str = r#"
brand: Northside Auto
time_zone: America/Chicago
default_team: sales
channels: { main: { carrier: sandbox, from: "+13125550100" } }
email: { from: "hello@northside.example" }
teams:
  sales: { agents: [ { name: Dana, sms: "+13125550111" } ], route: everyone }
  managers: { agents: [ { name: Kim, sms: "+13125550112" } ], route: everyone }
calendars: { showroom: { open: { days: mon-sat, between: "10:00-17:00" }, slot: 30m, at_once: 1 } }
endpoints: { inventory: { url: "https://inventory.example/api", method: GET, timeout: 3s } }
"#;

pub fn workspace() -> Workspace {
    let (workspace, problems) = read("workspace.yaml", WORKSPACE, &|_| None);
    assert!(problems.is_empty(), "{problems:#?}");
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
