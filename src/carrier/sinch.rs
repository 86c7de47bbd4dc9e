//! Sinch SMS (XMS).
//!
//! Settings: `project` (service plan), `token` (its API token), `region` (us or eu), `secret`
//! (signs webhooks, where Sinch support has switched it on), else `username` and `password` for
//! webhooks with a password. Source: developers.sinch.com/docs/sms, and its SDK's checks.

use serde_json::{Value as Json, json};

use crate::carrier::means::{self, ErrorRow, Means};
use crate::carrier::proof::{self, Hash};
use crate::carrier::{
    BadSignature, Carrier, DeliveryStatus, EffectRef, HookEvent, HttpAnswer, HttpRequest, Media,
    Misconfigured, OutgoingSms, RawRequest, Sent, Settings, Took, Unreadable, form, request,
};
use crate::time::Timestamp;

pub struct Sinch;

const SIGNATURE: &str = "x-sinch-webhook-signature";
const NONCE: &str = "x-sinch-webhook-signature-nonce";
const TIMESTAMP: &str = "x-sinch-webhook-signature-timestamp";
const ALGORITHM: &str = "x-sinch-webhook-signature-algorithm";
/// The older one, of callbacks about numbers: over the body alone.
const BODY_SIGNATURE: &str = "x-sinch-signature";
const RECIPIENTS_MAX: usize = 1000;

/// Codes of delivery reports, and the words of refused sends.
const ERRORS: &[ErrorRow] = &[
    ("402", Means::Final, "cannot be routed"),
    ("403", Means::Later, "an error within Sinch"),
    ("404", Means::Later, "delivery failed for now"),
    ("405", Means::Final, "a parameter has no value"),
    ("406", Means::Final, "its validity ran out"),
    ("407", Means::Final, "cancelled"),
    ("408", Means::Final, "refused within Sinch"),
    ("410", Means::Account, "no sender fits"),
    ("411", Means::Final, "too many parts"),
    (
        "412",
        Means::Account,
        "the region is not enabled for the account",
    ),
    (
        "413",
        Means::Account,
        "the account is blocked; it may be out of credit",
    ),
    ("414", Means::Final, "a media address cannot be read"),
    (
        "syntax_invalid_json",
        Means::Final,
        "the request is not valid",
    ),
    (
        "syntax_invalid_parameter_format",
        Means::Final,
        "a value is not valid",
    ),
    (
        "syntax_constraint_violation",
        Means::Final,
        "a value is not valid",
    ),
    ("unauthorized", Means::Account, "the token is not accepted"),
    (
        "missing_callback_url",
        Means::Account,
        "there is no callback address",
    ),
];

impl Carrier for Sinch {
    fn name(&self) -> &'static str {
        "sinch"
    }

    fn verify(
        &self,
        settings: &Settings,
        request: &RawRequest,
        now: Timestamp,
    ) -> Result<(), BadSignature> {
        if settings.secrets().is_empty() || settings.get("password").is_some() {
            return proof::password_holds(settings, request);
        }
        let secrets = settings.secrets();
        match (request.header(SIGNATURE), request.header(BODY_SIGNATURE)) {
            (None, Some(given)) => body_holds(&secrets, given, request),
            (Some(_), _) | (None, None) => nonce_holds(&secrets, request, now),
        }
    }

    fn read(&self, _: &Settings, request: &RawRequest) -> Result<Vec<HookEvent>, Unreadable> {
        let json = request::body_json(request)?;
        match request::need_text(&json, "type")? {
            "mo_text" | "mo_media" => Ok(vec![inbound(&json)?]),
            "recipient_delivery_report_sms" | "recipient_delivery_report_mms" => {
                let to = json["recipient"].as_str();
                Ok(vec![receipt(&json, &json, to, request)?])
            }
            "delivery_report_sms" | "delivery_report_mms" => report(&json, request),
            _ => Ok(Vec::new()),
        }
    }

    fn send(
        &self,
        settings: &Settings,
        message: &OutgoingSms,
        _now: Timestamp,
    ) -> Result<HttpRequest, Misconfigured> {
        let plan = request::segment(settings, "project")?;
        let token = request::need(settings, "token")?;
        let region = match settings.get("region") {
            Some(_) => request::segment(settings, "region")?,
            None => "us",
        };
        let mut body = json!({
            "from": form::bare(request::sender(message.from)?), "to": [form::bare(message.to)],
            "body": message.text, "client_reference": message.effect.to_string(),
            "delivery_report": "per_recipient",
        });
        if let Some(picture) = message.media.first() {
            body["type"] = "mt_media".into();
            body["body"] = json!({ "url": picture, "message": message.text });
        }
        if let Some(url) = message.status_url {
            body["callback_url"] = url.into();
        }
        let usual = format!("https://{region}.sms.api.sinch.com");
        let url = format!("{}/xms/v1/{plan}/batches", request::api(settings, &usual));
        Ok(request::post_json(url, format!("Bearer {token}"), &body))
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
        let code = request::plain(&json["code"]).unwrap_or_default();
        means::refused(ERRORS, answer, &code, json["text"].as_str().unwrap_or(""))
    }

    fn means(&self, code: &str) -> Means {
        means::of(ERRORS, code)
    }
}

fn body_holds(secrets: &[&str], given: &str, request: &RawRequest) -> Result<(), BadSignature> {
    let given = given.trim().to_ascii_lowercase();
    let held = secrets.iter().any(|secret| {
        let ours = proof::hmac(Hash::Sha1, secret.as_bytes(), &[&request.body]);
        proof::same(proof::hex(&ours).as_bytes(), given.as_bytes())
    });
    let signed = || String::from_utf8_lossy(&request.body).into_owned();
    held.then_some(()).ok_or_else(|| proof::mismatch(signed()))
}

fn nonce_holds(secrets: &[&str], request: &RawRequest, now: Timestamp) -> Result<(), BadSignature> {
    let given = proof::header(request, SIGNATURE)?;
    let (nonce, timestamp) = (
        proof::header(request, NONCE)?,
        proof::header(request, TIMESTAMP)?,
    );
    if !proof::header(request, ALGORITHM)?.eq_ignore_ascii_case("HmacSHA256") {
        return Err(BadSignature::because(format!(
            "`{ALGORITHM}` is not HmacSHA256"
        )));
    }
    let mut signed = request.body.clone();
    signed.extend_from_slice(format!(".{nonce}.{timestamp}").as_bytes());
    let held = secrets.iter().any(|secret| {
        let ours = proof::base64(&proof::hmac(Hash::Sha256, secret.as_bytes(), &[&signed]));
        proof::same(ours.as_bytes(), given.as_bytes())
    });
    if !held {
        return Err(proof::mismatch(String::from_utf8_lossy(&signed)));
    }
    let at = proof::seconds(timestamp)
        .ok_or_else(|| BadSignature::because(format!("`{TIMESTAMP}` is not a time")))?;
    proof::within(now, at, proof::TOLERANCE)
}

fn inbound(json: &Json) -> Result<HookEvent, Unreadable> {
    let body = &json["body"];
    let media = body["media"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let text = body.as_str().or_else(|| body["message"].as_str());
    Ok(HookEvent::Inbound {
        id: form::id("id", request::need_text(json, "id")?)?.to_string(),
        from: form::number("from", request::need_text(json, "from")?)?,
        to: form::address(request::need_text(json, "to")?),
        text: text.unwrap_or("").to_string(),
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
        at: json["received_at"].as_str().and_then(form::time),
        took: Took::Nothing,
    })
}

/// A report on a whole batch: for each status, who has it. Ours go to one recipient each.
fn report(json: &Json, request: &RawRequest) -> Result<Vec<HookEvent>, Unreadable> {
    let statuses = json["statuses"]
        .as_array()
        .ok_or_else(|| form::missing("statuses"))?;
    let mut events = Vec::new();
    for status in statuses.iter().take(RECIPIENTS_MAX) {
        let recipients = status["recipients"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        if recipients.is_empty() {
            events.push(receipt(json, status, None, request)?);
        }
        for to in recipients
            .iter()
            .take(RECIPIENTS_MAX - events.len().min(RECIPIENTS_MAX))
        {
            events.push(receipt(json, status, to.as_str(), request)?);
        }
    }
    Ok(events)
}

fn receipt(
    report: &Json,
    status: &Json,
    to: Option<&str>,
    request: &RawRequest,
) -> Result<HookEvent, Unreadable> {
    let reference = report["client_reference"].as_str();
    let effect: Option<EffectRef> = reference.and_then(|text| text.parse().ok());
    let delivery = delivery(request::need_text(status, "status")?)?;
    let bad = matches!(
        delivery,
        DeliveryStatus::Failed | DeliveryStatus::Undelivered
    );
    let code = request::plain(&status["code"]).filter(|_| bad);
    Ok(HookEvent::Status {
        id: form::id("batch_id", request::need_text(report, "batch_id")?)?.to_string(),
        effect: effect.or_else(|| request.effect()),
        from: None,
        to: to.map(form::address),
        status: delivery,
        error: code.as_deref().map(|code| means::error(ERRORS, code, "")),
        at: report["at"].as_str().and_then(form::time),
        opt_out: false,
    })
}

fn delivery(status: &str) -> Result<DeliveryStatus, Unreadable> {
    Ok(match status {
        "Queued" => DeliveryStatus::Queued,
        "Dispatched" | "Unknown" => DeliveryStatus::Sent,
        "Delivered" => DeliveryStatus::Delivered,
        "Expired" => DeliveryStatus::Undelivered,
        "Aborted" | "Rejected" | "Failed" | "Cancelled" | "Deleted" => DeliveryStatus::Failed,
        _ => return Err(Unreadable("`status` is not one of Sinch's".to_string())),
    })
}
