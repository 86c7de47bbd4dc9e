//! How what was meant is written, for the help of a value of the wrong kind: the author's own words in the
//! shape that the grammar wants.

use crate::flow::grammar::{Key, Need, Object, Shape};
use crate::flow::yaml::{Entry, Node, Yaml};

/// The mend for a text or a list where a map should be; `None` where nothing better can be said than what
/// the place wants.
pub fn mend(source: &str, node: &Node, shape: &Shape) -> Option<String> {
    match (shape, &node.value) {
        (Shape::Map { .. }, Yaml::List(items)) => Some(without_dashes(source, node, items)),
        (Shape::Object(object), Yaml::Scalar(_)) => {
            Some(format!("write `{}`", map(object, node.text())))
        }
        (Shape::List(Shape::Object(object)), _) => {
            Some(format!("write `[ {} ]`", map(object, node.text())))
        }
        (Shape::OneOrMany(item), _) => mend(source, node, item),
        (Shape::OneOf(shapes), _) => shapes.iter().find_map(|shape| mend(source, node, shape)),
        _ => None,
    }
}

/// A map with the keys of `object`: those that must be there, else the first two. A first key that is any
/// text gets the author's own.
pub fn map(object: &Object, own: Option<&str>) -> String {
    let required = || object.keys.iter().filter(|key| key.need == Need::Required);
    let shown: Vec<&Key> = match required().next() {
        Some(_) => required().collect(),
        None => object.keys.iter().take(2).collect(),
    };
    let rest = shown.len() < object.keys.len() && required().next().is_some();
    let mut parts: Vec<String> = Vec::new();
    for (at, key) in shown.iter().enumerate() {
        let own = own.filter(|_| at == 0 && is_any_text(&key.shape));
        let value = own.map_or_else(|| value(key), String::from);
        parts.push(format!("{}: {value}", key.name));
    }
    if rest {
        parts.push("…".into());
    }
    format!("{{ {} }}", parts.join(", "))
}

fn is_any_text(shape: &Shape) -> bool {
    matches!(shape, Shape::Word(words) if words.examples.is_empty())
}

/// What a key may hold, by its own description (`Such as \"08:00-21:00\".`), else by its kind of word.
fn value(key: &Key) -> String {
    let described = key.doc.split_once("uch as ").and_then(|(_, rest)| {
        let mark = rest.chars().next().filter(|c| matches!(c, '`' | '"'))?;
        let inside = rest[1..].split(mark).next()?;
        Some(match mark {
            '"' => format!("\"{inside}\""),
            _ => inside.to_string(),
        })
    });
    let of_kind = || match &key.shape {
        Shape::Word(words) => words.examples.first().map(|example| example.to_string()),
        Shape::Choice([(word, _), ..]) => Some(word.to_string()),
        _ => None,
    };
    described.or_else(of_kind).unwrap_or_else(|| "…".into())
}

fn without_dashes(source: &str, node: &Node, items: &[Node]) -> String {
    let written = |entry: &Entry| match entry.value.text() {
        Some(value) => format!("{}: {value}", entry.key),
        None => format!("{}: …", entry.key),
    };
    let meant: Vec<String> = items
        .iter()
        .filter_map(|item| match item.map() {
            Some(entries) => entries.first().map(written),
            None => item.text().map(|text| format!("{text}: …")),
        })
        .collect();
    let in_brackets = source
        .get(node.span.range())
        .is_some_and(|text| text.starts_with('['));
    match meant.first() {
        Some(_) if in_brackets => format!("write `{{ {} }}`", meant.join(", ")),
        Some(first) => format!("without `-`, one on a line: `{first}`"),
        None => "without `-`: a key with its `:`, one on a line".into(),
    }
}
