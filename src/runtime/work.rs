//! What can be asked of the engine, and what it answers. Each piece of work is about one lead and
//! becomes one commit.

use crate::carrier::{Means, Media, Took};
use crate::conversation::{
    Conversation, ConversationId, Effect, EmailReply, Event, Seq, Slot, VersionId,
};
use crate::lead::{Name, PhoneNumber, Value};
use crate::policy::{Chosen, ConsentEvent, Permit};
use crate::runtime::agent_text::Said;
use crate::store::{HandoffId, OnClock, Row, SeenKey, SendStatus, Sending, Shared, StoreError};
use crate::time::{Duration, Timestamp};

#[derive(Debug, Clone)]
pub enum Work {
    Inbound(Inbound),
    Receipt(Receipt),
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
    /// An outgoing row that is due gives way to others until then.
    Postpone {
        lead: PhoneNumber,
        seq: Seq,
        until: Timestamp,
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
        answer: Said,
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
    /// Keep something for the team beside a conversation: nothing is sent, nothing moves.
    Note {
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
    /// Have a conversation go on in another version of its flow, where that can be.
    MoveVersion {
        lead: PhoneNumber,
        conversation: ConversationId,
        to: VersionId,
        by: String,
    },
    /// Call off the appointment that a conversation holds.
    CancelBooking {
        lead: PhoneNumber,
        conversation: ConversationId,
    },
    /// The lead answered an email of the conversation.
    EmailReply(EmailAnswer),
    /// An email came back for good, after the mail server had taken it.
    EmailBounced {
        lead: PhoneNumber,
        seq: Seq,
        conversation: Option<ConversationId>,
        error: String,
    },
    /// The lead wants no more marketing emails.
    Unsubscribe {
        lead: PhoneNumber,
        /// The email whose link was followed, or that was complained of; `None` when only the address
        /// is known.
        seq: Option<Seq>,
        conversation: Option<ConversationId>,
        by: UnsubscribedBy,
    },
    /// Put work on the clock again that was taken off it after a fault.
    PutBack {
        lead: PhoneNumber,
        what: PutBack,
    },
    /// End a conversation from outside.
    Stop {
        lead: PhoneNumber,
        conversation: ConversationId,
        outcome: Name,
    },
}

/// What was taken off the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutBack {
    Timer {
        conversation: ConversationId,
        deadline: Timestamp,
    },
    Row(Seq),
}

/// An email from a lead, matched to the email of ours that it answers.
#[derive(Debug, Clone)]
pub struct EmailAnswer {
    pub lead: PhoneNumber,
    pub conversation: ConversationId,
    pub reply: EmailReply,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnsubscribedBy {
    /// Their mail program's own button (RFC 8058).
    OneClick,
    /// The page behind the letter's link.
    Page,
    /// They called it spam.
    Complaint,
    /// The provider's own list of those who unsubscribed.
    Provider,
}

impl UnsubscribedBy {
    pub fn as_str(self) -> &'static str {
        match self {
            UnsubscribedBy::OneClick => "one_click",
            UnsubscribedBy::Page => "page",
            UnsubscribedBy::Complaint => "complaint",
            UnsubscribedBy::Provider => "provider",
        }
    }
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
    pub media: Vec<Media>,
    pub written: Option<Timestamp>,
    /// What the carrier itself made of it.
    pub verdict: Took,
}

impl Inbound {
    /// What the conversation hears.
    pub fn event(&self) -> Event {
        let kind = |media: &Media| media.content_type.clone().unwrap_or_default();
        let told = self.media.iter().any(|media| media.content_type.is_some());
        Event::Replied {
            text: self.text.clone(),
            media: self.media.iter().map(|media| media.url.clone()).collect(),
            written: self.written,
            media_types: match told {
                true => self.media.iter().map(kind).collect(),
                false => Vec::new(),
            },
        }
    }
}

/// A carrier says how a message fares.
#[derive(Debug, Clone)]
pub struct Receipt {
    pub lead: PhoneNumber,
    pub seq: Seq,
    pub status: ReceiptStatus,
    pub error: Option<String>,
    /// What a failure says of the number or the account.
    pub means: Means,
    /// The carrier's id of the message.
    pub provider_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptStatus {
    /// The carrier has it; nothing more.
    Taken,
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
    /// The number, or the address of an email, can never be reached.
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
    /// Not processed, since there was no connection or the carrier is in trouble: no try of its own.
    NotReached {
        after: Duration,
        error: String,
    },
    /// Not processed, since it was too fast; the same again later: no try of its own.
    Busy {
        after: Duration,
        error: String,
    },
    /// Not processed, nor will anything of this channel be until somebody acts: no try of its own.
    Paused {
        error: String,
    },
    /// Nobody knows whether it went; the carrier knows it by our id, so the same may go again, by
    /// the same channel.
    Repeat {
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
    /// What they chose on their preferences page.
    pub chosen: Option<Chosen>,
    /// When they were last asked whether they still want to hear from us.
    pub asked_again: Option<Timestamp>,
    /// When a register last said that the number is still theirs.
    pub looked_up: Option<Timestamp>,
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
            chosen: None,
            asked_again: None,
            looked_up: None,
        }
    }

    /// Whether it tells nothing but what a register said.
    pub fn is_look_up(&self) -> bool {
        let nothing_told = self.locale.is_none()
            && self.time_zone.is_none()
            && self.tags.is_none()
            && self.fields.is_empty()
            && self.consent.is_none();
        let nothing_done = self.chosen.is_none() && self.asked_again.is_none();
        self.looked_up.is_some() && nothing_told && nothing_done
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
    /// What it is on the clock, where it comes from there.
    pub(super) fn on_clock(&self) -> Option<OnClock> {
        match *self {
            Work::Timer { conversation, .. } => Some(OnClock::Timer(conversation)),
            Work::Begin { lead, seq } | Work::Settle { lead, seq, .. } => {
                Some(OnClock::Outgoing(lead, seq))
            }
            _ => None,
        }
    }

    pub fn lead(&self) -> PhoneNumber {
        match self {
            Work::Inbound(inbound) | Work::AgentText { inbound, .. } => inbound.from,
            Work::Enroll(enroll) => enroll.lead.phone,
            Work::UpsertLead(update) => update.phone,
            Work::Did(did) => did.lead,
            Work::EmailReply(answer) => answer.lead,
            Work::Receipt(receipt) => receipt.lead,
            Work::Postpone { lead, .. }
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
            | Work::Note { lead, .. }
            | Work::Consent { lead, .. }
            | Work::Clicked { lead, .. }
            | Work::MoveVersion { lead, .. }
            | Work::CancelBooking { lead, .. }
            | Work::EmailBounced { lead, .. }
            | Work::Unsubscribe { lead, .. }
            | Work::PutBack { lead, .. }
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
    pub conversation: Option<Shared<Conversation>>,
    /// What an agent wrote, as it was written: their note, or the text that goes to the lead.
    pub wrote: Option<Box<Row>>,
    /// An outgoing row taken with `Begin`.
    pub job: Option<Box<Job>>,
    /// What others may want to hear of: for the live stream.
    pub heard: Vec<Heard>,
    /// The turn decided something that is due at once.
    pub outgoing: bool,
}

/// Something the console shows as it happens.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// `reply`, `message`, `note`, `handoff.opened`, `handoff.offered`, `handoff.claimed`,
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
    /// Keeps others from making one: only [`Job::new`] does.
    _leave: Leave,
}

/// By what leave a row goes out.
#[derive(Debug, Clone)]
pub enum Leave {
    /// The gate was asked, with the lead's consent in hand.
    ToTheLead(Permit),
    /// An alert, an email, a call: it is no text to the lead.
    NotToTheLead,
}

impl Job {
    /// `None` for a text without leave for this lead at this very moment.
    pub fn new(
        row: &Row,
        effect: Effect,
        sending: Sending,
        leave: Leave,
        now: Timestamp,
    ) -> Option<Job> {
        let allowed = match (&effect, &leave) {
            (Effect::Sms(_), Leave::ToTheLead(permit)) => permit.is_for(row.lead, now),
            (Effect::Sms(_), Leave::NotToTheLead) => false,
            (_, Leave::ToTheLead(_) | Leave::NotToTheLead) => true,
        };
        allowed.then_some(Job {
            lead: row.lead,
            seq: row.seq,
            conversation: row.conversation,
            effect,
            sending,
            _leave: leave,
        })
    }

    /// Asks what became of a text in doubt: nothing goes to the lead. `None` for any other.
    pub fn look_up(row: &Row, effect: Effect, sending: Sending) -> Option<Job> {
        (sending.status == SendStatus::Uncertain).then_some(Job {
            lead: row.lead,
            seq: row.seq,
            conversation: row.conversation,
            effect,
            sending,
            _leave: Leave::NotToTheLead,
        })
    }
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

impl Refusal {
    /// Whether the same work, asked for again, would be refused again: what a carrier sent is then as
    /// well as done. Any other could not be done now, and may come again.
    pub fn is_for_good(&self) -> bool {
        match self {
            Refusal::NoFlow(_)
            | Refusal::Busy(_)
            | Refusal::Field { .. }
            | Refusal::Consent(_)
            | Refusal::Claimed { .. }
            | Refusal::Invalid(_) => true,
            Refusal::Overloaded
            | Refusal::Store(_)
            | Refusal::Parked
            | Refusal::Conflict(_)
            | Refusal::NotFound(_) => false,
        }
    }
}
