//! Agents: claiming and ending a handoff, taking a conversation over, speaking, giving it back.

use crate::conversation::{ConversationId, Event, Status};
use crate::flow::steps::Verb;
use crate::lead::Name;
use crate::policy::{self, MessageKind, Outgoing, Purpose, Verdict};
use crate::runtime::turn::Desk;
use crate::runtime::work::Refusal;
use crate::store::{HandoffChange, HandoffId, HandoffStatus};

impl Desk<'_> {
    /// First to claim has it.
    pub(super) fn claim(&mut self, id: HandoffId, agent: &str) -> Result<(), Refusal> {
        let conversation = self.take_named(id.conversation)?;
        match &conversation.status {
            Status::WithAgent(handoff) if handoff.seq == id.seq => match &handoff.agent {
                Some(other) if other == agent => {
                    self.done.conversation = Some(conversation);
                    return Ok(());
                }
                Some(other) => {
                    return Err(Refusal::Claimed {
                        agent: other.clone(),
                    });
                }
                None => {}
            },
            _ => return Err(Refusal::Conflict("the handoff is over".to_string())),
        }
        self.commit.handoff_changes.push(HandoffChange {
            id,
            status: HandoffStatus::Claimed,
            agent: Some(agent.to_string()),
            outcome: None,
            at: self.now,
        });
        self.advance(
            conversation,
            Event::HandoffClaimed {
                agent: agent.to_string(),
            },
        )
    }

    pub(super) fn resolve(
        &mut self,
        id: HandoffId,
        outcome: &Name,
        agent: Option<&str>,
    ) -> Result<(), Refusal> {
        let conversation = self.take_named(id.conversation)?;
        let flow = self.flow_of(&conversation)?;
        let step = match &conversation.status {
            Status::WithAgent(handoff) if handoff.seq == id.seq => handoff.step.clone(),
            _ => return Err(Refusal::Conflict("the handoff is over".to_string())),
        };
        if let Some(ix) = flow.find(&step)
            && let Verb::Handoff(verb) = &flow.step(ix).verb
            && verb.outcome(outcome).is_none()
        {
            let known: Vec<&str> = verb
                .outcomes
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            let known = known.join(", ");
            return Err(Refusal::Invalid(format!(
                "`{outcome}` is no outcome of `{step}`; it has {known}"
            )));
        }
        let event = Event::HandoffResolved {
            outcome: outcome.clone(),
            agent: agent.map(str::to_string),
        };
        self.advance(conversation, event)
    }

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
            _ => self.advance(
                conversation,
                Event::TakenOver {
                    agent: agent.to_string(),
                },
            ),
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
        self.lead_zone();
        let kind = MessageKind::Transactional;
        let out = Outgoing {
            kind,
            purpose: Purpose::Agent,
            window: None,
        };
        let rules = &self.live.workspace.rules;
        if let Verdict::Drop(why) = policy::gate(&out, &self.lead_facts(), rules, self.now) {
            return Err(Refusal::Consent(format!(
                "not sent: the lead may not be texted ({})",
                why.as_str()
            )));
        }
        self.take_over(id, agent)?;
        let conversation = match self.done.conversation.take() {
            Some(conversation) => conversation,
            None => return Err(Refusal::NotFound("conversation")),
        };
        self.active = None;
        let event = Event::AgentWrote {
            agent: agent.to_string(),
            text: text.to_string(),
        };
        self.advance(conversation, event)
    }
}
