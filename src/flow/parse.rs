//! One source to a unit: a tree that fits the grammar, with the steps it declares. Knows one file
//! only; what its names stand for is `resolve`'s.

use crate::diagnostic::{Diagnostic, Span};
use crate::flow::Source;
use crate::flow::grammar::{self, Object, Shape, VERBS};
use crate::flow::yaml::{self, Entry, Node};
use crate::lead::Name;

/// A flow's file, read.
#[derive(Debug)]
pub struct Unit<'a> {
    pub file: &'a str,
    pub text: &'a str,
    pub root: Node,
    pub name: Name,
    pub name_span: Span,
}

/// A unit, unless the YAML does not hold together or it is no flow at all.
pub fn unit(source: &Source) -> (Option<Unit<'_>>, Vec<Diagnostic>) {
    let (root, mut problems) = yaml::read(&source.file, &source.text);
    let Some(mut root) = root else {
        if problems.is_empty() {
            let empty =
                Diagnostic::error("E0005", &source.file, Span::default(), "this file is empty")
                    .help("a flow begins with `flow: <name>` and has `steps`");
            problems.push(empty);
        }
        return (None, problems);
    };
    problems.extend(grammar::check(
        &source.file,
        &source.text,
        &mut root,
        &Shape::Object(&grammar::FLOW),
    ));
    if root.map().is_none() {
        return (None, problems);
    }
    let name = root.get("flow");
    let unit = Unit {
        file: &source.file,
        text: &source.text,
        name: Name::from(name.and_then(Node::text).unwrap_or_default()),
        name_span: name.map_or(Span::default(), |node| node.span),
        root,
    };
    (Some(unit), problems)
}

impl Unit<'_> {
    /// The steps as written.
    pub fn steps(&self) -> &[Entry] {
        entries(self.root.get("steps"))
    }
}

/// The entries of a map that may be missing.
pub fn entries(node: Option<&Node>) -> &[Entry] {
    node.and_then(Node::map).unwrap_or_default()
}

/// The items of a list, one value alone, or nothing.
pub fn one_or_many(node: Option<&Node>) -> &[Node] {
    match node {
        None => &[],
        Some(node) => node.list().unwrap_or(std::slice::from_ref(node)),
    }
}

/// The verb of a step that passed the grammar.
pub fn verb_of(step: &Node) -> Option<&'static Object> {
    let entries = step.map()?;
    let verbs: Vec<&Object> = VERBS
        .into_iter()
        .filter(|verb| entries.iter().any(|entry| entry.key == verb.name))
        .collect();
    verbs
        .iter()
        .copied()
        .find(|verb| verbs.iter().all(|other| verb.key(other.name).is_some()))
        .or(verbs.first().copied())
}

pub fn name_of(node: Option<&Node>) -> Option<Name> {
    node.and_then(Node::text).map(Name::from)
}

/// A word that the grammar has already found to be well written.
pub fn word<T: std::str::FromStr>(node: Option<&Node>) -> Option<T> {
    node?.text()?.parse().ok()
}
