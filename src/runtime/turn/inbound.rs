//! A text from a lead: to the open conversation, to the flow its keyword starts, or to nobody.

use crate::advance;
use crate::conversation::{Conversation, Effect, Entry, Event, Status, Understood};
use crate::flow::steps::{asks_to_cancel, asks_to_move};
use crate::lead::Name;
use crate::policy::consent::Level;
use crate::policy::{Consent, ConsentChange, ConsentEvent};
use crate::reply::{self, Everywhere, Listening, Reply};
use crate::runtime::turn::Desk;
use crate::runtime::work::{Heard, Inbound, Refusal};
use crate::store::{RowBody, RowKind, SeenKey, Shared};

/// The rules by which a robot is known.
const TOO_MANY: &str = "too-many-replies";
const SAME_AGAIN: &str = "same-again";

impl Desk<'_> {
    pub(super) fn inbound(&mut self, inbound: &Inbound) -> Result<(), Refusal> {
        self.commit.seen = Some(SeenKey::of(&inbound.channel, &inbound.id));
        self.remember_number(inbound);
        self.is_reached();
        self.last_inbound = Some(self.now);
        self.verdict = inbound.verdict;
        if let Some(heard) = self.taken_by_carrier(inbound) {
            return heard;
        }
        let event = inbound.event();
        let listening = self
            .active
            .take_if(|c| !matches!(c.status, Status::Scheduled));
        let keyword = self.keyword_flow(&inbound.text);
        if keyword.is_none()
            && let Some(rule) = self.is_a_robot(listening.as_deref(), &inbound.text)
        {
            return self.only_answers(listening, event, rule);
        }
        match (listening, keyword) {
            (Some(conversation), None) => self.advance(conversation, event),
            (Some(conversation), Some(flow)) => self.keyword_or_answer(conversation, &flow, event),
            (None, Some(flow)) => self.keyword(&flow, event),
            (None, None) => match self.appointment(&inbound.text)? {
                Some(conversation) => {
                    self.record.active = Some(conversation.id);
                    self.record_changed = true;
                    self.advance(conversation, event)
                }
                None => self.late_or_nobody(event),
            },
        }
    }

    /// The conversation that ended with an appointment still to come, where the text asks for another time or
    /// calls it off.
    fn appointment(&mut self, text: &str) -> Result<Option<Conversation>, Refusal> {
        let Some(last) = self.record.last.filter(|_| self.record.active.is_none()) else {
            return Ok(None);
        };
        if !asks_to_move(text) && !asks_to_cancel(text) {
            return Ok(None);
        }
        let known = self.batch.conversation(last)?;
        Ok(known.filter(|known| {
            let booked = known.booked();
            booked.is_some_and(|booked| booked.slot.start > self.now)
        }))
    }

    /// Two automatons that answer each other never end. After so many replies in one period, or the same
    /// words twice in a row, only what answers a question is heard, and what the law asks for; in a
    /// silence all is as before. The rule by which it is one.
    fn is_a_robot(&self, listening: Option<&Conversation>, text: &str) -> Option<&'static str> {
        let limits = &self.live.workspace.anomalies;
        let mut lately = self
            .recent
            .iter()
            .filter(|row| row.kind == RowKind::Reply && self.now.since(row.at) <= limits.window);
        let rule = if listening.is_some_and(|c| is_same_again(c, text, limits.echo_words)) {
            lately.next().map(|_| SAME_AGAIN)
        } else {
            (lately.count() >= limits.exchanges as usize).then_some(TOO_MANY)
        }?;
        let said = reply::everywhere(&Reply::read(text), Listening::default());
        let lawful =
            said.is_some_and(|said| matches!(said.meaning, Everywhere::OptOut | Everywhere::OptIn));
        (!lawful).then_some(rule)
    }

    /// What answers the open question goes on; the rest is kept, and leads nowhere.
    fn only_answers(
        &mut self,
        listening: Option<Shared<Conversation>>,
        event: Event,
        rule: &'static str,
    ) -> Result<(), Refusal> {
        let id = listening.as_ref().map(|conversation| conversation.id);
        if let Some(conversation) = listening
            && self.answers(conversation, event.clone())?
        {
            return Ok(());
        }
        // A robot's reply is kept, and leads nowhere.
        let entry = understood(event, "machine", false, rule);
        self.row(id, RowBody::Happened(entry));
        Ok(())
    }

    /// Whether it answers the open question: then the conversation goes on by it.
    pub(super) fn answers(
        &mut self,
        conversation: Shared<Conversation>,
        event: Event,
    ) -> Result<bool, Refusal> {
        let flow = self.flow_of(&conversation)?;
        let turn = self.turn_of(&flow, conversation, event)?;
        let understood = turn.entry.understood.as_ref();
        match understood.is_some_and(|u| &*u.kind == "answer") {
            true => self.take(turn).map(|()| true),
            false => Ok(false),
        }
    }

    fn remember_number(&mut self, inbound: &Inbound) {
        let known = self.record.channel.as_ref() == Some(&inbound.channel)
            && self.record.our_number.as_deref() == Some(inbound.to.as_str());
        if !known {
            self.record.channel = Some(inbound.channel.clone());
            self.record.our_number = Some(inbound.to.clone()).filter(|to| !to.is_empty());
            self.record_changed = true;
        }
        self.record_changed |= self.done.created;
    }

    /// A number that writes is not dead, whatever a carrier said of it before.
    fn is_reached(&mut self) {
        if self.record.standing.unreachable {
            self.record.standing.unreachable = false;
            self.record_changed = true;
        }
    }

    /// The flow whose keyword this text is; never one that means something everywhere.
    pub(super) fn keyword_flow(&self, text: &str) -> Option<Name> {
        let flow = self.live.flow_for_keyword(text)?;
        let reserved = reply::everywhere(&Reply::read(text), Listening::default());
        reserved.is_none().then(|| flow.name.clone())
    }

    /// An answer to the open question first; a keyword where it is none.
    fn keyword_or_answer(
        &mut self,
        conversation: Shared<Conversation>,
        flow: &Name,
        event: Event,
    ) -> Result<(), Refusal> {
        let current = self.flow_of(&conversation)?;
        let turn = self.turn_of(&current, conversation.clone(), event.clone())?;
        let heard = turn
            .entry
            .understood
            .as_ref()
            .is_some_and(|u| &*u.kind != "unclear");
        if heard || conversation.flow == *flow {
            return self.take(turn);
        }
        // What waits behind goes on waiting: its turn comes after the flow that begins now.
        let behind = std::mem::take(&mut self.record.queue);
        self.advance(
            conversation,
            Event::Stopped {
                outcome: Name::from("stopped"),
            },
        )?;
        self.record.queue = behind;
        self.keyword(flow, event)
    }

    /// A keyword captures the lead and its consent, and starts its flow.
    fn keyword(&mut self, flow: &Name, event: Event) -> Result<(), Refusal> {
        let Event::Replied { text, .. } = &event else {
            return Ok(());
        };
        let word = text.trim().to_string();
        let given = matches!(
            self.record.standing.consent,
            Consent::Given(_, Level::Marketing)
        );
        if !given {
            let change = ConsentChange::Given;
            self.consent(ConsentEvent {
                source: format!("keyword {word}"),
                wording: word.clone(),
                rule: Some("start-keyword".to_string()),
                own_act: true,
                ..ConsentEvent::new(change, Level::Marketing, self.now, "keyword")
            });
        }
        self.nobody(event)?;
        if !given {
            self.confirm_opt_in();
        }
        self.start_flow(flow, format!("keyword:{word}"), Vec::new())
    }

    /// Ahead of the flow that a keyword starts: what the lead has opted into.
    fn confirm_opt_in(&mut self) {
        let zone = self.lead_zone();
        let locale = self.record.lead.locale.as_deref().unwrap_or("en");
        let confirmation = advance::opt_in_confirmation(&self.facts(&zone), locale);
        let seq = self.next_seq;
        self.push_outgoing(None, seq, Effect::Sms(confirmation));
    }

    /// The conversation that ended in silence goes on when its question is answered after all.
    fn late_or_nobody(&mut self, event: Event) -> Result<(), Refusal> {
        let free = self.record.active.is_none() && !self.record.standing.is_opted_out();
        let Some(last) = self.record.last.filter(|_| free) else {
            return self.nobody(event);
        };
        let conversation = self.batch.conversation(last)?;
        let Some(conversation) = conversation.filter(|c| advance::may_reopen(c, self.now)) else {
            return self.nobody(event);
        };
        let flow = self.flow_of(&conversation)?;
        let turn = self.turn_of(&flow, conversation.into(), event.clone())?;
        let understood = turn.entry.understood.as_ref();
        if !understood.is_some_and(advance::is_late_answer) {
            return self.nobody(event);
        }
        self.record.active = Some(last);
        self.record_changed = true;
        self.take(turn)
    }

    /// A text that no conversation takes: recorded, and heeded where it means something everywhere.
    fn nobody(&mut self, event: Event) -> Result<(), Refusal> {
        let was_asked = matches!(self.record.standing.consent, Consent::Pending(_));
        let zone = self.lead_zone();
        let locale = self
            .record
            .lead
            .locale
            .clone()
            .unwrap_or_else(|| Name::from("en"));
        let facts = self.facts(&zone);
        let (entry, effects) = advance::stranger(&facts, event, &locale, self.now);
        if let Event::Replied { text, .. } = &entry.event {
            let (lead, detail) = (self.lead, text.clone());
            self.done.heard.push(Heard {
                what: "reply",
                lead,
                conversation: None,
                flow: None,
                step: None,
                detail,
            });
        }
        self.row(None, RowBody::Happened(entry));
        for (seq, effect) in effects {
            match effect {
                crate::conversation::Effect::CancelQueued => self.commit.cancel_queued = true,
                crate::conversation::Effect::Consent(event) => self.consent(*event),
                other => self.push_outgoing(None, seq, other),
            }
        }
        let confirmed = was_asked && self.record.standing.may_be_texted();
        match confirmed && self.record.active.is_none() {
            true => self.start_next(),
            false => Ok(()),
        }
    }
}

/// The words that the flow heard last, once more. A few words are said twice by people too, and an agent
/// who has the conversation is no automaton.
fn is_same_again(conversation: &Conversation, text: &str, echo_words: u32) -> bool {
    matches!(conversation.status, Status::Waiting(_))
        && advance::is_last_reply(conversation, text)
        && text.split_whitespace().count() >= echo_words as usize
}

/// A reply that was understood, and takes no step.
pub(super) fn understood(
    event: Event,
    kind: &'static str,
    certain: bool,
    rule: &'static str,
) -> Entry {
    Entry {
        event,
        understood: Some(Understood {
            kind: Name::fixed(kind),
            answer: None,
            certain,
            rule: Name::fixed(rule),
        }),
        path: Vec::new(),
    }
}
