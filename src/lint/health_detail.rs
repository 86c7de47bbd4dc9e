//! ## What it finds
//!
//! In a workspace marked `health: true`: a text that names a condition, a test, a result, a drug or a
//! specialty that gives the condition away.
//!
//! ## Why it matters
//!
//! A text is read on a locked screen by whoever holds the phone. The rule is to say the minimum: 45 CFR
//! 164.502(b) and 164.514(d). Name, practice, date, time, place and phone are enough for a reminder.
//!
//! ## Example
//!
//! ```yaml
//! say: "{brand}: your HIV test result is ready."
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! say: "{brand}: we have news for you. Please call 555-0100."
//! ```

use crate::flow::Flow;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::prose;
use crate::lint::said;

pub struct HealthDetail;

impl Lint for HealthDetail {
    fn name(&self) -> &'static str {
        "health-detail"
    }

    fn source(&self) -> &'static str {
        include_str!("health_detail.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        if !report
            .known()
            .workspace
            .is_some_and(|workspace| workspace.health)
        {
            return;
        }
        for said in said::all(flow, report.brand()) {
            if let Some(phrase) = find(&said.text) {
                report.piece(
                    &said,
                    phrase,
                    format!("`{phrase}` tells whoever sees the phone about the lead's health"),
                    "a detail of health",
                    "keep to name, practice, date, time, place and a number to call",
                );
            }
        }
    }
}

// tidy: table, of what 45 CFR 164.514(d) would have left out of a reminder.
const DETAILS: [&str; 64] = [
    "hiv",
    "aids",
    "std",
    "sti",
    "herpes",
    "hepatitis",
    "cancer",
    "tumor",
    "tumour",
    "oncology",
    "oncologist",
    "chemo",
    "chemotherapy",
    "radiation",
    "biopsy",
    "mammogram",
    "colonoscopy",
    "pap smear",
    "diabetes",
    "diabetic",
    "insulin",
    "depression",
    "anxiety",
    "bipolar",
    "schizophrenia",
    "psychiatry",
    "psychiatrist",
    "psychiatric",
    "psychotherapy",
    "rehab",
    "methadone",
    "addiction",
    "overdose",
    "pregnant",
    "pregnancy",
    "abortion",
    "miscarriage",
    "fertility",
    "ivf",
    "infertility",
    "dialysis",
    "epilepsy",
    "asthma",
    "dementia",
    "alzheimer's",
    "stroke",
    "diagnosis",
    "diagnosed",
    "prognosis",
    "test result",
    "test results",
    "lab result",
    "lab results",
    "blood test",
    "prescription",
    "viagra",
    "antidepressant",
    "antidepressants",
    "opioid",
    "urology",
    "cardiology",
    "vih",
    "embarazo",
    "diagnóstico",
];

pub(super) fn find(text: &str) -> Option<&'static str> {
    prose::first_phrase(text, &DETAILS)
}
