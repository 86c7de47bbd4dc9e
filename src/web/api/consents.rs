//! `/v1/consents`: the ledger's rows of one lead, and a new one.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::Value;

use crate::runtime::Work;
use crate::web::api::{leads, proof, shapes};
use crate::web::error::Problem;
use crate::web::fields::{self, Fields};
use crate::web::state::AppState;
use crate::web::trail::AboutLead;

/// `GET /v1/consents/{phone}`
pub async fn list(
    State(app): State<AppState>,
    Path(phone): Path<String>,
) -> Result<Response, Problem> {
    let phone = leads::phone_of(&app, &phone)?;
    let proof = app.read(move |store| proof::of_lead(store, phone)).await?;
    match proof {
        Some(proof) => Ok(Json(proof).into_response()),
        None => Err(Problem::not_found("lead")),
    }
}

/// `POST /v1/consents`: `phone` beside what `consent` of a lead holds.
pub async fn add(State(app): State<AppState>, body: Bytes) -> Result<Response, Problem> {
    let json = fields::body(&body)?;
    let told = Fields::of(&json)?;
    let phone = told.phone("phone", &app.live().workspace.region)?;
    let event = match told.object("consent")? {
        Some(consent) => leads::read_consent(&consent, app.now())?,
        None => leads::read_consent(&told, app.now())?,
    };
    app.turn(Work::Consent { lead: phone, event }).await?;
    let (record, rows) = app
        .read(move |store| Ok((store.lead(phone)?, store.ledger(phone)?)))
        .await?;
    let mut answer = rows.last().map_or(Value::Null, shapes::ledger_row);
    answer["consent"] = record.map_or(Value::Null, |r| shapes::standing(&r.standing));
    let about = Extension(AboutLead(phone));
    Ok((StatusCode::CREATED, about, Json(answer)).into_response())
}
