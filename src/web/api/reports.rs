//! `/v1/reports`: figures folded from conversations and their timelines.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::flow::{Experiment, Measure};
use crate::kpi::{self, Comparison, Figures, Goal, Verdict};
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
pub fn comparisons(arms: &BTreeMap<String, Figures>, goal: Option<&Goal>) -> Value {
    let all = kpi::compared(arms, goal).into_iter();
    let all = all.map(|(name, it)| (name, comparison(&it)));
    Value::Object(all.collect())
}

/// The goal of an experiment, where it is an event or an outcome.
pub fn goal(experiment: &Experiment) -> Option<Goal> {
    match &experiment.measure {
        Measure::Event(name) => Some(Goal::Event(name.clone())),
        Measure::Outcome(name) => Some(Goal::Outcome(name.clone())),
        Measure::Replied | Measure::Clicked | Measure::OptedOut => None,
    }
}

/// As the flow writes it.
fn measure(experiment: &Experiment) -> String {
    match &experiment.measure {
        Measure::Replied => "replied".to_string(),
        Measure::Clicked => "clicked".to_string(),
        Measure::OptedOut => "opted_out".to_string(),
        Measure::Event(name) => Goal::Event(name.clone()).name(),
        Measure::Outcome(name) => Goal::Outcome(name.clone()).name(),
    }
}

/// An arm's figures, and how many conversations of it came to what the experiment measures.
pub fn arm(figures: &Figures, experiment: &Experiment) -> Value {
    let mut shown = json(figures);
    shown["measured"] = json!(match &experiment.measure {
        Measure::Replied => figures.replied,
        Measure::Clicked => figures.clicked,
        Measure::OptedOut => figures.opted_out,
        Measure::Event(_) | Measure::Outcome(_) => figures.measured,
    });
    shown
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
    let found = live.flows.values().find_map(|flow| {
        let known = flow.experiments.iter().find(|it| *it.name == *name)?;
        Some((flow.name.clone(), known.clone()))
    });
    let (flow, experiment) = found.ok_or_else(|| Problem::not_found("experiment"))?;
    let goal = goal(&experiment);
    let (of, named, asked) = (flow.clone(), experiment.name.clone(), goal.clone());
    let (arms, complete) = app
        .read(move |store| kpi::of_experiment(store, &of, &named, asked.as_ref(), None))
        .await?;
    let compared = comparisons(&arms, goal.as_ref());
    let arms: BTreeMap<String, Value> = arms
        .iter()
        .map(|(name, figures)| (name.clone(), arm(figures, &experiment)))
        .collect();
    let answer = json!({
        "experiment": name, "flow": flow.as_str(), "measure": measure(&experiment), "arms": arms,
        "complete": complete, "compared": compared,
    });
    Ok(Json(answer).into_response())
}
