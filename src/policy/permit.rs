//! Leave to send one text to one lead: proof, as a type, that the gate was asked with that lead's
//! consent in hand. Nothing else makes one, so that no text can be built without it (PROMISES, P6).

use crate::lead::PhoneNumber;
use crate::policy::{LeadFacts, Outgoing, Rules, Verdict, gate};
use crate::time::Timestamp;

/// For one text, once: it is used up when the text is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    lead: PhoneNumber,
    at: Timestamp,
}

impl Permit {
    /// Asks the gate. `Err` says why not, or not yet; never [`Verdict::Send`].
    pub fn ask(
        out: &Outgoing,
        lead: &LeadFacts,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<Permit, Verdict> {
        match gate(out, lead, rules, now) {
            Verdict::Send => Ok(Permit {
                lead: lead.phone,
                at: now,
            }),
            refused => Err(refused),
        }
    }

    /// Whether it was given for this lead at this very moment, in the transaction under way.
    pub fn is_for(&self, lead: PhoneNumber, now: Timestamp) -> bool {
        self.lead == lead && self.at == now
    }
}
