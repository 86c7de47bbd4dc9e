//! What every request passes on its way in and every answer on its way out: bounds of size and time,
//! and the headers that tell a browser what not to do.

use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;

use crate::web::error::Problem;

/// Of a webhook, a form, a page's call.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Of a call of the API.
pub const API_BODY_BYTES_MAX: usize = 1024 * 1024;
/// What is still read of a body that is too large, so that its sender hears why.
const DISCARD_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Where files are taken in: read by its handler, within bounds of its own, once it is known who sends.
pub const UPLOAD_PATH: &str = "/import";
/// From the end of the headers to the end of the body.
pub const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// Reads the whole body before anything looks at it, within its bounds.
pub async fn body(request: Request, next: Next) -> Response {
    if request.uri().path() == UPLOAD_PATH {
        return next.run(request).await;
    }
    let max = match request.uri().path().starts_with("/v1/") {
        true => API_BODY_BYTES_MAX,
        false => BODY_BYTES_MAX,
    };
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(BODY_DEADLINE, collect(body, max)).await {
        Ok(Ok(bytes)) => {
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        Ok(Err(problem)) => problem.into_response(),
        Err(_) => Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "slow",
            "the body did not arrive within 10 s",
        )
        .into_response(),
    }
}

pub async fn collect(mut body: Body, max: usize) -> Result<Bytes, Problem> {
    let mut taken = Vec::new();
    let mut seen = 0usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::bad_request("the body broke off"))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.len());
        if seen > max.max(DISCARD_BYTES_MAX) {
            break;
        }
        if seen <= max {
            taken.extend_from_slice(&data);
        }
    }
    if seen > max {
        let detail = format!("the body is over {} KiB", max / 1024);
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            detail,
        ));
    }
    Ok(Bytes::from(taken))
}

/// A browser runs nothing of ours but our own files, and shows us in no frame.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", CSP),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers
            .entry(HeaderName::from_static(name))
            .or_insert(HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Counts and times requests by route, never by address: an address may hold a number.
pub async fn measure(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none".to_string(), |path| path.as_str().to_string());
    let method = request.method().as_str().to_string();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    let labels = [("method", method), ("route", route), ("status", status)];
    metrics::counter!("replytree_http_requests_total", &labels).increment(1);
    metrics::histogram!("replytree_http_request_seconds").record(begun.elapsed().as_secs_f64());
    response
}
