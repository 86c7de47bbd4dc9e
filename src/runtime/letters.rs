//! What a letter to a lead or an agent says: the email that the flow decided, with the texts that were
//! said so far, the thread it belongs to, and the way to answer and to unsubscribe. Read from the store
//! when it is sent; the sandbox shows the same.

use crate::conversation::{Conversation, ConversationId, Effect, EmailMessage, Event};
use crate::email::{
    Correspondent, EmailRef, Footer, Letter, Page, Quote, Unsubscribe, Use, bare, invite, name_of,
    tagged, token, words,
};
use crate::flow::template::shown;
use crate::flow::workspace::{EmailSettings, Workspace};
use crate::lead::{PhoneNumber, Value};
use crate::policy::{MessageKind, zones};
use crate::runtime::live::Live;
use crate::runtime::notice::Notice;
use crate::store::{Row, RowBody, Store, StoreError};
use crate::time::{Timestamp, Zone};

/// How many of the last texts are quoted.
const QUOTED_MAX: usize = 20;
/// How many letters of a thread are named.
const REFERENCES_MAX: usize = 10;
/// Rows of a conversation that are looked through.
const ROWS_MAX: usize = 2_000;
/// From whom, where the workspace does not say: nothing leaves then.
const NOBODY: &str = "nobody@sandbox.example";

/// Who writes letters.
pub struct Letters<'a> {
    pub store: &'a dyn Store,
    pub live: &'a Live,
    /// `Engine::key`.
    pub key: &'a [u8; 32],
}

impl Letters<'_> {
    /// The letter of the email with this number.
    pub fn email(
        &self,
        of: EmailRef,
        conversation: Option<ConversationId>,
        email: &EmailMessage,
        at: Timestamp,
    ) -> Result<Letter, StoreError> {
        let rows = match conversation {
            Some(id) => self.store.timeline(of.lead, Some(id), 0, ROWS_MAX)?,
            None => Vec::new(),
        };
        let known = match conversation {
            Some(id) => self.store.conversation(id)?,
            None => None,
        };
        let before: Vec<&Row> = rows.iter().filter(|row| row.seq < of.seq).collect();
        let page = self.page(of, known.as_ref(), email, &before)?;
        let token = token::seal(self.key, Use::Reply, of);
        let message_id = self.message_id(&token);
        let reply_to = self.reply_to(&token);
        let unsubscribe = page.footer.as_ref().map(|footer| Unsubscribe {
            url: footer.unsubscribe.clone(),
            mailto: reply_to
                .as_ref()
                .filter(|_| self.takes_replies())
                .map(|to| format!("{}?subject=unsubscribe", to.address)),
        });
        Ok(Letter {
            from: self.from(),
            to: email.to.clone(),
            reply_to,
            subject: email.subject.clone(),
            text: page.text(),
            html: page.html(),
            references: self.thread(of.lead, &before),
            invite: email.ics.clone().or_else(|| {
                let slot = email.invite.as_ref()?;
                Some(self.invite(&message_id, email, slot.start, slot.end, at))
            }),
            headers: provider_headers(self.settings(), &token),
            message_id,
            unsubscribe,
            at,
        })
    }

    /// The letter by which an agent hears of a lead; `of` is the row that tells them.
    pub fn alert(&self, of: EmailRef, to: &str, notice: &Notice, at: Timestamp) -> Letter {
        let token = token::seal(self.key, Use::Alert, of);
        let page = Page {
            words: words::of("en"),
            brand: self.workspace().brand.clone(),
            subject: notice.subject.clone(),
            body: notice.text.clone(),
            so_far: Vec::new(),
            footer: None,
        };
        Letter {
            from: self.from(),
            to: to.to_string(),
            reply_to: None,
            subject: notice.subject.clone(),
            text: page.text(),
            html: page.html(),
            message_id: self.message_id(&token),
            references: Vec::new(),
            unsubscribe: None,
            invite: None,
            headers: Vec::new(),
            at,
        }
    }

    fn workspace(&self) -> &Workspace {
        &self.live.workspace
    }

    fn settings(&self) -> Option<&EmailSettings> {
        self.workspace().email.as_ref()
    }

    fn takes_replies(&self) -> bool {
        self.settings()
            .is_some_and(|email| !email.inbound_secrets.is_empty())
    }

    fn from(&self) -> Correspondent {
        let written = self.settings().map_or(NOBODY, |email| &email.from);
        self.correspondent(written)
    }

    /// The brand stands where the address has no name of its own.
    fn correspondent(&self, written: &str) -> Correspondent {
        let name = match name_of(written) {
            "" => &self.workspace().brand,
            name => name,
        };
        Correspondent {
            name: name.to_string(),
            address: bare(written).to_string(),
        }
    }

    /// Tagged with the email's token where answers come back to us: mail programs and providers may
    /// change a Message-ID, an address they keep.
    fn reply_to(&self, token: &str) -> Option<Correspondent> {
        let settings = self.settings()?;
        let written = settings.reply_to.as_ref();
        if !self.takes_replies() {
            return written.map(|written| self.correspondent(written));
        }
        let mut to = self.correspondent(written.unwrap_or(&settings.from));
        to.address = tagged(&to.address, token);
        Some(to)
    }

    fn message_id(&self, token: &str) -> String {
        let from = self.from().address;
        let domain = from
            .rsplit_once('@')
            .map_or("localhost", |(_, domain)| domain);
        format!("rt.{token}@{domain}")
    }

    /// The emails of the conversation so far and their answers, oldest first.
    fn thread(&self, lead: PhoneNumber, before: &[&Row]) -> Vec<String> {
        let ids: Vec<String> = before
            .iter()
            .filter_map(|row| match &row.body {
                RowBody::Outgoing(Effect::Email(_), sending) if sending.accepted.is_some() => {
                    let of = EmailRef { lead, seq: row.seq };
                    Some(self.message_id(&token::seal(self.key, Use::Reply, of)))
                }
                RowBody::Happened(entry) => match &entry.event {
                    Event::EmailReplied(reply) if is_message_id(&reply.message_id) => {
                        Some(reply.message_id.clone())
                    }
                    _ => None,
                },
                RowBody::Outgoing(..) => None,
            })
            .collect();
        ids[ids.len().saturating_sub(REFERENCES_MAX)..].to_vec()
    }

    fn page(
        &self,
        of: EmailRef,
        conversation: Option<&Conversation>,
        email: &EmailMessage,
        before: &[&Row],
    ) -> Result<Page, StoreError> {
        let locale = conversation.map_or("en", |conversation| &*conversation.locale);
        let words = words::of(locale);
        // An invitation is about the appointment alone, and so is what calls it off.
        let so_far = match email.invite.is_some() || email.ics.is_some() {
            true => Vec::new(),
            false => self.so_far(of.lead, locale, words, before)?,
        };
        let footer = match email.kind {
            MessageKind::Transactional => None,
            MessageKind::Marketing => Some(Footer {
                unsubscribe: self.unsubscribe_url(of),
                postal_address: self
                    .settings()
                    .and_then(|email| email.postal_address.clone()),
            }),
        };
        Ok(Page {
            words,
            brand: self.workspace().brand.clone(),
            subject: email.subject.clone(),
            body: email.text.clone(),
            so_far,
            footer,
        })
    }

    fn unsubscribe_url(&self, of: EmailRef) -> String {
        let token = token::seal(self.key, Use::Unsubscribe, of);
        format!("{}/u/{token}", self.live.public_url)
    }

    /// What was said before, in the lead's own time.
    fn so_far(
        &self,
        lead: PhoneNumber,
        locale: &str,
        words: &words::Words,
        before: &[&Row],
    ) -> Result<Vec<Quote>, StoreError> {
        let zone = self.zone_of(lead)?;
        let quotes: Vec<Quote> = before
            .iter()
            .filter_map(|row| {
                let (who, at, text) = said(row)?;
                let who = match who {
                    Who::Us => self.workspace().brand.clone(),
                    Who::Lead => words.you.to_string(),
                };
                let when = shown(&Value::Moment(at), locale, &zone);
                let text = text.to_string();
                Some(Quote { who, when, text })
            })
            .collect();
        Ok(quotes[quotes.len().saturating_sub(QUOTED_MAX)..].to_vec())
    }

    /// As a turn has it: told, or the number's only one, or the workspace's.
    fn zone_of(&self, lead: PhoneNumber) -> Result<Zone, StoreError> {
        let told = self
            .store
            .lead(lead)?
            .and_then(|record| record.lead.time_zone);
        if let Some(zone) = told.and_then(|zone| zone.parse().ok()) {
            return Ok(zone);
        }
        let mut candidates = zones::candidates(lead);
        Ok(match (candidates.pop(), candidates.is_empty()) {
            (Some(only), true) => only,
            _ => self.workspace().time_zone.clone(),
        })
    }

    fn invite(
        &self,
        uid: &str,
        email: &EmailMessage,
        start: Timestamp,
        end: Timestamp,
        at: Timestamp,
    ) -> String {
        let from = self.from();
        invite::calendar(&invite::Event {
            uid,
            start,
            end,
            title: &email.subject,
            organizer: &from.address,
            brand: &self.workspace().brand,
            at,
        })
    }
}

enum Who {
    Us,
    Lead,
}

/// A text that reached the lead, or that they wrote.
fn said(row: &Row) -> Option<(Who, Timestamp, &str)> {
    match &row.body {
        RowBody::Outgoing(Effect::Sms(message), sending) => {
            Some((Who::Us, sending.accepted?, &message.text))
        }
        RowBody::Happened(entry) => match &entry.event {
            Event::Replied { text, .. } => Some((Who::Lead, row.at, text)),
            Event::EmailReplied(reply) if !reply.automatic => {
                Some((Who::Lead, row.at, &reply.text))
            }
            _ => None,
        },
        RowBody::Outgoing(..) => None,
    }
}

/// What a stranger's mail program called its letter goes into a header of ours only if it is plain.
fn is_message_id(id: &str) -> bool {
    id.len() <= 250
        && id.contains('@')
        && id
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>')
}

/// What a provider that writes Message-IDs of its own wants, to keep ours and to name it when it tells of
/// a bounce. Source: postmarkapp.com, "Send email with SMTP".
fn provider_headers(settings: Option<&EmailSettings>, token: &str) -> Vec<(&'static str, String)> {
    let smtp = settings.and_then(|email| email.smtp.as_deref());
    match smtp {
        Some(smtp) if smtp.contains("postmarkapp.com") => vec![
            ("X-PM-KeepID", "true".to_string()),
            ("X-PM-Metadata-effect", token.to_string()),
        ],
        _ => Vec::new(),
    }
}
