//! Signing in, leads and their import, consent and the system, as an admin uses them.

use replytree::store::{AuditQuery, LeadQuery, Role};
use replytree::time::Timestamp;
use replytree::web::{accounts, one_time};
use serde_json::json;

use super::sign_in;
use crate::chromium::{Chromium, Window};
use crate::web::Server;

const PASSWORD: &str = "correct horse battery";

/// Names and fields that would be markup or script, were they not text everywhere.
const XSS: &[&str] = &[
    "<script>window.hit=1</script>",
    "<img src=x onerror=\"window.hit=1\">",
    "\"><svg onload=window.hit=1>",
    "' autofocus onfocus='window.hit=1",
    "</textarea><script>window.hit=1</script>",
    "javascript:window.hit=1",
    "{{constructor.constructor('window.hit=1')()}}",
    "<style>*{display:none}</style>",
    "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "&lt;b&gt; & <!-- x -->",
    "\u{202e}gnp.exe",
];

async fn open(window: &Window, server: &Server, path: &str) {
    window.open(&format!("{}{path}", server.base)).await;
}

async fn enter(window: &Window, server: &Server, password: &str, code: &str) {
    open(window, server, "/sign-in").await;
    window.write("input[name=name]", "dana").await;
    window.write("input[name=password]", password).await;
    window.write("input[name=code]", code).await;
    window.click("button.primary").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_invited_signs_in_and_sets_up_a_second_factor() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let server = Server::sandbox().await;
    let wall = || Timestamp::from_jiff(jiff::Timestamp::now());
    let token = accounts::add(server.store.as_ref(), "dana", Role::Admin, wall()).unwrap();
    let window = chromium.window().await;
    open(&window, &server, "/leads").await;
    window.says("h1", "Sign in").await;
    // The address that was asked for answers 401, which the browser tells of.
    let _ = window.complaints().await;
    open(&window, &server, "/sign-in").await;
    window.inspect("sign-in").await;

    open(&window, &server, &format!("/welcome/{token}")).await;
    window.says("h1", "Welcome, dana").await;
    window.inspect("welcome").await;
    window.write("input[name=password]", PASSWORD).await;
    window.write("input[name=again]", PASSWORD).await;
    window.click("button.primary").await;
    window.wait("header.top").await;

    open(&window, &server, "/account").await;
    window.click("form[action='/account/second'] button").await;
    window.wait("svg.qr").await;
    window.inspect("second-factor").await;
    let shown = window.text("code.secret").await;
    let secret = one_time::from_base32(&shown).expect("a secret is shown");
    window
        .write("input[name=code]", &one_time::now(&secret, wall()))
        .await;
    window
        .click("form[action='/account/second/confirm'] button")
        .await;
    window.wait("ul.codes").await;
    let recovery = window.text("ul.codes li").await;
    window.inspect("recovery-codes").await;
    window.click("form.sign-out button").await;
    window.says("h1", "Sign in").await;

    enter(&window, &server, PASSWORD, "").await;
    window.says("[role=alert]", "is not right").await;
    enter(&window, &server, PASSWORD, recovery.trim()).await;
    window.wait("header.top").await;
    open(&window, &server, "/account").await;
    window.says("#second", "9 recovery codes left").await;
    window.close().await;
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_imported_and_its_bad_rows_are_told_and_nothing_in_it_is_ever_markup() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let server = Server::sandbox().await;
    let window = chromium.window().await;
    sign_in(&window, &server).await;
    open(&window, &server, "/leads").await;
    window.says(".empty-title", "No leads yet").await;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("leads <b>.csv");
    let mut writer = csv::WriterBuilder::new()
        .delimiter(b';')
        .from_path(&file)
        .unwrap();
    writer
        .write_record(["Mobile", "Full name", "<i>Note</i>", "E-Mail"])
        .unwrap();
    for (n, text) in XSS.iter().enumerate() {
        let phone = format!("(312) 555-01{n:02}");
        writer
            .write_record([&phone, *text, *text, "a@x.io"])
            .unwrap();
    }
    for row in [
        ["1.31256E+10", "Mangled", "", ""],
        ["<img src=x onerror=window.hit=1>", "Bad", "=1+1", ""],
        ["3125550100", "Twice", "", ""],
        ["3125550177", "No mail", "", "nowhere"],
    ] {
        writer.write_record(row).unwrap();
    }
    writer.flush().unwrap();

    window.click("a[href='/import']").await;
    window.wait("#file").await;
    window.inspect("import").await;
    window.write("#file", file.to_str().unwrap()).await;
    window.click("#upload button").await;
    window.says("h2", "The first rows").await;
    window.says(".lead", "separated by semicolons").await;
    window.inspect("import-preview").await;
    window
        .write("textarea[name=consent]", "Yes, text me <b>now</b>")
        .await;
    window.click("#columns button.primary").await;
    window.says("[role=status]", "11 of 15 rows").await;
    window.says("td", "shortened by a spreadsheet").await;
    window.says("td", "the same number stands on line 2").await;
    window.says("td", "is not an email address").await;
    window.inspect("import-done").await;
    let download = "const done = arguments[arguments.length - 1];
        fetch(document.querySelector('a[download]').href).then(r => r.text()).then(done)";
    let rejected = window.run_async(download, json!(0)).await;
    let rejected = rejected.as_str().unwrap();
    assert!(
        rejected.contains("'=1+1") && rejected.contains("Mangled"),
        "{rejected}"
    );

    open(&window, &server, "/leads").await;
    window.says("td", "javascript:window.hit=1").await;
    window.inspect("leads").await;
    let all = LeadQuery {
        limit: 50,
        ..LeadQuery::default()
    };
    let leads = server.store.leads(&all).unwrap();
    assert_eq!(leads.len(), XSS.len());
    for record in &leads {
        open(
            &window,
            &server,
            &format!("/leads/ld_{:012x}", record.lead.phone.digits()),
        )
        .await;
        window.says(".ledger blockquote", "<b>now</b>").await;
        let hit = window.run("return window.hit === undefined && !document.querySelector('main script, main style, main iframe, main img')", json!(0)).await;
        assert_eq!(hit, json!(true), "{:?}", record.lead.field("name"));
    }
    window.inspect("lead").await;

    // A search finds, and an erasure needs the digits.
    open(&window, &server, "/leads?q=constructor").await;
    window.click("td a").await;
    window.write("input[name=confirm]", "0000").await;
    window.click("button.danger").await;
    window.says("[role=alert]", "Nothing was erased").await;
    let _ = window.complaints().await;
    window.write("input[name=confirm]", "0106").await;
    window.click("button.danger").await;
    window.says("h1", "Leads").await;
    open(&window, &server, "/leads?q=constructor").await;
    window.says(".empty-title", "Nobody is found").await;
    window.close().await;
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_is_verified_and_the_system_is_managed_in_the_browser() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let server = Server::sandbox().await;
    let lead = json!({ "phone": "+13125550142", "name": "Ada", "consent": crate::web::consent() });
    assert_eq!(server.post("/v1/leads", lead).await.status, 201);
    let window = chromium.window().await;
    sign_in(&window, &server).await;
    open(&window, &server, "/consent?phone=312-555-0142").await;
    window.says("blockquote", "Text me about test drives").await;
    window.click("form[action='/consent/verify'] button").await;
    window
        .says("#verification", "All 1 rows are as they were written")
        .await;
    window.inspect("consent").await;
    let export = "const done = arguments[arguments.length - 1];
        fetch('/consent/export.csv').then(r => r.text()).then(done)";
    let export = window.run_async(export, json!(0)).await;
    assert_eq!(export.as_str().unwrap().lines().count(), 2, "{export}");

    open(&window, &server, "/system").await;
    window
        .write("form[action='/system/users'] input[name=name]", "bob")
        .await;
    window.click("form[action='/system/users'] button").await;
    window.says(".handed-text", "/welcome/").await;
    window.inspect("handed").await;
    open(&window, &server, "/system").await;
    window.says("#users td", "invited").await;
    window
        .write("form[action='/system/keys'] input[name=name]", "crm")
        .await;
    window.click("form[action='/system/keys'] button").await;
    window.says(".handed-text", "rt_").await;
    open(&window, &server, "/system").await;
    window
        .click("form[action='/system/keys/crm/revoke'] button")
        .await;
    window.says("#keys td", "revoked").await;
    window.inspect("system").await;
    open(&window, &server, "/system/audit").await;
    window.says("td", "POST /system/keys").await;
    window.inspect("audit").await;
    let query = AuditQuery {
        actor: Some("owner".into()),
        limit: 50,
        ..AuditQuery::default()
    };
    let acts = server.store.audit(&query).unwrap();
    assert!(
        acts.iter().any(|row| row.act == "GET /consent/export.csv"),
        "{acts:?}"
    );

    // An auditor sees all of it and changes none.
    let auditor = chromium.window().await;
    auditor.be(server.key(Role::Auditor)).await;
    open(&auditor, &server, "/system").await;
    auditor.says("h1", "System").await;
    let forms = auditor
        .run(
            "return document.querySelectorAll('main form').length",
            json!(0),
        )
        .await;
    assert_eq!(forms, json!(0));
    auditor.close().await;
    window.close().await;
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_imported_by_a_browser_that_runs_no_script() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let server = Server::sandbox().await;
    let window = chromium.window().await;
    sign_in(&window, &server).await;
    window.without_script().await;
    let folder = tempfile::tempdir().unwrap();
    let (bad, good) = (
        folder.path().join("bad.csv"),
        folder.path().join("good.csv"),
    );
    std::fs::write(&bad, "name\nAda\n").unwrap();
    std::fs::write(&good, "phone,name\n312-555-0142,Ada\n12,Bo\n").unwrap();

    open(&window, &server, "/import").await;
    window.write("#file", bad.to_str().unwrap()).await;
    window.click("#upload button").await;
    // Told on the page, where another file can be chosen at once.
    window.says("#columns [role=alert], #wrong", "phone").await;
    let _ = window.complaints().await;
    open(&window, &server, "/import").await;
    window.write("#file", good.to_str().unwrap()).await;
    window.click("#upload button").await;
    window.says("h1", "good.csv").await;
    window.says("h2", "The first rows").await;
    window.write("textarea[name=consent]", "Yes, text me").await;
    window.click("#columns button.primary").await;
    for _ in 0..50 {
        if window.text("main").await.contains("1 of 2 rows") {
            break;
        }
        let again = window.run("return location.href", json!(0)).await;
        window.open(again.as_str().unwrap()).await;
    }
    window.says("[role=status]", "1 of 2 rows").await;
    let lead = server.store.lead("+13125550142".parse().unwrap()).unwrap();
    assert!(lead.unwrap().standing.may_be_texted());

    // A form without a file, and one that is not a form, are told so.
    for (kind, body, says) in [
        (
            "multipart/form-data; boundary=x",
            "--x--\r\n",
            "choose a file first",
        ),
        (
            "multipart/form-data; boundary=x",
            "--x\r\nbroken",
            "cannot be read",
        ),
        ("multipart/form-data", "", "cannot be read"),
    ] {
        let request = server.client.post(server.url("/import"));
        let request = request
            .bearer_auth(server.key(Role::Admin))
            .header("content-type", kind);
        let got = server.send(request.body(body)).await;
        assert!((400..500).contains(&got.status), "{kind}: {}", got.status);
        assert!(got.text.contains(says), "{kind}: {}", got.text);
    }
    window.close().await;
    server.running.stop().await;
}
