//! ## What it finds
//!
//! A date in figures alone, such as 12/1 or 03/04/2026.
//!
//! ## Why it matters
//!
//! Half of the world reads the day first, the other half the month.
//!
//! ## Example
//!
//! ```yaml
//! say: "{brand}: see you 12/1 at 3 PM."
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! say: "{brand}: see you Tue Dec 1 at 3 PM."
//! ```
//!
//! A date of the lead's own is written with a format: `{visit_at:EEE d MMM, h:mm a}`.

use crate::flow::Flow;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::said;

pub struct AmbiguousDate;

impl Lint for AmbiguousDate {
    fn name(&self) -> &'static str {
        "ambiguous-date"
    }

    fn source(&self) -> &'static str {
        include_str!("ambiguous_date.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for said in said::all(flow, report.brand()) {
            let date = said.literals().find_map(find).map(str::to_string);
            if let Some(date) = date {
                report.piece(
                    &said,
                    &date,
                    format!("`{date}` is one day to some and another day to others"),
                    "a date in figures",
                    "name the month, and the weekday if there is room: `Tue Dec 1`",
                );
            }
        }
    }
}

/// Figures that are no date.
const USUAL: [&str; 7] = ["24/7", "1/2", "1/3", "2/3", "1/4", "3/4", "7/7"];

pub(super) fn find(text: &str) -> Option<&str> {
    let words = text.split_whitespace();
    words
        .map(|word| word.trim_matches(|c: char| !c.is_ascii_digit()))
        .find(|word| !USUAL.contains(word) && is_date(word))
}

/// `12/1`, `12/1/26`, `1.12.2026`: a day and a month in either order, a year behind them where the
/// sign between them is not a slash.
fn is_date(word: &str) -> bool {
    let parts = |sign: char| -> Option<Vec<u32>> {
        let parts = word.split(sign).map(|part| {
            let figures = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            figures.then(|| part.parse().ok()).flatten()
        });
        parts.collect()
    };
    let fits = |a: u32, b: u32| (1..=31).contains(&a) && (1..=31).contains(&b) && a.min(b) <= 12;
    ['/', '.', '-']
        .into_iter()
        .any(|sign| match parts(sign).as_deref() {
            Some([a, b]) => sign == '/' && fits(*a, *b),
            Some([a, b, year]) => fits(*a, *b) && (*year < 100 || (1900..2100).contains(year)),
            _ => false,
        })
}
