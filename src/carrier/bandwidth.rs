//! Bandwidth Messaging.
//!
//! Settings: `account`, `application`, `api_key` and `api_secret` (of an API user), `username` and
//! `password` (set on the application's callbacks; Bandwidth signs nothing). Source: Bandwidth's
//! OpenAPI. An error code's first digit tells whose fault it is: 4 ours, 5 theirs, 9 unknown.

use serde_json::{Value as Json, json};

use crate::carrier::means::{self, ErrorRow, Means};
use crate::carrier::{
    BadSignature, Carrier, CarrierError, DeliveryStatus, HookEvent, HttpAnswer, HttpRequest, Media,
    Misconfigured, OutgoingSms, RawRequest, Sent, Settings, Took, Unreadable, form, proof, request,
};
use crate::time::{Duration, Timestamp};

pub struct Bandwidth;

const API: &str = "https://messaging.bandwidth.com";
const EVENTS_MAX: usize = 100;

const ERRORS: &[ErrorRow] = &[
    ("4405", Means::Final, "cannot be routed"),
    (
        "4432",
        Means::Account,
        "the country is not enabled for the account",
    ),
    ("4434", Means::DeadNumber, "the number is not valid"),
    ("4470", Means::Final, "held back as spam"),
    ("4476", Means::Account, "the sender is not registered"),
    (
        "4481",
        Means::Account,
        "the sender is not in a registered campaign",
    ),
    ("4492", Means::Busy, "over the campaign's rate"),
    (
        "4700",
        Means::Final,
        "the network does not take this service",
    ),
    ("4720", Means::DeadNumber, "the destination is not valid"),
    (
        "4730",
        Means::DeadNumber,
        "the destination is not a mobile number",
    ),
    (
        "4740",
        Means::Account,
        "the network does not take the sender",
    ),
    ("4750", Means::Final, "the network refuses the text"),
    ("4770", Means::Final, "the network holds it back as spam"),
    ("4775", Means::OptedOut, "the recipient has opted out"),
    ("4780", Means::Later, "over the network's volume"),
    ("4785", Means::Later, "over the day's cap of the network"),
    (
        "4795",
        Means::Account,
        "the toll-free number is not verified",
    ),
    ("5600", Means::Later, "the network failed"),
    ("5610", Means::Busy, "the network is overloaded"),
    ("5620", Means::Later, "the network failed to deliver"),
    ("9902", Means::Doubtful, "no receipt came in time"),
    ("9999", Means::Doubtful, "unknown"),
];

impl Carrier for Bandwidth {
    fn name(&self) -> &'static str {
        "bandwidth"
    }

    fn verify(
        &self,
        settings: &Settings,
        request: &RawRequest,
        _now: Timestamp,
    ) -> Result<(), BadSignature> {
        proof::password_holds(settings, request)
    }

    fn read(&self, _: &Settings, request: &RawRequest) -> Result<Vec<HookEvent>, Unreadable> {
        let json = request::body_json(request)?;
        let events = match &json {
            Json::Array(events) => events.as_slice(),
            one => std::slice::from_ref(one),
        };
        let read = events.iter().take(EVENTS_MAX).map(|event| {
            let delivery = match request::need_text(event, "type")? {
                "message-received" => return inbound(event).map(Some),
                "message-sending" => DeliveryStatus::Sent,
                "message-delivered" => DeliveryStatus::Delivered,
                "message-failed" => DeliveryStatus::Failed,
                _ => return Ok(None),
            };
            receipt(event, delivery, request).map(Some)
        });
        read.filter_map(Result::transpose).collect()
    }

    fn send(
        &self,
        settings: &Settings,
        message: &OutgoingSms,
        _now: Timestamp,
    ) -> Result<HttpRequest, Misconfigured> {
        let account = request::segment(settings, "account")?;
        let key = request::need(settings, "api_key")?;
        let secret = request::need(settings, "api_secret")?;
        let mut body = json!({
            "applicationId": request::need(settings, "application")?, "to": [message.to],
            "from": request::sender(message.from)?, "text": message.text,
            "tag": message.effect.to_string(),
        });
        if !message.media.is_empty() {
            body["media"] = json!(message.media);
        }
        let url = format!(
            "{}/api/v2/users/{account}/messages",
            request::api(settings, API)
        );
        Ok(request::post_json(url, proof::basic(key, secret), &body))
    }

    /// Whatever is not 2xx was not sent.
    fn outcome(&self, answer: &HttpAnswer) -> Sent {
        let json = request::answer_json(answer);
        let said = json["description"].as_str().unwrap_or("");
        match answer.status {
            200..=299 => match json["id"].as_str() {
                Some(id) => Sent::Accepted {
                    id: Some(id.to_string()),
                },
                None => means::unreadable(answer),
            },
            500..=599 => Sent::Retry {
                after: answer.retry_after(Duration::secs(10)),
                error: CarrierError {
                    code: answer.status.to_string(),
                    meaning: said.to_string(),
                },
            },
            _ => means::refused(ERRORS, answer, "", said),
        }
    }

    fn means(&self, code: &str) -> Means {
        match (means::find(ERRORS, code), code.as_bytes().first()) {
            (Some((_, means, _)), _) => *means,
            (None, Some(b'5')) => Means::Later,
            (None, Some(b'9')) => Means::Doubtful,
            (None, _) => Means::Final,
        }
    }
}

fn inbound(event: &Json) -> Result<HookEvent, Unreadable> {
    let message = &event["message"];
    let to = message["owner"].as_str().or_else(|| event["to"].as_str());
    let media = message["media"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    Ok(HookEvent::Inbound {
        id: form::id("id", request::need_text(message, "id")?)?.to_string(),
        from: form::e164("from", request::need_text(message, "from")?)?,
        to: form::address(to.ok_or_else(|| form::missing("owner"))?),
        text: message["text"].as_str().unwrap_or("").to_string(),
        media: media
            .iter()
            .take(form::MEDIA_MAX)
            .filter_map(Json::as_str)
            .map(|url| Media {
                url: url.to_string(),
                content_type: None,
            })
            .collect(),
        at: message["time"].as_str().and_then(form::time),
        took: Took::Nothing,
    })
}

fn receipt(
    event: &Json,
    status: DeliveryStatus,
    request: &RawRequest,
) -> Result<HookEvent, Unreadable> {
    let message = &event["message"];
    let code = request::plain(&event["errorCode"]);
    let tag = message["tag"].as_str().and_then(|tag| tag.parse().ok());
    let said = event["description"].as_str().unwrap_or("");
    Ok(HookEvent::Status {
        id: form::id("id", request::need_text(message, "id")?)?.to_string(),
        effect: tag.or_else(|| request.effect()),
        from: message["from"].as_str().map(form::address),
        to: event["to"].as_str().map(form::address),
        status,
        error: code.as_deref().map(|code| means::error(ERRORS, code, said)),
        at: event["time"].as_str().and_then(form::time),
        opt_out: code
            .as_deref()
            .is_some_and(|code| means::of(ERRORS, code) == Means::OptedOut),
    })
}
