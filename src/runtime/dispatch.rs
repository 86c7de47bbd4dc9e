//! The loop that does what falls due. Timers go to the committer in batches; outgoing rows are taken
//! with `Begin`, which asks the gate once more, carried out, and settled. In the sandbox its driver
//! does all of it.
//!
//! It sleeps until the next thing is due and is woken when something may leave at once. One row of a
//! lead is under way at a time, so that texts arrive in the order they were decided; beside it one that
//! tells others of the lead, so that a webhook that hangs delays no text. What a dead node left under way
//! comes back as due when its lease ends.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration as StdDuration, Instant};

use futures_util::future::join_all;
use tokio::sync::{Notify, mpsc, watch};

use crate::conversation::Seq;
use crate::flow::workspace::{Channel, Workspace};
use crate::lead::PhoneNumber;
use crate::runtime::committer::WAKE_WITHIN;
use crate::runtime::deliver::Deliverer;
use crate::runtime::early::Early;
use crate::runtime::lanes::{Going, Turns, UNDER_WAY_MAX, Waits, has_room};
use crate::runtime::rates::{Paced, Rates};
use crate::runtime::sandbox::Sandbox;
use crate::runtime::work::{Job, SendResult};
use crate::runtime::{Committer, Engine, Refusal, Work};
use crate::store::{Due, RowKind, StoreError};

/// How much due work is looked at together.
const WINDOW: usize = 512;
/// Timers handed over together.
const TIMERS_MAX: usize = 100;
/// Rows that give way in one round.
const GIVE_WAY_MAX: usize = 256;
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

#[derive(Default)]
struct Dues {
    timers: Vec<Work>,
    waits: Vec<Waits>,
    /// There may be more than was looked at.
    full: bool,
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

/// Whose row is under way: one of each at a time.
type Of = (PhoneNumber, Side);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Side {
    /// What goes to the lead, or what its conversation waits for.
    Lead,
    /// What tells others of it.
    Others,
}

impl Side {
    fn of(kind: RowKind) -> Side {
        match kind {
            RowKind::Alert | RowKind::Notify => Side::Others,
            RowKind::Sms
            | RowKind::Email
            | RowKind::Call
            | RowKind::Slots
            | RowKind::Entry
            | RowKind::Reply => Side::Lead,
        }
    }
}

/// Says that a row is under way no more, whatever became of it.
struct Ended {
    of: Of,
    to: mpsc::UnboundedSender<Of>,
}

impl Drop for Ended {
    fn drop(&mut self) {
        // The loop may have stopped; then nobody counts any more.
        let _ = self.to.send(self.of);
    }
}

struct UnderWay {
    rows: HashMap<Of, Going>,
    ended: mpsc::UnboundedSender<Of>,
    rates: Rates,
    turns: Turns,
    /// What is known of rows that were seen and have not left.
    seen: HashMap<(PhoneNumber, Seq), Waits>,
}

impl UnderWay {
    /// Whether a row may begin, beside `begun` of this round.
    fn has_room(&self, waits: &Waits, begun: &HashMap<Of, Going>) -> bool {
        let of = (waits.lead, Side::of(waits.kind));
        !self.rows.contains_key(&of)
            && !begun.contains_key(&of)
            && has_room(waits, self.rows.values().chain(begun.values()))
    }

    fn may_send(&mut self, waits: &Waits, workspace: &Workspace) -> Result<(), StdDuration> {
        let Some(name) = &waits.channel else {
            return Ok(());
        };
        let Some(channel) = workspace.channels.get(name) else {
            return Ok(());
        };
        let mut rates = Vec::new();
        if let Some(rate) = channel.rate {
            rates.push((Paced::Channel(name.clone()), rate));
        }
        if let (Some(rate), Some(number)) = (channel.number_rate, &waits.number) {
            rates.push((Paced::Number(name.clone(), number.clone()), rate));
        }
        self.rates.take(&rates, waits.parts, Instant::now())
    }
}

impl Dispatch {
    pub async fn run(self, mut stopping: watch::Receiver<bool>) {
        let (ended, mut endings) = mpsc::unbounded_channel();
        let mut under_way = UnderWay {
            rows: HashMap::new(),
            ended,
            rates: Rates::default(),
            turns: Turns::default(),
            seen: HashMap::new(),
        };
        while !*stopping.borrow() {
            while let Ok(of) = endings.try_recv() {
                under_way.rows.remove(&of);
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
                    // Something that may go may fall due before what is blocked.
                    Some(pause) => tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = self.wake.notified() => {}
                    },
                    None => rest(&self.engine, &self.wake, WAKE_WITHIN.to_std()).await,
                }
            };
            tokio::select! {
                () = resting => {}
                Some(of) = endings.recv() => { under_way.rows.remove(&of); }
                () = stopped(&mut stopping) => {}
            }
        }
        // What began is finished; what has not stays queued.
        let finish = async {
            while !under_way.rows.is_empty() {
                let Some(of) = endings.recv().await else {
                    break;
                };
                under_way.rows.remove(&of);
            }
        };
        let _ = tokio::time::timeout(STOP_WITHIN, finish).await;
    }

    async fn round(&self, under_way: &mut UnderWay) -> Result<Round, Refusal> {
        let due = self.due(under_way).await?;
        if due.timers.is_empty() && due.waits.is_empty() {
            return Ok(Round::Idle);
        }
        let mut work = due.timers;
        work.truncate(TIMERS_MAX);
        let live = self.engine.live.load_full();
        let (mut blocked, mut begun, mut left) = (PAUSE, HashMap::new(), Vec::new());
        for waits in under_way.turns.order(due.waits) {
            if !under_way.has_room(&waits, &begun) {
                left.push(waits);
                continue;
            }
            if let Err(wait) = under_way.may_send(&waits, &live.workspace) {
                blocked = blocked.min(wait);
                left.push(waits);
                continue;
            }
            let (lead, seq) = (waits.lead, waits.seq);
            under_way.turns.left(&waits);
            let (kind, channel) = (waits.kind, waits.channel);
            begun.insert((lead, Side::of(kind)), Going { kind, channel });
            work.push(Work::Begin { lead, seq });
        }
        if due.full {
            let now = self.engine.clock.now();
            let away = under_way
                .turns
                .give_way(&left, &live.workspace, WINDOW, now);
            let away = away.into_iter().take(GIVE_WAY_MAX);
            work.extend(away.map(|(lead, seq, until)| Work::Postpone { lead, seq, until }));
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
                        let going = Going {
                            kind: RowKind::of(&job.effect),
                            channel: job.sending.channel.clone(),
                        };
                        let of = (job.lead, Side::of(going.kind));
                        under_way.rows.insert(of, going);
                        let to = under_way.ended.clone();
                        self.carry_out(*job, Ended { of, to });
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

    /// What is due. Of rows nothing is read where all of them may leave at once.
    async fn due(&self, under_way: &mut UnderWay) -> Result<Dues, StoreError> {
        let (engine, now) = (self.engine.clone(), self.engine.clock.now());
        let room = UNDER_WAY_MAX.saturating_sub(under_way.rows.len());
        let seen = std::mem::take(&mut under_way.seen);
        let read = tokio::task::spawn_blocking(move || {
            let due = engine.store.due(now, WINDOW)?;
            let live = engine.live.load();
            let paced = |channel: &Channel| channel.rate.or(channel.number_rate).is_some();
            let full = due.len() == WINDOW;
            let crowded = due.len() > room || live.workspace.channels.values().any(paced);
            let mut dues = Dues {
                full,
                ..Dues::default()
            };
            for due in due {
                match due {
                    Due::Timer {
                        lead,
                        conversation,
                        deadline,
                    } => dues.timers.push(Work::Timer {
                        lead,
                        conversation,
                        deadline,
                    }),
                    Due::Outgoing {
                        lead, seq, kind, ..
                    } => dues.waits.push(match seen.get(&(lead, seq)) {
                        Some(known) => known.clone(),
                        None if crowded && kind == RowKind::Sms => {
                            Waits::read(engine.store.as_ref(), &live.workspace, lead, seq)?
                        }
                        None => Waits::plain(lead, seq, kind),
                    }),
                }
            }
            Ok::<_, StoreError>(dues)
        });
        let dues = read
            .await
            .map_err(|_| StoreError::Refused("reading what is due failed".to_string()))??;
        let described = dues.waits.iter().filter(|waits| waits.channel.is_some());
        under_way.seen = described
            .map(|waits| ((waits.lead, waits.seq), waits.clone()))
            .collect();
        Ok(dues)
    }

    fn carry_out(&self, job: Job, ended: Ended) {
        let (deliverer, committer) = (self.deliverer.clone(), self.committer.clone());
        let early = self.early.clone();
        tokio::spawn(async move {
            let _ended = ended;
            let (lead, seq) = (job.lead, job.seq);
            let result = unharmed(async move { deliverer.carry_out(&job).await }).await;
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
        });
    }
}

/// What a panic leaves unknown is in doubt, and is not tried again: it would panic again.
async fn unharmed(carried: impl Future<Output = SendResult> + Send + 'static) -> SendResult {
    let result = tokio::spawn(carried).await;
    result.unwrap_or_else(|_| {
        tracing::error!("handing a message over panicked; it will show as uncertain");
        SendResult::Uncertain {
            error: "a fault of ours while it was handed over".to_string(),
        }
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_row_whose_carrying_out_panics_is_in_doubt_and_under_way_no_more() {
        let (to, mut endings) = mpsc::unbounded_channel();
        let lead: PhoneNumber = "+13125550142".parse().unwrap();
        let of = (lead, Side::Lead);
        let ended = Ended { of, to: to.clone() };
        let carried = tokio::spawn(async move {
            let _ended = ended;
            unharmed(async { panic!("as the test wants it") }).await
        });
        let result = carried.await.unwrap();
        assert!(matches!(result, SendResult::Uncertain { .. }), "{result:?}");
        assert_eq!(endings.recv().await, Some(of));

        let ended = Ended { of, to };
        let carried = tokio::spawn(async move {
            let _ended = ended;
            panic!("as the test wants it")
        });
        assert!(carried.await.is_err());
        assert_eq!(endings.recv().await, Some(of), "whatever panics");
    }
}
