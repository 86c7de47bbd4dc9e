//! `/inbox`: who waits for a person, hottest first, and the conversation beside it. Every part is
//! rendered here and read anew when something happens to it; what a person does is a form that
//! answers with the part as it stands then.

mod acts;
mod queue;
mod side;
mod talk;
mod thread;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;

use crate::conversation::ConversationId;
use crate::lead::{PhoneNumber, Value};
use crate::store::LeadRecord;
use crate::time::{Duration, Timestamp};
use crate::web::auth::{Caller, Right, require};
use crate::web::console::Page;
use crate::web::console::page::{Frame, Place, empty};
use crate::web::error::Problem;
use crate::web::state::AppState;

use queue::Queue;
use talk::Talk;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/inbox", get(page))
        .route("/inbox/queue", get(part))
        .route("/inbox/{id}", get(page_with))
        .route("/inbox/{id}/talk", get(talk_part))
        .route("/inbox/{id}/claim", post(acts::claim))
        .route("/inbox/{id}/resolve", post(acts::resolve))
        .route("/inbox/{id}/takeover", post(acts::take_over))
        .route("/inbox/{id}/release", post(acts::release))
        .route("/inbox/{id}/write", post(acts::write))
        .route("/inbox/{id}/note", post(acts::note))
}

/// What the list shows.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Shown {
    /// `all` for every conversation; else who waits for a person.
    #[serde(default)]
    show: String,
    /// What `store::found_by` finds.
    #[serde(default)]
    q: String,
    /// Of `all`: those before this one.
    before: Option<String>,
}

async fn page(caller: Caller, State(app): State<AppState>, Query(shown): Query<Shown>) -> Page {
    require(&caller, Right::ReadConversations, &app)?;
    let queue = Queue::read(&app, &caller, &shown).await?;
    let nobody = html! {
        (empty("Nobody is chosen", "Choose a conversation, or press j. Hot leads come first, with the time left to call them."))
        p.keys-hint { kbd { "?" } " shows every key" }
    };
    Ok(whole(&app, &caller, "Inbox", &queue, &nobody, None))
}

async fn page_with(
    caller: Caller,
    State(app): State<AppState>,
    Path(id): Path<String>,
    Query(shown): Query<Shown>,
) -> Page {
    require(&caller, Right::ReadConversations, &app)?;
    let id = read_id(&id)?;
    let queue = Queue::read(&app, &caller, &shown).await?;
    let talk = Talk::read(&app, &caller, id).await?;
    let title = talk.title();
    let markup = talk.markup();
    Ok(whole(&app, &caller, &title, &queue, &markup, Some(id)))
}

fn whole(
    app: &AppState,
    caller: &Caller,
    title: &str,
    queue: &Queue,
    talk: &Markup,
    open: Option<ConversationId>,
) -> axum::response::Response {
    let body = html! {
        h1.hidden { "Inbox" }
        div.inbox #inbox data-open=[open] {
            section.list-side aria-label="Conversations" { (queue.frame()) }
            section.talk #talk aria-label="Conversation" tabindex="-1" { (talk) }
        }
        (keys())
    };
    Frame::of(app, caller, Place::Inbox, title)
        .style("inbox.css")
        .script("inbox.js")
        .page(&body)
}

async fn part(caller: Caller, State(app): State<AppState>, Query(shown): Query<Shown>) -> Page {
    require(&caller, Right::ReadConversations, &app)?;
    let queue = Queue::read(&app, &caller, &shown).await?;
    Ok(fragment(&queue.markup()))
}

async fn talk_part(caller: Caller, State(app): State<AppState>, Path(id): Path<String>) -> Page {
    require(&caller, Right::ReadConversations, &app)?;
    let talk = Talk::read(&app, &caller, read_id(&id)?).await?;
    Ok(fragment(&talk.markup()))
}

fn fragment(markup: &Markup) -> axum::response::Response {
    Html(markup.0.clone()).into_response()
}

fn read_id(text: &str) -> Result<ConversationId, Problem> {
    text.parse()
        .map_err(|()| Problem::not_found("conversation"))
}

const KEYS: [(&str, &str); 12] = [
    ("j / k", "next, previous conversation"),
    ("c", "claim it; with none open, the hottest one"),
    ("p", "call the lead"),
    ("r", "write"),
    ("n", "note something for the team"),
    ("s", "say a template, where the workspace has some"),
    ("t", "take over"),
    ("g", "give back to the flow"),
    ("o", "go to how it went; Enter says it"),
    ("/", "search"),
    ("Esc", "leave a field, close"),
    ("?", "these keys"),
];

fn keys() -> Markup {
    html! {
        dialog.sheet #keys aria-labelledby="keys-title" {
            h2 #keys-title { "Keys" }
            dl.key-list {
                @for (key, does) in KEYS { dt { kbd { (key) } } dd { (does) } }
            }
            label.check {
                input #keys-on type="checkbox" checked;
                span { "Single keys act" }
            }
            form method="dialog" { button { "Close" } }
        }
    }
}

/// The person's name, else their number as people write it.
fn called(record: Option<&LeadRecord>, phone: PhoneNumber) -> String {
    match record.map(|record| record.lead.field("name")) {
        Some(Value::Text(name)) if !name.trim().is_empty() => name.clone(),
        _ => pretty(phone),
    }
}

/// `+1 312 555 0142` for numbers of the North American plan, else as it is.
fn pretty(phone: PhoneNumber) -> String {
    let text = phone.to_string();
    match text.strip_prefix("+1") {
        Some(rest) if rest.len() == 10 && rest.is_ascii() => {
            format!("+1 {} {} {}", &rest[..3], &rest[3..6], &rest[6..])
        }
        _ => text,
    }
}

/// As `span` in live.js says it.
fn span(time: Duration) -> String {
    let s = time.as_ms().abs() / 1000;
    match s {
        0..60 => format!("{s} s"),
        60..600 => format!("{}:{:02} min", s / 60, s % 60),
        600..3600 => format!("{} min", s / 60),
        3600..86_400 => format!("{} h {} min", s / 3600, s % 3600 / 60),
        _ => format!("{} d {} h", s / 86_400, s % 86_400 / 3600),
    }
}

/// What is left until `until`, of a time of `of`; live.js counts it on.
fn countdown(until: Timestamp, of: Duration, now: Timestamp) -> Markup {
    let left = until.since(now);
    let late = left.as_ms() < 0;
    let urgency = match left.as_ms() {
        ..0 => "late",
        ms if ms < of.as_ms() / 3 => "soon",
        _ => "calm",
    };
    html! {
        span.countdown data-until=(until) data-of=(of.as_ms()) data-urgency=(urgency) {
            (span(left)) @if late { " late" }
        }
    }
}

fn spaced(name: &str) -> String {
    name.replace(['_', '-'], " ")
}
