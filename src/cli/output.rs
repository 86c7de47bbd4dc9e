//! How commands print: for people on a terminal, or as JSON for programs.

use std::io::{IsTerminal, Write};

use crate::diagnostic::Colour;

pub use crate::cli::lines::Format;

/// How diagnostics are drawn: colours only on a terminal.
pub fn colour() -> Colour {
    let wanted = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if wanted {
        Colour::Always
    } else {
        Colour::Never
    }
}

/// For commands whose answers people and programs read: human on a terminal, else JSON.
pub fn by_terminal() -> Format {
    if std::io::stdout().is_terminal() {
        Format::Human
    } else {
        Format::Json
    }
}

/// Prints a line of JSON.
pub fn json(value: &serde_json::Value) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, value)?;
    out.write_all(b"\n")
}
