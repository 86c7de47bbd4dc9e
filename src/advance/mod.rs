//! The transition function: what one event means for one conversation.
//!
//! Pure. `advance` reads values and returns values; it runs through immediate steps until the
//! conversation is at rest. Equal inputs give equal outputs, byte for byte. It speaks to steps only
//! through what `flow::steps` offers.

mod by_email;
mod hear;
mod late;
mod notices;
mod taken_over;

use crate::conversation::{
    Awaiting, Conversation, ConversationId, Effect, Entry, Event, FailedSend, Free, Handoff, Hop,
    Seq, Slot, Status,
};
use crate::experiment;
use crate::flow::steps::{Step, Verb};
use crate::flow::walk::{HOLDOUT, Next, VARIANT, Walk};
use crate::flow::{COMPLETED, Flow, Target};
use crate::lead::{Name, PhoneNumber};
use crate::time::{Duration, Timestamp};

pub use crate::flow::walk::Facts;
pub use by_email::unsubscribed;
pub use hear::{is_last_reply, stranger};
pub use late::{LATE_WITHIN, is_late_answer, may_reopen};
pub use notices::{opt_in_confirmation, opt_in_request};
use taken_over::{TakenOver, taken_over};

/// How many steps one event may pass: none is entered twice, and no flow has as many.
pub const STEPS_PER_ADVANCE_MAX: usize = 10_000;

/// What an event made of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    pub conversation: Conversation,
    /// The line of the timeline; it takes the first number, `Facts::next_seq`.
    pub entry: Entry,
    /// In the order decided. Those that become rows of the timeline carry their number; the rest, 0.
    pub effects: Vec<(Seq, Effect)>,
}

/// A conversation about to begin: its arms drawn, nothing sent. It starts with `Event::Enrolled`.
pub fn enroll(
    flow: &Flow,
    id: ConversationId,
    lead: PhoneNumber,
    locale: Option<&str>,
    now: Timestamp,
) -> Conversation {
    let locale = flow.locales[locale.map_or(0, |told| flow.locale_ix(told))].clone();
    let arm = |e: &crate::flow::Experiment| {
        let variant = experiment::gets_variant(lead, &e.name, e.share_per_mille);
        (
            e.name.clone(),
            Name::from(if variant { VARIANT } else { HOLDOUT }),
        )
    };
    Conversation {
        id,
        lead,
        flow: flow.name.clone(),
        version: flow.version,
        revision: 0,
        status: Status::Scheduled,
        deadline: None,
        locale,
        score: 0,
        answers: Vec::new(),
        saved: Vec::new(),
        event: Vec::new(),
        last_reply: String::new(),
        agent: None,
        variants: flow.experiments.iter().map(arm).collect(),
        started: now,
        unanswered: None,
    }
}

/// What `event` makes of `conversation` at `now`.
pub fn advance(
    flow: &Flow,
    conversation: Conversation,
    event: Event,
    facts: &Facts,
    now: Timestamp,
) -> Turn {
    let mut walk = Walk::new(flow, facts, conversation, now);
    let status = std::mem::replace(&mut walk.conversation.status, Status::Scheduled);
    let next = react(&mut walk, &status, &event);
    match next {
        Some(next) => settle(&mut walk, &status, next),
        None if matches!(walk.conversation.status, Status::Scheduled) => {
            walk.conversation.status = status;
        }
        // The reaction changed it in place.
        None => {}
    }
    walk.conversation.revision += 1;
    let Walk {
        conversation,
        effects,
        path,
        understood,
        ..
    } = walk;
    Turn {
        conversation,
        entry: Entry {
            event,
            understood,
            path,
        },
        effects,
    }
}

/// Where the event leads; `None` leaves the conversation where it stands.
fn react(walk: &mut Walk, status: &Status, event: &Event) -> Option<Next> {
    if let Some(next) = any_status(walk, status, event) {
        return next;
    }
    match status {
        Status::Scheduled => match event {
            Event::Enrolled { properties, .. } => {
                walk.conversation.event = properties.clone();
                Some(Next::go("start", &Target::Step(walk.flow.start)))
            }
            // Its time has come; `Enrolled` was recorded when it was scheduled.
            Event::TimerFired { .. } => Some(Next::go("start", &Target::Step(walk.flow.start))),
            _ => None,
        },
        Status::Waiting(wait) => {
            let flow = walk.flow;
            let step = flow.step(flow.find(&wait.step)?);
            waiting(walk, step, &wait.what, event)
        }
        Status::WithAgent(handoff) => with_agent(walk, handoff, event),
        Status::TakenOver {
            agent,
            resume,
            remaining,
            onward,
        } => taken_over(
            walk,
            TakenOver {
                agent,
                resume,
                remaining: *remaining,
                onward: onward.as_ref(),
            },
            event,
        ),
        Status::Ended { .. } => None,
    }
}

/// What means the same wherever the conversation stands. `Some(None)` is: seen, nothing changes.
fn any_status(walk: &mut Walk, status: &Status, event: &Event) -> Option<Option<Next>> {
    match event {
        Event::Replied { text, .. } => hear::replied(walk, status, text),
        Event::EmailReplied(reply) => by_email::replied(walk, status, reply),
        Event::Stopped { outcome } if !matches!(status, Status::Ended { .. }) => {
            Some(Some(Next::End(outcome.clone())))
        }
        Event::LeadDid { event, .. }
            if walk.flow.stops_when.contains(event) && !matches!(status, Status::Ended { .. }) =>
        {
            Some(Some(Next::End(Name::from("stopped"))))
        }
        Event::TakenOver { agent } => match status {
            Status::Ended { .. } | Status::TakenOver { .. } => Some(None),
            _ => {
                let remaining = walk.conversation.deadline.map(|at| at.since(walk.now));
                let resume = Box::new(status.clone());
                let taken = Status::TakenOver {
                    agent: agent.clone(),
                    resume,
                    remaining,
                    onward: None,
                };
                let lapses = walk.now + walk.facts.workspace.takeover_lapses;
                Some(Some(Next::Rest(taken, Some(lapses))))
            }
        },
        Event::Failed {
            why: FailedSend::Unreachable(_),
            ..
        } => {
            walk.note(Effect::MarkUnreachable);
            None
        }
        Event::BookingCancelled => {
            crate::flow::steps::call_off(walk);
            Some(None)
        }
        Event::EmailFailed { step, .. } => Some(by_email::failed(walk, status, step.as_ref())),
        Event::EmailUnsubscribed { .. } | Event::Clicked { .. } | Event::Delivered { .. } => {
            Some(None)
        }
        _ => None,
    }
}

fn waiting(walk: &mut Walk, step: &Step, what: &Awaiting, event: &Event) -> Option<Next> {
    match (what, event) {
        (
            Awaiting::Reply {
                rung,
                unclear,
                sending,
                slots,
            },
            _,
        ) => {
            let open = Open {
                rung: *rung,
                unclear: *unclear,
                sending: *sending,
                slots,
            };
            open_question(walk, step, &open, event)
        }
        // A timer outlives the wait that set it: the lead may have replied while it was claimed.
        (_, Event::TimerFired { deadline }) if walk.conversation.deadline != Some(*deadline) => {
            None
        }
        (Awaiting::Time | Awaiting::LeadEvent(_), Event::TimerFired { .. }) => match &step.verb {
            Verb::Wait(verb) => Some(verb.fired()),
            _ => None,
        },
        (Awaiting::LeadEvent(name), Event::LeadDid { event, properties }) if event == name => {
            walk.conversation.event = properties.clone();
            match &step.verb {
                Verb::Wait(verb) => Some(Next::go("then", &verb.then)),
                _ => None,
            }
        }
        (Awaiting::Answer(_), Event::TimerFired { .. }) => match &step.verb {
            Verb::Call(verb) => Some(verb.answered(walk, None)),
            Verb::Book(verb) => Some(verb.fired()),
            _ => None,
        },
        (Awaiting::Answer(of), Event::CallAnswered { seq, saved }) if of == seq => match &step.verb
        {
            Verb::Call(verb) => Some(verb.answered(walk, saved.as_deref())),
            _ => None,
        },
        (Awaiting::Answer(of), Event::SlotsFound { seq, slots }) if of == seq => match &step.verb {
            Verb::Book(verb) => Some(verb.offer(step, walk, slots)),
            _ => None,
        },
        (Awaiting::Answer(of), Event::SlotHeld { seq, slot, held }) if of == seq => {
            match &step.verb {
                Verb::Book(verb) if *held => Some(verb.held(step, walk, slot.clone())),
                // Somebody was quicker: offer what is free now.
                Verb::Book(verb) => Some(verb.enter(step, walk)),
                _ => None,
            }
        }
        (Awaiting::Time | Awaiting::LeadEvent(_) | Awaiting::Answer(_), _) => None,
    }
}

/// A question that stands.
struct Open<'s> {
    rung: u8,
    unclear: u8,
    sending: Option<Seq>,
    slots: &'s [Slot],
}

fn open_question(walk: &mut Walk, step: &Step, open: &Open, event: &Event) -> Option<Next> {
    match event {
        Event::Accepted { seq } if open.sending == Some(*seq) => {
            Some(clock_starts(walk, step, open))
        }
        // It did not go, and will not: silence is counted from now, so that nobody waits for ever.
        Event::Failed {
            seq,
            why: FailedSend::Refused(_),
        } if open.sending == Some(*seq) => Some(clock_starts(walk, step, open)),
        Event::Failed { seq, why } if open.sending == Some(*seq) => Some(gives_up(step, why)),
        // It was taken, and a receipt says that the number is dead.
        Event::Failed {
            why: why @ FailedSend::Unreachable(_),
            ..
        } => Some(gives_up(step, why)),
        Event::TimerFired { deadline } if walk.conversation.deadline == Some(*deadline) => {
            Some(match &step.verb {
                Verb::Ask(verb) => verb.silent(step, walk, open.rung, open.unclear),
                Verb::Book(verb) => verb.silent(step, walk, open.slots, open.rung, open.unclear),
                Verb::Email(verb) => verb.silent(step, walk, open.rung),
                _ => return None,
            })
        }
        _ => None,
    }
}

/// The ladder's next rung counts from now, the moment its message was accepted.
fn clock_starts(walk: &Walk, step: &Step, open: &Open) -> Next {
    let after = step
        .ladder()
        .get(usize::from(open.rung))
        .map_or(Duration::ZERO, |rung| rung.after);
    let what = Awaiting::Reply {
        rung: open.rung,
        unclear: open.unclear,
        sending: None,
        slots: open.slots.to_vec(),
    };
    let wait = crate::conversation::Wait {
        step: step.name.clone(),
        what,
    };
    Next::Rest(Status::Waiting(wait), Some(walk.now + after))
}

/// The message was dropped at hand-off, or the number is dead.
fn gives_up(step: &Step, why: &FailedSend) -> Next {
    use crate::policy::DropReason;
    let reason = match why {
        FailedSend::Dropped(reason) => *reason,
        FailedSend::Unreachable(_) | FailedSend::Refused(_) => DropReason::Unreachable,
    };
    crate::flow::steps::undeliverable(step.ladder(), reason)
}

fn with_agent(walk: &mut Walk, handoff: &Handoff, event: &Event) -> Option<Next> {
    let flow = walk.flow;
    let Verb::Handoff(verb) = &flow.step(flow.find(&handoff.step)?).verb else {
        return None;
    };
    match event {
        Event::HandoffClaimed { agent } if handoff.agent.is_none() => {
            Some(verb.claimed(walk, handoff, agent))
        }
        Event::HandoffDeclined { agent } => verb.declined(walk, handoff, agent),
        Event::HandoffResolved { outcome, agent } => {
            if let Some(agent) = agent {
                walk.conversation.agent = Some(agent.clone());
            }
            Some(verb.reported(walk, handoff, outcome))
        }
        Event::AgentCalls { agent, to } => {
            walk.send(Effect::Bridge {
                agent: agent.clone(),
                to: *to,
            });
            None
        }
        Event::TimerFired { deadline } if walk.conversation.deadline == Some(*deadline) => {
            Some(verb.fired(walk, handoff))
        }
        _ => None,
    }
}

/// Follows `next` through immediate steps to rest.
fn settle(walk: &mut Walk, before: &Status, next: Next) {
    let mut next = next;
    let mut from = match (walk.answered.take(), before) {
        (Some(answered), _) => answered,
        (None, Status::Waiting(wait)) => wait.step.clone(),
        (None, Status::WithAgent(handoff)) => handoff.step.clone(),
        (None, _) => walk
            .conversation
            .step()
            .cloned()
            .unwrap_or_else(|| Name::from("start")),
    };
    for _ in 0..STEPS_PER_ADVANCE_MAX {
        match next {
            Next::Rest(status, deadline) => {
                walk.conversation.status = status;
                walk.conversation.deadline = deadline;
                return;
            }
            Next::End(outcome) => return end(walk, before, outcome),
            Next::Go(exit, Target::End) => {
                late::left_by_silence(walk, &from, &exit);
                walk.path.push(Hop {
                    from,
                    exit,
                    to: Name::from(format!("end:{COMPLETED}")),
                });
                return end(walk, before, Name::from(COMPLETED));
            }
            Next::Go(exit, Target::Step(ix)) => {
                late::left_by_silence(walk, &from, &exit);
                let flow = walk.flow;
                let step = flow.step(ix);
                // Only questions that cannot be sent lead round without a wait: they do so once.
                if walk.path.iter().any(|hop| hop.to == step.name) {
                    return end(walk, before, Name::from("unreachable"));
                }
                walk.path.push(Hop {
                    from,
                    exit,
                    to: step.name.clone(),
                });
                from = step.name.clone();
                next = step.enter(walk);
            }
        }
    }
    end(walk, before, Name::from("failed"));
}

/// Ends the conversation; what hung on it is taken back.
fn end(walk: &mut Walk, before: &Status, outcome: Name) {
    let taken_back = match &*outcome {
        // Of the lead: nothing may leave to them, whichever flow it is of.
        "opted_out" | "wrong_number" | "unreachable" => Some(Effect::CancelQueued),
        // Of this conversation: what others laid up stands.
        "stopped" | "failed" => Some(Effect::FreeTexts { how: Free::DropAll }),
        _ => None,
    };
    if let Some(taken_back) = taken_back {
        walk.note(taken_back);
        if let Some(handoff) = open_handoff(before) {
            walk.note(Effect::CloseHandoff {
                seq: handoff.seq,
                outcome: outcome.clone(),
            });
        }
    }
    if !walk.facts.workspace.webhooks.is_empty() {
        walk.send(Effect::Notify {
            event: Name::from("conversation.ended"),
        });
    }
    walk.conversation.status = Status::Ended { outcome };
    walk.conversation.deadline = None;
}

fn open_handoff(status: &Status) -> Option<&Handoff> {
    match status {
        Status::WithAgent(handoff) => Some(handoff),
        Status::TakenOver { resume, .. } => open_handoff(resume),
        Status::Scheduled | Status::Waiting(_) | Status::Ended { .. } => None,
    }
}
