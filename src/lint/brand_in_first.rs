//! ## What it finds
//!
//! A first text that does not name the brand, or names it only after its first 40 characters.
//!
//! ## Why it matters
//!
//! Carriers reject campaigns whose first message does not say who writes (10DLC, CTIA), and the preview
//! on a locked phone shows about 40 characters.
//!
//! ## Example
//!
//! ```yaml
//! ask: "Hi {name}, thanks for your interest. Is it within 2 weeks? STOP to opt out."
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! ask: "Hi {name}, {brand} here. Is it within 2 weeks? STOP to opt out."
//! ```

use crate::flow::Flow;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::said;

pub struct BrandInFirst;

impl Lint for BrandInFirst {
    fn name(&self) -> &'static str {
        "brand-in-first"
    }

    fn source(&self) -> &'static str {
        include_str!("brand_in_first.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for said in said::all(flow, report.brand()) {
            if !said.opens(flow) {
                continue;
            }
            match find(&said.text, report.brand()) {
                Some(at) if at <= WITHIN => {}
                Some(_) => report.text(
                    &said,
                    format!("the first text names the brand after more than {WITHIN} characters"),
                    "the brand comes late",
                    "a preview shows the beginning only: open with `{brand}`",
                ),
                None => report.text(
                    &said,
                    "the first text does not say who is writing".to_string(),
                    "names no brand",
                    "put `{brand}` near its beginning",
                ),
            }
        }
    }
}

/// Characters that a preview shows.
const WITHIN: usize = 40;

/// After how many characters the brand is named.
pub(super) fn find(text: &str, brand: &str) -> Option<usize> {
    let (text, brand) = (text.to_lowercase(), brand.to_lowercase());
    let at = text.find(&brand)?;
    Some(text[..at].chars().count())
}
