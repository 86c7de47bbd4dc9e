//! ## What it finds
//!
//! A question that is asked again more than twice when its answers are not understood.
//!
//! ## Why it matters
//!
//! Whoever was not understood twice wants a person, not the question a third time.
//!
//! ## Example
//!
//! ```yaml
//! unclear: { tries: 5, then: person }
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! unclear: { say: "Sorry, I missed that. Reply 1 or 2.", tries: 2, then: person }
//! ```

use crate::flow::Flow;
use crate::flow::StepIx;
use crate::flow::steps::Verb;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::said::is_own;

pub struct ReaskLimit;

impl Lint for ReaskLimit {
    fn name(&self) -> &'static str {
        "reask-limit"
    }

    fn source(&self) -> &'static str {
        include_str!("reask_limit.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for (at, step) in flow.steps.iter().enumerate() {
            let ix = StepIx(at as u32);
            let tries = match &step.verb {
                Verb::Ask(ask) => ask.unclear.tries,
                Verb::Book(book) => book.unclear.tries,
                _ => 0,
            };
            if tries > MAX && is_own(flow, ix) {
                report.step(
                    ix,
                    flow.places.step(ix),
                    format!("`{}` is asked again {tries} times", step.name),
                    "asked again too often",
                    "twice is the most; then a person",
                );
            }
        }
    }
}

const MAX: u8 = 2;
