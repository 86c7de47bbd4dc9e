//! Channels that close and open, and what carriers say of texts and leads, over the real server.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use hmac::{Hmac, KeyInit, Mac};
use replytree::store::{MemoryStore, RowBody, RowKind, SendStatus, Sending, SqliteStore, Store};
use serde_json::{Value, json};

use super::provider::{PUBLIC_URL, TOKEN, sid, twilio_request};
use super::{Got, Server};

const LEAD: &str = "+13125550142";
const OURS: &str = "+13125550100";

/// A provider that answers what is next in line for a path, else 201 with the next id; it keeps what
/// came.
#[derive(Clone, Default)]
struct Desk {
    next: Arc<Mutex<VecDeque<(u16, String)>>>,
    came: Arc<Mutex<Vec<(String, String)>>>,
}

impl Desk {
    async fn start(&self) -> String {
        let app = axum::Router::new()
            .route("/{*path}", axum::routing::any(answer))
            .with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        format!("http://{at}")
    }

    fn answers(&self, status: u16, body: Value) {
        self.next
            .lock()
            .unwrap()
            .push_back((status, body.to_string()));
    }

    fn count(&self) -> usize {
        self.came.lock().unwrap().len()
    }

    fn last(&self) -> (String, String) {
        self.came.lock().unwrap().last().unwrap().clone()
    }
}

async fn answer(
    State(desk): State<Desk>,
    Path(path): Path<String>,
    body: String,
) -> (StatusCode, String) {
    let n = {
        let mut came = desk.came.lock().unwrap();
        came.push((path, body));
        came.len()
    };
    let next = desk.next.lock().unwrap().pop_front();
    let (status, body) = next.unwrap_or_else(|| (201, json!({ "sid": sid(n) }).to_string()));
    (StatusCode::from_u16(status).unwrap(), body)
}

pub(super) async fn server(channels: &str, store: Arc<dyn Store>) -> Server {
    let main = "  main: { carrier: sandbox, from: \"+13125550100\" }\n";
    let text = super::WORKSPACE.replace(main, channels);
    let (workspace, problems) =
        replytree::flow::workspace::read("workspace.yaml", &text, &|_| Some(TOKEN.to_string()));
    assert!(problems.is_empty(), "{problems:?}");
    let mut live = super::live(super::WORKSPACE, &[super::DRIVE, super::NOTICE]);
    live.workspace = Arc::new(workspace);
    live.sandbox = false;
    Server::start(store, live).await
}

pub(super) fn twilio(name: &str, api: &str, more: &str) -> String {
    format!(
        "  {name}: {{ carrier: twilio, from: \"{OURS}\", account: AC1, secret: \"${{TOKEN}}\", \
         api: \"{api}/{name}\"{more} }}\n"
    )
}

/// One Twilio channel, and the provider behind it.
async fn one_channel() -> (Server, Desk) {
    let desk = Desk::default();
    let api = desk.start().await;
    let server = server(&twilio("main", &api, ""), Arc::new(MemoryStore::new())).await;
    (server, desk)
}

async fn hook(server: &Server, kind: &str, fields: &[(&str, &str)]) -> Got {
    let url = format!("{PUBLIC_URL}/hooks/main/{kind}");
    let request = twilio_request(&server.client, &server.base, &url, fields);
    let got = server.send(request).await;
    assert_eq!(got.status, 200, "{}", got.text);
    got
}

pub(super) async fn until<T>(what: &str, mut found: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = found().await {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(super) fn texts(server: &Server) -> Vec<(String, Sending)> {
    let rows = server
        .store
        .outgoing(RowKind::Sms, Some(LEAD), 100)
        .unwrap();
    rows.into_iter()
        .filter_map(|row| match row.body {
            RowBody::Outgoing(replytree::conversation::Effect::Sms(message), sending) => {
                Some((message.text, sending))
            }
            _ => None,
        })
        .collect()
}

async fn sent(server: &Server, n: usize, status: &str) -> Sending {
    until(&format!("text {n} is to be {status}"), async || {
        let texts = texts(server);
        let (_, sending) = texts.get(n)?.clone();
        (sending.status.as_str() == status).then_some(sending)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_whose_account_is_in_trouble_pauses_and_another_stands_in() {
    let desk = Desk::default();
    let api = desk.start().await;
    let channels = twilio("main", &api, ", failover: spare") + &twilio("spare", &api, "");
    let server = server(&channels, Arc::new(MemoryStore::new())).await;
    desk.answers(401, json!({ "code": 20003, "message": "Authenticate" }));
    server.enroll(LEAD).await;
    let sending = sent(&server, 0, "sent").await;
    assert_eq!(sending.channel.as_deref(), Some("spare"));
    assert_eq!((sending.attempts, desk.count()), (1, 2));
    assert!(desk.last().0.starts_with("spare/"));
    let ready = server.bare_get("/readyz").await;
    assert_eq!(ready.status, 200);
    assert_eq!(
        ready.body["channels"],
        json!({ "main": "paused", "spare": "open" })
    );
    let listed = server.get("/v1/channels").await;
    let main = &listed.body["data"][0];
    assert_eq!(main["state"], "paused", "{}", listed.text);
    assert!(
        main["error"].as_str().unwrap().contains("20003"),
        "{}",
        listed.text
    );
    let figures = server.bare_get("/metrics").await.text;
    let line = "replytree_channel_state{channel=\"main\",state=\"paused\"} 1";
    assert!(figures.contains(line), "{figures}");
    let got = server.post("/v1/channels/main/resume", json!({})).await;
    assert_eq!((got.status, &got.body["state"]), (200, &json!("open")));
    let nowhere = server.post("/v1/channels/nowhere/resume", json!({})).await;
    assert_eq!(nowhere.status, 404);
    let agent = replytree::store::Role::Agent;
    let refused = server
        .post_as(agent, "/v1/channels/main/resume", json!({}))
        .await;
    assert_eq!(refused.status, 403);
}

/// Whoever sets a carrier up sees why its webhooks are refused, and nothing of what was in them.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_webhook_tells_why_and_at_which_address_it_was_judged() {
    let (server, _) = one_channel().await;
    let url = format!("{PUBLIC_URL}/hooks/main/inbound");
    let id = sid(9);
    let fields = [
        ("MessageSid", id.as_str()),
        ("From", LEAD),
        ("To", OURS),
        ("Body", "canary"),
    ];
    for _ in 0..2 {
        let request = twilio_request(&server.client, &server.base, &url, &fields);
        let got = server.send(request.body("Body=canary")).await;
        assert_eq!(got.status, 403, "{}", got.text);
    }
    let bare = server.bare_post("/hooks/main/status?x=canary", "Body=canary");
    assert_eq!(bare.await.status, 403);
    assert_eq!(
        server.bare_post("/hooks/canary/inbound", "").await.status,
        404
    );

    let listed = server.get("/v1/channels").await;
    let refused = &listed.body["data"][0]["refused_webhooks"];
    assert_eq!(refused["count"], 3, "{}", listed.text);
    let newest = refused["newest"].as_array().unwrap();
    let told = |it: &Value| (it["url"].clone(), it["reason"].clone(), it["count"].clone());
    let (unsigned, misdirected) = (told(&newest[0]), told(&newest[1]));
    let status = format!("{PUBLIC_URL}/hooks/main/status?…");
    let missing = "the header `x-twilio-signature` is missing";
    assert_eq!(unsigned, (json!(status), json!(missing), json!(1)));
    let no_secret = "the signature fits no secret of the channel";
    assert_eq!(misdirected, (json!(url), json!(no_secret), json!(2)));
    let page = server.get("/system").await;
    assert!(
        page.text.contains(missing) && page.text.contains(&url),
        "{}",
        page.text
    );
    for (what, text) in [("api", &listed.text), ("page", &page.text)] {
        assert!(!text.contains("canary"), "{what}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_another_channel_texts_wait_and_say_why() {
    let (server, desk) = one_channel().await;
    desk.answers(403, json!({}));
    server.enroll(LEAD).await;
    let sending = until("the text is to wait", async || {
        let (_, sending) = texts(&server).pop()?;
        sending.error.is_some().then_some(sending)
    })
    .await;
    assert_eq!(sending.status.as_str(), "queued");
    assert_eq!(sending.attempts, 0, "it was no try of the text's own");
    assert!(sending.error.unwrap().contains("credentials"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(desk.count(), 1, "a closed channel is left alone");
    assert!(
        texts(&server)[0]
            .1
            .error
            .as_ref()
            .unwrap()
            .contains("`main` is paused")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carriers_own_opt_out_counts_and_is_not_confirmed_twice() {
    for (text, rule) in [("STOP", "opt-out-keyword"), ("XYZZY", "carrier-opt-out")] {
        let (server, desk) = one_channel().await;
        let id = server.enroll(LEAD).await;
        sent(&server, 0, "sent").await;
        let fields = [
            ("MessageSid", sid(77)),
            ("From", LEAD.to_string()),
            ("To", OURS.to_string()),
            ("Body", text.to_string()),
            ("OptOutType", "STOP".to_string()),
        ];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        hook(&server, "inbound", &fields).await;
        hook(&server, "inbound", &fields).await;
        let got = server.get(&format!("/v1/conversations/{id}")).await;
        assert_eq!(got.body["outcome"], "opted_out", "{text}: {}", got.text);
        let rows = server.get(&format!("/v1/consents/{LEAD}")).await;
        let rows = rows.body["data"].as_array().unwrap().clone();
        let revoked: Vec<&Value> = rows.iter().filter(|r| r["change"] == "revoked").collect();
        assert_eq!(revoked.len(), 1, "{text}: {rows:?}");
        let known = revoked[0]["rule"].as_str().unwrap().to_string();
        assert!(known.contains(rule), "{text}: {known}");
        let texts = settled(&server).await;
        assert_eq!(
            desk.count(),
            1,
            "{text}: the carrier has confirmed it: {texts:?}"
        );
    }
}

/// A text of the lead's with what Twilio took it for.
async fn taken(server: &Server, n: usize, text: &str, took: &str) {
    let id = sid(n);
    let fields = [
        ("MessageSid", id.as_str()),
        ("From", LEAD),
        ("To", OURS),
        ("Body", text),
        ("OptOutType", took),
    ];
    hook(server, "inbound", &fields).await;
}

/// Every text to the lead, as it stands once none of them waits to leave.
async fn settled(server: &Server) -> Vec<(String, Sending)> {
    until("no text is under way", async || {
        let texts = texts(server);
        let waits = |(_, sending): &(String, Sending)| {
            matches!(sending.status, SendStatus::Queued | SendStatus::Sending)
        };
        (!texts.iter().any(waits)).then_some(texts)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carriers_own_opt_in_is_the_leads_act_and_is_not_confirmed_twice() {
    for (text, rule) in [("START", "opt-in-keyword"), ("XYZZY", "carrier-opt-in")] {
        let (server, desk) = one_channel().await;
        server.enroll(LEAD).await;
        sent(&server, 0, "sent").await;
        taken(&server, 70, "STOP", "STOP").await;
        taken(&server, 71, text, "START").await;
        taken(&server, 71, text, "START").await;
        let lead = server.get(&format!("/v1/leads/{LEAD}")).await;
        let consent = &lead.body["consent"];
        assert_eq!(consent["state"], "given", "{text}: {}", lead.text);
        let rows = server.get(&format!("/v1/consents/{LEAD}")).await;
        let rows = rows.body["data"].as_array().unwrap().clone();
        let last = rows.iter().max_by_key(|row| row["n"].as_u64()).unwrap();
        assert_eq!(
            (&last["change"], &last["own_act"]),
            (&json!("given"), &json!(true))
        );
        let known = last["rule"].as_str().unwrap();
        assert!(known.contains(rule), "{text}: {known}");
        let texts = settled(&server).await;
        assert_eq!(
            desk.count(),
            1,
            "{text}: the carrier has confirmed it: {texts:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_carrier_answered_is_not_answered_again_and_an_answer_is_an_answer() {
    for (text, took, step, count) in [
        ("HELP", "HELP", "timing", 1),
        // A word of the carrier's own: the question stands, and is not asked again.
        ("XYZZY", "HELP", "timing", 1),
        ("XYZZY", "START", "timing", 1),
        // Carriers take YES for an opt-in; here it answers the question.
        ("yes", "START", "call-now", 2),
        ("2", "HELP", "nurture", 1),
        ("STOP", "HELP", "opted_out", 2),
    ] {
        let (server, _) = one_channel().await;
        let id = server.enroll(LEAD).await;
        sent(&server, 0, "sent").await;
        taken(&server, 72, text, took).await;
        let got = server.get(&format!("/v1/conversations/{id}")).await;
        let stands = [&got.body["step"], &got.body["outcome"]];
        assert!(
            stands.iter().any(|at| *at == step),
            "{text} {took}: {}",
            got.text
        );
        let texts = settled(&server).await;
        // Agents are told by the same channel: what left to the lead counts.
        let left = texts.iter().filter(|(_, it)| it.accepted.is_some());
        assert_eq!(left.count(), count, "{text} {took}: {texts:?}");
    }
}

async fn status(server: &Server, fields: &[(&str, &str)]) {
    hook(server, "status", fields).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_receipt_says_of_the_number_is_heeded() {
    for (code, outcome) in [
        ("21610", Some("opted_out")),
        ("30006", None),
        ("30007", None),
    ] {
        let (server, _) = one_channel().await;
        let id = server.enroll(LEAD).await;
        let text = sent(&server, 0, "sent").await;
        let sid = text.provider_id.unwrap();
        let fields = [
            ("MessageSid", sid.as_str()),
            ("MessageStatus", "undelivered"),
            ("To", LEAD),
            ("ErrorCode", code),
        ];
        status(&server, &fields).await;
        // A late one that says less.
        status(
            &server,
            &[
                ("MessageSid", &sid),
                ("MessageStatus", "sent"),
                ("To", LEAD),
            ],
        )
        .await;
        sent(&server, 0, "undelivered").await;
        let got = server.get(&format!("/v1/conversations/{id}")).await;
        let lead = server.get(&format!("/v1/leads/{LEAD}")).await;
        let shown = format!("{code}: {} {}", got.text, lead.text);
        match (code, outcome) {
            (_, Some(outcome)) => assert_eq!(got.body["outcome"], outcome, "{shown}"),
            ("30006", None) => assert!(got.text.contains("\"to\":\"by-email\""), "{shown}"),
            _ => assert_eq!(got.body["step"], "timing", "{shown}"),
        }
        let record = server.store.lead(LEAD.parse().unwrap()).unwrap().unwrap();
        assert_eq!(record.standing.unreachable, code == "30006", "{shown}");
        assert_eq!(record.standing.is_opted_out(), code == "21610", "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_ahead_of_the_sends_answer_is_kept_and_matched() {
    let (server, desk) = one_channel().await;
    let theirs = sid(4242);
    // Nothing in it names our effect, and nobody knows the id yet.
    for told in ["delivered", "sent"] {
        status(
            &server,
            &[
                ("MessageSid", &theirs),
                ("MessageStatus", told),
                ("To", LEAD),
            ],
        )
        .await;
    }
    desk.answers(201, json!({ "sid": theirs }));
    server.enroll(LEAD).await;
    let sending = sent(&server, 0, "delivered").await;
    assert_eq!(sending.provider_id, Some(theirs));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_in_doubt_is_shown_and_a_receipt_resolves_it() {
    let (server, desk) = one_channel().await;
    desk.answers(500, json!({}));
    server.enroll(LEAD).await;
    let sending = sent(&server, 0, "uncertain").await;
    assert_eq!(desk.count(), 1);
    assert!(sending.error.is_some());
    let to = desk.last().1;
    let url = reqwest::Url::parse(&format!("http://x/?{to}")).unwrap();
    let callback = url
        .query_pairs()
        .find(|(k, _)| k == "StatusCallback")
        .unwrap()
        .1;
    let theirs = sid(99);
    let fields = [
        ("MessageSid", theirs.as_str()),
        ("MessageStatus", "queued"),
        ("To", LEAD),
    ];
    let request = twilio_request(&server.client, &server.base, &callback, &fields);
    assert_eq!(server.send(request).await.status, 200);
    let sending = sent(&server, 0, "sent").await;
    assert_eq!((sending.provider_id, sending.error), (Some(theirs), None));
    assert_eq!(desk.count(), 1, "it never goes again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_in_doubt_is_looked_up_where_the_carrier_can_be_asked() {
    for (theirs, shows) in [("sent", "sent"), ("of long ago", "uncertain")] {
        let (server, desk) = one_channel().await;
        desk.answers(500, json!({}));
        server.enroll(LEAD).await;
        sent(&server, 0, "uncertain").await;
        let text = texts(&server)[0].0.clone();
        let created = match theirs {
            "sent" => "Fri, 01 Jan 2100 00:00:00 +0000",
            _ => "Wed, 01 Jan 2020 00:00:00 +0000",
        };
        desk.answers(
            200,
            json!({ "messages": [{
                "sid": sid(5), "body": text, "to": LEAD, "direction": "outbound-api",
                "date_created": created,
            }]}),
        );
        until("the carrier is asked", async || {
            (desk.count() == 2).then_some(())
        })
        .await;
        let sending = until("the answer is heeded", async || {
            let (_, sending) = texts(&server).pop()?;
            let said = sending
                .error
                .as_ref()
                .is_none_or(|error| error.contains("was asked"));
            said.then_some(sending)
        })
        .await;
        assert_eq!(sending.status.as_str(), shows, "{theirs}");
        assert_eq!(sending.provider_id.is_some(), shows == "sent");
        assert_eq!(desk.count(), 2, "it never goes again");
    }
}

/// A webhook of Vonage's SMS API, signed by SHA-256.
fn vonage(server: &Server, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let now = replytree::runtime::Clock::now(&replytree::runtime::WallClock);
    let at = (now.as_ms() / 1000).to_string();
    let mut fields = fields.to_vec();
    fields.push(("timestamp", &at));
    fields.sort_unstable();
    let signed: String = fields.iter().map(|(k, v)| format!("&{k}={v}")).collect();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(TOKEN.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    let sig: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    fields.push(("sig", &sig));
    let mut url = reqwest::Url::parse(&format!("{}/hooks/main/inbound", server.base)).unwrap();
    url.query_pairs_mut().extend_pairs(&fields);
    server.client.get(url)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_reply_in_parts_is_one_reply_in_any_order_and_however_often() {
    let channel = "  main: { carrier: vonage, from: \"+13125550100\", api_key: \"${TOKEN}\", \
                   api_secret: \"${TOKEN}\", secret: \"${TOKEN}\" }\n";
    let file = tempfile::tempdir().unwrap();
    let path = file.path().join("parts.db");
    let store = || -> Arc<dyn Store> { Arc::new(SqliteStore::open(&path).unwrap()) };
    let part = async |server: &Server, number: &str, text: &str| {
        let id = format!("id-{number}");
        let fields = [
            ("msisdn", &LEAD[1..]),
            ("to", &OURS[1..]),
            ("messageId", id.as_str()),
            ("text", text),
            ("type", "text"),
            ("concat", "true"),
            ("concat-ref", "7"),
            ("concat-total", "3"),
            ("concat-part", number),
        ];
        let got = server.send(vonage(server, &fields)).await;
        assert_eq!(got.status, 200, "{}", got.text);
    };
    let replies = |store: &dyn Store| -> Vec<String> {
        let rows = store.timeline(LEAD.parse().unwrap(), None, 0, 100).unwrap();
        rows.into_iter()
            .filter_map(|row| match row.body {
                RowBody::Happened(entry) => match entry.event {
                    replytree::conversation::Event::Replied { text, .. } => Some(text),
                    _ => None,
                },
                RowBody::Outgoing(..) => None,
            })
            .collect()
    };
    let first = server(channel, store()).await;
    part(&first, "3", "and the rest").await;
    part(&first, "1", "Here is a long one, ").await;
    assert!(replies(first.store.as_ref()).is_empty());
    first.running.stop().await;
    drop(first.store);
    // What was acknowledged is there after a restart.
    let second = server(channel, store()).await;
    for number in ["3", "2", "2", "1", "3"] {
        let text = if number == "2" { "the middle " } else { "" };
        part(&second, number, text).await;
    }
    let got = replies(second.store.as_ref());
    assert_eq!(got, ["Here is a long one, the middle and the rest"]);
    second.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sns_is_judged_by_its_certificate_once_the_topic_is_ours() {
    let sns: Value = serde_json::from_str(include_str!("../../data/carriers/sns.json")).unwrap();
    let channel = |topic: &str| {
        format!(
            "  main: {{ carrier: aws, from: \"{OURS}\", region: us-west-2, api_key: \"${{TOKEN}}\", \
             api_secret: \"${{TOKEN}}\", application: \"{topic}\" }}\n"
        )
    };
    let topic = sns["topic"].as_str().unwrap();
    let body = sns["vectors"][0]["body"].as_str().unwrap();
    let url: Value = serde_json::from_str(body).unwrap();
    let url = url["SigningCertURL"].as_str().unwrap();
    let certificate = sns["certificate"].as_str().unwrap().to_string();
    for (topic, body, why) in [
        (topic, body.to_string(), "the signature holds, but"),
        (
            topic,
            body.replace("+1", "+2"),
            "the signature does not fit",
        ),
        (
            "arn:aws:sns:us-west-2:999999999999:other",
            body.to_string(),
            "the topic is not",
        ),
        (
            topic,
            body.replace(url, "https://sns.evil.example/x.pem"),
            "not an address of Amazon SNS",
        ),
    ] {
        let server = server(&channel(topic), Arc::new(MemoryStore::new())).await;
        server
            .running
            .app
            .certificates
            .keep(url, certificate.clone());
        let got = server.bare_post("/hooks/main/inbound", body.clone()).await;
        assert_eq!(got.status, 403, "{}", got.text);
        assert!(got.text.contains(why), "{why}: {}", got.text);
    }
}

/// The numbers texts came to, and when, in their order.
type Arrivals = Arc<Mutex<Vec<(String, Instant)>>>;

async fn gateway(arrivals: Arrivals) -> String {
    let take = async |State(arrivals): State<Arrivals>, axum::Json(body): axum::Json<Value>| {
        let to = body["to"].as_str().unwrap().to_string();
        arrivals.lock().unwrap().push((to, Instant::now()));
        axum::Json(json!({ "id": body["id"] }))
    };
    let app = axum::Router::new()
        .route("/send", axum::routing::post(take))
        .with_state(arrivals);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{at}/send")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_campaign_starves_neither_another_nor_an_answer() {
    const RATE: usize = 40;
    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let arrivals = Arrivals::default();
    let api = gateway(arrivals.clone()).await;
    let channel = format!(
        "  main: {{ carrier: webhook, from: \"{OURS}\", secret: \"${{TOKEN}}\", api: \"{api}\", \
         rate: {RATE}/s }}\n"
    );
    let channel = channel.replace("${TOKEN}", "${SECRET}");
    let main = "  main: { carrier: sandbox, from: \"+13125550100\" }\n";
    let text = super::WORKSPACE.replace(main, &channel);
    let (workspace, problems) =
        replytree::flow::workspace::read("workspace.yaml", &text, &|_| Some(SECRET.to_string()));
    assert!(problems.is_empty(), "{problems:?}");
    let mut live = super::live(super::WORKSPACE, &[super::DRIVE, super::NOTICE]);
    live.workspace = Arc::new(workspace);
    live.sandbox = false;
    let server = Server::start(Arc::new(MemoryStore::new()), live).await;
    let enroll = async |flow: &str, numbers: std::ops::Range<usize>| {
        let posts = numbers.map(|n| {
            let mut body = super::enrollment(&format!("+1312555{n:04}"));
            body["flow"] = flow.into();
            server.post("/v1/enrollments", body)
        });
        for got in futures_util::future::join_all(posts).await {
            assert_eq!(got.status, 202, "{}", got.text);
        }
    };
    enroll("drive", 2000..2800).await;
    let came = || arrivals.lock().unwrap().clone();
    until("the first texts", async || {
        (came().len() >= 20).then_some(())
    })
    .await;
    let before = came().len();
    enroll("notice", 3000..3060).await;
    let (first, _) = came()[0].clone();
    let reply = json!({ "id": "r1", "from": first, "to": OURS, "text": "1" }).to_string();
    let now = replytree::runtime::Clock::now(&replytree::runtime::WallClock);
    let mut request = server
        .client
        .post(format!("{}/hooks/main/inbound", server.base));
    for (name, value) in
        replytree::carrier::signing::sign(SECRET, "m1", now, reply.as_bytes()).unwrap()
    {
        request = request.header(name, value);
    }
    let asked = Instant::now();
    assert_eq!(server.send(request.body(reply)).await.status, 200);
    let answered = until("the answer", async || {
        let theirs = came().into_iter().filter(|(to, _)| *to == first).nth(1)?;
        Some(theirs.1 - asked)
    })
    .await;
    assert!(
        answered < Duration::from_secs(2),
        "an answer waited {answered:?}"
    );
    let notice = |to: &str| to.starts_with("+13125553");
    let all = until("the notices", async || {
        let all = came();
        (all.iter().filter(|(to, _)| notice(to)).count() == 60).then_some(all)
    })
    .await;
    let last = all.iter().rposition(|(to, _)| notice(to)).unwrap();
    let others = all[before..=last]
        .iter()
        .filter(|(to, _)| !notice(to))
        .count();
    assert!(
        others < 60 + 60,
        "{others} of the long campaign left before 60 of the short one"
    );
    assert!(all.len() < 800, "the long one was still under way");
    let span = all[last].1 - all[0].1;
    let most = RATE as f64 * (span.as_secs_f64() + 1.5);
    assert!(
        (last as f64) < most,
        "{last} texts in {span:?} are more than {RATE} a second"
    );
}
