//! `/v1/handoffs`: hot leads on offer. The first agent to claim one has it.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

use crate::lead::Name;
use crate::runtime::Work;
use crate::store::{HandoffId, HandoffQuery, HandoffRecord, HandoffStatus, Role};
use crate::web::api::shapes;
use crate::web::auth::Caller;
use crate::web::error::Problem;
use crate::web::fields::{self, Fields};
use crate::web::pages::{LIMIT_MAX, Page, Query};
use crate::web::state::AppState;

/// `GET /v1/handoffs?status=&team=&sort=`
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
    let sort = match given("sort").map(String::as_str) {
        None | Some("newest") => Sort::Newest,
        Some("due") => Sort::Due,
        Some(_) => return Err(Problem::bad_request("`sort` must be newest or due")),
    };
    let after: Option<Id> = page.after()?;
    let team = given("team").map(|team| Name::from(team.as_str()));
    let limit = match (sort, &after, caller.role) {
        (Sort::Newest, None, Role::Admin | Role::Author | Role::Auditor) => page.limit + 1,
        // What comes first in another order, or is the caller's to see, is known once all were looked at.
        _ => LIMIT_MAX * 20,
    };
    let asked = |status| HandoffQuery {
        status,
        team: team.clone(),
        limit,
    };
    let asked: Vec<HandoffQuery> = match (sort, status) {
        (Sort::Newest, status) => vec![asked(status)],
        (Sort::Due, None) => LIVE.map(|status| asked(Some(status))).into(),
        (Sort::Due, Some(status)) => vec![asked(Some(status))],
    };
    let (mut mine, after) = app
        .read(move |store| {
            let lists = asked.iter().map(|query| store.handoffs(query));
            let found = lists.collect::<Result<Vec<_>, _>>()?.concat();
            // It may have left the list since, claimed or resolved: its place in the order stands.
            let after = after.map(|Id(id)| store.handoff(id)).transpose()?;
            Ok((found, after))
        })
        .await?;
    let after = match after {
        Some(None) => {
            return Err(Problem::bad_request(
                "what the `cursor` stood on is erased; begin anew",
            ));
        }
        Some(Some(after)) => Some(after),
        None => None,
    };
    mine.retain(|record| {
        let is_next = after
            .as_ref()
            .is_none_or(|after| sort.order(after, record).is_lt());
        is_next && caller.may_see(record.agent.as_deref())
    });
    mine.sort_by(|a, b| sort.order(a, b));
    mine.truncate(page.limit + 1);
    Ok(page.answer(mine, |record| record.id.to_string(), shapes::handoff))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Newest,
    Due,
}

impl Sort {
    fn order(self, a: &HandoffRecord, b: &HandoffRecord) -> std::cmp::Ordering {
        match self {
            Sort::Newest => (b.created, b.id).cmp(&(a.created, a.id)),
            Sort::Due => a.urgency().cmp(&b.urgency()),
        }
    }
}

/// The states in which somebody has still to act.
const LIVE: [HandoffStatus; 2] = [HandoffStatus::Open, HandoffStatus::Claimed];

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

/// How the calls that only name an agent begin: the handoff, and who speaks. `unnamed` is whom a call
/// is for that names nobody.
async fn opening(
    app: &AppState,
    caller: &Caller,
    id: &str,
    body: &Bytes,
    unnamed: fn(&HandoffRecord) -> Option<&str>,
) -> Result<(HandoffRecord, String), Problem> {
    let json = fields::body(body)?;
    let named = Fields::of(&json)?.text("agent")?;
    let record = find(app, id).await?;
    let agent = caller.agent(named.or(unnamed(&record)))?;
    Ok((record, agent))
}

/// `POST /v1/handoffs/{id}/claim`
pub async fn claim(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let (record, agent) = opening(&app, &caller, &id, &body, |_| None).await?;
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
    let (record, agent) = opening(&app, &caller, &id, &body, |_| None).await?;
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
    let (record, agent) =
        opening(&app, &caller, &id, &body, |record| record.agent.as_deref()).await?;
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
