//! Vonage's SMS API: fields in a form, in a query or in JSON, signed by a field of their own.
//!
//! `&` and `=` in values are signed as `_`, so texts that differ only there share a signature. Long
//! texts come in parts. The window for a repeat is a day: Vonage sends the same request again for
//! that long, and a repeat is known by its id. Our effect goes out as `client-ref`, which comes
//! back signed.

use serde_json::Value as Json;

use crate::carrier::form::{self, Form};
use crate::carrier::join::InboundPart;
use crate::carrier::means::{self, ErrorRow, Means};
use crate::carrier::proof::{self, Hash};
use crate::carrier::{
    BadSignature, CarrierError, DeliveryStatus, HookEvent, HttpAnswer, HttpRequest, Misconfigured,
    OutgoingSms, RawRequest, Sent, Settings, Took, Unreadable, request,
};
use crate::lead::PhoneNumber;
use crate::time::{Duration, Timestamp};

const API: &str = "https://rest.nexmo.com";
const WINDOW: Duration = Duration::hours(24);

/// `status` of each part in the answer to a send.
const SEND_ERRORS: &[ErrorRow] = &[
    ("1", Means::Busy, "throttled"),
    ("2", Means::Final, "a field is missing"),
    ("3", Means::Final, "a field is not valid"),
    ("4", Means::Account, "the credentials are not accepted"),
    ("5", Means::Doubtful, "an error within Vonage"),
    ("6", Means::Final, "the text cannot be processed"),
    (
        "7",
        Means::OptedOut,
        "the number is barred: the recipient has opted out",
    ),
    ("8", Means::Account, "the account is barred"),
    ("9", Means::Account, "the account has not enough credit"),
    ("10", Means::Busy, "too many connections"),
    (
        "11",
        Means::Account,
        "the account is not enabled for this API",
    ),
    ("12", Means::Final, "the text is too long"),
    ("14", Means::Account, "our signature is not accepted"),
    ("15", Means::Account, "the sender is not valid"),
    ("22", Means::Final, "the network is not known"),
    ("23", Means::Account, "the callback address is not valid"),
    (
        "29",
        Means::Account,
        "the recipient is not on the trial account's list",
    ),
    (
        "32",
        Means::Account,
        "a signature and a secret together are not allowed",
    ),
    ("33", Means::DeadNumber, "the number is deactivated"),
];

/// `err-code` of a receipt.
const RECEIPT_ERRORS: &[ErrorRow] = &[
    ("1", Means::Final, "Unknown"),
    ("2", Means::Later, "Absent subscriber, for now"),
    ("3", Means::DeadNumber, "Absent subscriber, for good"),
    ("4", Means::Final, "Call barred by the user"),
    ("5", Means::Final, "Portability error"),
    ("6", Means::Final, "Anti-Spam Rejection"),
    ("7", Means::Later, "Handset busy"),
    ("8", Means::Later, "Network error"),
    ("9", Means::OptedOut, "Illegal Number"),
    ("10", Means::Final, "Illegal message"),
    ("11", Means::Final, "Unroutable"),
    ("12", Means::Final, "Destination unreachable"),
    ("13", Means::Final, "Subscriber age restriction"),
    ("14", Means::DeadNumber, "Number blocked by the network"),
    ("15", Means::Final, "Prepaid subscriber without credit"),
    ("99", Means::Final, "General error"),
];

/// GSM 03.38 and its extension: anything else goes as Unicode.
const GSM: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
    ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà\u{c}^{}\\[~]|€";

/// How the account signs, as its settings page names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Md5Hash,
    Hmac(Hash),
}

fn method(settings: &Settings) -> Result<Method, BadSignature> {
    let named = settings
        .get("signature")
        .unwrap_or("sha256")
        .to_ascii_lowercase();
    let named = named
        .trim_end_matches("hmac")
        .trim_end_matches([' ', '-', '_']);
    Ok(match named {
        "md5hash" => Method::Md5Hash,
        "md5" => Method::Hmac(Hash::Md5),
        "sha1" => Method::Hmac(Hash::Sha1),
        "sha256" => Method::Hmac(Hash::Sha256),
        "sha512" => Method::Hmac(Hash::Sha512),
        _ => {
            return Err(BadSignature::because(
                "the channel's `signature` is not md5hash, md5, sha1, sha256 or sha512",
            ));
        }
    })
}

pub fn verify(
    settings: &Settings,
    request: &RawRequest,
    now: Timestamp,
) -> Result<(), BadSignature> {
    let secrets = proof::secrets(settings)?;
    let method = method(settings)?;
    let mut pairs = pairs(request).map_err(|error| BadSignature::because(error.0))?;
    let Some(at) = pairs.iter().position(|(key, _)| key == "sig") else {
        return Err(BadSignature::because("the field `sig` is missing"));
    };
    let given = pairs.remove(at).1.to_ascii_lowercase();
    pairs.sort();
    let signed: String = pairs
        .iter()
        .map(|(key, value)| format!("&{key}={}", value.replace(['&', '='], "_")))
        .collect();
    let held = secrets.iter().any(|secret| {
        let ours = match method {
            Method::Md5Hash => proof::md5_hex(&[signed.as_bytes(), secret.as_bytes()]),
            Method::Hmac(hash) => {
                proof::hex(&proof::hmac(hash, secret.as_bytes(), &[signed.as_bytes()]))
            }
        };
        proof::same(ours.as_bytes(), given.as_bytes())
    });
    if !held {
        return Err(proof::mismatch(signed));
    }
    let at = pairs.iter().find(|(key, _)| key == "timestamp");
    let at = at
        .and_then(|(_, value)| proof::seconds(value))
        .ok_or_else(|| BadSignature::because("the field `timestamp` is not a time in seconds"))?;
    proof::within(now, at, WINDOW)
}

/// The fields, wherever they are.
fn pairs(request: &RawRequest) -> Result<Vec<(String, String)>, Unreadable> {
    let (_, query) = form::split_url(&request.url);
    let first = request.body.iter().find(|byte| !byte.is_ascii_whitespace());
    let bytes = match first {
        Some(b'{') => return json_pairs(&request::body_json(request)?),
        Some(_) => &request.body,
        None => query.unwrap_or("").as_bytes(),
    };
    let pairs = form::decode(bytes).map_err(Unreadable)?;
    Ok(pairs
        .into_iter()
        .map(|(key, value)| (form::text(key).into(), form::text(value).into()))
        .collect())
}

fn json_pairs(json: &Json) -> Result<Vec<(String, String)>, Unreadable> {
    let fields = json.as_object().ok_or_else(|| form::missing("messageId"))?;
    if fields.len() > form::FIELDS_MAX {
        return Err(Unreadable("there are too many fields".to_string()));
    }
    let text = |value: &Json| match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    };
    Ok(fields
        .iter()
        .map(|(key, value)| (key.clone(), text(value)))
        .collect())
}

pub fn read(request: &RawRequest) -> Result<Vec<HookEvent>, Unreadable> {
    let form = Form::from_pairs(pairs(request)?).once_each()?;
    let id = form.any(&["messageId", "message-id"]);
    let id = form::id("messageId", id.ok_or_else(|| form::missing("messageId"))?)?;
    match form.text("status") {
        Some(status) => Ok(vec![receipt(&form, id, status, request)?]),
        None => Ok(vec![inbound(&form, id)?]),
    }
}

fn inbound(form: &Form, id: &str) -> Result<HookEvent, Unreadable> {
    let from = form::number("msisdn", form.need("msisdn")?)?;
    let to = form::address(form.need("to")?);
    let at = form.text("message-timestamp").and_then(form::time);
    let text = form.get("text").unwrap_or("").to_string();
    if let Some(part) = part(form, id, from, &to, &text, at)? {
        return Ok(HookEvent::InboundPart(part));
    }
    Ok(HookEvent::Inbound {
        id: id.to_string(),
        from,
        to,
        text,
        media: Vec::new(),
        at,
        took: Took::Nothing,
    })
}

/// The part of a long text that this is, if it is one.
fn part(
    form: &Form,
    id: &str,
    from: PhoneNumber,
    to: &str,
    text: &str,
    at: Option<Timestamp>,
) -> Result<Option<InboundPart>, Unreadable> {
    if form.text("concat") != Some("true") {
        return Ok(None);
    }
    let number = |key: &str| -> Result<u8, Unreadable> {
        let number: Option<u8> = form.need(key)?.parse().ok();
        number
            .filter(|number| *number > 0)
            .ok_or_else(|| Unreadable(format!("`{key}` is not a number from 1 to 255")))
    };
    let (number, total) = (number("concat-part")?, number("concat-total")?);
    if number > total {
        return Err(Unreadable(
            "`concat-part` is more than `concat-total`".to_string(),
        ));
    }
    Ok((total > 1).then(|| InboundPart {
        id: id.to_string(),
        from,
        to: to.to_string(),
        text: text.to_string(),
        at,
        reference: form.text("concat-ref").unwrap_or("").to_string(),
        number,
        total,
    }))
}

fn receipt(
    form: &Form,
    id: &str,
    status: &str,
    request: &RawRequest,
) -> Result<HookEvent, Unreadable> {
    let code = form.text("err-code").filter(|code| *code != "0");
    let reference = form.any(&["client-ref", "client_ref"]);
    // In a receipt `msisdn` is the lead and `to` our sender.
    let from = form.text("msisdn").and(form.text("to"));
    Ok(HookEvent::Status {
        id: id.to_string(),
        effect: reference
            .and_then(|text| text.parse().ok())
            .or_else(|| request.effect()),
        from: from.map(form::address),
        to: form.any(&["msisdn", "to"]).map(form::address),
        status: match status {
            "accepted" | "buffered" | "unknown" => DeliveryStatus::Sent,
            "delivered" => DeliveryStatus::Delivered,
            "expired" => DeliveryStatus::Undelivered,
            "failed" | "rejected" => DeliveryStatus::Failed,
            _ => return Err(Unreadable("`status` is not one of Vonage's".to_string())),
        },
        error: code.map(|code| means::error(RECEIPT_ERRORS, code, "")),
        at: form.text("message-timestamp").and_then(form::time),
        opt_out: code.is_some_and(|code| means(code) == Means::OptedOut),
    })
}

pub fn send(settings: &Settings, message: &OutgoingSms) -> Result<HttpRequest, Misconfigured> {
    if !message.media.is_empty() {
        return Err(Misconfigured(
            "the SMS API of Vonage carries no pictures; set `mode: messages`".to_string(),
        ));
    }
    let effect = message.effect.to_string();
    let plain = message.text.chars().all(|c| GSM.contains(c));
    let kind = if plain { "text" } else { "unicode" };
    // The receipt names the effect by `client-ref`: our query would be mixed into its own.
    let callback = message.status_url.map(|url| form::split_url(url).0);
    let mut pairs = vec![
        ("api_key", request::need(settings, "api_key")?),
        ("api_secret", request::need(settings, "api_secret")?),
        ("from", form::bare(request::sender(message.from)?)),
        ("to", form::bare(message.to)),
        ("text", message.text),
        ("type", kind),
        ("client-ref", effect.as_str()),
    ];
    pairs.extend(callback.map(|url| ("callback", url)));
    let url = format!("{}/sms/json", request::api(settings, API));
    Ok(request::post_form(url, None, &pairs))
}

/// A long text is answered part by part. If any part was taken, the text is under way.
pub fn outcome(answer: &HttpAnswer, parts: &[Json]) -> Sent {
    let status = |part: &Json| request::plain(&part["status"]).unwrap_or_default();
    if let Some(part) = parts.iter().find(|part| status(part) == "0") {
        return Sent::Accepted {
            id: part["message-id"].as_str().map(str::to_string),
        };
    }
    let Some(first) = parts.first() else {
        return means::unreadable(answer);
    };
    let code = status(first);
    let said = first["error-text"].as_str().unwrap_or("");
    let error: CarrierError = means::error(SEND_ERRORS, &code, said);
    match means::of(SEND_ERRORS, &code) {
        Means::Busy => Sent::Retry {
            after: wait_in(said).unwrap_or_else(|| answer.retry_after(Duration::secs(1))),
            error,
        },
        known => means::sent(known, answer, error),
    }
}

/// The wait that a throttled answer names: "Throughput Rate Exceeded - please wait [ 250 ] and
/// retry".
fn wait_in(text: &str) -> Option<Duration> {
    let (_, rest) = text.split_once('[')?;
    let (ms, _) = rest.split_once(']')?;
    let ms: i64 = ms.trim().parse().ok()?;
    Some(Duration::from_ms(ms.clamp(1, 60_000)))
}

pub fn means(code: &str) -> Means {
    means::of(RECEIPT_ERRORS, code)
}
