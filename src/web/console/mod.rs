//! The console's pages: rendered here, made lively by a few modules of script, all of it inside the
//! binary. What the pages show beyond the API is read here; what they change goes through the API.

mod assets;
mod flows;
mod live;
mod next;
mod page;
mod phone;
mod problems;
mod proof;
mod sample;
mod state;
mod story;

use axum::Router;
use axum::extract::State;
use axum::response::{Redirect, Response};
use axum::routing::get;

use crate::web::auth::Caller;
use crate::web::error::Problem;
use crate::web::state::AppState;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(home))
        .route("/phone", get(phone::page))
        .route("/phone/state", get(state::state))
        .route("/phone/picture/{version}", get(phone::picture))
        .route("/flows", get(flows::list))
        .route("/flows/{flow}", get(flows::one))
        .route("/live", get(live::live))
        .route("/assets/{*file}", get(assets::serve))
}

/// In the sandbox the phone; else the flows.
async fn home(_caller: Caller, State(app): State<AppState>) -> Redirect {
    match app.sandbox {
        Some(_) => Redirect::to("/phone"),
        None => Redirect::to("/flows"),
    }
}

/// What a page's handler answers.
type Page = Result<Response, Problem>;
