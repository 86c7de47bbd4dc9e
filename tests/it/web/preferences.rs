//! A lead's own page, and the confirmation of a consent: what the lead does in person.

use serde_json::json;

use super::{Got, Server, WORKSPACE, enrollment, live};

const SALUDO: &str = "flow: saludo\nabout: Greets.\nobjective: notice\nkind: transactional\n\
    locales: [es]\nstart: hola\nsteps: { hola: { say: \"{brand}: hola. {link.preferences}\", then: \
    end } }\n";
const PHONE: &str = "+13125550142";

impl Server {
    /// The path of the lead's page.
    async fn page_of(&self, phone: &str) -> String {
        let lead = self.get(&format!("/v1/leads/{phone}")).await;
        let url = lead.body["preferences_url"].as_str().unwrap().to_string();
        let path = url.strip_prefix("https://text.example").unwrap();
        path.to_string()
    }

    async fn submit(&self, path: &str, form: &[(&str, &str)]) -> Got {
        let form: Vec<String> = form
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = self.client.post(format!("{}{path}", self.base));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(form.join("&"))).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_chooses_on_a_page_of_their_own_and_no_one_else_does() {
    let both = [super::DRIVE, SALUDO];
    let store = std::sync::Arc::new(replytree::store::MemoryStore::new());
    let server = Server::start(store, live(WORKSPACE, &both)).await;
    server.enroll(PHONE).await;
    let path = server.page_of(PHONE).await;
    assert!(!path.contains("3125550142"), "{path}");
    // What is chosen there counts as the lead's own act: nobody gets the address who may not write consents.
    let address = server.url(&format!("/v1/leads/{PHONE}"));
    let asked = server.client.get(address);
    let agent = asked.bearer_auth(server.key(replytree::store::Role::Agent));
    let seen = server.send(agent).await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    assert!(seen.body.get("preferences_url").is_none(), "{}", seen.text);
    let before = server.get(&format!("/v1/leads/{PHONE}")).await.body;
    let page = server.bare_get(&path).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["cache-control"], "no-store");
    assert_eq!(page.headers["x-robots-tag"], "noindex");
    assert!(!page.text.contains("<script"), "it works without any");
    assert!(page.text.contains("lang=\"en\"") && page.text.contains("<legend>Hours</legend>"));
    assert!(
        page.text.contains("value=\"drive\" checked"),
        "{}",
        page.text
    );
    assert!(
        !page.text.contains("3125550142"),
        "a link that is passed on tells no number"
    );
    server.bare_get(&format!("{path}?do=stop")).await;
    assert_eq!(
        server.get(&format!("/v1/leads/{PHONE}")).await.body,
        before,
        "looking changes nothing"
    );
    for wrong in [
        format!("{}0", &path[..path.len() - 1]),
        "/preferences/x".to_string(),
        format!("/preferences/{}", "0".repeat(30)),
    ] {
        if wrong != path {
            assert_eq!(server.bare_get(&wrong).await.status, 404, "{wrong}");
            assert_eq!(
                server.submit(&wrong, &[("do", "stop")]).await.status,
                404,
                "{wrong}"
            );
        }
    }

    let chosen = [
        ("do", "save"),
        ("topic", "drive"),
        ("by", "sms"),
        ("language", "es"),
        ("from", "600"),
        ("to", "720"),
    ];
    let got = server.submit(&path, &chosen).await;
    assert_eq!(
        (got.status, got.headers["location"].to_str().unwrap()),
        (303, &*format!("{path}?saved"))
    );
    let page = server.bare_get(&format!("{path}?saved")).await;
    assert!(
        page.text.contains("lang=\"es\"") && page.text.contains("Guardado."),
        "{}",
        page.text
    );
    assert!(
        page.text.contains("<option value=\"600\" selected>"),
        "{}",
        page.text
    );
    let lead = server.get(&format!("/v1/leads/{PHONE}")).await;
    assert_eq!(lead.body["locale"], "es");
    // A text may carry the link.
    let mut greeted = enrollment_without_consent();
    greeted["flow"] = json!("saludo");
    greeted["if_busy"] = json!("replace");
    let got = server.post("/v1/enrollments", greeted).await;
    assert_eq!(got.status, 202, "{}", got.text);
    server.wait("0s").await;
    let texts = server.texts(PHONE).await;
    let link = format!("https://text.example{path}");
    assert!(texts.iter().any(|text| text.ends_with(&link)), "{texts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_opts_out_and_in_again_on_their_page_and_the_ledger_says_so() {
    let server = Server::sandbox().await;
    server.enroll(PHONE).await;
    let path = server.page_of(PHONE).await;
    assert_eq!(server.submit(&path, &[("do", "stop")]).await.status, 303);
    let rows = server.get(&format!("/v1/consents/{PHONE}")).await.body;
    let row = &rows["data"][1];
    assert_eq!(
        (&row["change"], &row["method"], &row["own_act"]),
        (&json!("revoked"), &json!("web"), &json!(true)),
        "{rows}"
    );
    assert_eq!(row["ip"], "127.0.0.1");
    let active = server.get(&format!("/v1/leads/{PHONE}")).await.body;
    assert_eq!(active["active_conversation"], json!(null));
    assert_eq!(
        server
            .post("/v1/enrollments", enrollment_without_consent())
            .await
            .status,
        422
    );
    let page = server.bare_get(&path).await.text;
    assert!(
        page.contains("opted out") && page.contains("not a condition of purchase"),
        "{page}"
    );
    assert_eq!(server.submit(&path, &[("do", "start")]).await.status, 303);
    let rows = server.get(&format!("/v1/consents/{PHONE}")).await.body;
    let row = &rows["data"][2];
    assert_eq!(
        (&row["change"], &row["method"]),
        (&json!("given"), &json!("web_form")),
        "{rows}"
    );
    assert!(
        row["wording"].as_str().unwrap().contains("Northside Auto"),
        "{rows}"
    );
    assert_eq!(
        server
            .post("/v1/enrollments", enrollment_without_consent())
            .await
            .status,
        202
    );
}

fn enrollment_without_consent() -> serde_json::Value {
    let mut without = enrollment(PHONE);
    without["lead"]["consent"] = json!(null);
    without
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_declined_ends_and_is_not_begun_again_and_email_instead_of_texts_is_kept() {
    let server = Server::sandbox().await;
    server.enroll(PHONE).await;
    let path = server.page_of(PHONE).await;
    server
        .submit(
            &path,
            &[("do", "save"), ("by", "sms"), ("from", "0"), ("to", "1440")],
        )
        .await;
    let lead = server.get(&format!("/v1/leads/{PHONE}")).await.body;
    assert_eq!(lead["active_conversation"], json!(null), "{lead}");
    let again = server
        .post("/v1/enrollments", enrollment_without_consent())
        .await;
    assert_eq!(again.status, 422, "{}", again.text);
    assert!(again.text.contains("preferences page"), "{}", again.text);

    server
        .submit(
            &path,
            &[("do", "save"), ("topic", "drive"), ("by", "email")],
        )
        .await;
    server.wait("0s").await;
    let texts = server.texts(PHONE).await.len();
    let got = server
        .post("/v1/enrollments", enrollment_without_consent())
        .await;
    assert_eq!(got.status, 202, "{}", got.text);
    server.wait("1d").await;
    assert_eq!(
        server.texts(PHONE).await.len(),
        texts,
        "no marketing text any more"
    );
    // The transactional notice still comes.
    let mut notice = enrollment_without_consent();
    notice["flow"] = json!("notice");
    notice["if_busy"] = json!("replace");
    let got = server.post("/v1/enrollments", notice).await;
    assert_eq!(got.status, 202, "{}", got.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hours_a_lead_chose_are_kept() {
    let server = Server::sandbox().await;
    server.enroll(PHONE).await;
    server.wait("1d").await;
    let path = server.page_of(PHONE).await;
    // An hour that is surely not now, in Chicago: two to three hours from now.
    let now = server.get("/sandbox/clock").await.body["now"]
        .as_str()
        .unwrap()
        .to_string();
    let wall = now
        .parse::<jiff::Timestamp>()
        .unwrap()
        .in_tz("America/Chicago")
        .unwrap();
    let from = (i32::from(wall.hour()) + 2) % 24;
    let (from, to) = ((from * 60).to_string(), ((from + 1) * 60).to_string());
    server
        .submit(
            &path,
            &[
                ("do", "save"),
                ("topic", "drive"),
                ("by", "sms"),
                ("from", &from),
                ("to", &to),
            ],
        )
        .await;
    let mut again = enrollment_without_consent();
    again["if_busy"] = json!("replace");
    let before = server.texts(PHONE).await.len();
    let got = server.post("/v1/enrollments", again).await;
    assert_eq!(got.status, 202, "{}", got.text);
    let id = got.body["conversation_id"].as_str().unwrap();
    server.wait("0s").await;
    assert_eq!(server.texts(PHONE).await.len(), before);
    let told = server.get(&format!("/v1/conversations/{id}")).await.text;
    assert!(told.contains("\"held\""), "{told}");
    server.wait("3h").await;
    assert_eq!(server.texts(PHONE).await.len(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn under_double_opt_in_only_the_leads_own_answer_completes_a_consent() {
    let workspace = WORKSPACE.replace("sending:\n", "sending:\n  opt_in: double\n");
    let store = std::sync::Arc::new(replytree::store::MemoryStore::new());
    let drive = live(&workspace, &[super::DRIVE, super::NOTICE]);
    let server = Server::start(store, drive).await;
    let got = server.post("/v1/enrollments", enrollment(PHONE)).await;
    assert_eq!(
        (got.status, &got.body["status"]),
        (202, &json!("scheduled")),
        "{}",
        got.text
    );
    server.wait("0s").await;
    let texts = server.texts(PHONE).await;
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts[0].contains("Reply YES to confirm"), "{texts:?}");
    let lead = server.get(&format!("/v1/leads/{PHONE}")).await.body;
    assert_eq!(lead["consent"]["state"], "pending");
    // Told again by somebody else: neither asked again nor believed.
    server
        .post(
            "/v1/consents",
            json!({ "phone": PHONE, "kind": "marketing", "source": "import",
        "wording": "x" }),
        )
        .await;
    server.wait("1h").await;
    assert_eq!(server.texts(PHONE).await.len(), 1);
    server.text("y1", PHONE, "YES").await;
    server.wait("0s").await;
    let texts = server.texts(PHONE).await;
    assert!(texts[1].contains("You are subscribed"), "{texts:?}");
    assert!(texts.len() == 3, "the flow begins: {texts:?}");
    let rows = server.get(&format!("/v1/consents/{PHONE}")).await.body;
    let methods: Vec<&str> = rows["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["method"].as_str().unwrap())
        .collect();
    assert_eq!(methods.last(), Some(&"double_opt_in"), "{rows}");
    assert_eq!(rows["data"][0]["change"], "asked", "{rows}");
    assert_eq!(rows["data"][0]["seller"], "Northside Auto", "{rows}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_is_proved_by_what_it_stopped_and_how_soon_it_was_confirmed() {
    let server = Server::sandbox().await;
    server.enroll(PHONE).await;
    server.wait("0s").await;
    server.text("s1", PHONE, "please stop texting me").await;
    server.wait("0s").await;
    let rows = server.get(&format!("/v1/consents/{PHONE}")).await.body;
    let row = &rows["data"][1];
    assert_eq!(row["wording"], "please stop texting me", "{rows}");
    assert!(row["rule"].is_string(), "{rows}");
    let confirmed = &row["effect"]["confirmation"];
    assert_eq!(confirmed["status"], "delivered", "{rows}");
    assert!(confirmed["after_seconds"].as_i64().unwrap() < 300, "{rows}");
    assert_eq!(
        rows["data"][0]["wording_id"].as_str().unwrap().len(),
        16,
        "{rows}"
    );
}
