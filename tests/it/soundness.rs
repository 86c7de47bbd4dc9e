//! The flagship claim, held against the engine on flows that nobody wrote by hand: what compiles never
//! leaves a lead stuck, and no lead gets more than its proof report says.
//!
//! Flows are made at random and printed as YAML (`flows`), or are the shipped ones with something dropped,
//! led elsewhere or counted otherwise (`mutants`). For each that compiles, leads made at random (`leads`)
//! go through the very engine on a clock of their own (`life`, `did`), and at the end of it are silent. `found`
//! holds what this has found before, in as few lines as it takes.
//!
//! `PROPTEST_CASES` raises the number of flows.

#![allow(clippy::unwrap_used)]

mod did;
mod flows;
mod found;
mod leads;
mod life;
mod mutants;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use replytree::diagnostic::Source;
use replytree::flow::workspace::{self, Workspace};
use replytree::flow::{Compiled, Flow, compile};

use life::Hours;

/// Flows tried of each kind where `PROPTEST_CASES` says nothing.
const FLOWS: u32 = 160;
const MUTANTS: u32 = 60;

/// The workspace that all of these flows live in. Its address is short, so that a short link is as long as
/// the report counts it.
const WORKSPACE: &str = r#"
brand: Nb
public_url: https://nb.example
time_zone: America/Chicago
default_team: desk
channels: { main: { carrier: sandbox, from: "+13125550100" } }
email: { from: "Nb <hello@nb.example>" }
sending: { quiet_hours: { between: "09:00-20:00" }, caps: [ { at_most: 2, per: 24h }, { at_most: 4, per: 30d, kind: marketing } ] }
teams:
  sales: { agents: [ { name: Dana, sms: "+13125550111" } ], claim_within: 5m, if_unclaimed: desk }
  desk:  { agents: [ { name: Kim, email: kim@nb.example } ], hours: { days: mon-fri, between: "09:00-17:00" }, claim_within: 10m }
calendars:
  room: { open: { days: mon-fri, between: "10:00-16:00" }, slot: 1h }
endpoints:
  stock: { url: "https://nb.example/stock", method: GET, timeout: 3s }
"#;

fn workspace() -> Arc<Workspace> {
    let (workspace, problems) = workspace::read("workspace.yaml", WORKSPACE, &|_| None);
    assert!(problems.is_empty(), "{problems:#?}");
    Arc::new(workspace)
}

/// A flow and those that it runs, as one file each.
fn compiled(workspace: &Workspace, files: &[String]) -> Compiled {
    let sources: Vec<Source> = files
        .iter()
        .enumerate()
        .map(|(at, text)| Source {
            file: format!("{at}.yaml"),
            text: text.clone(),
        })
        .collect();
    compile(workspace, &sources)
}

/// The flow of this name, if all of it compiles.
fn flow_of(compiled: &Compiled, name: &str) -> Option<Arc<Flow>> {
    let flow = compiled.flows.iter().find(|flow| flow.name == *name)?;
    Some(flow.clone())
}

fn runner(cases: u32) -> TestRunner {
    let asked = std::env::var("PROPTEST_CASES").ok();
    let cases = asked.and_then(|n| n.parse().ok()).unwrap_or(cases);
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 4_000,
        ..Config::default()
    };
    match std::env::var("PROPTEST_RNG_SEED") {
        Ok(_) => TestRunner::new(config),
        Err(_) => TestRunner::new_with_rng(
            config,
            proptest::test_runner::TestRng::deterministic_rng(
                proptest::test_runner::RngAlgorithm::ChaCha,
            ),
        ),
    }
}

/// Fails with the smallest case as its reader would write it.
fn done<T: std::fmt::Debug>(result: Result<(), TestError<T>>, show: impl Fn(&T) -> String) {
    match result {
        Ok(()) => {}
        Err(TestError::Fail(why, case)) => panic!("{why}\n{}", show(&case)),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

fn lives() -> impl Strategy<Value = Vec<leads::Life>> {
    prop::collection::vec(leads::life(), 2..5)
}

#[test]
fn what_compiles_never_leaves_a_lead_stuck_nor_tells_more_than_its_proof() {
    let workspace = workspace();
    let (tried, compile) = (RefCell::new(0_u32), RefCell::new(0_u32));
    let refused: RefCell<BTreeMap<&'static str, u32>> = RefCell::default();
    let seen: RefCell<BTreeMap<String, u32>> = RefCell::default();
    let leads = RefCell::new(life::Tally::default());
    let result = runner(FLOWS).run(&(flows::plan(), lives()), |(plan, lives)| {
        *tried.borrow_mut() += 1;
        let files = plan.yaml();
        let compiled = compiled(&workspace, &files);
        let Some(flow) = flow_of(&compiled, "made") else {
            for code in compiled.diagnostics.iter().map(|d| d.code) {
                *refused.borrow_mut().entry(code).or_default() += 1;
            }
            return Ok(());
        };
        *compile.borrow_mut() += 1;
        for step in &flow.steps {
            *seen
                .borrow_mut()
                .entry(step.verb.key().to_string())
                .or_default() += 1;
        }
        for hours in [Hours::Open, Hours::Quiet] {
            for life in &lives {
                let tally = life::lead(&workspace, &compiled.flows, &flow, life, hours)
                    .map_err(TestCaseError::fail)?;
                leads.borrow_mut().add(&tally);
            }
        }
        Ok(())
    });
    done(result, |(plan, lives)| {
        format!("{}\n{lives:#?}", plan.yaml().join("\n---\n"))
    });
    let (tried, compile) = (tried.into_inner(), compile.into_inner());
    let refused = refused.into_inner();
    let seen = seen.into_inner();
    let leads = leads.into_inner();
    eprintln!(
        "{compile} of {tried} flows compile; refused: {refused:?}; steps: {seen:?}; {leads:?}"
    );
    assert!(
        compile * 10 >= tried * 6,
        "{compile} of {tried} compile: {refused:?}"
    );
    for verb in [
        "ask", "say", "decide", "handoff", "email", "wait", "book", "call", "set", "run", "return",
        "end",
    ] {
        assert!(seen.contains_key(verb), "no flow has a `{verb}`: {seen:?}");
    }
    leads.is_of_every_kind();
}

#[test]
fn so_does_a_shipped_flow_with_something_changed() {
    let (workspace, shipped) = mutants::shipped();
    let (tried, compile) = (RefCell::new(0_u32), RefCell::new(0_u32));
    let leads = RefCell::new(life::Tally::default());
    let strategy = (mutants::change(&shipped), lives());
    let result = runner(MUTANTS).run(&strategy, |(change, lives)| {
        *tried.borrow_mut() += 1;
        let files = change.files(&shipped);
        let compiled = compiled(&workspace, &files);
        let Some(flow) = flow_of(&compiled, change.flow(&shipped)) else {
            return Ok(());
        };
        *compile.borrow_mut() += 1;
        for life in &lives {
            let tally = life::lead(&workspace, &compiled.flows, &flow, life, Hours::Open)
                .map_err(TestCaseError::fail)?;
            leads.borrow_mut().add(&tally);
        }
        Ok(())
    });
    done(result, |(change, lives)| {
        format!("{}\n{lives:#?}", change.shown(&shipped))
    });
    let (tried, compile) = (tried.into_inner(), compile.into_inner());
    let leads = leads.into_inner();
    eprintln!("{compile} of {tried} changed flows compile; {leads:?}");
    assert!(compile * 3 >= tried, "{compile} of {tried} compile");
}
