//! Time as the engine counts it: instants in UTC, spans, and clock readings on a lead's wall.
//!
//! Nothing here reads a clock: `now` is always an argument (`runtime::clock` is its one source).
//! Zone rules come from jiff's bundled database, never from the system's files, which may be old.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use minicbor::{Decode, Encode};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Timestamp(#[n(0)] i64);

impl Timestamp {
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// Time passed since `earlier`; zero when `earlier` is later.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration((self.0 - earlier.0).max(0))
    }

    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    pub fn from_jiff(at: jiff::Timestamp) -> Self {
        Self(at.as_millisecond())
    }

    /// This instant as read in `zone`.
    pub fn in_zone(self, zone: &Zone) -> jiff::Zoned {
        self.to_jiff().to_zoned(zone.0.clone())
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;
    fn add(self, by: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(by.0))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;
    fn sub(self, by: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(by.0))
    }
}

/// RFC 3339 in UTC, with milliseconds only where there are any.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_jiff().fmt(f)
    }
}

/// Reads RFC 3339 with any offset.
impl FromStr for Timestamp {
    type Err = TimeError;
    fn from_str(s: &str) -> Result<Self, TimeError> {
        s.trim()
            .parse::<jiff::Timestamp>()
            .map(Self::from_jiff)
            .map_err(|_| TimeError::Instant(s.to_string()))
    }
}

/// A span of time in milliseconds. A day is 24 hours, a month (`mo`) 30 days, a year 365.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Duration(#[n(0)] i64);

const UNITS: [(&str, i64); 7] = [
    ("y", 365 * 86_400_000),
    ("mo", 30 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
];

impl Duration {
    pub const ZERO: Duration = Duration(0);

    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    pub const fn secs(n: i64) -> Self {
        Self(n * 1_000)
    }

    pub const fn mins(n: i64) -> Self {
        Self(n * 60_000)
    }

    pub const fn hours(n: i64) -> Self {
        Self(n * 3_600_000)
    }

    pub const fn days(n: i64) -> Self {
        Self(n * 86_400_000)
    }

    pub const fn as_ms(self) -> i64 {
        self.0
    }

    pub fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0.max(0) as u64)
    }
}

impl Add for Duration {
    type Output = Duration;
    fn add(self, by: Duration) -> Duration {
        Duration(self.0.saturating_add(by.0))
    }
}

/// As an author writes it, largest units first: `1d`, `1h30m`, `0s`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        let mut wrote = false;
        for (unit, ms) in UNITS
            .iter()
            .filter(|(unit, _)| !matches!(*unit, "y" | "mo" | "w"))
        {
            let n = rest / ms;
            if n > 0 {
                write!(f, "{n}{unit}")?;
                rest %= ms;
                wrote = true;
            }
        }
        if wrote { Ok(()) } else { f.write_str("0s") }
    }
}

/// Reads `4h`, `1h30m`, `90s`, `2w`, `24mo`, `5y`; also `500ms`.
impl FromStr for Duration {
    type Err = TimeError;
    fn from_str(s: &str) -> Result<Self, TimeError> {
        let bad = || TimeError::Duration(s.to_string());
        let mut rest = s.trim();
        if rest.is_empty() {
            return Err(bad());
        }
        let mut total: i64 = 0;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
            let n: i64 = rest[..digits].parse().map_err(|_| bad())?;
            rest = &rest[digits..];
            let end = rest
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(rest.len());
            let unit = &rest[..end];
            rest = &rest[end..];
            let ms = match UNITS.iter().find(|(name, _)| *name == unit) {
                Some((_, ms)) => *ms,
                None if unit == "ms" => 1,
                None => return Err(bad()),
            };
            total = n
                .checked_mul(ms)
                .and_then(|x| total.checked_add(x))
                .ok_or_else(bad)?;
        }
        Ok(Duration(total))
    }
}

/// A reading of a wall clock in minutes after midnight, 00:00 to 24:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    pub const MIDNIGHT: TimeOfDay = TimeOfDay(0);
    pub const END_OF_DAY: TimeOfDay = TimeOfDay(24 * 60);

    pub const fn minutes(self) -> u16 {
        self.0
    }

    pub const fn hm(hour: u16, minute: u16) -> Self {
        Self(hour * 60 + minute)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for TimeOfDay {
    type Err = TimeError;
    fn from_str(s: &str) -> Result<Self, TimeError> {
        let bad = || TimeError::TimeOfDay(s.to_string());
        let (h, m) = s.trim().split_once(':').ok_or_else(bad)?;
        let (h, m): (u16, u16) = (h.parse().map_err(|_| bad())?, m.parse().map_err(|_| bad())?);
        if h > 24 || m > 59 || h * 60 + m > 24 * 60 {
            return Err(bad());
        }
        Ok(Self(h * 60 + m))
    }
}

/// Hours of a day, start included and end excluded: `10:00-11:00`. Never spans midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hours {
    pub start: TimeOfDay,
    pub end: TimeOfDay,
}

impl Hours {
    pub const ALL_DAY: Hours = Hours {
        start: TimeOfDay::MIDNIGHT,
        end: TimeOfDay::END_OF_DAY,
    };

    pub fn contains(self, t: TimeOfDay) -> bool {
        self.start <= t && t < self.end
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.start, self.end)
    }
}

impl FromStr for Hours {
    type Err = TimeError;
    fn from_str(s: &str) -> Result<Self, TimeError> {
        let bad = || TimeError::Hours(s.to_string());
        let (a, b) = s.split_once(['-', '–']).ok_or_else(bad)?;
        let (start, end) = (a.parse().map_err(|_| bad())?, b.parse().map_err(|_| bad())?);
        if start >= end {
            Err(bad())
        } else {
            Ok(Hours { start, end })
        }
    }
}

/// A set of weekdays: `mon-fri`, `sat`, `mon,wed,fri`. Bit 0 is Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Days(u8);

const DAY_NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Days {
    pub const ALL: Days = Days(0x7f);

    pub fn contains(self, day: jiff::civil::Weekday) -> bool {
        self.0 & (1 << day.to_monday_zero_offset()) != 0
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = (0..7)
            .filter(|i| self.0 & (1 << i) != 0)
            .map(|i| DAY_NAMES[i])
            .collect();
        f.write_str(&names.join(","))
    }
}

impl FromStr for Days {
    type Err = TimeError;
    fn from_str(s: &str) -> Result<Self, TimeError> {
        let bad = || TimeError::Days(s.to_string());
        let index = |name: &str| {
            let name = name.trim().to_ascii_lowercase();
            DAY_NAMES
                .iter()
                .position(|d| name.len() >= 3 && name.starts_with(d))
                .ok_or_else(bad)
        };
        let mut set = 0u8;
        for item in s.split(',') {
            let (from, to) = match item.split_once('-') {
                Some((a, b)) => (index(a)?, index(b)?),
                None => (index(item)?, index(item)?),
            };
            let mut day = from;
            loop {
                set |= 1 << day;
                if day == to {
                    break;
                }
                day = (day + 1) % 7;
            }
        }
        Ok(Days(set))
    }
}

/// An IANA time zone from the bundled database.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(jiff::tz::TimeZone);

impl Zone {
    pub fn utc() -> Self {
        Self(jiff::tz::TimeZone::UTC)
    }

    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    pub fn tz(&self) -> &jiff::tz::TimeZone {
        &self.0
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}

impl FromStr for Zone {
    type Err = TimeError;
    fn from_str(s: &str) -> Result<Self, TimeError> {
        use std::sync::LazyLock;
        static BUNDLED: LazyLock<jiff::tz::TimeZoneDatabase> =
            LazyLock::new(jiff::tz::TimeZoneDatabase::bundled);
        BUNDLED
            .get(s)
            .map(Zone)
            .map_err(|_| TimeError::Zone(s.to_string()))
    }
}

/// Text that is not the time it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    #[error("`{0}` is not a moment such as 2026-11-23T09:00:00Z")]
    Instant(String),
    #[error("`{0}` is not a duration; write a number and one of s, m, h, d, w, such as 4h")]
    Duration(String),
    #[error("`{0}` is not a time of day such as 09:30")]
    TimeOfDay(String),
    #[error("`{0}` is not a span of hours such as 09:00-17:00")]
    Hours(String),
    #[error("`{0}` is not a set of days such as mon-fri or sat,sun")]
    Days(String),
    #[error("`{0}` is not a time zone such as America/Chicago")]
    Zone(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_written() {
        for (text, ms) in [
            ("4h", 14_400_000),
            ("1d", 86_400_000),
            ("90s", 90_000),
            ("1h30m", 5_400_000),
            ("24mo", 24 * 30 * 86_400_000),
            ("250ms", 250),
        ] {
            assert_eq!(text.parse(), Ok(Duration(ms)), "{text}");
        }
        for text in ["", "4", "h", "4 hrs", "-4h", "4hh", "99999999999999999y"] {
            assert!(text.parse::<Duration>().is_err(), "{text:?}");
        }
        assert_eq!(Duration::mins(90).to_string(), "1h30m");
    }

    #[test]
    fn days_and_hours_read_as_written() {
        assert_eq!("mon-fri".parse(), Ok(Days(0b001_1111)));
        assert_eq!("sat-mon".parse(), Ok(Days(0b110_0001)));
        assert_eq!("mon,wed".parse(), Ok(Days(0b000_0101)));
        assert!("someday".parse::<Days>().is_err());
        assert!(
            "10:00-11:00"
                .parse::<Hours>()
                .unwrap()
                .contains(TimeOfDay::hm(10, 59))
        );
        assert!(
            !"10:00-11:00"
                .parse::<Hours>()
                .unwrap()
                .contains(TimeOfDay::hm(11, 0))
        );
        assert!("11:00-10:00".parse::<Hours>().is_err());
    }
}
