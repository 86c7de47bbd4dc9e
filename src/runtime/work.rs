//! What can be asked of the engine, and what it answers. Each piece of work is about one lead and
//! becomes one commit.

use crate::conversation::{Conversation, ConversationId, Effect, Seq, Slot};
use crate::lead::{Name, PhoneNumber, Value};
use crate::policy::ConsentEvent;
use crate::store::{HandoffId, SeenKey, Sending, StoreError};
use crate::time::{Duration, Timestamp};

#[derive(Debug, Clone)]
pub enum Work {
    Inbound(Inbound),
    /// A carrier says how a message fares.
    Receipt {
        lead: PhoneNumber,
        seq: Seq,
        status: ReceiptStatus,
        error: Option<String>,
    },
    Timer {
        lead: PhoneNumber,
        conversation: ConversationId,
        deadline: Timestamp,
    },
    /// Take an outgoing row to carry it out, if it is due and may go.
    Begin {
        lead: PhoneNumber,
        seq: Seq,
    },
    Settle {
        lead: PhoneNumber,
        seq: Seq,
        result: SendResult,
    },
    Enroll(Enroll),
    UpsertLead(LeadUpdate),
    Did(LeadDid),
    Claim {
        lead: PhoneNumber,
        handoff: HandoffId,
        agent: String,
    },
    /// An agent who was asked passes.
    Decline {
        lead: PhoneNumber,
        handoff: HandoffId,
        agent: String,
    },
    /// Have the carrier call the agent, then the lead.
    CallLead {
        lead: PhoneNumber,
        handoff: HandoffId,
        agent: String,
    },
    /// An agent's own text, which was acted on, and the answer to it.
    AgentText {
        inbound: Inbound,
        agent: String,
        answer: String,
    },
    Resolve {
        lead: PhoneNumber,
        handoff: HandoffId,
        outcome: Name,
        agent: Option<String>,
    },
    TakeOver {
        lead: PhoneNumber,
        conversation: ConversationId,
        agent: String,
    },
    Release {
        lead: PhoneNumber,
        conversation: ConversationId,
        step: Option<Name>,
    },
    Write {
        lead: PhoneNumber,
        conversation: ConversationId,
        agent: String,
        text: String,
    },
    Consent {
        lead: PhoneNumber,
        event: ConsentEvent,
    },
    Clicked {
        lead: PhoneNumber,
        conversation: ConversationId,
        link: Name,
    },
    /// Call off the appointment that a conversation holds.
    CancelBooking {
        lead: PhoneNumber,
        conversation: ConversationId,
    },
    /// End a conversation from outside.
    Stop {
        lead: PhoneNumber,
        conversation: ConversationId,
        outcome: Name,
    },
}

/// A text from a lead, as a carrier's adapter read it.
#[derive(Debug, Clone)]
pub struct Inbound {
    pub channel: Name,
    /// The carrier's id of the message: taken once, for ever.
    pub id: String,
    pub from: PhoneNumber,
    /// Our number it was written to.
    pub to: String,
    pub text: String,
    pub media: Vec<String>,
    pub written: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptStatus {
    Sent,
    Delivered,
    Undelivered,
    Failed,
}

/// How carrying out an outgoing row ended.
#[derive(Debug, Clone, PartialEq)]
pub enum SendResult {
    /// Taken by the carrier, the mail server, the endpoint.
    Accepted {
        provider_id: Option<String>,
        delivered: bool,
    },
    /// Refused for good.
    Refused {
        error: String,
    },
    /// The number can never be reached.
    Unreachable {
        error: String,
    },
    /// The carrier knows of an opt-out.
    OptedOut {
        error: String,
    },
    /// Not processed; the same again later.
    Retry {
        after: Duration,
        error: String,
    },
    /// Nobody knows whether it went.
    Uncertain {
        error: String,
    },
    /// An endpoint answered; `None` when it failed for good.
    CallAnswered {
        saved: Option<Vec<(Name, Value)>>,
    },
    SlotsFound {
        slots: Vec<Slot>,
    },
    SlotHeld {
        slot: Slot,
        held: bool,
    },
}

#[derive(Debug, Clone)]
pub struct Enroll {
    pub flow: Name,
    pub lead: LeadUpdate,
    pub at: Option<Timestamp>,
    pub if_busy: IfBusy,
    /// How the lead came in: `api`, `import`, `event:…`, `keyword:…`.
    pub by: String,
    pub properties: Vec<(Name, Value)>,
    /// Taken once, for ever.
    pub seen: Option<SeenKey>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IfBusy {
    /// Begin when the conversation under way has ended.
    Wait,
    /// Stop the one under way.
    Replace,
    #[default]
    Refuse,
}

/// What is told of a lead; what is `None` or absent stays as it was.
#[derive(Debug, Clone)]
pub struct LeadUpdate {
    pub phone: PhoneNumber,
    pub locale: Option<Name>,
    pub time_zone: Option<Name>,
    pub tags: Option<Vec<Name>>,
    /// With `name` and `email` among them.
    pub fields: Vec<(Name, Value)>,
    pub consent: Option<ConsentEvent>,
}

impl LeadUpdate {
    pub fn of(phone: PhoneNumber) -> Self {
        Self {
            phone,
            locale: None,
            time_zone: None,
            tags: None,
            fields: Vec::new(),
            consent: None,
        }
    }
}

#[derive(Debug, Clone)]
pub struct LeadDid {
    pub lead: PhoneNumber,
    pub event: Name,
    pub properties: Vec<(Name, Value)>,
    pub at: Option<Timestamp>,
    pub seen: Option<SeenKey>,
}

impl Work {
    pub fn lead(&self) -> PhoneNumber {
        match self {
            Work::Inbound(inbound) | Work::AgentText { inbound, .. } => inbound.from,
            Work::Enroll(enroll) => enroll.lead.phone,
            Work::UpsertLead(update) => update.phone,
            Work::Did(did) => did.lead,
            Work::Receipt { lead, .. }
            | Work::Timer { lead, .. }
            | Work::Begin { lead, .. }
            | Work::Settle { lead, .. }
            | Work::Claim { lead, .. }
            | Work::Decline { lead, .. }
            | Work::CallLead { lead, .. }
            | Work::Resolve { lead, .. }
            | Work::TakeOver { lead, .. }
            | Work::Release { lead, .. }
            | Work::Write { lead, .. }
            | Work::Consent { lead, .. }
            | Work::Clicked { lead, .. }
            | Work::CancelBooking { lead, .. }
            | Work::Stop { lead, .. } => *lead,
        }
    }
}

/// What a turn did.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// The event was taken in before; nothing changed.
    pub duplicate: bool,
    /// A lead was created.
    pub created: bool,
    /// The conversation it was about, as it stands now.
    pub conversation: Option<Conversation>,
    /// An outgoing row taken with `Begin`.
    pub job: Option<Job>,
    /// What others may want to hear of: for the live stream.
    pub heard: Vec<Heard>,
    /// The turn decided something that is due at once.
    pub outgoing: bool,
}

/// Something the console shows as it happens.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// `reply`, `message`, `handoff.opened`, `handoff.offered`, `handoff.claimed`,
    /// `handoff.resolved`, `conversation.started`, `conversation.moved`, `conversation.taken`,
    /// `conversation.released`, `conversation.ended`.
    pub what: &'static str,
    pub lead: PhoneNumber,
    pub conversation: Option<ConversationId>,
    pub flow: Option<Name>,
    pub step: Option<Name>,
    pub detail: String,
}

/// An outgoing row to carry out, its lease begun.
#[derive(Debug, Clone)]
pub struct Job {
    pub lead: PhoneNumber,
    pub seq: Seq,
    pub conversation: Option<ConversationId>,
    pub effect: Effect,
    pub sending: Sending,
}

/// Why work was not done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("there is no flow `{0}`")]
    NoFlow(Name),
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("the lead is in another conversation ({0})")]
    Busy(ConversationId),
    #[error("`{flow}` needs `{field}`: {problem}")]
    Field {
        flow: Name,
        field: Name,
        problem: String,
    },
    #[error("{0}")]
    Consent(String),
    #[error("{agent} has it")]
    Claimed { agent: String },
    #[error("{0}")]
    Conflict(String),
    #[error("{0}")]
    Invalid(String),
    /// A fault of ours; the lead was left as it was.
    #[error("this lead is set aside after a fault")]
    Parked,
    #[error("too much at once; try again shortly")]
    Overloaded,
    #[error(transparent)]
    Store(#[from] StoreError),
}
