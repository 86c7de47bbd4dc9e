//! `replytree hook`: does a recorded or pasted webhook's signature hold, if not why, and what does
//! it mean?
//!
//! The judge is the carrier's own `verify` and `read`, as the server uses them. `cause` asks it
//! about requests that are nearly the same, and so finds what is likely wrong. Nothing is sent or
//! stored.

mod cause;
mod paste;

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value as Json, json};

use crate::carrier::{
    self, BadSignature, CERTIFICATE, CarrierError, HookEvent, Media, RawRequest, Settings, Took,
};
use crate::cli::lines::Format;
use crate::flow::workspace::Channel;
use crate::lead::Name;
use crate::time::Timestamp;

use cause::Attempt;
use paste::Paste;

/// Longest request that is read.
const INPUT_MAX: u64 = 1024 * 1024;

/// Reads a raw HTTP request on standard input: does its signature hold, if not why, what does it
/// mean?
#[derive(Debug, Args)]
pub struct HookArgs {
    /// The channel's name in workspace.yaml.
    pub channel: String,
    /// The address that the carrier was given, in full [default: `public_url` and the request's
    /// path].
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// When it came, such as 2026-11-23T09:00:00Z, or seconds since 1970 [default: now].
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// The certificate at the request's SigningCertURL (AWS only; nothing is fetched).
    #[arg(long, value_name = "PEM_FILE")]
    pub certificate: Option<PathBuf>,
    /// How to answer [default: human on a terminal, else json].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// What the workspace and the clock bring.
#[derive(Debug)]
pub struct Hook<'a> {
    pub channels: &'a BTreeMap<Name, Channel>,
    pub public_url: Option<&'a str>,
    pub now: Timestamp,
}

/// What is told.
struct Verdict {
    /// Why the signature does not hold.
    bad: Option<BadSignature>,
    events: Vec<HookEvent>,
    /// What else is worth knowing: why the body cannot be read, what is odd about the paste.
    notes: Vec<String>,
    url: String,
}

/// Answers on `out`. The exit code: 0 when the signature holds, 1 when it does not, 2 when there
/// was nothing to judge.
pub fn run(
    args: &HookArgs,
    hook: &Hook,
    default: Format,
    input: &mut dyn Read,
    out: &mut dyn Write,
) -> io::Result<u8> {
    let format = args.format.unwrap_or(default);
    let mut bytes = Vec::new();
    input.take(INPUT_MAX).read_to_end(&mut bytes)?;
    match judge(args, hook, &bytes) {
        Ok(verdict) => {
            match format {
                Format::Json => writeln!(out, "{}", in_json(&verdict))?,
                Format::Human => in_words(&verdict, out)?,
            }
            out.flush()?;
            Ok(u8::from(verdict.bad.is_some()))
        }
        Err(error) => {
            match format {
                Format::Json => writeln!(out, "{}", json!({ "error": error }))?,
                Format::Human => writeln!(out, "error: {error}")?,
            }
            out.flush()?;
            Ok(2)
        }
    }
}

fn judge(args: &HookArgs, hook: &Hook, bytes: &[u8]) -> Result<Verdict, String> {
    let name = args.channel.as_str();
    let channel = hook.channels.get(name).ok_or_else(|| {
        let names: Vec<&str> = hook.channels.keys().map(Name::as_str).collect();
        match names.as_slice() {
            [] => "workspace.yaml has no channels".to_string(),
            names => format!(
                "there is no channel `{name}`; there are {}",
                names.join(", ")
            ),
        }
    })?;
    let carrier = carrier::find(&channel.carrier)
        .ok_or_else(|| format!("there is no carrier `{}`", channel.carrier))?;
    let now = match &args.at {
        None => hook.now,
        Some(at) => {
            moment(at).ok_or_else(|| format!("`{at}` is not a time such as {}", hook.now))?
        }
    };
    let paste = Paste::read(bytes)?;
    let mut values = channel.settings.clone();
    if let Some(file) = &args.certificate {
        let pem = std::fs::read_to_string(file)
            .map_err(|error| format!("{}: {error}", file.display()))?;
        values.insert(Name::from(CERTIFICATE), pem);
    }
    let mut notes = paste.notes.clone();
    let url = paste.url(args.url.as_deref(), hook.public_url, &mut notes);
    let attempt = Attempt {
        carrier,
        api: channel.api.as_deref(),
        now,
    };
    let (request, bad) = verify(&attempt, &values, &paste, url, hook);
    let settings = Settings {
        values: &values,
        api: channel.api.as_deref(),
    };
    let events = carrier.read(&settings, &request).unwrap_or_else(|error| {
        notes.push(format!("it cannot be read: {error}"));
        Vec::new()
    });
    Ok(Verdict {
        bad,
        events,
        notes,
        url: request.url,
    })
}

/// The request as it was judged, and what was wrong with it.
fn verify(
    attempt: &Attempt,
    values: &BTreeMap<Name, String>,
    paste: &Paste,
    url: String,
    hook: &Hook,
) -> (RawRequest, Option<BadSignature>) {
    let request = paste.request(url, paste.body.clone());
    let Err(mut bad) = attempt.judge(values, &request) else {
        return (request, None);
    };
    // An editor ends a file with a line end that the carrier did not send.
    if !paste.sized
        && let Some(body) = paste.without_line_end()
    {
        let trimmed = paste.request(request.url.clone(), body);
        if attempt.judge(values, &trimmed).is_ok() {
            return (trimmed, None);
        }
    }
    if let Some(cause) = cause::likeliest(attempt, values, paste, &request, hook) {
        bad.reason = format!("{}; {cause}", bad.reason);
    } else if let Ok(Some(url)) = attempt.certificate_url(values, &request)
        && !values.contains_key(CERTIFICATE)
    {
        bad.reason = format!("the certificate is needed: fetch {url} and give it by --certificate");
    } else if bad.signed.is_some() && !bad.reason.starts_with("the signature holds") {
        bad.reason = format!("{}; {NOTHING_NEAR}", bad.reason);
    }
    (request, Some(bad))
}

/// Where nothing near the request would make its signature hold.
const NOTHING_NEAR: &str = "no other address, port or spelling would fit either: most likely the \
    secret is another account's (a subaccount has its own), or the body was changed on its way";

/// RFC 3339, or seconds since 1970.
fn moment(text: &str) -> Option<Timestamp> {
    let seconds = text
        .parse::<i64>()
        .ok()
        .and_then(|secs| secs.checked_mul(1000));
    seconds
        .map(Timestamp::from_ms)
        .or_else(|| text.parse().ok())
}

fn in_json(verdict: &Verdict) -> Json {
    let mut json = json!({
        "valid": verdict.bad.is_none(),
        "url": verdict.url,
        "events": verdict.events.iter().map(event_json).collect::<Vec<_>>(),
    });
    if let Some(bad) = &verdict.bad {
        json["reason"] = bad.reason.as_str().into();
        if let Some(signed) = &bad.signed {
            json["signed"] = signed.as_str().into();
        }
    }
    if !verdict.notes.is_empty() {
        json["notes"] = json!(verdict.notes);
    }
    json
}

fn event_json(event: &HookEvent) -> Json {
    let mut json = match event {
        HookEvent::Inbound {
            id,
            from,
            to,
            text,
            media,
            took,
            ..
        } => json!({
            "kind": "inbound", "id": id, "from": from.to_string(), "to": to, "text": text,
            "media": media.iter().map(media_json).collect::<Vec<_>>(), "opt_out": *took == Took::OptOut,
            "taken_for": took.as_str(),
        }),
        HookEvent::InboundPart(part) => json!({
            "kind": "inbound", "id": part.id, "from": part.from.to_string(), "to": part.to,
            "text": part.text, "media": [], "opt_out": false, "taken_for": null,
            "part": { "reference": part.reference, "number": part.number, "total": part.total },
        }),
        HookEvent::Status {
            id,
            effect,
            from,
            to,
            status,
            error,
            opt_out,
            ..
        } => {
            let mut json = json!({
                "kind": "status", "id": id, "from": from, "to": to, "status": status.as_str(),
                "opt_out": opt_out,
            });
            if let Some(error) = error {
                json["error"] = json!({ "code": error.code, "meaning": error.meaning });
            }
            if let Some(effect) = effect {
                json["ours"] = effect.to_string().into();
            }
            json
        }
        HookEvent::Confirm { url } => json!({ "kind": "confirm", "id": url }),
    };
    if let Some(at) = moment_of(event) {
        json["at"] = at.to_string().into();
    }
    json
}

fn moment_of(event: &HookEvent) -> Option<Timestamp> {
    match event {
        HookEvent::Inbound { at, .. } | HookEvent::Status { at, .. } => *at,
        HookEvent::InboundPart(part) => part.at,
        HookEvent::Confirm { .. } => None,
    }
}

fn media_json(media: &Media) -> Json {
    json!({ "url": media.url, "content_type": media.content_type })
}

fn in_words(verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
    match &verdict.bad {
        None => writeln!(out, "The signature holds for {}", verdict.url)?,
        Some(bad) => {
            writeln!(out, "The signature does not hold for {}", verdict.url)?;
            writeln!(out, "  why     {}", bad.reason)?;
            if let Some(signed) = &bad.signed {
                writeln!(out, "  signed  {}", signed.escape_debug())?;
            }
        }
    }
    for note in &verdict.notes {
        writeln!(out, "  note    {note}")?;
    }
    if verdict.events.is_empty() {
        writeln!(out, "It tells nothing that we act on.")?;
    }
    for event in &verdict.events {
        writeln!(out, "{}", event_words(event))?;
    }
    Ok(())
}

fn event_words(event: &HookEvent) -> String {
    match event {
        HookEvent::Inbound {
            id,
            from,
            to,
            text,
            media,
            took,
            ..
        } => {
            let media: String = media
                .iter()
                .map(|media| format!("\n  media   {}", media.url))
                .collect();
            let verdict = match took {
                Took::Nothing => "",
                Took::OptOut => "\n  the carrier took it for an opt-out",
                Took::OptIn => "\n  the carrier took it for an opt-in, and has answered",
                Took::Help => "\n  the carrier took it for a call for help, and has answered",
            };
            format!("A reply of {from} to {to}, id {id}\n  text    {text:?}{media}{verdict}")
        }
        HookEvent::InboundPart(part) => format!(
            "Part {} of {} of a reply of {} to {}, id {}\n  text    {:?}",
            part.number, part.total, part.from, part.to, part.id, part.text
        ),
        HookEvent::Status {
            id,
            effect,
            to,
            status,
            error,
            opt_out,
            ..
        } => {
            let to = to.as_deref().unwrap_or("somebody");
            let ours = effect
                .map(|effect| format!(", ours {effect}"))
                .unwrap_or_default();
            let error = error
                .as_ref()
                .map(|error: &CarrierError| format!("\n  error   {error}"));
            let verdict = if *opt_out {
                "\n  the lead has opted out there"
            } else {
                ""
            };
            let error = error.unwrap_or_default();
            format!(
                "The text to {to} is {}, id {id}{ours}{error}{verdict}",
                status.as_str()
            )
        }
        HookEvent::Confirm { url } => format!("A subscription to confirm, by a GET of {url}"),
    }
}

#[cfg(test)]
mod tests;
