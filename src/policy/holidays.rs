//! Public holidays: the workspace's own list, and the built-in ones that the tables name.
//!
//! Decides whether a calendar day is a holiday somewhere. Whether a holiday closes anything is the
//! quiet hours' business. Built in: United States federal holidays (5 U.S.C. 6103) with the day on
//! which they are observed, and the French ones (Code du travail L3133-1). Other calendars (Mardi
//! Gras, Pioneer Day, …) are rows of the workspace.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

use crate::policy::region::Region;

/// One holiday of the workspace's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holiday {
    pub date: Date,
    /// Where it is one; everywhere when not said.
    pub region: Option<Region>,
}

/// Whether `day` is a holiday in `region`, by the workspace's list or built in.
pub fn is_holiday(own: &[Holiday], region: Option<Region>, day: Date) -> bool {
    is_listed(own, region, day) || region.is_some_and(|region| is_built_in(region, day))
}

/// Whether the workspace's own list names `day` for `region`.
pub fn is_listed(own: &[Holiday], region: Option<Region>, day: Date) -> bool {
    let here = |place: Region| region.is_some_and(|region| region.lies_in(place));
    own.iter()
        .any(|holiday| holiday.date == day && holiday.region.is_none_or(here))
}

fn is_built_in(region: Region, day: Date) -> bool {
    if region.is_under_us_law() {
        return is_us_federal(day);
    }
    region.country() == "FR" && is_french(day)
}

/// The holiday itself, or the Friday or Monday on which one at the weekend is observed.
fn is_us_federal(day: Date) -> bool {
    let near = |days: i64| day.checked_add(days.days()).is_ok_and(is_fixed_us);
    is_fixed_us(day)
        || (day.weekday() == Weekday::Friday && near(1))
        || (day.weekday() == Weekday::Monday && near(-1))
        || is_floating_us(day)
}

fn is_fixed_us(day: Date) -> bool {
    matches!(
        (day.month(), day.day()),
        (1, 1) | (6, 19) | (7, 4) | (11, 11) | (12, 25)
    )
}

fn is_floating_us(day: Date) -> bool {
    let nth = (day.day() - 1) / 7 + 1;
    let last = day.day() + 7 > day.days_in_month();
    match (day.month(), day.weekday()) {
        // Martin Luther King Day, Presidents' Day.
        (1 | 2, Weekday::Monday) => nth == 3,
        // Memorial Day.
        (5, Weekday::Monday) => last,
        // Labor Day.
        (9, Weekday::Monday) => nth == 1,
        // Columbus Day.
        (10, Weekday::Monday) => nth == 2,
        // Thanksgiving.
        (11, Weekday::Thursday) => nth == 4,
        _ => false,
    }
}

fn is_french(day: Date) -> bool {
    const FIXED: [(i8, i8); 8] = [
        (1, 1),
        (5, 1),
        (5, 8),
        (7, 14),
        (8, 15),
        (11, 1),
        (11, 11),
        (12, 25),
    ];
    // Easter Monday, Ascension, Whit Monday, in days after Easter.
    const MOVING: [i64; 3] = [1, 39, 50];
    let after_easter = |days: i64| easter(day.year()).checked_add(days.days()).ok();
    FIXED.contains(&(day.month(), day.day()))
        || MOVING.iter().any(|days| after_easter(*days) == Some(day))
}

/// Easter Sunday of the Gregorian calendar. Source: Meeus, Jones and Butcher's algorithm.
fn easter(year: i16) -> Date {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - b / 4 - g + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    date(year, (n / 31) as i8, (n % 31 + 1) as i8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holidays_fall_where_the_calendars_say() {
        for (region, day, expected) in [
            ("US-AL", date(2026, 11, 26), true),
            ("US-AL", date(2026, 11, 19), false),
            ("US-AL", date(2026, 7, 4), true),
            // Independence Day 2026 is a Saturday, observed on the Friday.
            ("US-AL", date(2026, 7, 3), true),
            ("US-AL", date(2027, 7, 5), true),
            ("PR", date(2026, 5, 25), true),
            ("US-AL", date(2026, 5, 18), false),
            ("FR", date(2026, 4, 6), true),
            ("FR", date(2026, 5, 14), true),
            ("FR", date(2026, 5, 25), true),
            ("FR", date(2026, 7, 4), false),
            ("GB", date(2026, 12, 25), false),
        ] {
            let place: Region = region.parse().unwrap();
            assert_eq!(
                is_holiday(&[], Some(place), day),
                expected,
                "{region} {day}"
            );
        }
    }

    #[test]
    fn a_workspace_adds_holidays_for_a_state_or_for_everyone() {
        let mardi_gras = Holiday {
            date: date(2026, 2, 17),
            region: "US-LA".parse().ok(),
        };
        let anywhere = Holiday {
            date: date(2026, 3, 3),
            region: None,
        };
        for (region, day, expected) in [
            ("US-LA", date(2026, 2, 17), true),
            ("US-FL", date(2026, 2, 17), false),
            ("GB", date(2026, 3, 3), true),
        ] {
            let place: Region = region.parse().unwrap();
            assert_eq!(
                is_holiday(&[mardi_gras, anywhere], Some(place), day),
                expected,
                "{region}"
            );
        }
    }
}
