//! Values written in a flow: what a step sets, what a test gives its lead.

use std::str::FromStr;

use crate::diagnostic::nearest;
use crate::flow::parse::entries;
use crate::flow::resolve::Builder;
use crate::flow::steps::{Assign, AssignTo};
use crate::flow::yaml::{Entry, Node, Style, Yaml};
use crate::lead::{Kind, Name, Value};
use crate::time::{TimeOfDay, Timestamp, Zone};

/// Fields that every lead may have, declared or not.
const COMMON_FIELDS: [&str; 2] = ["name", "email"];

impl<'a> Builder<'a> {
    /// `set: { field: value }`. A field that is not declared is a text of its own, unless it looks
    /// like a slip of one that is.
    pub(super) fn assigns(&mut self, node: Option<&Node>) -> Vec<Assign> {
        let mut assigns = Vec::new();
        for entry in entries(node) {
            let field = Name::from(entry.key.as_str());
            let kind = self.field_kind(entry);
            let text = entry.value.text().unwrap_or_default();
            let to = if text.contains('{') {
                AssignTo::Text(self.template(&entry.value, 0))
            } else {
                AssignTo::Value(self.value_of(&entry.value, kind))
            };
            assigns.push(Assign { field, to });
        }
        assigns
    }

    /// The declared kind of the field that a key names.
    pub(super) fn field_kind(&mut self, entry: &Entry) -> Option<Kind> {
        if let Some(field) = self.names.fields.get(entry.key.as_str()) {
            return Some(field.kind);
        }
        if COMMON_FIELDS.contains(&entry.key.as_str()) {
            return None;
        }
        let meant = nearest(&entry.key, self.names.fields.keys().map(|name| &**name));
        if let Some(meant) = meant {
            let problem = self
                .error(
                    "E0210",
                    entry.key_span,
                    format!("`{}` is not a declared lead field", entry.key),
                )
                .label("not under `lead`")
                .help(format!("did you mean `{meant}`?"));
            self.report(problem);
        }
        None
    }

    /// The value as the kind wants it; one of no kind is what it looks like.
    pub(super) fn value_of(&mut self, node: &Node, kind: Option<Kind>) -> Value {
        let Some(kind) = kind else {
            return plain(node);
        };
        let zone = &self.context.workspace.time_zone;
        if node.value == Yaml::Broken || node.is_nothing() {
            return Value::Nothing;
        }
        match of_kind(node, kind, zone) {
            Some(value) => value,
            None => {
                let text = node.text().unwrap_or(node.what());
                let problem = self
                    .error(
                        "E0212",
                        node.span,
                        format!("`{text}` is not of type `{}`", kind.name()),
                    )
                    .help(format!("write it as {}", example(kind)));
                self.report(problem);
                Value::Nothing
            }
        }
    }
}

/// What a value looks like when nothing is known of it.
pub(super) fn plain(node: &Node) -> Value {
    match &node.value {
        Yaml::List(items) => {
            let words = items.iter().filter_map(Node::text);
            Value::List(words.map(String::from).collect())
        }
        Yaml::Map(_) | Yaml::Broken => Value::Nothing,
        Yaml::Scalar(_) if node.is_nothing() => Value::Nothing,
        Yaml::Scalar(scalar) if scalar.style != Style::Plain => Value::text(&scalar.text),
        Yaml::Scalar(scalar) => match scalar.text.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            text => match number(text) {
                Some(number) => Value::Number(number),
                None => Value::text(text),
            },
        },
    }
}

fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    // 007 and +1 are codes and phone numbers.
    let code = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    let plain = !code && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    plain.then(|| text.parse().ok()).flatten()
}

fn of_kind(node: &Node, kind: Kind, zone: &Zone) -> Option<Value> {
    if kind == Kind::List {
        return Some(match node.text() {
            Some(word) => Value::List(vec![word.to_string()]),
            None => plain(node),
        });
    }
    let text = node.text()?.trim();
    Some(match kind {
        Kind::Text | Kind::Name | Kind::Postcode | Kind::List => Value::text(text),
        Kind::Email => Value::text(Some(text).filter(|text| is_email(text))?),
        Kind::Phone => {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            Value::text(Some(text).filter(|_| (7..=15).contains(&digits))?)
        }
        Kind::Number => Value::Number(text.parse().ok().filter(|n: &f64| n.is_finite())?),
        Kind::Money => Value::Money(text.parse().ok().filter(|n: &f64| n.is_finite())?, None),
        Kind::YesNo => Value::Bool(match text {
            "true" | "yes" => true,
            "false" | "no" => false,
            _ => return None,
        }),
        Kind::Date => Value::Date(text.parse::<jiff::civil::Date>().ok()?.to_string()),
        Kind::Time => Value::Time(TimeOfDay::from_str(text).ok()?.to_string()),
        Kind::DateTime => Value::Moment(moment(text, zone)?),
    })
}

/// RFC 3339, or a local time in the workspace's zone.
fn moment(text: &str, zone: &Zone) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let local: jiff::civil::DateTime = text.parse().ok()?;
    let at = local.to_zoned(zone.tz().clone()).ok()?;
    Some(Timestamp::from_jiff(at.timestamp()))
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(user, host)| {
        let one = !user.is_empty() && !host.contains('@');
        one && host.contains('.') && !text.contains(char::is_whitespace)
    })
}

fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Name => "a text",
        Kind::Number => "a number, such as 12",
        Kind::Money => "an amount, such as 24900",
        Kind::Date => "a day, such as 2026-11-23",
        Kind::Time => "a time of day, such as 15:30",
        Kind::DateTime => "a moment, such as \"2026-11-23T15:30:00-06:00\"",
        Kind::Email => "an email address",
        Kind::Phone => "a phone number in quotes, such as \"+13125550100\"",
        Kind::Postcode => "a postcode",
        Kind::YesNo => "`true` or `false`",
        Kind::List => "a list of words",
    }
}

/// A node as JSON; plain words are what they look like.
pub(super) fn json(node: &Node) -> serde_json::Value {
    match &node.value {
        Yaml::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), json(&entry.value)))
            .collect(),
        Yaml::List(items) => items.iter().map(json).collect(),
        Yaml::Scalar(scalar) => match plain(node) {
            Value::Bool(value) => value.into(),
            Value::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
                (number as i64).into()
            }
            Value::Number(number) => number.into(),
            Value::Nothing => serde_json::Value::Null,
            _ => scalar.text.clone().into(),
        },
        Yaml::Broken => serde_json::Value::Null,
    }
}
