//! Everything a conversation can ask of the world. An effect is decided and stored in the commit of
//! the event that caused it; carrying it out comes afterwards.

use minicbor::{Decode, Encode};

use crate::conversation::{Seq, Slot};
use crate::lead::{Name, Value};
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
    Consent(#[n(0)] ConsentEvent),
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
    /// When the offer lapses if nobody claims it.
    #[n(5)]
    pub lapses: Timestamp,
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
