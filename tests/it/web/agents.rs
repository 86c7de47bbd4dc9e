//! Agents by every way they have: the API, a link, a text, their own webhook; two at the same instant.

use std::sync::Arc;

use replytree::store::{MemoryStore, Role, SqliteStore, Store};
use serde_json::{Value, json};

use super::{Got, Server, consent, live};

const WORKSPACE: &str = include_str!("../../data/agents/workspace.yaml");
const DRIVE: &str = include_str!("../../data/agents/drive.yaml");
const VISIT: &str = include_str!("../../data/agents/visit.yaml");
const ADA: &str = "+13125550142";
const DANA: &str = "+13125550111";
const LEE: &str = "+13125550112";
const SOFIA: &str = "+13125550113";

/// At any hour of the day the tests run, everybody is there.
fn always_open() -> String {
    WORKSPACE
        .replace(
            "    hours: { days: mon-sat, between: \"09:00-18:00\" }\n",
            "",
        )
        .replace(
            "quiet_hours: us",
            "quiet_hours: { between: \"00:00-24:00\" }",
        )
}

async fn server_over(store: Arc<dyn Store>, workspace: &str) -> Server {
    Server::start(store, live(workspace, &[DRIVE, VISIT])).await
}

async fn server() -> Server {
    server_over(Arc::new(MemoryStore::new()), &always_open()).await
}

/// Puts a lead into the flow and has them say yes: the handoff's id.
async fn hot(server: &Server, phone: &str) -> String {
    let lead = json!({
        "phone": phone, "name": "Ada <b>Lovelace</b>", "time_zone": "America/Chicago",
        "consent": consent(),
    });
    let got = server
        .post("/v1/enrollments", json!({ "flow": "drive", "lead": lead }))
        .await;
    assert_eq!(got.status, 202, "{}", got.text);
    server.wait("0s").await;
    server.text(&format!("yes-{phone}"), phone, "1").await;
    server.wait("0s").await;
    let got = server.get("/v1/handoffs?status=open").await;
    let data = got.body["data"].as_array().unwrap();
    let mine = data.iter().find(|handoff| handoff["phone"] == phone);
    mine.unwrap_or_else(|| panic!("{}", got.text))["id"]
        .as_str()
        .unwrap()
        .to_string()
}

async fn handoff(server: &Server, id: &str) -> Value {
    let got = server.get("/v1/handoffs").await;
    let data = got.body["data"].as_array().unwrap().clone();
    data.into_iter()
        .find(|handoff| handoff["id"] == id)
        .unwrap()
}

/// The link in the offer that was emailed.
async fn emailed_link(server: &Server, to: &str) -> String {
    let got = server.bare_get(&format!("/sandbox/emails?to={to}")).await;
    let text = got.body["data"][0]["text"].as_str().unwrap().to_string();
    let link = text.split_whitespace().find(|word| word.contains("/h/"));
    let link = link.unwrap_or_else(|| panic!("{text}"));
    link[link.find("/h/").unwrap()..].to_string()
}

async fn post_form(server: &Server, path: &str, form: &[(&str, &str)]) -> Got {
    let body: Vec<String> = form.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let kind = "application/x-www-form-urlencoded";
    let request = server
        .client
        .post(server.url(path))
        .header("content-type", kind);
    server.send(request.body(body.join("&"))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_shows_on_get_claims_on_post_and_takes_the_outcome() {
    let server = server().await;
    let id = hot(&server, ADA).await;
    let link = emailed_link(&server, "dana@northside.example").await;
    for _ in 0..3 {
        let page = server.bare_get(&link).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("Claim it"), "{}", page.text);
        assert!(!page.text.contains(ADA), "not before the claim");
    }
    assert_eq!(
        handoff(&server, &id).await["status"],
        "open",
        "a look claims nothing"
    );
    let page = post_form(&server, &link, &[("do", "claim")]).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("You have it"), "{}", page.text);
    assert!(
        page.text.contains("href=\"tel:+13125550142\""),
        "{}",
        page.text
    );
    assert!(
        page.text.contains("Ada &lt;b&gt;"),
        "data stays data: {}",
        page.text
    );
    assert_eq!(handoff(&server, &id).await["agent"], "Dana");
    let page = post_form(&server, &link, &[("outcome", "reached")]).await;
    assert!(page.text.contains("It is settled"), "{}", page.text);
    let shown = handoff(&server, &id).await;
    assert_eq!(
        (&shown["status"], &shown["outcome"]),
        (&json!("resolved"), &json!("reached"))
    );
    // What was not signed here is nothing; what is too old is over.
    assert_eq!(server.bare_get("/h/AAAA").await.status, 404);
    let forged = format!("{}A", &link[..link.len() - 1]);
    let forged = if forged == link {
        format!("{}B", &link[..link.len() - 1])
    } else {
        forged
    };
    assert_eq!(post_form(&server, &forged, &[]).await.status, 404);
    server.wait("26h").await;
    assert_eq!(server.bare_get(&link).await.status, 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_at_the_same_instant_by_different_ways_make_one_owner() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&dir.path().join("a.db")).unwrap();
    let server = server_over(Arc::new(store), &always_open()).await;
    for n in 0..6 {
        let phone = format!("+1312555015{n}");
        let id = hot(&server, &phone).await;
        // Everybody of the team was asked by now.
        server.wait("5m").await;
        let by_text = |n: usize, from: &'static str| {
            let server = &server;
            async move {
                let body = format!("claim-{n}-{from}");
                server.text(&body, from, "claim").await.status
            }
        };
        let by_api = async {
            let path = format!("/v1/handoffs/{id}/claim");
            server.post(&path, json!({ "agent": "Kim" })).await.status
        };
        let (first, second, third) = tokio::join!(by_text(n, DANA), by_text(n, LEE), by_api);
        assert_eq!((first, second), (200, 200), "a text is always taken in");
        server.wait("0s").await;
        let shown = handoff(&server, &id).await;
        let owner = shown["agent"].as_str().unwrap().to_string();
        assert_eq!(shown["status"], "claimed");
        assert_eq!(third == 200, owner == "Kim", "{owner}: {third}");
        for (name, number) in [("Dana", DANA), ("Lee", LEE)] {
            let said = server.texts(number).await;
            let has = said.iter().filter(|text| text.contains(&phone)).count();
            assert_eq!(has > 0, owner == name, "{name} of {owner}: {said:?}");
        }
        let told = server.texts(SOFIA).await;
        assert!(
            told.last().unwrap().starts_with(&format!("{owner} has it")),
            "{told:?}"
        );
        let path = format!("/v1/handoffs/{id}/resolve");
        server
            .post(&path, json!({ "outcome": "reached", "agent": owner }))
            .await;
        // Numbers rest for a while, so that no late answer is taken for another lead's.
        server.wait("11m").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_text_is_taken_once_and_makes_no_lead() {
    let server = server().await;
    let id = hot(&server, ADA).await;
    for _ in 0..3 {
        let got = server.text("same", DANA, "1").await;
        assert_eq!(got.status, 200);
    }
    server.wait("0s").await;
    let said = server.texts(DANA).await;
    let answers = said
        .iter()
        .filter(|text| text.starts_with("You have it"))
        .count();
    assert_eq!(answers, 1, "{said:?}");
    assert_eq!(handoff(&server, &id).await["agent"], "Dana");
    let leads = server.get("/v1/leads").await;
    let phones = leads.text.matches(DANA).count();
    assert_eq!(phones, 0, "{}", leads.text);
    // The keyword of a flow starts nothing for an agent.
    server.text("kw", DANA, "DRIVE").await;
    server.wait("0s").await;
    let got = server.get("/v1/conversations").await;
    assert_eq!(
        got.body["data"].as_array().unwrap().len(),
        1,
        "{}",
        got.text
    );
}

/// The answer to an agent, what they wrote themselves, notes and their kept answers: nothing of it
/// outlives the lead, and nothing of it is sent afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn what_agents_were_told_of_an_erased_lead_is_in_no_byte_of_the_file() {
    // Stands in no flow.
    const GONE: &str = "+13125550177";
    let dir = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&dir.path().join("a.db")).unwrap());
    let server = server_over(store.clone(), &always_open()).await;
    let id = hot(&server, GONE).await;
    for (n, text) in [
        "list",
        "1",
        "Lovelace wants Tuesday",
        "list",
        "reached",
        "ok Lovelace",
    ]
    .iter()
    .enumerate()
    {
        assert_eq!(server.text(&format!("t{n}"), DANA, text).await.status, 200);
        server.wait("0s").await;
    }
    let said = server.texts(DANA).await;
    assert!(
        said.iter()
            .any(|text| text.contains("Call Ada <b>Lovelace")),
        "{said:?}"
    );
    let conversation = handoff(&server, &id).await["conversation_id"].clone();
    let path = format!("/v1/conversations/{}/notes", conversation.as_str().unwrap());
    let note = json!({ "agent": "Dana", "text": "Lovelace has two dogs" });
    let request = server
        .client
        .post(server.url(&path))
        .bearer_auth(server.key(Role::Admin))
        .header("idempotency-key", "note-1");
    let got = server.send(request.json(&note)).await;
    assert_eq!(got.status, 201, "{}", got.text);
    let holds = |what: &str| {
        ["a.db", "a.db-wal"].iter().any(|name| {
            let bytes = std::fs::read(dir.path().join(name)).unwrap();
            let what = what.as_bytes();
            bytes.windows(what.len()).any(|window| window == what)
        })
    };
    for word in ["Lovelace", "wants Tuesday", "two dogs", GONE] {
        assert!(holds(word), "{word} is there before");
    }
    let got = server.delete(&format!("/v1/leads/{GONE}")).await;
    assert_eq!(got.status, 204, "{}", got.text);
    store.checkpoint().unwrap();
    for word in [
        "Lovelace",
        "lovelace",
        "wants Tuesday",
        "two dogs",
        GONE,
        &GONE[1..],
    ] {
        assert!(!holds(word), "{word}");
    }
    // What the agent writes of them now is not kept: there is nobody it could be erased with.
    let before = server.texts(DANA).await.len();
    server.text("late", DANA, "Lovelace called back").await;
    server.wait("0s").await;
    assert!(server.texts(DANA).await.len() > before, "it is answered");
    store.checkpoint().unwrap();
    assert!(!holds("Lovelace"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_set_away_and_back_by_the_api() {
    let server = server().await;
    let got = server
        .post("/v1/agents/Dana/away", json!({ "for": "2h" }))
        .await;
    assert_eq!(
        (got.status, &got.body["away"]),
        (200, &json!(true)),
        "{}",
        got.text
    );
    assert_eq!(
        server
            .post("/v1/agents/Nobody/away", json!({}))
            .await
            .status,
        404
    );
    let agent = server
        .post_as(Role::Agent, "/v1/agents/Dana/back", json!({}))
        .await;
    assert_eq!(agent.status, 403, "an agent's key is for themselves");
    hot(&server, ADA).await;
    assert!(server.texts(DANA).await.is_empty());
    assert_eq!(server.texts(LEE).await.len(), 1);
    let got = server.get("/v1/agents").await;
    let dana = got.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["name"] == "Dana");
    assert_eq!(dana.unwrap()["away"], true, "{}", got.text);
    let got = server.post("/v1/agents/Dana/back", json!({})).await;
    assert_eq!(got.body["away"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn absences_outlive_the_server() {
    let store = Arc::new(MemoryStore::new());
    let first = server_over(store.clone(), &always_open()).await;
    first.post("/v1/agents/Dana/away", json!({})).await;
    hot(&first, ADA).await;
    let second = server_over(store, &always_open()).await;
    let got = second.get("/v1/agents").await;
    assert!(got.text.contains("\"away\":true"), "{}", got.text);
    let id = hot(&second, "+13125550143").await;
    let shown = handoff(&second, &id).await;
    assert_eq!(
        shown["asked"],
        json!(["Sofia"]),
        "the turn goes on after Lee's"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_webhook_is_told_signed_or_in_the_shape_of_its_product() {
    use axum::extract::State;
    use axum::http::HeaderMap;
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let app = axum::Router::new()
        .route(
            "/{who}",
            axum::routing::post(
                |State(told): State<tokio::sync::mpsc::UnboundedSender<_>>,
                 axum::extract::Path(who): axum::extract::Path<String>,
                 headers: HeaderMap,
                 body: String| async move {
                    let _ = told.send((who, headers, body));
                },
            ),
        )
        .with_state(told);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let agents = format!(
        "      - {{ name: Dana, webhook: \"http://{at}/standard\", webhook_secret: \"${{S}}\" }}\n      \
         - {{ name: Lee, webhook: \"http://{at}/slack\", webhook_body: slack }}\n      \
         - {{ name: Sofia, webhook: \"http://{at}/teams\", webhook_body: teams }}\n"
    );
    let workspace = always_open();
    let from = workspace.find("      - { name: Dana").unwrap();
    let to = workspace.find("    route: round_robin").unwrap();
    let workspace = format!(
        "{}{agents}    route: everyone{}",
        &workspace[..from],
        &workspace[to + "    route: round_robin".len()..]
    );
    let workspace = workspace.replace("${S}", secret);
    let (read, _) = replytree::flow::workspace::read("workspace.yaml", &workspace, &|_| None);
    let mut live = live(&always_open(), &[DRIVE]);
    live.workspace = Arc::new(read);
    let server = Server::start(Arc::new(MemoryStore::new()), live).await;
    hot(&server, ADA).await;
    let mut got = std::collections::BTreeMap::new();
    while got.len() < 3 {
        let wait = std::time::Duration::from_secs(10);
        let (who, headers, body) = tokio::time::timeout(wait, heard.recv())
            .await
            .unwrap()
            .unwrap();
        got.insert(who, (headers, body));
    }
    let (headers, body) = &got["standard"];
    let request = replytree::carrier::RawRequest {
        method: "POST".to_string(),
        url: String::new(),
        headers: headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_string()))
            .collect(),
        body: body.clone().into_bytes(),
    };
    let now = replytree::runtime::Clock::now(&replytree::runtime::WallClock);
    replytree::carrier::signing::verify(&[secret], &request, now).expect("the signature holds");
    let json: Value = serde_json::from_str(body).unwrap();
    assert_eq!(json["type"], "handoff.offer");
    assert_eq!(json["data"]["agent"], "Dana");
    let json: Value = serde_json::from_str(&got["slack"].1).unwrap();
    let text = json["text"].as_str().unwrap();
    assert!(text.contains("|Open>"), "{text}");
    assert_eq!(json.as_object().unwrap().len(), 1);
    let json: Value = serde_json::from_str(&got["teams"].1).unwrap();
    let card = &json["attachments"][0]["content"];
    assert_eq!(card["type"], "AdaptiveCard");
    let link = card["actions"][0]["url"].as_str().unwrap();
    assert!(link.starts_with("https://text.example/h/"), "{link}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_writes_by_template_sees_the_parts_and_the_bot_is_silent_meanwhile() {
    let server = server().await;
    let lead = json!({ "phone": ADA, "consent": consent(), "time_zone": "America/Chicago" });
    let got = server
        .post("/v1/enrollments", json!({ "flow": "drive", "lead": lead }))
        .await;
    let id = got.body["conversation_id"].as_str().unwrap().to_string();
    server.wait("0s").await;
    let at = |what: &str| format!("/v1/conversations/{id}/{what}");
    let told = json!({ "template": "late", "agent": "Dana" });
    let got = server.post(&at("preview"), told.clone()).await;
    let late = "Hi there, Dana of Northside Auto here. I am running late.";
    assert_eq!(
        (&got.body["text"], &got.body["parts"]),
        (&json!(late), &json!(1)),
        "{}",
        got.text
    );
    assert_eq!(server.texts(ADA).await.len(), 1, "a preview sends nothing");
    let got = server.post(&at("messages"), told).await;
    assert_eq!(got.body["message"]["parts"], 1, "{}", got.text);
    server.wait("0s").await;
    assert_eq!(server.texts(ADA).await[1], late);
    let got = server
        .post(&at("messages"), json!({ "template": "never" }))
        .await;
    assert_eq!(got.status, 422, "{}", got.text);
    let got = server.get("/v1/templates").await;
    assert_eq!(got.body["data"][0]["name"], "late");
}

#[tokio::test(flavor = "multi_thread")]
async fn speed_to_lead_is_measured() {
    let server = server().await;
    let id = hot(&server, ADA).await;
    server.wait("90s").await;
    server
        .post(
            &format!("/v1/handoffs/{id}/claim"),
            json!({ "agent": "Dana" }),
        )
        .await;
    server.wait("5m").await;
    let body = json!({ "outcome": "reached", "agent": "Dana" });
    server
        .post(&format!("/v1/handoffs/{id}/resolve"), body)
        .await;
    let got = server.get("/v1/reports/flows/drive").await;
    let speed = &got.body["handoffs"];
    assert_eq!(speed["claimed"], 1, "{}", got.text);
    let claim = speed["seconds_to_claim"]["median"].as_i64().unwrap();
    assert!((90..100).contains(&claim), "{}", got.text);
    let outcome = speed["seconds_to_outcome"]["median"].as_i64().unwrap();
    assert!((390..400).contains(&outcome), "{}", got.text);
    let metrics = server.bare_get("/metrics").await.text;
    assert!(
        metrics.contains("replytree_handoff_claim_seconds_bucket"),
        "{metrics}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_carrier_is_asked_to_connect_agent_and_lead() {
    let server = server().await;
    let id = hot(&server, ADA).await;
    let path = format!("/v1/handoffs/{id}/call");
    let got = server.post(&path, json!({ "agent": "Nobody" })).await;
    assert_eq!(got.status, 422, "{}", got.text);
    let got = server.post(&path, json!({ "agent": "Dana" })).await;
    assert_eq!(
        (got.status, &got.body["agent"]),
        (202, &json!("Dana")),
        "{}",
        got.text
    );
    let got = server.post(&path, json!({ "agent": "Lee" })).await;
    assert_eq!(got.status, 409, "{}", got.text);
    server.wait("0s").await;
    let conversation = handoff(&server, &id).await["conversation_id"].clone();
    let path = format!("/v1/conversations/{}", conversation.as_str().unwrap());
    let got = server.get(&path).await;
    let timeline = got.body["timeline"].as_array().unwrap();
    let called = timeline
        .iter()
        .find(|item| item["type"] == "called")
        .unwrap();
    assert_eq!(
        (&called["to"], &called["status"]),
        (&json!(DANA), &json!("delivered"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_is_invited_to_linked_to_and_moved_under_one_uid() {
    let server = server().await;
    let lead = json!({
        "phone": ADA, "name": "Ada", "email": "ada@example.com",
        "time_zone": "America/Chicago", "consent": consent(),
    });
    let got = server
        .post("/v1/enrollments", json!({ "flow": "visit", "lead": lead }))
        .await;
    assert_eq!(got.status, 202, "{}", got.text);
    server.wait("0s").await;
    let mut uids = std::collections::BTreeSet::new();
    for (n, asks) in [(0, None), (1, Some("reschedule"))] {
        if let Some(asks) = asks {
            server.text("again", ADA, asks).await;
            server.wait("0s").await;
        }
        server.text(&format!("pick-{n}"), ADA, "2").await;
        server.wait("0s").await;
        let said = server.texts(ADA).await;
        let said = said.last().unwrap();
        let at = said.find("/c/").unwrap_or_else(|| panic!("{said}"));
        let page = server.bare_get(said[at..].trim()).await;
        assert_eq!(page.status, 200, "{said}");
        let kind = page.headers["content-type"].to_str().unwrap();
        assert!(kind.starts_with("text/calendar"), "{kind}");
        let emails = server.bare_get("/sandbox/emails?to=ada@example.com").await;
        let data = emails.body["data"].as_array().unwrap().clone();
        assert_eq!(data.len(), n + 1, "{}", emails.text);
        let ics = data[n]["ics"].as_str().unwrap().replace("\r\n ", "");
        assert!(ics.contains("METHOD:REQUEST\r\n"), "{ics}");
        assert!(ics.contains(&format!("SEQUENCE:{n}\r\n")), "{ics}");
        let uid = |ics: &str| {
            let line = ics.lines().find(|line| line.starts_with("UID:"));
            line.unwrap().to_string()
        };
        let start = |ics: &str| {
            let line = ics.lines().find(|line| line.starts_with("DTSTART:"));
            line.unwrap().to_string()
        };
        let linked = page.text.replace("\r\n ", "");
        assert_eq!(uid(&ics), uid(&linked));
        assert_eq!(
            start(&ics),
            start(&linked),
            "the link shows it as it stands now"
        );
        uids.insert(uid(&ics));
    }
    assert_eq!(uids.len(), 1, "it is the same appointment: {uids:?}");
    // Called off, by whoever serves the lead.
    let got = server.get("/v1/conversations?flow=visit").await;
    let id = got.body["data"][0]["id"].as_str().unwrap().to_string();
    assert_eq!(got.body["data"][0]["booking"]["changes"], 1, "{}", got.text);
    let path = format!("/v1/conversations/{id}/booking/cancel");
    let got = server.post(&path, json!({})).await;
    assert_eq!(
        (got.status, &got.body["booking"]),
        (200, &Value::Null),
        "{}",
        got.text
    );
    assert_eq!(server.post(&path, json!({})).await.status, 409);
    server.wait("0s").await;
    let emails = server.bare_get("/sandbox/emails?to=ada@example.com").await;
    let last = emails.body["data"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    let ics = last["ics"].as_str().unwrap().replace("\r\n ", "");
    assert!(
        ics.contains("METHOD:CANCEL\r\n") && ics.contains("SEQUENCE:2\r\n"),
        "{ics}"
    );
    assert!(ics.contains(uids.first().unwrap()), "{ics}");
    let end = replytree::time::Timestamp::from_ms(i64::MAX / 2_000);
    let held = server
        .store
        .bookings("showroom", replytree::time::Timestamp::from_ms(0), end);
    assert!(held.unwrap().is_empty(), "its place is free again");
    assert_eq!(server.bare_get("/c/AAAA.ics").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn handoffs_are_listed_by_who_must_be_called_first() {
    let server = Server::sandbox().await;
    let phones = ["+13125550142", "+13125550143", "+13125550144"];
    let mut ids = Vec::new();
    for (n, phone) in phones.iter().enumerate() {
        server.enroll(phone).await;
        server.wait("0s").await;
        server.text(&format!("d{n}"), phone, "1").await;
        server.wait("1m").await;
    }
    let list = async |query: &str| {
        let got = server.get(&format!("/v1/handoffs?{query}")).await;
        assert_eq!(got.status, 200, "{}", got.text);
        let data = got.body["data"].as_array().unwrap().clone();
        let phones: Vec<String> = data
            .iter()
            .map(|it| it["phone"].as_str().unwrap().into())
            .collect();
        (phones, got.body["next"].clone(), data)
    };
    let (newest, _, _) = list("").await;
    assert_eq!(newest, [phones[2], phones[1], phones[0]]);
    let (due, _, data) = list("sort=due").await;
    assert_eq!(due, phones, "whoever waits longest is due first");
    ids.extend(data.iter().map(|it| it["id"].as_str().unwrap().to_string()));
    // Pages go on where the one before ended.
    let (first, next, _) = list("sort=due&limit=2").await;
    let (second, end, _) = list(&format!(
        "sort=due&limit=2&cursor={}",
        next.as_str().unwrap()
    ))
    .await;
    assert_eq!([first, second].concat(), phones);
    assert_eq!(end, Value::Null);
    // What the page before ended with may have left the list since.
    let (first, next, data) = list("status=open&limit=1").await;
    assert_eq!(first, [phones[2]]);
    let id = data[0]["id"].as_str().unwrap();
    let at = |act: &str| format!("/v1/handoffs/{id}/{act}");
    assert_eq!(server.post(&at("claim"), json!({})).await.status, 200);
    let rest = format!("status=open&cursor={}", next.as_str().unwrap());
    assert_eq!(list(&rest).await.0, [phones[1], phones[0]]);
    let over = json!({ "outcome": "reached" });
    assert_eq!(server.post(&at("resolve"), over).await.status, 200);
    // What is claimed has still to be called; what is over has not.
    for (n, act) in [(0, "claim"), (1, "claim"), (1, "resolve")] {
        let body = match act {
            "resolve" => json!({ "outcome": "reached" }),
            _ => json!({}),
        };
        let got = server
            .post(&format!("/v1/handoffs/{}/{act}", ids[n]), body)
            .await;
        assert_eq!(got.status, 200, "{}", got.text);
    }
    assert_eq!(list("sort=due").await.0, [phones[0]]);
    assert_eq!(list("sort=due&status=open").await.0, [""; 0]);
    let got = server.get("/v1/handoffs?sort=oldest").await;
    assert_eq!(got.status, 400, "{}", got.text);
    server.running.stop().await;
}
