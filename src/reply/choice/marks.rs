//! What is noted while a reply is read: which words speak for which option, and what speaks against
//! choosing. Decides nothing.

use super::super::Verdict;
use super::super::lexicon::Concept;

pub(super) enum Weighed {
    /// With the number of words that were not understood.
    Option(Verdict<usize>, usize),
    /// Words that may not be read as a choice, in any language.
    Unclear,
    Nothing,
}

/// How a word speaks for an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Key,
    NumberWord,
    Ordinal,
    /// The author's own word or the option's name.
    Own,
    Part,
    Concept(Concept),
    Picture(Concept),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub option: usize,
    pub by: By,
    pub at: usize,
    /// The last word of what speaks for the option.
    pub end: usize,
}

#[derive(Default)]
pub(super) struct Scan {
    pub marks: Vec<Mark>,
    pub unknown: usize,
    pub first_unknown: usize,
    pub hedged: bool,
    pub blocked: bool,
    /// Words for "not" whose clause still runs.
    pub negating: bool,
    /// Marks before this clause.
    pub earlier: usize,
    pub flipped: bool,
    /// A word that points to two options.
    pub doubtful: bool,
    /// A question without its mark: "who is coming".
    pub asking: bool,
}

impl Scan {
    pub fn mark(&mut self, option: usize, by: By, at: usize) {
        self.blocked |= self.negating;
        self.marks.push(Mark {
            option,
            by,
            at,
            end: at,
        });
    }

    pub fn unknown(&mut self, at: usize) {
        if self.unknown == 0 {
            self.first_unknown = at;
        }
        self.unknown += 1;
    }
}

impl Mark {
    pub fn is_time_off(&self) -> bool {
        matches!(self.by, By::Concept(Concept::Later | Concept::Distant))
    }
}

impl By {
    pub fn weight(&self) -> u8 {
        match self {
            By::Picture(_) => 0,
            By::NumberWord | By::Ordinal => 1,
            By::Part => 2,
            By::Concept(_) => 3,
            By::Own => 4,
            By::Key => 5,
        }
    }

    pub fn is_certain(&self, unknown: usize) -> bool {
        match self {
            By::Picture(_) | By::Key | By::NumberWord | By::Ordinal => true,
            By::Own => unknown <= 2,
            By::Part => unknown == 0,
            By::Concept(Concept::Yes | Concept::No) => true,
            By::Concept(_) => unknown <= 2,
        }
    }

    pub fn rule(&self) -> &'static str {
        match self {
            By::Key => "key-in-sentence",
            By::NumberWord => "number-word",
            By::Ordinal => "ordinal",
            By::Own => "word-in-sentence",
            By::Part => "part-of-name",
            By::Picture(_) => "emoji",
            By::Concept(concept) => concept.rule(),
        }
    }
}
