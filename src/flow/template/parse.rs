//! Cuts a text at its `{tokens}` and proves that each has something to say.

use std::ops::Range;

use crate::diagnostic::{Problem, nearest};
use crate::flow::template::names::{Found, FoundKind, Names};
use crate::flow::template::pattern::{self, Parts};
use crate::flow::template::{Format, Piece, Source, Template, Token};
use crate::lead::Kind;

/// The formats that are words; any other is a date pattern.
const FORMATS: [(&str, Format); 4] = [
    ("title", Format::Title),
    ("upper", Format::Upper),
    ("lower", Format::Lower),
    ("money", Format::Money),
];

/// Reads a text. Problems carry byte ranges of `text`; what could not be read stays as written.
pub fn parse(text: &str, names: &Names) -> (Template, Vec<Problem>) {
    let mut reader = Reader {
        text,
        names,
        pieces: Vec::new(),
        problems: Vec::new(),
    };
    reader.read();
    let template = Template {
        pieces: reader.pieces,
    };
    (template, reader.problems)
}

struct Reader<'a> {
    text: &'a str,
    names: &'a Names,
    pieces: Vec<Piece>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn read(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(brace) = self.text[at..].find(['{', '}']).map(|i| at + i) {
            self.literal(at..brace);
            if bytes.get(brace + 1) == Some(&bytes[brace]) {
                self.literal(brace..brace + 1);
                at = brace + 2;
            } else if bytes[brace] == b'{' {
                at = self.braces(brace);
            } else {
                self.lone_closing(brace);
                at = brace + 1;
            }
        }
        self.literal(at..self.text.len());
    }

    fn literal(&mut self, range: Range<usize>) {
        let text = &self.text[range];
        match self.pieces.last_mut() {
            Some(Piece::Literal(before)) => before.push_str(text),
            _ if text.is_empty() => {}
            _ => self.pieces.push(Piece::Literal(text.to_string())),
        }
    }

    fn lone_closing(&mut self, at: usize) {
        self.literal(at..at + 1);
        self.problem(
            at..at + 1,
            "E0402",
            "a `}` closes nothing".into(),
            "no `{` stands before it",
            "write `}}` for a brace that the lead shall see".into(),
        );
    }

    /// Reads the token whose brace is at `open`; answers where the text goes on.
    fn braces(&mut self, open: usize) -> usize {
        let close = match self.text[open + 1..].find('}') {
            Some(length) => open + 1 + length,
            None => {
                self.literal(open..open + 1);
                let help = "close the token with `}`, or write `{{` for a brace that the lead \
                            shall see";
                let message = "a `{` is never closed".into();
                self.problem(open..open + 1, "E0402", message, "opened here", help.into());
                return open + 1;
            }
        };
        if let Some(inner) = self.text[open + 1..close].find('{') {
            return self.nested(open, open + 1 + inner, close);
        }
        match self.token(open + 1..close) {
            Some(token) => self.pieces.push(Piece::Token(token)),
            None => self.literal(open..close + 1),
        }
        close + 1
    }

    /// A `{` inside a token: either the first was never closed, or the fallback holds a token.
    fn nested(&mut self, open: usize, inner: usize, close: usize) -> usize {
        if self.text[open..inner].contains('|') {
            let help = "write the fallback out in words; a fallback is said as it stands";
            let message = "a fallback cannot hold a token".into();
            self.problem(inner..close + 1, "E0407", message, "", help.into());
            let closed = self.text[close + 1..].starts_with('}');
            self.literal(open..close + 1 + usize::from(closed));
            return close + 1 + usize::from(closed);
        }
        let help = "close the first token with `}` before the next begins";
        let message = "a `{` is never closed".into();
        self.problem(open..open + 1, "E0402", message, "opened here", help.into());
        self.literal(open..inner);
        inner
    }

    /// The token between the braces; `None` when a problem was told.
    fn token(&mut self, inside: Range<usize>) -> Option<Token> {
        let (head, fallback) = split(self.text, inside.clone(), '|');
        let (name, format) = split(self.text, head, ':');
        let name = trim(self.text, name);
        if name.is_empty() {
            let whole = inside.start - 1..inside.end + 1;
            let help = "write a name between the braces, such as `{name}`, or `{{` and `}}` for \
                        braces that the lead shall see";
            let message = "a token has no name".into();
            self.problem(whole, "E0403", message, "nothing to say here", help.into());
            return None;
        }
        let found = self.find(name.clone());
        let format = self.format(format, found.as_ref());
        let fallback = self.fallback(fallback);
        let found = found?;
        let fallback = match fallback {
            Fallback::Written(words) => Some(vec![Piece::Literal(words)]),
            Fallback::Unusable => return None,
            Fallback::None => self.own_fallback(&found.source),
        };
        if fallback.is_none() && !found.certain {
            self.could_be_empty(name);
            return None;
        }
        Some(Token {
            source: found.source,
            format: format?,
            fallback,
        })
    }

    fn find(&mut self, name: Range<usize>) -> Option<Found> {
        let written = &self.text[name.clone()];
        let found = self.names.find(written);
        if let Some(found) = found
            && !matches!(found.source, Source::Tags | Source::Locale)
        {
            return Some(found);
        }
        self.unknown(name);
        None
    }

    fn unknown(&mut self, name: Range<usize>) {
        let written = &self.text[name.clone()];
        let (label, help) = match written.split_once('.') {
            _ if matches!(written, "tags" | "locale" | "segment") => (
                "conditions can test it, texts cannot say it",
                "test it in a `decide` step and write a text for each case".to_string(),
            ),
            Some(("segment", _)) => (
                "conditions can test it, texts cannot say it",
                "test it in a `decide` step and write a text for each case".to_string(),
            ),
            _ if written == "agent" => (
                "nobody has claimed a handoff before this text",
                "name the agent only in steps that come after a `handoff`".to_string(),
            ),
            Some(("event", _)) => (
                "no event has come before this text",
                "start the flow by an event, or wait for one before this step".to_string(),
            ),
            _ => match self.names.did_you_mean(written) {
                Some(meant) => ("not known here", format!("did you mean `{{{meant}}}`?")),
                None => ("not known here", self.offer(written)),
            },
        };
        let message = format!("the text says `{{{written}}}`, which nothing defines");
        self.problem(name, "E0401", message, label, help);
    }

    /// What an author may do about a name that resembles nothing.
    fn offer(&self, written: &str) -> String {
        match written.split_once('.') {
            Some(("answers", step)) => {
                format!("`{step}` must be a step that asks or books; name one, or remove the token")
            }
            Some(("link", link)) => {
                format!("declare it under `links:`, such as `{link}: {{ to: \"https://…\" }}`")
            }
            Some(("saved", saved)) => {
                format!("save it in a `call` step first, under `save:` as `{saved}`")
            }
            _ => format!("declare it under `lead:`, such as `{written}: {{ type: text }}`"),
        }
    }

    fn own_fallback(&self, source: &Source) -> Option<Vec<Piece>> {
        let Source::Field(name, _) = source else {
            return None;
        };
        let text = self.names.fields.get(name)?.fallback.as_ref()?;
        let last = text.0.len().checked_sub(1)?;
        Some(text.0[self.names.locale_ix.min(last)].pieces.clone())
    }

    fn could_be_empty(&mut self, name: Range<usize>) {
        let written = &self.text[name.clone()];
        let field = self.names.fields.contains_key(written);
        let or = if field {
            format!(", or give `{written}` a `fallback` under `lead:`")
        } else {
            String::new()
        };
        let help = format!("write what to say instead, such as `{{{written}|…}}`{or}");
        let message = format!("`{{{written}}}` may have nothing to say");
        self.problem(name, "E0406", message, "could be empty here", help);
    }

    fn fallback(&mut self, range: Option<Range<usize>>) -> Fallback {
        let Some(range) = range else {
            return Fallback::None;
        };
        let words = &self.text[range.clone()];
        if !words.trim().is_empty() {
            return Fallback::Written(words.to_string());
        }
        let help = "write what to say instead, such as `{name|there}`; no lead should read \
                    \"Hi ,\"";
        let message = "a fallback is empty".into();
        let range = range.start - 1..range.end;
        self.problem(
            range,
            "E0407",
            message,
            "nothing after the `|`",
            help.into(),
        );
        Fallback::Unusable
    }

    /// `Some(None)` is a token without a format; `None` one whose format cannot be used.
    fn format(
        &mut self,
        range: Option<Range<usize>>,
        found: Option<&Found>,
    ) -> Option<Option<Format>> {
        let Some(range) = range.map(|range| trim(self.text, range)) else {
            return Some(None);
        };
        let written = &self.text[range.clone()];
        let kind = found.map_or(FoundKind::Any, |found| found.kind.clone());
        if let Some((_, format)) = FORMATS.iter().find(|(word, _)| *word == written) {
            if *format == Format::Money && !may_be_money(&kind) {
                self.does_not_fit(range, "an amount of money", &kind);
                return None;
            }
            return Some(Some(format.clone()));
        }
        match pattern::check(written) {
            Ok(parts) if fits(parts, &kind) => Some(Some(Format::Date(written.to_string()))),
            Ok(parts) => {
                self.does_not_fit(range, parts.name(), &kind);
                None
            }
            Err(_) if is_word(written) => {
                self.unknown_format(range);
                None
            }
            Err(wrong) => {
                let message = format!("`{written}` is not a date pattern");
                let at = range.start + wrong.at..range.start + wrong.at + wrong.len;
                self.problem(at, "E0405", message, wrong.label, wrong.help.to_string());
                None
            }
        }
    }

    fn unknown_format(&mut self, range: Range<usize>) {
        let written = &self.text[range.clone()];
        let help = match nearest(written, FORMATS.iter().map(|(word, _)| *word)) {
            Some(meant) => format!("did you mean `:{meant}`?"),
            None => "write title, upper, lower, money, or a date pattern such as `EEE d MMM, \
                     h:mm a`"
                .to_string(),
        };
        let message = format!("`{written}` is not a format");
        self.problem(range, "E0404", message, "not known", help);
    }

    fn does_not_fit(&mut self, range: Range<usize>, wants: &str, kind: &FoundKind) {
        let written = &self.text[range.clone()];
        let message = format!(
            "the format `{written}` shows {wants}, and this is {}",
            kind.name()
        );
        let help = "remove the format, or give the field the `type` that it shows".into();
        self.problem(range, "E0408", message, "does not fit", help);
    }

    fn problem(
        &mut self,
        range: Range<usize>,
        code: &'static str,
        message: String,
        label: &str,
        help: String,
    ) {
        self.problems.push(Problem {
            range,
            code,
            message,
            label: label.to_string(),
            help: Some(help),
        });
    }
}

enum Fallback {
    None,
    Written(String),
    Unusable,
}

impl FoundKind {
    /// As a person would say it: `a number`.
    pub fn name(&self) -> &'static str {
        match self {
            FoundKind::Options(_) => "one of a question's options",
            FoundKind::Any => "a value known only when it comes",
            FoundKind::Value(kind) => match kind {
                Kind::Text => "a text",
                Kind::Number => "a number",
                Kind::Money => "an amount of money",
                Kind::Date => "a date",
                Kind::Time => "a time of day",
                Kind::DateTime => "a date and time",
                Kind::Email => "an email address",
                Kind::Phone => "a phone number",
                Kind::Postcode => "a postcode",
                Kind::YesNo => "a yes or no",
                Kind::Name => "a person's name",
                Kind::List => "a list of words",
            },
        }
    }
}

/// The bytes of `range` before the first `at`, and those behind it.
fn split(text: &str, range: Range<usize>, at: char) -> (Range<usize>, Option<Range<usize>>) {
    match text[range.clone()].find(at) {
        Some(i) => {
            let cut = range.start + i;
            (range.start..cut, Some(cut + at.len_utf8()..range.end))
        }
        None => (range, None),
    }
}

fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let inside = &text[range.clone()];
    let start = range.start + (inside.len() - inside.trim_start().len());
    start..start + inside.trim().len()
}

/// A word such as `titel`: letters only, of which no three in a row would make a pattern's field.
fn is_word(text: &str) -> bool {
    let mut letters: Vec<char> = text.to_lowercase().chars().collect();
    let all = letters.len() >= 3 && letters.iter().all(|c| c.is_alphabetic() || *c == '_');
    letters.sort_unstable();
    letters.dedup();
    all && letters.len() >= 3
}

fn may_be_money(kind: &FoundKind) -> bool {
    matches!(
        kind,
        FoundKind::Any | FoundKind::Value(Kind::Text | Kind::Number | Kind::Money)
    )
}

/// Whether a value of `kind` has the parts that a pattern shows. A text may hold a date.
fn fits(parts: Parts, kind: &FoundKind) -> bool {
    match kind {
        FoundKind::Any | FoundKind::Value(Kind::Text | Kind::DateTime) => true,
        FoundKind::Value(Kind::Date) => !parts.time,
        FoundKind::Value(Kind::Time) => !parts.date,
        FoundKind::Options(_)
        | FoundKind::Value(
            Kind::Number
            | Kind::Money
            | Kind::Email
            | Kind::Phone
            | Kind::Postcode
            | Kind::YesNo
            | Kind::Name
            | Kind::List,
        ) => false,
    }
}
