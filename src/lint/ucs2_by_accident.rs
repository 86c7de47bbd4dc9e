//! ## What it finds
//!
//! A text that is UCS-2 only because of characters that have a plain equal: curly quotes, long dashes, odd
//! spaces, an ellipsis.
//!
//! ## Why it matters
//!
//! One of them makes a part hold 70 characters instead of 160: the bill doubles for a quote mark that a
//! word processor bent.
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
use crate::flow::sms_parts::{self, Parts};
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
            report.piece(
                &said,
                &bent.first().map(char::to_string).unwrap_or_default(),
                format!(
                    "UCS-2 only because of {}: {} instead of {}",
                    named.join(", "),
                    parts(now),
                    parts(then)
                ),
                "not in GSM-7",
                &format!("the same in GSM-7: {plain}"),
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

/// `1 part of 70`, `3 parts of 153`.
fn parts(size: Parts) -> String {
    match size.parts {
        1 => format!("1 part of {}", size.encoding.single()),
        many => format!("{many} parts of {}", size.encoding.joined()),
    }
}
