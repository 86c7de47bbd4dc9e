//! ## What it finds
//!
//! More than three words in capitals in a row, or a text of which more than a third is in capitals.
//! Keywords such as STOP and YES, AM and PM, and the brand do not count.
//!
//! ## Why it matters
//!
//! Some screen readers spell capitals letter by letter; people read them as shouting, and carriers'
//! filters as spam.
//!
//! ## Example
//!
//! ```yaml
//! say: "{brand}: HUGE SALE TODAY ONLY, DON'T MISS OUT!"
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! say: "{brand}: everything is 20% off until tonight."
//! ```

use crate::flow::Flow;
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::prose;
use crate::lint::said;

pub struct AllCaps;

impl Lint for AllCaps {
    fn name(&self) -> &'static str {
        "all-caps"
    }

    fn source(&self) -> &'static str {
        include_str!("all_caps.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for said in said::all(flow, report.brand()) {
            if find(&said.text, report.brand()) {
                report.text(
                    &said,
                    "this text shouts: too many of its words are in capitals".to_string(),
                    "too many capitals",
                    "write words in small letters; leave capitals to STOP and the like",
                );
            }
        }
    }
}

const RUN_MAX: usize = 3;
/// In hundredths of the words of two letters and more.
const SHARE_MAX: usize = 30;
/// Fewer capital words than this are never too many by share: acronyms are words too.
const WORDS_MIN: usize = 3;
const USUAL: [&str; 16] = [
    "STOP", "HELP", "START", "YES", "NO", "OK", "AM", "PM", "ZIP", "END", "QUIT", "INFO", "SMS",
    "USA", "PIN", "ID",
];

pub(super) fn find(text: &str, brand: &str) -> bool {
    let (mut all, mut capitals, mut run, mut longest) = (0, 0, 0, 0);
    for word in prose::words(text) {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        if letters < 2 || USUAL.contains(&word) || brand.split_whitespace().any(|of| of == word) {
            continue;
        }
        all += 1;
        if word.chars().any(char::is_lowercase) || !word.chars().any(char::is_uppercase) {
            run = 0;
        } else {
            run += 1;
            capitals += 1;
        }
        longest = longest.max(run);
    }
    longest > RUN_MAX || (capitals >= WORDS_MIN && capitals * 100 > all * SHARE_MAX)
}
