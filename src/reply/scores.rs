//! How well replies are understood, measured on the shared cases (`tests/data/*_cases.json`, labelled by
//! judgement). The table is published in `docs/UNDERSTANDING.md`; falling below the targets fails.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;

const OPTOUTS: &str = include_str!("../../tests/data/optout_cases.json");

#[derive(Deserialize)]
struct OptOutFile {
    cases: Vec<OptOutCase>,
}

#[derive(Deserialize)]
struct OptOutCase {
    id: String,
    input: String,
    locale: String,
    context: String,
    expected: String,
    certainty: String,
}

fn listening(context: &str) -> Listening {
    Listening {
        opted_out: context == "opted_out",
        awaiting_double_opt_in: context == "awaiting_double_opt_in",
    }
}

fn consent_meaning(case: &OptOutCase) -> &'static str {
    match everywhere(&Reply::read(&case.input), listening(&case.context)).map(|v| v.meaning) {
        Some(Everywhere::OptOut) => "opt_out",
        Some(Everywhere::OptIn) => "opt_in",
        Some(Everywhere::Help) => "help",
        _ => "none",
    }
}

#[test]
fn every_opt_out_is_found_and_nothing_else_is_one() {
    let file: OptOutFile = serde_json::from_str(OPTOUTS).unwrap();
    let mut wrong = Vec::new();
    for case in &file.cases {
        let got = consent_meaning(case);
        if got != case.expected {
            wrong.push(format!(
                "{} {} {} {} {:?}: got {got}",
                case.id, case.locale, case.expected, case.certainty, case.input
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}\n{}",
        wrong.len(),
        file.cases.len(),
        wrong.join("\n")
    );
}
