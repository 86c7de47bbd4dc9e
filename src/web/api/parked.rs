//! `/v1/parked`: work that was set aside after a fault, and having it done after all.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Value, json};

use crate::runtime::parked::{self, Parked};
use crate::web::auth::{Caller, Right};
use crate::web::error::Problem;
use crate::web::state::AppState;
use crate::web::trail::AboutLead;

/// `GET /v1/parked`
pub async fn list(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Problem> {
    let found = app.read(parked::list).await?;
    let named = caller.has(Right::ReadLeads, &app);
    let data: Vec<Value> = found.iter().map(|parked| shape(parked, named)).collect();
    Ok(Json(json!({ "data": data, "next": null })).into_response())
}

fn shape(parked: &Parked, named: bool) -> Value {
    json!({
        "id": parked.id(),
        "what": parked.what.as_str(),
        "why": parked.why,
        "at": parked.at.to_string(),
        "phone": named.then(|| parked.lead.to_string()),
        "conversation_id": parked.conversation.map(|id| id.to_string()),
        "flow": parked.flow.as_deref(),
        "step": parked.step.as_deref(),
        "may_go_again": parked.what.may_go_again(),
    })
}

async fn find(app: &AppState, id: String) -> Result<Parked, Problem> {
    let found = app.read(move |store| parked::find(store, &id)).await?;
    found.ok_or_else(|| Problem::not_found("work that was set aside"))
}

/// Has it done, or tells why it cannot be.
pub async fn go_again(app: &AppState, id: String) -> Result<Parked, Problem> {
    let parked = find(app, id).await?;
    let it = parked.clone();
    let work = app.read(move |store| it.again(store)).await?;
    let work = work.ok_or_else(|| {
        Problem::conflict(match parked.what.may_go_again() {
            true => "what it was about is not there any more; put it away",
            false => "it had left before the fault; put it away",
        })
    })?;
    app.turn(work).await?;
    put_away(app, &parked).await?;
    app.due.notify_one();
    Ok(parked)
}

async fn put_away(app: &AppState, parked: &Parked) -> Result<(), Problem> {
    let it = parked.clone();
    app.read(move |store| parked::put_away(store, &it)).await
}

/// Takes it off the list; what it was about stays as it is.
pub async fn dismissed(app: &AppState, id: String) -> Result<Parked, Problem> {
    let parked = find(app, id).await?;
    put_away(app, &parked).await?;
    Ok(parked)
}

/// `POST /v1/parked/{id}/retry`
pub async fn retry(
    State(app): State<AppState>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let parked = go_again(&app, id).await?;
    let shown = Json(shape(&parked, true));
    Ok((Extension(AboutLead(parked.lead)), shown).into_response())
}

/// `POST /v1/parked/{id}/dismiss`
pub async fn dismiss(
    State(app): State<AppState>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let parked = dismissed(&app, id).await?;
    let shown = Json(shape(&parked, true));
    Ok((Extension(AboutLead(parked.lead)), shown).into_response())
}
