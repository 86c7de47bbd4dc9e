//! A calendar that an endpoint keeps: what it is asked, and what its answer means.
//!
//! Asked for free times, it is told `calendar`, `count` and `after`, and answers `{ "slots": [{ "start", "end"? }] }`;
//! without `end` a slot is as long as the calendar says. Asked to hold one (the calendar's `hold`), it is told
//! `calendar`, `start`, `end` and `phone`; any answer but a failure, or `{ "held": false }`, holds it.

use serde_json::Value as Json;

use crate::conversation::{Effect, Slot};
use crate::flow::workspace::{Calendar, Workspace};
use crate::lead::{Name, Value};
use crate::runtime::work::{Job, SendResult};

/// Keeps the whole of an answer, as JSON.
pub static WHOLE: std::sync::LazyLock<[(Name, String); 2]> = std::sync::LazyLock::new(|| {
    [
        (Name::from("slots"), "slots".to_string()),
        (Name::from("held"), "held".to_string()),
    ]
});

/// A question to an endpoint.
pub struct Asked {
    pub endpoint: Name,
    pub with: Vec<(Name, Value)>,
}

/// What an endpoint is asked for this job; `None` where the calendar is the workspace's own.
pub fn asked(workspace: &Workspace, job: &Job) -> Option<Asked> {
    let calendar = |name: &Name| workspace.calendars.get(name);
    let text = |key: &str, value: String| (Name::from(key), Value::Text(value));
    match &job.effect {
        Effect::FindSlots {
            calendar: name,
            count,
        } => Some(Asked {
            endpoint: calendar(name)?.endpoint.clone()?,
            with: vec![
                text("calendar", name.to_string()),
                (Name::from("count"), Value::Number(f64::from(*count))),
                text("after", job.sending.changed.to_string()),
            ],
        }),
        Effect::HoldSlot {
            calendar: name,
            start,
            end,
        } => Some(Asked {
            endpoint: calendar(name)?.hold.clone()?,
            with: vec![
                text("calendar", name.to_string()),
                text("start", start.to_string()),
                text("end", end.to_string()),
                text("phone", job.lead.to_string()),
            ],
        }),
        _ => None,
    }
}

/// What an endpoint's answer means for the job.
pub fn answered(workspace: &Workspace, job: &Job, result: SendResult) -> SendResult {
    let saved = match result {
        SendResult::CallAnswered { saved } => saved,
        other => return other,
    };
    match &job.effect {
        Effect::FindSlots { calendar, count } => {
            let slots = saved.iter().flatten().find(|(name, _)| *name == "slots");
            let rules = workspace.calendars.get(calendar);
            let found = match (slots, rules) {
                (Some((_, value)), Some(rules)) => slots_of(value, rules, usize::from(*count)),
                _ => Vec::new(),
            };
            SendResult::SlotsFound { slots: found }
        }
        Effect::HoldSlot { start, end, .. } => {
            let refused = |saved: &Vec<(Name, Value)>| {
                let held = saved.iter().find(|(name, _)| *name == "held");
                held.is_some_and(|(_, value)| *value == Value::Bool(false))
            };
            SendResult::SlotHeld {
                slot: Slot {
                    start: *start,
                    end: *end,
                },
                held: saved.as_ref().is_some_and(|saved| !refused(saved)),
            }
        }
        _ => SendResult::CallAnswered { saved },
    }
}

/// The slots of an answer that was kept as a list of JSON texts, in their order.
fn slots_of(value: &Value, rules: &Calendar, count: usize) -> Vec<Slot> {
    let Value::List(items) = value else {
        return Vec::new();
    };
    let read = |item: &String| {
        let json: Json = serde_json::from_str(item).unwrap_or_else(|_| Json::String(item.clone()));
        let at = |json: &Json| json.as_str()?.parse().ok();
        let start = at(&json["start"]).or_else(|| at(&json))?;
        let end = at(&json["end"]).unwrap_or(start + rules.slot);
        (start < end).then_some(Slot { start, end })
    };
    items.iter().filter_map(read).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Days, Duration, Hours};

    #[test]
    fn an_endpoints_slots_are_read_as_they_come() {
        let rules = Calendar {
            days: Days::ALL,
            hours: Hours::ALL_DAY,
            slot: Duration::mins(30),
            at_once: 1,
            url: None,
            place: None,
            endpoint: None,
            hold: None,
        };
        let list = |items: &[&str]| Value::List(items.iter().map(|i| i.to_string()).collect());
        for (value, count) in [
            (
                list(&[r#"{"start":"2026-12-01T16:00:00Z","end":"2026-12-01T17:00:00Z"}"#]),
                1,
            ),
            (
                list(&[
                    r#"{"start":"2026-12-01T10:00:00-06:00"}"#,
                    "2026-12-02T16:00:00Z",
                ]),
                2,
            ),
            (list(&["soon", r#"{"end":"2026-12-01T16:00:00Z"}"#, "7"]), 0),
            (
                list(&[r#"{"start":"2026-12-01T16:00:00Z","end":"2026-12-01T15:00:00Z"}"#]),
                0,
            ),
            (Value::Nothing, 0),
        ] {
            assert_eq!(slots_of(&value, &rules, 9).len(), count, "{value:?}");
        }
        let one = slots_of(&list(&["2026-12-02T16:00:00Z"]), &rules, 9);
        assert_eq!(one[0].end, one[0].start + Duration::mins(30));
    }
}
