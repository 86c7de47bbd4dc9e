//! What will happen in a conversation if nobody does anything: when, and in words. Read from where it
//! rests; decides nothing.

use serde_json::{Value as Json, json};

use crate::conversation::{Awaiting, Conversation, Handoff, Status, Wait};
use crate::flow::steps::{RungDoes, WaitFor};
use crate::flow::template::{Piece, Template};
use crate::flow::{Flow, Target, Verb};
use crate::store::{Row, RowBody};
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq)]
pub struct Next {
    pub at: Timestamp,
    /// A few words: `nudge`, `email`, `gives up`.
    pub what: String,
    /// The text that goes out then, where one does.
    pub text: Option<String>,
}

impl Next {
    pub fn json(&self, now: Timestamp) -> Json {
        json!({
            "at": self.at.to_string(),
            "in_ms": self.at.since(now).as_ms().max(0),
            "what": self.what,
            "text": self.text,
        })
    }
}

/// The next thing due: the conversation's own timer, or a message that is held.
pub fn next(flow: &Flow, conversation: &Conversation, rows: &[Row]) -> Option<Next> {
    let timer = conversation.deadline.map(|at| {
        let (what, text) = due(flow, conversation);
        Next { at, what, text }
    });
    timer
        .into_iter()
        .chain(held(rows))
        .min_by_key(|next| next.at)
}

fn held(rows: &[Row]) -> impl Iterator<Item = Next> + '_ {
    rows.iter().filter_map(|row| match &row.body {
        RowBody::Outgoing(_, sending) if sending.status.is_pending() => {
            sending.due.map(|at| Next {
                at,
                what: "the held message leaves".to_string(),
                text: None,
            })
        }
        RowBody::Outgoing(..) | RowBody::Happened(_) => None,
    })
}

fn due(flow: &Flow, conversation: &Conversation) -> (String, Option<String>) {
    match &conversation.status {
        Status::Scheduled => ("the conversation begins".to_string(), None),
        Status::Ended { .. } => ("nothing".to_string(), None),
        Status::TakenOver { agent, .. } => (format!("{agent}'s takeover lapses"), None),
        Status::WithAgent(handoff) => (lapse(flow, handoff), None),
        Status::Waiting(wait) => waiting(flow, conversation, wait),
    }
}

fn lapse(flow: &Flow, handoff: &Handoff) -> String {
    let exit = match handoff.agent {
        Some(_) => "no_answer",
        None => "unclaimed",
    };
    let said = match &handoff.agent {
        Some(agent) => format!("{agent} said nothing"),
        None => "nobody claimed it".to_string(),
    };
    let verb = flow.find(&handoff.step).map(|ix| &flow.step(ix).verb);
    match verb {
        Some(Verb::Handoff(step)) => match step.outcome(exit) {
            Some(target) => format!("{said}: {}", goes(flow, target)),
            None => said,
        },
        _ => said,
    }
}

fn waiting(flow: &Flow, conversation: &Conversation, wait: &Wait) -> (String, Option<String>) {
    let Some(ix) = flow.find(&wait.step) else {
        return ("it goes on".to_string(), None);
    };
    let step = flow.step(ix);
    match (&wait.what, &step.verb) {
        (Awaiting::Reply { rung, .. }, _) => {
            match step.ladder().get(usize::from(*rung)).map(|rung| &rung.does) {
                Some(RungDoes::Say(text)) => {
                    let locale = flow.locale_ix(&conversation.locale);
                    ("nudge".to_string(), Some(plain(text.in_locale(locale))))
                }
                Some(RungDoes::Go(target)) => (format!("silence: {}", goes(flow, target)), None),
                None => ("it goes on".to_string(), None),
            }
        }
        (Awaiting::Time, Verb::Wait(wait)) => (
            format!("the wait is over: {}", goes(flow, &wait.then)),
            None,
        ),
        (Awaiting::LeadEvent(event), Verb::Wait(wait)) => match &wait.what {
            WaitFor::Event { otherwise, .. } => {
                (format!("no {event}: {}", goes(flow, otherwise)), None)
            }
            WaitFor::Time(_) | WaitFor::Until { .. } => (format!("no {event}"), None),
        },
        (Awaiting::Answer(_), _) => ("no answer came: it goes on without".to_string(), None),
        (Awaiting::Time | Awaiting::LeadEvent(_), _) => ("it goes on".to_string(), None),
    }
}

/// Where a way leads, by what is done there.
fn goes(flow: &Flow, target: &Target) -> String {
    let Target::Step(ix) = target else {
        return "it ends".to_string();
    };
    let step = flow.step(*ix);
    match &step.verb {
        Verb::Email(_) => format!("an email ({})", step.name),
        Verb::Handoff(handoff) => format!("handed to {} ({})", handoff.team, step.name),
        Verb::End(end) => format!("it ends as {}", end.outcome),
        Verb::Ask(_) | Verb::Say(_) | Verb::Book(_) => format!("a text ({})", step.name),
        Verb::Decide(_)
        | Verb::Wait(_)
        | Verb::Call(_)
        | Verb::Set(_)
        | Verb::Run(_)
        | Verb::Return(_) => format!("on to {}", step.name),
    }
}

/// As written, its tokens still open.
fn plain(template: &Template) -> String {
    template
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Literal(text) => text.as_str(),
            Piece::Token(_) => "…",
        })
        .collect()
}
