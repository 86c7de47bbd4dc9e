//! What goes wrong within one line: a comma or a bracket that is missing between keys in braces, braces
//! that are missing around keys, a blank that is missing behind a dash or a colon.

use std::ops::Range;

use crate::flow::yaml::syntax::{Wrong, open_brackets};

/// The line of the byte `at`, without its end.
pub fn line_around(source: &str, at: usize) -> Range<usize> {
    let start = source[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = source[at..].find('\n').map_or(source.len(), |end| at + end);
    start..end
}

/// The last line above `start` with something on it.
pub fn line_above(source: &str, start: usize) -> Option<Range<usize>> {
    let mut end = start.checked_sub(1)?;
    loop {
        let line = line_around(source, end);
        let text = source[line.clone()].trim();
        if !text.is_empty() && !text.starts_with('#') {
            return Some(line);
        }
        end = line.start.checked_sub(1)?;
    }
}

/// `{ after: 1d then: offer }`: two keys in braces without a comma between them.
pub fn no_comma(source: &str, at: usize) -> Option<Wrong> {
    let open = open_brackets(&source[..at]).pop()?;
    let line = line_around(source, open);
    if !source[open..].starts_with('{') || at > line.end {
        return None;
    }
    let inside = open + 1..line.end;
    let keys = keys_in(&source[inside.clone()]);
    let (_, second) = keys.iter().zip(keys.iter().skip(1)).find(|(one, two)| {
        let between = source[inside.start + one.end + 1..inside.start + two.start].trim();
        let quoted = between.len() > 1 && between.starts_with(['"', '\'']);
        let one_text = quoted && between.ends_with(&between[..1]);
        !between.is_empty() && (one_text || !between.contains([',', '{', '[']))
    })?;
    let second = inside.start + second.start..inside.start + second.end;
    let key = &source[second.clone()];
    let before = source[line.start..second.start].trim();
    let after = source[second.start..line.end].trim_end();
    let mut wrong = Wrong::new(
        second.clone(),
        format!("a `,` is missing before `{key}`"),
        format!("write `{before}, {after}`; a text with a colon in it needs quotes"),
    );
    wrong.label = "another key begins here".into();
    Some(wrong)
}

/// The words before a colon and a blank, outside of quotes.
fn keys_in(text: &str) -> Vec<Range<usize>> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let mut keys = Vec::new();
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match quote {
            Some(q) if c == q && before != '\\' => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') && !before.is_alphanumeric() => quote = Some(c),
            None if c == ':' && text[at + 1..].starts_with([' ', '\r']) => {
                let word = at - text[..at].trim_end_matches(is_part).len();
                if word > 0 {
                    keys.push(at - word..at);
                }
            }
            None => {}
        }
        before = c;
    }
    keys
}

/// `yes: when, score: 10`, `- after: 1d, then: offer`, `bye: end: done`: keys without braces. What could
/// as well be a text is called one.
pub fn no_braces(source: &str, at: usize) -> Option<Wrong> {
    let line = line_around(source, at);
    let text = source[line.clone()].trim_end();
    let body = text.trim_start();
    if body.contains(['{', '[', '"', '\'']) {
        return None;
    }
    let keys = keys_in(text);
    let [first, second, ..] = keys.as_slice() else {
        return None;
    };
    let between = text[first.end + 1..second.start].trim();
    let dashed = text[..first.start].trim_end().ends_with('-');
    let key = &text[first.clone()];
    let rest = text[first.end + 1..].trim();
    let mended = match between.strip_suffix(',') {
        Some(value) if !value.contains(' ') && dashed => {
            format!("- {{ {} }}", &text[first.start..])
        }
        Some(value) if !value.contains(' ') => format!("{key}: {{ then: {rest} }}"),
        None if between.is_empty() && rest.starts_with(char::is_lowercase) => {
            format!("{key}: {{ {rest} }}")
        }
        _ => {
            let value = rest.replace('"', "\\\"");
            let colon = line.start + second.end;
            return Some(Wrong::new(
                colon..colon + 1,
                "a text with a colon in it needs quotes",
                format!("write `{key}: \"{value}\"`"),
            ));
        }
    };
    let second = line.start + second.start..line.start + second.end;
    let name = &source[second.clone()];
    Some(Wrong::new(
        second,
        format!("`{name}` is a second key on this line, without braces around them"),
        format!("write `{mended}`; a text with a colon in it goes in quotes"),
    ))
}

/// `-{ after: 1d }`: without a blank behind it, a dash is part of a text.
pub fn no_blank_after_dash(source: &str, at: usize) -> Option<Wrong> {
    let this = line_around(source, at);
    let above = line_above(source, this.start);
    [Some(this), above].into_iter().flatten().find_map(|line| {
        let text = &source[line.clone()];
        let body = text.trim_start();
        let item = body.strip_prefix('-')?;
        let is_key = item.starts_with(char::is_alphabetic) && item.contains(": ");
        let glued = item.starts_with(['{', '[', '"', '\'']) || is_key;
        let dash = line.start + text.len() - body.len();
        glued.then(|| {
            Wrong::new(
                dash..dash + 1,
                "a blank is missing after `-`",
                format!("write `- {}`", item.trim_end()),
            )
        })
    })
}

/// `say:"hi"`, `expect:date`: without a blank after its colon, a key is part of a text.
pub fn no_blank_after_colon(source: &str, at: usize) -> Option<Wrong> {
    let line = line_above(source, line_around(source, at).start)?;
    let text = source[line.clone()].trim_end();
    let body = text.trim_start_matches([' ', '-']);
    let colon = body.find(':')?;
    let (name, value) = (&body[..colon], &body[colon + 1..]);
    let is_key = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || "-_".contains(c));
    let glued = !value.is_empty() && !value.starts_with([' ', '/']);
    let colon = line.start + text.len() - body.len() + colon;
    (is_key && glued).then(|| {
        Wrong::new(
            colon..colon + 1,
            format!("a blank is missing after `{name}:`"),
            format!("write `{name}: {value}`"),
        )
    })
}
