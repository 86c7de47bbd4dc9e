//! What is left of a text whose time is up: a keyed hash, by which its writer can still prove what it
//! was. Ids, times and parts stay.

use crate::conversation::{Conversation, Effect, Event};
use crate::lead::Value;
use crate::store::RowBody;

/// Stands where a text stood; sixteen digits of the hash follow.
const MARK: &str = "removed:";
const MARK_LEN: usize = MARK.len() + 16;

/// `removed:` and a hash that only who has the store's secret can make.
pub(super) fn mark(secret: &[u8], text: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret).expect("HMAC takes any key");
    mac.update(b"text\0");
    mac.update(text.as_bytes());
    let hash = mac.finalize().into_bytes();
    let hex = hash[..8].iter().map(|byte| format!("{byte:02x}"));
    format!("{MARK}{}", hex.collect::<String>())
}

fn is_left(text: &str) -> bool {
    let is_mark = text.starts_with(MARK) && text.len() == MARK_LEN;
    !text.is_empty() && !is_mark
}

/// The texts of a row that people wrote or read.
fn texts(body: &mut RowBody) -> Vec<&mut String> {
    match body {
        RowBody::Happened(entry) => match &mut entry.event {
            Event::Replied { text, media, .. } => {
                let mut all = vec![text];
                all.extend(media);
                all
            }
            Event::AgentWrote { text, .. } | Event::Noted { text, .. } => vec![text],
            _ => Vec::new(),
        },
        RowBody::Outgoing(effect, sending) if !sending.status.is_pending() => match effect {
            Effect::Sms(sms) => {
                let mut all = vec![&mut sms.text];
                all.extend(&mut sms.media);
                all
            }
            Effect::Email(email) => {
                let mut all = vec![&mut email.subject, &mut email.text];
                all.extend(&mut email.ics);
                all
            }
            Effect::TellAgent(note) => vec![&mut note.subject, &mut note.text],
            Effect::AlertAgents(offer) => vec![&mut offer.brief],
            _ => Vec::new(),
        },
        RowBody::Outgoing(..) => Vec::new(),
    }
}

/// Blanks what the row still tells; false when there is nothing left to blank.
pub fn blank_row(body: &mut RowBody, mark: impl Fn(&str) -> String) -> bool {
    let mut changed = false;
    for text in texts(body).into_iter().filter(|text| is_left(text)) {
        *text = mark(text);
        changed = true;
    }
    changed
}

/// Whether the row still holds a text.
pub fn tells(body: &RowBody) -> bool {
    texts(&mut body.clone()).iter().any(|text| is_left(text))
}

/// Of an ended conversation: its last reply, and answers in the lead's own words. A chosen option is
/// one word and stays.
pub(super) fn blank_conversation(it: &mut Conversation, mark: impl Fn(&str) -> String) -> bool {
    if !it.is_ended() {
        return false;
    }
    let answers = it.answers.iter_mut().filter_map(|(_, value)| match value {
        Value::Text(text) if text.contains(char::is_whitespace) => Some(text),
        _ => None,
    });
    let mut changed = false;
    for text in answers.chain([&mut it.last_reply]) {
        if is_left(text) {
            *text = mark(text);
            changed = true;
        }
    }
    changed
}
