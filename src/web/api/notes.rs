//! What agents note for each other beside a conversation. It is on the timeline like all else, and the
//! lead never sees it: no text, email or page of theirs is made from it.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

use crate::conversation::{Entry, Event};
use crate::runtime::Work;
use crate::store::{Row, RowBody};
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
    let (lead, id) = (conversation.lead, conversation.id);
    app.turn(Work::Note {
        lead,
        conversation: id,
        agent: agent.clone(),
        text,
    })
    .await?;
    let rows = app
        .read(move |store| conversations::rows(store, lead, id))
        .await?;
    let newest = rows.iter().rev().find(|row| is_note_of(row, &agent));
    let shown = newest.map(timeline::item);
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

fn is_note_of(row: &Row, who: &str) -> bool {
    match &row.body {
        RowBody::Happened(Entry {
            event: Event::Noted { agent, .. },
            ..
        }) => agent == who,
        RowBody::Happened(_) | RowBody::Outgoing(..) => false,
    }
}
