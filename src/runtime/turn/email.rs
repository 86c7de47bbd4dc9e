//! What comes back by email: an answer, a bounce, an unsubscription; and whether an address may be
//! written to at all. The lead's own standing is asked first; an address that another lead gave and
//! unsubscribed, or that bounces, is known to the store.

use crate::advance::Turn;
use crate::advance::unsubscribed;
use crate::conversation::{Effect, EmailMessage, Event};
use crate::flow::{Flow, Verb};
use crate::lead::{Name, Value};
use crate::policy::{ConsentChange, ConsentEvent, MessageKind, NoEmail};
use crate::runtime::turn::Desk;
use crate::runtime::work::{EmailAnswer, Refusal, UnsubscribedBy};
use crate::store::{
    AddressChange, AddressMark, Row, RowBody, SeenKey, SendStatus, Sending, StoreError,
};

/// What the Message-IDs of leads' emails are taken once under.
pub const SEEN_SCOPE: &str = "email";

impl Desk<'_> {
    pub(super) fn email_reply(&mut self, answer: &EmailAnswer) -> Result<(), Refusal> {
        self.commit.seen = Some(SeenKey::of(SEEN_SCOPE, &answer.reply.message_id));
        let event = Event::EmailReplied(answer.reply.clone());
        self.happened(answer.conversation, event)
    }

    pub(super) fn email_bounced(&mut self, error: &str) -> Result<(), Refusal> {
        let Some(row) = self.row.take() else {
            return Ok(());
        };
        let RowBody::Outgoing(Effect::Email(email), sending) = &row.body else {
            return Ok(());
        };
        if matches!(sending.status, SendStatus::Undelivered | SendStatus::Failed) {
            return Ok(());
        }
        self.change(&row, sending, |to| {
            to.status = SendStatus::Undelivered;
            to.due = None;
            to.error = Some(error.to_string());
        });
        self.mark_bad(&email.to);
        self.email_failed(&row, email, error.to_string())
    }

    /// The email does not arrive; the step that sent it may still wait for its answer.
    pub(super) fn email_failed(
        &mut self,
        row: &Row,
        email: &EmailMessage,
        why: String,
    ) -> Result<(), Refusal> {
        let event = Event::EmailFailed {
            seq: row.seq,
            step: email.step.clone(),
            why,
        };
        let active = self.active.as_ref().map(|active| active.id);
        match row.conversation {
            Some(id) if active == Some(id) => self.happened(id, event),
            _ => Ok(()),
        }
    }

    /// This lead's address cannot be reached, nor can anybody at it.
    pub(super) fn mark_bad(&mut self, address: &str) {
        self.record.standing.email.bad = Some(address.to_string());
        self.record_changed = true;
        self.mark(address, AddressChange::Bad);
    }

    fn mark(&mut self, address: &str, change: AddressChange) {
        self.commit.addresses.push(AddressMark {
            address: address.to_string(),
            change,
            at: self.now,
        });
    }

    pub(super) fn unsubscribe(&mut self, by: UnsubscribedBy) -> Result<(), Refusal> {
        let row = self.row.take();
        if let Some(row) = &row
            && let RowBody::Outgoing(Effect::Email(email), _) = &row.body
        {
            let address = email.to.clone();
            self.mark(&address, AddressChange::Unsubscribed);
        }
        if self.record.standing.email.unsubscribed.is_none() {
            let method = if by == UnsubscribedBy::Complaint {
                "complaint"
            } else {
                "web"
            };
            self.consent(ConsentEvent {
                source: by.as_str().to_string(),
                ..unsubscribed(method, by.as_str(), "", self.now)
            });
        }
        let active = self.active.as_ref().map(|active| active.id);
        match row.and_then(|row| row.conversation) {
            Some(id) if active == Some(id) => self.happened(
                id,
                Event::EmailUnsubscribed {
                    by: Name::from(by.as_str()),
                },
            ),
            _ => Ok(()),
        }
    }

    /// What a row of the ledger about email means for the address itself.
    pub(super) fn email_consent(&mut self, event: &ConsentEvent) {
        let Value::Text(address) = self.record.lead.field("email").clone() else {
            return;
        };
        match event.change {
            ConsentChange::Revoked => self.mark(&address, AddressChange::Unsubscribed),
            ConsentChange::Given if self.record.standing.email.unsubscribed.is_none() => {
                self.record.standing.email.bad = None;
                self.mark(&address, AddressChange::Welcome);
            }
            ConsentChange::Given | ConsentChange::Asked => {}
        }
    }

    /// Whether this turn could end in an email at all.
    pub(super) fn may_email(&self, flow: &Flow) -> bool {
        let sends = |verb: &Verb| matches!(verb, Verb::Email(_) | Verb::Book(_));
        flow.steps.iter().any(|step| sends(&step.verb))
    }

    /// Takes into the lead's standing what is known of the addresses that the turn would write to. True
    /// when one may not be written to.
    pub(super) fn learn_of_addresses(&mut self, turn: &Turn) -> Result<bool, Refusal> {
        let mut blocked = false;
        for (_, effect) in &turn.effects {
            if let Effect::Email(email) = effect {
                blocked |= self.no_email(email)?.is_some();
            }
        }
        Ok(blocked)
    }

    /// Why this email may not go, if it may not; by the lead's standing and by the address itself.
    pub(super) fn no_email(&mut self, email: &EmailMessage) -> Result<Option<NoEmail>, StoreError> {
        let state = self.engine.store.address(&email.to)?;
        let standing = &mut self.record.standing.email;
        if state.bad.is_some() && standing.bad.as_deref() != Some(email.to.as_str()) {
            standing.bad = Some(email.to.clone());
            self.record_changed = true;
        }
        if let (Some(since), MessageKind::Marketing) = (state.unsubscribed, email.kind)
            && standing.unsubscribed.is_none()
        {
            standing.unsubscribed = Some(since);
            self.record_changed = true;
        }
        Ok(standing.allows(&email.to, email.kind).err())
    }

    /// The gate at hand-off: an email that may no longer go is taken back.
    pub(super) fn email_taken_back(
        &mut self,
        row: &Row,
        email: &EmailMessage,
        sending: &Sending,
    ) -> Result<bool, Refusal> {
        let Some(why) = self.no_email(email)? else {
            return Ok(false);
        };
        self.change(row, sending, |to| {
            to.status = SendStatus::Cancelled;
            to.due = None;
            to.error = Some(why.as_str().to_string());
        });
        self.email_failed(row, email, why.as_str().to_string())?;
        Ok(true)
    }
}
