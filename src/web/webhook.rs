//! Webhooks of carriers. 2xx is said only when the reply, what it changed and what is to be sent
//! because of it are on disk. A signature that does not hold leaves nothing but a counter.

use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::carrier::{self, Carrier, DeliveryStatus, HookEvent, RawRequest, Settings, Trust};
use crate::flow::workspace::Channel;
use crate::lead::Name;
use crate::runtime::work::{Inbound, ReceiptStatus};
use crate::runtime::{Done, Refusal, Work, agent_text};
use crate::web::error::Problem;
use crate::web::limits::BODY_BYTES_MAX;
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
    match take(&app, &channel, request).await {
        Ok(response) => response,
        Err(problem) => {
            let reason = problem.status().as_u16().to_string();
            metrics::counter!("replytree_webhooks_refused_total", "status" => reason).increment(1);
            problem.into_response()
        }
    }
}

/// A channel of the workspace, or the sandbox's own.
fn find_channel(app: &AppState, name: &str) -> Option<Channel> {
    let live = app.live();
    let known = live.workspace.channels.get(name).cloned();
    known.or_else(|| {
        (name == SANDBOX_CHANNEL && app.sandbox.is_some()).then(|| Channel {
            carrier: Name::from(SANDBOX_CHANNEL),
            from: Vec::new(),
            settings: Default::default(),
            rate: None,
            api: None,
        })
    })
}

async fn take(app: &AppState, name: &str, request: Request) -> Result<Response, Problem> {
    let channel = find_channel(app, name).ok_or_else(|| Problem::not_found("channel"))?;
    let carrier = carrier::find(&channel.carrier).ok_or_else(|| Problem::not_found("carrier"))?;
    if !carrier.methods().contains(&request.method().as_str()) {
        let detail = "this carrier's webhooks come another way";
        return Err(Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method",
            detail,
        ));
    }
    let local = origin::is_this_machine(request.extensions(), request.headers());
    if carrier.trust() == Trust::ThisMachine && app.sandbox.is_none() && !local {
        return Err(Problem::forbidden(
            "unsigned webhooks are taken in the sandbox and from this machine only",
        ));
    }
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, BODY_BYTES_MAX)
        .await
        .map_err(|_| Problem::bad_request("the body broke off"))?;
    let raw = raw(app, &parts.method, &parts.uri, &parts.headers, &body);
    let settings = Settings {
        values: &channel.settings,
        api: channel.api.as_deref(),
    };
    carrier
        .verify(&settings, &raw, app.wall())
        .map_err(|bad| Problem::forbidden(bad.reason))?;
    let events = carrier
        .read(&settings, &raw)
        .map_err(|unreadable| Problem::bad_request(unreadable.0))?;
    commit(app, &Name::from(name), events).await?;
    Ok(answer(carrier))
}

/// The request as the carrier signed it: at the address we told it, never at one it told us.
fn raw(
    app: &AppState,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
) -> RawRequest {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    RawRequest {
        method: method.as_str().to_string(),
        url: format!("{}{path}", app.live().public_url),
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
async fn commit(app: &AppState, channel: &Name, events: Vec<HookEvent>) -> Result<(), Problem> {
    let works: Vec<Work> = events
        .into_iter()
        .filter_map(|event| work(channel, event))
        .collect();
    let turns = works.into_iter().map(|work| turn(app, work));
    for answer in futures_util::future::join_all(turns).await {
        match answer {
            Ok(done) if done.duplicate => {
                metrics::counter!("replytree_webhooks_repeated_total").increment(1);
            }
            Ok(_) => {}
            Err(
                refusal @ (Refusal::Overloaded
                | Refusal::Store(_)
                | Refusal::Parked
                | Refusal::Conflict(_)
                | Refusal::NotFound(_)),
            ) => return Err(again(refusal)),
            // Read, and of no consequence: the same again would not be either.
            Err(
                Refusal::NoFlow(_)
                | Refusal::Busy(_)
                | Refusal::Field { .. }
                | Refusal::Consent(_)
                | Refusal::Claimed { .. }
                | Refusal::Invalid(_),
            ) => {}
        }
    }
    Ok(())
}

/// A lead's text goes to the committer with all else; an agent's is heard on its own.
async fn turn(app: &AppState, work: Work) -> Result<Done, Refusal> {
    let agents = |inbound: &Inbound| app.live().workspace.agent_of(inbound.from).is_some();
    match work {
        Work::Inbound(inbound) if agents(&inbound) => {
            let engine = app.engine.clone();
            let heard = move || {
                agent_text::hear(&engine, &inbound)
                    .unwrap_or_else(|| engine.turn(Work::Inbound(inbound)))
            };
            let done = tokio::task::spawn_blocking(heard).await;
            app.due.notify_one();
            done.unwrap_or(Err(Refusal::Parked))
        }
        work => app.committer.turn(work).await,
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

fn work(channel: &Name, event: HookEvent) -> Option<Work> {
    match event {
        HookEvent::Inbound {
            id,
            from,
            to,
            text,
            media,
            at,
            // Every reply is searched for an opt-out, whatever the carrier says of it.
            opt_out: _,
        } => Some(Work::Inbound(Inbound {
            channel: channel.clone(),
            id,
            from,
            to,
            text,
            media: media.into_iter().map(|media| media.url).collect(),
            written: at,
        })),
        // A part is a reply of its own until parts are kept and joined (`carrier::join`).
        HookEvent::InboundPart(part) => Some(Work::Inbound(Inbound {
            channel: channel.clone(),
            id: part.id,
            from: part.from,
            to: part.to,
            text: part.text,
            media: Vec::new(),
            written: part.at,
        })),
        HookEvent::Confirm { url } => {
            tracing::warn!(channel = %channel, url, "open this address to confirm the subscription");
            None
        }
        HookEvent::Status {
            effect,
            status,
            error,
            ..
        } => {
            let effect = effect?;
            let status = match status {
                DeliveryStatus::Queued => return None,
                DeliveryStatus::Sent => ReceiptStatus::Sent,
                DeliveryStatus::Delivered => ReceiptStatus::Delivered,
                DeliveryStatus::Undelivered => ReceiptStatus::Undelivered,
                DeliveryStatus::Failed => ReceiptStatus::Failed,
            };
            Some(Work::Receipt {
                lead: effect.lead,
                seq: effect.seq,
                status,
                error: error.map(|error| error.to_string()),
            })
        }
    }
}

fn answer(carrier: &dyn Carrier) -> Response {
    let answer = carrier.answer();
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let kind = [(header::CONTENT_TYPE, answer.content_type)];
    (status, kind, answer.body).into_response()
}
