//! A lead's field as the flow declares it. A CRM sends strings; the flow says what they are.

use std::borrow::Cow;

use crate::lead::{Kind, PhoneNumber, Value};
use crate::time::Timestamp;

/// The stored value as `kind`; `Nothing` when it cannot be read as one.
pub fn read(value: &Value, kind: Kind) -> Cow<'_, Value> {
    match fits(value, kind) {
        true => Cow::Borrowed(value),
        false => Cow::Owned(coerce(value, kind).unwrap_or_default()),
    }
}

fn fits(value: &Value, kind: Kind) -> bool {
    matches!(
        (value, kind),
        (Value::Nothing, _)
            | (
                Value::Text(_),
                Kind::Text | Kind::Email | Kind::Phone | Kind::Postcode | Kind::Name
            )
            | (Value::Number(_), Kind::Number | Kind::Money)
            | (Value::Money(..), Kind::Money)
            | (Value::Bool(_), Kind::YesNo)
            | (Value::Date(_), Kind::Date)
            | (Value::Time(_), Kind::Time)
            | (Value::Moment(_), Kind::DateTime)
            | (Value::List(_), Kind::List)
    )
}

/// Reads `value` as `kind` by fixed, machine formats (a CRM's, not a person's): RFC 3339 moments,
/// ISO dates, plain numbers. `None` when it is not one.
pub fn coerce(value: &Value, kind: Kind) -> Option<Value> {
    if fits(value, kind) {
        return Some(value.clone());
    }
    let text = match value {
        Value::Text(text) => text.trim().to_string(),
        Value::Number(number) => number.to_string(),
        Value::Money(amount, _) => amount.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Date(text) | Value::Time(text) => text.clone(),
        Value::Moment(at) => at.to_string(),
        Value::List(items) => items.join(", "),
        Value::Nothing => return Some(Value::Nothing),
    };
    if text.is_empty() {
        return Some(Value::Nothing);
    }
    match kind {
        Kind::Text | Kind::Name | Kind::Postcode => Some(Value::Text(text)),
        Kind::Number => number(&text).map(Value::Number),
        Kind::Money => {
            number(text.trim_start_matches(['$', '€', '£'])).map(|n| Value::Money(n, None))
        }
        Kind::Date => text.get(..10).and_then(|day| {
            day.parse::<jiff::civil::Date>()
                .ok()
                .map(|day| Value::Date(day.to_string()))
        }),
        Kind::Time => text
            .parse::<crate::time::TimeOfDay>()
            .ok()
            .map(|time| Value::Time(time.to_string())),
        Kind::DateTime => text.parse::<Timestamp>().ok().map(Value::Moment),
        Kind::Email => (text.contains('@') && !text.contains(' ')).then_some(Value::Text(text)),
        Kind::Phone => text
            .parse::<PhoneNumber>()
            .ok()
            .map(|number| Value::Text(number.to_string())),
        Kind::YesNo => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(Value::Bool(true)),
            "false" | "no" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        Kind::List => Some(Value::List(
            text.split(',')
                .map(|item| item.trim().to_string())
                .collect(),
        )),
    }
}

fn number(text: &str) -> Option<f64> {
    text.replace(',', "")
        .parse::<f64>()
        .ok()
        .filter(|n| n.is_finite())
}
