//! The sandbox: messages that never leave the machine, a clock that can be moved, and the one driver
//! that flow tests, `chat`, the simulator and `POST /sandbox/clock` all use. What it drives is the
//! engine itself, so that what is tested is what runs.

use std::sync::{Arc, Mutex, PoisonError};

use crate::lead::Name;
use crate::runtime::engine::Engine;
use crate::runtime::perform::{self, Scenery};
use crate::runtime::work::{Job, Refusal, SendResult, Work};
use crate::store::Due;
use crate::time::{Duration, Timestamp};

/// How much work is taken at a time.
const DUE_BATCH: usize = 100;
/// A flow that is due for ever at one instant is stopped here; one that compiles never is.
const ROUNDS_MAX: usize = 100_000;

/// Carries out what may really be done, such as a call to this very machine; `None` leaves a job to
/// the sandbox.
pub type Really = Box<dyn Fn(&Job) -> Option<SendResult> + Send + Sync>;

pub struct Sandbox {
    pub engine: Arc<Engine>,
    scenery: Mutex<Scenery>,
    really: Option<Really>,
    /// One driver at a time, so that `advance` returns when all is done.
    driving: Mutex<()>,
}

impl Sandbox {
    pub fn new(engine: Arc<Engine>) -> Self {
        Self {
            engine,
            scenery: Mutex::new(Scenery::default()),
            really: None,
            driving: Mutex::new(()),
        }
    }

    /// The same, with some jobs really carried out.
    pub fn with(engine: Arc<Engine>, really: Really) -> Self {
        Self {
            really: Some(really),
            ..Self::new(engine)
        }
    }

    /// From now on `endpoint` answers this; `None` makes it fail.
    pub fn endpoint_answers(&self, endpoint: Name, answer: Option<serde_json::Value>) {
        let mut scenery = self.scenery.lock().unwrap_or_else(PoisonError::into_inner);
        scenery.answers.insert(endpoint, answer);
    }

    /// From now on nothing is free in `calendar`.
    pub fn calendar_is_full(&self, calendar: Name) {
        let mut scenery = self.scenery.lock().unwrap_or_else(PoisonError::into_inner);
        scenery.full.insert(calendar);
    }

    /// Does everything that is due now and everything that follows from it at once.
    pub fn drain(&self) -> Result<(), Refusal> {
        let _driving = self.driving.lock().unwrap_or_else(PoisonError::into_inner);
        self.drain_now()
    }

    /// Moves the clock by `by`, stopping at every instant at which something falls due.
    pub fn advance(&self, by: Duration) -> Result<Timestamp, Refusal> {
        let _driving = self.driving.lock().unwrap_or_else(PoisonError::into_inner);
        let clock = &self.engine.clock;
        let target = clock.now() + by;
        for _ in 0..ROUNDS_MAX {
            self.drain_now()?;
            match self.engine.store.next_due()? {
                Some(next) if next <= target => {
                    clock.advance(next.since(clock.now()));
                }
                _ => break,
            }
        }
        clock.advance(target.since(clock.now()));
        self.drain_now()?;
        Ok(clock.now())
    }

    fn drain_now(&self) -> Result<(), Refusal> {
        for _ in 0..ROUNDS_MAX {
            let due = self.engine.store.due(self.engine.clock.now(), DUE_BATCH)?;
            if due.is_empty() {
                return Ok(());
            }
            for due in due {
                self.do_one(&due)?;
            }
        }
        Err(Refusal::Conflict(
            "work keeps falling due at one instant".to_string(),
        ))
    }

    fn do_one(&self, due: &Due) -> Result<(), Refusal> {
        match *due {
            Due::Timer {
                lead,
                conversation,
                deadline,
            } => hold_fast(self.engine.turn(Work::Timer {
                lead,
                conversation,
                deadline,
            })),
            Due::Outgoing { lead, seq, .. } => {
                let job = match self.engine.turn(Work::Begin { lead, seq }) {
                    Ok(done) => done.job,
                    Err(refusal) => return hold_fast(Err(refusal)),
                };
                let Some(job) = job else { return Ok(()) };
                let really = self.really.as_ref().and_then(|really| really(&job));
                let result = really.unwrap_or_else(|| {
                    let scenery = self.scenery.lock().unwrap_or_else(PoisonError::into_inner);
                    perform::sandbox(&self.engine, &scenery, &job)
                });
                hold_fast(self.engine.turn(Work::Settle { lead, seq, result }))
            }
        }
    }
}

/// Only a store that fails stops the driver; a lead that is set aside does not.
fn hold_fast(answer: Result<crate::runtime::work::Done, Refusal>) -> Result<(), Refusal> {
    match answer {
        Err(Refusal::Store(error)) => Err(Refusal::Store(error)),
        _ => Ok(()),
    }
}
