//! ## What it finds
//!
//! Urgent words ("hurry", "limited time", "last chance") in a text that does not say until when.
//!
//! ## Why it matters
//!
//! Urgency without a date is what fraud sounds like, and regulators call it misleading.
//!
//! ## Example
//!
//! ```yaml
//! say: "{brand}: hurry, limited time offer."
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! say: "{brand}: 20% off until Friday, Dec 4."
//! ```

use crate::flow::Flow;
use crate::flow::template::{Format, Piece};
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::prose;
use crate::lint::said;

pub struct UrgencyWithoutExpiry;

impl Lint for UrgencyWithoutExpiry {
    fn name(&self) -> &'static str {
        "urgency-without-expiry"
    }

    fn source(&self) -> &'static str {
        include_str!("urgency_without_expiry.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for said in said::all(flow, report.brand()) {
            let dated = said.template.pieces.iter().any(|piece| match piece {
                Piece::Token(token) => matches!(token.format, Some(Format::Date(_))),
                Piece::Literal(_) => false,
            });
            if let Some(phrase) = find(&said.text).filter(|_| !dated) {
                report.piece(
                    &said,
                    phrase,
                    format!("`{phrase}` does not say until when"),
                    "urgent, until when?",
                    "give the day it ends: `until Friday, Dec 4`",
                );
            }
        }
    }
}

const URGENT: [&str; 19] = [
    "hurry",
    "act now",
    "act fast",
    "limited time",
    "limited offer",
    "last chance",
    "ends soon",
    "expires soon",
    "expiring soon",
    "don't miss",
    "don't wait",
    "final hours",
    "while supplies last",
    "while stocks last",
    "now or never",
    "running out",
    "última oportunidad",
    "tiempo limitado",
    "por tiempo limitado",
];

const EXPIRY: [&str; 38] = [
    "today",
    "tonight",
    "tomorrow",
    "midnight",
    "noon",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "jan",
    "feb",
    "dec",
    "hoy",
    "mañana",
    "viernes",
    "lunes",
    "domingo",
];

pub(super) fn find(text: &str) -> Option<&'static str> {
    let urgent = prose::first_phrase(text, &URGENT)?;
    (!says_until_when(text)).then_some(urgent)
}

/// Whether a text names a day or an hour.
pub(super) fn says_until_when(text: &str) -> bool {
    prose::first_phrase(text, &EXPIRY).is_some() || has_time(text)
}

/// `5 PM`, `5pm`, `17:00`, `12/4`.
fn has_time(text: &str) -> bool {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.iter().enumerate().any(|(i, word)| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let digit = word.starts_with(|c: char| c.is_ascii_digit());
        let half = words
            .get(i + 1)
            .is_some_and(|next| next.starts_with("am") || next.starts_with("pm"));
        digit && (half || word.ends_with("am") || word.ends_with("pm") || word.contains([':', '/']))
    })
}
