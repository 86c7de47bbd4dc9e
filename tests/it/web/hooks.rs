//! Webhooks from carriers.

use replytree::carrier::signing;
use replytree::time::Timestamp;
use serde_json::json;

use super::Server;

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const OLD_SECRET: &str = "whsec_b2xkIHNlY3JldCBvZiBvdXJz";

fn signed_workspace(api: &str) -> String {
    super::WORKSPACE.replace(
        "main: { carrier: sandbox, from: \"+13125550100\" }",
        &format!(
            "main: {{ carrier: webhook, from: \"+13125550100\", secret: \"${{SECRET}}\", \
             api: \"{api}\" }}"
        ),
    )
}

async fn signed_server(api: &str) -> Server {
    let (workspace, problems) =
        replytree::flow::workspace::read("workspace.yaml", &signed_workspace(api), &|name| {
            (name == "SECRET").then(|| format!("{SECRET},{OLD_SECRET}"))
        });
    assert!(problems.is_empty(), "{problems:?}");
    let mut live = super::live(super::WORKSPACE, &[super::DRIVE, super::NOTICE]);
    live.workspace = std::sync::Arc::new(workspace);
    live.sandbox = false;
    Server::start(
        std::sync::Arc::new(replytree::store::MemoryStore::new()),
        live,
    )
    .await
}

fn now() -> Timestamp {
    replytree::runtime::Clock::now(&replytree::runtime::WallClock)
}

async fn post_signed(server: &Server, secret: &str, at: Timestamp, body: &str) -> super::Got {
    let mut request = server
        .client
        .post(format!("{}/hooks/main/inbound", server.base))
        .body(body.to_string());
    for (name, value) in signing::sign(secret, "msg_1", at, body.as_bytes()).unwrap() {
        request = request.header(name, value);
    }
    server.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_taken_refused_or_called_unreadable() {
    let server = Server::sandbox().await;
    let well = json!({ "id": "m1", "from": "+13125550142", "to": "+13125550100", "text": "hi" });
    let long = json!({ "id": "m2", "from": "+13125550142", "text": "x".repeat(64 * 1024) });
    for (path, body, status) in [
        ("/hooks/main/inbound", well.to_string(), 200),
        ("/hooks/main/status", well.to_string(), 200),
        ("/hooks/sandbox/inbound", well.to_string(), 200),
        ("/hooks/nowhere/inbound", well.to_string(), 404),
        ("/hooks/main/inbound", "not json".to_string(), 400),
        ("/hooks/main/inbound", "{}".to_string(), 400),
        ("/hooks/main/inbound", long.to_string(), 413),
        ("/hooks/main/inbound", "x".repeat(2_000_000), 413),
    ] {
        let shown: String = body.chars().take(60).collect();
        let got = server.bare_post(path, body).await;
        assert_eq!(got.status, status, "{path} {shown}: {}", got.text);
        if status >= 400 {
            assert_eq!(got.headers["content-type"], "application/problem+json");
        }
    }
    let got = server.bare_get("/hooks/main/inbound").await;
    assert_eq!(got.status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_counts_once_however_often_it_comes() {
    let server = Server::sandbox().await;
    server.enroll("+13125550142").await;
    server.wait("0s").await;
    assert_eq!(server.texts("+13125550142").await.len(), 1);
    for _ in 0..3 {
        assert_eq!(server.text("same", "+13125550142", "1").await.status, 200);
    }
    server.wait("0s").await;
    let texts = server.texts("+13125550142").await;
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[1].contains("within 10 minutes"), "{texts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_must_hold_by_either_secret_and_within_five_minutes() {
    let server = signed_server("http://127.0.0.1:9/none").await;
    let body = json!({ "id": "m1", "from": "+13125550142", "text": "hi" }).to_string();
    let ago = |secs: i64| Timestamp::from_ms(now().as_ms() - secs * 1000);
    for (secret, at, status) in [
        (SECRET, ago(0), 200),
        (OLD_SECRET, ago(0), 200),
        (SECRET, ago(280), 200),
        (SECRET, ago(320), 403),
        (SECRET, ago(-320), 403),
        ("whsec_YW5vdGhlciBzZWNyZXQgYWx0b2dldGhlcg==", ago(0), 403),
    ] {
        let got = post_signed(&server, secret, at, &body).await;
        assert_eq!(got.status, status, "{secret}: {}", got.text);
    }
    assert_eq!(
        server
            .bare_post("/hooks/main/inbound", body.clone())
            .await
            .status,
        403
    );
    // Nothing of a refused one is kept: its sender is not a lead.
    let forged = json!({ "id": "m9", "from": "+13125550199", "text": "hi" }).to_string();
    assert_eq!(
        server.bare_post("/hooks/main/inbound", forged).await.status,
        403
    );
    assert_eq!(server.get("/v1/leads/+13125550199").await.status, 404);
    assert_eq!(server.get("/v1/leads/+13125550142").await.status, 200);
}

/// A carrier that answers what it is told to, and keeps what it was sent.
async fn carrier() -> (
    String,
    tokio::sync::mpsc::UnboundedReceiver<serde_json::Value>,
) {
    use axum::extract::State;
    let (told, heard) = tokio::sync::mpsc::unbounded_channel();
    let app = axum::Router::new()
        .route(
            "/send",
            axum::routing::post(
                async |State(told): State<tokio::sync::mpsc::UnboundedSender<_>>,
                       axum::Json(body): axum::Json<serde_json::Value>| {
                    let id = format!("theirs-{}", body["id"].as_str().unwrap());
                    let _ = told.send(body);
                    axum::Json(json!({ "id": id }))
                },
            ),
        )
        .with_state(told);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (format!("http://{at}/send"), heard)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_goes_out_signed_and_its_receipts_only_move_it_forward() {
    let (api, mut sent) = carrier().await;
    let server = signed_server(&api).await;
    let id = server.enroll("+13125550142").await;
    let out = sent.recv().await.unwrap();
    assert_eq!(out["to"], "+13125550142");
    assert_eq!(out["from"], "+13125550100");
    let effect = out["id"].as_str().unwrap().to_string();
    for (status, shows) in [
        ("delivered", "delivered"),
        ("sent", "delivered"),
        ("failed", "delivered"),
    ] {
        let body = json!({ "id": effect, "to": "+13125550142", "status": status }).to_string();
        assert_eq!(post_signed(&server, SECRET, now(), &body).await.status, 200);
        let got = server.get(&format!("/v1/conversations/{id}")).await;
        let messages: Vec<&serde_json::Value> = got.body["timeline"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|item| item["type"] == "message")
            .collect();
        assert_eq!(messages[0]["status"], shows, "{status}: {}", got.text);
        assert_eq!(messages[0]["provider_id"], format!("theirs-{effect}"));
    }
    // The answer to the question brings the next text.
    let reply = json!({ "id": "r1", "from": "+13125550142", "text": "yes please" }).to_string();
    assert_eq!(
        post_signed(&server, SECRET, now(), &reply).await.status,
        200
    );
    let mut texts = Vec::new();
    while texts.len() < 2 {
        texts.push(sent.recv().await.unwrap());
    }
    // The lead is thanked, and the agent is told.
    let to = |number: &str| texts.iter().any(|text| text["to"] == number);
    assert!(to("+13125550142") && to("+13125550111"), "{texts:#?}");
}
