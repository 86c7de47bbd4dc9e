//! Signing in to the console: a link that works once becomes a session in a cookie.
//!
//! Kept are hashes only, in a setting of the store, so that a session outlives a restart.

use std::sync::{PoisonError, RwLock};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use minicbor::{Decode, Encode};
use subtle::ConstantTimeEq;

use crate::lead::Name;
use crate::store::{Role, Store, StoreError};
use crate::time::{Duration, Timestamp};
use crate::web::auth::{Caller, NotSignedIn, key_hash, random_text};
use crate::web::error::Problem;
use crate::web::origin::is_loopback_host;
use crate::web::state::AppState;

const SETTING: &str = "console.sessions";
const SESSION_LIFE: Duration = Duration::days(30);
const LINK_LIFE: Duration = Duration::days(1);
const SESSIONS_MAX: usize = 100;
/// Where the address is not https the browser would refuse the other.
const PLAIN_COOKIE: &str = "replytree_session";
const HOST_COOKIE: &str = "__Host-replytree";

#[derive(Debug, Clone, Default, Encode, Decode)]
struct Kept {
    /// Of the link that was printed last, until it is used.
    #[n(0)]
    link: Option<Pass>,
    #[n(1)]
    sessions: Vec<Pass>,
}

#[derive(Debug, Clone, Encode, Decode)]
struct Pass {
    #[cbor(n(0), with = "minicbor::bytes")]
    hash: [u8; 32],
    #[n(1)]
    name: Name,
    #[n(2)]
    until: Timestamp,
}

impl Pass {
    fn fits(&self, hash: &[u8; 32], now: Timestamp) -> bool {
        bool::from(self.hash.ct_eq(hash)) && now < self.until
    }
}

pub struct Door {
    kept: RwLock<Kept>,
}

impl Door {
    pub fn open(store: &dyn Store) -> Result<Self, StoreError> {
        let kept = match store.setting(SETTING)? {
            // Sessions that cannot be read are signed out, nothing worse.
            Some(bytes) => minicbor::decode(&bytes).unwrap_or_default(),
            None => Kept::default(),
        };
        Ok(Self {
            kept: RwLock::new(kept),
        })
    }

    fn change<T>(
        &self,
        store: &dyn Store,
        change: impl FnOnce(&mut Kept) -> T,
    ) -> Result<T, StoreError> {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = kept.clone();
        let answer = change(&mut next);
        let bytes = minicbor::to_vec(&next).expect("plain values encode");
        store.set_setting(SETTING, &bytes)?;
        *kept = next;
        Ok(answer)
    }

    /// The token of a new sign-in link, when nobody is signed in; it replaces the one before.
    pub fn new_link(
        &self,
        store: &dyn Store,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let anybody = {
            let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
            kept.sessions.iter().any(|session| now < session.until)
        };
        let Some(token) = random_text().ok().filter(|_| !anybody) else {
            return Ok(None);
        };
        let link = Pass {
            hash: key_hash(&token),
            name: Name::from("owner"),
            until: now + LINK_LIFE,
        };
        self.change(store, |kept| kept.link = Some(link))?;
        Ok(Some(token))
    }

    /// The secret of a new session, if the token is that of the link; the link is used up.
    fn sign_in(
        &self,
        store: &dyn Store,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let hash = key_hash(token);
        let Ok(secret) = random_text() else {
            return Ok(None);
        };
        let session = key_hash(&secret);
        self.change(store, |kept| {
            let link = kept.link.take_if(|link| link.fits(&hash, now))?;
            kept.sessions.retain(|session| now < session.until);
            if kept.sessions.len() >= SESSIONS_MAX {
                kept.sessions.remove(0);
            }
            kept.sessions.push(Pass {
                hash: session,
                name: link.name,
                until: now + SESSION_LIFE,
            });
            Some(secret)
        })
    }

    fn sign_out(&self, store: &dyn Store, headers: &HeaderMap) -> Result<(), StoreError> {
        let Some(hash) = session_secret(headers).map(key_hash) else {
            return Ok(());
        };
        self.change(store, |kept| {
            kept.sessions
                .retain(|session| !bool::from(session.hash.ct_eq(&hash)));
        })
    }

    /// Who the request's cookie belongs to.
    pub fn signed_in(&self, headers: &HeaderMap, now: Timestamp) -> Option<Caller> {
        let hash = key_hash(session_secret(headers)?);
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let session = kept.sessions.iter().find(|pass| pass.fits(&hash, now))?;
        Some(Caller {
            name: session.name.clone(),
            role: Role::Admin,
        })
    }
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

/// `GET /sign-in/{token}`: uses up the link.
pub async fn sign_in(
    State(app): State<AppState>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (door, now) = (app.clone(), app.wall());
    let secret = app
        .read(move |store| door.door.sign_in(store, &token, now))
        .await?;
    let Some(secret) = secret else {
        return Ok(NotSignedIn.into_response());
    };
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
    let (door, given) = (app.clone(), headers.clone());
    app.read(move |store| door.door.sign_out(store, &given))
        .await?;
    let cookie = set_cookie(&headers, "", 0);
    let to = [
        (header::SET_COOKIE, cookie),
        (header::LOCATION, HeaderValue::from_static("/")),
    ];
    Ok((StatusCode::SEE_OTHER, to).into_response())
}
