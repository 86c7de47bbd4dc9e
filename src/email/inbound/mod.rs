//! What comes back by email, as services that take mail in post it: answers, bounces, complaints.
//!
//! Recognised by their shape, since all come to one address: Postmark (inbound, bounce, complaint and
//! subscription webhooks), Mailgun (routes and event webhooks), SendGrid (Inbound Parse and Event
//! Webhook), Amazon SES by SNS (bounces and complaints), and our own plain JSON. Who sent it is proved
//! before; whom it is from is decided after, by the tokens of our own letters alone. An address in `From`
//! proves nothing and is never looked at for that.

mod amazon;
mod html;
mod mailgun;
mod plain;
mod postmark;
mod sendgrid;
mod strip;

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::time::Timestamp;

pub use mailgun::is_signed as is_signed_by_mailgun;

/// Characters of an answer that are kept.
const TEXT_CHARS_MAX: usize = 8_000;
/// Events of one request that are read.
const EVENTS_MAX: usize = 1_000;

#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    Mail(Mail),
    /// Mail to this address comes back, and always will.
    Bounce(Returned),
    /// The reader called a letter of ours spam.
    Complaint(Returned),
    /// The reader unsubscribed at the provider.
    Unsubscribed(Returned),
    /// An address that confirms a subscription of ours, for a person to open.
    Confirm {
        url: String,
    },
}

/// An email to us.
#[derive(Debug, Clone, PartialEq)]
pub struct Mail {
    /// Its Message-ID without angle brackets, or what else names it once and for all.
    pub id: String,
    pub from: String,
    /// All whom it was addressed to, as written.
    pub to: String,
    /// What it answers: `In-Reply-To` and `References`.
    pub thread: String,
    /// What the writer wrote for it: without what it quotes and without signature.
    pub text: String,
    /// Sent by a machine (RFC 3834).
    pub automatic: bool,
    pub at: Option<Timestamp>,
}

/// A letter of ours of which a provider tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Returned {
    pub address: String,
    /// Everything in it that may name the letter: Message-IDs, what we gave the provider with it.
    pub names: String,
    pub error: String,
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub &'static str);

/// The fields of a form, in order.
#[derive(Debug, Clone, Default)]
pub struct Form(pub Vec<(String, String)>);

impl Form {
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

pub fn read_json(json: &Json) -> Result<Vec<Incoming>, Unreadable> {
    if let Some(events) = json.as_array() {
        let events = events.iter().take(EVENTS_MAX);
        return Ok(events.filter_map(sendgrid::event).collect());
    }
    if json["event-data"].is_object() {
        return Ok(mailgun::event(&json["event-data"]).into_iter().collect());
    }
    if json["RecordType"].is_string() {
        return Ok(postmark::record(json).into_iter().collect());
    }
    if json["FromFull"].is_object() || json["TextBody"].is_string() {
        return Ok(vec![Incoming::Mail(postmark::mail(json))]);
    }
    if json["Type"].is_string() && json["TopicArn"].is_string() {
        return amazon::read(json);
    }
    plain::read(json)
}

pub fn read_form(form: &Form) -> Result<Vec<Incoming>, Unreadable> {
    if !form.get("body-plain").is_empty() || !form.get("message-headers").is_empty() {
        return Ok(vec![Incoming::Mail(mailgun::mail(form))]);
    }
    if !form.get("envelope").is_empty() || !form.get("headers").is_empty() {
        return Ok(vec![Incoming::Mail(sendgrid::mail(form))]);
    }
    Err(Unreadable("this form is none of Mailgun's or SendGrid's"))
}

/// A mail as a service took it apart.
struct Parts<'p> {
    headers: Headers<'p>,
    /// The service's own id, for a mail without one.
    service_id: &'p str,
    from: &'p str,
    to: String,
    subject: &'p str,
    text: &'p str,
    html: &'p str,
    /// What the service takes the answer to be, for where we find none.
    stripped: &'p str,
}

/// Names and values.
struct Headers<'p>(Vec<(&'p str, &'p str)>);

impl<'p> Headers<'p> {
    fn get(&self, name: &str) -> &'p str {
        let mut all = self.0.iter();
        let found = all.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    /// As they stand above a mail; a line that begins with a blank goes on with the one before.
    fn lines(text: &'p str) -> Self {
        let named = text.lines().filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            let well = !name.is_empty() && !name.contains(char::is_whitespace);
            well.then(|| (name, value.trim()))
        });
        Self(named.collect())
    }
}

impl Parts<'_> {
    fn mail(self) -> Mail {
        let Parts {
            headers,
            service_id,
            from,
            to,
            subject,
            text,
            html,
            stripped,
        } = self;
        let given = [headers.get("Message-ID"), service_id]
            .into_iter()
            .map(without_brackets)
            .find(|id| !id.is_empty());
        let own = strip::own_words(text);
        let own = match own.is_empty() {
            true if text.trim().is_empty() => strip::own_words(&html::text(html)),
            true => stripped.trim().to_string(),
            false => own,
        };
        let text = match own.is_empty() && is_unsubscribe(subject) {
            true => "unsubscribe".to_string(),
            false => own.chars().take(TEXT_CHARS_MAX).collect(),
        };
        let id = given.map_or_else(
            || {
                let digest = Sha256::digest(format!("{from}\0{subject}\0{text}"));
                digest.iter().map(|byte| format!("{byte:02x}")).collect()
            },
            str::to_string,
        );
        Mail {
            id,
            from: from.to_string(),
            to,
            thread: format!(
                "{} {}",
                headers.get("In-Reply-To"),
                headers.get("References")
            ),
            text,
            automatic: is_automatic(&headers, from),
            at: mail_time(headers.get("Date")),
        }
    }
}

/// Sent by the button of a mail program that writes where others click (RFC 2369).
fn is_unsubscribe(subject: &str) -> bool {
    let subject = subject.trim().trim_start_matches("Re:").trim();
    subject.eq_ignore_ascii_case("unsubscribe")
}

/// RFC 3834, and what machines say that were made before it.
fn is_automatic(headers: &Headers, from: &str) -> bool {
    let submitted = headers.get("Auto-Submitted").trim().to_lowercase();
    let precedence = headers.get("Precedence").trim().to_lowercase();
    let from = from.to_lowercase();
    !submitted.is_empty() && !submitted.starts_with("no")
        || matches!(precedence.as_str(), "auto_reply" | "bulk" | "junk")
        || !headers.get("X-Autoreply").is_empty()
        || !headers.get("X-Autorespond").is_empty()
        || headers.get("Return-Path").trim() == "<>"
        || ["mailer-daemon@", "postmaster@"]
            .iter()
            .any(|name| from.contains(name))
}

fn mail_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let read = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text);
    read.ok()
        .map(Timestamp::from_jiff)
        .or_else(|| text.parse().ok())
}

fn without_brackets(id: &str) -> &str {
    id.trim()
        .trim_start_matches('<')
        .trim_end_matches('>')
        .trim()
}

fn str_of<'j>(json: &'j Json, name: &str) -> &'j str {
    json[name].as_str().unwrap_or("")
}

#[cfg(test)]
mod tests;
