//! A lead in the hands of agents: who is asked now, what is still to be said, and when each runs out.

use minicbor::{Decode, Encode};

use crate::conversation::Seq;
use crate::lead::Name;
use crate::time::Timestamp;

/// A handoff under way.
#[derive(Debug, Clone, PartialEq, Default, Encode, Decode)]
pub struct Handoff {
    #[n(0)]
    pub step: Name,
    /// The number of its first alert; with the conversation, the handoff's id.
    #[n(1)]
    pub seq: Seq,
    /// `None` while it is on offer.
    #[n(2)]
    pub agent: Option<String>,
    /// Who is asked now; `None` once it is claimed, and in rows older than rounds.
    #[n(3)]
    pub offer: Option<Offered>,
    /// When whoever has it, or was asked, is told that the callback is nearly due.
    #[n(4)]
    pub remind: Option<Timestamp>,
    /// When whoever claimed it is asked how it went.
    #[n(5)]
    pub ask: Option<Timestamp>,
    /// When it is over: nobody claimed it, or nobody said how it went.
    #[n(6)]
    pub ends: Option<Timestamp>,
    /// By when the lead was to be called.
    #[n(7)]
    pub call_before: Option<Timestamp>,
}

/// One round of asking.
#[derive(Debug, Clone, PartialEq, Default, Encode, Decode)]
pub struct Offered {
    #[n(0)]
    pub team: Name,
    /// 0 for the agents its route picks, 1 for the others of the team.
    #[n(1)]
    pub round: u8,
    /// Nobody, while nobody is on duty or the lead may not be called yet.
    #[n(2)]
    pub asked: Vec<String>,
    /// When the next are asked.
    #[n(3)]
    pub until: Timestamp,
    /// Whether the round waits for the hour at which the lead may be called.
    #[n(4)]
    pub waits: bool,
}

impl Handoff {
    /// When the next thing about it falls due.
    pub fn deadline(&self) -> Option<Timestamp> {
        let round = self.offer.as_ref().map(|offer| offer.until);
        [round, self.remind, self.ask, self.ends]
            .into_iter()
            .flatten()
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Encode)]
    struct Before {
        #[n(0)]
        step: Name,
        #[n(1)]
        seq: Seq,
        #[n(2)]
        agent: Option<String>,
    }

    #[test]
    fn a_handoff_stored_before_there_were_rounds_is_read_and_lapses_at_its_timer() {
        let before = Before {
            step: Name::from("call-now"),
            seq: 7,
            agent: Some("Dana".to_string()),
        };
        let bytes = minicbor::to_vec(before).unwrap();
        let read: Handoff = minicbor::decode(&bytes).unwrap();
        assert_eq!((read.seq, read.agent.as_deref()), (7, Some("Dana")));
        assert_eq!((read.offer.as_ref(), read.deadline()), (None, None));
    }

    #[test]
    fn the_next_thing_due_is_the_earliest() {
        let at = |ms| Some(Timestamp::from_ms(ms));
        let offer = |ms| {
            Some(Offered {
                until: Timestamp::from_ms(ms),
                ..Offered::default()
            })
        };
        for (offer, remind, ask, ends, due) in [
            (offer(5), at(8), None, at(10), at(5)),
            (offer(9), at(8), None, at(10), at(8)),
            (None, None, at(70), at(90), at(70)),
            (None, None, None, at(90), at(90)),
        ] {
            let held = Handoff {
                offer,
                remind,
                ask,
                ends,
                ..Handoff::default()
            };
            assert_eq!(held.deadline(), due, "{held:?}");
        }
    }
}
