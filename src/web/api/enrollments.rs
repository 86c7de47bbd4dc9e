//! `POST /v1/enrollments`: a lead enters a flow.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;

use crate::conversation::Conversation;
use crate::lead::PhoneNumber;
use crate::runtime::Work;
use crate::runtime::work::{Enroll, IfBusy, LeadUpdate};
use crate::store::ConversationQuery;
use crate::web::api::leads;
use crate::web::error::Problem;
use crate::web::fields::{self, Fields};
use crate::web::idempotency::Once;
use crate::web::state::AppState;
use crate::web::trail::AboutLead;

pub async fn create(
    State(app): State<AppState>,
    Extension(Once(seen)): Extension<Once>,
    body: Bytes,
) -> Result<Response, Problem> {
    let json = fields::body(&body)?;
    let told = Fields::of(&json)?;
    let flow = told.required_name("flow")?;
    let lead = lead(&told, &app)?;
    let if_busy = told.one_of(
        "if_busy",
        &[
            ("wait", IfBusy::Wait),
            ("replace", IfBusy::Replace),
            ("refuse", IfBusy::Refuse),
        ],
    )?;
    let phone = lead.phone;
    let enroll = Enroll {
        flow,
        lead,
        at: told.time("at")?,
        if_busy: if_busy.unwrap_or_default(),
        by: "api".to_string(),
        properties: Vec::new(),
        seen,
    };
    let done = app.turn(Work::Enroll(enroll)).await?;
    let conversation = match done.conversation {
        Some(conversation) => conversation,
        // Taken in before; its answer was lost on the way.
        None => newest(&app, phone).await?.into(),
    };
    let answer = json!({
        "conversation_id": conversation.id.to_string(),
        "status": conversation.status_name(),
    });
    let about = Extension(AboutLead(phone));
    Ok((StatusCode::ACCEPTED, about, Json(answer)).into_response())
}

/// The lead: `phone` of one we may know already, or all of `lead`; `fields` go on top.
fn lead(told: &Fields, app: &AppState) -> Result<LeadUpdate, Problem> {
    let region = &app.live().workspace.region;
    let mut lead = match told.object("lead")? {
        Some(lead) => {
            let holder = if told.has("phone") { told } else { &lead };
            leads::read(&lead, holder.phone("phone", region)?, app)?
        }
        None => leads::read(told, told.phone("phone", region)?, app)?,
    };
    if let Some(fields) = told.object("fields")? {
        lead.fields.extend(fields.values()?);
    }
    Ok(lead)
}

async fn newest(app: &AppState, phone: PhoneNumber) -> Result<Conversation, Problem> {
    let query = ConversationQuery {
        lead: Some(phone),
        limit: 1,
        ..ConversationQuery::default()
    };
    let found = app.read(move |store| store.conversations(&query)).await?;
    found
        .into_iter()
        .next()
        .ok_or_else(|| Problem::not_found("conversation"))
}
