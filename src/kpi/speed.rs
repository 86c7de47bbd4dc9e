//! Speed to lead: from the handing over of a lead to its claim, and to how it went.

use crate::conversation::{Effect, Event};
use crate::store::{Row, RowBody};
use crate::time::Timestamp;

/// Of the handoffs of some conversations.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Speed {
    pub offered: u64,
    pub unclaimed: u64,
    /// Seconds from the offer to each claim, and to each outcome.
    pub claims_s: Vec<i64>,
    pub outcomes_s: Vec<i64>,
}

impl Speed {
    /// Takes in a conversation's rows, oldest first.
    pub(super) fn add(&mut self, rows: &[Row]) {
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
}
