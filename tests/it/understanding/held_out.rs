//! Wordings written in batches without a look at the rules, each scored before anything else: that score is
//! what a text never seen may expect. Then it served to better the rules, and all hold the targets.
//! Ordinary texts by the thousand are made of patterns: none of them may be taken for an opt-out.

use std::collections::BTreeMap;

use super::*;

const FIRST: [&str; 2] = [
    include_str!("../../data/understanding/replies_first.yaml"),
    include_str!("../../data/understanding/consent_first.yaml"),
];

const SECOND: [&str; 2] = [
    include_str!("../../data/understanding/replies_second.yaml"),
    include_str!("../../data/understanding/consent_second.yaml"),
];

const THIRD: [&str; 2] = [
    include_str!("../../data/understanding/replies_third.yaml"),
    include_str!("../../data/understanding/consent_third.yaml"),
];

const FOURTH: [&str; 2] = [
    include_str!("../../data/understanding/replies_fourth.yaml"),
    include_str!("../../data/understanding/consent_fourth.yaml"),
];

const FIFTH: [&str; 2] = [
    include_str!("../../data/understanding/replies_fifth.yaml"),
    include_str!("../../data/understanding/consent_fifth.yaml"),
];

const SIXTH: [&str; 2] = [
    include_str!("../../data/understanding/replies_sixth.yaml"),
    include_str!("../../data/understanding/consent_sixth.yaml"),
];
/// From here on, batches of texts about consent alone.
const SEVENTH: [&str; 2] = [
    "{}",
    include_str!("../../data/understanding/consent_seventh.yaml"),
];
const EIGHTH: [&str; 2] = [
    "{}",
    include_str!("../../data/understanding/consent_eighth.yaml"),
];
const NINTH: [&str; 2] = [
    "{}",
    include_str!("../../data/understanding/consent_ninth.yaml"),
];
/// Written by people who never saw the program.
const TENTH: [&str; 2] = [
    "{}",
    concat!(
        include_str!("../../data/understanding/consent_tenth_en.yaml"),
        include_str!("../../data/understanding/consent_tenth_es_pt.yaml"),
        include_str!("../../data/understanding/consent_tenth_fr_de.yaml"),
    ),
];
/// By a hand that knew the rules.
const ELEVENTH: [&str; 2] = [
    "{}",
    include_str!("../../data/understanding/consent_eleventh.yaml"),
];
/// Again by people who never saw the program, and harder.
const TWELFTH: [&str; 2] = [
    "{}",
    concat!(
        include_str!("../../data/understanding/consent_twelfth_en.yaml"),
        include_str!("../../data/understanding/consent_twelfth_es_pt.yaml"),
        include_str!("../../data/understanding/consent_twelfth_fr_de.yaml"),
    ),
];
/// By people who saw neither the program nor the batches before.
const THIRTEENTH: [&str; 2] = [
    "{}",
    concat!(
        include_str!("../../data/understanding/consent_thirteenth_en.yaml"),
        include_str!("../../data/understanding/consent_thirteenth_other.yaml"),
    ),
];
/// By a hand that knew the rules: further wordings of the kinds that the thirteenth showed to be missing.
const FOURTEENTH: [&str; 2] = [
    "{}",
    include_str!("../../data/understanding/consent_fourteenth.yaml"),
];
/// Once more by people who never saw the program.
const FIFTEENTH: [&str; 2] = [
    "{}",
    include_str!("../../data/understanding/consent_fifteenth.yaml"),
];
const SIXTEENTH: [&str; 2] = [
    "{}",
    include_str!("../../data/understanding/consent_sixteenth.yaml"),
];
const ORDINARY: &str = include_str!("../../data/understanding/ordinary.yaml");

/// Questions of kinds that the shared cases do not ask.
const QUESTIONS: &str = include_str!("../../data/understanding/questions.yaml");

type Texts = BTreeMap<String, Vec<String>>;

#[derive(Deserialize)]
struct OwnQuestion {
    #[serde(flatten)]
    asking: Asking,
    #[serde(default)]
    words: BTreeMap<String, Vec<String>>,
}

impl Replies {
    fn take_in(&mut self, file: &str) {
        let own: BTreeMap<String, OwnQuestion> = serde_yaml::from_str(file).unwrap();
        for (name, question) in own {
            for (locale, words) in question.words {
                let labels = self.labels_by_locale.entry(locale).or_default();
                labels.insert(name.clone(), words);
            }
            self.questions.insert(name, question.asking);
        }
    }
}

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
            // Who wants texts again had none before.
            let question = match meaning.as_str() {
                "opt_in" if LOCALES.contains(&&*standing) => "opted_out",
                _ => &*standing,
            };
            cases.extend(texts.into_iter().map(|text| Case {
                question: question.to_string(),
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
    let mut shared: Replies = serde_json::from_str(REPLIES).unwrap();
    shared.take_in(QUESTIONS);
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

/// Ordinary texts of a language, its patterns filled in every way.
#[derive(Deserialize)]
struct Ordinary {
    fill: BTreeMap<String, Vec<String>>,
    texts: Vec<String>,
}

impl Ordinary {
    fn all(&self) -> Vec<String> {
        let filled = |texts: Vec<String>, (name, words): (&String, &Vec<String>)| {
            let hole = format!("{{{name}}}");
            let fill = |text: String| match text.contains(&hole) {
                true => words.iter().map(|w| text.replace(&hole, w)).collect(),
                false => vec![text],
            };
            texts.into_iter().flat_map(fill).collect()
        };
        self.fill.iter().fold(self.texts.clone(), filled)
    }
}

/// How many there are of each language, and which of them are taken for opt-outs.
fn ordinary() -> (BTreeMap<String, usize>, Vec<String>) {
    let file: BTreeMap<String, Ordinary> = serde_yaml::from_str(ORDINARY).unwrap();
    let (mut counts, mut taken) = (BTreeMap::new(), Vec::new());
    for (locale, of) in file {
        let texts = of.all();
        counts.insert(locale.clone(), texts.len());
        for text in texts {
            let heard = everywhere(&Reply::read(&text), Listening::default());
            if heard.is_some_and(|v| v.meaning == Everywhere::OptOut) {
                taken.push(format!("{locale}|{text}"));
            }
        }
    }
    (counts, taken)
}

#[test]
fn ordinary_texts_by_the_thousand_are_no_opt_outs() {
    let (counts, taken) = ordinary();
    let of: usize = counts.values().sum();
    assert!(of > 3_000, "{counts:?}");
    assert!(
        taken.len() * 1_000 <= of,
        "{} of {of}:\n{}",
        taken.len(),
        taken.join("\n")
    );
}

/// What each batch got right when it was first read, before a rule was bettered by it.
const FIRST_READ: [(&str, [&str; 2], &str); 16] = [
    (
        "first",
        FIRST,
        "95.2 % of 2648, 11 wrong; 96.4 % of 450 and 81.0 % of 189; 9 of 556",
    ),
    (
        "second",
        SECOND,
        "94.8 % of 782, 4 wrong; 97.3 % of 111 and 80.0 % of 50; 0 of 119",
    ),
    (
        "third",
        THIRD,
        "97.4 % of 341, 1 wrong; 96.6 % of 59 and 100.0 % of 27; 0 of 49",
    ),
    (
        "fourth",
        FOURTH,
        "95.7 % of 915, 4 wrong; 100.0 % of 110 and 86.4 % of 44; 3 of 312",
    ),
    (
        "fifth",
        FIFTH,
        "97.2 % of 470, 1 wrong; 100.0 % of 62 and 92.3 % of 26; 1 of 152",
    ),
    (
        "sixth",
        SIXTH,
        "97.5 % of 324, 0 wrong; 98.3 % of 60 and 76.9 % of 26; 2 of 151",
    ),
    (
        "seventh",
        SEVENTH,
        "–; 96.9 % of 130 and 73.0 % of 63; 13 of 372",
    ),
    (
        "eighth",
        EIGHTH,
        "–; 89.7 % of 78 and 90.9 % of 44; 9 of 249",
    ),
    ("ninth", NINTH, "–; 92.9 % of 56 and 85.4 % of 41; 5 of 110"),
    (
        "tenth",
        TENTH,
        "–; 95.5 % of 380 and 73.9 % of 180; 4 of 780",
    ),
    (
        "eleventh",
        ELEVENTH,
        "–; 90.8 % of 130 and 72.5 % of 80; 3 of 140",
    ),
    (
        "twelfth",
        TWELFTH,
        "–; 80.0 % of 520 and 76.8 % of 250; 5 of 640",
    ),
    (
        "thirteenth",
        THIRTEENTH,
        "–; 98.2 % of 280 and 94.7 % of 150; 1 of 560",
    ),
    (
        "fourteenth",
        FOURTEENTH,
        "–; 37.5 % of 128 and 28.8 % of 66; 4 of 65",
    ),
    (
        "fifteenth",
        FIFTEENTH,
        "–; 97.5 % of 200 and 96.0 % of 100; 2 of 360",
    ),
    (
        "sixteenth",
        SIXTEENTH,
        "–; 99.4 % of 180 and 93.2 % of 88; 0 of 260",
    ),
];

/// The table of the batches, and of ordinary texts, as `docs/UNDERSTANDING.md` shows it.
pub(super) fn table() -> String {
    let mut table = String::from(
        "| batch | language | replies right | wrong option or value | certain opt-outs found | \
         likely opt-outs found | false opt-outs |\n|---|---|---|---|---|---|---|\n",
    );
    for (name, files, first) in FIRST_READ {
        let scores = scored(files);
        let rows = LOCALES.map(|l| (l, &scores[l]));
        let all = total(&scores);
        for (locale, of) in rows.into_iter().chain([("all", &all)]) {
            let _ = writeln!(table, "{}", of.batch_row(name, locale));
        }
        let _ = writeln!(table, "| {name} | when first read | {first} |||||");
    }
    let (counts, taken) = ordinary();
    let of: usize = counts.values().sum();
    let _ = writeln!(table, "| ordinary | all ||||| {} of {of} |", taken.len());
    table
}

impl Scores {
    fn batch_row(&self, batch: &str, locale: &str) -> String {
        format!(
            "| {batch} | {locale} | {} | {} of {} | {} | {} | {} of {} |",
            self.replies_certain.cell(),
            self.replies_certain.harmful,
            self.replies_certain.of,
            self.opt_outs_certain.cell(),
            self.opt_outs_likely.cell(),
            self.ordinary.harmful,
            self.ordinary.of,
        )
    }
}

#[test]
fn batches_are_understood_as_well_as_promised() {
    for (name, files, _) in FIRST_READ {
        let all = total(&scored(files));
        let wrong = all.wrong.join("\n");
        // Shown by `--nocapture`.
        println!("{name}:\n{wrong}");
        let replies = all.replies_certain;
        assert!(
            replies.right() >= 97.0,
            "{name}: {}\n{wrong}",
            replies.cell()
        );
        assert!(
            replies.harmful * 200 <= replies.of,
            "{name}: {} of {} read wrongly\n{wrong}",
            replies.harmful,
            replies.of
        );
        let certain = all.opt_outs_certain;
        assert_eq!(
            certain.right, certain.of,
            "{name}: every certain opt-out\n{wrong}"
        );
        let likely = all.opt_outs_likely;
        assert!(likely.right() >= 97.0, "{name}: {}\n{wrong}", likely.cell());
        assert_eq!(all.ordinary.harmful, 0, "{name}: no false opt-out\n{wrong}");
        let rest = all.ordinary;
        assert!(
            rest.right() >= 99.0,
            "{name}: opt-ins, help and ordinary texts {}\n{wrong}",
            rest.cell()
        );
    }
}
