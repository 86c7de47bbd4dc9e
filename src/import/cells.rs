//! One cell: numbers as people and spreadsheets write them, days, yes and no.

use jiff::civil::{Date, DateTime, Time};
use rlibphonenumber::{PhoneNumber as Parsed, Region};

use crate::lead::PhoneNumber;
use crate::time::{Timestamp, Zone};

/// Why a cell holds no number that can be texted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPhone {
    #[error("is empty")]
    Empty,
    #[error(
        "`{0}` was shortened by a spreadsheet and digits are lost; format the column as text and \
         export again"
    )]
    Mangled(String),
    #[error("`{0}` holds two numbers; leave one")]
    Two(String),
    #[error("`{0}` has an extension, which cannot be texted")]
    Extension(String),
    #[error("`{0}` is not a phone number; write it with its country, such as +13125550100")]
    NoNumber(String),
    #[error("`{0}` is too short or too long for its country")]
    Length(String),
}

/// Longest cell that is shown in a reason.
const SHOWN_MAX: usize = 40;

pub fn phone(cell: &str, region: &str) -> Result<PhoneNumber, BadPhone> {
    let text = unwrapped(cell);
    let shown = || -> String { cell.trim().chars().take(SHOWN_MAX).collect() };
    if text.is_empty() {
        return Err(BadPhone::Empty);
    }
    if let Some(exponent) = scientific(&text) {
        let whole = exponent.ok_or_else(|| BadPhone::Mangled(shown()))?;
        return number(&whole, region, &shown);
    }
    let parts = text.split([',', ';', '/', '|', '\n']);
    let long = |part: &&str| part.chars().filter(char::is_ascii_digit).count() >= 7;
    if parts.filter(long).count() > 1 {
        return Err(BadPhone::Two(shown()));
    }
    number(&text, region, &shown)
}

fn number(text: &str, region: &str, shown: &dyn Fn() -> String) -> Result<PhoneNumber, BadPhone> {
    let bad = || BadPhone::NoNumber(shown());
    let home = region.parse::<Region>().map_err(|_| bad())?;
    let parsed = Parsed::parse(text, Some(home)).map_err(|_| bad())?;
    let lower = text.to_ascii_lowercase();
    if lower.contains("ext") || lower.contains('x') || lower.contains('#') {
        return Err(BadPhone::Extension(shown()));
    }
    // Lengths alone: ranges are opened faster than their tables are published.
    let whole = matches!(
        parsed.is_possible_with_reason(),
        Ok(rlibphonenumber::NumberLengthType::IsPossible)
    );
    if !whole {
        return Err(BadPhone::Length(shown()));
    }
    PhoneNumber::parse_loose(text, region).map_err(|_| bad())
}

/// Without what spreadsheets put around a number to keep it: `'+1…`, `="+1…"`, `tel:`, a trailing `.0`.
fn unwrapped(cell: &str) -> String {
    let invisible = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}')
    };
    let plain: String = cell.chars().filter(|c| !invisible(*c)).collect();
    let mut text = plain.trim();
    for mark in ["=\"", "\"", "'", "’", "tel:", "TEL:"] {
        text = text.strip_prefix(mark).unwrap_or(text).trim_start();
    }
    text = text.trim_end_matches('"').trim();
    let whole = text.strip_suffix(".0").or_else(|| text.strip_suffix(",0"));
    let all_digits = |it: &&str| it.len() > 6 && it.bytes().all(|byte| byte.is_ascii_digit());
    whole.filter(all_digits).unwrap_or(text).to_string()
}

/// `1.31256E+10`: `Some(None)` when digits are lost, else the digits it stands for.
fn scientific(text: &str) -> Option<Option<String>> {
    let (mantissa, exponent) = text.split_once(['E', 'e'])?;
    let exponent: usize = exponent.trim_start_matches('+').parse().ok()?;
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || whole.len() != 1 {
        return None;
    }
    Some((digits.len() == exponent + 1).then_some(digits))
}

/// An instant, or a day at its noon, on the clock of `zone`. Where day and month could be taken for
/// each other, the region's custom decides.
pub fn instant(cell: &str, region: &str, zone: &Zone) -> Option<Timestamp> {
    let text = cell.trim().trim_start_matches('\'');
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let text = text.replace('T', " ");
    let (day, clock) = text.split_once(' ').unwrap_or((&text, ""));
    let date = date(day, region)?;
    let at = DateTime::from_parts(date, time(clock.trim())?);
    let zoned = at.to_zoned(zone.tz().clone()).ok()?;
    Some(Timestamp::from_jiff(zoned.timestamp()))
}

fn date(text: &str, region: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let [a, b, c] = parts.as_slice() else {
        return None;
    };
    let number = |text: &str| text.parse::<i16>().ok();
    let (first, second, third) = (number(a)?, number(b)?, number(c)?);
    let (year, month, day) = match (a.len(), c.len()) {
        (4, _) => (first, second, third),
        (_, 4) if text.contains('.') => (third, second, first),
        // Month first is the custom of few; a part above 12 tells in any case.
        (_, 4) if first > 12 => (third, second, first),
        (_, 4) if second > 12 || matches!(region, "US" | "CA" | "PH" | "PR") => {
            (third, first, second)
        }
        (_, 4) => (third, second, first),
        _ => return None,
    };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// `14:30`, `14:30:15`, `2:30 PM`; noon when nothing is said.
fn time(text: &str) -> Option<Time> {
    if text.is_empty() {
        return Time::new(12, 0, 0, 0).ok();
    }
    let lower = text.to_ascii_lowercase().replace('.', "");
    let (clock, half) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(clock), _) => (clock.trim(), Some(0)),
        (_, Some(clock)) => (clock.trim(), Some(12)),
        _ => (lower.trim(), None),
    };
    let mut parts = clock.split(':').map(|part| part.parse::<i8>().ok());
    let hour = parts.next()??;
    let minute = parts.next().unwrap_or(Some(0))?;
    let second = parts.next().unwrap_or(Some(0))?;
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) => hour % 12 + half,
        None => hour,
    };
    Time::new(hour, minute, second, 0).ok()
}

/// What a cell for yes or no says; `None` for anything else.
pub fn yes_no(cell: &str) -> Option<bool> {
    match cell.trim().to_lowercase().as_str() {
        "yes" | "y" | "true" | "1" | "x" | "✓" | "✔" | "on" | "opted in" | "opted-in"
        | "opt-in" | "subscribed" | "si" | "sí" | "ja" | "oui" | "sim" | "wahr" | "verdadero"
        | "vrai" => Some(true),
        "no" | "n" | "false" | "0" | "off" | "-" | "nein" | "non" | "não" | "falsch" | "falso"
        | "faux" | "not subscribed" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_however_it_is_written_and_a_spoilt_one_is_named() {
        use BadPhone::{Empty, Extension, Length, Mangled, NoNumber, Two};
        let named = |bad: fn(String) -> BadPhone, text: &str| Err(bad(text.to_string()));
        for (cell, region, want) in [
            ("+13125550100", "US", Ok("+13125550100")),
            (" (312) 555-0100 ", "US", Ok("+13125550100")),
            ("312.555.0100", "US", Ok("+13125550100")),
            ("13125550100", "US", Ok("+13125550100")),
            ("'+13125550100", "US", Ok("+13125550100")),
            ("=\"+13125550100\"", "US", Ok("+13125550100")),
            ("13125550100.0", "US", Ok("+13125550100")),
            ("\u{202a}+13125550100\u{202c}", "US", Ok("+13125550100")),
            ("tel:+1-312-555-0100", "US", Ok("+13125550100")),
            ("1.3125550100E+10", "US", Ok("+13125550100")),
            ("0151 23456789", "DE", Ok("+4915123456789")),
            ("0049 151 23456789", "DE", Ok("+4915123456789")),
            ("07700 900123", "GB", Ok("+447700900123")),
            ("1.31256E+10", "US", named(Mangled, "1.31256E+10")),
            ("1,31256E+10", "DE", named(Mangled, "1,31256E+10")),
            ("3.13E+9", "US", named(Mangled, "3.13E+9")),
            (
                "312-555-0100 / 312-555-0101",
                "US",
                named(Two, "312-555-0100 / 312-555-0101"),
            ),
            (
                "312-555-0100 x12",
                "US",
                named(Extension, "312-555-0100 x12"),
            ),
            ("555-0100", "US", named(Length, "555-0100")),
            ("31255501001", "US", named(Length, "31255501001")),
            ("n/a", "US", named(NoNumber, "n/a")),
            ("12", "US", named(Length, "12")),
            ("  ", "US", Err(Empty)),
        ] {
            let got = phone(cell, region).map(|phone| phone.to_string());
            assert_eq!(got, want.map(str::to_string), "{cell:?} in {region}");
        }
    }

    #[test]
    fn days_are_read_by_the_regions_custom() {
        let zone: Zone = "America/Chicago".parse().unwrap();
        for (cell, region, want) in [
            ("2026-03-04", "US", Some("2026-03-04T18:00:00Z")),
            ("2026-03-04T10:00:00Z", "US", Some("2026-03-04T10:00:00Z")),
            ("2026-03-04 09:30", "US", Some("2026-03-04T15:30:00Z")),
            ("3/4/2026", "US", Some("2026-03-04T18:00:00Z")),
            ("3/4/2026", "GB", Some("2026-04-03T17:00:00Z")),
            ("25/4/2026", "US", Some("2026-04-25T17:00:00Z")),
            ("4/25/2026 2:30 PM", "GB", Some("2026-04-25T19:30:00Z")),
            ("04.03.2026", "DE", Some("2026-03-04T18:00:00Z")),
            ("2026-02-30", "US", None),
            ("13/13/2026", "US", None),
            ("yesterday", "US", None),
            ("", "US", None),
        ] {
            let got = instant(cell, region, &zone).map(|at| at.to_string());
            assert_eq!(got.as_deref(), want, "{cell:?} in {region}");
        }
    }

    #[test]
    fn yes_and_no_are_told_apart_and_all_else_is_neither() {
        for (cell, want) in [
            ("Yes", Some(true)),
            ("TRUE", Some(true)),
            ("1", Some(true)),
            ("Sí", Some(true)),
            ("no", Some(false)),
            ("0", Some(false)),
            ("", None),
            ("maybe", None),
        ] {
            assert_eq!(yes_no(cell), want, "{cell:?}");
        }
    }
}
