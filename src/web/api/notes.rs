//! What agents note for each other beside a conversation. It is on the timeline like all else, and the
//! lead never sees it: no text, email or page of theirs is made from it.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

use crate::runtime::Work;
use crate::web::api::{conversations, timeline};
use crate::web::auth::Caller;
use crate::web::error::Problem;
use crate::web::fields::{self, Fields};
use crate::web::state::AppState;

/// `POST /v1/conversations/{id}/notes`
pub async fn add(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let json = fields::body(&body)?;
    let told = Fields::of(&json)?;
    let agent = caller.agent(told.text("agent")?)?;
    let text = told.required_text("text")?.to_string();
    let conversation = conversations::find(&app, &caller, &id).await?;
    let done = app
        .turn(Work::Note {
            lead: conversation.lead,
            conversation: conversation.id,
            agent,
            text,
        })
        .await?;
    let shown = done.wrote.as_deref().map(timeline::item);
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}
