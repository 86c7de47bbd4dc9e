//! What is told of a lead: fields, and the ledger's rows.

use crate::policy::ConsentEvent;
use crate::runtime::turn::Desk;
use crate::runtime::work::LeadUpdate;

impl Desk<'_> {
    pub(super) fn update_lead(&mut self, update: &LeadUpdate) {
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
            match value.is_empty() {
                true => lead.fields.remove(name),
                false => lead.fields.insert(name.clone(), value.clone()),
            };
        }
        self.record_changed = true;
        if let Some(consent) = &update.consent {
            self.consent(consent.clone());
        }
    }

    /// A new row of the ledger, and the standing it makes. A revocation ends what is under way.
    pub(super) fn consent(&mut self, event: ConsentEvent) {
        self.record.standing = self.record.standing.after(&event);
        self.record_changed = true;
        if event.is_for_email() {
            self.email_consent(&event);
        } else if self.record.standing.is_opted_out() {
            self.commit.cancel_queued = true;
        }
        self.commit.consents.push(event);
    }
}
