//! One turn at a lead's desk: what was read of the lead, the work at hand, and the commit it becomes.

mod alert;
mod email;
mod caps;
mod carrier_took;
mod doubt;
mod enroll;
mod handoff;
mod inbound;
mod lead;
mod leave;
mod moving;
mod outgoing;
mod overtaken;
mod park;
mod pending;
mod receipt;
mod spent;
mod takeover;

use std::sync::Arc;

pub(in crate::runtime) use park::park;

pub(super) use outgoing::LEASE;

pub(super) use crate::advance::enroll as new_conversation;
use crate::advance::{Facts, Turn, advance};
use crate::carrier::Took;
use crate::conversation::{AgentNote, Conversation, Effect, Entry, Event, Seq, SmsMessage, Status};
use crate::flow::Flow;
use crate::flow::workspace::roster::Roster;
use crate::lead::{Lead, PhoneNumber};
use crate::policy::{self, LeadFacts};
use crate::runtime::engine::Engine;
use crate::runtime::live::Live;
use crate::runtime::work::{Done, Heard, PutBack, Refusal, Work};
use crate::store::{
    Batch, Commit, HandoffId, LeadRecord, Need, Row, RowBody, RowKind, SendStatus, Sending, Shared,
    ShortlinkRecord, Snapshot,
};
use crate::time::{Timestamp, Zone};

/// What a turn came to.
pub(super) struct Outcome {
    pub commit: Option<Commit>,
    pub done: Done,
}

pub(super) struct Desk<'e> {
    engine: &'e Engine,
    live: &'e Live,
    batch: &'e mut dyn Batch,
    lead: PhoneNumber,
    now: Timestamp,
    record: Shared<LeadRecord>,
    record_changed: bool,
    /// That a register was asked is nothing that happened with the lead.
    looked_up_only: bool,
    active: Option<Shared<Conversation>>,
    /// The conversation the work names, when it is not the active one.
    named: Option<Shared<Conversation>>,
    row: Option<Box<Row>>,
    sends: Vec<Timestamp>,
    last_inbound: Option<Timestamp>,
    recent: Vec<crate::store::Recent>,
    replies: Vec<Timestamp>,
    zones: Vec<Zone>,
    /// What the carrier made of the text at hand.
    verdict: Took,
    next_seq: Seq,
    commit: Commit,
    done: Done,
    /// What agents are told, once everything else is decided.
    notes: Vec<AgentNote>,
    /// Those that wait behind are being begun, one after the other.
    starting: bool,
    roster: Arc<Roster>,
}

impl<'e> Desk<'e> {
    /// What the work will read.
    pub fn need(work: &Work) -> Need {
        let (conversation, row) = match work {
            Work::Timer { conversation, .. }
            | Work::TakeOver { conversation, .. }
            | Work::Release { conversation, .. }
            | Work::Write { conversation, .. }
            | Work::Note { conversation, .. }
            | Work::Clicked { conversation, .. }
            | Work::MoveVersion { conversation, .. }
            | Work::CancelBooking { conversation, .. }
            | Work::Stop { conversation, .. } => (Some(*conversation), None),
            Work::Claim { handoff, .. }
            | Work::Decline { handoff, .. }
            | Work::CallLead { handoff, .. }
            | Work::Resolve { handoff, .. } => (Some(handoff.conversation), None),
            Work::PutBack { what, .. } => match what {
                PutBack::Timer { conversation, .. } => (Some(*conversation), None),
                PutBack::Row(seq) => (None, Some(*seq)),
            },
            Work::EmailReply(answer) => (Some(answer.conversation), Some(answer.reply.answers)),
            Work::EmailBounced {
                seq, conversation, ..
            } => (*conversation, Some(*seq)),
            Work::Unsubscribe {
                seq, conversation, ..
            } => (*conversation, *seq),
            Work::Begin { seq, .. } | Work::Settle { seq, .. } | Work::Postpone { seq, .. } => {
                (None, Some(*seq))
            }
            Work::Receipt(receipt) => (None, Some(receipt.seq)),
            Work::Inbound(_)
            | Work::AgentText { .. }
            | Work::Enroll(_)
            | Work::UpsertLead(_)
            | Work::Did(_)
            | Work::Consent { .. } => (None, None),
        };
        Need {
            lead: work.lead(),
            conversation,
            row,
        }
    }

    pub fn open(
        engine: &'e Engine,
        live: &'e Live,
        batch: &'e mut dyn Batch,
        snapshot: Snapshot,
        lead: PhoneNumber,
        now: Timestamp,
    ) -> Self {
        let wrote = snapshot.recent.iter();
        let replies: Vec<Timestamp> = wrote
            .filter(|row| row.kind == RowKind::Reply)
            .map(|row| row.at)
            .collect();
        let created = snapshot.lead.is_none();
        let record = snapshot
            .lead
            .unwrap_or_else(|| LeadRecord::new(Lead::new(lead), now).into());
        let sends = caps::sends(&snapshot.recent, &record.care, None);
        let done = Done {
            created,
            ..Done::default()
        };
        Self {
            engine,
            live,
            batch,
            lead,
            now,
            record,
            record_changed: false,
            looked_up_only: false,
            active: snapshot.active,
            named: snapshot.conversation,
            row: snapshot.row,
            sends,
            last_inbound: replies.first().copied(),
            recent: snapshot.recent,
            replies,
            zones: Vec::new(),
            verdict: Took::Nothing,
            next_seq: snapshot.last_seq + 1,
            commit: Commit::new(lead, now),
            done,
            notes: Vec::new(),
            starting: false,
            roster: engine.agents.roster(),
        }
    }

    pub fn work_out(mut self, work: &Work) -> Result<Outcome, Refusal> {
        match work {
            Work::Inbound(inbound) => self.inbound(inbound)?,
            Work::Receipt(receipt) => self.receipt(receipt)?,
            Work::Postpone { until, .. } => self.postpone(*until),
            Work::Timer {
                conversation,
                deadline,
                ..
            } => self.timer(*conversation, *deadline)?,
            Work::Begin { .. } => self.begin()?,
            Work::Settle { result, .. } => self.settle(result)?,
            Work::Enroll(enroll) => self.enroll(enroll)?,
            Work::UpsertLead(update) => self.update_lead(update)?,
            Work::Did(did) => self.lead_did(did)?,
            Work::Claim { handoff, agent, .. } => self.claim(*handoff, agent)?,
            Work::Decline { handoff, agent, .. } => self.decline(*handoff, agent)?,
            Work::CallLead { handoff, agent, .. } => self.call_lead(*handoff, agent)?,
            Work::AgentText {
                inbound,
                agent,
                answer,
            } => self.agent_text(inbound, agent, answer)?,
            Work::Resolve {
                handoff,
                outcome,
                agent,
                ..
            } => {
                self.resolve(*handoff, outcome, agent.as_deref())?;
            }
            Work::TakeOver {
                conversation,
                agent,
                ..
            } => self.take_over(*conversation, agent)?,
            Work::MoveVersion {
                conversation,
                to,
                by,
                ..
            } => self.move_version(*conversation, *to, by)?,
            Work::Release {
                conversation, step, ..
            } => self.release(*conversation, step.clone())?,
            Work::Write {
                conversation,
                agent,
                text,
                ..
            } => {
                self.write(*conversation, agent, text)?;
            }
            Work::Note {
                conversation,
                agent,
                text,
                ..
            } => self.keep_note(*conversation, agent, text)?,
            Work::Consent { event, .. } => self.consent_told(event)?,
            Work::Clicked {
                conversation, link, ..
            } => {
                self.happened(*conversation, Event::Clicked { link: link.clone() })?;
            }
            Work::CancelBooking { conversation, .. } => self.cancel_booking(*conversation)?,
            Work::EmailReply(answer) => self.email_reply(answer)?,
            Work::EmailBounced { error, .. } => self.email_bounced(error)?,
            Work::Unsubscribe { by, .. } => self.unsubscribe(*by)?,
            Work::PutBack { what, .. } => self.put_back(*what)?,
            Work::Stop {
                conversation,
                outcome,
                ..
            } => {
                self.happened(
                    *conversation,
                    Event::Stopped {
                        outcome: outcome.clone(),
                    },
                )?;
            }
        }
        Ok(self.close())
    }

    fn close(mut self) -> Outcome {
        self.remember_sends();
        if self.record_changed {
            if !self.looked_up_only {
                self.record.updated = self.now;
            }
            self.commit.named |= self.done.created;
            self.commit.record = Some(self.record);
        }
        let empty = self.commit == Commit::new(self.lead, self.now);
        Outcome {
            commit: (!empty).then_some(self.commit),
            done: self.done,
        }
    }

    /// The conversation the work names, active or not.
    fn take_named(
        &mut self,
        id: crate::conversation::ConversationId,
    ) -> Result<Shared<Conversation>, Refusal> {
        let active = self.active.take_if(|active| active.id == id);
        active
            .or_else(|| self.named.take_if(|named| named.id == id))
            .ok_or(Refusal::NotFound("conversation"))
    }

    /// An event for one conversation, with everything that follows from it.
    fn happened(
        &mut self,
        id: crate::conversation::ConversationId,
        event: Event,
    ) -> Result<(), Refusal> {
        let conversation = self.take_named(id)?;
        self.advance(conversation, event)
    }

    fn flow_of(&self, conversation: &Conversation) -> Result<Arc<Flow>, Refusal> {
        self.engine
            .flow(conversation.version)?
            .ok_or(Refusal::NotFound("flow version"))
    }

    /// Works the event out and takes what it came to into the commit.
    fn advance(
        &mut self,
        conversation: impl Into<Shared<Conversation>>,
        event: Event,
    ) -> Result<(), Refusal> {
        let conversation = conversation.into();
        let flow = self.flow_of(&conversation)?;
        let turn = self.turn_of(&flow, conversation, event)?;
        self.take(turn)
    }

    /// Works the event out. Should it lead to an email to an address that another lead unsubscribed, or
    /// that bounces, it is worked out again with that known.
    fn turn_of(
        &mut self,
        flow: &Flow,
        conversation: Shared<Conversation>,
        event: Event,
    ) -> Result<Turn, Refusal> {
        let zone = self.lead_zone();
        let work_out = |desk: &Self, conversation: Shared<Conversation>, event| {
            let (conversation, facts) = (conversation.into_inner(), desk.facts(&zone));
            advance(flow, conversation, event, &facts, desk.now)
        };
        let again = self
            .may_email(flow)
            .then(|| (conversation.clone(), event.clone()));
        let turn = work_out(self, conversation, event);
        match again {
            Some((conversation, event)) if self.learn_of_addresses(&turn)? => {
                Ok(work_out(self, conversation, event))
            }
            _ => Ok(turn),
        }
    }

    fn facts<'f>(&'f self, zone: &'f Zone) -> Facts<'f> {
        Facts {
            lead: &self.record.lead,
            policy: self.lead_facts(),
            workspace: &self.live.workspace,
            public_url: &self.live.public_url,
            link_key: &self.engine.link_key,
            zone,
            next_seq: self.next_seq,
            roster: &self.roster,
        }
    }

    fn lead_facts(&self) -> LeadFacts<'_> {
        LeadFacts {
            phone: self.lead,
            standing: &self.record.standing,
            zones: &self.zones,
            sends: &self.sends,
            last_inbound: self.last_inbound,
            replies: &self.replies,
            chosen: self.record.care.chosen.as_ref(),
            home: self.home(),
        }
    }

    /// Where the lead lives by the postcode they told.
    fn home(&self) -> Option<&'static policy::zones::Place> {
        policy::postcode::of_lead(&self.record.lead, &self.live.workspace.region)
    }

    /// The zone times are shown in: as told, else the postcode's or the number's if it has only one,
    /// else the workspace's. Loads the candidate zones on the way.
    fn lead_zone(&mut self) -> Zone {
        if self.zones.is_empty() {
            let told = self
                .record
                .lead
                .time_zone
                .as_ref()
                .and_then(|zone| zone.parse().ok());
            self.zones = match told {
                Some(zone) => vec![zone],
                None => match self.home() {
                    Some(home) => home.zones().to_vec(),
                    None => policy::zones::candidates(self.lead),
                },
            };
            if self.zones.is_empty() {
                self.zones.push(self.live.workspace.time_zone.clone());
            }
        }
        match self.zones.as_slice() {
            [only] => only.clone(),
            _ => self.live.workspace.time_zone.clone(),
        }
    }

    /// Takes a turn of the core into the commit: its conversation, its entry, its effects.
    fn take(&mut self, turn: Turn) -> Result<(), Refusal> {
        let Turn {
            conversation,
            entry,
            effects,
        } = turn;
        let conversation = Shared::from(conversation);
        let id = conversation.id;
        self.hear(&conversation, &entry);
        if !is_told_by_its_row(&entry, &effects) && !is_a_look(&entry, &effects) {
            self.row(Some(id), RowBody::Happened(entry));
        }
        for (seq, effect) in effects {
            self.effect(&conversation, seq, effect)?;
        }
        self.flush_notes(Some(id));
        let ended = conversation.is_ended();
        self.done.conversation = Some(conversation.clone());
        if ended && self.record.active == Some(id) {
            self.record.active = None;
            self.record.last = Some(id);
            self.record_changed = true;
        } else if !ended && self.record.active == Some(id) {
            self.active = Some(conversation.clone());
        }
        self.put(conversation);
        if ended && self.record.active.is_none() {
            self.start_next()?;
        }
        Ok(())
    }

    /// The conversation's newest state, once in the commit.
    fn put(&mut self, mut conversation: Shared<Conversation>) {
        match self
            .commit
            .conversations
            .iter_mut()
            .find(|known| known.id == conversation.id)
        {
            Some(known) => {
                // Several events in one turn are one revision.
                conversation.revision = known.revision;
                *known = conversation;
            }
            None => self.commit.conversations.push(conversation),
        }
    }

    fn row(&mut self, conversation: Option<crate::conversation::ConversationId>, body: RowBody) {
        let seq = self.next_seq;
        self.next_seq += 1;
        self.commit.rows.push(Row {
            lead: self.lead,
            seq,
            conversation,
            at: self.now,
            body,
        });
    }

    fn effect(
        &mut self,
        conversation: &Conversation,
        seq: Seq,
        effect: Effect,
    ) -> Result<(), Refusal> {
        match effect {
            Effect::SetField { field, value } => {
                self.set_field(field, value);
            }
            Effect::CancelQueued => self.commit.cancel_queued = true,
            Effect::Consent(event) => self.consent(*event),
            Effect::MarkUnreachable => {
                self.record.standing.unreachable = true;
                self.record_changed = true;
            }
            Effect::Shortlink {
                code,
                link,
                to,
                lifetime,
                message,
            } => {
                self.commit.shortlinks.push(ShortlinkRecord {
                    code,
                    lead: self.lead,
                    conversation: conversation.id,
                    link,
                    to,
                    message,
                    lifetime,
                    expires: None,
                    created: self.now,
                });
            }
            Effect::CloseHandoff { seq, outcome } => {
                let id = HandoffId {
                    conversation: conversation.id,
                    seq,
                };
                self.close_handoff(id, outcome, conversation.agent.clone());
            }
            Effect::AlertAgents(offer) => self.alert(conversation, seq, offer),
            Effect::NudgeAgents { seq, why, agents } => {
                let id = HandoffId {
                    conversation: conversation.id,
                    seq,
                };
                self.nudge(id, why, &agents);
            }
            Effect::DropReminders { step } => self.drop_reminders(conversation.id, &step)?,
            Effect::FreeTexts { how } => self.free_texts(conversation.id, how)?,
            Effect::TellAgent(_)
            | Effect::Bridge { .. }
            | Effect::Sms(_)
            | Effect::Email(_)
            | Effect::Call { .. }
            | Effect::FindSlots { .. }
            | Effect::HoldSlot { .. }
            | Effect::FreeSlot { .. }
            | Effect::Notify { .. } => self.outgoing(conversation, seq, effect),
        }
        Ok(())
    }

    fn outgoing(&mut self, conversation: &Conversation, seq: Seq, effect: Effect) {
        self.push_outgoing(Some(conversation.id), seq, effect);
    }

    fn push_outgoing(
        &mut self,
        conversation: Option<crate::conversation::ConversationId>,
        seq: Seq,
        effect: Effect,
    ) {
        debug_assert_eq!(seq, self.next_seq, "effects are numbered as they are taken");
        let mut sending = self.first_sending(&effect);
        if self.is_confirmed_already(&effect) {
            sending = sending.cancelled(self.now);
            sending.error = Some("the carrier has answered it".to_string());
        }
        self.done.outgoing |= sending.due.is_some_and(|due| due <= self.now);
        self.row(conversation, RowBody::Outgoing(effect, sending));
    }

    fn first_sending(&self, effect: &Effect) -> Sending {
        let (to, hold, parts) = match effect {
            Effect::Sms(SmsMessage { hold, text, .. }) => (
                self.lead.to_string(),
                hold.map(|(until, why)| (self.spread_out(until, why, self.now), why)),
                crate::flow::sms_parts::count(text).parts,
            ),
            Effect::Email(email) => (email.to.clone(), None, 0),
            Effect::AlertAgents(offer) => (offer.team.to_string(), None, 0),
            Effect::TellAgent(note) => (note.to.clone(), None, 0),
            Effect::Bridge { to, .. } => (to.to_string(), None, 0),
            Effect::Call { endpoint, .. } => (endpoint.to_string(), None, 0),
            _ => (String::new(), None, 0),
        };
        Sending {
            status: if hold.is_some() {
                SendStatus::Held
            } else {
                SendStatus::Queued
            },
            due: Some(hold.map_or(self.now, |(until, _)| until)),
            held: hold.map(|(_, why)| why),
            attempts: 0,
            to,
            from: None,
            channel: None,
            provider_id: None,
            changed: self.now,
            error: None,
            accepted: None,
            parts: u8::try_from(parts).unwrap_or(u8::MAX),
            waits_since: None,
        }
    }

    /// Whether the carrier has said already what this text would say.
    fn is_confirmed_already(&self, effect: &Effect) -> bool {
        let purpose = match self.verdict {
            Took::Nothing => return false,
            Took::OptOut => policy::Purpose::OptOutConfirmation,
            Took::OptIn => policy::Purpose::OptInConfirmation,
            Took::Help => policy::Purpose::Help,
        };
        matches!(effect, Effect::Sms(message) if message.purpose == purpose)
    }

    /// What the live stream hears of an entry.
    fn hear(&mut self, conversation: &Conversation, entry: &Entry) {
        match &entry.event {
            Event::Replied { text, .. } => self.tell("reply", conversation, text.clone()),
            Event::EmailReplied(reply) => self.tell("reply", conversation, reply.text.clone()),
            Event::HandoffClaimed { agent } => {
                self.tell("handoff.claimed", conversation, agent.clone());
            }
            Event::TakenOver { agent } => {
                self.tell("conversation.taken", conversation, agent.clone());
            }
            Event::Released { .. } => {
                self.tell("conversation.released", conversation, String::new());
            }
            Event::HandoffResolved { outcome, .. } => {
                self.tell("handoff.resolved", conversation, outcome.to_string());
            }
            Event::Accepted { .. } | Event::Delivered { .. } => {
                self.tell("message", conversation, String::new());
            }
            _ => {}
        }
        match &conversation.status {
            Status::Ended { outcome } => {
                self.tell("conversation.ended", conversation, outcome.to_string());
            }
            _ if !entry.path.is_empty() || is_by_agent(&entry.event) => {
                self.tell("conversation.moved", conversation, String::new());
            }
            _ => {}
        }
    }

    fn tell(&mut self, what: &'static str, conversation: &Conversation, detail: String) {
        self.done.heard.push(Heard {
            what,
            lead: self.lead,
            conversation: Some(conversation.id),
            flow: Some(conversation.flow.clone()),
            step: conversation.step().cloned(),
            detail,
        });
    }
}

/// What an agent does to a conversation, whether or not it takes a step.
fn is_by_agent(event: &Event) -> bool {
    matches!(
        event,
        Event::TakenOver { .. }
            | Event::Released { .. }
            | Event::AgentWrote { .. }
            | Event::VersionMoved { .. }
    )
}

/// Whether an entry would only repeat what the outgoing row of its message keeps already.
fn is_told_by_its_row(entry: &Entry, effects: &[(Seq, Effect)]) -> bool {
    matches!(
        entry.event,
        Event::Accepted { .. } | Event::Delivered { .. }
    ) && entry.path.is_empty()
        && effects.iter().all(|(seq, _)| *seq == 0)
}

/// Whether a timer did nothing but look whether an agent is there yet.
fn is_a_look(entry: &Entry, effects: &[(Seq, Effect)]) -> bool {
    matches!(entry.event, Event::TimerFired { .. }) && entry.path.is_empty() && effects.is_empty()
}
