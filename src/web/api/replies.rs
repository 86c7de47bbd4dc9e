//! `/v1/flows/{flow}/replies`: what nobody understood, grouped for the flow's author.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::runtime::unheard;
use crate::time::Timestamp;
use crate::web::error::Problem;
use crate::web::pages::Query;
use crate::web::state::AppState;

/// `GET /v1/flows/{flow}/replies?since=`
pub async fn unheard(
    State(app): State<AppState>,
    Path(name): Path<String>,
    query: Query,
) -> Result<Response, Problem> {
    let since = match query.get("since") {
        None => Timestamp::from_ms(0),
        Some(text) => text
            .parse()
            .map_err(|_| Problem::bad_request("`since` must be a time as in RFC 3339"))?,
    };
    let flow = app.live().flows.get(name.as_str()).cloned();
    let flow = flow.ok_or_else(|| Problem::not_found("flow"))?;
    let of = flow.clone();
    let found = app
        .read(move |store| unheard::find(store, &of, since))
        .await?;
    let data: Vec<Value> = found.groups.iter().map(|group| group.json(&flow)).collect();
    let answer = json!({ "data": data, "next": null, "complete": found.complete });
    Ok(Json(answer).into_response())
}
