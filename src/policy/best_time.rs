//! `pick: best`: at which hour of the author's window a lead is most likely to answer. The model is
//! small and can be checked by hand: the hours at which this lead wrote before, on the lead's own
//! clock, each counting for its neighbours too.
//!
//! Nothing is known of a lead who never wrote in the window's hours: their message leaves when the
//! window opens. It never waits beyond the window that is open now.

use crate::policy::SendWindow;
use crate::time::{Duration, TimeOfDay, Timestamp, Zone};

/// What a reply counts for its own hour, and for the one before and after.
const OWN: u32 = 2;
const NEIGHBOUR: u32 = 1;

/// When, later in the window that is open at `now`, the best hour begins; `None` to send at once: it
/// is that hour, or it is past, or nothing is known. `replies` are when the lead wrote.
pub fn later(
    window: &SendWindow,
    zone: &Zone,
    replies: &[Timestamp],
    now: Timestamp,
) -> Option<Timestamp> {
    let (hour, minutes) = on_the_wall(now, zone);
    let best = best_hour(window, zone, replies)?;
    if best <= hour {
        return None;
    }
    let wait = i64::from(best * 60) - i64::from(minutes);
    Some(now + Duration::from_ms(wait * 60_000 - now.as_ms().rem_euclid(60_000)))
}

/// The hour of the window with the most replies; the earliest of equals.
fn best_hour(window: &SendWindow, zone: &Zone, replies: &[Timestamp]) -> Option<u16> {
    let mut counts = [0_u32; 24];
    for reply in replies {
        let hour = usize::from(on_the_wall(*reply, zone).0);
        counts[hour] += OWN;
        counts[(hour + 1) % 24] += NEIGHBOUR;
        counts[(hour + 23) % 24] += NEIGHBOUR;
    }
    let inside = (0..24).filter(|hour| window.hours.contains(TimeOfDay::hm(*hour, 0)));
    inside
        .map(|hour| (counts[usize::from(hour)], hour))
        .filter(|(count, _)| *count > 0)
        .max_by_key(|(count, hour)| (*count, std::cmp::Reverse(*hour)))
        .map(|(_, hour)| hour)
}

/// Hour, and minute of the day.
fn on_the_wall(at: Timestamp, zone: &Zone) -> (u16, u16) {
    let Ok(at) = jiff::Timestamp::from_millisecond(at.as_ms()) else {
        return (0, 0);
    };
    let wall = zone.tz().to_datetime(at);
    let hour = wall.hour().unsigned_abs().into();
    (hour, hour * 60 + u16::from(wall.minute().unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Days;

    #[test]
    fn a_message_waits_for_the_hour_at_which_the_lead_wrote_most() {
        let evenings = ["2026-11-20T01:10:00Z", "2026-11-21T01:40:00Z"];
        let mornings = ["2026-11-19T14:20:00Z"];
        let both: Vec<&str> = evenings.iter().chain(&mornings).copied().collect();
        // New York, five hours behind: the evenings are 20:10 and 20:40, the morning 09:20.
        for (hours, replies, now, expected) in [
            (
                "09:00-21:00",
                &both[..],
                "2026-11-24T14:00:30Z",
                Some("2026-11-25T01:00:00Z"),
            ),
            ("09:00-21:00", &both, "2026-11-25T01:05:00Z", None),
            ("09:00-12:00", &both, "2026-11-24T15:00:00Z", None),
            (
                "08:00-12:00",
                &mornings,
                "2026-11-24T13:15:00Z",
                Some("2026-11-24T14:00:00Z"),
            ),
            ("13:00-15:00", &both, "2026-11-24T18:00:00Z", None),
            ("09:00-21:00", &[], "2026-11-24T14:00:00Z", None),
        ] {
            let window = SendWindow {
                days: "mon-sun".parse::<Days>().unwrap(),
                hours: hours.parse().unwrap(),
                pick_best: true,
            };
            let zone: Zone = "America/New_York".parse().unwrap();
            let replies: Vec<Timestamp> = replies.iter().map(|at| at.parse().unwrap()).collect();
            let got = later(&window, &zone, &replies, now.parse().unwrap());
            let expected: Option<Timestamp> = expected.map(|at| at.parse().unwrap());
            assert_eq!(got, expected, "{hours} {replies:?} at {now}");
        }
    }
}
