//! ## What it finds
//!
//! Words of the trades that carriers forbid: payday and other high-risk loans, debt relief, credit repair,
//! debt collection for others, gambling, getting rich, selling leads.
//!
//! ## Why it matters
//!
//! Carriers block such campaigns for good, whatever the consent (Twilio's and T-Mobile's lists of
//! forbidden categories).
//!
//! ## Example
//!
//! ```yaml
//! say: "{brand}: get fast cash today, payday loan approved!"
//! ```
//!
//! ## Instead
//!
//! Another channel. If the word is innocent here, allow it in place:
//!
//! ```yaml
//! allow: [high-risk-finance]
//! ```

use crate::flow::Flow;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::prose;
use crate::lint::said;

pub struct HighRiskFinance;

impl Lint for HighRiskFinance {
    fn name(&self) -> &'static str {
        "high-risk-finance"
    }

    fn source(&self) -> &'static str {
        include_str!("high_risk_finance.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for said in said::all(flow, report.brand()) {
            if let Some(phrase) = find(&said.text) {
                report.piece(
                    &said,
                    phrase,
                    format!("`{phrase}` belongs to a trade that carriers forbid by text"),
                    "carriers block this",
                    "use another channel, or allow it here if it means something else",
                );
            }
        }
    }
}

const FORBIDDEN: [&str; 22] = [
    "payday loan",
    "payday loans",
    "payday advance",
    "fast cash",
    "cash advance",
    "loan approved",
    "debt relief",
    "debt forgiveness",
    "debt consolidation",
    "credit repair",
    "fix your credit",
    "debt collection",
    "casino",
    "gambling",
    "sports betting",
    "online betting",
    "jackpot",
    "get rich",
    "be your own boss",
    "work from home",
    "risk-free investment",
    "sell your leads",
];

pub(super) fn find(text: &str) -> Option<&'static str> {
    prose::first_phrase(text, &FORBIDDEN)
}
