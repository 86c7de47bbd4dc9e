//! Ways through a flow, for lints that count what lies on them.

use std::collections::HashMap;

use petgraph::algo::tarjan_scc;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

use crate::flow::graph::{self, Graph, Node};
use crate::flow::{Flow, StepIx, Target, Verb};

/// The heaviest way from the start, each step counted once.
#[derive(Debug, Default)]
pub struct Way {
    pub steps: Vec<StepIx>,
    pub weight: usize,
    /// A step with weight that the way may come back to for ever.
    pub goes_round: Option<StepIx>,
}

/// The heaviest way from the start over exits that `passes` lets through.
pub fn heaviest(
    flow: &Flow,
    weight: impl Fn(StepIx) -> usize,
    passes: impl Fn(StepIx, &str) -> bool,
) -> Way {
    let mut graph = graph::graph(flow);
    graph.retain_edges(|graph, edge| {
        let from = graph.edge_endpoints(edge).map(|(from, _)| graph[from]);
        matches!(from, Some(Node::Step(ix)) if passes(ix, &graph[edge]))
    });
    // Loops come out last to first: what follows a loop is known before it.
    let loops = tarjan_scc(&graph);
    let mut loop_of: HashMap<NodeIndex, usize> = HashMap::new();
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(loops.len());
    for (at, nodes) in loops.iter().enumerate() {
        loop_of.extend(nodes.iter().map(|node| (*node, at)));
        let own: usize = steps(&graph, nodes).map(&weight).sum();
        let next = nodes
            .iter()
            .flat_map(|node| graph.edges(*node))
            .map(|edge| loop_of[&edge.target()])
            .filter(|next| *next != at)
            .max_by_key(|next| best[*next].0);
        best.push((own + next.map_or(0, |next| best[next].0), next));
    }
    let mut way = Way::default();
    let mut here = loop_of.get(&graph::node(flow.start)).copied();
    way.weight = here.map_or(0, |at| best[at].0);
    while let Some(at) = here {
        let nodes = &loops[at];
        let round = nodes.len() > 1 || nodes.iter().any(|node| graph.contains_edge(*node, *node));
        if round && way.goes_round.is_none() {
            way.goes_round = steps(&graph, nodes).find(|ix| weight(*ix) > 0);
        }
        let mut inside: Vec<StepIx> = steps(&graph, nodes).collect();
        inside.sort_unstable();
        way.steps.extend(inside);
        here = best[at].1;
    }
    way
}

fn steps(graph: &Graph, nodes: &[NodeIndex]) -> impl Iterator<Item = StepIx> {
    nodes.iter().filter_map(|node| match graph[*node] {
        Node::Step(ix) => Some(ix),
        Node::Completed => None,
    })
}

/// The first question on each way from the start.
pub fn first_questions(flow: &Flow) -> Vec<StepIx> {
    let (mut first, mut seen, mut open) = (Vec::new(), vec![flow.start], vec![flow.start]);
    while let Some(ix) = open.pop() {
        let verb = &flow.step(ix).verb;
        if matches!(verb, Verb::Ask(_)) {
            first.push(ix);
            continue;
        }
        for (_, target) in verb.exits() {
            if let Target::Step(next) = target
                && !seen.contains(next)
            {
                seen.push(*next);
                open.push(*next);
            }
        }
    }
    first
}
