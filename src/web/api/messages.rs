//! What an agent writes to a lead: in their own words or by a template, with what it costs told before and
//! after.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Value, json};

use crate::conversation::Conversation;
use crate::flow::sms_parts;
use crate::lead::Lead;
use crate::runtime::{Work, canned};
use crate::web::api::{conversations, shapes};
use crate::web::auth::Caller;
use crate::web::error::Problem;
use crate::web::fields::{self, Fields};
use crate::web::state::AppState;

/// `POST /v1/conversations/{id}/messages`
pub async fn write(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let (conversation, agent, text) = told(&app, &caller, &id, &body).await?;
    let done = app
        .turn(Work::Write {
            lead: conversation.lead,
            conversation: conversation.id,
            agent,
            text: text.clone(),
        })
        .await?;
    let mut shown = done
        .conversation
        .as_deref()
        .map_or(Value::Null, shapes::conversation);
    shown["message"] = size(&text);
    if let Some(sending) = done.wrote.as_ref().and_then(|row| row.body.sending()) {
        shown["message"]["status"] = json!(sending.status.as_str());
        shown["message"]["held"] = json!(sending.held.map(|why| json!({
            "reason": why.as_str(), "until": sending.due.map(|at| at.to_string()),
        })));
    }
    Ok(Json(shown).into_response())
}

/// `POST /v1/conversations/{id}/preview`: what would be sent, and its size; nothing is.
pub async fn preview(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let (_, _, text) = told(&app, &caller, &id, &body).await?;
    Ok(Json(size(&text)).into_response())
}

/// `GET /v1/templates`: in which language one is written is told where it is in several.
pub async fn templates(State(app): State<AppState>) -> Response {
    let live = app.live();
    let data: Vec<Value> = live
        .workspace
        .templates
        .iter()
        .map(|(name, said)| {
            let locales = said.0.iter().filter_map(|(locale, _)| locale.as_deref());
            json!({ "name": name.as_str(), "locales": locales.collect::<Vec<_>>() })
        })
        .collect();
    Json(json!({ "data": data, "next": null })).into_response()
}

fn size(text: &str) -> Value {
    let size = sms_parts::count(text);
    let cheaper = sms_parts::cheaper(text)
        .map(|cheaper| json!({ "text": cheaper.text, "parts": cheaper.size.parts }));
    json!({
        "text": text, "encoding": size.encoding.name(), "units": size.units, "parts": size.parts,
        "cheaper": cheaper,
    })
}

/// Whose conversation, who speaks, and what: `text`, or `template` filled in for the lead.
async fn told(
    app: &AppState,
    caller: &Caller,
    id: &str,
    body: &Bytes,
) -> Result<(Conversation, String, String), Problem> {
    let json = fields::body(body)?;
    let told = Fields::of(&json)?;
    let agent = caller.agent(told.text("agent")?)?;
    let conversation = conversations::find(app, caller, id).await?;
    let Some(template) = told.name("template")? else {
        let text = told.required_text("text")?.to_string();
        return Ok((conversation, agent, text));
    };
    let phone = conversation.lead;
    let lead = app.read(move |store| store.lead(phone)).await?;
    let lead = lead.map_or_else(|| Lead::new(phone), |record| record.lead);
    let live = app.live();
    let text = canned::text(&live.workspace, &template, &lead, &conversation, &agent);
    let text = text.ok_or_else(|| {
        let known: Vec<&str> = live
            .workspace
            .templates
            .keys()
            .map(|t| t.as_str())
            .collect();
        Problem::field("/template", format!("is none of {}", known.join(", ")))
    })?;
    Ok((conversation, agent, text))
}
