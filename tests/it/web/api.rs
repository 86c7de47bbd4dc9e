//! The API.

use replytree::store::Role;
use serde_json::{Value, json};

use super::{Server, consent, enrollment};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_key_or_a_right_is_refused() {
    let server = Server::sandbox().await;
    assert_eq!(server.bare_get("/v1/leads").await.status, 401);
    let wrong = server
        .client
        .get(format!("{}/v1/leads", server.base))
        .bearer_auth("rt_no");
    assert_eq!(server.send(wrong).await.status, 401);
    for (role, path, body, status) in [
        (
            Role::Agent,
            "/v1/leads",
            json!({ "phone": "+13125550142" }),
            403,
        ),
        (
            Role::Auditor,
            "/v1/enrollments",
            enrollment("+13125550142"),
            403,
        ),
        (Role::Author, "/v1/consents", json!({}), 403),
        (
            Role::Author,
            "/v1/leads",
            json!({ "phone": "+13125550142" }),
            201,
        ),
        (
            Role::Admin,
            "/v1/leads",
            json!({ "phone": "+13125550142" }),
            200,
        ),
    ] {
        let got = server.post_as(role, path, body).await;
        assert_eq!(got.status, status, "{role:?} {path}: {}", got.text);
    }
    server
        .store
        .revoke_key("admin", replytree::time::Timestamp::from_ms(1))
        .unwrap();
    assert_eq!(server.get("/v1/leads").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_is_named_by_its_place() {
    let server = Server::sandbox().await;
    for (path, body, status, pointer) in [
        ("/v1/leads", json!({}), 422, "/phone"),
        ("/v1/leads", json!({ "phone": "12" }), 422, "/phone"),
        ("/v1/leads", json!({ "phone": 7 }), 422, "/phone"),
        (
            "/v1/leads",
            json!({ "phone": "+13125550142", "time_zone": "Mars" }),
            422,
            "/time_zone",
        ),
        (
            "/v1/leads",
            json!({ "phone": "+13125550142", "tags": "x" }),
            422,
            "/tags",
        ),
        (
            "/v1/leads",
            json!({ "phone": "+13125550142", "locale": "!" }),
            422,
            "/locale",
        ),
        (
            "/v1/leads",
            json!({ "phone": "+13125550142", "consent": { "kind": "perhaps" } }),
            422,
            "/consent/kind",
        ),
        (
            "/v1/leads",
            json!({ "phone": "+13125550142", "consent": { "kind": "marketing", "source": "x" } }),
            422,
            "/consent/wording",
        ),
        (
            "/v1/enrollments",
            json!({ "phone": "+13125550142" }),
            422,
            "/flow",
        ),
        ("/v1/enrollments", json!({ "flow": "drive" }), 422, "/phone"),
        (
            "/v1/enrollments",
            json!({ "flow": "nope", "phone": "+13125550142" }),
            404,
            "",
        ),
        (
            "/v1/enrollments",
            json!({ "flow": "drive", "phone": "+13125550142", "if_busy": "maybe" }),
            422,
            "/if_busy",
        ),
        (
            "/v1/enrollments",
            json!({ "flow": "drive", "phone": "+13125550142", "fields": { "model": "x" } }),
            422,
            "/lead/consent",
        ),
        (
            "/v1/enrollments",
            json!({ "flow": "drive", "lead": { "phone": "+13125550142", "consent": consent() } }),
            422,
            "/fields/model",
        ),
        (
            "/v1/events",
            json!({ "phone": "+13125550142" }),
            422,
            "/event",
        ),
        (
            "/sandbox/clock",
            json!({ "advance": "soon" }),
            422,
            "/advance",
        ),
    ] {
        let got = server.post(path, body.clone()).await;
        assert_eq!(got.status, status, "{path} {body}: {}", got.text);
        assert_eq!(got.headers["content-type"], "application/problem+json");
        if !pointer.is_empty() {
            assert_eq!(
                got.body["errors"][0]["pointer"], pointer,
                "{body}: {}",
                got.text
            );
        }
    }
    let request = server.client.post(format!("{}/v1/leads", server.base));
    let got = server
        .send(request.bearer_auth(server.key(Role::Admin)).body("{"))
        .await;
    assert_eq!(got.status, 400);
    // A lead who was refused is not kept.
    let lead = server.get("/v1/leads/+13125550142").await;
    assert_eq!(lead.status, 404, "{}", lead.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_upserted_by_number_however_it_is_written() {
    let server = Server::sandbox().await;
    let body = json!({
        "phone": "(312) 555-0142", "name": "Ada", "tags": ["vip"], "fields": { "model": "Roadster" },
        "consent": consent(),
    });
    let got = server.post("/v1/leads", body).await;
    assert_eq!(
        (got.status, &got.body["phone"]),
        (201, &json!("+13125550142")),
        "{}",
        got.text
    );
    let body = json!({ "phone": "+13125550142", "email": "ada@example.com" });
    assert_eq!(server.post("/v1/leads", body).await.status, 200);
    for path in [
        "+13125550142",
        "13125550142",
        "%2B13125550142",
        "3125550142",
    ] {
        let got = server.get(&format!("/v1/leads/{path}")).await;
        assert_eq!(got.status, 200, "{path}: {}", got.text);
        assert_eq!(got.body["name"], "Ada");
        assert_eq!(got.body["email"], "ada@example.com");
        assert_eq!(got.body["fields"]["model"], "Roadster");
        assert_eq!(got.body["consent"]["state"], "given");
    }
    for n in 0..4 {
        server
            .post("/v1/leads", json!({ "phone": format!("+1312555020{n}") }))
            .await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let got = server
            .get(&format!("/v1/leads?limit=2&cursor={cursor}"))
            .await;
        let data = got.body["data"].as_array().unwrap();
        assert!(data.len() <= 2);
        seen.extend(data.iter().map(|lead| lead["phone"].to_string()));
        match got.body["next"].as_str() {
            Some(next) => cursor = next.to_string(),
            None => break,
        }
    }
    seen.dedup();
    assert_eq!(seen.len(), 5, "{seen:?}");
    let vips = server.get("/v1/leads?segment=vip").await;
    assert_eq!(
        vips.body["data"].as_array().unwrap().len(),
        1,
        "{}",
        vips.text
    );
    assert_eq!(server.get("/v1/leads?segment=nope").await.status, 404);
    assert_eq!(server.get("/v1/leads?limit=0").await.status, 400);
    assert_eq!(server.get("/v1/leads?cursor=%21").await.status, 400);
    let ledger = server.get("/v1/consents/+13125550142").await;
    assert_eq!(
        ledger.body["data"][0]["wording"],
        "Text me about test drives"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_in_one_conversation_at_a_time() {
    let server = Server::sandbox().await;
    let id = server.enroll("+13125550142").await;
    let mut again = enrollment("+13125550142");
    let got = server.post("/v1/enrollments", again.clone()).await;
    assert_eq!(
        (got.status, &got.body["conversation_id"]),
        (409, &json!(id)),
        "{}",
        got.text
    );
    again["if_busy"] = json!("wait");
    let got = server.post("/v1/enrollments", again.clone()).await;
    assert_eq!(
        (got.status, &got.body["status"]),
        (202, &json!("scheduled")),
        "{}",
        got.text
    );
    again["if_busy"] = json!("replace");
    let got = server.post("/v1/enrollments", again).await;
    assert_eq!(
        (got.status, &got.body["status"]),
        (202, &json!("waiting")),
        "{}",
        got.text
    );
    let first = server.get(&format!("/v1/conversations/{id}")).await;
    assert_eq!(first.body["outcome"], "stopped");
    let listed = server
        .get("/v1/conversations?flow=drive&status=waiting")
        .await;
    assert_eq!(
        listed.body["data"].as_array().unwrap().len(),
        1,
        "{}",
        listed.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_call_under_one_key_is_one_call() {
    let server = Server::sandbox().await;
    let call = async |key: &str, body: Value| {
        let request = server
            .client
            .post(format!("{}/v1/enrollments", server.base))
            .bearer_auth(server.key(Role::Admin))
            .header("idempotency-key", key);
        server.send(request.json(&body)).await
    };
    let first = call("k1", enrollment("+13125550142")).await;
    let again = call("k1", enrollment("+13125550142")).await;
    assert_eq!((first.status, again.status), (202, 202), "{}", again.text);
    assert_eq!(first.body, again.body);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = call("k1", enrollment("+13125550143")).await;
    assert_eq!(other.status, 422, "{}", other.text);
    assert_eq!(call("k2", enrollment("+13125550142")).await.status, 409);
    assert_eq!(call("", enrollment("+13125550142")).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hot_lead_is_claimed_by_the_first_agent_and_resolved() {
    let server = Server::sandbox().await;
    let id = server.enroll("+13125550142").await;
    server.wait("0s").await;
    server.text("m1", "+13125550142", "1 yes please").await;
    server.wait("0s").await;
    let alerts = server.texts("+13125550111").await;
    assert!(
        alerts.len() == 1 && alerts[0].contains("Ada wants a Roadster"),
        "{alerts:?}"
    );
    let emails = server
        .bare_get("/sandbox/emails?to=dana@northside.example")
        .await;
    assert_eq!(
        emails.body["data"].as_array().unwrap().len(),
        1,
        "{}",
        emails.text
    );
    let open = server.get("/v1/handoffs?status=open&team=sales").await;
    let handoff = open.body["data"][0]["id"].as_str().unwrap().to_string();
    assert_eq!(open.body["data"][0]["priority"], "hot");
    let claim = format!("/v1/handoffs/{handoff}/claim");
    let got = server.post(&claim, json!({ "agent": "Dana" })).await;
    assert_eq!(
        (got.status, &got.body["agent"]),
        (200, &json!("Dana")),
        "{}",
        got.text
    );
    let got = server.post(&claim, json!({ "agent": "Lee" })).await;
    assert_eq!(
        (got.status, &got.body["agent"]),
        (409, &json!("Dana")),
        "{}",
        got.text
    );
    let got = server.post_as(Role::Agent, &claim, json!({})).await;
    assert_eq!(got.status, 409, "{}", got.text);
    let resolve = format!("/v1/handoffs/{handoff}/resolve");
    let got = server.post(&resolve, json!({ "outcome": "lost" })).await;
    assert_eq!(got.status, 422, "{}", got.text);
    let got = server.post(&resolve, json!({ "outcome": "reached" })).await;
    assert_eq!(
        (got.status, &got.body["status"]),
        (200, &json!("resolved")),
        "{}",
        got.text
    );
    let got = server.get(&format!("/v1/conversations/{id}")).await;
    assert_eq!(
        (&got.body["status"], &got.body["outcome"]),
        (&json!("ended"), &json!("booked"))
    );
    let kinds: Vec<&str> = got.body["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| item["type"].as_str())
        .collect();
    for kind in ["enrolled", "message", "reply", "handoff"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    let reply = got.body["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["type"] == "reply")
        .unwrap();
    assert!(
        reply["rule"].is_string() && reply["answer"] == "yes",
        "{reply}"
    );
    let hops = got.body["path"].as_array().unwrap();
    assert!(
        hops.iter()
            .any(|hop| hop["from"] == "timing" && hop["exit"] == "yes" && hop["to"] == "call-now"),
        "{hops:?}"
    );
    assert_eq!(
        server
            .post("/v1/handoffs/ho_1_1/claim", json!({}))
            .await
            .status,
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_speaks_and_the_flow_stands_still_until_it_is_given_back() {
    let server = Server::sandbox().await;
    let id = server.enroll("+13125550142").await;
    server.wait("0s").await;
    let at = |what: &str| format!("/v1/conversations/{id}/{what}");
    let got = server
        .post(&at("messages"), json!({ "text": "Dana here, one moment." }))
        .await;
    assert_eq!(
        (got.status, &got.body["status"]),
        (200, &json!("with_agent")),
        "{}",
        got.text
    );
    server.text("m1", "+13125550142", "1").await;
    server.wait("30m").await;
    let texts = server.texts("+13125550142").await;
    assert_eq!(texts.len(), 2, "{texts:?}");
    let got = server
        .post(&at("takeover"), json!({ "agent": "Lee" }))
        .await;
    assert_eq!(
        (got.status, &got.body["agent"]),
        (409, &json!("admin")),
        "{}",
        got.text
    );
    let got = server
        .post_as(Role::Agent, &at("messages"), json!({ "text": "me too" }))
        .await;
    assert_eq!(got.status, 403, "{}", got.text);
    let got = server.post(&at("release"), json!({})).await;
    assert_eq!(
        (got.status, &got.body["status"]),
        (200, &json!("waiting")),
        "{}",
        got.text
    );
    assert_eq!(server.post(&at("release"), json!({})).await.status, 409);
    assert_eq!(
        server
            .post(&at("messages"), json!({ "text": " " }))
            .await
            .status,
        422
    );
    assert_eq!(
        server
            .get("/v1/conversations/cv_0000000000000000")
            .await
            .status,
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_nudged_after_four_hours_and_emailed_after_a_day_more() {
    let server = Server::sandbox().await;
    let id = server.enroll("+13125550142").await;
    server.wait("3h59m").await;
    assert_eq!(server.texts("+13125550142").await.len(), 1);
    server.wait("1m").await;
    let texts = server.texts("+13125550142").await;
    assert!(
        texts.len() == 2 && texts[1].contains("Still thinking"),
        "{texts:?}"
    );
    server.wait("1d").await;
    let emails = server.bare_get("/sandbox/emails?to=ada@example.com").await;
    assert_eq!(
        emails.body["data"][0]["subject"], "Your Roadster",
        "{}",
        emails.text
    );
    assert!(
        emails.body["data"][0]["html"]
            .as_str()
            .unwrap()
            .contains("<a href=")
    );
    let got = server.get(&format!("/v1/conversations/{id}")).await;
    assert_eq!(got.body["outcome"], "nurture");
    let report = server.get("/v1/reports/flows/drive").await;
    assert_eq!(
        (&report.body["sent"], &report.body["emails"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(report.body["by_outcome"]["nurture"], 1, "{}", report.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_link_redirects_and_is_journalled_until_it_expires() {
    let server = Server::sandbox().await;
    let id = server.enroll("+13125550142").await;
    server.wait("0s").await;
    let text = server.texts("+13125550142").await.remove(0);
    let link = text.split(' ').find(|word| word.contains("/l/")).unwrap();
    let path = link.strip_prefix("https://text.example").unwrap();
    let got = server.bare_get(path).await;
    assert_eq!(got.status, 302, "{}", got.text);
    let to = got.headers["location"].to_str().unwrap();
    assert!(
        to.starts_with("https://northside.example/visit?utm_source="),
        "{to}"
    );
    let mut clicks = 0;
    for _ in 0..50 {
        let got = server.get(&format!("/v1/conversations/{id}")).await;
        let timeline = got.body["timeline"].as_array().unwrap();
        clicks = timeline
            .iter()
            .filter(|item| item["type"] == "click")
            .count();
        if clicks > 0 {
            assert_eq!(got.body["status"], "waiting");
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(clicks, 1);
    server.wait("49h").await;
    assert_eq!(server.bare_get(path).await.status, 410);
    let unknown = server.bare_get("/l/AAAAAAAAAA").await;
    let nonsense = server.bare_get("/l/not-a-code").await;
    assert_eq!((unknown.status, nonsense.status), (404, 404));
    assert_eq!(unknown.text, nonsense.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn behaviour_starts_and_ends_conversations_and_stop_stops() {
    let server = Server::sandbox().await;
    let mut lead = enrollment("+13125550142")["lead"].clone();
    lead["phone"] = json!("+13125550142");
    assert_eq!(server.post("/v1/leads", lead).await.status, 201);
    let did = |event: &str| json!({ "phone": "+13125550142", "event": event, "value": 7 });
    let got = server.post("/v1/events", did("brochure_downloaded")).await;
    assert_eq!(
        (got.status, &got.body["status"]),
        (202, &json!("waiting")),
        "{}",
        got.text
    );
    let got = server.post("/v1/events", did("purchased")).await;
    assert_eq!(
        (got.status, &got.body["status"]),
        (202, &json!("ended")),
        "{}",
        got.text
    );
    server.text("s1", "+13125550142", "STOP").await;
    let lead = server.get("/v1/leads/+13125550142").await;
    assert_eq!(lead.body["consent"]["state"], "revoked", "{}", lead.text);
    let mut again = enrollment("+13125550142");
    again["lead"]["consent"] = Value::Null;
    let got = server.post("/v1/enrollments", again).await;
    assert_eq!(
        (got.status, &got.body["errors"][0]["pointer"]),
        (422, &json!("/lead/consent"))
    );
    let row = json!({ "phone": "+13125550142", "kind": "marketing", "source": "import",
        "wording": "x" });
    let got = server.post("/v1/consents", row).await;
    assert_eq!(got.status, 422, "{}", got.text);
    assert!(got.text.contains("only their own act"), "{}", got.text);
    let lead = server.get("/v1/leads/+13125550142").await;
    assert_eq!(
        lead.body["consent"]["state"], "revoked",
        "an import undoes no STOP"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_say_their_version_and_who_stands_where() {
    let server = Server::sandbox().await;
    server.enroll("+13125550142").await;
    let got = server.get("/v1/flows").await;
    assert_eq!(
        got.body["data"].as_array().unwrap().len(),
        2,
        "{}",
        got.text
    );
    let got = server.get("/v1/flows/drive").await;
    let timing = &got.body["steps"][0];
    assert_eq!(
        (&timing["name"], &timing["leads"]),
        (&json!("timing"), &json!(1)),
        "{}",
        got.text
    );
    assert_eq!(server.get("/v1/flows/nope").await.status, 404);
    let got = server.get("/v1/flows/drive/graph.svg").await;
    assert_eq!(got.headers["content-type"], "image/svg+xml");
    assert!(got.text.contains("<svg") && got.text.contains("timing"));
}

/// A program on this machine that answers as an endpoint of the workspace.
async fn endpoint() -> (String, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let (told, heard) = tokio::sync::mpsc::unbounded_channel();
    let app = axum::Router::new().route(
        "/stock",
        axum::routing::get(async move |uri: axum::http::Uri| {
            let _ = told.send(uri.to_string());
            axum::Json(json!({ "items": [{ "price": 24900 }] }))
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (format!("http://{at}/stock"), heard)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sandbox_really_calls_an_endpoint_on_this_machine_and_no_other() {
    let (url, mut asked) = endpoint().await;
    let endpoints = format!(
        "endpoints: {{ stock: {{ url: \"{url}\", method: GET }}, far: {{ url: \
         \"https://far.example/x\", method: GET }} }}\n"
    );
    let workspace = format!("{}{endpoints}", super::WORKSPACE);
    let flow = r#"
flow: price
about: Say what it costs.
objective: notice
kind: transactional
locales: [en]
lead:
  model: { type: text }
start: ask-stock
steps:
  ask-stock: { call: stock, with: { model: "{model}" }, save: { price: items.0.price }, then: ask-far, failed: ask-far }
  ask-far: { call: far, then: tell, failed: tell }
  tell: { say: "{brand}: it costs {saved.price|a little}. STOP to opt out.", then: end }
"#;
    let live = super::live(&workspace, &[flow]);
    let store = std::sync::Arc::new(replytree::store::MemoryStore::new());
    let server = Server::start(store, live).await;
    let mut enrolled = enrollment("+13125550142");
    enrolled["flow"] = json!("price");
    let got = server.post("/v1/enrollments", enrolled).await;
    assert_eq!(got.status, 202, "{}", got.text);
    server.wait("0s").await;
    assert_eq!(asked.recv().await.unwrap(), "/stock?model=Roadster");
    let texts = server.texts("+13125550142").await;
    assert!(
        texts[0].contains("24,900") || texts[0].contains("24900"),
        "{texts:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_lead_is_gone_and_is_not_written_to_again() {
    let server = Server::sandbox().await;
    server.enroll("+13125550142").await;
    let path = "/v1/leads/%2B13125550142";
    assert_eq!(server.delete(path).await.status, 204);
    assert_eq!(server.get(path).await.status, 404);
    assert_eq!(server.delete(path).await.status, 404);
    // A list that says they agreed is not their own act.
    let mut listed = enrollment("+13125550142");
    listed["lead"]["consent"]["source"] = json!("import");
    let again = server.post("/v1/enrollments", listed).await;
    assert_eq!(again.status, 422, "{}", again.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_understood_is_shown_to_the_author_and_a_flow_resumes_by_one_request() {
    let server = Server::sandbox().await;
    server.enroll("+13125550142").await;
    server.wait("0s").await;
    server
        .text("odd-1", "+13125550142", "purple umbrella")
        .await;
    server.text("odd-2", "+13125550142", "1").await;
    let got = server.get("/v1/flows/drive/replies").await;
    let one = &got.body["data"][0];
    assert_eq!(
        (&one["text"], &one["suggestion"]["option"]),
        (&json!("purple umbrella"), &json!("yes")),
        "{}",
        got.text
    );
    let got = server
        .get("/v1/flows/drive/replies?since=2099-01-01T00:00:00Z")
        .await;
    assert_eq!(got.body["data"], json!([]), "{}", got.text);
    let got = server.get("/v1/flows/drive/replies?since=soon").await;
    assert_eq!(got.status, 400, "{}", got.text);

    let got = server.post("/v1/flows/drive/resume", json!({})).await;
    assert_eq!((got.status, &got.body["was"]), (200, &Value::Null));
    let got = server.post("/v1/flows/nothing/resume", json!({})).await;
    assert_eq!(got.status, 404);
    let got = server
        .post_as(Role::Agent, "/v1/flows/drive/resume", json!({}))
        .await;
    assert_eq!(got.status, 403, "an agent does not decide this");
    let got = server.bare_get("/readyz").await;
    assert_eq!(got.body["paused"], json!([]));
}
