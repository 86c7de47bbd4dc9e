//! `GET /v1/reports/flows`: several flows side by side over one period, as `/figures/compare` shows them.

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::time::{Duration, Timestamp};
use crate::web::console::figures::compare::{Asked, Together, counted};
use crate::web::console::period::Period;
use crate::web::console::tally::{Sum, median};
use crate::web::error::Problem;
use crate::web::state::AppState;

/// `GET /v1/reports/flows?period=&flow=`: `flow` once for each, or several with commas; none is all.
pub async fn flows(
    State(app): State<AppState>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let asked = asked(&app, &pairs)?;
    let counted = counted(&app, &asked).await?;
    let together = Together::of(&counted);
    let data = counted.iter().map(|(flow, tally)| {
        let mut shown = shape(&tally.all);
        shown["flow"] = json!(flow.name.as_str());
        shown["complete"] = json!(tally.complete);
        shown
    });
    let ways = together.ways.iter().map(|(way, sum)| {
        let mut shown = shape(sum);
        shown["way_in"] = json!(way);
        shown
    });
    let days = together.by_day.iter().map(|(day, (begun, answered))| {
        json!({ "day": date(*day), "begun": begun, "answered": answered })
    });
    let answer = json!({
        "period": asked.period.word(),
        "data": data.collect::<Vec<_>>(),
        "together": shape(&together.total),
        "ways_in": ways.collect::<Vec<_>>(),
        "days": days.collect::<Vec<_>>(),
        "complete": together.complete,
        "next": null,
    });
    Ok(Json(answer).into_response())
}

fn asked(app: &AppState, pairs: &[(String, String)]) -> Result<Asked, Problem> {
    let mut asked = Asked {
        period: Period::All,
        flows: Vec::new(),
    };
    for (name, value) in pairs {
        match name.as_str() {
            "period" => {
                let known = Period::EACH.into_iter().find(|it| it.word() == value);
                asked.period = known.ok_or_else(|| {
                    let words = Period::EACH.map(Period::word).join(", ");
                    Problem::bad_request(format!("`period` must be one of {words}"))
                })?;
            }
            "flow" => {
                let named = value.split(',').map(str::trim).filter(|it| !it.is_empty());
                asked.flows.extend(named.map(str::to_string));
            }
            _ => {}
        }
    }
    let live = app.live();
    match asked
        .flows
        .iter()
        .all(|it| live.flows.contains_key(it.as_str()))
    {
        true => Ok(asked),
        false => Err(Problem::not_found("flow")),
    }
}

/// A day since 1970 as `2026-11-29`.
fn date(day: i64) -> String {
    let at = Timestamp::from_ms(0) + Duration::days(day);
    at.to_string().chars().take(10).collect()
}

/// Named as in `GET /v1/reports/flows/{flow}`.
fn shape(sum: &Sum) -> Value {
    let rate = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
    let seconds = |times| median(times).map(|it| it.as_ms() as f64 / 1000.0);
    let outcomes = sum.outcomes.iter();
    let outcomes: serde_json::Map<String, Value> = outcomes
        .map(|(outcome, count)| (outcome.to_string(), json!(count)))
        .collect();
    json!({
        "conversations": sum.conversations,
        "ended": sum.ended,
        "by_outcome": outcomes,
        "sent": sum.sent,
        "delivered": sum.delivered,
        "parts": sum.parts,
        "emails": sum.emails,
        "replied": sum.replied,
        "clicked": sum.clicked,
        "handed_off": sum.handed_off,
        "claimed": sum.claimed,
        "won": sum.won,
        "opted_out": sum.opted_out,
        "reply_rate": rate(sum.replied, sum.conversations),
        "won_rate": rate(sum.won, sum.ended),
        "opt_out_rate": rate(sum.opted_out, sum.conversations),
        "median_seconds_to_reply": seconds(&sum.to_reply),
        "median_seconds_to_claim": seconds(&sum.to_claim),
    })
}
