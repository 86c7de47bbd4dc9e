//! Errors as callers see them: RFC 9457 problem details. What failed inside is logged once, here, and
//! never shown.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value as Json, json};

use crate::runtime::Refusal;
use crate::store::StoreError;

/// After how many seconds a caller who was turned away may come again.
const RETRY_AFTER_S: u32 = 1;

#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    kind: &'static str,
    detail: String,
    /// What is wrong with the body: a JSON pointer (RFC 6901) and why.
    errors: Vec<(String, String)>,
    more: Map<String, Json>,
    retry_after_s: Option<u32>,
}

impl Problem {
    pub fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            more: Map::new(),
            retry_after_s: None,
        }
    }

    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }

    pub fn not_found(what: &str) -> Self {
        let detail = format!("there is no such {what}");
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", detail)
    }

    /// A field of the body is missing or not what it should be.
    pub fn field(pointer: &str, why: impl Into<String>) -> Self {
        let why = why.into();
        let detail = match pointer {
            "" => why.clone(),
            pointer => format!("{pointer}: {why}"),
        };
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail);
        problem.errors.push((pointer.to_string(), why));
        problem
    }

    pub fn overloaded() -> Self {
        let detail = "too much at once; try again shortly";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", detail)
    }

    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "send `Authorization: Bearer KEY` with a key made by `replytree key add`",
        )
    }

    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.more.insert(name.to_string(), value.into());
        self
    }

    /// After how many seconds it is worth to come again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = %chain(&error), "the store failed");
        let detail = "the store could not do it; try again shortly";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "store", detail)
    }
}

/// An error with its causes, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let said = refusal.to_string();
        match refusal {
            Refusal::NoFlow(flow) => {
                Self::new(StatusCode::NOT_FOUND, "not-found", said).with("flow", flow.as_str())
            }
            Refusal::NotFound(what) => Self::not_found(what),
            Refusal::Busy(conversation) => Self::new(StatusCode::CONFLICT, "busy", said)
                .with("conversation_id", conversation.to_string()),
            Refusal::Field { field, problem, .. } => {
                let mut refused = Self::field(&format!("/fields/{field}"), problem);
                refused.detail = said;
                refused.with("field", field.as_str())
            }
            Refusal::Consent(_) => {
                let mut refused = Self::field("/lead/consent", said.clone());
                refused.kind = "consent";
                refused.detail = said;
                refused
            }
            Refusal::Claimed { agent } => {
                Self::new(StatusCode::CONFLICT, "claimed", said).with("agent", agent)
            }
            Refusal::Conflict(_) => Self::conflict(said),
            Refusal::Invalid(_) => Self::field("", said),
            Refusal::Parked => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "parked", said),
            Refusal::Overloaded => Self::overloaded(),
            Refusal::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = self.more;
        body.insert("type".into(), json!(format!("/docs#{}", self.kind)));
        let title = self.status.canonical_reason().unwrap_or("Error");
        body.insert("title".into(), json!(title));
        body.insert("status".into(), json!(self.status.as_u16()));
        body.insert("detail".into(), json!(self.detail));
        if !self.errors.is_empty() {
            let errors: Vec<Json> = self
                .errors
                .iter()
                .map(|(pointer, detail)| json!({ "pointer": pointer, "detail": detail }))
                .collect();
            body.insert("errors".into(), errors.into());
        }
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (
            self.status,
            [(header::CONTENT_TYPE, kind)],
            Json::Object(body).to_string(),
        )
            .into_response();
        let headers = response.headers_mut();
        let unavailable = self.status == StatusCode::SERVICE_UNAVAILABLE;
        let later = self.retry_after_s.or(unavailable.then_some(RETRY_AFTER_S));
        if let Some(seconds) = later {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
