//! The most that one conversation can send and last: the longest way through the graph, loops taken
//! once and named, for a loop that waits may be gone round any number of times.

use std::collections::{HashMap, HashSet};
use std::fmt;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::NodeIndex;

use crate::flow::graph::Graph;
use crate::flow::preferences;
use crate::flow::proof::{node_name, roots, step_of};
use crate::flow::steps::{Rung, RungDoes, WaitFor};
use crate::flow::template::{Piece, Source, Text};
use crate::flow::{Flow, StepIx, Verb};
use crate::lead::Name;
use crate::time::Duration;

/// Upper bounds, each with the way that reaches it.
#[derive(Debug, Clone, Default)]
pub struct Worst {
    pub texts: u32,
    pub parts: u32,
    /// Waiting for the lead and for `wait`.
    pub time: Duration,
    pub emails: u32,
    /// The steps of the way with the most texts.
    pub path: Vec<Name>,
    /// Not bounded by the flow: each waits every time round.
    pub loops: Vec<Loop>,
    /// Whether it waits for agents, or for a moment of the lead's, which the time leaves out.
    pub waits_for_others: bool,
}

#[derive(Debug, Clone)]
pub struct Loop {
    pub steps: Vec<Name>,
}

/// What one step adds.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    texts: u32,
    parts: u32,
    time: Duration,
    emails: u32,
}

impl Cost {
    fn plus(self, other: Cost) -> Cost {
        Cost {
            texts: self.texts + other.texts,
            parts: self.parts + other.parts,
            time: self.time + other.time,
            emails: self.emails + other.emails,
        }
    }

    /// The larger of each.
    fn most(self, other: Cost) -> Cost {
        Cost {
            texts: self.texts.max(other.texts),
            parts: self.parts.max(other.parts),
            time: self.time.max(other.time),
            emails: self.emails.max(other.emails),
        }
    }
}

pub(super) fn of(
    flow: &Flow,
    graph: &Graph,
    reached: &HashSet<NodeIndex>,
    parts: &dyn Fn(&str) -> u32,
) -> Worst {
    let counter = Counter { flow, parts };
    // Kosaraju lists what lies behind before what leads to it.
    let groups = kosaraju_scc(graph);
    let group_of: HashMap<NodeIndex, usize> = groups
        .iter()
        .enumerate()
        .flat_map(|(at, members)| members.iter().map(move |node| (*node, at)))
        .collect();
    let mut best: Vec<(Cost, Option<usize>)> = Vec::new();
    let mut loops = Vec::new();
    for (at, members) in groups.iter().enumerate() {
        let own = members
            .iter()
            .fold(Cost::default(), |sum, node| sum.plus(counter.cost(*node)));
        let mut behind = Cost::default();
        let mut next: Option<usize> = None;
        for node in members {
            for to in graph
                .neighbors(*node)
                .map(|to| group_of[&to])
                .filter(|to| *to != at)
            {
                let (cost, _) = best[to];
                if next.is_none() || cost.texts > behind.texts {
                    next = Some(to);
                }
                behind = behind.most(cost);
            }
        }
        best.push((own.plus(behind), next));
        let circle = members.len() > 1 || graph.find_edge(members[0], members[0]).is_some();
        if circle && members.iter().all(|node| reached.contains(node)) {
            let mut steps: Vec<NodeIndex> = members.clone();
            steps.sort();
            loops.push(Loop {
                steps: steps.iter().map(|node| node_name(flow, *node)).collect(),
            });
        }
    }
    // Something said at any time may lead from any question to its step: its way counts on top.
    let mut total = Cost::default();
    for (at, root) in roots(flow).into_iter().enumerate() {
        let (cost, _) = best[group_of[&root]];
        total = if at == 0 { cost } else { total.plus(cost) };
    }
    Worst {
        texts: total.texts,
        parts: total.parts,
        time: total.time,
        emails: total.emails,
        path: path(flow, &groups, &best, group_of[&roots(flow)[0]]),
        loops,
        waits_for_others: counter.waits_for_others(reached),
    }
}

fn path(
    flow: &Flow,
    groups: &[Vec<NodeIndex>],
    best: &[(Cost, Option<usize>)],
    from: usize,
) -> Vec<Name> {
    let mut path = Vec::new();
    let mut at = Some(from);
    while let Some(group) = at {
        let mut members = groups[group].clone();
        members.sort();
        path.extend(members.iter().map(|node| node_name(flow, *node)));
        at = best[group].1;
    }
    path
}

struct Counter<'a> {
    flow: &'a Flow,
    parts: &'a dyn Fn(&str) -> u32,
}

impl Counter<'_> {
    fn cost(&self, node: NodeIndex) -> Cost {
        let Some(StepIx(at)) = step_of(self.flow, node) else {
            return Cost::default();
        };
        match &self.flow.steps[at as usize].verb {
            Verb::Ask(ask) => self.question(
                &ask.text,
                &ask.no_reply,
                ask.unclear.say.as_ref().unwrap_or(&ask.text),
                ask.unclear.tries,
            ),
            Verb::Book(book) => self.question(
                &book.say,
                &book.no_reply,
                book.unclear.say.as_ref().unwrap_or(&book.say),
                book.unclear.tries,
            ),
            Verb::Say(say) => self.text(&say.text),
            Verb::Handoff(handoff) => handoff
                .say
                .as_ref()
                .map_or(Cost::default(), |say| self.text(say)),
            Verb::Email(email) => Cost {
                emails: 1,
                ..self.ladder(&email.no_reply)
            },
            Verb::Wait(wait) => Cost {
                time: match &wait.what {
                    WaitFor::Time(time) => *time,
                    WaitFor::Event { at_most, .. } => *at_most,
                    WaitFor::Until { .. } => Duration::ZERO,
                },
                ..Cost::default()
            },
            Verb::Decide(_)
            | Verb::Call(_)
            | Verb::Set(_)
            | Verb::Run(_)
            | Verb::Return(_)
            | Verb::End(_) => Cost::default(),
        }
    }

    /// The question, every nudge, and every re-ask; each re-ask may start the longest rung again.
    fn question(&self, text: &Text, rungs: &[Rung], again: &Text, tries: u8) -> Cost {
        let longest = rungs
            .iter()
            .map(|rung| rung.after)
            .max()
            .unwrap_or_default();
        let mut cost = self.text(text).plus(self.ladder(rungs));
        for _ in 0..tries {
            cost = cost.plus(self.text(again));
            cost.time = cost.time + longest;
        }
        cost
    }

    fn ladder(&self, rungs: &[Rung]) -> Cost {
        rungs.iter().fold(Cost::default(), |sum, rung| {
            let said = match &rung.does {
                RungDoes::Say(text) => self.text(text),
                RungDoes::Go(_) => Cost::default(),
            };
            let waited = Cost {
                time: rung.after,
                ..Cost::default()
            };
            sum.plus(said).plus(waited)
        })
    }

    /// One text, at its dearest locale.
    fn text(&self, text: &Text) -> Cost {
        let parts = text.0.iter().map(|template| {
            let pieces = template.pieces.iter().map(|piece| match piece {
                Piece::Literal(text) => text.clone(),
                Piece::Token(token) => match token.source {
                    Source::Link(ref name) if *name == *preferences::LINK => "x".repeat(72),
                    Source::Link(_) => "x".repeat(30),
                    _ => "x".repeat(12),
                },
            });
            (self.parts)(&pieces.collect::<String>())
        });
        Cost {
            texts: 1,
            parts: parts.max().unwrap_or(1),
            ..Cost::default()
        }
    }

    fn waits_for_others(&self, reached: &HashSet<NodeIndex>) -> bool {
        self.flow.steps.iter().enumerate().any(|(at, step)| {
            let waits = match &step.verb {
                Verb::Handoff(_) => true,
                Verb::Wait(wait) => matches!(wait.what, WaitFor::Until { .. }),
                _ => false,
            };
            waits && reached.contains(&NodeIndex::new(at))
        })
    }
}

impl fmt::Display for Worst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let some = |n: u32, what: &str| match n {
            1 => format!("1 {what}"),
            n => format!("{n} {what}s"),
        };
        let rounds = if self.loops.is_empty() {
            ""
        } else {
            " with each loop once"
        };
        writeln!(
            f,
            "  at most {}, {}, {}, {}{rounds}",
            some(self.texts, "text"),
            some(self.parts, "billed part"),
            hours(self.time),
            some(self.emails, "email"),
        )?;
        if self.waits_for_others {
            writeln!(
                f,
                "    and the time that agents take, or until a moment of the lead's"
            )?;
        }
        let path: Vec<&str> = self.path.iter().map(|name| &**name).collect();
        writeln!(f, "    by {}", path.join(" -> "))?;
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

fn hours(time: Duration) -> String {
    let hours = time.as_ms() as f64 / 3_600_000.0;
    match hours.fract() == 0.0 {
        true if hours == 1.0 => "1 hour".into(),
        true => format!("{hours} hours"),
        false => format!("{hours:.1} hours"),
    }
}
