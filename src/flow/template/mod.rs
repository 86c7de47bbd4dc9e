//! Texts with `{tokens}`, compiled to pieces. What a token brings in is data and is never read
//! again.

mod calendar;
mod length;
mod locale;
mod money;
mod names;
mod parse;
mod pattern;
mod person;
mod render;
#[cfg(test)]
pub(crate) mod render_tests;
#[cfg(test)]
pub(crate) mod tests;

use std::borrow::Cow;

use crate::flow::StepIx;
use crate::lead::{Kind, Name, Value};
use crate::time::Zone;

pub use length::{dearest_moment, longest};
pub use names::{AnswerKind, AnswerName, Found, FoundKind, Names};
pub use parse::parse;
pub use person::{is_long, is_person, is_shouted};
pub use render::{is_first_name, shown};

/// What the tokens of a text and the names of a condition stand for, for one lead.
pub trait Scope {
    /// The value of `source`; `Nothing` where there is none. A lead's number is the field `phone`.
    fn get(&self, source: &Source) -> Cow<'_, Value>;
    /// The lead's own zone, in which moments are shown and compared with days.
    fn zone(&self) -> &Zone;
    /// The locale of the text, such as `es` or `es-MX`.
    fn locale(&self) -> &str;
    /// ISO 3166 code of the workspace: the currency of amounts that name none, and how a locale
    /// without a country writes numbers and hours.
    fn region(&self) -> &str {
        "US"
    }
    /// Whether the text is for the lead. In a text about them a name is said as it is known.
    fn greets(&self) -> bool {
        true
    }
}

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
