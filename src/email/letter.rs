//! A letter as bytes for a mail server: RFC 5322 and MIME by `lettre`, in ASCII throughout. Decides which
//! headers a letter has; what it says is `page`'s.

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};

use crate::time::Timestamp;

/// A letter to one person.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    pub from: Correspondent,
    pub to: String,
    pub reply_to: Option<Correspondent>,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// Without its angle brackets; the same on every attempt.
    pub message_id: String,
    /// The letters of the thread before this one, oldest first; this answers the last.
    pub references: Vec<String>,
    pub unsubscribe: Option<Unsubscribe>,
    /// An iCalendar invitation (RFC 5545).
    pub invite: Option<String>,
    /// What a provider wants besides: name and value.
    pub headers: Vec<(&'static str, String)>,
    pub at: Timestamp,
}

/// An address with the name it is shown under.
#[derive(Debug, Clone, PartialEq)]
pub struct Correspondent {
    pub name: String,
    pub address: String,
}

impl Correspondent {
    fn mailbox(&self) -> Result<Mailbox, Unwritable> {
        let address = self.address.parse().map_err(|_| Unwritable::From)?;
        let name = one_line(&self.name);
        Ok(Mailbox::new((!name.is_empty()).then_some(name), address))
    }
}

/// How the reader's mail program unsubscribes them (RFC 2369, RFC 8058).
#[derive(Debug, Clone, PartialEq)]
pub struct Unsubscribe {
    /// Takes the one-click POST.
    pub url: String,
    pub mailto: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum Unwritable {
    #[error("the lead's email address is not one")]
    To,
    #[error("`email: {{ from: … }}` in workspace.yaml is not an address")]
    From,
    #[error("the letter could not be written: {0}")]
    Other(String),
}

/// What goes on the wire, and between whom.
pub struct Written {
    pub from: lettre::Address,
    pub to: lettre::Address,
    pub bytes: Vec<u8>,
}

impl Letter {
    pub fn write(&self) -> Result<Written, Unwritable> {
        let from = self.from.mailbox()?;
        let to: lettre::Address = self.to.trim().parse().map_err(|_| Unwritable::To)?;
        let at = self.at.as_ms().max(0).unsigned_abs();
        let date = std::time::UNIX_EPOCH + std::time::Duration::from_millis(at);
        let mut builder = Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(one_line(&self.subject))
            .date(date)
            .message_id(Some(bracketed(&self.message_id)));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.mailbox()?);
        }
        if let Some(last) = self.references.last() {
            let all: Vec<String> = self.references.iter().map(|id| bracketed(id)).collect();
            builder = builder
                .in_reply_to(bracketed(last))
                .references(all.join(" "));
        }
        if let Some(unsubscribe) = &self.unsubscribe {
            let mailto = unsubscribe.mailto.as_ref();
            let mailto = mailto.map_or(String::new(), |to| format!(", <mailto:{to}>"));
            let value = format!("<{}>{mailto}", unsubscribe.url);
            builder = builder
                .raw_header(header("List-Unsubscribe", value))
                .raw_header(header(
                    "List-Unsubscribe-Post",
                    "List-Unsubscribe=One-Click".into(),
                ));
        }
        for (name, value) in &self.headers {
            builder = builder.raw_header(header(name, one_line(value)));
        }
        let message = builder
            .multipart(self.parts())
            .map_err(|error| Unwritable::Other(error.to_string()))?;
        Ok(Written {
            from: from.email,
            to,
            bytes: message.formatted(),
        })
    }

    fn parts(&self) -> MultiPart {
        // One letter is the same bytes on every attempt, its boundaries too.
        let mark = self.message_id.split('@').next().unwrap_or("rt");
        let both = MultiPart::alternative()
            .boundary(format!("{mark}.alternative"))
            .singlepart(SinglePart::plain(self.text.clone()))
            .singlepart(SinglePart::html(self.html.clone()));
        let Some(invite) = &self.invite else {
            return both;
        };
        let method = method_of(invite);
        let calendar = format!("text/calendar; method={method}; charset=utf-8");
        let calendar = ContentType::parse(&calendar).expect("this content type is well formed");
        MultiPart::mixed()
            .boundary(format!("{mark}.mixed"))
            .multipart(both)
            .singlepart(SinglePart::builder().header(calendar).body(invite.clone()))
    }
}

/// The method the invitation itself names; RFC 6047 wants the same on its part.
fn method_of(invite: &str) -> &'static str {
    let named = invite
        .lines()
        .find_map(|line| line.strip_prefix("METHOD:"))
        .unwrap_or_default();
    ["REQUEST", "CANCEL"]
        .into_iter()
        .find(|known| *known == named.trim())
        .unwrap_or("PUBLISH")
}

fn bracketed(id: &str) -> String {
    format!("<{}>", one_line(id))
}

fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

/// What a lead or a CRM put into a field cannot begin a header of its own.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn northside(address: &str) -> Correspondent {
        Correspondent {
            name: "Northside Auto".into(),
            address: address.into(),
        }
    }

    fn letter() -> Letter {
        Letter {
            from: northside("hello@northside.example"),
            to: "ada@example.com".into(),
            reply_to: Some(northside("in+abc@northside.example")),
            subject: "Your Roadster".into(),
            text: "Hi Ada".into(),
            html: "<p>Hi Ada</p>".into(),
            message_id: "rt.abc@northside.example".into(),
            references: Vec::new(),
            unsubscribe: Some(Unsubscribe {
                url: "https://text.northside.example/u/def".into(),
                mailto: Some("in+abc@northside.example?subject=unsubscribe".into()),
            }),
            invite: None,
            headers: Vec::new(),
            at: Timestamp::from_ms(1_790_000_000_000),
        }
    }

    fn written(letter: &Letter) -> String {
        String::from_utf8(letter.write().unwrap().bytes).unwrap()
    }

    #[test]
    fn a_letter_is_the_same_bytes_on_every_attempt() {
        assert_eq!(written(&letter()), written(&letter()));
        insta::assert_snapshot!("letter", written(&letter()).replace('\r', ""));
    }

    #[test]
    fn a_letter_in_a_thread_answers_the_last_and_names_all() {
        let text = written(&Letter {
            references: vec!["one@x.example".into(), "two@y.example".into()],
            ..letter()
        });
        assert!(text.contains("In-Reply-To: <two@y.example>\r\n"), "{text}");
        assert!(
            text.contains("References: <one@x.example> <two@y.example>\r\n"),
            "{text}"
        );
    }

    #[test]
    fn data_in_a_subject_begins_no_header() {
        let text = written(&Letter {
            subject: "Hi\r\nBcc: mallory@x.example\r\n\r\n<script>".into(),
            ..letter()
        });
        let bcc = text.lines().any(|line| line.starts_with("Bcc:"));
        assert!(!bcc, "{text}");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for to in [
            "",
            "ada",
            "ada@",
            "ada@x.example, eve@x.example",
            "a@b\r\nRCPT",
        ] {
            let letter = Letter {
                to: to.into(),
                ..letter()
            };
            assert!(matches!(letter.write(), Err(Unwritable::To)), "{to:?}");
        }
    }

    #[test]
    fn a_name_of_any_letters_stays_ascii_on_the_wire() {
        let text = written(&Letter {
            from: Correspondent {
                name: "Café Nördlich, \"Süd\" & Co.".into(),
                address: "hello@northside.example".into(),
            },
            subject: "Su cita: mañana ✓".into(),
            text: "Año".into(),
            html: "<p>Año</p>".into(),
            ..letter()
        });
        assert!(text.is_ascii(), "{text}");
    }
}
