//! What would have left the machine: texts and emails to leads, and what an alert means for each agent
//! it is for. Read from the outgoing rows; nothing is kept twice.

use crate::conversation::{ConversationId, Effect, HandoffOffer};
use crate::email::{EmailRef, Letter};
use crate::flow::workspace::{Agent, Workspace};
use crate::runtime::letters::Letters;
use crate::runtime::route;
use crate::store::{HandoffId, Row, RowBody, RowKind, Sending, Store, StoreError};
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
    for alert in alerts(store, workspace)? {
        posted.extend(alert.agents.iter().filter_map(|agent| {
            let posted = PostedText {
                to: agent.sms?.to_string(),
                from: from.clone(),
                text: alert.notice.text.clone(),
                media: Vec::new(),
                at: alert.at,
            };
            to.is_none_or(|to| posted.to == to).then_some(posted)
        }));
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
        let of = EmailRef {
            lead: row.lead,
            seq: row.seq,
        };
        posted.push(shown(letters.email(of, row.conversation, email, at)?));
    }
    for alert in alerts(letters.store, &letters.live.workspace)? {
        for (n, agent) in alert.agents.iter().enumerate() {
            let Some(address) = &agent.email else {
                continue;
            };
            if to.is_none_or(|to| address.eq_ignore_ascii_case(to)) {
                let letter = letters.alert(alert.of, n, address, &alert.notice, alert.at);
                posted.push(shown(letter));
            }
        }
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
        at: letter.at,
    }
}

struct Alert<'w> {
    of: EmailRef,
    at: Timestamp,
    agents: Vec<&'w Agent>,
    notice: route::Notice,
}

fn alerts<'w>(store: &dyn Store, workspace: &'w Workspace) -> Result<Vec<Alert<'w>>, StoreError> {
    let mut alerts = Vec::new();
    for row in store.outgoing(RowKind::Alert, None, SHOWN_MAX)? {
        let (Some(at), Some((conversation, offer))) = (accepted(&row), offer(&row)) else {
            continue;
        };
        let id = HandoffId {
            conversation,
            seq: row.seq,
        };
        alerts.push(Alert {
            of: EmailRef {
                lead: row.lead,
                seq: row.seq,
            },
            at,
            agents: route::agents(store, workspace, id, offer, row.lead)?,
            notice: route::notice(offer, row.lead, workspace),
        });
    }
    Ok(alerts)
}

fn offer(row: &Row) -> Option<(ConversationId, &HandoffOffer)> {
    match &row.body {
        RowBody::Outgoing(Effect::AlertAgents(offer), _) => Some((row.conversation?, offer)),
        _ => None,
    }
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
