//! Sensible values to start a conversation with: those of the flow's own first test, and days that
//! lie ahead.

use crate::flow::Flow;
use crate::lead::{Kind, Value};
use crate::time::{Duration, Timestamp, Zone};

/// What a form shows for the field at first, as the form's own kind of input reads it.
pub fn value(flow: &Flow, field: &str, kind: Kind, now: Timestamp, zone: &Zone) -> String {
    let tomorrow = (now + Duration::days(1)).in_zone(zone);
    match kind {
        Kind::Date => return tomorrow.date().to_string(),
        Kind::DateTime => return format!("{}T10:00", tomorrow.date()),
        Kind::Text
        | Kind::Number
        | Kind::Money
        | Kind::Time
        | Kind::Email
        | Kind::Phone
        | Kind::Postcode
        | Kind::YesNo
        | Kind::Name
        | Kind::List => {}
    }
    from_tests(flow, field).unwrap_or_else(|| plain(field, kind).to_string())
}

fn from_tests(flow: &Flow, field: &str) -> Option<String> {
    let told = flow.tests.iter().flat_map(|test| &test.lead);
    let mut same = told.filter(|(name, _)| **name == *field);
    same.find_map(|(_, value)| match value {
        Value::Text(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) | Value::Money(number, _) => Some(number.to_string()),
        Value::Bool(true) => Some("yes".to_string()),
        Value::Bool(false) => Some("no".to_string()),
        Value::Time(time) => Some(time.clone()),
        Value::List(items) => Some(items.join(", ")),
        Value::Nothing | Value::Text(_) | Value::Date(_) | Value::Moment(_) => None,
    })
}

fn plain(field: &str, kind: Kind) -> &'static str {
    match kind {
        Kind::Name => "Ada",
        Kind::Text if field.contains("name") => "Ada",
        Kind::Email => "ada@example.com",
        Kind::Number => "3",
        Kind::Money => "250",
        Kind::Time => "10:00",
        Kind::Phone => "+13125550199",
        Kind::Postcode => "60614",
        Kind::YesNo => "yes",
        Kind::List => "",
        Kind::Text => "something",
        Kind::Date | Kind::DateTime => "",
    }
}
