//! ## What it finds
//!
//! A link that begins with `http://`.
//!
//! ## Why it matters
//!
//! Anyone on the way may read and change what it opens, phones warn of it, and carriers' reviews reject it.
//!
//! ## Example
//!
//! ```yaml
//! links: { quote: "http://shop.example/quote" }
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! links: { quote: "https://shop.example/quote" }
//! ```

use crate::flow::Flow;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::said;

pub struct LinkHttps;

impl Lint for LinkHttps {
    fn name(&self) -> &'static str {
        "link-https"
    }

    fn source(&self) -> &'static str {
        include_str!("link_https.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for said in said::all(flow, report.brand()) {
            if said.literals().any(find) {
                report.piece(
                    &said,
                    "http://",
                    "a link without https".to_string(),
                    "`http://` is not safe",
                    "write `https://`",
                );
            }
        }
        for (name, link) in &flow.links {
            let to = said::likely(&link.to.in_locale(0).pieces, report.brand());
            if find(&to) {
                let message = format!("the link `{name}` is without https");
                report.flow(
                    flow.places.flow,
                    message,
                    "in this flow",
                    "write `https://`",
                );
            }
        }
    }
}

pub(super) fn find(text: &str) -> bool {
    text.to_ascii_lowercase().contains("http://")
}
