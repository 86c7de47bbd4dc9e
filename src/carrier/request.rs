//! Building the requests that send: what every carrier's has in common.

use serde_json::Value as Json;

use crate::carrier::form;
use crate::carrier::{HttpAnswer, HttpRequest, Misconfigured, RawRequest, Settings, Unreadable};

pub fn need<'s>(settings: &Settings<'s>, key: &str) -> Result<&'s str, Misconfigured> {
    settings
        .get(key)
        .ok_or_else(|| Misconfigured(format!("the channel has no `{key}`")))
}

/// A setting that becomes a piece of an address.
pub fn segment<'s>(settings: &Settings<'s>, key: &str) -> Result<&'s str, Misconfigured> {
    let text = need(settings, key)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    text.bytes().all(plain).then_some(text).ok_or_else(|| {
        Misconfigured(format!(
            "the channel's `{key}` holds a sign that has no place in an address"
        ))
    })
}

/// The number, short code or name a text goes from.
pub fn sender(from: Option<&str>) -> Result<&str, Misconfigured> {
    from.ok_or_else(|| Misconfigured("the channel has no `from`".to_string()))
}

/// What the carrier does once the agent answers: it calls the lead, showing our number.
/// Twilio's TwiML and Telnyx's TeXML write it alike.
pub fn dial(from: &str, lead: &str) -> String {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '+')
            .collect()
    };
    format!(
        "<Response><Dial callerId=\"{}\"><Number>{}</Number></Dial></Response>",
        plain(from),
        plain(lead)
    )
}

/// The base address of the carrier's API, without a slash at its end.
pub fn api<'s>(settings: &Settings<'s>, usual: &'s str) -> &'s str {
    settings.api.unwrap_or(usual).trim_end_matches('/')
}

fn header(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_string(), value.into())
}

pub fn post_json(url: String, authorization: String, json: &Json) -> HttpRequest {
    HttpRequest {
        method: "POST",
        url,
        headers: vec![
            header("authorization", authorization),
            header("content-type", "application/json"),
            header("accept", "application/json"),
        ],
        body: json.to_string().into_bytes(),
    }
}

pub fn post_form(
    url: String,
    authorization: Option<String>,
    pairs: &[(&str, &str)],
) -> HttpRequest {
    let mut headers: Vec<(String, String)> = Vec::new();
    headers.extend(authorization.map(|value| header("authorization", value)));
    headers.push(header("content-type", "application/x-www-form-urlencoded"));
    headers.push(header("accept", "application/json"));
    HttpRequest {
        method: "POST",
        url,
        headers,
        body: form::encode(pairs),
    }
}

/// The answer's JSON; null when it is none.
pub fn answer_json(answer: &HttpAnswer) -> Json {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

pub fn body_json(request: &RawRequest) -> Result<Json, Unreadable> {
    serde_json::from_slice(&request.body)
        .map_err(|error| Unreadable(format!("the body is not JSON: {error}")))
}

/// A string, or a number as it is written; nothing for anything else, and for an empty string.
pub fn plain(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

pub fn need_text<'j>(json: &'j Json, key: &str) -> Result<&'j str, Unreadable> {
    json[key].as_str().ok_or_else(|| form::missing(key))
}
