//! ## What it finds
//!
//! More than one exclamation mark in a text.
//!
//! ## Why it matters
//!
//! It reads as shouting, and carriers' filters count them.
//!
//! ## Example
//!
//! ```yaml
//! say: "{brand}: your quote is ready!!!"
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! say: "{brand}: your quote is ready!"
//! ```

use crate::flow::Flow;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::said;

pub struct Exclamation;

impl Lint for Exclamation {
    fn name(&self) -> &'static str {
        "exclamation"
    }

    fn source(&self) -> &'static str {
        include_str!("exclamation.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for said in said::all(flow, report.brand()) {
            let count = count(&said.text);
            if count > MAX {
                report.text(
                    &said,
                    format!("{count} exclamation marks in one text"),
                    "too many exclamation marks",
                    "one is enough",
                );
            }
        }
    }
}

pub(super) const MAX: usize = 1;

pub(super) fn count(text: &str) -> usize {
    text.chars().filter(|c| matches!(c, '!' | '！')).count()
}
