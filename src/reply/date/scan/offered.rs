//! Which of several moments offered a reply names: "Tuesday at 8", "the 8am one", "the later one". One must
//! fit, and no other; an hour without its half of the day fits both. A number that may as well be the
//! number of an offer is left to those who read numbers.

use jiff::Zoned;
use jiff::civil::DateTime;

use super::super::super::Reply;
use super::super::super::lex::{Lexed, lex};
use super::super::super::lexicon::{self, Concept, Cue};
use super::super::clock;
use super::{PIECES_MAX, Scan, WORDS_MAX, joined};
use crate::lead::Kind;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super::super) enum Fit {
    /// Tells no day and no time.
    Nothing,
    /// Tells one that is not offered, or that two have.
    Unclear,
    /// This one; whether nothing else can be meant.
    One(usize, bool),
}

pub(in super::super) fn read(
    reply: &Reply,
    locale: &str,
    now: &Zoned,
    offered: &[DateTime],
) -> Fit {
    let language = lexicon::get().language_of(locale);
    let pieces = without_one(joined(lex(reply), language), language);
    if pieces.len() > PIECES_MAX || asks_for_others(reply, language) {
        return Fit::Unclear;
    }
    let mut scan = Scan::new(&pieces, locale, now, Kind::DateTime);
    scan.run();
    if let Some(rank) = scan.rank.filter(|_| !scan.tells()) {
        return ranked(rank, offered);
    }
    if scan.unclear || scan.words > WORDS_MAX {
        return Fit::Unclear;
    }
    if !scan.tells() {
        return Fit::Nothing;
    }
    let mut fitting = (0..offered.len()).filter(|i| scan.fits(offered[*i]));
    let number = scan.number_of_offer(offered.len());
    match (fitting.next(), fitting.next(), number) {
        (Some(one), None, None) => Fit::One(one, true),
        (Some(one), None, Some(number)) if number == one => Fit::One(one, true),
        (None, _, Some(_)) => Fit::Nothing,
        _ => Fit::Unclear,
    }
}

/// "The 8am one": a word for an offer, not a number.
fn without_one(mut pieces: Vec<Lexed>, language: usize) -> Vec<Lexed> {
    let words = &lexicon::get().languages[language];
    let ranks = |at: usize| {
        let cue = words.when(&pieces[at..]).map(|(_, cue)| cue);
        matches!(
            cue,
            Some(Cue::Latest | Cue::Earliest | Cue::LaterOne | Cue::EarlierOne)
        )
    };
    if language == 0 && !(0..pieces.len()).any(ranks) {
        let mut at = 0;
        pieces.retain(|piece| {
            at += 1;
            at == 1 || !piece.is_word(&["one", "ones"])
        });
    }
    pieces
}

/// "Other times", "none of those".
fn asks_for_others(reply: &Reply, language: usize) -> bool {
    let words = reply.words.as_slice();
    let language = &lexicon::get().languages[language];
    (0..words.len()).any(|at| {
        let phrase = language.phrase(&words[at..]);
        phrase.is_some_and(|(_, concepts)| concepts & Concept::Other.bit() != 0)
    })
}

/// The first or last of them; the earlier or later one only of two.
fn ranked(rank: Cue, offered: &[DateTime]) -> Fit {
    let two = offered.len() == 2;
    let by_time = |i: &usize| offered[*i];
    let found = match rank {
        Cue::Latest => (0..offered.len()).max_by_key(by_time),
        Cue::Earliest => (0..offered.len()).min_by_key(by_time),
        Cue::LaterOne if two => (0..2).max_by_key(by_time),
        Cue::EarlierOne if two => (0..2).min_by_key(by_time),
        _ => None,
    };
    found.map_or(Fit::Unclear, |i| Fit::One(i, true))
}

impl Scan<'_> {
    fn names_day(&self) -> bool {
        self.day.is_some() || self.weekday.is_some()
    }

    /// Whether a day or time is told; a number alone is the number of an offer.
    fn tells(&self) -> bool {
        self.names_day() || self.hour.is_some() || self.part.is_some()
    }

    fn fits(&self, at: DateTime) -> bool {
        let day = self.day.is_none_or(|day| day == at.date());
        let weekday = self
            .weekday
            .is_none_or(|told| at.date().weekday().to_monday_zero_offset() == told as i8);
        let part = self.part.is_none_or(|part| part.holds(at.time()));
        let hour = self.hour.or(self.bare.map(clock::Told::hour));
        day && weekday && part && hour.is_none_or(|hour| hour_fits(hour, self.part, at))
    }

    /// The place of the offer that the one number of the reply may name, where nothing else says that
    /// it is an hour or a day.
    fn number_of_offer(&self, offers: usize) -> Option<usize> {
        let hour_with_day = self.names_day() && self.hour.is_some();
        let minutes = self.hour.is_some_and(|hour| hour.minute > 0);
        if self.weekday.is_some() || self.part.is_some() || hour_with_day || minutes {
            return None;
        }
        let mut digits = self.pieces.iter().filter_map(Lexed::digits);
        let number: usize = digits
            .next()
            .filter(|_| digits.next().is_none())?
            .parse()
            .ok()?;
        (1..=offers).contains(&number).then(|| number - 1)
    }
}

fn hour_fits(told: clock::Told, part: Option<clock::Part>, at: DateTime) -> bool {
    if told.minute != i64::from(at.minute()) {
        return false;
    }
    let hour = i64::from(at.hour());
    match part {
        Some(_) => told.at(part) == Some(at.time()),
        None if told.of_24 || told.hour > 12 || told.hour == 0 => told.hour == hour,
        None => told.hour % 12 == hour % 12,
    }
}
