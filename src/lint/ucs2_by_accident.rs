//! ## What it finds
//!
//! A text that is UCS-2 only because of characters that have a plain equal: curly quotes, long dashes, odd
//! spaces, an ellipsis.
//!
//! ## Why it matters
//!
//! Carriers send a text in GSM-7 where all of its characters are plain, and else in UCS-2. In UCS-2 a part
//! holds 70 characters instead of 160: the bill doubles for a quote mark that a word processor bent. Curly
//! quotes around a whole text are no quotes to YAML either: the lead sees them.
//!
//! ## Example
//!
//! ```yaml
//! say: "{brand}: it’s time – your quote’s ready."
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! say: "{brand}: it's time - your quote's ready."
//! ```

use crate::flow::Flow;
use crate::flow::sms_parts;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::said;

pub struct Ucs2ByAccident;

impl Lint for Ucs2ByAccident {
    fn name(&self) -> &'static str {
        "ucs2-by-accident"
    }

    fn source(&self) -> &'static str {
        include_str!("ucs2_by_accident.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for said in said::all(flow, report.brand()) {
            let literals: String = said.literals().collect();
            let Some(bent) = find(&literals) else {
                continue;
            };
            let plain = sms_parts::transliterate(&said.text).unwrap_or_default();
            let (now, then) = (sms_parts::count(&said.text), sms_parts::count(&plain));
            let named: Vec<String> = bent.iter().map(|c| shown(*c)).collect();
            let written = report.written(&said).unwrap_or(&said.text);
            let first = bent.first().map(char::to_string).unwrap_or_default();
            if let Some(inside) = in_curly_quotes(written) {
                let inside: String = inside.chars().map(plain_or_own).collect();
                report.piece(
                    &said,
                    &first,
                    format!(
                        "the lead will see the curly quotes around this text ({})",
                        named.join(", ")
                    ),
                    "no quotes to YAML, and dear to send",
                    &format!("write \"{inside}\""),
                );
                continue;
            }
            let escaped = written.starts_with('"');
            let in_its_quotes = |c: char| match escaped {
                true => plain_or_own(c),
                false => sms_parts::plain(c).map_or(c.to_string(), String::from),
            };
            let written: String = written.chars().map(in_its_quotes).collect();
            let cost = match then.parts < now.parts {
                true => format!("{} parts are billed instead of {}", now.parts, then.parts),
                false => "the bill doubles over 70 characters".to_string(),
            };
            report.piece(
                &said,
                &first,
                format!("dearer because of {}: {cost}", named.join(", ")),
                "has a plain equal",
                &format!("write {written}"),
            );
        }
    }
}

/// The characters outside GSM-7, when every one of them has a plain equal.
pub(super) fn find(text: &str) -> Option<Vec<char>> {
    let mut bent: Vec<char> = Vec::new();
    for c in text.chars().filter(|c| !sms_parts::is_gsm7(*c)) {
        sms_parts::plain(c)?;
        if !bent.contains(&c) {
            bent.push(c);
        }
    }
    (!bent.is_empty()).then_some(bent)
}

/// A character as it looks, or its code where it does not look like anything.
fn shown(c: char) -> String {
    if c.is_whitespace() || c.is_control() || matches!(c as u32, 0x200B..=0x200F | 0xFEFF | 0x2060)
    {
        format!("U+{:04X}", c as u32)
    } else {
        format!("`{c}`")
    }
}

/// What stands between curly quotes that enclose the whole text.
fn in_curly_quotes(written: &str) -> Option<&str> {
    let quotes = [('“', '”'), ('„', '“'), ('‘', '’'), ('”', '”')];
    quotes
        .iter()
        .find_map(|(open, close)| written.strip_prefix(*open)?.strip_suffix(*close))
}

/// The plain equal, which in a text between straight quotes is escaped where it is one.
fn plain_or_own(c: char) -> String {
    match sms_parts::plain(c) {
        Some("\"") => "\\\"".to_string(),
        Some(plain) => plain.to_string(),
        None => c.to_string(),
    }
}
