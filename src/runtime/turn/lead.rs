//! What is told of a lead: fields, and the ledger's rows.

use crate::advance::opt_in_request;
use crate::conversation::{Effect, Event};
use crate::flow::workspace::OptIn;
use crate::lead::{Name, Value};
use crate::policy::{Consent, ConsentChange, ConsentEvent};
use crate::runtime::turn::Desk;
use crate::runtime::work::{LeadUpdate, Refusal};

impl Desk<'_> {
    pub(super) fn update_lead(&mut self, update: &LeadUpdate) -> Result<(), Refusal> {
        let lead = &mut self.record.lead;
        if let Some(locale) = &update.locale {
            lead.locale = Some(locale.clone());
        }
        if let Some(zone) = &update.time_zone {
            lead.time_zone = Some(zone.clone());
        }
        if let Some(tags) = &update.tags {
            lead.tags = tags.clone();
        }
        for (name, value) in &update.fields {
            self.set_field(name.clone(), value.clone());
        }
        let care = &mut self.record.care;
        care.asked_again = update.asked_again.or(care.asked_again);
        care.looked_up = update.looked_up.or(care.looked_up);
        if update.chosen.is_some() {
            care.chosen = update.chosen.clone();
        }
        self.record_changed = true;
        self.looked_up_only = update.is_look_up();
        if let Some(consent) = &update.consent {
            self.consent_told(consent)?;
        }
        Ok(())
    }

    /// A field of the lead's; an empty value takes it away. Who is named anew is found by it from then on.
    pub(super) fn set_field(&mut self, field: Name, value: Value) {
        if matches!(field.as_str(), "name" | "email") {
            self.commit.named |= *self.record.lead.field(&field) != value;
        }
        let fields = &mut self.record.lead.fields;
        match value.is_empty() {
            true => fields.remove(&field),
            false => fields.insert(field, value),
        };
        self.record_changed = true;
    }

    /// A row told from outside. A consent after a revocation is the person's own act or none at all:
    /// refused, so that whoever imports it learns why nothing is sent.
    pub(super) fn consent_told(&mut self, event: &ConsentEvent) -> Result<(), Refusal> {
        if event.change == ConsentChange::Given
            && event.is_for_texts()
            && self.record.standing.is_opted_out()
            && !self.record.standing.after(event).may_be_texted()
        {
            let lead = self.lead;
            return Err(Refusal::Consent(format!(
                "{lead} opted out; only their own act undoes it: a text START, or a form they filled in \
                 after it, told with its `ip` or `url`"
            )));
        }
        match self.to_be_confirmed(event) {
            Some(asked) => self.ask_to_confirm(asked),
            None => self.consent(event.clone()),
        }
        self.end_when_opted_out()
    }

    /// Whoever opted out is in no conversation any more.
    fn end_when_opted_out(&mut self) -> Result<(), Refusal> {
        let active = self.active.as_ref().filter(|active| !active.is_ended());
        match active.map(|active| active.id) {
            Some(id) if self.record.standing.is_opted_out() => {
                let outcome = Name::from("opted_out");
                self.happened(id, Event::Stopped { outcome })
            }
            _ => Ok(()),
        }
    }

    /// Under double opt-in, the same event as a question to the lead: told by others, it counts only
    /// once they say so themselves.
    fn to_be_confirmed(&self, event: &ConsentEvent) -> Option<ConsentEvent> {
        let workspace = &self.live.workspace;
        let asks = workspace.opt_in == OptIn::Double
            && event.change == ConsentChange::Given
            && event.method != "double_opt_in"
            && event.is_for_texts()
            && !event.is_for_another(&workspace.brand)
            && !self.record.standing.may_be_texted();
        asks.then(|| ConsentEvent {
            change: ConsentChange::Asked,
            ..event.clone()
        })
    }

    fn ask_to_confirm(&mut self, asked: ConsentEvent) {
        let before = self.record.standing.consent;
        self.consent(asked);
        let pending = matches!(self.record.standing.consent, Consent::Pending(_));
        // Once: whoever is asked already is not asked again by the next import.
        if pending && !matches!(before, Consent::Pending(_)) {
            let locale = self.record.lead.locale.as_deref().unwrap_or("en");
            let request = opt_in_request(&self.live.workspace, locale);
            self.push_outgoing(None, self.next_seq, Effect::Sms(request));
        }
    }

    /// A new row of the ledger, and the standing it makes. A revocation ends what is under way.
    pub(super) fn consent(&mut self, event: ConsentEvent) {
        let program = self.active.as_ref().map(|active| active.flow.clone());
        let event = event.filled_in(&self.live.workspace.brand, program.as_deref());
        if !event.is_for_another(&self.live.workspace.brand) {
            self.record.standing = self.record.standing.after(&event);
        }
        self.record_changed = true;
        if event.is_for_email() {
            self.email_consent(&event);
        } else if self.record.standing.is_opted_out() {
            self.commit.cancel_queued = true;
        }
        self.commit.consents.push(event);
    }
}
