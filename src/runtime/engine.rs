//! The engine: takes work, works each piece out as a turn, and commits turns together. Synchronous;
//! whoever calls it decides which thread waits.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use arc_swap::ArcSwap;

use crate::conversation::{ConversationId, Effect, VersionId};
use crate::flow::workspace::Workspace;
use crate::flow::{Flow, preferences};
use crate::lead::PhoneNumber;
use crate::runtime::claim_link::ClaimLink;
use crate::runtime::clock::Clock;
use crate::runtime::health::Health;
use crate::runtime::live::Live;
use crate::runtime::parked::{self, Parked};
use crate::runtime::roster::Agents;
use crate::runtime::spending::Spending;
use crate::runtime::turn::{Desk, Outcome, park};
use crate::runtime::watch::Watch;
use crate::runtime::work::{Done, Heard, Refusal, Work};
use crate::store::{
    Batch, CommitError, FlowRecord, Need, OnClock, SendStatus, Snapshot, Store, StoreError,
};
use crate::time::Timestamp;

pub struct Engine {
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub live: ArcSwap<Live>,
    pub(super) link_key: [u8; 32],
    /// Flows that conversations are pinned to, by version.
    pinned: RwLock<HashMap<VersionId, Arc<Flow>>>,
    ids: AtomicU16,
    listener: RwLock<Option<Listener>>,
    /// Who of the agents is there, and who has which leads.
    pub agents: Agents,
    /// How each channel fares.
    pub health: Health,
    /// What looks wrong, and what stands still for it.
    pub watch: Watch,
    /// What was sent, against the workspace's limits.
    pub spending: Spending,
    /// Turns set aside after a fault of ours, since start.
    pub parked: AtomicU64,
}

const SPOILT: &str = "its rows in the database cannot be read";

/// Why work is set aside, in words that hold nothing of a lead.
fn why(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotFound(_) => "the version of the flow that it stands on is not there",
        _ => "a fault while it was worked out; the server's log tells more",
    }
}

/// Told of what happens, as it happens.
pub type Listener = Box<dyn Fn(&Heard) + Send + Sync>;

/// The answer to one piece of work.
pub type Answer = Result<Done, Refusal>;

impl Engine {
    /// `link_key` makes short links unguessable; keep it with the store.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        live: Live,
        link_key: [u8; 32],
    ) -> Result<Self, StoreError> {
        let engine = Self {
            agents: Agents::load(store.as_ref())?,
            store,
            clock,
            live: ArcSwap::from_pointee(live),
            link_key,
            pinned: RwLock::new(HashMap::new()),
            ids: AtomicU16::new(0),
            listener: RwLock::new(None),
            health: Health::default(),
            watch: Watch::default(),
            spending: Spending::default(),
            parked: AtomicU64::new(0),
        };
        engine.keep_versions(&engine.live.load())?;
        engine.watch.load(engine.store.as_ref())?;
        engine.spending.load(engine.store.as_ref())?;
        Ok(engine)
    }

    /// Whose preferences page a token opens.
    pub fn preferences_of(&self, token: &str) -> Option<PhoneNumber> {
        preferences::read(&self.link_key, token)
    }

    /// The address of a lead's preferences page.
    pub fn preferences_url(&self, lead: PhoneNumber) -> String {
        preferences::url(&self.live.load().public_url, &self.link_key, lead)
    }

    pub fn listen(&self, listener: Listener) {
        *self
            .listener
            .write()
            .unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(listener);
    }

    /// Serves `live` from now on; leads under way stay on the version they began with.
    pub fn reload(&self, live: Live) -> Result<(), StoreError> {
        // Kept first: whoever is enrolled in a flow must find its version.
        self.keep_versions(&live)?;
        let before = self.live.load_full();
        self.health.keep(|name| {
            let known = before.workspace.channels.get(name);
            known.is_some() && live.workspace.channels.get(name) == known
        });
        self.live.store(Arc::new(live));
        Ok(())
    }

    /// Keeps the source of every live flow, so that its conversations outlive the file.
    fn keep_versions(&self, live: &Live) -> Result<(), StoreError> {
        let now = self.clock.now();
        for flow in live.flows.values() {
            if self.pinned_flow(flow.version).is_none() {
                self.store.save_flow(&FlowRecord {
                    version: flow.version,
                    name: flow.name.clone(),
                    sources: flow.sources.clone(),
                    saved: now,
                })?;
                self.pin(flow.clone());
            }
        }
        Ok(())
    }

    /// What seals the tokens of emails; see `email::token`.
    pub fn key(&self) -> &[u8; 32] {
        &self.link_key
    }

    fn pinned_flow(&self, version: VersionId) -> Option<Arc<Flow>> {
        let pinned = self
            .pinned
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        pinned.get(&version).cloned()
    }

    fn pin(&self, flow: Arc<Flow>) {
        let mut pinned = self
            .pinned
            .write()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        pinned.insert(flow.version, flow);
    }

    /// The flow a conversation is pinned to: from memory, else compiled again from its kept source.
    pub fn flow(&self, version: VersionId) -> Result<Option<Arc<Flow>>, StoreError> {
        if let Some(flow) = self.pinned_flow(version) {
            return Ok(Some(flow));
        }
        let Some(record) = self.store.flow(version)? else {
            return Ok(None);
        };
        let live = self.live.load();
        let compiled = crate::flow::compile_version(&live.workspace, &record.name, &record.sources);
        let Some(mut flow) = compiled else {
            return Ok(None);
        };
        // The hash of a newer compiler may differ; the version is the one that was stored.
        flow.version = version;
        let flow = Arc::new(flow);
        self.pin(flow.clone());
        Ok(Some(flow))
    }

    pub(super) fn new_id(&self, lead: PhoneNumber, now: Timestamp) -> ConversationId {
        ConversationId::new(lead, now, self.ids.fetch_add(1, Ordering::Relaxed))
    }

    /// What a claim link says, if this engine signed it.
    pub fn claim_link(&self, token: &str) -> Option<ClaimLink> {
        ClaimLink::read(token, &self.link_key)
    }

    /// The conversation whose appointment this code opens, if this engine made it.
    pub fn invited(&self, code: &str) -> Option<u64> {
        crate::flow::links::read_invite(&self.link_key, code)
    }

    /// One piece of work, durable when it returns.
    pub fn turn(&self, work: Work) -> Answer {
        self.turns(vec![work]).pop().unwrap_or(Err(Refusal::Parked))
    }

    /// Works all of it out and commits it together: one sync to disk for the lot. Work about the same
    /// lead is done in the order given.
    pub fn turns(&self, work: Vec<Work>) -> Vec<Answer> {
        let mut answers: Vec<Option<Answer>> = work.iter().map(|_| None).collect();
        let mut open: Vec<usize> = (0..work.len()).collect();
        while !open.is_empty() {
            // A lead is written once in a batch: what comes after for the same lead waits a round.
            let mut leads = std::collections::HashSet::with_capacity(open.len());
            let (round, later): (Vec<usize>, Vec<usize>) = open
                .iter()
                .copied()
                .partition(|i| leads.insert(work[*i].lead()));
            self.round(&work, &round, &mut answers);
            open = later;
        }
        let answers: Vec<Answer> = answers
            .into_iter()
            .map(|answer| answer.unwrap_or(Err(Refusal::Parked)))
            .collect();
        self.watch_over(&work, &answers);
        self.tell(&answers);
        answers
    }

    /// Counts a text that leaves; what reaches a limit by it stands still.
    fn watch_spending(
        &self,
        workspace: &Workspace,
        done: &Done,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(job) = &done.job else {
            return Ok(());
        };
        if workspace.limits.is_empty() || !matches!(job.effect, Effect::Sms(_)) {
            return Ok(());
        }
        // Asking after a text in doubt sends nothing; what was surely not taken is counted already.
        if job.sending.status == SendStatus::Uncertain || job.sending.waits_since.is_some() {
            return Ok(());
        }
        let (store, sending) = (self.store.as_ref(), &job.sending);
        let channel = sending.channel.as_ref();
        let limits = &workspace.limits;
        let reached = self
            .spending
            .note(store, limits, channel, sending.parts, now)?;
        for (held, why) in reached {
            self.watch.pause(store, &held, why, now)?;
        }
        Ok(())
    }

    /// A guard that cannot write is no reason to refuse a reply.
    fn watch_over(&self, work: &[Work], answers: &[Answer]) {
        let live = self.live.load();
        let now = self.clock.now();
        for (work, answer) in work.iter().zip(answers) {
            if let (Work::Begin { .. }, Ok(done)) = (work, answer)
                && let Err(error) = self.watch_spending(&live.workspace, done, now)
            {
                tracing::error!(%error, "what was sent could not be counted");
            }
            if let (Work::Inbound(inbound), Ok(done)) = (work, answer)
                && !done.duplicate
            {
                let limits = &live.workspace.anomalies;
                let store = self.store.as_ref();
                if let Err(error) = self.watch.note(store, limits, inbound, done, now) {
                    tracing::error!(%error, "a flow that should be paused could not be");
                }
            }
        }
    }

    fn round(&self, work: &[Work], round: &[usize], answers: &mut [Option<Answer>]) {
        let mut order = round.to_vec();
        // Leads are always locked in the same order, on every node.
        order.sort_by_key(|i| (work[*i].lead().bucket(), work[*i].lead()));
        let Err(error) = self.batch(work, &order, answers) else {
            return;
        };
        if let [only] = order[..] {
            answers[only] = Some(Err(self.refused(&work[only], error)));
            return;
        }
        // One of them may be what the store chokes on: each by itself, so that it stands alone.
        tracing::warn!(
            turns = order.len(),
            "a batch failed; its turns go one by one"
        );
        for i in order {
            if let Err(error) = self.batch(work, &[i], answers) {
                answers[i] = Some(Err(self.refused(&work[i], error)));
            }
        }
    }

    /// What the store's refusal of one turn comes to. Due work whose rows cannot be read is taken off
    /// the clock, or it would stand before all other due work for ever.
    fn refused(&self, work: &Work, error: StoreError) -> Refusal {
        let (StoreError::Unreadable { .. }, Some(what)) = (&error, work.on_clock()) else {
            return error.into();
        };
        self.parked.fetch_add(1, Ordering::Relaxed);
        tracing::error!(lead = ?work.lead(), %error, "work whose rows are spoilt is set aside");
        match self.store.set_aside(what) {
            Ok(()) => {
                let nothing = Snapshot::default();
                let parked = Parked::of(work, &nothing, SPOILT, self.clock.now());
                if let Some(mut parked) = parked {
                    if let OnClock::Timer(id) = what {
                        parked.conversation = Some(id);
                    }
                    self.list(&parked);
                }
                Refusal::Parked
            }
            Err(error) => error.into(),
        }
    }

    fn batch(
        &self,
        work: &[Work],
        order: &[usize],
        answers: &mut [Option<Answer>],
    ) -> Result<(), StoreError> {
        let needs: Vec<Need> = order.iter().map(|i| Desk::need(&work[*i])).collect();
        let mut batch = self.store.begin(&needs)?;
        let mut written = false;
        let mut aside = Vec::new();
        for (i, need) in order.iter().zip(&needs) {
            let outcome = match self.work_out(batch.as_mut(), &work[*i], need)? {
                Err(refusal @ (Refusal::Parked | Refusal::NotFound("flow version"))) => {
                    let why = why(&refusal);
                    let kept = self.set_aside(batch.as_mut(), &work[*i], need, why, &mut aside)?;
                    written |= kept;
                    // A reply that is kept needs no repeat; whoever asked for the rest is told.
                    let taken = kept && matches!(work[*i], Work::Inbound(_));
                    answers[*i] = Some(if taken {
                        Ok(Done::default())
                    } else {
                        Err(refusal)
                    });
                    continue;
                }
                outcome => outcome,
            };
            answers[*i] = Some(match outcome {
                Ok(Outcome {
                    commit: Some(commit),
                    done,
                }) => match batch.write(&commit) {
                    Ok(()) => {
                        written = true;
                        self.agents.take(self.store.as_ref(), &commit)?;
                        Ok(done)
                    }
                    Err(CommitError::Duplicate) => Ok(Done {
                        duplicate: true,
                        ..Done::default()
                    }),
                    Err(CommitError::Stale { .. }) => Err(Refusal::Conflict(
                        "it changed meanwhile; try again".to_string(),
                    )),
                    Err(CommitError::Store(error)) => return Err(error),
                },
                Ok(Outcome { commit: None, done }) => Ok(done),
                Err(refusal) => Err(refusal),
            });
        }
        let finished = match written {
            true => batch.finish(),
            false => {
                drop(batch);
                Ok(())
            }
        };
        if finished.is_ok() {
            aside.iter().for_each(|parked| self.list(parked));
        }
        if finished.is_err() {
            // What the turns of this batch said of handoffs is not so.
            self.agents.reload(self.store.as_ref())?;
        }
        finished
    }

    /// That it cannot be listed is no reason to refuse what was done: it is set aside all the same.
    fn list(&self, parked: &Parked) {
        if let Err(error) = parked::keep(self.store.as_ref(), parked) {
            tracing::error!(%error, "work that is set aside could not be listed");
        }
    }

    /// What fell due and cannot be worked out is taken off the clock, so that it stops nobody else.
    fn set_aside(
        &self,
        batch: &mut dyn Batch,
        work: &Work,
        need: &Need,
        why: &str,
        aside: &mut Vec<Parked>,
    ) -> Result<bool, StoreError> {
        let snapshot = batch.snapshot(need)?;
        let parked = Parked::of(work, &snapshot, why, self.clock.now());
        let live = self.live.load();
        let brand = &live.workspace.brand;
        let Some(commit) = park(work, snapshot, brand, self.clock.now()) else {
            return Ok(false);
        };
        tracing::error!(lead = ?need.lead, "work that cannot be done is set aside for review");
        match batch.write(&commit) {
            Ok(()) => {
                aside.extend(parked);
                Ok(true)
            }
            Err(CommitError::Store(error)) => Err(error),
            Err(CommitError::Stale { .. } | CommitError::Duplicate) => Ok(false),
        }
    }

    /// One turn, worked out but not written. A panic is ours, not the caller's: that lead alone is set
    /// aside.
    fn work_out(
        &self,
        batch: &mut dyn Batch,
        work: &Work,
        need: &Need,
    ) -> Result<Result<Outcome, Refusal>, StoreError> {
        let snapshot = batch.snapshot(need)?;
        let live = self.live.load_full();
        let now = self.clock.now();
        let turn = AssertUnwindSafe(|| {
            Desk::open(self, &live, batch, snapshot, need.lead, now).work_out(work)
        });
        match catch_unwind(turn) {
            Ok(Err(Refusal::Store(error))) => Err(error),
            Ok(outcome) => Ok(outcome),
            Err(_) => {
                self.parked.fetch_add(1, Ordering::Relaxed);
                tracing::error!(lead = ?need.lead, "a turn panicked; its lead is left as it was");
                Ok(Err(Refusal::Parked))
            }
        }
    }

    fn tell(&self, answers: &[Answer]) {
        let listener = self
            .listener
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(listener) = listener.as_ref() {
            answers
                .iter()
                .flatten()
                .flat_map(|done| &done.heard)
                .for_each(listener);
        }
    }
}
