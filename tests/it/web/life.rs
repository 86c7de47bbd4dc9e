//! The server's own life: operations, signing in, bounds, stopping.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Server;

#[tokio::test(flavor = "multi_thread")]
async fn operations_answer_and_every_answer_is_guarded() {
    let server = Server::sandbox().await;
    for (path, status, holds) in [
        ("/healthz", 200, "ok"),
        ("/readyz", 200, "ready"),
        ("/metrics", 200, "# EOF"),
        ("/openapi.json", 200, "/v1/enrollments"),
        ("/docs", 200, "POST /v1/enrollments"),
        ("/nowhere", 404, "no such page"),
        ("/sandbox/clock", 200, "now"),
    ] {
        let got = server.bare_get(path).await;
        assert_eq!(got.status, status, "{path}: {}", got.text);
        assert!(got.text.contains(holds), "{path}: {}", got.text);
        assert_eq!(got.headers["x-content-type-options"], "nosniff", "{path}");
        let policy = got.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
    }
    let got = server
        .send(server.client.delete(format!("{}/healthz", server.base)))
        .await;
    assert_eq!(got.status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sandbox_is_for_this_machine_and_nowhere_else() {
    let server = Server::sandbox().await;
    for (name, value) in [
        ("x-forwarded-for", "203.0.113.9"),
        ("origin", "https://evil.example"),
        ("host", "evil.example"),
    ] {
        let request = server.client.post(format!("{}/sandbox/clock", server.base));
        let body = json!({ "advance": "1h" }).to_string();
        let got = server.send(request.header(name, value).body(body)).await;
        assert_eq!(got.status, 401, "{name}: {}", got.text);
    }
    let server = Server::with_workspace(super::WORKSPACE).await;
    for path in ["/sandbox/messages", "/sandbox/emails", "/sandbox/clock"] {
        assert_eq!(server.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sign_in_link_works_once_and_a_session_acts_from_our_own_pages_only() {
    let server = Server::sandbox().await;
    let link = server.running.sign_in.clone().unwrap();
    let got = server.send(server.client.get(&link)).await;
    assert_eq!(got.status, 200, "{}", got.text);
    let cookie = got.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let session = cookie.split(';').next().unwrap().to_string();
    let again = server.send(server.client.get(&link)).await;
    assert_eq!(again.status, 410, "{}", again.text);
    assert!(
        again.text.contains("This link was used already"),
        "{}",
        again.text
    );
    assert!(again.text.contains("replytree user add"), "{}", again.text);
    let cut = server
        .send(server.client.get(&link[..link.len() - 3]))
        .await;
    assert_eq!(cut.status, 401);
    assert!(cut.text.contains("There is no such link"), "{}", cut.text);
    let call = async |origin: Option<&str>| {
        let mut request = server
            .client
            .post(format!("{}/v1/leads", server.base))
            .header("cookie", &session)
            .json(&json!({ "phone": "+13125550142" }));
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        server.send(request).await.status
    };
    assert_eq!(call(Some(&server.base)).await, 201);
    assert_eq!(call(Some("https://evil.example")).await, 403);
    assert_eq!(call(None).await, 403);
    let read = server
        .client
        .get(format!("{}/v1/leads", server.base))
        .header("cookie", &session);
    assert_eq!(server.send(read).await.status, 200);
    let forged = server.client.get(format!("{}/v1/leads", server.base));
    let forged = forged.header("cookie", "replytree_session=x");
    assert_eq!(server.send(forged).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_find_the_brands_sign_without_being_told() {
    let server = Server::sandbox().await;
    let got = server.bare_get("/favicon.ico").await;
    assert_eq!(got.status, 200, "{}", got.text);
    assert_eq!(got.headers["content-type"], "image/svg+xml");
    assert_eq!(
        got.text,
        include_str!("../../../src/web/console/assets/icon.svg")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_is_let_go_after_ten_seconds() {
    let server = Server::sandbox().await;
    let head = "POST /hooks/main/inbound HTTP/1.1\r\nhost: localhost\r\n";
    let slow_body = format!("{head}content-length: 100\r\n\r\n{{");
    let slow = async |begin: &str| {
        let mut stream = tokio::net::TcpStream::connect(server.running.address)
            .await
            .unwrap();
        stream.write_all(begin.as_bytes()).await.unwrap();
        let begun = Instant::now();
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(15), stream.read_to_end(&mut answer));
        read.await.expect("the connection is closed").unwrap();
        assert!(begun.elapsed() > Duration::from_secs(9));
        String::from_utf8_lossy(&answer).into_owned()
    };
    let (headers, body) = tokio::join!(slow(head), slow(&slow_body));
    assert!(
        headers.is_empty() || headers.starts_with("HTTP/1.1 408"),
        "{headers}"
    );
    assert!(body.starts_with("HTTP/1.1 408"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_ends_streams_and_connections_within_ten_seconds() {
    let server = Server::sandbox().await;
    let request = server.client.get(format!("{}/v1/stream", server.base));
    let key = server.key(replytree::store::Role::Admin).to_string();
    let mut stream = request.bearer_auth(key).send().await.unwrap();
    assert_eq!(stream.status(), 200);
    server.enroll("+13125550142").await;
    let first = stream.chunk().await.unwrap().unwrap();
    let first = String::from_utf8_lossy(&first).into_owned();
    assert!(first.contains("event: conversation.started"), "{first}");
    let begun = Instant::now();
    server.running.stop().await;
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
    while let Ok(Some(_)) = stream.chunk().await {}
    assert!(
        server
            .client
            .get(format!("{}/healthz", server.base))
            .send()
            .await
            .is_err()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_flow_is_served_and_a_broken_one_goes_on_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("drive.yaml");
    std::fs::write(&file, super::DRIVE).unwrap();
    let read = file.clone();
    let load = move || {
        let text = std::fs::read_to_string(&read).map_err(|error| error.to_string())?;
        let mut live = super::live(super::WORKSPACE, &[]);
        let source = replytree::flow::Source {
            file: "drive.yaml".to_string(),
            text,
        };
        let compiled = replytree::flow::compile(&live.workspace, &[source]);
        live.diagnostics = compiled.diagnostics;
        live.flows = compiled
            .flows
            .into_iter()
            .map(|f| (f.name.clone(), f))
            .collect();
        Ok(live)
    };
    let reload = replytree::runtime::reload::Reload {
        folder: folder.path().to_path_buf(),
        load: Box::new(load.clone()),
    };
    let store = std::sync::Arc::new(replytree::store::MemoryStore::new());
    let server = Server::start_watching(store, load().unwrap(), Some(reload)).await;
    let about = async || server.get("/v1/flows/drive").await.body["about"].to_string();
    let becomes = async |text: &str, wanted: &str| {
        std::fs::write(&file, text).unwrap();
        for _ in 0..100 {
            if about().await.contains(wanted) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    };
    let changed = super::DRIVE.replace("Qualify a test-drive lead", "Sell a car");
    assert!(becomes(&changed, "Sell a car").await);
    std::fs::write(&file, changed.replace("then: call-now", "then: nowhere")).unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(about().await.contains("Sell a car"));
    let ready = server.bare_get("/readyz").await;
    assert!(
        ready.body["flow_errors"].as_u64().unwrap() > 0,
        "{}",
        ready.text
    );
    assert!(becomes(super::DRIVE, "Qualify").await);
}

/// With a default workspace in its place, texts would be taken for sent and webhooks refused.
#[test]
fn a_workspace_that_is_broken_or_gone_goes_on_as_it_was() {
    const FOR_REAL: &str = "brand: Acme\nchannels: { main: { carrier: webhook, from: \"+13125550100\", \
        secret: \"${ACME_SECRET}\", api: \"https://gateway.example\" } }\n";
    const FILE: &str = "flows/workspace.yaml";
    let read = |text: Option<&str>| {
        let env = |_: &str| Some("0123456789abcdef0123456789abcdef".to_string());
        let (workspace, diagnostics) = match text {
            Some(text) => replytree::flow::workspace::read(FILE, text, &env),
            None => Default::default(),
        };
        replytree::runtime::Live {
            sandbox: !workspace.has_real_channel(),
            workspace: std::sync::Arc::new(workspace),
            diagnostics,
            sources: text
                .map(|text| (FILE.to_string(), text.to_string()))
                .into_iter()
                .collect(),
            ..super::live(super::WORKSPACE, &[super::DRIVE])
        }
    };
    let before = read(Some(FOR_REAL));
    assert!(before.diagnostics.is_empty(), "{:?}", before.diagnostics);
    for (text, problem) in [
        (Some("brand: Acme\nchannels: [\n"), Some("E0001")),
        (Some(""), Some("E0005")),
        (Some("brand: Acme\n"), None),
        (None, Some("E0005")),
    ] {
        let kept = replytree::runtime::reload::keep_good(&before, read(text));
        assert_eq!(
            kept.workspace.channels, before.workspace.channels,
            "{text:?}"
        );
        assert_eq!(kept.flows.len(), before.flows.len());
        assert!(!kept.sandbox);
        assert_eq!(
            kept.diagnostics.first().map(|d| d.code),
            problem,
            "{text:?}"
        );
    }
    let renamed = read(Some(&FOR_REAL.replace("Acme", "Best")));
    let next = replytree::runtime::reload::keep_good(&before, renamed);
    assert_eq!(next.workspace.brand, "Best");
}
