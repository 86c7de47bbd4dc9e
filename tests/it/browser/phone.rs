//! The sandbox's phone: a tab keeps its lead, and nobody is texted twice by one press.

use serde_json::{Value, json};

use super::sign_in;
use crate::chromium::{Chromium, Window};
use crate::web::Server;

/// The number that the page shows, as it stands in its address.
async fn number(window: &Window) -> String {
    let script = "return new URL(location.href).searchParams.get('phone') ?? ''";
    let Value::String(number) = window.run(script, json!(0)).await else {
        panic!("an address without a number");
    };
    number
}

async fn begun(server: &Server, number: &str) -> usize {
    let number = number.replace('+', "%2B");
    let got = server
        .get(&format!("/v1/conversations?phone={number}"))
        .await;
    got.body["data"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_keeps_its_lead_in_the_tab_and_starts_once() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let server = Server::sandbox().await;
    let window = chromium.window().await;
    sign_in(&window, &server).await;
    let page = format!("{}/phone", server.base);
    window.open(&format!("{page}?flow=drive")).await;
    window.says("#start-button", "Start").await;
    // Two presses before the first is answered.
    let twice = "const b = document.getElementById('start-button'); b.click(); b.click();";
    window.run(twice, json!(0)).await;
    window.says("#facts", "timing").await;
    let first = number(&window).await;
    assert_eq!(begun(&server, &first).await, 1);
    window.says("#start-button", "Start over").await;

    // Away, and back by the menu, which names no lead; and by a bookmark.
    window.open(&format!("{}/flows", server.base)).await;
    window.click("header.top a[href='/phone']").await;
    window.says("#facts", "timing").await;
    assert_eq!(number(&window).await, first);
    let address = window.run("return location.href", json!(0)).await;
    window.open(address.as_str().unwrap()).await;
    window.says("#facts", "timing").await;
    assert_eq!(number(&window).await, first);

    // A fresh lead has a number that nobody used, whatever the dice say, and begins at once; the button
    // beside it says that it would begin again.
    let dice = "const used = Number(arguments[0].slice(-3)) - 120; Math.random = () => used / 80";
    window.run(dice, json!(first)).await;
    window.click("#fresh").await;
    let other = "return new URL(location.href).searchParams.get('phone') !== arguments[0]";
    window.until("another number", other, json!(first)).await;
    window.says("#facts", "timing").await;
    let second = number(&window).await;
    window.says("#start-button", "Start over").await;
    assert_eq!(begun(&server, &second).await, 1);
    window.write("#lead-phone", "9").await;
    let plain = "return document.getElementById('start-button').innerText === 'Start'";
    window.until("a number of its own", plain, json!(0)).await;

    // Another tab is another phone.
    let other = chromium.window().await;
    other.be(server.key(replytree::store::Role::Admin)).await;
    other.open(&page).await;
    other.wait("#start-button").await;
    assert_eq!(number(&other).await, "");
    other.close().await;
    window.close().await;
    server.running.stop().await;
}
