//! Steps that nobody wrote: ends for outcomes that need one, the way back from a flow that was
//! brought in, and the handoff to the workspace's default team.

use crate::conversation::Priority;
use crate::flow::steps::{End, Expect, Handoff, Return, RungDoes, Wait, WaitFor};
use crate::flow::template::{Piece, Source, Template, Token};
use crate::flow::workspace::Workspace;
use crate::flow::{Step, StepIx, Target, Verb};
use crate::lead::Name;

pub const DEFAULT_TEAM_STEP: &str = "default-team";

/// Stands for the default team's step until its place is known.
const DEFAULT_TEAM: StepIx = StepIx(u32::MAX);

#[derive(Default)]
pub struct Made {
    first: usize,
    steps: Vec<Step>,
    default_team: bool,
}

impl Made {
    /// For a flow with this many steps as written.
    pub fn after(written: usize) -> Self {
        Self {
            first: written,
            ..Self::default()
        }
    }

    /// The handoff to the default team.
    pub fn default_team(&mut self) -> Target {
        self.default_team = true;
        Target::Step(DEFAULT_TEAM)
    }

    /// An end with this outcome.
    pub fn end(&mut self, outcome: &str) -> Target {
        let name = Name::from(outcome);
        let verb = Verb::End(End {
            outcome: name.clone(),
        });
        self.once(name, verb)
    }

    /// An end inside a flow that was brought in under `prefix`: back to its `run` step.
    pub fn back(&mut self, prefix: &str, back: Return) -> Target {
        let name = Name::from(format!("{prefix}{}", back.outcome));
        self.once(name, Verb::Return(back))
    }

    fn once(&mut self, name: Name, verb: Verb) -> Target {
        let at = match self.steps.iter().position(|step| step.name == name) {
            Some(at) => at,
            None => {
                self.steps.push(Step {
                    name,
                    line: 0,
                    column: 0,
                    note: None,
                    score: 0,
                    allow: Vec::new(),
                    verb,
                });
                self.steps.len() - 1
            }
        };
        Target::Step(StepIx((self.first + at) as u32))
    }

    /// Puts the made steps behind the written ones.
    pub fn join(mut self, steps: &mut Vec<Step>, workspace: &Workspace) {
        if self.default_team {
            let outcomes = vec![
                ("reached".into(), self.end("with_agent")),
                ("no_answer".into(), Target::End),
                ("unclaimed".into(), self.end("unclaimed")),
            ];
            let handoff = default_handoff(workspace, outcomes);
            self.once(Name::from(DEFAULT_TEAM_STEP), Verb::Handoff(handoff));
        }
        let taken: Vec<Name> = steps.iter().map(|step| step.name.clone()).collect();
        for step in &mut self.steps {
            while taken.contains(&step.name) {
                step.name = Name::from(format!("{}-end", step.name));
            }
        }
        steps.append(&mut self.steps);
        let last = StepIx(steps.len().saturating_sub(1) as u32);
        for step in steps {
            for target in targets(&mut step.verb) {
                if *target == Target::Step(DEFAULT_TEAM) {
                    *target = Target::Step(last);
                }
            }
        }
    }
}

fn default_handoff(workspace: &Workspace, outcomes: Vec<(Name, Target)>) -> Handoff {
    let reply = Token {
        source: Source::LastReply,
        format: None,
        fallback: Some(Vec::new()),
    };
    Handoff {
        team: workspace.default_team.clone(),
        priority: Priority::Normal,
        brief: Template {
            pieces: vec![
                Piece::Literal("A reply was not understood: ".into()),
                Piece::Token(reply),
            ],
        },
        say: None,
        callback_within: None,
        outcomes,
    }
}

/// Every target of a step, to be changed.
pub fn targets(verb: &mut Verb) -> Vec<&mut Target> {
    let (mut targets, rungs): (Vec<&mut Target>, _) = match verb {
        Verb::Ask(ask) => {
            let mut targets: Vec<&mut Target> = match &mut ask.expect {
                Expect::Options(options, _) => options.iter_mut().map(|o| &mut o.then).collect(),
                Expect::Value { then, .. } => vec![then],
            };
            targets.push(&mut ask.unclear.then);
            (targets, Some(&mut ask.no_reply))
        }
        Verb::Book(book) => (
            vec![&mut book.then, &mut book.none_free, &mut book.unclear.then],
            Some(&mut book.no_reply),
        ),
        Verb::Email(email) => (
            vec![&mut email.then, &mut email.no_email],
            Some(&mut email.no_reply),
        ),
        Verb::Say(say) => (vec![&mut say.then], None),
        Verb::Decide(decide) => {
            let cases = decide.cases.iter_mut().map(|case| &mut case.then);
            (cases.chain([&mut decide.otherwise]).collect(), None)
        }
        Verb::Handoff(handoff) => (
            handoff.outcomes.iter_mut().map(|(_, to)| to).collect(),
            None,
        ),
        Verb::Wait(wait) => (wait_targets(wait), None),
        Verb::Call(call) => (vec![&mut call.then, &mut call.failed], None),
        Verb::Set(set) => (vec![&mut set.then], None),
        Verb::Run(run) => (vec![&mut run.enter], None),
        Verb::Return(back) => (vec![&mut back.then], None),
        Verb::End(_) => (Vec::new(), None),
    };
    for rung in rungs.into_iter().flatten() {
        if let RungDoes::Go(target) = &mut rung.does {
            targets.push(target);
        }
    }
    targets
}

fn wait_targets(wait: &mut Wait) -> Vec<&mut Target> {
    let mut targets = vec![&mut wait.then];
    if let WaitFor::Event { otherwise, .. } = &mut wait.what {
        targets.push(otherwise);
    }
    targets
}
