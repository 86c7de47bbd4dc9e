//! What is wrong with a flow, where, and how to mend it. Decides what a problem looks like; refuses
//! to know what a flow is.

mod explain;
mod json;
mod lines;
mod render;
mod sarif;

use std::ops::Range;

pub use explain::{CODES, explain};
pub use json::to_json;
pub use lines::{Lines, Position};
pub use render::{Colour, render};
pub use sarif::to_sarif;

/// A file as given to the compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Relative to the workspace.
    pub file: String,
    pub text: String,
}

/// A place in a source: byte offsets, end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            start: offset(start),
            end: offset(end),
        }
    }

    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Error,
    Warning,
}

impl Level {
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
        }
    }
}

/// One problem. `code` is stable: `E0204` for an error, a lint's name for a warning.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    pub level: Level,
    pub code: &'static str,
    /// The file as given to the compiler.
    pub file: String,
    pub span: Span,
    /// In the author's words.
    pub message: String,
    /// Written at the caret; may be empty.
    pub label: String,
    /// How to mend it.
    pub help: Option<String>,
    /// A second place that matters (`first used here`), in the same file.
    pub also: Vec<(Span, String)>,
}

impl Diagnostic {
    pub fn error(code: &'static str, file: &str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Level::Error, code, file, span, message)
    }

    pub fn warning(code: &'static str, file: &str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Level::Warning, code, file, span, message)
    }

    fn new(
        level: Level,
        code: &'static str,
        file: &str,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self {
            level,
            code,
            file: file.to_string(),
            span,
            message: message.into(),
            label: String::new(),
            help: None,
            also: Vec::new(),
        }
    }

    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.also.push((span, label.into()));
        self
    }

    pub fn is_error(&self) -> bool {
        self.level == Level::Error
    }
}

/// A problem inside one text or condition, before it is known where that text stands in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Bytes within the text.
    pub range: Range<usize>,
    pub code: &'static str,
    pub message: String,
    pub label: String,
    pub help: Option<String>,
}

impl Problem {
    /// The same problem at its place in a file.
    pub fn at(self, file: &str, span: Span) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.code, file, span, self.message);
        diagnostic.label = self.label;
        diagnostic.help = self.help;
        diagnostic
    }
}

/// The name in `known` that `word` is most likely a slip of, if any is close enough.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    // Two letters are too few to tell a slip from another word.
    let slips_max = (word.chars().count() / 3).min(3);
    known
        .into_iter()
        .map(|name| (slips(&word, &name.to_lowercase()), name))
        .filter(|(slips, _)| *slips <= slips_max)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| name)
}

/// The name in `known` that begins as `word` does and ends too late or too early, by no more than what both
/// have: `by` for `bye`, `byebye` for `bye`. For words too short for [`nearest`].
pub fn begun_alike<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let left_over = |name: &str| {
        let (long, short) = match name.len() > word.len() {
            true => (name, word),
            false => (word, name),
        };
        let rest = long.strip_prefix(short)?.len();
        (short.len() > 1 && rest <= short.len()).then_some(rest)
    };
    known
        .into_iter()
        .filter_map(|name| Some((left_over(name)?, name)))
        .min_by_key(|(rest, _)| *rest)
        .map(|(_, name)| name)
}

/// Typing slips between two words; `-` and `_` count as the same.
fn slips(a: &str, b: &str) -> usize {
    let plain = |text: &str| text.replace(['_', ' '], "-");
    strsim::damerau_levenshtein(&plain(a), &plain(b))
}

#[cfg(test)]
mod tests {
    use super::{begun_alike, nearest};

    #[test]
    fn a_name_that_ends_too_early_or_too_late_is_the_one_that_begins_so() {
        let known = ["bye", "offer", "book-visit"];
        for (word, meant) in [
            ("by", Some("bye")),
            ("byebye", Some("bye")),
            ("b", None),
            ("of", None),
            ("book", None),
            ("offer2", Some("offer")),
            ("call", None),
        ] {
            assert_eq!(begun_alike(word, known), meant, "{word}");
        }
    }

    #[test]
    fn a_slip_of_the_pen_finds_the_name_that_was_meant() {
        let known = ["nurture", "call-now", "end", "budget"];
        for (word, meant) in [
            ("nuture", Some("nurture")),
            ("call_now", Some("call-now")),
            ("bugdet", Some("budget")),
            ("ent", Some("end")),
            ("somewhere", None),
            ("xyz", None),
            ("es", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }
}
