//! What an agent does to a conversation. Each act is a piece of work like any other; the answer is the
//! conversation as it stands then.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use crate::conversation::{Conversation, Status};
use crate::lead::Name;
use crate::runtime::Work;
use crate::store::HandoffId;
use crate::web::api::shapes;
use crate::web::auth::{Caller, Right, require};
use crate::web::console::Page;
use crate::web::error::Problem;
use crate::web::state::AppState;

use super::talk::{Talk, anothers, resting};
use super::{fragment, read_id};

/// The conversation, if the caller may serve it.
async fn found(app: &AppState, caller: &Caller, id: &str) -> Result<Conversation, Problem> {
    require(caller, Right::Serve, app)?;
    let id = read_id(id)?;
    let found = app.read(move |store| store.conversation(id)).await?;
    found.ok_or_else(|| Problem::not_found("conversation"))
}

/// The conversation, if it is not another agent's.
async fn served(app: &AppState, caller: &Caller, id: &str) -> Result<Conversation, Problem> {
    let conversation = found(app, caller, id).await?;
    let holder = shapes::holder(&conversation);
    match caller.may_see(holder) {
        true => Ok(conversation),
        false => Err(anothers(holder)),
    }
}

async fn done(app: &AppState, caller: &Caller, work: Work, told: &Conversation) -> Page {
    app.turn(work).await?;
    let talk = Talk::read(app, caller, told.id).await?;
    Ok(fragment(&talk.markup()).into_response())
}

fn handoff(conversation: &Conversation) -> Result<HandoffId, Problem> {
    match resting(&conversation.status) {
        Status::WithAgent(handoff) => Ok(HandoffId {
            conversation: conversation.id,
            seq: handoff.seq,
        }),
        _ => Err(Problem::conflict("the handoff is over")),
    }
}

/// The first to claim it has it; whoever comes later is told who.
pub async fn claim(caller: Caller, State(app): State<AppState>, Path(id): Path<String>) -> Page {
    let conversation = found(&app, &caller, &id).await?;
    let work = Work::Claim {
        lead: conversation.lead,
        handoff: handoff(&conversation)?,
        agent: caller.name.to_string(),
    };
    done(&app, &caller, work, &conversation).await
}

#[derive(Deserialize)]
pub struct How {
    outcome: String,
}

pub async fn resolve(
    caller: Caller,
    State(app): State<AppState>,
    Path(id): Path<String>,
    Form(how): Form<How>,
) -> Page {
    let conversation = served(&app, &caller, &id).await?;
    let handoff = handoff(&conversation)?;
    // Whoever wrote to the lead after claiming has taken over: the outcome gives back, too.
    if let Status::TakenOver { .. } = conversation.status {
        app.turn(Work::Release {
            lead: conversation.lead,
            conversation: conversation.id,
            step: None,
        })
        .await?;
    }
    let work = Work::Resolve {
        lead: conversation.lead,
        handoff,
        outcome: Name::from(how.outcome.as_str()),
        agent: Some(caller.name.to_string()),
    };
    done(&app, &caller, work, &conversation).await
}

pub async fn take_over(
    caller: Caller,
    State(app): State<AppState>,
    Path(id): Path<String>,
) -> Page {
    let conversation = found(&app, &caller, &id).await?;
    let work = Work::TakeOver {
        lead: conversation.lead,
        conversation: conversation.id,
        agent: caller.name.to_string(),
    };
    done(&app, &caller, work, &conversation).await
}

#[derive(Deserialize)]
pub struct Where {
    /// Empty: where it stood.
    #[serde(default)]
    step: String,
}

pub async fn release(
    caller: Caller,
    State(app): State<AppState>,
    Path(id): Path<String>,
    Form(to): Form<Where>,
) -> Page {
    let conversation = served(&app, &caller, &id).await?;
    let work = Work::Release {
        lead: conversation.lead,
        conversation: conversation.id,
        step: (!to.step.is_empty()).then(|| Name::from(to.step.as_str())),
    };
    done(&app, &caller, work, &conversation).await
}

#[derive(Deserialize)]
pub struct Words {
    text: String,
}

pub async fn write(
    caller: Caller,
    State(app): State<AppState>,
    Path(id): Path<String>,
    Form(words): Form<Words>,
) -> Page {
    let conversation = served(&app, &caller, &id).await?;
    let work = Work::Write {
        lead: conversation.lead,
        conversation: conversation.id,
        agent: caller.name.to_string(),
        text: words.text,
    };
    done(&app, &caller, work, &conversation).await
}

/// For the team alone. Without the page's script the form is an ordinary one, and the answer the page.
pub async fn note(
    caller: Caller,
    State(app): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(words): Form<Words>,
) -> Page {
    let conversation = served(&app, &caller, &id).await?;
    let work = Work::Note {
        lead: conversation.lead,
        conversation: conversation.id,
        agent: caller.name.to_string(),
        text: words.text,
    };
    match headers.contains_key("hx-request") {
        true => done(&app, &caller, work, &conversation).await,
        false => {
            app.turn(work).await?;
            Ok(Redirect::to(&format!("/inbox/{}", conversation.id)).into_response())
        }
    }
}
