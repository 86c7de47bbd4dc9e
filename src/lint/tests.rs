use std::collections::BTreeSet;

use super::*;

const CASES: &str = include_str!("../../tests/data/lint_cases.json");

/// What `compile` judges, not a lint: options that are keywords, texts of the engine itself, and what
/// makes a first text unlawful.
const NOT_LINTS: [&str; 5] = [
    "public-shortener",
    "reserved-option-word",
    "stop-in-first",
    "empty-token",
    "stop-reply-content",
];

/// The rules that a text breaks by itself.
fn broken(text: &str, brand: &str, first: bool, health: bool) -> BTreeSet<&'static str> {
    let checks = [
        ("all-caps", all_caps::find(text, brand)),
        ("ambiguous-date", ambiguous_date::find(text).is_some()),
        ("ascii-art", ascii_art::find(text)),
        (
            "brand-in-first",
            first && brand_in_first::find(text, brand).is_none(),
        ),
        ("colour-or-shape", colour_or_shape::find(text).is_some()),
        ("emoji-count", prose::emoji(text) > emoji_count::MAX),
        ("exclamation", exclamation::count(text) > exclamation::MAX),
        ("phi", health && health_detail::find(text).is_some()),
        ("high-risk-finance", high_risk_finance::find(text).is_some()),
        ("link-bare", link_bare::find(text, brand).is_some()),
        ("link-https", link_https::find(text)),
        (
            "question-count",
            question_count::count(text) > question_count::MAX,
        ),
        ("reading-grade", reading_grade::find(text).is_some()),
        (
            "sentence-length",
            prose::longest_sentence(text) > sentence_length::MAX,
        ),
        ("shaft", shaft::find(text).is_some()),
        ("ucs2-by-accident", ucs2_by_accident::find(text).is_some()),
        (
            "urgency-without-expiry",
            urgency_without_expiry::find(text).is_some(),
        ),
    ];
    checks
        .into_iter()
        .filter_map(|(rule, broken)| broken.then_some(rule))
        .collect()
}

#[test]
fn texts_break_the_rules_that_a_reader_says_they_break() {
    let data: serde_json::Value = serde_json::from_str(CASES).unwrap();
    for case in data["cases"].as_array().unwrap() {
        let text = case["text"].as_str().unwrap();
        let flag = |key: &str| case[key].as_bool().unwrap();
        let brand = case["brand"].as_str().unwrap();
        let found = broken(text, brand, flag("first_message"), flag("hipaa"));
        let rules = case["expected_rules"].as_array().unwrap().iter();
        let expected: BTreeSet<&str> = rules
            .map(|rule| rule.as_str().unwrap())
            .filter(|rule| !NOT_LINTS.contains(rule))
            .collect();
        assert_eq!(found, expected, "{} {text:?}", case["id"]);
    }
}

#[test]
fn grades_are_near_those_of_another_program() {
    let data: serde_json::Value = serde_json::from_str(CASES).unwrap();
    for case in data["cases"].as_array().unwrap() {
        let text = case["text"].as_str().unwrap();
        let (ours, theirs) = (
            prose::flesch_kincaid(text),
            case["fk_grade_textstat_0_7_3"].as_f64().unwrap(),
        );
        // The other program reads an address as one long word; a reader does not.
        let has_link = text.split_whitespace().any(prose::is_link);
        let near = (ours - theirs).abs() <= 1.5;
        assert!(
            near || has_link,
            "{} {ours:.1} {theirs} {text:?}",
            case["id"]
        );
    }
}

#[test]
fn every_lint_is_explained_in_four_parts_under_its_own_name() {
    let mut names: Vec<&str> = ALL.iter().map(|lint| lint.name()).collect();
    for lint in ALL {
        let text = explain(lint.name()).unwrap();
        for part in [
            "## What it finds",
            "## Why it matters",
            "## Example",
            "## Instead",
        ] {
            assert!(text.contains(part), "{}: {part}", lint.name());
        }
    }
    let sorted = names.clone();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, sorted, "in order, each once");
}

#[test]
fn the_grammar_knows_every_lint_that_may_be_allowed_and_no_other() {
    let known: Vec<&str> = crate::flow::grammar::LINTS
        .iter()
        .map(|(name, _)| *name)
        .collect();
    let there: Vec<&str> = ALL.iter().map(|lint| lint.name()).collect();
    assert_eq!(known, there);
}
