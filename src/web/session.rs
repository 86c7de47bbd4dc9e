//! Sessions: who a browser's cookie belongs to. Kept are hashes only. A session ends by itself, when
//! it is not used for long, when it is revoked, and with its account.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use minicbor::{Decode, Encode};
use subtle::ConstantTimeEq;

use crate::lead::Name;
use crate::store::{Account, Role, Session, Store, StoreError, Used};
use crate::time::{Duration, Timestamp};
use crate::web::auth::{Caller, NoRandomness, Via, key_hash, random_text};
use crate::web::console::signin;
use crate::web::error::Problem;
use crate::web::origin::{self, is_loopback_host};
use crate::web::state::AppState;
use crate::web::trail::Act;

const LINK_SETTING: &str = "console.link";
const SESSION_LIFE: Duration = Duration::days(14);
const UNUSED_MAX: Duration = Duration::days(3);
const LINK_LIFE: Duration = Duration::days(1);
const BROWSER_LEN_MAX: usize = 120;
/// Where the address is not https the browser would refuse the other.
const PLAIN_COOKIE: &str = "replytree_session";
const HOST_COOKIE: &str = "__Host-replytree";

/// The link that was printed last; once used it stays, so that whoever opens it again is told.
#[derive(Debug, Encode, Decode)]
struct Link {
    #[cbor(n(0), with = "minicbor::bytes")]
    hash: [u8; 32],
    #[n(1)]
    until: Timestamp,
    #[n(2)]
    used: Option<Timestamp>,
}

/// Why a sign-in link signs nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoLink {
    Used,
    Expired,
    /// Cut off, or another was printed since.
    Unknown,
}

/// The token of a new sign-in link, where nobody is signed in and no admin has a password; it
/// replaces the one before.
pub fn new_link(store: &dyn Store, now: Timestamp) -> Result<Option<String>, StoreError> {
    let admin = |account: &Account| account.role == Role::Admin && account.can_sign_in();
    let anybody = !store.sessions(now)?.is_empty() || store.accounts()?.iter().any(admin);
    let Some(token) = random_text().ok().filter(|_| !anybody) else {
        return Ok(None);
    };
    let link = Link {
        hash: key_hash(&token),
        until: now + LINK_LIFE,
        used: None,
    };
    let bytes = minicbor::to_vec(&link).expect("plain values encode");
    store.set_setting(LINK_SETTING, &bytes)?;
    Ok(Some(token))
}

/// Uses the link up, if the token is its.
fn use_link(
    store: &dyn Store,
    token: &str,
    now: Timestamp,
) -> Result<Result<(), NoLink>, StoreError> {
    let kept = store.setting(LINK_SETTING)?;
    let link = kept.and_then(|bytes| minicbor::decode::<Link>(&bytes).ok());
    let hash = key_hash(token);
    let Some(link) = link.filter(|link| bool::from(link.hash.ct_eq(&hash))) else {
        return Ok(Err(NoLink::Unknown));
    };
    if link.used.is_some() {
        return Ok(Err(NoLink::Used));
    }
    if now >= link.until {
        return Ok(Err(NoLink::Expired));
    }
    let used = Some(now);
    let bytes = minicbor::to_vec(Link { used, ..link }).expect("plain values encode");
    store.set_setting(LINK_SETTING, &bytes)?;
    Ok(Ok(()))
}

/// Who a session is begun for, and from where.
pub struct Begin {
    pub account: Name,
    /// Of the printed link alone, which belongs to no account.
    pub role: Option<Role>,
    pub address: String,
    pub browser: String,
}

impl Begin {
    pub fn of(account: Name, role: Option<Role>, address: String, headers: &HeaderMap) -> Self {
        let browser = headers.get(header::USER_AGENT);
        let browser = browser.and_then(|it| it.to_str().ok()).unwrap_or_default();
        Begin {
            account,
            role,
            address,
            browser: browser.chars().take(BROWSER_LEN_MAX).collect(),
        }
    }

    /// Begins the session; answers the secret for its cookie.
    pub fn keep(self, store: &dyn Store, now: Timestamp) -> Result<String, BeginError> {
        let secret = random_text()?;
        let session = Session {
            hash: key_hash(&secret),
            account: self.account,
            role: self.role,
            created: now,
            until: now + SESSION_LIFE,
            used: now,
            address: self.address,
            browser: self.browser,
        };
        store.put_session(&session, now)?;
        Ok(secret)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<BeginError> for StoreError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Store(error) => error,
            BeginError::Randomness(error) => StoreError::Refused(error.to_string()),
        }
    }
}

/// Who the request's cookie belongs to, as their account stands now.
pub async fn signed_in(app: &AppState, headers: &HeaderMap) -> Result<Option<Caller>, Problem> {
    let Some(hash) = session_secret(headers).map(key_hash) else {
        return Ok(None);
    };
    let now = app.wall();
    let found = app.read(move |store| who(store, &hash, now)).await?;
    if found.is_some() {
        app.trail.used(Used::Session(hash, now));
    }
    Ok(found)
}

fn who(store: &dyn Store, hash: &[u8; 32], now: Timestamp) -> Result<Option<Caller>, StoreError> {
    let Some(session) = store.session(hash)? else {
        return Ok(None);
    };
    let live = now < session.until && now.since(session.used) < UNUSED_MAX;
    if !live || !bool::from(session.hash.ct_eq(hash)) {
        return Ok(None);
    }
    let role = match session.role {
        Some(role) => Some(role),
        None => store
            .account(&session.account)?
            .filter(Account::can_sign_in)
            .map(|account| account.role),
    };
    Ok(role.map(|role| Caller {
        name: session.account,
        role,
        via: Via::Session(session.hash),
    }))
}

/// The cookie that this address takes.
fn cookie_name(headers: &HeaderMap) -> &'static str {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    match host.is_some_and(is_loopback_host) {
        true => PLAIN_COOKIE,
        false => HOST_COOKIE,
    }
}

fn session_secret(headers: &HeaderMap) -> Option<&str> {
    let wanted = cookie_name(headers);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, secret)| secret)
}

fn set_cookie(headers: &HeaderMap, secret: &str, max_age_s: i64) -> HeaderValue {
    let name = cookie_name(headers);
    let secure = if name == HOST_COOKIE { "; Secure" } else { "" };
    let cookie =
        format!("{name}={secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age_s}{secure}");
    HeaderValue::try_from(cookie).expect("a cookie of ours is a header value")
}

/// Gives the browser its cookie and goes on to `to`, a path of ours.
pub fn welcome(headers: &HeaderMap, secret: &str, to: &str) -> Response {
    let cookie = set_cookie(headers, secret, SESSION_LIFE.as_ms() / 1000);
    let to = HeaderValue::try_from(to).unwrap_or(HeaderValue::from_static("/"));
    let answer = [(header::SET_COOKIE, cookie), (header::LOCATION, to)];
    (StatusCode::SEE_OTHER, answer).into_response()
}

/// `GET /sign-in/{token}`: uses up the link.
pub async fn by_link(
    State(app): State<AppState>,
    Path(token): Path<String>,
    parts: axum::http::request::Parts,
) -> Result<Response, Problem> {
    let headers = parts.headers;
    let address = origin::address(&parts.extensions, &headers);
    let now = app.wall();
    let owner = Name::from("owner");
    let begin = Begin::of(owner.clone(), Some(Role::Admin), address.clone(), &headers);
    let secret = app
        .read(move |store| match use_link(store, &token, now)? {
            Ok(()) => Ok(Ok(begin.keep(store, now)?)),
            Err(no) => Ok(Err(no)),
        })
        .await?;
    let secret = match secret {
        Ok(secret) => secret,
        Err(no) => return Ok(signin::no_link(no)),
    };
    let act = Act::done("signed in by the printed link", "");
    app.trail
        .note_of(owner, Some(Role::Admin), act, &address, now);
    let cookie = set_cookie(&headers, &secret, SESSION_LIFE.as_ms() / 1000);
    // A page that goes on by itself: a SameSite=Strict cookie set on a redirect from elsewhere would
    // not be sent along with it.
    let page = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
        <meta http-equiv=\"refresh\" content=\"0; url=/\">\
        <title>Signed in</title><p>You are signed in. <a href=\"/\">Go on to the console</a>.</html>";
    let headers = [
        (header::SET_COOKIE, cookie),
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((StatusCode::OK, headers, page).into_response())
}

/// `POST /sign-out`.
pub async fn sign_out(
    State(app): State<AppState>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(hash) = session_secret(&headers).map(key_hash) {
        app.read(move |store| store.end_session(&hash)).await?;
    }
    let cookie = set_cookie(&headers, "", 0);
    let to = [
        (header::SET_COOKIE, cookie),
        (header::LOCATION, HeaderValue::from_static("/sign-in")),
    ];
    Ok((StatusCode::SEE_OTHER, to).into_response())
}
