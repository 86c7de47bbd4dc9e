//! `/v1/handoffs`: hot leads on offer. The first agent to claim one has it.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

use crate::lead::Name;
use crate::runtime::Work;
use crate::store::{HandoffId, HandoffQuery, HandoffRecord, HandoffStatus};
use crate::web::api::shapes;
use crate::web::auth::Caller;
use crate::web::error::Problem;
use crate::web::fields::{self, Fields};
use crate::web::pages::{LIMIT_MAX, Page, Query};
use crate::web::state::AppState;

/// `GET /v1/handoffs?status=&team=`
pub async fn list(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    query: Query,
) -> Result<Response, Problem> {
    let page = Page::of(&query)?;
    let given = |name: &str| query.get(name).filter(|value| !value.is_empty());
    let status = match given("status") {
        None => None,
        Some(word) => Some(
            HandoffStatus::ALL
                .into_iter()
                .find(|status| status.as_str() == word)
                .ok_or_else(|| {
                    Problem::bad_request(
                        "`status` must be one of open, claimed, resolved, unclaimed",
                    )
                })?,
        ),
    };
    let after: Option<Id> = page.after()?;
    let wanted = HandoffQuery {
        status,
        team: given("team").map(|team| Name::from(team.as_str())),
        limit: match after {
            None => page.limit + 1,
            Some(_) => LIMIT_MAX * 20,
        },
    };
    let found = app.read(move |store| store.handoffs(&wanted)).await?;
    let mut mine: Vec<HandoffRecord> = found
        .into_iter()
        .skip_while(|record| after.as_ref().is_some_and(|after| record.id != after.0))
        .skip(usize::from(after.is_some()))
        .filter(|record| caller.may_see(record.agent.as_deref()))
        .collect();
    mine.truncate(page.limit + 1);
    Ok(page.answer(mine, |record| record.id.to_string(), shapes::handoff))
}

struct Id(HandoffId);

impl std::str::FromStr for Id {
    type Err = ();
    fn from_str(s: &str) -> Result<Self, ()> {
        s.parse().map(Id)
    }
}

async fn find(app: &AppState, id: &str) -> Result<HandoffRecord, Problem> {
    let id: HandoffId = id.parse().map_err(|()| Problem::not_found("handoff"))?;
    let found = app.read(move |store| store.handoff(id)).await?;
    found.ok_or_else(|| Problem::not_found("handoff"))
}

async fn show(app: &AppState, id: HandoffId) -> Result<Response, Problem> {
    let found = app.read(move |store| store.handoff(id)).await?;
    let record = found.ok_or_else(|| Problem::not_found("handoff"))?;
    Ok(Json(shapes::handoff(&record)).into_response())
}

/// `POST /v1/handoffs/{id}/claim`
pub async fn claim(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let json = fields::body(&body)?;
    let agent = caller.agent(Fields::of(&json)?.text("agent")?)?;
    let record = find(&app, &id).await?;
    app.turn(Work::Claim {
        lead: record.lead,
        handoff: record.id,
        agent,
    })
    .await?;
    show(&app, record.id).await
}

/// `POST /v1/handoffs/{id}/decline`
pub async fn decline(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let json = fields::body(&body)?;
    let agent = caller.agent(Fields::of(&json)?.text("agent")?)?;
    let record = find(&app, &id).await?;
    app.turn(Work::Decline {
        lead: record.lead,
        handoff: record.id,
        agent,
    })
    .await?;
    show(&app, record.id).await
}

/// `POST /v1/handoffs/{id}/call`: the carrier calls the agent, then the lead.
pub async fn call(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let json = fields::body(&body)?;
    let record = find(&app, &id).await?;
    let named = Fields::of(&json)?.text("agent")?;
    let agent = caller.agent(named.or(record.agent.as_deref()))?;
    app.turn(Work::CallLead {
        lead: record.lead,
        handoff: record.id,
        agent,
    })
    .await?;
    let shown = show(&app, record.id).await?;
    Ok((axum::http::StatusCode::ACCEPTED, shown).into_response())
}

/// `POST /v1/handoffs/{id}/resolve`
pub async fn resolve(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let json = fields::body(&body)?;
    let told = Fields::of(&json)?;
    let outcome = told.required_name("outcome")?;
    let agent = caller.agent(told.text("agent")?)?;
    let record = find(&app, &id).await?;
    if !caller.may_see(record.agent.as_deref()) {
        return Err(Problem::forbidden("another agent has this handoff"));
    }
    app.turn(Work::Resolve {
        lead: record.lead,
        handoff: record.id,
        outcome,
        agent: record.agent.clone().or(Some(agent)),
    })
    .await?;
    show(&app, record.id).await
}
