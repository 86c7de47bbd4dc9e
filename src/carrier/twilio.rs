//! Twilio Programmable Messaging.
//!
//! Settings: `account` (AC…), `secret` (its auth token; `secrets` while it is changed, the first is
//! used to send), `profile` (a Messaging Service, MG…, that picks the sender), or `api_key` and
//! `api_secret` to send with. Source: twilio.com/docs/messaging, and the vectors of its seven SDKs.
//!
//! A signature covers the address and whatever fields came, joined with nothing between them: hence
//! the strict formats after it, and no field twice. It holds no time: a repeat is known by its id.

use crate::carrier::form::{self, Form};
use crate::carrier::means::{self, Means};
use crate::carrier::proof::{self, Hash};
use crate::carrier::twilio_errors::ERRORS;
use crate::carrier::{
    BadSignature, Bridge, Carrier, DeliveryStatus, HookAnswer, HookEvent, HttpAnswer, HttpRequest,
    LookedUp, Misconfigured, OutgoingSms, RawRequest, Sent, Settings, Took, Unreadable, request,
};
use crate::time::{Duration, Timestamp};

pub struct Twilio;

const API: &str = "https://api.twilio.com";
const SIGNATURE: &str = "x-twilio-signature";
const SIGNATURE_SETTINGS: &str = "x-twilio-webhooks-signature-settings";

impl Carrier for Twilio {
    fn name(&self) -> &'static str {
        "twilio"
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
        let given = proof::header(request, SIGNATURE)?;
        let fields = signed_fields(request)?;
        let hash = hash(request)?;
        let urls = spellings(&request.url);
        let held = secrets.iter().any(|secret| {
            urls.iter().any(|url| {
                let ours = proof::hmac(hash, secret.as_bytes(), &[url.as_bytes(), &fields]);
                proof::same(proof::base64(&ours).as_bytes(), given.as_bytes())
            })
        });
        let signed = || format!("{}{}", urls[0], String::from_utf8_lossy(&fields));
        held.then_some(()).ok_or_else(|| proof::mismatch(signed()))
    }

    fn read(&self, _: &Settings, request: &RawRequest) -> Result<Vec<HookEvent>, Unreadable> {
        let form = Form::read(request)?.once_each()?;
        let id = sid(form.need("MessageSid")?)?;
        let status = form
            .any(&["MessageStatus", "SmsStatus"])
            .unwrap_or("received");
        match (status, form.text("MessageStatus")) {
            // An inbound's own progress, which the inbound itself has told already.
            ("received" | "receiving", Some(_)) => Ok(Vec::new()),
            ("received" | "receiving", None) => Ok(vec![inbound(&form, id)?]),
            (status, _) => Ok(vec![receipt(&form, id, status, request)?]),
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
        let authorization = authorization(settings, account)?;
        let mut pairs = vec![("To", message.to)];
        match settings.get("profile") {
            Some(service) => pairs.push(("MessagingServiceSid", service)),
            None => pairs.push(("From", request::sender(message.from)?)),
        }
        if !message.text.is_empty() {
            pairs.push(("Body", message.text));
        }
        pairs.extend(message.media.iter().map(|url| ("MediaUrl", url.as_str())));
        pairs.extend(message.status_url.map(|url| ("StatusCallback", url)));
        let api = request::api(settings, API);
        let url = format!("{api}/2010-04-01/Accounts/{account}/Messages.json");
        Ok(request::post_form(url, Some(authorization), &pairs))
    }

    /// Source: twilio.com/docs/voice/api/call-resource, `Twiml`.
    fn bridge(&self, settings: &Settings, call: &Bridge) -> Result<HttpRequest, Misconfigured> {
        let account = request::segment(settings, "account")?;
        let authorization = authorization(settings, account)?;
        let from = request::sender(call.from)?;
        let twiml = request::dial(from, call.lead);
        let pairs = [("To", call.agent), ("From", from), ("Twiml", &twiml)];
        let api = request::api(settings, API);
        let url = format!("{api}/2010-04-01/Accounts/{account}/Calls.json");
        Ok(request::post_form(url, Some(authorization), &pairs))
    }

    fn outcome(&self, answer: &HttpAnswer) -> Sent {
        let json = request::answer_json(answer);
        if (200..=299).contains(&answer.status) {
            return match json["sid"].as_str() {
                Some(sid) => Sent::Accepted {
                    id: Some(sid.to_string()),
                },
                None => means::unreadable(answer),
            };
        }
        let code = request::plain(&json["code"]).unwrap_or_default();
        let said = json["message"].as_str().unwrap_or("");
        means::refused(ERRORS, answer, &code, said)
    }

    fn looks_up(&self) -> bool {
        true
    }

    /// Twilio knows nothing of our id: its texts to this number since that day are looked through.
    fn look_up(
        &self,
        settings: &Settings,
        message: &OutgoingSms,
        sent: Timestamp,
    ) -> Result<HttpRequest, Misconfigured> {
        let account = request::segment(settings, "account")?;
        let day = sent.to_jiff().strftime("%Y-%m-%d").to_string();
        let query = form::encode(&[("To", message.to), ("DateSent>", &day), ("PageSize", "50")]);
        let api = request::api(settings, API);
        let query = String::from_utf8_lossy(&query);
        Ok(HttpRequest {
            method: "GET",
            url: format!("{api}/2010-04-01/Accounts/{account}/Messages.json?{query}"),
            headers: vec![
                (
                    "authorization".to_string(),
                    authorization(settings, account)?,
                ),
                ("accept".to_string(), "application/json".to_string()),
            ],
            body: Vec::new(),
        })
    }

    fn looked_up(&self, answer: &HttpAnswer, message: &OutgoingSms, sent: Timestamp) -> LookedUp {
        let json = request::answer_json(answer);
        let Some(messages) = json["messages"].as_array().filter(|_| answer.status == 200) else {
            return LookedUp::Unclear;
        };
        let ours = messages.iter().find(|known| {
            let created = known["date_created"].as_str().and_then(rfc_2822);
            known["body"].as_str() == Some(message.text)
                && known["to"].as_str() == Some(message.to)
                && known["direction"]
                    .as_str()
                    .is_some_and(|way| way.starts_with("outbound"))
                && created.is_some_and(|created| created + CLOCKS_DIFFER >= sent)
        });
        match ours.and_then(|known| known["sid"].as_str()) {
            Some(sid) => LookedUp::Has(sid.to_string()),
            None => LookedUp::HasNot,
        }
    }

    fn means(&self, code: &str) -> Means {
        means::of(ERRORS, code)
    }
}

/// How far Twilio's clock and ours may be apart when a text is looked up.
const CLOCKS_DIFFER: Duration = Duration::secs(30);

fn rfc_2822(text: &str) -> Option<Timestamp> {
    let at = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Timestamp::from_ms(at.timestamp().as_millisecond()))
}

fn authorization(settings: &Settings, account: &str) -> Result<String, Misconfigured> {
    if let (Some(key), Some(secret)) = (settings.get("api_key"), settings.get("api_secret")) {
        return Ok(proof::basic(key, secret));
    }
    let secrets = settings.secrets();
    let secret = secrets
        .first()
        .ok_or_else(|| Misconfigured("the channel has no `secret`, the auth token".to_string()))?;
    Ok(proof::basic(account, secret))
}

fn hash(request: &RawRequest) -> Result<Hash, BadSignature> {
    let settings = request.header(SIGNATURE_SETTINGS).unwrap_or("");
    let named = settings
        .split(',')
        .filter_map(|part| part.trim().strip_prefix("algorithm="))
        .next_back();
    match named {
        None | Some("HMAC_SHA1") => Ok(Hash::Sha1),
        Some("HMAC_SHA256") => Ok(Hash::Sha256),
        Some(_) => Err(BadSignature::because(
            "the signature's algorithm is not known",
        )),
    }
}

/// What is signed after the address: each field's name and values, sorted as bytes, a value that is
/// there twice once. Nothing for a GET, nor where the address holds the body's digest.
fn signed_fields(request: &RawRequest) -> Result<Vec<u8>, BadSignature> {
    if form::is_get(request) && request.body.is_empty() {
        return Ok(Vec::new());
    }
    let query = form::split_url(&request.url).1.unwrap_or("");
    if let Some(digest) = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("bodySHA256="))
    {
        let ours = proof::hex(&proof::sha256(&request.body));
        let held = proof::same(ours.as_bytes(), digest.to_ascii_lowercase().as_bytes());
        return held.then(Vec::new).ok_or_else(|| {
            BadSignature::because("the body is not the one that `bodySHA256` in the address names")
        });
    }
    let mut fields = form::decode(&request.body).map_err(BadSignature::because)?;
    fields.sort_unstable();
    fields.dedup();
    let mut signed = Vec::with_capacity(request.body.len());
    for (key, value) in &fields {
        signed.extend_from_slice(key);
        signed.extend_from_slice(value);
    }
    Ok(signed)
}

/// The address as it is, and with and without a port: Twilio's own libraries take each of them.
fn spellings(url: &str) -> Vec<String> {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let mut spellings = vec![url.to_string()];
    let Some((scheme, rest)) = url.split_once("://") else {
        return spellings;
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let port = host
        .rsplit_once(':')
        .filter(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    match port {
        Some((_, port)) => {
            let bare = &authority[..authority.len() - port.len() - 1];
            spellings.push(format!("{scheme}://{bare}{rest}"));
        }
        None => {
            let port = if scheme.eq_ignore_ascii_case("https") {
                443
            } else {
                80
            };
            spellings.push(format!("{scheme}://{authority}:{port}{rest}"));
        }
    }
    spellings
}

/// Two letters and 32 hex digits.
fn sid(text: &str) -> Result<&str, Unreadable> {
    let bytes = text.as_bytes();
    let well = bytes.len() == 34
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..].iter().all(u8::is_ascii_hexdigit);
    well.then_some(text)
        .ok_or_else(|| Unreadable("`MessageSid` is not two letters and 32 hex digits".to_string()))
}

fn inbound(form: &Form, id: &str) -> Result<HookEvent, Unreadable> {
    Ok(HookEvent::Inbound {
        id: id.to_string(),
        from: form::e164("From", form.need("From")?)?,
        to: form::address(form.need("To")?),
        text: form.get("Body").unwrap_or("").to_string(),
        media: form.media("MediaUrl", Some("MediaContentType"), 0),
        at: None,
        // With Advanced Opt-Out, where Twilio has also answered.
        took: match form.text("OptOutType") {
            Some("STOP") => Took::OptOut,
            Some("START") => Took::OptIn,
            Some("HELP") => Took::Help,
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
    let code = form.text("ErrorCode").filter(|code| *code != "0");
    Ok(HookEvent::Status {
        id: id.to_string(),
        effect: request.effect(),
        from: form.text("From").map(form::address),
        to: form.text("To").map(form::address),
        status: delivery(status)?,
        error: code.map(|code| means::error(ERRORS, code, form.text("ErrorMessage").unwrap_or(""))),
        at: None,
        opt_out: code.is_some_and(|code| means::of(ERRORS, code) == Means::OptedOut),
    })
}

fn delivery(status: &str) -> Result<DeliveryStatus, Unreadable> {
    Ok(match status {
        "accepted" | "scheduled" | "queued" => DeliveryStatus::Queued,
        "sending" | "sent" | "partially_delivered" => DeliveryStatus::Sent,
        "delivered" | "read" => DeliveryStatus::Delivered,
        "undelivered" => DeliveryStatus::Undelivered,
        "failed" | "canceled" => DeliveryStatus::Failed,
        _ => {
            return Err(Unreadable(
                "`MessageStatus` is not one of Twilio's".to_string(),
            ));
        }
    })
}
