//! An outgoing row on its way: taken to be carried out, settled, reported on.

use crate::conversation::{Effect, Event, FailedSend, SmsMessage};
use crate::lead::Name;
use crate::policy::{HoldReason, Outgoing, Permit, Purpose, SendWindow, Verdict};
use crate::runtime::deliver::TELL_ATTEMPTS_MAX;
use crate::runtime::senders;
use crate::runtime::turn::Desk;
use crate::runtime::turn::doubt::LOOK_UP_AFTER;
use crate::runtime::turn::leave::By;
use crate::runtime::watch::LOOK_AGAIN;
use crate::runtime::work::{Job, Leave, Refusal, SendResult};
use crate::store::{Row, RowBody, RowChange, RowKind, SendStatus, Sending};
use crate::time::Duration;

/// How long whoever took a row has to settle it before it counts as lost.
pub const LEASE: Duration = Duration::secs(60);
/// How often the same row is tried.
pub const ATTEMPTS_MAX: u8 = 6;
/// How long where the trouble is the carrier's alone: there is no connection, or it asks for a pause.
const WAITS_MAX: Duration = Duration::hours(12);
/// The longest pause between two such tries.
const WAITS_EACH_MAX: Duration = Duration::mins(5);

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
        if sending.status == SendStatus::Uncertain {
            return self.look_up(&row, effect, sending);
        }
        if sending.status == SendStatus::Sending && !may_repeat(effect) {
            // Whoever sent it died before saying how it went. It is shown, never guessed.
            let error = "the node that sent it stopped before the carrier's answer".to_string();
            return self.settle_row(&row, &SendResult::Uncertain { error });
        }
        let mut leave = Leave::NotToTheLead;
        if self.is_paused(&row, effect)? {
            let until = self.now + LOOK_AGAIN;
            self.change(&row, sending, |to| {
                to.status = SendStatus::Held;
                to.due = Some(until);
                to.held = Some(HoldReason::Paused);
            });
            return Ok(());
        }
        if let Effect::Sms(message) = effect {
            if self.overtaken(&row, message, sending)? {
                return Ok(());
            }
            if message.appointment.is_some_and(|start| start <= self.now) {
                let now = self.now;
                self.change(&row, sending, |to| {
                    *to = to.clone().cancelled(now);
                    to.error = Some("its appointment has begun".to_string());
                });
                return Ok(());
            }
            if let Some(until) = self.waits_for_agent(&row, message.purpose) {
                self.change(&row, sending, |to| {
                    to.status = SendStatus::Held;
                    to.due = Some(until + Duration::from_ms(1));
                    to.held = Some(HoldReason::TakenOver);
                });
                return Ok(());
            }
            match self.judge(message, &row)? {
                Ok(permit) => leave = Leave::ToTheLead(permit),
                Err(Verdict::Send) => return Ok(()),
                Err(Verdict::Hold { until, why }) => {
                    let until = until.max(self.now + Duration::from_ms(1));
                    let until = self.spread_out(until, why, row.at);
                    self.change(&row, sending, |to| {
                        to.status = SendStatus::Held;
                        to.due = Some(until);
                        to.held = Some(why);
                    });
                    return Ok(());
                }
                Err(Verdict::Drop(why)) => return self.dropped(&row, why),
            }
        }
        if let Effect::Email(email) = effect
            && self.email_taken_back(&row, email, sending)?
        {
            return Ok(());
        }
        let channel = match self.leave_by(effect, sending) {
            By::Channel(channel) => channel,
            By::Wait { until, why } => {
                self.change(&row, sending, |to| {
                    to.status = SendStatus::Queued;
                    to.due = Some(until);
                    to.error = Some(why);
                });
                return Ok(());
            }
            By::InDoubt(error) => {
                return self.settle_in_doubt(&row, sending, error);
            }
        };
        if self.is_spent(effect, channel.as_ref())? {
            let until = self.now + LOOK_AGAIN;
            self.change(&row, sending, |to| {
                to.status = SendStatus::Held;
                to.due = Some(until);
                to.held = Some(HoldReason::Limit);
            });
            return Ok(());
        }
        if matches!(effect, Effect::Sms(_)) {
            self.leaves(&row);
        }
        let from = self.number_of(channel.as_ref());
        let sending = self.change(&row, sending, |to| {
            // The time in which it might not leave is none in which it was tried in vain.
            to.waits_since = to.waits_since.filter(|_| to.status != SendStatus::Held);
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
        self.done.job = Job::new(&row, effect.clone(), sending, leave, self.now).map(Box::new);
        Ok(())
    }

    /// Whether the row is a message of a flow that stands still. What the law asks for, and what an agent
    /// says, goes all the same.
    fn is_paused(&mut self, row: &Row, effect: &Effect) -> Result<bool, Refusal> {
        let of_flow = match effect {
            Effect::Sms(message) => message.purpose == Purpose::Flow,
            Effect::Email(_) => true,
            _ => false,
        };
        if !of_flow || !self.engine.watch.any() {
            return Ok(false);
        }
        let Some(id) = row.conversation else {
            return Ok(false);
        };
        let active = self.active.as_ref().filter(|active| active.id == id);
        let flow = match active {
            Some(active) => Some(active.flow.clone()),
            None => self.batch.conversation(id)?.map(|c| c.flow),
        };
        let store = self.engine.store.as_ref();
        match flow {
            Some(flow) => Ok(self.engine.watch.holds(store, &flow)?),
            None => Ok(false),
        }
    }

    /// Leave to send, from what is true in this very transaction; or the gate's reason against it.
    fn judge(
        &mut self,
        message: &SmsMessage,
        row: &Row,
    ) -> Result<Result<Permit, Verdict>, Refusal> {
        self.lead_zone();
        let window = self.window_of(message, row)?;
        // The row itself is among the recent ones; it must not count against its own cap.
        let sends = match message.is_reminder() {
            true => Vec::new(),
            false => super::caps::sends(&self.recent, &self.record.care, Some(row.seq)),
        };
        let facts = crate::policy::LeadFacts {
            sends: &sends,
            ..self.lead_facts()
        };
        let out = Outgoing {
            kind: message.kind,
            purpose: message.purpose,
            window: window.as_ref(),
        };
        let permit = Permit::ask(&out, &facts, &self.live.workspace.rules, self.now);
        if permit.is_ok() && message.purpose == Purpose::Flow && self.overtakes(row.seq) {
            // The one before it may wait for hours: this one looks again ever later too.
            let waited = self.now.since(row.at).as_ms();
            let again = (waited / 8).clamp(1_000, 60_000);
            return Ok(Err(Verdict::Hold {
                until: self.now + Duration::from_ms(again),
                why: HoldReason::Scheduled,
            }));
        }
        Ok(permit)
    }

    /// Whether an earlier text of this lead has not left yet: texts arrive in the order decided.
    fn overtakes(&self, seq: u32) -> bool {
        self.recent.iter().any(|row| {
            row.kind == RowKind::Sms
                && row.seq < seq
                && matches!(row.status, Some(SendStatus::Queued | SendStatus::Sending))
        })
    }

    /// The author's own window of the flow that decided the text.
    fn window_of(
        &mut self,
        message: &SmsMessage,
        row: &Row,
    ) -> Result<Option<SendWindow>, Refusal> {
        let of_flow = row
            .conversation
            .filter(|_| message.purpose == Purpose::Flow);
        let Some(id) = of_flow else {
            return Ok(None);
        };
        let active = self.active.as_ref().filter(|active| active.id == id);
        let version = match active {
            Some(active) => Some(active.version),
            None => self.batch.conversation(id)?.map(|it| it.version),
        };
        let flow = match version {
            Some(version) => self.engine.flow(version)?,
            None => None,
        };
        let Some(flow) = flow else {
            return Ok(None);
        };
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
        Ok(own.or_else(|| flow.send.clone()))
    }

    fn number_of(&self, channel: Option<&Name>) -> Option<String> {
        let channel = self.live.workspace.channels.get(channel?.as_str())?;
        senders::number(channel, self.record.our_number.as_ref(), self.lead).cloned()
    }

    pub(super) fn change(
        &mut self,
        row: &Row,
        from: &Sending,
        how: impl FnOnce(&mut Sending),
    ) -> Sending {
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
        if sending.status == SendStatus::Uncertain {
            return self.settle_looked_up(row, sending, result);
        }
        if sending.status != SendStatus::Sending {
            self.settle_after_receipt(row, sending, result);
            return Ok(());
        }
        if let Some(again) = Again::of(result) {
            return self.again(row, sending, again);
        }
        let (status, error, provider_id) = settled(result);
        let now = self.now;
        let accepted = matches!(status, SendStatus::Sent | SendStatus::Delivered);
        let look_up = status == SendStatus::Uncertain && self.can_look_up(sending);
        self.change(row, sending, |to| {
            to.status = status;
            to.due = look_up.then(|| now + LOOK_UP_AFTER);
            to.error = error;
            to.provider_id = provider_id;
            to.accepted = accepted.then_some(now);
        });
        if accepted && matches!(effect, Effect::Sms(_) | Effect::Email(_)) {
            self.commit.links_begin = Some((row.seq, now));
        }
        if matches!(result, SendResult::OptedOut { .. }) {
            return self.opted_out_at_carrier("carrier-block", "");
        }
        if let (Effect::Email(email), Some(why)) = (effect, not_arriving(result)) {
            if matches!(result, SendResult::Unreachable { .. }) {
                self.mark_bad(&email.to);
            }
            return self.email_failed(row, email, why);
        }
        match event_of(row.seq, effect, result) {
            Some(event) => self.pass_on(row, event),
            None => Ok(()),
        }
    }

    fn again(&mut self, row: &Row, sending: &Sending, again: Again) -> Result<(), Refusal> {
        let Again { after, error, kind } = again;
        let now = self.now;
        let since = sending.waits_since.unwrap_or(now);
        let waited = now.since(since);
        let given_up = match kind {
            AgainKind::Paused => None,
            AgainKind::Waits => (waited >= WAITS_MAX).then(|| waited.to_string()),
            AgainKind::Untaken | AgainKind::InDoubt => (sending.attempts >= attempts_max(row))
                .then(|| format!("{} tries", sending.attempts)),
        };
        if let Some(after) = given_up {
            let error = format!("given up after {after}: {error}");
            return match kind {
                AgainKind::InDoubt => self.settle_in_doubt(row, sending, error),
                _ => self.settle_row(row, &SendResult::Refused { error }),
            };
        }
        let after = match kind {
            // Ever later, as long as it lasts.
            AgainKind::Waits => after.max(half(waited).min(WAITS_EACH_MAX)),
            // There is no channel at all, and asking at once would find none again.
            AgainKind::Paused if sending.channel.is_none() => LOOK_AGAIN,
            AgainKind::Paused | AgainKind::Untaken | AgainKind::InDoubt => after,
        };
        self.change(row, sending, |to| {
            to.status = SendStatus::Queued;
            to.due = Some(now + after);
            to.error = Some(error.to_string());
            to.waits_since = (kind == AgainKind::Waits).then_some(since);
            if matches!(kind, AgainKind::Paused | AgainKind::Waits) {
                to.attempts = to.attempts.saturating_sub(1);
            }
            if kind != AgainKind::InDoubt
                && matches!(row.body, RowBody::Outgoing(Effect::Sms(_), _))
            {
                // Surely not taken: another channel may have it.
                to.channel = None;
            }
        });
        Ok(())
    }

    fn settle_in_doubt(
        &mut self,
        row: &Row,
        sending: &Sending,
        error: String,
    ) -> Result<(), Refusal> {
        let RowBody::Outgoing(effect, _) = &row.body else {
            return Ok(());
        };
        let sending = Sending {
            status: SendStatus::Sending,
            ..sending.clone()
        };
        let row = Row {
            body: RowBody::Outgoing(effect.clone(), sending),
            ..row.clone()
        };
        self.settle_row(&row, &SendResult::Uncertain { error })
    }

    /// Tells the conversation how its effect fared, if it is still under way.
    pub(super) fn pass_on(&mut self, row: &Row, event: Event) -> Result<(), Refusal> {
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
}

/// The same row once more, later.
struct Again<'r> {
    after: Duration,
    error: &'r str,
    kind: AgainKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AgainKind {
    Untaken,
    /// The trouble is the carrier's: no try of this text, for as long as it is of use.
    Waits,
    /// The channel was found paused: no try of this text.
    Paused,
    InDoubt,
}

impl<'r> Again<'r> {
    fn of(result: &'r SendResult) -> Option<Self> {
        let (after, error, kind) = match result {
            SendResult::Retry { after, error } => (*after, error, AgainKind::Untaken),
            SendResult::NotReached { after, error } | SendResult::Busy { after, error } => {
                (*after, error, AgainKind::Waits)
            }
            // At once: whether there is another channel is seen when it is taken again.
            SendResult::Paused { error } => (Duration::from_ms(1), error, AgainKind::Paused),
            SendResult::Repeat { after, error } => (*after, error, AgainKind::InDoubt),
            SendResult::Accepted { .. }
            | SendResult::Refused { .. }
            | SendResult::Unreachable { .. }
            | SendResult::OptedOut { .. }
            | SendResult::Uncertain { .. }
            | SendResult::CallAnswered { .. }
            | SendResult::SlotsFound { .. }
            | SendResult::SlotHeld { .. } => return None,
        };
        Some(Self { after, error, kind })
    }
}

fn half(span: Duration) -> Duration {
    Duration::from_ms(span.as_ms() / 2)
}

/// A text to a lead goes once; an alert, an email, a call may go again under the same id.
fn may_repeat(effect: &Effect) -> bool {
    !matches!(effect, Effect::Sms(_) | Effect::Bridge { .. })
}

/// An email is tried for most of a day, as mail servers do; so are an alert and a webhook.
fn attempts_max(row: &Row) -> u8 {
    match row.body {
        RowBody::Outgoing(Effect::Email(_), _) => crate::runtime::mail::ATTEMPTS_MAX,
        RowBody::Outgoing(Effect::TellAgent(_) | Effect::Notify { .. }, _) => TELL_ATTEMPTS_MAX,
        RowBody::Outgoing(..) | RowBody::Happened(_) => ATTEMPTS_MAX,
    }
}

/// Why an email will not arrive, if that is known now.
fn not_arriving(result: &SendResult) -> Option<String> {
    match result {
        SendResult::Refused { error }
        | SendResult::Unreachable { error }
        | SendResult::Uncertain { error } => Some(error.clone()),
        SendResult::Accepted { .. }
        | SendResult::OptedOut { .. }
        | SendResult::Retry { .. }
        | SendResult::NotReached { .. }
        | SendResult::Busy { .. }
        | SendResult::Paused { .. }
        | SendResult::Repeat { .. }
        | SendResult::CallAnswered { .. }
        | SendResult::SlotsFound { .. }
        | SendResult::SlotHeld { .. } => None,
    }
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
        | SendResult::Retry { error, .. }
        | SendResult::NotReached { error, .. }
        | SendResult::Busy { error, .. }
        | SendResult::Paused { error } => (SendStatus::Failed, Some(error.clone()), None),
        SendResult::Uncertain { error } | SendResult::Repeat { error, .. } => {
            (SendStatus::Uncertain, Some(error.clone()), None)
        }
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
        SendResult::Retry { .. }
        | SendResult::NotReached { .. }
        | SendResult::Busy { .. }
        | SendResult::Paused { .. }
        | SendResult::Repeat { .. } => None,
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
