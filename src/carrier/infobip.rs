//! Infobip SMS.
//!
//! Settings: `api` (the account's own address, https://….api.infobip.com), `api_key`, `username`
//! and `password` (of the Basic authorization of its subscriptions). We give each message our
//! effect id as its `messageId`, and the same as callback data. Source: infobip.com/docs/api.
//! Infobip's codes for an opt-out are not documented where we looked; our own suppression is what
//! holds.

use serde_json::{Value as Json, json};

use crate::carrier::means::{self, ErrorRow, Means};
use crate::carrier::{
    BadSignature, Carrier, DeliveryStatus, EffectRef, HookEvent, HttpAnswer, HttpRequest, Media,
    Misconfigured, OutgoingSms, RawRequest, Sent, Settings, Took, Unreadable, form, proof, request,
};
use crate::time::Timestamp;

pub struct Infobip;

const RESULTS_MAX: usize = 1000;

/// Names of statuses and of errors; both tell why.
const ERRORS: &[ErrorRow] = &[
    (
        "REJECTED_NETWORK",
        Means::Final,
        "the network is not covered",
    ),
    (
        "REJECTED_PREFIX_MISSING",
        Means::DeadNumber,
        "the number is not valid",
    ),
    (
        "REJECTED_DND",
        Means::Final,
        "the recipient takes no such texts",
    ),
    (
        "REJECTED_SOURCE",
        Means::Account,
        "the sender is not allowed",
    ),
    (
        "REJECTED_NOT_ENOUGH_CREDITS",
        Means::Account,
        "the account has not enough credit",
    ),
    ("REJECTED_SENDER", Means::Account, "the sender is blocked"),
    (
        "REJECTED_DESTINATION",
        Means::Final,
        "the destination is blocked",
    ),
    (
        "REJECTED_PREPAID_PACKAGE_EXPIRED",
        Means::Account,
        "the account's package ran out",
    ),
    (
        "REJECTED_DESTINATION_NOT_REGISTERED",
        Means::Account,
        "not on the trial account's list",
    ),
    (
        "REJECTED_ROUTE_NOT_AVAILABLE",
        Means::Account,
        "the account has no route",
    ),
    (
        "REJECTED_FLOODING_FILTER",
        Means::Final,
        "the same text went there too often",
    ),
    (
        "REJECTED_SYSTEM_ERROR",
        Means::Later,
        "an error within Infobip",
    ),
    (
        "REJECTED_INVALID_DESTINATION",
        Means::DeadNumber,
        "the number is not valid",
    ),
    (
        "EC_UNKNOWN_SUBSCRIBER",
        Means::DeadNumber,
        "the number is not known",
    ),
    (
        "EC_UNIDENTIFIED_SUBSCRIBER",
        Means::DeadNumber,
        "the number is not known",
    ),
    ("EC_ABSENT_SUBSCRIBER", Means::Later, "the handset is away"),
    (
        "EC_ABSENT_SUBSCRIBER_SM",
        Means::Later,
        "the handset is away",
    ),
    (
        "EC_SUBSCRIBER_BUSY_FOR_MT_SMS",
        Means::Later,
        "the handset is busy",
    ),
    (
        "EC_MESSAGE_WAITING_LIST_FULL",
        Means::Later,
        "the handset's list is full",
    ),
    (
        "EC_SM_DELIVERY_FAILURE",
        Means::Later,
        "the handset's memory is full",
    ),
    ("EC_SYSTEM_FAILURE", Means::Later, "the network failed"),
    ("TOO_MANY_REQUESTS", Means::Busy, "too many requests"),
    (
        "UNAUTHORIZED",
        Means::Account,
        "the API key is not accepted",
    ),
    ("FORBIDDEN", Means::Account, "the API key may not send"),
];

impl Carrier for Infobip {
    fn name(&self) -> &'static str {
        "infobip"
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
        let results = json["results"]
            .as_array()
            .ok_or_else(|| form::missing("results"))?;
        if results.len() > RESULTS_MAX {
            return Err(Unreadable("there are too many `results`".to_string()));
        }
        results
            .iter()
            .map(|result| match &result["status"] {
                Json::Null => inbound(result),
                status => receipt(result, status, request),
            })
            .collect()
    }

    fn send(
        &self,
        settings: &Settings,
        message: &OutgoingSms,
        _now: Timestamp,
    ) -> Result<HttpRequest, Misconfigured> {
        let api = settings.api.ok_or_else(|| {
            Misconfigured("the channel has no `api`, the account's own address".to_string())
        })?;
        if !message.media.is_empty() {
            return Err(Misconfigured("Infobip SMS carries no pictures".to_string()));
        }
        let effect = message.effect.to_string();
        let mut text = json!({
            "sender": form::bare(request::sender(message.from)?),
            "destinations": [{ "to": form::bare(message.to), "messageId": effect }],
            "content": { "text": message.text },
            "webhooks": { "callbackData": effect },
        });
        if let Some(url) = message.status_url {
            text["webhooks"]["delivery"] = json!({ "url": url });
        }
        let key = request::need(settings, "api_key")?;
        let url = format!("{}/sms/3/messages", api.trim_end_matches('/'));
        Ok(request::post_json(
            url,
            format!("App {key}"),
            &json!({ "messages": [text] }),
        ))
    }

    fn outcome(&self, answer: &HttpAnswer) -> Sent {
        let json = request::answer_json(answer);
        if (200..=299).contains(&answer.status) {
            return taken(answer, &json["messages"][0]);
        }
        let old = &json["requestError"]["serviceException"];
        let code = request::plain(&json["errorCode"]).or_else(|| request::plain(&old["messageId"]));
        let said = json["description"]
            .as_str()
            .or_else(|| old["text"].as_str());
        means::refused(
            ERRORS,
            answer,
            &code.unwrap_or_default(),
            said.unwrap_or(""),
        )
    }

    fn means(&self, code: &str) -> Means {
        means::of(ERRORS, code)
    }
}

/// 200 says that the request was read; the message's own status says whether it was taken.
fn taken(answer: &HttpAnswer, message: &Json) -> Sent {
    let status = &message["status"];
    let name = status["name"].as_str().unwrap_or("");
    match (message["messageId"].as_str(), status["groupName"].as_str()) {
        // Our id was taken in before: the text is under way already.
        (Some(id), _) if name == "REJECTED_DUPLICATE_MESSAGE_ID" => Sent::Accepted {
            id: Some(id.to_string()),
        },
        (Some(_), Some("REJECTED" | "UNDELIVERABLE")) => {
            let said = status["description"].as_str().unwrap_or("");
            let error = means::error(ERRORS, name, said);
            means::sent(means::of(ERRORS, name), answer, error)
        }
        (Some(id), _) => Sent::Accepted {
            id: Some(id.to_string()),
        },
        (None, _) => means::unreadable(answer),
    }
}

fn inbound(result: &Json) -> Result<HookEvent, Unreadable> {
    let text = result["text"]
        .as_str()
        .or_else(|| result["cleanText"].as_str());
    let media = result["message"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    Ok(HookEvent::Inbound {
        id: form::id("messageId", request::need_text(result, "messageId")?)?.to_string(),
        from: form::number("from", request::need_text(result, "from")?)?,
        to: form::address(request::need_text(result, "to")?),
        text: text.unwrap_or("").to_string(),
        media: media
            .iter()
            .take(form::MEDIA_MAX)
            .filter_map(|part| {
                Some(Media {
                    url: part["url"].as_str()?.to_string(),
                    content_type: part["contentType"].as_str().map(str::to_string),
                })
            })
            .collect(),
        at: result["receivedAt"].as_str().and_then(form::time),
        took: Took::Nothing,
    })
}

fn receipt(result: &Json, status: &Json, request: &RawRequest) -> Result<HookEvent, Unreadable> {
    let id = form::id("messageId", request::need_text(result, "messageId")?)?;
    let data = result["callbackData"].as_str().unwrap_or("");
    let effect: Option<EffectRef> = id.parse().ok().or_else(|| data.parse().ok());
    let delivery = match request::need_text(status, "groupName")? {
        "PENDING" | "ACCEPTED" => DeliveryStatus::Sent,
        "DELIVERED" => DeliveryStatus::Delivered,
        "UNDELIVERABLE" | "EXPIRED" => DeliveryStatus::Undelivered,
        "REJECTED" => DeliveryStatus::Failed,
        _ => {
            return Err(Unreadable(
                "`groupName` is not one of Infobip's".to_string(),
            ));
        }
    };
    let bad = matches!(
        delivery,
        DeliveryStatus::Failed | DeliveryStatus::Undelivered
    );
    let error = &result["error"];
    let error = match error["name"].as_str() {
        None | Some("NO_ERROR") => status,
        Some(_) => error,
    };
    let name = error["name"].as_str().filter(|_| bad);
    let said = error["description"].as_str().unwrap_or("");
    Ok(HookEvent::Status {
        id: id.to_string(),
        effect: effect.or_else(|| request.effect()),
        from: None,
        to: result["to"].as_str().map(form::address),
        status: delivery,
        error: name.map(|name| means::error(ERRORS, name, said)),
        at: result["doneAt"].as_str().and_then(form::time),
        opt_out: false,
    })
}
