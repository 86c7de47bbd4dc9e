//! Loops and ways out: a loop that never waits would text for ever; a state without a way to an end
//! holds its lead for ever; and silence must come to an end of its own.

use std::collections::HashSet;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

use crate::diagnostic::{Diagnostic, Span};
use crate::flow::check::Checker;
use crate::flow::graph::{Graph, Taken, taken_by};
use crate::flow::steps::WaitFor;
use crate::flow::{StepIx, Verb};
use crate::lead::Name;
use crate::time::Duration;

impl Checker<'_> {
    /// Reports loops that never wait; answers the steps in them.
    pub(super) fn loops_without_wait(&self, problems: &mut Vec<Diagnostic>) -> HashSet<NodeIndex> {
        let mut spinning = HashSet::new();
        for members in self.circles(|node, exit| self.rushes(node, exit)) {
            problems.extend(self.is_reached(&members).then(|| self.spins(&members)));
            spinning.extend(members);
        }
        // A question that cannot be sent is left at once, where silence leads. Within one event that is
        // seen to; what asks a calendar or an endpoint on the way would do so for ever.
        let dead = |node, exit: &Name| self.rushes(node, exit) || self.is_left_unsent(node, exit);
        for members in self.circles(dead) {
            let seen = members.iter().any(|node| spinning.contains(node));
            if seen || !members.iter().any(|node| self.asks_outside(*node)) {
                continue;
            }
            let reached = self.is_reached(&members);
            problems.extend(reached.then(|| self.spins_unreachable(&members)));
            spinning.extend(members);
        }
        spinning
    }

    /// The loops over these edges that a step of this flow's own is in.
    fn circles(&self, passes: impl Fn(NodeIndex, &Name) -> bool) -> Vec<HashSet<NodeIndex>> {
        let mut graph = self.graph.clone();
        graph.retain_edges(|graph, edge| {
            let ends = graph.edge_endpoints(edge);
            ends.is_some_and(|(from, _)| passes(from, &graph[edge]))
        });
        kosaraju_scc(&graph)
            .into_iter()
            .filter(|scc| scc.len() > 1 || graph.find_edge(scc[0], scc[0]).is_some())
            .map(|scc| scc.into_iter().collect::<HashSet<NodeIndex>>())
            .filter(|members| members.iter().any(|node| self.is_own(*node)))
            .filter(|members| !members.iter().any(|node| self.is_stand_in(*node)))
            .collect()
    }

    fn is_reached(&self, members: &HashSet<NodeIndex>) -> bool {
        members.iter().any(|node| self.reached.contains(node))
    }

    fn is_stand_in(&self, node: NodeIndex) -> bool {
        self.stand_ins
            .iter()
            .any(|ix| ix.0 as usize == node.index())
    }

    /// Whether the exit may be taken at once: of a step that does not wait, and where one that does finds
    /// nothing to wait for.
    fn rushes(&self, node: NodeIndex, exit: &Name) -> bool {
        let verb = self.flow.steps.get(node.index()).map(|step| &step.verb);
        !self.waits(node)
            || matches!(verb, Some(Verb::Book(_)) if exit == "none_free")
            || matches!(verb, Some(Verb::Email(_)) if exit == "no_email")
    }

    /// Whether a question that may not be sent is left by this exit: the ladder's last.
    fn is_left_unsent(&self, node: NodeIndex, exit: &Name) -> bool {
        let verb = self.flow.steps.get(node.index()).map(|step| &step.verb);
        match verb {
            Some(verb @ (Verb::Ask(_) | Verb::Book(_) | Verb::Email(_))) => {
                let exits = verb.exits();
                let last = exits.last().map(|(last, _)| last);
                last == Some(exit) && taken_by(verb, exit) == Taken::Silence
            }
            _ => false,
        }
    }

    fn asks_outside(&self, node: NodeIndex) -> bool {
        let verb = self.flow.steps.get(node.index()).map(|step| &step.verb);
        matches!(verb, Some(Verb::Call(_) | Verb::Book(_)))
    }

    /// Whether a conversation rests at this step for some time, each time it comes by.
    fn waits(&self, node: NodeIndex) -> bool {
        let Some(step) = self.flow.steps.get(node.index()) else {
            return false;
        };
        match &step.verb {
            Verb::Ask(_) | Verb::Book(_) | Verb::Handoff(_) => true,
            Verb::Email(email) => !email.no_reply.is_empty(),
            Verb::Wait(wait) => match &wait.what {
                WaitFor::Time(time) => *time > Duration::ZERO,
                WaitFor::Event { at_most, .. } => *at_most > Duration::ZERO,
                // The second time round the moment has passed.
                WaitFor::Until { .. } => false,
            },
            Verb::Say(_)
            | Verb::Decide(_)
            | Verb::Call(_)
            | Verb::Set(_)
            | Verb::Run(_)
            | Verb::Return(_)
            | Verb::End(_) => false,
        }
    }

    fn spins(&self, members: &HashSet<NodeIndex>) -> Diagnostic {
        let round = self.round(members);
        let span = self.closing_exit(members);
        self.error(
            "E0302",
            span,
            format!("this goes round without ever waiting: {round}"),
        )
        .label("back to where it came from")
        .help("put a `wait` or a question into the loop, or let it end")
    }

    fn spins_unreachable(&self, members: &HashSet<NodeIndex>) -> Diagnostic {
        let span = self.closing_exit(members);
        let round = self.round(members);
        let message =
            format!("a lead who cannot be texted goes round without ever waiting: {round}");
        self.error("E0302", span, message)
            .label("back to where it came from")
            .help("put a `wait` into the loop, or let silence lead out of it")
    }

    /// `a → b → a`, from the first step written.
    fn round(&self, members: &HashSet<NodeIndex>) -> String {
        let first = self.first(members);
        let mut path = vec![first];
        let mut at = first;
        // A shortest way round is enough to see it.
        while let Some(next) = self.next_towards(at, first, members) {
            if next == first || path.len() > members.len() {
                break;
            }
            path.push(next);
            at = next;
        }
        path.push(first);
        let names: Vec<String> = path
            .iter()
            .map(|node| format!("`{}`", self.name(*node)))
            .collect();
        names.join(" → ")
    }

    /// The next step on a shortest way from `at` to `goal` within `members`.
    fn next_towards(
        &self,
        at: NodeIndex,
        goal: NodeIndex,
        members: &HashSet<NodeIndex>,
    ) -> Option<NodeIndex> {
        let mut seen: HashSet<NodeIndex> = HashSet::new();
        let mut layer: Vec<(NodeIndex, NodeIndex)> =
            self.graph.neighbors(at).map(|next| (next, next)).collect();
        layer.sort_by_key(|(next, _)| self.order[next]);
        while !layer.is_empty() {
            if let Some((_, first)) = layer.iter().find(|(node, _)| *node == goal) {
                return Some(*first);
            }
            let mut deeper = Vec::new();
            for (node, first) in layer {
                if members.contains(&node) && seen.insert(node) {
                    deeper.extend(self.graph.neighbors(node).map(|next| (next, first)));
                }
            }
            layer = deeper;
        }
        None
    }

    fn first(&self, members: &HashSet<NodeIndex>) -> NodeIndex {
        let own = members.iter().filter(|node| self.is_own(**node));
        own.min_by_key(|node| self.order[*node])
            .or_else(|| members.iter().min_by_key(|node| self.order[*node]))
            .copied()
            .unwrap_or_default()
    }

    /// The place of the exit that leads back to an earlier step of the loop.
    fn closing_exit(&self, members: &HashSet<NodeIndex>) -> Span {
        let mut own: Vec<NodeIndex> = members
            .iter()
            .copied()
            .filter(|n| self.is_own(*n))
            .collect();
        own.sort_by_key(|node| self.order[node]);
        for node in own.iter().rev() {
            for edge in self.graph.edges(*node) {
                let back = self.order[&edge.target()] <= self.order[node];
                if members.contains(&edge.target()) && back {
                    let ix = StepIx(node.index() as u32);
                    return self.flow.places.exit(ix, edge.weight());
                }
            }
        }
        self.step_span(self.first(members))
    }

    /// From every state there is a way to an end; and one that silence takes.
    pub(super) fn ways_to_an_end(
        &self,
        spinning: &HashSet<NodeIndex>,
        problems: &mut Vec<Diagnostic>,
    ) {
        let saved = self.can_end(|_, _| true);
        let lost = |saved: &HashSet<NodeIndex>| -> HashSet<NodeIndex> {
            let reached = self.reached.iter().copied();
            reached.filter(|node| !saved.contains(node)).collect()
        };
        let stuck = lost(&saved);
        for members in self.dead_ends(&stuck, |_, _| true) {
            if members.iter().any(|node| spinning.contains(node)) {
                continue;
            }
            problems.push(self.no_way_out(&members));
        }
        let by_itself = |from: NodeIndex, exit: &Name| {
            self.flow
                .steps
                .get(from.index())
                .is_none_or(|step| match taken_by(&step.verb, exit) {
                    Taken::Silence | Taken::Unclaimed | Taken::Itself => true,
                    Taken::Answer | Taken::Unclear | Taken::Agent | Taken::Event => false,
                })
        };
        let mut silent = lost(&self.can_end(by_itself));
        silent.retain(|node| !stuck.contains(node));
        for members in self.dead_ends(&silent, by_itself) {
            if members.iter().any(|node| spinning.contains(node)) {
                continue;
            }
            problems.push(self.silence_for_ever(&members));
        }
    }

    /// The nodes from which an end can be reached over these edges.
    fn can_end(&self, passes: impl Fn(NodeIndex, &Name) -> bool) -> HashSet<NodeIndex> {
        let is_end = |node: &NodeIndex| match self.flow.steps.get(node.index()) {
            Some(step) => matches!(step.verb, Verb::End(_)),
            None => true,
        };
        let mut saved: HashSet<NodeIndex> = self.graph.node_indices().filter(is_end).collect();
        let mut open: Vec<NodeIndex> = saved.iter().copied().collect();
        while let Some(node) = open.pop() {
            for edge in self.graph.edges_directed(node, petgraph::Incoming) {
                if passes(edge.source(), edge.weight()) && saved.insert(edge.source()) {
                    open.push(edge.source());
                }
            }
        }
        saved
    }

    /// Groups of these nodes that nothing leads out of, with a step of this flow's own in each.
    fn dead_ends(
        &self,
        nodes: &HashSet<NodeIndex>,
        passes: impl Fn(NodeIndex, &Name) -> bool,
    ) -> Vec<HashSet<NodeIndex>> {
        let within: Graph = self.graph.filter_map(
            |_, node| Some(*node),
            |edge, exit| {
                let (from, to) = self.graph.edge_endpoints(edge)?;
                let kept = nodes.contains(&from) && nodes.contains(&to) && passes(from, exit);
                kept.then(|| exit.clone())
            },
        );
        let mut groups: Vec<HashSet<NodeIndex>> = kosaraju_scc(&within)
            .into_iter()
            .map(|scc| scc.into_iter().collect::<HashSet<NodeIndex>>())
            .filter(|scc| scc.iter().all(|node| nodes.contains(node)))
            .filter(|scc| {
                scc.iter()
                    .all(|node| within.neighbors(*node).all(|next| scc.contains(&next)))
            })
            .filter(|scc| scc.iter().any(|node| self.is_own(*node)))
            .collect();
        groups.sort_by_key(|group| self.order[&self.first(group)]);
        groups
    }

    fn no_way_out(&self, members: &HashSet<NodeIndex>) -> Diagnostic {
        let first = self.first(members);
        let message = if members.len() == 1 {
            format!("from step `{}` there is no way to an end", self.name(first))
        } else {
            format!(
                "there is no way to an end from here: {}",
                self.round(members)
            )
        };
        self.error("E0303", self.step_span(first), message)
            .label("a lead who comes here never leaves")
            .help("let one of its exits lead to an `end`")
    }

    fn silence_for_ever(&self, members: &HashSet<NodeIndex>) -> Diagnostic {
        let round = self.round(members);
        let span = self.closing_exit(members);
        self.error(
            "E0304",
            span,
            format!("a silent lead goes round for ever: {round}"),
        )
        .label("back to where silence came from")
        .help("let what happens when nobody does anything lead towards an end")
    }
}
