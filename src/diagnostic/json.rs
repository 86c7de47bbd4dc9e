//! Diagnostics for programs: the `diagnostics` of `replytree check --format json`. Lines and columns
//! are from 1, columns counted in characters; the end is the position after the last character.

use serde_json::{Value, json};

use crate::diagnostic::{Diagnostic, Level, Lines, Position, Source};

/// Where a diagnostic begins and ends.
pub(super) fn positions(diagnostic: &Diagnostic, sources: &[Source]) -> (Position, Position) {
    let source = sources.iter().find(|source| source.file == diagnostic.file);
    let lines = Lines::new(source.map_or("", |source| &source.text));
    let start = lines.position(diagnostic.span.start);
    (
        start,
        lines.position(diagnostic.span.end.max(diagnostic.span.start)),
    )
}

/// `{ diagnostics, errors, warnings }`; the caller adds `flows`, how many compiled.
pub fn to_json(diagnostics: &[Diagnostic], sources: &[Source]) -> Value {
    let one = |diagnostic: &Diagnostic| {
        let (start, end) = positions(diagnostic, sources);
        json!({
            "file": diagnostic.file,
            "line": start.line,
            "column": start.column,
            "end_line": end.line,
            "end_column": end.column,
            "level": diagnostic.level.as_str(),
            "code": diagnostic.code,
            "message": diagnostic.message,
            "help": diagnostic.help,
        })
    };
    let count = |level| diagnostics.iter().filter(|d| d.level == level).count();
    json!({
        "diagnostics": diagnostics.iter().map(one).collect::<Vec<Value>>(),
        "errors": count(Level::Error),
        "warnings": count(Level::Warning),
    })
}
