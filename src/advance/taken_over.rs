//! While an agent has the conversation: what happens to the flow that stands still beneath, and how it
//! goes on when it is given back.

use crate::advance::{Open, clock_starts, open_handoff, waiting, with_agent};
use crate::conversation::{Awaiting, Effect, Event, Free, Onward, Seq, Status};
use crate::flow::Target;
use crate::flow::walk::{Next, Walk};
use crate::lead::Name;
use crate::time::Duration;

pub(super) struct TakenOver<'s> {
    pub agent: &'s str,
    pub resume: &'s Status,
    pub remaining: Option<Duration>,
    pub onward: Option<&'s Onward>,
}

pub(super) fn taken_over(walk: &mut Walk, taken: TakenOver, event: &Event) -> Option<Next> {
    match event {
        Event::AgentWrote { text, agent } if agent == taken.agent => {
            // Dropped after an opt-out; the API says so before it comes to this.
            let _ = walk.notice(text.clone(), crate::policy::Purpose::Agent);
            let lapses = walk.now + walk.facts.workspace.takeover_lapses;
            let resume = taken.resume.clone();
            Some(Next::Rest(
                taken.with(resume, taken.remaining),
                Some(lapses),
            ))
        }
        Event::Released { step: Some(step) } => {
            let target = walk.flow.find(step).map(Target::Step)?;
            walk.note(Effect::FreeTexts { how: Free::Drop });
            if let Some(handoff) = open_handoff(taken.resume) {
                walk.note(Effect::CloseHandoff {
                    seq: handoff.seq,
                    outcome: Name::from("released"),
                });
            }
            Some(Next::go("released", &target))
        }
        Event::Released { step: None } => Some(give_back(walk, &taken)),
        Event::TimerFired { deadline } if walk.conversation.deadline == Some(*deadline) => {
            Some(give_back(walk, &taken))
        }
        // The handoff beneath is the same agent's.
        Event::HandoffResolved { .. } | Event::AgentCalls { .. } => match taken.resume {
            Status::WithAgent(handoff) => with_agent(walk, handoff, event),
            _ => None,
        },
        // The question left before the agent came: its clock stands from the first.
        Event::Accepted { seq } | Event::Failed { seq, .. } => {
            let (resume, left) = question_accepted(walk, taken.resume, *seq)?;
            let lapses = walk.conversation.deadline;
            Some(Next::Rest(taken.with(resume, Some(left)), lapses))
        }
        Event::CallAnswered { .. } | Event::SlotsFound { .. } | Event::SlotHeld { .. } => {
            answered(walk, &taken, event)
        }
        // What the flow waits for may happen meanwhile; its clock is seen to when it goes on.
        _ => None,
    }
}

impl TakenOver<'_> {
    fn with(&self, resume: Status, remaining: Option<Duration>) -> Status {
        Status::TakenOver {
            agent: self.agent.to_string(),
            resume: Box::new(resume),
            remaining,
            onward: self.onward.cloned(),
        }
    }
}

/// An endpoint or a calendar answers what the flow had asked before the agent came. It counts at once: a
/// place that is taken is the lead's. Where it leads, the flow goes once it is given back.
fn answered(walk: &mut Walk, taken: &TakenOver, event: &Event) -> Option<Next> {
    let Status::Waiting(wait) = taken.resume else {
        return None;
    };
    if taken.onward.is_some() {
        return None;
    }
    let (flow, lapses) = (walk.flow, walk.conversation.deadline);
    let step = flow.step(flow.find(&wait.step)?);
    match waiting(walk, step, &wait.what, event)? {
        // What is asked now waits for the agent.
        Next::Rest(resume, deadline) => {
            let left = deadline.map(|at| at.since(walk.now));
            Some(Next::Rest(taken.with(resume, left), lapses))
        }
        Next::Go(exit, target) => {
            let to = match target {
                Target::Step(ix) => Some(flow.step(ix).name.clone()),
                Target::End => None,
            };
            let onward = Onward { exit, to };
            let taken = TakenOver {
                onward: Some(&onward),
                ..*taken
            };
            let resume = taken.resume.clone();
            Some(Next::Rest(taken.with(resume, taken.remaining), lapses))
        }
        Next::End(outcome) => Some(Next::End(outcome)),
    }
}

/// The question that stands beneath a takeover, and all of the time its silence is given.
fn question_accepted(walk: &Walk, resume: &Status, seq: Seq) -> Option<(Status, Duration)> {
    let Status::Waiting(wait) = resume else {
        return None;
    };
    let Awaiting::Reply {
        rung,
        unclear,
        sending,
        slots,
    } = &wait.what
    else {
        return None;
    };
    if *sending != Some(seq) {
        return None;
    }
    let step = walk.flow.step(walk.flow.find(&wait.step)?);
    let open = Open {
        rung: *rung,
        unclear: *unclear,
        sending: *sending,
        slots,
    };
    match clock_starts(walk, step, &open) {
        Next::Rest(status, Some(deadline)) => Some((status, deadline.since(walk.now))),
        _ => None,
    }
}

/// The flow goes on where it stood, with the time that was left; what was held leaves.
fn give_back(walk: &mut Walk, taken: &TakenOver) -> Next {
    walk.note(Effect::FreeTexts { how: Free::Send });
    if let Some(next) = goes_onward(walk, taken) {
        return next;
    }
    // A question that had not left has no clock yet: its acceptance starts it.
    let left = taken.remaining.map(|left| walk.now + left);
    Next::Rest(taken.resume.clone(), left)
}

/// The way that the step's answer showed while the agent had it.
fn goes_onward(walk: &mut Walk, taken: &TakenOver) -> Option<Next> {
    let Onward { exit, to } = taken.onward?;
    let target = match to {
        Some(step) => Target::Step(walk.flow.find(step)?),
        None => Target::End,
    };
    if let Status::Waiting(wait) = taken.resume {
        walk.answered = Some(wait.step.clone());
    }
    Some(Next::Go(exit.clone(), target))
}
