//! Work that cannot be done is listed with whose it is, since when and why, and done after all once the
//! cause is mended.

use replytree::conversation::{Conversation, VersionId};
use replytree::store::{Commit, FlowRecord, Need, Role, Store};
use serde_json::{Value, json};

use super::Server;

const LEAD: &str = "+13125550142";
const LOST: VersionId = VersionId([9; 16]);

/// The lead's conversation, as if it had begun with a version that is not there.
pub fn lose_the_version(store: &dyn Store, id: &str) -> Conversation {
    let id = id.parse().unwrap();
    let mut conversation = store.conversation(id).unwrap().unwrap();
    let before = conversation.clone();
    conversation.version = LOST;
    conversation.revision += 1;
    let lead = conversation.lead;
    let need = Need {
        lead,
        conversation: Some(id),
        row: None,
    };
    let mut batch = store.begin(&[need]).unwrap();
    batch.snapshot(&need).unwrap();
    let mut commit = Commit::new(lead, conversation.started);
    commit.conversations.push(conversation.into());
    batch.write(&commit).unwrap();
    batch.finish().unwrap();
    before
}

/// What a mended deployment brings back.
pub fn find_the_version(server: &Server, was: &Conversation) {
    let known = server.store.flow(was.version).unwrap().unwrap();
    let found = FlowRecord {
        version: LOST,
        ..known
    };
    server.store.save_flow(&found).unwrap();
}

async fn list(server: &Server) -> Vec<Value> {
    let got = server.get("/v1/parked").await;
    assert_eq!(got.status, 200, "{}", got.text);
    got.body["data"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_cannot_be_worked_out_is_listed_and_fires_once_it_can() {
    let server = Server::sandbox().await;
    let id = server.enroll(LEAD).await;
    server.wait("0s").await;
    assert!(list(&server).await.is_empty());
    let was = lose_the_version(server.store.as_ref(), &id);
    server.wait("4h").await;

    let all = list(&server).await;
    let [parked] = all.as_slice() else {
        panic!("{all:?}")
    };
    assert_eq!(parked["what"], "timer");
    assert_eq!(
        (&parked["flow"], &parked["step"]),
        (&json!("drive"), &json!("timing"))
    );
    assert_eq!(
        (&parked["phone"], &parked["conversation_id"]),
        (&json!(LEAD), &json!(id))
    );
    assert!(
        parked["why"].as_str().unwrap().contains("version"),
        "{parked}"
    );
    // An auditor sees that there is one, not whose it is.
    let request = server.client.get(server.url("/v1/parked"));
    let got = server
        .send(request.bearer_auth(server.key(Role::Auditor)))
        .await;
    assert_eq!(
        (got.status, got.text.contains("0142")),
        (200, false),
        "{}",
        got.text
    );
    let page = server.get("/system").await;
    assert!(
        page.text.contains("A timer: the conversation waits"),
        "{}",
        page.text
    );

    let at = |act: &str| format!("/v1/parked/{}/{act}", parked["id"].as_str().unwrap());
    find_the_version(&server, &was);
    let got = server.post(&at("retry"), json!({})).await;
    assert_eq!(got.status, 200, "{}", got.text);
    server.wait("0s").await;
    let texts = server.texts(LEAD).await;
    assert_eq!(texts.len(), 2, "the nudge: {texts:?}");
    assert!(list(&server).await.is_empty());
    assert_eq!(server.post(&at("retry"), json!({})).await.status, 404);
    let log = server.get("/v1/audit?phone=%2B13125550142").await;
    assert!(
        log.text.contains("POST /v1/parked/{id}/retry"),
        "{}",
        log.text
    );
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_nobody_could_read_is_kept_listed_and_heard_again() {
    let server = Server::sandbox().await;
    let id = server.enroll(LEAD).await;
    server.wait("0s").await;
    let was = lose_the_version(server.store.as_ref(), &id);
    let got = server.text("m1", LEAD, "1").await;
    assert_eq!(
        got.status, 200,
        "the carrier need not send it again: {}",
        got.text
    );
    let all = list(&server).await;
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(all[0]["what"], "reply");
    let retry = format!("/v1/parked/{}/retry", all[0]["id"].as_str().unwrap());
    find_the_version(&server, &was);
    let got = server.post(&retry, json!({})).await;
    assert_eq!(got.status, 200, "{}", got.text);
    server.wait("0s").await;
    let got = server.get(&format!("/v1/conversations/{id}")).await;
    assert_eq!(got.body["status"], "with_agent", "{}", got.text);
    assert!(list(&server).await.is_empty());
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_on_by_itself_is_not_done_twice_and_what_is_put_away_stays_undone() {
    let server = Server::sandbox().await;
    let id = server.enroll(LEAD).await;
    server.wait("0s").await;
    let was = lose_the_version(server.store.as_ref(), &id);
    server.wait("4h").await;
    find_the_version(&server, &was);
    // The lead answers before anybody has looked: the nudge is no more to be sent.
    server.text("m1", LEAD, "2").await;
    server.wait("0s").await;
    let all = list(&server).await;
    let at = |act: &str| format!("/v1/parked/{}/{act}", all[0]["id"].as_str().unwrap());
    let got = server.post(&at("retry"), json!({})).await;
    assert_eq!(got.status, 409, "{}", got.text);
    assert_eq!(
        list(&server).await.len(),
        1,
        "it stays until it is put away"
    );
    assert_eq!(server.post(&at("dismiss"), json!({})).await.status, 200);
    assert!(list(&server).await.is_empty());
    assert_eq!(server.texts(LEAD).await.len(), 1);
    server.running.stop().await;
}
