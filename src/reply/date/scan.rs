//! Goes through the pieces of a reply and collects what they tell of a day and a time.

use jiff::civil::{Date, Time};
use jiff::{ToSpan, Zoned};

use super::super::lex::{Lexed, Piece, lex};
use super::super::lexicon::{self, Cue, Language};
use super::super::{Reply, ValueContext, number};
use super::clock::{self, Part};
use super::day;

pub(super) mod offered;
mod span;
mod written;
use crate::lead::Kind;

/// Day and time of a reply.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Told {
    pub day: Option<Date>,
    pub time: Option<Time>,
    pub certain: bool,
    /// This very moment, instead of a day and time.
    pub now: bool,
}

/// Longer replies tell more than an appointment.
const PIECES_MAX: usize = 40;
/// Words that may stand around a number that is an hour only because one was asked for.
const BARE_HOUR_WORDS_MAX: usize = 2;
/// Words that may stand around it.
const WORDS_MAX: usize = 10;

pub(super) fn read(kind: Kind, reply: &Reply, context: &ValueContext, now: &Zoned) -> Option<Told> {
    let language = context.language();
    let pieces = joined(lex(reply), language);
    if pieces.len() > PIECES_MAX {
        return None;
    }
    if let Some(told) = span::read(&pieces, context.locale, now, kind) {
        return Some(told);
    }
    let mut scan = Scan::new(&pieces, context.locale, now, kind);
    scan.run();
    scan.told()
}

/// `en` and the locales of the United States and the Philippines write 12/1 for December the first.
fn is_month_first(locale: &str) -> bool {
    let region = locale.get(3..5).map(str::to_ascii_uppercase);
    matches!(locale.get(..2), Some("en")) && matches!(region.as_deref(), None | Some("US" | "PH"))
}

/// Puts `p . m .` together; English writes `10a` and `2p` too, which elsewhere are ordinals.
fn joined(pieces: Vec<Lexed>, language: usize) -> Vec<Lexed> {
    let mut out: Vec<Lexed> = Vec::with_capacity(pieces.len());
    let mut at = 0;
    while at < pieces.len() {
        let letter = pieces[at]
            .word()
            .map(|(w, _)| w)
            .filter(|w| matches!(*w, "a" | "p"));
        let dot = usize::from(pieces.get(at + 1).is_some_and(|p| p.is_sign(&['.'])));
        let m = pieces.get(at + 1 + dot).is_some_and(|p| p.is_word(&["m"]));
        let after_number = pieces[at].glued && out.last().is_some_and(|p| p.digits().is_some());
        if let Some(letter) = letter.filter(|_| m || (language == 0 && after_number)) {
            let word = format!("{letter}m");
            let id = lexicon::get().word(&word);
            out.push(Lexed {
                piece: Piece::Word(word, id),
                glued: pieces[at].glued,
            });
            at += if m { 2 + dot } else { 1 };
            at += usize::from(pieces.get(at).is_some_and(|p| p.is_sign(&['.'])));
            continue;
        }
        out.push(pieces[at].clone());
        at += 1;
    }
    out
}

struct Scan<'a> {
    pieces: &'a [Lexed],
    language: &'a Language,
    index: usize,
    kind: Kind,
    month_first: bool,
    now: &'a Zoned,
    day: Option<Date>,
    weekday: Option<u8>,
    hour: Option<clock::Told>,
    /// A moment counted from now.
    exact: Option<(Date, Time)>,
    part: Option<Part>,
    /// A number that may be an hour if a day stands beside it.
    bare: Option<i64>,
    next: bool,
    next_week: bool,
    weekend: bool,
    /// "Now", and "as soon as possible".
    now_said: bool,
    soonest: bool,
    /// Which of several is meant, by their order.
    rank: Option<Cue>,
    unclear: bool,
    certain: bool,
    words: usize,
}

impl<'a> Scan<'a> {
    fn new(pieces: &'a [Lexed], locale: &str, now: &'a Zoned, kind: Kind) -> Self {
        let index = lexicon::get().language_of(locale);
        Self {
            pieces,
            language: &lexicon::get().languages[index],
            index,
            kind,
            month_first: is_month_first(locale),
            now,
            day: None,
            weekday: None,
            hour: None,
            exact: None,
            part: None,
            bare: None,
            next: false,
            next_week: false,
            weekend: false,
            now_said: false,
            soonest: false,
            rank: None,
            unclear: false,
            certain: true,
            words: 0,
        }
    }
}

impl Scan<'_> {
    fn run(&mut self) {
        let mut at = 0;
        while at < self.pieces.len() && !self.unclear {
            at += self.look_at(at).max(1);
        }
    }

    fn told(mut self) -> Option<Told> {
        self.place_weekday();
        if self.is_now() {
            return Some(Told {
                day: None,
                time: None,
                certain: self.certain && !self.soonest,
                now: true,
            });
        }
        self.place_span_of_days();
        if let (Some(n), None) = (self.bare, self.hour) {
            // "tomorrow 3", "3 in the afternoon"; "3" alone where a time was asked for.
            let alone = self.kind == Kind::Time && self.words <= BARE_HOUR_WORDS_MAX && n <= 12;
            let placed = self.day.is_some() || self.part.is_some() || alone;
            let placed = placed && (1..=24).contains(&n);
            self.unclear |= !placed;
            self.hour = Some(clock::Told::hour(n));
        } else if self.bare.is_some() {
            self.unclear = true;
        }
        if self.unclear || self.words > WORDS_MAX {
            return None;
        }
        if let Some((day, time)) = self.exact {
            let alone = self.day.is_none() && self.hour.is_none();
            return alone.then_some(Told {
                day: Some(day),
                time: Some(time),
                certain: self.certain,
                now: false,
            });
        }
        let time = match self.hour {
            Some(hour) => Some(hour.at(self.part)?),
            None => None,
        };
        // "Tuesday morning" leaves the time open; where only a time is asked, its part has one.
        let certain = self.certain && (self.part.is_none() || time.is_some());
        let of_part = self
            .part
            .filter(|_| self.kind == Kind::Time && self.is_brief());
        let time = time.or(of_part.and_then(Part::hour_of));
        (self.day.is_some() || time.is_some()).then_some(Told {
            day: self.day,
            time,
            certain,
            now: false,
        })
    }

    fn is_brief(&self) -> bool {
        self.words <= BARE_HOUR_WORDS_MAX
    }

    /// Only now, or as soon as can be, is said; an appointment with its day and time is no matter of haste.
    fn is_now(&self) -> bool {
        let soon = (self.now_said || self.soonest) && self.kind != Kind::DateTime;
        let alone = self.day.is_none()
            && self.hour.is_none()
            && self.bare.is_none()
            && self.part.is_none()
            && self.exact.is_none()
            && !self.weekend
            && !self.next_week;
        soon && alone && !self.unclear && self.is_brief()
    }

    /// "Next week" and "this weekend" begin on a day, where only a day is asked.
    fn place_span_of_days(&mut self) {
        if self.kind != Kind::Date || self.day.is_some() || !self.is_brief() {
            return;
        }
        let day = match (self.weekend, self.next_week) {
            (true, false) => day::weekend(self.today()),
            (false, true) => day::weekday_of_next_week(0, self.today()),
            _ => return,
        };
        self.certain = false;
        self.set_day(day);
    }

    /// A weekday by itself is its next day; beside a date it must agree.
    fn place_weekday(&mut self) {
        let Some(index) = self.weekday else { return };
        match self.day {
            Some(day) => {
                self.unclear |= day.weekday().to_monday_zero_offset() != index as i8;
            }
            None if self.next_week => self.set_day(day::weekday_of_next_week(index, self.today())),
            None => self.set_day(day::weekday(index, self.today())),
        }
    }

    fn today(&self) -> Date {
        self.now.date()
    }

    fn set_day(&mut self, day: Option<Date>) {
        match (day, self.day) {
            (None, _) => self.unclear = true,
            (Some(day), Some(known)) if day != known => self.unclear = true,
            (Some(day), _) => self.day = Some(day),
        }
    }

    /// A day that stands for what was said.
    fn set_guess(&mut self, day: Option<Date>) {
        self.certain = false;
        self.set_day(day);
    }

    fn set_hour(&mut self, hour: clock::Told) {
        match self.hour {
            Some(known) if known != hour => self.unclear = true,
            _ => self.hour = Some(hour),
        }
    }

    fn set_part(&mut self, part: Part) {
        match (self.part, part) {
            (Some(Part::Am | Part::Pm), _) => {}
            (Some(known), part) if known != part && !matches!(part, Part::Am | Part::Pm) => {
                self.unclear = true;
            }
            _ => self.part = Some(part),
        }
    }

    /// Takes in what begins at `at`; how many pieces that is.
    fn look_at(&mut self, at: usize) -> usize {
        if self.pieces[at].sign().is_some() {
            return 1;
        }
        // "Good morning" is no time.
        if let Some((n @ 2.., Cue::Greeting)) = self.language.naming(&self.pieces[at..])
            && self.kind == Kind::Time
        {
            return n;
        }
        if let Some((n, cue)) = self.language.when(&self.pieces[at..]) {
            return self.cue(cue, at, n);
        }
        if let Some(n) = self.named_day(at) {
            return n;
        }
        if let Some(n) = self.ordinal_before_month(at) {
            return n;
        }
        if self.pieces[at].digits().is_some() {
            return self.compact_time(at).unwrap_or_else(|| self.digits(at));
        }
        if let Some(found) = number::at(self.pieces, at, self.index) {
            return self.count(found.value, found.end - at, at);
        }
        if let Some((_, id)) = self.pieces[at].word() {
            self.unclear |= self.language.is(id, self.language.known.not);
            self.words += 1;
        }
        1
    }

    fn num(&self, at: usize) -> Option<i64> {
        self.pieces
            .get(at)?
            .digits()
            .filter(|d| d.len() <= 4)?
            .parse()
            .ok()
    }

    /// A glued sign and number after `at`.
    fn signed(&self, at: usize, signs: &[char]) -> Option<(i64, usize)> {
        let sign = self
            .pieces
            .get(at)
            .filter(|p| p.is_sign(signs) && p.glued)?;
        let number = self.pieces.get(at + 1).filter(|p| p.glued)?;
        let digits = number.digits().filter(|d| d.len() <= 4)?;
        let _ = sign;
        Some((digits.parse().ok()?, digits.len()))
    }

    /// Months and weekdays by name.
    fn named_day(&mut self, at: usize) -> Option<usize> {
        let (word, id) = self.pieces[at].word()?;
        // "às dez": ten, which December is short for too.
        if self.language.spoken.contains_key(&id) && self.cue_before(at) == Some(Cue::At) {
            return None;
        }
        let followed_by_number = self.num(at + 1).is_some();
        if let Some(month) = self.language.months.get(&id).copied() {
            // "Dec. 4"
            let dot = usize::from(self.pieces.get(at + 1).is_some_and(|p| p.is_sign(&['.'])));
            if let Some(day) = self.num(at + 1 + dot).filter(|d| (1..=31).contains(d)) {
                let after = at + 2 + dot;
                let suffix = self.ordinal_suffix(after);
                let (year, n) = self.year(after + suffix);
                let date = day::of_calendar(day, i64::from(month), year, self.today());
                self.set_day(date);
                return Some(after + suffix + n - at);
            }
            if !self.language.weekdays.contains_key(&id) {
                // A month without its day: "may", "in March".
                self.unclear |= word.len() > 3;
                return Some(1);
            }
        }
        let index = self.language.weekdays.get(&id).copied()?;
        let short = word.len() <= 2 && !followed_by_number;
        if short
            && !self
                .pieces
                .get(at + 1)
                .is_some_and(|p| p.is_sign(&['.', ',']))
        {
            return None;
        }
        self.certain &= !self.next;
        self.unclear |= self.weekday.is_some_and(|known| known != index);
        self.weekday = Some(index);
        Some(1)
    }

    /// "930am": an hour and minutes with nothing between them, told by what follows.
    fn compact_time(&mut self, at: usize) -> Option<usize> {
        let digits = self.pieces[at].digits()?;
        let (_, cue) = self.language.when(self.pieces.get(at + 1..)?)?;
        let told = matches!(cue, Cue::Am | Cue::Pm) && matches!(digits.len(), 3 | 4);
        let number = self.num(at).filter(|_| told)?;
        let (hour, minute) = (number / 100, number % 100);
        if !(1..=12).contains(&hour) || minute > 59 {
            return None;
        }
        self.set_hour(clock::Told {
            hour,
            minute,
            of_24: false,
        });
        Some(1)
    }

    /// Words or letters for "o'clock" at `at`.
    fn oclock(&self, at: usize) -> usize {
        let is = self
            .language
            .when(self.pieces.get(at..).unwrap_or_default());
        is.filter(|(_, cue)| *cue == Cue::Oclock)
            .map_or(0, |(n, _)| n)
    }

    /// A number by itself: an hour if something says so.
    fn count(&mut self, value: f64, length: usize, at: usize) -> usize {
        let n = value as i64;
        let after = at + length;
        let cue = self
            .language
            .when(self.pieces.get(after..).unwrap_or_default());
        let before = self.cue_before(at);
        if value.fract() != 0.0 || n < 0 {
            self.unclear = true;
            return length;
        }
        match cue {
            Some((m, Cue::Oclock)) => {
                let glued = self.pieces.get(after).is_some_and(|p| p.glued);
                let minute = self
                    .num(after + m)
                    .filter(|n| *n < 60 && (glued || self.index == 2));
                let has_minute = minute.is_some();
                self.unclear |= n > 24;
                let told = clock::Told {
                    hour: n,
                    minute: minute.unwrap_or(0),
                    of_24: n > 12,
                };
                self.set_hour(told);
                return length + m + usize::from(has_minute);
            }
            Some((m, cue @ (Cue::Day | Cue::Week | Cue::Hour | Cue::Minute | Cue::Month))) => {
                self.distance(n, cue, before == Some(Cue::In), after + m);
                return length + m;
            }
            // "12 noon": the word says all.
            Some((_, Cue::Noon | Cue::Midnight)) if n == 12 => return length,
            Some((m, cue @ (Cue::MinutesPast | Cue::MinutesTo))) if n < 60 => {
                if let Some(found) = number::at(self.pieces, after + m, self.index) {
                    let sign = if cue == Cue::MinutesPast { 1 } else { -1 };
                    self.set_hour(clock::Told::hour(found.value as i64).shifted(sign * n));
                    return found.end - at;
                }
            }
            _ => {}
        }
        let suffix = self.ordinal_suffix(after);
        let by_dot = self.pieces.get(after).is_some_and(|p| p.is_sign(&['.']));
        if suffix > 0 && (!by_dot || before == Some(Cue::OnThe)) {
            self.set_guess(day::of_month(n, self.today()));
            return length + suffix;
        }
        match before {
            Some(Cue::At) => {
                self.set_hour(clock::Told {
                    hour: n,
                    minute: 0,
                    of_24: n > 12,
                });
                self.unclear |= n > 24;
            }
            // "The 8am one" is an hour.
            Some(Cue::OnThe)
                if self.day.is_none() && !matches!(cue, Some((_, Cue::Am | Cue::Pm))) =>
            {
                self.set_guess(day::of_month(n, self.today()));
            }
            _ if self.takes_minutes(at) && (10..60).contains(&n) => {
                self.hour = self.hour.map(|hour| clock::Told { minute: n, ..hour });
            }
            _ if self.bare.is_none() => self.bare = Some(n),
            // "two thirty"
            _ if (10..60).contains(&n) && self.pieces[at - 1].digits().is_none() => {
                let hour = self.bare.take().unwrap_or(0);
                self.set_hour(clock::Told {
                    hour,
                    minute: n,
                    of_24: hour > 12,
                });
            }
            _ => self.unclear = true,
        }
        length
    }

    /// Whether an hour in words stands right before: "at two thirty".
    fn takes_minutes(&self, at: usize) -> bool {
        let hour = self.hour.is_some_and(|hour| hour.minute == 0);
        hour && at > 0 && self.pieces[at].word().is_some() && self.pieces[at - 1].word().is_some()
    }

    /// "in 2 hours", "3 days from now".
    fn distance(&mut self, n: i64, unit: Cue, after_in: bool, next: usize) {
        let from_now = self
            .language
            .when(self.pieces.get(next..).unwrap_or_default());
        if !after_in && !matches!(from_now, Some((_, Cue::FromNow))) {
            self.unclear = true;
            return;
        }
        const AHEAD_MAX: i64 = 10_000;
        let n = n.clamp(0, AHEAD_MAX);
        match unit {
            Cue::Day => self.set_day(day::later(self.today(), n.days())),
            Cue::Week => {
                self.certain = false;
                self.set_day(day::later(self.today(), n.weeks()));
            }
            Cue::Hour | Cue::Minute => {
                let span = if unit == Cue::Hour {
                    n.hours()
                } else {
                    n.minutes()
                };
                self.exact = self
                    .now
                    .checked_add(span)
                    .ok()
                    .map(|at| (at.date(), Time::constant(at.hour(), at.minute(), 0, 0)));
            }
            _ => self.unclear = true,
        }
    }

    /// The cue that ends right before `at`.
    fn cue_before(&self, at: usize) -> Option<Cue> {
        const CUE_WORDS_MAX: usize = 4;
        let from = at.saturating_sub(CUE_WORDS_MAX);
        (from..at).find_map(|start| {
            let (n, cue) = self.language.when(&self.pieces[start..at])?;
            (start + n == at).then_some(cue)
        })
    }

    /// Takes in a cue of `n` pieces at `at`; how many pieces are used.
    fn cue(&mut self, cue: Cue, at: usize, n: usize) -> usize {
        let today = self.today();
        match cue {
            Cue::Today => self.set_day(Some(today)),
            Cue::Tonight => {
                self.set_day(Some(today));
                self.set_part(Part::Evening);
            }
            Cue::ThisMorning => {
                self.set_day(Some(today));
                self.set_part(Part::Morning);
            }
            Cue::ThisAfternoon => {
                self.set_day(Some(today));
                self.set_part(Part::Afternoon);
            }
            Cue::Tomorrow => self.set_day(day::later(today, 1.days())),
            Cue::TomorrowMorning => {
                self.set_day(day::later(today, 1.days()));
                self.set_part(Part::Morning);
            }
            Cue::DayAfter => self.set_day(day::later(today, 2.days())),
            Cue::Noon => self.set_hour(clock::Told {
                hour: 12,
                minute: 0,
                of_24: true,
            }),
            Cue::Midnight
            | Cue::Open
            | Cue::Month
            | Cue::Between
            | Cue::LaterOne
            | Cue::EarlierOne
            | Cue::Latest => {
                let ranks = matches!(cue, Cue::LaterOne | Cue::EarlierOne | Cue::Latest);
                self.rank = self.rank.or(ranks.then_some(cue));
                self.unclear = true;
            }
            // "After 5" is 5 o'clock where a time is asked, and else an open span.
            Cue::AtLeast => {
                self.certain = false;
                self.unclear |= self.kind != Kind::Time;
            }
            Cue::Earliest => {
                self.rank = self.rank.or(Some(cue));
                self.words += n;
            }
            Cue::Now | Cue::Soonest => {
                self.now_said |= cue == Cue::Now;
                self.soonest |= cue == Cue::Soonest;
                self.words += if self.kind == Kind::DateTime { n } else { 0 };
            }
            Cue::Weekend => {
                self.weekend = true;
                self.words += if self.kind == Kind::Date { 0 } else { n };
            }
            Cue::MonthStart => self.set_guess(day::of_month(1, today)),
            Cue::MonthEnd => self.set_guess(day::end_of_month(0, today)),
            Cue::NextMonthStart => self.set_guess(day::next_month(today)),
            Cue::NextMonthEnd => self.set_guess(day::end_of_month(1, today)),
            Cue::Am => self.set_part(Part::Am),
            Cue::Pm => self.set_part(Part::Pm),
            Cue::Morning => self.set_part(Part::Morning),
            Cue::Afternoon => self.set_part(Part::Afternoon),
            Cue::Evening => self.set_part(Part::Evening),
            Cue::Next => self.next = true,
            Cue::NextWeek => self.whole_next_week(),
            Cue::HalfAfter | Cue::QuarterAfter | Cue::QuarterBefore => {
                return self.after_hour(cue, n);
            }
            Cue::HalfPast | Cue::HalfTo | Cue::QuarterPast | Cue::QuarterTo => {
                return self.before_hour(cue, at, n);
            }
            Cue::HalfHour => {
                self.distance(
                    30,
                    Cue::Minute,
                    self.cue_before(at) == Some(Cue::In),
                    at + n,
                );
            }
            Cue::OneHour => {
                self.distance(1, Cue::Hour, self.cue_before(at) == Some(Cue::In), at + n);
            }
            // "a week from today"
            Cue::Week | Cue::Day if self.follows_article(at) => {
                let start = at - 1;
                self.distance(1, cue, self.cue_before(start) == Some(Cue::In), at + n);
            }
            Cue::Week => self.unclear = true,
            _ => {}
        }
        n
    }

    fn follows_article(&self, at: usize) -> bool {
        at.checked_sub(1)
            .is_some_and(|i| self.index == 0 && self.pieces[i].is_word(&["a", "one"]))
    }

    /// "next week" needs its day, said before or after.
    fn whole_next_week(&mut self) {
        self.next_week = true;
        let mut words = self.pieces.iter().filter_map(Lexed::word);
        self.unclear |= self.kind != Kind::Date
            && !words.any(|(_, id)| self.language.weekdays.contains_key(&id));
    }

    /// "las 3 y media", "trois heures et demie": said after the hour.
    fn after_hour(&mut self, cue: Cue, n: usize) -> usize {
        let hour = self.hour.take().or(self.bare.take().map(clock::Told::hour));
        match hour {
            Some(hour) => self.set_hour(hour.shifted(shift(cue))),
            None => self.unclear = true,
        }
        n
    }

    /// "half past two", "halb drei": said before the hour.
    fn before_hour(&mut self, cue: Cue, at: usize, n: usize) -> usize {
        match number::at(self.pieces, at + n, self.index) {
            Some(found) if found.value <= 24.0 => {
                self.set_hour(clock::Told::hour(found.value as i64).shifted(shift(cue)));
                found.end - at
            }
            _ => {
                self.unclear = true;
                n
            }
        }
    }
}

fn shift(cue: Cue) -> i64 {
    match cue {
        Cue::HalfAfter | Cue::HalfPast => 30,
        Cue::HalfTo => -30,
        Cue::QuarterAfter | Cue::QuarterPast => 15,
        _ => -15,
    }
}
