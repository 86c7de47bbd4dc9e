//! What leaves for each carrier, and what each answer means. The requests are snapshots, read at
//! review.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use replytree::carrier::{
    self, HttpAnswer, HttpRequest, Means, Misconfigured, OutgoingSms, Repeats, Sent, Settings,
};
use replytree::lead::Name;
use replytree::time::Timestamp;

const NOW: Timestamp = Timestamp::from_ms(1_769_191_802_000);
const STATUS_URL: &str = "https://leads.example/hooks/main/status?effect=rt-13125550100-7";

/// Carrier, a name for the case, its settings, its `api`.
type Case = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    Option<&'static str>,
);

const CASES: &[Case] = &[
    (
        "webhook",
        "",
        &[("secret", "whsec_b2xkIHNlY3JldCBvZiBvdXJz")],
        Some("https://gw.example/in"),
    ),
    (
        "twilio",
        "",
        &[("account", "AC1"), ("secret", "tok"), ("secrets", "older")],
        None,
    ),
    (
        "twilio",
        "by a service and an API key",
        &[
            ("account", "AC1"),
            ("api_key", "SK1"),
            ("api_secret", "s"),
            ("profile", "MG1"),
        ],
        None,
    ),
    ("telnyx", "", &[("token", "KEY1"), ("profile", "p-1")], None),
    ("vonage", "", &[("api_key", "k"), ("api_secret", "s")], None),
    (
        "vonage",
        "messages",
        &[("api_key", "k"), ("api_secret", "s"), ("mode", "messages")],
        None,
    ),
    ("plivo", "", &[("account", "MA1"), ("secret", "tok")], None),
    (
        "bird",
        "",
        &[("token", "t"), ("project", "ws-1"), ("application", "ch-1")],
        None,
    ),
    ("bird", "rest", &[("token", "t"), ("mode", "rest")], None),
    (
        "sinch",
        "",
        &[("token", "t"), ("project", "plan1"), ("region", "eu")],
        None,
    ),
    (
        "bandwidth",
        "",
        &[
            ("account", "55"),
            ("application", "app-1"),
            ("api_key", "k"),
            ("api_secret", "s"),
        ],
        None,
    ),
    (
        "infobip",
        "",
        &[("api_key", "k")],
        Some("https://abc.api.infobip.com/"),
    ),
    ("aws", "", AWS, None),
];

const AWS: &[(&str, &str)] = &[
    ("api_key", "AKIDEXAMPLE"),
    ("api_secret", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    ("region", "us-west-2"),
];

fn build(
    name: &str,
    settings: &[(&str, &str)],
    api: Option<&str>,
    message: &OutgoingSms,
) -> Result<HttpRequest, Misconfigured> {
    let values: BTreeMap<Name, String> = settings
        .iter()
        .map(|(key, value)| (Name::from(*key), value.to_string()))
        .collect();
    let settings = Settings {
        values: &values,
        api,
    };
    carrier::find(name).unwrap().send(&settings, message, NOW)
}

fn message<'a>(text: &'a str, media: &'a [String]) -> OutgoingSms<'a> {
    OutgoingSms {
        effect: "rt-13125550100-7".parse().unwrap(),
        to: "+13125550100",
        from: Some("+12025550111"),
        text,
        media,
        status_url: Some(STATUS_URL),
    }
}

fn shown(request: &HttpRequest) -> String {
    let headers: String = request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\n"))
        .collect();
    let body = String::from_utf8_lossy(&request.body);
    format!("{} {}\n{headers}\n{body}\n", request.method, request.url)
}

#[test]
fn each_carrier_is_sent_what_it_wants() {
    let mut all = String::new();
    for (name, case, settings, api) in CASES {
        let request = build(name, settings, *api, &message("Hé Ana & co, 5 € off", &[])).unwrap();
        all += &format!("===== {name} {case}\n{}\n", shown(&request));
    }
    insta::assert_snapshot!("sends", all);
}

#[test]
fn pictures_go_where_the_carrier_takes_them() {
    let media = ["https://m.example/a.jpg".to_string()];
    let mut all = String::new();
    for (name, case, settings, api) in CASES {
        let told = match build(name, settings, *api, &message("Look", &media)) {
            Ok(request) => String::from_utf8_lossy(&request.body).into_owned(),
            Err(error) => format!("refused: {error}"),
        };
        all += &format!("{name} {case}\n    {told}\n");
    }
    insta::assert_snapshot!("pictures", all);
}

#[test]
fn a_channel_that_lacks_a_setting_sends_nothing_and_names_it() {
    for (name, _, settings, api) in CASES {
        for (missing, _) in *settings {
            let optional = ["profile", "region", "mode", "secrets"].contains(missing);
            let kept: Vec<(&str, &str)> = settings
                .iter()
                .copied()
                .filter(|(key, _)| key != missing)
                .collect();
            let built = build(name, &kept, *api, &message("x", &[]));
            let spare = optional && *name != "aws" || (*name, *missing) == ("twilio", "secret");
            let spare = spare || built.is_ok() && *missing == "profile";
            assert!(spare || built.is_err(), "{name} without {missing}");
        }
        let bare = build(name, &[], None, &message("x", &[]));
        assert!(
            bare.unwrap_err().0.contains("the channel has no `"),
            "{name}"
        );
        let slashed: Vec<(&str, &str)> = settings.iter().map(|(key, _)| (*key, "../x?")).collect();
        if let Ok(request) = build(name, &slashed, *api, &message("x", &[])) {
            assert!(!request.url.contains("../"), "{name}: {}", request.url);
        }
    }
}

#[test]
fn aws_is_signed_as_its_own_library_signs() {
    // botocore 1.44.5 SigV4Auth, the same key, time and body.
    const SIGNATURE: &str = "3f56ad2eaf1cea72e25f2c93212e89e0575730856d3660faea9bf070e5793599";
    let request = build("aws", AWS, None, &message("hi", &[])).unwrap();
    let authorization = request
        .headers
        .iter()
        .find(|(name, _)| name == "authorization");
    let (_, authorization) = authorization.unwrap();
    assert!(
        authorization.ends_with(SIGNATURE),
        "{authorization}\n{}",
        shown(&request)
    );
}

/// Carrier, status, body, and how what comes of it begins.
const ANSWERS: &[(&str, u16, &str, &str)] = &[
    (
        "twilio",
        201,
        r#"{"sid":"SM1","status":"queued"}"#,
        r#"Accepted { id: Some("SM1")"#,
    ),
    ("twilio", 201, "<html>", "Unknown"),
    (
        "twilio",
        400,
        r#"{"code":21610,"message":"Attempt to send"}"#,
        "OptedOut",
    ),
    ("twilio", 400, r#"{"code":21614}"#, "Unreachable"),
    ("twilio", 400, r#"{"code":21617}"#, "Refused"),
    (
        "twilio",
        400,
        r#"{"code":99999,"message":"new"}"#,
        "Refused",
    ),
    (
        "twilio",
        429,
        r#"{"code":20429}"#,
        "Retry { after: Duration(7000)",
    ),
    ("twilio", 429, r#"{"code":21611}"#, "Retry"),
    ("twilio", 401, r#"{"code":20003}"#, "Paused"),
    ("twilio", 403, "", "Paused"),
    ("twilio", 302, "", "Paused"),
    ("twilio", 500, "", "Unknown"),
    ("twilio", 503, r#"{"code":20500}"#, "Unknown"),
    (
        "telnyx",
        200,
        r#"{"data":{"id":"t1"}}"#,
        r#"Accepted { id: Some("t1")"#,
    ),
    (
        "telnyx",
        400,
        r#"{"errors":[{"code":"40300","title":"Blocked"}]}"#,
        "OptedOut",
    ),
    (
        "telnyx",
        400,
        r#"{"errors":[{"code":"40001"}]}"#,
        "Unreachable",
    ),
    ("telnyx", 429, r#"{"errors":[{"code":"10011"}]}"#, "Retry"),
    ("telnyx", 401, r#"{"errors":[{"code":"10009"}]}"#, "Paused"),
    ("telnyx", 422, r#"{"errors":[{"code":"10016"}]}"#, "Refused"),
    ("telnyx", 409, "{}", "Retry"),
    ("telnyx", 502, "bad gateway", "Unknown"),
    (
        "vonage",
        200,
        r#"{"messages":[{"status":"0","message-id":"v1"}]}"#,
        r#"Accepted { id: Some("v1")"#,
    ),
    (
        "vonage",
        200,
        r#"{"messages":[{"status":"7"}]}"#,
        "OptedOut",
    ),
    ("vonage", 200, r#"{"messages":[{"status":"9"}]}"#, "Paused"),
    (
        "vonage",
        200,
        r#"{"messages":[{"status":"33"}]}"#,
        "Unreachable",
    ),
    ("vonage", 200, r#"{"messages":[{"status":"3"}]}"#, "Refused"),
    ("vonage", 200, r#"{"messages":[{"status":"5"}]}"#, "Unknown"),
    (
        "vonage",
        200,
        r#"{"messages":[{"status":"1","error-text":"please wait [ 250 ] and retry"}]}"#,
        "Retry { after: Duration(250)",
    ),
    (
        "vonage",
        200,
        r#"{"messages":[{"status":"1"},{"status":"0","message-id":"v2"}]}"#,
        r#"Accepted { id: Some("v2")"#,
    ),
    ("vonage", 200, r#"{"messages":[]}"#, "Unknown"),
    (
        "vonage",
        202,
        r#"{"message_uuid":"u1"}"#,
        r#"Accepted { id: Some("u1")"#,
    ),
    (
        "vonage",
        422,
        r#"{"type":"https://x.example/errors/messages#1170","title":"Bad"}"#,
        "Unreachable",
    ),
    ("vonage", 402, r#"{"title":"Low balance"}"#, "Paused"),
    ("vonage", 429, "{}", "Retry"),
    (
        "plivo",
        202,
        r#"{"message_uuid":["p1"]}"#,
        r#"Accepted { id: Some("p1")"#,
    ),
    (
        "plivo",
        400,
        r#"{"error":"dst parameter not present"}"#,
        "Refused",
    ),
    ("plivo", 401, "", "Paused"),
    ("plivo", 429, "", "Retry"),
    ("plivo", 500, "", "Unknown"),
    (
        "bird",
        202,
        r#"{"id":"b1"}"#,
        r#"Accepted { id: Some("b1")"#,
    ),
    (
        "bird",
        422,
        r#"{"code":"InvalidPayload","message":"no"}"#,
        "Refused",
    ),
    ("bird", 429, r#"{"code":"ResourceExhausted"}"#, "Retry"),
    (
        "bird",
        401,
        r#"{"errors":[{"code":2,"description":"access_key"}]}"#,
        "Paused",
    ),
    (
        "bird",
        422,
        r#"{"errors":[{"code":25,"description":"balance"}]}"#,
        "Paused",
    ),
    (
        "bird",
        422,
        r#"{"errors":[{"code":9,"description":"body"}]}"#,
        "Refused",
    ),
    (
        "sinch",
        201,
        r#"{"id":"s1"}"#,
        r#"Accepted { id: Some("s1")"#,
    ),
    (
        "sinch",
        400,
        r#"{"code":"syntax_invalid_json","text":"x"}"#,
        "Refused",
    ),
    ("sinch", 401, "", "Paused"),
    ("sinch", 503, "", "Unknown"),
    (
        "bandwidth",
        202,
        r#"{"id":"w1"}"#,
        r#"Accepted { id: Some("w1")"#,
    ),
    (
        "bandwidth",
        400,
        r#"{"description":"'to' is not a number"}"#,
        "Refused",
    ),
    ("bandwidth", 500, "", "Retry"),
    ("bandwidth", 429, "", "Retry { after: Duration(7000)"),
    (
        "infobip",
        200,
        r#"{"messages":[{"messageId":"i1","status":{"groupName":"PENDING"}}]}"#,
        "Accepted",
    ),
    (
        "infobip",
        200,
        r#"{"messages":[{"messageId":"i1",
            "status":{"groupName":"REJECTED","name":"REJECTED_SENDER"}}]}"#,
        "Paused",
    ),
    (
        "infobip",
        200,
        r#"{"messages":[{"messageId":"i1","status":{"groupName":"REJECTED",
            "name":"REJECTED_DUPLICATE_MESSAGE_ID"}}]}"#,
        "Accepted",
    ),
    (
        "infobip",
        401,
        r#"{"requestError":{"serviceException":{"messageId":"UNAUTHORIZED"}}}"#,
        "Paused",
    ),
    (
        "aws",
        200,
        r#"{"MessageId":"a1"}"#,
        r#"Accepted { id: Some("a1")"#,
    ),
    (
        "aws",
        400,
        r#"{"__type":"com.amazonaws#ConflictException",
            "Reason":"DESTINATION_PHONE_NUMBER_OPTED_OUT"}"#,
        "OptedOut",
    ),
    ("aws", 400, r#"{"__type":"ThrottlingException"}"#, "Retry"),
    (
        "aws",
        400,
        r#"{"__type":"AccessDeniedException"}"#,
        "Paused",
    ),
    (
        "aws",
        400,
        r#"{"__type":"ValidationException","Reason":"FIELD_VALIDATION_FAILED"}"#,
        "Refused",
    ),
    (
        "aws",
        500,
        r#"{"__type":"InternalServerException"}"#,
        "Unknown",
    ),
];

#[test]
fn each_answer_means_what_the_carrier_says_of_it() {
    for (name, status, body, begins) in ANSWERS {
        let answer = HttpAnswer {
            status: *status,
            headers: vec![("retry-after".to_string(), "7".to_string())],
            body: body.as_bytes().to_vec(),
        };
        let got = format!("{:?}", carrier::find(name).unwrap().outcome(&answer));
        assert!(got.starts_with(begins), "{name} {status} {body}: {got}");
    }
}

/// No carrier's answer of this kind may be taken for anything else.
#[test]
fn nothing_that_may_have_left_is_ever_sent_again_by_itself() {
    for carrier in carrier::ALL
        .iter()
        .filter(|carrier| carrier.name() != "sandbox")
    {
        for (status, bodies) in [(500, ["", "<html>", "{}"]), (504, ["", "\0", "[]"])] {
            for body in bodies {
                let answer = HttpAnswer {
                    status,
                    headers: Vec::new(),
                    body: body.as_bytes().to_vec(),
                };
                let sent = carrier.outcome(&answer);
                // Bandwidth documents that it sent nothing.
                let known = carrier.name() == "bandwidth" && matches!(sent, Sent::Retry { .. });
                let doubt = matches!(sent, Sent::Unknown { .. });
                assert!(
                    known || doubt,
                    "{} {status} {body:?}: {sent:?}",
                    carrier.name()
                );
            }
        }
        let safe = ["telnyx", "webhook"].contains(&carrier.name());
        assert_eq!(
            carrier.repeats() == Repeats::Safe,
            safe,
            "{}",
            carrier.name()
        );
    }
}

#[test]
fn a_code_in_a_receipt_says_what_to_do_about_the_lead() {
    for (name, code, means) in [
        ("twilio", "21610", Means::OptedOut),
        ("twilio", "30003", Means::Later),
        ("twilio", "30005", Means::DeadNumber),
        ("twilio", "30006", Means::DeadNumber),
        ("twilio", "30007", Means::Final),
        ("twilio", "30034", Means::Account),
        ("twilio", "63018", Means::Busy),
        ("twilio", "never heard of", Means::Final),
        ("telnyx", "40300", Means::OptedOut),
        ("telnyx", "40001", Means::DeadNumber),
        ("telnyx", "40006", Means::Later),
        ("vonage", "9", Means::OptedOut),
        ("vonage", "1240", Means::OptedOut),
        ("vonage", "3", Means::DeadNumber),
        ("vonage", "1190", Means::DeadNumber),
        ("vonage", "1180", Means::Later),
        ("plivo", "200", Means::OptedOut),
        ("plivo", "50", Means::DeadNumber),
        ("plivo", "80", Means::Later),
        ("plivo", "900", Means::Account),
        ("bird", "103", Means::OptedOut),
        ("sinch", "412", Means::Account),
        ("bandwidth", "4775", Means::OptedOut),
        ("bandwidth", "5999", Means::Later),
        ("bandwidth", "9123", Means::Doubtful),
        ("infobip", "EC_UNKNOWN_SUBSCRIBER", Means::DeadNumber),
        ("aws", "TEXT_INVALID", Means::DeadNumber),
    ] {
        assert_eq!(
            carrier::find(name).unwrap().means(code),
            means,
            "{name} {code}"
        );
    }
}
