//! What carriers' signatures are made of: keyed digests, comparisons in constant time, windows of
//! time, passwords. Which bytes are signed is each carrier's own matter.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

use crate::carrier::{BadSignature, RawRequest, Settings};
use crate::time::{Duration, Timestamp};

/// How far a signer's clock may be from ours, where the carrier does not say otherwise.
pub const TOLERANCE: Duration = Duration::mins(5);

/// The digests carriers sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// HMAC of the pieces, one after the other.
pub fn hmac(hash: Hash, key: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
    macro_rules! of {
        ($digest:ty) => {{
            let mac = Hmac::<$digest>::new_from_slice(key);
            let mut mac = mac.expect("HMAC takes a key of any length");
            pieces.iter().for_each(|piece| mac.update(piece));
            mac.finalize().into_bytes().to_vec()
        }};
    }
    match hash {
        Hash::Md5 => of!(Md5),
        Hash::Sha1 => of!(Sha1),
        Hash::Sha256 => of!(Sha256),
        Hash::Sha384 => of!(Sha384),
        Hash::Sha512 => of!(Sha512),
    }
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub fn md5_hex(pieces: &[&[u8]]) -> String {
    let mut digest = Md5::new();
    pieces.iter().for_each(|piece| digest.update(piece));
    hex(&digest.finalize())
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub fn same(ours: &[u8], given: &[u8]) -> bool {
    bool::from(ours.ct_eq(given))
}

/// The value of a request's header; an error that names it when it is missing or empty.
pub fn header<'r>(request: &'r RawRequest, name: &str) -> Result<&'r str, BadSignature> {
    request
        .header(name)
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| BadSignature::because(format!("the header `{name}` is missing")))
}

pub fn secrets<'s>(settings: &Settings<'s>) -> Result<Vec<&'s str>, BadSignature> {
    let secrets = settings.secrets();
    if secrets.is_empty() {
        return Err(BadSignature::because("the channel has no `secret`"));
    }
    Ok(secrets)
}

pub fn mismatch(signed: impl Into<String>) -> BadSignature {
    BadSignature {
        reason: "the signature fits no secret of the channel".to_string(),
        signed: Some(signed.into()),
    }
}

/// A time in whole seconds, as carriers sign it.
pub fn seconds(text: &str) -> Option<i64> {
    (text.len() <= 12 && !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

/// Whether something signed at `secs` is lately signed. Judged after the signature, so that this
/// reason means that nothing else is wrong.
pub fn within(now: Timestamp, secs: i64, tolerance: Duration) -> Result<(), BadSignature> {
    let age = now.as_ms().div_euclid(1000).saturating_sub(secs);
    if age.unsigned_abs() <= tolerance.as_ms().unsigned_abs() / 1000 {
        return Ok(());
    }
    let side = if age > 0 { "ago" } else { "ahead of our clock" };
    Err(BadSignature::because(format!(
        "the signature holds, but it was made {} s {side}; {tolerance} is the most",
        age.unsigned_abs()
    )))
}

/// `Authorization: Basic` for these.
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64(format!("{user}:{password}").as_bytes()))
}

/// Whether the request carries the channel's `username` and `password`; while the password is
/// changed, `secrets` may hold the others.
pub fn password_holds(settings: &Settings, request: &RawRequest) -> Result<(), BadSignature> {
    let missing = |what: &str| BadSignature::because(format!("the channel has no `{what}`"));
    let user = settings
        .get("username")
        .ok_or_else(|| missing("username"))?;
    let mut passwords: Vec<&str> = settings.get("password").into_iter().collect();
    passwords.extend(settings.secrets());
    if passwords.is_empty() {
        return Err(missing("password"));
    }
    let given = header(request, "authorization")?;
    let held = passwords
        .iter()
        .any(|password| same(basic(user, password).as_bytes(), given.as_bytes()));
    held.then_some(()).ok_or_else(|| {
        BadSignature::because("`authorization` is not the channel's `username` and `password`")
    })
}
