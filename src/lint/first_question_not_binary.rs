//! ## What it finds
//!
//! A flow whose first question has more than two answers, or an open one.
//!
//! ## Why it matters
//!
//! A first question that is answered with 1 or 2 gets the most replies; whoever has answered once answers
//! again.
//!
//! ## Example
//!
//! ```yaml
//! ask: "What budget do you have in mind?"
//! expect: money
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! ask: "Are you looking to buy within 2 weeks? Reply 1 for yes, 2 for later."
//! answers: { yes: budget, later: nurture }
//! ```

use crate::flow::Flow;
use crate::flow::steps::Expect;
use crate::flow::steps::Verb;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::paths;
use crate::lint::said::is_own;

pub struct FirstQuestionNotBinary;

impl Lint for FirstQuestionNotBinary {
    fn name(&self) -> &'static str {
        "first-question-not-binary"
    }

    fn source(&self) -> &'static str {
        include_str!("first_question_not_binary.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for ix in paths::first_questions(flow) {
            let step = flow.step(ix);
            let Verb::Ask(ask) = &step.verb else { continue };
            let answers = match &ask.expect {
                Expect::Options(options, _) if options.len() == 2 => continue,
                Expect::Value { kind, .. } if kind.name() == "yes_no" => continue,
                Expect::Options(options, _) => format!("has {} answers", options.len()),
                Expect::Value { kind, .. } => format!("is open: it expects a {}", kind.name()),
            };
            if is_own(flow, ix) {
                report.step(
                    ix,
                    flow.places.step(ix),
                    format!("the first question, `{}`, {answers}", step.name),
                    "the first question",
                    "begin with a question that has two answers",
                );
            }
        }
    }
}
