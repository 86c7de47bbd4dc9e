//! Keys that were written a level too far left: a step beside `steps`, an answer beside `answers`. Each is
//! reported and put where it was meant to stand, so that nothing else is said of it.

use crate::diagnostic::{Diagnostic, nearest};
use crate::flow::grammar::steps::{ANSWER, ASK, COMMON};
use crate::flow::grammar::{FLOW, TARGET, VERBS};
use crate::flow::yaml::{Entry, Node, Yaml};

/// Steps among the keys of a flow.
pub fn steps(file: &str, entries: &mut Vec<Entry>) -> Vec<Diagnostic> {
    let is_step = |entry: &Entry| {
        let keys = entry.value.map().unwrap_or_default();
        let is_verb = |key: &str| VERBS.iter().any(|verb| verb.name == key);
        FLOW.key(&entry.key).is_none() && keys.iter().any(|key| is_verb(&key.key))
    };
    move_under(entries, "steps", is_step, |entry, first| {
        let message = format!("step `{}` stands beside `steps`, not under it", entry.key);
        let help = match first {
            Some(first) => format!("indent it as far as `{first}`"),
            None => "indent it by 2 spaces".into(),
        };
        Diagnostic::error("E0101", file, entry.key_span, message)
            .label("too far left")
            .help(help)
    })
}

/// Answers among the keys of a question.
pub fn answers(file: &str, entries: &mut Vec<Entry>) -> Vec<Diagnostic> {
    let known = || ASK.keys.iter().chain(COMMON.iter()).map(|key| key.name);
    let is_answer = |entry: &Entry| {
        let leads_on = match &entry.value.value {
            Yaml::Scalar(scalar) => (TARGET.fits)(&scalar.text),
            Yaml::Map(keys) => keys.iter().any(|key| ANSWER.key(&key.key).is_some()),
            Yaml::List(_) | Yaml::Broken => false,
        };
        let is_key = known().any(|key| key == entry.key) || nearest(&entry.key, known()).is_some();
        let is_verb = VERBS.iter().any(|verb| verb.name == entry.key);
        leads_on && !is_key && !is_verb
    };
    move_under(entries, "answers", is_answer, |entry, first| {
        let message = format!("`{}` stands under `ask`, beside `answers`", entry.key);
        let help = match first {
            Some(first) => {
                format!("an answer stands under `answers`: indent it as far as `{first}`")
            }
            None => "an answer stands under `answers`: indent it by 2 spaces more".into(),
        };
        Diagnostic::error("E0101", file, entry.key_span, message)
            .label("too far left for an answer")
            .help(help)
    })
}

/// Moves what is `astray` to the map under `key`, where there is one or nothing at all.
fn move_under(
    entries: &mut Vec<Entry>,
    key: &str,
    astray: impl Fn(&Entry) -> bool,
    say: impl Fn(&Entry, Option<&str>) -> Diagnostic,
) -> Vec<Diagnostic> {
    let under = |node: &Node| node.map().is_some() || node.is_nothing();
    let Some(at) = entries.iter().position(|entry| entry.key == key) else {
        return Vec::new();
    };
    if !under(&entries[at].value) {
        return Vec::new();
    }
    let first = entries[at].value.map().and_then(|kept| kept.first());
    let first = first.map(|entry| entry.key.clone());
    let (stray, kept): (Vec<Entry>, Vec<Entry>) =
        entries.drain(..).partition(|entry| astray(entry));
    *entries = kept;
    let problems = stray
        .iter()
        .map(|entry| say(entry, first.as_deref()))
        .collect();
    let home = entries.iter_mut().find(|entry| entry.key == key);
    if let (Some(home), false) = (home, stray.is_empty()) {
        match &mut home.value.value {
            Yaml::Map(under) => under.extend(stray),
            other => *other = Yaml::Map(stray),
        }
    }
    problems
}
