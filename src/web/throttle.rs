//! How often something may be tried: signing in by account and by address, calls by key. Kept in this
//! process alone; what it refuses is told when to come again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use axum::http::StatusCode;

use crate::time::{Duration, Timestamp};
use crate::web::error::Problem;

/// Tries at signing in to one account, and from one address.
pub const ACCOUNT_TRIES: u32 = 10;
pub const ADDRESS_TRIES: u32 = 50;
const TRIES_WITHIN: Duration = Duration::mins(15);
/// Calls a minute of a key for which nothing else was said.
pub const KEY_PER_MINUTE: u32 = 12_000;
/// Most that are remembered; beyond it those that are whole again are forgotten.
const KEPT_MAX: usize = 50_000;

/// Told when to come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait(pub Duration);

impl Wait {
    pub fn seconds(self) -> u32 {
        let s = (self.0.as_ms() + 999) / 1000;
        u32::try_from(s.max(1)).unwrap_or(u32::MAX)
    }
}

impl From<Wait> for Problem {
    fn from(wait: Wait) -> Self {
        let detail = format!("too many calls; come again in {} s", wait.seconds());
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many", detail).retry_after(wait.seconds())
    }
}

/// A bucket of tokens for each `K`: it fills evenly, one is taken at a time.
pub struct Throttle<K> {
    left: Mutex<HashMap<K, Left>>,
}

#[derive(Debug, Clone, Copy)]
struct Left {
    tokens: f64,
    at: Timestamp,
}

/// So many within so long, and as many at once.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    pub count: u32,
    pub within: Duration,
}

impl Rate {
    pub const fn tries(count: u32) -> Self {
        Rate {
            count,
            within: TRIES_WITHIN,
        }
    }

    pub const fn per_minute(count: u32) -> Self {
        Rate {
            count,
            within: Duration::mins(1),
        }
    }

    fn per_ms(self) -> f64 {
        f64::from(self.count) / self.within.as_ms() as f64
    }
}

impl<K> Default for Throttle<K> {
    fn default() -> Self {
        Self {
            left: Mutex::default(),
        }
    }
}

impl<K: Hash + Eq> Throttle<K> {
    /// Takes one, or says how long to wait for one.
    pub fn take(&self, key: K, rate: Rate, now: Timestamp) -> Result<(), Wait> {
        let mut kept = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, left| now.since(left.at) < rate.within);
        }
        let most = f64::from(rate.count);
        let left = kept.entry(key).or_insert(Left {
            tokens: most,
            at: now,
        });
        let gained = now.since(left.at).as_ms() as f64 * rate.per_ms();
        left.tokens = (left.tokens + gained).min(most);
        left.at = left.at.max(now);
        if left.tokens < 1.0 {
            let ms = ((1.0 - left.tokens) / rate.per_ms()).ceil();
            return Err(Wait(Duration::from_ms(ms as i64)));
        }
        left.tokens -= 1.0;
        Ok(())
    }

    /// All of it is there again.
    pub fn forgive(&self, key: &K) {
        let mut kept = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_run_out_come_back_with_time_and_by_forgiveness() {
        let throttle = Throttle::default();
        let rate = Rate {
            count: 3,
            within: Duration::secs(30),
        };
        let at = |s: i64| Timestamp::from_ms(s * 1000);
        for (s, taken) in [
            (0, Ok(())),
            (0, Ok(())),
            (0, Ok(())),
            (0, Err(10)),
            (4, Err(6)),
            (10, Ok(())),
            (10, Err(10)),
            (100, Ok(())),
        ] {
            let got = throttle.take("dana", rate, at(s)).map_err(Wait::seconds);
            assert_eq!(got, taken, "at {s} s");
        }
        assert_eq!(throttle.take("eve", rate, at(0)), Ok(()), "another's");
        while throttle.take("dana", rate, at(100)).is_ok() {}
        throttle.forgive(&"dana");
        assert_eq!(throttle.take("dana", rate, at(100)), Ok(()));
    }
}
