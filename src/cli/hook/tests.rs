//! Each case is a request that went wrong on its way, and the words that should help.

use super::*;

const TOKEN: &str = "a1b2c3d4e5f60718293a4b5c6d7e8f90";
const PATH: &str = "/v1/webhooks/twilio/sms";
const NOW: i64 = 1_769_191_810_000;

/// "realistic inbound SMS" and "valid" (Telnyx) of tests/data/carriers/signatures.json.
fn vector(provider: &str, name: &str) -> Json {
    let json: Json =
        serde_json::from_str(include_str!("../../../tests/data/carriers/signatures.json")).unwrap();
    let vectors = json["vectors"].as_array().unwrap();
    let found = vectors
        .iter()
        .find(|v| v["provider"] == provider && v["name"] == name);
    found.unwrap().clone()
}

fn raw(vector: &Json, path: &str) -> String {
    let headers: String = vector["headers"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| format!("{name}: {}\r\n", value.as_str().unwrap()))
        .collect();
    let body = vector["body"].as_str().unwrap();
    format!("POST {path} HTTP/1.1\r\nHost: inner.example:8080\r\n{headers}\r\n{body}")
}

fn channel(carrier: &str, settings: &[(&str, &str)]) -> Channel {
    Channel {
        carrier: Name::from(carrier),
        from: vec!["+12025550111".to_string()],
        settings: settings
            .iter()
            .map(|(key, value)| (Name::from(*key), value.to_string()))
            .collect(),
        rate: None,
        number_rate: None,
        failover: None,
        api: None,
    }
}

fn told(
    channels: &BTreeMap<Name, Channel>,
    public: Option<&str>,
    at: &str,
    raw: &str,
) -> (u8, Json) {
    let args = HookArgs {
        channel: "main".to_string(),
        url: None,
        at: Some(at.to_string()),
        certificate: None,
        format: Some(Format::Json),
    };
    let hook = Hook {
        channels,
        public_url: public,
        now: Timestamp::from_ms(NOW),
    };
    let mut out = Vec::new();
    let code = run(&args, &hook, Format::Human, &mut raw.as_bytes(), &mut out).unwrap();
    (code, serde_json::from_slice(&out).unwrap())
}

#[test]
fn a_good_request_is_told_as_good_with_what_it_means() {
    let channels = BTreeMap::from([(Name::from("main"), channel("twilio", &[("secret", TOKEN)]))]);
    let good = vector("twilio", "realistic inbound SMS");
    let request = raw(&good, PATH);
    for request in [
        request.clone(),
        request.replace("\r\n", "\n"),
        format!("{request}\n"),
    ] {
        let (code, json) = told(
            &channels,
            Some("https://leads.example.com"),
            "1769191810",
            &request,
        );
        assert_eq!((code, &json["valid"]), (0, &Json::Bool(true)), "{json}");
        let event = &json["events"][0];
        assert_eq!(event["kind"], "inbound", "{json}");
        assert_eq!(event["from"], "+14135550122", "{json}");
        assert_eq!(event["text"], "Yes, call me at 5pm", "{json}");
        assert!(json.get("reason").is_none(), "{json}");
    }
}

#[test]
fn what_went_wrong_on_the_way_is_named() {
    let good = vector("twilio", "realistic inbound SMS");
    let own = channel("twilio", &[("secret", TOKEN)]);
    let wrong = channel("twilio", &[("secret", "not the one")]);
    let base = Some("https://leads.example.com");
    let slash = format!("{PATH}/");
    for (main, public, path, want) in [
        (
            &own,
            Some("http://leads.example.com"),
            PATH,
            "public_url` must begin with https",
        ),
        (
            &own,
            Some("https://old.example.com"),
            PATH,
            "does not fit|fits no secret",
        ),
        (&own, base, slash.as_str(), "a slash at the end of the path"),
        (&own, base, "/v1/webhooks/twilio/sms?x=1", "no query"),
        (&wrong, base, PATH, "the `secret` of the channel `other`"),
        (
            &wrong,
            Some("http://leads.example.com"),
            PATH,
            "the `secret` of the channel `other`",
        ),
        (
            &channel("twilio", &[]),
            base,
            PATH,
            "the channel has no `secret`",
        ),
    ] {
        let channels = BTreeMap::from([
            (Name::from("main"), main.clone()),
            (Name::from("other"), channel("twilio", &[("secret", TOKEN)])),
        ]);
        let (code, json) = told(&channels, public, "1769191810", &raw(&good, path));
        assert_eq!(
            (code, &json["valid"]),
            (1, &Json::Bool(false)),
            "{want}: {json}"
        );
        let reason = json["reason"].as_str().unwrap();
        assert!(
            want.split('|').any(|want| reason.contains(want)),
            "{want}: {reason}"
        );
        assert_eq!(json["events"][0]["kind"], "inbound", "{want}: {json}");
        let no_secret = reason.starts_with("the channel has no");
        assert_eq!(json["signed"].is_string(), !no_secret, "{want}: {json}");
        assert!(
            !json.to_string().contains(TOKEN),
            "a secret is never shown: {json}"
        );
    }
}

#[test]
fn a_host_that_only_the_request_knows_is_found() {
    let good = vector("twilio", "realistic inbound SMS");
    let channels = BTreeMap::from([(Name::from("main"), channel("twilio", &[("secret", TOKEN)]))]);
    let request = raw(&good, PATH).replace("inner.example:8080", "leads.example.com");
    let (code, json) = told(
        &channels,
        Some("https://old.example"),
        "1769191810",
        &request,
    );
    assert_eq!(code, 1);
    let reason = json["reason"].as_str().unwrap();
    assert!(
        reason.contains("another host than `public_url` has"),
        "{reason}"
    );
    let (code, json) = told(&channels, None, "1769191810", &request);
    assert_eq!(code, 0, "{json}");
    assert!(
        json["notes"][0].as_str().unwrap().contains("`public_url`"),
        "{json}"
    );
}

#[test]
fn a_body_that_was_written_anew_or_came_too_late_is_told_apart() {
    let good = vector("telnyx", "valid");
    let key = good["public_key"].as_str().unwrap();
    let channels = BTreeMap::from([(
        Name::from("main"),
        channel("telnyx", &[("public_key", key)]),
    )]);
    let request = raw(&good, "/hooks/main/inbound");
    let body = good["body"].as_str().unwrap();
    let compact = serde_json::from_str::<Json>(body).unwrap().to_string();
    let anew = request.replace(body, &compact);
    for (request, at, code, want) in [
        (&request, "1769191804", 0, ""),
        (
            &request,
            "1769195404",
            1,
            "the signature holds, but it was made 3602 s ago",
        ),
        (&anew, "1769191804", 1, "without the spaces in its JSON"),
    ] {
        let (got, json) = told(&channels, Some("https://x.example"), at, request);
        assert_eq!(got, code, "{json}");
        let reason = json["reason"].as_str().unwrap_or("");
        assert!(reason.contains(want), "{want}: {reason}");
    }
}

#[test]
fn what_cannot_be_judged_is_wrong_usage() {
    let channels = BTreeMap::from([(Name::from("main"), channel("twilio", &[("secret", TOKEN)]))]);
    for (at, raw) in [("1769191810", "hello"), ("noon", "GET / HTTP/1.1\n\n")] {
        let (code, json) = told(&channels, None, at, raw);
        assert_eq!(code, 2, "{json}");
        assert!(json["error"].is_string(), "{json}");
    }
    let (code, _) = told(&BTreeMap::new(), None, "1769191810", "GET / HTTP/1.1\n\n");
    assert_eq!(code, 2);
}
