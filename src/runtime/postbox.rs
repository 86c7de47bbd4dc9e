//! What would have left the machine: texts and emails to leads, and what agents were told. Read from the outgoing rows; nothing is kept twice.

use crate::conversation::{AgentNote, AgentWay, Effect};
use crate::flow::workspace::Workspace;
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
    for (at, note) in notes(store, AgentWay::Sms, to)? {
        posted.push(PostedText {
            to: note.to,
            from: from.clone(),
            text: note.text,
            media: Vec::new(),
            at,
        });
    }
    posted.sort_by_key(|text| text.at);
    Ok(posted)
}

/// Emails that left, in the order they left; to one address, or to all.
pub fn emails(
    store: &dyn Store,
    _workspace: &Workspace,
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
                    ics: email.ics,
                    at,
                }),
                _ => None,
            }
        })
        .collect();
    for (at, note) in notes(store, AgentWay::Email, to)? {
        posted.push(PostedEmail {
            html: html(&note.text),
            to: note.to,
            subject: note.subject,
            text: note.text,
            ics: None,
            at,
        });
    }
    posted.sort_by_key(|email| email.at);
    Ok(posted)
}

/// What agents were told one way, and when.
fn notes(
    store: &dyn Store,
    way: AgentWay,
    to: Option<&str>,
) -> Result<Vec<(Timestamp, AgentNote)>, StoreError> {
    let rows = store.outgoing(RowKind::Alert, to, SHOWN_MAX)?;
    let told = rows.into_iter().filter_map(|row| {
        let at = accepted(&row)?;
        match row.body {
            RowBody::Outgoing(Effect::TellAgent(note), _) if note.way == way => Some((at, note)),
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
