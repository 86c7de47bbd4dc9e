//! The shape of every object of the language, as tables of keys. From one table come the check for
//! unknown, doubled and missing keys, the JSON Schema for editors, and what they show on hover.
//!
//! Decides how things are written; refuses to know what names stand for (`resolve` does).

mod anomalies;
mod astray;
mod check;
mod example;
mod flow;
mod lints;
mod register;
mod steps;
mod words;
mod workspace;

pub use check::check;
pub use flow::{FLOW, LINK_OR_ADDRESS};
pub use lints::{ALLOW, LINTS};
pub use steps::{COMMON, SEND_WINDOW, VERBS};
pub use words::*;
pub use workspace::{CARRIERS, WORKSPACE, per_second};

/// A map with known keys.
#[derive(Debug)]
pub struct Object {
    /// As complaints call it: `an answer`, `the flow`.
    pub name: &'static str,
    pub doc: &'static str,
    pub keys: &'static [Key],
}

#[derive(Debug)]
pub struct Key {
    pub name: &'static str,
    /// One sentence, shown on hover.
    pub doc: &'static str,
    pub shape: Shape,
    pub need: Need,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    Required,
    Optional,
}

/// What may stand as a value.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Any text in one piece.
    Word(&'static Words),
    /// One of these words; each with its meaning.
    Choice(&'static [(&'static str, &'static str)]),
    Int {
        min: i64,
        max: i64,
    },
    Number,
    Bool,
    /// A text in one language or a map from locale to text.
    Text,
    /// A map from locale to a word or a list of words; or one word; or a list.
    LocaleWords,
    List(&'static Shape),
    /// One, or a list of them.
    OneOrMany(&'static Shape),
    /// A map whose keys the author names.
    Map {
        /// What a key is: `a step's name`.
        of: &'static str,
        value: &'static Shape,
    },
    Object(&'static Object),
    /// A step: one verb's key, and the keys that go with it.
    Step,
    /// The first that fits the kind of value; among objects the one most keys of which are there.
    OneOf(&'static [Shape]),
    /// A key with nothing after it.
    Nothing,
    /// Any value at all.
    Anything,
}

/// A kind of word: how it is written, and how a slip is explained.
#[derive(Debug)]
pub struct Words {
    /// As complaints call it: `a duration`.
    pub name: &'static str,
    pub code: &'static str,
    pub help: &'static str,
    /// ECMA 262, for the JSON Schema; empty for any text.
    pub pattern: &'static str,
    pub examples: &'static [&'static str],
    pub fits: fn(&str) -> bool,
}

/// A key that must be there.
pub const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    let need = Need::Required;
    Key {
        name,
        doc,
        shape,
        need,
    }
}

/// A key that may be left out.
pub const fn optional(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    let need = Need::Optional;
    Key {
        name,
        doc,
        shape,
        need,
    }
}

impl Object {
    pub fn key(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}
