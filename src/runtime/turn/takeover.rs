//! An agent takes a conversation over, speaks, and gives it back. Bot and agent never speak at once: what
//! the bot had not sent waits, and is sent or taken back when the conversation is given back.

use crate::conversation::{ConversationId, Effect, Entry, Event, Status};
use crate::lead::Name;
use crate::policy::{self, MessageKind, Outgoing, Purpose, Verdict};
use crate::runtime::turn::Desk;
use crate::runtime::work::Refusal;
use crate::store::{Row, RowBody};
use crate::time::Timestamp;

/// The longest note.
const NOTE_CHARS_MAX: usize = 4_000;

impl Desk<'_> {
    pub(super) fn take_over(&mut self, id: ConversationId, agent: &str) -> Result<(), Refusal> {
        let conversation = self.take_named(id)?;
        match &conversation.status {
            Status::Ended { .. } => Err(Refusal::Conflict("the conversation has ended".into())),
            Status::TakenOver { agent: other, .. } if other == agent => {
                self.done.conversation = Some(conversation);
                Ok(())
            }
            Status::TakenOver { agent: other, .. } => Err(Refusal::Claimed {
                agent: other.clone(),
            }),
            _ => {
                let conversation = self.claim_beneath(conversation, agent)?;
                let agent = agent.to_string();
                self.advance(conversation, Event::TakenOver { agent })
            }
        }
    }

    pub(super) fn release(
        &mut self,
        id: ConversationId,
        step: Option<Name>,
    ) -> Result<(), Refusal> {
        let conversation = self.take_named(id)?;
        if !matches!(conversation.status, Status::TakenOver { .. }) {
            return Err(Refusal::Conflict(
                "nobody has taken this conversation over".into(),
            ));
        }
        if let Some(step) = &step
            && self.flow_of(&conversation)?.find(step).is_none()
        {
            return Err(Refusal::Invalid(format!("the flow has no step `{step}`")));
        }
        self.advance(conversation, Event::Released { step })
    }

    /// An agent speaks; the flow stands still from then on.
    pub(super) fn write(
        &mut self,
        id: ConversationId,
        agent: &str,
        text: &str,
    ) -> Result<(), Refusal> {
        if text.trim().is_empty() {
            return Err(Refusal::Invalid("the text is empty".to_string()));
        }
        if let Verdict::Drop(why) = self.judge_agents_words() {
            return Err(Refusal::Consent(format!(
                "not sent: the lead may not be texted ({})",
                why.as_str()
            )));
        }
        self.take_over(id, agent)?;
        let conversation = self.go_on()?;
        let event = Event::AgentWrote {
            agent: agent.to_string(),
            text: text.to_string(),
        };
        self.advance(conversation, event)?;
        let theirs = self
            .commit
            .rows
            .iter()
            .rev()
            .find(|row| is_agents_text(row));
        self.done.wrote = theirs.cloned().map(Box::new);
        Ok(())
    }

    /// Kept on the timeline for the team. Whatever the conversation stands at stays as it is, ended ones
    /// too: what was said on the phone is often written down after the end.
    pub(super) fn keep_note(
        &mut self,
        id: ConversationId,
        agent: &str,
        text: &str,
    ) -> Result<(), Refusal> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Refusal::Invalid("the note is empty".to_string()));
        }
        if text.chars().count() > NOTE_CHARS_MAX {
            let long = format!("the note is longer than {NOTE_CHARS_MAX} characters");
            return Err(Refusal::Invalid(long));
        }
        let conversation = self.take_named(id)?;
        let event = Event::Noted {
            agent: agent.to_string(),
            text: text.to_string(),
        };
        let entry = Entry {
            event,
            understood: None,
            path: Vec::new(),
        };
        self.row(Some(id), RowBody::Happened(entry));
        self.done.wrote = self.commit.rows.last().cloned().map(Box::new);
        self.tell("note", &conversation, String::new());
        self.done.conversation = Some(conversation);
        Ok(())
    }

    fn judge_agents_words(&mut self) -> Verdict {
        self.lead_zone();
        let out = Outgoing {
            kind: MessageKind::Transactional,
            purpose: Purpose::Agent,
            window: None,
        };
        let rules = &self.live.workspace.rules;
        policy::gate(&out, &self.lead_facts(), rules, self.now)
    }

    /// Until when a text of the bot's waits because an agent has its conversation.
    pub(super) fn waits_for_agent(&self, row: &Row, purpose: Purpose) -> Option<Timestamp> {
        let active = self.active.as_ref()?;
        let taken = matches!(active.status, Status::TakenOver { .. });
        let theirs = row.conversation == Some(active.id);
        (taken && theirs && purpose == Purpose::Flow)
            .then(|| active.deadline.unwrap_or(self.now).max(self.now))
    }
}

fn is_agents_text(row: &Row) -> bool {
    let RowBody::Outgoing(Effect::Sms(message), _) = &row.body else {
        return false;
    };
    message.purpose == Purpose::Agent
}
