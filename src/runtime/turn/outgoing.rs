//! An outgoing row on its way: taken to be carried out, settled, reported on.

use crate::conversation::{Effect, Event, FailedSend, SmsMessage};
use crate::lead::Name;
use crate::policy::consent::Level;
use crate::policy::{
    self, ConsentChange, ConsentEvent, HoldReason, Outgoing, Purpose, SendWindow, Verdict,
};
use crate::runtime::turn::Desk;
use crate::runtime::work::{Job, ReceiptStatus, Refusal, SendResult};
use crate::store::{Row, RowBody, RowChange, RowKind, SendStatus, Sending};
use crate::time::Duration;

/// How long whoever took a row has to settle it before it counts as lost.
pub const LEASE: Duration = Duration::secs(60);
/// How often the same row is tried.
pub const ATTEMPTS_MAX: u8 = 6;

impl Desk<'_> {
    /// Takes the row, if it is still due and may go now. Asks the gate with what is true at this very
    /// moment, in the same transaction.
    pub(super) fn begin(&mut self) -> Result<(), Refusal> {
        let Some(row) = self.row.take() else {
            return Ok(());
        };
        let RowBody::Outgoing(effect, sending) = &row.body else {
            return Ok(());
        };
        if sending.due.is_none_or(|due| due > self.now) {
            return Ok(());
        }
        if sending.status == SendStatus::Sending && !may_repeat(effect) {
            // Whoever sent it died before saying how it went. It is shown, never guessed.
            let error = "the node that sent it stopped before the carrier's answer".to_string();
            return self.settle_row(&row, &SendResult::Uncertain { error });
        }
        if let Effect::Sms(message) = effect {
            if let Some(until) = self.waits_for_agent(&row, message.purpose) {
                self.change(&row, sending, |to| {
                    to.status = SendStatus::Held;
                    to.due = Some(until + Duration::from_ms(1));
                    to.held = Some(HoldReason::TakenOver);
                });
                return Ok(());
            }
            match self.judge(message, row.seq) {
                Verdict::Send => {}
                Verdict::Hold { until, why } => {
                    let until = until.max(self.now + Duration::from_ms(1));
                    self.change(&row, sending, |to| {
                        to.status = SendStatus::Held;
                        to.due = Some(until);
                        to.held = Some(why);
                    });
                    return Ok(());
                }
                Verdict::Drop(why) => return self.dropped(&row, why),
            }
        }
        let channel = self.channel_of(effect);
        let from = self.number_of(channel.as_ref());
        let sending = self.change(&row, sending, |to| {
            to.status = SendStatus::Sending;
            to.attempts = to.attempts.saturating_add(1);
            to.channel = channel;
            to.from = from;
            to.held = None;
        });
        let change = self
            .commit
            .changes
            .last_mut()
            .expect("the change was just pushed");
        change.to.due = Some(self.now + LEASE);
        self.done.job = Some(Job {
            lead: self.lead,
            seq: row.seq,
            conversation: row.conversation,
            effect: effect.clone(),
            sending,
        });
        Ok(())
    }

    fn judge(&mut self, message: &SmsMessage, seq: u32) -> Verdict {
        self.lead_zone();
        let window = self.window_of(message);
        // The row itself is among the recent ones; it must not count against its own cap.
        let own = self.recent.iter().find(|r| r.seq == seq).map(|r| r.at);
        let mut sends = self.sends.clone();
        if let Some(place) = own.and_then(|at| sends.iter().position(|s| *s == at)) {
            sends.remove(place);
        }
        let facts = crate::policy::LeadFacts {
            sends: &sends,
            ..self.lead_facts()
        };
        let out = Outgoing {
            kind: message.kind,
            purpose: message.purpose,
            window: window.as_ref(),
        };
        let verdict = policy::gate(&out, &facts, &self.live.workspace.rules, self.now);
        if verdict == Verdict::Send && message.purpose == Purpose::Flow && self.overtakes(seq) {
            let until = self.now + Duration::secs(1);
            return Verdict::Hold {
                until,
                why: HoldReason::Scheduled,
            };
        }
        verdict
    }

    /// Whether an earlier text of this lead has not left yet: texts arrive in the order decided.
    fn overtakes(&self, seq: u32) -> bool {
        self.recent.iter().any(|row| {
            row.kind == RowKind::Sms
                && row.seq < seq
                && matches!(row.status, Some(SendStatus::Queued | SendStatus::Sending))
        })
    }

    fn window_of(&self, message: &SmsMessage) -> Option<SendWindow> {
        let conversation = self.active.as_ref()?;
        let flow = self.engine.flow(conversation.version).ok()??;
        let step = message
            .step
            .as_ref()
            .and_then(|step| flow.find(step))
            .map(|ix| flow.step(ix));
        let own = step.and_then(|step| match &step.verb {
            crate::flow::Verb::Ask(ask) => ask.send.clone(),
            crate::flow::Verb::Say(say) => say.send.clone(),
            _ => None,
        });
        own.or_else(|| flow.send.clone())
    }

    fn channel_of(&self, effect: &Effect) -> Option<Name> {
        let Effect::Sms(message) = effect else {
            return None;
        };
        let channels = &self.live.workspace.channels;
        let asked = message.channel.as_ref().or(self.record.channel.as_ref());
        asked
            .filter(|name| channels.contains_key(name.as_str()))
            .or_else(|| channels.keys().next())
            .cloned()
    }

    /// The number the lead knows us by, else one of the pool that stays theirs.
    fn number_of(&self, channel: Option<&Name>) -> Option<String> {
        let channel = self.live.workspace.channels.get(channel?.as_str())?;
        if let Some(known) = self
            .record
            .our_number
            .as_ref()
            .filter(|n| channel.from.contains(n))
        {
            return Some(known.clone());
        }
        let pool = channel.from.len().max(1) as u64;
        channel
            .from
            .get((self.lead.digits() % pool) as usize)
            .cloned()
    }

    fn change(&mut self, row: &Row, from: &Sending, how: impl FnOnce(&mut Sending)) -> Sending {
        let mut to = from.clone();
        how(&mut to);
        to.changed = self.now;
        self.commit.changes.push(RowChange {
            seq: row.seq,
            to: to.clone(),
        });
        to
    }

    fn dropped(&mut self, row: &Row, why: crate::policy::DropReason) -> Result<(), Refusal> {
        if let RowBody::Outgoing(_, sending) = &row.body {
            self.change(row, sending, |to| {
                to.status = SendStatus::Cancelled;
                to.due = None;
                to.error = Some(why.as_str().to_string());
            });
        }
        self.pass_on(
            row,
            Event::Failed {
                seq: row.seq,
                why: FailedSend::Dropped(why),
            },
        )
    }

    pub(super) fn settle(&mut self, result: &SendResult) -> Result<(), Refusal> {
        let Some(row) = self.row.take() else {
            return Ok(());
        };
        self.settle_row(&row, result)
    }

    fn settle_row(&mut self, row: &Row, result: &SendResult) -> Result<(), Refusal> {
        let RowBody::Outgoing(effect, sending) = &row.body else {
            return Ok(());
        };
        if sending.status != SendStatus::Sending {
            self.settle_after_receipt(row, sending, result);
            return Ok(());
        }
        if let SendResult::Retry { after, error } = result {
            return self.again(row, sending, *after, error);
        }
        let (status, error, provider_id) = settled(result);
        let now = self.now;
        let accepted = matches!(status, SendStatus::Sent | SendStatus::Delivered);
        self.change(row, sending, |to| {
            to.status = status;
            to.due = None;
            to.error = error;
            to.provider_id = provider_id;
            to.accepted = accepted.then_some(now);
        });
        if accepted && matches!(effect, Effect::Sms(_) | Effect::Email(_)) {
            self.commit.links_begin = Some((row.seq, now));
        }
        if matches!(result, SendResult::OptedOut { .. }) {
            self.carrier_opt_out();
        }
        match event_of(row.seq, effect, result) {
            Some(event) => self.pass_on(row, event),
            None => Ok(()),
        }
    }

    fn again(
        &mut self,
        row: &Row,
        sending: &Sending,
        after: Duration,
        error: &str,
    ) -> Result<(), Refusal> {
        if sending.attempts >= ATTEMPTS_MAX {
            let error = format!("given up after {ATTEMPTS_MAX} tries: {error}");
            return self.settle_row(row, &SendResult::Refused { error });
        }
        let due = self.now + after;
        self.change(row, sending, |to| {
            to.status = SendStatus::Queued;
            to.due = Some(due);
            to.error = Some(error.to_string());
        });
        Ok(())
    }

    /// The carrier blocks the number for an opt-out we were not told of.
    fn carrier_opt_out(&mut self) {
        self.consent(ConsentEvent {
            source: "carrier".to_string(),
            rule: Some("carrier-block".to_string()),
            own_act: true,
            ..ConsentEvent::new(
                ConsentChange::Revoked,
                Level::Marketing,
                self.now,
                "carrier",
            )
        });
    }

    /// Tells the conversation how its effect fared, if it is still under way.
    fn pass_on(&mut self, row: &Row, event: Event) -> Result<(), Refusal> {
        let theirs = self
            .active
            .take_if(|active| Some(active.id) == row.conversation);
        match theirs {
            Some(conversation) => self.advance(conversation, event),
            None => {
                if let Event::Failed {
                    why: FailedSend::Unreachable(_),
                    ..
                } = event
                {
                    self.record.standing.unreachable = true;
                    self.record_changed = true;
                }
                Ok(())
            }
        }
    }

    /// A status callback, repeated and out of order as they come: only ever forward. One that comes
    /// before the answer to the send itself says what that answer would have said.
    pub(super) fn receipt(
        &mut self,
        status: ReceiptStatus,
        error: Option<&str>,
    ) -> Result<(), Refusal> {
        let Some(row) = self.row.take() else {
            return Ok(());
        };
        let RowBody::Outgoing(_, sending) = &row.body else {
            return Ok(());
        };
        let to = match status {
            ReceiptStatus::Sent => SendStatus::Sent,
            ReceiptStatus::Delivered => SendStatus::Delivered,
            ReceiptStatus::Undelivered => SendStatus::Undelivered,
            ReceiptStatus::Failed => SendStatus::Failed,
        };
        if rank(to) <= rank(sending.status) {
            return Ok(());
        }
        let unanswered = sending.accepted.is_none();
        let accepted = matches!(to, SendStatus::Sent | SendStatus::Delivered);
        let now = self.now;
        self.change(&row, sending, |sending| {
            sending.status = to;
            sending.due = None;
            if let Some(error) = error {
                sending.error = Some(error.to_string());
            }
            if accepted && unanswered {
                sending.accepted = Some(now);
            }
        });
        if !unanswered {
            return Ok(());
        }
        if accepted {
            self.commit.links_begin = Some((row.seq, now));
            return self.pass_on(&row, Event::Accepted { seq: row.seq });
        }
        let why = FailedSend::Refused(error.unwrap_or("the carrier could not send it").to_string());
        self.pass_on(&row, Event::Failed { seq: row.seq, why })
    }

    /// The carrier's answer comes after its receipt: only its id of the message is news.
    fn settle_after_receipt(&mut self, row: &Row, sending: &Sending, result: &SendResult) {
        if let SendResult::Accepted {
            provider_id: Some(id),
            ..
        } = result
            && sending.provider_id.is_none()
        {
            let id = id.clone();
            self.change(row, sending, |to| to.provider_id = Some(id));
        }
    }
}

/// How far along a message is; a receipt only moves it on.
fn rank(status: SendStatus) -> u8 {
    match status {
        SendStatus::Queued | SendStatus::Held | SendStatus::Sending | SendStatus::Uncertain => 0,
        SendStatus::Sent => 1,
        SendStatus::Delivered
        | SendStatus::Undelivered
        | SendStatus::Failed
        | SendStatus::Cancelled => 2,
    }
}

/// A text to a lead goes once; an alert, an email, a call may go again under the same id.
fn may_repeat(effect: &Effect) -> bool {
    !matches!(effect, Effect::Sms(_) | Effect::Bridge { .. })
}

fn settled(result: &SendResult) -> (SendStatus, Option<String>, Option<String>) {
    match result {
        SendResult::Accepted {
            provider_id,
            delivered: true,
        } => (SendStatus::Delivered, None, provider_id.clone()),
        SendResult::Accepted {
            provider_id,
            delivered: false,
        } => (SendStatus::Sent, None, provider_id.clone()),
        SendResult::Refused { error }
        | SendResult::Unreachable { error }
        | SendResult::OptedOut { error }
        | SendResult::Retry { error, .. } => (SendStatus::Failed, Some(error.clone()), None),
        SendResult::Uncertain { error } => (SendStatus::Uncertain, Some(error.clone()), None),
        SendResult::CallAnswered { saved: None } => (SendStatus::Failed, None, None),
        SendResult::CallAnswered { saved: Some(_) }
        | SendResult::SlotsFound { .. }
        | SendResult::SlotHeld { .. } => (SendStatus::Sent, None, None),
    }
}

/// What the conversation hears of it.
fn event_of(seq: u32, effect: &Effect, result: &SendResult) -> Option<Event> {
    let heard = matches!(effect, Effect::Sms(_) | Effect::Email(_));
    match result {
        SendResult::Accepted { .. } => heard.then_some(Event::Accepted { seq }),
        SendResult::Refused { error } | SendResult::Uncertain { error } => match effect {
            Effect::Call { .. } => Some(Event::CallAnswered { seq, saved: None }),
            Effect::FindSlots { .. } => Some(Event::SlotsFound {
                seq,
                slots: Vec::new(),
            }),
            _ => heard.then(|| Event::Failed {
                seq,
                why: FailedSend::Refused(error.clone()),
            }),
        },
        SendResult::Unreachable { error } => Some(Event::Failed {
            seq,
            why: FailedSend::Unreachable(error.clone()),
        }),
        SendResult::OptedOut { .. } => Some(Event::Stopped {
            outcome: Name::from("opted_out"),
        }),
        SendResult::Retry { .. } => None,
        SendResult::CallAnswered { saved } => Some(Event::CallAnswered {
            seq,
            saved: saved.clone(),
        }),
        SendResult::SlotsFound { slots } => Some(Event::SlotsFound {
            seq,
            slots: slots.clone(),
        }),
        SendResult::SlotHeld { slot, held } => Some(Event::SlotHeld {
            seq,
            slot: slot.clone(),
            held: *held,
        }),
    }
}
