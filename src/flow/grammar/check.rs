//! A tree against the tables: reports every slip of structure, mends what it can (a misspelled key
//! gets the name that was meant) and marks the rest as broken, so that no later stage repeats it.

use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::flow::grammar::example;
use crate::flow::grammar::steps::COMMON;
use crate::flow::grammar::{Key, Need, Object, Shape, VERBS, Words};
use crate::flow::yaml::{self, Entry, Node, Scalar, Style, Yaml};

/// Checks `node`, which was read from `source`, against `shape`.
pub fn check(file: &str, source: &str, node: &mut Node, shape: &Shape) -> Vec<Diagnostic> {
    let mut checker = Checker {
        file,
        source,
        problems: Vec::new(),
    };
    checker.value(node, shape, "this");
    checker.problems
}

struct Checker<'a> {
    file: &'a str,
    source: &'a str,
    problems: Vec<Diagnostic>,
}

impl Checker<'_> {
    /// `name` is what the value stands under: the key, for complaints.
    fn value(&mut self, node: &mut Node, shape: &Shape, name: &str) {
        if node.value == Yaml::Broken {
            return;
        }
        if !fits_kind(node, shape) {
            return self.wrong_kind(node, shape, &format!("`{name}`"));
        }
        self.lost_words(node, shape);
        match shape {
            Shape::Word(words) => self.word(node, words),
            Shape::Choice(choices) => self.choice(node, choices),
            Shape::Int { min, max } => self.int(node, *min, *max, name),
            Shape::Number => self.number(node, name),
            Shape::Bool => self.boolean(node, name),
            Shape::Text => self.text(node),
            Shape::LocaleWords => self.locale_words(node),
            Shape::List(item) => self.items(node, item, name),
            Shape::OneOrMany(item) => match node.value {
                Yaml::List(_) => self.items(node, item, name),
                _ => self.value(node, item, name),
            },
            Shape::Map { of, value } => self.entries(node, of, value),
            Shape::Object(object) => self.object(node, object.name, object.keys.iter().collect()),
            Shape::Step => self.step(node, name),
            Shape::OneOf(shapes) => {
                let before = self.problems.len();
                if let Some(shape) = best_fit(node, shapes) {
                    self.value(node, shape, name);
                }
                self.offer_map(before, shapes);
            }
            Shape::Nothing | Shape::Anything => {}
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

    /// `say: Class #1 is open`: of a text of one word the rest was taken for a comment.
    fn lost_words(&mut self, node: &Node, shape: &Shape) {
        let Some(comment) = comment_after(self.source, node) else {
            return;
        };
        let is_text = match shape {
            Shape::Text => true,
            Shape::Word(words) => std::ptr::eq(*words, &super::PATTERN),
            _ => false,
        };
        if is_text {
            self.problems
                .push(yaml::lost_to_a_comment(self.file, comment));
        }
    }

    /// A word that is none of those that can stand here, where a map can too.
    fn offer_map(&mut self, before: usize, shapes: &[Shape]) {
        let object = shapes.iter().find_map(|shape| match shape {
            Shape::Object(object) => Some(object),
            _ => None,
        });
        let (Some(object), [problem]) = (object, &mut self.problems[before..]) else {
            return;
        };
        let help = problem.help.take_if(|help| help.starts_with("one of "));
        if let Some(help) = help {
            let example = example::map(object, None);
            problem.help = Some(format!("{help}, or `{example}`: {}", object.doc));
        }
    }

    /// `whose` is what should be of this shape, such as "`answers`".
    fn wrong_kind(&mut self, node: &mut Node, shape: &Shape, whose: &str) {
        let message = format!(
            "{whose} should be {}, and is {}",
            wanted(shape),
            node.what()
        );
        let span = node.span;
        let example = example::mend(self.source, node, shape);
        let unfinished = node
            .text()
            .and_then(|text| without_colon(text, &keys_of(shape)));
        let problem = self.report("E0102", span, message);
        problem.label = format!("this is {}", node.what());
        problem.help = match &node.value {
            Yaml::Scalar(_) if unfinished.is_some() => {
                unfinished.map(|key| format!("a `:` is missing after `{key}`: {}", colon_help(key)))
            }
            Yaml::Map(_) if name_of_token(node).is_some() => {
                Some("a text that begins with `{` needs quotes".into())
            }
            _ => example,
        };
        node.value = match (shape, &node.value) {
            (Shape::Map { of, .. }, Yaml::List(items)) => entries_of(items, of),
            (Shape::Map { of: LEAD_FIELD, .. }, Yaml::Scalar(_)) => {
                entries_of(std::slice::from_ref(node), LEAD_FIELD)
            }
            _ => Yaml::Broken,
        };
    }

    fn word(&mut self, node: &mut Node, words: &Words) {
        let Some(text) = node.text() else { return };
        if (words.fits)(text) {
            return;
        }
        let message = format!("`{text}` is not {}", words.name);
        let span = node.span;
        self.report(words.code, span, message).help = Some(words.help.into());
        node.value = Yaml::Broken;
    }

    fn choice(&mut self, node: &mut Node, choices: &[(&'static str, &str)]) {
        let Some(text) = node.text() else { return };
        if choices.iter().any(|(word, _)| *word == text) {
            return;
        }
        let span = node.span;
        let meant = nearest(text, choices.iter().map(|(word, _)| *word));
        let message = format!("`{text}` cannot stand here");
        let words: Vec<String> = choices
            .iter()
            .map(|(word, _)| format!("`{word}`"))
            .collect();
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("one of {}", words.join(", ")),
        };
        let problem = self.report("E0112", span, message);
        problem.label = "not one of the words that can".into();
        problem.help = Some(help);
        match meant {
            Some(meant) => set_text(node, meant),
            None => node.value = Yaml::Broken,
        }
    }

    fn int(&mut self, node: &mut Node, min: i64, max: i64, name: &str) {
        let Some(text) = node.text() else { return };
        if text.parse::<i64>().is_ok_and(|n| (min..=max).contains(&n)) {
            return;
        }
        let message = format!("`{text}` is not a whole number that `{name}` can be");
        let span = node.span;
        self.report("E0109", span, message).help = Some(format!("from {min} to {max}"));
        node.value = Yaml::Broken;
    }

    fn number(&mut self, node: &mut Node, name: &str) {
        let Some(text) = node.text() else { return };
        if text.parse::<f64>().is_ok_and(f64::is_finite) {
            return;
        }
        let message = format!("`{text}` is not a number, as `{name}` must be");
        let is_day = text.parse::<jiff::civil::Date>().is_ok();
        let help = match is_day && matches!(name, "min" | "max") {
            true => format!(
                "a date has no bounds: take `{name}` out, and test the answer in a `decide` step"
            ),
            false => "write digits alone, such as `25000` or `2.5`".into(),
        };
        let span = node.span;
        self.report("E0109", span, message).help = Some(help);
        node.value = Yaml::Broken;
    }

    fn boolean(&mut self, node: &mut Node, name: &str) {
        let Some(text) = node.text() else { return };
        match text {
            "true" | "false" => {}
            "yes" | "on" | "no" | "off" => {
                let word = if matches!(text, "yes" | "on") {
                    "true"
                } else {
                    "false"
                };
                set_text(node, word);
            }
            _ => {
                let message = format!("`{name}` is `true` or `false`, not `{text}`");
                let span = node.span;
                self.report("E0109", span, message);
                node.value = Yaml::Broken;
            }
        }
    }

    /// A text, or locale → text. Which locales must be there is not a matter of shape.
    fn text(&mut self, node: &mut Node) {
        let Yaml::Map(entries) = &mut node.value else {
            return;
        };
        for entry in entries {
            self.lost_words(&entry.value, &Shape::Text);
            if !matches!(entry.value.value, Yaml::Scalar(_) | Yaml::Broken) {
                let whose = format!("`{}`", entry.key);
                self.wrong_kind(&mut entry.value, &Shape::Word(&super::WORD), &whose);
            }
        }
    }

    fn locale_words(&mut self, node: &mut Node) {
        const WORDS: Shape = Shape::OneOrMany(&Shape::Word(&super::WORD));
        match &mut node.value {
            Yaml::Map(entries) => {
                for entry in entries {
                    self.value(&mut entry.value, &WORDS, &entry.key);
                }
            }
            _ => self.value(node, &WORDS, "words"),
        }
    }

    fn items(&mut self, node: &mut Node, shape: &Shape, name: &str) {
        let span = node.span;
        let Yaml::List(items) = &mut node.value else {
            return;
        };
        if items.is_empty() {
            self.report("E0102", span, format!("`{name}` is an empty list"));
        }
        for item in items {
            if item.value != Yaml::Broken && !fits_kind(item, shape) {
                self.wrong_kind(item, shape, &format!("each of `{name}`"));
                continue;
            }
            self.value(item, shape, name);
        }
    }

    fn entries(&mut self, node: &mut Node, of: &str, shape: &Shape) {
        let Yaml::Map(entries) = &mut node.value else {
            return;
        };
        for entry in entries {
            if !super::is_name(&entry.key) {
                let message = format!("`{}` cannot be the name of {of}", entry.key);
                self.report("E0110", entry.key_span, message).help = Some(super::NAME.help.into());
            }
            let Entry { key, value, .. } = entry;
            self.value(value, shape, key);
        }
    }

    fn object(&mut self, node: &mut Node, name: &str, keys: Vec<&Key>) {
        let name = &match name.contains(' ') {
            true => name.to_string(),
            false => format!("`{name}`"),
        };
        let span = node.span;
        let Yaml::Map(entries) = &mut node.value else {
            return;
        };
        let astray = match name.as_str() {
            "a flow" => super::astray::steps(self.file, entries),
            "`ask`" => super::astray::answers(self.file, entries),
            _ => Vec::new(),
        };
        self.problems.extend(astray);
        self.unknown_keys(entries, name, &keys);
        for key in &keys {
            match entries.iter_mut().find(|entry| entry.key == key.name) {
                Some(entry) => self.value(&mut entry.value, &key.shape, key.name),
                None if key.need == Need::Required => {
                    let at = entries.first().map_or(span, |first| first.key_span);
                    let problem = self.report("E0106", at, format!("{name} needs `{}`", key.name));
                    problem.label = format!("`{}` is missing here", key.name);
                    problem.help = Some(key.doc.into());
                }
                None => {}
            }
        }
    }

    fn unknown_keys(&mut self, entries: &mut [Entry], name: &str, keys: &[&Key]) {
        for at in 0..entries.len() {
            if keys.iter().any(|key| key.name == entries[at].key) {
                continue;
            }
            let free = keys
                .iter()
                .map(|key| key.name)
                .filter(|key| !entries.iter().any(|entry| entry.key == *key));
            let meant = nearest(&entries[at].key, free);
            let all: Vec<&'static str> = keys.iter().map(|key| key.name).collect();
            if let Some(key) = without_colon(&entries[at].key, &all) {
                let message = format!("a `:` is missing after `{key}`");
                let problem = self.report("E0101", entries[at].key_span, message);
                problem.label = "one key without its value".into();
                problem.help = Some(colon_help(key));
                entries[at].key = key.to_string();
                entries[at].value.value = Yaml::Broken;
                continue;
            }
            let message = format!("`{}` is not a key of {name}", entries[at].key);
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => {
                    let known: Vec<String> =
                        keys.iter().map(|key| format!("`{}`", key.name)).collect();
                    format!("its keys are {}", known.join(", "))
                }
            };
            let problem = self.report("E0101", entries[at].key_span, message);
            problem.label = "unknown key".into();
            problem.help = Some(help);
            if let Some(meant) = meant {
                entries[at].key = meant.to_string();
            }
        }
    }

    fn step(&mut self, node: &mut Node, name: &str) {
        let span = node.span;
        let Yaml::Map(entries) = &mut node.value else {
            return;
        };
        let is_verb = |key: &str| VERBS.iter().any(|verb| verb.name == key);
        let mut verbs: Vec<(usize, &'static Object)> = verbs_of(entries).collect();
        if self.misspelled_verb(entries, &verbs) {
            verbs = verbs_of(entries).collect();
        }
        // `say` beside `handoff` or `book` is a key of theirs, not a second verb.
        if let Some(owner) = verbs.iter().map(|(_, verb)| *verb).find(|verb| {
            verbs
                .iter()
                .all(|(_, other)| verb.key(other.name).is_some())
        }) {
            verbs.retain(|(_, verb)| std::ptr::eq(*verb, owner));
        }
        match verbs.as_slice() {
            [] => {
                let names: Vec<&'static str> = VERBS.iter().map(|verb| verb.name).collect();
                let unfinished = entries
                    .iter()
                    .find_map(|entry| Some((entry.key_span, without_colon(&entry.key, &names)?)));
                let first = entries.first().map_or(span, |first| first.key_span);
                let (at, why, help) = match unfinished {
                    Some((at, verb)) => {
                        let why = format!("a `:` is missing after `{verb}`");
                        (at, why, colon_help(verb))
                    }
                    None => {
                        let help = format!("give it one of {}", verb_names());
                        (first, "it has no verb".to_string(), help)
                    }
                };
                let message = format!("step `{name}` does nothing: {why}");
                self.report("E0103", at, message).help = Some(help);
                node.value = Yaml::Broken;
            }
            [(_, verb)] => {
                let keys = verb.keys.iter().chain(COMMON.iter()).collect();
                self.object(node, verb.name, keys);
            }
            [(first, verb), (second, other), ..] => {
                let (first, second) = (entries[*first].key_span, entries[*second].key_span);
                let message = format!(
                    "step `{name}` has two verbs, `{}` and `{}`",
                    verb.name, other.name
                );
                let problem = self.report("E0104", second, message);
                problem.label = "the second verb".into();
                problem.help = Some("make it two steps, joined by `then`".into());
                problem.also.push((first, "the first verb".into()));
                entries.retain(|entry| {
                    entry.key == verb.name
                        || (!is_verb(&entry.key) && verb.key(&entry.key).is_some())
                });
            }
        }
    }

    /// `aks:` is `ask:` where nothing else is the verb, or what is goes with it, as `say` does with
    /// `handof:`.
    fn misspelled_verb(
        &mut self,
        entries: &mut [Entry],
        verbs: &[(usize, &'static Object)],
    ) -> bool {
        for entry in entries {
            let known = VERBS
                .iter()
                .flat_map(|verb| verb.keys)
                .chain(COMMON.iter())
                .any(|key| key.name == entry.key);
            let owners = VERBS
                .iter()
                .filter(|owner| verbs.iter().all(|(_, verb)| owner.key(verb.name).is_some()))
                .filter(|owner| verbs.iter().all(|(_, verb)| verb.name != owner.name));
            let meant = nearest(&entry.key, owners.map(|verb| verb.name));
            let (false, Some(meant)) = (known, meant) else {
                continue;
            };
            let message = format!("`{}` is not a verb", entry.key);
            let problem = self.report("E0101", entry.key_span, message);
            problem.label = "unknown verb".into();
            problem.help = Some(format!("did you mean `{meant}`?"));
            entry.key = meant.to_string();
            return true;
        }
        false
    }
}

/// A list where a map should be, as the map that was meant: its items are the keys, so that no later stage
/// misses them. The name of a lead field alone says enough of it; other names alone do not.
fn entries_of(items: &[Node], of: &str) -> Yaml {
    let mut entries = Vec::new();
    for item in items {
        match (&item.value, item.text()) {
            (Yaml::Map(inside), _) => entries.extend(inside.iter().cloned()),
            (_, Some(text)) if of == LEAD_FIELD => entries.push(Entry {
                key: text.to_string(),
                key_span: item.span,
                value: Node {
                    span: item.span,
                    value: Yaml::Broken,
                },
            }),
            _ => return Yaml::Broken,
        }
    }
    Yaml::Map(entries)
}

const LEAD_FIELD: &str = "a lead field";

/// The comment that touches its sign, behind a text of one word without quotes. The reader has reported
/// those behind several.
fn comment_after(source: &str, node: &Node) -> Option<Span> {
    let Yaml::Scalar(scalar) = &node.value else {
        return None;
    };
    let is_word = scalar.style == Style::Plain && !scalar.text.contains(' ');
    is_word.then(|| yaml::glued_comment(source, node.span.end as usize))?
}

/// `say "hi"` or `then bye`: one of `keys`, then a blank where its colon should be.
fn without_colon(text: &str, keys: &[&'static str]) -> Option<&'static str> {
    let (word, _) = text.split_once(' ')?;
    keys.iter().find(|key| **key == word).copied()
}

fn colon_help(key: &str) -> String {
    format!("write `{key}: …`")
}

/// The keys by which a map of this shape can begin.
fn keys_of(shape: &Shape) -> Vec<&'static str> {
    match shape {
        Shape::Step => VERBS.iter().map(|verb| verb.name).collect(),
        Shape::Object(object) => object.keys.iter().map(|key| key.name).collect(),
        Shape::List(item) | Shape::OneOrMany(item) => keys_of(item),
        Shape::OneOf(shapes) => shapes.iter().flat_map(keys_of).collect(),
        _ => Vec::new(),
    }
}

/// The verbs among a step's keys, in the order written.
fn verbs_of(entries: &[Entry]) -> impl Iterator<Item = (usize, &'static Object)> {
    entries.iter().enumerate().filter_map(|(at, entry)| {
        let verb = VERBS.iter().find(|verb| verb.name == entry.key)?;
        Some((at, *verb))
    })
}

fn verb_names() -> String {
    let names: Vec<String> = VERBS
        .iter()
        .map(|verb| format!("`{}`", verb.name))
        .collect();
    names.join(", ")
}

fn set_text(node: &mut Node, text: &str) {
    let text = text.to_string();
    let style = Style::Plain;
    node.value = Yaml::Scalar(Scalar { text, style });
}

/// Whether a value of this kind (a text, a list, a map, nothing) can be of this shape at all.
fn fits_kind(node: &Node, shape: &Shape) -> bool {
    let scalar = node.text().is_some();
    let list = matches!(node.value, Yaml::List(_));
    let map = matches!(node.value, Yaml::Map(_));
    match shape {
        Shape::Word(_) | Shape::Choice(_) | Shape::Int { .. } | Shape::Number | Shape::Bool => {
            scalar
        }
        Shape::Text => scalar || map && name_of_token(node).is_none(),
        Shape::LocaleWords => scalar || list || map,
        Shape::List(_) => list,
        Shape::OneOrMany(item) => list || fits_kind(node, item),
        Shape::Map { .. } | Shape::Object(_) | Shape::Step => map,
        Shape::OneOf(shapes) => shapes.iter().any(|shape| fits_kind(node, shape)),
        Shape::Nothing => node.is_nothing(),
        Shape::Anything => true,
    }
}

/// `{name}` without quotes is a map with a key and no value: the name in it.
fn name_of_token(node: &Node) -> Option<&str> {
    match node.map()? {
        [only] if only.value.is_nothing() && only.value.span.start <= only.key_span.end => {
            Some(&only.key)
        }
        _ => None,
    }
}

fn best_fit<'a>(node: &Node, shapes: &'a [Shape]) -> Option<&'a Shape> {
    let keys_there = |shape: &Shape| match (shape, node.map()) {
        (Shape::Object(object), Some(entries)) => entries
            .iter()
            .filter(|e| object.key(&e.key).is_some())
            .count(),
        _ => 0,
    };
    let fitting: Vec<&Shape> = shapes
        .iter()
        .filter(|shape| fits_kind(node, shape))
        .collect();
    let most = fitting.iter().map(|shape| keys_there(shape)).max()?;
    fitting.into_iter().find(|shape| keys_there(shape) == most)
}

/// What was wanted, in an author's words.
fn wanted(shape: &Shape) -> String {
    match shape {
        Shape::Word(words) => words.name.to_string(),
        Shape::Choice(choices) => {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            format!("one of {}", words.join(", "))
        }
        Shape::Int { .. } => "a whole number".into(),
        Shape::Number => "a number".into(),
        Shape::Bool => "`true` or `false`".into(),
        Shape::Text => "a text, or a map from locale to text".into(),
        Shape::LocaleWords => "words, or a map from locale to words".into(),
        Shape::List(_) => "a list".into(),
        Shape::OneOrMany(item) => format!("{}, or a list of them", wanted(item)),
        Shape::Map { of, .. } => format!("a map whose keys are each {of}"),
        Shape::Object(object) => format!("a map with the keys of {}", object.name),
        Shape::Step => "a step: a map with one verb".into(),
        Shape::OneOf(shapes) => {
            let wanted: Vec<String> = shapes
                .iter()
                .filter(|shape| !matches!(shape, Shape::Nothing))
                .map(wanted)
                .collect();
            wanted.join(", or ")
        }
        Shape::Nothing => "nothing".into(),
        Shape::Anything => "a value".into(),
    }
}
