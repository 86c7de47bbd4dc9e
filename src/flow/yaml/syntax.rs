//! What a parser's complaint about YAML means to an author: which text needs quotes, which bracket or
//! quote was left open, where a blank is missing. Reads the source around the place; guesses only what
//! the characters there show.

use std::ops::Range;

use crate::flow::yaml::{colon, left, one_line};

/// A syntax error in an author's words.
#[derive(Debug, PartialEq)]
pub struct Wrong {
    pub at: Range<usize>,
    pub message: String,
    pub label: String,
    pub help: String,
}

impl Wrong {
    pub fn new(at: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
            label: String::new(),
            help: help.into(),
        }
    }
}

/// The complaint `info` of the parser, at the byte `at`.
pub fn explain(source: &str, at: usize, info: &str) -> Wrong {
    let here = source[at..].chars().next();
    let whole = at..at + here.map_or(0, char::len_utf8);
    let found = match () {
        () if info.contains("invalid trailing content") => one_line::no_blank_after_dash(source, at)
            .or_else(|| one_line::no_comma(source, at))
            .or_else(|| after_quote(source, &whole)),
        () if info.contains("mapping values are not allowed") => begins_with_brace(source, at)
            .or_else(|| one_line::no_blank_after_dash(source, at))
            .or_else(|| one_line::no_blank_after_colon(source, at))
            .or_else(|| one_line::no_braces(source, at))
            .or_else(|| no_colon(source, at)),
        () if info.contains("expect ':'") || info.contains("comment intercepting") => {
            one_line::no_blank_after_colon(source, at).or_else(|| no_colon(source, at))
        }
        () if info.contains("quoted scalar") => left::quoted(source, at).or_else(|| {
            let lacks = colon::on_its_line(source, at);
            lacks.map(|key| without_colon(key.at, key.key, "…")).or(Some(Wrong::new(
                whole.clone(),
                "this quote is not closed",
                "close it at the end of the text; a text of several lines is indented deeper than its key",
            )))
        }),
        () if info.contains("comment or line break") => Some(Wrong::new(
            whole.clone(),
            format!(
                "a text after `{}` begins on the next line",
                &source[whole.clone()]
            ),
            "begin it on the next line, indented; or put it in quotes",
        )),
        () if info.contains("unexpected character") || info.contains("cannot start any token") => {
            Some(first_character(source, &whole))
        }
        () if info.contains("entries are not allowed") || info.contains("keys are not allowed") => {
            Some(first_character(source, &whole))
        }
        () if info.contains("invalid indentation") => left_open(source, at),
        () if info.contains("expected") => begins_with_brace(source, at)
            .or_else(|| one_line::no_blank_after_dash(source, at))
            .or_else(|| left::key(source, at))
            .or_else(|| one_line::no_comma(source, at))
            .or_else(|| brace_inside(source, &whole, info))
            .or_else(|| open_bracket(source, at, info))
            .or_else(|| no_colon(source, at).filter(|_| info.contains("expected key"))),
        () => None,
    };
    found.unwrap_or_else(|| in_words(whole, info))
}

/// `say: {brand} says hi`: YAML takes the token for a map, and stumbles over what follows.
fn begins_with_brace(source: &str, at: usize) -> Option<Wrong> {
    let before = source[..at].trim_end_matches(' ');
    let closed = before.strip_suffix('}')?;
    let open = closed.rfind(['{', '}', '\n'])?;
    let is_token = source[open..].starts_with('{') && !closed[open + 1..].contains(", ");
    let begins = source[..open].trim_end_matches(' ').ends_with([':', '-']);
    (is_token && begins).then(|| {
        Wrong::new(
            open..before.len(),
            "a text that begins with `{` needs quotes",
            format!(
                "without quotes YAML takes it for a map; write \"{}…\"",
                &source[open..before.len()]
            ),
        )
    })
}

/// `{ say: hi {brand}, then: end }`: inside braces a text with braces needs quotes.
fn brace_inside(source: &str, whole: &Range<usize>, info: &str) -> Option<Wrong> {
    let flow = info.contains("',' or");
    (flow && source[whole.clone()].starts_with(['{', '['])).then(|| {
        Wrong::new(
            whole.clone(),
            "inside `{ … }` a text with braces or brackets needs quotes",
            "put the whole text in quotes",
        )
    })
}

/// The bracket before `at` that was never closed.
fn open_bracket(source: &str, at: usize, info: &str) -> Option<Wrong> {
    info.contains("',' or").then(|| left_open(source, at))?
}

fn left_open(source: &str, at: usize) -> Option<Wrong> {
    let open = *open_brackets(&source[..at]).last()?;
    let (is, closes) = match source[open..].starts_with('{') {
        true => ('{', '}'),
        false => ('[', ']'),
    };
    Some(Wrong::new(
        open..open + 1,
        format!("this `{is}` is not closed"),
        format!("close it with `{closes}`"),
    ))
}

/// Where brackets stand open at the end of `source`; those in quotes and comments are text.
pub fn open_brackets(source: &str) -> Vec<usize> {
    let mut open = Vec::new();
    let mut quote = None;
    let mut before = '\n';
    let mut comment = false;
    for (at, c) in source.char_indices() {
        match quote {
            _ if comment => comment = c != '\n',
            Some(q) if c == q && before != '\\' => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') && !before.is_alphanumeric() => quote = Some(c),
            None if c == '#' && before.is_whitespace() => comment = true,
            None if matches!(c, '{' | '[') => open.push(at),
            None if matches!(c, '}' | ']') => drop(open.pop()),
            None => {}
        }
        before = c;
    }
    open
}

/// `'it's'`, `"say "hi""`; or a key whose colon is missing before braces.
fn after_quote(source: &str, whole: &Range<usize>) -> Option<Wrong> {
    let start = source[..whole.start].rfind('\n').map_or(0, |at| at + 1);
    let line = &source[start..];
    let key = line.trim_start();
    let word = key.len()
        - key
            .trim_start_matches(|c: char| c.is_alphanumeric() || "-_".contains(c))
            .len();
    if key.starts_with(char::is_alphanumeric) && key[word..].starts_with(" {") {
        let at = start + (line.len() - key.len());
        return Some(without_colon(at..at + word, &key[..word], "{ … }"));
    }
    Some(Wrong::new(
        whole.clone(),
        "the text goes on after its closing quote",
        "inside \"…\" write a quote as \\\", inside '…' as ''",
    ))
}

/// `answers` and its options on the next lines, `say "hi"`: YAML stumbles over what comes after them.
fn no_colon(source: &str, at: usize) -> Option<Wrong> {
    let found = colon::missing(source, at)?;
    if let Some(text) = left::text(source, found.at.start) {
        return Some(text);
    }
    let mut wrong = without_colon(found.at, found.key, "…");
    if found.alone {
        wrong.help = format!(
            "write `{}:`, and what belongs to it on the next lines, indented",
            found.key
        );
    }
    Some(wrong)
}

fn without_colon(at: Range<usize>, key: &str, value: &str) -> Wrong {
    let message = format!("a `:` is missing after `{key}`");
    let mut wrong = Wrong::new(at, message, format!("write `{key}: {value}`"));
    wrong.label = "no `:` after this".into();
    wrong
}

fn first_character(source: &str, whole: &Range<usize>) -> Wrong {
    let c = &source[whole.clone()];
    Wrong::new(
        whole.clone(),
        format!("a text cannot begin with `{c}`"),
        "put the text in quotes",
    )
}

/// The rest, by what the parser says alone.
fn in_words(whole: Range<usize>, info: &str) -> Wrong {
    const SAID: [(&str, &str, &str); 7] = [
        (
            "mapping values are not allowed",
            "a second `: ` on one line",
            "put a text with a colon in it in quotes",
        ),
        (
            "illegal placement of ':'",
            "this `:` does not belong here",
            "close the bracket before it, or put the text in quotes",
        ),
        (
            "unknown anchor",
            "no anchor has this name",
            "a text that begins with `*` needs quotes; else `*name` repeats what `&name` marked",
        ),
        (
            "found unexpected end of stream",
            "the file ends in the middle of a quoted text",
            "close the quotes",
        ),
        (
            "invalid indentation",
            "the indentation does not fit the lines around it",
            "give keys of one map the same number of spaces",
        ),
        (
            "did not find expected",
            "the indentation or a bracket does not fit",
            "give keys of one map the same number of spaces, and close every bracket",
        ),
        (
            "unclosed bracket",
            "a bracket is not closed",
            "close it with `]` or `}`",
        ),
    ];
    let known = SAID.iter().find(|(part, _, _)| info.contains(part));
    let (message, help) = known.map_or(("this is not YAML", ""), |(_, message, help)| {
        (*message, *help)
    });
    let mut wrong = Wrong::new(whole, message, help);
    wrong.label = info.to_string();
    wrong
}

#[cfg(test)]
mod tests {
    use crate::flow::yaml::read;

    #[test]
    fn a_syntax_error_is_named_where_it_was_made() {
        for (source, place, message) in [
            (
                "a:\n  say: {brand} says hi\n  then: b\n",
                "{brand}",
                "a text that begins with `{` needs quotes",
            ),
            (
                "a:\n  say: {brand}: hi\n",
                "{brand}",
                "a text that begins with `{` needs quotes",
            ),
            (
                "a: { say: {brand} hi, then: b }\n",
                "{brand}",
                "a text that begins with `{` needs quotes",
            ),
            (
                "a:\n  - {name|you} too\n",
                "{name|you}",
                "a text that begins with `{` needs quotes",
            ),
            (
                "a: { say: hi {brand}, then: b }\n",
                "{",
                "inside `{ … }` a text with braces or brackets needs quotes",
            ),
            (
                "a: { say: \"x\", then: b\nc: { end: d }\n",
                "{",
                "this `{` is not closed",
            ),
            ("a: { b: [ { c: 1 } }\n", "[", "this `[` is not closed"),
            (
                "a:\n  say: \"hi\n  then: b\n",
                "\"",
                "this quote is not closed",
            ),
            (
                "a:\n  say: 'it's on'\n",
                "s",
                "the text goes on after its closing quote",
            ),
            (
                "a:\n  say: \"so \"x\" it is\"\n",
                "x",
                "the text goes on after its closing quote",
            ),
            (
                "a:\n  s { say: \"hi\", then: b }\n",
                "s",
                "a `:` is missing after `s`",
            ),
            (
                "a:\n  say:\"hi\"\n  then: b\n",
                ":",
                "a blank is missing after `say:`",
            ),
            ("a:\n  say: @you hi\n", "@", "a text cannot begin with `@`"),
            ("a:\n  say: `you`\n", "`", "a text cannot begin with ```"),
            ("a:\n  say: %you\n", "%", "a text cannot begin with `%`"),
            ("a:\n  say: - you\n", "-", "a text cannot begin with `-`"),
            ("a:\n  say: ? you\n", "?", "a text cannot begin with `?`"),
            (
                "a:\n  say: > hi\n",
                ">",
                "a text after `>` begins on the next line",
            ),
            (
                "a:\n  say: Hi: you: two\n",
                ":",
                "a text with a colon in it needs quotes",
            ),
            (
                "a:\n  yes: b, score: 10\n",
                "score",
                "`score` is a second key on this line, without braces around them",
            ),
            (
                "a:\n  b: end: c\n",
                "end",
                "`end` is a second key on this line, without braces around them",
            ),
            (
                "a:\n  - after: 1d, then: b\n",
                "then",
                "`then` is a second key on this line, without braces around them",
            ),
            (
                "a: { b: 1d then: c }\n",
                "then",
                "a `,` is missing before `then`",
            ),
            (
                "a:\n  - { say: \"hi, you\" then: c }\n",
                "then",
                "a `,` is missing before `then`",
            ),
            (
                "a:\n  - { b: 1d, then: c\n  d:\n    say: \"x\"\n",
                "{",
                "this `{` is not closed",
            ),
            (
                "a:\n  b:\n    -{ c: 1d, then: d }\n",
                "-",
                "a blank is missing after `-`",
            ),
            (
                "a:\n  - { b: c }\n  -{ b: 1d, then: d }\n",
                "-",
                "a blank is missing after `-`",
            ),
            (
                "a:\n  expect:date\n  then: b\n",
                ":",
                "a blank is missing after `expect:`",
            ),
            (
                "a:\n  b:\n    end: x\nc:\n    say: y\n  d: { end: z }\n",
                "c",
                "`c` stands too far left",
            ),
            (
                "a:\n  say: So it\nis with us.\n  then: b\n",
                "is with us.",
                "this line of the text under `say` stands too far left",
            ),
            (
                "a:\n  say: |\n    So it\nis with us.\n  then: b\n",
                "is with us.",
                "this line of the text under `say` stands too far left",
            ),
            (
                "a:\n  say: \"So it\nis with us.\"\n  then: b\n",
                "is with us.\"",
                "this line of the text under `say` stands too far left",
            ),
            ("a:\n b: 1\n   c: 2\n", ":", "a second `: ` on one line"),
            (
                "a:\n  say: Hi there\n    and you\n    say: no\n",
                ":",
                "a second `: ` on one line",
            ),
            (
                "a:\n  - yes\n  no: b\n",
                "n",
                "the indentation or a bracket does not fit",
            ),
        ] {
            let (root, problems) = read("f.yaml", source);
            assert_eq!(root, None, "{source:?}");
            let problem = &problems[0];
            assert_eq!(problem.message, message, "{source:?}");
            assert_eq!(&source[problem.span.range()], place, "{source:?}");
        }
    }

    #[test]
    fn a_missing_colon_is_named_on_the_line_that_lacks_it() {
        for (source, key) in [
            ("a:\n  answers\n    yes: b\n    no: c\n", "answers"),
            ("a:\n  ladder\n    - { b: c }\n", "ladder"),
            ("a:\n  ladder\n  - { b: c }\n", "ladder"),
            ("a:\n  say \"hi: {name}\"\n  then: b\n", "say"),
            ("a:\n  say 'hi'\n\n  # on\n  then: b\n", "say"),
            ("a:\n  say hi you\n  then: b\n", "say"),
            ("a:\n  say: hi you\n  then b\nc: d\n", "then"),
            ("a:\n  say: \"hi\"\n  then b\nc: d\n", "then"),
            ("a:\n  say: hi\n  then b\n", "then"),
            ("a: b\nsteps\n  c:\n    say: hi\n", "steps"),
            ("a: b\nsteps  # all\n  c: d\n", "steps"),
            ("a: b\nsteps\n  # all\n  c: d\n", "steps"),
            ("a: b\nsteps\n  c\n    d: e\n", "steps"),
            ("a: b\nsteps:\n  c\n    d: e\n", "c"),
            ("flow t\nkind: m\n", "flow"),
            ("flow: t\nkind m\nsteps: a\n", "kind"),
            ("a:\n  b:\n    yes c\n    no: d\n", "yes"),
            ("a:\n  - name b\n    script: []\n", "name"),
            ("a:\n  - name: b\n    script\n      - bot: hi\n", "script"),
            ("a:\n  answers { yes: b, no: c }\n", "answers"),
            ("a:\n  é \"hi\"\n  then: b\n", "é"),
            ("a:\r\n  say \"hi\"\r\n  then: b\r\n", "say"),
        ] {
            let (_, problems) = read("f.yaml", source);
            let problem = &problems[0];
            let message = format!("a `:` is missing after `{key}`");
            assert_eq!(problem.message, message, "{source:?}");
            assert_eq!(&source[problem.span.range()], key, "{source:?}");
        }
    }
}
