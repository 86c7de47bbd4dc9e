//! Bird's Channels API, and what it was before: MessageBird's REST API (`messagebird`).
//!
//! Settings: `token` (access key), `secret` (signing key), `project` (workspace) and `application`
//! (channel); `mode: rest` sends by the old API. A webhook is read by its shape. It is proven by a
//! token (old) or by a signature over time, address and body; `signature: legacy` allows the old
//! signature without the address, which MessageBird has given up. Source: docs.bird.com; vectors of
//! its SDKs.

use serde_json::{Value as Json, json};

use crate::carrier::means::{self, ErrorRow, Means};
use crate::carrier::proof::{self, Hash};
use crate::carrier::{
    BadSignature, Carrier, DeliveryStatus, EffectRef, HookEvent, HttpAnswer, HttpRequest, Media,
    Misconfigured, OutgoingSms, RawRequest, Sent, Settings, Took, Unreadable, form, messagebird,
    request,
};
use crate::time::Timestamp;

pub struct Bird;

const API: &str = "https://api.bird.com";
const SIGNATURE: &str = "messagebird-signature";
const TIMESTAMP: &str = "messagebird-request-timestamp";

const ERRORS: &[ErrorRow] = &[
    (
        "Unauthenticated",
        Means::Account,
        "the access key is not accepted",
    ),
    (
        "Unauthorized",
        Means::Account,
        "the access key is not accepted",
    ),
    (
        "PermissionDenied",
        Means::Account,
        "the access key may not send",
    ),
    (
        "AccessDenied",
        Means::Account,
        "the access key may not send",
    ),
    (
        "NotFound",
        Means::Account,
        "the workspace or channel is not found",
    ),
    ("ResourceExhausted", Means::Busy, "too many requests"),
    ("RateLimited", Means::Busy, "too many requests"),
    (
        "InsufficientBalance",
        Means::Account,
        "the account has not enough credit",
    ),
    ("InvalidPayload", Means::Final, "the request is not valid"),
];

impl Carrier for Bird {
    fn name(&self) -> &'static str {
        "bird"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["POST", "GET"]
    }

    fn verify(
        &self,
        settings: &Settings,
        request: &RawRequest,
        now: Timestamp,
    ) -> Result<(), BadSignature> {
        let secrets = proof::secrets(settings)?;
        if let Some(token) = request.header(messagebird::TOKEN) {
            return messagebird::token_holds(token, &secrets, request, now);
        }
        let given = proof::header(request, SIGNATURE)?;
        let timestamp = proof::header(request, TIMESTAMP)?;
        let (base, query) = form::split_url(&request.url);
        let middle = match (settings.get("signature"), query) {
            (Some("legacy"), query) => messagebird::sorted(query.unwrap_or("")),
            (_, Some(query)) => format!("{base}?{query}"),
            (_, None) => base.to_string(),
        };
        let digest = proof::sha256(&request.body);
        let head = format!("{timestamp}\n{middle}\n");
        let held = secrets.iter().any(|secret| {
            let ours = proof::hmac(Hash::Sha256, secret.as_bytes(), &[head.as_bytes(), &digest]);
            proof::same(proof::base64(&ours).as_bytes(), given.as_bytes())
        });
        if !held {
            let digest = proof::hex(&digest);
            return Err(proof::mismatch(format!(
                "{head}<SHA-256 of the body: {digest}>"
            )));
        }
        let at = proof::seconds(timestamp)
            .ok_or_else(|| BadSignature::because(format!("`{TIMESTAMP}` is not a time")))?;
        proof::within(now, at, proof::TOLERANCE)
    }

    fn read(&self, _: &Settings, request: &RawRequest) -> Result<Vec<HookEvent>, Unreadable> {
        let first = request.body.iter().find(|byte| !byte.is_ascii_whitespace());
        if first != Some(&b'{') {
            return messagebird::read(request);
        }
        let json = request::body_json(request)?;
        let payload = &json["payload"];
        let direction = payload["direction"].as_str().unwrap_or("");
        match json["event"].as_str().unwrap_or("") {
            "" => Err(form::missing("event")),
            "sms.inbound" => Ok(vec![inbound(payload)?]),
            "sms.outbound" => Ok(receipt(payload, request)?.into_iter().collect()),
            event if event.starts_with("sms.") && direction == "outgoing" => {
                Ok(receipt(payload, request)?.into_iter().collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    fn send(
        &self,
        settings: &Settings,
        message: &OutgoingSms,
        _now: Timestamp,
    ) -> Result<HttpRequest, Misconfigured> {
        if settings.get("mode") == Some("rest") {
            return messagebird::send(settings, message);
        }
        let workspace = request::segment(settings, "project")?;
        let channel = request::segment(settings, "application")?;
        let token = request::need(settings, "token")?;
        let contact = json!({ "identifierKey": "phonenumber", "identifierValue": message.to });
        let body = match message.media {
            [] => json!({ "type": "text", "text": { "text": message.text } }),
            media => {
                let images: Vec<Json> =
                    media.iter().map(|url| json!({ "mediaUrl": url })).collect();
                json!({ "type": "image", "image": { "images": images, "text": message.text } })
            }
        };
        let body = json!({
            "receiver": { "contacts": [contact] }, "body": body,
            "reference": message.effect.to_string(),
        });
        let api = request::api(settings, API);
        let url = format!("{api}/workspaces/{workspace}/channels/{channel}/messages");
        Ok(request::post_json(url, format!("AccessKey {token}"), &body))
    }

    fn outcome(&self, answer: &HttpAnswer) -> Sent {
        let json = request::answer_json(answer);
        if (200..=299).contains(&answer.status) {
            return match json["id"].as_str() {
                Some(id) => Sent::Accepted {
                    id: Some(id.to_string()),
                },
                None => means::unreadable(answer),
            };
        }
        if json["errors"].is_array() {
            return messagebird::refused(answer, &json["errors"][0]);
        }
        let code = request::plain(&json["code"]).unwrap_or_default();
        means::refused(
            ERRORS,
            answer,
            &code,
            json["message"].as_str().unwrap_or(""),
        )
    }

    fn means(&self, code: &str) -> Means {
        match means::find(ERRORS, code) {
            Some((_, means, _)) => *means,
            None => messagebird::means(code),
        }
    }
}

fn inbound(payload: &Json) -> Result<HookEvent, Unreadable> {
    let sender = &payload["sender"]["contact"]["identifierValue"];
    let sender = sender.as_str().ok_or_else(|| form::missing("sender"))?;
    // The receiver is a channel, not a number.
    let to = ["channelId"].iter().find_map(|key| payload[*key].as_str());
    let body = &payload["body"];
    let kind = body["type"].as_str().unwrap_or("text");
    Ok(HookEvent::Inbound {
        id: form::id("id", request::need_text(payload, "id")?)?.to_string(),
        from: form::number("sender", sender)?,
        to: to.unwrap_or("").to_string(),
        text: body[kind]["text"].as_str().unwrap_or("").to_string(),
        media: media(&body[kind]),
        at: payload["createdAt"].as_str().and_then(form::time),
        took: Took::Nothing,
    })
}

fn media(body: &Json) -> Vec<Media> {
    let lists = ["images", "files"]
        .into_iter()
        .filter_map(|key| body[key].as_array());
    lists
        .flatten()
        .take(form::MEDIA_MAX)
        .filter_map(|item| {
            Some(Media {
                url: item["mediaUrl"].as_str()?.to_string(),
                content_type: item["contentType"].as_str().map(str::to_string),
            })
        })
        .collect()
}

fn receipt(payload: &Json, request: &RawRequest) -> Result<Option<HookEvent>, Unreadable> {
    let status = match request::need_text(payload, "status")? {
        "accepted" | "processing" | "scheduled" => DeliveryStatus::Queued,
        "sent" => DeliveryStatus::Sent,
        "delivered" | "read" => DeliveryStatus::Delivered,
        "delivery_failed" => DeliveryStatus::Undelivered,
        "sending_failed" | "rejected" | "skipped" | "cancelled" => DeliveryStatus::Failed,
        "deleted" => return Ok(None),
        _ => return Err(Unreadable("`status` is not one of Bird's".to_string())),
    };
    let failure = &payload["failure"];
    let code = request::plain(&failure["code"]);
    let reason = failure["description"]
        .as_str()
        .or_else(|| payload["reason"].as_str());
    let to = &payload["receiver"]["contacts"][0]["identifierValue"];
    let reference = payload["reference"].as_str();
    let effect: Option<EffectRef> = reference.and_then(|text| text.parse().ok());
    let bad = matches!(status, DeliveryStatus::Failed | DeliveryStatus::Undelivered);
    let told = bad && (code.is_some() || reason.is_some());
    Ok(Some(HookEvent::Status {
        id: form::id("id", request::need_text(payload, "id")?)?.to_string(),
        effect: effect.or_else(|| request.effect()),
        from: None,
        to: to.as_str().map(form::address),
        status,
        error: told
            .then(|| means::error(ERRORS, code.as_deref().unwrap_or(""), reason.unwrap_or(""))),
        at: payload["lastStatusAt"].as_str().and_then(form::time),
        opt_out: code.is_some_and(|code| messagebird::means(&code) == Means::OptedOut),
    }))
}
