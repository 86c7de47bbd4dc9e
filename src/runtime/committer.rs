//! Group commit. One thread takes what waits, works it out and commits it together, so that many
//! replies share one sync to disk. It belongs to no request: a carrier that hangs up cancels nothing.
//!
//! It adds no delay: a batch is whatever came in while the one before was being written. Replies go
//! before everything else, and a full queue is refused at once rather than promised.

use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::{Notify, mpsc, oneshot};

use crate::runtime::engine::{Answer, Engine};
use crate::runtime::work::{Done, Refusal, Work};
use crate::time::{Duration, Timestamp};

/// Most turns in one transaction.
pub const BATCH_MAX: usize = 256;
/// How much may wait before more is refused.
pub const QUEUE_MAX: usize = 4096;

/// A deadline nearer than this wakes who carries out what is due; further ones it finds by itself.
pub const WAKE_WITHIN: Duration = Duration::secs(15);

struct Asked {
    work: Work,
    asker: Asker,
}

/// Who waits for the answer, and how much of it is wanted.
enum Asker {
    All(oneshot::Sender<Answer>),
    Taken(oneshot::Sender<Result<bool, Refusal>>),
}

impl Asker {
    /// Whoever asked may have gone; the turn is committed all the same.
    fn tell(self, answer: Answer) {
        match self {
            Asker::All(asker) => {
                let _ = asker.send(answer);
            }
            Asker::Taken(asker) => {
                let _ = asker.send(answer.map(|done| done.duplicate));
            }
        }
    }
}

/// A handle to the committing thread; cheap to clone. The thread ends when the last is gone.
#[derive(Clone)]
pub struct Committer {
    replies: mpsc::Sender<Asked>,
    rest: mpsc::Sender<Asked>,
    outgoing: Arc<Notify>,
}

impl Committer {
    /// Starts the thread. `outgoing` is woken whenever a turn decided something that may leave now.
    pub fn start(
        engine: Arc<Engine>,
        outgoing: Arc<Notify>,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (replies, replies_in) = mpsc::channel(QUEUE_MAX);
        let (rest, rest_in) = mpsc::channel(QUEUE_MAX);
        let wake = outgoing.clone();
        let thread = std::thread::Builder::new()
            .name("committer".to_string())
            .spawn(move || {
                run(
                    &engine,
                    &wake,
                    Lanes {
                        replies: replies_in,
                        rest: rest_in,
                    },
                )
            })?;
        let committer = Self {
            replies,
            rest,
            outgoing,
        };
        Ok((committer, thread))
    }

    /// Something was committed beside it that may leave now.
    pub fn wake(&self) {
        self.outgoing.notify_one();
    }

    /// Whether more work would be taken in now.
    pub fn has_room(&self) -> bool {
        self.replies.capacity() > 0 && self.rest.capacity() > 0
    }

    /// Works it out and answers once it is on disk. `Overloaded` at once when too much waits.
    pub async fn turn(&self, work: Work) -> Answer {
        let (asker, answered) = oneshot::channel();
        self.ask(work, Asker::All(asker))?;
        answered.await.unwrap_or(Err(Refusal::Overloaded))
    }

    /// The same for who wants to know only that it is on disk: what the turn did is then freed where it
    /// was made. True when it had been taken in before.
    pub async fn take_in(&self, work: Work) -> Result<bool, Refusal> {
        let (asker, answered) = oneshot::channel();
        self.ask(work, Asker::Taken(asker))?;
        answered.await.unwrap_or(Err(Refusal::Overloaded))
    }

    fn ask(&self, work: Work, asker: Asker) -> Result<(), Refusal> {
        let lane = match work {
            Work::Inbound(_) => &self.replies,
            _ => &self.rest,
        };
        let asked = lane.try_send(Asked { work, asker });
        asked.map_err(|_| Refusal::Overloaded)
    }
}

/// Whether the turn decided something that is due at once or soon.
fn is_near(done: &Done, now: Timestamp) -> bool {
    let deadline = done.conversation.as_ref().and_then(|c| c.deadline);
    done.outgoing || deadline.is_some_and(|deadline| deadline <= now + WAKE_WITHIN)
}

struct Lanes {
    replies: mpsc::Receiver<Asked>,
    rest: mpsc::Receiver<Asked>,
}

impl Lanes {
    /// Waits for one, then takes what is there: replies first. `None` when every handle is gone.
    fn next_batch(&mut self, runtime: &tokio::runtime::Runtime) -> Option<Vec<Asked>> {
        let first = runtime.block_on(async {
            tokio::select! {
                biased;
                Some(asked) = self.replies.recv() => Some(asked),
                Some(asked) = self.rest.recv() => Some(asked),
                else => None,
            }
        })?;
        let mut batch = vec![first];
        while batch.len() < BATCH_MAX {
            match self.replies.try_recv().or_else(|_| self.rest.try_recv()) {
                Ok(asked) => batch.push(asked),
                Err(_) => break,
            }
        }
        Some(batch)
    }
}

fn run(engine: &Engine, outgoing: &Notify, mut lanes: Lanes) {
    // Only to wait on two channels at once; nothing else runs here.
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else {
        tracing::error!("the committer could not start");
        return;
    };
    while let Some(batch) = lanes.next_batch(&runtime) {
        let (work, askers): (Vec<Work>, Vec<Asker>) = batch
            .into_iter()
            .map(|asked| (asked.work, asked.asker))
            .unzip();
        metrics::counter!("replytree_turns_total").increment(work.len() as u64);
        metrics::counter!("replytree_commits_total").increment(1);
        let answers = engine.turns(work);
        let now = engine.clock.now();
        let leaves = answers.iter().flatten().any(|done| is_near(done, now));
        for (answer, asker) in answers.into_iter().zip(askers) {
            asker.tell(answer);
        }
        if leaves {
            outgoing.notify_one();
        }
    }
}
