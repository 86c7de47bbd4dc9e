//! HTTP: carriers' webhooks, the API, short links, the sandbox, operations. It reads requests and
//! shows answers; what is decided is decided elsewhere.

pub mod accounts;
pub mod api;
pub mod auth;
pub mod certificates;
pub mod console;
mod claim;
mod describe;
mod email_hook;
pub mod error;
pub mod fields;
mod front;
pub mod guard;
mod idempotency;
mod invite;
mod limits;
pub mod one_time;
pub mod ops;
pub mod origin;
pub mod pages;
mod refused;
mod preferences;
pub mod password;
pub mod route;
pub mod routes;
pub mod sandbox;
pub mod server;
pub mod session;
mod shortlink;
pub mod state;
pub mod stream;
mod unsubscribe;
pub mod throttle;
pub mod trail;
mod webhook;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};

pub use auth::{Caller, Right, new_key, require};
pub use error::Problem;
pub use front::front;
pub use server::{Running, ServeError, ServeOptions, bind, serve, start};
pub use state::AppState;

/// Every route there is.
pub fn router(app: AppState) -> Router {
    routes::router(&app)
        .merge(routes::of(console::pages::ALL, &app))
        .merge(console::routes().route_layer(from_fn_with_state(app.clone(), guard::watch)))
        .fallback(async || Problem::not_found("page"))
        .method_not_allowed_fallback(async || {
            let detail = "this address answers to other methods";
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", detail)
        })
        .layer(from_fn(limits::pass))
        .with_state(app)
}
