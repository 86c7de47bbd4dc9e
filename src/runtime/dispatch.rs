//! The loop that does what falls due. Timers go to the committer in batches; outgoing rows are taken
//! with `Begin`, which asks the gate once more, carried out, and settled. In the sandbox its driver
//! does all of it.
//!
//! It sleeps until the next thing is due and is woken when something may leave at once. One row of a
//! lead is under way at a time, so that texts arrive in the order they were decided. What a dead node
//! left under way comes back as due when its lease ends.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration as StdDuration, Instant};

use futures_util::future::join_all;
use tokio::sync::{Notify, mpsc, watch};

use crate::conversation::Effect;
use crate::lead::{Name, PhoneNumber};
use crate::runtime::committer::WAKE_WITHIN;
use crate::runtime::deliver::Deliverer;
use crate::runtime::early::Early;
use crate::runtime::rates::Rates;
use crate::runtime::sandbox::Sandbox;
use crate::runtime::work::{Job, SendResult};
use crate::runtime::{Committer, Engine, Refusal, Work};
use crate::store::{Due, RowBody, RowKind, Store, StoreError};

/// How much due work is looked at together.
const WINDOW: usize = 256;
/// Timers handed over together.
const TIMERS_MAX: usize = 100;
/// Outgoing rows under way at once.
const UNDER_WAY_MAX: usize = 64;
/// The pause after a store that failed, and after work that stays due though nothing can be done.
const PAUSE: StdDuration = StdDuration::from_secs(1);
/// How long what is under way may take once we are stopping.
const STOP_WITHIN: StdDuration = StdDuration::from_secs(6);

/// Waits until something may be due: at the next due time, or when woken.
async fn rest(engine: &Engine, wake: &Notify, at_most: StdDuration) {
    let store = engine.store.clone();
    let next = tokio::task::spawn_blocking(move || store.next_due()).await;
    let pause = match next {
        Ok(Ok(Some(next))) => next.since(engine.clock.now()).to_std().min(at_most),
        Ok(Ok(None)) => at_most,
        Ok(Err(_)) | Err(_) => PAUSE,
    };
    tokio::select! {
        () = wake.notified() => {}
        () = tokio::time::sleep(pause) => {}
    }
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // A sender that is gone means the same.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// Drives the sandbox by the clock, as `POST /sandbox/clock` does by hand.
pub async fn run_sandbox(
    sandbox: Arc<Sandbox>,
    wake: Arc<Notify>,
    mut stopping: watch::Receiver<bool>,
) {
    while !*stopping.borrow() {
        let driven = sandbox.clone();
        let drained = tokio::task::spawn_blocking(move || driven.drain()).await;
        if let Ok(Err(refusal)) = drained {
            tracing::error!(reason = %refusal, "what is due could not be done");
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        tokio::select! {
            () = rest(&sandbox.engine, &wake, WAKE_WITHIN.to_std()) => {}
            () = stopped(&mut stopping) => {}
        }
    }
}

pub struct Dispatch {
    pub engine: Arc<Engine>,
    pub committer: Committer,
    pub deliverer: Arc<Deliverer>,
    pub early: Arc<Early>,
    pub wake: Arc<Notify>,
}

/// What one look at the due work led to.
enum Round {
    /// Something was done; there may be more.
    Progress,
    /// Nothing is due.
    Idle,
    /// There is work that cannot go on yet: its lead's last is under way, or its channel is full.
    Blocked(StdDuration),
}

struct UnderWay {
    leads: HashSet<PhoneNumber>,
    ended: mpsc::UnboundedSender<PhoneNumber>,
    rates: Rates,
}

impl Dispatch {
    pub async fn run(self, mut stopping: watch::Receiver<bool>) {
        let (ended, mut endings) = mpsc::unbounded_channel();
        let mut under_way = UnderWay {
            leads: HashSet::new(),
            ended,
            rates: Rates::default(),
        };
        while !*stopping.borrow() {
            while let Ok(lead) = endings.try_recv() {
                under_way.leads.remove(&lead);
            }
            let pause = match self.round(&mut under_way).await {
                Ok(Round::Progress) => continue,
                Ok(Round::Idle) => None,
                Ok(Round::Blocked(pause)) => Some(pause),
                Err(refusal) => {
                    tracing::error!(reason = %refusal, "what is due could not be done");
                    Some(PAUSE)
                }
            };
            let resting = async {
                match pause {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => rest(&self.engine, &self.wake, WAKE_WITHIN.to_std()).await,
                }
            };
            tokio::select! {
                () = resting => {}
                Some(lead) = endings.recv() => { under_way.leads.remove(&lead); }
                () = stopped(&mut stopping) => {}
            }
        }
        // What began is finished; what has not stays queued.
        let finish = async {
            while !under_way.leads.is_empty() {
                let Some(lead) = endings.recv().await else {
                    break;
                };
                under_way.leads.remove(&lead);
            }
        };
        let _ = tokio::time::timeout(STOP_WITHIN, finish).await;
    }

    async fn round(&self, under_way: &mut UnderWay) -> Result<Round, Refusal> {
        let due = self.due().await?;
        if due.is_empty() {
            return Ok(Round::Idle);
        }
        let mut blocked = PAUSE;
        let mut work: Vec<Work> = Vec::new();
        let (mut timers, mut begun) = (0, HashSet::new());
        for (due, channel) in &due {
            match *due {
                Due::Timer {
                    lead,
                    conversation,
                    deadline,
                } => {
                    if timers < TIMERS_MAX {
                        timers += 1;
                        work.push(Work::Timer {
                            lead,
                            conversation,
                            deadline,
                        });
                    }
                }
                Due::Outgoing { lead, seq, .. } => {
                    let full = under_way.leads.len() + begun.len() >= UNDER_WAY_MAX;
                    if full || under_way.leads.contains(&lead) || begun.contains(&lead) {
                        continue;
                    }
                    match self.may_send(&mut under_way.rates, channel.as_ref()) {
                        Ok(()) => {
                            begun.insert(lead);
                            work.push(Work::Begin { lead, seq });
                        }
                        Err(wait) => blocked = blocked.min(wait),
                    }
                }
            }
        }
        if work.is_empty() {
            return Ok(Round::Blocked(blocked));
        }
        self.take(work, under_way).await
    }

    /// Has the committer do it, and carries out what it gave leave to.
    async fn take(&self, work: Vec<Work>, under_way: &mut UnderWay) -> Result<Round, Refusal> {
        let turns = work.into_iter().map(|work| self.committer.turn(work));
        let mut failed = None;
        for answer in join_all(turns).await {
            match answer {
                Ok(done) => {
                    if let Some(job) = done.job {
                        under_way.leads.insert(job.lead);
                        self.carry_out(job, under_way.ended.clone());
                    }
                }
                Err(refusal @ (Refusal::Store(_) | Refusal::Overloaded)) => {
                    failed = Some(refusal);
                }
                // The engine has set it aside.
                Err(_) => {}
            }
        }
        match failed {
            Some(refusal) => Err(refusal),
            None => Ok(Round::Progress),
        }
    }

    /// What is due, each row of a channel with a rate under its channel's name.
    async fn due(&self) -> Result<Vec<(Due, Option<Name>)>, StoreError> {
        let (engine, now) = (self.engine.clone(), self.engine.clock.now());
        let read = tokio::task::spawn_blocking(move || {
            let due = engine.store.due(now, WINDOW)?;
            let live = engine.live.load();
            let paced = live.workspace.channels.values().any(|c| c.rate.is_some());
            due.into_iter()
                .map(|due| match due {
                    Due::Outgoing {
                        lead,
                        seq,
                        kind: RowKind::Sms,
                        ..
                    } if paced => {
                        let channel = channel_of(engine.store.as_ref(), lead, seq)?;
                        let first = || live.workspace.channels.keys().next().cloned();
                        Ok((due, channel.or_else(first)))
                    }
                    due => Ok((due, None)),
                })
                .collect()
        });
        match read.await {
            Ok(due) => due,
            Err(_) => Err(StoreError::Refused(
                "reading what is due failed".to_string(),
            )),
        }
    }

    fn may_send(&self, rates: &mut Rates, channel: Option<&Name>) -> Result<(), StdDuration> {
        let Some(name) = channel else { return Ok(()) };
        let live = self.engine.live.load();
        match live.workspace.channels.get(name).and_then(|c| c.rate) {
            Some(rate) => rates.take(name, rate, Instant::now()),
            None => Ok(()),
        }
    }

    fn carry_out(&self, job: Job, ended: mpsc::UnboundedSender<PhoneNumber>) {
        let (deliverer, committer) = (self.deliverer.clone(), self.committer.clone());
        let early = self.early.clone();
        tokio::spawn(async move {
            let result = deliverer.carry_out(&job).await;
            let (lead, seq) = (job.lead, job.seq);
            let named = matches!(
                &result,
                SendResult::Accepted {
                    provider_id: Some(_),
                    ..
                }
            );
            settle(&committer, Work::Settle { lead, seq, result }).await;
            if named {
                early.answered(lead).await;
            }
            // The loop may have stopped; then nobody counts any more.
            let _ = ended.send(lead);
        });
    }
}

/// Writes down how it went before anything else. A queue that is full for a moment must not turn a text
/// that was sent into one in doubt.
async fn settle(committer: &Committer, work: Work) {
    const TRIES: u32 = 8;
    for n in 0..TRIES {
        match committer.turn(work.clone()).await {
            Err(Refusal::Overloaded | Refusal::Store(_)) => {
                tokio::time::sleep(StdDuration::from_millis(50 << n)).await;
            }
            _ => return,
        }
    }
    tracing::error!("the outcome of a message could not be written; it will show as uncertain");
}

/// The channel that a text will go by, as far as the row and the lead say.
fn channel_of(
    store: &dyn Store,
    lead: PhoneNumber,
    seq: crate::conversation::Seq,
) -> Result<Option<Name>, StoreError> {
    let asked = store.row(lead, seq)?.and_then(|row| match row.body {
        RowBody::Outgoing(Effect::Sms(message), _) => message.channel,
        _ => None,
    });
    match asked {
        Some(channel) => Ok(Some(channel)),
        None => Ok(store.lead(lead)?.and_then(|record| record.channel)),
    }
}
