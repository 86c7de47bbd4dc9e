//! `/v1/conversations`: where each stands, what was said, and an agent who speaks.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Value, json};

use crate::conversation::{Conversation, ConversationId, Seq};
use crate::lead::{Name, PhoneNumber};
use crate::runtime::Work;
use crate::store::{ConversationQuery, Row, Store, StoreError};
use crate::web::api::{shapes, timeline};
use crate::web::auth::Caller;
use crate::web::error::Problem;
use crate::web::fields::{self, Fields, phone_in_url};
use crate::web::pages::{Page, Query};
use crate::web::state::AppState;

/// Most rows of a timeline in one answer.
pub const TIMELINE_MAX: usize = 5_000;
const TIMELINE_PAGE: usize = 500;
const STATUSES: [&str; 4] = ["waiting", "scheduled", "with_agent", "ended"];

/// `GET /v1/conversations?status=&flow=&phone=`
pub async fn list(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    query: Query,
) -> Result<Response, Problem> {
    let page = Page::of(&query)?;
    let given = |name: &str| query.get(name).filter(|value| !value.is_empty());
    if given("status").is_some_and(|status| !STATUSES.contains(&status.as_str())) {
        let known = STATUSES.join(", ");
        return Err(Problem::bad_request(format!(
            "`status` must be one of {known}"
        )));
    }
    let lead = match given("phone") {
        None => None,
        Some(text) => Some(
            phone_in_url(text, &app.live().workspace.region)
                .ok_or_else(|| Problem::bad_request("`phone` is not a phone number"))?,
        ),
    };
    let wanted = ConversationQuery {
        status: given("status").cloned(),
        flow: given("flow").map(|flow| Name::from(flow.as_str())),
        lead,
        before: page.after::<Id>()?.map(|id| id.0),
        limit: page.limit + 1,
    };
    let found = app.read(move |store| store.conversations(&wanted)).await?;
    let seen = |conversation: &Conversation| match caller.may_see(shapes::holder(conversation)) {
        true => shapes::conversation(conversation),
        // The page keeps its place; what is another agent's stays theirs.
        false => json!({ "id": conversation.id.to_string(), "status": "with_agent" }),
    };
    Ok(page.answer(found, |conversation| conversation.id.to_string(), seen))
}

struct Id(ConversationId);

impl std::str::FromStr for Id {
    type Err = ();
    fn from_str(s: &str) -> Result<Self, ()> {
        s.parse().map(Id)
    }
}

pub(super) fn read_id(text: &str) -> Result<ConversationId, Problem> {
    text.parse()
        .map_err(|()| Problem::not_found("conversation"))
}

/// The conversation, if the caller may see it.
pub(super) async fn find(
    app: &AppState,
    caller: &Caller,
    id: &str,
) -> Result<Conversation, Problem> {
    let id = read_id(id)?;
    let found = app.read(move |store| store.conversation(id)).await?;
    let conversation = found.ok_or_else(|| Problem::not_found("conversation"))?;
    match caller.may_see(shapes::holder(&conversation)) {
        true => Ok(conversation),
        false => Err(Problem::forbidden("another agent has this conversation")),
    }
}

/// A conversation's rows, oldest first, at most `TIMELINE_MAX`.
pub fn rows(
    store: &dyn Store,
    lead: PhoneNumber,
    id: ConversationId,
) -> Result<Vec<Row>, StoreError> {
    let mut rows: Vec<Row> = Vec::new();
    let mut after: Seq = 0;
    while rows.len() < TIMELINE_MAX {
        let page = store.timeline(lead, Some(id), after, TIMELINE_PAGE)?;
        let full = page.len() == TIMELINE_PAGE;
        after = page.last().map_or(after, |row| row.seq);
        rows.extend(page);
        if !full {
            break;
        }
    }
    Ok(rows)
}

/// `GET /v1/conversations/{id}?type=&q=`
pub async fn get(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, Problem> {
    let conversation = find(&app, &caller, &id).await?;
    let (lead, id) = (conversation.lead, conversation.id);
    let rows = app.read(move |store| rows(store, lead, id)).await?;
    let mut json = shapes::conversation(&conversation);
    let (mut timeline, path) = timeline::of(&rows);
    let wanted = timeline::Wanted::of(&query);
    timeline.retain(|item| wanted.takes(item));
    json["timeline"] = json!(timeline);
    json["path"] = json!(path);
    Ok(Json(json).into_response())
}

/// `POST /v1/conversations/{id}/takeover`
pub async fn take_over(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let json = fields::body(&body)?;
    let agent = caller.agent(Fields::of(&json)?.text("agent")?)?;
    let id = read_id(&id)?;
    let found = app.read(move |store| store.conversation(id)).await?;
    let conversation = found.ok_or_else(|| Problem::not_found("conversation"))?;
    moved(
        &app,
        Work::TakeOver {
            lead: conversation.lead,
            conversation: id,
            agent,
        },
    )
    .await
}

/// `POST /v1/conversations/{id}/release`
pub async fn release(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let json = fields::body(&body)?;
    let step = Fields::of(&json)?.name("step")?;
    let conversation = find(&app, &caller, &id).await?;
    moved(
        &app,
        Work::Release {
            lead: conversation.lead,
            conversation: conversation.id,
            step,
        },
    )
    .await
}

/// `POST /v1/conversations/{id}/booking/cancel`
pub async fn cancel_booking(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let conversation = find(&app, &caller, &id).await?;
    moved(
        &app,
        Work::CancelBooking {
            lead: conversation.lead,
            conversation: conversation.id,
        },
    )
    .await
}

async fn moved(app: &AppState, work: Work) -> Result<Response, Problem> {
    let done = app.turn(work).await?;
    let shown = done.conversation.as_deref().map(shapes::conversation);
    Ok(Json(shown.unwrap_or(Value::Null)).into_response())
}
