//! `/v1/agents`: who is on duty, who is away, and how many leads each has.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Value, json};

use crate::flow::workspace::roster::{Away, is_open};
use crate::time::Duration;
use crate::web::auth::Caller;
use crate::web::error::Problem;
use crate::web::fields::{self, Fields};
use crate::web::state::AppState;

/// `GET /v1/agents`
pub async fn list(State(app): State<AppState>) -> Response {
    let (live, roster, now) = (app.live(), app.engine.agents.roster(), app.now());
    let mut agents: BTreeMap<&str, Value> = BTreeMap::new();
    for (name, team) in &live.workspace.teams {
        for agent in &team.agents {
            let shown = agents
                .entry(&agent.name)
                .or_insert_with(|| shown(&app, &agent.name));
            let open = is_open(&live.workspace, team, now) && !roster.is_away(&agent.name, now);
            if let Some(teams) = shown["teams"].as_array_mut() {
                teams.push(json!({ "team": name.as_str(), "on_duty": open }));
            }
        }
    }
    let data: Vec<Value> = agents.into_values().collect();
    Json(json!({ "data": data, "next": null })).into_response()
}

fn shown(app: &AppState, agent: &str) -> Value {
    let (roster, now) = (app.engine.agents.roster(), app.now());
    let away = roster.away.get(agent);
    json!({
        "name": agent,
        "away": roster.is_away(agent, now),
        "away_until": away.and_then(|away| away.until).map(|until| until.to_string()),
        "has": roster.has.get(agent).copied().unwrap_or(0),
        "teams": [],
    })
}

/// `POST /v1/agents/{name}/away` `{ until?, for? }`: gets no leads until then, or until they are back.
pub async fn away(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let json = fields::body(&body)?;
    let told = Fields::of(&json)?;
    let span: Option<Duration> = match told.text("for")? {
        None => None,
        Some(text) => Some(
            text.parse()
                .map_err(|_| Problem::field("/for", "must be a duration such as 2h or 30m"))?,
        ),
    };
    let until = told.time("until")?.or(span.map(|span| app.now() + span));
    let stopped = false;
    set(&app, &caller, name, Some(Away { until, stopped })).await
}

/// `POST /v1/agents/{name}/back`
pub async fn back(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    set(&app, &caller, name, None).await
}

async fn set(
    app: &AppState,
    caller: &Caller,
    name: String,
    away: Option<Away>,
) -> Result<Response, Problem> {
    let name = caller.agent(Some(&name))?;
    if app.live().workspace.agent(&name).is_none() {
        return Err(Problem::not_found("agent"));
    }
    let (engine, agent) = (app.engine.clone(), name.clone());
    app.read(move |store| engine.agents.set_away(store, &agent, away))
        .await?;
    Ok(Json(shown(app, &name)).into_response())
}
