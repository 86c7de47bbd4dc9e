//! Which channel and which of its numbers a text goes by, before anything is known of how they fare.

use crate::flow::workspace::{Channel, Workspace};
use crate::lead::{Name, PhoneNumber};

/// How many channels are tried, one standing in for the other.
pub const STAND_INS_MAX: usize = 4;

/// The one that is asked for, else the one the lead knows us by, else the first.
pub fn channel<'w>(
    workspace: &'w Workspace,
    asked: Option<&Name>,
    known: Option<&Name>,
) -> Option<&'w Name> {
    let there = |name: &Name| workspace.channels.get_key_value(name).map(|(name, _)| name);
    let of_lead = asked.and_then(there).or_else(|| known.and_then(there));
    of_lead.or_else(|| workspace.channels.keys().next())
}

/// The number the lead knows us by, else one of the pool that stays theirs.
pub fn number<'c>(
    channel: &'c Channel,
    known: Option<&String>,
    lead: PhoneNumber,
) -> Option<&'c String> {
    let same = |number: &&String| Some(*number) == known;
    let pool = channel.from.len().max(1) as u64;
    let own = || channel.from.get((lead.digits() % pool) as usize);
    channel.from.iter().find(same).or_else(own)
}

/// The channel that stands in for another while that one is closed.
pub fn stand_in<'w>(workspace: &'w Workspace, channel: &Name) -> Option<&'w Name> {
    let named = workspace.channels.get(channel)?.failover.as_ref()?;
    workspace
        .channels
        .get_key_value(named)
        .map(|(name, _)| name)
}
