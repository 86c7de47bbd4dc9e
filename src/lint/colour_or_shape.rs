//! ## What it finds
//!
//! Words that point at a colour, a shape or a picture: "tap the green button", "see the picture".
//!
//! ## Why it matters
//!
//! A text has no buttons, and whoever listens to it sees no colour.
//!
//! ## Example
//!
//! ```yaml
//! say: "Tap the green button below to book. {link.book}"
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! say: "Book your visit here: {link.book}"
//! ```

use crate::flow::Flow;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::prose;
use crate::lint::said;

pub struct ColourOrShape;

impl Lint for ColourOrShape {
    fn name(&self) -> &'static str {
        "colour-or-shape"
    }

    fn source(&self) -> &'static str {
        include_str!("colour_or_shape.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for said in said::all(flow, report.brand())
            .iter()
            .filter(|said| said.is_english())
        {
            if let Some(phrase) = find(&said.text) {
                report.piece(
                    said,
                    phrase,
                    format!("`{phrase}` points at something that a listener does not see"),
                    "points at a colour, a shape or a picture",
                    "say what it does instead",
                );
            }
        }
    }
}

const SEEN: [&str; 13] = [
    "green button",
    "red button",
    "blue button",
    "orange button",
    "the button",
    "button below",
    "red box",
    "green box",
    "see picture",
    "see the picture",
    "see image",
    "image below",
    "picture below",
];

pub(super) fn find(text: &str) -> Option<&'static str> {
    prose::first_phrase(text, &SEEN)
}
