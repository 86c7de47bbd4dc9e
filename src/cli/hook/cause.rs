//! Why a signature does not hold: the same request, a little different, put to the same judge. What
//! then holds is the likeliest cause.
//!
//! The differences are those that people meet: a proxy that ends TLS, a port, a slash, a query that
//! was cut off, another account's secret, another way to sign, a body written anew.

use std::collections::BTreeMap;

use crate::carrier::{BadSignature, Carrier, RawRequest, Settings};
use crate::cli::hook::Hook;
use crate::cli::hook::paste::Paste;
use crate::lead::Name;
use crate::time::Timestamp;

type Values = BTreeMap<Name, String>;

/// What one try is judged by.
pub struct Attempt<'a> {
    pub carrier: &'static dyn Carrier,
    pub api: Option<&'a str>,
    pub now: Timestamp,
}

impl Attempt<'_> {
    pub fn judge(&self, values: &Values, request: &RawRequest) -> Result<(), BadSignature> {
        let settings = Settings {
            values,
            api: self.api,
        };
        self.carrier.verify(&settings, request, self.now)
    }

    pub fn certificate_url(
        &self,
        values: &Values,
        request: &RawRequest,
    ) -> Result<Option<String>, BadSignature> {
        let settings = Settings {
            values,
            api: self.api,
        };
        self.carrier.certificate_url(&settings, request)
    }

    /// Whether the signature holds, be it old.
    fn fits(&self, values: &Values, request: &RawRequest) -> bool {
        match self.judge(values, request) {
            Ok(()) => true,
            Err(bad) => bad.reason.starts_with("the signature holds, but"),
        }
    }
}

/// Something that may have been otherwise, in words that follow "…; ".
struct Other<T> {
    value: T,
    words: String,
}

/// The words for the first difference that makes the signature hold: one alone, else two.
pub fn likeliest(
    attempt: &Attempt,
    values: &Values,
    paste: &Paste,
    request: &RawRequest,
    hook: &Hook,
) -> Option<String> {
    let (urls, bodies) = (urls(request, paste), bodies(paste));
    let secrets = secrets(values, hook);
    let with = |url: &str, body: &[u8]| paste.request(url.to_string(), body.to_vec());
    for url in &urls {
        if attempt.fits(values, &with(&url.value, &request.body)) {
            return Some(url.words.clone());
        }
    }
    for body in &bodies {
        if attempt.fits(values, &with(&request.url, &body.value)) {
            return Some(body.words.clone());
        }
    }
    for secret in &secrets {
        if attempt.fits(&secret.value, request) {
            return Some(secret.words.clone());
        }
    }
    for url in &urls {
        for body in &bodies {
            if attempt.fits(values, &with(&url.value, &body.value)) {
                return Some(format!("{}; and {}", url.words, body.words));
            }
        }
        for secret in &secrets {
            if attempt.fits(&secret.value, &with(&url.value, &request.body)) {
                return Some(format!("{}; and {}", url.words, secret.words));
            }
        }
    }
    None
}

/// Addresses that the carrier may have been given instead.
fn urls(request: &RawRequest, paste: &Paste) -> Vec<Other<String>> {
    let Some((scheme, rest)) = request.url.split_once("://") else {
        return Vec::new();
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(end);
    let (path, query) = match rest.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (rest, None),
    };
    let other_scheme = if scheme == "https" { "http" } else { "https" };
    let slash = match path.strip_suffix('/') {
        Some(short) => short.to_string(),
        None => format!("{path}/"),
    };
    let mut urls: Vec<Other<String>> = Vec::new();
    for (host, host_words) in hosts(scheme, host, paste) {
        for (scheme, scheme_words) in [(scheme, ""), (other_scheme, scheme_hint(other_scheme))] {
            for (path, path_words) in [(path, ""), (&slash, "a slash at the end of the path")] {
                for (query, query_words) in [(query, ""), (None, "no query")] {
                    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
                    let value = format!("{scheme}://{host}{path}{query}");
                    let known = value == request.url || urls.iter().any(|url| url.value == value);
                    if !known {
                        let why = [host_words, scheme_words, path_words, query_words];
                        let why: Vec<&str> =
                            why.into_iter().filter(|why| !why.is_empty()).collect();
                        let words = format!("it was signed for {value} ({})", why.join(", "));
                        urls.push(Other { value, words });
                    }
                }
            }
        }
    }
    // The fewest differences first.
    urls.sort_by_key(|url| url.words.matches(", ").count());
    urls
}

fn scheme_hint(scheme: &str) -> &'static str {
    match scheme {
        "http" => {
            "http: give the carrier the https address; only if it must stay http, say so in `public_url`"
        }
        _ => "https: a proxy ends TLS before us; `public_url` must begin with https",
    }
}

/// The host as it is, without and with its port, and those that the request names.
fn hosts(scheme: &str, host: &str, paste: &Paste) -> Vec<(String, &'static str)> {
    let mut hosts = vec![(host.to_string(), "")];
    match host.rsplit_once(':') {
        Some((bare, _)) => hosts.push((bare.to_string(), "without the port")),
        None => {
            let port = if scheme == "https" { 443 } else { 80 };
            hosts.push((format!("{host}:{port}"), "with the port"));
        }
    }
    for name in ["host", "x-forwarded-host", "x-original-host"] {
        let named = paste.header(name).and_then(|value| value.split(',').next());
        if let Some(named) = named.map(str::trim).filter(|named| !named.is_empty()) {
            let bare = |host: &str| host.split(':').next().unwrap_or(host).to_ascii_lowercase();
            let words = match bare(named) == bare(host) {
                true => "another port than `public_url` has: both must have the same, or none",
                false => {
                    "another host than `public_url` has: set `public_url` to it, or the carrier's console to ours"
                }
            };
            hosts.push((named.to_string(), words));
        }
    }
    hosts
}

/// Bodies that may have been sent instead of the one in hand.
fn bodies(paste: &Paste) -> Vec<Other<Vec<u8>>> {
    let body = paste.body.as_slice();
    let text = String::from_utf8_lossy(body);
    let unix = text.replace("\r\n", "\n");
    let others = [
        (paste.without_line_end(), "the body has a line end too many"),
        (
            Some([body, b"\n"].concat()),
            "the body lost its last line end",
        ),
        (
            Some(text.trim().as_bytes().to_vec()),
            "the body has white space around it",
        ),
        (
            Some(unix.clone().into_bytes()),
            "the body's line ends were changed to CRLF",
        ),
        (
            Some(unix.replace('\n', "\r\n").into_bytes()),
            "the body's line ends were changed to LF",
        ),
        (
            respaced(&text, "", ""),
            "the body was written anew, with white space in its JSON",
        ),
        (
            respaced(&text, " ", " "),
            "the body was written anew, without the spaces in its JSON",
        ),
    ];
    others
        .into_iter()
        .filter_map(|(value, words)| {
            let value = value.filter(|value| value != body)?;
            Some(Other {
                value,
                words: format!("{words}: verify the exact bytes that came"),
            })
        })
        .collect()
}

/// JSON with other white space: none but what is given after `,` and after `:`.
fn respaced(text: &str, after_comma: &str, after_colon: &str) -> Option<Vec<u8>> {
    let _: serde_json::Value = serde_json::from_str(text).ok()?;
    let (mut in_string, mut escaped) = (false, false);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' if !escaped => in_string = !in_string,
            c if !in_string && c.is_ascii_whitespace() => continue,
            _ => {}
        }
        escaped = in_string && c == '\\' && !escaped;
        out.push(c);
        match c {
            ',' if !in_string => out.push_str(after_comma),
            ':' if !in_string => out.push_str(after_colon),
            _ => {}
        }
    }
    Some(out.into_bytes())
}

/// Settings with another of the workspace's secrets, or another way to sign.
fn secrets(values: &Values, hook: &Hook) -> Vec<Other<Values>> {
    const SECRETS: [&str; 7] = [
        "secret",
        "secrets",
        "token",
        "api_secret",
        "password",
        "private_key",
        "public_key",
    ];
    const WAYS: [&str; 7] = ["md5hash", "md5", "sha1", "sha256", "sha512", "v3", "legacy"];
    let mut others = Vec::new();
    for way in WAYS {
        let mut value = values.clone();
        value.insert(Name::from("signature"), way.to_string());
        others.push(Other {
            value,
            words: format!("it is signed by `signature: {way}`"),
        });
    }
    for (channel, settings) in hook.channels {
        for (key, secret) in &settings.settings {
            if !SECRETS.contains(&key.as_str()) {
                continue;
            }
            let mut value = values.clone();
            value.remove("secrets");
            for role in ["secret", "public_key", "password"] {
                value.insert(Name::from(role), secret.clone());
            }
            let words = format!("it is signed with the `{key}` of the channel `{channel}`");
            others.push(Other { value, words });
        }
    }
    others
}
