//! How fast each channel may send: a bucket that fills at the channel's rate and holds one second's
//! worth.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::lead::Name;

#[derive(Default)]
pub struct Rates {
    buckets: HashMap<Name, Bucket>,
}

struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Rates {
    /// Takes the right to send one message now; else after how long to ask again.
    pub fn take(&mut self, channel: &Name, per_second: f64, now: Instant) -> Result<(), Duration> {
        if per_second <= 0.0 {
            return Ok(());
        }
        let holds = per_second.max(1.0);
        let bucket = self.buckets.entry(channel.clone()).or_insert(Bucket {
            tokens: holds,
            filled: now,
        });
        let passed = now.saturating_duration_since(bucket.filled).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * per_second).min(holds);
        bucket.filled = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - bucket.tokens) / per_second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_a_second_is_ten_at_once_and_then_one_each_tenth() {
        let (mut rates, start) = (Rates::default(), Instant::now());
        let channel = Name::from("main");
        let sent = |rates: &mut Rates, ms: u64| {
            let now = start + Duration::from_millis(ms);
            (0..20)
                .filter(|_| rates.take(&channel, 10.0, now).is_ok())
                .count()
        };
        assert_eq!(sent(&mut rates, 0), 10);
        assert_eq!(sent(&mut rates, 100), 1);
        assert_eq!(sent(&mut rates, 150), 0);
        assert_eq!(sent(&mut rates, 5_000), 10);
    }
}
