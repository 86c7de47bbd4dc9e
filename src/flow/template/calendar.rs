//! Days and times of a value, shown by a date pattern in a locale's words.

use std::fmt::Write;

use jiff::civil::{Date, Time};

use crate::flow::template::locale::Locale;
use crate::flow::template::pattern::{self, Part};
use crate::lead::Value;
use crate::time::{Timestamp, Zone};

/// What a value tells of a moment on the lead's wall.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wall {
    pub date: Option<Date>,
    pub time: Option<Time>,
    /// The zone's short name at that moment.
    zone: Option<String>,
}

impl Wall {
    /// The day and time that `value` holds; also those that a text spells out as `2026-11-24`,
    /// `15:30` or RFC 3339. A text without an offset is on the lead's wall already.
    pub fn of(value: &Value, zone: &Zone) -> Option<Self> {
        match value {
            Value::Moment(at) => Some(Self::at(*at, zone)),
            Value::Date(text) | Value::Time(text) | Value::Text(text) => Self::read(text, zone),
            Value::Nothing
            | Value::Number(_)
            | Value::Money(..)
            | Value::Bool(_)
            | Value::List(_) => None,
        }
    }

    fn at(at: Timestamp, zone: &Zone) -> Self {
        let zoned = at.in_zone(zone);
        let instant = at.to_jiff();
        Self {
            date: Some(zoned.date()),
            time: Some(zoned.time()),
            zone: Some(zone.tz().to_offset_info(instant).abbreviation().to_string()),
        }
    }

    fn read(text: &str, zone: &Zone) -> Option<Self> {
        let text = text.trim();
        if !text.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(Self::at(at, zone));
        }
        if let Ok(at) = text.parse::<jiff::civil::DateTime>()
            && text.len() > "2026-11-24".len()
        {
            return Some(Self {
                date: Some(at.date()),
                time: Some(at.time()),
                zone: None,
            });
        }
        if let Ok(date) = text.parse::<Date>() {
            return Some(Self {
                date: Some(date),
                ..Self::default()
            });
        }
        let time: crate::time::TimeOfDay = text.parse().ok()?;
        let (hour, minute) = (time.minutes() / 60, time.minutes() % 60);
        Some(Self {
            time: Time::new((hour % 24) as i8, minute as i8, 0, 0).ok(),
            ..Self::default()
        })
    }

    /// Whether every part that `pattern` shows is known.
    pub fn has(&self, pattern: &str) -> bool {
        pattern::check(pattern).is_ok_and(|parts| {
            (!parts.date || self.date.is_some()) && (!parts.time || self.time.is_some())
        })
    }

    /// Writes the half of `pattern` that is known; false, and nothing written, where none is. The signs
    /// and words beside a part that is left out go with it.
    pub fn write_known(&self, out: &mut String, pattern: &str, locale: Locale<'_>) -> bool {
        let mut rest = pattern;
        let mut between = None;
        let mut written = false;
        let mut last_written = false;
        while let Some((part, after)) = pattern::next(rest) {
            rest = after;
            match part {
                Part::Literal(text) => {
                    let so_far: &mut String = between.get_or_insert_default();
                    so_far.push_str(text);
                }
                Part::Field(letter, count) => {
                    let literal = between.take().unwrap_or_default();
                    if !self.knows(letter) {
                        last_written = false;
                        continue;
                    }
                    match (last_written, written) {
                        (true, _) => out.push_str(&literal),
                        (false, true) => out.push(' '),
                        (false, false) => {}
                    }
                    self.write_field(out, letter, count, locale);
                    (written, last_written) = (true, true);
                }
            }
        }
        if let Some(literal) = between.filter(|_| last_written) {
            out.push_str(&literal);
        }
        written
    }

    fn knows(&self, letter: char) -> bool {
        match letter {
            'y' | 'M' | 'L' | 'd' | 'E' => self.date.is_some(),
            'z' => self.zone.is_some(),
            _ => self.time.is_some(),
        }
    }

    /// Writes what `pattern` shows of it; a part that is not known is left out.
    pub fn write(&self, out: &mut String, pattern: &str, locale: Locale<'_>) {
        let mut rest = pattern;
        while let Some((part, after)) = pattern::next(rest) {
            rest = after;
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Field(letter, count) => self.write_field(out, letter, count, locale),
            }
        }
    }

    fn write_field(&self, out: &mut String, letter: char, count: usize, locale: Locale<'_>) {
        match letter {
            'y' | 'M' | 'L' | 'd' | 'E' => {
                if let Some(date) = self.date {
                    write_day(out, date, letter, count, locale);
                }
            }
            'z' => out.push_str(self.zone.as_deref().unwrap_or("")),
            _ => {
                if let Some(time) = self.time {
                    write_time(out, time, letter, count, locale);
                }
            }
        }
    }

    /// As the locale shows it when no format is given: `Tue 24 Nov, 3:00 PM`.
    pub fn write_plain(&self, out: &mut String, locale: Locale<'_>) {
        if self.date.is_some() {
            self.write(out, locale.words().day_pattern, locale);
        }
        if self.date.is_some() && self.time.is_some() {
            out.push_str(", ");
        }
        if self.time.is_some() {
            self.write(out, locale.clock_pattern(), locale);
        }
    }
}

fn write_day(out: &mut String, date: Date, letter: char, count: usize, locale: Locale<'_>) {
    let words = locale.words();
    let month = date.month().unsigned_abs() as usize;
    let day = date.weekday().to_monday_zero_offset().unsigned_abs() as usize;
    match (letter, count) {
        ('y', 2) => padded(out, i64::from(date.year()).rem_euclid(100), 2),
        ('y', _) => padded(out, i64::from(date.year()), count),
        ('M' | 'L', 4) => out.push_str(words.months[month - 1]),
        ('M' | 'L', 3) => out.push_str(words.months_short[month - 1]),
        ('M' | 'L', _) => padded(out, month as i64, count),
        ('E', 4) => out.push_str(words.days[day]),
        ('E', _) => out.push_str(words.days_short[day]),
        _ => padded(out, i64::from(date.day()), count),
    }
}

fn write_time(out: &mut String, time: Time, letter: char, count: usize, locale: Locale<'_>) {
    let hour = i64::from(time.hour());
    match letter {
        // Noon and midnight are 12 by `h`, 0 by `K`; midnight is 24 by `k`.
        'h' => padded(out, (hour + 11) % 12 + 1, count),
        'K' => padded(out, hour % 12, count),
        'k' => padded(out, (hour + 23) % 24 + 1, count),
        'H' => padded(out, hour, count),
        'm' => padded(out, i64::from(time.minute()), count),
        's' => padded(out, i64::from(time.second()), count),
        _ => out.push_str(locale.words().am_pm[usize::from(hour >= 12)]),
    }
}

fn padded(out: &mut String, number: i64, width: usize) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{number:0width$}");
}
