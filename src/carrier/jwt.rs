//! JSON Web Tokens as carriers sign webhooks with: HMAC only, and only the algorithms that the
//! carrier documents. What the claims must say is the carrier's own matter. Source: RFC 7515, RFC
//! 7519.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value as Json;

use crate::carrier::BadSignature;
use crate::carrier::proof::{self, Hash};

const TOKEN_LEN_MAX: usize = 8192;

/// The algorithms a token may name. `none` is no algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithms {
    Hs256,
    Hs256To512,
}

impl Algorithms {
    fn find(self, name: &str) -> Option<Hash> {
        match (self, name) {
            (_, "HS256") => Some(Hash::Sha256),
            (Algorithms::Hs256To512, "HS384") => Some(Hash::Sha384),
            (Algorithms::Hs256To512, "HS512") => Some(Hash::Sha512),
            (Algorithms::Hs256 | Algorithms::Hs256To512, _) => None,
        }
    }
}

/// The claims of a token that one of the secrets signed. Times are not judged.
pub fn claims(token: &str, secrets: &[&str], algorithms: Algorithms) -> Result<Json, BadSignature> {
    let bad = || BadSignature::because("the token is not a JSON Web Token");
    if token.len() > TOKEN_LEN_MAX {
        return Err(bad());
    }
    let (signed, signature) = token.rsplit_once('.').ok_or_else(bad)?;
    let (header, payload) = signed.split_once('.').ok_or_else(bad)?;
    let header = part(header).ok_or_else(bad)?;
    let named = header["alg"].as_str().unwrap_or("");
    let hash = algorithms
        .find(named)
        .ok_or_else(|| BadSignature::because("the token's `alg` is not one this carrier uses"))?;
    let given = URL_SAFE_NO_PAD.decode(signature).map_err(|_| bad())?;
    let held = secrets.iter().any(|secret| {
        let ours = proof::hmac(hash, secret.as_bytes(), &[signed.as_bytes()]);
        proof::same(&ours, &given)
    });
    if !held {
        return Err(proof::mismatch(signed));
    }
    part(payload).ok_or_else(bad)
}

/// Whether the claim of this name is the SHA-256 of `bytes` in hex.
pub fn hash_claim(claims: &Json, name: &str, bytes: &[u8]) -> bool {
    let given = claims[name].as_str().unwrap_or("").to_ascii_lowercase();
    proof::same(
        proof::hex(&proof::sha256(bytes)).as_bytes(),
        given.as_bytes(),
    )
}

fn part(text: &str) -> Option<Json> {
    let json: Json = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    json.is_object().then_some(json)
}
