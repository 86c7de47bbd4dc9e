//! What happens when more comes than can be done, and when one lead's rows are spoilt.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use futures_util::future::join_all;
use replytree::lead::PhoneNumber;
use replytree::runtime::committer::{BATCH_MAX, QUEUE_MAX};
use replytree::store::{SqliteStore, Store};
use rusqlite::Connection;
use serde_json::json;
use tower::ServiceExt;

use super::{DRIVE, NOTICE, Server, WORKSPACE, live};

fn reply(n: usize) -> Request<Body> {
    let from = format!("+1312556{n:04}");
    let body =
        json!({ "id": format!("m{n}"), "from": from, "to": "+13125550100", "text": "hello" });
    Request::post("/hooks/main/inbound")
        .body(Body::from(body.to_string()))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_is_refused_at_once_and_what_was_taken_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let store = Arc::new(SqliteStore::open(&path).unwrap());
    let server = Server::start(store.clone(), live(WORKSPACE, &[DRIVE, NOTICE])).await;
    let router = replytree::web::front(server.running.app.clone());
    // Nothing can be committed while another holds the file.
    let holder = Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let held = Arc::new(AtomicBool::new(true));
    let asked = QUEUE_MAX + BATCH_MAX + 200;
    let calls = (0..asked).map(|n| {
        let (router, held) = (router.clone(), held.clone());
        async move {
            let answer = router.oneshot(reply(n)).await.unwrap();
            (answer, held.load(Ordering::SeqCst))
        }
    });
    let release = async {
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        held.store(false, Ordering::SeqCst);
        holder.execute_batch("ROLLBACK").unwrap();
    };
    let (answers, ()) = tokio::join!(join_all(calls), release);
    let (taken, refused): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|(answer, _)| answer.status() == StatusCode::OK);
    assert!(refused.len() >= 200, "{} refused", refused.len());
    for (answer, while_held) in &refused {
        let answer: &Response = answer;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key(header::RETRY_AFTER));
        assert!(while_held, "a refusal waits for nothing");
    }
    assert!(taken.iter().all(|(_, while_held)| !while_held));
    assert_eq!(store.counts().unwrap().leads, taken.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_whose_rows_are_spoilt_stops_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let store = Arc::new(SqliteStore::open(&path).unwrap());
    let server = Server::start(store, live(WORKSPACE, &[DRIVE, NOTICE])).await;
    let (spoilt, well) = ("+13125550142", "+13125550143");
    server.enroll(spoilt).await;
    server.enroll(well).await;
    server.wait("0s").await;
    let number: PhoneNumber = spoilt.parse().unwrap();
    let file = Connection::open(&path).unwrap();
    let changed = file.execute(
        "UPDATE conversation SET data = x'ff' WHERE lead = ?1",
        [number.digits() as i64],
    );
    assert_eq!(changed.unwrap(), 1);
    let got = server.text("m1", spoilt, "1").await;
    assert_eq!(
        (got.status, got.headers.contains_key("retry-after")),
        (503, true)
    );
    // Its timer falls due beside the other's, which is done all the same.
    let moved = server
        .bare_post("/sandbox/clock", json!({ "advance": "5h" }).to_string())
        .await;
    assert_eq!(moved.status, 200, "{}", moved.text);
    assert_eq!(server.texts(well).await.len(), 2, "asked, and nudged");
    assert_eq!(server.text("m2", well, "1").await.status, 200);
}
