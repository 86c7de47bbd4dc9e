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
    // The drawing's numbers stand in a table, too.
    window.click(".day-table summary").await;
    window.says(".day-table td", "10").await;
    window.click("nav[aria-label=Period] a").await;
    window
        .says("nav[aria-label=Period] [aria-current]", "7 days")
        .await;
    window.says(".tiles", "20 %").await;
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

/// As `drive`, under another name, with an experiment.
fn trial() -> String {
    let trial = DRIVE
        .replace("flow: drive", "flow: trial")
        .replace("keyword: DRIVE", "keyword: TRIAL")
        .replace("event: brochure_downloaded", "event: trial_asked");
    let experiment = "experiments:\n  shorter:\n    step: timing\n    vary: text\n    \
        against: \"{brand}: a {model} within 2 weeks? 1 yes, 2 later. STOP to opt out.\"\n    \
        share: 50%\n    measure: replied\n";
    format!("{trial}{experiment}")
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_are_compared_over_a_period_and_an_experiment_says_what_is_known() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let store = std::sync::Arc::new(replytree::store::MemoryStore::new());
    let trial = trial();
    let server = Server::start(store, live(WORKSPACE, &[DRIVE, NOTICE, &trial])).await;
    let window = chromium.window().await;
    sign_in(&window, &server).await;
    leads(&server, 5).await;
    for n in 0..30 {
        let phone = format!("+131255502{n:02}");
        let lead = json!({ "phone": phone, "name": "Bo", "fields": { "model": "Aster" }, "consent": crate::web::consent() });
        let got = server
            .post("/v1/enrollments", json!({ "flow": "trial", "lead": lead }))
            .await;
        assert_eq!(got.status, 202, "{}", got.text);
        server.wait("0s").await;
        let id = got.body["conversation_id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let drawn = server.store.conversation(id).unwrap().unwrap().variants;
        // Whoever got the new wording answers.
        if drawn.iter().any(|(_, arm)| *arm == "variant") {
            server.text(&format!("t{n}"), &phone, "2").await;
        }
    }
    server.wait("0s").await;

    window.open(&format!("{}/figures", server.base)).await;
    window.click("a[href='/figures/compare']").await;
    window.says("#compared tfoot", "35").await;
    window.says("#compared tbody th", "Trial").await;
    window
        .says("#compared [aria-label='Ways in'] th", "API")
        .await;
    window.inspect("compare").await;
    window.click(".which-flows summary").await;
    window.click(".which-flows input[value=drive]").await;
    window.click(".which-flows button").await;
    window.says("#compared tfoot", "5").await;
    let rows = "return document.querySelectorAll('#compared [aria-label=Flows] tbody tr').length";
    assert_eq!(window.run(rows, json!(0)).await, json!(1));
    window.click("nav[aria-label=Period] a").await;
    window.says("#compared tfoot", "5").await;
    let asked = window.run("return location.search", json!(0)).await;
    assert_eq!(asked, json!("?period=7d&flow=drive"));

    window.open(&format!("{}/figures/trial", server.base)).await;
    window
        .says(".verdicts", "more replied with the variant")
        .await;
    window.says(".verdicts", "opted out: not enough yet").await;
    window.inspect("experiment").await;
    let got = server.get("/v1/reports/experiments/shorter").await;
    let compared = &got.body["compared"]["replied"];
    assert_eq!(compared["verdict"], "more", "{}", got.text);
    assert!(compared["low"].as_f64().unwrap() > 0.0, "{}", got.text);
    let missing = &got.body["compared"]["opted_out"];
    assert_eq!(missing["verdict"], "not_enough_yet", "{}", got.text);
    assert!(missing["more_leads_needed"].as_u64().unwrap() > 0);
    window.close().await;
    server.running.stop().await;
}
