//! Figures folded from conversations and their timelines: what became of those a flow began with. Pure
//! over what it is given; who reads the rows decides which count.

pub mod significance;
mod speed;

use std::collections::{BTreeMap, HashMap};

use crate::conversation::{Conversation, ConversationId, Effect, Event, Status};
use crate::lead::{Name, PhoneNumber};
use crate::store::{ConversationQuery, Row, RowBody, SendStatus, Store, StoreError};
use crate::time::{Duration, Timestamp};

pub use significance::{Comparison, Share, Verdict};
pub use speed::Speed;

/// How many of a flow's newest conversations are counted at once.
pub const CONVERSATIONS_MAX: usize = 10_000;
const PAGE: usize = 500;
const ROWS_MAX: usize = 5_000;

/// What some conversations came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    pub conversations: u64,
    pub by_status: BTreeMap<&'static str, u64>,
    pub by_outcome: BTreeMap<String, u64>,
    /// Texts accepted by a carrier.
    pub sent: u64,
    pub delivered: u64,
    pub parts: u64,
    pub emails: u64,
    /// Conversations with at least one reply, one click, one handoff.
    pub replied: u64,
    pub clicked: u64,
    pub handed_off: u64,
    pub opted_out: u64,
    /// Conversations that came to the goal of the experiment whose arm this is.
    pub measured: u64,
    /// Conversations that came to a step, by its name.
    pub reached: BTreeMap<String, u64>,
    /// From a handoff's alert to its claim, each.
    pub to_claim: Vec<Duration>,
    /// From the first message to the first reply, each.
    pub to_reply: Vec<Duration>,
    pub speed: Speed,
}

impl Figures {
    /// Counts a conversation with its rows, in their order.
    pub fn add(&mut self, conversation: &Conversation, rows: &[Row]) {
        self.conversations += 1;
        *self
            .by_status
            .entry(conversation.status_name())
            .or_default() += 1;
        if let Status::Ended { outcome } = &conversation.status {
            *self.by_outcome.entry(outcome.to_string()).or_default() += 1;
            self.opted_out += u64::from(*outcome == "opted_out");
        }
        self.speed.add(rows);
        let mut one = One::default();
        for row in rows {
            match &row.body {
                RowBody::Happened(entry) => one.happened(&entry.event, row.at),
                RowBody::Outgoing(effect, sending) => {
                    let left = sending.accepted.is_some();
                    let delivered = sending.status == SendStatus::Delivered;
                    one.outgoing(effect, row.at, left);
                    match effect {
                        Effect::Sms(_) if left => {
                            self.sent += 1;
                            self.parts += u64::from(sending.parts);
                            self.delivered += u64::from(delivered);
                        }
                        Effect::Email(_) if left => self.emails += 1,
                        _ => {}
                    }
                }
            }
        }
        self.replied += u64::from(one.replied.is_some());
        self.clicked += u64::from(one.clicked);
        self.handed_off += u64::from(one.handed_off);
        self.to_claim.extend(one.to_claim);
        let answered = one.first_message.zip(one.replied);
        self.to_reply.extend(
            answered
                .filter(|(sent, at)| at >= sent)
                .map(|(sent, at)| at.since(sent)),
        );
        for step in steps(conversation, rows) {
            *self.reached.entry(step).or_default() += 1;
        }
    }

    /// Part of all, between 0 and 1; `None` when there are none.
    pub fn rate(&self, part: u64) -> Option<f64> {
        (self.conversations > 0).then(|| part as f64 / self.conversations as f64)
    }
}

/// What an experiment measures, where that is not counted of every conversation anyway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// The lead did it after the conversation began, ended or not, and before they came in again.
    Event(Name),
    Outcome(Name),
}

impl Goal {
    /// As a flow writes it.
    pub fn name(&self) -> String {
        match self {
            Goal::Event(name) => format!("event:{name}"),
            Goal::Outcome(name) => format!("outcome:{name}"),
        }
    }
}

/// When each lead came into the flow again after the conversation at hand, newest first.
#[derive(Default)]
pub struct CameAgain(HashMap<PhoneNumber, Timestamp>);

impl CameAgain {
    /// Whether the conversation came to the goal. Asked of each, from the newest to the oldest.
    pub fn comes_to(
        &mut self,
        store: &dyn Store,
        goal: &Goal,
        conversation: &Conversation,
        rows: &[Row],
    ) -> Result<bool, StoreError> {
        let event = match goal {
            Goal::Outcome(name) => return Ok(conversation.outcome() == Some(name)),
            Goal::Event(event) => event,
        };
        let (lead, began) = (conversation.lead, conversation.started);
        let until = self.0.insert(lead, began);
        let first = rows.first().map_or(0, |row| row.seq);
        // What is told after the end stands in no conversation, or in another flow's.
        let all = store.timeline(lead, None, first.saturating_sub(1), ROWS_MAX)?;
        Ok(all.iter().any(|row| {
            let within = row.at >= began && until.is_none_or(|until| row.at < until);
            let RowBody::Happened(entry) = &row.body else {
                return false;
            };
            within && matches!(&entry.event, Event::LeadDid { event: did, .. } if did == event)
        }))
    }
}

/// The arms by name, as `advance` draws them: the changed one and the untouched one.
const ARMS: (&str, &str) = ("variant", "holdout");

/// How the changed arm does against the untouched one: who replied, who opted out, who came to the goal.
pub fn compared(
    arms: &BTreeMap<String, Figures>,
    goal: Option<&Goal>,
) -> Vec<(String, Comparison)> {
    let (Some(variant), Some(holdout)) = (arms.get(ARMS.0), arms.get(ARMS.1)) else {
        return Vec::new();
    };
    let share = |figures: &Figures, hits| Share::new(hits, figures.conversations);
    let of = |name: &str, hits: fn(&Figures) -> u64| {
        let both = (share(variant, hits(variant)), share(holdout, hits(holdout)));
        significance::compare(both.0, both.1).map(|it| (name.to_string(), it))
    };
    [
        of("replied", |figures| figures.replied),
        of("clicked", |figures| figures.clicked),
        of("handed_off", |figures| figures.handed_off),
        of("opted_out", |figures| figures.opted_out),
        goal.and_then(|goal| of(&goal.name(), |figures| figures.measured)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The middle one; of an even number the lower of the two.
pub fn median(times: &[Duration]) -> Option<Duration> {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

/// What is remembered of one conversation while its rows pass.
#[derive(Default)]
struct One {
    first_message: Option<Timestamp>,
    replied: Option<Timestamp>,
    clicked: bool,
    handed_off: bool,
    alerted: Option<Timestamp>,
    to_claim: Vec<Duration>,
}

impl One {
    fn happened(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::Replied { .. } | Event::EmailReplied(_) => {
                self.replied.get_or_insert(at);
            }
            Event::Clicked { .. } => self.clicked = true,
            Event::HandoffClaimed { .. } => {
                let alerted = self.alerted.take();
                self.to_claim
                    .extend(alerted.map(|alerted| at.since(alerted)));
            }
            _ => {}
        }
    }

    fn outgoing(&mut self, effect: &Effect, at: Timestamp, left: bool) {
        match effect {
            Effect::AlertAgents(_) => {
                self.handed_off = true;
                self.alerted.get_or_insert(at);
            }
            Effect::Sms(_) if left => {
                self.first_message.get_or_insert(at);
            }
            _ => {}
        }
    }
}

/// Each step that the conversation came to, once.
fn steps(conversation: &Conversation, rows: &[Row]) -> Vec<String> {
    let entries = rows.iter().filter_map(|row| match &row.body {
        RowBody::Happened(entry) => Some(entry),
        RowBody::Outgoing(..) => None,
    });
    let hops = entries.flat_map(|entry| &entry.path);
    let mut steps: Vec<String> = hops
        .flat_map(|hop| [hop.from.to_string(), hop.to.to_string()])
        .chain(conversation.step().map(ToString::to_string))
        .filter(|step| !step.is_empty())
        .collect();
    steps.sort();
    steps.dedup();
    steps
}

/// Calls `each` with a flow's newest conversations and their rows; false when there are more.
pub fn walk(
    store: &dyn Store,
    flow: &Name,
    since: Option<Timestamp>,
    mut each: impl FnMut(&Conversation, &[Row]) -> Result<(), StoreError>,
) -> Result<bool, StoreError> {
    let mut before: Option<ConversationId> = None;
    for _ in 0..CONVERSATIONS_MAX / PAGE {
        let page = store.conversations(&ConversationQuery {
            flow: Some(flow.clone()),
            before,
            limit: PAGE,
            ..ConversationQuery::default()
        })?;
        for conversation in &page {
            if since.is_some_and(|since| conversation.started < since) {
                continue;
            }
            let rows = store.timeline(conversation.lead, Some(conversation.id), 0, ROWS_MAX)?;
            each(conversation, &rows)?;
        }
        before = page.last().map(|conversation| conversation.id);
        if page.len() < PAGE {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A flow's figures, and whether every conversation was counted.
pub fn of_flow(
    store: &dyn Store,
    flow: &Name,
    since: Option<Timestamp>,
) -> Result<(Figures, bool), StoreError> {
    let mut figures = Figures::default();
    let complete = walk(store, flow, since, |conversation, rows| {
        figures.add(conversation, rows);
        Ok(())
    })?;
    Ok((figures, complete))
}

/// An experiment's figures by arm.
pub fn of_experiment(
    store: &dyn Store,
    flow: &Name,
    experiment: &str,
    goal: Option<&Goal>,
    since: Option<Timestamp>,
) -> Result<(BTreeMap<String, Figures>, bool), StoreError> {
    let mut arms: BTreeMap<String, Figures> = BTreeMap::new();
    let mut again = CameAgain::default();
    let complete = walk(store, flow, since, |conversation, rows| {
        let drawn = conversation.variants.iter().find(|(e, _)| *e == experiment);
        if let Some((_, arm)) = drawn {
            let figures = arms.entry(arm.to_string()).or_default();
            figures.add(conversation, rows);
            if let Some(goal) = goal {
                let came = again.comes_to(store, goal, conversation, rows)?;
                figures.measured += u64::from(came);
            }
        }
        Ok(())
    })?;
    Ok((arms, complete))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        let secs =
            |list: &[i64]| -> Vec<Duration> { list.iter().map(|s| Duration::secs(*s)).collect() };
        for (times, want) in [
            (vec![], None),
            (vec![5], Some(5)),
            (vec![9, 1, 5], Some(5)),
            (vec![9, 1, 5, 7], Some(5)),
        ] {
            assert_eq!(median(&secs(&times)), want.map(Duration::secs), "{times:?}");
        }
    }
}
