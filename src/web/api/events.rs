//! `POST /v1/events`: what a lead did elsewhere.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;

use crate::lead::{Name, Value};
use crate::runtime::Work;
use crate::runtime::work::LeadDid;
use crate::web::error::Problem;
use crate::web::fields::{self, Fields};
use crate::web::idempotency::Once;
use crate::web::state::AppState;
use crate::web::trail::AboutLead;

pub async fn tell(
    State(app): State<AppState>,
    Extension(Once(seen)): Extension<Once>,
    body: Bytes,
) -> Result<Response, Problem> {
    let json = fields::body(&body)?;
    let told = Fields::of(&json)?;
    let phone = told.phone("phone", &app.live().workspace.region)?;
    let did = LeadDid {
        lead: phone,
        event: told.required_name("event")?,
        properties: properties(&told)?,
        at: told.time("at")?,
        seen,
    };
    let event = did.event.clone();
    let done = app.turn(Work::Did(did)).await?;
    let conversation = done.conversation.as_ref();
    let answer = json!({
        "phone": phone.to_string(),
        "event": event.as_str(),
        "conversation_id": conversation.map(|c| c.id.to_string()),
        "status": conversation.map(|c| c.status_name()),
    });
    let about = Extension(AboutLead(phone));
    Ok((StatusCode::ACCEPTED, about, Json(answer)).into_response())
}

/// What the event tells: its own properties, with `value` as an amount where a currency is named.
fn properties(told: &Fields) -> Result<Vec<(Name, Value)>, Problem> {
    let mut properties = match told.object("properties")? {
        Some(properties) => properties.values()?,
        None => Vec::new(),
    };
    let currency = told.name("currency")?;
    if let Some(value) = told.number("value")? {
        let value = match &currency {
            Some(currency) => Value::Money(value, Some(currency.to_uppercase())),
            None => Value::Number(value),
        };
        properties.push((Name::from("value"), value));
    }
    if let Some(currency) = currency {
        properties.push((Name::from("currency"), Value::text(currency.to_uppercase())));
    }
    Ok(properties)
}
