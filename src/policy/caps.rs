//! Caps: the most marketing messages to one lead in a sliding period, over all flows.

use crate::policy::{LeadFacts, MessageKind, Outgoing};
use crate::time::{Duration, Timestamp};

/// `{ at_most: 3, per: 24h }`; `kind` limits it to one kind of message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cap {
    pub at_most: u32,
    pub per: Duration,
    pub kind: Option<MessageKind>,
}

/// When the caps leave room again, if they leave none now.
pub fn hold(caps: &[Cap], out: &Outgoing, lead: &LeadFacts, now: Timestamp) -> Option<Timestamp> {
    caps.iter()
        .filter(|cap| cap.kind.is_none_or(|kind| kind == out.kind))
        .filter_map(|cap| {
            let inside = lead.sends.iter().filter(|at| **at + cap.per > now).count();
            if inside < cap.at_most as usize {
                return None;
            }
            // The send whose leaving the period makes room: the `at_most`-th newest.
            lead.sends
                .get((cap.at_most as usize).saturating_sub(1))
                .map(|at| *at + cap.per)
        })
        .max()
}
