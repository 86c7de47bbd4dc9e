//! What stands still on the System page: a closed channel, a paused flow, work that was set aside; each
//! goes on by a second press, and the log says who pressed.

use replytree::lead::Name;
use replytree::runtime::health::Report;
use replytree::store::{Role, SendStatus};
use serde_json::json;

use super::sign_in;
use crate::chromium::Chromium;
use crate::web::Server;
use crate::web::doubt::first_text;
use crate::web::parked::{find_the_version, lose_the_version};

const LEAD: &str = "+13125550142";

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_still_says_why_and_goes_on_by_a_second_press() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let server = Server::sandbox().await;
    let window = chromium.window().await;
    sign_in(&window, &server).await;
    let system = format!("{}/system", server.base);
    window.open(&system).await;
    window
        .says("#standstill", "no flow is paused, and no lead is set aside")
        .await;

    let id = server.enroll(LEAD).await;
    server.wait("0s").await;
    let was = lose_the_version(server.store.as_ref(), &id);
    server.wait("4h").await;
    let pause =
        json!({ "drive": { "why": "12 opt-outs in 20 replies", "at": 1_795_424_400_000_i64 } });
    let pause = pause.to_string();
    server
        .store
        .set_setting("paused.flows", pause.as_bytes())
        .unwrap();
    let app = &server.running.app;
    let refuses = Report::Refuses("the account is suspended".to_string());
    app.engine
        .health
        .report(&Name::from("main"), refuses, app.engine.clock.now());

    window.open(&system).await;
    window
        .says("#standstill", "12 opt-outs in 20 replies")
        .await;
    window
        .says("#standstill td", "A timer: the conversation waits")
        .await;
    window.says("#standstill td", "Ada").await;
    window.says("#channels", "the account is suspended").await;
    first_text(server.store.as_ref(), LEAD, SendStatus::Uncertain);
    window.open(&system).await;
    window.says("#in-doubt", "1 message is in doubt").await;
    window.inspect("standstill").await;
    window.click("#in-doubt a").await;
    window.says("#doubts", "Ada").await;
    window.inspect("doubt").await;
    first_text(server.store.as_ref(), LEAD, SendStatus::Delivered);
    window.open(&system).await;

    // Whoever may not act sees that it stands still, not whose it is.
    let auditor = chromium.window().await;
    auditor.be(server.key(Role::Auditor)).await;
    auditor.open(&system).await;
    auditor
        .says("#standstill", "12 opt-outs in 20 replies")
        .await;
    let seen = auditor.text("#standstill").await;
    assert!(!seen.contains("Ada") && !seen.contains("0142"), "{seen}");
    assert!(!seen.contains("Try again"), "{seen}");
    auditor.close().await;

    // The first press tells what follows, the second does it.
    window.click("#channels .confirm > summary").await;
    window
        .says("#channels .confirm-pane", "What waits leaves")
        .await;
    window.inspect("standstill-confirm").await;
    window.click("#channels .confirm-pane button").await;
    window.wait("#standstill").await;
    let closed = "return !document.querySelector('#channels .badge.bad')";
    window.until("an open channel", closed, json!(0)).await;

    let flow = "form[action='/system/flows/drive/resume']";
    window
        .click(&format!("details:has({flow}) > summary"))
        .await;
    window.click(&format!("{flow} button")).await;
    let gone = "return !document.body.innerText.includes('12 opt-outs')";
    window.until("a flow that goes on", gone, json!(0)).await;

    find_the_version(&server, &was);
    window
        .click("details:has(form[action$='/retry']) > summary")
        .await;
    window.click("form[action$='/retry'] button").await;
    window.says("#standstill", "no lead is set aside").await;
    server.wait("0s").await;
    assert_eq!(server.texts(LEAD).await.len(), 2, "the nudge was sent");

    window.open(&format!("{system}/audit")).await;
    for act in [
        "POST /system/channels/{name}/resume",
        "POST /system/flows/{flow}/resume",
        "POST /system/parked/{id}/retry",
    ] {
        window.says("td code", act).await;
    }
    window.close().await;
    server.running.stop().await;
}
