//! Mailgun: mail forwarded by a route as a form, and events as JSON. Both carry a signature over a time
//! and a token of its own: HMAC-SHA256 by the HTTP webhook signing key, in hexadecimal. It does not cover
//! the content, so the time is bounded and each mail is taken once.
//! Source: documentation.mailgun.com, "Routes", "Securing webhooks", "Event structure".

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value as Json;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::{Form, Headers, Incoming, Mail, Parts, Returned, str_of};
use crate::time::{Duration, Timestamp};

/// Mailgun tries again for eight hours.
const WINDOW: Duration = Duration::hours(9);

/// Whether the three values are Mailgun's, made with this key within the last hours.
pub fn is_signed(
    key: &str,
    (timestamp, token, signature): (&str, &str, &str),
    now: Timestamp,
) -> bool {
    let Ok(seconds) = timestamp.parse::<i64>() else {
        return false;
    };
    let away = (now.as_ms() / 1000).abs_diff(seconds);
    if token.is_empty() || away > WINDOW.as_ms().unsigned_abs() / 1000 {
        return false;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes any key");
    mac.update(timestamp.as_bytes());
    mac.update(token.as_bytes());
    let ours: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    ours.as_bytes()
        .ct_eq(signature.to_lowercase().as_bytes())
        .into()
}

pub fn mail(form: &Form) -> Mail {
    // A list of lists in JSON: [["Received", "by …"], …].
    let headers: Json = serde_json::from_str(form.get("message-headers")).unwrap_or_default();
    let pairs = headers.as_array().into_iter().flatten();
    let mut headers: Vec<(&str, &str)> = pairs
        .filter_map(|pair| Some((pair[0].as_str()?, pair[1].as_str()?)))
        .collect();
    // Each header is a field too, for services that read those.
    for name in [
        "Message-Id",
        "In-Reply-To",
        "References",
        "Date",
        "Auto-Submitted",
    ] {
        headers.push((name, form.get(name)));
    }
    headers.retain(|(_, value)| !value.is_empty());
    Parts {
        headers: Headers(headers),
        service_id: form.get("token"),
        from: form.get("from"),
        to: format!("{} {}", form.get("recipient"), form.get("To")),
        subject: form.get("subject"),
        text: form.get("body-plain"),
        html: form.get("body-html"),
        stripped: form.get("stripped-text"),
    }
    .mail()
}

pub fn event(data: &Json) -> Option<Incoming> {
    let status = &data["delivery-status"];
    let error = match str_of(status, "message") {
        "" => str_of(status, "description"),
        message => message,
    };
    let returned = Returned {
        address: str_of(data, "recipient").to_string(),
        names: format!(
            "{} {}",
            str_of(&data["message"]["headers"], "message-id"),
            data["user-variables"]
        ),
        error: error.to_string(),
    };
    match (
        str_of(data, "event"),
        str_of(data, "severity"),
        str_of(data, "reason"),
    ) {
        ("complained", _, _) | ("failed", "permanent", "suppress-complaint") => {
            Some(Incoming::Complaint(returned))
        }
        ("unsubscribed", _, _) | ("failed", "permanent", "suppress-unsubscribe") => {
            Some(Incoming::Unsubscribed(returned))
        }
        ("failed", "permanent", _) => Some(Incoming::Bounce(returned)),
        _ => None,
    }
}
