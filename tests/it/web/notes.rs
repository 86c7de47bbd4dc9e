//! Notes of the team beside a conversation: found in the timeline, never heard of by the lead.

use replytree::store::Role;
use serde_json::{Value, json};

use super::Server;

const LEAD: &str = "+13125550142";
const SECRET: &str = "Bought from a rival in May; do not mention PRICE";

fn types(timeline: &Value) -> Vec<String> {
    let items = timeline.as_array().unwrap().iter();
    items
        .map(|item| item["type"].as_str().unwrap().to_string())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_is_kept_for_the_team_found_again_and_never_told_to_the_lead() {
    let server = Server::sandbox().await;
    let id = server.enroll(LEAD).await;
    server.wait("0s").await;
    let notes = format!("/v1/conversations/{id}/notes");
    let got = server
        .post_as(
            Role::Agent,
            &notes,
            json!({ "text": format!("  {SECRET}\n") }),
        )
        .await;
    assert_eq!(got.status, 201, "{}", got.text);
    assert_eq!(got.body["type"], "note");
    assert_eq!(
        (&got.body["agent"], &got.body["text"]),
        (&json!("agent"), &json!(SECRET))
    );
    assert_eq!(got.body["conversation_id"], id);

    for (said, body) in [
        ("empty", json!({ "text": "  " })),
        ("missing", json!({})),
        ("long", json!({ "text": "x".repeat(4_001) })),
    ] {
        let got = server.post(&notes, body).await;
        assert_eq!(got.status, 422, "{said}: {}", got.text);
    }
    let agent = json!({ "text": "as somebody else", "agent": "Dana" });
    assert_eq!(server.post_as(Role::Agent, &notes, agent).await.status, 403);

    // The flow goes on as if nothing had been said: silence, nudge, email.
    let got = server.get(&format!("/v1/conversations/{id}")).await;
    assert_eq!(got.body["status"], "waiting");
    server.wait("4h").await;
    server.wait("2d").await;
    let texts = server.texts(LEAD).await;
    assert_eq!(texts.len(), 2, "{texts:?}");
    let mails = server.bare_get("/sandbox/emails?to=ada@example.com").await;
    assert_eq!(
        mails.body["data"].as_array().unwrap().len(),
        1,
        "{}",
        mails.text
    );
    for told in texts.iter().chain([&mails.text]) {
        assert!(!told.contains("rival"), "{told}");
    }

    // It is found by its type and by its words, whatever their case.
    for (query, wanted) in [
        ("?type=note", vec!["note"]),
        ("?q=do%20not%20mention%20price", vec!["note"]),
        ("?type=note&q=nothing%20of%20it", vec![]),
        ("?type=message&q=rival", vec![]),
        ("?q=thinking", vec!["message"]),
        ("?q=your%20roadster", vec!["email"]),
    ] {
        let got = server.get(&format!("/v1/conversations/{id}{query}")).await;
        assert_eq!(
            types(&got.body["timeline"]),
            wanted,
            "{query}: {}",
            got.text
        );
    }
    let all = server.get(&format!("/v1/conversations/{id}")).await;
    let all = types(&all.body["timeline"]);
    assert!(
        all.contains(&"note".into()) && all.contains(&"message".into()),
        "{all:?}"
    );

    // After the end too; and nothing is left of it once the lead is erased.
    let got = server.get(&format!("/v1/conversations/{id}")).await;
    assert_eq!(got.body["status"], "ended", "{}", got.text);
    let got = server
        .post(&notes, json!({ "text": "called, moved away" }))
        .await;
    assert_eq!(got.status, 201, "{}", got.text);
    let got = server.delete(&format!("/v1/leads/{LEAD}")).await;
    assert_eq!(got.status, 204, "{}", got.text);
    assert_eq!(
        server.post(&notes, json!({ "text": "again" })).await.status,
        404
    );
    let phone = LEAD.parse().unwrap();
    let rows = server.store.timeline(phone, None, 0, 100).unwrap();
    assert!(rows.is_empty(), "{rows:?}");
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_agents_conversation_takes_no_note() {
    let server = Server::sandbox().await;
    let id = server.enroll(LEAD).await;
    let take = format!("/v1/conversations/{id}/takeover");
    let got = server.post(&take, json!({ "agent": "Dana" })).await;
    assert_eq!(got.status, 200, "{}", got.text);
    let notes = format!("/v1/conversations/{id}/notes");
    let text = json!({ "text": "mine" });
    assert_eq!(
        server
            .post_as(Role::Agent, &notes, text.clone())
            .await
            .status,
        403
    );
    assert_eq!(server.post_as(Role::Admin, &notes, text).await.status, 201);
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_works_without_a_script_and_the_log_says_who_noted() {
    let server = Server::sandbox().await;
    let id = server.enroll(LEAD).await;
    let request = server
        .client
        .post(server.url(&format!("/inbox/{id}/note")))
        .bearer_auth(server.key(Role::Agent))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("text=Prefers+mornings");
    let got = server.send(request).await;
    assert_eq!(got.status, 303, "{}", got.text);
    assert_eq!(
        got.headers["location"].to_str().unwrap(),
        format!("/inbox/{id}")
    );
    let page = server.get(&format!("/inbox/{id}")).await;
    assert!(page.text.contains("Prefers mornings"));
    let log = server.get("/v1/audit?actor=agent").await;
    let rows = log.body["data"].as_array().unwrap().iter();
    let acts: Vec<&Value> = rows.map(|row| &row["act"]).collect();
    assert_eq!(acts, ["POST /inbox/{id}/note"]);
    server.running.stop().await;
}
