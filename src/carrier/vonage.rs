//! Vonage (formerly Nexmo): the SMS API and the Messages API, one carrier.
//!
//! Settings: `api_key`, `api_secret`, `secret` (the *signature* secret), `mode: sms` (usual) or
//! `mode: messages`, `signature` (how the SMS API signs: md5hash, md5, sha1, sha256 (usual),
//! sha512). `mode` decides what is sent and, where it is set, what is believed; without it a
//! webhook with a token is of the Messages API, any other of the SMS API. Source:
//! developer.vonage.com.

use crate::carrier::{
    BadSignature, Carrier, HookAnswer, HookEvent, HttpAnswer, HttpRequest, Means, Misconfigured,
    OutgoingSms, RawRequest, Sent, Settings, Unreadable, form, request, vonage_messages,
    vonage_sms,
};
use crate::time::Timestamp;

pub struct Vonage;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Api {
    Sms,
    Messages,
}

impl Carrier for Vonage {
    fn name(&self) -> &'static str {
        "vonage"
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
        if is_url_check(request) {
            return Ok(());
        }
        let by_token = request.header("authorization").is_some();
        match chosen(settings).unwrap_or(if by_token { Api::Messages } else { Api::Sms }) {
            Api::Messages => vonage_messages::verify(settings, request, now),
            Api::Sms => vonage_sms::verify(settings, request, now),
        }
    }

    fn read(
        &self,
        settings: &Settings,
        request: &RawRequest,
    ) -> Result<Vec<HookEvent>, Unreadable> {
        if is_url_check(request) {
            return Ok(Vec::new());
        }
        let json = request::body_json(request).ok();
        let by_shape = json
            .as_ref()
            .is_some_and(|json| !json["message_uuid"].is_null());
        match (chosen(settings), json) {
            (Some(Api::Messages), Some(json)) => vonage_messages::read(&json, request),
            (Some(Api::Messages), None) => Err(Unreadable("the body is not JSON".to_string())),
            (None, Some(json)) if by_shape => vonage_messages::read(&json, request),
            (None | Some(Api::Sms), _) => vonage_sms::read(request),
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
        _now: Timestamp,
    ) -> Result<HttpRequest, Misconfigured> {
        match chosen(settings).unwrap_or(Api::Sms) {
            Api::Sms => vonage_sms::send(settings, message),
            Api::Messages => vonage_messages::send(settings, message),
        }
    }

    /// The two answers look different: the SMS API says 200 also to what it refuses.
    fn outcome(&self, answer: &HttpAnswer) -> Sent {
        let json = request::answer_json(answer);
        match json["messages"].as_array() {
            Some(parts) => vonage_sms::outcome(answer, parts),
            None => vonage_messages::outcome(answer, &json),
        }
    }

    /// The Messages API's codes have four digits, those of the SMS API's receipts at most two.
    fn means(&self, code: &str) -> Means {
        match code.len() {
            0..=2 => vonage_sms::means(code),
            _ => vonage_messages::means(code),
        }
    }
}

fn chosen(settings: &Settings) -> Option<Api> {
    match settings.get("mode") {
        Some("messages") => Some(Api::Messages),
        Some("sms") => Some(Api::Sms),
        _ => None,
    }
}

/// Vonage looks whether an address answers by a GET that says nothing; nothing is believed of it.
fn is_url_check(request: &RawRequest) -> bool {
    let query = form::split_url(&request.url).1.unwrap_or("");
    form::is_get(request) && request.body.is_empty() && query.is_empty()
}
