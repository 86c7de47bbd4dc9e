//! A lead handed to agents, as it is stored: who was asked, who has it, what their numbers mean, and how it
//! went.

use minicbor::{Decode, Encode};

use crate::conversation::{ConversationId, Priority, Seq};
use crate::lead::{Name, PhoneNumber};
use crate::time::{Duration, Timestamp};

/// Which handoff: its conversation and the number of its alert. Shown as `ho_<conversation>_<seq>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct HandoffId {
    #[n(0)]
    pub conversation: ConversationId,
    #[n(1)]
    pub seq: Seq,
}

impl std::fmt::Display for HandoffId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ho_{:016x}_{:x}", self.conversation.bits(), self.seq)
    }
}

impl std::str::FromStr for HandoffId {
    type Err = ();
    fn from_str(s: &str) -> Result<Self, ()> {
        let (conversation, seq) = s
            .strip_prefix("ho_")
            .and_then(|s| s.split_once('_'))
            .ok_or(())?;
        Ok(HandoffId {
            conversation: ConversationId::from_bits(
                u64::from_str_radix(conversation, 16).map_err(|_| ())?,
            ),
            seq: Seq::from_str_radix(seq, 16).map_err(|_| ())?,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct HandoffRecord {
    #[n(0)]
    pub id: HandoffId,
    #[n(1)]
    pub lead: PhoneNumber,
    #[n(2)]
    pub flow: Name,
    #[n(3)]
    pub team: Name,
    #[n(4)]
    pub priority: Priority,
    #[n(5)]
    pub brief: String,
    #[n(6)]
    pub status: HandoffStatus,
    #[n(7)]
    pub agent: Option<String>,
    #[n(8)]
    pub outcome: Option<Name>,
    #[n(9)]
    pub created: Timestamp,
    #[n(10)]
    pub claimed: Option<Timestamp>,
    #[n(11)]
    pub resolved: Option<Timestamp>,
    /// When the offer lapses.
    #[n(12)]
    pub lapses: Timestamp,
    #[n(13)]
    pub callback_within: Option<Duration>,
    /// Who was asked, round by round.
    #[n(14)]
    #[cbor(default)]
    pub rounds: Vec<HandoffRound>,
    /// What a number means that an agent texts.
    #[n(15)]
    #[cbor(default)]
    pub menu: Vec<MenuItem>,
    /// How it may go.
    #[n(16)]
    #[cbor(default)]
    pub outcomes: Vec<Name>,
    /// Not before this hour may the lead be called.
    #[n(17)]
    pub call_after: Option<Timestamp>,
}

/// One round of asking.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct HandoffRound {
    #[n(0)]
    pub team: Name,
    #[n(1)]
    pub agents: Vec<String>,
    #[n(2)]
    pub at: Timestamp,
    #[n(3)]
    pub lapses: Timestamp,
}

/// A number that an agent may answer with.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct MenuItem {
    #[n(0)]
    pub agent: String,
    #[n(1)]
    pub number: u32,
    /// The outcome it reports; `None` claims.
    #[n(2)]
    pub outcome: Option<Name>,
}

impl HandoffRecord {
    /// When somebody must have called, or else when the offer lapses.
    pub fn due(&self) -> Timestamp {
        match self.callback_within {
            Some(within) => self.created + within,
            None => self.lapses,
        }
    }

    /// The order in which they are best taken up: the hottest, then whoever must be called soonest.
    pub fn urgency(&self) -> (Priority, Timestamp, Timestamp, HandoffId) {
        (self.priority, self.due(), self.created, self.id)
    }

    /// The record after `change`, which is about this handoff.
    pub fn after(mut self, change: &HandoffChange) -> HandoffRecord {
        self.status = change.status;
        match change.status {
            HandoffStatus::Open => {}
            HandoffStatus::Claimed => self.claimed = self.claimed.or(Some(change.at)),
            HandoffStatus::Resolved | HandoffStatus::Unclaimed => self.resolved = Some(change.at),
        }
        if let Some(round) = &change.round {
            self.team = round.team.clone();
            self.lapses = round.lapses;
            self.rounds.push(round.clone());
        }
        self.menu.extend(change.menu.iter().cloned());
        self.agent = change.agent.clone().or(self.agent);
        self.outcome = change.outcome.clone().or(self.outcome);
        self
    }
}

/// How a handoff went on at `at`. `agent` and `outcome` replace what stood there when they are
/// given.
#[derive(Debug, Clone, PartialEq)]
pub struct HandoffChange {
    pub id: HandoffId,
    pub status: HandoffStatus,
    pub agent: Option<String>,
    pub outcome: Option<Name>,
    pub at: Timestamp,
    /// Others are asked from now on.
    pub round: Option<HandoffRound>,
    /// Numbers that came to mean something.
    pub menu: Vec<MenuItem>,
}

impl HandoffChange {
    pub fn to(id: HandoffId, status: HandoffStatus, at: Timestamp) -> Self {
        Self {
            id,
            status,
            agent: None,
            outcome: None,
            at,
            round: None,
            menu: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum HandoffStatus {
    #[n(0)]
    Open,
    #[n(1)]
    Claimed,
    #[n(2)]
    Resolved,
    #[n(3)]
    Unclaimed,
}

impl HandoffStatus {
    pub const ALL: [HandoffStatus; 4] = [
        HandoffStatus::Open,
        HandoffStatus::Claimed,
        HandoffStatus::Resolved,
        HandoffStatus::Unclaimed,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            HandoffStatus::Open => "open",
            HandoffStatus::Claimed => "claimed",
            HandoffStatus::Resolved => "resolved",
            HandoffStatus::Unclaimed => "unclaimed",
        }
    }
}
