//! Texts with `{tokens}`, compiled to pieces. What a token brings in is data and is never read again.

mod names;
mod parse;
mod pattern;
#[cfg(test)]
pub(crate) mod tests;

use crate::flow::StepIx;
use crate::lead::{Kind, Name};

pub use names::{AnswerKind, AnswerName, Found, FoundKind, Names, nearest};
pub use parse::parse;

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
