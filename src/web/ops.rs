//! For those who run it: is it alive, can it work, what are its figures.

use std::sync::OnceLock;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use serde_json::json;

use crate::flow::workspace::held_by;
use crate::runtime::watch;
use crate::web::error::Problem;
use crate::web::state::AppState;

/// From the handing over of a lead to its claim and its outcome, in seconds.
const SPEED: &[f64] = &[
    15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 14_400.0, 86_400.0,
];

static METRICS: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Begins to collect figures, once a process.
pub fn collect() {
    METRICS.get_or_init(|| {
        PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Prefix("replytree_handoff_".to_string()), SPEED)
            .and_then(|builder| {
                builder.set_buckets(&[
                    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
                ])
            })
            .ok()
            .and_then(|builder| builder.install_recorder().ok())
    });
}

/// `GET /healthz`: the process answers.
pub async fn healthz() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// `GET /readyz`: the store answers, flows are loaded, and there is room for work.
pub async fn readyz(State(app): State<AppState>) -> Response {
    let live = app.live();
    let counts = app.read(|store| store.counts()).await;
    let room = app.committer.has_room();
    let stopping = *app.stopping.borrow();
    let errors = live.diagnostics.iter().filter(|d| d.is_error()).count();
    let ready = counts.is_ok() && room && !stopping;
    // A closed channel keeps nobody from being heard: it is shown, and the node stays in service.
    let names = live.workspace.channels.keys();
    let channels: serde_json::Map<String, serde_json::Value> = names
        .map(|name| {
            let state = app.engine.health.of(name).state;
            (name.to_string(), state.as_str().into())
        })
        .collect();
    let paused = app.read(watch::paused).await.unwrap_or_default();
    let paused: Vec<_> = paused
        .iter()
        .map(|(flow, pause)| json!({ "flow": flow.as_str(), "why": pause.why, "at": pause.at.to_string() }))
        .collect();
    let answer = json!({
        "status": if ready { "ready" } else { "not_ready" },
        "store": counts.is_ok(),
        "queue": room,
        "stopping": stopping,
        "flows": live.flows.len(),
        "flow_errors": errors,
        "channels": channels,
        "paused": paused,
    });
    let status = match ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(answer)).into_response()
}

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `GET /metrics`
pub async fn metrics(State(app): State<AppState>) -> Result<Response, Problem> {
    let counts = app.read(|store| store.counts()).await?;
    for (name, figure) in [
        ("replytree_leads", counts.leads),
        ("replytree_conversations", counts.conversations),
        ("replytree_timers_pending", counts.timers),
        ("replytree_outgoing_pending", counts.pending),
        ("replytree_handoffs_open", counts.open_handoffs),
    ] {
        metrics::gauge!(name).set(figure as f64);
    }
    let outgoing = app.read(|store| store.count_outgoing()).await?;
    for (status, count) in outgoing {
        metrics::gauge!("replytree_outgoing", "status" => status.as_str()).set(count as f64);
    }
    for name in app.live().workspace.channels.keys() {
        let fares = app.engine.health.of(name);
        let channel = name.to_string();
        for state in ["open", "broken", "paused"] {
            let is = u8::from(fares.state.as_str() == state);
            metrics::gauge!(
                "replytree_channel_state", "channel" => channel.clone(), "state" => state
            )
            .set(f64::from(is));
        }
        metrics::gauge!("replytree_channel_failures", "channel" => channel)
            .set(f64::from(fares.failures));
    }
    let paused = app.read(watch::paused).await?;
    for flow in app.live().flows.keys() {
        let figure = f64::from(u8::from(paused.contains_key(flow)));
        metrics::gauge!("replytree_flow_paused", "flow" => flow.to_string()).set(figure);
    }
    let held = app.live();
    let channels = held.workspace.channels.keys().map(Some);
    for of in channels.chain([None]).map(held_by) {
        let figure = f64::from(u8::from(paused.contains_key(&of)));
        metrics::gauge!("replytree_sending_paused", "of" => of.to_string()).set(figure);
    }
    let parked = app.engine.parked.load(std::sync::atomic::Ordering::Relaxed);
    metrics::counter!("replytree_turns_parked_total").absolute(parked);
    Ok(([(header::CONTENT_TYPE, OPENMETRICS)], render()).into_response())
}

/// The figures collected so far, as OpenMetrics.
pub fn render() -> String {
    let text = METRICS
        .get()
        .and_then(Option::as_ref)
        .map_or(String::new(), PrometheusHandle::render);
    openmetrics(&text)
}

/// Prometheus' older text as OpenMetrics 1.0: a counter's family is named without `_total`, nothing
/// is empty between, and the end is marked.
fn openmetrics(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match line.strip_suffix("_total counter") {
            Some(family) if line.starts_with("# TYPE ") => {
                out.push_str(family);
                out.push_str(" counter");
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out.push_str("# EOF\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_a_family_without_its_suffix() {
        let given = "# TYPE a_total counter\na_total{x=\"1\"} 2\n\n# TYPE b gauge\nb 1\n";
        let want = "# TYPE a counter\na_total{x=\"1\"} 2\n# TYPE b gauge\nb 1\n# EOF\n";
        assert_eq!(openmetrics(given), want);
    }
}
