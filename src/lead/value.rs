//! What a lead's field, an answer or an event's property may hold.

use minicbor::{Decode, Encode};

use crate::time::Timestamp;

/// A typed value. `Nothing` stands for a field that was never told.
#[derive(Debug, Clone, PartialEq, Default, Encode, Decode)]
pub enum Value {
    #[default]
    #[n(0)]
    Nothing,
    #[n(1)]
    Text(#[n(0)] String),
    #[n(2)]
    Number(#[n(0)] f64),
    /// An amount in the currency's main unit, with its ISO 4217 code where one was named.
    #[n(3)]
    Money(#[n(0)] f64, #[n(1)] Option<String>),
    #[n(4)]
    Bool(#[n(0)] bool),
    /// A calendar day as `2026-11-23`.
    #[n(5)]
    Date(#[n(0)] String),
    /// A time of day as `15:30`.
    #[n(6)]
    Time(#[n(0)] String),
    #[n(7)]
    Moment(#[n(0)] Timestamp),
    #[n(8)]
    List(#[n(0)] Vec<String>),
}

impl Value {
    pub fn text(text: impl Into<String>) -> Self {
        Value::Text(text.into())
    }

    /// Whether there is nothing to say: never told, or blank.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Nothing => true,
            Value::Text(text) => text.trim().is_empty(),
            Value::List(items) => items.is_empty(),
            _ => false,
        }
    }
}

/// What a value must be: of a lead's field (`type:`) or of an open question (`expect:`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Text,
    Number,
    Money,
    Date,
    Time,
    DateTime,
    Email,
    Phone,
    Postcode,
    YesNo,
    /// A person's name, as asked by "What is your name?".
    Name,
    /// A set of words, such as `tags`.
    List,
}

impl Kind {
    /// As written in a flow.
    pub const ALL: [(&'static str, Kind); 12] = [
        ("text", Kind::Text),
        ("number", Kind::Number),
        ("money", Kind::Money),
        ("date", Kind::Date),
        ("time", Kind::Time),
        ("datetime", Kind::DateTime),
        ("email", Kind::Email),
        ("phone", Kind::Phone),
        ("postcode", Kind::Postcode),
        ("yes_no", Kind::YesNo),
        ("name", Kind::Name),
        ("list", Kind::List),
    ];

    pub fn name(self) -> &'static str {
        Kind::ALL
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("text", |(name, _)| name)
    }
}
