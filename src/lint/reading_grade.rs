//! ## What it finds
//!
//! An English text that asks for more than 8 years of school by the Flesch-Kincaid formula.
//!
//! ## Why it matters
//!
//! A text is read in passing. WCAG 3.1.5 asks for lower secondary level; grade 6 is better.
//!
//! ## Example
//!
//! ```yaml
//! say: "Pursuant to your inquiry regarding installation, kindly indicate your anticipated timeframe."
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! say: "Thanks for asking about solar. When would you like to start?"
//! ```

use crate::flow::Flow;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::prose;
use crate::lint::said;

pub struct ReadingGrade;

impl Lint for ReadingGrade {
    fn name(&self) -> &'static str {
        "reading-grade"
    }

    fn source(&self) -> &'static str {
        include_str!("reading_grade.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for said in said::all(flow, report.brand())
            .iter()
            .filter(|said| said.is_english())
        {
            if let Some(grade) = find(&said.text) {
                report.text(
                    said,
                    format!("this text asks for {grade:.0} years of school; 8 is the most"),
                    "hard to read",
                    "shorter sentences and shorter words; aim at 6",
                );
            }
        }
    }
}

const MAX: f64 = 8.0;
/// The formula says little of fewer words.
const WORDS_MIN: usize = 10;

/// The grade, where it is too high.
pub(super) fn find(text: &str) -> Option<f64> {
    let grade = prose::flesch_kincaid(text);
    (grade > MAX && prose::words(text).count() >= WORDS_MIN).then_some(grade)
}
