//! The inbox: an alert that arrives by itself, two who claim at once, a takeover and the way back.

use replytree::store::{HandoffQuery, HandoffRecord, Role};
use serde_json::{Value, json};

use super::sign_in;
use crate::chromium::{Chromium, Window};
use crate::web::Server;

const LEAD: &str = "+13125550142";

fn handoffs(server: &Server) -> Vec<HandoffRecord> {
    let query = HandoffQuery {
        limit: 10,
        ..HandoffQuery::default()
    };
    server.store.handoffs(&query).unwrap()
}

/// A lead becomes hot by two texts from the sandbox's phone page.
async fn text_from_the_phone(window: &Window, server: &Server, texts: &[&str]) {
    let page = format!("{}/phone?flow=drive&phone=%2B13125550142", server.base);
    window.open(&page).await;
    for (n, text) in texts.iter().enumerate() {
        window.write("#text", text).await;
        window.press("\u{e007}").await;
        let answered =
            format!("return document.querySelectorAll('.bubble.theirs:not(.typing)').length > {n}");
        window.until("the answer", &answered, json!(0)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hot_lead_arrives_live_is_claimed_by_one_alone_taken_over_and_given_back() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let server = Server::sandbox().await;
    let (owner, agent, phone) =
        tokio::join!(chromium.window(), chromium.window(), chromium.window());
    sign_in(&owner, &server).await;
    agent.be(server.key(Role::Agent)).await;
    phone.be(server.key(Role::Admin)).await;
    let inbox = format!("{}/inbox", server.base);
    owner.open(&inbox).await;
    agent.open(&inbox).await;
    owner.says(".queue", "Nobody is waiting").await;
    owner.inspect("inbox-empty").await;
    owner
        .until(
            "the stream",
            "return document.documentElement.dataset.stream === 'open'",
            json!(0),
        )
        .await;
    owner.write("#search", "").await;

    text_from_the_phone(&phone, &server, &["DRIVE", "1"]).await;

    for window in [&owner, &agent] {
        window.says("#queue .item", "within 2 weeks").await;
        window.says("#queue .item .countdown", "min").await;
        window.press("\u{e00c}").await;
        window.press("j").await;
        window.says(".talk-head", "On offer to sales").await;
    }
    owner.inspect("inbox-hot").await;
    owner.says(".under", "exact-key").await;

    // Both press the key at once: one has it, the other is told who.
    tokio::join!(owner.press("c"), agent.press("c"));
    owner.says(".talk-state", "claimed it").await;
    let claimed = handoffs(&server).remove(0).agent.expect("somebody has it");
    let (winner, other) = match claimed.as_str() {
        "owner" => (&owner, &agent),
        _ => (&agent, &owner),
    };
    winner.says(".talk-state", "You claimed it").await;
    other.says("#toast", "it").await;

    // Writing takes over; what is being typed survives what happens meanwhile.
    winner.press("r").await;
    winner.press("Hi, it’s me").await;
    winner.says("#size", "UCS-2").await;
    server.text("t9", LEAD, "are you there?").await;
    winner.says(".bubble.theirs", "are you there?").await;
    let typed = "const t = document.querySelector('#composer textarea');
        return [t.value, document.activeElement === t]";
    assert_eq!(
        winner.run(typed, json!(0)).await,
        json!(["Hi, it’s me", true])
    );
    winner.click("#composer button.primary").await;
    winner.says(".bubble.ours.agent", "Hi, it’s me").await;
    winner.says(".talk-state", "the flow stands still").await;
    winner.says("#size", "").await;
    assert!(
        server
            .texts(LEAD)
            .await
            .contains(&"Hi, it’s me".to_string())
    );
    winner.inspect("inbox-taken-over").await;

    // Back to the first question, which is asked again.
    let choose = "const s = document.querySelector('#give-back-to'); s.value = 'timing'";
    winner.run(choose, json!(0)).await;
    winner.click(".give-back button").await;
    winner.says(".talk-state", "At timing").await;
    winner.says(".thread-note", "Given back to the flow").await;

    // And again to a person, who says how it went.
    text_from_the_phone(&phone, &server, &["yes"]).await;
    winner.says(".talk-state", "On offer").await;
    winner.press("\u{e00c}").await;
    winner.press("c").await;
    winner.says(".outcomes", "reached").await;
    // One key says nothing yet: it cannot be taken back.
    winner.press("o").await;
    winner.press("\u{e007}").await;
    winner.says(".talk-state", "Ended: booked").await;
    let left = owner.complaints().await;
    assert!(
        left.iter()
            .all(|said| said.contains("409") || said.contains("403")),
        "{left:?}"
    );
    for window in [owner, agent, phone] {
        window.close().await;
    }
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_measured_while_it_is_typed_as_the_engine_measures_it() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let server = Server::sandbox().await;
    let window = chromium.window().await;
    sign_in(&window, &server).await;
    let file: Value = serde_json::from_str(include_str!("../../data/segment_cases.json")).unwrap();
    let cases = file["cases"].as_array().unwrap();
    let texts: Vec<&Value> = cases.iter().map(|case| &case["text"]).collect();
    let measured = window
        .run_async(
            "const [texts, done] = arguments;
            import('/assets/sms.js').then(sms => done(texts.map(t => {
                const s = sms.size(t); return [s.encoding, s.units, s.parts];
            })))",
            json!(texts),
        )
        .await;
    for (text, got) in texts.iter().zip(measured.as_array().unwrap()) {
        let text = text.as_str().unwrap();
        let size = replytree::flow::sms_parts::count(text);
        let wanted = json!([size.encoding.name(), size.units, size.parts]);
        assert_eq!(*got, wanted, "{text:?}");
    }
    assert!(texts.len() > 50, "{} cases", texts.len());
    window.close().await;
    server.running.stop().await;
}

/// What people try in names and texts, and what happens to be in them.
const CORPUS: [&str; 12] = [
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "\"><svg onload=window.hit=1>",
    "' onmouseover='window.hit=1",
    "</textarea><script>window.hit=1</script>",
    "</title><script>window.hit=1</script>",
    "javascript:window.hit=1",
    "{{constructor.constructor('window.hit=1')()}}",
    "<a href=\"javascript:window.hit=1\" hx-on:click=\"window.hit=1\">x</a>",
    "<div hx-get=\"/sign-out\" hx-trigger=\"load\">y</div>",
    "&lt;b&gt;not bold&lt;/b&gt; <!-- -->",
    "\u{202e}evil\u{202c} \u{0000}<b>z</b>",
];

#[tokio::test(flavor = "multi_thread")]
async fn names_and_texts_are_shown_as_text_everywhere() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let server = Server::sandbox().await;
    let window = chromium.window().await;
    sign_in(&window, &server).await;
    for (n, words) in CORPUS.iter().enumerate() {
        let phone = format!("+131255501{:02}", 20 + n);
        let lead = json!({ "phone": phone, "name": words, "fields": { "model": words, "<b>key</b>": words },
            "tags": [words], "consent": { "kind": "marketing", "source": words, "wording": words } });
        let got = server
            .post("/v1/enrollments", json!({ "flow": "drive", "lead": lead }))
            .await;
        assert_eq!(got.status, 202, "{words:?}: {}", got.text);
        let id = got.body["conversation_id"].as_str().unwrap().to_string();
        server.text(&format!("x{n}"), &phone, words).await;
        server.text(&format!("y{n}"), &phone, "1").await;
        server.wait("0s").await;
        window.open(&format!("{}/inbox/{id}", server.base)).await;
        let bare: String = words.chars().filter(|c| !c.is_control()).collect();
        window.says(".bubble.theirs", bare.trim()).await;
        window.says(".talk-who", bare.trim()).await;
    }
    let encoded = |phone: &str| phone.replace('+', "%2B");
    for path in [
        "/inbox".to_string(),
        "/inbox?show=all".to_string(),
        format!("/inbox?q={}", "%3Cscript%3E"),
        "/flows/drive".to_string(),
        format!("/phone?phone={}", encoded("+13125550120")),
    ] {
        window.open(&format!("{}{path}", server.base)).await;
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        let hit = "return [window.hit ?? null, document.querySelectorAll('main script:not([type]), main img[src=x], [onerror], [hx-on\\\\:click]').length]";
        assert_eq!(window.run(hit, json!(0)).await, json!([null, 0]), "{path}");
    }
    let said = window.complaints().await;
    assert!(said.is_empty(), "{said:?}");
    window.close().await;
    server.running.stop().await;
}
