//! Wordings written in batches without a look at the rules: the first batch was then used to better
//! them, the second only to measure. Both are YAML under `tests/data/understanding/`.

use std::collections::BTreeMap;

use super::*;

const FIRST: [&str; 2] = [
    include_str!("../../data/understanding/replies_first.yaml"),
    include_str!("../../data/understanding/consent_first.yaml"),
];

type Texts = BTreeMap<String, Vec<String>>;

/// Replies by question, locale and meaning; a meaning may say more after an underscore.
fn replies(file: &str) -> Vec<Case> {
    let file: BTreeMap<String, BTreeMap<String, Texts>> = serde_yaml::from_str(file).unwrap();
    let mut cases = Vec::new();
    for (question, locales) in file {
        for (locale, meanings) in locales {
            for (meaning, texts) in meanings {
                let (wanted, certain) = match meaning.strip_suffix("_likely") {
                    Some(meaning) => (meaning, false),
                    None => (meaning.as_str(), true),
                };
                let wanted = if wanted == "none_question" {
                    "none"
                } else {
                    wanted
                };
                let wanted = wanted_value(wanted);
                cases.extend(texts.into_iter().map(|text| Case {
                    question: question.clone(),
                    locale: locale.clone(),
                    text,
                    wanted: wanted.clone(),
                    certain,
                }));
            }
        }
    }
    cases
}

/// JSON as the program writes it.
fn wanted_value(text: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(json) => json.to_string(),
        Err(_) => text.to_string(),
    }
}

/// Texts about consent by locale, or the lead's standing, and meaning.
fn consent(file: &str) -> Vec<Case> {
    let file: BTreeMap<String, Texts> = serde_yaml::from_str(file).unwrap();
    let mut cases = Vec::new();
    for (standing, meanings) in file {
        for (meaning, texts) in meanings {
            let (wanted, certain) = match meaning.as_str() {
                "opt_out_likely" => ("opt_out", false),
                "none_help" => ("none", true),
                meaning => (meaning, true),
            };
            cases.extend(texts.into_iter().map(|text| Case {
                question: standing.clone(),
                locale: standing.clone(),
                text,
                wanted: wanted.to_string(),
                certain,
            }));
        }
    }
    cases
}

fn scored(file: [&str; 2]) -> BTreeMap<&'static str, Scores> {
    let shared: Replies = serde_json::from_str(REPLIES).unwrap();
    let questions = Questions::new(&shared);
    let mut scores: BTreeMap<&'static str, Scores> = BTreeMap::new();
    let language = |case: &Case| *LOCALES.iter().find(|l| **l == case.locale).unwrap_or(&"en");
    for case in &replies(file[0]) {
        scores
            .entry(language(case))
            .or_default()
            .reply(case, &questions, false);
    }
    for case in &consent(file[1]) {
        scores
            .entry(language(case))
            .or_default()
            .consent(case, false);
    }
    scores
}

#[test]
fn the_first_batch_is_understood() {
    let scores = scored(FIRST);
    for locale in LOCALES {
        println!("{}", scores[locale].row(locale));
    }
    let all = total(&scores);
    println!("{}\n{}", all.row("all"), all.wrong.join("\n"));
}
