//! What a table of routes is made of: what a route answers to, who may use it, what it does; and the
//! router that such a table becomes.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::MethodRouter;

use crate::web::guard::{Access, guard};
use crate::web::state::AppState;

pub struct Route {
    pub method: Method,
    pub path: &'static str,
    pub access: Access,
    pub about: &'static str,
    /// Parameters of the query: name and meaning.
    pub query: &'static [(&'static str, &'static str)],
    /// The body's members: name, type as in JSON Schema with `?` for one that may be left out, meaning.
    pub body: &'static [(&'static str, &'static str, &'static str)],
    /// What it answers when all is well, and what else it may say beside the usual errors.
    pub answers: &'static [(u16, &'static str)],
    handler: fn() -> MethodRouter<AppState>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Delete,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "get",
            Method::Post => "post",
            Method::Delete => "delete",
        }
    }
}

pub const fn route(
    method: Method,
    path: &'static str,
    access: Access,
    about: &'static str,
    handler: fn() -> MethodRouter<AppState>,
) -> Route {
    Route {
        method,
        path,
        access,
        about,
        query: &[],
        body: &[],
        answers: &[(200, "OK")],
        handler,
    }
}

impl Route {
    pub const fn query(mut self, query: &'static [(&'static str, &'static str)]) -> Self {
        self.query = query;
        self
    }

    pub const fn body(
        mut self,
        body: &'static [(&'static str, &'static str, &'static str)],
    ) -> Self {
        self.body = body;
        self
    }

    pub const fn answers(mut self, answers: &'static [(u16, &'static str)]) -> Self {
        self.answers = answers;
        self
    }
}

/// The router of any such table.
pub fn of(routes: &'static [Route], app: &AppState) -> Router<AppState> {
    routes.iter().fold(Router::new(), |router, route| {
        let handler = (route.handler)();
        let guarded = match route.access {
            Access::Open => handler,
            Access::Needs(_)
            | Access::MachineOr(_)
            | Access::Sandbox(_)
            | Access::Page(_)
            | Access::Member => {
                handler.route_layer(from_fn_with_state((app.clone(), route), guard))
            }
        };
        router.route(route.path, guarded)
    })
}
