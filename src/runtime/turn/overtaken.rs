//! A question, or a nudge for its answer, that was held (for the night, by a cap) until nobody needs it: the
//! lead has answered meanwhile, or was led on.

use crate::conversation::{Conversation, SmsMessage, Status};
use crate::flow::Verb;
use crate::policy::Purpose;
use crate::runtime::turn::Desk;
use crate::runtime::work::Refusal;
use crate::store::{Row, SendStatus, Sending};

const WHY: &str = "its question was answered or left before it could go";

impl Desk<'_> {
    /// Takes the text back if its question stands no more.
    pub(super) fn overtaken(
        &mut self,
        row: &Row,
        message: &SmsMessage,
        sending: &Sending,
    ) -> Result<bool, Refusal> {
        let (Some(id), Some(step), Purpose::Flow) =
            (row.conversation, &message.step, message.purpose)
        else {
            return Ok(false);
        };
        let active = self.active.as_ref().filter(|active| active.id == id);
        let conversation = match active {
            Some(active) => active.clone(),
            None => match self.batch.conversation(id)? {
                Some(conversation) => conversation.into(),
                None => return Ok(false),
            },
        };
        if stands(&conversation, step) {
            return Ok(false);
        }
        let Some(flow) = self.engine.flow(conversation.version)? else {
            return Ok(false);
        };
        let verb = flow.find(step).map(|ix| &flow.step(ix).verb);
        let asks = matches!(verb, Some(Verb::Ask(_)));
        if asks {
            self.change(row, sending, |to| {
                to.status = SendStatus::Cancelled;
                to.due = None;
                to.error = Some(WHY.to_string());
            });
        }
        Ok(asks)
    }
}

/// Whether the conversation waits at this step, or may come back to it.
fn stands(conversation: &Conversation, step: &str) -> bool {
    match &conversation.status {
        Status::Waiting(wait) => *wait.step == *step,
        Status::Scheduled | Status::TakenOver { .. } => true,
        Status::WithAgent(_) | Status::Ended { .. } => false,
    }
}
