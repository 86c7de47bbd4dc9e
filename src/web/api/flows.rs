//! `/v1/flows`: what is loaded, its version, and how many leads stand on each step.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::flow::workspace::HELD_SENDING;
use crate::flow::{Flow, Objective, Target, picture};
use crate::policy::MessageKind;
use crate::runtime::watch;
use crate::store::StepCount;
use crate::web::error::Problem;
use crate::web::state::AppState;

fn summary(flow: &Flow) -> Value {
    json!({
        "name": flow.name.as_str(),
        "version": flow.version.to_string(),
        "about": flow.about,
        "objective": match flow.objective {
            Objective::Capture => "capture",
            Objective::Qualification => "qualification",
            Objective::Booking => "booking",
            Objective::Reengagement => "reengagement",
            Objective::Notice => "notice",
        },
        "kind": match flow.kind {
            MessageKind::Marketing => "marketing",
            MessageKind::Transactional => "transactional",
        },
        "locales": flow.locales.iter().map(|locale| locale.as_str()).collect::<Vec<_>>(),
        "keywords": flow.start_keywords,
        "file": flow.file,
        "steps": flow.steps.len(),
    })
}

/// `GET /v1/flows`
pub async fn list(State(app): State<AppState>) -> Result<Response, Problem> {
    let data: Vec<Value> = app
        .live()
        .flows
        .values()
        .map(|flow| summary(flow))
        .collect();
    Ok(Json(json!({ "data": data, "next": null })).into_response())
}

/// `GET /v1/flows/{flow}`
pub async fn get(
    State(app): State<AppState>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let flow = app.live().flows.get(name.as_str()).cloned();
    let flow = flow.ok_or_else(|| Problem::not_found("flow"))?;
    let counted = flow.clone();
    let (versions, standing, pause) = app
        .read(move |store| {
            let versions = store.flow_versions(&counted.name)?;
            let pause = watch::paused(store)?.remove(&counted.name);
            Ok((versions, store.under_way_on(counted.version)?, pause))
        })
        .await?;
    let mut json = summary(&flow);
    json["start"] = json!(flow.step(flow.start).name.as_str());
    json["steps"] = steps(&flow, &standing);
    json["paused"] = pause.map_or(
        Value::Null,
        |pause| json!({ "why": pause.why, "at": pause.at.to_string() }),
    );
    json["standing"] = standing.iter().map(count).collect::<Vec<_>>().into();
    json["versions"] = versions
        .iter()
        .map(|v| json!({ "version": v.version.to_string(), "saved": v.saved.to_string() }))
        .collect::<Vec<_>>()
        .into();
    Ok(Json(json).into_response())
}

/// `POST /v1/flows/{flow}/resume`
pub async fn resume(
    State(app): State<AppState>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let pause = go_on(&app, name.clone()).await?;
    let was = pause.map(|pause| json!({ "why": pause.why, "at": pause.at.to_string() }));
    Ok(Json(json!({ "flow": name, "paused": null, "was": was })).into_response())
}

/// Lets a flow go on; what it was paused for, if it was.
pub async fn go_on(app: &AppState, name: String) -> Result<Option<watch::Pause>, Problem> {
    let stands_by_itself = name.starts_with(HELD_SENDING);
    if !stands_by_itself && !app.live().flows.contains_key(name.as_str()) {
        return Err(Problem::not_found("flow"));
    }
    let pause = app.read(move |store| watch::resume(store, &name)).await?;
    app.due.notify_one();
    Ok(pause)
}

/// What a picture may do in a browser that opens it: show its own style.
const PICTURE_CSP: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// `GET /v1/flows/{flow}/graph.svg`
pub async fn graph(
    State(app): State<AppState>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let flow = app.live().flows.get(name.as_str()).cloned();
    let flow = flow.ok_or_else(|| Problem::not_found("flow"))?;
    let svg = app
        .read(move |store| {
            let standing = store.under_way_on(flow.version)?;
            let mut numbers = picture::StepNumbers::default();
            for count in standing.iter().filter(|count| !count.step.is_empty()) {
                *numbers.waiting.entry(count.step.clone()).or_default() += count.count;
            }
            let options = picture::Options {
                live: Some(&numbers),
                ..picture::Options::default()
            };
            Ok(picture::svg(&flow, &options))
        })
        .await?;
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CONTENT_SECURITY_POLICY, PICTURE_CSP),
    ];
    Ok((headers, svg).into_response())
}

fn count(standing: &StepCount) -> Value {
    json!({
        "status": standing.status.as_str(),
        "step": Some(standing.step.as_str()).filter(|step| !step.is_empty()),
        "outcome": standing.outcome.as_deref(),
        "count": standing.count,
    })
}

fn steps(flow: &Flow, standing: &[StepCount]) -> Value {
    let on = |name: &str| -> u64 {
        standing
            .iter()
            .filter(|count| *count.step == *name && count.outcome.is_none())
            .map(|count| count.count)
            .sum()
    };
    let target = |target: &Target| match target {
        Target::Step(ix) => flow.step(*ix).name.to_string(),
        Target::End => "end".to_string(),
    };
    flow.steps
        .iter()
        .map(|step| {
            let exits: Vec<Value> = step
                .verb
                .exits()
                .into_iter()
                .map(|(exit, to)| json!({ "exit": exit.as_str(), "to": target(to) }))
                .collect();
            json!({
                "name": step.name.as_str(), "verb": step.verb.key(), "line": step.line,
                "exits": exits, "leads": on(&step.name),
            })
        })
        .collect::<Vec<_>>()
        .into()
}
