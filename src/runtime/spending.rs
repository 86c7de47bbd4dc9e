//! Counts what is sent against the workspace's limits, and holds sending up when one is reached, until somebody
//! has looked: texts that are pumped through us cost more in a night than a campaign.
//!
//! Counted is what was handed to a carrier, after its commit: what is under way at that moment still leaves. A
//! text that waits for its carrier is counted once, and asking after one in doubt not at all.
//! The counts are kept in the store every few seconds, so that a restart does not begin them anew.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value as Json, json};

use crate::flow::workspace::Limit;
use crate::lead::Name;
use crate::store::{Store, StoreError};
use crate::time::{Duration, Timestamp};

const SETTING: &str = "spent.parts";
/// Into so many a period is divided; as one passes, what was sent in it is forgotten.
const SLICES: i64 = 12;
/// How often counts are kept.
const KEEP_EVERY: Duration = Duration::secs(5);

#[derive(Default)]
pub struct Spending {
    spent: Mutex<Spent>,
}

#[derive(Default)]
struct Spent {
    /// By limit: when a slice began, and the parts sent in it.
    by: BTreeMap<String, VecDeque<(Timestamp, u64)>>,
    kept: Option<Timestamp>,
}

impl Spending {
    /// Takes up what was counted before.
    pub fn load(&self, store: &dyn Store) -> Result<(), StoreError> {
        if let Some(bytes) = store.setting(SETTING)? {
            self.spent().by = read(&bytes);
        }
        Ok(())
    }

    fn spent(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a text; what is to be held up by it, and why. Whatever is let go on has its whole budget again.
    pub fn note(
        &self,
        store: &dyn Store,
        limits: &[Limit],
        channel: Option<&Name>,
        parts: u8,
        now: Timestamp,
    ) -> Result<Vec<(Name, String)>, StoreError> {
        let mut spent = self.spent();
        let mut reached = Vec::new();
        let counts = |limit: &&Limit| limit.channel.is_none() || limit.channel.as_ref() == channel;
        for limit in limits.iter().filter(counts) {
            let slices = spent.by.entry(key(limit)).or_default();
            let sum = add(slices, limit.per, u64::from(parts.max(1)), now);
            if sum >= u64::from(limit.parts) {
                slices.clear();
                let by = match &limit.channel {
                    Some(channel) => format!(" by `{channel}`"),
                    None => String::new(),
                };
                let why = format!("{sum} parts{by} in {}", limit.per);
                reached.push((limit.holds(), why));
            }
        }
        let due = spent.kept.is_none_or(|kept| now.since(kept) >= KEEP_EVERY);
        if due || !reached.is_empty() {
            spent.kept = Some(now);
            let bytes = written(&spent.by);
            drop(spent);
            store.set_setting(SETTING, &bytes)?;
        }
        Ok(reached)
    }
}

/// A limit that is changed is counted anew.
fn key(limit: &Limit) -> String {
    format!("{} {}", limit.holds(), limit.per.as_ms())
}

/// Adds parts, and forgets what is older than the period; the sum.
fn add(slices: &mut VecDeque<(Timestamp, u64)>, per: Duration, parts: u64, now: Timestamp) -> u64 {
    while slices.front().is_some_and(|(at, _)| now.since(*at) >= per) {
        slices.pop_front();
    }
    let slice_ms = (per.as_ms() / SLICES).max(1);
    match slices.back_mut() {
        Some((at, sum)) if now.since(*at).as_ms() < slice_ms => *sum += parts,
        _ => slices.push_back((now, parts)),
    }
    slices.iter().map(|(_, parts)| parts).sum()
}

fn written(by: &BTreeMap<String, VecDeque<(Timestamp, u64)>>) -> Vec<u8> {
    let all: serde_json::Map<String, Json> = by
        .iter()
        .map(|(key, slices)| {
            let slices: Vec<Json> = slices
                .iter()
                .map(|(at, parts)| json!([at.as_ms(), parts]))
                .collect();
            (key.clone(), Json::Array(slices))
        })
        .collect();
    Json::Object(all).to_string().into_bytes()
}

fn read(bytes: &[u8]) -> BTreeMap<String, VecDeque<(Timestamp, u64)>> {
    let json: Json = serde_json::from_slice(bytes).unwrap_or_default();
    let slice = |slice: &Json| {
        let at = slice.get(0)?.as_i64()?;
        Some((Timestamp::from_ms(at), slice.get(1)?.as_u64()?))
    };
    json.as_object()
        .into_iter()
        .flatten()
        .map(|(key, slices)| {
            let slices = slices.as_array().into_iter().flatten();
            (key.clone(), slices.filter_map(slice).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_slides_and_what_is_kept_reads_back() {
        let hour = Duration::hours(1);
        let at = |minutes: i64| Timestamp::from_ms(1_000_000_000_000) + Duration::mins(minutes);
        let mut slices = VecDeque::new();
        let sums: Vec<u64> = [(0, 2), (1, 1), (30, 3), (59, 1), (61, 1), (95, 2), (300, 1)]
            .into_iter()
            .map(|(minute, parts)| add(&mut slices, hour, parts, at(minute)))
            .collect();
        assert_eq!(sums, [2, 3, 6, 7, 5, 4, 1]);
        let by = BTreeMap::from([("sending:all 3600000".to_string(), slices)]);
        assert_eq!(read(&written(&by)), by);
        assert!(read(b"no json").is_empty());
    }
}
