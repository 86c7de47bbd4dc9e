//! What a text would mean to an open question, in the order that the engine uses. The shape is that of
//! `replytree understand` (docs/INTERFACES.md). Decides nothing that the rules do not; only their order.

use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json, json};

use super::{
    Choice, Everywhere, Figures, Listening, Phrases, Reply, Unit, ValueContext, Verdict,
    after_answers, first_of_all, money, value,
};
use crate::lead::{Kind, Name, Value};

/// What is asked.
#[derive(Debug, Clone, Default)]
pub enum Asked<'a> {
    /// Nothing: only what is understood everywhere.
    #[default]
    Nothing,
    Choice {
        choice: &'a Choice,
        /// The options' names, in their order.
        names: &'a [Name],
        locale: &'a str,
    },
    Value {
        kind: Kind,
        context: ValueContext<'a>,
    },
    /// A value by a question that names a unit of time: "how many years".
    Measure {
        kind: Kind,
        context: ValueContext<'a>,
        unit: Unit,
    },
}

/// An open question as the flow and the lead's standing make it.
#[derive(Debug, Clone, Default)]
pub struct Question<'a> {
    pub asked: Asked<'a>,
    pub anytime: Option<&'a Phrases>,
    pub listening: Listening,
}

/// The meaning of one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Understanding {
    pub text: String,
    pub meaning: Meaning,
    pub certain: bool,
    pub rule: &'static str,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Meaning {
    Everywhere(Everywhere),
    /// The index of the `anytime` phrases.
    Anytime(usize),
    /// The index and name of an option.
    Option(usize, Name),
    Value(Value, Json),
    Unclear,
}

/// What `text` would mean as a reply to `question`, and by which rule.
pub fn understand(text: &str, question: &Question) -> Understanding {
    let verdict = meaning(&Reply::read(text), question);
    Understanding {
        text: text.to_string(),
        meaning: verdict.meaning,
        certain: verdict.certain,
        rule: verdict.rule,
    }
}

/// The one order in which a reply is read, by the engine as by the command.
pub fn meaning(reply: &Reply, question: &Question) -> Verdict<Meaning> {
    first_of_all(reply, question.listening)
        .map(everywhere)
        .or_else(|| exact(reply, question))
        .or_else(|| {
            question
                .anytime?
                .read(reply)
                .map(|v| with(v, Meaning::Anytime))
        })
        .or_else(|| answer(reply, question))
        .or_else(|| after_answers(reply).map(everywhere))
        .unwrap_or(Verdict {
            meaning: Meaning::Unclear,
            certain: true,
            rule: "unclear",
        })
}

fn with<T, M>(verdict: Verdict<T>, meaning: impl FnOnce(T) -> M) -> Verdict<M> {
    Verdict {
        meaning: meaning(verdict.meaning),
        certain: verdict.certain,
        rule: verdict.rule,
    }
}

fn everywhere(verdict: Verdict<Everywhere>) -> Verdict<Meaning> {
    with(verdict, Meaning::Everywhere)
}

/// An answer that is the whole reply outranks everything but the first rules.
fn exact(reply: &Reply, question: &Question) -> Option<Verdict<Meaning>> {
    let Asked::Choice {
        choice,
        names,
        locale,
    } = &question.asked
    else {
        return None;
    };
    choice.read_exact(reply, locale).map(|v| option(v, names))
}

fn option(verdict: Verdict<usize>, names: &[Name]) -> Verdict<Meaning> {
    with(verdict, |index| {
        Meaning::Option(index, names.get(index).cloned().unwrap_or_default())
    })
}

fn answer(reply: &Reply, question: &Question) -> Option<Verdict<Meaning>> {
    match &question.asked {
        Asked::Nothing => None,
        Asked::Choice {
            choice,
            names,
            locale,
        } => choice.read(reply, locale).map(|v| option(v, names)),
        Asked::Value { kind, context } => value::value_in(*kind, reply, context, None)
            .map(|v| typed(v, *kind, reply, (context, None))),
        Asked::Measure {
            kind,
            context,
            unit,
        } => {
            let unit = Some(*unit);
            value::value_in(*kind, reply, context, unit)
                .map(|v| typed(v, *kind, reply, (context, unit)))
        }
    }
}

fn typed(
    verdict: Verdict<Value>,
    kind: Kind,
    reply: &Reply,
    asked: (&ValueContext, Option<Unit>),
) -> Verdict<Meaning> {
    with(verdict, |value| {
        let json = json_of(&value, kind, reply, asked);
        Meaning::Value(value, json)
    })
}

/// A value as programs read it. Spans of amounts have their ends; days and times stand apart.
fn json_of(
    value: &Value,
    kind: Kind,
    reply: &Reply,
    (context, unit): (&ValueContext, Option<Unit>),
) -> Json {
    match (value, kind) {
        (Value::Number(_) | Value::Money(..), _) => {
            let figures = money::amount_in(kind, reply, context, unit).map(|a| a.meaning.figures);
            figures.map_or(Json::Null, figures_json)
        }
        (Value::Date(day), Kind::DateTime) => json!({ "date": day, "time": null }),
        (Value::Time(time), Kind::DateTime) => json!({ "date": null, "time": time }),
        (Value::Moment(at), _) => {
            let local = at.in_zone(context.zone);
            let time = format!("{:02}:{:02}", local.hour(), local.minute());
            json!({ "date": local.date().to_string(), "time": time })
        }
        (Value::Text(text) | Value::Date(text) | Value::Time(text), _) => json!(text),
        (Value::Bool(yes), _) => json!(yes),
        (Value::List(items), _) => json!(items),
        (Value::Nothing, _) => Json::Null,
    }
}

fn figures_json(figures: Figures) -> Json {
    match figures {
        Figures::Exactly(n) => number(n),
        Figures::AtLeast(n) => json!({ "min": number(n) }),
        Figures::AtMost(n) => json!({ "max": number(n) }),
        Figures::Between(low, high) => json!({ "min": number(low), "max": number(high) }),
    }
}

fn number(n: f64) -> Json {
    const WHOLE_MAX: f64 = 9e15;
    if n.fract() == 0.0 && n.abs() < WHOLE_MAX {
        json!(n as i64)
    } else {
        json!(n)
    }
}

impl Understanding {
    /// The `kind` of the command's output.
    pub fn kind(&self) -> &'static str {
        match &self.meaning {
            Meaning::Everywhere(Everywhere::OptOut) => "opt_out",
            Meaning::Everywhere(Everywhere::OptIn) => "opt_in",
            Meaning::Everywhere(Everywhere::Help) => "help",
            Meaning::Everywhere(Everywhere::WrongNumber) => "wrong_number",
            Meaning::Everywhere(Everywhere::Machine) => "machine",
            Meaning::Everywhere(Everywhere::CallMe) => "call_me",
            Meaning::Everywhere(Everywhere::WhoIsThis) => "who_is_this",
            Meaning::Everywhere(Everywhere::Decline) => "decline",
            Meaning::Anytime(_) => "anytime",
            Meaning::Option(..) | Meaning::Value(..) => "answer",
            Meaning::Unclear => "unclear",
        }
    }

    /// One line of the command's output.
    pub fn json(&self) -> Json {
        let mut fields = Map::new();
        fields.insert("text".into(), json!(self.text));
        fields.insert("kind".into(), json!(self.kind()));
        match &self.meaning {
            Meaning::Option(_, name) => {
                fields.insert("answer".into(), json!(name.as_str()));
            }
            Meaning::Value(value, json) => {
                fields.insert("value".into(), json.clone());
                if let Value::Money(_, Some(currency)) = value {
                    fields.insert("currency".into(), json!(currency));
                }
                if let Value::Moment(at) = value {
                    let utc = at.to_jiff().to_zoned(TimeZone::UTC).timestamp();
                    fields.insert("at".into(), json!(utc.to_string()));
                }
            }
            Meaning::Everywhere(_) | Meaning::Anytime(_) | Meaning::Unclear => {}
        }
        fields.insert("certain".into(), json!(self.certain));
        fields.insert("rule".into(), json!(self.rule));
        Json::Object(fields)
    }
}
