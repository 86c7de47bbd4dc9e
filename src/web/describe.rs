//! `/openapi.json` and `/docs`, both made from the table of routes.

use axum::Json;
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::web::guard::Access;
use crate::web::routes::{ALL, Route};

/// `GET /openapi.json`
pub async fn openapi() -> Response {
    Json(document()).into_response()
}

pub fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in ALL {
        let path = paths
            .entry(route.path.to_string())
            .or_insert_with(|| json!({}));
        path[route.method.as_str()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Replytree",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Errors are RFC 9457 problem details; times RFC 3339; numbers E.164. \
                Every POST takes an Idempotency-Key.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": { "type": "http", "scheme": "bearer" },
                "session": { "type": "apiKey", "in": "cookie", "name": "__Host-replytree" },
            },
            "schemas": {
                "Problem": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail"],
                    "properties": {
                        "type": { "type": "string" },
                        "title": { "type": "string" },
                        "status": { "type": "integer" },
                        "detail": { "type": "string" },
                        "errors": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "properties": {
                                    "pointer": { "type": "string" },
                                    "detail": { "type": "string" },
                                },
                            },
                        },
                    },
                },
            },
        },
    })
}

fn operation(route: &Route) -> Value {
    let mut parameters: Vec<Value> = path_parameters(route.path)
        .map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
        })
        .collect();
    parameters.extend(route.query.iter().map(|(name, about)| {
        json!({
            "name": name, "in": "query", "description": about, "schema": { "type": "string" },
        })
    }));
    if route.method == crate::web::routes::Method::Post && route.access != Access::Open {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "schema": { "type": "string" },
            "description": "The same call again gets the same answer and changes nothing",
        }));
    }
    let mut operation = json!({
        "summary": route.about,
        "parameters": parameters,
        "responses": responses(route),
    });
    if !route.body.is_empty() {
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": schema(route) } },
        });
    }
    operation["security"] = match route.access {
        Access::Open => json!([]),
        Access::Needs(_) | Access::Page(_) | Access::Member => {
            json!([{ "key": [] }, { "session": [] }])
        }
        Access::MachineOr(_) | Access::Sandbox(_) => {
            json!([{}, { "key": [] }, { "session": [] }])
        }
    };
    operation
}

fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn schema(route: &Route) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, kind, about) in route.body {
        let optional = kind.ends_with('?');
        let kind = kind.trim_end_matches('?');
        let mut property = json!({ "type": kind, "description": about });
        if kind == "array" {
            property["items"] = json!({ "type": "string" });
        }
        properties.insert((*name).to_string(), property);
        if !optional {
            required.push(*name);
        }
    }
    json!({ "type": "object", "properties": properties, "required": required })
}

fn responses(route: &Route) -> Value {
    let problem = |about: &str| {
        json!({
            "description": about,
            "content": {
                "application/problem+json": {
                    "schema": { "$ref": "#/components/schemas/Problem" },
                },
            },
        })
    };
    let mut responses = Map::new();
    if let Access::Needs(_) = route.access {
        responses.insert("401".into(), problem("No key, or one that is not known"));
        responses.insert("403".into(), problem("The key's role may not do this"));
    }
    if route.path.contains('{') && route.access != Access::Open {
        responses.insert("404".into(), problem("There is no such thing"));
    }
    if !route.body.is_empty() {
        responses.insert(
            "422".into(),
            problem("A member is missing or wrong; see `errors`"),
        );
    }
    for (status, about) in route.answers {
        let answer = match status {
            200..=399 => json!({ "description": about }),
            _ => problem(about),
        };
        responses.insert(status.to_string(), answer);
    }
    Value::Object(responses)
}

/// `GET /docs`
pub async fn docs() -> Response {
    Html(page()).into_response()
}

fn page() -> String {
    let page = maud::html! {
        (maud::DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { "Replytree API" }
            }
            body {
                h1 { "Replytree API" }
                p {
                    "JSON in and out. " code { "Authorization: Bearer KEY" } " with a key made by "
                    code { "replytree key add NAME --role ROLE" } ". "
                    code { "Idempotency-Key" } " is honoured on every POST. Errors are "
                    code { "application/problem+json" } ". A list is "
                    code { "{ \"data\": [..], \"next\": cursor or null }" } "; the machine-readable "
                    "form of this page is " a href="/openapi.json" { "/openapi.json" } "."
                }
                @for route in ALL { (section(route)) }
                h2 { "Errors" }
                dl {
                    @for (kind, about) in PROBLEMS {
                        dt id=(kind) { code { (kind) } }
                        dd { (about) }
                    }
                }
            }
        }
    };
    page.into_string()
}

fn section(route: &Route) -> maud::Markup {
    maud::html! {
        h2 { code { (route.method.as_str().to_uppercase()) " " (route.path) } }
        p { (route.about) "." }
        @if !route.query.is_empty() {
            p { "Query:" }
            ul { @for (name, about) in route.query { li { code { (name) } ": " (about) } } }
        }
        @if !route.body.is_empty() {
            p { "Body:" }
            ul {
                @for (name, kind, about) in route.body {
                    li {
                        code { (name) } " (" (kind.trim_end_matches('?'))
                        @if kind.ends_with('?') { ", optional" }
                        "): " (about)
                    }
                }
            }
        }
        ul { @for (status, about) in route.answers { li { code { (status) } ": " (about) } } }
    }
}

/// What `type` of a problem may point at.
const PROBLEMS: [(&str, &str); 17] = [
    ("bad-request", "The request cannot be read."),
    (
        "unauthorized",
        "No key was given, or one that is not known or was revoked.",
    ),
    ("forbidden", "The caller may not do this."),
    ("not-found", "There is no such thing."),
    ("method", "The address answers to other methods."),
    ("slow", "The body took longer than 10 seconds."),
    ("conflict", "It cannot be done as things stand."),
    (
        "busy",
        "The lead is in another conversation, named by conversation_id.",
    ),
    ("claimed", "Another agent has it, named by agent."),
    ("too-large", "The body is over the bound."),
    (
        "invalid",
        "A member of the body is missing or wrong; errors says which.",
    ),
    ("consent", "No consent on record lets us text this lead."),
    (
        "key-reused",
        "The Idempotency-Key was used for another body.",
    ),
    ("parked", "A fault of ours; the lead was left as it was."),
    ("not-built", "Not in this build yet."),
    (
        "store",
        "The store could not do it; come again after Retry-After.",
    ),
    (
        "overloaded",
        "Too much at once; come again after Retry-After.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_described_with_its_parameters() {
        let document = document();
        for route in ALL {
            let operation = &document["paths"][route.path][route.method.as_str()];
            assert_eq!(operation["summary"], route.about, "{}", route.path);
            for name in path_parameters(route.path) {
                let parameters = operation["parameters"].as_array().unwrap();
                assert!(
                    parameters.iter().any(|p| p["name"] == name),
                    "{}",
                    route.path
                );
            }
        }
    }
}
