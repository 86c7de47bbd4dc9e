//! What is known of the agents at any moment: who is away, who has which leads, and what a number means
//! that one of them texts. Kept in memory beside the store, from which it is made anew on start; every
//! commit that was written moves it on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use minicbor::{Decode, Encode};

use crate::flow::workspace::roster::{Away, Roster};
use crate::lead::PhoneNumber;
use crate::store::{
    Commit, HandoffId, HandoffQuery, HandoffRecord, HandoffStatus, MenuItem, Store, StoreError,
};
use crate::time::{Duration, Timestamp};

/// How many live handoffs are looked at on start, and how many of the newest for whose turn it is.
const LIVE_MAX: usize = 50_000;
const NEWEST_MAX: usize = 500;
/// So long after its lead is off the table a number is not given anew: a late answer is never taken for
/// another lead's.
const NUMBER_RESTS: Duration = Duration::mins(10);
/// Handoffs that are over and still known, so that a late answer is told who has it.
const OVER_KEPT: Duration = Duration::hours(24);
const OVER_MAX: usize = 2_000;
const AWAY: &str = "agents.away";

/// A handoff as agents know it, without the lead's words.
#[derive(Debug, Clone)]
pub struct Known {
    pub id: HandoffId,
    pub lead: PhoneNumber,
    pub status: HandoffStatus,
    pub agent: Option<String>,
    pub menu: Vec<MenuItem>,
    /// Who was asked in any round.
    pub asked: Vec<String>,
    /// Who is asked in the round under way.
    now_asked: Vec<String>,
    /// When its menu last changed.
    pub touched: Timestamp,
}

impl Known {
    fn of(record: &HandoffRecord) -> Known {
        let mut asked: Vec<String> = Vec::new();
        for agent in record.rounds.iter().flat_map(|round| &round.agents) {
            if !asked.contains(agent) {
                asked.push(agent.clone());
            }
        }
        let last = record.rounds.last();
        let at = [Some(record.created), record.claimed, record.resolved];
        Known {
            id: record.id,
            lead: record.lead,
            status: record.status,
            agent: record.agent.clone(),
            menu: record.menu.clone(),
            asked,
            now_asked: last.map_or(Vec::new(), |round| round.agents.clone()),
            touched: at.into_iter().flatten().max().unwrap_or(record.created),
        }
    }

    fn is_live(&self) -> bool {
        matches!(self.status, HandoffStatus::Open | HandoffStatus::Claimed)
    }

    /// Whether the agents still have it in mind: it is under way, or was a day ago.
    pub fn is_known_well(&self, now: Timestamp) -> bool {
        self.is_live() || now.since(self.touched) < OVER_KEPT
    }

    /// Whether the item can still be used.
    pub fn offers(&self, item: &MenuItem) -> bool {
        match (&item.outcome, self.status) {
            (None, HandoffStatus::Open) => true,
            (Some(_), HandoffStatus::Claimed) => self.agent.as_deref() == Some(&item.agent),
            _ => false,
        }
    }
}

#[derive(Default)]
struct State {
    known: BTreeMap<HandoffId, Known>,
    roster: Roster,
}

/// Shared by all turns.
#[derive(Default)]
pub struct Agents {
    state: Mutex<State>,
    shown: arc_swap::ArcSwap<Roster>,
}

#[derive(Encode, Decode)]
struct AwayRow {
    #[n(0)]
    agent: String,
    #[n(1)]
    until: Option<Timestamp>,
    #[n(2)]
    stopped: bool,
}

impl Agents {
    pub fn load(store: &dyn Store) -> Result<Self, StoreError> {
        let agents = Self::default();
        agents.reload(store)?;
        Ok(agents)
    }

    /// Reads everything again: on start, and when a batch that was worked out was not written.
    pub fn reload(&self, store: &dyn Store) -> Result<(), StoreError> {
        let mut state = State::default();
        for row in away_rows(store)? {
            let away = Away {
                until: row.until,
                stopped: row.stopped,
            };
            state.roster.away.insert(row.agent, away);
        }
        let mut newest = store.handoffs(&HandoffQuery {
            status: None,
            team: None,
            limit: NEWEST_MAX,
        })?;
        for status in [HandoffStatus::Open, HandoffStatus::Claimed] {
            newest.extend(store.handoffs(&HandoffQuery {
                status: Some(status),
                team: None,
                limit: LIVE_MAX,
            })?);
        }
        newest.sort_by_key(|record| (record.created, record.id));
        newest.dedup_by_key(|record| record.id);
        for record in &newest {
            state.take(record);
        }
        self.publish(&mut self.lock(), state);
        Ok(())
    }

    fn publish(&self, held: &mut State, state: State) {
        self.shown.store(Arc::new(state.roster.clone()));
        *held = state;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn roster(&self) -> Arc<Roster> {
        self.shown.load_full()
    }

    /// Takes in what a commit said of handoffs; `read` brings one that was stored before.
    pub fn take(&self, store: &dyn Store, commit: &Commit) -> Result<(), StoreError> {
        if commit.handoffs.is_empty() && commit.handoff_changes.is_empty() {
            return Ok(());
        }
        let mut records: BTreeMap<HandoffId, HandoffRecord> = commit
            .handoffs
            .iter()
            .map(|record| (record.id, record.clone()))
            .collect();
        for change in &commit.handoff_changes {
            let record = match records.remove(&change.id) {
                Some(record) => Some(record),
                None => store.handoff(change.id)?,
            };
            if let Some(record) = record {
                measure(&record, change.status, change.at);
                records.insert(change.id, record.after(change));
            }
        }
        let mut state = self.lock();
        for record in records.values() {
            state.take(record);
        }
        state.forget_old(commit.now);
        self.shown.store(Arc::new(state.roster.clone()));
        Ok(())
    }

    /// The lead was erased.
    pub fn forget(&self, lead: PhoneNumber) {
        let mut state = self.lock();
        let theirs: Vec<HandoffId> = state
            .known
            .values()
            .filter(|known| known.lead == lead)
            .map(|known| known.id)
            .collect();
        for id in theirs {
            state.remove(id);
        }
        self.shown.store(Arc::new(state.roster.clone()));
    }

    /// Sets an agent away, or back with `None`; kept in the store.
    pub fn set_away(
        &self,
        store: &dyn Store,
        agent: &str,
        away: Option<Away>,
    ) -> Result<(), StoreError> {
        let mut state = self.lock();
        match away {
            Some(away) => drop(state.roster.away.insert(agent.to_string(), away)),
            None => drop(state.roster.away.remove(agent)),
        }
        let rows: Vec<AwayRow> = state
            .roster
            .away
            .iter()
            .map(|(agent, away)| AwayRow {
                agent: agent.clone(),
                until: away.until,
                stopped: away.stopped,
            })
            .collect();
        self.shown.store(Arc::new(state.roster.clone()));
        let bytes = minicbor::to_vec(rows).map_err(|error| StoreError::Failed {
            doing: "keep who is away",
            source: Box::new(error),
        })?;
        store.set_setting(AWAY, &bytes)
    }

    /// The live and lately ended handoffs that concern an agent, newest first.
    pub fn of(&self, agent: &str) -> Vec<Known> {
        let state = self.lock();
        let concerns = |known: &&Known| {
            known.agent.as_deref() == Some(agent) || known.asked.iter().any(|asked| asked == agent)
        };
        let mut found: Vec<Known> = state.known.values().filter(concerns).cloned().collect();
        found.sort_by_key(|known| std::cmp::Reverse((known.touched, known.id)));
        found
    }

    /// The lowest numbers that mean nothing to the agent yet, besides `taken`.
    pub fn free_numbers(
        &self,
        agent: &str,
        taken: &[u32],
        count: usize,
        now: Timestamp,
    ) -> Vec<u32> {
        let state = self.lock();
        let used: Vec<u32> = state
            .known
            .values()
            .filter(|known| known.is_live() || now.since(known.touched) < NUMBER_RESTS)
            .flat_map(|known| &known.menu)
            .filter(|item| item.agent == agent)
            .map(|item| item.number)
            .collect();
        (1..)
            .filter(|n| !used.contains(n) && !taken.contains(n))
            .take(count)
            .collect()
    }
}

impl State {
    fn take(&mut self, record: &HandoffRecord) {
        self.remove(record.id);
        let known = Known::of(record);
        for round in &record.rounds {
            if let [one] = round.agents.as_slice() {
                self.roster.last.insert(round.team.clone(), one.clone());
            }
        }
        self.count(&known, 1);
        self.known.insert(known.id, known);
    }

    fn remove(&mut self, id: HandoffId) {
        if let Some(known) = self.known.remove(&id) {
            self.count(&known, -1);
        }
    }

    fn count(&mut self, known: &Known, by: i32) {
        let add = |counts: &mut BTreeMap<String, u32>, agent: &str| {
            let count = counts.entry(agent.to_string()).or_default();
            *count = count.saturating_add_signed(by);
        };
        match (known.status, &known.agent, known.now_asked.as_slice()) {
            (HandoffStatus::Claimed, Some(agent), _) => add(&mut self.roster.has, agent),
            (HandoffStatus::Open, _, [one]) => add(&mut self.roster.asked, one),
            _ => {}
        }
    }

    /// What is long over is known no more.
    fn forget_old(&mut self, now: Timestamp) {
        if self.known.len() <= OVER_MAX {
            return;
        }
        self.known
            .retain(|_, known| known.is_live() || now.since(known.touched) < OVER_KEPT);
    }
}

fn away_rows(store: &dyn Store) -> Result<Vec<AwayRow>, StoreError> {
    match store.setting(AWAY)? {
        None => Ok(Vec::new()),
        Some(bytes) => minicbor::decode(&bytes).map_err(|_| StoreError::Unreadable {
            what: "list of who is away",
        }),
    }
}

/// Speed to lead: from the handing over to the claim, and to how it went.
fn measure(record: &HandoffRecord, to: HandoffStatus, at: Timestamp) {
    let took = at.since(record.created).as_ms().max(0) as f64 / 1_000.0;
    match to {
        HandoffStatus::Claimed if record.claimed.is_none() => {
            metrics::histogram!("replytree_handoff_claim_seconds").record(took);
        }
        HandoffStatus::Resolved => {
            metrics::histogram!("replytree_handoff_outcome_seconds").record(took);
        }
        HandoffStatus::Unclaimed => {
            metrics::counter!("replytree_handoffs_unclaimed_total").increment(1);
        }
        HandoffStatus::Open | HandoffStatus::Claimed => {}
    }
}
