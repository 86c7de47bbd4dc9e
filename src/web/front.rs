//! What a connection talks to. A carrier's webhook, by far the most frequent request, goes from here
//! straight to its handler: the router's way there copies a request and its answer several times.
//! Everything else goes to the router.

use std::convert::Infallible;

use axum::body::{Bytes, HttpBody};
use axum::http::{Method, Request};
use axum::response::Response;
use axum::{BoxError, Router};
use tower::{Service, service_fn};

use crate::web::state::AppState;
use crate::web::{limits, webhook};

/// Everything that is served, to each connection a clone of it.
pub fn front<B>(
    app: AppState,
) -> impl Service<Request<B>, Response = Response, Error = Infallible, Future: Send> + Clone + Send
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    let router = crate::web::router(app.clone());
    service_fn(move |request| answer(app.clone(), router.clone(), request))
}

async fn answer<B>(
    app: AppState,
    mut router: Router,
    request: Request<B>,
) -> Result<Response, Infallible>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    if request.method() != Method::POST || webhook_of(request.uri().path()).is_none() {
        return router.call(request).await;
    }
    let (parts, body) = request.into_parts();
    let channel = webhook_of(parts.uri.path()).unwrap_or_default();
    let stored = |body| webhook::answer_to(&app, channel, &parts, body);
    Ok(limits::pass_webhook(body, stored).await)
}

/// The channel whose webhook this is, where it is written plainly. `email` is a route of its own.
fn webhook_of(path: &str) -> Option<&str> {
    let (channel, kind) = path.strip_prefix("/hooks/")?.split_once('/')?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let known = matches!(kind, "inbound" | "status") && channel != "email";
    (known && !channel.is_empty() && channel.bytes().all(plain)).then_some(channel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_address_of_a_webhook_goes_past_the_router() {
        for (path, channel) in [
            ("/hooks/main/inbound", Some("main")),
            ("/hooks/my-twilio_2/status", Some("my-twilio_2")),
            ("/hooks/email/inbound", None),
            ("/hooks/main", None),
            ("/hooks/main/other", None),
            ("/hooks/main/inbound/", None),
            ("/hooks//inbound", None),
            ("/hooks/m%61in/inbound", None),
            ("/v1/leads", None),
        ] {
            assert_eq!(webhook_of(path), channel, "{path}");
        }
    }
}
