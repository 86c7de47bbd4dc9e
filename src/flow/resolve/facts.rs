//! What is surely known when a step is reached: which questions were answered on every path,
//! whether the lead has written, whether an agent has been there.

use std::collections::BTreeSet;

use petgraph::graph::NodeIndex;

use crate::flow::graph::{self, Graph, Taken, taken_by};
use crate::flow::steps::callback;
use crate::flow::template::Names;
use crate::flow::{Anytime, AnytimeThen, Step, StepIx, Target, Verb};
use crate::lead::Name;

pub struct Facts {
    /// By step: whether it can be reached without an answer to that question.
    unanswered: Vec<Option<Vec<bool>>>,
    /// By step: whether it can be reached before the lead wrote anything.
    unwritten: Vec<bool>,
    agent_possible: Vec<bool>,
    agent_missing: Vec<bool>,
}

impl Facts {
    pub fn of(
        steps: &[Step],
        start: StepIx,
        anytime: &[Anytime],
        loose: &BTreeSet<StepIx>,
    ) -> Self {
        let graph = graph::of_steps(steps);
        let jumps = anytime.iter().filter_map(|anytime| match &anytime.then {
            AnytimeThen::Go(_, Target::Step(ix)) => Some(graph::node(*ix)),
            AnytimeThen::Go(_, Target::End) | AnytimeThen::Say(_) => None,
        });
        let roots: Vec<NodeIndex> = jumps.chain([graph::node(start)]).collect();
        let taken = |from: NodeIndex, exit: &str| match steps.get(from.index()) {
            // No answer to the question, but something that the lead wrote.
            Some(_) if exit == CALLED => Taken::Unclear,
            Some(step) => taken_by(&step.verb, exit),
            None => Taken::Itself,
        };
        // A stand-in for a missing target must not make anything uncertain.
        let guessed = |from: NodeIndex, to: NodeIndex| {
            to.index() == from.index() + 1 && loose.contains(&StepIx(from.index() as u32))
        };
        let mut graph = graph;
        asks_to_be_called(steps, &mut graph);
        graph.retain_edges(|graph, edge| {
            graph
                .edge_endpoints(edge)
                .is_none_or(|(from, to)| !guessed(from, to))
        });
        let without = |refused: &dyn Fn(NodeIndex, Taken) -> bool, roots: &[NodeIndex]| {
            graph::marks(&graph, roots.iter().copied(), |from, exit| {
                !refused(from, taken(from, exit))
            })
        };
        let unanswered = steps
            .iter()
            .enumerate()
            .map(|(at, step)| {
                let question = NodeIndex::new(at);
                let refused = |from, taken| from == question && taken == Taken::Answer;
                matches!(step.verb, Verb::Ask(_) | Verb::Book(_)).then(|| without(&refused, &roots))
            })
            .collect();
        // The lead has written when something was said at any time.
        let first = [graph::node(start)];
        let wrote = |_, taken| matches!(taken, Taken::Answer | Taken::Unclear);
        let resolved: Vec<NodeIndex> = agent_exits(&graph, &taken);
        Self {
            unanswered,
            unwritten: without(&wrote, &first),
            agent_possible: without(&|_, _| false, &resolved),
            agent_missing: without(&|_, taken| taken == Taken::Agent, &roots),
        }
    }

    /// Puts what is known at `step` into `names`.
    pub fn tell(&self, step: StepIx, names: &mut Names) {
        let at = step.0 as usize;
        for answer in names.answers.values_mut() {
            let unanswered = self.unanswered.get(answer.step.0 as usize);
            answer.certain = match unanswered {
                Some(Some(reached)) => !reached.get(at).copied().unwrap_or(true),
                _ => false,
            };
        }
        let flag = |flags: &[bool]| flags.get(at).copied().unwrap_or(true);
        names.may_lack_reply = flag(&self.unwritten);
        names.agent = flag(&self.agent_possible);
        names.may_lack_agent = flag(&self.agent_missing);
    }
}

/// The way that is no step's: to the first handoff.
const CALLED: &str = "call_me";

/// From every step that waits, the lead who asks to be called is taken to the first handoff.
fn asks_to_be_called(steps: &[Step], graph: &mut Graph) {
    let Some(to) = callback(steps).map(graph::node) else {
        return;
    };
    for (at, step) in steps.iter().enumerate() {
        if step.verb.hears() {
            graph.add_edge(NodeIndex::new(at), to, Name::from(CALLED));
        }
    }
}

/// Where the exits lead that an agent takes.
fn agent_exits(graph: &Graph, taken: &dyn Fn(NodeIndex, &str) -> Taken) -> Vec<NodeIndex> {
    let by_agent = graph.edge_indices().filter_map(|edge| {
        let (from, to) = graph.edge_endpoints(edge)?;
        (taken(from, &graph[edge]) == Taken::Agent).then_some(to)
    });
    by_agent.collect()
}
