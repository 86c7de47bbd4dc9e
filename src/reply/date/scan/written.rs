//! Days and times in digits: `12/1`, `1.12.2026`, `1 Dec`, `14:30`. `12-1` may be two hours, and is a day
//! only beside a time of its own.

use super::super::super::lex::Lexed;
use super::super::super::lexicon::{Cue, Spoken};
use super::super::{clock, day};
use super::Scan;

impl Scan<'_> {
    pub(super) fn ordinal_suffix(&self, at: usize) -> usize {
        const SUFFIXES: [&str; 9] = ["st", "nd", "rd", "th", "er", "ere", "o", "a", "e"];
        let suffix = self
            .pieces
            .get(at)
            .is_some_and(|p| p.glued && p.is_word(&SUFFIXES));
        let dot = self
            .pieces
            .get(at)
            .is_some_and(|p| p.glued && p.is_sign(&['.', 'º', 'ª', '°']));
        usize::from(suffix || dot)
    }

    /// A year that follows, and how many pieces it takes.
    pub(super) fn year(&self, at: usize) -> (Option<i64>, usize) {
        let skip = usize::from(
            self.pieces
                .get(at)
                .is_some_and(|p| p.is_sign(&[',']) || p.is_word(&["de", "del", "of"])),
        );
        match self.pieces.get(at + skip).and_then(Lexed::digits) {
            Some(digits) if digits.len() == 4 && digits.starts_with("20") => {
                let minutes = self.signed(at + skip + 1, &[':']).is_some();
                if minutes {
                    (None, 0)
                } else {
                    (digits.parse().ok(), skip + 1)
                }
            }
            _ => (None, 0),
        }
    }

    /// What begins with digits: a date, a time, or a count.
    pub(super) fn digits(&mut self, at: usize) -> usize {
        let text = self.pieces[at].digits().unwrap_or_default();
        let Some(first) = self.num(at) else {
            self.unclear = true;
            return 1;
        };
        let leading_zero = text.len() == 2 && text.starts_with('0');
        if text.len() == 4
            && let Some((month, _)) = self.signed(at + 1, &['-', '/', '.'])
            && let Some((day, _)) = self.signed(at + 3, &['-', '/', '.'])
        {
            self.set_day(day::of_calendar(day, month, Some(first), self.today()));
            // The T of `2026-12-01T14:00`.
            return 5 + usize::from(self.pieces.get(at + 5).is_some_and(|p| p.is_word(&["t"])));
        }
        if let Some((minute, 2)) = self.signed(at + 1, &[':']) {
            let of_24 = leading_zero || first > 12 || first == 0;
            self.set_hour(clock::Told {
                hour: first,
                minute,
                of_24,
            });
            self.unclear |= first > 24 || minute > 59;
            let seconds = usize::from(self.signed(at + 3, &[':']).is_some()) * 2;
            return 3 + seconds + self.oclock(at + 3 + seconds);
        }
        if let Some(n) = self.numeric_date(at, first) {
            return n;
        }
        if let Some(n) = self.day_before_month(at, first) {
            return n;
        }
        self.count(first as f64, 1, at)
    }

    /// `12/1`, `1.12.`, `1-12-2026`; also `14.30 Uhr`.
    pub(super) fn numeric_date(&mut self, at: usize, first: i64) -> Option<usize> {
        let (second, length) = self.signed(at + 1, &['/', '.', '-'])?;
        let sign = self.pieces[at + 1].sign()?;
        let year = self.signed(at + 3, &[sign]);
        let trailing_dot =
            sign == '.' && self.pieces.get(at + 3).is_some_and(|p| p.is_sign(&['.']));
        let by_clock = self
            .pieces
            .get(at + 3)
            .is_some_and(|p| p.is_word(&["uhr", "h", "am", "pm", "hrs", "horas"]));
        if sign == '.'
            && length == 2
            && year.is_none()
            && (by_clock || (!trailing_dot && second > 12))
        {
            self.set_hour(clock::Told {
                hour: first,
                minute: second,
                of_24: first > 12,
            });
            self.unclear |= first > 24 || second > 59;
            return Some(3 + self.oclock(at + 3));
        }
        let decimal = sign == '.' && self.month_first && year.is_none();
        // "12-1" may be two hours; beside a time of its own it is a day.
        let hours = sign == '-' && year.is_none() && !self.has_time_beside(at, at + 3);
        self.certain &= sign != '-' || year.is_some();
        if decimal || hours {
            self.unclear = true;
            return Some(3);
        }
        let (day, month) = day::in_order(first, second, self.month_first);
        self.set_day(day::of_calendar(
            day,
            month,
            year.map(|(y, _)| y),
            self.today(),
        ));
        Some(3 + 2 * usize::from(year.is_some()) + usize::from(trailing_dot && year.is_none()))
    }

    /// Whether the pieces from `at` to `end` have a clock time right before or after them.
    pub(super) fn has_time_beside(&self, at: usize, end: usize) -> bool {
        let is_clock = |cue: Cue| matches!(cue, Cue::Am | Cue::Pm | Cue::Oclock);
        let when = |at: usize| {
            self.language
                .when(self.pieces.get(at..).unwrap_or_default())
        };
        let before = self.cue_before(at).is_some_and(is_clock);
        let comma = usize::from(self.pieces.get(end).is_some_and(|p| p.is_sign(&[','])));
        let lead = when(end + comma).filter(|(_, cue)| *cue == Cue::At);
        let hour_at = end + comma + lead.map_or(0, |(n, _)| n);
        let apart = self.pieces.get(hour_at).is_some_and(|p| !p.glued);
        let told = lead.is_some()
            || self.signed(hour_at + 1, &[':']).is_some()
            || when(hour_at + 1).is_some_and(|(_, cue)| is_clock(cue));
        before || (apart && self.num(hour_at).is_some() && told)
    }

    /// "1 Dec", "1er décembre", "3 de marzo".
    pub(super) fn day_before_month(&mut self, at: usize, day: i64) -> Option<usize> {
        let mut next = at + 1 + self.ordinal_suffix(at + 1);
        if self
            .pieces
            .get(next)
            .is_some_and(|p| p.is_word(&["de", "of", "d"]))
        {
            next += 1;
        }
        let (_, id) = self.pieces.get(next)?.word()?;
        let month = *self.language.months.get(&id)?;
        let (year, n) = self.year(next + 1);
        self.set_day(day::of_calendar(day, i64::from(month), year, self.today()));
        Some(next + 1 + n - at)
    }

    /// "the first of December", "primero de diciembre".
    pub(super) fn ordinal_before_month(&mut self, at: usize) -> Option<usize> {
        let (_, id) = self.pieces[at].word()?;
        let Some(Spoken::Ordinal(day)) = self.language.spoken.get(&id).copied() else {
            return None;
        };
        self.day_before_month(at, i64::from(day))
    }
}
