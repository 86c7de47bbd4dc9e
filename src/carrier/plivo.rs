//! Plivo Messaging.
//!
//! Settings: `account` (auth id), `secret` (auth token), `profile` (a Powerpack that picks the
//! sender), `signature: v3` where Plivo signs that way. Version 2, the usual one for texts, covers
//! the address alone: neither query nor body. Whoever sees one request can forge others, so what it
//! claims is held to strict formats; ask Plivo for version 3. Source: plivo.com/docs, and its SDKs'
//! checks.

use serde_json::json;

use crate::carrier::form::{self, Form};
use crate::carrier::means::{self, ErrorRow, Means};
use crate::carrier::proof::{self, Hash};
use crate::carrier::{
    BadSignature, Carrier, DeliveryStatus, HookAnswer, HookEvent, HttpAnswer, HttpRequest,
    Misconfigured, OutgoingSms, RawRequest, Sent, Settings, Took, Unreadable, request,
};
use crate::time::Timestamp;

pub struct Plivo;

const API: &str = "https://api.plivo.com";
const V3: &str = "x-plivo-signature-v3";
const V3_NONCE: &str = "x-plivo-signature-v3-nonce";
const V2: [&str; 2] = ["x-plivo-signature-v2", "x-plivo-signature-ma-v2"];
const V2_NONCE: &str = "x-plivo-signature-v2-nonce";

const ERRORS: &[ErrorRow] = &[
    ("10", Means::Final, "the text is not valid"),
    ("20", Means::Later, "the network failed"),
    ("30", Means::Final, "held back as spam"),
    ("40", Means::Account, "the sender's number is not valid"),
    (
        "50",
        Means::DeadNumber,
        "the destination is not valid, or a landline",
    ),
    ("60", Means::Final, "a loop was found"),
    (
        "70",
        Means::DeadNumber,
        "the destination is permanently unavailable",
    ),
    ("80", Means::Later, "the handset is off or out of reach"),
    ("90", Means::Final, "no route to the destination"),
    ("100", Means::Final, "prohibited by the network"),
    ("110", Means::Final, "the text is too long"),
    ("200", Means::OptedOut, "the recipient has opted out"),
    (
        "201",
        Means::Final,
        "a US toll-free number cannot send to Canada",
    ),
    ("300", Means::Later, "Plivo could not dispatch it"),
    ("420", Means::Final, "Message expired"),
    (
        "450",
        Means::Account,
        "the country is not enabled for the account",
    ),
    ("900", Means::Account, "the account has not enough credit"),
    ("910", Means::Account, "the account is disabled"),
    ("1000", Means::Final, "unknown"),
];

impl Carrier for Plivo {
    fn name(&self) -> &'static str {
        "plivo"
    }

    fn methods(&self) -> &'static [&'static str] {
        &["POST", "GET"]
    }

    fn verify(
        &self,
        settings: &Settings,
        request: &RawRequest,
        _now: Timestamp,
    ) -> Result<(), BadSignature> {
        let secrets = proof::secrets(settings)?;
        let third = settings.get("signature") == Some("v3") || request.header(V3).is_some();
        let (given, signed) = if third {
            (vec![proof::header(request, V3)?], signed_v3(request)?)
        } else {
            let given: Vec<&str> = V2.iter().filter_map(|name| request.header(name)).collect();
            if given.is_empty() {
                return Err(BadSignature::because(format!(
                    "the header `{}` is missing",
                    V2[0]
                )));
            }
            let base = form::split_url(&request.url).0;
            (
                given,
                format!("{base}{}", proof::header(request, V2_NONCE)?).into_bytes(),
            )
        };
        let held = secrets.iter().any(|secret| {
            let ours = proof::base64(&proof::hmac(Hash::Sha256, secret.as_bytes(), &[&signed]));
            // One header may list several.
            let mut given = given.iter().flat_map(|value| value.split(','));
            given.any(|given| proof::same(ours.as_bytes(), given.trim().as_bytes()))
        });
        let signed = || String::from_utf8_lossy(&signed).into_owned();
        held.then_some(()).ok_or_else(|| proof::mismatch(signed()))
    }

    fn read(&self, _: &Settings, request: &RawRequest) -> Result<Vec<HookEvent>, Unreadable> {
        let form = Form::read(request)?.once_each()?;
        let id = form::id("MessageUUID", form.need("MessageUUID")?)?;
        match form.any(&["Status", "status"]) {
            Some(status) => Ok(vec![receipt(&form, id, status, request)?]),
            None => Ok(vec![inbound(&form, id)?]),
        }
    }

    fn answer(&self) -> HookAnswer {
        HookAnswer {
            status: 200,
            content_type: "text/xml",
            body: "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>",
        }
    }

    fn send(
        &self,
        settings: &Settings,
        message: &OutgoingSms,
        _now: Timestamp,
    ) -> Result<HttpRequest, Misconfigured> {
        let account = request::segment(settings, "account")?;
        let secrets = settings.secrets();
        let secret = secrets.first().ok_or_else(|| {
            Misconfigured("the channel has no `secret`, the auth token".to_string())
        })?;
        let mut body = json!({ "dst": message.to, "text": message.text, "type": "sms" });
        match settings.get("profile") {
            Some(pool) => body["powerpack_uuid"] = pool.into(),
            None => body["src"] = request::sender(message.from)?.into(),
        }
        if !message.media.is_empty() {
            body["type"] = "mms".into();
            body["media_urls"] = json!(message.media);
        }
        if let Some(url) = message.status_url {
            body["url"] = url.into();
            body["method"] = "POST".into();
        }
        let url = format!(
            "{}/v1/Account/{account}/Message/",
            request::api(settings, API)
        );
        Ok(request::post_json(
            url,
            proof::basic(account, secret),
            &body,
        ))
    }

    fn outcome(&self, answer: &HttpAnswer) -> Sent {
        let json = request::answer_json(answer);
        if (200..=299).contains(&answer.status) {
            let id = &json["message_uuid"];
            return match id[0].as_str().or_else(|| id.as_str()) {
                Some(id) => Sent::Accepted {
                    id: Some(id.to_string()),
                },
                None => means::unreadable(answer),
            };
        }
        let code = request::plain(&json["error_code"]).unwrap_or_default();
        means::refused(ERRORS, answer, &code, json["error"].as_str().unwrap_or(""))
    }

    fn means(&self, code: &str) -> Means {
        means::of(ERRORS, code)
    }
}

/// Version 3: the address, the query's fields sorted, the body's fields sorted, the nonce.
fn signed_v3(request: &RawRequest) -> Result<Vec<u8>, BadSignature> {
    let nonce = proof::header(request, V3_NONCE)?;
    let (base, query) = form::split_url(&request.url);
    fn fields(bytes: &[u8]) -> Result<Vec<form::Pair<'_>>, BadSignature> {
        let mut pairs = form::decode(bytes).map_err(BadSignature::because)?;
        pairs.sort_unstable();
        Ok(pairs)
    }
    let query: Vec<Vec<u8>> = fields(query.unwrap_or("").as_bytes())?
        .into_iter()
        .map(|(key, value)| [&*key, b"=", &*value].concat())
        .collect();
    let body = fields(&request.body)?;
    let mut signed = base.as_bytes().to_vec();
    if !query.is_empty() || !body.is_empty() {
        signed.push(b'?');
        signed.extend(query.join(&b'&'));
    }
    if !query.is_empty() && !body.is_empty() {
        signed.push(b'.');
    }
    body.into_iter()
        .for_each(|(key, value)| signed.extend([key, value].concat()));
    signed.push(b'.');
    signed.extend_from_slice(nonce.as_bytes());
    Ok(signed)
}

fn inbound(form: &Form, id: &str) -> Result<HookEvent, Unreadable> {
    let text = form.get("Text").or_else(|| form.get("Body"));
    Ok(HookEvent::Inbound {
        id: id.to_string(),
        from: form::number("From", form.need("From")?)?,
        to: form::address(form.need("To")?),
        text: text.unwrap_or("").to_string(),
        media: form.media("Media", None, 1),
        at: None,
        took: match form.text("MessageIntent") {
            Some("optout") => Took::OptOut,
            Some("optin") => Took::OptIn,
            Some("help") => Took::Help,
            _ => Took::Nothing,
        },
    })
}

fn receipt(
    form: &Form,
    id: &str,
    status: &str,
    request: &RawRequest,
) -> Result<HookEvent, Unreadable> {
    // Each part has an id of its own; the parent's is the one the send was answered with.
    let id = match form.text("ParentMessageUUID") {
        Some(parent) => form::id("ParentMessageUUID", parent)?,
        None => id,
    };
    let code = form
        .text("ErrorCode")
        .filter(|code| *code != "0" && *code != "000");
    Ok(HookEvent::Status {
        id: id.to_string(),
        effect: request.effect(),
        from: form.text("From").map(form::address),
        to: form.text("To").map(form::address),
        status: delivery(status)?,
        error: code.map(|code| means::error(ERRORS, code, "")),
        at: form
            .any(&["DeliveryReportTime", "SentTime"])
            .and_then(form::time),
        opt_out: code.is_some_and(|code| means::of(ERRORS, code) == Means::OptedOut),
    })
}

fn delivery(status: &str) -> Result<DeliveryStatus, Unreadable> {
    Ok(match status {
        "queued" => DeliveryStatus::Queued,
        "sent" => DeliveryStatus::Sent,
        "delivered" | "read" => DeliveryStatus::Delivered,
        "undelivered" => DeliveryStatus::Undelivered,
        "failed" | "rejected" => DeliveryStatus::Failed,
        _ => return Err(Unreadable("`Status` is not one of Plivo's".to_string())),
    })
}
