//! The lines of a script that are about agents: what they are told, and what they do.

use crate::conversation::{Effect, Status};
use crate::flow::AgentSays;
use crate::flow::workspace::roster::Away;
use crate::lead::Name;
use crate::runtime::work::{Refusal, Work};
use crate::sim::World;
use crate::sim::flow_test::{Failure, Run, matches_pattern};
use crate::store::{HandoffId, HandoffStatus, RowBody};
use crate::time::Duration;

/// Rounds after which a handoff that is still open is taken to be held for ever.
const ROUNDS_MAX: usize = 64;

impl Run<'_> {
    pub(super) fn agents(&mut self, says: &AgentSays, line: u32) -> Result<(), Failure> {
        let expected = describe(says);
        let fails = |got: String| Failure {
            line,
            expected: expected.clone(),
            got,
        };
        if let Some(agent) = named(says)
            && self
                .world
                .engine()
                .live
                .load()
                .workspace
                .agent(agent)
                .is_none()
        {
            return Err(fails(format!("workspace.yaml has no agent `{agent}`")));
        }
        let done = match says {
            AgentSays::Alert(agent, pattern) => return self.alert(agent, pattern).map_err(fails),
            AgentSays::Claim(agent) => self.claim(agent, &expected),
            AgentSays::Text(agent, text) => {
                self.act(expected.clone(), |world| world.agent_text(agent, text))
            }
            AgentSays::Away(agent) => {
                let away = Away {
                    until: None,
                    stopped: false,
                };
                self.act(expected.clone(), |world| world.set_away(agent, Some(away)))
            }
            AgentSays::Back(agent) => {
                self.act(expected.clone(), |world| world.set_away(agent, None))
            }
            AgentSays::TakeOver(agent) => {
                self.act(expected.clone(), |world| world.take_over(agent))
            }
            AgentSays::Write(text) => self.act(expected.clone(), |world| world.write(text)),
            AgentSays::Release(step) => {
                self.act(expected.clone(), |world| world.release(step.clone()))
            }
        };
        done.map_err(|refusal| fails(refusal.to_string()))
    }

    fn claim(&mut self, agent: &str, said: &str) -> Result<(), Refusal> {
        let handoffs = self.world.handoffs()?;
        let live = |status| matches!(status, HandoffStatus::Open | HandoffStatus::Claimed);
        let found = handoffs.iter().find(|handoff| live(handoff.status));
        let id = found.ok_or(Refusal::NotFound("open handoff"))?.id;
        self.act(said.to_string(), |world| world.claim(id, agent))
    }

    fn alert(&mut self, agent: &str, pattern: &str) -> Result<(), String> {
        let alerts = &mut self.heard.alerts;
        let fits =
            |(told, text): &(String, String)| told == agent && matches_pattern(pattern, text);
        if let Some(place) = alerts.iter().position(fits) {
            // By whichever way they were told the same, it is spoken of once.
            let (_, text) = alerts.remove(place);
            alerts.retain(|(told, other)| told != agent || *other != text);
            return Ok(());
        }
        Err(match alerts.iter().find(|(told, _)| told == agent) {
            Some((_, text)) => format!("alert {agent}: {text}"),
            None => match alerts.first() {
                Some((other, text)) => format!("alert {other}: {text}"),
                None => self.nothing("no alert"),
            },
        })
    }

    /// What agents were answered, on the timelines of their own numbers.
    pub(super) fn answers_to_agents(&mut self) -> Result<(), Refusal> {
        for (agent, text) in self.world.new_answers()? {
            self.transcript.push(format!("to {agent}: {text}"));
            self.heard.alerts.push((agent, text));
        }
        Ok(())
    }
}

impl World {
    /// An agent texts the channel.
    pub fn agent_text(&mut self, agent: &str, text: &str) -> Result<(), Refusal> {
        let live = self.engine().live.load_full();
        let number = live.workspace.agent(agent).and_then(|agent| agent.sms);
        let from = number
            .ok_or_else(|| Refusal::Invalid(format!("`{agent}` has no `sms` in workspace.yaml")))?;
        let inbound = self.inbound(from, text);
        crate::runtime::agent_text::hear(self.engine(), &inbound)
            .ok_or(Refusal::NotFound("agent"))??;
        self.sandbox.drain()
    }

    pub fn set_away(&self, agent: &str, away: Option<Away>) -> Result<(), Refusal> {
        let engine = self.engine();
        let kept = engine.agents.set_away(engine.store.as_ref(), agent, away);
        Ok(kept?)
    }

    pub fn take_over(&self, agent: &str) -> Result<(), Refusal> {
        let conversation = self.standing()?.id;
        self.engine().turn(Work::TakeOver {
            lead: self.lead,
            conversation,
            agent: agent.to_string(),
        })?;
        self.sandbox.drain()
    }

    pub fn write(&self, text: &str) -> Result<(), Refusal> {
        let conversation = self.standing()?;
        let Status::TakenOver { agent, .. } = &conversation.status else {
            return Err(Refusal::Conflict("nobody has taken it over".to_string()));
        };
        self.engine().turn(Work::Write {
            lead: self.lead,
            conversation: conversation.id,
            agent: agent.clone(),
            text: text.to_string(),
        })?;
        self.sandbox.drain()
    }

    pub fn release(&self, step: Option<Name>) -> Result<(), Refusal> {
        let conversation = self.standing()?.id;
        self.engine().turn(Work::Release {
            lead: self.lead,
            conversation,
            step,
        })?;
        self.sandbox.drain()
    }

    fn standing(&self) -> Result<crate::conversation::Conversation, Refusal> {
        self.conversation()?
            .ok_or(Refusal::NotFound("conversation"))
    }

    /// What agents were answered since this was asked last.
    fn new_answers(&mut self) -> Result<Vec<(String, String)>, Refusal> {
        let live = self.engine().live.load_full();
        let mut said = Vec::new();
        for agent in live.workspace.agents() {
            let Some(number) = agent.sms.filter(|number| *number != self.lead) else {
                continue;
            };
            let after = self.answered.get(&number).copied().unwrap_or(0);
            let rows = self
                .engine()
                .store
                .timeline(number, None, after, usize::MAX)?;
            for row in rows {
                self.answered.insert(number, row.seq);
                if let RowBody::Outgoing(Effect::TellAgent(note), _) = row.body {
                    said.push((note.agent, note.text));
                }
            }
        }
        Ok(said)
    }
}

/// Lets the time of everybody who is asked run out.
pub(super) fn nobody_claims(world: &World, id: HandoffId) -> Result<(), Refusal> {
    for _ in 0..ROUNDS_MAX {
        let Some(record) = world.engine().store.handoff(id)? else {
            break;
        };
        if record.status != HandoffStatus::Open {
            break;
        }
        let left = record.lapses.since(world.now());
        world.wait(left.max(Duration::secs(1)))?;
    }
    Ok(())
}

fn named(says: &AgentSays) -> Option<&str> {
    match says {
        AgentSays::Alert(agent, _)
        | AgentSays::Claim(agent)
        | AgentSays::Text(agent, _)
        | AgentSays::Away(agent)
        | AgentSays::Back(agent)
        | AgentSays::TakeOver(agent) => Some(agent),
        AgentSays::Write(_) | AgentSays::Release(_) => None,
    }
}

pub(super) fn describe(says: &AgentSays) -> String {
    match says {
        AgentSays::Alert(agent, pattern) => format!("alert: {agent}: {pattern}"),
        AgentSays::Claim(agent) => format!("claim: {agent}"),
        AgentSays::Text(agent, text) => format!("agent_text: {agent}: {text}"),
        AgentSays::Away(agent) => format!("away: {agent}"),
        AgentSays::Back(agent) => format!("back: {agent}"),
        AgentSays::TakeOver(agent) => format!("takeover: {agent}"),
        AgentSays::Write(text) => format!("write: {text}"),
        AgentSays::Release(step) => {
            let step = step.as_ref().map_or("here", |step| step.as_str());
            format!("release: {step}")
        }
    }
}
