//! What a carrier of texts is to us. An adapter builds a request and reads a response; it never
//! sends, waits, or looks at a clock: whoever calls it passes `now`, and one client does the rest.
//!
//! A channel's signature is judged against the configured public address, never against one rebuilt
//! from headers that a caller may set. Only this file and a carrier's own know its name.

pub mod aws;
pub mod bandwidth;
pub mod bird;
pub mod effect_ref;
mod form;
pub mod infobip;
pub mod join;
pub mod jwt;
pub mod means;
pub mod messagebird;
pub mod plivo;
mod proof;
mod rehearse;
mod request;
pub mod sandbox;
pub mod signing;
pub mod sinch;
pub mod sns;
pub mod telnyx;
pub mod twilio;
mod twilio_errors;
pub mod vonage;
mod vonage_messages;
mod vonage_sms;
pub mod webhook;

use std::collections::BTreeMap;

use crate::lead::{Name, PhoneNumber};
use crate::time::{Duration, Timestamp};

pub use effect_ref::EffectRef;
pub use means::Means;
pub use rehearse::rehearse;

pub trait Carrier: Send + Sync {
    /// As `carrier:` in workspace.yaml.
    fn name(&self) -> &'static str;

    fn trust(&self) -> Trust {
        Trust::Signature
    }

    /// Whether a webhook may come as GET too; most come as POST only.
    fn methods(&self) -> &'static [&'static str] {
        &["POST"]
    }

    /// Whether the request was made by the carrier: over its raw bytes, in constant time.
    fn verify(
        &self,
        settings: &Settings,
        request: &RawRequest,
        now: Timestamp,
    ) -> Result<(), BadSignature>;

    /// What the request means; several events may come at once, none is well too.
    fn read(&self, settings: &Settings, request: &RawRequest)
    -> Result<Vec<HookEvent>, Unreadable>;

    /// What the carrier wants to hear when its events are safe with us.
    fn answer(&self) -> HookAnswer {
        HookAnswer {
            status: 200,
            content_type: "application/json",
            body: "{}",
        }
    }

    /// The request that sends `message`.
    fn send(
        &self,
        settings: &Settings,
        message: &OutgoingSms,
        now: Timestamp,
    ) -> Result<HttpRequest, Misconfigured>;

    /// What the answer to that request says. Called for every answer that came; none came is
    /// `Sent::Unknown`, unless nothing left at all.
    fn outcome(&self, answer: &HttpAnswer) -> Sent;

    /// The request that calls an agent and, once they answer, the lead.
    fn bridge(&self, _: &Settings, _: &Bridge) -> Result<HttpRequest, Misconfigured> {
        Err(Misconfigured(format!(
            "calls cannot be placed through `{}`; Twilio and Telnyx can",
            self.name()
        )))
    }

    /// What the answer to that request says.
    fn bridged(&self, answer: &HttpAnswer) -> Sent {
        self.outcome(answer)
    }

    /// Whether the same effect id twice is one message: then an unknown outcome may be tried again.
    fn repeats(&self) -> Repeats {
        Repeats::Forbidden
    }

    /// Whether the carrier can be asked what became of a text.
    fn looks_up(&self) -> bool {
        false
    }

    /// The request that asks whether the carrier has a text that we handed over at `sent` or later and
    /// heard nothing of.
    fn look_up(
        &self,
        _settings: &Settings,
        _message: &OutgoingSms,
        _sent: Timestamp,
    ) -> Result<HttpRequest, Misconfigured> {
        Err(Misconfigured("this carrier cannot be asked".to_string()))
    }

    /// What the answer to that says.
    fn looked_up(
        &self,
        _answer: &HttpAnswer,
        _message: &OutgoingSms,
        _sent: Timestamp,
    ) -> LookedUp {
        LookedUp::Unclear
    }

    /// What an error code in a status callback says of the number, the text or the account. A code
    /// that nobody knows is final for this text and says nothing of the number.
    fn means(&self, _code: &str) -> Means {
        Means::Final
    }

    /// The certificate that `verify` needs, which the caller fetches (https only, no redirects,
    /// kept by its address) and hands over in the settings as `CERTIFICATE`. Never an address that
    /// the carrier does not own, and none for a request that is not the channel's anyway.
    fn certificate_url(
        &self,
        _settings: &Settings,
        _request: &RawRequest,
    ) -> Result<Option<String>, BadSignature> {
        Ok(None)
    }
}

/// The key in a channel's settings under which a fetched certificate (PEM) is handed over.
pub const CERTIFICATE: &str = "certificate";

/// Every carrier, in the order they are listed to people.
pub static ALL: [&dyn Carrier; 11] = [
    &sandbox::Sandbox,
    &webhook::Webhook,
    &twilio::Twilio,
    &telnyx::Telnyx,
    &vonage::Vonage,
    &plivo::Plivo,
    &bird::Bird,
    &sinch::Sinch,
    &bandwidth::Bandwidth,
    &infobip::Infobip,
    &aws::Aws,
];

pub fn find(name: &str) -> Option<&'static dyn Carrier> {
    ALL.iter().copied().find(|carrier| carrier.name() == name)
}

/// How we know that a webhook is the carrier's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    Signature,
    /// Unsigned: believed in the sandbox and from this machine only.
    ThisMachine,
}

/// Whether the carrier has a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookedUp {
    /// Under this id of its own.
    Has(String),
    HasNot,
    /// It did not say.
    Unclear,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeats {
    /// The carrier knows a message by our effect id.
    Safe,
    Forbidden,
}

/// A channel's settings, as in workspace.yaml with `${…}` filled in.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    pub values: &'a BTreeMap<Name, String>,
    /// The base address of the carrier's API, where it is not the usual one.
    pub api: Option<&'a str>,
}

impl<'a> Settings<'a> {
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.values
            .get(key)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// Every secret that may be in use: `secret`, and while one is changed for another `secrets`,
    /// separated by commas or spaces. The first one signs.
    pub fn secrets(&self) -> Vec<&'a str> {
        ["secret", "secrets"]
            .into_iter()
            .filter_map(|key| self.get(key))
            .flat_map(|value| value.split([',', ' ', '\n']))
            .map(str::trim)
            .filter(|secret| !secret.is_empty())
            .collect()
    }
}

/// A request as it came: nothing is decoded, so that its signature can be judged.
#[derive(Debug, Clone)]
pub struct RawRequest {
    pub method: String,
    /// The configured public address with the path and query that were asked for.
    pub url: String,
    /// Names in lower case, in the order they came.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl RawRequest {
    /// The first header of this name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The effect that our own status address names, if this is one.
    pub fn effect(&self) -> Option<EffectRef> {
        let (_, query) = self.url.split_once('?')?;
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix("effect="))?
            .parse()
            .ok()
    }
}

/// Why a signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct BadSignature {
    pub reason: String,
    /// What was signed, for someone who looks for the difference; never holds a secret.
    pub signed: Option<String>,
}

impl BadSignature {
    pub fn because(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            signed: None,
        }
    }
}

/// The body is not what this carrier sends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

/// The channel lacks a setting that sending needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Misconfigured(pub String);

/// What the carrier itself took a text for. It has done what that asks for, and has answered it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Took {
    /// For nothing of its own, or it does not say.
    #[default]
    Nothing,
    /// It blocks the number.
    OptOut,
    /// It lets texts through to the number again.
    OptIn,
    Help,
}

impl Took {
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            Took::Nothing => None,
            Took::OptOut => Some("opt_out"),
            Took::OptIn => Some("opt_in"),
            Took::Help => Some("help"),
        }
    }
}

/// What a webhook tells.
#[derive(Debug, Clone, PartialEq)]
pub enum HookEvent {
    Inbound {
        /// The carrier's id of the message, by which a repeat is known.
        id: String,
        from: PhoneNumber,
        /// Our number or short code.
        to: String,
        text: String,
        media: Vec<Media>,
        at: Option<Timestamp>,
        took: Took,
    },
    Status {
        /// The carrier's id of our message.
        id: String,
        /// Our own id of it, where it came back.
        effect: Option<EffectRef>,
        from: Option<String>,
        to: Option<String>,
        status: DeliveryStatus,
        error: Option<CarrierError>,
        at: Option<Timestamp>,
        opt_out: bool,
    },
    /// One part of a long text, from a carrier that does not join them; `join` does.
    InboundPart(join::InboundPart),
    /// The carrier asks to prove that the address is ours: a GET of `url`, which the adapter has
    /// found to be the carrier's own.
    Confirm { url: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    pub url: String,
    pub content_type: Option<String>,
}

/// How far a message came, the same for every carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// Taken in, not yet passed on.
    Queued,
    Sent,
    Delivered,
    Undelivered,
    Failed,
}

impl DeliveryStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            DeliveryStatus::Queued => "queued",
            DeliveryStatus::Sent => "sent",
            DeliveryStatus::Delivered => "delivered",
            DeliveryStatus::Undelivered => "undelivered",
            DeliveryStatus::Failed => "failed",
        }
    }
}

/// A carrier's own code, and what it means in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierError {
    pub code: String,
    pub meaning: String,
}

impl std::fmt::Display for CarrierError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.code.as_str(), self.meaning.as_str()) {
            ("", meaning) => f.write_str(meaning),
            (code, "") => f.write_str(code),
            (code, meaning) => write!(f, "{code}: {meaning}"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HookAnswer {
    pub status: u16,
    pub content_type: &'static str,
    pub body: &'static str,
}

/// A text on its way out.
#[derive(Debug, Clone, Copy)]
pub struct OutgoingSms<'a> {
    pub effect: EffectRef,
    pub to: &'a str,
    /// The number of ours it goes from, where the channel has any.
    pub from: Option<&'a str>,
    pub text: &'a str,
    pub media: &'a [String],
    /// Where the carrier may report how it fares; it names the effect.
    pub status_url: Option<&'a str>,
}

/// A call that connects an agent with a lead.
#[derive(Debug, Clone, Copy)]
pub struct Bridge<'a> {
    /// The agent's number, called first.
    pub agent: &'a str,
    pub lead: &'a str,
    /// The number of ours that both see.
    pub from: Option<&'a str>,
}

/// A request to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// The answer that came to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl HttpAnswer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// `Retry-After` in seconds, else `otherwise`; never more than an hour.
    pub fn retry_after(&self, otherwise: Duration) -> Duration {
        self.header("retry-after")
            .and_then(|value| value.trim().parse::<u32>().ok())
            .map_or(otherwise, |secs| {
                Duration::secs(i64::from(secs.clamp(1, 3600)))
            })
    }
}

/// How a send came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    Accepted {
        id: Option<String>,
    },
    /// Not taken in; the same may go again later.
    Retry {
        after: Duration,
        error: CarrierError,
    },
    /// Refused for good.
    Refused {
        error: CarrierError,
    },
    /// The number can never be reached.
    Unreachable {
        error: CarrierError,
    },
    /// The carrier holds an opt-out of this number.
    OptedOut {
        error: CarrierError,
    },
    /// Not taken in, and nothing of this channel will be until somebody acts (a wrong key, no
    /// credit, an unregistered sender): the channel pauses, with an alarm, and the text waits.
    Paused {
        error: CarrierError,
    },
    /// Nobody knows whether it went.
    Unknown {
        error: CarrierError,
    },
}
