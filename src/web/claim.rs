//! `/h/{token}`: the page behind an offer's link, by which its agent claims the lead and says how it went.
//! Opening it changes nothing, so that a mail scanner claims no lead; the token is the agent's alone.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::lead::Name;
use crate::runtime::claim_link::ClaimLink;
use crate::runtime::notice::{self, Caller, spaced};
use crate::runtime::{Refusal, Work};
use crate::store::{HandoffRecord, HandoffStatus, LeadRecord};
use crate::web::error::Problem;
use crate::web::state::AppState;

/// `GET /h/{token}`
pub async fn show(
    State(app): State<AppState>,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    match find(&app, &token).await? {
        Found::Gone(page) => Ok(page),
        Found::Here(link, record, lead) => Ok(page(&app, &link, &record, &lead, None)),
    }
}

/// `POST /h/{token}`: claims it, or with `outcome` says how it went.
pub async fn act(
    State(app): State<AppState>,
    Path(token): Path<String>,
    Form(form): Form<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let (link, record) = match find(&app, &token).await? {
        Found::Gone(page) => return Ok(page),
        Found::Here(link, record, _) => (link, record),
    };
    let outcome = form.get("outcome").filter(|outcome| !outcome.is_empty());
    let work = match outcome {
        Some(outcome) => {
            if record.agent.as_deref() != Some(&link.agent) {
                return Err(Problem::forbidden("another agent has this handoff"));
            }
            Work::Resolve {
                lead: record.lead,
                handoff: record.id,
                outcome: Name::from(outcome.as_str()),
                agent: Some(link.agent.clone()),
            }
        }
        None => Work::Claim {
            lead: record.lead,
            handoff: record.id,
            agent: link.agent.clone(),
        },
    };
    let refused = match app.committer.turn(work).await {
        Ok(_) => None,
        Err(Refusal::Claimed { .. } | Refusal::Conflict(_)) => Some(StatusCode::CONFLICT),
        Err(other) => return Err(other.into()),
    };
    match find(&app, &token).await? {
        Found::Gone(page) => Ok(page),
        Found::Here(link, record, lead) => Ok(page(&app, &link, &record, &lead, refused)),
    }
}

enum Found {
    Here(ClaimLink, Box<HandoffRecord>, Box<LeadRecord>),
    Gone(Response),
}

async fn find(app: &AppState, token: &str) -> Result<Found, Problem> {
    let gone = |status, title: &str| {
        let body = format!("<h1>{title}</h1><p>Look into the console for what is open.</p>");
        Found::Gone((status, Html(frame(title, &body))).into_response())
    };
    let Some(link) = app.engine.claim_link(token) else {
        return Ok(gone(StatusCode::NOT_FOUND, "There is no such link"));
    };
    if app.now() >= link.expires {
        return Ok(gone(StatusCode::GONE, "This link has expired"));
    }
    if app.live().workspace.agent(&link.agent).is_none() {
        return Ok(gone(
            StatusCode::GONE,
            "This link was an agent's who has left",
        ));
    }
    let id = link.handoff;
    let found = app.read(move |store| {
        let record = store.handoff(id)?;
        let lead = match &record {
            Some(record) => store.lead(record.lead)?,
            None => None,
        };
        Ok(record.zip(lead))
    });
    Ok(match found.await? {
        Some((record, lead)) => Found::Here(link, Box::new(record), Box::new(lead)),
        None => gone(StatusCode::NOT_FOUND, "There is no such link"),
    })
}

fn page(
    app: &AppState,
    link: &ClaimLink,
    record: &HandoffRecord,
    lead: &LeadRecord,
    refused: Option<StatusCode>,
) -> Response {
    let mine = record.agent.as_deref() == Some(&link.agent);
    let by = record.agent.as_deref().map(escape);
    let brief = format!("<p>{}</p>", escape(&record.brief));
    let (title, body) = match (record.status, mine) {
        (HandoffStatus::Open, _) => (
            format!("A lead for {}", record.team),
            format!("{brief}<form method=\"post\"><button>Claim it</button></form>"),
        ),
        (HandoffStatus::Claimed, true) => ("You have it".to_string(), yours(app, record, lead)),
        (HandoffStatus::Claimed, false) => {
            let by = by.unwrap_or_default();
            (format!("{by} has it already"), brief)
        }
        (HandoffStatus::Resolved, _) => {
            let how = record.outcome.as_deref().map(spaced).unwrap_or_default();
            let by = by.map_or(String::new(), |by| format!("{by}: "));
            (
                "It is settled".to_string(),
                format!("{brief}<p>{by}{}</p>", escape(&how)),
            )
        }
        (HandoffStatus::Unclaimed, _) => ("It is no longer open".to_string(), brief),
    };
    let body = format!("<h1>{}</h1>{body}", escape(&title));
    let status = refused.unwrap_or(StatusCode::OK);
    let page = Html(frame(&escape(&title), &body));
    let private = [(axum::http::header::CACHE_CONTROL, "no-store")];
    (status, private, page).into_response()
}

/// The lead's number, and how it may have gone.
fn yours(app: &AppState, record: &HandoffRecord, lead: &LeadRecord) -> String {
    let caller = Caller::of(&lead.lead);
    let zone = lead
        .lead
        .time_zone
        .as_ref()
        .and_then(|zone| zone.parse().ok());
    let zone = zone.unwrap_or_else(|| app.live().workspace.time_zone.clone());
    let after = record.call_after.filter(|after| *after > app.now());
    let after = after.map_or(String::new(), |at| {
        format!("<p>{}</p>", escape(&notice::call_after(at, &zone)))
    });
    let outcomes: String = record
        .outcomes
        .iter()
        .map(|outcome| {
            let (value, label) = (escape(outcome), escape(&spaced(outcome)));
            format!("<button name=\"outcome\" value=\"{value}\">{label}</button> ")
        })
        .collect();
    format!(
        "<p>{}</p>{after}<p><a href=\"tel:{}\">Call {}</a></p>\
         <form method=\"post\"><p>How did it go?</p>{outcomes}</form>",
        escape(&record.brief),
        caller.phone,
        escape(&caller.to_string()),
    )
}

fn frame(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title>\
         <main>{body}</main></html>"
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}
