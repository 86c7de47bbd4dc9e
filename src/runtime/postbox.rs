//! What would have left the machine: texts and emails to leads, and what agents were told. Read from the outgoing rows; nothing is kept twice.

use crate::conversation::{AgentNote, AgentWay, Effect};
use crate::email::{EmailRef, Letter};
use crate::flow::workspace::Workspace;
use crate::runtime::letters::Letters;
use crate::runtime::notice::Notice;
use crate::store::{Row, RowBody, RowKind, Sending, Store, StoreError};
use crate::time::Timestamp;

/// Most that are shown; the newest are kept.
const SHOWN_MAX: usize = 10_000;
/// What texts come from where no channel has a number.
const NO_NUMBER: &str = "sandbox";

pub struct PostedText {
    pub to: String,
    pub from: String,
    pub text: String,
    pub media: Vec<String>,
    pub at: Timestamp,
}

pub struct PostedEmail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// Without angle brackets.
    pub message_id: String,
    pub unsubscribe: Option<String>,
    /// An invitation that goes with it.
    pub ics: Option<String>,
    pub at: Timestamp,
}

/// Texts that left, in the order they left; to one number, or to all.
pub fn texts(
    store: &dyn Store,
    workspace: &Workspace,
    to: Option<&str>,
) -> Result<Vec<PostedText>, StoreError> {
    let mut posted: Vec<PostedText> = store
        .outgoing(RowKind::Sms, to, SHOWN_MAX)?
        .into_iter()
        .filter_map(|row| {
            let at = accepted(&row)?;
            match row.body {
                RowBody::Outgoing(Effect::Sms(message), sending) => Some(PostedText {
                    to: sending.to,
                    from: sending.from.unwrap_or_else(|| NO_NUMBER.to_string()),
                    text: message.text,
                    media: message.media,
                    at,
                }),
                _ => None,
            }
        })
        .collect();
    let from = default_number(workspace);
    for told in notes(store, AgentWay::Sms, to)? {
        posted.push(PostedText {
            to: told.note.to,
            from: from.clone(),
            text: told.note.text,
            media: Vec::new(),
            at: told.at,
        });
    }
    posted.sort_by_key(|text| text.at);
    Ok(posted)
}

/// Emails that left, in the order they left; to one address, or to all.
pub fn emails(letters: &Letters, to: Option<&str>) -> Result<Vec<PostedEmail>, StoreError> {
    let mut posted = Vec::new();
    for row in letters.store.outgoing(RowKind::Email, to, SHOWN_MAX)? {
        let (Some(at), RowBody::Outgoing(Effect::Email(email), _)) = (accepted(&row), &row.body)
        else {
            continue;
        };
        posted.push(shown(letters.email(
            of(&row),
            row.conversation,
            email,
            at,
        )?));
    }
    for told in notes(letters.store, AgentWay::Email, to)? {
        let notice = Notice {
            subject: told.note.subject,
            text: told.note.text,
        };
        let letter = letters.alert(told.of, &told.note.to, &notice, told.at);
        posted.push(shown(letter));
    }
    posted.sort_by_key(|email| email.at);
    Ok(posted)
}

fn shown(letter: Letter) -> PostedEmail {
    PostedEmail {
        to: letter.to,
        subject: letter.subject,
        text: letter.text,
        html: letter.html,
        message_id: letter.message_id,
        unsubscribe: letter.unsubscribe.map(|unsubscribe| unsubscribe.url),
        ics: letter.invite,
        at: letter.at,
    }
}

fn of(row: &Row) -> EmailRef {
    EmailRef {
        lead: row.lead,
        seq: row.seq,
    }
}

/// Something an agent was told, and when.
struct Told {
    of: EmailRef,
    at: Timestamp,
    note: AgentNote,
}

/// What agents were told one way.
fn notes(store: &dyn Store, way: AgentWay, to: Option<&str>) -> Result<Vec<Told>, StoreError> {
    let rows = store.outgoing(RowKind::Alert, to, SHOWN_MAX)?;
    let told = rows.into_iter().filter_map(|row| {
        let (of, at) = (of(&row), accepted(&row)?);
        match row.body {
            RowBody::Outgoing(Effect::TellAgent(note), _) if note.way == way => {
                Some(Told { of, at, note })
            }
            _ => None,
        }
    });
    Ok(told.collect())
}

/// When it left, if it did.
fn accepted(row: &Row) -> Option<Timestamp> {
    match &row.body {
        RowBody::Outgoing(
            _,
            Sending {
                accepted: Some(at), ..
            },
        ) => Some(*at),
        _ => None,
    }
}

fn default_number(workspace: &Workspace) -> String {
    let first = workspace
        .channels
        .values()
        .find_map(|channel| channel.from.first());
    first.cloned().unwrap_or_else(|| NO_NUMBER.to_string())
}
