//! ## What it finds
//!
//! Answers of a question that no flow test gives.
//!
//! ## Why it matters
//!
//! What no test takes may lead anywhere after the next edit, and nobody will know.
//!
//! ## Example
//!
//! A question with `yes` and `later`, and tests in which every lead says yes.
//!
//! ## Instead
//!
//! ```yaml
//! tests:
//!   - name: a later lead is nurtured
//!     script: [ { bot: "*" }, { lead: "2" }, { end: nurture } ]
//! ```

use crate::flow::Flow;
use crate::flow::graph::{Taken, taken_by};
use crate::flow::steps::Verb;
use crate::lint::Lint;
use crate::lint::said::is_own;
use crate::lint::{Report, Uncovered};

pub struct UntestedAnswers;

impl Lint for UntestedAnswers {
    fn name(&self) -> &'static str {
        "untested-answers"
    }

    fn source(&self) -> &'static str {
        include_str!("untested_answers.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        let Some(uncovered) = report.known().uncovered else {
            return;
        };
        let answers = |missing: &&Uncovered| {
            let verb = &flow.step(missing.step).verb;
            taken_by(verb, &missing.exit) == Taken::Answer && is_own(flow, missing.step)
        };
        if flow.tests.is_empty() {
            if uncovered.iter().any(|missing| answers(&missing)) {
                report.flow(
                    flow.places.flow,
                    "no test takes any answer of this flow: it has none".to_string(),
                    "a flow without tests",
                    "add `tests`, with a lead for each answer",
                );
            }
            return;
        }
        for missing in uncovered.iter().filter(answers) {
            let step = flow.step(missing.step);
            report.step(
                missing.step,
                flow.places.option(missing.step, &missing.exit),
                match &step.verb {
                    Verb::Email(_) => format!(
                        "in no test the lead replies to the email of `{}`",
                        step.name
                    ),
                    _ => format!("no test answers `{}` with `{}`", step.name, missing.exit),
                },
                "no test takes this answer",
                "add a test in which a lead gives it",
            );
        }
    }
}
