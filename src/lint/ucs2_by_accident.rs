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
            if let Some(bent) = find(&literals) {
                let plain = sms_parts::transliterate(&said.text).unwrap_or_default();
                let (now, then) = (sms_parts::count(&said.text), sms_parts::count(&plain));
                report.text(
                    &said,
                    format!(
                        "{bent} makes this text UCS-2: {} of {} instead of {} of {}",
                        parts(now.parts),
                        now.encoding.joined(),
                        parts(then.parts),
                        then.encoding.joined(),
                    ),
                    "a character outside GSM-7",
                    &format!("the same in GSM-7: {plain}"),
                );
            }
        }
    }
}

/// The characters with what to write instead, when all that are not GSM-7 have such an equal.
pub(super) fn find(text: &str) -> Option<String> {
    let mut bent: Vec<char> = text.chars().filter(|c| !sms_parts::is_gsm7(*c)).collect();
    bent.sort_unstable();
    bent.dedup();
    if bent.is_empty() {
        return None;
    }
    let named: Option<Vec<String>> = bent
        .into_iter()
        .map(|c| sms_parts::plain(c).map(|plain| format!("{} (for `{plain}`)", shown(c))))
        .collect();
    named.map(|named| named.join(", "))
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

fn parts(count: usize) -> String {
    if count == 1 {
        "1 part".to_string()
    } else {
        format!("{count} parts")
    }
}
