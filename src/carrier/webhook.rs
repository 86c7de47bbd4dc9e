//! The carrier that any program can be: JSON over HTTP, signed as in Standard Webhooks both ways.
//!
//! In: `{ "id", "from", "to", "text", "media": [url], "at", "taken_for" }` to `/inbound`, where the last is
//! `opt_out`, `opt_in` or `help` when the gateway has answered such a text itself; and
//! `{ "id", "to", "status", "error": { "code", "meaning" }, "at" }` to `/status`, whose `id` is the one
//! we sent or the one answered. Out: the same shape to `api`, with `status_url`.

use serde_json::{Value as Json, json};

use crate::carrier::{
    BadSignature, Carrier, CarrierError, DeliveryStatus, HookEvent, HttpAnswer, HttpRequest, Media,
    Misconfigured, OutgoingSms, RawRequest, Repeats, Sent, Settings, Took, Unreadable, signing,
};
use crate::lead::PhoneNumber;
use crate::time::{Duration, Timestamp};

pub struct Webhook;

/// Most media a text may carry.
const MEDIA_MAX: usize = 10;
const ID_LEN_MAX: usize = 256;

impl Carrier for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn verify(
        &self,
        settings: &Settings,
        request: &RawRequest,
        now: Timestamp,
    ) -> Result<(), BadSignature> {
        signing::verify(&settings.secrets(), request, now)
    }

    fn read(&self, _: &Settings, request: &RawRequest) -> Result<Vec<HookEvent>, Unreadable> {
        read_json(request)
    }

    fn send(
        &self,
        settings: &Settings,
        message: &OutgoingSms,
        now: Timestamp,
    ) -> Result<HttpRequest, Misconfigured> {
        let missing = |what: &str| Misconfigured(format!("the channel has no `{what}`"));
        let url = settings.api.ok_or_else(|| missing("api"))?;
        let secrets = settings.secrets();
        let secret = secrets.first().ok_or_else(|| missing("secret"))?;
        let id = message.effect.to_string();
        let body = json!({
            "id": id, "from": message.from, "to": message.to, "text": message.text,
            "media": message.media, "at": now.to_string(), "status_url": message.status_url,
        })
        .to_string()
        .into_bytes();
        let mut headers = signing::sign(secret, &id, now, &body)?;
        headers.push(("content-type".to_string(), "application/json".to_string()));
        Ok(HttpRequest {
            method: "POST",
            url: url.to_string(),
            headers,
            body,
        })
    }

    fn outcome(&self, answer: &HttpAnswer) -> Sent {
        let json: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
        let error = || read_error(&json).unwrap_or_else(|| status_error(answer.status));
        match answer.status {
            200..=299 => Sent::Accepted {
                id: json["id"].as_str().map(str::to_string),
            },
            408 | 425 | 429 | 503 => Sent::Retry {
                after: answer.retry_after(Duration::secs(5)),
                error: error(),
            },
            410 => Sent::Unreachable { error: error() },
            500..=599 => Sent::Unknown { error: error() },
            _ => Sent::Refused { error: error() },
        }
    }

    /// The receiver knows a message by its `webhook-id`.
    fn repeats(&self) -> Repeats {
        Repeats::Safe
    }
}

fn status_error(status: u16) -> CarrierError {
    CarrierError {
        code: status.to_string(),
        meaning: "the carrier's answer has no error of its own".to_string(),
    }
}

/// The JSON of this carrier and of the sandbox: one object, or several in an array.
pub(super) fn read_json(request: &RawRequest) -> Result<Vec<HookEvent>, Unreadable> {
    let json: Json = serde_json::from_slice(&request.body)
        .map_err(|error| Unreadable(format!("the body is not JSON: {error}")))?;
    match &json {
        Json::Array(items) => items.iter().map(|item| event(item, request)).collect(),
        object => Ok(vec![event(object, request)?]),
    }
}

fn event(json: &Json, request: &RawRequest) -> Result<HookEvent, Unreadable> {
    if !json.is_object() {
        return Err(Unreadable("the body is not a JSON object".to_string()));
    }
    let id = text(json, "id")?.ok_or_else(|| Unreadable("`id` is missing".to_string()))?;
    if id.is_empty() || id.len() > ID_LEN_MAX {
        return Err(Unreadable(format!(
            "`id` must be 1 to {ID_LEN_MAX} characters"
        )));
    }
    let at = match text(json, "at")? {
        None => None,
        Some(at) => Some(
            at.parse()
                .map_err(|_| Unreadable("`at` is not a time as in RFC 3339".to_string()))?,
        ),
    };
    let opt_out = json["opt_out"].as_bool().unwrap_or(false);
    match text(json, "status")? {
        Some(status) => Ok(HookEvent::Status {
            effect: id.parse().ok().or_else(|| request.effect()),
            id: id.to_string(),
            from: text(json, "from")?.map(str::to_string),
            to: text(json, "to")?.map(str::to_string),
            status: read_status(status)?,
            error: read_error(json),
            at,
            opt_out,
        }),
        None => Ok(HookEvent::Inbound {
            id: id.to_string(),
            from: sender(json)?,
            to: text(json, "to")?.unwrap_or_default().trim().to_string(),
            text: text(json, "text")?.unwrap_or_default().to_string(),
            media: media(json)?,
            at,
            took: took(json, opt_out)?,
        }),
    }
}

/// `taken_for`, or `opt_out: true` for short.
fn took(json: &Json, opt_out: bool) -> Result<Took, Unreadable> {
    Ok(match text(json, "taken_for")? {
        None | Some("") if opt_out => Took::OptOut,
        None | Some("") => Took::Nothing,
        Some("opt_out") => Took::OptOut,
        Some("opt_in") => Took::OptIn,
        Some("help") => Took::Help,
        Some(_) => {
            let known = "`taken_for` is none of opt_out, opt_in and help";
            return Err(Unreadable(known.to_string()));
        }
    })
}

fn sender(json: &Json) -> Result<PhoneNumber, Unreadable> {
    let from = text(json, "from")?.ok_or_else(|| Unreadable("`from` is missing".to_string()))?;
    from.trim()
        .parse()
        .map_err(|_| Unreadable("`from` is not a number as in E.164".to_string()))
}

/// A string, or nothing; anything else is a mistake.
fn text<'j>(json: &'j Json, key: &str) -> Result<Option<&'j str>, Unreadable> {
    match &json[key] {
        Json::Null => Ok(None),
        Json::String(text) => Ok(Some(text)),
        _ => Err(Unreadable(format!("`{key}` is not a string"))),
    }
}

fn media(json: &Json) -> Result<Vec<Media>, Unreadable> {
    let bad = || {
        Unreadable(format!(
            "`media` is not a list of at most {MEDIA_MAX} addresses"
        ))
    };
    let items = match &json["media"] {
        Json::Null => return Ok(Vec::new()),
        Json::Array(items) if items.len() <= MEDIA_MAX => items,
        _ => return Err(bad()),
    };
    items
        .iter()
        .map(|item| {
            let url = item.as_str().or_else(|| item["url"].as_str());
            Ok(Media {
                url: url.ok_or_else(bad)?.to_string(),
                content_type: item["content_type"].as_str().map(str::to_string),
            })
        })
        .collect()
}

fn read_status(status: &str) -> Result<DeliveryStatus, Unreadable> {
    [
        DeliveryStatus::Queued,
        DeliveryStatus::Sent,
        DeliveryStatus::Delivered,
        DeliveryStatus::Undelivered,
        DeliveryStatus::Failed,
    ]
    .into_iter()
    .find(|known| known.as_str() == status)
    .ok_or_else(|| {
        Unreadable("`status` is not queued, sent, delivered, undelivered or failed".to_string())
    })
}

fn read_error(json: &Json) -> Option<CarrierError> {
    let plain = |value: &Json| match value {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        _ => String::new(),
    };
    match &json["error"] {
        Json::Null => None,
        object @ Json::Object(_) => Some(CarrierError {
            code: plain(&object["code"]),
            meaning: plain(&object["meaning"]),
        }),
        other => Some(CarrierError {
            code: plain(other),
            meaning: String::new(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<HookEvent>, Unreadable> {
        read_json(&RawRequest {
            method: "POST".to_string(),
            url: "https://x.example/hooks/main/status?effect=rt-13125550100-7".to_string(),
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        })
    }

    #[test]
    fn a_body_is_a_reply_a_receipt_or_named_as_unreadable() {
        for (body, reads) in [
            (
                r#"{"id":"a","from":"+13125550100","to":"+1","text":"hi"}"#,
                Ok("inbound"),
            ),
            (r#"{"id":"a","from":"+13125550100"}"#, Ok("inbound")),
            (r#"{"id":"a","status":"delivered"}"#, Ok("status")),
            (r#"{"from":"+13125550100"}"#, Err("`id` is missing")),
            (r#"{"id":"","from":"+13125550100"}"#, Err("`id` must be")),
            (r#"{"id":"a"}"#, Err("`from` is missing")),
            (
                r#"{"id":"a","from":"3125550100"}"#,
                Err("`from` is not a number"),
            ),
            (
                r#"{"id":7,"from":"+13125550100"}"#,
                Err("`id` is not a string"),
            ),
            (r#"{"id":"a","status":"gone"}"#, Err("`status` is not")),
            (
                r#"{"id":"a","from":"+13125550100","at":"noon"}"#,
                Err("`at` is not"),
            ),
            (
                r#"{"id":"a","from":"+13125550100","media":"x"}"#,
                Err("`media` is not"),
            ),
            ("[]", Ok("")),
            ("7", Err("not a JSON object")),
            ("", Err("not JSON")),
        ] {
            let got = read(body).map(|events| match events.first() {
                Some(HookEvent::Inbound { .. }) => "inbound",
                Some(HookEvent::Status { .. }) => "status",
                Some(HookEvent::InboundPart(_) | HookEvent::Confirm { .. }) | None => "",
            });
            match (&got, &reads) {
                (Ok(got), Ok(want)) => assert_eq!(got, want, "{body}"),
                (Err(got), Err(want)) => assert!(got.0.contains(want), "{body}: {got}"),
                _ => panic!("{body}: {got:?}, not {reads:?}"),
            }
        }
    }

    #[test]
    fn a_receipt_names_our_text_by_its_id_or_by_the_address_it_came_to() {
        for (id, seq) in [("rt-13125550100-12", 12), ("their-own-id", 7)] {
            let events = read(&format!(r#"{{"id":"{id}","status":"delivered"}}"#)).unwrap();
            let HookEvent::Status { effect, .. } = &events[0] else {
                panic!("{id}")
            };
            assert_eq!(effect.unwrap().seq, seq, "{id}");
        }
    }

    #[test]
    fn only_what_was_surely_not_taken_goes_again() {
        let outcome = |status| {
            let answer = HttpAnswer {
                status,
                headers: vec![("retry-after".to_string(), "7".to_string())],
                body: br#"{"id":"x1"}"#.to_vec(),
            };
            format!("{:?}", Webhook.outcome(&answer))
        };
        for (status, begins) in [
            (200, "Accepted { id: Some(\"x1\") }"),
            (429, "Retry { after: Duration(7000)"),
            (503, "Retry"),
            (500, "Unknown"),
            (400, "Refused"),
            (410, "Unreachable"),
        ] {
            assert!(
                outcome(status).starts_with(begins),
                "{status}: {}",
                outcome(status)
            );
        }
    }
}
