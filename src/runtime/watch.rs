//! Watches for what no campaign should look like, and holds a flow up until somebody has looked: bursts
//! of replies, one text from many numbers, opt-out spikes. What is counted, and from where on, is the
//! workspace's `anomalies`.
//!
//! Counts are of one period after another and of this process alone: a guard, not a report. That a flow is
//! paused is kept in the store, and so outlives a restart and is undone from another process.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value as Json, json};

use crate::conversation::Status;
use crate::flow::workspace::Anomalies;
use crate::lead::{Name, PhoneNumber};
use crate::runtime::work::{Done, Inbound};
use crate::store::{Store, StoreError};
use crate::time::{Duration, Timestamp};

const PAUSED_SETTING: &str = "paused.flows";
/// Different long texts remembered in one period.
const TEXTS_MAX: usize = 10_000;
/// Shorter texts are said by many: "yes", "1", "not interested".
const LONG_TEXT_MIN: usize = 24;
/// Once a period, so that a flow that was let go on is not held up again for what was looked at.
const SPIKE: &str = "spike";
/// How long a row of a paused flow is held before it is looked at again.
pub const LOOK_AGAIN: Duration = Duration::mins(1);

/// Why and since when a flow stands still.
#[derive(Debug, Clone, PartialEq)]
pub struct Pause {
    pub why: String,
    pub at: Timestamp,
}

type Pauses = BTreeMap<Name, Pause>;

#[derive(Default)]
pub struct Watch {
    counts: Mutex<Counts>,
    /// Most of the time nothing is paused, and this is all that is asked.
    any: AtomicBool,
}

#[derive(Default)]
struct Counts {
    since: Option<Timestamp>,
    flows: HashMap<Name, Tally>,
    channels: HashMap<Name, Tally>,
    texts: HashMap<u64, HashSet<PhoneNumber>>,
}

#[derive(Default)]
struct Tally {
    replies: u32,
    opt_outs: u32,
    strangers: u32,
    /// The flows whose leads opted out here, for a channel.
    losing: HashSet<Name>,
    /// Said once a period.
    told: HashSet<&'static str>,
}

/// What one reply was, as far as it counts.
struct Seen<'a> {
    flow: Option<&'a Name>,
    opted_out: bool,
}

impl Watch {
    /// Takes up what was paused before.
    pub fn load(&self, store: &dyn Store) -> Result<(), StoreError> {
        let any = !paused(store)?.is_empty();
        self.any.store(any, Ordering::Relaxed);
        Ok(())
    }

    /// Whether a flow's texts stand still. Asks the store only while some flow is paused.
    pub fn holds(&self, store: &dyn Store, flow: &Name) -> Result<bool, StoreError> {
        if !self.any.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let paused = paused(store)?;
        self.any.store(!paused.is_empty(), Ordering::Relaxed);
        Ok(paused.contains_key(flow))
    }

    pub fn any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    /// Counts a reply; pauses what it makes too many of.
    pub fn note(
        &self,
        store: &dyn Store,
        limits: &Anomalies,
        inbound: &Inbound,
        done: &Done,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let found = self.counts().take_in(limits, inbound, done, now);
        for (flow, why) in found {
            self.pause(store, &flow, why, now)?;
        }
        Ok(())
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn pause(
        &self,
        store: &dyn Store,
        flow: &Name,
        why: String,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut why = Some(why);
        store.change_setting(PAUSED_SETTING, &mut |was| {
            let mut all = read(was);
            if all.contains_key(flow) {
                return None;
            }
            let why = why.take()?;
            tracing::error!(flow = flow.as_str(), %why, "a flow is paused; `replytree resume` lets it go on");
            all.insert(flow.clone(), Pause { why, at });
            Some(written(&all))
        })?;
        self.any.store(true, Ordering::Relaxed);
        Ok(())
    }
}

impl Counts {
    /// The flows to pause, and why.
    fn take_in(
        &mut self,
        limits: &Anomalies,
        inbound: &Inbound,
        done: &Done,
        now: Timestamp,
    ) -> Vec<(Name, String)> {
        if self
            .since
            .is_none_or(|since| now.since(since) > limits.window)
        {
            *self = Self {
                since: Some(now),
                ..Self::default()
            };
        }
        let conversation = done.conversation.as_ref();
        let seen = Seen {
            flow: conversation.map(|c| &c.flow),
            opted_out: conversation.is_some_and(
                |c| matches!(&c.status, Status::Ended { outcome } if &**outcome == "opted_out"),
            ),
        };
        let mut found = Vec::new();
        self.count_channel(limits, &inbound.channel, &seen, &mut found);
        if let Some(flow) = seen.flow {
            self.count_flow(limits, flow, &seen, &mut found);
            self.count_text(limits, flow, inbound, done, &mut found);
        }
        found
    }

    fn count_channel(
        &mut self,
        limits: &Anomalies,
        channel: &Name,
        seen: &Seen,
        found: &mut Vec<(Name, String)>,
    ) {
        let tally = tally(&mut self.channels, channel);
        tally.replies += 1;
        tally.opt_outs += u32::from(seen.opted_out);
        tally.strangers += u32::from(seen.flow.is_none());
        if let (true, Some(flow)) = (seen.opted_out, seen.flow) {
            tally.losing.insert(flow.clone());
        }
        tally.warn("strangers", tally.strangers, limits.strangers / 2, channel);
        tally.warn("opt-outs", tally.opt_outs, limits.opt_outs / 2, channel);
        if seen.opted_out && tally.is_spike(limits) && tally.told.insert(SPIKE) {
            let why = format!(
                "{} opt-outs in {} replies on channel {channel}",
                tally.opt_outs, tally.replies
            );
            found.extend(tally.losing.iter().map(|flow| (flow.clone(), why.clone())));
        }
    }

    fn count_flow(
        &mut self,
        limits: &Anomalies,
        flow: &Name,
        seen: &Seen,
        found: &mut Vec<(Name, String)>,
    ) {
        let tally = tally(&mut self.flows, flow);
        tally.replies += 1;
        tally.opt_outs += u32::from(seen.opted_out);
        tally.warn("replies", tally.replies, limits.replies / 2, flow);
        tally.warn("opt-outs", tally.opt_outs, limits.opt_outs / 2, flow);
        if tally.replies == limits.replies {
            found.push((
                flow.clone(),
                format!("a burst of {} replies", tally.replies),
            ));
        }
        if seen.opted_out && tally.is_spike(limits) && tally.told.insert(SPIKE) {
            let why = format!("{} opt-outs in {} replies", tally.opt_outs, tally.replies);
            found.push((flow.clone(), why));
        }
    }

    /// Long texts that no question understood, by who wrote them.
    fn count_text(
        &mut self,
        limits: &Anomalies,
        flow: &Name,
        inbound: &Inbound,
        done: &Done,
        found: &mut Vec<(Name, String)>,
    ) {
        let plain = inbound.text.trim();
        let answered = done
            .heard
            .iter()
            .any(|heard| heard.what == "conversation.moved");
        if plain.len() < LONG_TEXT_MIN || answered {
            return;
        }
        let mut hasher = DefaultHasher::new();
        plain.hash(&mut hasher);
        let hash = hasher.finish();
        if self.texts.len() >= TEXTS_MAX && !self.texts.contains_key(&hash) {
            return;
        }
        let numbers = self.texts.entry(hash).or_default();
        if numbers.len() < limits.same_text as usize
            && numbers.insert(inbound.from)
            && numbers.len() == limits.same_text as usize
        {
            let why = format!("the same text from {} numbers", numbers.len());
            found.push((flow.clone(), why));
        }
    }
}

/// Without a new key where there is one.
fn tally<'c>(of: &'c mut HashMap<Name, Tally>, name: &Name) -> &'c mut Tally {
    if !of.contains_key(name) {
        of.insert(name.clone(), Tally::default());
    }
    of.get_mut(name).expect("it was just put there")
}

impl Tally {
    fn is_spike(&self, limits: &Anomalies) -> bool {
        self.opt_outs >= limits.opt_outs
            && u64::from(self.opt_outs) * 100
                >= u64::from(limits.opt_out_percent) * u64::from(self.replies)
    }

    fn warn(&mut self, what: &'static str, count: u32, from: u32, of: &Name) {
        if count > 1 && count >= from && self.told.insert(what) {
            tracing::warn!(
                of = of.as_str(),
                what,
                count,
                "unusually many in this period"
            );
        }
    }
}

/// The flows that stand still.
pub fn paused(store: &dyn Store) -> Result<Pauses, StoreError> {
    Ok(read(store.setting(PAUSED_SETTING)?.as_deref()))
}

fn read(setting: Option<&[u8]>) -> Pauses {
    let json: Json = setting
        .and_then(|bytes| serde_json::from_slice(bytes).ok())
        .unwrap_or_default();
    let of = |(flow, pause): (&String, &Json)| {
        let at = pause.get("at").and_then(Json::as_i64)?;
        let why = pause.get("why").and_then(Json::as_str)?.to_string();
        let at = Timestamp::from_ms(at);
        Some((Name::from(flow.as_str()), Pause { why, at }))
    };
    json.as_object()
        .into_iter()
        .flatten()
        .filter_map(of)
        .collect()
}

/// Lets a flow go on; what it was paused for, or `None` when it was not.
pub fn resume(store: &dyn Store, flow: &str) -> Result<Option<Pause>, StoreError> {
    let mut resumed = None;
    store.change_setting(PAUSED_SETTING, &mut |was| {
        let mut all = read(was);
        resumed = all.remove(flow);
        resumed.is_some().then(|| written(&all))
    })?;
    if resumed.is_some() {
        tracing::info!(flow, "a paused flow goes on");
    }
    Ok(resumed)
}

fn written(all: &Pauses) -> Vec<u8> {
    let json: serde_json::Map<String, Json> = all
        .iter()
        .map(|(flow, pause)| {
            let told = json!({ "why": pause.why, "at": pause.at.as_ms() });
            (flow.to_string(), told)
        })
        .collect();
    Json::Object(json).to_string().into_bytes()
}
