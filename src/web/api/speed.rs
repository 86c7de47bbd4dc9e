//! How fast leads were claimed and called, as programs read it.

use serde_json::{Value, json};

use crate::kpi::Speed;

pub fn shape(speed: &Speed) -> Value {
    json!({
        "offered": speed.offered,
        "claimed": speed.claims_s.len(),
        "unclaimed": speed.unclaimed,
        "resolved": speed.outcomes_s.len(),
        "seconds_to_claim": spread(&speed.claims_s),
        "seconds_to_outcome": spread(&speed.outcomes_s),
    })
}

/// The middle, the ninth of ten, and the slowest.
fn spread(seconds: &[i64]) -> Value {
    let mut sorted = seconds.to_vec();
    sorted.sort_unstable();
    let at = |share: usize| sorted.get((sorted.len() * share / 100).min(sorted.len() - 1));
    match sorted.is_empty() {
        true => Value::Null,
        false => json!({ "median": at(50), "p90": at(90), "slowest": sorted.last() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_names_the_middle_the_ninth_of_ten_and_the_slowest() {
        assert_eq!(spread(&[]), Value::Null);
        let got = spread(&[30, 10, 20]);
        assert_eq!(got, json!({ "median": 20, "p90": 30, "slowest": 30 }));
        let hundred: Vec<i64> = (1..=100).collect();
        let got = spread(&hundred);
        assert_eq!(got, json!({ "median": 51, "p90": 91, "slowest": 100 }));
    }
}
