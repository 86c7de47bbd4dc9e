//! `GET /phone/state?phone=`: all that the phone page shows of one lead, in one answer. For the
//! sandbox only.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::IntoResponse;
use serde_json::{Map, Value as Json, json};

use crate::conversation::{Awaiting, Conversation, Status};
use crate::flow::steps::{Ask, Expect};
use crate::flow::{Flow, Verb};
use crate::lead::{Kind, PhoneNumber};
use crate::policy::{Consent, postcode, zones};
use crate::runtime::{Engine, Live};
use crate::store::{HandoffId, LeadRecord, Row, Store, StoreError};
use crate::time::{Timestamp, Zone};
use crate::web::api::shapes;
use crate::web::auth::Caller;
use crate::web::console::{Page, next, story};
use crate::web::error::Problem;
use crate::web::state::AppState;

/// How much of a lead's timeline the phone shows.
const ROWS_MAX: usize = 500;

pub async fn state(
    _caller: Caller,
    State(app): State<AppState>,
    Query(query): Query<HashMap<String, String>>,
) -> Page {
    if app.sandbox.is_none() {
        return Err(Problem::not_found("page"));
    }
    let phone: PhoneNumber = query
        .get("phone")
        .and_then(|phone| phone.parse().ok())
        .ok_or_else(|| Problem::bad_request("`phone` must be a number such as +13125550142"))?;
    let (engine, live) = (app.engine.clone(), app.live());
    let now = app.now();
    let seen = app
        .read(move |store| Seen::read(store, &engine, phone))
        .await?;
    Ok(axum::Json(seen.json(&live, phone, now)).into_response())
}

/// What the store holds of a lead, as far as the phone shows it.
struct Seen {
    record: Option<LeadRecord>,
    conversation: Option<Conversation>,
    flow: Option<Arc<Flow>>,
    rows: Vec<Row>,
    handoff: Option<crate::store::HandoffRecord>,
}

impl Seen {
    fn read(store: &dyn Store, engine: &Engine, phone: PhoneNumber) -> Result<Self, StoreError> {
        let record = store.lead(phone)?;
        let current = record
            .as_ref()
            .and_then(|record| record.active.or(record.last));
        let conversation = match current {
            Some(id) => store.conversation(id)?,
            None => None,
        };
        let flow = match &conversation {
            Some(conversation) => engine.flow(conversation.version)?,
            None => None,
        };
        let handoff = match conversation.as_ref().map(|c| (c.id, &c.status)) {
            Some((conversation, Status::WithAgent(handoff))) => {
                let seq = handoff.seq;
                store.handoff(HandoffId { conversation, seq })?
            }
            _ => None,
        };
        Ok(Seen {
            rows: store.timeline(phone, None, 0, ROWS_MAX)?,
            record,
            conversation,
            flow,
            handoff,
        })
    }

    fn json(&self, live: &Live, phone: PhoneNumber, now: Timestamp) -> Json {
        let told = self
            .record
            .as_ref()
            .and_then(|record| record.lead.time_zone.as_ref());
        let told: Option<Zone> = told.and_then(|zone| zone.parse().ok());
        let lead = self.record.as_ref().map(|record| &record.lead);
        let home = lead.and_then(|lead| postcode::of_lead(lead, &live.workspace.region));
        let zones = zones::of_lead(told.as_ref(), home, phone, &live.workspace.time_zone);
        let zone = match zones.as_ref() {
            [zone] => zone,
            _ => &live.workspace.time_zone,
        };
        let rows = self.current_rows();
        let mut json = json!({
            "now": now.to_string(),
            "zone": zone.name(),
            "known": self.record.is_some(),
            "consent": self.consent(),
            "bubbles": story::bubbles(&self.rows),
            "story": story::lines(&self.rows),
            "path": story::path(&rows),
            "conversation": null, "next": null, "question": null, "handoff": null,
        });
        if let (Some(conversation), Some(flow)) = (&self.conversation, &self.flow) {
            json["conversation"] = shapes::conversation(conversation);
            json["answers"] = answers(conversation);
            json["next"] = match next::next(flow, conversation, &rows) {
                Some(next) => next.json(now),
                None => Json::Null,
            };
            json["question"] = question(flow, conversation);
            json["handoff"] = self.handoff(flow);
        }
        json
    }

    fn current_rows(&self) -> Vec<Row> {
        let id = self.conversation.as_ref().map(|c| c.id);
        let rows = self.rows.iter().filter(|row| row.conversation == id);
        rows.cloned().collect()
    }

    fn consent(&self) -> &'static str {
        match self.record.as_ref().map(|record| record.standing.consent) {
            None | Some(Consent::None) => "none",
            Some(Consent::Pending(_)) => "pending",
            Some(Consent::Given(..)) => "given",
            Some(Consent::Revoked(_)) => "opted out",
        }
    }

    fn handoff(&self, flow: &Flow) -> Json {
        let Some(record) = &self.handoff else {
            return Json::Null;
        };
        let mut json = shapes::handoff(record);
        let step = self.conversation.as_ref().and_then(Conversation::step);
        let verb = step
            .and_then(|step| flow.find(step))
            .map(|ix| &flow.step(ix).verb);
        if let Some(Verb::Handoff(handoff)) = verb {
            let outcomes = handoff.outcomes.iter().map(|(name, _)| name.as_str());
            json["outcomes"] = outcomes.filter(|name| *name != "unclaimed").collect();
        }
        json
    }
}

/// In the order they were given.
fn answers(conversation: &Conversation) -> Json {
    let answers = conversation.answers.iter();
    answers
        .map(|(step, value)| json!({ "step": step.as_str(), "value": shapes::value(value) }))
        .collect()
}

/// What the question that stands would take for an answer.
fn question(flow: &Flow, conversation: &Conversation) -> Json {
    let Status::Waiting(wait) = &conversation.status else {
        return Json::Null;
    };
    let Awaiting::Reply { slots, .. } = &wait.what else {
        return Json::Null;
    };
    let mut json = Map::new();
    json.insert("step".to_string(), json!(wait.step.as_str()));
    match flow.find(&wait.step).map(|ix| &flow.step(ix).verb) {
        Some(Verb::Ask(ask)) => json.extend(expected(ask)),
        Some(Verb::Book(_)) => {
            let slots = slots.iter().map(|slot| json!(slot.start.to_string()));
            json.insert("slots".to_string(), slots.collect());
        }
        _ => {}
    }
    Json::Object(json)
}

fn expected(ask: &Ask) -> Map<String, Json> {
    let mut json = Map::new();
    match &ask.expect {
        Expect::Options(options, _) => {
            let options = options.iter();
            let options = options.map(|o| json!({ "key": o.key, "name": o.name.as_str() }));
            json.insert("options".to_string(), options.collect());
        }
        Expect::Value { kind, .. } => {
            json.insert("expects".to_string(), json!(kind.name()));
            json.insert("samples".to_string(), json!(samples(*kind)));
        }
    }
    json
}

/// Replies that people write to such a question.
fn samples(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Money => &["about 25k", "300k"],
        Kind::Number => &["3", "ten"],
        Kind::Date => &["next Tuesday", "tomorrow"],
        Kind::Time => &["half past two", "3pm"],
        Kind::DateTime => &["tomorrow at 10am", "next Tuesday at 3"],
        Kind::Email => &["ada@example.com"],
        Kind::Phone => &["312 555 0177"],
        Kind::Postcode => &["60614"],
        Kind::YesNo => &["yes", "no"],
        Kind::Name => &["Ada Lovelace"],
        Kind::Text | Kind::List => &[],
    }
}
