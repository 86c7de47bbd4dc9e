//! Consent: the ledger's events, and the standing of a lead that they fold to.

use minicbor::{Decode, Encode};

use crate::policy::{DropReason, MessageKind, Outgoing, Purpose};
use crate::time::Timestamp;

/// Where a lead stands now: the fold of their rows in the ledger, kept beside the lead.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Standing {
    #[n(0)]
    pub consent: Consent,
    /// The carrier says that no message can reach this number.
    #[n(1)]
    pub unreachable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub enum Consent {
    /// Nothing was ever recorded.
    #[default]
    #[n(0)]
    None,
    /// Asked to confirm (double opt-in) and not yet answered.
    #[n(1)]
    Pending(#[n(0)] Timestamp),
    #[n(2)]
    Given(#[n(0)] Timestamp, #[n(1)] Level),
    #[n(3)]
    Revoked(#[n(0)] Timestamp),
}

/// How far a consent reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Level {
    /// Marketing and all else.
    #[n(0)]
    Marketing,
    /// Only messages about the lead's own business with us.
    #[n(1)]
    Transactional,
}

/// What happened to a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ConsentChange {
    #[n(0)]
    Given,
    #[n(1)]
    Asked,
    #[n(2)]
    Revoked,
}

/// One row of the ledger, before the store chains it. Fields as in 16 CFR 310.5(a)(8) and the
/// carriers' review of campaigns.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ConsentEvent {
    #[n(0)]
    pub change: ConsentChange,
    #[n(1)]
    pub level: Level,
    #[n(2)]
    pub at: Timestamp,
    /// `web_form`, `keyword`, `paper`, `verbal`, `pos`, `import`, `api`, `double_opt_in`; for a
    /// revocation `sms`, `staff`, `carrier`, `web`.
    #[n(3)]
    pub method: String,
    /// The page, file, keyword or person it came from.
    #[n(4)]
    pub source: String,
    /// What the lead was shown, or the words with which they revoked.
    #[n(5)]
    pub wording: String,
    #[n(6)]
    pub ip: Option<String>,
    #[n(7)]
    pub url: Option<String>,
    /// The rule by which a revocation was understood.
    #[n(8)]
    pub rule: Option<String>,
    /// Whether the lead did it in person (a text, a form), which alone can undo a revocation.
    #[n(9)]
    pub own_act: bool,
}

impl Standing {
    /// The standing after `event`. A revocation beats any consent given earlier, also one recorded
    /// later; after it only the lead's own act counts.
    pub fn after(&self, event: &ConsentEvent) -> Standing {
        let consent = match (event.change, self.consent) {
            (ConsentChange::Revoked, Consent::Revoked(at)) => Consent::Revoked(at.max(event.at)),
            (ConsentChange::Revoked, _) => Consent::Revoked(event.at),
            (_, Consent::Revoked(at)) if !event.own_act || event.at < at => Consent::Revoked(at),
            (ConsentChange::Asked, Consent::Given(at, level)) => Consent::Given(at, level),
            (ConsentChange::Asked, _) => Consent::Pending(event.at),
            (ConsentChange::Given, _) => Consent::Given(event.at, event.level),
        };
        Standing {
            consent,
            unreachable: self.unreachable,
        }
    }

    pub fn is_opted_out(&self) -> bool {
        matches!(self.consent, Consent::Revoked(_))
    }
}

/// Whether consent lets `out` be sent at all.
pub fn allows(standing: &Standing, out: &Outgoing) -> Result<(), DropReason> {
    if standing.unreachable {
        return Err(DropReason::Unreachable);
    }
    match (standing.consent, out.purpose) {
        (_, Purpose::OptOutConfirmation) => Ok(()),
        (Consent::Revoked(_), _) => Err(DropReason::OptedOut),
        (_, Purpose::Help | Purpose::OptInConfirmation) => Ok(()),
        (Consent::Given(_, Level::Transactional), _) if out.kind == MessageKind::Marketing => {
            Err(DropReason::NoConsent)
        }
        (Consent::Given(..), _) => Ok(()),
        (Consent::None | Consent::Pending(_), _) => Err(DropReason::NoConsent),
    }
}
