//! YAML text to a tree whose every node keeps its place in the file. The only file that knows a YAML
//! library. A scalar is kept as it was written: `1.10`, `yes`, `no` and `on` stay words.
//!
//! Refuses what would hurt: sources over 4 MiB, more than 200,000 nodes (aliases counted at every
//! use), nesting over 64. Reports the traps that YAML sets without a word: doubled keys, tabs, and
//! an unquoted `+15551234567`, which is a number that has lost its plus.

mod colon;
mod left;
mod one_line;
mod syntax;

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span as CharSpan};

use crate::diagnostic::{Diagnostic, Span};

pub const SOURCE_BYTES_MAX: usize = 4 << 20;
pub const NODES_MAX: usize = 200_000;
pub const DEPTH_MAX: usize = 64;

#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub span: Span,
    pub value: Yaml,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Yaml {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// Was reported as wrong; whoever reads it stays silent.
    Broken,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    pub text: String,
    pub style: Style,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Plain,
    Single,
    Double,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_span: Span,
    pub value: Node,
}

impl Node {
    /// The scalar's text; `None` for lists, maps, and a plain nothing.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Yaml::Scalar(scalar) if !scalar.is_nothing() => Some(&scalar.text),
            _ => None,
        }
    }

    pub fn list(&self) -> Option<&[Node]> {
        match &self.value {
            Yaml::List(items) => Some(items),
            _ => None,
        }
    }

    pub fn map(&self) -> Option<&[Entry]> {
        match &self.value {
            Yaml::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value under `key`, unless it is a plain nothing or was reported as wrong.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let entry = self.entry(key)?;
        (!entry.value.is_nothing() && entry.value.value != Yaml::Broken).then_some(&entry.value)
    }

    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.map()?.iter().find(|entry| entry.key == key)
    }

    /// `key:` with nothing after it, `~` or `null`.
    pub fn is_nothing(&self) -> bool {
        matches!(&self.value, Yaml::Scalar(scalar) if scalar.is_nothing())
    }

    /// What it is, in an author's words.
    pub fn what(&self) -> &'static str {
        match &self.value {
            Yaml::Scalar(scalar) if scalar.is_nothing() => "nothing",
            Yaml::Scalar(_) => "a text",
            Yaml::List(_) => "a list",
            Yaml::Map(_) => "a map of keys",
            Yaml::Broken => "something else",
        }
    }

    /// The place in `source` of a range of bytes of this scalar's text.
    pub fn place(&self, source: &str, range: Range<usize>) -> Span {
        match &self.value {
            Yaml::Scalar(scalar) => scalar.place(source, self.span, range),
            _ => self.span,
        }
    }
}

impl Scalar {
    fn is_nothing(&self) -> bool {
        self.style == Style::Plain
            && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// Walks the text as written beside the text as meant: an escape stands for what it means, and
    /// a run of blanks with a line end in it for whatever blanks it was folded to.
    fn place(&self, source: &str, span: Span, range: Range<usize>) -> Span {
        let raw = &source[span.range()];
        let mut walk = Walk {
            raw,
            text: &self.text,
            style: self.style,
            raw_at: usize::from(matches!(self.style, Style::Single | Style::Double)),
            text_at: 0,
        };
        if matches!(self.style, Style::Literal | Style::Folded) {
            walk.raw_at = raw.len() - raw.trim_start().len();
            walk.text_at = self.text.len() - self.text.trim_start().len();
        }
        walk.until(range.start);
        let start = walk.raw_at;
        let end = if range.end > range.start {
            walk.until(range.end);
            walk.end_of_last()
        } else {
            start
        };
        let base = span.start as usize;
        let whole = span.range().len();
        Span::new(base + start.min(whole), base + end.clamp(start, whole))
    }
}

/// Two cursors, over what was written and what it means.
struct Walk<'a> {
    raw: &'a str,
    text: &'a str,
    style: Style,
    raw_at: usize,
    text_at: usize,
}

impl Walk<'_> {
    fn until(&mut self, text_at: usize) {
        while self.text_at < text_at && self.raw_at < self.raw.len() {
            self.step();
        }
    }

    fn step(&mut self) {
        let raw = &self.raw[self.raw_at..];
        let blanks = raw.len() - raw.trim_start().len();
        if raw[..blanks].contains('\n') {
            self.raw_at += blanks;
            let text = &self.text[self.text_at..];
            self.text_at += text.len() - text.trim_start().len();
        } else if self.style == Style::Double && raw.starts_with('\\') {
            self.escape(raw);
        } else if self.style == Style::Single && raw.starts_with("''") {
            self.advance(2);
        } else {
            self.advance(raw.chars().next().map_or(1, char::len_utf8));
        }
    }

    /// Moves over `raw` bytes of the source that stand for one character.
    fn advance(&mut self, raw: usize) {
        self.raw_at = (self.raw_at + raw).min(self.raw.len());
        let text = &self.text[self.text_at..];
        self.text_at += text.chars().next().map_or(1, char::len_utf8);
    }

    fn escape(&mut self, raw: &str) {
        let digits = match raw[1..].chars().next() {
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some('\n' | '\r') => {
                let blanks = raw.len() - 1 - raw[1..].trim_start().len();
                self.raw_at += 1 + blanks;
                return;
            }
            _ => 0,
        };
        let letter = raw[1..].chars().next().map_or(0, char::len_utf8);
        self.advance(1 + letter + digits);
    }

    /// The end of what was walked over, without a line end and the indentation after it.
    fn end_of_last(&self) -> usize {
        let walked = &self.raw[..self.raw_at];
        let trimmed = walked.trim_end();
        if walked[trimmed.len()..].contains('\n') {
            trimmed.len()
        } else {
            self.raw_at
        }
    }
}

/// Reads one document. `None` where the YAML itself does not hold together.
pub fn read(file: &str, source: &str) -> (Option<Node>, Vec<Diagnostic>) {
    if source.len() > SOURCE_BYTES_MAX {
        let problem = Diagnostic::error("E0004", file, Span::default(), "this file is over 4 MiB")
            .help("split it into several flows");
        return (None, vec![problem]);
    }
    let mut reader = Reader::new(file, source);
    let root = reader.document();
    for (_, span) in std::mem::take(&mut reader.unused) {
        reader.report_lost(span, "`&` begins an anchor, which nothing here repeats");
    }
    (root, reader.problems)
}

struct Reader<'a> {
    file: &'a str,
    source: &'a str,
    /// The byte offset of each character, when they differ.
    bytes: Option<Vec<u32>>,
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    nodes: usize,
    anchors: HashMap<usize, (Node, usize)>,
    /// Texts that begin with an anchor, as long as nothing repeats them.
    unused: Vec<(usize, Span)>,
    problems: Vec<Diagnostic>,
}

/// Reading stopped; the problem is noted.
struct Stopped;

type Read<T> = Result<T, Stopped>;

impl<'a> Reader<'a> {
    fn new(file: &'a str, source: &'a str) -> Self {
        let bytes =
            (!source.is_ascii()).then(|| source.char_indices().map(|(at, _)| at as u32).collect());
        Self {
            file,
            source,
            bytes,
            parser: Parser::new_from_str(source),
            nodes: 0,
            anchors: HashMap::new(),
            unused: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn document(&mut self) -> Option<Node> {
        let mut root = None;
        loop {
            let (event, span) = match self.next() {
                Ok(Some(event)) => event,
                Ok(None) => return root,
                Err(Stopped) => return None,
            };
            match event {
                Event::StreamStart
                | Event::DocumentStart(_)
                | Event::DocumentEnd
                | Event::Nothing => {}
                Event::StreamEnd => return root,
                _ if root.is_some() => {
                    let span = self.span(span);
                    self.report("E0007", span, "a second document begins here")
                        .help = Some("one file is one flow: remove the `---`".into());
                    return root;
                }
                event => root = Some(self.node(event, span, 1).ok()?.0),
            }
        }
    }

    fn next(&mut self) -> Read<Option<(Event<'a>, CharSpan)>> {
        match self.parser.next_event() {
            None => Ok(None),
            Some(Ok(event)) => Ok(Some(event)),
            Some(Err(error)) => {
                self.report_syntax(error.marker().index(), error.info());
                Err(Stopped)
            }
        }
    }

    /// A node with the number of nodes in it.
    fn node(&mut self, event: Event<'a>, at: CharSpan, depth: usize) -> Read<(Node, usize)> {
        let span = self.span(at);
        self.count(1, span)?;
        if depth > DEPTH_MAX {
            self.report(
                "E0004",
                span,
                format!("this is nested more than {DEPTH_MAX} deep"),
            );
            return Err(Stopped);
        }
        let (anchor, read) = match event {
            Event::Alias(id) => return self.alias(id, span),
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                if plain && tag.is_some_and(|tag| tag.handle == "!") {
                    self.report_lost(span, "`!` begins a tag, which is no part of the text");
                } else if plain && anchor != 0 {
                    self.unused.push((anchor, span));
                }
                (anchor, self.scalar(&text, style, span))
            }
            Event::SequenceStart(anchor, _) => (anchor, self.list(span, depth)?),
            Event::MappingStart(anchor, _) => (anchor, self.mapping(span, depth)?),
            _ => (0, (broken(span), 1)),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, read.clone());
        }
        Ok(read)
    }

    fn count(&mut self, nodes: usize, span: Span) -> Read<()> {
        self.nodes += nodes;
        if self.nodes <= NODES_MAX {
            return Ok(());
        }
        self.report(
            "E0004",
            span,
            format!("this file has more than {NODES_MAX} values"),
        )
        .help = Some("aliases count at every use".into());
        Err(Stopped)
    }

    fn alias(&mut self, id: usize, span: Span) -> Read<(Node, usize)> {
        self.unused.retain(|(anchor, _)| *anchor != id);
        let Some((node, size)) = self.anchors.get(&id).cloned() else {
            self.report("E0001", span, "an anchor cannot be used inside itself");
            return Err(Stopped);
        };
        self.count(size, span)?;
        Ok((node, size))
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: Span) -> (Node, usize) {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        if style == Style::Plain && lost_its_plus(text) {
            self.report(
                "E0006",
                span,
                format!("`{text}` without quotes is a number, and loses its plus"),
            )
            .help = Some(format!("put it in quotes: \"{text}\""));
            return (broken(span), 1);
        }
        let raw_len = self.source[span.range()].trim_end().len();
        if style == Style::Plain
            && text.contains(' ')
            && let Some(comment) = glued_comment(self.source, span.start as usize + raw_len)
        {
            self.problems.push(lost_to_a_comment(self.file, comment));
        }
        let scalar = Scalar {
            text: text.to_string(),
            style,
        };
        let span = Span::new(span.start as usize, span.start as usize + raw_len);
        let value = Yaml::Scalar(scalar);
        (Node { span, value }, 1)
    }

    fn list(&mut self, start: Span, depth: usize) -> Read<(Node, usize)> {
        let mut items: Vec<Node> = Vec::new();
        let mut size = 1;
        loop {
            let Some((event, at)) = self.next()? else {
                return Err(Stopped);
            };
            if event == Event::SequenceEnd {
                let end = items.last().map(|item| item.span.end);
                let span = self.closing(start, end, at);
                let value = Yaml::List(items);
                return Ok((Node { span, value }, size));
            }
            let (item, nodes) = self.node(event, at, depth + 1)?;
            items.push(item);
            size += nodes;
        }
    }

    fn mapping(&mut self, start: Span, depth: usize) -> Read<(Node, usize)> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut merged: Vec<Node> = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        let mut size = 1;
        loop {
            let Some((event, at)) = self.next()? else {
                return Err(Stopped);
            };
            if event == Event::MappingEnd {
                let end = entries.last().map(|entry| entry.value.span.end);
                let span = self.closing(start, end, at);
                self.merge(&mut entries, merged);
                let value = Yaml::Map(entries);
                return Ok((Node { span, value }, size));
            }
            let key = self.key(event, at, depth)?;
            let Some((event, at)) = self.next()? else {
                return Err(Stopped);
            };
            let (value, nodes) = self.node(event, at, depth + 1)?;
            size += nodes + 1;
            match key {
                Some((key, _)) if key == "<<" => merged.push(value),
                Some((key, key_span)) => match seen.get(&key) {
                    Some(first) => self.report_double(&key, key_span, *first),
                    None => {
                        seen.insert(key.clone(), key_span);
                        entries.push(Entry {
                            key,
                            key_span,
                            value,
                        });
                    }
                },
                None => {}
            }
        }
    }

    /// A key as written; `None` (and reported) when it is no word.
    fn key(
        &mut self,
        event: Event<'a>,
        at: CharSpan,
        depth: usize,
    ) -> Read<Option<(String, Span)>> {
        let (node, _) = self.node(event, at, depth + 1)?;
        match node.value {
            Yaml::Scalar(scalar) if scalar.text.starts_with(char::is_whitespace) => {
                let blank = scalar.text.chars().next().map_or(0, char::len_utf8);
                let at = node.span.start as usize;
                let span = Span::new(at, at + blank);
                self.report("E0002", span, "this blank cannot indent YAML")
                    .help =
                    Some("it came from a page or a document: type spaces in its place".into());
                Err(Stopped)
            }
            Yaml::Scalar(scalar) => Ok(Some((scalar.text, node.span))),
            Yaml::Broken => Ok(None),
            Yaml::List(_) | Yaml::Map(_) => {
                self.report("E0008", node.span, "a key must be a word").help =
                    Some("put a text with braces or brackets in quotes".into());
                Ok(None)
            }
        }
    }

    /// `<<: *defaults`: what the map does not say itself.
    fn merge(&mut self, entries: &mut Vec<Entry>, merged: Vec<Node>) {
        for node in merged {
            match node.value {
                Yaml::Map(defaults) => {
                    for entry in defaults {
                        if !entries.iter().any(|own| own.key == entry.key) {
                            entries.push(entry);
                        }
                    }
                }
                Yaml::List(nodes) => self.merge(entries, nodes),
                Yaml::Scalar(_) => {
                    self.report("E0008", node.span, "`<<` merges a map, and this is none");
                }
                Yaml::Broken => {}
            }
        }
    }

    /// The whole of a list or map: up to its closing bracket, or its last part.
    fn closing(&self, start: Span, last: Option<u32>, at: CharSpan) -> Span {
        let opening = self.source.as_bytes().get(start.start as usize);
        let end = match opening {
            Some(b'{' | b'[') if start.end > start.start => self.span(at).end,
            _ => last.unwrap_or(start.end),
        };
        Span {
            start: start.start,
            end: end.max(start.start),
        }
    }

    fn span(&self, at: CharSpan) -> Span {
        Span::new(self.byte(at.start.index()), self.byte(at.end.index()))
    }

    fn byte(&self, char_at: usize) -> usize {
        match &self.bytes {
            None => char_at.min(self.source.len()),
            Some(bytes) => bytes
                .get(char_at)
                .map_or(self.source.len(), |at| *at as usize),
        }
    }

    fn report(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let at = self.problems.len();
        self.problems
            .push(Diagnostic::error(code, self.file, span, message));
        &mut self.problems[at]
    }

    fn report_lost(&mut self, span: Span, why: &str) {
        let problem = self.report("E0009", span, LOST);
        problem.label = why.to_string();
        problem.help = Some("put the whole text in quotes".into());
    }

    fn report_double(&mut self, key: &str, span: Span, first: Span) {
        let problem = self.report("E0003", span, format!("`{key}` is written twice"));
        problem.label = "the second time".into();
        problem.help = Some("keep one of the two".into());
        problem.also.push((first, "the first time".into()));
    }

    fn report_syntax(&mut self, char_at: usize, info: &str) {
        let at = self.byte(char_at);
        let line_start = self.source[..at]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let line_end = self.source[at..]
            .find('\n')
            .map_or(self.source.len(), |newline| at + newline);
        let line = &self.source[line_start..line_end];
        let indent = line.len() - line.trim_start().len();
        if let Some(tab) = line[..indent].find('\t') {
            let at = line_start + tab;
            self.report("E0002", Span::new(at, at + 1), "a tab cannot indent YAML")
                .help = Some("indent with spaces".into());
            return;
        }
        if info.contains("recursion limit") {
            self.report("E0004", Span::new(at, at), "this is nested too deep");
            return;
        }
        let wrong = syntax::explain(self.source, at, info);
        let problem = self.report(
            "E0001",
            Span::new(wrong.at.start, wrong.at.end),
            wrong.message,
        );
        problem.label = wrong.label;
        problem.help = (!wrong.help.is_empty()).then_some(wrong.help);
    }
}

/// `Room #12 is ready`: a sign that touches its word, on the line of a text that ends at the byte `end`,
/// was not meant as a comment.
pub fn glued_comment(source: &str, end: usize) -> Option<Span> {
    let rest = source.get(end..)?.lines().next()?;
    let comment = rest.trim_start_matches([' ', '\t']);
    let glued = comment
        .strip_prefix('#')?
        .starts_with(char::is_alphanumeric);
    let start = end + rest.len() - comment.len();
    glued.then(|| Span::new(start, start + comment.trim_end().len()))
}

pub fn lost_to_a_comment(file: &str, comment: Span) -> Diagnostic {
    Diagnostic::error("E0009", file, comment, LOST)
        .label("YAML takes this for a comment")
        .help("put the whole text in quotes; a comment has a blank after its `#`")
}

const LOST: &str = "YAML would lose a part of this text";

fn broken(span: Span) -> Node {
    let value = Yaml::Broken;
    Node { span, value }
}

/// A phone number with a plus, which YAML takes for a number.
fn lost_its_plus(text: &str) -> bool {
    text.strip_prefix('+')
        .is_some_and(|digits| digits.len() >= 7 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
mod tests;
