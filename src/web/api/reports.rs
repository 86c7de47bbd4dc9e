//! `/v1/reports`: figures folded from conversations and their timelines.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::conversation::{Conversation, ConversationId, Effect, Event, Status};
use crate::lead::Name;
use crate::store::{ConversationQuery, Row, RowBody, SendStatus, Store, StoreError};
use crate::web::api::conversations;
use crate::web::api::speed::Speed;
use crate::web::error::Problem;
use crate::web::pages::Query;
use crate::web::state::AppState;

/// How many of a flow's newest conversations are counted in one answer.
const CONVERSATIONS_MAX: usize = 10_000;
const PAGE: usize = 500;

#[derive(Debug, Default)]
struct Figures {
    conversations: u64,
    by_status: BTreeMap<&'static str, u64>,
    by_outcome: BTreeMap<String, u64>,
    /// Texts accepted by a carrier.
    sent: u64,
    delivered: u64,
    parts: u64,
    emails: u64,
    /// Conversations with at least one reply, one click, one handoff.
    replied: u64,
    clicked: u64,
    handed_off: u64,
    opted_out: u64,
    speed: Speed,
}

impl Figures {
    fn add(&mut self, conversation: &Conversation, rows: &[Row]) {
        self.conversations += 1;
        *self
            .by_status
            .entry(conversation.status_name())
            .or_default() += 1;
        if let Status::Ended { outcome } = &conversation.status {
            *self.by_outcome.entry(outcome.to_string()).or_default() += 1;
            self.opted_out += u64::from(*outcome == "opted_out");
        }
        let (mut replied, mut clicked, mut handed_off) = (false, false, false);
        for row in rows {
            match &row.body {
                RowBody::Happened(entry) => {
                    replied |=
                        matches!(entry.event, Event::Replied { .. } | Event::EmailReplied(_));
                    clicked |= matches!(entry.event, Event::Clicked { .. });
                }
                RowBody::Outgoing(effect, sending) => {
                    handed_off |= matches!(effect, Effect::AlertAgents(_));
                    let left = sending.accepted.is_some();
                    let delivered = sending.status == SendStatus::Delivered;
                    match effect {
                        Effect::Sms(_) if left => {
                            self.sent += 1;
                            self.parts += u64::from(sending.parts);
                            self.delivered += u64::from(delivered);
                        }
                        Effect::Email(_) if left => self.emails += 1,
                        _ => {}
                    }
                }
            }
        }
        self.speed.add(rows);
        self.replied += u64::from(replied);
        self.clicked += u64::from(clicked);
        self.handed_off += u64::from(handed_off);
    }

    fn json(&self) -> Value {
        let rate = |part: u64| match self.conversations {
            0 => Value::Null,
            all => json!(part as f64 / all as f64),
        };
        json!({
            "conversations": self.conversations,
            "by_status": self.by_status,
            "by_outcome": self.by_outcome,
            "sent": self.sent,
            "delivered": self.delivered,
            "parts": self.parts,
            "emails": self.emails,
            "replied": self.replied,
            "clicked": self.clicked,
            "handed_off": self.handed_off,
            "opted_out": self.opted_out,
            "handoffs": self.speed.json(),
            "reply_rate": rate(self.replied),
            "opt_out_rate": rate(self.opted_out),
        })
    }
}

/// Calls `each` with a flow's newest conversations and their rows.
fn walk(
    store: &dyn Store,
    flow: &Name,
    mut each: impl FnMut(&Conversation, &[Row]),
) -> Result<bool, StoreError> {
    let mut before: Option<ConversationId> = None;
    for _ in 0..CONVERSATIONS_MAX / PAGE {
        let page = store.conversations(&ConversationQuery {
            flow: Some(flow.clone()),
            before,
            limit: PAGE,
            ..ConversationQuery::default()
        })?;
        for conversation in &page {
            let rows = conversations::rows(store, conversation.lead, conversation.id)?;
            each(conversation, &rows);
        }
        before = page.last().map(|conversation| conversation.id);
        if page.len() < PAGE {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `GET /v1/reports/flows/{flow}?since=`
pub async fn flow(
    State(app): State<AppState>,
    Path(name): Path<String>,
    query: Query,
) -> Result<Response, Problem> {
    let since = match query.get("since") {
        None => None,
        Some(text) => Some(
            text.parse()
                .map_err(|_| Problem::bad_request("`since` must be a time as in RFC 3339"))?,
        ),
    };
    let flow = app.live().flows.get(name.as_str()).cloned();
    let flow = flow.ok_or_else(|| Problem::not_found("flow"))?;
    let version = flow.version;
    let name = flow.name.clone();
    let (figures, complete, standing) = app
        .read(move |store| {
            let mut figures = Figures::default();
            let complete = walk(store, &name, |conversation, rows| {
                if since.is_none_or(|since| conversation.started >= since) {
                    figures.add(conversation, rows);
                }
            })?;
            Ok((figures, complete, store.standing_on(version)?))
        })
        .await?;
    let mut json = figures.json();
    json["flow"] = json!(flow.name.as_str());
    json["complete"] = json!(complete);
    json["standing"] = standing
        .iter()
        .filter(|count| count.outcome.is_none())
        .map(|count| json!({ "step": count.step.as_str(), "count": count.count }))
        .collect::<Vec<_>>()
        .into();
    Ok(Json(json).into_response())
}

/// `GET /v1/reports/experiments/{name}`
pub async fn experiment(
    State(app): State<AppState>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let live = app.live();
    let of = |flow: &&std::sync::Arc<crate::flow::Flow>| {
        flow.experiments.iter().any(|e| *e.name == *name)
    };
    let flow = live.flows.values().find(of).cloned();
    let flow = flow.ok_or_else(|| Problem::not_found("experiment"))?;
    let (experiment, flow_name) = (Name::from(name.as_str()), flow.name.clone());
    let (arms, complete) = app
        .read(move |store| {
            let mut arms: BTreeMap<String, Figures> = BTreeMap::new();
            let complete = walk(store, &flow_name, |conversation, rows| {
                let drawn = conversation.variants.iter().find(|(e, _)| *e == experiment);
                if let Some((_, arm)) = drawn {
                    arms.entry(arm.to_string())
                        .or_default()
                        .add(conversation, rows);
                }
            })?;
            Ok((arms, complete))
        })
        .await?;
    let arms: BTreeMap<String, Value> = arms
        .iter()
        .map(|(arm, figures)| (arm.clone(), figures.json()))
        .collect();
    let answer = json!({
        "experiment": name, "flow": flow.name.as_str(), "arms": arms, "complete": complete,
    });
    Ok(Json(answer).into_response())
}
