//! ## What it finds
//!
//! Rows of signs (`***`, `>>>`, `===`) and letters from the mathematical alphabets (𝐁𝐢𝐠).
//!
//! ## Why it matters
//!
//! Screen readers spell them out or skip them, filters take them for spam, and one such letter makes
//! the whole text UCS-2.
//!
//! ## Example
//!
//! ```yaml
//! say: "{brand}: ***>>> 𝐁𝐢𝐠 𝐧𝐞𝐰𝐬 <<<***"
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! say: "{brand}: big news."
//! ```

use crate::flow::Flow;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::said;

pub struct AsciiArt;

impl Lint for AsciiArt {
    fn name(&self) -> &'static str {
        "ascii-art"
    }

    fn source(&self) -> &'static str {
        include_str!("ascii_art.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for said in said::all(flow, report.brand()) {
            if find(&said.text) {
                report.text(
                    &said,
                    "this text is decorated with signs that cannot be read aloud".to_string(),
                    "signs for decoration",
                    "say it in plain letters",
                );
            }
        }
    }
}

const RUN_MAX: usize = 2;

pub(super) fn find(text: &str) -> bool {
    let mut run = 0;
    for c in text.chars() {
        let sign = c.is_ascii_punctuation() && !matches!(c, '.' | '!' | '?' | '-' | '/');
        run = if sign { run + 1 } else { 0 };
        if run > RUN_MAX || is_drawn_letter(c) {
            return true;
        }
    }
    false
}

/// Mathematical, circled, squared and full-width letters.
fn is_drawn_letter(c: char) -> bool {
    matches!(c as u32,
        0x1D400..=0x1D7FF | 0x24B6..=0x24E9 | 0x1F130..=0x1F189 | 0xFF21..=0xFF3A | 0xFF41..=0xFF5A)
}
