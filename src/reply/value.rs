//! The typed value an open question asks for, read by locale. Out of bounds is unclear; so are two
//! values where one was asked. A wrong value is worse than asking again.

use std::sync::LazyLock;

use super::choice::{Choice, ChoiceOption};
use super::{Everywhere, Reply, Unit, Verdict, after_answers, contact, date, lexicon, money, name};
use crate::lead::{Kind, Name, Value};
use crate::time::{Timestamp, Zone};

/// What an open question needs to know to read its answer.
#[derive(Debug, Clone)]
pub struct ValueContext<'a> {
    pub locale: &'a str,
    pub now: Timestamp,
    pub zone: &'a Zone,
    pub min: Option<f64>,
    pub max: Option<f64>,
}

impl ValueContext<'_> {
    pub(super) fn language(&self) -> usize {
        lexicon::get().language_of(self.locale)
    }

    pub(super) fn holds(&self, n: f64) -> bool {
        self.min.is_none_or(|min| n >= min) && self.max.is_none_or(|max| n <= max)
    }
}

/// The value of `kind` that the reply gives. `None` is unclear, also when out of bounds.
///
/// A span of amounts gives its lower end, or the one end that was told ("up to 10k" is 10,000);
/// [`money::amount`] gives both. A `datetime` without day or without time gives a
/// [`Value::Time`] or a [`Value::Date`].
pub fn value(kind: Kind, reply: &Reply, context: &ValueContext) -> Option<Verdict<Value>> {
    value_in(kind, reply, context, None)
}

/// The same where the question asks for so many of a unit of time.
pub(super) fn value_in(
    kind: Kind,
    reply: &Reply,
    context: &ValueContext,
    asked: Option<Unit>,
) -> Option<Verdict<Value>> {
    if reply.is_blank() && !matches!(kind, Kind::Email | Kind::Phone) {
        return None;
    }
    let found = match kind {
        Kind::Number | Kind::Money => money::value(kind, reply, context, asked),
        _ => of_kind(kind, reply, context),
    }?;
    let kept = outranks(kind, &found) || !is_said_instead(kind, reply);
    kept.then_some(found)
}

/// An address or a number is what was asked for, whatever is said around it.
fn outranks(kind: Kind, found: &Verdict<Value>) -> bool {
    found.certain && matches!(kind, Kind::Email | Kind::Phone | Kind::Postcode)
}

/// Whether the reply is no answer but "wrong number" and its like. "Call me Ada" tells a name.
fn is_said_instead(kind: Kind, reply: &Reply) -> bool {
    after_answers(reply)
        .is_some_and(|said| kind != Kind::Name || said.meaning != Everywhere::CallMe)
}

fn of_kind(kind: Kind, reply: &Reply, context: &ValueContext) -> Option<Verdict<Value>> {
    match kind {
        Kind::Number | Kind::Money => money::value(kind, reply, context, None),
        Kind::Date | Kind::Time | Kind::DateTime => date::value(kind, reply, context),
        Kind::Email => contact::email(reply),
        Kind::Phone => contact::phone(reply, context.locale),
        Kind::Postcode => contact::postcode(reply, context.locale),
        Kind::YesNo => yes_no(reply, context.locale),
        Kind::Name => name::read(reply, context.language()),
        Kind::Text => Some(Verdict {
            meaning: Value::text(reply.clean.as_str()),
            certain: true,
            rule: "free-text",
        }),
        Kind::List => list(reply),
    }
}

fn yes_no(reply: &Reply, locale: &str) -> Option<Verdict<Value>> {
    static YES_NO: LazyLock<Choice> = LazyLock::new(|| {
        let option = |name: &str| ChoiceOption {
            name: Name::from(name),
            key: name.to_string(),
            words: Vec::new(),
        };
        let choice = Choice::new(&[option("yes"), option("no")], &[]);
        // "It came" and "never got it" answer whether something did.
        choice.asking(["Did you receive it?"])
    });
    let verdict = YES_NO.read(reply, locale)?;
    Some(Verdict {
        meaning: Value::Bool(verdict.meaning == 0),
        certain: verdict.certain,
        rule: verdict.rule,
    })
}

fn list(reply: &Reply) -> Option<Verdict<Value>> {
    let items: Vec<String> = reply
        .clean
        .split([',', ';', '\n'])
        .map(|item| item.trim().to_string())
        .filter(|item| !item.is_empty())
        .collect();
    (!items.is_empty()).then_some(Verdict {
        meaning: Value::List(items),
        certain: true,
        rule: "list",
    })
}
