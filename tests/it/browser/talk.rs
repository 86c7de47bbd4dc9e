//! What an agent writes beside and into a conversation: notes that stay with the team, and what is said
//! often.

use std::sync::Arc;

use replytree::store::MemoryStore;
use serde_json::json;

use super::sign_in;
use crate::chromium::Chromium;
use crate::web::{DRIVE, NOTICE, Server, WORKSPACE, live};

const LEAD: &str = "+13125550142";
const VALUE: &str = "return document.querySelector(arguments[0])?.value ?? ''";

#[tokio::test(flavor = "multi_thread")]
async fn a_note_stands_in_the_thread_for_the_team_and_goes_to_nobody() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let server = Server::sandbox().await;
    let window = chromium.window().await;
    sign_in(&window, &server).await;
    let id = server.enroll(LEAD).await;
    server.wait("0s").await;
    window.open(&format!("{}/inbox/{id}", server.base)).await;
    window.wait("#composer textarea").await;

    // By the keyboard: a text that was begun stays while a note is written.
    window.press("r").await;
    window.press("Hello the").await;
    window.press("\u{e00c}").await;
    window.press("n").await;
    window.wait("#note-form textarea").await;
    window.press("Asked about <b>leasing</b>").await;
    window.inspect("note-writing").await;
    window.click("#note-form button").await;
    window
        .says(".team-note", "Asked about <b>leasing</b>")
        .await;
    window.says(".team-note-head", "owner noted").await;
    window
        .until(
            "an empty field",
            "return document.querySelector('#note-form textarea').value === ''",
            json!(0),
        )
        .await;
    let typed = window.run(VALUE, json!("#composer textarea")).await;
    assert_eq!(typed, json!("Hello the"));
    assert_eq!(server.texts(LEAD).await.len(), 1, "nothing was sent");
    window.says(".talk-state", "At timing").await;

    // Others see it come, between what was said on either side.
    server.text("m1", LEAD, "1").await;
    window.says(".bubble.theirs", "1").await;
    window.inspect("note").await;
    let order = "return [...document.querySelectorAll('#thread .bubble, #thread .team-note')]
        .map(e => e.className.split(' ')[0])";
    let order = window.run(order, json!(0)).await;
    assert_eq!(order, json!(["bubble", "team-note", "bubble", "bubble"]));
    window.close().await;
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_chosen_filled_in_measured_and_sent_during_a_takeover() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let long =
        "Hi {name|there}, {agent} of {brand} here. ".to_string() + &"I am running late. ".repeat(8);
    let workspace = format!(
        "{WORKSPACE}templates:\n  running_late: \"Hi {{name|there}}, {{agent}} of {{brand}} here. Late!\"\n  long: \"{long}\"\n"
    );
    let store = Arc::new(MemoryStore::new());
    let server = Server::start(store, live(&workspace, &[DRIVE, NOTICE])).await;
    let window = chromium.window().await;
    sign_in(&window, &server).await;
    let id = server.enroll(LEAD).await;
    server.wait("0s").await;
    let listed = server.get("/v1/templates").await;
    let names: Vec<_> = listed.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| &t["name"])
        .collect();
    assert_eq!(names, ["long", "running_late"], "{}", listed.text);

    window.open(&format!("{}/inbox/{id}", server.base)).await;
    window.wait("#template").await;
    window.press("t").await;
    window.says(".talk-state", "the flow stands still").await;
    let offered = "return [...document.querySelector('#template').options].map(o => o.text)";
    window
        .until(
            "the list",
            "return document.querySelector('#template').options.length === 3",
            json!(0),
        )
        .await;
    assert_eq!(
        window.run(offered, json!(0)).await,
        json!(["Templates", "long", "running late"])
    );

    let choose = "const list = document.querySelector('#template'); list.value = arguments[0];
        list.dispatchEvent(new Event('change', { bubbles: true }))";
    window.run(choose, json!("running_late")).await;
    let filled = "Hi Ada, owner of Northside Auto here. Late!";
    window
        .until(
            "the text",
            "return document.querySelector('#composer textarea').value === arguments[0]",
            json!(filled),
        )
        .await;
    window.says("#size", "1 part").await;
    // A second one comes after it, and costs more.
    window.run(choose, json!("long")).await;
    window.says("#size", "2 parts").await;
    window.inspect("template").await;
    let shorten =
        "const box = document.querySelector('#composer textarea'); box.value = arguments[0];
        box.dispatchEvent(new Event('input', { bubbles: true }))";
    window.run(shorten, json!(filled)).await;
    window.says("#size", "1 part").await;
    window.click("#composer button.primary").await;
    window.says(".bubble.ours.agent", filled).await;
    server.wait("0s").await;
    assert_eq!(
        server.texts(LEAD).await.last().map(String::as_str),
        Some(filled)
    );
    window.close().await;
    server.running.stop().await;
}
