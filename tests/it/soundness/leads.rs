//! Leads made at random: what they, the agents and the world do to a conversation.

use proptest::prelude::*;
use replytree::lead::{Kind, Value};

/// The part of a lead's life that is not silence.
#[derive(Debug, Clone)]
pub struct Life {
    pub email: bool,
    /// In how many days the moment is that a flow may wait for; none where it is not known.
    pub day: Option<u8>,
    pub locale: usize,
    /// Which number they have, for the arms of experiments are drawn by it.
    pub number: u8,
    pub acts: Vec<Act>,
}

#[derive(Debug, Clone)]
pub enum Act {
    /// An answer to what is asked now, whichever of those it has.
    Answer(usize),
    Says(&'static str),
    /// Until the next thing falls due.
    Silence,
    Hours(u16),
    Event(&'static str),
    /// Somebody claims what is offered.
    Claim,
    /// Whoever is asked ends it so.
    Outcome(&'static str),
    Texts(Carrier),
    Emails(Carrier),
    Endpoint(Carrier),
    Full,
}

impl Act {
    /// Whether it is about the world alone.
    pub fn is_scenery(&self) -> bool {
        matches!(
            self,
            Act::Texts(_) | Act::Emails(_) | Act::Endpoint(_) | Act::Full
        )
    }
}

/// How what goes out fares from here on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Carrier {
    Takes,
    Refuses,
    /// The number or address is dead.
    Dead,
    OptedOut,
    /// Nobody knows whether it went.
    Uncertain,
    /// The same again in some minutes.
    Later,
}

pub const SAYINGS: [&str; 22] = [
    "purple umbrella",
    "what do you mean",
    "price",
    "opening hours",
    "HELP",
    "who is this",
    "call me",
    "reschedule",
    "not interested",
    "yes and my budget is 20000",
    "1",
    "2",
    "yes",
    "👍",
    "later",
    "25k",
    "ada@nb.example",
    "I am driving and will reply later",
    "START",
    "maybe, what does it cost?",
    "wrong number",
    "STOP",
];

pub fn life() -> impl Strategy<Value = Life> {
    (
        any::<bool>(),
        prop::option::of(0u8..20),
        0usize..3,
        0u8..10,
        prop::collection::vec(act(), 0..14),
    )
        .prop_map(|(email, day, locale, number, acts)| Life {
            email,
            day,
            locale,
            number,
            acts,
        })
}

fn act() -> impl Strategy<Value = Act> {
    // The last few end it: they come more seldom than they are listed.
    let says = prop_oneof![
        20 => prop::sample::select(&SAYINGS[..20]),
        1 => prop::sample::select(&SAYINGS[20..]),
    ];
    prop_oneof![
        8 => any::<usize>().prop_map(Act::Answer),
        5 => says.prop_map(Act::Says),
        7 => Just(Act::Silence),
        2 => (0u16..200).prop_map(Act::Hours),
        2 => Just(Act::Event("paid")),
        1 => Just(Act::Claim),
        1 => prop::sample::select(&["reached", "no_answer", "something else"][..])
            .prop_map(Act::Outcome),
        1 => carrier().prop_map(Act::Texts),
        1 => carrier().prop_map(Act::Emails),
        1 => carrier().prop_map(Act::Endpoint),
        1 => prop_oneof![3 => Just(Act::Full), 1 => Just(Act::Event("bought"))],
    ]
}

fn carrier() -> impl Strategy<Value = Carrier> {
    prop_oneof![
        4 => Just(Carrier::Takes),
        2 => Just(Carrier::Refuses),
        2 => Just(Carrier::Dead),
        1 => Just(Carrier::OptedOut),
        1 => Just(Carrier::Uncertain),
        2 => Just(Carrier::Later),
    ]
}

/// What is known of a lead, no longer than the report counts it.
pub fn value(kind: Kind, moment: Option<&Value>) -> Option<Value> {
    Some(match kind {
        Kind::DateTime => moment?.clone(),
        Kind::Date => Value::Date("2026-12-02".to_string()),
        Kind::Time => Value::text("15:30"),
        Kind::Number => Value::Number(7.0),
        Kind::Money => Value::Number(96.0),
        Kind::YesNo => Value::text("yes"),
        Kind::Email => Value::text("a@nb.example"),
        Kind::Phone => Value::text("+13125550177"),
        Kind::Postcode => Value::text("60601"),
        Kind::List => Value::List(Vec::new()),
        Kind::Text | Kind::Name => Value::text("Maximiliana"),
    })
}
