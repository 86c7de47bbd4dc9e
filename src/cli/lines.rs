//! Commands that answer one line for each line they are given: where the lines come from, and in
//! which form the answers leave.

use std::io::{self, BufRead};

/// How answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// The texts given as arguments, else the lines of `input`, without their ends.
pub fn each(
    arguments: &[String],
    input: &mut dyn BufRead,
    mut answer: impl FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    if !arguments.is_empty() {
        return arguments.iter().try_for_each(|text| answer(text));
    }
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        answer(&String::from_utf8_lossy(text))?;
    }
}
