//! How fast each channel, and each of its numbers, may send: a bucket that fills at the rate and holds
//! one second's worth. Parts of texts are counted, as carriers do.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::lead::Name;

/// Whose rate it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Paced {
    Channel(Name),
    Number(Name, String),
}

#[derive(Default)]
pub struct Rates {
    buckets: HashMap<Paced, Bucket>,
}

struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Rates {
    /// Takes the right to send a text of so many parts now, of each of these rates (a second) or of
    /// none; else after how long to ask again. A text longer than a second's worth waits for a full
    /// bucket and leaves a debt.
    pub fn take(&mut self, of: &[(Paced, f64)], parts: u8, now: Instant) -> Result<(), Duration> {
        let parts = f64::from(parts.max(1));
        let mut wait = Duration::ZERO;
        for (paced, per_second) in of {
            let holds = per_second.max(1.0);
            let bucket = self.buckets.entry(paced.clone()).or_insert(Bucket {
                tokens: holds,
                filled: now,
            });
            let passed = now.saturating_duration_since(bucket.filled).as_secs_f64();
            bucket.tokens = (bucket.tokens + passed * per_second).min(holds);
            bucket.filled = now;
            let lacks = parts.min(holds) - bucket.tokens;
            // What is left of a fraction is not worth a wait.
            if lacks > 1e-9 {
                wait = wait.max(Duration::from_secs_f64(lacks / per_second));
            }
        }
        if !wait.is_zero() {
            return Err(wait);
        }
        for (paced, _) in of {
            if let Some(bucket) = self.buckets.get_mut(paced) {
                bucket.tokens -= parts;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn main(per_second: f64) -> (Paced, f64) {
        (Paced::Channel(Name::from("main")), per_second)
    }

    #[test]
    fn ten_a_second_is_ten_parts_at_once_and_then_one_each_tenth() {
        for (parts, sent) in [(1, [10, 1, 0, 10]), (2, [5, 0, 0, 5]), (30, [1, 0, 0, 1])] {
            let (mut rates, start) = (Rates::default(), Instant::now());
            for (ms, sent) in [0, 100, 150, 5_000].into_iter().zip(sent) {
                let now = start + Duration::from_millis(ms);
                let got = (0..20)
                    .filter(|_| rates.take(&[main(10.0)], parts, now).is_ok())
                    .count();
                assert_eq!(got, sent, "{parts} parts after {ms} ms");
            }
        }
    }

    #[test]
    fn a_number_has_its_own_rate_beside_its_channels() {
        let (mut rates, now) = (Rates::default(), Instant::now());
        let mut sent = |number: &str| {
            let own = Paced::Number(Name::from("main"), number.to_string());
            rates.take(&[main(3.0), (own, 1.0)], 1, now).is_ok()
        };
        let got: Vec<bool> = ["a", "a", "b", "c", "d"]
            .into_iter()
            .map(&mut sent)
            .collect();
        assert_eq!(got, [true, false, true, true, false]);
    }
}
