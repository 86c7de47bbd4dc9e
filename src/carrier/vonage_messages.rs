//! Vonage's Messages API, in its nested (0.1) and its flat (1) shape: JSON, signed by a token that
//! names the body's digest.
//!
//! A webhook without a token is refused; Vonage says that this may happen in rare cases, and sends
//! it again.

use serde_json::{Value as Json, json};

use crate::carrier::jwt::{self, Algorithms};
use crate::carrier::means::{self, ErrorRow, Means};
use crate::carrier::{
    BadSignature, DeliveryStatus, HookEvent, HttpAnswer, HttpRequest, Media, Misconfigured,
    OutgoingSms, RawRequest, Sent, Settings, Took, Unreadable, form, proof, request,
};
use crate::time::Timestamp;

const API: &str = "https://api.nexmo.com";

const ERRORS: &[ErrorRow] = &[
    ("1000", Means::Busy, "throttled"),
    ("1010", Means::Final, "a field is missing"),
    ("1020", Means::Final, "a field is not valid"),
    ("1021", Means::Final, "this field is not valid"),
    ("1022", Means::Final, "a template is not valid"),
    ("1030", Means::Doubtful, "an error within Vonage"),
    (
        "1050",
        Means::Account,
        "the number is barred for this account",
    ),
    (
        "1060",
        Means::Final,
        "a message of the same kind is being sent",
    ),
    ("1080", Means::Account, "the account has not enough credit"),
    (
        "1100",
        Means::Account,
        "the account is not enabled for this",
    ),
    ("1120", Means::Account, "the sender is not valid"),
    ("1160", Means::Final, "outside the allowed window"),
    ("1170", Means::DeadNumber, "the number is not valid"),
    ("1180", Means::Later, "the handset is absent"),
    ("1190", Means::DeadNumber, "the number is absent for good"),
    ("1200", Means::Final, "the recipient bars such texts"),
    ("1210", Means::Final, "held back as spam"),
    ("1220", Means::Later, "the handset is busy"),
    ("1230", Means::Later, "a network error"),
    ("1240", Means::OptedOut, "the recipient has opted out"),
    ("1241", Means::OptedOut, "the recipient has opted out"),
    ("1250", Means::Final, "the text cannot be processed"),
    ("1260", Means::Final, "the destination is not available"),
    ("1270", Means::Final, "the recipient is too young for it"),
    (
        "1280",
        Means::DeadNumber,
        "the number is blocked by its network",
    ),
    (
        "1290",
        Means::Final,
        "the recipient's prepaid credit is used up",
    ),
    ("1300", Means::Final, "not one of the supported channels"),
    ("1320", Means::Final, "sent already"),
    ("1330", Means::Final, "unknown"),
    ("1340", Means::Final, "outside the allowed window"),
    ("1420", Means::Final, "a field is not valid"),
    ("1430", Means::Account, "the credentials are not accepted"),
];

pub fn verify(
    settings: &Settings,
    request: &RawRequest,
    now: Timestamp,
) -> Result<(), BadSignature> {
    let secrets = proof::secrets(settings)?;
    let token = proof::header(request, "authorization")?
        .strip_prefix("Bearer ")
        .ok_or_else(|| BadSignature::because("`authorization` is not a bearer token"))?;
    let claims = jwt::claims(token.trim(), &secrets, Algorithms::Hs256)?;
    if claims["iss"].as_str() != Some("Vonage") {
        return Err(BadSignature::because("the token was not issued by Vonage"));
    }
    if let Some(key) = settings.get("api_key")
        && claims["api_key"].as_str().is_some_and(|given| given != key)
    {
        return Err(BadSignature::because("the token names another `api_key`"));
    }
    let bare = request.body.is_empty() && claims["payload_hash"].is_null();
    if !bare && !jwt::hash_claim(&claims, "payload_hash", &request.body) {
        return Err(BadSignature::because(
            "the token holds, but the body is not the one that its `payload_hash` names",
        ));
    }
    let at = claims["iat"].as_i64();
    let at = at.ok_or_else(|| BadSignature::because("the token does not say when it was made"))?;
    proof::within(now, at, proof::TOLERANCE)
}

/// `{ "type": "sms", "number": "…" }`, or the number alone.
fn party(json: &Json) -> Option<&str> {
    json["number"].as_str().or_else(|| json.as_str())
}

pub fn read(json: &Json, request: &RawRequest) -> Result<Vec<HookEvent>, Unreadable> {
    let channel = json["channel"]
        .as_str()
        .or_else(|| json["from"]["type"].as_str());
    if !matches!(channel, None | Some("sms" | "mms")) {
        return Ok(Vec::new());
    }
    let id = form::id("message_uuid", request::need_text(json, "message_uuid")?)?;
    match json["status"].as_str() {
        Some(status) => receipt(json, id, status, request),
        None => Ok(vec![inbound(json, id)?]),
    }
}

fn inbound(json: &Json, id: &str) -> Result<HookEvent, Unreadable> {
    let nested = &json["message"]["content"];
    let text = json["text"].as_str().or_else(|| nested["text"].as_str());
    let mut media = Vec::new();
    for kind in ["image", "video", "audio", "file", "vcard"] {
        let object = if json[kind].is_object() {
            &json[kind]
        } else {
            &nested[kind]
        };
        if let Some(url) = object["url"].as_str() {
            media.push(Media {
                url: url.to_string(),
                content_type: None,
            });
        }
    }
    let caption = || json["image"]["caption"].as_str();
    let from = party(&json["from"]).ok_or_else(|| form::missing("from"))?;
    Ok(HookEvent::Inbound {
        id: id.to_string(),
        from: form::number("from", from)?,
        to: form::address(party(&json["to"]).ok_or_else(|| form::missing("to"))?),
        text: text.or_else(caption).unwrap_or("").to_string(),
        media,
        at: json["timestamp"].as_str().and_then(form::time),
        took: Took::Nothing,
    })
}

/// The code of an error: a field of its own, the title, or the end of the address in `type`.
fn code(error: &Json) -> Option<String> {
    let digits = |text: &String| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let by_type = || Some(error["type"].as_str()?.rsplit_once('#')?.1.to_string());
    request::plain(&error["code"])
        .or_else(|| request::plain(&error["title"]).filter(digits))
        .or_else(|| by_type().filter(digits))
}

fn said(error: &Json) -> &str {
    ["reason", "detail", "title"]
        .iter()
        .find_map(|key| error[*key].as_str())
        .unwrap_or("")
}

fn receipt(
    json: &Json,
    id: &str,
    status: &str,
    request: &RawRequest,
) -> Result<Vec<HookEvent>, Unreadable> {
    let code = code(&json["error"]);
    let status = match status {
        "submitted" => DeliveryStatus::Sent,
        "delivered" | "read" => DeliveryStatus::Delivered,
        "undeliverable" => DeliveryStatus::Undelivered,
        "rejected" => DeliveryStatus::Failed,
        _ => return Err(Unreadable("`status` is not one of Vonage's".to_string())),
    };
    let reference = json["client_ref"]
        .as_str()
        .and_then(|text| text.parse().ok());
    Ok(vec![HookEvent::Status {
        id: id.to_string(),
        effect: reference.or_else(|| request.effect()),
        from: party(&json["from"]).map(form::address),
        to: party(&json["to"]).map(form::address),
        status,
        error: code
            .as_deref()
            .map(|code| means::error(ERRORS, code, said(&json["error"]))),
        at: json["timestamp"].as_str().and_then(form::time),
        opt_out: code.is_some_and(|code| means(&code) == Means::OptedOut),
    }])
}

pub fn send(settings: &Settings, message: &OutgoingSms) -> Result<HttpRequest, Misconfigured> {
    let key = request::need(settings, "api_key")?;
    let secret = request::need(settings, "api_secret")?;
    let mut body = json!({
        "from": form::bare(request::sender(message.from)?), "to": form::bare(message.to),
        "client_ref": message.effect.to_string(),
    });
    match message.media {
        [] => {
            body["channel"] = "sms".into();
            body["message_type"] = "text".into();
            body["text"] = message.text.into();
        }
        [picture] => {
            body["channel"] = "mms".into();
            body["message_type"] = "image".into();
            body["image"] = json!({ "url": picture });
            if !message.text.is_empty() {
                body["image"]["caption"] = message.text.into();
            }
        }
        [_, _, ..] => {
            return Err(Misconfigured(
                "Vonage carries one picture a message".to_string(),
            ));
        }
    }
    if let Some(url) = message.status_url {
        body["webhook_url"] = url.into();
        body["webhook_version"] = "v1".into();
    }
    let url = format!("{}/v1/messages", request::api(settings, API));
    Ok(request::post_json(url, proof::basic(key, secret), &body))
}

pub fn outcome(answer: &HttpAnswer, json: &Json) -> Sent {
    if (200..=299).contains(&answer.status) {
        return match json["message_uuid"].as_str() {
            Some(id) => Sent::Accepted {
                id: Some(id.to_string()),
            },
            None => means::unreadable(answer),
        };
    }
    let code = code(json).unwrap_or_default();
    means::refused(ERRORS, answer, &code, said(json))
}

pub fn means(code: &str) -> Means {
    means::of(ERRORS, code)
}
