//! What every request passes on its way in and every answer on its way out: bounds of size and time,
//! and the headers that tell a browser what not to do.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use axum::body::HttpBody;
use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use tokio::sync::Semaphore;

use crate::runtime::Refusal;
use crate::web::error::Problem;

/// Of a webhook, a form, a page's call.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Of a call of the API.
pub const API_BODY_BYTES_MAX: usize = 1024 * 1024;
/// Of an email with its attachments, which are not kept.
pub const EMAIL_BODY_BYTES_MAX: usize = 12 * 1024 * 1024;
/// How many of those are read at once, so that nobody fills the memory with them.
static EMAIL_ROOM: Semaphore = Semaphore::const_new(8);
/// What is still read of a body that is too large, so that its sender hears why.
const DISCARD_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Where files are taken in: read by its handler, within bounds of its own, once it is known who sends.
pub const UPLOAD_PATH: &str = "/import";
/// From the end of the headers to the end of the body.
pub const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// What every request passes: one layer, since each costs an allocation and a copy of what is inside.
pub async fn pass(request: Request, next: Next) -> Response {
    let seen = Seen::of(&request);
    let mut response = admit(request, next).await;
    protect(response.headers_mut());
    seen.count(response.status());
    response
}

async fn admit(request: Request, next: Next) -> Response {
    let max = match request.uri().path() {
        UPLOAD_PATH => return next.run(request).await,
        "/hooks/email/inbound" => EMAIL_BODY_BYTES_MAX,
        path if path.starts_with("/v1/") => API_BODY_BYTES_MAX,
        _ => BODY_BYTES_MAX,
    };
    let _room = match max {
        EMAIL_BODY_BYTES_MAX => match EMAIL_ROOM.try_acquire() {
            Ok(room) => Some(room),
            Err(_) => return Problem::from(Refusal::Overloaded).into_response(),
        },
        _ => None,
    };
    match with_body(request, max).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// The request with the whole of its body, read within its bounds before anything looks at it.
async fn with_body(request: Request, max: usize) -> Result<Request, Problem> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let body = read_body(body, max).await?;
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// A body within its bounds of size and time.
pub async fn read_body<B>(body: B, max: usize) -> Result<Bytes, Problem>
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    match tokio::time::timeout(BODY_DEADLINE, collect(body, max)).await {
        Ok(bytes) => bytes,
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "slow",
            "the body did not arrive within 10 s",
        )),
    }
}

pub async fn collect<B>(mut body: B, max: usize) -> Result<Bytes, Problem>
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    let mut first = Bytes::new();
    let mut rest: Vec<u8> = Vec::new();
    let mut seen = 0usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::bad_request("the body broke off"))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.len());
        if seen > DISCARD_BYTES_MAX.max(max) {
            break;
        }
        if first.is_empty() {
            // Most bodies come in one piece, which is taken as it is.
            first = data;
        } else if seen <= max {
            rest.extend_from_slice(&data);
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
    if rest.is_empty() {
        return Ok(first);
    }
    rest.splice(0..0, first);
    Ok(Bytes::from(rest))
}

/// A browser runs nothing of ours but our own files, and shows us in no frame.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

fn protect(headers: &mut HeaderMap) {
    const ALWAYS: [(HeaderName, HeaderValue); 7] = [
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(CSP),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    headers.reserve(ALWAYS.len());
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(value);
    }
}

/// A request to be counted and timed by its route, never by its address: that may hold a number.
struct Seen {
    begun: Instant,
    method: &'static str,
    route: Option<MatchedPath>,
}

impl Seen {
    fn of(request: &Request) -> Seen {
        let method = match *request.method() {
            Method::GET => "GET",
            Method::POST => "POST",
            Method::DELETE => "DELETE",
            _ => "other",
        };
        Seen {
            begun: Instant::now(),
            method,
            route: request.extensions().get::<MatchedPath>().cloned(),
        }
    }

    fn count(self, status: StatusCode) {
        let route = self.route.as_ref().map_or("none", MatchedPath::as_str);
        count(self.method, route, status);
        let seconds = self.begun.elapsed().as_secs_f64();
        metrics::histogram!("replytree_http_request_seconds").record(seconds);
    }
}

fn count(method: &str, route: &str, status: StatusCode) {
    let labels = [
        ("method", method.to_string()),
        ("route", route.to_string()),
        ("status", status.as_str().to_string()),
    ];
    metrics::counter!("replytree_http_requests_total", &labels).increment(1);
}

/// The route of the webhooks, as it is counted.
pub const WEBHOOK_ROUTE: &str = "/hooks/{channel}/{kind}";

/// A webhook's figures, looked up once: it is by far the most frequent request.
struct WebhookFigures {
    stored: metrics::Counter,
    seconds: metrics::Histogram,
}

static WEBHOOKS: LazyLock<WebhookFigures> = LazyLock::new(|| WebhookFigures {
    stored: metrics::counter!(
        "replytree_http_requests_total",
        "method" => "POST", "route" => WEBHOOK_ROUTE, "status" => "200"
    ),
    seconds: metrics::histogram!("replytree_http_request_seconds"),
});

/// Passes a webhook that is posted: bounds and figures as in [`pass`]. No browser sees the answer, so of
/// the headers only those that bear on everyone.
pub async fn pass_webhook<B, F>(body: B, answer: impl FnOnce(Bytes) -> F) -> Response
where
    B: HttpBody<Data = Bytes> + Unpin,
    F: Future<Output = Response>,
{
    let begun = Instant::now();
    let mut response = match read_body(body, BODY_BYTES_MAX).await {
        Ok(body) => answer(body).await,
        Err(problem) => problem.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    WEBHOOKS.seconds.record(begun.elapsed().as_secs_f64());
    match response.status() {
        StatusCode::OK => WEBHOOKS.stored.increment(1),
        status => count("POST", WEBHOOK_ROUTE, status),
    }
    response
}
