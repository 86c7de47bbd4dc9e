//! A flow as a directed graph, made from the exits of its steps. The checks, the proof, the coverage
//! of tests and the picture are read from it.

use std::collections::HashSet;

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use crate::flow::steps::WaitFor;
use crate::flow::{Flow, Step, StepIx, Target, Verb};
use crate::lead::Name;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Node {
    Step(StepIx),
    /// `then: end`.
    Completed,
}

/// Steps have the index of their place in the flow; the last node is [`Node::Completed`]. An edge
/// holds the exit's name.
pub type Graph = DiGraph<Node, Name>;

/// The graph of a flow's steps.
pub fn graph(flow: &Flow) -> Graph {
    of_steps(&flow.steps)
}

pub fn of_steps(steps: &[Step]) -> Graph {
    let mut graph = Graph::new();
    for at in 0..steps.len() {
        graph.add_node(Node::Step(StepIx(at as u32)));
    }
    let completed = graph.add_node(Node::Completed);
    for (at, step) in steps.iter().enumerate() {
        for (exit, target) in step.verb.exits() {
            let to = match target {
                Target::Step(ix) => node(*ix),
                Target::End => completed,
            };
            graph.add_edge(NodeIndex::new(at), to, exit);
        }
    }
    graph
}

pub fn node(step: StepIx) -> NodeIndex {
    NodeIndex::new(step.0 as usize)
}

/// Every node that can be reached from `roots` over edges that `passes` lets through.
pub fn reachable(
    graph: &Graph,
    roots: impl IntoIterator<Item = NodeIndex>,
    passes: impl Fn(NodeIndex, &Name) -> bool,
) -> HashSet<NodeIndex> {
    let marks = marks(graph, roots, passes);
    graph
        .node_indices()
        .filter(|node| marks[node.index()])
        .collect()
}

/// The same, as a mark for each node.
pub fn marks(
    graph: &Graph,
    roots: impl IntoIterator<Item = NodeIndex>,
    passes: impl Fn(NodeIndex, &Name) -> bool,
) -> Vec<bool> {
    let mut marks = vec![false; graph.node_count()];
    let mut open: Vec<NodeIndex> = roots.into_iter().collect();
    for root in &open {
        marks[root.index()] = true;
    }
    while let Some(from) = open.pop() {
        for edge in graph.edges(from) {
            let to = edge.target();
            if !marks[to.index()] && passes(from, edge.weight()) {
                marks[to.index()] = true;
                open.push(to);
            }
        }
    }
    marks
}

/// What the exit of a step is taken by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// An answer of the lead that was understood.
    Answer,
    /// Replies that were not.
    Unclear,
    /// The lead's silence.
    Silence,
    /// An agent's outcome.
    Agent,
    /// Nobody took the handoff.
    Unclaimed,
    /// What the step waits for happened.
    Event,
    /// The step itself, without anybody.
    Itself,
}

/// By what the exit of this name is taken.
pub fn taken_by(verb: &Verb, exit: &str) -> Taken {
    match verb {
        Verb::Ask(_) | Verb::Book(_) | Verb::Email(_) if exit.starts_with("no_reply:") => {
            Taken::Silence
        }
        Verb::Ask(_) | Verb::Book(_) if exit == "unclear" => Taken::Unclear,
        Verb::Ask(_) => Taken::Answer,
        Verb::Book(_) if exit == "then" => Taken::Answer,
        Verb::Email(email) if exit == "then" && !email.no_reply.is_empty() => Taken::Answer,
        Verb::Handoff(_) if exit == "unclaimed" => Taken::Unclaimed,
        Verb::Handoff(_) => Taken::Agent,
        Verb::Wait(wait) if exit == "then" && matches!(wait.what, WaitFor::Event { .. }) => {
            Taken::Event
        }
        Verb::Book(_)
        | Verb::Email(_)
        | Verb::Say(_)
        | Verb::Decide(_)
        | Verb::Wait(_)
        | Verb::Call(_)
        | Verb::Set(_)
        | Verb::Run(_)
        | Verb::Return(_)
        | Verb::End(_) => Taken::Itself,
    }
}
