//! How well replies are understood, measured on cases labelled by judgement: the shared ones
//! (`tests/data/*_cases.json`) and our own (`tests/data/our_replies.txt`). The scores are published in
//! `docs/UNDERSTANDING.md`; falling below the targets fails. `UPDATE_DOCS=1` writes the table anew.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use replytree::lead::{Kind, Name};
use replytree::reply::{
    Asked, Choice, ChoiceOption, Everywhere, Listening, Meaning, Question, Reply, Understanding,
    Unit, ValueContext, everywhere, understand,
};
use replytree::time::{Timestamp, Zone};
use serde::Deserialize;

mod held_out;

const OPTOUTS: &str = include_str!("../data/optout_cases.json");
const REPLIES: &str = include_str!("../data/reply_cases.json");
const OURS: &str = include_str!("../data/our_replies.txt");
const LOCALES: [&str; 5] = ["en", "es", "fr", "de", "pt"];

/// One labelled reply of any source.
#[derive(Debug, Clone)]
struct Case {
    question: String,
    locale: String,
    text: String,
    wanted: String,
    certain: bool,
}

#[derive(Deserialize)]
struct OptOuts {
    cases: Vec<OptOutCase>,
}

#[derive(Deserialize)]
struct OptOutCase {
    input: String,
    locale: String,
    context: String,
    expected: String,
    certainty: String,
}

#[derive(Deserialize)]
struct Replies {
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

/// The questions, ready to be asked.
struct Questions {
    of: BTreeMap<String, (Choice, Vec<Name>)>,
    open: BTreeMap<String, (Kind, Option<f64>, Option<f64>)>,
    zone: Zone,
    now: Timestamp,
}

impl Questions {
    fn new(file: &Replies) -> Self {
        let locales = LOCALES.map(Name::from);
        let mut questions = Self {
            of: BTreeMap::new(),
            open: BTreeMap::new(),
            zone: "America/New_York".parse().unwrap(),
            now: "2026-11-23T10:00:00-05:00".parse().unwrap(),
        };
        for (name, asking) in &file.questions {
            if asking.options.is_empty() {
                let open = (kind_of(asking), asking.min, asking.max);
                questions.open.insert(name.clone(), open);
            } else {
                let choice = Choice::new(&options(file, name), &locales).asking([&*asking.text]);
                let names = asking.options.iter().map(|o| Name::from(o.id.as_str()));
                questions.of.insert(name.clone(), (choice, names.collect()));
            }
        }
        questions
    }

    fn read(&self, case: &Case) -> Understanding {
        let asked = match (self.of.get(&case.question), self.open.get(&case.question)) {
            (Some((choice, names)), _) => Asked::Choice {
                choice,
                names,
                locale: &case.locale,
            },
            (_, Some((kind, min, max))) => {
                let (locale, zone) = (case.locale.as_str(), &self.zone);
                let context = ValueContext {
                    locale,
                    now: self.now,
                    zone,
                    min: *min,
                    max: *max,
                };
                Asked::Value {
                    kind: *kind,
                    context,
                }
            }
            _ => self.asked_in_full(case),
        };
        understand(
            &case.text,
            &Question {
                asked,
                ..Question::default()
            },
        )
    }
}

impl Questions {
    /// A question that a case brings along, `number: How many years?`.
    fn asked_in_full<'q>(&'q self, case: &'q Case) -> Asked<'q> {
        let asking = case.question.split_once(": ");
        let (kind, text) = asking.unwrap_or_else(|| panic!("{} is a question", case.question));
        let known = Kind::ALL.iter().find(|(name, _)| *name == kind);
        let (_, kind) = *known.unwrap_or_else(|| panic!("{kind} is a kind"));
        let locale = case.locale.as_str();
        let context = ValueContext {
            locale,
            now: self.now,
            zone: &self.zone,
            min: None,
            max: None,
        };
        match Unit::asked_in(text, locale) {
            Some(unit) => Asked::Measure {
                kind,
                context,
                unit,
            },
            None => Asked::Value { kind, context },
        }
    }
}

/// The options as an author would write them: names from the English labels, the labels of the other
/// languages as words.
fn options(file: &Replies, question: &str) -> Vec<ChoiceOption> {
    let described = file.questions[question].options.iter().enumerate();
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
        "date" => Kind::Date,
        "time" => Kind::Time,
        "money" => Kind::Money,
        "phone" => Kind::Phone,
        "text" => Kind::Text,
        "yes_no" => Kind::YesNo,
        _ => Kind::Number,
    }
}

/// What came out, in the words of the labels.
fn outcome(understanding: &Understanding) -> String {
    match &understanding.meaning {
        Meaning::Option(_, name) => name.to_string(),
        Meaning::Value(_, json) => json.to_string(),
        Meaning::Unclear => "none".to_string(),
        _ => understanding.kind().to_string(),
    }
}

fn wanted(expected: &Expected) -> String {
    match (
        expected.kind.as_str(),
        &expected.id,
        &expected.what,
        &expected.value,
    ) {
        ("option", Some(id), _, _) => id.clone(),
        ("value", _, _, Some(value)) => value.to_string(),
        ("special", _, Some(what), _) => match what.as_str() {
            "autoreply" | "bounce" | "tapback" => "machine".to_string(),
            "callback" => "call_me".to_string(),
            "identity" => "who_is_this".to_string(),
            // No meaning of ours: the question is asked again.
            "question" | "cancel_appointment" => "none".to_string(),
            what => what.to_string(),
        },
        _ => "none".to_string(),
    }
}

fn reply_cases(file: &Replies) -> Vec<Case> {
    let shared = file.cases.iter().map(|case| Case {
        question: case.question.clone(),
        locale: case.locale.clone(),
        text: case.input.clone(),
        wanted: wanted(&case.expected),
        certain: case.certainty == "certain",
    });
    shared.collect()
}

/// Our own: of replies, and of opt-outs.
fn our_cases() -> (Vec<Case>, Vec<Case>) {
    let lines = OURS
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let cases = lines.map(|line| {
        let fields: Vec<&str> = line.splitn(4, '|').collect();
        let [question, locale, wanted, text] = fields[..] else {
            panic!("{line}")
        };
        Case {
            question: question.to_string(),
            locale: locale.to_string(),
            text: text.replace("\\n", "\n"),
            wanted: wanted.to_string(),
            certain: true,
        }
    });
    cases.partition(|case| case.question != "optout")
}

/// Opt-out cases have the lead's standing for a question.
fn optout_cases() -> Vec<Case> {
    let file: OptOuts = serde_json::from_str(OPTOUTS).unwrap();
    let cases = file.cases.into_iter().map(|case| Case {
        question: case.context,
        locale: case.locale,
        text: case.input,
        wanted: case.expected,
        certain: case.certainty == "certain",
    });
    cases.collect()
}

fn consent_outcome(case: &Case) -> &'static str {
    let standing = [case.question.as_str(), case.locale.as_str()];
    let listening = Listening {
        opted_out: standing.contains(&"opted_out"),
        awaiting_double_opt_in: standing.contains(&"awaiting_double_opt_in"),
    };
    match everywhere(&Reply::read(&case.text), listening).map(|v| v.meaning) {
        Some(Everywhere::OptOut) => "opt_out",
        Some(Everywhere::OptIn) => "opt_in",
        Some(Everywhere::Help) => "help",
        _ => "none",
    }
}

/// Right, wrong and asked again, of so many.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    of: usize,
    right: usize,
    /// An option or value that was not meant; for opt-outs: found where none was.
    harmful: usize,
}

impl Tally {
    fn count(&mut self, got: &str, wanted: &str, harmful: bool) {
        self.of += 1;
        self.right += usize::from(got == wanted);
        self.harmful += usize::from(got != wanted && harmful);
    }

    fn add(&mut self, other: Tally) {
        self.of += other.of;
        self.right += other.right;
        self.harmful += other.harmful;
    }

    fn share(n: usize, of: usize) -> f64 {
        if of == 0 {
            100.0
        } else {
            100.0 * n as f64 / of as f64
        }
    }

    fn right(&self) -> f64 {
        Self::share(self.right, self.of)
    }

    fn cell(&self) -> String {
        if self.of == 0 {
            return "–".to_string();
        }
        format!("{:.1} % of {}", self.right(), self.of)
    }
}

#[derive(Default)]
struct Scores {
    replies_certain: Tally,
    replies_likely: Tally,
    opt_outs_certain: Tally,
    opt_outs_likely: Tally,
    ordinary: Tally,
    ours: Tally,
    wrong: Vec<String>,
}

impl Scores {
    fn reply(&mut self, case: &Case, questions: &Questions, ours: bool) {
        let understood = questions.read(case);
        let got = outcome(&understood);
        let answered = matches!(understood.meaning, Meaning::Option(..) | Meaning::Value(..));
        let tally = match (ours, case.certain) {
            (true, _) => &mut self.ours,
            (false, true) => &mut self.replies_certain,
            (false, false) => &mut self.replies_likely,
        };
        tally.count(&got, &case.wanted, answered);
        if got != case.wanted {
            let Case {
                question,
                locale,
                text,
                wanted,
                ..
            } = case;
            let rule = understood.rule;
            self.wrong.push(format!(
                "{question}|{locale}|{wanted}|{text:?}: {got} by {rule}"
            ));
        }
    }

    fn consent(&mut self, case: &Case, ours: bool) {
        let got = consent_outcome(case);
        let tally = match (case.wanted.as_str(), case.certain) {
            _ if ours => &mut self.ours,
            ("opt_out", true) => &mut self.opt_outs_certain,
            ("opt_out", false) => &mut self.opt_outs_likely,
            _ => &mut self.ordinary,
        };
        tally.count(got, &case.wanted, got == "opt_out");
        if got != case.wanted {
            self.wrong.push(format!(
                "{}|{}|{:?}: {got}",
                case.locale, case.wanted, case.text
            ));
        }
    }

    fn row(&self, name: &str) -> String {
        let harmful = self.replies_certain.harmful + self.replies_likely.harmful;
        let of = self.replies_certain.of + self.replies_likely.of;
        format!(
            "| {name} | {} | {} | {harmful} of {of} | {} | {} | {} of {} | {} |",
            self.replies_certain.cell(),
            self.replies_likely.cell(),
            self.opt_outs_certain.cell(),
            self.opt_outs_likely.cell(),
            self.ordinary.harmful,
            self.ordinary.of,
            self.ours.cell(),
        )
    }
}

/// Scores by language.
fn scores() -> BTreeMap<&'static str, Scores> {
    let file: Replies = serde_json::from_str(REPLIES).unwrap();
    let questions = Questions::new(&file);
    let (ours, our_optouts) = our_cases();
    let mut scores: BTreeMap<&'static str, Scores> = BTreeMap::new();
    let language = |case: &Case| *LOCALES.iter().find(|l| **l == case.locale).unwrap_or(&"en");
    for case in &reply_cases(&file) {
        scores
            .entry(language(case))
            .or_default()
            .reply(case, &questions, false);
    }
    for case in &ours {
        scores
            .entry(language(case))
            .or_default()
            .reply(case, &questions, true);
    }
    for case in &optout_cases() {
        scores
            .entry(language(case))
            .or_default()
            .consent(case, false);
    }
    for case in &our_optouts {
        scores
            .entry(language(case))
            .or_default()
            .consent(case, true);
    }
    scores
}

fn total(scores: &BTreeMap<&'static str, Scores>) -> Scores {
    let mut all = Scores::default();
    for of in scores.values() {
        all.replies_certain.add(of.replies_certain);
        all.replies_likely.add(of.replies_likely);
        all.opt_outs_certain.add(of.opt_outs_certain);
        all.opt_outs_likely.add(of.opt_outs_likely);
        all.ordinary.add(of.ordinary);
        all.ours.add(of.ours);
        all.wrong.extend(of.wrong.iter().cloned());
    }
    all
}

#[test]
fn replies_are_understood_at_least_as_well_as_promised() {
    let all = total(&scores());
    let wrong = all.wrong.join("\n");
    let replies = all.replies_certain;
    assert!(
        replies.right() >= 97.0,
        "certain replies: {}\n{wrong}",
        replies.cell()
    );
    let harmful = replies.harmful + all.replies_likely.harmful;
    let of = replies.of + all.replies_likely.of;
    assert!(
        Tally::share(harmful, of) <= 0.5,
        "{harmful} of {of} read wrongly\n{wrong}"
    );
    let certain = all.opt_outs_certain;
    assert_eq!(
        certain.right, certain.of,
        "every certain opt-out is found\n{wrong}"
    );
    assert!(
        all.opt_outs_likely.right() >= 97.0,
        "likely opt-outs\n{wrong}"
    );
    assert_eq!(
        all.ordinary.harmful, 0,
        "no ordinary text is an opt-out\n{wrong}"
    );
    assert_eq!(
        all.ours.right, all.ours.of,
        "every wording of our own\n{wrong}"
    );
}

const BEGIN: &str =
    "<!-- scores: written by UPDATE_DOCS=1 cargo test --test it understanding -->\n";
const END: &str = "<!-- end of scores -->";

#[test]
fn the_published_scores_are_the_measured_ones() {
    let scores = scores();
    let mut table = String::from(
        "| language | certain replies right | likely replies right | wrong option or value | \
         certain opt-outs found | likely opt-outs found | false opt-outs | our own wordings |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for locale in LOCALES {
        let _ = writeln!(table, "{}", scores[locale].row(locale));
    }
    let _ = writeln!(
        table,
        "{}\n\n{}",
        total(&scores).row("all"),
        held_out::table()
    );
    let table = format!("{}\n", table.trim_end());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/UNDERSTANDING.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page
        .split_once(BEGIN)
        .expect("the page has a place for the scores");
    let (published, after) = rest.split_once(END).expect("the scores end");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert_eq!(published, table, "UPDATE_DOCS=1 writes the table anew");
    }
}

mod any_text {
    use super::*;
    use proptest::prelude::*;

    /// Anything at all, and what is made of the pieces that rules look for.
    fn text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "\\PC{0,6}",
            "[0-9.,:/k$€% -]{1,6}",
            "(stop|yes|no|at|the|3pm|next|tuesday|half past|le|um|halb|mañana|à|@|“|”|>|\n)",
            "[\u{200b}\u{fe0f}\u{301}\u{1f44d}\u{1f1e6}-\u{1f1ff}ѕτ]{1,3}",
        ];
        prop_oneof![
            "(?s).{0,40}",
            proptest::collection::vec(piece, 0..8).prop_map(|p| p.join(" "))
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn is_read_without_panic(text in text(), locale in 0..LOCALES.len(), kind in 0..Kind::ALL.len()) {
            let locale = LOCALES[locale];
            let zone: Zone = "America/New_York".parse().unwrap();
            let now: Timestamp = "2026-11-01T05:30:00Z".parse().unwrap();
            let context = ValueContext { locale, now, zone: &zone, min: None, max: Some(1e6) };
            let asked = Asked::Value { kind: Kind::ALL[kind].1, context };
            let _ = understand(&text, &Question { asked, ..Question::default() }).json();
            let option = |name: &str, key: &str| ChoiceOption {
                name: Name::from(name),
                key: key.to_string(),
                words: vec![(None, text.clone())],
            };
            let choice = Choice::new(&[option("yes", "1"), option("later", "2")], &[]);
            let _ = choice.read(&Reply::read(&text), locale);
        }

        #[test]
        fn is_normalised_once_and_for_all(text in text()) {
            let once = Reply::read(&text);
            let twice = Reply::read(once.text());
            prop_assert_eq!(once.text(), twice.text());
        }

        #[test]
        fn means_the_same_in_capitals_and_between_spaces(text in "[a-z' ]{1,30}") {
            let meaning = |t: &str| {
                everywhere(&Reply::read(t), Listening::default()).map(|v| v.meaning)
            };
            let stop = |m: Option<Everywhere>| m == Some(Everywhere::OptOut);
            prop_assert_eq!(stop(meaning(&text)), stop(meaning(&text.to_uppercase())));
            prop_assert_eq!(meaning(&text), meaning(&format!("  {text} ")));
        }
    }
}

#[test]
fn stop_is_found_in_any_disguise_and_any_locale() {
    let disguises = [
        "STOP",
        "stop!!",
        "S.T.O.P",
        "s t o p",
        "S-T-O-P",
        "ＳＴＯＰ",
        "𝕊𝕋𝕆ℙ",
        "ѕtοp",
        "st\u{200b}op",
        "S\u{336}T\u{336}O\u{336}P\u{336}",
        "🅂🅃🄾🄿",
        "stoooop",
        "“Stop”",
        "Stop\nSent from my phone",
    ];
    for text in disguises {
        for around in ["{}", "please {}", "{} please", "{} 🛑", "Hi, {}", "{} now"] {
            let text = around.replace("{}", text);
            let found = everywhere(&Reply::read(&text), Listening::default()).map(|v| v.meaning);
            let signed = text.contains('\n') && !text.ends_with("phone");
            assert!(
                signed || found == Some(Everywhere::OptOut),
                "{text:?}: {found:?}"
            );
        }
    }
}

#[test]
fn who_wants_another_way_than_texts_gets_no_more_texts() {
    for (text, rule) in [
        ("please email me instead", Some("channel-wish")),
        ("Don't text, email me instead", Some("channel-wish")),
        ("email only please", Some("channel-wish")),
        ("just email me from now on", Some("channel-wish")),
        ("I'd rather get an email than texts", Some("channel-wish")),
        ("mejor por correo", Some("channel-wish")),
        ("par mail uniquement", Some("channel-wish")),
        ("lieber per E-Mail", Some("channel-wish")),
        ("prefiro por email", Some("channel-wish")),
        ("no texts, call me", Some("opt-out-phrase")),
        ("I don't do texts, call my office", Some("opt-out-phrase")),
        // Wishes for a call, for texts, for a time or for a copy are none.
        ("call me instead", Some("call-me")),
        ("no calls, text me", None),
        ("text me in the evening only", None),
        ("please text me only after 5", None),
        ("email me the quote", None),
        ("my email is jo@firm.com", None),
        ("can you email me the details please", None),
        ("I prefer texts over email", None),
        ("only got your email yesterday", None),
        ("mándame el presupuesto por correo", None),
        ("envoyez-moi le devis par mail", None),
        ("schicken Sie das Angebot per E-Mail", None),
        ("me manda o orçamento por email", None),
    ] {
        let read = everywhere(&Reply::read(text), Listening::default());
        let heard = read.as_ref().map(|v| v.rule);
        assert_eq!(heard, rule, "{text:?}: {read:?}");
        let opts_out = read.is_some_and(|v| v.meaning == Everywhere::OptOut);
        assert_eq!(opts_out, rule.is_some_and(|r| r != "call-me"), "{text:?}");
    }
}

#[test]
fn to_a_question_of_yes_or_no_its_opposite_is_no() {
    let option = |name: &str| ChoiceOption {
        name: Name::from(name),
        key: name.to_string(),
        words: Vec::new(),
    };
    let locales = LOCALES.map(Name::from);
    let choice = Choice::new(&[option("yes"), option("no")], &locales)
        .asking(["Do you own the home? Reply YES or NO."]);
    for (text, locale, answer) in [
        ("I own it", "en", Some(0)),
        ("we rent", "en", Some(1)),
        ("we don't own it", "en", Some(1)),
        ("I don't rent", "en", Some(0)),
        ("propriétaire", "fr", Some(0)),
        ("zur Miete", "de", Some(1)),
        ("es rentada", "es", Some(1)),
        ("my parents own it", "en", None),
        ("kind of", "en", None),
    ] {
        let read = choice.read(&Reply::read(text), locale).map(|v| v.meaning);
        assert_eq!(read, answer, "{text:?}");
    }
}

/// Offered: Tuesday 8:00, Tuesday 14:00, Thursday 9:00, in the words a lead is shown.
#[test]
fn a_slot_is_chosen_by_its_day_or_time_where_one_alone_fits() {
    let zone: Zone = "America/New_York".parse().unwrap();
    let now: Timestamp = "2026-11-23T10:00:00-05:00".parse().unwrap();
    let choice = |slots: &[&str], labels: &[&str]| {
        let options: Vec<ChoiceOption> = (1..)
            .zip(labels)
            .map(|(n, label)| ChoiceOption {
                name: Name::from(*label),
                key: n.to_string(),
                words: Vec::new(),
            })
            .collect();
        let starts = slots.iter().map(|slot| slot.parse().unwrap()).collect();
        let locales = LOCALES.map(Name::from);
        Choice::of_moments(&options, &locales, now.in_zone(&zone), starts)
    };
    let three = choice(
        &["2026-11-24T08:00", "2026-11-24T14:00", "2026-11-26T09:00"],
        &[
            "Tue 24 Nov, 8:00 AM",
            "Tue 24 Nov, 2:00 PM",
            "Thu 26 Nov, 9:00 AM",
        ],
    );
    let two = choice(
        &["2026-11-24T09:00", "2026-11-24T16:30"],
        &["mar 24 nov, 9:00", "mar 24 nov, 16:30"],
    );
    for (choice, text, locale, slot) in [
        (&three, "1", "en", Some(0)),
        (&three, "option 3 please", "en", Some(2)),
        (&three, "the second one", "en", Some(1)),
        (&three, "the last one", "en", Some(2)),
        (&three, "2 works", "en", Some(1)),
        (&three, "Tue 24 Nov, 8:00 AM", "en", Some(0)),
        (&three, "tuesday at 8", "en", Some(0)),
        (&three, "Tuesday 2pm please", "en", Some(1)),
        (&three, "the 8am one", "en", Some(0)),
        (&three, "Thursday", "en", Some(2)),
        (&three, "Thursday works for me!", "en", Some(2)),
        (&three, "tomorrow afternoon", "en", Some(1)),
        (&three, "the 26th", "en", Some(2)),
        (&three, "jueves", "es", Some(2)),
        (&three, "mañana a las 8", "es", Some(0)),
        (&three, "jeudi à 9h", "fr", Some(2)),
        (&three, "Donnerstag um 9", "de", Some(2)),
        (&three, "quinta às 9", "pt", Some(2)),
        (&three, "at 2", "en", Some(1)),
        (&two, "the later one", "en", Some(1)),
        (&two, "the earlier one", "en", Some(0)),
        (&two, "mañana a las 9", "es", Some(0)),
        (&two, "4:30", "en", Some(1)),
        (&two, "in the morning", "en", Some(0)),
        (&three, "the later one", "en", None),
        (&three, "tuesday", "en", None),
        (&three, "wednesday", "en", None),
        (&three, "tuesday at 9", "en", None),
        (&three, "not thursday", "en", None),
        (&three, "tuesday or thursday", "en", None),
        (&three, "none of those", "en", None),
        (&three, "none of those work", "en", None),
        (&three, "more times", "en", None),
        (&three, "other times", "en", None),
        (&three, "any other times on thursday?", "en", None),
        (&three, "something later", "en", None),
        (&three, "after 5", "en", None),
        (&three, "ninguna", "es", None),
        (&three, "ninguno de esos", "es", None),
        (&three, "otros horarios", "es", None),
        (&three, "aucun", "fr", None),
        (&three, "keiner davon", "de", None),
        (&three, "nenhum", "pt", None),
    ] {
        let read = choice.read(&Reply::read(text), locale).map(|v| v.meaning);
        assert_eq!(read, slot, "{text:?}");
    }
}
