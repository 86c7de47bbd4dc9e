//! Whether a conversation can go on in another version of its flow: only where the step it waits at
//! means the same there. The question that stands was asked in the old version's words; whatever the
//! lead may answer to it must lead somewhere in the new one.

use crate::conversation::{Awaiting, Status, Wait};
use crate::flow::steps::{Ask, Expect, Opt};
use crate::flow::{Flow, Verb};
use crate::lead::Name;

/// Why it stays on the version it began with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Stays {
    #[error("it has ended")]
    Ended,
    #[error("a person has it")]
    WithPerson,
    #[error("it waits for an endpoint or a calendar")]
    MidCall,
    #[error("the new version has no step `{0}`")]
    NoStep(Name),
    #[error("`{0}` does something else in the new version")]
    OtherVerb(Name),
    #[error("`{0}` takes other answers in the new version")]
    OtherAnswers(Name),
    #[error("`{0}` has fewer nudges in the new version")]
    ShorterLadder(Name),
    #[error("the new version needs the field `{0}`")]
    NeedsField(Name),
}

pub fn can_move(from: &Flow, to: &Flow, status: &Status) -> Result<(), Stays> {
    let wait = match status {
        Status::Ended { .. } => return Err(Stays::Ended),
        Status::WithAgent(_) | Status::TakenOver { .. } => return Err(Stays::WithPerson),
        Status::Scheduled => return needs(from, to),
        Status::Waiting(wait) => wait,
    };
    needs(from, to)?;
    let stays = |why: fn(Name) -> Stays| why(wait.step.clone());
    let Some(new) = to.find(&wait.step).map(|ix| to.step(ix)) else {
        return Err(stays(Stays::NoStep));
    };
    let Some(old) = from.find(&wait.step).map(|ix| from.step(ix)) else {
        return Err(stays(Stays::NoStep));
    };
    match (&old.verb, &new.verb) {
        (Verb::Ask(old), Verb::Ask(new)) if !takes_all(old, new) => Err(stays(Stays::OtherAnswers)),
        (old, new) if std::mem::discriminant(old) != std::mem::discriminant(new) => {
            Err(stays(Stays::OtherVerb))
        }
        _ => rests(wait, old.ladder().len(), new.ladder().len()),
    }
}

/// The timer that runs is for the next rung of the ladder: there must be one.
fn rests(wait: &Wait, old: usize, new: usize) -> Result<(), Stays> {
    match &wait.what {
        Awaiting::Answer(_) => Err(Stays::MidCall),
        Awaiting::Reply { rung, .. } if (new..old).contains(&usize::from(*rung)) => {
            Err(Stays::ShorterLadder(wait.step.clone()))
        }
        Awaiting::Reply { .. } | Awaiting::Time | Awaiting::LeadEvent(_) => Ok(()),
    }
}

/// Whether all that the old question offered is an answer to the new one, under the same key.
fn takes_all(old: &Ask, new: &Ask) -> bool {
    match (&old.expect, &new.expect) {
        (Expect::Options(old, _), Expect::Options(new, _)) => {
            let known = |asked: &Opt| {
                new.iter()
                    .any(|it| it.name == asked.name && it.key == asked.key)
            };
            old.iter().all(known)
        }
        (Expect::Value { kind: old, .. }, Expect::Value { kind: new, .. }) => old == new,
        (Expect::Options(..), Expect::Value { .. })
        | (Expect::Value { .. }, Expect::Options(..)) => false,
    }
}

/// A field that only the new version needs was never asked of those who began before.
fn needs(from: &Flow, to: &Flow) -> Result<(), Stays> {
    let new = to.fields.iter().find(|(name, field)| {
        !field.optional && field.fallback.is_none() && !from.fields.contains_key(*name)
    });
    match new {
        Some((name, _)) => Err(Stays::NeedsField(name.clone())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Source, compile, workspace};

    const FLOW: &str = r#"
flow: f
objective: qualification
kind: transactional
steps:
  q:
    ask: "{brand}: Reply 1 for yes, 2 for no. STOP to opt out."
    answers: { yes: { key: 1, then: bye }, no: { key: 2, then: bye } }
    no_reply: [ { after: 4h, say: "Still there? Reply 1 or 2." }, { after: 1d, then: bye } ]
    unclear: { tries: 2, then: bye }
  bye: { end: done }
"#;

    fn flow(text: &str) -> std::sync::Arc<Flow> {
        let (workspace, _) = workspace::read("workspace.yaml", "brand: B\n", &|_| None);
        let source = Source {
            file: "f.yaml".to_string(),
            text: text.to_string(),
        };
        let mut compiled = compile(&workspace, &[source]);
        compiled
            .flows
            .pop()
            .unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics))
    }

    fn waiting(rung: u8) -> Status {
        Status::Waiting(Wait {
            step: Name::from("q"),
            what: Awaiting::Reply {
                rung,
                unclear: 0,
                sending: None,
                slots: Vec::new(),
            },
        })
    }

    #[test]
    fn only_who_would_be_understood_moves() {
        let q = || Name::from("q");
        let (first, second) = (waiting(0), waiting(1));
        let ended = Status::Ended {
            outcome: Name::from("done"),
        };
        for (old, new, status, wanted) in [
            ("Still there?", "Are you there?", &first, Ok(())),
            ("key: 2", "key: 3", &first, Err(Stays::OtherAnswers(q()))),
            (
                "no: { key",
                "nope: { key",
                &first,
                Err(Stays::OtherAnswers(q())),
            ),
            ("  q:", "  other:", &first, Err(Stays::NoStep(q()))),
            (
                "{ after: 4h, say: \"Still there? Reply 1 or 2.\" }, ",
                "",
                &first,
                Ok(()),
            ),
            (
                "{ after: 4h, say: \"Still there? Reply 1 or 2.\" }, ",
                "",
                &second,
                Err(Stays::ShorterLadder(q())),
            ),
            (
                "kind: transactional",
                "kind: transactional\nlead: { model: { type: text } }",
                &first,
                Err(Stays::NeedsField(Name::from("model"))),
            ),
            ("Still there?", "Hm?", &ended, Err(Stays::Ended)),
            ("Still there?", "Hm?", &Status::Scheduled, Ok(())),
        ] {
            assert!(FLOW.contains(old), "{old:?}");
            let changed = flow(&FLOW.replace(old, new));
            let got = can_move(&flow(FLOW), &changed, status);
            assert_eq!(got, wanted, "{old:?} became {new:?}");
        }
    }
}
