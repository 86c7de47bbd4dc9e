//! What waits and what goes again, over the real server: texts of a channel that lacks a setting, alerts in
//! doubt, webhooks that fail, and texts beside a mail server that hangs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use replytree::lead::Name;
use replytree::store::{MemoryStore, RowBody, RowKind, Sending, Store};
use serde_json::json;

use super::channels::{server, texts, twilio, until};
use super::provider::{TOKEN, sid};
use super::{DRIVE, NOTICE, Server, WORKSPACE, consent, enrollment, live};

const LEAD: &str = "+13125550142";
const DANA: &str = "+13125550111";

/// What came, and what it is answered: told the key of what came and how often it has come before.
#[derive(Clone)]
struct Listener {
    came: Arc<Mutex<Vec<(String, String)>>>,
    answer: fn(&str, usize) -> u16,
}

impl Listener {
    async fn start(answer: fn(&str, usize) -> u16) -> (Self, String) {
        let listener = Self {
            came: Arc::default(),
            answer,
        };
        let app = axum::Router::new()
            .route("/{*path}", axum::routing::any(take))
            .with_state(listener.clone());
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = socket.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(socket, app).await });
        (listener, format!("http://{at}"))
    }

    /// What came under each key, in its order.
    fn came(&self) -> BTreeMap<String, Vec<String>> {
        let mut by: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, what) in self.came.lock().unwrap().iter() {
            by.entry(key.clone()).or_default().push(what.clone());
        }
        by
    }
}

/// A text's key is whom it goes to, a webhook's its path; what is kept of it is its id.
async fn take(
    State(listener): State<Listener>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, String) {
    let form = reqwest::Url::parse(&format!("http://x/?{body}")).unwrap();
    let to = form.query_pairs().find(|(key, _)| key == "To");
    let key = to.map_or(path, |(_, to)| to.into_owned());
    let id = headers.get("webhook-id").map(|id| id.to_str().unwrap());
    let (n, all) = {
        let mut came = listener.came.lock().unwrap();
        let n = came.iter().filter(|(known, _)| *known == key).count();
        came.push((key.clone(), id.unwrap_or_default().to_string()));
        (n, came.len())
    };
    let status = StatusCode::from_u16((listener.answer)(&key, n)).unwrap();
    (status, json!({ "sid": sid(all) }).to_string())
}

fn rows(server: &Server, kind: RowKind) -> Vec<Sending> {
    let rows = server.store.outgoing(kind, None, 1000).unwrap();
    let sending = |body: RowBody| match body {
        RowBody::Outgoing(_, sending) => Some(sending),
        RowBody::Happened(_) => None,
    };
    rows.into_iter()
        .filter_map(|row| sending(row.body))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_a_channel_that_lacks_a_setting_wait_until_it_is_mended() {
    let (listener, api) = Listener::start(|_, _| 201).await;
    let server = server(&twilio("main", &api, ""), Arc::new(MemoryStore::new())).await;
    let engine = server.running.app.engine.clone();
    let well = engine.live.load_full();
    let lacking = {
        let mut live = replytree::runtime::Live::clone(&well);
        let mut workspace = replytree::flow::workspace::Workspace::clone(&live.workspace);
        let main = workspace.channels.get_mut("main").unwrap();
        assert!(main.settings.remove("secret").is_some());
        live.workspace = Arc::new(workspace);
        live
    };
    engine.reload(lacking).unwrap();
    server.enroll(LEAD).await;
    let waits = until("the text is to wait", async || {
        let (_, sending) = texts(&server).pop()?;
        sending.error.is_some().then_some(sending)
    })
    .await;
    assert_eq!((waits.status.as_str(), waits.attempts), ("queued", 0));
    assert!(waits.error.unwrap().contains("no `secret`"));
    let ready = server.bare_get("/readyz").await;
    assert_eq!(ready.body["channels"], json!({ "main": "paused" }));
    assert!(listener.came().is_empty());

    engine
        .reload(replytree::runtime::Live::clone(&well))
        .unwrap();
    until("the text leaves", async || {
        let (_, sending) = texts(&server).pop()?;
        sending.accepted
    })
    .await;
    let came = listener.came();
    assert_eq!(came[LEAD].len(), 1, "{came:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_by_text_of_which_nobody_knows_whether_it_left_goes_again() {
    let answer = |to: &str, n: usize| if to == DANA && n == 0 { 500 } else { 201 };
    let (listener, api) = Listener::start(answer).await;
    let server = server(&twilio("main", &api, ""), Arc::new(MemoryStore::new())).await;
    server.enroll(LEAD).await;
    until("the question", async || texts(&server).pop()?.1.accepted).await;
    let work = replytree::runtime::Work::Inbound(replytree::runtime::work::Inbound {
        channel: "main".into(),
        id: "r1".to_string(),
        from: LEAD.parse().unwrap(),
        to: "+13125550100".to_string(),
        text: "1".to_string(),
        media: Vec::new(),
        written: None,
        verdict: replytree::carrier::Took::Nothing,
    });
    server.running.app.committer.turn(work).await.unwrap();
    let alert = until("the alert is taken", async || {
        let alerts = rows(&server, RowKind::Alert);
        let texted = alerts.into_iter().find(|alert| alert.to == DANA)?;
        texted.accepted.is_some().then_some(texted)
    })
    .await;
    assert_eq!(alert.attempts, 2, "{alert:?}");
    let came = listener.came();
    assert_eq!((came[DANA].len(), came[LEAD].len()), (2, 2), "{came:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_fails_is_asked_for_most_of_a_day_and_others_are_asked_once() {
    let answer = |hook: &str, n: usize| match (hook, n) {
        ("fails", 0..8) => 500,
        ("refuses", _) => 404,
        _ => 200,
    };
    let (listener, api) = Listener::start(answer).await;
    let mut live = live(WORKSPACE, &[NOTICE]);
    let mut workspace = replytree::flow::workspace::Workspace::clone(&live.workspace);
    let hooks = ["takes", "fails", "refuses"].map(|name| {
        let hook = replytree::flow::workspace::Webhook {
            url: format!("{api}/{name}"),
            secret: None,
            events: vec!["conversation.ended".to_string()],
        };
        (Name::from(name), hook)
    });
    workspace.webhooks.extend(hooks);
    live.workspace = Arc::new(workspace);
    let server = Server::start(Arc::new(MemoryStore::new()), live).await;
    let mut notice = enrollment(LEAD);
    notice["flow"] = "notice".into();
    let got = server.post("/v1/enrollments", notice).await;
    assert_eq!(got.status, 202, "{}", got.text);
    server.wait("12h").await;
    let came = listener.came();
    let counts = ["takes", "refuses", "fails"].map(|name| came[name].len());
    assert_eq!(counts, [1, 1, 9], "{came:?}");
    let ids = &came["fails"];
    assert!(ids.iter().all(|id| !id.is_empty() && id == &ids[0]));
    let notices = rows(&server, RowKind::Notify);
    let failed = notices.iter().find_map(|row| row.error.as_deref());
    assert_eq!(failed, Some("the webhook `refuses`: it answered 404"));
}

const LETTER: &str = "
flow: letter
about: Writes at once.
objective: notice
kind: transactional
locales: [en]
lead:
  email: { type: email, optional: true }
start: write
steps:
  write: { email: { subject: Hello, body: 'Your car is ready.' }, no_email: gone, then: end }
  gone: { end: gone }
";

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_hangs_delays_no_text() {
    // It takes connections, and says nothing.
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let smtp = format!("smtp://127.0.0.1:{}", mute.local_addr().unwrap().port());
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((connection, _)) = mute.accept().await {
            kept.push(connection);
        }
    });
    let (_, api) = Listener::start(|_, _| 201).await;
    let main = "  main: { carrier: sandbox, from: \"+13125550100\" }\n";
    let text = WORKSPACE.replace(main, &twilio("main", &api, ""))
        + "email: { from: hello@northside.example, smtp: \"${SMTP}\" }\n";
    let read = |name: &str| {
        Some(if name == "SMTP" {
            smtp.clone()
        } else {
            TOKEN.to_string()
        })
    };
    let (workspace, problems) = replytree::flow::workspace::read("workspace.yaml", &text, &read);
    assert!(problems.is_empty(), "{problems:?}");
    let mut live = live(WORKSPACE, &[DRIVE, LETTER]);
    live.workspace = Arc::new(workspace);
    live.sandbox = false;
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let server = Server::start(store, live).await;
    let enrolled = (0..80).map(|n| {
        let lead = json!({
            "phone": format!("+131255520{n:02}"), "email": format!("lead{n}@example.com"),
            "time_zone": "America/Chicago", "consent": consent(),
        });
        server.post("/v1/enrollments", json!({ "flow": "letter", "lead": lead }))
    });
    for got in futures_util::future::join_all(enrolled).await {
        assert_eq!(got.status, 202, "{}", got.text);
    }
    until("the mail server keeps letters waiting", async || {
        let letters = rows(&server, RowKind::Email);
        let under_way = letters.iter().filter(|it| it.status.as_str() == "sending");
        (under_way.count() >= 24).then_some(())
    })
    .await;
    server.enroll(LEAD).await;
    until("the text leaves", async || texts(&server).pop()?.1.accepted).await;
    let letters = rows(&server, RowKind::Email);
    assert_eq!(letters.len(), 80);
    let ended = letters.iter().filter(|it| it.error.is_some()).count();
    assert_eq!(ended, 0, "the text waited until letters were given up");
}
