//! Texts and conditions: read in every locale, with their slips at the place they were written.

use std::ops::Range;

use crate::diagnostic::{Problem, Span, nearest};
use crate::flow::condition::{self, Expr};
use crate::flow::parse::entries;
use crate::flow::resolve::{Builder, Pass};
use crate::flow::template::{self, Piece, Source, Template, Text};
use crate::flow::yaml::{Entry, Node, Yaml};
use crate::lead::Name;

/// Hosts that shorten for everybody; carriers reject a campaign that sends one. Source: Twilio
/// error 30963, T-Mobile code of conduct.
const SHORTENERS: [&str; 18] = [
    "bit.ly",
    "tinyurl.com",
    "goo.gl",
    "t.co",
    "ow.ly",
    "is.gd",
    "buff.ly",
    "rb.gy",
    "rebrand.ly",
    "cutt.ly",
    "shorturl.at",
    "tiny.cc",
    "lnkd.in",
    "bl.ink",
    "t.ly",
    "v.gd",
    "s.id",
    "short.io",
];

impl<'a> Builder<'a> {
    /// A text in every locale; one text alone stands for all of them. `slot` is its name among the
    /// step's places.
    pub(super) fn text(&mut self, node: Option<&Node>, slot: &str) -> Option<Text> {
        let node = node?;
        let mut templates = Vec::new();
        let mut spans = Vec::new();
        match &node.value {
            Yaml::Map(written) => {
                self.locales_written(node, written);
                for at in 0..self.locales.len() {
                    let found = self.in_locale(written, at);
                    spans.push(found.map_or(node.span, |node| node.span));
                    let template = found.map(|node| self.template(node, at));
                    templates.push(template.unwrap_or_default());
                }
            }
            Yaml::Scalar(_) => {
                for at in 0..self.locales.len() {
                    let pass = self.pass;
                    // Its own slips are the same in every locale.
                    if at > 0 {
                        self.pass = Pass::Outline;
                    }
                    let template = self.template(node, at);
                    self.pass = pass;
                    spans.push(node.span);
                    templates.push(template);
                }
            }
            Yaml::List(_) | Yaml::Broken => return None,
        }
        if let (Some(step), 0) = (self.step, self.part) {
            self.places.texts.insert((step, Name::from(slot)), spans);
        }
        Some(Text(templates))
    }

    /// The text, or an empty stand-in where it is missing or broken.
    pub(super) fn text_or_nothing(&mut self, node: Option<&Node>, slot: &str) -> Text {
        let nothing = || Text(vec![Template::default(); self.locales.len().max(1)]);
        let nothing = nothing();
        self.text(node, slot).unwrap_or(nothing)
    }

    /// What a map says in one of the flow's locales: in it, else in its language.
    fn in_locale<'n>(&self, written: &'n [Entry], at: usize) -> Option<&'n Node> {
        let locale = &self.locales[at];
        let language = locale.split('-').next().unwrap_or(locale);
        let entry = |name: &str| written.iter().find(|entry| entry.key == name);
        let own = entry(locale).or_else(|| entry(language));
        // A flow that was brought in may lack a locale of the outer one; that is reported there.
        let own = own.or_else(|| (self.part != 0).then(|| written.first()).flatten());
        own.map(|entry| &entry.value)
    }

    /// Reports locales that are missing, and those that the flow does not have.
    fn locales_written(&mut self, node: &Node, written: &[Entry]) {
        let missing: Vec<String> = (0..self.locales.len())
            .filter(|at| self.in_locale(written, *at).is_none())
            .map(|at| format!("`{}`", self.locales[at]))
            .collect();
        let mut slips = 0;
        for entry in written {
            if self.locale_named(&entry.key).is_none() && self.part == 0 {
                self.unknown_locale(entry);
                slips += 1;
            }
        }
        if missing.len() > slips {
            let problem = self
                .error(
                    "E0411",
                    node.span,
                    format!("this text is missing in {}", missing.join(", ")),
                )
                .label("every locale of the flow needs its own text")
                .help("add it, or take the locale out of `locales`");
            self.report(problem);
        }
    }

    /// The flow's locale that a key names: itself, or the language of one.
    pub(super) fn locale_named(&self, key: &str) -> Option<Name> {
        self.locales
            .iter()
            .find(|locale| ***locale == *key || locale.split('-').next() == Some(key))
            .cloned()
    }

    /// Said once for each locale: a flow that speaks one it does not declare has one slip.
    pub(super) fn unknown_locale(&mut self, entry: &Entry) {
        if self.pass == Pass::Bind
            && self.part == 0
            && !self.unknown_locales.insert(entry.key.clone())
        {
            return;
        }
        let problem = self
            .error(
                "E0412",
                entry.key_span,
                format!("`{}` is not a locale of this flow", entry.key),
            )
            .label("not among `locales`");
        let names: Vec<String> = self
            .locales
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let help = match nearest(&entry.key, self.locales.iter().map(|name| &**name)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("add it to `locales`, or use one of {}", names.join(", ")),
        };
        self.report(problem.help(help));
    }

    /// A template with its place noted, such as a handoff's brief.
    pub(super) fn slot_template(&mut self, node: &Node, slot: &str) -> Template {
        if let (Some(step), 0) = (self.step, self.part) {
            self.places
                .texts
                .insert((step, Name::from(slot)), vec![node.span]);
        }
        self.template(node, 0)
    }

    /// One text in one locale.
    pub(super) fn template(&mut self, node: &Node, locale_ix: usize) -> Template {
        let Some(text) = node.text() else {
            return Template::default();
        };
        self.names.locale_ix = locale_ix;
        let (mut template, problems) = template::parse(text, &self.names);
        self.problems_in(node, problems);
        if text.trim().is_empty() {
            let problem = self
                .error("E0415", node.span, "this text says nothing")
                .help("write what is to be said, or take the key away");
            self.report(problem);
        }
        for range in shorteners(text) {
            self.shortener(node, text, range);
        }
        self.bind(&mut template.pieces);
        template
    }

    pub(super) fn condition(&mut self, node: &Node) -> Expr {
        let text = node.text().unwrap_or("true");
        let (mut expr, problems) = condition::parse(text, &self.names);
        self.problems_in(node, problems);
        self.bind_expr(&mut expr);
        expr
    }

    fn problems_in(&mut self, node: &Node, problems: Vec<Problem>) {
        for problem in problems {
            let span = self.place(node, problem.range.clone());
            let problem = problem.at(self.unit().file, span);
            self.report(problem);
        }
    }

    fn place(&self, node: &Node, range: Range<usize>) -> Span {
        node.place(self.unit().text, range)
    }

    fn shortener(&mut self, node: &Node, text: &str, range: Range<usize>) {
        let host = &text[range.clone()];
        let message = format!("`{host}` is a public link shortener");
        let problem = self
            .error("E0414", self.place(node, range.clone()), message)
            .label("carriers reject the whole campaign for it")
            .help(
                "declare the address under `links` and say `{link.<name>}`: \
                 it is shortened on your own domain",
            );
        self.report(problem);
    }

    /// Gives answers the whole name of their step, and links theirs, where the text stands in a
    /// flow that was brought in.
    fn bind(&self, pieces: &mut [Piece]) {
        for piece in pieces {
            if let Piece::Token(token) = piece {
                let source = std::mem::replace(&mut token.source, Source::Score);
                token.source = self.bound(source);
                if let Some(fallback) = &mut token.fallback {
                    self.bind(fallback);
                }
            }
        }
    }

    pub(super) fn bound(&self, source: Source) -> Source {
        match source {
            Source::Answer(step, name) => {
                let slot = self.layout.slots.get(step.0 as usize);
                Source::Answer(step, slot.map_or(name, |slot| slot.name.clone()))
            }
            Source::Link(name) => Source::Link(format!("{}{name}", self.part().prefix).into()),
            other => other,
        }
    }

    fn bind_expr(&self, expr: &mut Expr) {
        match expr {
            Expr::Source(source) => {
                let own = std::mem::replace(source, Source::Score);
                *source = self.bound(own);
            }
            Expr::Literal(_) => {}
            Expr::Not(inner) => self.bind_expr(inner),
            Expr::And(a, b)
            | Expr::Or(a, b)
            | Expr::Compare(_, a, b)
            | Expr::In(a, b)
            | Expr::Add(a, b) => {
                self.bind_expr(a);
                self.bind_expr(b);
            }
        }
    }

    /// A flow that is run inside this one speaks every locale of this one.
    pub(super) fn check_run_locales(&mut self) {
        for at in 0..self.layout.own_steps {
            let slot = &self.layout.slots[at];
            let (Some(part), Some(run)) = (slot.brings, slot.entry.value.get("run")) else {
                continue;
            };
            let unit = self.layout.parts[part].unit;
            let spoken = super::declared::locales(unit);
            let missing: Vec<String> = self
                .locales
                .iter()
                .filter(|locale| !super::declared::is_spoken(&spoken, locale))
                .map(|locale| format!("`{locale}`"))
                .collect();
            if !missing.is_empty() && !entries(unit.root.get("steps")).is_empty() {
                let message = format!(
                    "flow `{}` has no texts in {}",
                    unit.name,
                    missing.join(", ")
                );
                let problem = self
                    .error("E0411", run.span, message)
                    .help("add the locale there, or take it out of `locales` here");
                self.report(problem);
            }
        }
    }
}

/// Where a text names a public shortener as a host.
fn shorteners(text: &str) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for host in SHORTENERS {
        for (at, _) in lower.match_indices(host) {
            let before = lower[..at].chars().next_back();
            let after = lower[at + host.len()..].chars().next();
            let begins = match before {
                Some('.') => lower[..at].ends_with("www."),
                Some(c) => !c.is_alphanumeric() && !matches!(c, '-' | '_' | '@'),
                None => true,
            };
            let then = lower[at + host.len()..].chars().nth(1);
            let ends = match after {
                Some('.') => then.is_none_or(char::is_whitespace),
                Some(c) => !c.is_alphanumeric() && c != '-',
                None => true,
            };
            if begins && ends {
                found.push(at..at + host.len());
            }
        }
    }
    found.sort_by_key(|range| range.start);
    found
}

#[cfg(test)]
mod tests {
    use super::shorteners;

    #[test]
    fn a_public_shortener_is_found_as_a_host_only() {
        for (text, hosts) in [
            ("see https://bit.ly/3xyz now", vec!["bit.ly"]),
            ("BIT.LY/x", vec!["BIT.LY"]),
            ("at t.co.", vec!["t.co"]),
            ("https://t.company/x", vec![]),
            ("https://shop.rabbit.ly/x", vec![]),
            ("https://bit.ly.example/x", vec![]),
            (
                "http://www.tinyurl.com/a and ow.ly/b",
                vec!["tinyurl.com", "ow.ly"],
            ),
        ] {
            let found: Vec<&str> = shorteners(text).into_iter().map(|r| &text[r]).collect();
            assert_eq!(found, hosts, "{text}");
        }
    }
}
