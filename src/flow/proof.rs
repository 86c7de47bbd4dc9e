//! What is proved of a flow, for its author to read: every question's way out, how it can end, and the
//! most that one lead can cost and be bothered with.
//!
//! The bounds are of the flow alone: quiet hours, caps and slow carriers only make a conversation longer,
//! and the time an agent takes is the agent's. The engine's own answers (HELP, STOP, "who is this") are not
//! counted, nor a slot offered anew since somebody was quicker. A field is counted as long as few values are.

mod cost;
mod worst;

use std::collections::HashSet;
use std::fmt;

use petgraph::graph::NodeIndex;

use crate::flow::graph::{self, Graph, Taken, taken_by};
use crate::flow::workspace::Workspace;
use crate::flow::{AnytimeThen, COMPLETED, Flow, StepIx, Target, Verb};
use crate::lead::Name;

pub use cost::Cost;
pub use worst::{Loop, Worst};

#[derive(Debug, Clone)]
pub struct Proof {
    pub flow: Name,
    pub questions: Vec<Question>,
    /// How it can end, in the order written.
    pub outcomes: Vec<Name>,
    pub worst: Worst,
}

/// A step that waits for the lead, and where each thing the lead may do leads.
#[derive(Debug, Clone)]
pub struct Question {
    pub step: Name,
    /// Exit and where it leads.
    pub answers: Vec<(Name, Name)>,
    pub unclear: Option<Name>,
    pub silence: Option<Name>,
}

/// The proof of a flow that compiled.
pub fn report(flow: &Flow) -> Proof {
    prove(flow, None)
}

/// The same with the texts as long as they are with this workspace's brand and address.
pub fn report_in(flow: &Flow, workspace: &Workspace) -> Proof {
    prove(flow, Some(workspace))
}

fn prove(flow: &Flow, workspace: Option<&Workspace>) -> Proof {
    let graph = graph::graph(flow);
    let reached = graph::reachable(&graph, roots(flow), |_, _| true);
    Proof {
        flow: flow.name.clone(),
        questions: questions(flow, &reached),
        outcomes: outcomes(flow, &graph, &reached),
        worst: worst::of(flow, &graph, &reached, workspace),
    }
}

/// Where a conversation can begin, or be taken to at any time.
fn roots(flow: &Flow) -> Vec<NodeIndex> {
    let jumps = flow
        .anytime
        .iter()
        .filter_map(|anytime| match &anytime.then {
            AnytimeThen::Go(_, Target::Step(ix)) => Some(graph::node(*ix)),
            AnytimeThen::Go(_, Target::End) | AnytimeThen::Say(_) => None,
        });
    let called = flow.callback().map(graph::node);
    [graph::node(flow.start)]
        .into_iter()
        .chain(jumps)
        .chain(called)
        .collect()
}

fn questions(flow: &Flow, reached: &HashSet<NodeIndex>) -> Vec<Question> {
    let mut questions = Vec::new();
    for (at, step) in flow.steps.iter().enumerate() {
        if !reached.contains(&NodeIndex::new(at)) {
            continue;
        }
        let mut question = Question {
            step: step.name.clone(),
            answers: Vec::new(),
            unclear: None,
            silence: None,
        };
        for (exit, target) in step.verb.exits() {
            let to = target_name(flow, target);
            match taken_by(&step.verb, &exit) {
                Taken::Answer => question.answers.push((exit, to)),
                Taken::Unclear => question.unclear = Some(to),
                Taken::Silence => question.silence = Some(to),
                Taken::Agent | Taken::Unclaimed | Taken::Event | Taken::Itself => {}
            }
        }
        if !question.answers.is_empty() {
            questions.push(question);
        }
    }
    questions
}

fn target_name(flow: &Flow, target: &Target) -> Name {
    match target {
        Target::Step(ix) => flow.step(*ix).name.clone(),
        Target::End => Name::from("end"),
    }
}

fn outcomes(flow: &Flow, graph: &Graph, reached: &HashSet<NodeIndex>) -> Vec<Name> {
    let mut outcomes: Vec<Name> = Vec::new();
    for node in graph.node_indices().filter(|node| reached.contains(node)) {
        let outcome = match flow.steps.get(node.index()).map(|step| &step.verb) {
            Some(Verb::End(end)) => end.outcome.clone(),
            Some(_) => continue,
            None => Name::from(COMPLETED),
        };
        if !outcomes.contains(&outcome) {
            outcomes.push(outcome);
        }
    }
    outcomes
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "flow {}", self.flow)?;
        for question in &self.questions {
            write!(f, "{question}")?;
        }
        let outcomes: Vec<&str> = self.outcomes.iter().map(|name| &**name).collect();
        writeln!(f, "  ends as: {}", outcomes.join(", "))?;
        write!(f, "{}", self.worst)
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {}", self.step)?;
        for (answer, to) in &self.answers {
            writeln!(f, "    {answer} -> {to}")?;
        }
        if let Some(to) = &self.unclear {
            writeln!(f, "    unclear -> {to}")?;
        }
        if let Some(to) = &self.silence {
            writeln!(f, "    silence -> {to}")?;
        }
        Ok(())
    }
}

/// The name of a node, for paths.
fn node_name(flow: &Flow, node: NodeIndex) -> Name {
    match flow.steps.get(node.index()) {
        Some(step) => step.name.clone(),
        None => Name::from("end"),
    }
}

fn step_of(flow: &Flow, node: NodeIndex) -> Option<StepIx> {
    (node.index() < flow.steps.len()).then(|| StepIx(node.index() as u32))
}
