//! Texts with `{tokens}`, compiled to pieces. What a token brings in is data and is never read again.

use crate::flow::StepIx;
use crate::lead::{Kind, Name};

/// A text in every locale of its flow, in the order of `Flow::locales`.
#[derive(Debug, Clone, PartialEq)]
pub struct Text(pub Vec<Template>);

impl Text {
    pub fn in_locale(&self, locale_ix: usize) -> &Template {
        &self.0[locale_ix.min(self.0.len() - 1)]
    }
}

/// One text, cut at its tokens.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Template {
    pub pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    Literal(String),
    Token(Token),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    pub source: Source,
    pub format: Option<Format>,
    /// Said when the value is missing; the field's own fallback is put here by the compiler.
    pub fallback: Option<Vec<Piece>>,
}

/// What a token or a condition may name.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A lead field and its declared kind.
    Field(Name, Kind),
    Brand,
    Link(Name),
    /// A question's answer, by the step's name.
    Answer(StepIx, Name),
    Score,
    Agent,
    LastReply,
    Event(Name),
    Saved(Name),
    Locale,
    Tags,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Format {
    /// `{name:title}`
    Title,
    Upper,
    Lower,
    /// `{price:money}`
    Money,
    /// `{at:EEE d MMM, h:mm a}`: a Unicode LDML date pattern (UTS 35).
    Date(String),
}

use std::borrow::Cow;

use crate::lead::Value;
use crate::time::{Timestamp, Zone};

/// Where a template's tokens get their values.
pub trait Scope {
    fn get(&self, source: &Source) -> Cow<'_, Value>;
    fn zone(&self) -> &Zone;
    fn locale(&self) -> &str;
}

impl Template {
    pub fn render(&self, _scope: &dyn Scope, _out: &mut String) {}
    pub fn single_token(&self, _scope: &dyn Scope) -> Option<Value> {
        None
    }
}

pub fn plain(_value: &Value) -> String {
    String::new()
}

pub fn slot_label(_at: Timestamp, _zone: &Zone, _locale: &str) -> String {
    String::new()
}
