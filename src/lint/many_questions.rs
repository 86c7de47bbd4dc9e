//! ## What it finds
//!
//! More than 3 questions on a way from the start to an outcome or a person.
//!
//! ## Why it matters
//!
//! With every question some leads fall silent. What a person can ask need not be asked by text.
//!
//! ## Example
//!
//! Budget, model, colour, trade-in and date, each a step, before anyone calls.
//!
//! ## Instead
//!
//! The two or three answers that decide who calls; the rest is asked on the phone.

use crate::flow::Flow;
use crate::flow::graph::{Taken, taken_by};
use crate::flow::steps::Verb;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::paths;
use crate::lint::said::is_own;

pub struct ManyQuestions;

impl Lint for ManyQuestions {
    fn name(&self) -> &'static str {
        "many-questions"
    }

    fn source(&self) -> &'static str {
        include_str!("many_questions.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        let is_question = |verb: &Verb| matches!(verb, Verb::Ask(_));
        let way = paths::heaviest(
            flow,
            |ix| usize::from(is_question(&flow.step(ix).verb)),
            |ix, exit| {
                matches!(
                    taken_by(&flow.step(ix).verb, exit),
                    Taken::Answer | Taken::Itself
                )
            },
        );
        let asked = way
            .steps
            .iter()
            .filter(|ix| is_question(&flow.step(**ix).verb));
        let Some(beyond) = asked.clone().nth(MAX).copied() else {
            return;
        };
        let at = if is_own(flow, beyond) {
            flow.places.step(beyond)
        } else {
            flow.places.flow
        };
        let names: Vec<&str> = asked.map(|ix| flow.step(*ix).name.as_str()).collect();
        report.step(
            beyond,
            at,
            format!(
                "{} questions before an outcome: {}",
                names.len(),
                names.join(", ")
            ),
            "one question too many",
            "ask what decides, hand the lead over, and leave the rest to a person",
        );
    }
}

const MAX: usize = 3;
