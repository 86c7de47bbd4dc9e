//! Standard Webhooks: who made this request? HMAC-SHA256 over `id.timestamp.body`, in both directions.
//! Source: standardwebhooks.com, version 1.0. Asymmetric `v1a` signatures are not taken.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::carrier::{BadSignature, Misconfigured, RawRequest, proof};
use crate::time::{Duration, Timestamp};

pub const ID: &str = "webhook-id";
pub const TIMESTAMP: &str = "webhook-timestamp";
pub const SIGNATURE: &str = "webhook-signature";

/// How far the sender's clock may be from ours, either way.
pub const TOLERANCE: Duration = Duration::mins(5);
/// How many signatures of one request are looked at.
const SIGNATURES_MAX: usize = 16;

/// A secret as it is written: `whsec_` and base64, or base64 alone.
fn key(secret: &str) -> Option<Vec<u8>> {
    let text = secret.strip_prefix("whsec_").unwrap_or(secret);
    STANDARD.decode(text).ok().filter(|key| !key.is_empty())
}

fn mac(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for piece in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(piece);
    }
    mac.finalize().into_bytes().into()
}

/// The three headers that sign `body`. `id` is the same each time the same thing is sent.
pub fn sign(
    secret: &str,
    id: &str,
    now: Timestamp,
    body: &[u8],
) -> Result<Vec<(String, String)>, Misconfigured> {
    let key = key(secret).ok_or_else(|| {
        Misconfigured("the secret is not `whsec_` followed by base64".to_string())
    })?;
    let timestamp = (now.as_ms() / 1000).to_string();
    let signature = STANDARD.encode(mac(&key, id, &timestamp, body));
    Ok(vec![
        (ID.to_string(), id.to_string()),
        (TIMESTAMP.to_string(), timestamp),
        (SIGNATURE.to_string(), format!("v1,{signature}")),
    ])
}

/// Whether any of the request's signatures was made with any of our secrets, lately.
pub fn verify(secrets: &[&str], request: &RawRequest, now: Timestamp) -> Result<(), BadSignature> {
    let header = |name: &str| {
        request
            .header(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| BadSignature::because(format!("the header `{name}` is missing")))
    };
    let (id, timestamp, signatures) = (header(ID)?, header(TIMESTAMP)?, header(SIGNATURE)?);
    let keys: Vec<Vec<u8>> = secrets.iter().filter_map(|secret| key(secret)).collect();
    if keys.is_empty() {
        return Err(BadSignature::because(
            "the channel has no `secret` that is `whsec_` followed by base64",
        ));
    }
    let signed_at = proof::seconds(timestamp)
        .ok_or_else(|| BadSignature::because(format!("`{TIMESTAMP}` is not a time in seconds")))?;
    let held = signatures
        .split(' ')
        .take(SIGNATURES_MAX)
        .filter_map(|signature| signature.strip_prefix("v1,"))
        .filter_map(|signature| STANDARD.decode(signature).ok())
        .any(|given| {
            keys.iter().any(|key| {
                let ours = mac(key, id, timestamp, &request.body);
                bool::from(ours.as_slice().ct_eq(&given))
            })
        });
    if !held {
        let body = String::from_utf8_lossy(&request.body);
        return Err(BadSignature {
            reason: "no signature of the request fits a secret of the channel".to_string(),
            signed: Some(format!("{id}.{timestamp}.{body}")),
        });
    }
    // After the signature, so that this reason means that nothing else is wrong.
    proof::within(now, signed_at, TOLERANCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &str)], body: &str) -> RawRequest {
        RawRequest {
            method: "POST".to_string(),
            url: "https://example.com/hook".to_string(),
            headers: headers
                .iter()
                .map(|(name, value)| (name.to_lowercase(), value.to_string()))
                .collect(),
            body: body.as_bytes().to_vec(),
        }
    }

    const VECTORS: &str = include_str!("../../tests/webhooks/standard.json");

    #[test]
    fn the_vectors_of_the_official_libraries_are_judged_as_they_judge_them() {
        let vectors: serde_json::Value = serde_json::from_str(VECTORS).unwrap();
        for vector in vectors.as_array().unwrap() {
            let text = |key: &str| vector[key].as_str().unwrap();
            let headers: Vec<(&str, &str)> = vector["headers"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
                .collect();
            let at = Timestamp::from_ms(vector["verify_at_unix"].as_i64().unwrap() * 1000);
            let held = verify(&[text("secret")], &request(&headers, text("body")), at);
            assert_eq!(
                held.is_ok(),
                vector["valid"].as_bool().unwrap(),
                "{}: {held:?}",
                text("name")
            );
        }
    }

    #[test]
    fn what_we_sign_holds_for_five_minutes_and_with_either_secret_while_they_change() {
        let (old, new) = (
            "whsec_b2xkIHNlY3JldCBvZiBvdXJz",
            "whsec_bmV3IHNlY3JldCBvZiBvdXJz",
        );
        let now = Timestamp::from_ms(1_800_000_000_000);
        for (secrets, late, well) in [
            (vec![old], 0, true),
            (vec![new, old], 0, true),
            (vec![new], 0, false),
            (vec![old], 300, true),
            (vec![old], 301, false),
            (vec![old], -300, true),
            (vec![old], -301, false),
        ] {
            let headers = sign(old, "msg_1", now, b"{}").unwrap();
            let borrowed: Vec<(&str, &str)> = headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let at = Timestamp::from_ms(now.as_ms() + late * 1000);
            let held = verify(&secrets, &request(&borrowed, "{}"), at);
            assert_eq!(held.is_ok(), well, "{secrets:?} {late}: {held:?}");
            assert!(verify(&secrets, &request(&borrowed, "{ }"), at).is_err());
        }
    }
}
