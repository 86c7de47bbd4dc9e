//! ## What it finds
//!
//! A sentence of more than 15 words.
//!
//! ## Why it matters
//!
//! A text is read in passing; long sentences are read twice or not at all.
//!
//! ## Example
//!
//! ```yaml
//! say: "We wanted to let you know that the quote which you asked for last week is now ready to be read."
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! say: "Your quote is ready. You asked for it last week."
//! ```

use crate::flow::Flow;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::prose;
use crate::lint::said;

pub struct SentenceLength;

impl Lint for SentenceLength {
    fn name(&self) -> &'static str {
        "sentence-length"
    }

    fn source(&self) -> &'static str {
        include_str!("sentence_length.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for said in said::all(flow, report.brand()) {
            let words = prose::longest_sentence(&said.text);
            if words > MAX {
                report.text(
                    &said,
                    format!("a sentence of {words} words; {MAX} is the most"),
                    "a long sentence",
                    "make two of it",
                );
            }
        }
    }
}

pub(super) const MAX: usize = 15;
