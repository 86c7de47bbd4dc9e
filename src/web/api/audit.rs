//! `GET /v1/audit`: who read and did what.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use crate::lead::Name;
use crate::store::{AuditQuery, AuditRow};
use crate::web::api::leads;
use crate::web::error::Problem;
use crate::web::pages::{Page, Query};
use crate::web::state::AppState;

pub async fn list(State(app): State<AppState>, query: Query) -> Result<Response, Problem> {
    let page = Page::of(&query)?;
    let mut wanted = asked(&app, &query)?;
    wanted.before = page.after()?;
    wanted.limit = page.limit + 1;
    let found = read(&app, wanted).await?;
    Ok(page.answer(found, |row| row.place.to_string(), shape))
}

/// What the query asks for: `actor`, `phone`.
pub fn asked(app: &AppState, query: &Query) -> Result<AuditQuery, Problem> {
    let given = |name: &str| {
        query
            .get(name)
            .map(|text| text.trim())
            .filter(|t| !t.is_empty())
    };
    let lead = given("phone").map(|phone| leads::phone_of(app, phone));
    Ok(AuditQuery {
        actor: given("actor").map(Name::from),
        lead: lead.transpose()?,
        ..AuditQuery::default()
    })
}

/// The rows, with what happened a moment ago.
pub async fn read(app: &AppState, query: AuditQuery) -> Result<Vec<AuditRow>, Problem> {
    let trail = app.clone();
    app.read(move |store| {
        trail.trail.write(store)?;
        store.audit(&query)
    })
    .await
}

fn shape(row: &AuditRow) -> Value {
    let lead = row.lead.map(|key| {
        key.iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    });
    json!({
        "at": row.place.at.to_string(),
        "actor": row.actor.as_str(),
        "role": row.role.map(|role| role.as_str()),
        "act": row.act,
        "about": row.about,
        "lead": lead,
        "status": row.status,
        "address": row.address,
    })
}
