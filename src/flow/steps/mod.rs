//! The verbs of the language, one file each: what it holds, how it is entered, how it goes on.

mod ask;
mod book;
mod call;
mod decide;
mod email;
mod end;
mod handoff;
mod run;
mod say;
mod set;
mod wait;

use crate::flow::template::Text;
use crate::flow::walk::{Next, Walk};
use crate::flow::{StepIx, Target};
use crate::lead::Name;
use crate::policy::DropReason;
use crate::time::Duration;

pub use ask::{Ask, Bounds, Expect, Heard, Opt, Unclear, What};
pub use book::{
    ANSWER_WITHIN, Book, asks_to_cancel, asks_to_move, call_off, cancelled_text, longest_slots,
    published,
};
pub use call::Call;
pub use decide::{Case, Decide};
pub use email::Email;
pub use end::End;
pub use handoff::{Handoff, callable_at};
pub use run::{Return, Run};
pub use say::Say;
pub use set::{Assign, AssignTo, Set};
pub use wait::{Wait, WaitFor};

/// One step of a flow.
#[derive(Debug, Clone)]
pub struct Step {
    pub name: Name,
    /// Line and column of its name in the file, from 1; 0 for a step that the compiler made.
    pub line: u32,
    pub column: u32,
    pub note: Option<String>,
    /// Added to the lead's score on entry.
    pub score: i32,
    /// Warnings that the author meant to be so here, by name.
    pub allow: Vec<Name>,
    pub verb: Verb,
}

#[derive(Debug, Clone)]
pub enum Verb {
    Ask(Ask),
    Say(Say),
    Decide(Decide),
    Handoff(Handoff),
    Email(Email),
    Wait(Wait),
    Book(Book),
    Call(Call),
    Set(Set),
    /// Enters another flow, whose steps were brought in at compile time.
    Run(Run),
    /// An `end` of a flow that was brought in: goes back to where `run` says.
    Return(Return),
    End(End),
}

/// One rung of a `no_reply` ladder.
#[derive(Debug, Clone)]
pub struct Rung {
    pub after: Duration,
    pub does: RungDoes,
}

#[derive(Debug, Clone)]
pub enum RungDoes {
    Say(Text),
    Go(Target),
}

/// The key of a verb as authors write it.
impl Verb {
    pub fn key(&self) -> &'static str {
        match self {
            Verb::Ask(_) => "ask",
            Verb::Say(_) => "say",
            Verb::Decide(_) => "decide",
            Verb::Handoff(_) => "handoff",
            Verb::Email(_) => "email",
            Verb::Wait(_) => "wait",
            Verb::Book(_) => "book",
            Verb::Call(_) => "call",
            Verb::Set(_) => "set",
            Verb::Run(_) => "run",
            Verb::Return(_) => "return",
            Verb::End(_) => "end",
        }
    }

    /// Every way out: the exit's name (as in `conversation::Hop`) and where it leads. One line an
    /// exit, in the order written; the graph, the coverage and the proof are made from it.
    pub fn exits(&self) -> Vec<(Name, &Target)> {
        match self {
            Verb::Ask(step) => step.exits(),
            Verb::Say(step) => step.exits(),
            Verb::Decide(step) => step.exits(),
            Verb::Handoff(step) => step.exits(),
            Verb::Email(step) => step.exits(),
            Verb::Wait(step) => step.exits(),
            Verb::Book(step) => step.exits(),
            Verb::Call(step) => step.exits(),
            Verb::Set(step) => step.exits(),
            Verb::Run(step) => step.exits(),
            Verb::Return(step) => step.exits(),
            Verb::End(_) => Vec::new(),
        }
    }
}

impl Verb {
    /// Whether a conversation rests here and hears what the lead says: an agent's is the agent's.
    pub fn hears(&self) -> bool {
        match self {
            Verb::Ask(_) | Verb::Book(_) | Verb::Wait(_) | Verb::Call(_) => true,
            Verb::Email(email) => !email.no_reply.is_empty(),
            Verb::Say(_)
            | Verb::Decide(_)
            | Verb::Handoff(_)
            | Verb::Set(_)
            | Verb::Run(_)
            | Verb::Return(_)
            | Verb::End(_) => false,
        }
    }
}

/// The exit of the ladder's last rung and of any that goes somewhere: `no_reply:<n>`, from 1.
fn ladder_exits(rungs: &[Rung]) -> impl Iterator<Item = (Name, &Target)> {
    rungs
        .iter()
        .enumerate()
        .filter_map(|(i, rung)| match &rung.does {
            RungDoes::Go(target) => Some((Name::from(format!("no_reply:{}", i + 1)), target)),
            RungDoes::Say(_) => None,
        })
}

impl Step {
    /// The conversation arrives here.
    pub fn enter(&self, walk: &mut Walk) -> Next {
        walk.conversation.score += self.score;
        match &self.verb {
            Verb::Ask(verb) => verb.enter(self, walk),
            Verb::Say(verb) => verb.enter(self, walk),
            Verb::Decide(verb) => verb.enter(walk),
            Verb::Handoff(verb) => verb.enter(self, walk),
            Verb::Email(verb) => verb.enter(self, walk),
            Verb::Wait(verb) => verb.enter(self, walk),
            Verb::Book(verb) => verb.enter(self, walk),
            Verb::Call(verb) => verb.enter(self, walk),
            Verb::Set(verb) => verb.enter(walk),
            Verb::Run(verb) => Next::go("then", &verb.enter),
            Verb::Return(verb) => Next::Go(verb.outcome.clone(), verb.then.clone()),
            Verb::End(verb) => Next::End(verb.outcome.clone()),
        }
    }

    /// The `no_reply` ladder of a step that waits for a reply.
    pub fn ladder(&self) -> &[Rung] {
        match &self.verb {
            Verb::Ask(verb) => &verb.no_reply,
            Verb::Book(verb) => &verb.no_reply,
            Verb::Email(verb) => &verb.no_reply,
            _ => &[],
        }
    }
}

/// The first handoff: where a lead who asks to be called is taken.
pub fn callback(steps: &[Step]) -> Option<StepIx> {
    let first = steps
        .iter()
        .position(|step| matches!(step.verb, Verb::Handoff(_)));
    first.map(|at| StepIx(at as u32))
}

/// A question that may not be sent. To an unreachable number it leads where silence leads at last
/// (usually an email); an opt-out ends it, as does a consent that never was.
pub fn undeliverable(ladder: &[Rung], why: DropReason) -> Next {
    match why {
        DropReason::OptedOut => Next::End(Name::from("opted_out")),
        DropReason::NoConsent => Next::End(Name::from("stopped")),
        DropReason::Unreachable | DropReason::Declined | DropReason::Country => {
            match ladder_exits(ladder).last() {
                Some((exit, target)) => Next::Go(exit, target.clone()),
                None => Next::End(Name::from("unreachable")),
            }
        }
    }
}

/// A statement that may not be sent: the conversation goes on without it where it can.
fn undeliverable_say(why: DropReason, then: &Target) -> Next {
    match why {
        DropReason::OptedOut => Next::End(Name::from("opted_out")),
        DropReason::NoConsent => Next::End(Name::from("stopped")),
        DropReason::Unreachable | DropReason::Declined | DropReason::Country => {
            Next::go("then", then)
        }
    }
}
