//! Which edges of a flow its tests have taken.

use std::collections::BTreeSet;

use crate::conversation::{Entry, Hop};
use crate::flow::steps::Verb;
use crate::flow::{AnytimeThen, Flow, RESERVED_TEAM_STEP};

/// A way through the flow, as an author would say it: the step and its exit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    pub step: String,
    pub exit: String,
}

impl std::fmt::Display for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} → {}", self.step, self.exit)
    }
}

/// What `anytime` is called where a step's name would stand.
const ANYTIME: &str = "anytime";

/// Every edge that a test could take: the exits of each step the author wrote, and each `anytime`.
pub fn edges(flow: &Flow) -> BTreeSet<Edge> {
    let mut edges = BTreeSet::new();
    for step in &flow.steps {
        // Passages that nobody chooses: they go with the edge that leads to them.
        if matches!(step.verb, Verb::Run(_) | Verb::Return(_)) || step.name == RESERVED_TEAM_STEP {
            continue;
        }
        for (exit, _) in step.verb.exits() {
            edges.insert(Edge {
                step: step.name.to_string(),
                exit: exit.to_string(),
            });
        }
    }
    for heard in &flow.anytime {
        edges.insert(Edge {
            step: ANYTIME.to_string(),
            exit: heard.name.to_string(),
        });
    }
    edges
}

/// The edges that one entry of a timeline took.
pub fn taken<'a>(flow: &'a Flow, entry: &'a Entry) -> impl Iterator<Item = Edge> + 'a {
    let hops = entry.path.iter().map(|hop: &Hop| {
        let anytime = flow
            .anytime
            .iter()
            .any(|heard| heard.name == hop.exit && matches!(heard.then, AnytimeThen::Go(..)));
        let asked = entry.understood.as_ref().is_some_and(|u| u.kind == ANYTIME);
        let step = if anytime && asked {
            ANYTIME.to_string()
        } else {
            hop.from.to_string()
        };
        Edge {
            step,
            exit: hop.exit.to_string(),
        }
    });
    let said = entry
        .understood
        .iter()
        .filter(|u| u.kind == ANYTIME)
        .filter_map(|u| {
            u.answer.as_ref().map(|name| Edge {
                step: ANYTIME.to_string(),
                exit: name.clone(),
            })
        });
    hops.chain(said)
}
