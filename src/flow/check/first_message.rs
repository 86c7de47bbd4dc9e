//! Marketing says in its first message how to opt out, in every locale, so that it can be read: the
//! word alone, not `stop=end`. Source: CTIA Messaging Principles, the carriers' campaign reviews.

use std::collections::HashSet;

use petgraph::graph::NodeIndex;

use crate::diagnostic::{Diagnostic, Span};
use crate::flow::check::Checker;
use crate::flow::keywords::offers_a_way_out;
use crate::flow::template::{Piece, Template, Text};
use crate::flow::{StepIx, Vary, Verb};
use crate::policy::MessageKind;

pub(super) fn check(checker: &Checker) -> Vec<Diagnostic> {
    let flow = checker.flow;
    if flow.kind == MessageKind::Transactional {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let mut reported: HashSet<Span> = HashSet::new();
    for (ix, slot) in first_texts(checker) {
        let Some(text) = text_of(&flow.steps[ix.0 as usize].verb) else {
            continue;
        };
        let span = |at: usize| flow.places.text(ix, slot, at);
        check_text(checker, text, span, &mut reported, &mut problems);
        for experiment in flow.experiments.iter().filter(|e| e.step == ix) {
            if let Vary::Text(text) = &experiment.vary {
                let spans = flow.places.variants.get(&experiment.name);
                let span = |at: usize| {
                    spans
                        .and_then(|spans| spans.get(at).copied())
                        .unwrap_or_default()
                };
                check_text(checker, text, span, &mut reported, &mut problems);
            }
        }
    }
    problems
}

fn check_text(
    checker: &Checker,
    text: &Text,
    span: impl Fn(usize) -> Span,
    reported: &mut HashSet<Span>,
    problems: &mut Vec<Diagnostic>,
) {
    for (at, locale) in checker.flow.locales.iter().enumerate() {
        let said = words(text.in_locale(at));
        // An empty text is a stand-in for one that was reported.
        if said.trim().is_empty() || offers_a_way_out(&said, locale) {
            continue;
        }
        if reported.insert(span(at)) {
            let message = "marketing must say in its first message how to opt out".to_string();
            problems.push(
                checker
                    .error("E0413", span(at), message)
                    .label("no way to opt out")
                    .help(
                        "add \"STOP to opt out\", the word standing alone; \
                         or mark the flow `kind: transactional` if it is",
                    ),
            );
        }
    }
}

/// The steps that may send the first text, with the slot of it.
fn first_texts(checker: &Checker) -> Vec<(StepIx, &'static str)> {
    let mut first = Vec::new();
    let mut seen: HashSet<NodeIndex> = HashSet::new();
    let mut open = vec![checker.roots[0]];
    while let Some(node) = open.pop() {
        if !seen.insert(node) {
            continue;
        }
        let Some(step) = checker.flow.steps.get(node.index()) else {
            continue;
        };
        match text_of(&step.verb) {
            Some(_) => {
                let slot = if matches!(step.verb, Verb::Ask(_)) {
                    "ask"
                } else {
                    "say"
                };
                first.push((StepIx(node.index() as u32), slot));
            }
            None => open.extend(checker.graph.neighbors(node)),
        }
    }
    first.sort_by_key(|(ix, _)| *ix);
    first
}

fn text_of(verb: &Verb) -> Option<&Text> {
    match verb {
        Verb::Ask(ask) => Some(&ask.text),
        Verb::Say(say) => Some(&say.text),
        Verb::Book(book) => Some(&book.say),
        Verb::Handoff(handoff) => handoff.say.as_ref(),
        Verb::Decide(_)
        | Verb::Email(_)
        | Verb::Wait(_)
        | Verb::Call(_)
        | Verb::Set(_)
        | Verb::Run(_)
        | Verb::Return(_)
        | Verb::End(_) => None,
    }
}

fn words(template: &Template) -> String {
    let pieces = template.pieces.iter().map(|piece| match piece {
        Piece::Literal(text) => text.as_str(),
        Piece::Token(_) => "x",
    });
    pieces.collect()
}
