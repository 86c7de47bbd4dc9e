//! What is wrong with a flow, where, and how to mend it.

use std::ops::Range;

/// A place in a source: byte offsets, end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Error,
    Warning,
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
    /// A second place that matters (`first used here`).
    pub also: Vec<(Span, String)>,
}

/// A problem inside one text or condition, before its place in a file is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Bytes of the text as its reader got it, end excluded.
    pub range: Range<usize>,
    pub code: &'static str,
    pub message: String,
    pub label: String,
    pub help: Option<String>,
}
