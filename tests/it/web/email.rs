//! Email in and out of the sandbox: answers that move the conversation they belong to, bounces,
//! unsubscribing.

use std::sync::Arc;

use replytree::carrier::signing;
use replytree::store::{MemoryStore, SqliteStore, Store};
use serde_json::{Value, json};

use super::{Got, Server, consent, live};

const FLOW: &str = include_str!("../../data/web/email.yaml");
const SECRET: &str = "whsec_aW5ib3VuZCBzZWNyZXQ=";
const OTHER: &str = "another-inbound-secret";
const ADA: &str = "+13125550142";

async fn server(store: Arc<dyn Store>) -> Server {
    let text = super::WORKSPACE.to_string()
        + "email: { from: \"Northside <hello@northside.example>\", reply_to: in@reply.northside.example, \
           inbound_secret: [\"${ONE}\", \"${TWO}\"] }\n";
    let (workspace, problems) =
        replytree::flow::workspace::read("workspace.yaml", &text, &|name| {
            Some(if name == "ONE" { SECRET } else { OTHER }.to_string())
        });
    assert!(problems.is_empty(), "{problems:?}");
    let mut live = live(super::WORKSPACE, &[FLOW, super::NOTICE]);
    live.workspace = Arc::new(workspace);
    Server::start(store, live).await
}

async fn sandbox() -> Server {
    server(Arc::new(MemoryStore::new())).await
}

async fn enroll(server: &Server, phone: &str, email: &str) -> String {
    let body = json!({
        "flow": "by-mail",
        "lead": {
            "phone": phone, "name": "Ada", "email": email, "time_zone": "America/Chicago",
            "fields": { "model": "Roadster" }, "consent": consent(),
        },
    });
    let got = server.post("/v1/enrollments", body).await;
    assert_eq!(got.status, 202, "{}", got.text);
    got.body["conversation_id"].as_str().unwrap().to_string()
}

/// Enrolled, silent, and written to by email.
async fn escalated(server: &Server, phone: &str, email: &str) -> (String, Value) {
    let id = enroll(server, phone, email).await;
    server.wait("5h").await;
    let emails = emails(server, email).await;
    let last = emails.last().cloned();
    (id, last.unwrap_or_else(|| panic!("no email to {email}")))
}

async fn emails(server: &Server, to: &str) -> Vec<Value> {
    let got = server.bare_get(&format!("/sandbox/emails?to={to}")).await;
    got.body["data"].as_array().unwrap().clone()
}

async fn conversation(server: &Server, id: &str) -> Value {
    server.get(&format!("/v1/conversations/{id}")).await.body
}

async fn signed(server: &Server, body: &Value) -> Got {
    let body = body.to_string();
    let now = replytree::runtime::Clock::now(&replytree::runtime::WallClock);
    let mut request = server
        .client
        .post(format!("{}/hooks/email/inbound", server.base))
        .body(body.clone());
    for (name, value) in signing::sign(SECRET, "m1", now, body.as_bytes()).unwrap() {
        request = request.header(name, value);
    }
    server.send(request).await
}

fn answer(id: &str, email: &Value, text: &str) -> Value {
    json!({
        "id": id, "from": email["to"], "to": "in@reply.northside.example",
        "in_reply_to": format!("<{}>", email["message_id"].as_str().unwrap()), "text": text,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_by_email_moves_the_conversation_that_it_answers_once() {
    let server = sandbox().await;
    let (id, email) = escalated(&server, ADA, "ada@example.com").await;
    let text = email["text"].as_str().unwrap();
    assert!(text.contains("So far by text message"), "{text}");
    assert!(text.contains("buying a Roadster soon"), "{text}");
    let said =
        "Tuesday suits me\n\nOn Mon, 23 Nov 2026, Northside <in@r.example> wrote:\n> unsubscribe";
    let body = answer("<a1@mail.example>", &email, said);
    for _ in 0..3 {
        assert_eq!(signed(&server, &body).await.status, 200);
    }
    let found = conversation(&server, &id).await;
    assert_eq!(found["status"], "with_agent", "{found}");
    let replies: Vec<&Value> = found["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["type"] == "reply")
        .collect();
    assert_eq!(replies.len(), 1, "{found}");
    assert_eq!(replies[0]["text"], "Tuesday suits me");
    assert_eq!(replies[0]["by"], "email");
    assert_eq!(replies[0]["from"], Value::Null);
    assert!(
        found
            .to_string()
            .contains("answered by email: Tuesday suits me"),
        "{found}"
    );
    // Much later still the same.
    server.wait("20d").await;
    assert_eq!(signed(&server, &body).await.status, 200);
    let found = conversation(&server, &id).await;
    let by_email = found["timeline"].as_array().unwrap().iter();
    let by_email = by_email.filter(|item| item["type"] == "reply" && item["by"] == "email");
    assert_eq!(by_email.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_matched_by_what_only_our_letter_holds() {
    let server = sandbox().await;
    let (id, email) = escalated(&server, ADA, "ada@example.com").await;
    let message_id = email["message_id"].as_str().unwrap().to_string();
    let token = message_id.split(['.', '@']).nth(1).unwrap().to_string();
    // From alone, by a changed token, by the token of another use: none of ours.
    let mut wrong = token.clone().into_bytes();
    wrong[5] = if wrong[5] == b'a' { b'b' } else { b'a' };
    let wrong = String::from_utf8(wrong).unwrap();
    let unsubscribe = email["unsubscribe"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap();
    for (n, thread) in [
        "",
        "<x@y.example>",
        &format!("<rt.{wrong}@n.example>"),
        &format!("<rt.{unsubscribe}@n.example>"),
    ]
    .iter()
    .enumerate()
    {
        let body = json!({
            "id": format!("<f{n}@mail.example>"), "from": "ada@example.com",
            "to": "in@reply.northside.example", "in_reply_to": thread, "text": "yes",
        });
        assert_eq!(signed(&server, &body).await.status, 200, "{thread}");
        assert_eq!(
            conversation(&server, &id).await["status"],
            "waiting",
            "{thread}"
        );
    }
    // A machine's answer is none.
    let mut away = answer("<b1@mail.example>", &email, "I am out of office");
    away["automatic"] = json!(true);
    assert_eq!(signed(&server, &away).await.status, 200);
    assert_eq!(conversation(&server, &id).await["status"], "waiting");
    // The tagged address does where a provider rewrote the ids; from elsewhere too, which is kept.
    let body = json!({
        "id": "<c1@mail.example>", "from": "Bob <bob@else.example>", "text": "call me",
        "to": [format!("IN+{}@reply.northside.example", token.to_uppercase())],
        "references": ["<0100@email.amazonses.com>"],
    });
    assert_eq!(signed(&server, &body).await.status, 200);
    let found = conversation(&server, &id).await;
    assert_eq!(found["status"], "with_agent", "{found}");
    assert!(
        found.to_string().contains("\"from\":\"bob@else.example\""),
        "{found}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_posts_an_email_must_prove_it() {
    let server = sandbox().await;
    let (id, email) = escalated(&server, ADA, "ada@example.com").await;
    let message_id = email["message_id"].as_str().unwrap();
    let postmark = json!({
        "From": "ada@example.com", "FromFull": { "Email": "ada@example.com" }, "To": "x",
        "MessageID": "u-1", "TextBody": "Yes", "StrippedTextReply": "Yes",
        "Headers": [{ "Name": "In-Reply-To", "Value": format!("<{message_id}>") }],
    })
    .to_string();
    let url = format!("{}/hooks/email/inbound", server.base);
    let post = || server.client.post(&url).body(postmark.clone());
    let by_token = |token: &str| {
        let url = format!("{url}?token={token}");
        server.client.post(url).body(postmark.clone())
    };
    for (request, status) in [
        (post(), 403),
        (post().basic_auth("postmark", Some("wrong")), 403),
        (by_token("wrong"), 403),
        (post().header("webhook-signature", "v1,AAAA"), 403),
        (
            post()
                .header("webhook-signature", "v1,AAAA")
                .basic_auth("x", Some(OTHER)),
            403,
        ),
    ] {
        let got = server.send(request).await;
        assert_eq!(got.status, status, "{}", got.text);
    }
    assert_eq!(conversation(&server, &id).await["status"], "waiting");
    for request in [post().basic_auth("postmark", Some(OTHER)), by_token(OTHER)] {
        assert_eq!(server.send(request).await.status, 200);
    }
    assert_eq!(conversation(&server, &id).await["status"], "with_agent");
    let unreadable = server
        .client
        .post(&url)
        .basic_auth("x", Some(OTHER))
        .body("hi");
    assert_eq!(server.send(unreadable).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_with_a_large_attachment_is_taken_by_mailguns_own_signature() {
    use hmac::{Hmac, KeyInit, Mac};
    let server = sandbox().await;
    let (id, email) = escalated(&server, ADA, "ada@example.com").await;
    let message_id = format!("<{}>", email["message_id"].as_str().unwrap());
    let now = replytree::runtime::Clock::now(&replytree::runtime::WallClock);
    let timestamp = (now.as_ms() / 1000).to_string();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(OTHER.as_bytes()).unwrap();
    mac.update(format!("{timestamp}tok").as_bytes());
    let signature: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let form = |signature: &str| {
        let mut body = String::new();
        for (name, value) in [
            ("timestamp", timestamp.as_str()),
            ("token", "tok"),
            ("signature", signature),
            ("from", "ada@example.com"),
            ("recipient", "in@reply.northside.example"),
            ("Message-Id", "<g1@mail.example>"),
            ("In-Reply-To", &message_id),
            ("body-plain", "Yes, Tuesday"),
        ] {
            body += &format!(
                "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
        body += "--b\r\nContent-Disposition: form-data; name=\"attachment-1\"; filename=\"a.jpg\"\r\n\r\n";
        body += &"x".repeat(3 * 1024 * 1024);
        body + "\r\n--b--\r\n"
    };
    for (signature, status) in [("0".repeat(64), 403), (signature, 200)] {
        let request = server
            .client
            .post(format!("{}/hooks/email/inbound", server.base))
            .header("content-type", "multipart/form-data; boundary=b")
            .body(form(&signature));
        let got = server.send(request).await;
        assert_eq!(got.status, status, "{}", got.text);
    }
    assert_eq!(conversation(&server, &id).await["status"], "with_agent");
}

/// Both kinds of store keep who wants no mail.
async fn on_both(test: impl AsyncFn(Server)) {
    test(server(Arc::new(MemoryStore::new())).await).await;
    test(server(Arc::new(SqliteStore::in_memory().unwrap())).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unsubscribing_stops_marketing_emails_of_every_flow_and_no_texts() {
    on_both(async |server| {
        let (id, email) = escalated(&server, ADA, "ada@example.com").await;
        let link = email["unsubscribe"].as_str().unwrap().to_string();
        let path = link.strip_prefix("https://text.example").unwrap();
        // Opening the page, as mail scanners do, changes nothing.
        let page = server.bare_get(path).await;
        assert!(
            page.status == 200 && page.text.contains("<form method=\"post\">"),
            "{}",
            page.text
        );
        let lead = server.get(&format!("/v1/leads/{ADA}")).await;
        assert_eq!(lead.body["consent"]["email"]["unsubscribed"], Value::Null);
        for _ in 0..2 {
            let done = server.bare_post(path, "List-Unsubscribe=One-Click").await;
            assert_eq!(done.status, 200, "{}", done.text);
        }
        assert_eq!(server.bare_post("/u/aaaa", "").await.status, 404);
        let lead = server.get(&format!("/v1/leads/{ADA}")).await;
        assert_eq!(lead.body["consent"]["state"], "given", "{}", lead.text);
        assert!(
            lead.body["consent"]["email"]["unsubscribed"].is_string(),
            "{}",
            lead.text
        );
        let ledger = server.get(&format!("/v1/consents/{ADA}")).await;
        let rows = ledger.body["data"].as_array().unwrap();
        let told: Vec<(&str, &Value)> = rows
            .iter()
            .map(|row| (row["change"].as_str().unwrap(), &row["channel"]))
            .collect();
        assert_eq!(
            told,
            [("given", &json!("sms")), ("revoked", &json!("email"))]
        );
        assert_eq!(rows[1]["rule"], "one_click", "{}", ledger.text);
        // The texts of this flow go on; another flow goes its way without email, also for another
        // lead who has the same address, in whatever case.
        server
            .post(
                &format!("/v1/conversations/{id}/takeover"),
                json!({ "agent": "Dana" }),
            )
            .await;
        for phone in ["+13125550143", "+13125550144"] {
            let other = enroll(&server, phone, "Ada@Example.com").await;
            server.wait("5h").await;
            let found = conversation(&server, &other).await;
            assert_eq!(found["outcome"], "no-way", "{found}");
        }
        assert_eq!(emails(&server, "Ada@Example.com").await.len(), 0);
        // Asking for mail again, in person, is heard.
        let again = json!({
            "phone": "+13125550144", "kind": "marketing", "channel": "email", "source": "form",
            "wording": "Email me", "url": "https://x.example/form",
        });
        assert_eq!(server.post("/v1/consents", again).await.status, 201);
        let other = enroll(&server, "+13125550144", "ada@example.com").await;
        server.wait("5h").await;
        assert_eq!(conversation(&server, &other).await["status"], "waiting");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_counts_for_the_way_it_came_unless_it_says_more() {
    for (n, (by_email, text, texts, mails)) in [
        (true, "unsubscribe", "given", true),
        (true, "STOP", "given", true),
        (true, "stop texting me", "revoked", true),
        (true, "please stop all messages", "revoked", true),
        (false, "STOP", "revoked", false),
        (false, "stop emailing me", "revoked", true),
        (false, "STOP ALL", "revoked", true),
    ]
    .into_iter()
    .enumerate()
    {
        let server = sandbox().await;
        let (id, email) = escalated(&server, ADA, "ada@example.com").await;
        let got = match by_email {
            true => signed(&server, &answer(&format!("<o{n}@x.example>"), &email, text)).await,
            false => server.text(&format!("o{n}"), ADA, text).await,
        };
        assert_eq!(got.status, 200, "{}", got.text);
        let lead = server.get(&format!("/v1/leads/{ADA}")).await.body;
        let unsubscribed = lead["consent"]["email"]["unsubscribed"].is_string();
        assert_eq!(
            (lead["consent"]["state"].as_str().unwrap(), unsubscribed),
            (texts, mails),
            "{text} {by_email}"
        );
        let outcome = conversation(&server, &id).await["outcome"].clone();
        let expected = if texts == "revoked" {
            "opted_out"
        } else {
            "no-way"
        };
        assert_eq!(outcome, expected, "{text} {by_email}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bounce_or_a_complaint_ends_mail_to_the_address() {
    on_both(async |server| {
        let (id, email) = escalated(&server, ADA, "ada@example.com").await;
        let message_id = email["message_id"].as_str().unwrap();
        // Of another address than it was written to: nothing of this lead.
        let stray =
            json!({ "type": "bounce", "address": "eve@example.com", "message_id": message_id });
        assert_eq!(signed(&server, &stray).await.status, 200);
        assert_eq!(conversation(&server, &id).await["status"], "waiting");
        let bounced = json!([{
            "event": "bounce", "type": "bounce", "email": "ada@example.com",
            "smtp-id": format!("<{message_id}>"), "reason": "550 gone",
        }]);
        for _ in 0..2 {
            assert_eq!(signed(&server, &bounced).await.status, 200);
        }
        let found = conversation(&server, &id).await;
        assert_eq!(found["outcome"], "no-way", "{found}");
        let row = found["timeline"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["type"] == "email")
            .unwrap();
        assert_eq!(
            (&row["status"], &row["error"]),
            (&json!("undelivered"), &json!("550 gone"))
        );
        for address in ["ada@example.com", "eve@example.com"] {
            let next = enroll(&server, "+13125550145", address).await;
            server.wait("5h").await;
            assert_eq!(
                conversation(&server, &next).await["outcome"],
                "no-way",
                "{address}"
            );
        }
        // Another address of the same lead is tried.
        let (id, _) = escalated(&server, ADA, "ada@new.example").await;
        assert_eq!(conversation(&server, &id).await["status"], "waiting");
        // A complaint of which nothing but the address is known.
        let complaint = json!({ "RecordType": "SpamComplaint", "Email": "ADA@new.example" });
        assert_eq!(signed(&server, &complaint).await.status, 200);
        let ledger = server.get(&format!("/v1/consents/{ADA}")).await;
        let last = ledger.body["data"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()
            .clone();
        assert_eq!(
            (&last["change"], &last["rule"]),
            (&json!("revoked"), &json!("complaint"))
        );
        assert_eq!(last["channel"], "email", "{}", ledger.text);
    })
    .await;
}
