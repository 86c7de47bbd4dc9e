//! How much may be sent in a period before somebody has to look: a budget of parts, as carriers bill them.

use crate::flow::workspace::read::{items, text_of, word};
use crate::flow::yaml::Node;
use crate::lead::Name;
use crate::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    pub parts: u32,
    pub per: Duration,
    /// One channel; all of them together where none is named.
    pub channel: Option<Name>,
}

impl Limit {
    /// What it holds up when it is reached: a name that no flow can have.
    pub fn holds(&self) -> Name {
        held_by(self.channel.as_ref())
    }
}

/// How the name of what a limit holds up begins.
pub const HELD_SENDING: &str = "sending:";

/// What a limit of this channel, or of all of them, holds up.
pub fn held_by(channel: Option<&Name>) -> Name {
    match channel {
        Some(channel) => Name::from(format!("{HELD_SENDING}{channel}")),
        None => Name::from(format!("{HELD_SENDING}all")),
    }
}

pub(super) fn read(node: Option<&Node>) -> Vec<Limit> {
    let limit = |node: &Node| {
        Some(Limit {
            parts: word(node.get("parts"))?,
            per: word(node.get("per"))?,
            channel: text_of(node.get("channel")).map(Name::from),
        })
    };
    items(node).iter().filter_map(limit).collect()
}
