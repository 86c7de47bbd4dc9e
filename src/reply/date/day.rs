//! Days: by number, by name, by distance.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

/// A day without a year that passed so lately is a slip, not next year's.
const LATELY_DAYS: i64 = 90;

/// The day of the next such month and day; `year` as written, of two or four digits. None for a day
/// that passed lately: nobody makes an appointment eleven months ahead.
pub(super) fn of_calendar(day: i64, month: i64, year: Option<i64>, today: Date) -> Option<Date> {
    let new = |year: i16| Date::new(year, month as i8, day as i8).ok();
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    match year {
        Some(year @ 0..=99) => new(2000 + year as i16),
        Some(year @ 1000..=9999) => new(year as i16),
        Some(_) => None,
        None => {
            let this_year = new(today.year())?;
            let passed = today.duration_since(this_year).as_hours() / 24;
            match passed {
                ..=0 => Some(this_year),
                1..=LATELY_DAYS => None,
                _ => new(today.year() + 1),
            }
        }
    }
}

/// Two numbers as day and month, in the order of the locale unless only the other one is possible.
pub(super) fn in_order(first: i64, second: i64, month_first: bool) -> (i64, i64) {
    let (day, month) = if month_first {
        (second, first)
    } else {
        (first, second)
    };
    if month > 12 && day <= 12 {
        (month, day)
    } else {
        (day, month)
    }
}

/// The next day with this number.
pub(super) fn of_month(day: i64, today: Date) -> Option<Date> {
    const MONTHS_AHEAD_MAX: i32 = 3;
    (0..MONTHS_AHEAD_MAX).find_map(|months| {
        let month = today.first_of_month().checked_add(months.months()).ok()?;
        let date = Date::new(month.year(), month.month(), i8::try_from(day).ok()?).ok()?;
        (date >= today).then_some(date)
    })
}

/// The last day of the month so many months on.
pub(super) fn end_of_month(months: i32, today: Date) -> Option<Date> {
    let month = today.first_of_month().checked_add(months.months()).ok()?;
    Some(month.last_of_month())
}

/// The first day of the month after this one.
pub(super) fn next_month(today: Date) -> Option<Date> {
    later(today.first_of_month(), 1.months())
}

/// The weekend's first day that is not over: Saturday, on a Sunday today.
pub(super) fn weekend(today: Date) -> Option<Date> {
    match today.weekday() {
        Weekday::Saturday | Weekday::Sunday => Some(today),
        _ => today.nth_weekday(1, Weekday::Saturday).ok(),
    }
}

/// The next such weekday after today.
pub(super) fn weekday(index: u8, today: Date) -> Option<Date> {
    let weekday = Weekday::from_monday_zero_offset(index as i8).ok()?;
    today.nth_weekday(1, weekday).ok()
}

/// That weekday of the week after this one.
pub(super) fn weekday_of_next_week(index: u8, today: Date) -> Option<Date> {
    let monday = weekday(0, today)?;
    later(monday, i64::from(index).days())
}

pub(super) fn later(day: Date, by: Span) -> Option<Date> {
    day.checked_add(by).ok()
}
