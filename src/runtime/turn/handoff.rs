//! Agents at a handoff: claiming it, passing, saying how it went, having the lead called.

use crate::conversation::{AgentNote, AgentWay, Conversation, Effect, Event, NoteAbout, Status};
use crate::conversation::{ConversationId, Entry, Handoff};
use crate::flow::steps::{Verb, callable_at};
use crate::lead::Name;
use crate::runtime::agent_text::Said;
use crate::runtime::notice;
use crate::runtime::turn::Desk;
use crate::runtime::work::{Inbound, Refusal};
use crate::store::{HandoffChange, HandoffId, HandoffStatus, RowBody, SeenKey, Shared, Tells};

impl Desk<'_> {
    /// First to claim has it; the others hear of it.
    pub(super) fn claim(&mut self, id: HandoffId, agent: &str) -> Result<(), Refusal> {
        let conversation = self.take_named(id.conversation)?;
        match handoff_of(&conversation, id)?.agent.as_deref() {
            Some(other) if other == agent => {
                self.done.conversation = Some(conversation);
                return Ok(());
            }
            Some(other) => {
                return Err(Refusal::Claimed {
                    agent: other.to_string(),
                });
            }
            None => {}
        }
        self.claim_it(id, agent);
        self.advance(
            conversation,
            Event::HandoffClaimed {
                agent: agent.to_string(),
            },
        )
    }

    fn claim_it(&mut self, id: HandoffId, agent: &str) {
        let record = self.handoff_record(id);
        let menu = record
            .as_ref()
            .map_or(Vec::new(), |record| self.outcome_numbers(record, agent));
        if let Some(record) = &record {
            self.tell_taken(record, agent);
        }
        self.commit.handoff_changes.push(HandoffChange {
            agent: Some(agent.to_string()),
            menu,
            ..HandoffChange::to(id, HandoffStatus::Claimed, self.now)
        });
    }

    /// An agent who was asked passes; nothing changes for one who was not.
    pub(super) fn decline(&mut self, id: HandoffId, agent: &str) -> Result<(), Refusal> {
        let conversation = self.take_named(id.conversation)?;
        handoff_of(&conversation, id)?;
        let agent = agent.to_string();
        self.advance(conversation, Event::HandoffDeclined { agent })
    }

    pub(super) fn resolve(
        &mut self,
        id: HandoffId,
        outcome: &Name,
        agent: Option<&str>,
    ) -> Result<(), Refusal> {
        let conversation = self.take_named(id.conversation)?;
        let flow = self.flow_of(&conversation)?;
        let step = handoff_of(&conversation, id)?.step.clone();
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

    /// Has the carrier call the agent and then the lead. The lead must be theirs, and may be called now.
    pub(super) fn call_lead(&mut self, id: HandoffId, agent: &str) -> Result<(), Refusal> {
        let number = self.live.workspace.agent(agent).and_then(|agent| agent.sms);
        let to = number.ok_or_else(|| {
            Refusal::Invalid(format!(
                "`{agent}` has no number in workspace.yaml to be called at (`sms`)"
            ))
        })?;
        self.lead_zone();
        let rules = &self.live.workspace.rules;
        if let Some(at) = callable_at(&self.lead_facts(), rules, self.now) {
            let zone = self.lead_zone();
            let when = notice::call_after(at, &zone);
            return Err(Refusal::Conflict(format!(
                "the lead may not be called at this hour. {when}"
            )));
        }
        if self.record.standing.is_opted_out() {
            let why = "the lead asked not to be contacted".to_string();
            return Err(Refusal::Consent(why));
        }
        self.claim(id, agent)?;
        let conversation = self.go_on()?;
        let agent = agent.to_string();
        self.advance(conversation, Event::AgentCalls { agent, to })
    }

    pub(super) fn cancel_booking(&mut self, id: ConversationId) -> Result<(), Refusal> {
        let conversation = self.take_named(id)?;
        match conversation.booked() {
            Some(booked) if booked.slot.start > self.now => {
                self.advance(conversation, Event::BookingCancelled)
            }
            _ => Err(Refusal::Conflict(
                "the conversation holds no appointment that is still to come".to_string(),
            )),
        }
    }

    /// The conversation that this turn has worked on already, to go on with it.
    pub(super) fn go_on(&mut self) -> Result<Shared<Conversation>, Refusal> {
        self.active = None;
        let known = self.done.conversation.take();
        known.ok_or(Refusal::NotFound("conversation"))
    }

    /// Whoever takes a conversation over takes the lead that is on offer in it.
    pub(super) fn claim_beneath(
        &mut self,
        conversation: Shared<Conversation>,
        agent: &str,
    ) -> Result<Shared<Conversation>, Refusal> {
        let Status::WithAgent(handoff) = &conversation.status else {
            return Ok(conversation);
        };
        match handoff.agent.as_deref() {
            Some(other) if other == agent => Ok(conversation),
            Some(other) => Err(Refusal::Claimed {
                agent: other.to_string(),
            }),
            None => {
                let id = HandoffId {
                    conversation: conversation.id,
                    seq: handoff.seq,
                };
                self.claim_it(id, agent);
                let agent = agent.to_string();
                self.advance(conversation, Event::HandoffClaimed { agent })?;
                self.go_on()
            }
        }
    }

    /// An agent's own text, and the answer to it: kept on the timeline of their number, which is no lead's.
    pub(super) fn agent_text(
        &mut self,
        inbound: &Inbound,
        agent: &str,
        answer: &Said,
    ) -> Result<(), Refusal> {
        self.commit.seen = Some(SeenKey::of(&inbound.channel, &inbound.id));
        // Erased since the answer was made: nothing that may name them is written any more.
        let mut inbound = inbound.clone();
        let mut answer = answer.clone();
        for lead in &answer.of {
            if self.engine.store.lead(*lead)?.is_none() {
                inbound.text.clear();
                inbound.media.clear();
                answer = Said::gone();
                break;
            }
        }
        let first = self.next_seq;
        let entry = Entry {
            event: inbound.event(),
            understood: None,
            path: Vec::new(),
        };
        self.row(None, RowBody::Happened(entry));
        self.answer_agent(agent, &answer);
        let new = first..self.next_seq;
        let tells = new.flat_map(|seq| answer.of.iter().map(move |of| Tells { seq, of: *of }));
        self.commit.tells.extend(tells);
        Ok(())
    }

    fn answer_agent(&mut self, agent: &str, answer: &Said) {
        if answer.text.is_empty() {
            return;
        }
        let note = AgentNote {
            agent: agent.to_string(),
            way: AgentWay::Sms,
            about: NoteAbout::Answer,
            handoff: None,
            to: self.lead.to_string(),
            subject: String::new(),
            text: answer.text.clone(),
            link: None,
        };
        let seq = self.next_seq;
        self.push_outgoing(None, seq, Effect::TellAgent(note));
    }
}

/// The handoff of this id, if it is the one under way.
fn handoff_of(conversation: &Conversation, id: HandoffId) -> Result<&Handoff, Refusal> {
    let found = match &conversation.status {
        Status::WithAgent(handoff) => Some(&**handoff),
        Status::TakenOver { resume, .. } => match &**resume {
            Status::WithAgent(handoff) => Some(&**handoff),
            _ => None,
        },
        Status::Scheduled | Status::Waiting(_) | Status::Ended { .. } => None,
    };
    found
        .filter(|handoff| handoff.seq == id.seq)
        .ok_or_else(|| Refusal::Conflict("the handoff is over".to_string()))
}
