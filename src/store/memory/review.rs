//! What a restore sets aside, as `sqlite::review`.

use crate::conversation::{ConversationId, Seq};
use crate::lead::PhoneNumber;
use crate::store::{Quarantine, SendStatus, Sending};
use crate::time::Timestamp;

use super::state::State;

impl State {
    pub fn quarantine(&mut self, now: Timestamp) -> Quarantine {
        let unsettled = |sending: &Sending| {
            sending.status.is_pending() || sending.status == SendStatus::Sending
        };
        let found = self.outgoing_that(unsettled);
        for (lead, seq) in &found {
            self.change_row(*lead, *seq, Sending::quarantined);
        }
        let due: Vec<(Timestamp, ConversationId)> = self
            .timers
            .iter()
            .take_while(|(due, _)| *due <= now)
            .copied()
            .collect();
        for (at, id) in &due {
            self.timers.remove(&(*at, *id));
            if let Some(conversation) = self.conversations.get_mut(id) {
                conversation.deadline = None;
                self.held_timers.insert(*id, (*at, conversation.revision));
            }
        }
        Quarantine {
            outgoing: found.len() as u64,
            timers: due.len() as u64,
        }
    }

    pub fn quarantined(&self) -> Quarantine {
        let standing = |(id, (_, revision)): &(&ConversationId, &(Timestamp, u32))| {
            self.conversations
                .get(id)
                .is_some_and(|it| it.revision == *revision)
        };
        Quarantine {
            outgoing: self.outgoing_that(Sending::is_quarantined).len() as u64,
            timers: self.held_timers.iter().filter(standing).count() as u64,
        }
    }

    pub fn release(&mut self, now: Timestamp) -> Quarantine {
        let found = self.outgoing_that(Sending::is_quarantined);
        for (lead, seq) in &found {
            self.change_row(*lead, *seq, |sending| sending.released(now));
        }
        let mut timers = 0;
        for (id, (due, revision)) in std::mem::take(&mut self.held_timers) {
            let standing = self.conversations.get_mut(&id);
            let standing = standing.filter(|it| it.revision == revision && it.deadline.is_none());
            if let Some(conversation) = standing {
                conversation.deadline = Some(due);
                self.timers.insert((due, id));
                timers += 1;
            }
        }
        Quarantine {
            outgoing: found.len() as u64,
            timers,
        }
    }

    fn outgoing_that(&self, is_so: impl Fn(&Sending) -> bool) -> Vec<(PhoneNumber, Seq)> {
        let rows = self.rows.values();
        rows.filter(|row| row.body.sending().is_some_and(&is_so))
            .map(|row| (row.lead, row.seq))
            .collect()
    }
}
