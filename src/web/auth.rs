//! Who calls, and what they may do. One table says which role has which right; what is not in it is
//! denied.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::lead::Name;
use crate::store::{ApiKey, Role, Used};
use crate::time::Timestamp;
use crate::web::error::Problem;
use crate::web::state::AppState;
use crate::web::throttle::{KEY_PER_MINUTE, Rate};
use crate::web::{origin, session};

/// What a route may need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    ReadLeads,
    WriteLeads,
    Enroll,
    TellEvents,
    ReadConversations,
    /// Speaking, taking over, claiming and ending handoffs.
    Serve,
    ReadConsents,
    WriteConsents,
    ReadReports,
    ReadFlows,
    Listen,
    Erase,
    ReadMetrics,
    /// Channels, queues, keys and accounts, as they stand.
    ReadSystem,
    ReadAudit,
    /// Accounts, keys and sessions of others.
    Manage,
    UseSandbox,
    RunChannels,
}

use Right::*;

/// Where a role has its rights.
const ADMIN: &[Right] = &[
    ReadLeads,
    WriteLeads,
    Enroll,
    TellEvents,
    ReadConversations,
    Serve,
    ReadConsents,
    WriteConsents,
    ReadReports,
    ReadFlows,
    Listen,
    Erase,
    ReadMetrics,
    ReadSystem,
    ReadAudit,
    Manage,
    UseSandbox,
    RunChannels,
];
/// Conversations that another agent has are not shown to them; see `Caller::may_see`.
const AGENT: &[Right] = &[ReadLeads, ReadConversations, Serve, ReadFlows, Listen];
const AUDITOR: &[Right] = &[
    ReadConsents,
    ReadReports,
    ReadFlows,
    ReadMetrics,
    ReadSystem,
    ReadAudit,
];
const AUTHOR: &[Right] = &[ReadFlows, ReadReports];
/// In the sandbox every lead is a test lead.
const AUTHOR_IN_SANDBOX: &[Right] = &[
    ReadLeads,
    WriteLeads,
    Enroll,
    TellEvents,
    ReadConversations,
    Listen,
    UseSandbox,
];

/// Someone who was recognized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Of the key, or of the person signed in.
    pub name: Name,
    pub role: Role,
    pub via: Via,
}

/// How they were recognized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    Key,
    /// The session of this hash.
    Session([u8; 32]),
}

impl Caller {
    pub fn has(&self, right: Right, app: &AppState) -> bool {
        let rights = match self.role {
            Role::Admin => ADMIN,
            Role::Agent => AGENT,
            Role::Auditor => AUDITOR,
            Role::Author => AUTHOR,
        };
        let test_leads = self.role == Role::Author && app.sandbox.is_some();
        rights.contains(&right) || (test_leads && AUTHOR_IN_SANDBOX.contains(&right))
    }

    /// An agent sees what is theirs and what nobody has.
    pub fn may_see(&self, holder: Option<&str>) -> bool {
        self.role != Role::Agent || holder.is_none_or(|holder| *self.name == *holder)
    }

    /// The agent that a call speaks for: an agent only for themselves.
    pub fn agent(&self, named: Option<&str>) -> Result<String, Problem> {
        match named.map(str::trim).filter(|named| !named.is_empty()) {
            Some(named) if self.role == Role::Agent && *self.name != *named => Err(
                Problem::forbidden("an agent's key speaks for that agent alone"),
            ),
            Some(named) => Ok(named.to_string()),
            None => Ok(self.name.to_string()),
        }
    }
}

/// Ensures that the caller has the right.
pub fn require(caller: &Caller, right: Right, app: &AppState) -> Result<(), Problem> {
    if caller.has(right, app) {
        return Ok(());
    }
    Err(Problem::forbidden(format!(
        "the role {} may not do this",
        caller.role.as_str()
    )))
}

/// Who sent this request: a key, else a session. A session counts for a call that changes something
/// only when the call came from our own pages.
pub async fn identify(
    app: &AppState,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<Caller>, Problem> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let key = value
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, key)| key.trim());
        return match key {
            Some(key) => by_key(app, key).await,
            None => Ok(None),
        };
    }
    let Some(caller) = session::signed_in(app, headers).await? else {
        return Ok(None);
    };
    if !method.is_safe() && !origin::is_own(headers, &app.live().public_url) {
        return Err(Problem::forbidden(
            "a call with a session must come from the console's own pages",
        ));
    }
    Ok(Some(caller))
}

async fn by_key(app: &AppState, key: &str) -> Result<Option<Caller>, Problem> {
    let hash = key_hash(key);
    let found = app.read(move |store| store.find_key(&hash)).await?;
    let now = app.wall();
    let good = found.filter(|key| {
        let in_time = key.expires.is_none_or(|end| now < end);
        key.revoked.is_none() && in_time && bool::from(key.hash.ct_eq(&hash))
    });
    let Some(key) = good else {
        return Ok(None);
    };
    let rate = Rate::per_minute(key.per_minute.unwrap_or(KEY_PER_MINUTE));
    app.calls.take(hash, rate, now)?;
    app.trail.used(Used::Key(hash, now));
    Ok(Some(Caller {
        name: key.name,
        role: key.role,
        via: Via::Key,
    }))
}

pub fn key_hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// A new key: what its owner is shown once, and what the store keeps.
pub fn new_key(name: Name, role: Role, now: Timestamp) -> Result<(String, ApiKey), NoRandomness> {
    let key = format!("rt_{}", random_text()?);
    let kept = ApiKey {
        name,
        hash: key_hash(&key),
        role,
        created: now,
        revoked: None,
        expires: None,
        used: None,
        per_minute: None,
    };
    Ok((key, kept))
}

/// The system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the system gave no random bytes")]
pub struct NoRandomness;

/// 256 random bits, in characters that a URL takes as they are.
pub fn random_text() -> Result<String, NoRandomness> {
    use base64::Engine as _;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random_bytes()?))
}

pub fn random_bytes() -> Result<[u8; 32], NoRandomness> {
    random()
}

pub fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// For pages: whoever is not signed in is told how to.
pub struct NotSignedIn;

impl IntoResponse for NotSignedIn {
    fn into_response(self) -> Response {
        let page = crate::web::console::signin::page("", None);
        (StatusCode::UNAUTHORIZED, page).into_response()
    }
}

/// An extractor for the console's pages: the person signed in, or a page that says how to sign in.
impl FromRequestParts<AppState> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Response> {
        if let Some(caller) = parts.extensions.get::<Caller>() {
            return Ok(caller.clone());
        }
        match identify(app, &parts.method, &parts.headers).await {
            Ok(Some(caller)) => Ok(caller),
            Ok(None) => Err(NotSignedIn.into_response()),
            Err(problem) => Err(problem.into_response()),
        }
    }
}

impl OptionalFromRequestParts<AppState> for Caller {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &AppState,
    ) -> Result<Option<Self>, Response> {
        identify(app, &parts.method, &parts.headers)
            .await
            .map_err(IntoResponse::into_response)
    }
}
