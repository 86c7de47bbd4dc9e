//! A handoff as agents see it: opened, offered to the next, nudged, closed. What each agent is told becomes
//! a row of the lead's timeline for each of their ways.

use crate::conversation::{
    AgentNote, AgentWay, Conversation, ConversationId, Effect, HandoffOffer, NoteAbout, Nudge, Seq,
};
use crate::flow::workspace::Agent;
use crate::lead::Name;
use crate::runtime::claim_link::ClaimLink;
use crate::runtime::notice::{self, Caller, Notice};
use crate::runtime::turn::Desk;
use crate::store::{
    HandoffChange, HandoffId, HandoffRecord, HandoffRound, HandoffStatus, MenuItem, RowBody,
    SendStatus,
};
use crate::time::Duration;

/// How long a link in an offer can be used: to claim, and a day to say how it went.
const LINK_LIVES: Duration = Duration::hours(25);

impl Desk<'_> {
    /// Opens a handoff, or offers it to the next.
    pub(super) fn alert(&mut self, conversation: &Conversation, seq: Seq, offer: HandoffOffer) {
        let id = HandoffId {
            conversation: conversation.id,
            seq: offer.of.unwrap_or(seq),
        };
        let menu = self.claim_numbers(id, &offer.asked);
        let round = (!offer.asked.is_empty()).then(|| HandoffRound {
            team: offer.team.clone(),
            agents: offer.asked.clone(),
            at: self.now,
            lapses: offer.lapses,
        });
        if offer.of.is_some() {
            self.commit.handoff_changes.push(HandoffChange {
                round,
                menu: menu.clone(),
                ..HandoffChange::to(id, HandoffStatus::Open, self.now)
            });
            self.tell("handoff.offered", conversation, offer.team.to_string());
        } else {
            self.open_handoff(conversation, id, &offer, (round, menu.clone()));
        }
        for agent in &offer.asked {
            self.offer_to(id, agent, &offer, &menu);
        }
        // Those who are asked get rows of their own; this one only says that they were.
        let effect = Effect::AlertAgents(offer);
        let mut sending = self.first_sending(&effect);
        sending.status = SendStatus::Sent;
        sending.due = None;
        sending.accepted = Some(self.now);
        self.row(Some(conversation.id), RowBody::Outgoing(effect, sending));
    }

    fn open_handoff(
        &mut self,
        conversation: &Conversation,
        id: HandoffId,
        offer: &HandoffOffer,
        (round, menu): (Option<HandoffRound>, Vec<MenuItem>),
    ) {
        self.commit.handoffs.push(HandoffRecord {
            id,
            lead: self.lead,
            flow: conversation.flow.clone(),
            team: offer.team.clone(),
            priority: offer.priority,
            brief: offer.brief.clone(),
            status: HandoffStatus::Open,
            agent: None,
            outcome: None,
            created: self.now,
            claimed: None,
            resolved: None,
            lapses: offer.lapses,
            callback_within: offer.callback_within,
            rounds: round.into_iter().collect(),
            menu,
            outcomes: offer.outcomes.clone(),
            call_after: offer.call_after,
        });
        self.tell("handoff.opened", conversation, offer.team.to_string());
    }

    /// The number each of them claims it by who can text.
    fn claim_numbers(&self, id: HandoffId, asked: &[String]) -> Vec<MenuItem> {
        let known = self.handoff_record(id);
        let has_one = |agent: &str| {
            let menu = known.as_ref().map(|known| known.menu.as_slice());
            let mut items = menu.unwrap_or_default().iter();
            items.any(|item| item.agent == agent && item.outcome.is_none())
        };
        let texts = |agent: &&String| {
            let known = self.live.workspace.agent(agent);
            known.is_some_and(|agent| agent.sms.is_some()) && !has_one(agent)
        };
        let agents = asked.iter().filter(texts);
        agents
            .flat_map(|agent| {
                let numbers = self.engine.agents.free_numbers(agent, &[], 1, self.now);
                numbers.into_iter().map(|number| MenuItem {
                    agent: agent.clone(),
                    number,
                    outcome: None,
                })
            })
            .collect()
    }

    /// The numbers by which whoever claimed it says how it went.
    pub(super) fn outcome_numbers(&self, record: &HandoffRecord, agent: &str) -> Vec<MenuItem> {
        let texts = self
            .live
            .workspace
            .agent(agent)
            .is_some_and(|a| a.sms.is_some());
        if !texts || record.menu.iter().any(|item| item.outcome.is_some()) {
            return Vec::new();
        }
        let own = record.menu.iter().filter(|item| item.agent == agent);
        let taken: Vec<u32> = own.map(|item| item.number).collect();
        let count = record.outcomes.len();
        let numbers = self
            .engine
            .agents
            .free_numbers(agent, &taken, count, self.now);
        let outcomes = record.outcomes.iter().cloned();
        numbers
            .into_iter()
            .zip(outcomes)
            .map(|(number, outcome)| MenuItem {
                agent: agent.to_string(),
                number,
                outcome: Some(outcome),
            })
            .collect()
    }

    fn offer_to(&mut self, id: HandoffId, name: &str, offer: &HandoffOffer, menu: &[MenuItem]) {
        let zone = self.lead_zone();
        let call = offer.call_after.map(|at| notice::call_after(at, &zone));
        let item = menu.iter().find(|item| item.agent == name);
        let link = self.claim_link(id, name);
        let by_text = match item {
            Some(item) => format!("Reply {} to claim.", item.number),
            None => "Claim it in the console.".to_string(),
        };
        let say = |how: &str| notice::offer(offer, how, call.as_deref());
        let (short, long) = (say(&by_text), say(&format!("Claim it: {link}")));
        self.note(name, NoteAbout::Offer, Some(id), &short, &long);
    }

    pub(super) fn claim_link(&self, id: HandoffId, agent: &str) -> String {
        let link = ClaimLink {
            handoff: id,
            agent: agent.to_string(),
            expires: self.now + LINK_LIVES,
        };
        let token = link.token(&self.engine.link_key);
        format!("{}/h/{token}", self.live.public_url)
    }

    /// Queues what an agent is told, by each of their ways: `short` by text, `long` where there is room.
    pub(super) fn note(
        &mut self,
        name: &str,
        about: NoteAbout,
        id: Option<HandoffId>,
        short: &Notice,
        long: &Notice,
    ) {
        let Some(agent) = self.live.workspace.agent(name) else {
            return;
        };
        let stopped = self.engine.agents.roster();
        let stopped = stopped.away.get(name).is_some_and(|away| away.stopped);
        let link = id.map(|id| self.claim_link(id, name));
        for (way, to) in ways(agent) {
            if way == AgentWay::Sms && stopped {
                continue;
            }
            let said = if way == AgentWay::Sms { short } else { long };
            self.notes.push(AgentNote {
                agent: name.to_string(),
                way,
                about,
                handoff: id.map(|id| id.seq),
                to,
                subject: said.subject.clone(),
                text: said.text.clone(),
                link: link.clone(),
            });
        }
    }

    /// What agents are told goes behind everything else the turn decided.
    pub(super) fn flush_notes(&mut self, conversation: Option<ConversationId>) {
        for note in std::mem::take(&mut self.notes) {
            let seq = self.next_seq;
            self.push_outgoing(conversation, seq, Effect::TellAgent(note));
        }
    }

    pub(super) fn nudge(&mut self, id: HandoffId, why: Nudge, agents: &[String]) {
        let Some(record) = self.handoff_record(id) else {
            return;
        };
        let caller = Caller::of(&self.record.lead);
        for agent in agents {
            let link = self.claim_link(id, agent);
            let number = record
                .menu
                .iter()
                .find(|item| item.agent == *agent && item.outcome.is_none());
            let (short, long) = match (record.agent.is_some(), number) {
                (true, _) => (
                    notice::outcomes(&record, agent),
                    format!("Say how it went: {link}"),
                ),
                (false, Some(item)) => (
                    format!("Reply {} to claim.", item.number),
                    format!("Claim it: {link}"),
                ),
                (false, None) => (String::new(), format!("Claim it: {link}")),
            };
            let say = |how: &str| notice::nudge(&record, why, &caller, how);
            let (short, long) = (say(&short), say(&long));
            self.note(agent, NoteAbout::Reminder, Some(id), &short, &long);
        }
    }

    pub(super) fn close_handoff(&mut self, id: HandoffId, outcome: Name, agent: Option<String>) {
        let open = self
            .handoff_record(id)
            .filter(|record| record.status == HandoffStatus::Open);
        if let Some(record) = open {
            let notice = notice::over(&record, &outcome);
            for asked in asked(&record) {
                if agent.as_deref() != Some(asked) || *outcome == *"unclaimed" {
                    self.note(asked, NoteAbout::Over, None, &notice, &notice);
                }
            }
        }
        let status = match &*outcome {
            "unclaimed" => HandoffStatus::Unclaimed,
            _ => HandoffStatus::Resolved,
        };
        self.commit.handoff_changes.push(HandoffChange {
            agent: agent.filter(|_| status == HandoffStatus::Resolved),
            outcome: Some(outcome),
            ..HandoffChange::to(id, status, self.now)
        });
    }

    /// The others hear who has it.
    pub(super) fn tell_taken(&mut self, record: &HandoffRecord, by: &str) {
        let notice = notice::taken(record, by);
        for asked in asked(record) {
            if asked != by {
                self.note(asked, NoteAbout::Taken, None, &notice, &notice);
            }
        }
    }

    /// A handoff as it stands with what this turn has decided.
    pub(super) fn handoff_record(&self, id: HandoffId) -> Option<HandoffRecord> {
        let new = self.commit.handoffs.iter().find(|record| record.id == id);
        let known = match new {
            Some(new) => Some(new.clone()),
            None => self.engine.store.handoff(id).ok().flatten(),
        };
        let changes = self.commit.handoff_changes.iter();
        let mine = changes.filter(|change| change.id == id);
        known.map(|known| mine.fold(known, |record, change| record.after(change)))
    }
}

/// Everybody who was asked, once.
fn asked(record: &HandoffRecord) -> Vec<&str> {
    let mut asked: Vec<&str> = Vec::new();
    for agent in record.rounds.iter().flat_map(|round| &round.agents) {
        if !asked.contains(&agent.as_str()) {
            asked.push(agent);
        }
    }
    asked
}

fn ways(agent: &Agent) -> Vec<(AgentWay, String)> {
    let sms = agent.sms.map(|number| (AgentWay::Sms, number.to_string()));
    let email = agent.email.clone().map(|email| (AgentWay::Email, email));
    let webhook = agent.webhook.as_ref();
    let webhook = webhook.map(|_| (AgentWay::Webhook, agent.name.clone()));
    [sms, email, webhook].into_iter().flatten().collect()
}
