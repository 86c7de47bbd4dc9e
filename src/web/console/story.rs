//! A lead's rows told as a story: one line for each thing that happened, with what it was understood
//! to mean and where it led. Bubbles for the phone come from the same rows.

use serde_json::{Value as Json, json};

use crate::conversation::{Effect, Entry, Event, FailedSend, Hop, Understood};
use crate::store::{HandoffId, Row, RowBody, SendStatus, Sending};

/// The bubbles, oldest first.
pub fn bubbles(rows: &[Row]) -> Vec<Json> {
    rows.iter().filter_map(bubble).collect()
}

fn bubble(row: &Row) -> Option<Json> {
    match &row.body {
        RowBody::Happened(Entry {
            event: Event::Replied { text, media, .. },
            ..
        }) => Some(json!({
            "seq": row.seq, "from": "lead", "text": text, "media": media,
            "at": row.at.to_string(),
        })),
        RowBody::Outgoing(Effect::Sms(message), sending) => Some(json!({
            "seq": row.seq, "from": "us", "text": message.text, "media": message.media,
            "at": sending.accepted.unwrap_or(row.at).to_string(),
            "status": sending.status.as_str(),
            "held": held(sending),
            "parts": sending.parts,
            "step": message.step.as_deref(),
        })),
        RowBody::Happened(_) | RowBody::Outgoing(..) => None,
    }
}

fn held(sending: &Sending) -> Json {
    match sending.held {
        Some(why) if sending.status == SendStatus::Held => json!({
            "reason": why.as_str(),
            "until": sending.due.map(|at| at.to_string()),
        }),
        _ => Json::Null,
    }
}

/// Every passage of the conversation, in order.
pub fn path(rows: &[Row]) -> Vec<Json> {
    rows.iter()
        .filter_map(|row| match &row.body {
            RowBody::Happened(entry) => Some(&entry.path),
            RowBody::Outgoing(..) => None,
        })
        .flatten()
        .map(hop)
        .collect()
}

fn hop(hop: &Hop) -> Json {
    json!({ "from": hop.from.as_str(), "exit": hop.exit.as_str(), "to": hop.to.as_str() })
}

/// The lines of "what happened", oldest first.
pub fn lines(rows: &[Row]) -> Vec<Json> {
    rows.iter()
        .filter_map(|row| {
            let mut line = match &row.body {
                RowBody::Happened(entry) => happened(entry)?,
                RowBody::Outgoing(effect, sending) => outgoing(row, effect, sending)?,
            };
            line["seq"] = json!(row.seq);
            line["at"] = json!(row.at.to_string());
            Some(line)
        })
        .collect()
}

fn line(icon: &str, title: impl Into<String>) -> Json {
    json!({ "icon": icon, "title": title.into() })
}

fn happened(entry: &Entry) -> Option<Json> {
    let mut line = event(&entry.event)?;
    line["path"] = entry.path.iter().map(hop).collect();
    if let Some(understood) = &entry.understood {
        line["meaning"] = meaning(understood);
    }
    Some(line)
}

fn meaning(understood: &Understood) -> Json {
    json!({
        "kind": understood.kind.as_str(),
        "answer": understood.answer,
        "rule": understood.rule.as_str(),
        "certain": understood.certain,
    })
}

/// `None` for what the bubbles' ticks already show.
fn event(event: &Event) -> Option<Json> {
    let line = match event {
        Event::Enrolled { by, .. } => line("start", format!("Enrolled by {by}")),
        Event::Replied { text, .. } => {
            let mut line = line("reply", "The lead wrote");
            line["quote"] = json!(text);
            line
        }
        Event::EmailReplied(reply) => {
            let title = match reply.automatic {
                true => "A machine answered the email",
                false => "The lead wrote by email",
            };
            let mut line = line("reply", title);
            line["quote"] = json!(reply.text);
            line
        }
        Event::EmailFailed { why, .. } => line("warning", format!("The email failed: {why}")),
        Event::EmailUnsubscribed { .. } => line("event", "The lead unsubscribed from emails"),
        Event::TimerFired { .. } => line("timer", "A timer fell due"),
        Event::Accepted { .. } | Event::Delivered { .. } => return None,
        Event::Failed { why, .. } => {
            let why = match why {
                FailedSend::Dropped(why) => format!("not sent: {}", why.as_str()),
                FailedSend::Unreachable(error) => format!("unreachable: {error}"),
                FailedSend::Refused(error) => format!("refused: {error}"),
            };
            line("warning", format!("A message failed, {why}"))
        }
        Event::HandoffClaimed { agent } => line("agent", format!("{agent} claimed the handoff")),
        Event::HandoffResolved { outcome, agent } => {
            let who = agent.as_deref().unwrap_or("The handoff");
            line("agent", format!("{who}: {}", spaced(outcome)))
        }
        Event::LeadDid { event, .. } => line("event", format!("Event: {}", spaced(event))),
        Event::CallAnswered { saved, .. } => match saved {
            Some(saved) => {
                let names: Vec<&str> = saved.iter().map(|(name, _)| name.as_str()).collect();
                line(
                    "call",
                    format!("The endpoint answered: {}", names.join(", ")),
                )
            }
            None => line("warning", "The endpoint failed"),
        },
        Event::SlotsFound { slots, .. } => {
            line("book", format!("The calendar has {} free", slots.len()))
        }
        Event::SlotHeld { held, .. } => match held {
            true => line("book", "The slot is held"),
            false => line("warning", "The slot was taken meanwhile"),
        },
        Event::BookingCancelled => line("book", "The appointment is called off"),
        Event::HandoffDeclined { agent } => line("agent", format!("{agent} passed")),
        Event::AgentCalls { agent, .. } => line("agent", format!("{agent} calls the lead")),
        Event::TakenOver { agent } => line("agent", format!("{agent} took over")),
        Event::Released { .. } => line("agent", "Given back to the flow"),
        Event::AgentWrote { agent, text } => {
            let mut line = line("agent", format!("{agent} wrote"));
            line["quote"] = json!(text);
            line
        }
        Event::Noted { agent, text } => {
            let mut line = line("agent", format!("{agent} noted for the team"));
            line["quote"] = json!(text);
            line
        }
        Event::VersionMoved { by, .. } => line("agent", format!("{by} moved it to a new version")),
        Event::Clicked { link } => line("link", format!("Clicked {link}")),
        Event::Stopped { outcome } => line("end", format!("Ended: {}", spaced(outcome))),
    };
    Some(line)
}

fn outgoing(row: &Row, effect: &Effect, sending: &Sending) -> Option<Json> {
    let line = match effect {
        Effect::Sms(message) => {
            let mut line = match sending.status {
                SendStatus::Held => line("held", "A text is held"),
                SendStatus::Cancelled => line("warning", "A text was taken back"),
                SendStatus::Failed | SendStatus::Undelivered => line("warning", "A text failed"),
                SendStatus::Queued | SendStatus::Sending => line("text", "A text is on its way"),
                SendStatus::Uncertain => line("warning", "Nobody knows whether a text went"),
                SendStatus::Sent | SendStatus::Delivered => line("text", "Sent a text"),
            };
            line["quote"] = json!(message.text);
            line["parts"] = json!(sending.parts);
            line["held"] = held(sending);
            line
        }
        Effect::Email(email) => {
            let mut line = line("email", format!("Emailed “{}”", email.subject));
            line["email"] = json!({
                "to": email.to, "subject": email.subject, "text": email.text,
                "invite": email.invite.as_ref().map(|slot| slot.start.to_string()),
                "status": sending.status.as_str(),
            });
            line
        }
        Effect::AlertAgents(offer) => {
            let title = format!("Alerted {} ({})", offer.team, offer.priority.as_str());
            let mut line = line("handoff", title);
            line["quote"] = json!(offer.brief);
            line["handoff"] = json!(row.conversation.map(|conversation| {
                let seq = row.seq;
                HandoffId { conversation, seq }.to_string()
            }));
            line
        }
        Effect::TellAgent(note) => {
            let (agent, way) = (&note.agent, note.way.as_str());
            let mut line = line("handoff", format!("Told {agent} by {way}"));
            line["quote"] = json!(note.text_for_others());
            line
        }
        Effect::Bridge { agent, .. } => line("call", format!("Connects {agent} with the lead")),
        Effect::Call { endpoint, .. } => line("call", format!("Asked {endpoint}")),
        Effect::FindSlots { calendar, .. } => line("book", format!("Looked into {calendar}")),
        Effect::HoldSlot { calendar, .. } => line("book", format!("Holds a slot of {calendar}")),
        Effect::FreeSlot { calendar } => line("book", format!("Gives a slot of {calendar} back")),
        Effect::CloseHandoff { .. }
        | Effect::SetField { .. }
        | Effect::CancelQueued
        | Effect::Consent(_)
        | Effect::Shortlink { .. }
        | Effect::Notify { .. }
        | Effect::NudgeAgents { .. }
        | Effect::FreeTexts { .. }
        | Effect::DropReminders { .. }
        | Effect::MarkUnreachable => return None,
    };
    Some(line)
}

fn spaced(name: &str) -> String {
    name.replace(['_', '-'], " ")
}
