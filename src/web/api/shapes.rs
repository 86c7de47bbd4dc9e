//! How things of the core look in JSON. What is stored has its own form; this one is for callers.

use serde_json::{Map, Value as Json, json};

use crate::conversation::{Conversation, Status};
use crate::lead::{Name, Value};
use crate::policy::consent::Level;
use crate::policy::{Consent, ConsentChange, Standing};
use crate::store::{HandoffRecord, LeadRecord, LedgerRow};
use crate::time::Timestamp;
use crate::web::api::proof;

pub fn value(value: &Value) -> Json {
    match value {
        Value::Nothing => Json::Null,
        Value::Text(text) | Value::Date(text) | Value::Time(text) => json!(text),
        Value::Number(number) => number_json(*number),
        Value::Money(amount, None) => number_json(*amount),
        Value::Money(amount, Some(currency)) => {
            json!({ "amount": number_json(*amount), "currency": currency })
        }
        Value::Bool(truth) => json!(truth),
        Value::Moment(at) => time(*at),
        Value::List(items) => json!(items),
    }
}

/// A whole number without its `.0`.
fn number_json(number: f64) -> Json {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        json!(number as i64)
    } else {
        json!(number)
    }
}

pub fn values(values: &[(Name, Value)]) -> Json {
    let members: Map<String, Json> = values
        .iter()
        .map(|(name, given)| (name.to_string(), value(given)))
        .collect();
    Json::Object(members)
}

pub fn time(at: Timestamp) -> Json {
    json!(at.to_string())
}

pub fn lead(record: &LeadRecord) -> Json {
    let lead = &record.lead;
    let fields: Map<String, Json> = lead
        .fields
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "name" | "email"))
        .map(|(name, given)| (name.to_string(), value(given)))
        .collect();
    json!({
        "id": lead_id(record),
        "phone": lead.phone.to_string(),
        "name": value(lead.field("name")),
        "email": value(lead.field("email")),
        "locale": lead.locale.as_deref(),
        "time_zone": lead.time_zone.as_deref(),
        "tags": lead.tags.iter().map(|tag| tag.as_str()).collect::<Vec<_>>(),
        "fields": fields,
        "consent": standing(&record.standing),
        "active_conversation": record.active.map(|id| id.to_string()),
        "created": time(record.created),
        "updated": time(record.updated),
    })
}

fn lead_id(record: &LeadRecord) -> String {
    format!("ld_{:012x}", record.lead.phone.digits())
}

pub fn standing(standing: &Standing) -> Json {
    let (state, at, kind) = match standing.consent {
        Consent::None => ("none", None, None),
        Consent::Pending(at) => ("pending", Some(at), None),
        Consent::Given(at, level) => ("given", Some(at), Some(level_word(level))),
        Consent::Revoked(at) => ("revoked", Some(at), None),
    };
    json!({
        "state": state,
        "kind": kind,
        "at": at.map(|at| at.to_string()),
        "unreachable": standing.unreachable,
        "email": {
            "unsubscribed": standing.email.unsubscribed.map(|at| at.to_string()),
            "bad_address": standing.email.bad,
        },
    })
}

pub fn level_word(level: Level) -> &'static str {
    match level {
        Level::Marketing => "marketing",
        Level::Transactional => "transactional",
    }
}

pub fn ledger_row(row: &LedgerRow) -> Json {
    let mut json = json!({
        "n": row.n,
        "bucket": row.bucket,
        "phone": row.lead.map(|lead| lead.to_string()),
        "hash": proof::hex(&row.hash),
        "key": proof::hex(&row.key),
        "at": time(row.at),
        "erased": row.event().is_none(),
    });
    if let (Some(event), Some(members)) = (row.event(), json.as_object_mut()) {
        let scope = event.scope.as_ref();
        let change = match event.change {
            ConsentChange::Given => "given",
            ConsentChange::Asked => "asked",
            ConsentChange::Revoked => "revoked",
        };
        for (name, told) in [
            ("change", json!(change)),
            ("kind", json!(level_word(event.level))),
            ("method", json!(event.method)),
            ("source", json!(event.source)),
            ("wording", json!(event.wording)),
            ("wording_id", json!(proof::wording_id(event))),
            ("wording_version", json!(event.wording_version)),
            ("user_agent", json!(event.user_agent)),
            ("own_act", json!(event.own_act)),
            ("seller", json!(scope.and_then(|s| s.seller.as_deref()))),
            ("program", json!(scope.and_then(|s| s.program.as_deref()))),
            ("channel", json!(scope.and_then(|s| s.channel.as_deref()))),
            ("purposes", json!(scope.map_or(&[][..], |s| &s.purposes))),
            ("name", json!(scope.and_then(|s| s.person_name.as_deref()))),
            ("locale", json!(scope.and_then(|s| s.locale.as_deref()))),
            (
                "expires_at",
                json!(scope.and_then(|s| s.expires_at).map(|at| at.to_string())),
            ),
            ("ip", json!(event.ip)),
            ("url", json!(event.url)),
            ("rule", json!(event.rule)),
            (
                "channel",
                json!(event.scope.as_ref().and_then(|scope| scope.channel.clone())),
            ),
        ] {
            members.insert(name.to_string(), told);
        }
    }
    json
}

pub fn conversation(conversation: &Conversation) -> Json {
    let outcome = match &conversation.status {
        Status::Ended { outcome } => Some(outcome.as_str()),
        _ => None,
    };
    let variants: Map<String, Json> = conversation
        .variants
        .iter()
        .map(|(experiment, arm)| (experiment.to_string(), json!(arm.as_str())))
        .collect();
    json!({
        "id": conversation.id.to_string(),
        "phone": conversation.lead.to_string(),
        "flow": conversation.flow.as_str(),
        "version": conversation.version.to_string(),
        "status": conversation.status_name(),
        "step": conversation.step().map(|step| step.as_str()),
        "outcome": outcome,
        "agent": holder(conversation).or(conversation.agent.as_deref()),
        "locale": conversation.locale.as_str(),
        "score": conversation.score,
        "answers": values(&conversation.answers),
        "saved": values(&conversation.saved_by_author().cloned().collect::<Vec<_>>()),
        "booking": conversation.booked().map(|booked| json!({
            "calendar": booked.calendar.as_str(), "start": time(booked.slot.start),
            "end": time(booked.slot.end), "changes": booked.sequence,
        })),
        "variants": variants,
        "deadline": conversation.deadline.map(|at| at.to_string()),
        "started": time(conversation.started),
    })
}

/// The agent who has the conversation now.
pub fn holder(conversation: &Conversation) -> Option<&str> {
    match &conversation.status {
        Status::WithAgent(handoff) => handoff.agent.as_deref(),
        Status::TakenOver { agent, .. } => Some(agent),
        Status::Scheduled | Status::Waiting(_) | Status::Ended { .. } => None,
    }
}

pub fn handoff(record: &HandoffRecord) -> Json {
    json!({
        "id": record.id.to_string(),
        "status": record.status.as_str(),
        "team": record.team.as_str(),
        "priority": record.priority.as_str(),
        "brief": record.brief,
        "phone": record.lead.to_string(),
        "tel": format!("tel:{}", record.lead),
        "call_after": record.call_after.map(|at| at.to_string()),
        "asked": record.rounds.last().map_or(&[][..], |round| &round.agents),
        "rounds": record.rounds.iter().map(|round| json!({
            "team": round.team.as_str(), "agents": round.agents, "at": time(round.at),
        })).collect::<Vec<_>>(),
        "outcomes": record.outcomes.iter().map(|name| name.as_str()).collect::<Vec<_>>(),
        "seconds_to_claim": record.claimed.map(|at| at.since(record.created).as_ms() / 1_000),
        "flow": record.flow.as_str(),
        "conversation_id": record.id.conversation.to_string(),
        "agent": record.agent,
        "outcome": record.outcome.as_deref(),
        "created": time(record.created),
        "claimed": record.claimed.map(|at| at.to_string()),
        "resolved": record.resolved.map(|at| at.to_string()),
        "lapses": time(record.lapses),
        "call_before": record
            .callback_within
            .map(|within| (record.call_after.unwrap_or(record.created) + within).to_string()),
    })
}
