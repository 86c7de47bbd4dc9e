//! The console's pages: rendered here, made lively by a few modules of script, all of it inside the
//! binary. What the pages show beyond the API is read here; what they change goes through the API.

mod account;
mod assets;
pub mod consent;
mod doubt;
pub mod figures;
mod flows;
mod history;
pub mod import;
mod inbox;
mod leads;
mod live;
mod next;
mod page;
pub mod pages;
pub mod period;
mod phone;
mod problems;
mod proof;
mod sample;
pub mod signin;
pub mod standstill;
mod state;
mod stock;
mod story;
mod system;
mod users;
pub mod tally;

use axum::Router;
use axum::extract::State;
use axum::response::{Redirect, Response};
use axum::routing::get;

use crate::web::auth::{Caller, Right};
use crate::web::error::Problem;
use crate::web::state::AppState;

pub use tally::Tallies;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(home))
        .route("/phone", get(phone::page))
        .route("/phone/state", get(state::state))
        .route("/phone/picture/{version}", get(phone::picture))
        .merge(figures::routes())
        .merge(flows::routes())
        .merge(inbox::routes())
        .route("/live", get(live::live))
        .route("/assets/{*file}", get(assets::serve))
        // Asked for by browsers that no page told of ours.
        .route("/favicon.ico", get(assets::sign))
}

/// In the sandbox the phone; else the inbox for who serves leads, the flows for who does not.
async fn home(caller: Caller, State(app): State<AppState>) -> Redirect {
    let serves = caller.has(Right::Serve, &app);
    match app.sandbox {
        Some(_) if caller.has(Right::UseSandbox, &app) => Redirect::to("/phone"),
        Some(_) | None if serves => Redirect::to("/inbox"),
        Some(_) | None => Redirect::to("/flows"),
    }
}

/// What a page's handler answers.
type Page = Result<Response, Problem>;

/// A time, written as the reader writes times once the page's script runs.
fn when(at: crate::time::Timestamp) -> maud::Markup {
    let text = at.to_string();
    maud::html! { time datetime=(text) data-at="day" { (text.get(..16).unwrap_or(&text).replace('T', " ")) } }
}

/// A span as people say it: its greatest unit.
fn span(span: crate::time::Duration) -> String {
    let s = span.as_ms() / 1000;
    match s {
        ..60 => format!("{s} s"),
        60..3600 => format!("{} min", s / 60),
        3600..86400 => format!("{} h", s / 3600),
        _ => format!("{} d", s / 86400),
    }
}
