//! `Idempotency-Key`: the same call again gets the same answer and changes nothing.
//!
//! An answer that succeeded is kept under the caller, the call and the key. A call that failed may be
//! tried again under its key. The same key with another body is a mistake of the caller.

use std::sync::PoisonError;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::conversation::ConversationId;
use crate::lead::PhoneNumber;
use crate::store::{HandoffId, SeenKey};
use crate::web::error::Problem;
use crate::web::fields::phone_in_url;
use crate::web::limits::API_BODY_BYTES_MAX;
use crate::web::state::AppState;

const KEY_LEN_MAX: usize = 255;
/// Larger answers are not kept; no call that changes something gives one.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Put into the request: the event of this call is taken once, for ever.
#[derive(Debug, Clone, Copy)]
pub struct Once(pub Option<SeenKey>);

#[derive(Debug, Encode, Decode)]
struct Kept {
    #[cbor(n(0), with = "minicbor::bytes")]
    asked: [u8; 32],
    #[n(1)]
    status: u16,
    #[n(2)]
    kind: String,
    #[cbor(n(3), with = "minicbor::bytes")]
    body: Vec<u8>,
    /// The digits of the lead it was about: by them an erasure finds an answer that tells of the lead
    /// without their number.
    #[n(4)]
    lead: Option<String>,
}

impl Kept {
    fn replay(self, asked: &[u8; 32]) -> Response {
        if self.asked != *asked {
            let detail = "this Idempotency-Key was used for another body";
            return Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key-reused", detail)
                .into_response();
        }
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = (status, self.body).into_response();
        if let Ok(kind) = HeaderValue::from_str(&self.kind) {
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
        }
        response
            .headers_mut()
            .insert("idempotency-replayed", HeaderValue::from_static("true"));
        response
    }
}

/// Holds a key while its first call is being answered.
struct Answering<'a>(&'a AppState, SeenKey);

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        let mut keys = self
            .0
            .answering
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        keys.remove(&self.1);
    }
}

fn given(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > KEY_LEN_MAX {
        return Err(Problem::bad_request(format!(
            "Idempotency-Key must be 1 to {KEY_LEN_MAX} printable characters"
        )));
    }
    Ok(Some(key))
}

/// Runs the call, or gives the answer it got the first time.
pub async fn once(
    app: &AppState,
    caller: &str,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Some(key) = given(request.headers())?.map(str::to_string) else {
        request.extensions_mut().insert(Once(None));
        return Ok(next.run(request).await);
    };
    let scope = format!("api {caller} {}", request.uri().path());
    let seen = SeenKey::of(&scope, &key);
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, API_BODY_BYTES_MAX)
        .await
        .map_err(|_| Problem::bad_request("the body broke off"))?;
    let asked: [u8; 32] = Sha256::digest(&body).into();
    let fresh = {
        let mut keys = app.answering.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(seen)
    };
    if !fresh {
        return Err(Problem::conflict(
            "the first call with this Idempotency-Key is still being answered",
        ));
    }
    let _answering = Answering(app, seen);
    let saved = app.read(move |store| store.saved_answer(&seen)).await?;
    if let Some(kept) = saved.and_then(|bytes| minicbor::decode::<Kept>(&bytes).ok()) {
        return Ok(kept.replay(&asked));
    }
    let mut request = Request::from_parts(parts, Body::from(body));
    request.extensions_mut().insert(Once(Some(seen)));
    let lead = named(app, request.uri().path()).await?;
    keep(app, seen, asked, lead, next.run(request).await).await
}

/// The lead whom the address of a call names: by number, or by something of theirs.
async fn named(app: &AppState, path: &str) -> Result<Option<PhoneNumber>, Problem> {
    for part in path.split('/') {
        let conversation = match part.parse::<HandoffId>() {
            Ok(handoff) => Some(handoff.conversation),
            Err(()) => part.parse::<ConversationId>().ok(),
        };
        if let Some(id) = conversation {
            let found = app.read(move |store| store.conversation(id)).await?;
            return Ok(found.map(|conversation| conversation.lead));
        }
        if let Some(phone) = phone_in_url(&part.replace("%2B", "+"), &app.live().workspace.region) {
            return Ok(Some(phone));
        }
    }
    Ok(None)
}

async fn keep(
    app: &AppState,
    seen: SeenKey,
    asked: [u8; 32],
    lead: Option<PhoneNumber>,
    response: Response,
) -> Result<Response, Problem> {
    if !response.status().is_success() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body: Bytes = to_bytes(body, ANSWER_BYTES_MAX)
        .await
        .map_err(|_| Problem::bad_request("the answer is too large"))?;
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let kept = Kept {
        asked,
        status: parts.status.as_u16(),
        kind: kind
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or("application/json")
            .to_string(),
        body: body.to_vec(),
        lead: lead.map(|lead| lead.digits().to_string()),
    };
    let bytes = minicbor::to_vec(&kept).expect("plain values encode");
    let at = app.now();
    app.read(move |store| store.save_answer(&seen, &bytes, at))
        .await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}
