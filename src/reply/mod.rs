//! What a reply means: normalised once, then read by ordered rules, each with a name that `/why`, the
//! timeline and the console show. Never a guess that cannot be shown; what fits two meanings, or none,
//! is unclear.

mod choice;
mod contact;
mod date;
mod everywhere;
mod keywords;
mod letters;
mod lex;
mod lexicon;
mod machine;
mod money;
mod name;
mod normalize;
mod number;
mod optout;
mod phrases;
mod signature;
mod typo;
mod understand;
mod unit;
mod value;
mod ways;
mod words;

use smol_str::SmolStr;

pub use choice::{Choice, ChoiceOption};
pub use everywhere::{after_answers, everywhere, first_of_all};
pub use money::{Amount, Figures, amount};
pub use phrases::Phrases;
pub use understand::{Asked, Meaning, Question, Understanding, meaning, understand};
pub use unit::Unit;
pub use value::{ValueContext, value};
pub use ways::{Ways, speaks_of};
use words::Words;

/// A reply, normalised once for all the rules.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Without signature, quoted lines and invisible characters; case and punctuation as written.
    clean: SmolStr,
    /// Lower-case words without accents or punctuation, joined by single spaces.
    text: SmolStr,
    words: Words,
    /// Whether it asks something.
    question: bool,
}

impl Reply {
    pub fn read(text: &str) -> Self {
        let mut normal = normalize::normalize(text);
        normal.words.recognize(&normal.text);
        Self {
            clean: normal.clean,
            text: normal.text,
            words: normal.words,
            question: normal.question,
        }
    }

    /// The words as the rules see them: lower case, without accents and punctuation.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is nothing in it but punctuation, or nothing at all.
    pub fn is_blank(&self) -> bool {
        self.words.len() == 0
    }

    /// The text of some of the words.
    fn span(&self, range: std::ops::Range<usize>) -> &str {
        let words = &self.words.as_slice()[range];
        match (words.first(), words.last()) {
            (Some(first), Some(last)) => first.through(last, &self.text),
            _ => "",
        }
    }
}

/// A meaning with the rule that found it.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict<T> {
    pub meaning: T,
    /// False where another reading is defensible.
    pub certain: bool,
    pub rule: &'static str,
}

/// What is understood ahead of every flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Everywhere {
    OptOut,
    OptIn,
    Help,
    WrongNumber,
    /// A tapback, an auto-reply, a carrier's notice: written by no person.
    Machine,
    CallMe,
    WhoIsThis,
    Decline,
}

impl Everywhere {
    /// As `replytree understand` says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Everywhere::OptOut => "opt_out",
            Everywhere::OptIn => "opt_in",
            Everywhere::Help => "help",
            Everywhere::WrongNumber => "wrong_number",
            Everywhere::Machine => "machine",
            Everywhere::CallMe => "call_me",
            Everywhere::WhoIsThis => "who_is_this",
            Everywhere::Decline => "decline",
        }
    }
}

/// What the lead's standing changes about the reading of their words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Listening {
    /// "join" then means an opt-in.
    pub opted_out: bool,
    /// "yes" then means an opt-in too.
    pub awaiting_double_opt_in: bool,
}
