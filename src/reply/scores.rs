//! How well replies are understood, measured on the shared cases (`tests/data/*_cases.json`, labelled by
//! judgement). The table is published in `docs/UNDERSTANDING.md`; falling below the targets fails.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::lead::{Kind, Name};
use crate::time::{Timestamp, Zone};

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

const REPLIES: &str = include_str!("../../tests/data/reply_cases.json");

#[derive(Deserialize)]
struct ReplyFile {
    questions: BTreeMap<String, Asking>,
    labels_by_locale: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    cases: Vec<ReplyCase>,
}

#[derive(Deserialize)]
struct Asking {
    #[serde(rename = "type")]
    kind: String,
    text: String,
    #[serde(default)]
    options: Vec<Label>,
    min: Option<f64>,
    max: Option<f64>,
}

#[derive(Deserialize)]
struct Label {
    id: String,
    label: String,
}

#[derive(Deserialize)]
struct ReplyCase {
    id: String,
    question: String,
    locale: String,
    input: String,
    expected: Expected,
    certainty: String,
}

#[derive(Deserialize)]
struct Expected {
    kind: String,
    id: Option<String>,
    what: Option<String>,
    value: Option<serde_json::Value>,
}

/// The options as an author would write them: names from the English labels, the labels of the other
/// languages as words.
fn options(file: &ReplyFile, question: &str) -> Vec<ChoiceOption> {
    let asking = &file.questions[question];
    let described = asking.options.iter().enumerate();
    described
        .map(|(i, option)| {
            let mut words = vec![(Some(Name::from("en")), option.label.clone())];
            for (locale, labels) in &file.labels_by_locale {
                if let Some(label) = labels.get(question).and_then(|l| l.get(i)) {
                    words.push((Some(Name::from(locale.as_str())), label.clone()));
                }
            }
            let name = match option.label.split_once(',') {
                Some((name, _)) => name.to_string(),
                None => option.label.to_lowercase().replace(' ', "-"),
            };
            ChoiceOption {
                name: Name::from(name),
                key: option.id.clone(),
                words,
            }
        })
        .collect()
}

fn kind_of(asking: &Asking) -> Kind {
    match asking.kind.as_str() {
        "datetime" => Kind::DateTime,
        "email" => Kind::Email,
        "name" => Kind::Name,
        "postal_code" => Kind::Postcode,
        _ => Kind::Number,
    }
}

fn answer(file: &ReplyFile, case: &ReplyCase) -> Understanding {
    let asking = &file.questions[&case.question];
    let zone: Zone = "America/New_York".parse().unwrap();
    let now: Timestamp = "2026-11-23T10:00:00-05:00".parse().unwrap();
    let locales: Vec<Name> = ["en", "es", "fr", "de", "pt"].map(Name::from).to_vec();
    let options = options(file, &case.question);
    let choice = Choice::new(&options, &locales);
    let names: Vec<Name> = asking
        .options
        .iter()
        .map(|o| Name::from(o.id.as_str()))
        .collect();
    let asked = if options.is_empty() {
        let context = ValueContext {
            locale: &case.locale,
            now,
            zone: &zone,
            min: asking.min,
            max: asking.max,
        };
        Asked::Value {
            kind: kind_of(asking),
            context,
        }
    } else {
        Asked::Choice {
            choice: &choice,
            names: &names,
            locale: &case.locale,
        }
    };
    understand(
        &case.input,
        &Question {
            asked,
            ..Question::default()
        },
    )
}

/// What came out, in the words of the labels.
fn outcome(understanding: &Understanding) -> String {
    match &understanding.meaning {
        Meaning::Option(_, name) => format!("option {name}"),
        Meaning::Value(_, json) => format!("value {json}"),
        Meaning::Unclear => "none".to_string(),
        _ => format!("special {}", understanding.kind()),
    }
}

fn wanted(expected: &Expected) -> String {
    let special = |what: &str| match what {
        "autoreply" | "bounce" | "tapback" => "special machine".to_string(),
        "callback" => "special call_me".to_string(),
        "identity" => "special who_is_this".to_string(),
        // No meaning of ours: the question is asked again.
        "question" | "cancel_appointment" => "none".to_string(),
        what => format!("special {what}"),
    };
    match (
        expected.kind.as_str(),
        &expected.id,
        &expected.what,
        &expected.value,
    ) {
        ("option", Some(id), _, _) => format!("option {id}"),
        ("special", _, Some(what), _) => special(what),
        ("value", _, _, Some(value)) => format!("value {value}"),
        _ => "none".to_string(),
    }
}

#[test]
fn replies_mean_what_their_writers_meant() {
    let file: ReplyFile = serde_json::from_str(REPLIES).unwrap();
    let mut wrong = Vec::new();
    for case in &file.cases {
        let understood = answer(&file, case);
        let (got, want) = (outcome(&understood), wanted(&case.expected));
        if got != want {
            wrong.push(format!(
                "{} {} {} {} {:?}: wanted {want}, got {got} by {}",
                case.id, case.question, case.locale, case.certainty, case.input, understood.rule
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

#[test]
#[ignore]
fn probe() {
    let file: ReplyFile = serde_json::from_str(REPLIES).unwrap();
    let text = std::fs::read_to_string("/tmp/probe.txt").unwrap();
    for line in text.lines() {
        let parts: Vec<&str> = line.splitn(4, '|').collect();
        let [q, l, want, t] = parts[..] else { continue };
        let t = t.replace("\\n", "\n");
        let (got, rule) = if q == "optout" {
            let v = everywhere(
                &Reply::read(&t),
                listening(if l.len() > 2 { l } else { "active" }),
            );
            let g = match v.as_ref().map(|v| v.meaning) {
                Some(Everywhere::OptOut) => "opt_out",
                Some(Everywhere::OptIn) => "opt_in",
                Some(Everywhere::Help) => "help",
                _ => "none",
            };
            (g.to_string(), v.map_or("", |v| v.rule))
        } else {
            let case = ReplyCase {
                id: String::new(),
                question: q.to_string(),
                locale: l.to_string(),
                input: t.clone(),
                expected: Expected {
                    kind: String::new(),
                    id: None,
                    what: None,
                    value: None,
                },
                certainty: String::new(),
            };
            let u = answer(&file, &case);
            (outcome(&u), u.rule)
        };
        let got = got
            .replace("option ", "")
            .replace("value ", "")
            .replace("special ", "");
        if got != want {
            println!("DIFF {q}|{l}|{want}|{t:?} got {got} by {rule}");
        }
    }
}
