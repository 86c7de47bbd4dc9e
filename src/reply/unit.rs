//! Units of time: which one a question asks for ("how many years"), which one an answer tells, and what
//! one is in the other.

use super::Reply;
use super::lexicon::{self, Language, WordId};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Days,
    Weeks,
    Months,
    Years,
}

impl Unit {
    /// The one unit that a question names in its language; `None` where it names none, or two.
    pub fn asked_in(question: &str, locale: &str) -> Option<Self> {
        let lexicon = lexicon::get();
        let language = &lexicon.languages[lexicon.language_of(locale)];
        let reply = Reply::read(question);
        let words = reply.words.as_slice().iter();
        let mut named = words.filter_map(|word| Self::of(word.id, language));
        let first = named.next()?;
        named.all(|unit| unit == first).then_some(first)
    }

    pub(super) fn of(word: WordId, language: &Language) -> Option<Self> {
        let known = &language.known;
        let units = [
            (known.days, Unit::Days),
            (known.weeks, Unit::Weeks),
            (known.months, Unit::Months),
            (known.years, Unit::Years),
        ];
        let mut units = units.into_iter();
        units.find_map(|(class, unit)| language.is(word, class).then_some(unit))
    }

    /// So many of this unit are so many of another: what to multiply by, and what to divide by. `None`
    /// where that is no fixed number: a month is not so many days.
    pub(super) fn in_unit(self, other: Unit) -> Option<(f64, f64)> {
        match (self, other) {
            (one, other) if one == other => Some((1.0, 1.0)),
            (Unit::Months, Unit::Years) => Some((1.0, 12.0)),
            (Unit::Years, Unit::Months) => Some((12.0, 1.0)),
            (Unit::Days, Unit::Weeks) => Some((1.0, 7.0)),
            (Unit::Weeks, Unit::Days) => Some((7.0, 1.0)),
            _ => None,
        }
    }
}
