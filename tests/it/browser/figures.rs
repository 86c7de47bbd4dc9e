//! A flow's picture whose numbers change as leads move, its versions, and its figures.

use serde_json::json;

use super::sign_in;
use crate::chromium::Chromium;
use crate::web::{DRIVE, NOTICE, Server, WORKSPACE, live};

/// Leads that came in, and what they did.
async fn leads(server: &Server, n: usize) {
    for lead in 0..n {
        let phone = format!("+131255501{lead:02}");
        let lead_json = json!({ "phone": phone, "name": format!("Lead {lead}"), "fields": { "model": "Aster" },
            "consent": { "kind": "marketing", "source": "form", "wording": "Yes, text me." } });
        let body = json!({ "flow": "drive", "lead": lead_json });
        let got = server.post("/v1/enrollments", body).await;
        assert_eq!(got.status, 202, "{}", got.text);
    }
    server.wait("0s").await;
    for lead in 0..n {
        let said = match lead % 5 {
            0 => "1",
            1 => "2",
            2 => "STOP",
            3 => "maybe",
            _ => continue,
        };
        let phone = format!("+131255501{lead:02}");
        server.text(&format!("m{lead}"), &phone, said).await;
    }
    server.wait("0s").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_on_the_picture_change_as_leads_move() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let server = Server::sandbox().await;
    let window = chromium.window().await;
    sign_in(&window, &server).await;
    window.open(&format!("{}/flows/drive", server.base)).await;
    window.says("#now", "No conversation yet").await;
    let stream = "return document.documentElement.dataset.stream === 'open'";
    window.until("the stream", stream, json!(0)).await;

    leads(&server, 10).await;
    // Ten asked: two said yes, two later, two opted out; four are still asked.
    let waiting = ".node[data-step=timing] .count";
    let text = "return document.querySelector(arguments[0][0])?.textContent === arguments[0][1]";
    for (what, wanted) in [
        (waiting, "4"),
        (".node[data-step=call-now] .count", "2"),
        (".node[data-step=timing] .tally-dropped", "2 dropped"),
    ] {
        window
            .until(&format!("{wanted} at {what}"), text, json!([what, wanted]))
            .await;
    }
    let row = "return [...document.querySelectorAll('#now tbody tr')].map(r => r.innerText.replace(/\\s+/g, ' ')).join('|')";
    let table = window.run(row, json!(0)).await;
    let table = table.as_str().unwrap();
    assert!(table.contains("timing 4"), "{table}");
    assert!(table.contains("yes 2"), "{table}");

    server.text("late", "+13125550104", "1").await;
    window.until("one less", text, json!([waiting, "3"])).await;
    window.inspect("flow-numbers").await;
    window.open(&format!("{}/figures", server.base)).await;
    window.says(".card-numbers", "conversations").await;
    window.inspect("figures").await;
    window.open(&format!("{}/figures/drive", server.base)).await;
    window.says(".tiles", "20 %").await;
    window.inspect("figures-flow").await;
    window.close().await;
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_version_changed_and_who_stands_on_it_is_shown() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let server = Server::sandbox().await;
    let window = chromium.window().await;
    sign_in(&window, &server).await;
    leads(&server, 4).await;
    server.wait("1m").await;
    let changed = DRIVE.replace("Still thinking about", "Still <b>keen</b> on");
    assert_ne!(changed, DRIVE);
    let next = live(WORKSPACE, &[changed.as_str(), NOTICE]);
    server.running.app.engine.reload(next).unwrap();

    window
        .open(&format!("{}/flows/drive/versions", server.base))
        .await;
    window.says("table.list", "served").await;
    window.click("table.list td a").await;
    window.says(".diff .gone", "Still thinking about").await;
    window.says(".diff .new", "Still <b>keen</b> on").await;
    let counts =
        "return [...document.querySelectorAll('table.list tbody td.number')].map(c => c.innerText)";
    // Of the four one opted out, one chose later; none is on the new version.
    assert_eq!(window.run(counts, json!(0)).await, json!(["0", "2 Move…"]));
    window.inspect("versions").await;

    // One has a person and stays; the other is asked the same question and moves.
    window.click("td.number a").await;
    window.says("[aria-label=Plan]", "a person has it").await;
    window.says("[aria-label=Plan] button", "Move 1 lead").await;
    window.inspect("versions-plan").await;
    window.click("[aria-label=Plan] button").await;
    window.says(".banner", "1 moved, 1 stayed").await;
    server.wait("1d").await;
    // The nudge is the new version's.
    let texts = server.texts("+13125550103").await;
    assert!(texts.iter().any(|text| text.contains("keen")), "{texts:?}");
    let got = server.get("/v1/conversations?phone=%2B13125550103").await;
    let id = got.body["data"][0]["id"].as_str().unwrap();
    window.open(&format!("{}/inbox/{id}", server.base)).await;
    window
        .says(".thread-note", "owner moved it to a new version")
        .await;
    window.close().await;
    server.running.stop().await;
}
