//! `GET /v1/stream`: what happens, as it happens, as server-sent events.

use std::convert::Infallible;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::{Extension, response::Response};
use futures_util::{Stream, StreamExt};
use serde_json::json;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use crate::runtime::work::Heard;
use crate::store::Role;
use crate::web::auth::Caller;
use crate::web::state::AppState;

/// One event: its name is `what`, its data the rest.
pub fn event(heard: &Heard) -> Event {
    let data = json!({
        "what": heard.what,
        "phone": heard.lead.to_string(),
        "conversation_id": heard.conversation.map(|id| id.to_string()),
        "flow": heard.flow.as_deref(),
        "step": heard.step.as_deref(),
        "detail": heard.detail,
    });
    Event::default().event(heard.what).data(data.to_string())
}

/// Whatever is heard from now on, until the server stops. Who is too slow hears `missed` with how
/// many, and goes on.
pub fn listen(app: &AppState) -> impl Stream<Item = Result<Heard, u64>> + Send + 'static {
    let mut stopping = app.stopping.clone();
    BroadcastStream::new(app.heard.subscribe())
        .map(|heard| heard.map_err(|BroadcastStreamRecvError::Lagged(missed)| missed))
        .take_until(async move {
            let _ = stopping.wait_for(|stopping| *stopping).await;
        })
}

pub async fn stream(State(app): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    // An agent hears of replies when they are theirs; the stream knows no holder, so they hear of
    // handoffs alone.
    let only_handoffs = caller.role == Role::Agent;
    let events = listen(&app)
        .filter(move |heard| {
            let passes = match heard {
                Ok(heard) => !only_handoffs || heard.what.starts_with("handoff."),
                Err(_) => true,
            };
            std::future::ready(passes)
        })
        .map(|heard| {
            Ok::<Event, Infallible>(match heard {
                Ok(heard) => event(&heard),
                Err(missed) => Event::default().event("missed").data(missed.to_string()),
            })
        });
    Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response()
}
