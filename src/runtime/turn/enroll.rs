//! A lead enters a flow: checked for consent and for what the flow must know, then started, put off,
//! or put behind the conversation under way.

use crate::conversation::{Conversation, ConversationId, Event, Status};
use crate::flow::workspace::OptIn;
use crate::flow::{Flow, fields};
use crate::lead::{Name, Value};
use crate::policy::consent::{self, Level};
use crate::policy::{Chosen, Consent, DropReason, Outgoing, Purpose, countries};
use crate::runtime::turn::{Desk, new_conversation};
use crate::runtime::work::{Enroll, IfBusy, LeadDid, Refusal};
use crate::store::Shared;
use crate::time::{Duration, Timestamp};

/// How many conversations may wait behind the one under way.
const WAITING_MAX: usize = 20;
/// After so long, one whose time came while as many waited asks for a place again.
const TRIED_AGAIN: Duration = Duration::hours(1);

impl Desk<'_> {
    pub(super) fn enroll(&mut self, enroll: &Enroll) -> Result<(), Refusal> {
        self.commit.seen = enroll.seen;
        let flow = self.live.flows.get(&enroll.flow).cloned();
        let flow = flow.ok_or_else(|| Refusal::NoFlow(enroll.flow.clone()))?;
        self.update_lead(&enroll.lead)?;
        let asked = self.is_being_asked();
        if !asked {
            self.may_enter(&flow)?;
        }
        self.type_fields(&flow)?;
        if asked {
            // It begins when the lead confirms.
            return self.schedule(&flow, enroll, None);
        }
        let busy = self.active.as_ref().filter(|c| !c.is_ended()).map(|c| c.id);
        let later = enroll.at.filter(|at| *at > self.now);
        if let (Some(id), IfBusy::Refuse) = (busy, enroll.if_busy) {
            return Err(Refusal::Busy(id));
        }
        if let Some(at) = later {
            return self.schedule(&flow, enroll, Some(at));
        }
        match (busy, enroll.if_busy) {
            (Some(_), IfBusy::Wait) => self.schedule(&flow, enroll, None),
            (Some(id), _) => {
                // What waits behind goes on waiting: its turn comes after the one that begins now.
                let behind = std::mem::take(&mut self.record.queue);
                self.happened(
                    id,
                    Event::Stopped {
                        outcome: Name::from("stopped"),
                    },
                )?;
                self.record.queue = behind;
                self.start_flow(&enroll.flow, enroll.by.clone(), enroll.properties.clone())
            }
            (None, _) => {
                self.start_flow(&enroll.flow, enroll.by.clone(), enroll.properties.clone())
            }
        }
    }

    /// Whether the lead was asked to confirm their consent and may still do so.
    fn is_being_asked(&self) -> bool {
        self.live.workspace.opt_in == OptIn::Double
            && matches!(self.record.standing.consent, Consent::Pending(_))
    }

    /// Consent, before anything is promised.
    fn may_enter(&self, flow: &Flow) -> Result<(), Refusal> {
        let out = Outgoing {
            kind: flow.kind,
            purpose: Purpose::Flow,
            window: None,
        };
        let lead = self.lead;
        let declined = |chosen: &Chosen| chosen.declined.contains(&flow.name);
        let why = match consent::allows(&self.record.standing, &out, self.now) {
            Ok(()) if self.record.care.chosen.as_ref().is_some_and(declined) => format!(
                "{lead} chose on their preferences page not to hear about `{}`",
                flow.name
            ),
            Ok(()) if !countries::allow(&self.live.workspace.rules.countries, lead) => format!(
                "{lead} is of a country to which this workspace does not text; `sending: {{ countries }}` \
                 allows it"
            ),
            Ok(()) => return Ok(()),
            Err(DropReason::Country) => format!("{lead} is of a country that is not texted"),
            Err(DropReason::OptedOut) => {
                format!("{lead} opted out; only their own START or a form of theirs undoes it")
            }
            Err(DropReason::Unreachable) => {
                format!("{lead} cannot be reached: the carrier calls the number dead")
            }
            Err(DropReason::Declined) => {
                format!("{lead} chose not to be texted marketing; an email may reach them")
            }
            Err(DropReason::NoConsent) => match self.record.standing.consent {
                Consent::Given(_, Level::Transactional) => format!(
                    "consent missing: {lead} agreed to transactional messages only, and `{}` is \
                     marketing",
                    flow.name
                ),
                Consent::Pending(_) => {
                    format!("consent missing: {lead} was asked to confirm and has not answered yet")
                }
                _ => format!(
                    "consent missing: nothing recorded says that {lead} agreed to be texted; give \
                     `consent` with the lead"
                ),
            },
        };
        Err(Refusal::Consent(why))
    }

    /// Every field that the flow declares, as the kind it declares; a required one must be there.
    fn type_fields(&mut self, flow: &Flow) -> Result<(), Refusal> {
        for (name, field) in &flow.fields {
            let refuse = |problem: String| Refusal::Field {
                flow: flow.name.clone(),
                field: name.clone(),
                problem,
            };
            let told = self.record.lead.field(name).clone();
            if told.is_empty() {
                if !field.optional && field.fallback.is_none() {
                    return Err(refuse(
                        "the lead has none, and it has no fallback".to_string(),
                    ));
                }
                continue;
            }
            let typed = fields::coerce(&told, field.kind)
                .ok_or_else(|| refuse(format!("what was given is not a {}", field.kind.name())))?;
            if typed != told {
                self.record.lead.fields.insert(name.clone(), typed);
                self.record_changed = true;
            }
        }
        Ok(())
    }

    /// Puts the conversation off, to a time or behind the one under way.
    fn schedule(
        &mut self,
        flow: &Flow,
        enroll: &Enroll,
        at: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        let mut conversation = self.fresh(flow);
        conversation.event = enroll.properties.clone();
        conversation.deadline = at;
        conversation.revision = 1;
        if at.is_none() {
            if self.record.queue.len() >= WAITING_MAX {
                return Err(Refusal::Conflict(format!(
                    "{WAITING_MAX} conversations wait for {} already; end the one under way, or enroll \
                     them again when it is over",
                    self.lead
                )));
            }
            self.record.queue.push(conversation.id);
            self.record_changed = true;
        }
        let event = Event::Enrolled {
            by: enroll.by.clone(),
            properties: enroll.properties.clone(),
        };
        let entry = crate::conversation::Entry {
            event,
            understood: None,
            path: Vec::new(),
        };
        self.row(
            Some(conversation.id),
            crate::store::RowBody::Happened(entry),
        );
        let conversation = Shared::from(conversation);
        self.done.conversation = Some(conversation.clone());
        self.put(conversation);
        Ok(())
    }

    fn fresh(&self, flow: &Flow) -> Conversation {
        let id: ConversationId = self.engine.new_id(self.lead, self.now);
        new_conversation(
            flow,
            id,
            self.lead,
            self.record.lead.locale.as_deref(),
            self.now,
        )
    }

    /// Starts a live flow for this lead, who is in no other.
    pub(super) fn start_flow(
        &mut self,
        flow: &Name,
        by: String,
        properties: Vec<(Name, Value)>,
    ) -> Result<(), Refusal> {
        let flow = self.live.flows.get(flow).cloned();
        let flow = flow.ok_or(Refusal::NotFound("flow"))?;
        let conversation = self.fresh(&flow);
        self.record.active = Some(conversation.id);
        self.record_changed = true;
        self.tell("conversation.started", &conversation, by.clone());
        self.advance(conversation, Event::Enrolled { by, properties })
    }

    /// The next of the conversations that wait behind, once the way is free; and the one after it, where
    /// that one is over as soon as it began.
    pub(super) fn start_next(&mut self) -> Result<(), Refusal> {
        if std::mem::replace(&mut self.starting, true) {
            // Whoever began this one sees to the next.
            return Ok(());
        }
        let started = self.start_waiting();
        self.starting = false;
        started
    }

    fn start_waiting(&mut self) -> Result<(), Refusal> {
        while self.record.active.is_none()
            && !self.record.standing.is_opted_out()
            && !self.record.queue.is_empty()
        {
            let id = self.record.queue.remove(0);
            self.record_changed = true;
            let Some(conversation) = self.batch.conversation(id)? else {
                continue;
            };
            if matches!(conversation.status, Status::Scheduled) {
                self.start_scheduled(conversation.into())?;
            }
        }
        Ok(())
    }

    fn start_scheduled(&mut self, conversation: Shared<Conversation>) -> Result<(), Refusal> {
        self.record.active = Some(conversation.id);
        self.record_changed = true;
        self.tell(
            "conversation.started",
            &conversation,
            "scheduled".to_string(),
        );
        let deadline = conversation.deadline.unwrap_or(self.now);
        self.advance(conversation, Event::TimerFired { deadline })
    }

    pub(super) fn timer(&mut self, id: ConversationId, deadline: Timestamp) -> Result<(), Refusal> {
        let Ok(conversation) = self.take_named(id) else {
            return Ok(());
        };
        // A hint may be late: the lead replied, or another node was here before.
        if conversation.deadline != Some(deadline) || deadline > self.now {
            return Ok(());
        }
        if !matches!(conversation.status, Status::Scheduled) {
            return self.advance(conversation, Event::TimerFired { deadline });
        }
        if self.record.active.is_some_and(|active| active != id) {
            let mut behind = conversation;
            behind.revision += 1;
            if self.record.queue.len() < WAITING_MAX {
                behind.deadline = None;
                self.record.queue.push(id);
                self.record_changed = true;
            } else {
                behind.deadline = Some(self.now + TRIED_AGAIN);
            }
            self.put(behind);
            return Ok(());
        }
        self.start_scheduled(conversation)
    }

    /// Behaviour: it may move or end the conversation under way, or start flows.
    pub(super) fn lead_did(&mut self, did: &LeadDid) -> Result<(), Refusal> {
        self.commit.seen = did.seen;
        self.record_changed |= self.done.created;
        let event = Event::LeadDid {
            event: did.event.clone(),
            properties: did.properties.clone(),
        };
        match self.active.take() {
            Some(conversation) => self.advance(conversation, event)?,
            None => {
                let entry = crate::conversation::Entry {
                    event,
                    understood: None,
                    path: Vec::new(),
                };
                self.row(None, crate::store::RowBody::Happened(entry));
            }
        }
        let starts = |flow: &&std::sync::Arc<Flow>| flow.start_events.contains(&did.event);
        let Some(flow) = self.live.flows.values().find(starts).cloned() else {
            return Ok(());
        };
        if self.record.active.is_some()
            || self.may_enter(&flow).is_err()
            || self.type_fields(&flow).is_err()
        {
            return Ok(());
        }
        self.start_flow(
            &flow.name,
            format!("event:{}", did.event),
            did.properties.clone(),
        )
    }
}
