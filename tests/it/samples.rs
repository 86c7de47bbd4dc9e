//! What carriers send, read: samples of every kind, odd ones, parts of long texts, and garbage.
//! Data: tests/data/carriers/payloads.json (the source is named in each entry).
//!
//! How its statuses read here: `queued`, `sent` and `delivered` as they are; `read` is delivered;
//! `failed` is failed or undelivered; `errored` (courier's word for "may be tried again") is failed
//! too, with a code whose `Means` is temporary.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use replytree::carrier::join::Joiner;
use replytree::carrier::{
    self, CERTIFICATE, Carrier, DeliveryStatus, HookEvent, HttpAnswer, Means, RawRequest, Took,
};
use replytree::time::{Duration, Timestamp};
use serde_json::Value as Json;

use crate::carriers::{Values, headers, list, of_provider, settings, text, values};

const PAYLOADS: &str = include_str!("../data/carriers/payloads.json");
/// In place of the samples' own references, so that they can be recognised.
const OUR_REF: &str = "rt-13125550100-7";

/// The request of one entry of payloads.json, with our reference in place of its own.
fn payload_request(payload: &Json) -> RawRequest {
    let request = &payload["request"];
    let own = text(&payload["expect"], "own_message_ref");
    let swap = |text: &str| match own {
        "" => text.to_string(),
        own => text.replace(own, OUR_REF),
    };
    RawRequest {
        method: text(request, "method").to_string(),
        url: format!(
            "https://hooks.example{}",
            swap(text(request, "path_and_query"))
        ),
        headers: headers(&request["headers"]),
        body: swap(text(request, "body")).into_bytes(),
    }
}

/// Samples that are refused by something else than by reading them.
#[derive(Debug, PartialEq)]
enum RefusedBy {
    Reading,
    /// It has no signature.
    Verify,
    /// The receipt names a sender that is not ours and a message that nobody sent: the runtime
    /// finds neither, and forgets it.
    UnknownMessage,
}

fn refused_by(label: &str) -> RefusedBy {
    match label {
        "Missing JWT Signature Header" | "Receive Missing Signature" => RefusedBy::Verify,
        "Invalid Status Address" => RefusedBy::UnknownMessage,
        _ => RefusedBy::Reading,
    }
}

#[test]
fn every_sample_means_what_the_carrier_says_it_means() {
    let none = Values::new();
    for payload in list(PAYLOADS, "payloads") {
        let title = format!("{} {}", text(&payload, "provider"), text(&payload, "label"));
        let carrier = of_provider(text(&payload, "provider"));
        let request = payload_request(&payload);
        let read = carrier.read(&settings(&none), &request);
        let expect = &payload["expect"];
        if expect["accept"] == true {
            let events = read.unwrap_or_else(|error| panic!("{title}: {error}"));
            assert_eq!(
                Some(events.len() as u64),
                expect["event_count"].as_u64(),
                "{title}"
            );
            check(&title, carrier, &events[0], expect);
            continue;
        }
        match refused_by(text(&payload, "label")) {
            RefusedBy::Reading => assert!(read.is_err() || read == Ok(vec![]), "{title}: {read:?}"),
            RefusedBy::Verify => {
                let values = values(&[("secret", "s")]);
                let judged = carrier.verify(&settings(&values), &request, Timestamp::from_ms(0));
                assert!(judged.is_err(), "{title}");
            }
            RefusedBy::UnknownMessage => match &read.unwrap()[0] {
                HookEvent::Status {
                    effect: None,
                    from: Some(from),
                    ..
                } => {
                    assert_ne!(from, "2020", "{title}");
                }
                other => panic!("{title}: {other:?}"),
            },
        }
    }
}

/// What the title of a recorded request says that the carrier took it for.
fn title_of_word(title: &str) -> Option<Took> {
    let (_, word) = title.split_once("OptOutType=")?;
    Some(match word {
        "STOP" => Took::OptOut,
        "START" => Took::OptIn,
        "HELP" => Took::Help,
        other => panic!("{other}"),
    })
}

fn check(title: &str, carrier: &dyn Carrier, event: &HookEvent, expect: &Json) {
    let bare = |text: &str| text.trim_start_matches('+').to_string();
    let same = |key: &str, got: &str| {
        if let Some(want) = expect[key].as_str() {
            assert_eq!(bare(got), bare(want), "{title}: {key}");
        }
    };
    match event {
        HookEvent::Inbound {
            id,
            from,
            to,
            text,
            media,
            at,
            took,
        } => {
            assert_eq!(expect["kind"], "inbound", "{title}");
            same("message_id", id);
            same("from", &from.to_string());
            same("to", to);
            assert_eq!(text, expect["text"].as_str().unwrap_or(""), "{title}");
            let urls: Vec<&str> = media.iter().map(|media| media.url.as_str()).collect();
            let want: Vec<&str> = expect["media_urls"]
                .as_array()
                .unwrap()
                .iter()
                .map(|url| url.as_str().unwrap())
                .collect();
            assert_eq!(urls, want, "{title}");
            let want: Option<Timestamp> =
                expect["received_at"].as_str().map(|at| at.parse().unwrap());
            assert!(want.is_none() || *at == want, "{title}: {at:?}");
            let opt_out = *took == Took::OptOut;
            assert_eq!(Some(opt_out), expect["opt_out"].as_bool(), "{title}");
            let recorded = title_of_word(title);
            assert!(
                recorded.is_none_or(|word| word == *took),
                "{title}: {took:?}"
            );
        }
        HookEvent::InboundPart(part) => {
            assert_eq!(expect["kind"], "inbound", "{title}");
            same("message_id", &part.id);
            same("from", &part.from.to_string());
            same("to", &part.to);
            assert_eq!(part.text, expect["text"].as_str().unwrap(), "{title}");
        }
        HookEvent::Status {
            id,
            effect,
            to,
            status,
            error,
            opt_out,
            ..
        } => {
            assert_eq!(expect["kind"], "status", "{title}");
            same("message_id", id);
            same("to", to.as_deref().unwrap_or(""));
            check_status(title, *status, text(expect, "status"));
            assert_eq!(Some(*opt_out), expect["opt_out"].as_bool(), "{title}");
            let codes = expect["error_codes"].as_array().unwrap();
            let want = codes
                .first()
                .map(|error| text(error, "code").trim_start_matches("dlr:"));
            assert_eq!(
                error.as_ref().map(|error| error.code.as_str()),
                want,
                "{title}"
            );
            let ours = expect["own_message_ref"]
                .is_string()
                .then(|| OUR_REF.to_string());
            assert_eq!(effect.map(|effect| effect.to_string()), ours, "{title}");
            if let Some(code) = want {
                let opted_out = carrier.means(code) == Means::OptedOut;
                assert_eq!(opted_out, *opt_out, "{title}: {code}");
            }
        }
        HookEvent::Confirm { .. } => panic!("{title}"),
    }
}

fn check_status(title: &str, got: DeliveryStatus, want: &str) {
    let well = match want {
        "queued" => got == DeliveryStatus::Queued,
        "sent" => got == DeliveryStatus::Sent,
        "delivered" | "read" => got == DeliveryStatus::Delivered,
        "failed" => matches!(got, DeliveryStatus::Failed | DeliveryStatus::Undelivered),
        "errored" => got == DeliveryStatus::Failed,
        _ => false,
    };
    assert!(well, "{title}: {got:?}, not {want}");
}

#[test]
fn the_parts_of_a_long_text_are_joined_however_they_come() {
    let none = Values::new();
    let vonage = carrier::find("vonage").unwrap();
    let parts: Vec<_> = list(PAYLOADS, "payloads")
        .iter()
        .filter(|payload| text(payload, "label").starts_with("concatenated"))
        .flat_map(|payload| {
            vonage
                .read(&settings(&none), &payload_request(payload))
                .unwrap()
        })
        .map(|event| match event {
            HookEvent::InboundPart(part) => part,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(parts.len(), 2);
    let now = Timestamp::from_ms(0);
    for order in [[0, 1], [1, 0]] {
        let mut joiner = Joiner::default();
        assert!(joiner.add(parts[order[0]].clone(), now).is_empty());
        let whole = joiner.add(parts[order[1]].clone(), now + Duration::secs(2));
        assert_eq!(whole[0].text, "Hello world");
        assert_eq!(whole[0].id, "0A0000000123ABCD1");
    }
}

#[test]
fn a_carriers_own_verdict_and_odd_requests_are_read_for_what_they_are() {
    const SID: &str = "SM11111111111111111111111111111111";
    let form = |fields: &str| {
        format!("MessageSid={SID}&From=%2B14135550122&To=%2B12025550111&Body=x{fields}")
    };
    let sns = |kind: &str, url: &str| {
        format!(r#"{{"Type":"{kind}","SubscribeURL":"{url}","Timestamp":"2026-01-23T18:10:02Z"}}"#)
    };
    let gateway = |more: &str| {
        format!(r#"{{"id":"a","from":"+14135550122","to":"+12025550111","text":"x"{more}}}"#)
    };
    let plivo = "MessageUUID=a-1&From=14135550122&To=12025550111&Text=x";
    let sns_url = "https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription";
    for (name, body, want) in [
        ("twilio", form("&OptOutType=STOP"), "took: OptOut"),
        ("twilio", form("&OptOutType=START"), "took: OptIn"),
        ("twilio", form("&OptOutType=HELP"), "took: Help"),
        ("twilio", form("&OptOutType=stop"), "took: Nothing"),
        ("twilio", form(""), "took: Nothing"),
        ("twilio", form("&Body=y"), "`Body` is there twice"),
        (
            "twilio",
            form("").replace(SID, "SM1"),
            "`MessageSid` is not",
        ),
        (
            "twilio",
            form("").replace("%2B1413", "1413"),
            "`From` is not a number",
        ),
        ("twilio", form("&MessageStatus=received"), "[]"),
        (
            "plivo",
            format!("{plivo}&MessageIntent=optout"),
            "took: OptOut",
        ),
        (
            "plivo",
            format!("{plivo}&MessageIntent=optin"),
            "took: OptIn",
        ),
        ("plivo", format!("{plivo}&MessageIntent=help"), "took: Help"),
        ("plivo", format!("{plivo}&MessageIntent="), "took: Nothing"),
        ("webhook", gateway(r#","opt_out":true"#), "took: OptOut"),
        (
            "webhook",
            gateway(r#","taken_for":"opt_out""#),
            "took: OptOut",
        ),
        (
            "webhook",
            gateway(r#","taken_for":"opt_in""#),
            "took: OptIn",
        ),
        ("webhook", gateway(r#","taken_for":"help""#), "took: Help"),
        ("webhook", gateway(""), "took: Nothing"),
        (
            "webhook",
            gateway(r#","taken_for":"yes""#),
            "`taken_for` is none of",
        ),
        ("plivo", format!("{plivo}&From=1"), "`From` is there twice"),
        (
            "aws",
            sns("SubscriptionConfirmation", sns_url),
            "Confirm { url: \"https://sns.",
        ),
        (
            "aws",
            sns("SubscriptionConfirmation", "https://10.0.0.1/"),
            "`SubscribeURL` is not",
        ),
        ("aws", sns("UnsubscribeConfirmation", sns_url), "[]"),
        (
            "telnyx",
            r#"{"data":{"event_type":"call.initiated"}}"#.to_string(),
            "[]",
        ),
        ("telnyx", "{}".to_string(), "`event_type` is missing"),
        (
            "vonage",
            r#"{"message_uuid":"u","to":"1","status":"rejected","error":{"title":"1240"}}"#
                .to_string(),
            "opt_out: true",
        ),
        (
            "vonage",
            r#"{"message_uuid":"u","from":"14135550122","to":"12025550111","channel":"mms",
                "message_type":"image","image":{"url":"https://m.example/a.jpg","caption":"hi"}}"#
                .to_string(),
            "text: \"hi\", media: [Media { url: \"https://m.example/a.jpg\"",
        ),
        (
            "vonage",
            "msisdn=14135550122&to=1&messageId=a&text=x&concat=true&concat-part=3&concat-total=2"
                .to_string(),
            "`concat-part` is more",
        ),
        (
            "sinch",
            r#"{"type":"delivery_report_sms","batch_id":"b","client_reference":"rt-13125550100-7",
                "statuses":[{"code":0,"status":"Delivered","recipients":["12010000000"]}]}"#
                .to_string(),
            "seq: 7",
        ),
        (
            "bandwidth",
            r#"[{"type":"message-failed","to":"+12010000000","errorCode":4775,
                "message":{"id":"m","tag":"rt-13125550100-7"}}]"#
                .to_string(),
            "opt_out: true",
        ),
    ] {
        let carrier = carrier::find(name).unwrap();
        let request = RawRequest {
            method: "POST".to_string(),
            url: "https://hooks.example/hooks/main/inbound".to_string(),
            headers: Vec::new(),
            body: body.clone().into_bytes(),
        };
        let got = match carrier.read(&settings(&Values::new()), &request) {
            Ok(events) => format!("{events:?}"),
            Err(error) => error.to_string(),
        };
        assert!(got.contains(want), "{name} {body}: {got}");
    }
}

const HEADERS: [&str; 14] = [
    "authorization",
    "content-type",
    "messagebird-request-timestamp",
    "messagebird-signature",
    "messagebird-signature-jwt",
    "telnyx-signature-ed25519",
    "telnyx-timestamp",
    "webhook-signature",
    "x-plivo-signature-v2",
    "x-plivo-signature-v2-nonce",
    "x-plivo-signature-v3",
    "x-sinch-signature",
    "x-sinch-webhook-signature",
    "x-twilio-signature",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn garbage_is_refused_and_never_stops_anything(
        method in "GET|POST|[A-Z]{0,4}",
        url in "(https?://)?[ -~]{0,40}",
        values in proptest::collection::vec("[ -~é]{0,40}", HEADERS.len()),
        body in proptest::collection::vec(any::<u8>(), 0..200),
        secret in "[ -~]{0,20}",
        now in any::<i32>(),
        status in 100u16..600,
    ) {
        let headers: Vec<(String, String)> =
            HEADERS.iter().map(|name| name.to_string()).zip(values).collect();
        let request = RawRequest { method, url, headers: headers.clone(), body: body.clone() };
        let answer = HttpAnswer { status, headers, body };
        let keys = ["secret", "public_key", "username", "password", "application", CERTIFICATE];
        let pairs: Vec<(&str, &str)> = keys.iter().map(|key| (*key, secret.as_str())).collect();
        let with = self::values(&pairs);
        for carrier in carrier::ALL {
            let now = Timestamp::from_ms(i64::from(now) * 1000);
            let _ = carrier.verify(&settings(&with), &request, now);
            let _ = carrier.read(&settings(&with), &request);
            let _ = carrier.certificate_url(&settings(&with), &request);
            let _ = carrier.outcome(&answer);
            let _ = carrier.means(&secret);
        }
    }

    #[test]
    fn a_damaged_sample_is_read_or_refused_but_never_stops_anything(
        pick in any::<proptest::sample::Index>(),
        at in any::<proptest::sample::Index>(),
        with in any::<[u8; 3]>(),
        len in 0usize..20,
    ) {
        let payloads = list(PAYLOADS, "payloads");
        let payload = &payloads[pick.index(payloads.len())];
        let mut request = payload_request(payload);
        if !request.body.is_empty() {
            let at = at.index(request.body.len());
            let end = (at + len).min(request.body.len());
            request.body.splice(at..end, with);
        }
        for carrier in carrier::ALL {
            let _ = carrier.read(&settings(&Values::new()), &request);
        }
    }
}
