//! Consent: the ledger's events, and the standing of a lead that they fold to.
//!
//! Decides what a lead's history of giving, being asked and revoking amounts to. Refuses to know how
//! a revocation was worded (`reply`) and how rows are kept (`ledger`, `store`). The invariants are
//! those of 47 CFR 64.1200(a)(10) and of the carriers' reviews: a revocation beats any consent
//! earlier than it, also one imported later; after it only the person's own act counts.

use minicbor::{Decode, Encode};

use crate::policy::{DropReason, EmailStanding, MessageKind, Outgoing, Purpose};
use crate::time::Timestamp;

/// Where a lead stands now: the fold of their rows in the ledger, kept beside the lead.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Standing {
    #[n(0)]
    pub consent: Consent,
    /// The carrier says that no message can reach this number.
    #[n(1)]
    pub unreachable: bool,
    /// When the consent runs out, where it does.
    #[n(2)]
    pub expires_at: Option<Timestamp>,
    /// Emails are consented to and unsubscribed from apart from texts.
    #[n(3)]
    #[cbor(default)]
    pub email: EmailStanding,
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

impl Level {
    /// The one that reaches further; marketing includes all else.
    fn wider(self, other: Level) -> Level {
        match (self, other) {
            (Level::Transactional, Level::Transactional) => Level::Transactional,
            (Level::Marketing, _) | (_, Level::Marketing) => Level::Marketing,
        }
    }
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
    /// What the consent was given for, where it is known.
    #[n(10)]
    pub scope: Option<Scope>,
    /// Which edition of the form or the notice, in the business's own words, such as `2026-03`.
    #[n(11)]
    pub wording_version: Option<String>,
    /// The browser in which a form was filled in.
    #[n(12)]
    pub user_agent: Option<String>,
}

/// For whom and what a consent was given, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Scope {
    /// The brand named in the wording; consent for another brand does not count.
    #[n(0)]
    pub seller: Option<String>,
    #[n(1)]
    pub program: Option<String>,
    /// `sms`, `voice` or `email`; a row for another channel than `sms` allows no text.
    #[n(2)]
    pub channel: Option<String>,
    /// `marketing`, `appointment`, `transactional`.
    #[n(3)]
    pub purposes: Vec<String>,
    /// Implied consent runs out: under CASL 6 months after an inquiry, 2 years after a purchase.
    #[n(4)]
    pub expires_at: Option<Timestamp>,
    #[n(5)]
    pub person_name: Option<String>,
    /// BCP 47, of the wording.
    #[n(6)]
    pub locale: Option<String>,
}

impl Scope {
    /// Of a row about emails alone.
    pub fn of_email() -> Self {
        Self {
            channel: Some("email".to_string()),
            ..Self::default()
        }
    }
}

impl ConsentEvent {
    /// An event without its proof; the caller fills in what is known of it.
    pub fn new(change: ConsentChange, level: Level, at: Timestamp, method: &str) -> Self {
        Self {
            change,
            level,
            at,
            method: method.to_string(),
            source: String::new(),
            wording: String::new(),
            ip: None,
            url: None,
            rule: None,
            own_act: false,
            scope: None,
            wording_version: None,
            user_agent: None,
        }
    }

    /// What the lead did in person by a text of these words, by the rule that read it.
    pub fn by_text(change: ConsentChange, rule: &str, text: &str, at: Timestamp) -> Self {
        let method = match change {
            ConsentChange::Revoked => "sms",
            ConsentChange::Given | ConsentChange::Asked => "keyword",
        };
        Self {
            source: "reply".to_string(),
            wording: text.to_string(),
            rule: Some(rule.to_string()),
            own_act: true,
            ..Self::new(change, Level::Marketing, at, method)
        }
    }

    /// The event, for texts of `seller` in `program`, as far as the caller did not say otherwise.
    pub fn filled_in(mut self, seller: &str, program: Option<&str>) -> Self {
        let scope = self.scope.get_or_insert_default();
        scope.seller.get_or_insert_with(|| seller.to_string());
        scope.channel.get_or_insert_with(|| "sms".to_string());
        if scope.program.is_none() {
            scope.program = program.map(str::to_string);
        }
        if scope.purposes.is_empty() && self.change != ConsentChange::Revoked {
            let purposes: &[&str] = match self.level {
                Level::Marketing => &["marketing", "appointment", "transactional"],
                Level::Transactional => &["appointment", "transactional"],
            };
            scope.purposes = purposes.iter().map(ToString::to_string).collect();
        }
        self
    }

    /// Whether the person did this. An import reports what someone else says they did.
    pub(super) fn is_own_act(&self) -> bool {
        self.own_act && self.method != "import"
    }

    /// Whether it is about texts at all.
    pub fn is_for_texts(&self) -> bool {
        let channel = self
            .scope
            .as_ref()
            .and_then(|scope| scope.channel.as_deref());
        channel.is_none_or(|channel| channel == "sms")
    }

    /// Whether it is about emails alone.
    pub fn is_for_email(&self) -> bool {
        let scope = self.scope.as_ref();
        scope.is_some_and(|scope| scope.channel.as_deref() == Some("email"))
    }

    /// Whether it was given to somebody else: consent for another brand does not count.
    pub fn is_for_another(&self, brand: &str) -> bool {
        let seller = self.scope.as_ref().and_then(|s| s.seller.as_deref());
        self.change == ConsentChange::Given
            && seller.is_some_and(|seller| !seller.trim().eq_ignore_ascii_case(brand.trim()))
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.scope.as_ref().and_then(|scope| scope.expires_at)
    }
}

impl Standing {
    /// The standing after `event`, in the order of recording. A revocation beats any consent given
    /// earlier, also one recorded later; after it, and while a confirmation is asked for, only the
    /// lead's own act counts. A revocation that arrives late is believed: better a text too few.
    pub fn after(&self, event: &ConsentEvent) -> Standing {
        let stays = self.clone();
        if event.is_for_email() {
            return Standing {
                email: self.email.after(event),
                ..stays
            };
        }
        let becomes = |consent, expires_at| Standing {
            consent,
            unreachable: self.unreachable,
            expires_at,
            email: self.email.clone(),
        };
        match (event.change, self.consent) {
            // Whoever revokes on any channel but email is left alone on this one.
            (ConsentChange::Revoked, Consent::Revoked(at)) => {
                becomes(Consent::Revoked(at.max(event.at)), None)
            }
            (ConsentChange::Revoked, _) => becomes(Consent::Revoked(event.at), None),
            (_, _) if !event.is_for_texts() => stays,
            (_, Consent::Revoked(at)) if !event.is_own_act() || event.at < at => stays,
            (ConsentChange::Asked, Consent::Given(..)) => stays,
            (ConsentChange::Asked, _) => becomes(Consent::Pending(event.at), None),
            // A revocation may stand behind the question: an import does not answer it.
            (ConsentChange::Given, Consent::Pending(_)) if !event.is_own_act() => stays,
            (ConsentChange::Given, Consent::Given(at, level)) => {
                let level = level.wider(event.level);
                becomes(Consent::Given(at.max(event.at), level), self.longer(event))
            }
            (ConsentChange::Given, _) => {
                becomes(Consent::Given(event.at, event.level), event.expires_at())
            }
        }
    }

    /// Consents add up: the one that lasts longer decides, and one without an end lasts for ever.
    fn longer(&self, event: &ConsentEvent) -> Option<Timestamp> {
        Some(self.expires_at?.max(event.expires_at()?))
    }

    /// Whether the consent has run out by `now`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether some consent stands.
    pub fn may_be_texted(&self) -> bool {
        matches!(self.consent, Consent::Given(..))
    }

    pub fn is_opted_out(&self) -> bool {
        matches!(self.consent, Consent::Revoked(_))
    }
}

/// Whether consent lets `out` be sent at all at `now`.
pub fn allows(standing: &Standing, out: &Outgoing, now: Timestamp) -> Result<(), DropReason> {
    if standing.unreachable {
        return Err(DropReason::Unreachable);
    }
    match (standing.consent, out.purpose) {
        (_, Purpose::OptOutConfirmation) => Ok(()),
        (Consent::Revoked(_), _) => Err(DropReason::OptedOut),
        (_, Purpose::Help | Purpose::OptInConfirmation) => Ok(()),
        (Consent::Pending(_), Purpose::OptInRequest) => Ok(()),
        (Consent::Given(_, Level::Transactional), _) if out.kind == MessageKind::Marketing => {
            Err(DropReason::NoConsent)
        }
        (Consent::Given(..), _) if standing.is_expired(now) => Err(DropReason::NoConsent),
        (Consent::Given(..), _) => Ok(()),
        (Consent::None | Consent::Pending(_), _) => Err(DropReason::NoConsent),
    }
}

#[cfg(test)]
#[path = "consent_tests.rs"]
mod tests;
