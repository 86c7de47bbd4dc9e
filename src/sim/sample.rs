//! A lead to try a flow with: something sensible for each field it needs.

use crate::flow::Flow;
use crate::lead::{Kind, Name, Value};
use crate::time::{Timestamp, Zone};

/// `told`, with a sample for every field that the flow declares and was not told.
pub fn fields(
    flow: &Flow,
    zone: &Zone,
    now: Timestamp,
    told: Vec<(Name, Value)>,
) -> Vec<(Name, Value)> {
    let mut fields = told;
    for (name, field) in &flow.fields {
        if !fields.iter().any(|(known, _)| known == name) {
            fields.push((name.clone(), sample(name, field.kind, zone, now)));
        }
    }
    fields
}

/// A value that such a field may well hold. Moments lie two days ahead, in the afternoon.
pub fn sample(name: &str, kind: Kind, zone: &Zone, now: Timestamp) -> Value {
    let day = now
        .in_zone(zone)
        .date()
        .checked_add(jiff::Span::new().days(2))
        .ok();
    match kind {
        Kind::Email => Value::text("ada@example.com"),
        Kind::Phone => Value::text("+13125550143"),
        Kind::Number => Value::Number(2.0),
        Kind::Money => Value::Money(24_900.0, None),
        Kind::Postcode => Value::text("60601"),
        Kind::YesNo => Value::Bool(true),
        Kind::Time => Value::Time("15:00".to_string()),
        Kind::List => Value::List(Vec::new()),
        Kind::Date => day.map_or(Value::Nothing, |day| Value::Date(day.to_string())),
        Kind::DateTime => day
            .and_then(|day| day.at(15, 0, 0, 0).to_zoned(zone.tz().clone()).ok())
            .map_or(Value::Nothing, |at| {
                Value::Moment(Timestamp::from_jiff(at.timestamp()))
            }),
        Kind::Name => Value::text("Ada"),
        Kind::Text => Value::text(match name {
            "name" | "first_name" => "Ada".to_string(),
            "email" => "ada@example.com".to_string(),
            "model" => "Roadster".to_string(),
            "provider" => "Dr. Cole".to_string(),
            "service" => "solar panels".to_string(),
            "code" => "CODE10".to_string(),
            other => other.replace(['_', '-'], " "),
        }),
    }
}
