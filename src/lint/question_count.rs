//! ## What it finds
//!
//! More than one question in a text.
//!
//! ## Why it matters
//!
//! A lead answers one of them, and "yes" then fits them all.
//!
//! ## Example
//!
//! ```yaml
//! ask: "Do you own the home? How old is the roof? When can we come?"
//! ```
//!
//! ## Instead
//!
//! One question a step:
//!
//! ```yaml
//! ask: "Do you own the home? Reply 1 for yes, 2 for no."
//! ```

use crate::flow::Flow;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::prose;
use crate::lint::said;

pub struct QuestionCount;

impl Lint for QuestionCount {
    fn name(&self) -> &'static str {
        "question-count"
    }

    fn source(&self) -> &'static str {
        include_str!("question_count.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for said in said::all(flow, report.brand()) {
            let count = count(&said.text);
            if count > MAX {
                report.text(
                    &said,
                    format!("{count} questions in one text"),
                    "more than one question",
                    "ask one, and the others in steps of their own",
                );
            }
        }
    }
}

pub(super) const MAX: usize = 1;

pub(super) fn count(text: &str) -> usize {
    let words = text.split_whitespace().filter(|word| !prose::is_link(word));
    words.filter(|word| word.contains(['?', '？', '؟'])).count()
}
