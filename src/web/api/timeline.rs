//! A conversation's timeline in JSON: every message, reply, timer, email, click and handoff, in order.

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use crate::conversation::{Effect, Entry, Event, FailedSend, Hop, Seq};
use crate::policy::{MessageKind, Purpose};
use crate::store::{HandoffId, Row, RowBody, Sending};
use crate::web::api::shapes;

/// The rows as items, and the way through the flow.
pub fn of(rows: &[Row]) -> (Vec<Json>, Vec<Json>) {
    let items = rows.iter().map(item).collect();
    let path = rows
        .iter()
        .filter_map(|row| match &row.body {
            RowBody::Happened(entry) => Some(entry),
            RowBody::Outgoing(..) => None,
        })
        .flat_map(|entry| entry.path.iter().map(hop))
        .collect();
    (items, path)
}

pub fn item(row: &Row) -> Json {
    let mut item = match &row.body {
        RowBody::Happened(entry) => happened(entry),
        RowBody::Outgoing(effect, sending) => outgoing(row, effect, sending),
    };
    if let Some(members) = item.as_object_mut() {
        members.insert("seq".to_string(), json!(row.seq));
        members.insert("at".to_string(), shapes::time(row.at));
        members.insert(
            "conversation_id".to_string(),
            json!(row.conversation.map(|id| id.to_string())),
        );
    }
    item
}

/// What is wanted of a timeline: rows of one type, rows whose words hold others.
#[derive(Debug, Default)]
pub struct Wanted {
    kind: Option<String>,
    /// Folded.
    words: Option<String>,
}

impl Wanted {
    pub fn of(query: &HashMap<String, String>) -> Self {
        let given = |name: &str| query.get(name).filter(|value| !value.trim().is_empty());
        Wanted {
            kind: given("type").cloned(),
            words: given("q").map(|words| words.trim().to_lowercase()),
        }
    }

    pub fn takes(&self, item: &Json) -> bool {
        let kind = self.kind.as_ref();
        let said = |name: &&str| match &item[*name] {
            Json::String(text) => Some(text.to_lowercase()),
            _ => None,
        };
        kind.is_none_or(|kind| item["type"] == **kind)
            && self.words.as_ref().is_none_or(|words| {
                let texts = SAID.iter().filter_map(said);
                texts.into_iter().any(|text| text.contains(words))
            })
    }
}

/// Where a row keeps what people wrote or read.
const SAID: [&str; 3] = ["text", "subject", "brief"];

fn hop(hop: &Hop) -> Json {
    json!({ "from": hop.from.as_str(), "exit": hop.exit.as_str(), "to": hop.to.as_str() })
}

fn happened(entry: &Entry) -> Json {
    let mut item = event(&entry.event);
    if let Some(members) = item.as_object_mut() {
        if let Some(understood) = &entry.understood {
            members.insert("rule".to_string(), json!(understood.rule.as_str()));
            members.insert("kind".to_string(), json!(understood.kind.as_str()));
            members.insert("answer".to_string(), json!(understood.answer));
            members.insert("certain".to_string(), json!(understood.certain));
        }
        let path: Vec<Json> = entry.path.iter().map(hop).collect();
        members.insert("path".to_string(), path.into());
    }
    item
}

fn event(event: &Event) -> Json {
    let settled = |result: &str, seq: &Seq| json!({ "type": result, "message": seq });
    match event {
        Event::Enrolled { by, properties } => {
            json!({ "type": "enrolled", "by": by, "properties": shapes::values(properties) })
        }
        Event::Replied {
            text,
            media,
            written,
            media_types,
        } => json!({
            "type": "reply", "text": text, "media": media, "media_types": media_types,
            "written": written.map(|at| at.to_string()),
        }),
        Event::EmailReplied(reply) => json!({
            "type": "reply", "by": "email", "text": reply.text, "media": [],
            "written": reply.written.map(|at| at.to_string()), "message": reply.answers,
            "from": reply.from, "automatic": reply.automatic,
        }),
        Event::EmailFailed { seq, why, .. } => json!({
            "type": "failed", "message": seq, "result": "email", "reason": why,
        }),
        Event::EmailUnsubscribed { by } => {
            json!({ "type": "email_unsubscribed", "by": by.as_str() })
        }
        Event::TimerFired { deadline } => {
            json!({ "type": "timer", "deadline": shapes::time(*deadline) })
        }
        Event::Accepted { seq } => settled("accepted", seq),
        Event::Delivered { seq } => settled("delivered", seq),
        Event::Failed { seq, why } => {
            let (result, reason) = match why {
                FailedSend::Dropped(why) => ("dropped", why.as_str()),
                FailedSend::Unreachable(error) => ("unreachable", error.as_str()),
                FailedSend::Refused(error) => ("refused", error.as_str()),
            };
            json!({ "type": "failed", "message": seq, "result": result, "reason": reason })
        }
        Event::HandoffClaimed { agent } => {
            json!({ "type": "handoff", "event": "claimed", "agent": agent })
        }
        Event::HandoffResolved { outcome, agent } => json!({
            "type": "handoff", "event": "resolved", "outcome": outcome.as_str(), "agent": agent,
        }),
        Event::LeadDid { event, properties } => json!({
            "type": "event", "event": event.as_str(), "properties": shapes::values(properties),
        }),
        Event::CallAnswered { seq, saved } => json!({
            "type": "call_answered", "call": seq, "ok": saved.is_some(),
            "saved": saved.as_deref().map(shapes::values),
        }),
        Event::SlotsFound { seq, slots } => {
            json!({ "type": "slots", "search": seq, "found": slots.len() })
        }
        Event::BookingCancelled => json!({ "type": "booking_cancelled" }),
        Event::HandoffDeclined { agent } => {
            json!({ "type": "handoff", "event": "declined", "agent": agent })
        }
        Event::AgentCalls { agent, .. } => {
            json!({ "type": "handoff", "event": "calling", "agent": agent })
        }
        Event::TakenOver { agent } => json!({ "type": "taken_over", "agent": agent }),
        Event::Released { step } => json!({ "type": "released", "step": step.as_deref() }),
        Event::AgentWrote { agent, text } => {
            json!({ "type": "agent_wrote", "agent": agent, "text": text })
        }
        Event::Noted { agent, text } => json!({ "type": "note", "agent": agent, "text": text }),
        Event::VersionMoved { from, to, by } => json!({
            "type": "version_moved", "from": from.to_string(), "to": to.to_string(), "by": by,
        }),
        Event::Clicked { link } => json!({ "type": "click", "link": link.as_str() }),
        Event::Stopped { outcome } => json!({ "type": "stopped", "outcome": outcome.as_str() }),
        Event::SlotHeld { slot, held, .. } => json!({
            "type": "slot_held", "held": held,
            "start": shapes::time(slot.start), "end": shapes::time(slot.end),
        }),
    }
}

fn outgoing(row: &Row, effect: &Effect, sending: &Sending) -> Json {
    let mut item = match effect {
        Effect::Sms(message) => json!({
            "type": "message", "text": message.text, "media": message.media,
            "step": message.step.as_deref(), "parts": sending.parts,
            "kind": match message.kind {
                MessageKind::Marketing => "marketing",
                MessageKind::Transactional => "transactional",
            },
            "purpose": match message.purpose {
                Purpose::Flow => "flow",
                Purpose::OptOutConfirmation => "opt_out_confirmation",
                Purpose::Help => "help",
                Purpose::OptInConfirmation => "opt_in_confirmation",
                Purpose::OptInRequest => "opt_in_request",
                Purpose::Agent => "agent",
            },
        }),
        Effect::Email(email) => json!({
            "type": "email", "subject": email.subject, "text": email.text,
            "step": email.step.as_deref(),
        }),
        Effect::AlertAgents(offer) => json!({
            "type": "handoff", "event": "opened", "team": offer.team.as_str(),
            "priority": offer.priority.as_str(), "brief": offer.brief,
            "step": offer.step.as_str(), "lapses": shapes::time(offer.lapses),
            "id": row.conversation.map(|conversation| {
                HandoffId { conversation, seq: row.seq }.to_string()
            }),
        }),
        Effect::TellAgent(note) => json!({
            "type": "told_agent", "agent": note.agent, "by": note.way.as_str(),
            "about": note.about.as_str(), "text": note.text_for_others(),
        }),
        Effect::Bridge { agent, .. } => json!({ "type": "called", "agent": agent }),
        Effect::Call { endpoint, .. } => {
            json!({ "type": "call", "endpoint": endpoint.as_str() })
        }
        Effect::FindSlots { calendar, .. } => {
            json!({ "type": "find_slots", "calendar": calendar.as_str() })
        }
        Effect::HoldSlot { calendar, .. } => {
            json!({ "type": "hold_slot", "calendar": calendar.as_str() })
        }
        Effect::FreeSlot { calendar } => {
            json!({ "type": "free_slot", "calendar": calendar.as_str() })
        }
        Effect::Notify { event } => json!({ "type": "webhook", "event": event.as_str() }),
        Effect::CloseHandoff { outcome, .. } => {
            json!({ "type": "handoff", "event": "closed", "outcome": outcome.as_str() })
        }
        Effect::SetField { field, value } => json!({
            "type": "field", "field": field.as_str(), "value": shapes::value(value),
        }),
        Effect::NudgeAgents { .. }
        | Effect::FreeTexts { .. }
        | Effect::DropReminders { .. }
        | Effect::CancelQueued
        | Effect::Consent(_)
        | Effect::Shortlink { .. }
        | Effect::MarkUnreachable => json!({ "type": "other" }),
    };
    if let (Some(members), Some(fares)) = (item.as_object_mut(), fares(sending).as_object()) {
        members.extend(fares.clone());
    }
    item
}

/// How an outgoing row fares.
fn fares(sending: &Sending) -> Json {
    let held = sending.held.map(
        |why| json!({ "reason": why.as_str(), "until": sending.due.map(|at| at.to_string()) }),
    );
    json!({
        "status": sending.status.as_str(),
        "held": held,
        "to": sending.to,
        "from": sending.from,
        "channel": sending.channel.as_deref(),
        "attempts": sending.attempts,
        "provider_id": sending.provider_id,
        "error": sending.error,
        "accepted": sending.accepted.map(|at| at.to_string()),
        "changed": shapes::time(sending.changed),
    })
}
