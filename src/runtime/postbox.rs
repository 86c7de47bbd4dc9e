//! What would have left the machine: texts and emails to leads, and what an alert means for each agent
//! it is for. Read from the outgoing rows; nothing is kept twice.

use crate::conversation::{ConversationId, Effect, HandoffOffer};
use crate::flow::workspace::{Agent, Workspace};
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
pub fn emails(
    store: &dyn Store,
    workspace: &Workspace,
    to: Option<&str>,
) -> Result<Vec<PostedEmail>, StoreError> {
    let mut posted: Vec<PostedEmail> = store
        .outgoing(RowKind::Email, to, SHOWN_MAX)?
        .into_iter()
        .filter_map(|row| {
            let at = accepted(&row)?;
            match row.body {
                RowBody::Outgoing(Effect::Email(email), _) => Some(PostedEmail {
                    to: email.to,
                    subject: email.subject,
                    html: html(&email.text),
                    text: email.text,
                    at,
                }),
                _ => None,
            }
        })
        .collect();
    for alert in alerts(store, workspace)? {
        posted.extend(alert.agents.iter().filter_map(|agent| {
            let posted = PostedEmail {
                to: agent.email.clone()?,
                subject: alert.notice.subject.clone(),
                html: html(&alert.notice.text),
                text: alert.notice.text.clone(),
                at: alert.at,
            };
            to.is_none_or(|to| posted.to.eq_ignore_ascii_case(to))
                .then_some(posted)
        }));
    }
    posted.sort_by_key(|email| email.at);
    Ok(posted)
}

struct Alert<'w> {
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

/// The text as a page: escaped, its blank lines paragraphs, its addresses links.
pub fn html(text: &str) -> String {
    let paragraphs: Vec<String> = text
        .split("\n\n")
        .map(str::trim)
        .filter(|paragraph| !paragraph.is_empty())
        .map(|paragraph| {
            let lines: Vec<String> = paragraph.lines().map(line_html).collect();
            format!("<p>{}</p>", lines.join("<br>"))
        })
        .collect();
    paragraphs.join("\n")
}

fn line_html(line: &str) -> String {
    let words: Vec<String> = line
        .split(' ')
        .map(|word| {
            let address = word.trim_end_matches(['.', ',', '!', '?', ')']);
            let escaped = escape(word);
            if !address.starts_with("https://") && !address.starts_with("http://") {
                return escaped;
            }
            let (link, tail) = (escape(address), escape(&word[address.len()..]));
            format!("<a href=\"{link}\">{link}</a>{tail}")
        })
        .collect();
    words.join(" ")
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_is_a_page_in_which_data_stays_data() {
        for (text, page) in [
            ("Hi", "<p>Hi</p>"),
            ("a\nb\n\nc", "<p>a<br>b</p>\n<p>c</p>"),
            ("<b>1 & 2</b>", "<p>&lt;b&gt;1 &amp; 2&lt;/b&gt;</p>"),
            (
                "See https://x.example/?a=1&b=2.",
                "<p>See <a href=\"https://x.example/?a=1&amp;b=2\">\
                 https://x.example/?a=1&amp;b=2</a>.</p>",
            ),
        ] {
            assert_eq!(html(text), page, "{text:?}");
        }
    }
}
