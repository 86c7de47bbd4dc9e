//! `/v1/reports`: figures folded from conversations and their timelines.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::kpi::{self, Comparison, Figures, Verdict};
use crate::lead::Name;
use crate::web::api::speed;
use crate::web::error::Problem;
use crate::web::pages::Query;
use crate::web::state::AppState;

/// Figures as programs read them.
pub fn json(figures: &Figures) -> Value {
    let seconds = |times| kpi::median(times).map(|it| it.as_ms() as f64 / 1000.0);
    json!({
        "conversations": figures.conversations,
        "by_status": figures.by_status,
        "by_outcome": figures.by_outcome,
        "sent": figures.sent,
        "delivered": figures.delivered,
        "parts": figures.parts,
        "emails": figures.emails,
        "replied": figures.replied,
        "clicked": figures.clicked,
        "handed_off": figures.handed_off,
        "opted_out": figures.opted_out,
        "reply_rate": figures.rate(figures.replied),
        "opt_out_rate": figures.rate(figures.opted_out),
        "reached": figures.reached,
        "median_seconds_to_reply": seconds(&figures.to_reply),
        "median_seconds_to_claim": seconds(&figures.to_claim),
        "handoffs": speed::shape(&figures.speed),
    })
}

/// How two arms differ, and what can be said of it.
pub fn comparison(it: &Comparison) -> Value {
    let (verdict, more) = match it.verdict {
        Verdict::More => ("more", None),
        Verdict::Less => ("less", None),
        Verdict::NoDifference => ("no_difference", None),
        Verdict::NotYet { more } => ("not_enough_yet", Some(more)),
    };
    json!({
        "difference": it.difference, "low": it.low, "high": it.high, "p": it.p,
        "test": it.test.as_str(), "verdict": verdict, "more_leads_needed": more,
    })
}

/// By what is compared.
pub fn comparisons(arms: &BTreeMap<String, Figures>) -> Value {
    let all = kpi::compared(arms);
    let all = all
        .iter()
        .map(|(name, it)| (name.to_string(), comparison(it)));
    Value::Object(all.collect())
}

/// `GET /v1/reports/flows/{flow}?since=`
pub async fn flow(
    State(app): State<AppState>,
    Path(name): Path<String>,
    query: Query,
) -> Result<Response, Problem> {
    let since = match query.get("since") {
        None => None,
        Some(text) => Some(
            text.parse()
                .map_err(|_| Problem::bad_request("`since` must be a time as in RFC 3339"))?,
        ),
    };
    let flow = app.live().flows.get(name.as_str()).cloned();
    let flow = flow.ok_or_else(|| Problem::not_found("flow"))?;
    let version = flow.version;
    let name = flow.name.clone();
    let (figures, complete, standing) = app
        .read(move |store| {
            let (figures, complete) = kpi::of_flow(store, &name, since)?;
            Ok((figures, complete, store.under_way_on(version)?))
        })
        .await?;
    let mut json = json(&figures);
    json["flow"] = json!(flow.name.as_str());
    json["complete"] = json!(complete);
    json["standing"] = standing
        .iter()
        .filter(|count| count.outcome.is_none())
        .map(|count| json!({ "step": count.step.as_str(), "count": count.count }))
        .collect::<Vec<_>>()
        .into();
    Ok(Json(json).into_response())
}

/// `GET /v1/reports/experiments/{name}`
pub async fn experiment(
    State(app): State<AppState>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let live = app.live();
    let of = |flow: &&std::sync::Arc<crate::flow::Flow>| {
        flow.experiments.iter().any(|e| *e.name == *name)
    };
    let flow = live.flows.values().find(of).cloned();
    let flow = flow.ok_or_else(|| Problem::not_found("experiment"))?;
    let (experiment, flow_name) = (Name::from(name.as_str()), flow.name.clone());
    let (arms, complete) = app
        .read(move |store| kpi::of_experiment(store, &flow_name, &experiment, None))
        .await?;
    let compared = comparisons(&arms);
    let arms: BTreeMap<String, Value> = arms
        .iter()
        .map(|(arm, figures)| (arm.clone(), json(figures)))
        .collect();
    let answer = json!({
        "experiment": name, "flow": flow.name.as_str(), "arms": arms, "complete": complete,
        "compared": compared,
    });
    Ok(Json(answer).into_response())
}
