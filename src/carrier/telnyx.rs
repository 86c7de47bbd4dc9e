//! Telnyx Messaging, API version 2.
//!
//! Settings: `token` (API key), `public_key` (of the account, base64; two while it is changed),
//! `profile` (messaging profile). The API takes our effect id as its idempotency key, so a send
//! whose outcome is unknown may be repeated. Source: developers.telnyx.com, and its SDKs' checks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Value as Json, json};

use crate::carrier::means::{self, ErrorRow, Means};
use crate::carrier::{
    BadSignature, Bridge, Carrier, DeliveryStatus, EffectRef, HookEvent, HttpAnswer, HttpRequest,
    Media, Misconfigured, OutgoingSms, RawRequest, Repeats, Sent, Settings, Took, Unreadable, form,
    proof, request,
};
use crate::time::Timestamp;

pub struct Telnyx;

const API: &str = "https://api.telnyx.com";
const SIGNATURE: &str = "telnyx-signature-ed25519";
const TIMESTAMP: &str = "telnyx-timestamp";

const ERRORS: &[ErrorRow] = &[
    ("10002", Means::DeadNumber, "the number is not valid"),
    ("10009", Means::Account, "the API key is not accepted"),
    ("10011", Means::Busy, "too many requests"),
    ("10016", Means::Final, "the number is not in E.164"),
    ("20100", Means::Account, "the account has not enough credit"),
    (
        "40001",
        Means::DeadNumber,
        "a landline, or a number that cannot be routed",
    ),
    ("40002", Means::Later, "held back as spam for now"),
    ("40003", Means::Account, "the sender is blocked for spam"),
    ("40004", Means::Final, "the network refuses the text"),
    ("40005", Means::Final, "its validity ran out"),
    (
        "40006",
        Means::Later,
        "the recipient's network is not available",
    ),
    ("40008", Means::Final, "undeliverable"),
    ("40009", Means::Final, "the text is not valid"),
    (
        "40010",
        Means::Account,
        "the number is not in a registered campaign",
    ),
    ("40011", Means::Busy, "the network's rate is reached"),
    ("40012", Means::DeadNumber, "the destination is not valid"),
    ("40013", Means::Account, "the sender is not valid"),
    ("40014", Means::Final, "its validity ran out in the queue"),
    ("40015", Means::Final, "held back as spam within Telnyx"),
    ("40300", Means::OptedOut, "the recipient has opted out"),
    ("40310", Means::DeadNumber, "`to` is not a valid number"),
    ("40318", Means::Busy, "the queue is full"),
];

impl Carrier for Telnyx {
    fn name(&self) -> &'static str {
        "telnyx"
    }

    fn verify(
        &self,
        settings: &Settings,
        request: &RawRequest,
        now: Timestamp,
    ) -> Result<(), BadSignature> {
        let keys = settings.get("public_key").unwrap_or("");
        let keys: Vec<VerifyingKey> = keys.split([',', ' ', '\n']).filter_map(key).collect();
        if keys.is_empty() {
            return Err(BadSignature::because(
                "the channel's `public_key` is not the 32 bytes of a key in base64",
            ));
        }
        let given = proof::header(request, SIGNATURE)?;
        let timestamp = proof::header(request, TIMESTAMP)?;
        let bad = || BadSignature::because(format!("`{SIGNATURE}` is not a signature"));
        let given = STANDARD.decode(given).map_err(|_| bad())?;
        let given = Signature::from_slice(&given).map_err(|_| bad())?;
        let mut signed = format!("{timestamp}|").into_bytes();
        signed.extend_from_slice(&request.body);
        if !keys
            .iter()
            .any(|key| key.verify_strict(&signed, &given).is_ok())
        {
            let mut error = proof::mismatch(String::from_utf8_lossy(&signed));
            error.reason = "the signature does not fit the channel's `public_key`".to_string();
            return Err(error);
        }
        let at = proof::seconds(timestamp)
            .ok_or_else(|| BadSignature::because(format!("`{TIMESTAMP}` is not a time")))?;
        proof::within(now, at, proof::TOLERANCE)
    }

    fn read(&self, _: &Settings, request: &RawRequest) -> Result<Vec<HookEvent>, Unreadable> {
        let json = request::body_json(request)?;
        let data = &json["data"];
        match request::need_text(data, "event_type")? {
            "message.received" => Ok(vec![inbound(data)?]),
            "message.sent" | "message.finalized" => receipts(data, request),
            _ => Ok(Vec::new()),
        }
    }

    fn send(
        &self,
        settings: &Settings,
        message: &OutgoingSms,
        _now: Timestamp,
    ) -> Result<HttpRequest, Misconfigured> {
        let token = request::need(settings, "token")?;
        let effect = message.effect.to_string();
        let mut body = json!({
            "from": request::sender(message.from)?, "to": message.to, "tags": [effect],
        });
        if !message.text.is_empty() {
            body["text"] = message.text.into();
        }
        if !message.media.is_empty() {
            body["media_urls"] = json!(message.media);
        }
        if let Some(profile) = settings.get("profile") {
            body["messaging_profile_id"] = profile.into();
        }
        if let Some(url) = message.status_url {
            body["webhook_url"] = url.into();
        }
        let url = format!("{}/v2/messages", request::api(settings, API));
        let mut request = request::post_json(url, format!("Bearer {token}"), &body);
        request
            .headers
            .push(("idempotency-key".to_string(), effect));
        Ok(request)
    }

    /// `application` is a TeXML application, `account` the account's id.
    /// Source: developers.telnyx.com, TeXML REST commands, `Initiate an outbound call`.
    fn bridge(&self, settings: &Settings, call: &Bridge) -> Result<HttpRequest, Misconfigured> {
        let token = request::need(settings, "token")?;
        let account = request::segment(settings, "account")?;
        let from = request::sender(call.from)?;
        let texml = request::dial(from, call.lead);
        let pairs = [
            ("ApplicationSid", request::need(settings, "application")?),
            ("To", call.agent),
            ("From", from),
            ("Texml", &texml),
        ];
        let api = request::api(settings, API);
        let url = format!("{api}/v2/texml/Accounts/{account}/Calls");
        Ok(request::post_form(
            url,
            Some(format!("Bearer {token}")),
            &pairs,
        ))
    }

    fn bridged(&self, answer: &HttpAnswer) -> Sent {
        match answer.status {
            200..=299 => Sent::Accepted {
                id: request::plain(&request::answer_json(answer)["call_sid"]),
            },
            _ => self.outcome(answer),
        }
    }

    fn outcome(&self, answer: &HttpAnswer) -> Sent {
        let json = request::answer_json(answer);
        if (200..=299).contains(&answer.status) {
            return match json["data"]["id"].as_str() {
                Some(id) => Sent::Accepted {
                    id: Some(id.to_string()),
                },
                None => means::unreadable(answer),
            };
        }
        let error = &json["errors"][0];
        let code = request::plain(&error["code"]).unwrap_or_default();
        if answer.status == 409 && code.is_empty() {
            // The same idempotency key is being worked on.
            return means::sent(
                Means::Busy,
                answer,
                means::error(ERRORS, "409", "under way"),
            );
        }
        means::refused(ERRORS, answer, &code, said(error))
    }

    /// By its `Idempotency-Key`, for 24 hours.
    fn repeats(&self) -> Repeats {
        Repeats::Safe
    }

    fn means(&self, code: &str) -> Means {
        means::of(ERRORS, code)
    }
}

fn key(text: &str) -> Option<VerifyingKey> {
    let bytes: [u8; 32] = STANDARD.decode(text.trim()).ok()?.try_into().ok()?;
    VerifyingKey::from_bytes(&bytes).ok()
}

fn said(error: &Json) -> &str {
    ["title", "detail"]
        .iter()
        .find_map(|key| error[*key].as_str())
        .unwrap_or("")
}

/// A number stands in an object; some samples of Telnyx's own have it bare.
fn number_of(json: &Json) -> Option<&str> {
    json["phone_number"].as_str().or_else(|| json.as_str())
}

fn inbound(data: &Json) -> Result<HookEvent, Unreadable> {
    let payload = &data["payload"];
    let id = payload["id"].as_str().or_else(|| data["id"].as_str());
    let from = number_of(&payload["from"]).ok_or_else(|| form::missing("from"))?;
    let to = number_of(&payload["to"][0]).or_else(|| number_of(&payload["to"]));
    let media = payload["media"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    Ok(HookEvent::Inbound {
        id: form::id("id", id.ok_or_else(|| form::missing("id"))?)?.to_string(),
        from: form::e164("from", from)?,
        to: form::address(to.unwrap_or("")),
        text: payload["text"].as_str().unwrap_or("").to_string(),
        media: media
            .iter()
            .take(form::MEDIA_MAX)
            .filter_map(|item| {
                Some(Media {
                    url: item["url"].as_str()?.to_string(),
                    content_type: item["content_type"].as_str().map(str::to_string),
                })
            })
            .collect(),
        at: payload["received_at"].as_str().and_then(form::time),
        took: Took::Nothing,
    })
}

fn receipts(data: &Json, request: &RawRequest) -> Result<Vec<HookEvent>, Unreadable> {
    let payload = &data["payload"];
    let id = form::id("id", request::need_text(payload, "id")?)?;
    // The tags are signed; the address is not.
    let tags = payload["tags"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let effect: Option<EffectRef> = tags.iter().find_map(|tag| tag.as_str()?.parse().ok());
    let error = &payload["errors"][0];
    let code = request::plain(&error["code"]);
    let to = payload["to"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    to.iter()
        .take(form::MEDIA_MAX)
        .map(|to| {
            Ok(HookEvent::Status {
                id: id.to_string(),
                effect: effect.or_else(|| request.effect()),
                from: number_of(&payload["from"]).map(form::address),
                to: number_of(to).map(form::address),
                status: delivery(request::need_text(to, "status")?)?,
                error: code
                    .as_deref()
                    .map(|code| means::error(ERRORS, code, said(error))),
                at: data["occurred_at"].as_str().and_then(form::time),
                opt_out: code
                    .as_deref()
                    .is_some_and(|code| means::of(ERRORS, code) == Means::OptedOut),
            })
        })
        .collect()
}

fn delivery(status: &str) -> Result<DeliveryStatus, Unreadable> {
    Ok(match status {
        "queued" => DeliveryStatus::Queued,
        // Unconfirmed is the last that will be heard, and says nothing.
        "sending" | "sent" | "delivery_unconfirmed" => DeliveryStatus::Sent,
        "delivered" | "webhook_delivered" => DeliveryStatus::Delivered,
        "delivery_failed" => DeliveryStatus::Undelivered,
        "sending_failed" | "expired" | "gw_timeout" | "dlr_timeout" => DeliveryStatus::Failed,
        _ => return Err(Unreadable("`status` is not one of Telnyx's".to_string())),
    })
}
