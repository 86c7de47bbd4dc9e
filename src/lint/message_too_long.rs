//! ## What it finds
//!
//! A text that may take more than 2 segments (parts) once its tokens are filled: with the longest value
//! that a token is likely to bring, or its fallback where that is longer.
//!
//! ## Why it matters
//!
//! Every part is billed, long texts are not read to the end, and their parts may come in the wrong order.
//!
//! ## Example
//!
//! ```yaml
//! say: "… 300 characters and {address} …"
//! ```
//!
//! ## Instead
//!
//! One thing a text. What remains may be behind a link.

use crate::flow::Flow;
use crate::flow::sms_parts;
use crate::flow::template::{Piece, Source, Token, longest};
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::said;

pub struct MessageTooLong;

impl Lint for MessageTooLong {
    fn name(&self) -> &'static str {
        "message-too-long"
    }

    fn source(&self) -> &'static str {
        include_str!("message_too_long.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        let link = report
            .known()
            .workspace
            .and_then(|workspace| workspace.public_url.as_deref());
        let link_length = link.unwrap_or("https://text.example").chars().count() + LINK_PATH;
        for said in said::all(flow, report.brand()) {
            let brand_length = report.brand().chars().count();
            let worst = worst(&said.template.pieces, brand_length, link_length);
            let size = sms_parts::count(&worst.text);
            if size.parts <= MAX {
                continue;
            }
            let of = format!("{} segments of {}", size.parts, size.encoding.joined());
            let message = match worst.widest {
                Some((token, length)) => {
                    format!("up to {of} with tokens filled; {token} may take {length} characters")
                }
                None => format!("this text takes {of}"),
            };
            let help = match sms_parts::cheaper(&worst.text) {
                Some(cheaper) if cheaper.size.parts <= MAX => {
                    "curly quotes and the like make it UCS-2; written plainly it fits".to_string()
                }
                _ => format!(
                    "at most {} characters fit into {MAX}",
                    MAX * size.encoding.joined()
                ),
            };
            report.text(&said, message, "too long", &help);
        }
    }
}

const MAX: usize = 2;
/// `/l/` and 64 bits in 11 characters.
const LINK_PATH: usize = 14;

/// A text at its longest, and the token that takes most of it.
pub(super) struct Worst {
    pub(super) text: String,
    pub(super) widest: Option<(String, usize)>,
}

pub(super) fn worst(pieces: &[Piece], brand_length: usize, link_length: usize) -> Worst {
    let mut worst = Worst {
        text: String::new(),
        widest: None,
    };
    for piece in pieces {
        let token = match piece {
            Piece::Literal(text) => {
                worst.text.push_str(text);
                continue;
            }
            Piece::Token(token) => token,
        };
        let (name, filled) = match &token.source {
            Source::Brand => ("`{brand}`".to_string(), brand_length),
            Source::Link(name) => (format!("`{{link.{name}}}`"), link_length),
            source => (named(source), longest(source)),
        };
        let fallback = fallback(token);
        let length = filled.max(fallback.chars().count());
        // A fallback of the greatest length also brings its own alphabet.
        if length > filled {
            worst.text.push_str(&fallback);
        } else {
            worst.text.extend(std::iter::repeat_n('x', length));
        }
        if worst
            .widest
            .as_ref()
            .is_none_or(|(_, widest)| length > *widest)
        {
            worst.widest = Some((name, length));
        }
    }
    worst
}

fn fallback(token: &Token) -> String {
    let pieces = token.fallback.as_deref().unwrap_or_default();
    worst(pieces, 0, 0).text
}

fn named(source: &Source) -> String {
    match source {
        Source::Field(name, _) => format!("`{{{name}}}`"),
        Source::Brand => "`{brand}`".to_string(),
        Source::Link(name) => format!("`{{link.{name}}}`"),
        Source::Answer(_, name) => format!("`{{answers.{name}}}`"),
        Source::Score => "`{score}`".to_string(),
        Source::Agent => "`{agent}`".to_string(),
        Source::LastReply => "`{last_reply}`".to_string(),
        Source::Event(name) => format!("`{{event.{name}}}`"),
        Source::Saved(name) => format!("`{{saved.{name}}}`"),
        Source::Locale => "`{locale}`".to_string(),
        Source::Tags => "`{tags}`".to_string(),
    }
}
