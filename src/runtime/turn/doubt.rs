//! A text in doubt: whether the carrier that can be asked has it. It is never sent again.

use crate::carrier;
use crate::conversation::{Effect, Event};
use crate::runtime::turn::Desk;
use crate::runtime::work::{Job, Refusal, SendResult};
use crate::store::{Row, SendStatus, Sending};
use crate::time::{Duration, Timestamp};

/// When a carrier is asked: a text that it took is in its list by then.
pub(super) const LOOK_UP_AFTER: Duration = Duration::secs(15);
/// When a carrier that did not answer is asked again, and for how long.
const ASK_AGAIN: Duration = Duration::mins(5);
const ASK_FOR: Duration = Duration::hours(24);

impl Desk<'_> {
    pub(super) fn can_look_up(&self, sending: &Sending) -> bool {
        let channels = &self.live.workspace.channels;
        let channel = sending.channel.as_ref().and_then(|name| channels.get(name));
        let carrier = channel.and_then(|channel| carrier::find(&channel.carrier));
        carrier.is_some_and(|carrier| carrier.looks_up())
    }

    /// Gives out the asking. Should it be lost, nobody asks again: the row is shown as it is.
    pub(super) fn look_up(
        &mut self,
        row: &Row,
        effect: &Effect,
        sending: &Sending,
    ) -> Result<(), Refusal> {
        let given = self.look_again_at(row, sending, None);
        self.done.job = Job::look_up(row, effect.clone(), given).map(Box::new);
        Ok(())
    }

    /// Changes when the row is looked at, and not since when it is in doubt.
    fn look_again_at(&mut self, row: &Row, sending: &Sending, due: Option<Timestamp>) -> Sending {
        let mut to = self.change(row, sending, |to| to.due = due);
        to.changed = sending.changed;
        if let Some(change) = self.commit.changes.last_mut() {
            change.to.changed = sending.changed;
        }
        to
    }

    /// What the carrier says of it; or the answer to the send itself, come very late.
    pub(super) fn settle_looked_up(
        &mut self,
        row: &Row,
        sending: &Sending,
        result: &SendResult,
    ) -> Result<(), Refusal> {
        let now = self.now;
        match result {
            SendResult::Accepted { provider_id, .. } => {
                self.change(row, sending, |to| {
                    to.status = SendStatus::Sent;
                    to.due = None;
                    to.error = None;
                    to.provider_id = provider_id.clone().or(to.provider_id.take());
                    to.accepted = Some(now);
                });
                self.commit.links_begin = Some((row.seq, now));
                self.pass_on(row, Event::Accepted { seq: row.seq })
            }
            SendResult::Uncertain { error } => {
                self.change(row, sending, |to| to.error = Some(error.clone()));
                Ok(())
            }
            SendResult::Retry { .. } if now < row.at + ASK_FOR => {
                self.look_again_at(row, sending, Some(now + ASK_AGAIN));
                Ok(())
            }
            SendResult::Retry { .. }
            | SendResult::Refused { .. }
            | SendResult::Unreachable { .. }
            | SendResult::OptedOut { .. }
            | SendResult::NotReached { .. }
            | SendResult::Busy { .. }
            | SendResult::Paused { .. }
            | SendResult::Repeat { .. }
            | SendResult::CallAnswered { .. }
            | SendResult::SlotsFound { .. }
            | SendResult::SlotHeld { .. } => Ok(()),
        }
    }
}
