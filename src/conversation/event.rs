//! Everything that can happen to a conversation.

use minicbor::{Decode, Encode};

use crate::conversation::{Seq, VersionId};
use crate::lead::{Name, PhoneNumber, Value};
use crate::policy::DropReason;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum Event {
    /// The lead enters the flow: `by` says how (`api`, `keyword:DRIVE`, `event:cart_left`, `import`).
    #[n(0)]
    Enrolled {
        #[n(0)]
        by: String,
        #[n(1)]
        properties: Vec<(Name, Value)>,
    },
    /// The lead wrote. STOP, START and HELP come here too, for the journal.
    #[n(1)]
    Replied {
        #[n(0)]
        text: String,
        #[n(1)]
        media: Vec<String>,
        /// When the carrier says it was written, where it says so.
        #[n(2)]
        written: Option<Timestamp>,
        /// What each of `media` is (`image/jpeg`), in the same order; empty where none is told.
        #[cbor(n(3), default)]
        media_types: Vec<String>,
    },
    /// A timer fell due. `deadline` is the one it was set for.
    #[n(2)]
    TimerFired {
        #[n(0)]
        deadline: Timestamp,
    },
    /// The carrier (or mail server) accepted the message with this number.
    #[n(3)]
    Accepted {
        #[n(0)]
        seq: Seq,
    },
    #[n(4)]
    Failed {
        #[n(0)]
        seq: Seq,
        #[n(1)]
        why: FailedSend,
    },
    #[n(5)]
    Delivered {
        #[n(0)]
        seq: Seq,
    },
    #[n(6)]
    HandoffClaimed {
        #[n(0)]
        agent: String,
    },
    #[n(7)]
    HandoffResolved {
        #[n(0)]
        outcome: Name,
        #[n(1)]
        agent: Option<String>,
    },
    /// Behaviour told through `POST /v1/events`.
    #[n(8)]
    LeadDid {
        #[n(0)]
        event: Name,
        #[n(1)]
        properties: Vec<(Name, Value)>,
    },
    /// What an endpoint answered; `None` when it failed.
    #[n(9)]
    CallAnswered {
        #[n(0)]
        seq: Seq,
        #[n(1)]
        saved: Option<Vec<(Name, Value)>>,
    },
    /// Free slots of a calendar, held for this lead until the choice is made.
    #[n(10)]
    SlotsFound {
        #[n(0)]
        seq: Seq,
        #[n(1)]
        slots: Vec<Slot>,
    },
    #[n(11)]
    TakenOver {
        #[n(0)]
        agent: String,
    },
    /// Given back to the flow, at `step` when another than it stood at.
    #[n(12)]
    Released {
        #[n(0)]
        step: Option<Name>,
    },
    /// An agent speaks.
    #[n(13)]
    AgentWrote {
        #[n(0)]
        agent: String,
        #[n(1)]
        text: String,
    },
    #[n(14)]
    Clicked {
        #[n(0)]
        link: Name,
    },
    /// Ended from outside: `opted_out`, `wrong_number`, `stopped`, `unreachable`, `failed`.
    #[n(15)]
    Stopped {
        #[n(0)]
        outcome: Name,
    },
    /// A slot was taken for good, or could not be.
    #[n(16)]
    SlotHeld {
        #[n(0)]
        seq: Seq,
        #[n(1)]
        slot: Slot,
        #[n(2)]
        held: bool,
    },
    /// An agent who was asked passes.
    #[n(20)]
    HandoffDeclined {
        #[n(0)]
        agent: String,
    },
    /// The appointment is called off.
    #[n(22)]
    BookingCancelled,
    /// An agent had the carrier connect them with the lead.
    #[n(21)]
    AgentCalls {
        #[n(0)]
        agent: String,
        #[n(1)]
        to: PhoneNumber,
    },
    /// The lead answered an email.
    #[n(17)]
    EmailReplied(#[n(0)] EmailReply),
    /// The email with this number does not arrive: not sent, refused, or come back.
    #[n(18)]
    EmailFailed {
        #[n(0)]
        seq: Seq,
        /// The step that sent it.
        #[n(1)]
        step: Option<Name>,
        #[n(2)]
        why: String,
    },
    /// The lead wants no more marketing emails: `one_click`, `page`, `complaint`.
    #[n(19)]
    EmailUnsubscribed {
        #[n(0)]
        by: Name,
    },
    /// Moved to another version of its flow, at the same step.
    #[n(24)]
    VersionMoved {
        #[n(0)]
        from: VersionId,
        #[n(1)]
        to: VersionId,
        #[n(2)]
        by: String,
    },
    /// An agent noted something for the team; the lead never sees it.
    #[n(25)]
    Noted {
        #[n(0)]
        agent: String,
        #[n(1)]
        text: String,
    },
}

/// What a lead wrote back by email.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct EmailReply {
    /// Without what it quotes and without its signature.
    #[n(0)]
    pub text: String,
    #[n(1)]
    pub written: Option<Timestamp>,
    /// Its own Message-ID, for the thread; without angle brackets.
    #[n(2)]
    pub message_id: String,
    /// Our email that it answers.
    #[n(3)]
    pub answers: Seq,
    /// Written by a machine: out of office and the like.
    #[n(4)]
    pub automatic: bool,
    /// Where it came from, when that is not where we wrote to.
    #[n(5)]
    pub from: Option<String>,
}

/// Why a message did not go.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum FailedSend {
    /// The gate refused it at hand-off.
    #[n(0)]
    Dropped(#[n(0)] DropReason),
    /// The number cannot be reached at all.
    #[n(1)]
    Unreachable(#[n(0)] String),
    /// The carrier refused this message.
    #[n(2)]
    Refused(#[n(0)] String),
}

/// A free slot of a calendar.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Slot {
    #[n(0)]
    pub start: Timestamp,
    #[n(1)]
    pub end: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_stored_before_media_had_types_is_read_as_it_was() {
        let mut stored = Vec::new();
        let mut to = minicbor::Encoder::new(&mut stored);
        to.array(2).and_then(|to| to.u32(1)).unwrap();
        to.array(2).and_then(|to| to.str("yes")).unwrap();
        to.array(0).unwrap();
        let read: Event = minicbor::decode(&stored).unwrap();
        let Event::Replied {
            text, media_types, ..
        } = read
        else {
            panic!("{read:?}")
        };
        assert_eq!((text.as_str(), media_types.len()), ("yes", 0));
    }
}
