//! Messages in doubt have a list: whose they are, since when, why, and what can be done.

use replytree::conversation::{Effect, Seq};
use replytree::lead::{Name, PhoneNumber};
use replytree::store::{Commit, Need, Role, RowBody, RowChange, SendStatus, Store};

use super::Server;

const WHY: &str = "the connection broke before the answer";

/// The lead's first text, as if its carrier's answer had been lost; or had come after all.
pub fn first_text(store: &dyn Store, lead: &str, status: SendStatus) {
    let lead: PhoneNumber = lead.parse().unwrap();
    let rows = store.timeline(lead, None, 0, 100).unwrap();
    let row = rows
        .iter()
        .find(|row| matches!(&row.body, RowBody::Outgoing(Effect::Sms(_), _)))
        .unwrap();
    let RowBody::Outgoing(_, sending) = &row.body else {
        unreachable!("it was looked for")
    };
    let mut to = sending.clone();
    to.status = status;
    to.due = None;
    to.channel = Some(Name::from("main"));
    to.error = (status == SendStatus::Uncertain).then(|| WHY.to_string());
    change(store, lead, row.seq, to);
}

fn change(store: &dyn Store, lead: PhoneNumber, seq: Seq, to: replytree::store::Sending) {
    let need = Need {
        lead,
        conversation: None,
        row: Some(seq),
    };
    let mut batch = store.begin(&[need]).unwrap();
    batch.snapshot(&need).unwrap();
    let mut commit = Commit::new(lead, to.changed);
    commit.changes.push(RowChange { seq, to });
    batch.write(&commit).unwrap();
    batch.finish().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_in_doubt_is_listed_until_it_is_known() {
    let server = Server::sandbox().await;
    let lead = "+13125550142";
    let id = server.enroll(lead).await;
    server.wait("0s").await;
    let page = |path: &'static str| server.get(path);
    let none = page("/system/doubt").await;
    assert!(none.text.contains("Nothing is in doubt"), "{}", none.text);
    assert!(!page("/system").await.text.contains("in doubt"));

    let store = server.store.as_ref();
    first_text(store, lead, SendStatus::Uncertain);
    let system = page("/system").await;
    assert!(system.text.contains("1 message is in doubt"));
    let list = page("/system/doubt").await;
    for said in [
        "Ada",
        "3125550142",
        "drive",
        "main",
        WHY,
        &format!("/inbox/{id}"),
    ] {
        assert!(list.text.contains(said), "{said}: {}", list.text);
    }
    assert!(!list.text.contains("Look further back"), "{}", list.text);

    // Whoever may not read leads sees that there is one, not whose.
    let auditor = server.client.get(server.url("/system/doubt"));
    let auditor = auditor.bearer_auth(server.key(Role::Auditor));
    let seen = server.send(auditor).await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    assert!(seen.text.contains(WHY) && seen.text.contains("drive"));
    assert!(
        !seen.text.contains("Ada") && !seen.text.contains("0142"),
        "{}",
        seen.text
    );

    first_text(store, lead, SendStatus::Sent);
    assert!(
        page("/system/doubt")
            .await
            .text
            .contains("Nothing is in doubt")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_in_doubt_come_by_pages() {
    let server = Server::sandbox().await;
    for n in 0..53 {
        server.enroll(&format!("+131255501{n:02}")).await;
    }
    server.wait("0s").await;
    for n in 0..53 {
        first_text(
            server.store.as_ref(),
            &format!("+131255501{n:02}"),
            SendStatus::Uncertain,
        );
    }
    let rows = |text: &str| text.matches(WHY).count();
    let first = server.get("/system/doubt").await;
    assert!(first.text.contains("53 in all"), "{}", first.text);
    assert_eq!(rows(&first.text), 50);
    let (_, next) = first
        .text
        .split_once("href=\"/system/doubt?before=")
        .unwrap();
    let (next, _) = next.split_once('"').unwrap();
    let second = server.get(&format!("/system/doubt?before={next}")).await;
    assert_eq!(rows(&second.text), 3, "{}", second.text);
    assert!(!second.text.contains("Look further back"));
}
