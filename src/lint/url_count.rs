//! ## What it finds
//!
//! More than one link in a text.
//!
//! ## Why it matters
//!
//! People choose better between one and none, each link costs characters, and filters count them.
//!
//! ## Example
//!
//! ```yaml
//! say: "Prices: {link.prices} Map: {link.map}"
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! say: "Prices and the way to us: {link.prices}"
//! ```

use crate::flow::Flow;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::prose;
use crate::lint::said;

pub struct UrlCount;

impl Lint for UrlCount {
    fn name(&self) -> &'static str {
        "url-count"
    }

    fn source(&self) -> &'static str {
        include_str!("url_count.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for said in said::all(flow, report.brand()) {
            let count = said
                .text
                .split_whitespace()
                .filter(|word| prose::is_link(word))
                .count();
            if count > MAX {
                report.text(
                    &said,
                    format!("{count} links in one text"),
                    "more than one link",
                    "keep the one that matters; the other may go into the next text",
                );
            }
        }
    }
}

const MAX: usize = 1;
