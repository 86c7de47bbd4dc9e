//! AWS End User Messaging (SMS), with Amazon SNS for what comes in.
//!
//! Settings: `api_key` and `api_secret` (access key), `region`, `application` (ARN of the SNS
//! topic, or of several: inbound texts and delivery events), `profile` (a configuration set, which
//! says where events go). Our effect goes out as the message's context. Source:
//! docs.aws.amazon.com/sms-voice.

use serde_json::{Value as Json, json};

use crate::carrier::means::{self, ErrorRow, Means};
use crate::carrier::proof::{self, Hash};
use crate::carrier::sns::{self, Envelope};
use crate::carrier::{
    BadSignature, Carrier, DeliveryStatus, EffectRef, HookAnswer, HookEvent, HttpAnswer,
    HttpRequest, Misconfigured, OutgoingSms, RawRequest, Sent, Settings, Took, Unreadable, form,
    request,
};
use crate::time::Timestamp;

pub struct Aws;

const SERVICE: &str = "sms-voice";
const TARGET: &str = "PinpointSMSVoiceV2.SendTextMessage";
/// The key of the message's context that holds our effect.
const CONTEXT: &str = "effect";

/// Errors of the API, with `Reason` where it says more, and event types of receipts.
const ERRORS: &[ErrorRow] = &[
    (
        "DESTINATION_PHONE_NUMBER_OPTED_OUT",
        Means::OptedOut,
        "the recipient has opted out",
    ),
    (
        "DESTINATION_COUNTRY_BLOCKED",
        Means::Account,
        "the country is not enabled",
    ),
    (
        "DESTINATION_PHONE_NUMBER_NOT_VERIFIED",
        Means::Account,
        "not verified in the AWS sandbox",
    ),
    ("ThrottlingException", Means::Busy, "too many requests"),
    (
        "ServiceQuotaExceededException",
        Means::Account,
        "the spending limit is reached",
    ),
    (
        "AccessDeniedException",
        Means::Account,
        "the credentials may not send",
    ),
    (
        "UnrecognizedClientException",
        Means::Account,
        "the credentials are not accepted",
    ),
    (
        "InvalidSignatureException",
        Means::Account,
        "our signature is not accepted",
    ),
    (
        "IncompleteSignatureException",
        Means::Account,
        "our signature is not accepted",
    ),
    (
        "ExpiredTokenException",
        Means::Account,
        "the credentials have expired",
    ),
    (
        "ResourceNotFoundException",
        Means::Account,
        "the sender or configuration is not found",
    ),
    (
        "ConflictException",
        Means::Account,
        "the sender cannot be used now",
    ),
    (
        "ValidationException",
        Means::Final,
        "the request is not valid",
    ),
    (
        "InternalServerException",
        Means::Doubtful,
        "an error within AWS",
    ),
    ("TEXT_INVALID", Means::DeadNumber, "the number is not valid"),
    (
        "TEXT_INVALID_MESSAGE",
        Means::Final,
        "the text is not valid",
    ),
    (
        "TEXT_UNREACHABLE",
        Means::Later,
        "the handset cannot be reached now",
    ),
    (
        "TEXT_CARRIER_UNREACHABLE",
        Means::Later,
        "the network cannot be reached now",
    ),
    (
        "TEXT_BLOCKED",
        Means::Final,
        "the recipient or its network blocks the text",
    ),
    (
        "TEXT_CARRIER_BLOCKED",
        Means::Final,
        "the network blocks the text",
    ),
    ("TEXT_SPAM", Means::Final, "held back as spam"),
    ("TEXT_TTL_EXPIRED", Means::Final, "its validity ran out"),
    (
        "TEXT_PROTECT_BLOCKED",
        Means::Final,
        "blocked by the account's protect configuration",
    ),
    ("TEXT_UNKNOWN", Means::Final, "the network does not say why"),
];

impl Carrier for Aws {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn verify(
        &self,
        settings: &Settings,
        request: &RawRequest,
        now: Timestamp,
    ) -> Result<(), BadSignature> {
        sns::verify(settings, request, now)
    }

    fn certificate_url(
        &self,
        settings: &Settings,
        request: &RawRequest,
    ) -> Result<Option<String>, BadSignature> {
        sns::certificate_url(settings, request)
    }

    fn read(&self, _: &Settings, request: &RawRequest) -> Result<Vec<HookEvent>, Unreadable> {
        let envelope = sns::read(request)?;
        let json = request::body_json(request)?;
        let at = json["Timestamp"].as_str().and_then(form::time);
        match envelope {
            Envelope::Farewell => Ok(Vec::new()),
            Envelope::Confirmation { url } => Ok(vec![HookEvent::Confirm { url }]),
            Envelope::Notification { message } => match message["eventType"].as_str() {
                Some(kind) => Ok(receipt(&message, kind)?.into_iter().collect()),
                None => Ok(vec![inbound(&message, at)?]),
            },
        }
    }

    fn answer(&self) -> HookAnswer {
        HookAnswer {
            status: 200,
            content_type: "text/plain",
            body: "",
        }
    }

    fn send(
        &self,
        settings: &Settings,
        message: &OutgoingSms,
        now: Timestamp,
    ) -> Result<HttpRequest, Misconfigured> {
        if !message.media.is_empty() {
            return Err(Misconfigured(
                "SendTextMessage of AWS carries no pictures".to_string(),
            ));
        }
        let mut body = json!({
            "DestinationPhoneNumber": message.to,
            "OriginationIdentity": request::sender(message.from)?,
            "MessageBody": message.text,
            "Context": { CONTEXT: message.effect.to_string() },
        });
        if let Some(set) = settings.get("profile") {
            body["ConfigurationSetName"] = set.into();
        }
        let region = request::segment(settings, "region")?;
        let usual = format!("https://{SERVICE}.{region}.amazonaws.com");
        let url = format!("{}/", request::api(settings, &usual));
        signed(settings, region, url, body.to_string().into_bytes(), now)
    }

    fn outcome(&self, answer: &HttpAnswer) -> Sent {
        let json = request::answer_json(answer);
        if (200..=299).contains(&answer.status) {
            return match json["MessageId"].as_str() {
                Some(id) => Sent::Accepted {
                    id: Some(id.to_string()),
                },
                None => means::unreadable(answer),
            };
        }
        let kind = json["__type"]
            .as_str()
            .or_else(|| answer.header("x-amzn-errortype"));
        let kind = kind.unwrap_or("");
        let kind = kind.rsplit_once('#').map_or(kind, |(_, kind)| kind);
        let kind = kind.split_once(':').map_or(kind, |(kind, _)| kind);
        let reason = json["Reason"]
            .as_str()
            .filter(|reason| means::find(ERRORS, reason).is_some());
        let said = json["message"]
            .as_str()
            .or_else(|| json["Message"].as_str());
        means::refused(ERRORS, answer, reason.unwrap_or(kind), said.unwrap_or(""))
    }

    fn means(&self, code: &str) -> Means {
        means::of(ERRORS, code)
    }
}

fn inbound(message: &Json, at: Option<Timestamp>) -> Result<HookEvent, Unreadable> {
    let id = form::id(
        "inboundMessageId",
        request::need_text(message, "inboundMessageId")?,
    )?;
    Ok(HookEvent::Inbound {
        id: id.to_string(),
        from: form::e164(
            "originationNumber",
            request::need_text(message, "originationNumber")?,
        )?,
        to: form::address(request::need_text(message, "destinationNumber")?),
        text: message["messageBody"].as_str().unwrap_or("").to_string(),
        media: Vec::new(),
        at,
        took: Took::Nothing,
    })
}

fn receipt(message: &Json, kind: &str) -> Result<Option<HookEvent>, Unreadable> {
    let status = match kind {
        "TEXT_QUEUED" | "TEXT_PENDING" => DeliveryStatus::Queued,
        "TEXT_SENT" => DeliveryStatus::Sent,
        "TEXT_SUCCESSFUL" | "TEXT_DELIVERED" => DeliveryStatus::Delivered,
        "TEXT_UNREACHABLE" | "TEXT_CARRIER_UNREACHABLE" | "TEXT_TTL_EXPIRED" => {
            DeliveryStatus::Undelivered
        }
        known if known.starts_with("TEXT_") => DeliveryStatus::Failed,
        // Voice and pictures.
        _ => return Ok(None),
    };
    let bad = matches!(status, DeliveryStatus::Failed | DeliveryStatus::Undelivered);
    let said = message["messageStatusDescription"].as_str().unwrap_or("");
    let effect: Option<EffectRef> = message["context"][CONTEXT]
        .as_str()
        .and_then(|text| text.parse().ok());
    Ok(Some(HookEvent::Status {
        id: form::id("messageId", request::need_text(message, "messageId")?)?.to_string(),
        effect,
        from: message["originationPhoneNumber"]
            .as_str()
            .map(form::address),
        to: message["destinationPhoneNumber"]
            .as_str()
            .map(form::address),
        status,
        error: bad.then(|| means::error(ERRORS, kind, said)),
        at: message["eventTimestamp"].as_i64().map(Timestamp::from_ms),
        opt_out: false,
    }))
}

/// Signs as AWS wants it. Source: AWS Signature Version 4.
fn signed(
    settings: &Settings,
    region: &str,
    url: String,
    body: Vec<u8>,
    now: Timestamp,
) -> Result<HttpRequest, Misconfigured> {
    let key = request::need(settings, "api_key")?;
    let secret = request::need(settings, "api_secret")?;
    let bad = || Misconfigured("the channel's `api` is not an address".to_string());
    let (_, host) = url.split_once("://").ok_or_else(bad)?;
    let (host, path) = host.split_once('/').ok_or_else(bad)?;
    let time = now.to_jiff().strftime("%Y%m%dT%H%M%SZ").to_string();
    let day = time.split('T').next().unwrap_or("").to_string();
    let headers = [
        ("content-type", "application/x-amz-json-1.0"),
        ("host", host),
        ("x-amz-date", time.as_str()),
        ("x-amz-target", TARGET),
    ];
    let names = headers.map(|(name, _)| name).join(";");
    let lines: String = headers
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    let digest = proof::hex(&proof::sha256(&body));
    let canonical = format!("POST\n/{path}\n\n{lines}\n{names}\n{digest}");
    let scope = format!("{day}/{region}/{SERVICE}/aws4_request");
    let canonical = proof::hex(&proof::sha256(canonical.as_bytes()));
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{canonical}");
    let first = format!("AWS4{secret}").into_bytes();
    let signature = [
        day.as_str(),
        region,
        SERVICE,
        "aws4_request",
        to_sign.as_str(),
    ]
    .iter()
    .fold(first, |key, piece| {
        proof::hmac(Hash::Sha256, &key, &[piece.as_bytes()])
    });
    let signature = proof::hex(&signature);
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}"
    );
    let mut sent: Vec<(String, String)> = headers
        .iter()
        .filter(|(name, _)| *name != "host")
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    sent.push(("authorization".to_string(), authorization));
    Ok(HttpRequest {
        method: "POST",
        url,
        headers: sent,
        body,
    })
}
