//! Amazon SNS: whether a notification is from a topic of ours, and which certificate proves it.
//!
//! Anybody can have a topic whose notifications are well signed: the topic must be one that the
//! channel names. The certificate and the address that confirms a subscription must be SNS's own
//! hosts. Fetching is the caller's. Source: docs.aws.amazon.com/sns, "Verifying the signatures of
//! Amazon SNS messages".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use crate::carrier::{
    BadSignature, CERTIFICATE, RawRequest, Settings, Unreadable, form, proof, request,
};
use crate::time::{Duration, Timestamp};

/// SNS tries an HTTPS endpoint again for at most an hour.
const WINDOW: Duration = Duration::mins(65);
const CERTIFICATE_LEN_MAX: usize = 16 * 1024;

const NOTIFICATION: [&str; 6] = [
    "Message",
    "MessageId",
    "Subject",
    "Timestamp",
    "TopicArn",
    "Type",
];
const CONFIRMATION: [&str; 7] = [
    "Message",
    "MessageId",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
];

/// What an envelope holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Envelope {
    Notification {
        message: Json,
    },
    /// Somebody, we hope ourselves, subscribed our address.
    Confirmation {
        url: String,
    },
    /// Our address was taken off.
    Farewell,
}

pub fn certificate_url(
    settings: &Settings,
    request: &RawRequest,
) -> Result<Option<String>, BadSignature> {
    let json = envelope(request)?;
    of_our_topic(settings, &json)?;
    let url = json["SigningCertURL"].as_str().unwrap_or("");
    if !is_sns(url) || !url.ends_with(".pem") {
        return Err(BadSignature::because(
            "`SigningCertURL` is not an address of Amazon SNS",
        ));
    }
    Ok(Some(url.to_string()))
}

fn of_our_topic(settings: &Settings, json: &Json) -> Result<(), BadSignature> {
    let topics = settings.get("application").ok_or_else(|| {
        BadSignature::because("the channel has no `application`, the ARN of its SNS topic")
    })?;
    let topic = json["TopicArn"].as_str().unwrap_or("");
    let known = topics
        .split([',', ' ', '\n'])
        .any(|known| !known.is_empty() && known == topic);
    known
        .then_some(())
        .ok_or_else(|| BadSignature::because("the topic is not the channel's `application`"))
}

pub fn verify(
    settings: &Settings,
    request: &RawRequest,
    now: Timestamp,
) -> Result<(), BadSignature> {
    let json = envelope(request)?;
    certificate_url(settings, request)?;
    let certificate = settings.get(CERTIFICATE).ok_or_else(|| {
        BadSignature::because("the certificate at `SigningCertURL` was not to be had")
    })?;
    let key = rsa_key(certificate)
        .ok_or_else(|| BadSignature::because("the certificate holds no RSA key"))?;
    let signed = signed(&json)?;
    let given = STANDARD
        .decode(json["Signature"].as_str().unwrap_or(""))
        .map_err(|_| BadSignature::because("`Signature` is not base64"))?;
    let algorithm: &dyn ring::signature::VerificationAlgorithm =
        match json["SignatureVersion"].as_str() {
            Some("1") => &ring::signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            Some("2") => &ring::signature::RSA_PKCS1_2048_8192_SHA256,
            _ => {
                return Err(BadSignature::because(
                    "`SignatureVersion` is neither 1 nor 2",
                ));
            }
        };
    let key = ring::signature::UnparsedPublicKey::new(algorithm, key);
    if key.verify(signed.as_bytes(), &given).is_err() {
        let mut error = proof::mismatch(signed);
        error.reason = "the signature does not fit the certificate".to_string();
        return Err(error);
    }
    let at = json["Timestamp"].as_str().and_then(form::time);
    let at = at.ok_or_else(|| BadSignature::because("`Timestamp` is not a time"))?;
    proof::within(now, at.as_ms().div_euclid(1000), WINDOW)
}

pub fn read(request: &RawRequest) -> Result<Envelope, Unreadable> {
    let json = request::body_json(request)?;
    match request::need_text(&json, "Type")? {
        "Notification" => {
            let message = request::need_text(&json, "Message")?;
            let message = serde_json::from_str(message)
                .map_err(|error| Unreadable(format!("`Message` is not JSON: {error}")))?;
            Ok(Envelope::Notification { message })
        }
        "SubscriptionConfirmation" => {
            let url = request::need_text(&json, "SubscribeURL")?;
            is_sns(url)
                .then(|| Envelope::Confirmation {
                    url: url.to_string(),
                })
                .ok_or_else(|| {
                    Unreadable("`SubscribeURL` is not an address of Amazon SNS".to_string())
                })
        }
        "UnsubscribeConfirmation" => Ok(Envelope::Farewell),
        _ => Err(Unreadable("`Type` is not one of SNS's".to_string())),
    }
}

fn envelope(request: &RawRequest) -> Result<Json, BadSignature> {
    request::body_json(request).map_err(|error| BadSignature::because(error.0))
}

/// `https://sns.<region>.amazonaws.com/…`, without a port or anything before the host.
fn is_sns(url: &str) -> bool {
    let Some((host, _)) = url
        .strip_prefix("https://")
        .and_then(|rest| rest.split_once('/'))
    else {
        return false;
    };
    let region = host.strip_prefix("sns.").and_then(|rest| {
        rest.strip_suffix(".amazonaws.com")
            .or_else(|| rest.strip_suffix(".amazonaws.com.cn"))
    });
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    region.is_some_and(|region| !region.is_empty() && region.bytes().all(plain))
}

/// The names and values that are signed, each on a line of its own.
fn signed(json: &Json) -> Result<String, BadSignature> {
    let keys: &[&str] = match json["Type"].as_str() {
        Some("Notification") => &NOTIFICATION,
        Some("SubscriptionConfirmation" | "UnsubscribeConfirmation") => &CONFIRMATION,
        _ => return Err(BadSignature::because("`Type` is not one of SNS's")),
    };
    let mut signed = String::new();
    for key in keys {
        match json[*key].as_str() {
            Some(value) => signed.extend([key, "\n", value, "\n"]),
            None if *key == "Subject" => {}
            None => return Err(BadSignature::because(format!("`{key}` is missing"))),
        }
    }
    Ok(signed)
}

/// The RSA key (PKCS#1 DER) in a certificate in PEM. Only what leads to the key is read: that the
/// certificate is Amazon's is known by the host that it was fetched from.
fn rsa_key(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let text: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    let der = STANDARD
        .decode(text)
        .ok()
        .filter(|der| der.len() <= CERTIFICATE_LEN_MAX)?;
    let (certificate, _) = der_value(&der, SEQUENCE)?;
    let (mut to_be_signed, _) = der_value(certificate, SEQUENCE)?;
    if let Some((_, rest)) = der_value(to_be_signed, VERSION) {
        to_be_signed = rest;
    }
    // Serial number, algorithm, issuer, validity, subject.
    for tag in [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE] {
        (_, to_be_signed) = der_value(to_be_signed, tag)?;
    }
    let (key_info, _) = der_value(to_be_signed, SEQUENCE)?;
    let (algorithm, rest) = der_value(key_info, SEQUENCE)?;
    if !algorithm.starts_with(&RSA_ENCRYPTION) {
        return None;
    }
    let (bits, _) = der_value(rest, BIT_STRING)?;
    bits.strip_prefix(&[0]).map(<[u8]>::to_vec)
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
/// 1.2.840.113549.1.1.1
const RSA_ENCRYPTION: [u8; 11] = [
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
];

/// The value at the start of `der`, if it has this tag, and what comes after it.
fn der_value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    if *found != tag {
        return None;
    }
    let (len, rest) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest),
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => {
            let (high, low) = (*rest.first()?, *rest.get(1)?);
            (usize::from(high) << 8 | usize::from(low), rest.get(2..)?)
        }
        _ => return None,
    };
    (len <= rest.len()).then(|| rest.split_at(len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_sns_itself_are_followed() {
        for (url, well) in [
            ("https://sns.us-west-2.amazonaws.com/x.pem", true),
            ("https://sns.cn-north-1.amazonaws.com.cn/x.pem", true),
            ("http://sns.us-west-2.amazonaws.com/x.pem", false),
            ("https://sns.us-west-2.amazonaws.com:444/x.pem", false),
            (
                "https://sns.us-west-2.amazonaws.com.evil.example/x.pem",
                false,
            ),
            ("https://sns.evil.example/a.amazonaws.com/x.pem", false),
            ("https://evil@sns.us-west-2.amazonaws.com/x.pem", false),
            ("https://s3.us-west-2.amazonaws.com/x.pem", false),
            ("https://sns.amazonaws.com/x.pem", false),
            ("", false),
        ] {
            assert_eq!(is_sns(url), well, "{url}");
        }
    }
}
