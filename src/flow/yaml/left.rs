//! What stands too far left: a key beside those of another map, or the rest of a text that began above.

use std::ops::Range;

use crate::flow::yaml::one_line::{line_above, line_around};
use crate::flow::yaml::syntax::Wrong;

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// `offer:` at the edge among steps that are indented: the parser stumbles at the next step.
pub fn key(source: &str, at: usize) -> Option<Wrong> {
    let this = line_around(source, at);
    let column = indent(&source[this.clone()]);
    let stray = above(source, &this, |line| indent(line) < column)?;
    let text = source[stray.clone()].trim_end();
    let body = text.trim_start();
    let name = &body[..body.find(':')?];
    let is_key = !name.is_empty()
        && !body.starts_with('-')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || "-_".contains(c));
    // Above it the map goes on that the line at `at` is part of.
    let sibling = above(source, &stray, |line| indent(line) <= column)?;
    let goes_on = indent(&source[sibling.clone()]) == column;
    let deeper = indent(&source[line_below(source, &stray)?]) > column;
    let start = stray.start + text.len() - body.len();
    (is_key && goes_on && deeper).then(|| {
        Wrong::new(
            start..start + name.len(),
            format!("`{name}` stands too far left"),
            format!(
                "indent it by {column} spaces, like `{}`",
                first_word(&source[sibling])
            ),
        )
    })
}

/// The nearest line above that is so.
fn above(source: &str, line: &Range<usize>, so: impl Fn(&str) -> bool) -> Option<Range<usize>> {
    let mut line = line_above(source, line.start)?;
    while !so(&source[line.clone()]) {
        line = line_above(source, line.start)?;
    }
    Some(line)
}

fn line_below(source: &str, line: &Range<usize>) -> Option<Range<usize>> {
    let mut start = line.end + 1;
    while start < source.len() {
        let next = line_around(source, start);
        let text = source[next.clone()].trim();
        if !text.is_empty() && !text.starts_with('#') {
            return Some(next);
        }
        start = next.end + 1;
    }
    None
}

fn first_word(line: &str) -> &str {
    let line = line.trim_start_matches([' ', '-']);
    line.split([':', ' ']).next().unwrap_or(line)
}

/// A line of words that goes on with the text above it, and is not indented deeper than that text's key.
/// `stumble` is the place of what lacks a colon, if it were a key.
pub fn text(source: &str, stumble: usize) -> Option<Wrong> {
    let line = line_around(source, stumble);
    let whole = source[line.clone()].trim_end();
    let words = whole.trim_start();
    let is_prose = words.contains(' ')
        && !words.contains(": ")
        && (words.ends_with(['.', '!', '?']) || words.split(' ').count() > 2);
    let begins = line_above(source, line.start)?;
    let key = text_key(source, &begins, indent(whole))?;
    let start = line.start + whole.len() - words.len();
    is_prose.then(|| too_far_left(start..line.start + whole.len(), key))
}

/// The same in quotes, where the text begins at the byte `open`.
pub fn quoted(source: &str, open: usize) -> Option<Wrong> {
    let quote = source[open..].chars().next()?;
    let first = line_around(source, open);
    let column = indent(&source[first.clone()]);
    let key = first_word(&source[first.clone()]);
    let mut line = line_below(source, &first)?;
    let mut stray = None;
    loop {
        let text = source[line.clone()].trim_end();
        if indent(text) <= column && stray.is_none() {
            stray = Some(line.start + indent(text)..line.start + text.len());
        }
        if text.ends_with(quote) && !text.contains(": ") {
            return Some(too_far_left(stray?, key));
        }
        if text.contains(": ") || text.ends_with(':') {
            return None;
        }
        line = line_below(source, &line)?;
    }
}

/// The key of the text on `line` or of the block that it is part of, at or right of `column`.
fn text_key<'s>(source: &'s str, line: &Range<usize>, column: usize) -> Option<&'s str> {
    let mut line = line.clone();
    loop {
        let text = source[line.clone()].trim_end();
        if indent(text) < column {
            return None;
        }
        if let Some((key, value)) = text.trim_start_matches([' ', '-']).split_once(':') {
            let is_text = value.trim().contains(' ') && !value.ends_with(['}', ']', '"', '\''])
                || value.trim_start().starts_with(['|', '>']);
            return is_text.then_some(key);
        }
        line = line_above(source, line.start)?;
    }
}

fn too_far_left(at: Range<usize>, key: &str) -> Wrong {
    let mut wrong = Wrong::new(
        at,
        format!("this line of the text under `{key}` stands too far left"),
        format!("indent it deeper than `{key}`; or, if it is a key, write a `:` after it"),
    );
    wrong.label = "the text goes on here".into();
    wrong
}
