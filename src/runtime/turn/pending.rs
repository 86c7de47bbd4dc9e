//! What a conversation has decided to send and what has not begun to leave: on its way once an agent gives
//! the conversation back, or taken back. Another conversation's messages are left alone.

use crate::conversation::{ConversationId, Effect, Free, SmsMessage};
use crate::lead::Name;
use crate::policy::{HoldReason, Purpose};
use crate::runtime::turn::Desk;
use crate::runtime::work::Refusal;
use crate::store::{Row, RowBody, SendStatus};

impl Desk<'_> {
    pub(super) fn free_texts(&mut self, of: ConversationId, how: Free) -> Result<(), Refusal> {
        for row in self.pending_of(of)? {
            let waited = row
                .body
                .sending()
                .filter(|sending| !sending.is_quarantined())
                .is_some_and(|sending| sending.held == Some(HoldReason::TakenOver));
            let own = text_of_flow(&row);
            // A reminder of an appointment is none of the step's that is left.
            let reminds = own.is_some_and(SmsMessage::is_reminder);
            match how {
                Free::DropAll => self.take_back(&row),
                Free::Drop if own.is_some() && !reminds => self.take_back(&row),
                Free::Send | Free::Drop if own.is_some() && waited => self.goes_on(&row),
                Free::Send | Free::Drop => {}
            }
        }
        Ok(())
    }

    /// The appointment of `step` was moved or called off: what was to remind of it is taken back.
    pub(super) fn drop_reminders(
        &mut self,
        of: ConversationId,
        step: &Name,
    ) -> Result<(), Refusal> {
        for row in self.pending_of(of)? {
            let reminds = text_of_flow(&row)
                .is_some_and(|text| text.is_reminder() && text.step.as_ref() == Some(step));
            if reminds {
                self.take_back(&row);
            }
        }
        Ok(())
    }

    /// The conversation's rows that have not begun to leave, however far back they lie. One of which this
    /// very turn has decided otherwise is none of them.
    fn pending_of(&mut self, of: ConversationId) -> Result<Vec<Row>, Refusal> {
        let mut rows = self.batch.pending(self.lead)?;
        let decided = &self.commit.changes;
        rows.retain(|row| {
            row.conversation == Some(of) && decided.iter().all(|change| change.seq != row.seq)
        });
        Ok(rows)
    }

    fn take_back(&mut self, row: &Row) {
        let RowBody::Outgoing(_, sending) = &row.body else {
            return;
        };
        let now = self.now;
        self.change(row, sending, |to| *to = to.clone().cancelled(now));
    }

    fn goes_on(&mut self, row: &Row) {
        let RowBody::Outgoing(_, sending) = &row.body else {
            return;
        };
        let now = self.now;
        self.change(row, sending, |to| {
            to.status = SendStatus::Queued;
            to.due = Some(now);
            to.held = None;
        });
        self.done.outgoing = true;
    }
}

/// The text, if it is the flow's own.
fn text_of_flow(row: &Row) -> Option<&SmsMessage> {
    match &row.body {
        RowBody::Outgoing(Effect::Sms(text), _) if text.purpose == Purpose::Flow => Some(text),
        RowBody::Outgoing(..) | RowBody::Happened(_) => None,
    }
}
