//! Webhooks of carriers. 2xx is said only when the reply, what it changed and what is to be sent
//! because of it are on disk. A signature that does not hold leaves a counter, and in memory why.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::carrier::{
    self, CERTIFICATE, Carrier, CarrierError, DeliveryStatus, EffectRef, HookEvent, Means,
    RawRequest, Settings, Trust,
};
use crate::flow::workspace::Channel;
use crate::lead::{Name, PhoneNumber};
use crate::runtime::early::Unmatched;
use crate::runtime::work::{Inbound, Receipt, ReceiptStatus};
use crate::runtime::{Live, Refusal, Work, agent_text};
use crate::web::error::Problem;
use crate::web::limits::{self, BODY_BYTES_MAX};
use crate::web::origin;
use crate::web::state::AppState;

/// The channel that is always there in the sandbox.
const SANDBOX_CHANNEL: &str = "sandbox";

/// `POST /hooks/{channel}/inbound` and `/status`: one handler, since some carriers post every event
/// to one address.
pub async fn receive(
    State(app): State<AppState>,
    Path((channel, _)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    match limits::read_body(body, BODY_BYTES_MAX).await {
        Ok(body) => answer_to(&app, &channel, &parts, body).await,
        Err(problem) => problem.into_response(),
    }
}

/// The answer to a webhook of this channel.
pub(super) async fn answer_to(
    app: &AppState,
    channel: &str,
    parts: &Parts,
    body: Bytes,
) -> Response {
    match take(app, channel, parts, body).await {
        Ok(response) => response,
        Err(problem) => {
            let reason = problem.status().as_u16().to_string();
            metrics::counter!("replytree_webhooks_refused_total", "status" => reason).increment(1);
            problem.into_response()
        }
    }
}

/// The sandbox's own channel, which is in no workspace.
static SANDBOX: LazyLock<Channel> = LazyLock::new(|| Channel {
    carrier: Name::from(SANDBOX_CHANNEL),
    from: Vec::new(),
    settings: Default::default(),
    rate: None,
    number_rate: None,
    failover: None,
    api: None,
});

/// A channel of the workspace, or the sandbox's own.
fn find_channel<'l>(app: &AppState, live: &'l Live, name: &str) -> Option<&'l Channel> {
    let known = live.workspace.channels.get(name);
    known.or_else(|| (name == SANDBOX_CHANNEL && app.sandbox.is_some()).then(|| &*SANDBOX))
}

async fn take(app: &AppState, name: &str, parts: &Parts, body: Bytes) -> Result<Response, Problem> {
    let live = app.live();
    let channel = find_channel(app, &live, name).ok_or_else(|| Problem::not_found("channel"))?;
    let carrier = carrier::find(&channel.carrier).ok_or_else(|| Problem::not_found("carrier"))?;
    if !carrier.methods().contains(&parts.method.as_str()) {
        let detail = "this carrier's webhooks come another way";
        return Err(Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method",
            detail,
        ));
    }
    let local = || origin::is_this_machine(&parts.extensions, &parts.headers);
    if carrier.trust() == Trust::ThisMachine && app.sandbox.is_none() && !local() {
        return Err(Problem::forbidden(
            "unsigned webhooks are taken in the sandbox and from this machine only",
        ));
    }
    let raw = raw(&live, &parts.method, &parts.uri, &parts.headers, &body);
    let values = settings(app, name, channel, carrier, &raw).await?;
    let settings = Settings {
        values: &values,
        api: channel.api.as_deref(),
    };
    carrier
        .verify(&settings, &raw, app.wall())
        .map_err(|bad| refused(app, name, &bad.reason, &raw))?;
    let events = carrier
        .read(&settings, &raw)
        .map_err(|unreadable| Problem::bad_request(unreadable.0))?;
    drop(raw);
    commit(app, &Name::from(name), carrier, events).await?;
    Ok(answer(carrier))
}

/// The channel's settings, with the certificate that the request is signed by where one is needed.
async fn settings<'c>(
    app: &AppState,
    name: &str,
    channel: &'c Channel,
    carrier: &dyn Carrier,
    raw: &RawRequest,
) -> Result<Cow<'c, BTreeMap<Name, String>>, Problem> {
    let plain = Settings {
        values: &channel.settings,
        api: channel.api.as_deref(),
    };
    let url = carrier
        .certificate_url(&plain, raw)
        .map_err(|bad| refused(app, name, &bad.reason, raw))?;
    let Some(url) = url else {
        return Ok(Cow::Borrowed(&channel.settings));
    };
    let certificate = Box::pin(app.certificates.get(&url)).await;
    let certificate = certificate.ok_or_else(|| not_now("the certificate is not to be had now"))?;
    let mut values = channel.settings.clone();
    values.insert(Name::from(CERTIFICATE), certificate);
    Ok(Cow::Owned(values))
}

/// Kept for whoever sets the channel up; the carrier is told the same.
fn refused(app: &AppState, channel: &str, why: &str, raw: &RawRequest) -> Problem {
    app.refused.note(&Name::from(channel), why, raw, app.wall());
    Problem::forbidden(why)
}

fn not_now(detail: &str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
}

/// The request as the carrier signed it: at the address we told it, never at one it told us.
pub(super) fn raw(
    live: &Live,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
) -> RawRequest {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    RawRequest {
        method: method.as_str().to_string(),
        url: format!("{}{path}", live.public_url),
        headers: headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_string(), value)
            })
            .collect(),
        body: body.to_vec(),
    }
}

/// Everything of one request is on disk, or the carrier is told to come again.
async fn commit(
    app: &AppState,
    channel: &Name,
    carrier: &dyn Carrier,
    events: Vec<HookEvent>,
) -> Result<(), Problem> {
    let events = match <[HookEvent; 1]>::try_from(events) {
        Ok([event]) => return one(app, channel, carrier, event).await,
        Err(events) => events,
    };
    let each = events
        .into_iter()
        .map(|event| one(app, channel, carrier, event));
    for answer in futures_util::future::join_all(each).await {
        answer?;
    }
    Ok(())
}

// What is rare is boxed, for its state would make every reply's larger.
async fn one(
    app: &AppState,
    channel: &Name,
    carrier: &dyn Carrier,
    event: HookEvent,
) -> Result<(), Problem> {
    match event {
        HookEvent::Inbound {
            id,
            from,
            to,
            text,
            media,
            at,
            took,
        } => {
            let inbound = Inbound {
                channel: channel.clone(),
                id,
                from,
                to,
                text,
                media,
                written: at,
                verdict: took,
            };
            taken(agent_text::inbound(&app.engine, &app.committer, inbound).await)
        }
        HookEvent::InboundPart(part) => {
            Box::pin(app.early.part(channel, part)).await.map_err(again)
        }
        // The adapter has found the address to be the carrier's own, and the request signed.
        HookEvent::Confirm { url } => match Box::pin(app.certificates.fetch(&url)).await {
            Some(_) => {
                tracing::info!(%channel, "the subscription is confirmed");
                Ok(())
            }
            None => Err(not_now("the subscription could not be confirmed now")),
        },
        HookEvent::Status {
            id,
            effect,
            to,
            status,
            error,
            opt_out,
            ..
        } => {
            let told = Told {
                id,
                effect,
                to: to.and_then(|to| to.parse().ok()),
                status: receipt_status(status),
                means: means(carrier, error.as_ref(), opt_out),
                error,
            };
            Box::pin(receipt(app, channel, told)).await
        }
    }
}

fn taken(before: Result<bool, Refusal>) -> Result<(), Problem> {
    match before {
        Ok(true) => {
            metrics::counter!("replytree_webhooks_repeated_total").increment(1);
            Ok(())
        }
        Err(refusal) if !refusal.is_for_good() => Err(again(refusal)),
        // Read, and of no consequence: the same again would not be either.
        Ok(false) | Err(_) => Ok(()),
    }
}

/// What a receipt tells.
struct Told {
    id: String,
    effect: Option<EffectRef>,
    to: Option<PhoneNumber>,
    status: ReceiptStatus,
    means: Means,
    error: Option<CarrierError>,
}

/// By our own id where it came back; else by the carrier's and the number it went to.
async fn receipt(app: &AppState, channel: &Name, told: Told) -> Result<(), Problem> {
    if told.means == Means::Account {
        let error = told.error.as_ref().map_or("", |error| error.code.as_str());
        tracing::error!(%channel, error, "a receipt tells of trouble with the account or its sender");
        metrics::counter!(
            "replytree_account_troubles_total", "channel" => channel.to_string()
        )
        .increment(1);
    }
    let error = told.error.map(|error| error.to_string());
    match (told.effect, told.to) {
        (Some(effect), _) => {
            let ours = effect.to_string();
            let work = Work::Receipt(Receipt {
                lead: effect.lead,
                seq: effect.seq,
                status: told.status,
                error,
                means: told.means,
                provider_id: Some(told.id).filter(|id| *id != ours),
            });
            taken(app.committer.take_in(work).await)
        }
        (None, Some(lead)) => {
            let receipt = Unmatched {
                lead,
                provider_id: told.id,
                status: told.status,
                error,
                means: told.means,
            };
            let kept = app.early.receipt(channel, receipt).await;
            kept.map_err(again)
        }
        (None, None) => Ok(()),
    }
}

fn receipt_status(status: DeliveryStatus) -> ReceiptStatus {
    match status {
        DeliveryStatus::Queued => ReceiptStatus::Taken,
        DeliveryStatus::Sent => ReceiptStatus::Sent,
        DeliveryStatus::Delivered => ReceiptStatus::Delivered,
        DeliveryStatus::Undelivered => ReceiptStatus::Undelivered,
        DeliveryStatus::Failed => ReceiptStatus::Failed,
    }
}

fn means(carrier: &dyn Carrier, error: Option<&CarrierError>, opt_out: bool) -> Means {
    match error {
        _ if opt_out => Means::OptedOut,
        Some(error) => carrier.means(&error.code),
        None => Means::Final,
    }
}

/// Not stored: 503, whatever the reason, so that the carrier sends it again.
fn again(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Store(error) => error.into(),
        other => {
            let detail = other.to_string();
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", detail)
        }
    }
}

fn answer(carrier: &dyn Carrier) -> Response {
    let answer = carrier.answer();
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let kind = [(header::CONTENT_TYPE, answer.content_type)];
    (status, kind, answer.body).into_response()
}
