//! ## What it finds
//!
//! A handoff that does not say what happens when nobody takes it.
//!
//! ## Why it matters
//!
//! A hot lead whom nobody calls is lost without a trace: the conversation ends as `unclaimed`, and the lead
//! was told to expect a call.
//!
//! ## Example
//!
//! ```yaml
//! handoff: sales
//! outcomes: { reached: booked, no_answer: nurture }
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! handoff: sales
//! outcomes: { reached: booked, no_answer: nurture, unclaimed: by-email }
//! ```

use crate::flow::Flow;
use crate::flow::StepIx;
use crate::flow::steps::Verb;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::said::is_own;

pub struct HandoffWithoutUnclaimed;

impl Lint for HandoffWithoutUnclaimed {
    fn name(&self) -> &'static str {
        "handoff-without-unclaimed"
    }

    fn source(&self) -> &'static str {
        include_str!("handoff_without_unclaimed.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for (at, step) in flow.steps.iter().enumerate() {
            let ix = StepIx(at as u32);
            let written = flow.places.exits.contains_key(&(ix, "unclaimed".into()));
            if matches!(step.verb, Verb::Handoff(_)) && is_own(flow, ix) && !written {
                report.step(
                    ix,
                    flow.places.step(ix),
                    format!(
                        "`{}` does not say what happens when nobody takes it",
                        step.name
                    ),
                    "a handoff without `unclaimed`",
                    "add `unclaimed` to its outcomes, such as `unclaimed: by-email`",
                );
            }
        }
    }
}
