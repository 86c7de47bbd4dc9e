//! The most that one conversation can send and last: the longest way through the graph, loops taken
//! once and named, for a loop that waits may be gone round any number of times.
//!
//! The lead may leave any question for the step of an `anytime`, or for the first handoff by asking to be
//! called: each such way counts once, on top of the longest way to a step that waits. An answer that comes
//! late leads on from a question that silence led away from: what that may add is told apart.

use std::collections::HashSet;
use std::fmt;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

use crate::flow::graph::{self, Graph, Taken, taken_by};
use crate::flow::proof::cost::{Cost, Counter};
use crate::flow::proof::{node_name, step_of};
use crate::flow::steps::WaitFor;
use crate::flow::workspace::Workspace;
use crate::flow::{AnytimeThen, Flow, StepIx, Target, Verb};
use crate::lead::Name;
use crate::time::Duration;

/// Upper bounds, and the way that reaches them.
#[derive(Debug, Clone, Default)]
pub struct Worst {
    pub texts: u32,
    pub parts: u32,
    /// Waiting for the lead, for `wait`, and for endpoints and calendars.
    pub time: Duration,
    pub emails: u32,
    /// The steps of the way with the most texts.
    pub path: Vec<Name>,
    /// Not bounded by the flow: each waits every time round.
    pub loops: Vec<Loop>,
    /// What answers that come late may add to all this at most.
    pub late: Cost,
    /// What is not bounded since the lead asks for it, each time anew.
    pub asked_for: Vec<String>,
    /// Whether it waits for agents, or for a moment of the lead's, which the time leaves out.
    pub waits_for_others: bool,
}

#[derive(Debug, Clone)]
pub struct Loop {
    pub steps: Vec<Name>,
}

pub(super) fn of(
    flow: &Flow,
    graph: &Graph,
    reached: &HashSet<NodeIndex>,
    workspace: Option<&Workspace>,
) -> Worst {
    let ways = Ways::of(flow, graph, Counter { flow, workspace });
    let start = ways.group_of(graph::node(flow.start));
    let jumps = ways.jumps();
    let total = ways.most(start, &jumps);
    let late = jumps
        .iter()
        .filter_map(|jump| jump.to)
        .fold(ways.late[start], |sum, to| sum.plus(ways.late[to]));
    Worst {
        texts: total.texts,
        parts: total.parts,
        time: total.time,
        emails: total.emails,
        path: ways.path(start),
        loops: ways.loops(reached),
        late,
        asked_for: asked_for(flow, reached),
        waits_for_others: waits_for_others(flow, reached),
    }
}

/// A way that the lead may take from any step that waits.
struct Jump {
    /// What is said before.
    says: Cost,
    /// The group it leads to; `None` at an end.
    to: Option<usize>,
}

/// The graph with its loops drawn together into groups, and what each costs with all that lies behind it.
struct Ways<'a> {
    flow: &'a Flow,
    graph: &'a Graph,
    counter: Counter<'a>,
    /// What lies behind comes before what leads to it.
    groups: Vec<Vec<NodeIndex>>,
    group_of: Vec<usize>,
    own: Vec<Cost>,
    /// With the next group of the way with the most texts.
    best: Vec<(Cost, Option<usize>)>,
    /// What late answers may add from there on.
    late: Vec<Cost>,
}

impl<'a> Ways<'a> {
    fn of(flow: &'a Flow, graph: &'a Graph, counter: Counter<'a>) -> Self {
        // Kosaraju lists what lies behind before what leads to it.
        let groups = kosaraju_scc(graph);
        let mut group_of = vec![0; graph.node_count()];
        for (at, members) in groups.iter().enumerate() {
            for node in members {
                group_of[node.index()] = at;
            }
        }
        let cost = |members: &Vec<NodeIndex>| {
            let costs = members.iter().map(|node| counter.cost(*node));
            costs.fold(Cost::default(), Cost::plus)
        };
        let own = groups.iter().map(cost).collect();
        let mut ways = Self {
            flow,
            graph,
            counter,
            groups,
            group_of,
            own,
            best: Vec::new(),
            late: Vec::new(),
        };
        for at in 0..ways.groups.len() {
            let best = ways.best_from(at);
            ways.best.push(best);
            let late = ways.late_from(at);
            ways.late.push(late);
        }
        ways
    }

    fn group_of(&self, node: NodeIndex) -> usize {
        self.group_of[node.index()]
    }

    /// The groups that the group leads to.
    fn behind(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let members = self.groups[at].iter();
        members
            .flat_map(|node| self.graph.neighbors(*node))
            .map(|to| self.group_of(to))
            .filter(move |to| *to != at)
    }

    fn best_from(&self, at: usize) -> (Cost, Option<usize>) {
        let mut behind = Cost::default();
        let mut next: Option<usize> = None;
        for to in self.behind(at) {
            let (cost, _) = self.best[to];
            if next.is_none() || cost.texts > behind.texts {
                next = Some(to);
            }
            behind = behind.most(cost);
        }
        (self.own[at].plus(behind), next)
    }

    /// A question is left by silence and answered late once at most: what follows such an answer lies
    /// behind the question. One in a loop may be so each time round.
    fn late_from(&self, at: usize) -> Cost {
        let mut late = self
            .behind(at)
            .fold(Cost::default(), |most, to| most.most(self.late[to]));
        for node in &self.groups[at] {
            let Some(StepIx(ix)) = step_of(self.flow, *node) else {
                continue;
            };
            let verb = &self.flow.steps[ix as usize].verb;
            if !matches!(verb, Verb::Ask(_)) {
                continue;
            }
            for edge in self.graph.edges(*node) {
                if taken_by(verb, edge.weight()) != Taken::Answer {
                    continue;
                }
                let to = self.group_of(edge.target());
                let again = match to == at {
                    true => Cost::default(),
                    false => self.late[to],
                };
                late = late.most(self.best[to].0.plus(again));
            }
        }
        late
    }

    /// The longest way from `from` to a step that waits; `None` where none does.
    fn until_it_waits(&self, from: usize) -> Option<Cost> {
        let mut so_far: Vec<Option<Cost>> = vec![None; self.groups.len()];
        so_far[from] = Some(self.own[from]);
        let mut most: Option<Cost> = None;
        for at in (0..=from).rev() {
            let Some(cost) = so_far[at] else { continue };
            if self.groups[at].iter().any(|node| self.waits(*node)) {
                most = Some(most.map_or(cost, |most| most.most(cost)));
            }
            for to in self.behind(at) {
                let longer = cost.plus(self.own[to]);
                so_far[to] = Some(so_far[to].map_or(longer, |known| known.most(longer)));
            }
        }
        most
    }

    /// Whether what the lead says here may lead elsewhere.
    fn waits(&self, node: NodeIndex) -> bool {
        let step = self.flow.steps.get(node.index());
        step.is_some_and(|step| step.verb.hears())
    }

    fn jumps(&self) -> Vec<Jump> {
        let to_step = |ix: StepIx| Some(self.group_of(graph::node(ix)));
        let said = self
            .flow
            .anytime
            .iter()
            .filter_map(|anytime| match &anytime.then {
                AnytimeThen::Say(_) => None,
                AnytimeThen::Go(text, target) => Some(Jump {
                    says: text
                        .as_ref()
                        .map_or(Cost::default(), |text| self.counter.text(text, "")),
                    to: match target {
                        Target::Step(ix) => to_step(*ix),
                        Target::End => None,
                    },
                }),
            });
        let called = self.flow.callback().map(|ix| Jump {
            says: Cost::default(),
            to: to_step(ix),
        });
        said.chain(called).collect()
    }

    /// From the start, with each jump once, in whatever order.
    fn most(&self, start: usize, jumps: &[Jump]) -> Cost {
        let straight = self.best[start].0;
        let Some(first) = self.until_it_waits(start) else {
            return straight;
        };
        let between: Vec<Cost> = jumps
            .iter()
            .map(|jump| {
                let waits = jump.to.and_then(|to| self.until_it_waits(to));
                // One that leads to no step that waits is the last.
                waits.map_or(Cost::default(), |cost| cost.plus(jump.says))
            })
            .collect();
        let mut most = straight;
        for (last, jump) in jumps.iter().enumerate() {
            let others = between.iter().enumerate().filter(|(at, _)| *at != last);
            let before = others.fold(first, |sum, (_, cost)| sum.plus(*cost));
            let after = jump.to.map_or(Cost::default(), |to| self.best[to].0);
            most = most.most(before.plus(jump.says).plus(after));
        }
        most
    }

    fn path(&self, from: usize) -> Vec<Name> {
        let mut path = Vec::new();
        let mut at = Some(from);
        while let Some(group) = at {
            let mut members = self.groups[group].clone();
            members.sort();
            path.extend(members.iter().map(|node| node_name(self.flow, *node)));
            at = self.best[group].1;
        }
        path
    }

    fn loops(&self, reached: &HashSet<NodeIndex>) -> Vec<Loop> {
        let mut loops = Vec::new();
        for members in &self.groups {
            let circle =
                members.len() > 1 || self.graph.find_edge(members[0], members[0]).is_some();
            if !circle || !members.iter().all(|node| reached.contains(node)) {
                continue;
            }
            let mut steps: Vec<NodeIndex> = members.clone();
            steps.sort();
            loops.push(Loop {
                steps: steps
                    .iter()
                    .map(|node| node_name(self.flow, *node))
                    .collect(),
            });
        }
        loops
    }
}

/// By the names of `anytime`, and in words for what is understood everywhere.
fn asked_for(flow: &Flow, reached: &HashSet<NodeIndex>) -> Vec<String> {
    let mut asked: Vec<String> = flow
        .anytime
        .iter()
        .map(|heard| format!("`{}`", heard.name))
        .collect();
    let is_reached = |at: usize| reached.contains(&NodeIndex::new(at));
    if flow.callback().is_some() {
        asked.push("a call".to_string());
    }
    let mut books = flow.steps.iter().enumerate();
    if books.any(|(at, step)| matches!(step.verb, Verb::Book(_)) && is_reached(at)) {
        asked.push("another time".to_string());
    }
    asked
}

fn waits_for_others(flow: &Flow, reached: &HashSet<NodeIndex>) -> bool {
    flow.steps.iter().enumerate().any(|(at, step)| {
        let waits = match &step.verb {
            Verb::Handoff(_) => true,
            Verb::Wait(wait) => matches!(wait.what, WaitFor::Until { .. }),
            _ => false,
        };
        waits && reached.contains(&NodeIndex::new(at))
    })
}

impl fmt::Display for Worst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounds = if self.loops.is_empty() {
            ""
        } else {
            " with each loop once"
        };
        let most = Cost {
            texts: self.texts,
            parts: self.parts,
            time: self.time,
            emails: self.emails,
        };
        writeln!(f, "  at most {most}{rounds}")?;
        if self.waits_for_others {
            writeln!(
                f,
                "    and the time that agents take, or until a moment of the lead's"
            )?;
        }
        let path: Vec<&str> = self.path.iter().map(|name| &**name).collect();
        writeln!(f, "    by {}", path.join(" -> "))?;
        if self.late != Cost::default() {
            writeln!(f, "    late answers may add {}", self.late)?;
        }
        if !self.asked_for.is_empty() {
            let asked = self.asked_for.join(", ");
            writeln!(f, "    and what the lead asks for, each time: {asked}")?;
        }
        for circle in &self.loops {
            let steps: Vec<&str> = circle.steps.iter().map(|name| &**name).collect();
            writeln!(
                f,
                "    unbounded: the loop {} waits each round",
                steps.join(" -> ")
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let some = |n: u32, what: &str| match n {
            1 => format!("1 {what}"),
            n => format!("{n} {what}s"),
        };
        write!(
            f,
            "{}, {}, {}, {}",
            some(self.texts, "text"),
            some(self.parts, "billed part"),
            hours(self.time),
            some(self.emails, "email"),
        )
    }
}

/// Never less than it is.
fn hours(time: Duration) -> String {
    let hours = time.as_ms() as f64 / 3_600_000.0;
    match hours.fract() == 0.0 {
        true if hours == 1.0 => "1 hour".into(),
        true => format!("{hours} hours"),
        false => format!("{:.1} hours", (hours * 10.0).ceil() / 10.0),
    }
}
