//! ## What it finds
//!
//! More than two emoji in a text.
//!
//! ## Why it matters
//!
//! Each is read aloud by its name, and the first of them makes the whole text UCS-2: a part then holds
//! 70 characters instead of 160.
//!
//! ## Example
//!
//! ```yaml
//! say: "{brand}: 🔥🔥🔥 deals 🔥🔥🔥"
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! say: "{brand}: new deals this week 🔥"
//! ```

use crate::flow::Flow;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::prose;
use crate::lint::said;

pub struct EmojiCount;

impl Lint for EmojiCount {
    fn name(&self) -> &'static str {
        "emoji-count"
    }

    fn source(&self) -> &'static str {
        include_str!("emoji_count.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for said in said::all(flow, report.brand()) {
            let count = prose::emoji(&said.text);
            if count > MAX {
                report.text(
                    &said,
                    format!("{count} emoji in one text; more than {MAX} tire those who listen"),
                    "too many emoji",
                    "keep one at the end, or none",
                );
            }
        }
    }
}

pub(super) const MAX: usize = 2;
