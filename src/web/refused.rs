//! Webhooks whose proof did not hold, for whoever sets a channel up: when, why, and the address that was
//! judged. Never a body, a header or a query (some carriers put the text there).
//!
//! In memory and bounded, whoever sends: a channel's newest different ones, each with a count. The reason is
//! one of the adapters' few and the address one of ours, so whoever makes up thousands adds to a count: they
//! fill nothing, and push nothing out.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use crate::carrier::RawRequest;
use crate::lead::Name;
use crate::time::Timestamp;

/// Different ones that are shown of a channel.
const SHOWN_MAX: usize = 10;
const TEXT_LEN_MAX: usize = 200;

/// What was refused for one reason at one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedHook {
    pub why: String,
    /// As it was judged: the configured public address, without a query.
    pub url: String,
    pub count: u64,
    pub first: Timestamp,
    pub last: Timestamp,
}

/// Of one channel, since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfChannel {
    pub count: u64,
    /// Newest first.
    pub shown: VecDeque<RefusedHook>,
}

/// By channels of the workspace, whose names nobody else can make up.
#[derive(Default)]
pub struct Refused(Mutex<BTreeMap<Name, OfChannel>>);

impl Refused {
    pub fn note(&self, channel: &Name, why: &str, request: &RawRequest, at: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = all.entry(channel.clone()).or_default();
        of.note(cut(why), address(request), at);
    }

    pub fn of(&self, channel: &str) -> OfChannel {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(channel).cloned().unwrap_or_default()
    }
}

impl OfChannel {
    fn note(&mut self, why: String, url: String, at: Timestamp) {
        self.count += 1;
        let same = |known: &RefusedHook| {
            known.url == url && without_figures(&known.why) == without_figures(&why)
        };
        if let Some(known) = self.shown.iter().position(same)
            && let Some(mut known) = self.shown.remove(known)
        {
            known.count += 1;
            (known.last, known.why) = (at, why);
            self.shown.push_front(known);
            return;
        }
        self.shown.truncate(SHOWN_MAX - 1);
        self.shown.push_front(RefusedHook {
            why,
            url,
            count: 1,
            first: at,
            last: at,
        });
    }
}

/// `made 301 s ago` and `made 302 s ago` are one reason.
fn without_figures(why: &str) -> String {
    why.chars().filter(|c| !c.is_ascii_digit()).collect()
}

fn cut(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_control());
    plain.take(TEXT_LEN_MAX).collect()
}

/// What we tell carriers ends in one of these; what else there is was made up.
const ENDS: [&str; 2] = ["/inbound", "/status"];

/// Whether there was a query stays to be seen: carriers sign it, and it must be the one they were told.
fn address(request: &RawRequest) -> String {
    let (url, query) = match request.url.split_once('?') {
        Some((url, _)) => (url, "?…"),
        None => (request.url.as_str(), ""),
    };
    let (before, end) = match url.rfind('/') {
        Some(at) if !ENDS.contains(&&url[at..]) => (&url[..at], "/…"),
        Some(_) | None => (url, ""),
    };
    format!("{}{end}{query}", cut(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_ms(1_000_000 + secs * 1_000)
    }

    fn request(url: &str) -> RawRequest {
        RawRequest {
            method: "POST".to_string(),
            url: url.to_string(),
            headers: vec![("authorization".to_string(), "canary".to_string())],
            body: b"canary".to_vec(),
        }
    }

    #[test]
    fn the_same_again_is_counted_and_nothing_of_the_request_but_its_address_is_kept() {
        let (refused, main) = (Refused::default(), Name::from("main"));
        let url = "https://x.example/hooks/main/inbound?msisdn=canary";
        for n in 0..500 {
            let why = format!("it was made {n} s ago");
            refused.note(&main, &why, &request(url), at(n));
        }
        let of = refused.of("main");
        assert_eq!((of.count, of.shown.len()), (500, 1));
        let one = &of.shown[0];
        assert_eq!((one.count, one.first, one.last), (500, at(0), at(499)));
        assert_eq!(one.url, "https://x.example/hooks/main/inbound?…");
        assert_eq!(one.why, "it was made 499 s ago");
        assert!(!format!("{of:?}").contains("canary"), "{of:?}");
        assert_eq!(refused.of("other"), OfChannel::default());
    }

    #[test]
    fn whoever_makes_up_thousands_fills_nothing_and_pushes_nothing_out() {
        let (refused, main) = (Refused::default(), Name::from("main"));
        let real = "https://x.example/hooks/main/inbound";
        refused.note(&main, "the signature fits no secret", &request(real), at(0));
        for n in 0..10_000 {
            let made_up = format!("https://x.example/hooks/main/{n}?{}", "z".repeat(n % 500));
            refused.note(&main, "a header is missing", &request(&made_up), at(5));
        }
        let of = refused.of("main");
        assert_eq!((of.count, of.shown.len()), (10_001, 2));
        assert_eq!(of.shown[0].url, "https://x.example/hooks/main/…?…");
        assert_eq!(of.shown[1].url, real);
        for n in 0..60 {
            let why = format!("reason {}", "y".repeat(n * 10));
            refused.note(&main, &why, &request(real), at(10));
        }
        let of = refused.of("main");
        assert_eq!(of.shown.len(), SHOWN_MAX);
        assert!(of.shown.iter().all(|known| known.why.len() <= TEXT_LEN_MAX));
    }
}
