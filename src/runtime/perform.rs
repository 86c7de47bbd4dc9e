//! Carrying out what needs nobody outside: calendars always, and in the sandbox everything.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use crate::conversation::{Effect, Slot};
use crate::lead::{Name, Value};
use crate::runtime::engine::Engine;
use crate::runtime::work::{Job, SendResult};
use crate::runtime::{free_times, slots};
use crate::store::Booking;
use crate::time::Timestamp;

/// What the sandbox's world is like where nobody said otherwise.
#[derive(Debug, Default)]
pub struct Scenery {
    /// What endpoints answer: a JSON value, or `None` for a failure.
    pub answers: HashMap<Name, Option<Json>>,
    /// Calendars in which nothing is free.
    pub full: HashSet<Name>,
}

/// A calendar's part of a job; `None` when the job is not about a calendar.
pub fn calendar(engine: &Engine, job: &Job) -> Option<SendResult> {
    let live = engine.live.load();
    let failed = |error: crate::store::StoreError| SendResult::Retry {
        after: crate::time::Duration::secs(5),
        error: error.to_string(),
    };
    match &job.effect {
        Effect::FindSlots { calendar, count } => {
            let (store, now) = (engine.store.as_ref(), engine.clock.now());
            let found = slots::free(store, &live.workspace, calendar, usize::from(*count), now);
            Some(found.map_or_else(failed, |slots| SendResult::SlotsFound { slots }))
        }
        Effect::HoldSlot {
            calendar,
            start,
            end,
        } => {
            let at_once = live
                .workspace
                .calendars
                .get(calendar)
                .map_or(1, |c| c.at_once);
            let booking = Booking {
                calendar: calendar.clone(),
                start: *start,
                end: *end,
                lead: job.lead,
                conversation: job.conversation?,
            };
            let held = engine.store.hold_slot(&booking, at_once);
            let slot = Slot {
                start: *start,
                end: *end,
            };
            Some(held.map_or_else(failed, |held| SendResult::SlotHeld { slot, held }))
        }
        Effect::FreeSlot { calendar } => {
            let freed = engine.store.free_slot(calendar, job.conversation?);
            Some(freed.map_or_else(failed, |_| SendResult::Accepted {
                provider_id: None,
                delivered: false,
            }))
        }
        _ => None,
    }
}

/// The sandbox's part: texts and emails are as good as delivered, endpoints answer what they were
/// told to.
pub fn sandbox(engine: &Engine, scenery: &Scenery, job: &Job) -> SendResult {
    if let Effect::FindSlots { calendar, .. } = &job.effect
        && scenery.full.contains(calendar)
    {
        return SendResult::SlotsFound { slots: Vec::new() };
    }
    let live = engine.live.load();
    if let Some(asked) = free_times::asked(&live.workspace, job) {
        let sample = || {
            live.workspace
                .endpoints
                .get(&asked.endpoint)?
                .sample
                .clone()
        };
        let told = scenery.answers.get(&asked.endpoint).cloned();
        let answer = told.unwrap_or_else(sample);
        let saved = answer.map(|json| saved(&json, &*free_times::WHOLE));
        let result = SendResult::CallAnswered { saved };
        return free_times::answered(&live.workspace, job, result);
    }
    if let Some(result) = calendar(engine, job) {
        return result;
    }
    match &job.effect {
        Effect::Call { endpoint, save, .. } => {
            let live = engine.live.load();
            let sample = || live.workspace.endpoints.get(endpoint)?.sample.clone();
            let answer = scenery
                .answers
                .get(endpoint)
                .cloned()
                .unwrap_or_else(sample);
            SendResult::CallAnswered {
                saved: answer.map(|json| saved(&json, save)),
            }
        }
        _ => SendResult::Accepted {
            provider_id: Some(format!("sandbox-{}-{}", job.lead.digits(), job.seq)),
            delivered: true,
        },
    }
}

/// What `save` asks for of an endpoint's answer: each name with the value at its path.
pub fn saved(json: &Json, save: &[(Name, String)]) -> Vec<(Name, Value)> {
    save.iter()
        .map(|(name, path)| (name.clone(), value_of(at_path(json, path))))
        .collect()
}

/// `stock.0.price`: members by name, items by number. An empty path is the whole answer.
fn at_path<'j>(json: &'j Json, path: &str) -> &'j Json {
    path.split('.')
        .filter(|part| !part.is_empty() && *part != "$")
        .fold(json, |json, part| {
            static NULL: Json = Json::Null;
            match json {
                Json::Object(members) => members.get(part).unwrap_or(&NULL),
                Json::Array(items) => part
                    .parse::<usize>()
                    .ok()
                    .and_then(|i| items.get(i))
                    .unwrap_or(&NULL),
                _ => &NULL,
            }
        })
}

/// JSON as a value of ours. A string that is a moment in RFC 3339 is one.
pub fn value_of(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nothing,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => number.as_f64().map_or(Value::Nothing, Value::Number),
        Json::String(text) => match text.parse::<Timestamp>() {
            Ok(at) if text.len() >= 16 && text.contains('T') => Value::Moment(at),
            _ => Value::Text(text.clone()),
        },
        Json::Array(items) => Value::List(
            items
                .iter()
                .map(|item| item.as_str().map_or(item.to_string(), str::to_string))
                .collect(),
        ),
        Json::Object(_) => Value::Text(json.to_string()),
    }
}
