//! Figures as programs read them: flows side by side, and experiments that measure what leads do or how
//! conversations end.

use std::sync::Arc;

use replytree::store::{MemoryStore, Role};
use serde_json::{Value, json};

use super::{DRIVE, NOTICE, Server, WORKSPACE, consent, live};

/// As `drive`, under another name, with an experiment.
fn trial(measure: &str) -> String {
    let trial = DRIVE
        .replace("flow: drive", "flow: trial")
        .replace("keyword: DRIVE", "keyword: TRIAL")
        .replace("event: brochure_downloaded", "event: trial_asked");
    let experiment = format!(
        "experiments:\n  shorter:\n    step: timing\n    vary: text\n    \
         against: \"{{brand}}: a {{model}} within 2 weeks? 1 yes, 2 later. STOP to opt out.\"\n    \
         share: 50%\n    measure: {measure}\n"
    );
    format!("{trial}{experiment}")
}

async fn server(measure: &str) -> Server {
    let store = Arc::new(MemoryStore::new());
    Server::start(store, live(WORKSPACE, &[DRIVE, NOTICE, &trial(measure)])).await
}

fn phone(n: usize) -> String {
    format!("+131255502{n:02}")
}

/// Enrols so many; the arm of each.
async fn arms(server: &Server, count: usize) -> Vec<String> {
    let mut arms = Vec::new();
    for n in 0..count {
        let lead = json!({
            "phone": phone(n), "name": "Bo", "fields": { "model": "Aster" }, "consent": consent(),
        });
        let got = server
            .post("/v1/enrollments", json!({ "flow": "trial", "lead": lead }))
            .await;
        assert_eq!(got.status, 202, "{}", got.text);
        let id = got.body["conversation_id"].as_str().unwrap();
        let id = id.parse().unwrap();
        let drawn = server.store.conversation(id).unwrap().unwrap().variants;
        arms.push(drawn[0].1.to_string());
    }
    server.wait("0s").await;
    arms
}

async fn did(server: &Server, n: usize, event: &str) {
    let body = json!({ "phone": phone(n), "event": event });
    let got = server.post("/v1/events", body).await;
    assert_eq!(got.status, 202, "{}", got.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_experiment_that_measures_an_event_counts_it_also_after_the_end() {
    let server = server("event:signed").await;
    // Before they were in the flow: not of this conversation.
    let lead = json!({ "phone": phone(0), "consent": consent() });
    assert_eq!(server.post("/v1/leads", lead).await.status, 201);
    did(&server, 0, "signed").await;
    server.wait("1s").await;
    let arms = arms(&server, 40).await;
    for (n, arm) in arms.iter().enumerate() {
        server.text(&format!("t{n}"), &phone(n), "2").await;
        server.wait("0s").await;
        did(&server, n, "looked").await;
        if arm == "variant" {
            did(&server, n, "signed").await;
            did(&server, n, "signed").await;
        }
    }
    let variants = arms.iter().filter(|arm| *arm == "variant").count();
    assert!(variants > 9 && variants < 31, "{variants}");
    let got = server.get("/v1/reports/experiments/shorter").await;
    assert_eq!(got.body["measure"], "event:signed", "{}", got.text);
    assert_eq!(got.body["arms"]["variant"]["measured"], variants);
    assert_eq!(got.body["arms"]["holdout"]["measured"], 0, "{}", got.text);
    let compared = &got.body["compared"]["event:signed"];
    assert_eq!(compared["verdict"], "more", "{}", got.text);
    let page = server.get("/figures/trial/table").await;
    let page = match page.status {
        404 => server.get("/figures/trial").await,
        _ => page,
    };
    assert!(
        page.text.contains("more signed with the variant"),
        "{}",
        page.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_experiment_that_measures_an_outcome_counts_who_ended_so() {
    let server = server("outcome:nurture").await;
    let arms = arms(&server, 30).await;
    for (n, arm) in arms.iter().enumerate() {
        if arm == "holdout" {
            server.text(&format!("t{n}"), &phone(n), "2").await;
        }
    }
    server.wait("0s").await;
    let got = server.get("/v1/reports/experiments/shorter").await;
    let holdouts = arms.iter().filter(|arm| *arm == "holdout").count();
    assert_eq!(
        got.body["arms"]["holdout"]["measured"], holdouts,
        "{}",
        got.text
    );
    let compared = &got.body["compared"]["outcome:nurture"];
    assert_eq!(compared["verdict"], "less", "{}", got.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_are_compared_by_the_api_as_on_the_page() {
    let server = server("replied").await;
    let arms = arms(&server, 6).await;
    for n in 0..2 {
        server.text(&format!("t{n}"), &phone(n), "2").await;
    }
    server.text("keyword", "+13125550190", "DRIVE").await;
    server.wait("0s").await;
    let got = server.get("/v1/reports/flows").await;
    let flows: Vec<(&Value, &Value, &Value)> = got.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (&it["flow"], &it["conversations"], &it["replied"]))
        .collect();
    let (six, two, one, none) = (json!(arms.len()), json!(2), json!(1), json!(0));
    let (trial, drive) = (json!("trial"), json!("drive"));
    assert_eq!(
        flows,
        [(&trial, &six, &two), (&drive, &one, &none)],
        "{}",
        got.text
    );
    let together = &got.body["together"];
    assert_eq!(together["conversations"], 7, "{}", got.text);
    assert_eq!(
        together["by_outcome"],
        json!({ "nurture": 2 }),
        "{}",
        got.text
    );
    let ways: Vec<&Value> = got.body["ways_in"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["way_in"])
        .collect();
    assert_eq!(
        ways,
        [&json!("api"), &json!("keyword:DRIVE")],
        "{}",
        got.text
    );
    assert_eq!(got.body["days"][0]["begun"], 7, "{}", got.text);
    assert_eq!(got.body["complete"], true);

    for (query, status, flows) in [
        ("?flow=drive", 200, vec!["drive"]),
        (
            "?flow=drive&flow=trial&period=7d",
            200,
            vec!["trial", "drive"],
        ),
        ("?flow=drive,trial", 200, vec!["trial", "drive"]),
        ("?flow=nothing", 404, vec![]),
        ("?period=fortnight", 400, vec![]),
    ] {
        let got = server.get(&format!("/v1/reports/flows{query}")).await;
        assert_eq!(got.status, status, "{query}: {}", got.text);
        let data = got.body["data"].as_array().cloned().unwrap_or_default();
        let named: Vec<&str> = data.iter().map(|it| it["flow"].as_str().unwrap()).collect();
        assert_eq!(named, flows, "{query}");
    }
    let agent = server.client.get(server.url("/v1/reports/flows"));
    let agent = server
        .send(agent.bearer_auth(server.key(Role::Agent)))
        .await;
    assert_eq!(agent.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_lists_the_busiest_flow_first_and_the_idle_by_name() {
    let server = server("event:signed").await;
    arms(&server, 2).await;
    server.enroll("+13125550142").await;
    let page = server.get("/figures").await;
    assert_eq!(page.status, 200, "{}", page.text);
    let place = |flow: &str| {
        page.text
            .find(&format!("href=\"/figures/{flow}\""))
            .unwrap()
    };
    let mut order = ["drive", "notice", "trial"];
    order.sort_by_key(|flow| place(flow));
    assert_eq!(order, ["trial", "drive", "notice"]);
}
