//! The one reader of the wall clock. Everything else is told the time.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::time::{Duration, Timestamp};

pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;

    /// Moves the clock forward, where it can be moved; says whether it could.
    fn advance(&self, by: Duration) -> bool;

    /// How far ahead of the wall it stands.
    fn ahead(&self) -> Duration;
}

/// The machine's clock.
pub struct WallClock;

fn wall() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp::from_ms(since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
}

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        wall()
    }

    fn advance(&self, _by: Duration) -> bool {
        false
    }

    fn ahead(&self) -> Duration {
        Duration::ZERO
    }
}

/// The sandbox's: the wall clock, moved ahead by what was asked.
pub struct SandboxClock {
    ahead_ms: AtomicI64,
}

impl SandboxClock {
    pub fn new(ahead: Duration) -> Self {
        Self {
            ahead_ms: AtomicI64::new(ahead.as_ms()),
        }
    }
}

impl Clock for SandboxClock {
    fn now(&self) -> Timestamp {
        wall() + self.ahead()
    }

    fn advance(&self, by: Duration) -> bool {
        self.ahead_ms.fetch_add(by.as_ms().max(0), Ordering::SeqCst);
        true
    }

    fn ahead(&self) -> Duration {
        Duration::from_ms(self.ahead_ms.load(Ordering::SeqCst))
    }
}

/// Stands still until it is moved: for flow tests, `chat` and the simulator.
pub struct ManualClock {
    now_ms: AtomicI64,
}

impl ManualClock {
    pub fn new(start: Timestamp) -> Self {
        Self {
            now_ms: AtomicI64::new(start.as_ms()),
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.now_ms.load(Ordering::SeqCst))
    }

    fn advance(&self, by: Duration) -> bool {
        self.now_ms.fetch_add(by.as_ms().max(0), Ordering::SeqCst);
        true
    }

    fn ahead(&self) -> Duration {
        Duration::ZERO
    }
}
