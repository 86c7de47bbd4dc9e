//! `/sandbox/*`: what would have been sent, and a clock that can be moved.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::runtime::letters::Letters;
use crate::runtime::postbox;
use crate::time::Duration;
use crate::web::error::Problem;
use crate::web::fields::{self, Fields, phone_in_url};
use crate::web::pages::Query;
use crate::web::state::AppState;

/// The furthest the clock is moved in one call.
const ADVANCE_MAX: Duration = Duration::days(400);

/// `GET /sandbox/messages?to=`
pub async fn messages(State(app): State<AppState>, query: Query) -> Result<Response, Problem> {
    let live = app.live();
    let to = query.get("to").filter(|to| !to.is_empty()).map(|to| {
        phone_in_url(to, &live.workspace.region).map_or(to.clone(), |phone| phone.to_string())
    });
    let texts = app
        .read(move |store| postbox::texts(store, &live.workspace, to.as_deref()))
        .await?;
    let shown: Vec<Value> = texts
        .iter()
        .map(|text| {
            json!({
                "to": text.to, "from": text.from, "text": text.text, "media": text.media,
                "at": text.at.to_string(),
            })
        })
        .collect();
    Ok(Json(json!({ "data": shown, "next": null })).into_response())
}

/// `GET /sandbox/emails?to=`
pub async fn emails(State(app): State<AppState>, query: Query) -> Result<Response, Problem> {
    let live = app.live();
    let to = query.get("to").filter(|to| !to.is_empty()).cloned();
    let key = *app.engine.key();
    let emails = app
        .read(move |store| {
            let letters = Letters {
                store,
                live: &live,
                key: &key,
            };
            postbox::emails(&letters, to.as_deref())
        })
        .await?;
    let shown: Vec<Value> = emails
        .iter()
        .map(|email| {
            json!({
                "to": email.to, "subject": email.subject, "text": email.text,
                "html": email.html, "ics": email.ics, "at": email.at.to_string(),
                "message_id": email.message_id, "unsubscribe": email.unsubscribe,
            })
        })
        .collect();
    Ok(Json(json!({ "data": shown, "next": null })).into_response())
}

/// `GET /sandbox/clock`
pub async fn clock(State(app): State<AppState>) -> Response {
    Json(json!({ "now": app.now().to_string() })).into_response()
}

/// `POST /sandbox/clock { "advance": "4h" }`: answers when all that became due is done.
pub async fn advance(State(app): State<AppState>, body: Bytes) -> Result<Response, Problem> {
    let json = fields::body(&body)?;
    let told = Fields::of(&json)?;
    let by: Duration = told
        .required_text("advance")?
        .parse()
        .map_err(|_| Problem::field("/advance", "must be a duration such as 4h, 1d or 90s"))?;
    if by > ADVANCE_MAX {
        return Err(Problem::field(
            "/advance",
            format!("{ADVANCE_MAX} is the most"),
        ));
    }
    let now = move_clock(&app, by).await?;
    Ok(Json(json!({ "now": now.to_string() })).into_response())
}

/// Moves the sandbox's clock and does all that falls due on the way.
pub async fn move_clock(app: &AppState, by: Duration) -> Result<crate::time::Timestamp, Problem> {
    let sandbox = app.sandbox.clone();
    let sandbox = sandbox.ok_or_else(|| Problem::not_found("page"))?;
    let moved = tokio::task::spawn_blocking(move || {
        let now = sandbox.advance(by)?;
        crate::runtime::upkeep::if_due(&sandbox.engine)?;
        sandbox.drain()?;
        let ahead = sandbox.engine.clock.ahead().as_ms();
        let store = &sandbox.engine.store;
        store.set_setting(
            crate::web::server::AHEAD_SETTING,
            ahead.to_string().as_bytes(),
        )?;
        Ok(now)
    });
    let moved: Result<_, crate::runtime::Refusal> = match moved.await {
        Ok(moved) => moved,
        Err(_) => Err(crate::runtime::Refusal::Parked),
    };
    app.due.notify_one();
    moved.map_err(Problem::from)
}
