//! Days and times as people tell them: "next tuesday at 3", "half past two", "le 3 mars à 14h".
//!
//! Bare hours from 1 to 6 are afternoon, 7 to 11 morning, 12 noon. A weekday is its next day after
//! today. American English puts the month first, the others the day. What has passed, what is no date
//! of the calendar, and what gives two days or a span is unclear. Where only a time or only a day is
//! asked, spans and parts have one by rule, never certain: the hour a span begins with, 9, 14 and 18 for
//! morning, afternoon and evening, Monday of next week, Saturday of the weekend, a month's first or last day.

mod clock;
mod day;
mod scan;

pub(super) use scan::offered::Fit;

use jiff::Zoned;
use jiff::civil::{Date, DateTime, Time};

use super::{Reply, ValueContext, Verdict};
use crate::lead::{Kind, Value};
use crate::time::Timestamp;

pub(super) fn value(kind: Kind, reply: &Reply, context: &ValueContext) -> Option<Verdict<Value>> {
    let now = context.now.in_zone(context.zone);
    let told = scan::read(kind, reply, context, &now)?;
    let certain = told.certain && !reply.question;
    let verdict = |meaning, rule| {
        Some(Verdict {
            meaning,
            certain,
            rule,
        })
    };
    if told.now {
        let meaning = match kind {
            Kind::Time => clock_time(now.time()),
            _ => date(now.date()),
        };
        return verdict(meaning, "now");
    }
    match (kind, told.day, told.time) {
        (Kind::Date, Some(day), time) => {
            let passed = time.is_some_and(|time| has_passed(day, time, &now));
            verdict((day >= now.date() && !passed).then(|| date(day))?, "date")
        }
        (Kind::Time, _, Some(time)) => verdict(clock_time(time), "time"),
        (Kind::DateTime, Some(day), Some(time)) => {
            verdict(moment(day, time, context, &now)?, "day-and-time")
        }
        (Kind::DateTime, Some(day), None) => {
            verdict((day >= now.date()).then(|| date(day))?, "day-without-time")
        }
        (Kind::DateTime, None, Some(time)) => verdict(clock_time(time), "time-without-day"),
        _ => None,
    }
}

/// Which of the moments offered a reply names by its day or time.
pub(super) fn offered(reply: &Reply, locale: &str, now: &Zoned, offered: &[DateTime]) -> Fit {
    scan::offered::read(reply, locale, now, offered)
}

fn moment(day: Date, time: Time, context: &ValueContext, now: &Zoned) -> Option<Value> {
    let at = day
        .to_datetime(time)
        .to_zoned(context.zone.tz().clone())
        .ok()?;
    (at > *now).then(|| Value::Moment(Timestamp::from_jiff(at.timestamp())))
}

fn has_passed(day: Date, time: Time, now: &Zoned) -> bool {
    day.to_datetime(time) <= now.datetime()
}

fn date(day: Date) -> Value {
    Value::Date(day.to_string())
}

fn clock_time(time: Time) -> Value {
    Value::Time(format!("{:02}:{:02}", time.hour(), time.minute()))
}
