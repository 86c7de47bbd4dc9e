//! Stands before every route: who may come in is read from the route's row in the table.

use axum::RequestExt;
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::lead::PhoneNumber;
use crate::web::api::leads;
use crate::web::auth::{Caller, Right, identify, require};
use crate::web::console::signin;
use crate::web::error::Problem;
use crate::web::idempotency;
use crate::web::origin;
use crate::web::routes::Route;
use crate::web::state::AppState;
use crate::web::trail::{AboutLead, Act};

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
    /// A page of the console: whoever is not signed in is sent to sign in.
    Page(Right),
    /// A page of everyone who is signed in.
    Member,
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
        Access::Needs(right) => Some(right),
        Access::Page(right) => Some(right),
        Access::Member => None,
        Access::MachineOr(right) | Access::Sandbox(right) => {
            if origin::is_this_machine(request.extensions(), request.headers()) {
                return run(app, "this machine", request, next).await;
            }
            Some(right)
        }
    };
    let is_page = matches!(route.access, Access::Page(_) | Access::Member);
    let caller = match identify(app, request.method(), request.headers()).await? {
        Some(caller) => caller,
        None if is_page => return Ok(signin::first(&request)),
        None => return Err(Problem::unauthorized()),
    };
    let tells = right.is_some_and(is_personal) || TELLS_OF_LEADS.contains(&route.path);
    let personal = tells && !POLLED.contains(&route.path);
    let witness = Witness::of(app, route.path, personal, &caller, &mut request).await;
    if let Some(right) = right
        && let Err(problem) = require(&caller, right, app)
    {
        witness.tell(app, problem.status().as_u16(), None);
        return Err(problem);
    }
    let name = caller.name.clone();
    request.extensions_mut().insert(caller);
    let answer = run(app, &name, request, next).await;
    match &answer {
        Ok(response) => {
            let about = response.extensions().get::<AboutLead>();
            witness.tell(app, response.status().as_u16(), about.map(|about| about.0));
        }
        Err(problem) => witness.tell(app, problem.status().as_u16(), None),
    }
    answer
}

/// Parts of a page that it asks for again and again: opening the page is what counts.
const POLLED: [&str; 4] = [
    "/consent/verify",
    "/import/{id}/progress",
    "/inbox/queue",
    "/inbox/{id}/talk",
];

/// What names leads under a right that mostly shows none.
const TELLS_OF_LEADS: [&str; 2] = ["/system", "/v1/parked"];

/// Sees what is read and done on pages that ask for their rights themselves.
pub async fn watch(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let Some(path) = path.map(|path| path.as_str().to_string()) else {
        return next.run(request).await;
    };
    let personal = path.starts_with("/inbox") && !POLLED.contains(&path.as_str());
    let seen = personal || !request.method().is_safe();
    let caller = match seen {
        true => identify(&app, request.method(), request.headers()).await,
        false => Ok(None),
    };
    let Ok(Some(caller)) = caller else {
        return next.run(request).await;
    };
    let witness = Witness::of(&app, &path, personal, &caller, &mut request).await;
    request.extensions_mut().insert(caller);
    let response = next.run(request).await;
    let about = response
        .extensions()
        .get::<AboutLead>()
        .map(|about| about.0);
    witness.tell(&app, response.status().as_u16(), about);
    response
}

/// Sees what a caller reads or does, for the audit log.
struct Witness {
    caller: Caller,
    act: Option<Act>,
    address: String,
}

impl Witness {
    async fn of(
        app: &AppState,
        path: &str,
        personal: bool,
        caller: &Caller,
        request: &mut Request,
    ) -> Witness {
        let address = origin::address(request.extensions(), request.headers());
        let reads = request.method().is_safe();
        // What is in an address may be a number, which the log never holds.
        let mut named = request.extract_parts::<RawPathParams>().await.ok();
        let mut named: Vec<(String, String)> = named
            .iter_mut()
            .flat_map(|params| params.iter())
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        let phone = named.iter().position(|(name, _)| name == "phone");
        let lead = phone.and_then(|at| leads::phone_of(app, &named.swap_remove(at).1).ok());
        let seen = !reads || personal;
        let act = seen.then(|| Act {
            act: format!("{} {}", request.method(), path),
            about: named
                .into_iter()
                .map(|(_, value)| value)
                .collect::<Vec<_>>()
                .join(" "),
            lead,
            status: 0,
        });
        Witness {
            caller: caller.clone(),
            act,
            address,
        }
    }

    fn tell(mut self, app: &AppState, status: u16, lead: Option<PhoneNumber>) {
        if let Some(act) = self.act.take() {
            let lead = act.lead.or(lead);
            let act = Act {
                status,
                lead,
                ..act
            };
            app.trail.note(&self.caller, act, &self.address, app.wall());
        }
    }
}

/// Whether reading under this right shows what is of leads, or of who reads them.
fn is_personal(right: Right) -> bool {
    match right {
        Right::ReadLeads
        | Right::WriteLeads
        | Right::Enroll
        | Right::TellEvents
        | Right::ReadConversations
        | Right::Serve
        | Right::ReadConsents
        | Right::WriteConsents
        | Right::Listen
        | Right::Erase
        | Right::ReadAudit
        | Right::Manage => true,
        Right::ReadReports
        | Right::ReadFlows
        | Right::ReadMetrics
        | Right::ReadSystem
        | Right::RunChannels
        | Right::UseSandbox => false,
    }
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
