//! `GET /l/{code}`: a lead's own short link. The target was fixed when the link was made; a visit
//! changes nothing of the lead's but is an entry of their timeline.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::flow::links;
use crate::runtime::Work;
use crate::web::error::Problem;
use crate::web::state::AppState;

const GONE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><title>This link has expired</title>\
    <h1>This link has expired</h1><p>If you still want what it was for, reply to the text it came with.</p>\
    </html>";
/// The one answer to every code that is not ours, so that nothing can be learned from it.
const UNKNOWN: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><title>No such link</title>\
    <h1>There is no such link</h1></html>";

pub async fn follow(
    State(app): State<AppState>,
    method: Method,
    Path(code): Path<String>,
) -> Result<Response, Problem> {
    let unknown = || (StatusCode::NOT_FOUND, Html(UNKNOWN)).into_response();
    let Some(code) = links::read_code(&code) else {
        return Ok(unknown());
    };
    let Some(link) = app.read(move |store| store.shortlink(code)).await? else {
        return Ok(unknown());
    };
    if link.expires.is_some_and(|expires| app.now() >= expires) {
        return Ok((StatusCode::GONE, Html(GONE)).into_response());
    }
    let Ok(target) = HeaderValue::try_from(link.to.as_str()) else {
        return Ok(unknown());
    };
    if method == Method::GET {
        // The lead does not wait for our bookkeeping.
        tokio::spawn(async move {
            let clicked = app.committer.turn(Work::Clicked {
                lead: link.lead,
                conversation: link.conversation,
                link: link.link,
            });
            if let Err(refusal) = clicked.await {
                tracing::warn!(reason = %refusal, "a click was not recorded");
            }
        });
    }
    Ok((StatusCode::FOUND, [(header::LOCATION, target)]).into_response())
}
