//! Everything a conversation can ask of the world. An effect is decided and stored in the commit of
//! the event that caused it; carrying it out comes afterwards.

use minicbor::{Decode, Encode};

use crate::conversation::{Seq, Slot};
use crate::lead::{Name, PhoneNumber, Value};
use crate::policy::{ConsentEvent, HoldReason, MessageKind, Purpose};
use crate::time::{Duration, Timestamp};

#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum Effect {
    #[n(0)]
    Sms(#[n(0)] SmsMessage),
    #[n(1)]
    Email(#[n(0)] EmailMessage),
    /// Offer a hot lead to a team.
    #[n(2)]
    AlertAgents(#[n(0)] HandoffOffer),
    /// Withdraw the offer of the alert with this number.
    #[n(3)]
    CloseHandoff {
        #[n(0)]
        seq: Seq,
        /// `unclaimed`, or an outcome.
        #[n(1)]
        outcome: Name,
    },
    /// Call an endpoint of the workspace; the answer comes back as an event.
    #[n(4)]
    Call {
        #[n(0)]
        endpoint: Name,
        #[n(1)]
        with: Vec<(Name, Value)>,
        /// What to keep of the answer: name and JSON path.
        #[n(2)]
        save: Vec<(Name, String)>,
    },
    #[n(5)]
    FindSlots {
        #[n(0)]
        calendar: Name,
        #[n(1)]
        count: u8,
    },
    #[n(6)]
    HoldSlot {
        #[n(0)]
        calendar: Name,
        #[n(1)]
        start: Timestamp,
        #[n(2)]
        end: Timestamp,
    },
    #[n(7)]
    SetField {
        #[n(0)]
        field: Name,
        #[n(1)]
        value: Value,
    },
    /// Take back every message of this lead that has not left.
    #[n(8)]
    CancelQueued,
    /// A new row of the ledger.
    #[n(9)]
    Consent(#[n(0)] Box<ConsentEvent>),
    #[n(10)]
    Shortlink {
        /// 64 bits, unguessable; see `flow::links`.
        #[n(0)]
        code: u64,
        #[n(1)]
        link: Name,
        /// With its UTM parameters; fixed from here on.
        #[n(2)]
        to: String,
        /// Counted from the moment the message is accepted.
        #[n(3)]
        lifetime: Option<Duration>,
        /// The message that carries it.
        #[n(4)]
        message: Seq,
    },
    /// Tell the workspace's webhooks.
    #[n(11)]
    Notify {
        #[n(0)]
        event: Name,
    },
    #[n(12)]
    MarkUnreachable,
    /// Tell an agent something by one of their own ways.
    #[n(20)]
    TellAgent(#[n(0)] AgentNote),
    /// Have agents told that something of theirs is nearly due.
    #[n(21)]
    NudgeAgents {
        /// The handoff.
        #[n(0)]
        seq: Seq,
        #[n(1)]
        why: Nudge,
        #[n(2)]
        agents: Vec<String>,
    },
    /// Call an agent and, once they answer, the lead.
    #[n(22)]
    Bridge {
        #[n(0)]
        agent: String,
        /// The agent's number.
        #[n(1)]
        to: PhoneNumber,
    },
    /// Take back the reminders of an appointment that was moved.
    #[n(25)]
    DropReminders {
        /// The `book` step.
        #[n(0)]
        step: Name,
    },
    /// Give back the place that the conversation holds.
    #[n(26)]
    FreeSlot {
        #[n(0)]
        calendar: Name,
    },
    /// What the conversation itself had not sent goes on its way, or is taken back.
    #[n(24)]
    FreeTexts {
        #[n(0)]
        how: Free,
    },
}

/// What becomes of the messages of one conversation that have not begun to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Free {
    /// What waited for an agent goes on its way.
    #[n(0)]
    Send,
    /// The flow goes on elsewhere: its texts are taken back, but the reminders of an appointment.
    #[n(1)]
    Drop,
    /// The conversation is over: its texts and emails are taken back, every one.
    #[n(2)]
    DropAll,
}

/// Why agents are told of a handoff once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Nudge {
    /// The lead was told they would be called by about now.
    #[n(0)]
    CallSoon,
    /// It was claimed a while ago, and nobody said how it went.
    #[n(1)]
    HowDidItGo,
}

/// Something said to an agent.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct AgentNote {
    #[n(0)]
    pub agent: String,
    #[n(1)]
    pub way: AgentWay,
    #[n(2)]
    pub about: NoteAbout,
    /// The handoff it is about, of the same conversation.
    #[n(3)]
    pub handoff: Option<Seq>,
    /// A number, an email address; for a webhook the agent's name, since its address is a secret.
    #[n(4)]
    pub to: String,
    #[n(5)]
    pub subject: String,
    #[n(6)]
    pub text: String,
    /// Where it can be claimed and reported on.
    #[n(7)]
    pub link: Option<String>,
}

impl AgentNote {
    /// The text for others to read: the link in it is the agent's alone.
    pub fn text_for_others(&self) -> String {
        match &self.link {
            Some(link) => self.text.replace(link.as_str(), "(their link)"),
            None => self.text.clone(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum AgentWay {
    #[n(0)]
    Sms,
    #[n(1)]
    Email,
    #[n(2)]
    Webhook,
}

impl AgentWay {
    pub fn as_str(self) -> &'static str {
        match self {
            AgentWay::Sms => "sms",
            AgentWay::Email => "email",
            AgentWay::Webhook => "webhook",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum NoteAbout {
    /// A lead is on offer.
    #[n(0)]
    Offer,
    #[n(1)]
    Reminder,
    /// Somebody else has it.
    #[n(2)]
    Taken,
    /// It is over: the lead opted out, or nobody claimed it in time.
    #[n(3)]
    Over,
    /// The answer to the agent's own text.
    #[n(4)]
    Answer,
}

impl NoteAbout {
    pub fn as_str(self) -> &'static str {
        match self {
            NoteAbout::Offer => "offer",
            NoteAbout::Reminder => "reminder",
            NoteAbout::Taken => "taken",
            NoteAbout::Over => "over",
            NoteAbout::Answer => "answer",
        }
    }
}

/// A text to the lead, rendered.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct SmsMessage {
    #[n(0)]
    pub text: String,
    #[n(1)]
    pub media: Vec<String>,
    #[n(2)]
    pub kind: MessageKind,
    #[n(3)]
    pub purpose: Purpose,
    /// The channel that must carry it; `None` for the lead's usual one.
    #[n(4)]
    pub channel: Option<Name>,
    #[n(5)]
    pub hold: Option<(Timestamp, HoldReason)>,
    /// The step whose `send` window is asked again at hand-off.
    #[n(6)]
    pub step: Option<Name>,
    /// It reminds of the lead's appointment that begins then: of no use from that moment on, and no
    /// matter of caps, as the invitation is none.
    #[n(7)]
    pub appointment: Option<Timestamp>,
}

impl SmsMessage {
    /// Whether it reminds of an appointment.
    pub fn is_reminder(&self) -> bool {
        self.appointment.is_some()
    }
}

#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct EmailMessage {
    #[n(0)]
    pub to: String,
    #[n(1)]
    pub subject: String,
    #[n(2)]
    pub text: String,
    #[n(3)]
    pub step: Option<Name>,
    /// A slot to invite to; sent as an iCalendar part (RFC 5545).
    #[n(4)]
    pub invite: Option<Slot>,
    /// Marketing carries a way to unsubscribe, and stops with it.
    #[n(5)]
    #[cbor(default)]
    pub kind: MessageKind,
    /// The invitation itself, as `text/calendar`.
    #[n(10)]
    pub ics: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct HandoffOffer {
    #[n(0)]
    pub team: Name,
    #[n(1)]
    pub priority: Priority,
    #[n(2)]
    pub brief: String,
    #[n(3)]
    pub callback_within: Option<Duration>,
    #[n(4)]
    pub step: Name,
    /// When the offer lapses if nobody claims it, those who are asked later among them.
    #[n(5)]
    pub lapses: Timestamp,
    /// The first alert of the same handoff, where this is not it.
    #[n(6)]
    pub of: Option<Seq>,
    #[n(7)]
    #[cbor(default)]
    pub asked: Vec<String>,
    /// Not before this hour may the lead be called.
    #[n(8)]
    pub call_after: Option<Timestamp>,
    /// How it may go, `unclaimed` aside.
    #[n(9)]
    #[cbor(default)]
    pub outcomes: Vec<Name>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Priority {
    #[n(0)]
    Hot,
    #[n(1)]
    Normal,
    #[n(2)]
    Low,
}

impl Priority {
    pub fn as_str(self) -> &'static str {
        match self {
            Priority::Hot => "hot",
            Priority::Normal => "normal",
            Priority::Low => "low",
        }
    }
}
