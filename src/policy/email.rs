//! May this lead be written to by email? Kept apart from texts: unsubscribing stops marketing emails and
//! nothing else, STOP stops texts. The basis is 15 U.S.C. 7704(a)(3): whoever asks for no more gets no
//! more, at once and for good, until they ask for more themselves.

use minicbor::{Decode, Encode};

use crate::policy::{ConsentChange, ConsentEvent, MessageKind};
use crate::time::Timestamp;

/// What stands against writing to a lead by email.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct EmailStanding {
    #[n(0)]
    pub unsubscribed: Option<Timestamp>,
    /// The address that mail bounced from for good; another may be tried.
    #[n(1)]
    pub bad: Option<String>,
}

/// Why no email goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoEmail {
    Unsubscribed,
    BadAddress,
}

impl NoEmail {
    pub fn as_str(self) -> &'static str {
        match self {
            NoEmail::Unsubscribed => "unsubscribed",
            NoEmail::BadAddress => "bad_address",
        }
    }
}

impl EmailStanding {
    /// The standing after a row of the ledger about email. Only the lead's own act undoes an
    /// unsubscription, and only a later one.
    pub fn after(&self, event: &ConsentEvent) -> EmailStanding {
        let mut next = self.clone();
        match event.change {
            ConsentChange::Revoked => {
                next.unsubscribed = next.unsubscribed.max(Some(event.at));
            }
            ConsentChange::Given if event.is_own_act() => {
                next.unsubscribed = next.unsubscribed.filter(|since| *since > event.at);
            }
            ConsentChange::Given | ConsentChange::Asked => {}
        }
        next
    }

    pub fn allows(&self, address: &str, kind: MessageKind) -> Result<(), NoEmail> {
        if self
            .bad
            .as_deref()
            .is_some_and(|bad| bad.eq_ignore_ascii_case(address.trim()))
        {
            return Err(NoEmail::BadAddress);
        }
        match (kind, self.unsubscribed) {
            (MessageKind::Marketing, Some(_)) => Err(NoEmail::Unsubscribed),
            (MessageKind::Marketing, None) | (MessageKind::Transactional, _) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::consent::{Level, Scope};
    use crate::policy::{Consent, Standing};

    /// `text-give@1`, `text-stop@2`, `mail-give@3`, `mail-import@3`, `mail-stop@4`.
    fn event(word: &str) -> ConsentEvent {
        let (what, at) = word.split_once('@').unwrap();
        let (channel, what) = what.split_once('-').unwrap();
        let change = if what == "stop" {
            ConsentChange::Revoked
        } else {
            ConsentChange::Given
        };
        let method = if what == "import" {
            "import"
        } else {
            "web_form"
        };
        let at = Timestamp::from_ms(at.parse().unwrap());
        ConsentEvent {
            own_act: what != "import",
            scope: (channel == "mail").then(Scope::of_email),
            ..ConsentEvent::new(change, Level::Marketing, at, method)
        }
    }

    fn fold(history: &str) -> Standing {
        history
            .split_whitespace()
            .fold(Standing::default(), |standing, word| {
                standing.after(&event(word))
            })
    }

    #[test]
    fn email_and_texts_are_unsubscribed_from_apart() {
        for (history, unsubscribed, texts) in [
            ("", None, "none"),
            ("text-give@1 mail-stop@2", Some(2), "given"),
            ("text-give@1 text-stop@2", None, "revoked"),
            ("mail-stop@2 mail-import@9", Some(2), "none"),
            ("mail-stop@2 mail-give@1", Some(2), "none"),
            ("mail-stop@2 mail-give@3", None, "none"),
            ("mail-stop@2 mail-give@3 mail-stop@4", Some(4), "none"),
            ("mail-stop@5 mail-stop@2", Some(5), "none"),
            ("text-stop@2 mail-give@3", None, "revoked"),
            ("mail-stop@2 text-give@3", Some(2), "given"),
        ] {
            let standing = fold(history);
            let told = match standing.consent {
                Consent::None => "none",
                Consent::Pending(_) => "pending",
                Consent::Given(..) => "given",
                Consent::Revoked(_) => "revoked",
            };
            let since = standing.email.unsubscribed.map(Timestamp::as_ms);
            assert_eq!((since, told), (unsubscribed, texts), "{history:?}");
        }
    }

    #[test]
    fn what_may_be_emailed_follows_from_the_standing() {
        use MessageKind::{Marketing, Transactional};
        let standing = EmailStanding {
            unsubscribed: Some(Timestamp::from_ms(1)),
            bad: Some("ada@old.example".into()),
        };
        for (address, kind, expected) in [
            ("ada@x.example", Marketing, Err(NoEmail::Unsubscribed)),
            ("ada@x.example", Transactional, Ok(())),
            ("Ada@Old.example ", Transactional, Err(NoEmail::BadAddress)),
        ] {
            assert_eq!(
                standing.allows(address, kind),
                expected,
                "{address} {kind:?}"
            );
        }
        let fresh = EmailStanding::default();
        assert_eq!(fresh.allows("ada@x.example", Marketing), Ok(()));
    }

    #[test]
    fn a_standing_stored_before_emails_had_one_still_reads() {
        let old = minicbor::to_vec((Consent::None, false, None::<Timestamp>)).unwrap();
        let read: Standing = minicbor::decode(&old).unwrap();
        assert_eq!(read, Standing::default());
    }
}
