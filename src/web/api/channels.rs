//! `/v1/channels`: how each channel fares with its carrier, and opening one that is closed.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::flow::workspace::Channel;
use crate::lead::Name;
use crate::runtime::health::State as Health;
use crate::web::error::Problem;
use crate::web::state::AppState;

/// `GET /v1/channels`
pub async fn list(State(app): State<AppState>) -> Response {
    let live = app.live();
    let channels = live.workspace.channels.iter();
    let data: Vec<Value> = channels
        .map(|(name, channel)| shape(&app, name, channel))
        .collect();
    Json(json!({ "data": data })).into_response()
}

/// `POST /v1/channels/{name}/resume`: what waits leaves within half a minute.
pub async fn resume(
    State(app): State<AppState>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    open(&app, &name)?;
    let live = app.live();
    let known = live.workspace.channels.get_key_value(name.as_str());
    let (name, channel) = known.ok_or_else(|| Problem::not_found("channel"))?;
    Ok(Json(shape(&app, name, channel)).into_response())
}

/// Opens a channel of the workspace, if it is closed.
pub fn open(app: &AppState, name: &str) -> Result<(), Problem> {
    if !app.live().workspace.channels.contains_key(name) {
        return Err(Problem::not_found("channel"));
    }
    if app.engine.health.resume(name) {
        tracing::info!(channel = %name, "the channel was opened by hand");
    }
    app.due.notify_one();
    Ok(())
}

fn shape(app: &AppState, name: &Name, channel: &Channel) -> Value {
    let (fares, refused) = (app.engine.health.of(name), app.refused.of(name));
    let (since, probe, error) = match &fares.state {
        Health::Open => (None, None, None),
        Health::Closed {
            since,
            probe,
            error,
            ..
        } => (
            Some(since.to_string()),
            Some(probe.to_string()),
            Some(error.clone()),
        ),
    };
    json!({
        "name": name.as_str(),
        "carrier": channel.carrier.as_str(),
        "from": channel.from,
        "rate": channel.rate,
        "number_rate": channel.number_rate,
        "failover": channel.failover.as_ref().map(|name| name.as_str()),
        "state": fares.state.as_str(),
        "since": since,
        "next_try": probe,
        "error": error,
        "failures": fares.failures,
        "busy_until": fares.busy.map(|at| at.to_string()),
        "last_worked": fares.worked.map(|at| at.to_string()),
        "refused_webhooks": {
            "count": refused.count,
            "newest": refused.shown.iter().map(|it| json!({
                "reason": it.why, "url": it.url, "count": it.count, "first": it.first.to_string(),
                "last": it.last.to_string(),
            })).collect::<Vec<_>>(),
        },
    })
}
