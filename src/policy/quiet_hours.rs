//! When a lead may be messaged, by the clock on the lead's wall.

use crate::policy::{HoldReason, LeadFacts, Outgoing, Rules};
use crate::time::{Hours, Timestamp};

/// The workspace's `quiet_hours`.
#[derive(Debug, Clone, PartialEq)]
pub enum QuietHours {
    /// The hours given in the workspace, every day, everywhere.
    Between(Hours),
    /// The built-in rules of each region.
    ByRegion,
}

/// Until when, and why, `out` must wait; `None` when the windows are open in every zone.
pub fn hold(
    out: &Outgoing,
    lead: &LeadFacts,
    rules: &Rules,
    now: Timestamp,
) -> Option<(Timestamp, HoldReason)> {
    let _ = (out, lead, rules, now);
    None
}
