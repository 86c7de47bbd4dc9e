//! Speed to lead: from the handing over of a lead to its claim, and to how it went.

use serde_json::{Value, json};

use crate::conversation::{Effect, Event};
use crate::store::{Row, RowBody};
use crate::time::Timestamp;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Speed {
    offered: u64,
    unclaimed: u64,
    claims_s: Vec<i64>,
    outcomes_s: Vec<i64>,
}

impl Speed {
    /// Takes in a conversation's rows, oldest first.
    pub fn add(&mut self, rows: &[Row]) {
        let mut since: Option<Timestamp> = None;
        for row in rows {
            let took = |from: Timestamp| row.at.since(from).as_ms().max(0) / 1_000;
            match &row.body {
                RowBody::Outgoing(Effect::AlertAgents(offer), _) if offer.of.is_none() => {
                    self.offered += 1;
                    since = Some(row.at);
                }
                RowBody::Happened(entry) => match (&entry.event, since) {
                    (Event::HandoffClaimed { .. }, Some(from)) => self.claims_s.push(took(from)),
                    (Event::HandoffResolved { .. }, Some(from)) => {
                        self.outcomes_s.push(took(from));
                        since = None;
                    }
                    _ => {
                        let unclaimed = entry.path.iter().any(|hop| hop.exit == "unclaimed");
                        self.unclaimed += u64::from(unclaimed && since.is_some());
                    }
                },
                RowBody::Outgoing(..) => {}
            }
        }
    }

    pub fn json(&self) -> Value {
        json!({
            "offered": self.offered,
            "claimed": self.claims_s.len(),
            "unclaimed": self.unclaimed,
            "resolved": self.outcomes_s.len(),
            "seconds_to_claim": spread(&self.claims_s),
            "seconds_to_outcome": spread(&self.outcomes_s),
        })
    }
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
