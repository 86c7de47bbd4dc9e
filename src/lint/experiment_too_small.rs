//! ## What it finds
//!
//! An experiment whose smaller arm gets too few leads in 90 days to show a difference of a third.
//!
//! ## Why it matters
//!
//! It would run for ever, or be stopped at the first chance difference and prove nothing.
//!
//! ## Example
//!
//! ```yaml
//! share: 5%        # of 200 leads in 90 days
//! measure: replied
//! ```
//!
//! ## Instead
//!
//! Half and half, a measure that happens more often (`replied` rather than an outcome), or no experiment.

use crate::flow::Flow;
use crate::flow::{Experiment, Measure};
use crate::lint::Lint;
use crate::lint::Report;

pub struct ExperimentTooSmall;

impl Lint for ExperimentTooSmall {
    fn name(&self) -> &'static str {
        "experiment-too-small"
    }

    fn source(&self) -> &'static str {
        include_str!("experiment_too_small.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        let Some(leads) = report.known().leads_in_90_days else {
            return;
        };
        for experiment in &flow.experiments {
            let (gets, needs) = (
                smaller_arm(experiment, leads),
                leads_needed(&experiment.measure),
            );
            if gets < needs {
                let span = flow.places.experiments.get(&experiment.name);
                report.flow(
                    span.copied().unwrap_or(flow.places.flow),
                    format!(
                        "`{}` gets {gets} leads in its smaller arm in 90 days and needs about {needs}",
                        experiment.name
                    ),
                    "too small to show anything",
                    "share it half and half, measure replies, or wait for more leads",
                );
            }
        }
    }
}

fn smaller_arm(experiment: &Experiment, leads: u32) -> u64 {
    let share = u64::from(experiment.share_per_mille.min(1_000));
    u64::from(leads) * share.min(1_000 - share) / 1_000
}

/// Leads in each arm that show a third more at 5 % significance and 80 % power: 16 p (1 − p) / d²,
/// where p is how often it usually happens and d a third of that. Source: Lehr 1992.
fn leads_needed(measure: &Measure) -> u64 {
    let per_mille = match measure {
        Measure::Replied => 250,
        Measure::Clicked => 80,
        Measure::OptedOut => 20,
        Measure::Event(_) | Measure::Outcome(_) => 50,
    };
    16 * 9 * (1_000 - per_mille) / per_mille
}
