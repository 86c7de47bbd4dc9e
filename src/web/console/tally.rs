//! What a flow's newest conversations came to: how often each arrow was taken, where leads were lost,
//! what was sent and answered, how long it took. Folded from their timelines, at most
//! [`CONVERSATIONS_MAX`] of them, and kept for as long as the counting is worth; a page says of which
//! period it speaks.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration as Span, Instant};

use crate::conversation::{Conversation, ConversationId, Effect, Entry, Event, Status, VersionId};
use crate::flow::graph::{Taken, taken_by};
use crate::flow::{Flow, Objective, picture};
use crate::kpi::{CameAgain, Goal};
use crate::lead::Name;
use crate::store::{ConversationQuery, Row, RowBody, SendStatus, StepCount, Store, StoreError};
use crate::time::{Duration, Timestamp};
use crate::web::api::reports;
use crate::web::console::period::Period;
use crate::web::console::stock::Stocks;
use crate::web::error::Problem;
use crate::web::state::AppState;

/// How many of a flow's newest conversations are counted.
pub const CONVERSATIONS_MAX: usize = 2_000;
pub const PAGE: usize = 200;
/// What every short link of ours has in its address.
const SHORT_LINK: &str = "/l/";
/// The first rows of each: what comes later is an agent's long talk.
const ROWS_MAX: usize = 400;
/// A count is used again for so many times as long as it took, and for at least `FRESH_MIN`.
pub const WORTH: u32 = 20;
pub const FRESH_MIN: Span = Span::from_millis(300);

#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// When the oldest conversation counted began.
    pub since: Option<Timestamp>,
    /// No conversation was left out.
    pub complete: bool,
    pub all: Sum,
    /// By how they came in: a campaign, a keyword, an import, the API.
    pub ways_in: BTreeMap<String, Sum>,
    /// By experiment and arm.
    pub arms: BTreeMap<(Name, Name), Sum>,
    /// How many conversations of an arm came to the experiment's goal, where it is an event or an outcome.
    pub measured: BTreeMap<(Name, Name), u64>,
    /// How often each exit of a step was taken.
    pub exits: BTreeMap<(Name, Name), u64>,
    /// How often each step was entered.
    pub entered: BTreeMap<Name, u64>,
    /// Leads whose last word was not said here: silent to the end, opted out, gone.
    pub dropped: BTreeMap<Name, u64>,
    /// Conversations begun and conversations answered, by day since 1970 (UTC).
    pub days: BTreeMap<i64, (u64, u64)>,
    /// For how long this count is given again.
    pub fresh: Span,
    /// Where conversations under way stand, by version: the one served, and those with any.
    pub standing: BTreeMap<VersionId, Vec<StepCount>>,
}

/// Figures over some conversations.
#[derive(Debug, Clone, Default)]
pub struct Sum {
    pub conversations: u64,
    pub ended: u64,
    pub outcomes: BTreeMap<Name, u64>,
    /// Texts that a carrier accepted, and what became of them.
    pub sent: u64,
    pub delivered: u64,
    pub lost: u64,
    pub parts: u64,
    pub emails: u64,
    /// Conversations with a text delivered or on its way, a reply, a link sent, a click, a handoff, a
    /// claim, an outcome that the flow's picture shows as won, an opt-out.
    pub reached: u64,
    pub replied: u64,
    pub linked: u64,
    pub clicked: u64,
    pub handed_off: u64,
    pub claimed: u64,
    pub won: u64,
    pub opted_out: u64,
    /// From the first text to the first reply; from a handoff to its claim, and to its outcome.
    pub to_reply: Vec<Duration>,
    pub to_claim: Vec<Duration>,
    pub to_outcome: Vec<Duration>,
}

impl Tally {
    fn read(store: &dyn Store, flow: &Flow, began: Option<Timestamp>) -> Result<Self, StoreError> {
        let mut tally = Tally::default();
        let mut before: Option<ConversationId> = None;
        let goals = flow.experiments.iter();
        let goals = goals.filter_map(|it| Some((&it.name, reports::goal(it)?)));
        let mut goals: Vec<(&Name, Goal, CameAgain)> = goals
            .map(|(name, goal)| (name, goal, CameAgain::default()))
            .collect();
        for _ in 0..CONVERSATIONS_MAX / PAGE {
            let page = store.conversations(&ConversationQuery {
                flow: Some(flow.name.clone()),
                before,
                limit: PAGE,
                ..ConversationQuery::default()
            })?;
            let within = |it: &&Conversation| began.is_none_or(|began| it.started >= began);
            for conversation in page.iter().filter(within) {
                let rows = store.timeline(conversation.lead, Some(conversation.id), 0, ROWS_MAX)?;
                tally.add(flow, conversation, &rows);
                for (name, goal, again) in &mut goals {
                    let arm = conversation.variants.iter().find(|(of, _)| of == *name);
                    if let Some(arm) = arm {
                        let came = again.comes_to(store, goal, conversation, &rows)?;
                        *tally.measured.entry(arm.clone()).or_default() += u64::from(came);
                    }
                }
            }
            before = page.last().map(|conversation| conversation.id);
            // Newest first: what comes after one that is too old is older still.
            if page.len() < PAGE || !page.last().as_ref().is_none_or(within) {
                tally.complete = true;
                break;
            }
        }
        let live = store.live_versions()?;
        let versions = store.flow_versions(&flow.name)?;
        let versions = versions.iter().map(|record| record.version);
        for version in versions.filter(|v| *v == flow.version || live.contains(v)) {
            tally.standing.insert(version, store.under_way_on(version)?);
        }
        Ok(tally)
    }

    /// How long a page waits after something happened, so that what it reads then has it.
    pub fn every_ms(&self) -> u128 {
        self.fresh.as_millis() + 100
    }

    /// How many conversations of a version have not ended.
    pub fn under_way(&self, version: VersionId) -> u64 {
        let counts = self.standing.get(&version).into_iter().flatten();
        counts.map(|count| count.count).sum()
    }

    fn add(&mut self, flow: &Flow, conversation: &Conversation, rows: &[Row]) {
        let since = self.since.get_or_insert(conversation.started);
        *since = conversation.started.min(*since);
        let one = Sum::of(conversation, rows, flow.objective);
        let day = self.days.entry(conversation.started.as_ms() / 86_400_000);
        let day = day.or_default();
        day.0 += 1;
        day.1 += one.replied;
        for arm in &conversation.variants {
            self.arms.entry(arm.clone()).or_default().join(&one);
        }
        let way = self.ways_in.entry(way_in(rows).to_string());
        way.or_default().join(&one);
        self.all.join(&one);
        self.follow(flow, conversation, rows);
    }

    /// The way through the flow, and where it broke off.
    fn follow(&mut self, flow: &Flow, conversation: &Conversation, rows: &[Row]) {
        let (mut at, mut silent): (Option<&Name>, Option<&Name>) = (None, None);
        let hops = rows.iter().filter_map(|row| match &row.body {
            RowBody::Happened(entry) => Some(&entry.path),
            RowBody::Outgoing(..) => None,
        });
        for hop in hops.flatten() {
            let exit = (hop.from.clone(), hop.exit.clone());
            *self.exits.entry(exit).or_default() += 1;
            *self.entered.entry(hop.to.clone()).or_default() += 1;
            if let Some(ix) = flow.find(&hop.from) {
                match taken_by(&flow.step(ix).verb, &hop.exit) {
                    Taken::Silence => silent = Some(&hop.from),
                    Taken::Answer | Taken::Agent | Taken::Unclear => silent = None,
                    Taken::Unclaimed | Taken::Event | Taken::Itself => {}
                }
            }
            if flow.find(&hop.to).is_some() {
                at = Some(&hop.to);
            }
        }
        let lost = match conversation.outcome().map(Name::as_str) {
            None => None,
            Some("opted_out" | "wrong_number" | "unreachable" | "stopped" | "failed") => at,
            Some(_) => silent,
        };
        if let Some(step) = lost {
            *self.dropped.entry(step.clone()).or_default() += 1;
        }
    }
}

/// What the first row says of it.
fn way_in(rows: &[Row]) -> &str {
    let first = rows.iter().find_map(|row| match &row.body {
        RowBody::Happened(entry) => match &entry.event {
            Event::Enrolled { by, .. } => Some(by.as_str()),
            _ => None,
        },
        RowBody::Outgoing(..) => None,
    });
    first.unwrap_or("not known")
}

impl Sum {
    /// Of one conversation.
    fn of(conversation: &Conversation, rows: &[Row], objective: Objective) -> Self {
        let mut sum = Sum {
            conversations: 1,
            ..Sum::default()
        };
        if let Status::Ended { outcome } = &conversation.status {
            sum.ended = 1;
            sum.opted_out = u64::from(*outcome == "opted_out");
            sum.won = u64::from(picture::is_won(outcome, objective));
            sum.outcomes.insert(outcome.clone(), 1);
        }
        let mut times = Times::default();
        for row in rows {
            match &row.body {
                RowBody::Happened(entry) => sum.happened(row.at, entry, &mut times),
                RowBody::Outgoing(effect, sending) => {
                    let left = sending.accepted.is_some();
                    match effect {
                        Effect::Sms(message) if left => {
                            sum.linked |= u64::from(message.text.contains(SHORT_LINK));
                            let delivered = sending.status == SendStatus::Delivered;
                            let lost = sending.status == SendStatus::Undelivered;
                            sum.sent += 1;
                            sum.parts += u64::from(sending.parts);
                            sum.delivered += u64::from(delivered);
                            sum.lost += u64::from(lost);
                            sum.reached |= u64::from(!lost);
                            times.first_text = times.first_text.or(sending.accepted);
                        }
                        Effect::Email(_) if left => sum.emails += 1,
                        Effect::AlertAgents(_) => {
                            sum.handed_off = 1;
                            times.handoff = Some(row.at);
                        }
                        _ => {}
                    }
                }
            }
        }
        sum
    }

    fn happened(&mut self, at: Timestamp, entry: &Entry, times: &mut Times) {
        match &entry.event {
            Event::Replied { .. } => {
                if self.replied == 0
                    && let Some(text) = times.first_text.filter(|text| *text <= at)
                {
                    self.to_reply.push(at.since(text));
                }
                self.replied = 1;
            }
            Event::Clicked { .. } => (self.clicked, self.linked) = (1, 1),
            Event::HandoffClaimed { .. } => {
                self.claimed = 1;
                self.to_claim
                    .extend(times.handoff.map(|since| at.since(since)));
            }
            Event::HandoffResolved { .. } => {
                let since = times.handoff.take();
                self.to_outcome.extend(since.map(|since| at.since(since)));
            }
            _ => {}
        }
    }

    pub fn join(&mut self, one: &Sum) {
        for (mine, theirs) in [
            (&mut self.conversations, one.conversations),
            (&mut self.ended, one.ended),
            (&mut self.sent, one.sent),
            (&mut self.delivered, one.delivered),
            (&mut self.lost, one.lost),
            (&mut self.parts, one.parts),
            (&mut self.emails, one.emails),
            (&mut self.reached, one.reached),
            (&mut self.replied, one.replied),
            (&mut self.linked, one.linked),
            (&mut self.clicked, one.clicked),
            (&mut self.handed_off, one.handed_off),
            (&mut self.claimed, one.claimed),
            (&mut self.won, one.won),
            (&mut self.opted_out, one.opted_out),
        ] {
            *mine += theirs;
        }
        for (outcome, count) in &one.outcomes {
            *self.outcomes.entry(outcome.clone()).or_default() += count;
        }
        self.to_reply.extend(&one.to_reply);
        self.to_claim.extend(&one.to_claim);
        self.to_outcome.extend(&one.to_outcome);
    }
}

#[derive(Default)]
struct Times {
    first_text: Option<Timestamp>,
    handoff: Option<Timestamp>,
}

/// The value that half of them do not exceed.
pub fn median(times: &[Duration]) -> Option<Duration> {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted.get(times.len().checked_sub(1)? / 2).copied()
}

/// The counts made last, by flow and period. One counts while the others wait for it.
#[derive(Default)]
pub struct Tallies {
    flows: Mutex<HashMap<(Name, Period), Arc<Slot>>>,
    pub stocks: Stocks,
}

#[derive(Default)]
struct Slot {
    counted: tokio::sync::Mutex<Option<Counted>>,
}

struct Counted {
    tally: Arc<Tally>,
    at: Instant,
}

impl Tallies {
    pub async fn of(&self, app: &AppState, flow: &Arc<Flow>) -> Result<Arc<Tally>, Problem> {
        self.within(app, flow, Period::All).await
    }

    /// Of the conversations that began within the period.
    pub async fn within(
        &self,
        app: &AppState,
        flow: &Arc<Flow>,
        period: Period,
    ) -> Result<Arc<Tally>, Problem> {
        let slot = {
            let mut flows = self.flows.lock().unwrap_or_else(PoisonError::into_inner);
            let key = (flow.name.clone(), period);
            flows.entry(key).or_default().clone()
        };
        let mut counted = slot.counted.lock().await;
        if let Some(kept) = counted.as_ref()
            && kept.at.elapsed() < kept.tally.fresh
        {
            return Ok(kept.tally.clone());
        }
        let (at, flow) = (Instant::now(), flow.clone());
        let began = period.since(app.now());
        let mut tally = app
            .read(move |store| Tally::read(store, &flow, began))
            .await?;
        tally.fresh = (at.elapsed() * WORTH).max(FRESH_MIN);
        let tally = Arc::new(tally);
        *counted = Some(Counted {
            tally: tally.clone(),
            at: Instant::now(),
        });
        Ok(tally)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_a_value_that_was_measured() {
        let ms = |all: &[i64]| {
            all.iter()
                .map(|ms| Duration::from_ms(*ms))
                .collect::<Vec<_>>()
        };
        for (times, wanted) in [
            (&[][..], None),
            (&[7], Some(7)),
            (&[9, 1], Some(1)),
            (&[9, 1, 5], Some(5)),
        ] {
            let got = median(&ms(times)).map(Duration::as_ms);
            assert_eq!(got, wanted, "{times:?}");
        }
    }
}
