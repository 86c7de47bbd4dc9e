//! `/u/{token}`: unsubscribing from emails. Opening the page changes nothing, since mail scanners open
//! every link; its button does, and so does a mail program's own one-click POST (RFC 8058). The token
//! never expires and tells whom it is for to nobody but us.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::email::words::{self, Words};
use crate::email::{EmailRef, Use, token};
use crate::runtime::Work;
use crate::runtime::work::UnsubscribedBy;
use crate::web::error::Problem;
use crate::web::state::AppState;

/// What a mail program posts (RFC 8058, section 3.2).
const ONE_CLICK: &[u8] = b"List-Unsubscribe=One-Click";

pub async fn page(
    State(app): State<AppState>,
    Path(sealed): Path<String>,
) -> Result<Response, Problem> {
    let Some(of) = token::open(app.engine.key(), Use::Unsubscribe, &sealed) else {
        return Ok(unknown());
    };
    let (words, brand) = (words_for(&app, of).await?, brand(&app));
    let body = html! {
        h1 { (words::fill(words.ask, &brand)) }
        form method="post" {
            button type="submit" { (words.unsubscribe) }
        }
    };
    Ok(Html(whole(words, words.unsubscribe, &body).into_string()).into_response())
}

pub async fn unsubscribe(
    State(app): State<AppState>,
    Path(sealed): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let Some(of) = token::open(app.engine.key(), Use::Unsubscribe, &sealed) else {
        return Ok(unknown());
    };
    let one_click = body.windows(ONE_CLICK.len()).any(|part| part == ONE_CLICK);
    let row = app.read(move |store| store.row(of.lead, of.seq)).await?;
    let words = words_for(&app, of).await?;
    // An erased lead is written to no more as it is.
    if let Some(row) = row {
        app.turn(Work::Unsubscribe {
            lead: of.lead,
            seq: Some(of.seq),
            conversation: row.conversation,
            by: match one_click {
                true => UnsubscribedBy::OneClick,
                false => UnsubscribedBy::Page,
            },
        })
        .await?;
    }
    let body = html! { h1 { (words::fill(words.done, &brand(&app))) } };
    Ok(Html(whole(words, words.unsubscribe, &body).into_string()).into_response())
}

fn brand(app: &AppState) -> String {
    app.live().workspace.brand.clone()
}

/// In the language of the email's conversation.
async fn words_for(app: &AppState, of: EmailRef) -> Result<&'static Words, Problem> {
    let conversation = app
        .read(move |store| {
            let row = store.row(of.lead, of.seq)?;
            match row.and_then(|row| row.conversation) {
                Some(id) => store.conversation(id),
                None => Ok(None),
            }
        })
        .await?;
    Ok(words::of(
        conversation.as_ref().map_or("en", |it| &*it.locale),
    ))
}

fn whole(words: &Words, title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(words.language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) }
            }
            body { main { (body) } }
        }
    }
}

/// The one answer to every token that is not ours.
fn unknown() -> Response {
    let words = words::of("en");
    let body = html! { h1 { "There is no such link" } };
    let page = whole(words, "No such link", &body).into_string();
    (StatusCode::NOT_FOUND, Html(page)).into_response()
}
