//! `GET /c/{code}.ics`: a lead's appointment as it stands now, for their own calendar.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::conversation::ConversationId;
use crate::flow::steps::published;
use crate::web::error::Problem;
use crate::web::state::AppState;

pub async fn show(
    State(app): State<AppState>,
    Path(file): Path<String>,
) -> Result<Response, Problem> {
    let gone = || StatusCode::NOT_FOUND.into_response();
    let code = file.strip_suffix(".ics").unwrap_or(&file);
    let Some(id) = app.engine.invited(code) else {
        return Ok(gone());
    };
    let id = ConversationId::from_bits(id);
    let Some(conversation) = app.read(move |store| store.conversation(id)).await? else {
        return Ok(gone());
    };
    let live = app.live();
    let ics = published(&live.workspace, &conversation, &live.public_url, app.now());
    let Some(ics) = ics else {
        return Ok(gone());
    };
    let headers = [
        (
            header::CONTENT_TYPE,
            "text/calendar; charset=utf-8; method=PUBLISH",
        ),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"appointment.ics\"",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, ics).into_response())
}
