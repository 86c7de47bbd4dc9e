//! MessageBird's REST API, still in use by accounts from before Bird: forms in, status by GET.
//!
//! Its fields have different names for long codes, short codes and pictures, and may be there
//! twice; the last one counts. Source: developers.messagebird.com, and its SDKs' reference cases.

use serde_json::{Value as Json, json};

use crate::carrier::form::{self, Form};
use crate::carrier::jwt::{self, Algorithms};
use crate::carrier::means::{self, ErrorRow, Means};
use crate::carrier::{
    BadSignature, CarrierError, DeliveryStatus, EffectRef, HookEvent, HttpAnswer, HttpRequest,
    Media, Misconfigured, OutgoingSms, RawRequest, Sent, Settings, Took, Unreadable, request,
};
use crate::time::Timestamp;

pub const TOKEN: &str = "messagebird-signature-jwt";
const API: &str = "https://rest.messagebird.com";
/// A token lives for a minute; so much may our clock be behind or ahead, in seconds.
const LEEWAY_S: i64 = 5;

/// `errors[].code` of an answer.
const SEND_ERRORS: &[ErrorRow] = &[
    ("2", Means::Account, "the access key is not accepted"),
    ("9", Means::Final, "a field is missing"),
    ("10", Means::Final, "a field is not valid"),
    ("20", Means::Account, "not found"),
    ("21", Means::Final, "the request is not valid"),
    ("25", Means::Account, "the account has not enough credit"),
    ("98", Means::Account, "there is nothing at this address"),
    ("99", Means::Doubtful, "an error within MessageBird"),
];

/// `statusErrorCode` of a receipt.
const RECEIPT_ERRORS: &[ErrorRow] = &[
    ("1", Means::DeadNumber, "the number is not known"),
    ("27", Means::Later, "the handset is away"),
    ("31", Means::Later, "the handset is busy"),
    ("32", Means::Later, "delivery failed at the handset"),
    ("34", Means::Later, "the network failed"),
    ("101", Means::Final, "the network is not known"),
    (
        "102",
        Means::Final,
        "the sender is blocked by the recipient",
    ),
    ("103", Means::OptedOut, "Contact has sent 'stop'"),
    ("104", Means::Account, "the sender is not registered"),
    ("110", Means::DeadNumber, "the number is not in use"),
];

/// Whether the token was made for this address and this body, lately, with one of our secrets.
pub fn token_holds(
    token: &str,
    secrets: &[&str],
    request: &RawRequest,
    now: Timestamp,
) -> Result<(), BadSignature> {
    let claims = jwt::claims(token.trim(), secrets, Algorithms::Hs256To512)?;
    let bad = |reason: &str| {
        Err(BadSignature {
            reason: reason.to_string(),
            signed: Some(format!("{}\n<the body>", request.url)),
        })
    };
    if claims["iss"].as_str() != Some("MessageBird") {
        return bad("the token was not issued by MessageBird");
    }
    if !jwt::hash_claim(&claims, "url_hash", request.url.as_bytes()) {
        return bad("the token holds, but it was made for another address");
    }
    match (request.body.is_empty(), claims["payload_hash"].is_null()) {
        (true, true) => {}
        (true, false) => return bad("the token holds, but the body it was made for is missing"),
        (false, _) if jwt::hash_claim(&claims, "payload_hash", &request.body) => {}
        (false, _) => return bad("the token holds, but it was made for another body"),
    }
    let now = now.as_ms().div_euclid(1000);
    let (Some(begins), Some(ends)) = (claims["nbf"].as_i64(), claims["exp"].as_i64()) else {
        return bad("the token does not say for how long it holds");
    };
    if now.saturating_add(LEEWAY_S) < begins {
        return bad("the signature holds, but only later: is our clock behind?");
    }
    if now.saturating_sub(LEEWAY_S) >= ends {
        return bad("the signature holds, but its minute is over");
    }
    Ok(())
}

/// A query with its fields sorted by name, as the old signature has it.
pub fn sorted(query: &str) -> String {
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_by_key(|pair| pair.split('=').next());
    pairs.join("&")
}

pub fn read(request: &RawRequest) -> Result<Vec<HookEvent>, Unreadable> {
    let form = Form::read(request)?;
    match form.text("status") {
        Some(status) => Ok(vec![receipt(&form, status, request)?]),
        None => Ok(vec![inbound(&form)?]),
    }
}

fn inbound(form: &Form) -> Result<HookEvent, Unreadable> {
    let to = form.any(&["recipient", "receiver", "shortcode"]);
    let text = form.any(&["body", "message"]);
    let media = media(form);
    if text.is_none() && media.is_empty() {
        return Err(Unreadable("there is neither a text nor media".to_string()));
    }
    let text = form
        .get("body")
        .or_else(|| form.get("message"))
        .unwrap_or("");
    let id = form.any(&["id", "mid", "message_id"]);
    let at = form.any(&["CreatedDatetime", "createdDatetime", "receive_datetime"]);
    Ok(HookEvent::Inbound {
        id: form::id("id", id.ok_or_else(|| form::missing("id"))?)?.to_string(),
        from: form::number("originator", form.need("originator")?)?,
        to: form::address(to.ok_or_else(|| form::missing("recipient"))?),
        text: text.to_string(),
        media,
        at: at.and_then(time),
        took: Took::Nothing,
    })
}

/// A list in JSON, or addresses separated by commas.
fn media(form: &Form) -> Vec<Media> {
    let Some(text) = form.any(&["mediaURLs", "mediaUrls"]) else {
        return Vec::new();
    };
    let urls: Vec<String> = serde_json::from_str(text)
        .unwrap_or_else(|_| text.split(',').map(|url| url.trim().to_string()).collect());
    urls.into_iter()
        .filter(|url| !url.is_empty())
        .take(form::MEDIA_MAX)
        .map(|url| Media {
            url,
            content_type: None,
        })
        .collect()
}

/// Also `20230727004929`.
fn time(text: &str) -> Option<Timestamp> {
    if text.len() == 14 && text.bytes().all(|b| b.is_ascii_digit()) {
        let (date, clock) = text.split_at(8);
        return format!(
            "{}-{}-{}T{}:{}:{}Z",
            &date[..4],
            &date[4..6],
            &date[6..],
            &clock[..2],
            &clock[2..4],
            &clock[4..]
        )
        .parse()
        .ok();
    }
    form::time(text)
}

fn receipt(form: &Form, status: &str, request: &RawRequest) -> Result<HookEvent, Unreadable> {
    let code = form.text("statusErrorCode").filter(|code| *code != "0");
    let reference = form.text("reference");
    let effect: Option<EffectRef> = reference.and_then(|text| text.parse().ok());
    Ok(HookEvent::Status {
        id: form::id("id", form.need("id")?)?.to_string(),
        effect: effect.or_else(|| request.effect()),
        from: form.text("originator").map(form::address),
        to: form.text("recipient").map(form::address),
        status: match status {
            "scheduled" => DeliveryStatus::Queued,
            "sent" | "buffered" => DeliveryStatus::Sent,
            "delivered" => DeliveryStatus::Delivered,
            "expired" => DeliveryStatus::Undelivered,
            "delivery_failed" => DeliveryStatus::Failed,
            _ => {
                return Err(Unreadable(
                    "`status` is not one of MessageBird's".to_string(),
                ));
            }
        },
        error: code.map(|code| error(code, form.text("statusReason").unwrap_or(""))),
        at: form.text("statusDatetime").and_then(form::time),
        opt_out: code.is_some_and(|code| means(code) == Means::OptedOut),
    })
}

fn error(code: &str, said: &str) -> CarrierError {
    means::error(RECEIPT_ERRORS, code, said)
}

pub fn send(settings: &Settings, message: &OutgoingSms) -> Result<HttpRequest, Misconfigured> {
    if !message.media.is_empty() {
        return Err(Misconfigured(
            "the REST API carries no pictures with a text".to_string(),
        ));
    }
    let token = request::need(settings, "token")?;
    let mut body = json!({
        "originator": request::sender(message.from)?, "recipients": [form::bare(message.to)],
        "body": message.text, "datacoding": "auto", "reference": message.effect.to_string(),
    });
    if let Some(url) = message.status_url {
        body["reportUrl"] = url.into();
    }
    let url = format!("{}/messages", request::api(settings, API));
    Ok(request::post_json(url, format!("AccessKey {token}"), &body))
}

pub fn refused(answer: &HttpAnswer, error: &Json) -> Sent {
    let code = request::plain(&error["code"]).unwrap_or_default();
    means::refused(
        SEND_ERRORS,
        answer,
        &code,
        error["description"].as_str().unwrap_or(""),
    )
}

pub fn means(code: &str) -> Means {
    means::of(RECEIPT_ERRORS, code)
}
