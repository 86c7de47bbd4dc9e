//! The state of one lead in one version of one flow, as plain data. No behaviour lives here: what an
//! event does to a conversation is decided by `advance`.

mod booked;
mod effect;
mod entry;
mod event;
mod handoff;

use minicbor::{Decode, Encode};

use crate::lead::{Name, PhoneNumber, Value};
use crate::time::{Duration, Timestamp};

pub use booked::Booked;
pub use effect::{
    AgentNote, AgentWay, Effect, EmailMessage, Free, HandoffOffer, NoteAbout, Nudge, Priority,
    SmsMessage,
};
pub use entry::{Entry, Hop, Understood};
pub use event::{EmailReply, Event, FailedSend, Slot};
pub use handoff::{Handoff, Offered};

/// Which conversation. Ids grow with time within a bucket; the top eight bits are the bucket of the
/// lead, so that a row can be found from the id alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct ConversationId(#[n(0)] u64);

/// 2025-01-01T00:00:00Z, from which ids count.
const ID_EPOCH_MS: i64 = 1_735_689_600_000;

impl ConversationId {
    /// `counter` tells apart conversations made by one process in one millisecond.
    pub fn new(lead: PhoneNumber, now: Timestamp, counter: u16) -> Self {
        let ms = (now.as_ms() - ID_EPOCH_MS).max(0) as u64 & ((1 << 41) - 1);
        // Bit 63 stays clear so that the id fits a signed column.
        let bucket = u64::from(lead.bucket()) << 55;
        Self(bucket | ms << 14 | u64::from(counter & 0x3fff))
    }

    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub const fn bits(self) -> u64 {
        self.0
    }

    pub const fn bucket(self) -> u8 {
        (self.0 >> 55) as u8
    }
}

/// `cv_` and the bits in hexadecimal.
impl std::fmt::Display for ConversationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cv_{:016x}", self.0)
    }
}

impl std::str::FromStr for ConversationId {
    type Err = ();
    fn from_str(s: &str) -> Result<Self, ()> {
        let hex = s
            .strip_prefix("cv_")
            .filter(|hex| hex.len() == 16)
            .ok_or(())?;
        u64::from_str_radix(hex, 16).map(Self).map_err(|_| ())
    }
}

/// Which version of a flow: the first 16 bytes of the SHA-256 of its sources.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct VersionId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

impl std::fmt::Display for VersionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for VersionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VersionId({self})")
    }
}

/// A number in the one sequence that a lead's entries and effects share, from 1.
pub type Seq = u32;

/// One lead in one version of one flow.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Conversation {
    #[n(0)]
    pub id: ConversationId,
    #[n(1)]
    pub lead: PhoneNumber,
    #[n(2)]
    pub flow: Name,
    #[n(3)]
    pub version: VersionId,
    /// Grows by one with each commit; a commit that read an older one is refused.
    #[n(4)]
    pub revision: u32,
    #[n(5)]
    pub status: Status,
    /// The one live timer.
    #[n(6)]
    pub deadline: Option<Timestamp>,
    #[n(7)]
    pub locale: Name,
    #[n(8)]
    pub score: i32,
    #[n(9)]
    pub answers: Vec<(Name, Value)>,
    /// What `call` saved, and the slot that `book` holds.
    #[n(10)]
    pub saved: Vec<(Name, Value)>,
    /// Properties of the event that started the flow or that it last waited for.
    #[n(11)]
    pub event: Vec<(Name, Value)>,
    #[n(12)]
    pub last_reply: String,
    /// The agent who last claimed a handoff here.
    #[n(13)]
    pub agent: Option<String>,
    /// The arm of each experiment, by name; drawn by hash at enrolment.
    #[n(14)]
    pub variants: Vec<(Name, Name)>,
    #[n(15)]
    pub started: Timestamp,
    /// The last question that silence led away from, until it is answered after all.
    #[n(16)]
    pub unanswered: Option<Unanswered>,
}

/// A question left without an answer.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Unanswered {
    #[n(0)]
    pub step: Name,
    /// When silence led on.
    #[n(1)]
    pub since: Timestamp,
}

/// Where a conversation rests.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum Status {
    /// Enrolled for later, or behind another conversation of the same lead. `deadline` is when.
    #[n(0)]
    Scheduled,
    #[n(1)]
    Waiting(#[n(0)] Wait),
    /// Offered to agents, or claimed by one.
    #[n(2)]
    WithAgent(#[n(0)] Box<Handoff>),
    /// An agent has taken the conversation; the flow stands still until it is given back.
    #[n(3)]
    TakenOver {
        #[n(0)]
        agent: String,
        #[n(1)]
        resume: Box<Status>,
        /// What was left of the flow's own timer.
        #[n(2)]
        remaining: Option<Duration>,
        /// Where the flow goes on instead: an endpoint or a calendar has answered meanwhile.
        #[n(3)]
        onward: Option<Onward>,
    },
    #[n(4)]
    Ended {
        #[n(0)]
        outcome: Name,
    },
}

/// The way out of the step that an agent's takeover keeps waiting.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Onward {
    #[n(0)]
    pub exit: Name,
    /// `None` is the end.
    #[n(1)]
    pub to: Option<Name>,
}

/// What a waiting conversation waits for, at which step.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Wait {
    #[n(0)]
    pub step: Name,
    #[n(1)]
    pub what: Awaiting,
}

#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum Awaiting {
    /// A reply to the question that stands (an `ask`, a `book` with slots offered, an `email`).
    #[n(0)]
    Reply {
        /// The next rung of `no_reply`.
        #[n(0)]
        rung: u8,
        /// Unclear replies so far.
        #[n(1)]
        unclear: u8,
        /// The message whose acceptance starts the clock; `None` once it runs.
        #[n(2)]
        sending: Option<Seq>,
        /// The slots offered, for `book`.
        #[n(3)]
        slots: Vec<Slot>,
    },
    /// The deadline (`wait`).
    #[n(1)]
    Time,
    /// An event of this name (`wait: { for_event }`).
    #[n(2)]
    LeadEvent(#[n(0)] Name),
    /// The answer of the effect with this number: an endpoint, a calendar.
    #[n(3)]
    Answer(#[n(0)] Seq),
}

impl Conversation {
    pub fn answer(&self, step: &str) -> Option<&Value> {
        self.answers
            .iter()
            .find(|(name, _)| *name == *step)
            .map(|(_, value)| value)
    }

    pub fn is_ended(&self) -> bool {
        matches!(self.status, Status::Ended { .. })
    }

    /// How it ended, if it did.
    pub fn outcome(&self) -> Option<&Name> {
        match &self.status {
            Status::Ended { outcome } => Some(outcome),
            Status::Scheduled
            | Status::Waiting(_)
            | Status::WithAgent(_)
            | Status::TakenOver { .. } => None,
        }
    }

    /// The step it stands on; `None` when scheduled or ended.
    pub fn step(&self) -> Option<&Name> {
        fn of(status: &Status) -> Option<&Name> {
            match status {
                Status::Waiting(wait) => Some(&wait.step),
                Status::WithAgent(handoff) => Some(&handoff.step),
                Status::TakenOver { resume, .. } => of(resume),
                Status::Scheduled | Status::Ended { .. } => None,
            }
        }
        of(&self.status)
    }

    /// As the API and the console call it.
    pub fn status_name(&self) -> &'static str {
        match self.status {
            Status::Scheduled => "scheduled",
            Status::Waiting(_) => "waiting",
            Status::WithAgent(_) | Status::TakenOver { .. } => "with_agent",
            Status::Ended { .. } => "ended",
        }
    }
}
