//! What flows do to each other: one name or keyword for two, and flows that run in a circle.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Lines, Span};
use crate::flow::Flow;
use crate::flow::compile::runs;
use crate::flow::parse::Unit;
use crate::lead::Name;

/// Flows that run each other, and the complaints about it.
pub struct Circles {
    pub members: BTreeSet<Name>,
    pub problems: Vec<Diagnostic>,
}

/// Two flows of one name: the second is reported.
pub fn same_names(units: &[Unit]) -> Vec<Diagnostic> {
    let mut first: HashMap<&Name, &Unit> = HashMap::new();
    let mut problems = Vec::new();
    for unit in units.iter().filter(|unit| !unit.name.is_empty()) {
        match first.get(&unit.name) {
            Some(other) => {
                let message = format!("there are two flows named `{}`", unit.name);
                let problem = Diagnostic::error("E0311", unit.file, unit.name_span, message)
                    .label("the second one")
                    .help(format!(
                        "the first is at {}",
                        place(other.file, other.text, other.name_span)
                    ));
                problems.push(problem);
            }
            None => {
                first.insert(&unit.name, unit);
            }
        }
    }
    problems
}

/// Two flows that one keyword would start.
pub fn same_keywords(flows: &[Arc<Flow>]) -> Vec<Diagnostic> {
    let mut first: HashMap<&str, &Flow> = HashMap::new();
    let mut problems = Vec::new();
    for flow in flows {
        for keyword in &flow.start_keywords {
            let Some(other) = first.get(keyword.as_str()) else {
                first.insert(keyword, flow);
                continue;
            };
            let span = |flow: &Flow| {
                flow.places
                    .keywords
                    .get(keyword)
                    .copied()
                    .unwrap_or_default()
            };
            let message = format!(
                "the keyword `{keyword}` starts flow `{}` already",
                other.name
            );
            let text = other.sources.first().map_or("", |(_, text)| text);
            let problem = Diagnostic::error("E0308", &flow.file, span(flow), message)
                .label("claimed by two flows")
                .help(format!(
                    "the other claim is at {}",
                    place(&other.file, text, span(other))
                ));
            problems.push(problem);
        }
    }
    problems
}

fn place(file: &str, text: &str, span: Span) -> String {
    let position = Lines::new(text).position(span.start);
    format!("{file}:{}:{}", position.line, position.column)
}

/// Each circle once, at the `run` of its first flow.
pub fn run_circles(units: &[Unit], by_name: &BTreeMap<Name, &Unit>) -> Circles {
    let mut circles = Circles {
        members: BTreeSet::new(),
        problems: Vec::new(),
    };
    for unit in units {
        if circles.members.contains(&unit.name) {
            continue;
        }
        let Some(path) = circle_from(unit, by_name) else {
            continue;
        };
        let names: Vec<String> = path.iter().map(|name| format!("`{name}`")).collect();
        let message = format!(
            "these flows run each other in a circle: {}",
            names.join(" → ")
        );
        let next = path.get(1).map(|name| &**name);
        let problem = Diagnostic::error("E0309", unit.file, run_span(unit, next), message)
            .label("comes back to where it began")
            .help("let one of them end instead");
        circles.problems.push(problem);
        circles.members.extend(path);
    }
    circles
}

/// The shortest way from a unit back to itself, by `run`.
fn circle_from(unit: &Unit, by_name: &BTreeMap<Name, &Unit>) -> Option<Vec<Name>> {
    let mut paths: Vec<Vec<Name>> = vec![vec![unit.name.clone()]];
    let mut seen: BTreeSet<Name> = BTreeSet::new();
    while !paths.is_empty() {
        let mut longer = Vec::new();
        for path in paths {
            let at = path.last().and_then(|name| by_name.get(name));
            for next in at.iter().flat_map(|at| runs(at)) {
                let mut path = path.clone();
                path.push(next.into());
                if unit.name == *next {
                    return Some(path);
                }
                if seen.insert(next.into()) {
                    longer.push(path);
                }
            }
        }
        paths = longer;
    }
    None
}

fn run_span(unit: &Unit, flow: Option<&str>) -> Span {
    let runs = unit.steps().iter().filter_map(|step| step.value.get("run"));
    let mut to_next = runs.filter(|node| flow.is_none() || node.text() == flow);
    to_next.next().map_or(unit.name_span, |node| node.span)
}
