//! Times of day: from an hour, minutes and what was said of the part of the day.

use jiff::civil::Time;

/// What tells morning from afternoon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Am,
    Pm,
    Morning,
    Afternoon,
    Evening,
}

impl Part {
    /// The hour that stands for the part of the day where nobody named one: 9, 14 and 18 o'clock.
    pub fn hour_of(self) -> Option<Time> {
        let hour = match self {
            Part::Morning => 9,
            Part::Afternoon => 14,
            Part::Evening => 18,
            Part::Am | Part::Pm => return None,
        };
        Time::new(hour, 0, 0, 0).ok()
    }

    pub fn holds(self, time: Time) -> bool {
        match self {
            Part::Am | Part::Morning => time.hour() < 12,
            Part::Pm => time.hour() >= 12,
            Part::Afternoon => (12..18).contains(&time.hour()),
            Part::Evening => time.hour() >= 17,
        }
    }
}

/// An hour as told, before it is known which half of the day is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub hour: i64,
    pub minute: i64,
    /// Written as on a clock of 24 hours: `03:30`, `14h`.
    pub of_24: bool,
}

impl Told {
    pub fn hour(hour: i64) -> Self {
        Self {
            hour,
            minute: 0,
            of_24: false,
        }
    }

    /// So many minutes before or after.
    pub fn shifted(self, minutes: i64) -> Self {
        let total = self.hour * 60 + self.minute + minutes;
        // "quarter to one" is 12:45.
        let total = if total < 60 && !self.of_24 {
            total + 12 * 60
        } else {
            total
        };
        Self {
            hour: total.div_euclid(60),
            minute: total.rem_euclid(60),
            of_24: self.of_24,
        }
    }

    /// The time of day, if there is one like it.
    pub fn at(self, part: Option<Part>) -> Option<Time> {
        let hour = match (part, self.hour) {
            (_, h @ 13..=23) => h,
            (Some(Part::Am | Part::Morning), 12) => 0,
            (Some(Part::Am | Part::Morning), h @ 0..=11) => h,
            (Some(Part::Pm), h @ 1..=11) => h + 12,
            (Some(Part::Pm | Part::Afternoon), 12) => 12,
            (Some(Part::Afternoon), h @ 1..=8) => h + 12,
            (Some(Part::Evening), h @ 4..=11) => h + 12,
            (Some(_), _) => return None,
            (None, 0) => 0,
            (None, h @ 1..=12) if self.of_24 => h,
            (None, h @ 1..=6) => h + 12,
            (None, h @ 7..=12) => h,
            (None, _) => return None,
        };
        Time::new(hour as i8, i8::try_from(self.minute).ok()?, 0, 0).ok()
    }
}
