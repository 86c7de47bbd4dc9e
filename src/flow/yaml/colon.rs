//! A key whose colon is missing. YAML reads it on into the next line as a text, and stumbles there: what
//! lacks the colon is a line or more above the place of the complaint. Knows lines and indentation only.

use std::ops::Range;

/// A key without its colon.
pub struct Missing<'s> {
    pub at: Range<usize>,
    pub key: &'s str,
    /// Nothing follows on the line: what belongs to the key stands below.
    pub alone: bool,
}

/// A line with something on it.
#[derive(Clone, Copy)]
struct Line<'s> {
    /// Of what follows the indentation and the dashes, in bytes of the source.
    start: usize,
    column: usize,
    /// Where the first dash stands, if there is one.
    dash: Option<usize>,
    text: &'s str,
}

/// The key without a colon over which the parser stumbled at the byte `at`.
pub fn missing(source: &str, at: usize) -> Option<Missing<'_>> {
    on_its_line(source, at).or_else(|| above_it(source, at))
}

/// The same, where all of it stands on one line.
pub fn on_its_line(source: &str, at: usize) -> Option<Missing<'_>> {
    let (_, own) = line_of(source, at);
    let own = own.filter(|own| own.start < at)?;
    key(&own).filter(|key| stumbles_here(&own, key, at))
}

/// Where the line of `at` begins, and what stands on it.
fn line_of(source: &str, at: usize) -> (usize, Option<Line<'_>>) {
    let here = source[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let rest = source[here..].lines().next().unwrap_or_default();
    (here, line(here, rest))
}

fn above_it(source: &str, at: usize) -> Option<Missing<'_>> {
    let (here, own) = line_of(source, at);
    let mut above = Vec::new();
    let mut start = 0;
    for whole in source[..here].split_inclusive('\n') {
        above.extend(line(start, whole));
        start += whole.len();
    }
    let mut this = *above.last()?;
    // What stands left of an item's dash is no part of the item.
    if let (Some(dash), Some(own)) = (this.dash, own)
        && own.dash.unwrap_or(own.column) <= dash
    {
        return None;
    }
    loop {
        let found = key(&this)?;
        let parent = above.iter().rfind(|line| line.column < this.column);
        match parent {
            None => return Some(found),
            Some(parent) if without_comment(parent.text).ends_with(':') => return Some(found),
            // It may lack its colon too; else it is a text, and what follows goes on with it.
            Some(parent) => this = *parent,
        }
    }
}

/// `answers { yes: … }`, `say "hi: {name}"`; or `steps  # all of them`, where it is the comment.
fn stumbles_here(line: &Line, key: &Missing, at: usize) -> bool {
    let after = &line.text[key.key.len()..];
    let rest = after.trim_start();
    let begins = line.start + line.text.len() - rest.len();
    match rest.chars().next() {
        Some('{' | '[') => true,
        Some('"' | '\'') => begins < at,
        _ => key.alone && line.start + key.key.len() < at,
    }
}

fn line(start: usize, whole: &str) -> Option<Line<'_>> {
    let mut text = whole.trim_start_matches(' ');
    let mut dash = None;
    while let Some(item) = text.strip_prefix("- ") {
        dash = dash.or(Some(whole.len() - text.len()));
        text = item.trim_start_matches(' ');
    }
    let column = whole.len() - text.len();
    let text = text.trim_end();
    (!text.is_empty() && !text.starts_with('#')).then_some(Line {
        start: start + column,
        column,
        dash,
        text,
    })
}

/// The word that a line begins with, where no colon follows it and it can be a key.
fn key<'s>(line: &Line<'s>) -> Option<Missing<'s>> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let word = line.text.len() - line.text.trim_start_matches(is_part).len();
    let (key, rest) = line.text.split_at(word);
    let rest = without_comment(rest);
    let is_value = match rest.trim_start().chars().next() {
        None | Some('"' | '\'' | '{' | '[') => true,
        Some(_) => rest.starts_with(' ') && !rest.contains(": ") && !rest.ends_with(':'),
    };
    let begins = key.starts_with(char::is_alphanumeric) && is_value;
    (begins && (rest.is_empty() || rest.starts_with(' '))).then_some(Missing {
        at: line.start..line.start + word,
        key,
        alone: rest.is_empty(),
    })
}

fn without_comment(text: &str) -> &str {
    text.find(" #").map_or(text, |at| &text[..at]).trim_end()
}
