//! What a carrier says of a message afterwards. Receipts repeat and come out of order: they only ever
//! move a message forward. One that comes before the answer to the send itself says what that answer
//! would have said.

use crate::carrier::Means;
use crate::conversation::{Event, FailedSend};
use crate::lead::Name;
use crate::policy::consent::Level;
use crate::policy::{ConsentChange, ConsentEvent};
use crate::runtime::turn::Desk;
use crate::runtime::work::{Receipt, ReceiptStatus, Refusal, SendResult};
use crate::store::{Row, RowBody, SendStatus, Sending};

impl Desk<'_> {
    pub(super) fn receipt(&mut self, receipt: &Receipt) -> Result<(), Refusal> {
        let Some(row) = self.row.take() else {
            return Ok(());
        };
        let RowBody::Outgoing(_, sending) = &row.body else {
            return Ok(());
        };
        let to = match receipt.status {
            ReceiptStatus::Taken | ReceiptStatus::Sent => SendStatus::Sent,
            ReceiptStatus::Delivered => SendStatus::Delivered,
            ReceiptStatus::Undelivered => SendStatus::Undelivered,
            ReceiptStatus::Failed => SendStatus::Failed,
        };
        if rank(to) <= rank(sending.status) {
            return Ok(());
        }
        let unanswered = sending.accepted.is_none();
        let arrives = matches!(to, SendStatus::Sent | SendStatus::Delivered);
        let now = self.now;
        self.change(&row, sending, |sending| {
            sending.status = to;
            sending.due = None;
            if let Some(error) = &receipt.error {
                sending.error = Some(error.clone());
            } else if arrives {
                // What was in doubt is not any more.
                sending.error = None;
            }
            if sending.provider_id.is_none() {
                sending.provider_id = receipt.provider_id.clone();
            }
            if arrives && unanswered {
                sending.accepted = Some(now);
            }
        });
        if arrives {
            return self.arrives(&row, unanswered);
        }
        self.failed(&row, receipt, unanswered)
    }

    fn arrives(&mut self, row: &Row, unanswered: bool) -> Result<(), Refusal> {
        if !unanswered {
            return Ok(());
        }
        self.commit.links_begin = Some((row.seq, self.now));
        self.pass_on(row, Event::Accepted { seq: row.seq })
    }

    fn failed(&mut self, row: &Row, receipt: &Receipt, unanswered: bool) -> Result<(), Refusal> {
        let error = receipt.error.clone();
        let why = error.unwrap_or_else(|| "the carrier could not send it".to_string());
        // A number that wrote since is not dead, whatever a late receipt says.
        let wrote_since = self.last_inbound.is_some_and(|at| at >= row.at);
        match receipt.means {
            Means::OptedOut => self.opted_out_at_carrier("carrier-block", ""),
            Means::DeadNumber if !wrote_since => {
                let why = FailedSend::Unreachable(why);
                self.pass_on(row, Event::Failed { seq: row.seq, why })
            }
            Means::Busy
            | Means::Later
            | Means::Final
            | Means::DeadNumber
            | Means::Account
            | Means::Doubtful => {
                if !unanswered {
                    return Ok(());
                }
                let why = FailedSend::Refused(why);
                self.pass_on(row, Event::Failed { seq: row.seq, why })
            }
        }
    }

    /// The carrier's answer comes after its receipt: only its id of the message is news.
    pub(super) fn settle_after_receipt(
        &mut self,
        row: &Row,
        sending: &Sending,
        result: &SendResult,
    ) {
        if let SendResult::Accepted {
            provider_id: Some(id),
            ..
        } = result
            && sending.provider_id.is_none()
        {
            let id = id.clone();
            self.change(row, sending, |to| to.provider_id = Some(id));
        }
    }

    /// The carrier blocks the number for an opt-out: it counts as one told to us, and ends what is
    /// under way. Nobody confirms it, since the carrier did or lets nothing through.
    pub(super) fn opted_out_at_carrier(
        &mut self,
        rule: &str,
        wording: &str,
    ) -> Result<(), Refusal> {
        if !self.record.standing.is_opted_out() {
            self.consent(ConsentEvent {
                source: "carrier".to_string(),
                wording: wording.to_string(),
                rule: Some(rule.to_string()),
                own_act: true,
                ..ConsentEvent::new(
                    ConsentChange::Revoked,
                    Level::Marketing,
                    self.now,
                    "carrier",
                )
            });
        }
        match self.active.take() {
            Some(conversation) => {
                let outcome = Name::from("opted_out");
                self.advance(conversation, Event::Stopped { outcome })
            }
            None => Ok(()),
        }
    }
}

/// How far along a message is; a receipt only moves it on.
fn rank(status: SendStatus) -> u8 {
    match status {
        SendStatus::Queued | SendStatus::Held | SendStatus::Sending | SendStatus::Uncertain => 0,
        SendStatus::Sent => 1,
        SendStatus::Delivered
        | SendStatus::Undelivered
        | SendStatus::Failed
        | SendStatus::Cancelled => 2,
    }
}
