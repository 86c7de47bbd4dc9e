//! What makes a flow impossible to run: steps nobody reaches, loops that never wait, states without
//! a way to an end, whatever the lead does or fails to do; marketing without a way out.

mod across;
mod first_message;
mod ways;

use std::collections::{HashMap, HashSet};

use petgraph::graph::NodeIndex;

use crate::diagnostic::Diagnostic;
use crate::flow::graph::{self, Graph};
use crate::flow::resolve::Resolved;
use crate::flow::{AnytimeThen, Flow, StepIx, Target};

pub use across::{run_circles, same_keywords, same_names};

/// All that the graph of a flow gives away.
pub fn check(resolved: &Resolved) -> Vec<Diagnostic> {
    if resolved.own_steps == 0 {
        return no_steps(resolved);
    }
    let checker = Checker::new(resolved);
    let mut problems = Vec::new();
    if !resolved.exits_lost {
        checker.unreachable(&mut problems);
    }
    let spinning = checker.loops_without_wait(&mut problems);
    checker.ways_to_an_end(&spinning, &mut problems);
    problems.extend(first_message::check(&checker));
    problems
}

fn no_steps(resolved: &Resolved) -> Vec<Diagnostic> {
    let flow = &resolved.flow;
    if !flow.sources.iter().any(|(_, text)| text.contains("steps")) {
        // `steps` is missing altogether, which the grammar has said.
        return Vec::new();
    }
    let problem = Diagnostic::error(
        "E0106",
        &flow.file,
        flow.places.flow,
        "this flow has no steps",
    )
    .help("write at least one step under `steps`");
    vec![problem]
}

struct Checker<'a> {
    flow: &'a Flow,
    graph: Graph,
    own_steps: usize,
    stand_ins: &'a [StepIx],
    roots: Vec<NodeIndex>,
    reached: HashSet<NodeIndex>,
    order: HashMap<NodeIndex, usize>,
}

impl<'a> Checker<'a> {
    fn new(resolved: &'a Resolved) -> Self {
        let flow = &resolved.flow;
        let graph = graph::graph(flow);
        let jumps = flow
            .anytime
            .iter()
            .filter_map(|anytime| match &anytime.then {
                AnytimeThen::Go(_, Target::Step(ix)) => Some(graph::node(*ix)),
                AnytimeThen::Go(_, Target::End) | AnytimeThen::Say(_) => None,
            });
        let roots: Vec<NodeIndex> = [graph::node(flow.start)].into_iter().chain(jumps).collect();
        let reached = graph::reachable(&graph, roots.iter().copied(), |_, _| true);
        let order = graph
            .node_indices()
            .enumerate()
            .map(|(at, node)| (node, at))
            .collect();
        Self {
            flow,
            graph,
            own_steps: resolved.own_steps,
            stand_ins: &resolved.stand_ins,
            roots,
            reached,
            order,
        }
    }

    /// Whether the node is a step written in this flow's own file.
    fn is_own(&self, node: NodeIndex) -> bool {
        node.index() < self.own_steps
    }

    fn name(&self, node: NodeIndex) -> &str {
        match self.flow.steps.get(node.index()) {
            Some(step) => &step.name,
            None => "end",
        }
    }

    fn step_span(&self, node: NodeIndex) -> crate::diagnostic::Span {
        self.flow.places.step(StepIx(node.index() as u32))
    }

    fn error(
        &self,
        code: &'static str,
        span: crate::diagnostic::Span,
        message: String,
    ) -> Diagnostic {
        Diagnostic::error(code, &self.flow.file, span, message)
    }

    fn unreachable(&self, problems: &mut Vec<Diagnostic>) {
        let lost: Vec<NodeIndex> = self
            .graph
            .node_indices()
            .filter(|node| self.is_own(*node) && !self.reached.contains(node))
            .filter(|node| self.name(*node) != "end")
            .collect();
        let mut covered: HashSet<NodeIndex> = HashSet::new();
        // First those that no lost step leads to, then what is left: circles.
        for only_roots in [Roots::Only, Roots::AndCircles] {
            for node in &lost {
                let led_to = self
                    .graph
                    .neighbors_directed(*node, petgraph::Incoming)
                    .any(|from| from != *node && !self.reached.contains(&from));
                if covered.contains(node) || only_roots == Roots::Only && led_to {
                    continue;
                }
                let behind = graph::reachable(&self.graph, [*node], |_, _| true);
                let also = lost
                    .iter()
                    .filter(|n| *n != node && behind.contains(n))
                    .count();
                covered.extend(behind);
                problems.push(self.unreachable_step(*node, also));
            }
        }
    }

    fn unreachable_step(&self, node: NodeIndex, also: usize) -> Diagnostic {
        let name = self.name(node);
        let problem = self
            .error(
                "E0301",
                self.step_span(node),
                format!("nobody can reach step `{name}`"),
            )
            .label("no path from the start leads here");
        let help = match also {
            0 => "let a `then` name it, or take it out".to_string(),
            1 => "let a `then` name it, or take it out; one more step is behind it".to_string(),
            n => format!("let a `then` name it, or take it out; {n} more steps are behind it"),
        };
        problem.help(help)
    }
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Roots {
    Only,
    AndCircles,
}
