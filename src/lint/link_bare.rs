//! ## What it finds
//!
//! A link at the start of a text, a link without words before it that say what it opens, and a link with a
//! full stop or comma glued to it.
//!
//! ## Why it matters
//!
//! A link alone looks like fraud, to people and to filters; a screen reader reads it letter by letter; and
//! with a stop at its end some phones open the wrong page.
//!
//! ## Example
//!
//! ```yaml
//! say: "{link.quote}. Reply STOP to opt out."
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! say: "Your quote is ready to read: {link.quote} Reply STOP to opt out."
//! ```

use crate::flow::Flow;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::prose;
use crate::lint::said;

pub struct LinkBare;

impl Lint for LinkBare {
    fn name(&self) -> &'static str {
        "link-bare"
    }

    fn source(&self) -> &'static str {
        include_str!("link_bare.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for said in said::all(flow, report.brand()) {
            match find(&said.text, report.brand()) {
                Some(Bare::Glued) => report.text(
                    &said,
                    "a punctuation mark is glued to a link".to_string(),
                    "some phones take it for a part of the link",
                    "put a space after the link, or the link at the end",
                ),
                Some(Bare::Alone) => report.text(
                    &said,
                    "no words before the link say what it opens".to_string(),
                    "a link alone",
                    "say first what it is: `Your quote: {link.quote}`",
                ),
                None => {}
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bare {
    Glued,
    Alone,
}

/// Words that announce a link without saying what it opens.
const EMPTY: [&str; 22] = [
    "see", "click", "tap", "visit", "here", "link", "go", "to", "at", "this", "the", "our", "a",
    "hi", "hey", "hello", "check", "out", "follow", "open", "aquí", "ver",
];

pub(super) fn find(text: &str, brand: &str) -> Option<Bare> {
    let brand: Vec<String> = brand.split_whitespace().map(str::to_lowercase).collect();
    let mut said_something = false;
    for word in text.split_whitespace() {
        if prose::is_link(word) {
            if word.ends_with(['.', ',', '!', '?', ';', ':', ')']) {
                return Some(Bare::Glued);
            }
            if !said_something {
                return Some(Bare::Alone);
            }
            continue;
        }
        let word = word
            .trim_matches(|c: char| !c.is_alphanumeric())
            .to_lowercase();
        said_something |= !word.is_empty() && !EMPTY.contains(&&*word) && !brand.contains(&word);
    }
    None
}
