//! Stands before every route: who may come in is read from the route's row in the table.

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::web::auth::{Right, identify, require};
use crate::web::error::Problem;
use crate::web::idempotency;
use crate::web::origin;
use crate::web::routes::Route;
use crate::web::state::AppState;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone; the handler proves what it must itself (a signature, a token).
    Open,
    Needs(Right),
    /// A program on this machine needs no key; anyone else needs the right.
    MachineOr(Right),
    /// The same, and the route is there in the sandbox only.
    Sandbox(Right),
}

pub async fn guard(
    State((app, route)): State<(AppState, &'static Route)>,
    request: Request,
    next: Next,
) -> Response {
    match enter(&app, route, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn enter(
    app: &AppState,
    route: &Route,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let right = match route.access {
        Access::Open => return Ok(next.run(request).await),
        Access::Sandbox(_) if app.sandbox.is_none() => return Err(Problem::not_found("page")),
        Access::Needs(right) => right,
        Access::MachineOr(right) | Access::Sandbox(right) => {
            if origin::is_this_machine(request.extensions(), request.headers()) {
                return run(app, "this machine", request, next).await;
            }
            right
        }
    };
    let caller = identify(app, request.method(), request.headers())
        .await?
        .ok_or_else(Problem::unauthorized)?;
    require(&caller, right, app)?;
    let name = caller.name.clone();
    request.extensions_mut().insert(caller);
    run(app, &name, request, next).await
}

async fn run(
    app: &AppState,
    caller: &str,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    match *request.method() {
        Method::POST => idempotency::once(app, caller, request, next).await,
        _ => Ok(next.run(request).await),
    }
}
