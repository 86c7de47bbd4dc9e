//! ## What it finds
//!
//! More than 5 texts to a lead who never answers, and a question with its nudges that sends more texts than
//! a cap of the workspace allows in a week or longer.
//!
//! ## Why it matters
//!
//! Whoever did not answer five texts does not answer the sixth; they report it. Carriers watch the share
//! of opt-outs, and one angry lead costs more than one lost. A text beyond the cap is held until there is room
//! again: a nudge that was meant for tomorrow comes weeks later.
//!
//! ## Example
//!
//! A ladder of four nudges, and then a second question with three more.
//!
//! ## Instead
//!
//! One or two nudges, then an email, then the end:
//!
//! ```yaml
//! no_reply:
//!   - { after: 4h, say: "Still thinking about it?" }
//!   - { after: 1d, then: by-email }
//! ```

use crate::flow::Flow;
use crate::flow::StepIx;
use crate::flow::graph::{Taken, taken_by};
use crate::flow::steps::RungDoes;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::paths;
use crate::lint::said::{is_own, ladder, opening};
use crate::policy::{Cap, MessageKind};
use crate::time::Duration;

pub struct LongSilence;

impl Lint for LongSilence {
    fn name(&self) -> &'static str {
        "long-silence"
    }

    fn source(&self) -> &'static str {
        include_str!("long_silence.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        let texts = |ix: StepIx| {
            let verb = &flow.step(ix).verb;
            let says = |rung: &&crate::flow::steps::Rung| matches!(rung.does, RungDoes::Say(_));
            usize::from(opening(verb).is_some()) + ladder(verb).iter().filter(says).count()
        };
        beyond_caps(flow, texts, report);
        let way = paths::heaviest(flow, texts, |ix, exit| {
            let taken = taken_by(&flow.step(ix).verb, exit);
            matches!(taken, Taken::Silence | Taken::Itself | Taken::Unclaimed)
        });
        let mut sent = 0;
        let beyond = way.steps.iter().find(|ix| {
            sent += texts(**ix);
            sent > MAX
        });
        let (Some(at), message) = (match way.goes_round {
            Some(ix) => (
                Some(ix),
                "a lead who never answers is texted again and again".to_string(),
            ),
            None => (
                beyond.copied(),
                format!(
                    "{} texts to a lead who never answers; {MAX} is the most",
                    way.weight
                ),
            ),
        }) else {
            return;
        };
        let span = if is_own(flow, at) {
            flow.places.step(at)
        } else {
            flow.places.flow
        };
        report.step(
            at,
            span,
            message,
            "one text too many to a silent lead",
            "fewer nudges, and an email or the end instead",
        );
    }
}

/// A question that sends more by itself than a cap leaves room for.
fn beyond_caps(flow: &Flow, texts: impl Fn(StepIx) -> usize, report: &mut Report) {
    let Some(workspace) = report.known().workspace else {
        return;
    };
    let long = |cap: &&Cap| cap.per >= Duration::days(7) && cap.kind.is_none_or(|k| k == flow.kind);
    let tightest = workspace
        .rules
        .caps
        .iter()
        .filter(long)
        .min_by_key(|cap| cap.at_most);
    let Some(cap) = tightest.filter(|_| flow.kind == MessageKind::Marketing) else {
        return;
    };
    for ix in (0..flow.steps.len()).map(|at| StepIx(at as u32)) {
        let sent = texts(ix);
        if sent > cap.at_most as usize && sent <= MAX && is_own(flow, ix) {
            report.step(
                ix,
                flow.places.step(ix),
                format!(
                    "{sent} texts with its nudges, and the workspace allows {} in {}",
                    cap.at_most, cap.per
                ),
                "the last of them are held until there is room again",
                "fewer nudges, or a higher cap under `sending:` in workspace.yaml",
            );
        }
    }
}

const MAX: usize = 5;
