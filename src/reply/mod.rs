//! What a reply means: normalised once, then read by ordered rules, each with a name that `/why`, the
//! timeline and the console show. Never a guess that cannot be shown; what fits two meanings, or none,
//! is unclear.

use crate::lead::{Kind, Name, Value};
use crate::time::{Timestamp, Zone};

/// A reply, normalised once for all the rules.
#[derive(Debug, Clone)]
pub struct Reply {
    /// As received.
    pub raw: String,
}

impl Reply {
    pub fn read(text: &str) -> Self {
        Self {
            raw: text.to_string(),
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
    /// "yes" and "join" then mean an opt-in.
    pub opted_out: bool,
    pub awaiting_double_opt_in: bool,
}

/// Opt-out, opt-in, help and the rest, in every language at once, whatever the lead's locale.
pub fn everywhere(reply: &Reply, listening: Listening) -> Option<Verdict<Everywhere>> {
    let _ = (reply, listening);
    None
}

/// The options of a question, prepared for reading replies.
#[derive(Debug, Clone, Default)]
pub struct Choice {}

/// One option as the flow declares it.
#[derive(Debug, Clone)]
pub struct ChoiceOption {
    pub name: Name,
    pub key: String,
    /// The author's own words: locale (`None` for any) and word or phrase.
    pub words: Vec<(Option<Name>, String)>,
}

impl Choice {
    /// `locales` are the flow's; their lexicons give an option named `yes`, `no` or `later` its words.
    pub fn new(options: &[ChoiceOption], locales: &[Name]) -> Self {
        let _ = (options, locales);
        Self {}
    }

    /// Which option the reply chooses, by its index.
    pub fn read(&self, reply: &Reply, locale: &str) -> Option<Verdict<usize>> {
        let _ = (reply, locale);
        None
    }
}

/// Words and phrases to be found in a reply, such as those of `anytime`.
#[derive(Debug, Clone, Default)]
pub struct Phrases {}

impl Phrases {
    /// Each group of phrases is one meaning; its index is what `read` answers.
    pub fn new(groups: &[Vec<String>]) -> Self {
        let _ = groups;
        Self {}
    }

    pub fn read(&self, reply: &Reply) -> Option<Verdict<usize>> {
        let _ = reply;
        None
    }
}

/// What an open question needs to know to read its answer.
#[derive(Debug, Clone)]
pub struct ValueContext<'a> {
    pub locale: &'a str,
    pub now: Timestamp,
    pub zone: &'a Zone,
    pub min: Option<f64>,
    pub max: Option<f64>,
}

/// The value of `kind` that the reply gives. `None` is unclear, also when out of bounds.
pub fn value(kind: Kind, reply: &Reply, context: &ValueContext) -> Option<Verdict<Value>> {
    let _ = (kind, reply, context);
    None
}
