//! Rules over words: "a word for stopping, perhaps `the`, a word for messages".
//!
//! Written as words separated by spaces:
//! `word` that word; `a|b` either; `<class>` any word of a class; `x?` perhaps; `x*` any number;
//! `!x` next comes none of these; `..3` up to three words of any kind in the same clause;
//! `^` here a clause begins; `^^` here the message begins; `$` here a clause ends; `$$` the message,
//! but for a courtesy (", thanks"); pictures at either end do not count;
//! `@` a word the language has no meaning for, such as a name (`@@`: with a capital); `-x` right before stands none of these; `#` a number; `,` here a clause ends and the next begins
//! and `,?` it may (other words follow each other within one clause).
//! Matching takes a bounded number of steps; there is no backtracking over characters.

use super::super::words::{Word, WordKind};
use super::{Language, WordId};

/// A rule of one language.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    parts: Vec<Part>,
    pub certain: bool,
    /// No shorter text matches.
    words_min: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub what: What,
    pub times: Times,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Times {
    Once,
    Perhaps,
    Any,
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    Word(Set),
    Not(Set),
    NotBefore(Set),
    Number,
    /// A word without a meaning of its own.
    Name(Capital),
    Gap(usize),
    ClauseBegins,
    MessageBegins,
    ClauseEnds,
    MessageEnds,
    Break,
    AnyBreak,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Capital {
    Any,
    Written,
}

/// Words by themselves and by class.
#[derive(Debug, Clone, Default)]
pub(crate) struct Set {
    pub ids: Vec<WordId>,
    pub classes: u128,
}

impl Set {
    fn has(&self, word: &Word, language: &Language) -> bool {
        language.is(word.id, self.classes)
            || (word.id != WordId::UNKNOWN && self.ids.contains(&word.id))
    }
}

/// Where a pattern matched: word indices, end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub start: usize,
    pub end: usize,
}

/// Most words a `*` takes.
const ANY_MAX: usize = 6;

impl Pattern {
    pub fn new(parts: Vec<Part>, certain: bool) -> Self {
        let is_word =
            |part: &&Part| matches!(part.what, What::Word(_) | What::Number | What::Name(_));
        let needed = parts.iter().filter(|part| part.times == Times::Once);
        let words_min = needed.filter(is_word).count();
        Self {
            parts,
            certain,
            words_min,
        }
    }

    /// The words one of which must stand in every match: the rarest such set.
    pub fn anchor(&self, weight: impl Fn(&Set) -> usize) -> Option<&Set> {
        let sets = self.parts.iter().filter_map(|part| match &part.what {
            What::Word(set) if part.times == Times::Once => Some(set),
            _ => None,
        });
        sets.min_by_key(|set| weight(set))
    }

    /// The first match in `words`.
    pub fn find(&self, words: &[Word], language: &Language) -> Option<Found> {
        if words.len() < self.words_min {
            return None;
        }
        let run = Run { words, language };
        let last = match self.parts.first().map(|part| &part.what) {
            Some(What::MessageBegins) => 1,
            _ => words.len() + 1 - self.words_min.max(1),
        };
        (0..last).find_map(|start| {
            let end = run.matches(&self.parts, start, Clause::Any)?;
            Some(Found { start, end })
        })
    }
}

struct Run<'a> {
    words: &'a [Word],
    language: &'a Language,
}

/// Whether the next word must stand in the same clause as the one before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clause {
    Same,
    Any,
}

impl Run<'_> {
    /// Where the match of `parts` that begins at word `at` ends.
    fn matches(&self, parts: &[Part], at: usize, clause: Clause) -> Option<usize> {
        let Some((part, rest)) = parts.split_first() else {
            return Some(at);
        };
        match &part.what {
            What::Word(set) => {
                let count = self.count(part.times, at, clause, |w| set.has(w, self.language));
                self.take(part.times, count, rest, at, clause)
            }
            What::Number => {
                let is_number = |w: &Word| w.kind == WordKind::Digits;
                let count = self.count(part.times, at, clause, is_number);
                self.take(part.times, count, rest, at, clause)
            }
            What::Name(capital) => {
                let is_name = |w: &Word| {
                    w.kind == WordKind::Letters
                        && (w.capital || *capital == Capital::Any)
                        && self.language.is_strange(w)
                };
                let count = self.count(part.times, at, clause, is_name);
                self.take(part.times, count, rest, at, clause)
            }
            What::Gap(most) => self.gap(*most, rest, at, clause),
            What::AnyBreak => self.matches(rest, at, Clause::Any),
            What::Break => self
                .breaks_before(at)
                .then(|| self.matches(rest, at, Clause::Any))?,
            what => self
                .holds(what, at)
                .then(|| self.matches(rest, at, clause))?,
        }
    }

    fn breaks_before(&self, at: usize) -> bool {
        at.checked_sub(1)
            .and_then(|i| self.words.get(i))
            .is_none_or(|w| w.breaks)
    }

    /// How many words from `at` on fit, in one clause.
    fn count(
        &self,
        times: Times,
        at: usize,
        clause: Clause,
        fits: impl Fn(&Word) -> bool,
    ) -> usize {
        let most = if times == Times::Any { ANY_MAX } else { 1 };
        let mut n = 0;
        while n < most
            && self.words.get(at + n).is_some_and(&fits)
            && ((n == 0 && clause == Clause::Any) || !self.breaks_before(at + n))
        {
            n += 1;
        }
        n
    }

    fn take(
        &self,
        times: Times,
        count: usize,
        rest: &[Part],
        at: usize,
        clause: Clause,
    ) -> Option<usize> {
        let least = usize::from(times == Times::Once);
        (least..=count).rev().find_map(|n| {
            let clause = if n == 0 { clause } else { Clause::Same };
            self.matches(rest, at + n, clause)
        })
    }

    fn gap(&self, most: usize, rest: &[Part], at: usize, clause: Clause) -> Option<usize> {
        for n in 0..=most {
            let clause = if n == 0 { clause } else { Clause::Same };
            if let Some(end) = self.matches(rest, at + n, clause) {
                return Some(end);
            }
            // The last word of a gap may end its clause, for a rule that goes on in the next.
            let apart = (n > 0 || clause == Clause::Same) && self.breaks_before(at + n);
            if apart || at + n >= self.words.len() {
                return None;
            }
        }
        None
    }

    /// Nothing but pictures, or nothing at all.
    fn are_signs(&self, range: impl std::slice::SliceIndex<[Word], Output = [Word]>) -> bool {
        let words = self.words.get(range).unwrap_or_default();
        words.iter().all(|w| w.kind == WordKind::Emoji)
    }

    /// Nothing but courtesies from there on.
    fn thanks(&self, at: usize) -> bool {
        let mut rest = self.words.get(at..).unwrap_or_default().iter();
        rest.all(|w| super::get().is_courtesy(w.id))
    }

    fn holds(&self, what: &What, at: usize) -> bool {
        let before = at.checked_sub(1).map(|i| &self.words[i]);
        match what {
            What::Not(set) => !self
                .words
                .get(at)
                .is_some_and(|w| set.has(w, self.language)),
            What::NotBefore(set) => !before.is_some_and(|w| set.has(w, self.language)),
            What::ClauseBegins => before.is_none_or(|w| w.breaks) || self.are_signs(..at),
            What::MessageBegins => at == 0,
            What::ClauseEnds => before.is_some_and(|w| w.breaks) || self.are_signs(at..),
            What::MessageEnds => {
                self.are_signs(at..) || before.is_some_and(|w| w.breaks) && self.thanks(at)
            }
            What::Word(_) | What::Number | What::Name(_) => false,
            What::Gap(_) | What::Break | What::AnyBreak => false,
        }
    }
}
