//! Free slots of the workspace's own calendars: its opening hours, less what is taken.

use crate::conversation::Slot;
use crate::flow::workspace::{Calendar, Workspace};
use crate::store::{Booking, Store, StoreError};
use crate::time::{Duration, TimeOfDay, Timestamp, Zone};

/// How far ahead slots are looked for.
const DAYS_AHEAD_MAX: i64 = 21;
/// No slot is offered that begins sooner.
const NOTICE: Duration = Duration::hours(1);
/// At most this many offered on one day, so that a lead may choose a day.
const PER_DAY_MAX: usize = 2;

/// The first `count` free slots, spread over days; empty when nothing is free or the calendar is gone.
pub fn free(
    store: &dyn Store,
    workspace: &Workspace,
    calendar: &str,
    count: usize,
    now: Timestamp,
) -> Result<Vec<Slot>, StoreError> {
    let Some(rules) = workspace.calendars.get(calendar) else {
        return Ok(Vec::new());
    };
    let horizon = now + Duration::days(DAYS_AHEAD_MAX);
    let taken = store.bookings(calendar, now, horizon)?;
    let zone = &workspace.time_zone;
    let mut day = (now + NOTICE).in_zone(zone).date();
    let mut found = Vec::new();
    for _ in 0..DAYS_AHEAD_MAX {
        let of_day = day_slots(rules, zone, day)
            .into_iter()
            .filter(|slot| slot.start >= now + NOTICE && has_room(&taken, slot, rules.at_once));
        found.extend(spread(
            of_day.collect(),
            PER_DAY_MAX.min(count - found.len()),
        ));
        if found.len() >= count {
            break;
        }
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    Ok(found)
}

/// Every slot of one day, in order.
fn day_slots(rules: &Calendar, zone: &Zone, day: jiff::civil::Date) -> Vec<Slot> {
    if !rules.days.contains(day.weekday()) || rules.slot <= Duration::ZERO {
        return Vec::new();
    }
    let (Some(open), Some(close)) = (
        instant(day, rules.hours.start, zone),
        instant(day, rules.hours.end, zone),
    ) else {
        return Vec::new();
    };
    let mut slots = Vec::new();
    let mut start = open;
    while start + rules.slot <= close {
        slots.push(Slot {
            start,
            end: start + rules.slot,
        });
        start = start + rules.slot;
    }
    slots
}

fn instant(day: jiff::civil::Date, time: TimeOfDay, zone: &Zone) -> Option<Timestamp> {
    let minutes = i64::from(time.minutes());
    let midnight = day.to_zoned(zone.tz().clone()).ok()?;
    // Civil arithmetic, so that a night the clocks change moves no opening hour.
    let at = midnight
        .datetime()
        .checked_add(jiff::Span::new().minutes(minutes))
        .ok()?;
    at.to_zoned(zone.tz().clone())
        .ok()
        .map(|at| Timestamp::from_jiff(at.timestamp()))
}

fn has_room(taken: &[Booking], slot: &Slot, at_once: u32) -> bool {
    let overlapping = taken
        .iter()
        .filter(|b| b.start < slot.end && slot.start < b.end)
        .count();
    overlapping < at_once as usize
}

/// At most `count` of them, the first and then as far apart as they lie.
fn spread(slots: Vec<Slot>, count: usize) -> Vec<Slot> {
    if slots.len() <= count {
        return slots;
    }
    (0..count)
        .map(|i| slots[i * slots.len() / count].clone())
        .collect()
}
