//! Every lint has a flow that is bad in its way and in no other, and one that is good.

use std::collections::BTreeSet;
use std::path::PathBuf;

use replytree::diagnostic::Diagnostic;
use replytree::flow::graph::{Taken, taken_by};
use replytree::flow::{Flow, Says, Source, StepIx, compile};
use replytree::lint::{self, Known, Uncovered};

use crate::compile::workspace;

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/lints")
}

fn read(lint: &str, which: &str) -> Source {
    let path = directory().join(lint).join(format!("{which}.yaml"));
    Source {
        file: format!("{lint}/{which}.yaml"),
        text: std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())),
    }
}

/// The warnings of a flow in a workspace of health with two domains, with 1,000 leads in 90 days.
fn warnings(source: Source) -> Vec<Diagnostic> {
    let workspace = replytree::flow::workspace::Workspace {
        health: true,
        domains: vec!["northside.example".into(), "shop.example".into()],
        ..workspace()
    };
    let compiled = compile(&workspace, std::slice::from_ref(&source));
    let errors: Vec<_> = compiled
        .diagnostics
        .iter()
        .filter(|d| d.is_error())
        .collect();
    assert!(errors.is_empty(), "{}: {errors:#?}", source.file);
    let flow = &compiled.flows[0];
    let uncovered = answers_never_given(flow);
    let known = Known {
        workspace: Some(&workspace),
        uncovered: (!flow.tests.is_empty()).then_some(&uncovered),
        leads_in_90_days: Some(1_500),
    };
    lint::run(flow, &known)
}

/// A stand-in for running the tests: the options whose names no test says.
fn answers_never_given(flow: &Flow) -> Vec<Uncovered> {
    let lines = flow.tests.iter().flat_map(|test| &test.script);
    let said: BTreeSet<&str> = lines
        .filter_map(|line| match &line.says {
            Says::Lead(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let steps = flow.steps.iter().enumerate();
    let exits = steps.flat_map(|(at, step)| {
        let of_step = step.verb.exits().into_iter();
        of_step.map(move |(exit, _)| (StepIx(at as u32), step, exit))
    });
    exits
        .filter(|(_, step, exit)| taken_by(&step.verb, exit) == Taken::Answer)
        .filter(|(_, _, exit)| !said.contains(exit.as_str()))
        .map(|(step, _, exit)| Uncovered {
            step,
            exit: exit.to_string(),
        })
        .collect()
}

fn codes(found: &[Diagnostic]) -> BTreeSet<&str> {
    found.iter().map(|warning| warning.code).collect()
}

#[test]
fn a_bad_flow_gets_its_warning_and_no_other_and_a_good_one_gets_none() {
    for lint in lint::ALL {
        let name = lint.name();
        let bad = warnings(read(name, "bad"));
        assert_eq!(
            codes(&bad),
            BTreeSet::from([name]),
            "{name}/bad.yaml: {bad:#?}"
        );
        let good = warnings(read(name, "good"));
        assert!(good.is_empty(), "{name}/good.yaml: {good:#?}");
    }
}

#[test]
fn a_warning_that_the_author_allowed_is_silent() {
    for lint in lint::ALL {
        let mut source = read(lint.name(), "bad");
        source.text.push_str(&format!("allow: [{}]\n", lint.name()));
        let found = warnings(source);
        assert!(found.is_empty(), "{}: {found:#?}", lint.name());
    }
}

#[test]
fn a_warning_points_into_the_file_and_says_how_to_mend_it() {
    let mut shown = String::new();
    for lint in lint::ALL {
        let source = read(lint.name(), "bad");
        for warning in warnings(source.clone()) {
            let place = source.text.get(warning.span.range()).unwrap_or_default();
            assert!(!place.is_empty(), "{}: {:?}", lint.name(), warning.span);
            assert!(warning.help.is_some(), "{}", lint.name());
            let help = warning.help.unwrap_or_default();
            let (code, message) = (warning.code, &warning.message);
            shown.push_str(&format!("{code}: {message}\n  at {place:.60}\n  {help}\n"));
        }
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn every_directory_of_examples_belongs_to_a_lint() {
    let names = std::fs::read_dir(directory()).unwrap();
    for entry in names {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            lint::find(&name).is_some(),
            "tests/lints/{name} is the example of no lint"
        );
    }
}

#[test]
fn a_question_that_sends_more_than_a_cap_allows_is_warned_of() {
    let rung = |n: u32| format!("      - {{ after: 1d, say: \"Still there? ({n})\" }}\n");
    for (nudges, at_most, warned) in [(4, 4, true), (3, 4, false), (4, 8, false)] {
        let rungs: String = (0..nudges).map(rung).collect();
        let text = format!(
            "flow: caps\nkind: marketing\nsteps:\n  first:\n    \
             ask: \"Hi, {{brand}} here. Shall we start? STOP to opt out.\"\n    \
             answers: {{ yes: done, later: done }}\n    no_reply:\n{rungs}      \
             - {{ after: 1d, then: done }}\n  done: {{ end: done }}\n"
        );
        let file = "caps.yaml".to_string();
        let mut workspace = workspace();
        let caps = &mut workspace.rules.caps;
        caps.last_mut().unwrap().at_most = at_most;
        let compiled = compile(&workspace, &[Source { file, text }]);
        let known = Known {
            workspace: Some(&workspace),
            ..Known::default()
        };
        let found = lint::run(&compiled.flows[0], &known);
        let beyond = found.iter().any(|warning| {
            warning.code == "long-silence" && warning.message.contains("the workspace allows")
        });
        assert_eq!(
            beyond, warned,
            "{nudges} nudges, {at_most} allowed: {found:#?}"
        );
    }
}
