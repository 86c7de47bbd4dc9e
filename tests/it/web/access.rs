//! Who may do what: every route for every role, signing in, sessions, keys, and the audit log.

use replytree::lead::Name;
use replytree::store::{Account, Role};
use replytree::time::{Duration, Timestamp};
use replytree::web::console::pages;
use replytree::web::guard::Access;
use replytree::web::routes::{self, Method, Route};
use replytree::web::{accounts, new_key, one_time, password};
use serde_json::json;

use super::{Got, Server, consent, live};

use Role::{Admin, Agent, Auditor, Author};

const ADMIN: &[Role] = &[Admin];
const READERS: &[Role] = &[Admin, Auditor];
const SERVERS: &[Role] = &[Admin, Agent];
const ALL: &[Role] = &[Admin, Agent, Auditor, Author];

/// Which roles may use a route outside the sandbox, by method and path. A route that is not here fails
/// the test: whoever adds one says whose it is.
const MAY: &[(&str, &str, &[Role])] = &[
    ("post", "/v1/leads", ADMIN),
    ("get", "/v1/leads", SERVERS),
    ("get", "/v1/leads/{phone}", SERVERS),
    ("delete", "/v1/leads/{phone}", ADMIN),
    ("post", "/v1/enrollments", ADMIN),
    ("post", "/v1/events", ADMIN),
    ("get", "/v1/conversations", SERVERS),
    ("get", "/v1/conversations/{id}", SERVERS),
    ("post", "/v1/conversations/{id}/messages", SERVERS),
    ("post", "/v1/conversations/{id}/notes", SERVERS),
    ("post", "/v1/conversations/{id}/takeover", SERVERS),
    ("post", "/v1/conversations/{id}/release", SERVERS),
    ("get", "/v1/handoffs", SERVERS),
    ("post", "/v1/handoffs/{id}/claim", SERVERS),
    ("post", "/v1/handoffs/{id}/resolve", SERVERS),
    ("get", "/v1/consents/{phone}", READERS),
    ("post", "/v1/consents", ADMIN),
    ("get", "/v1/reports/flows", &[Admin, Auditor, Author]),
    ("get", "/v1/reports/flows/{flow}", &[Admin, Auditor, Author]),
    (
        "get",
        "/v1/reports/experiments/{name}",
        &[Admin, Auditor, Author],
    ),
    ("get", "/v1/flows", ALL),
    ("get", "/v1/flows/{flow}", ALL),
    ("get", "/v1/flows/{flow}/graph.svg", ALL),
    ("get", "/v1/channels", &[Admin, Auditor, Author]),
    ("post", "/v1/channels/{name}/resume", ADMIN),
    ("get", "/v1/flows/{flow}/replies", &[Admin, Auditor, Author]),
    ("get", "/v1/parked", READERS),
    ("post", "/v1/parked/{id}/retry", ADMIN),
    ("post", "/v1/parked/{id}/dismiss", ADMIN),
    ("post", "/v1/flows/{flow}/resume", ADMIN),
    ("post", "/v1/conversations/{id}/preview", SERVERS),
    ("post", "/v1/conversations/{id}/booking/cancel", SERVERS),
    ("get", "/v1/templates", SERVERS),
    ("post", "/v1/handoffs/{id}/decline", SERVERS),
    ("post", "/v1/handoffs/{id}/call", SERVERS),
    ("get", "/v1/agents", SERVERS),
    ("post", "/v1/agents/{name}/away", SERVERS),
    ("post", "/v1/agents/{name}/back", SERVERS),
    ("get", "/v1/stream", SERVERS),
    ("get", "/v1/audit", READERS),
    ("get", "/metrics", READERS),
    ("get", "/account", ALL),
    ("post", "/account/password", ALL),
    ("post", "/account/second", ALL),
    ("post", "/account/second/confirm", ALL),
    ("post", "/account/second/remove", ALL),
    ("post", "/account/sign-out", ALL),
    ("get", "/leads", SERVERS),
    ("get", "/leads/{phone}", SERVERS),
    ("post", "/leads/{phone}/erase", ADMIN),
    ("get", "/import", ADMIN),
    ("post", "/import", ADMIN),
    ("get", "/import/{id}", ADMIN),
    ("post", "/import/{id}/start", ADMIN),
    ("get", "/import/{id}/progress", ADMIN),
    ("get", "/import/{id}/refused.csv", ADMIN),
    ("get", "/consent", READERS),
    ("get", "/consent/export.csv", READERS),
    ("post", "/consent/verify", READERS),
    ("get", "/consent/verify", READERS),
    ("get", "/system", READERS),
    ("get", "/system/figures", READERS),
    ("get", "/system/doubt", READERS),
    ("get", "/system/audit", READERS),
    ("post", "/system/channels/{name}/resume", ADMIN),
    ("post", "/system/flows/{flow}/resume", ADMIN),
    ("post", "/system/parked/{id}/retry", ADMIN),
    ("post", "/system/parked/{id}/dismiss", ADMIN),
    ("post", "/system/users", ADMIN),
    ("post", "/system/users/{name}/disable", ADMIN),
    ("post", "/system/users/{name}/reset", ADMIN),
    ("post", "/system/sessions/end", ADMIN),
    ("post", "/system/keys", ADMIN),
    ("post", "/system/keys/{name}/revoke", ADMIN),
];

fn filled(path: &str) -> String {
    // An agent comes and goes by their own name alone: that of their key.
    path.replace("/v1/agents/{name}", "/v1/agents/agent")
        .replace("{phone}", "+13125550199")
        .replace("{id}", "none")
        .replace("{flow}", "none")
        .replace("{name}", "none")
}

async fn ask(server: &Server, route: &Route, key: Option<&str>) -> Got {
    let url = server.url(&filled(route.path));
    let request = match route.method {
        Method::Get => server.client.get(url),
        Method::Post => server.client.post(url).json(&json!({})),
        Method::Delete => server.client.delete(url),
    };
    let request = request.header("x-forwarded-for", "203.0.113.9");
    let request = match key {
        Some(key) => request.bearer_auth(key),
        None => request,
    };
    if route.path == "/v1/stream" {
        // It never ends: its head is enough.
        let answer = request.send().await.unwrap();
        return Got {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: json!(null),
            text: String::new(),
        };
    }
    server.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_lets_in_the_roles_of_the_table_and_nobody_else() {
    let store = std::sync::Arc::new(replytree::store::MemoryStore::new());
    let mut live = live(super::WORKSPACE, &[super::DRIVE]);
    live.sandbox = false;
    let server = Server::start(store, live).await;
    let mut told = 0;
    for route in routes::ALL.iter().chain(pages::ALL) {
        let guarded = match route.access {
            Access::Needs(_) | Access::MachineOr(_) | Access::Page(_) | Access::Member => true,
            // Those prove themselves what they must, or are not there outside the sandbox.
            Access::Open | Access::Sandbox(_) => false,
        };
        let name = (route.method.as_str(), route.path);
        let row = MAY
            .iter()
            .find(|(method, path, _)| (*method, *path) == name);
        assert_eq!(
            row.is_some(),
            guarded,
            "{name:?} is not in the table of roles"
        );
        let Some((.., may)) = row else {
            if matches!(route.access, Access::Sandbox(_)) {
                let got = ask(&server, route, Some(server.key(Admin))).await;
                assert_eq!(got.status, 404, "{name:?} outside the sandbox");
            }
            continue;
        };
        told += 1;
        for role in Role::ALL {
            let got = ask(&server, route, Some(server.key(role))).await;
            let refused = got.status == 403;
            assert_eq!(
                !refused,
                may.contains(&role),
                "{name:?} as {role:?}: {}",
                got.text
            );
        }
        for key in [None, Some("rt_no_such_key")] {
            let got = ask(&server, route, key).await;
            assert_eq!(got.status, 401, "{name:?} with {key:?}");
        }
    }
    assert_eq!(told, MAY.len(), "the table names a route that is not there");
    server.running.stop().await;
}

/// Pages that ask for their rights themselves, in the sandbox.
#[tokio::test(flavor = "multi_thread")]
async fn the_other_pages_let_in_the_roles_that_may_read_them() {
    let server = Server::sandbox().await;
    for (path, may) in [
        ("/inbox", &[Admin, Agent, Author][..]),
        ("/inbox/queue", &[Admin, Agent, Author]),
        ("/flows", ALL),
        ("/flows/drive", ALL),
        ("/figures", &[Admin, Auditor, Author]),
        ("/phone", &[Admin, Author]),
    ] {
        for role in Role::ALL {
            let request = server.client.get(server.url(path));
            let got = server.send(request.bearer_auth(server.key(role))).await;
            let lets_in = got.status == 200;
            assert_eq!(
                lets_in,
                may.contains(&role),
                "{path} as {role:?}: {}",
                got.status
            );
        }
        assert_eq!(server.bare_get(path).await.status, 401, "{path} for nobody");
    }
    server.running.stop().await;
}

const PASSWORD: &str = "correct horse battery";

async fn with_account(role: Role) -> Server {
    let server = Server::sandbox().await;
    let now = Timestamp::from_ms(0);
    let store = server.store.as_ref();
    accounts::add(store, "dana", role, now).unwrap();
    accounts::set_password(store, "dana", PASSWORD).unwrap();
    server
}

async fn submit(server: &Server, name: &str, password: &str, code: &str) -> Got {
    let origin = server.base.clone();
    let form = [
        ("name", name),
        ("password", password),
        ("code", code),
        ("next", "/leads"),
    ];
    let request = server
        .client
        .post(server.url("/sign-in"))
        .header("origin", origin);
    server
        .send(
            request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(encoded(&form)),
        )
        .await
}

fn encoded(form: &[(&str, &str)]) -> String {
    let plain = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte.is_ascii_alphanumeric() {
                true => char::from(byte).to_string(),
                false => format!("%{byte:02X}"),
            })
            .collect()
    };
    let pairs = form
        .iter()
        .map(|(name, value)| format!("{}={}", plain(name), plain(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn cookie(got: &Got) -> String {
    let header = got.headers["set-cookie"].to_str().unwrap();
    header.split(';').next().unwrap().to_string()
}

async fn page(server: &Server, path: &str, cookie: &str) -> Got {
    let request = server.client.get(server.url(path)).header("cookie", cookie);
    server.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_password_signs_in_and_a_wrong_one_says_no_more_than_that() {
    let server = with_account(Agent).await;
    let got = submit(&server, "dana", PASSWORD, "").await;
    assert_eq!(
        (got.status, got.headers["location"].to_str().unwrap()),
        (303, "/leads")
    );
    let header = got.headers["set-cookie"].to_str().unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(header.contains(part), "{header}");
    }
    let cookie = cookie(&got);
    assert_eq!(page(&server, "/leads", &cookie).await.status, 200);
    // An agent imports nothing and manages nobody.
    assert_eq!(page(&server, "/import", &cookie).await.status, 403);
    assert_eq!(page(&server, "/system", &cookie).await.status, 403);

    let mut said = Vec::new();
    for (name, password) in [
        ("dana", "wrong"),
        ("dana", ""),
        ("DANA", PASSWORD),
        ("nobody", PASSWORD),
        ("owner", PASSWORD),
        ("", ""),
    ] {
        let got = submit(&server, name, password, "").await;
        assert_eq!(got.status, 401, "{name} {password}");
        assert!(!got.headers.contains_key("set-cookie"));
        said.push(got.text);
    }
    said.dedup();
    assert_eq!(said.len(), 1, "a refusal tells which names there are");

    // From another site nobody signs anybody in.
    let form = encoded(&[("name", "dana"), ("password", PASSWORD)]);
    let request = server
        .client
        .post(server.url("/sign-in"))
        .header("origin", "https://evil.example");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(server.send(request.body(form)).await.status, 403);

    // A change by the session must come from our own pages too.
    let request = server.client.post(server.url("/account/second"));
    let request = request
        .header("cookie", &cookie)
        .header("origin", "https://evil.example");
    assert_eq!(server.send(request).await.status, 403);
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_or_reset_account_is_out_at_once() {
    let server = with_account(Agent).await;
    let (store, now) = (server.store.clone(), Timestamp::from_ms(0));
    let first = cookie(&submit(&server, "dana", PASSWORD, "").await);
    assert_eq!(page(&server, "/leads", &first).await.status, 200);
    accounts::disable(store.as_ref(), "dana", now).unwrap();
    assert_eq!(page(&server, "/leads", &first).await.status, 401);
    assert_eq!(submit(&server, "dana", PASSWORD, "").await.status, 401);

    let wall = Timestamp::from_jiff(jiff::Timestamp::now());
    let token = accounts::reset(store.as_ref(), "dana", wall).unwrap();
    let welcome = format!("/welcome/{token}");
    assert!(
        server
            .bare_get(&welcome)
            .await
            .text
            .contains("Welcome, dana")
    );
    let choose = async |password: &str, again: &str| {
        let form = encoded(&[("password", password), ("again", again)]);
        let request = server
            .client
            .post(server.url(&welcome))
            .header("origin", &server.base);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        server.send(request.body(form)).await
    };
    assert_eq!(choose("short", "short").await.status, 422);
    assert_eq!(
        choose("another long one", "another long two").await.status,
        422
    );
    let got = choose("another long one", "another long one").await;
    assert_eq!(got.status, 303, "{}", got.text);
    assert_eq!(page(&server, "/leads", &cookie(&got)).await.status, 200);
    assert_eq!(
        server.bare_get(&welcome).await.status,
        410,
        "the link works once"
    );
    assert_eq!(
        choose("a third long one", "a third long one").await.status,
        410
    );
    assert_eq!(
        submit(&server, "dana", "another long one", "").await.status,
        303
    );

    // The role counts as it is now.
    let account = store.account("dana").unwrap().unwrap();
    store
        .put_account(&Account {
            role: Auditor,
            ..account
        })
        .unwrap();
    assert_eq!(page(&server, "/leads", &cookie(&got)).await.status, 403);
    assert_eq!(page(&server, "/consent", &cookie(&got)).await.status, 200);
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_and_each_code_counts_once() {
    let server = with_account(Admin).await;
    let store = server.store.clone();
    let secret = [7; 20];
    let recovery = "abcde-fghij";
    let mut account = store.account("dana").unwrap().unwrap();
    account.second = Some(replytree::store::SecondFactor {
        secret,
        recovery: vec![one_time::recovery_hash(recovery)],
        used: 0,
    });
    store.put_account(&account).unwrap();
    let now = || Timestamp::from_jiff(jiff::Timestamp::now());
    assert_eq!(submit(&server, "dana", PASSWORD, "").await.status, 401);
    assert_eq!(
        submit(&server, "dana", PASSWORD, "000000").await.status,
        401
    );
    let code = one_time::now(&secret, now());
    assert_eq!(submit(&server, "dana", "wrong", &code).await.status, 401);
    assert_eq!(submit(&server, "dana", PASSWORD, &code).await.status, 303);
    assert_eq!(
        submit(&server, "dana", PASSWORD, &code).await.status,
        401,
        "again"
    );
    assert_eq!(
        submit(&server, "dana", PASSWORD, "ABCDE FGHIJ")
            .await
            .status,
        303
    );
    assert_eq!(
        submit(&server, "dana", PASSWORD, recovery).await.status,
        401,
        "again"
    );
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tries_at_one_account_are_told_to_wait_and_others_are_not() {
    let server = with_account(Agent).await;
    let mut waits = None;
    for n in 0..20 {
        let got = submit(&server, "dana", "wrong", "").await;
        if got.status == 429 {
            waits = Some((
                n,
                got.headers["retry-after"]
                    .to_str()
                    .unwrap()
                    .parse::<u32>()
                    .unwrap(),
            ));
            break;
        }
        assert_eq!(got.status, 401);
    }
    let (tries, seconds) = waits.expect("it never said 429");
    assert!(
        tries <= 10 && (1..=900).contains(&seconds),
        "{tries} tries, {seconds} s"
    );
    assert_eq!(
        submit(&server, "dana", PASSWORD, "").await.status,
        429,
        "the right one too"
    );
    assert_eq!(
        submit(&server, "eve", "wrong", "").await.status,
        401,
        "another account"
    );
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_when_it_was_said_to_and_keeps_to_its_rate() {
    let server = Server::sandbox().await;
    let store = server.store.clone();
    let now = Timestamp::from_jiff(jiff::Timestamp::now());
    let call = async |key: &str| {
        let request = server.client.get(server.url("/v1/flows")).bearer_auth(key);
        server.send(request).await
    };
    let make = |name: &str| new_key(Name::from(name), Role::Author, now).unwrap();
    let (ended, mut kept) = make("ended");
    kept.expires = Some(now - Duration::secs(1));
    store.add_key(&kept).unwrap();
    assert_eq!(call(&ended).await.status, 401);
    let (slow, mut kept) = make("slow");
    kept.per_minute = Some(3);
    kept.expires = Some(now + Duration::hours(1));
    store.add_key(&kept).unwrap();
    for _ in 0..3 {
        assert_eq!(call(&slow).await.status, 200);
    }
    let got = call(&slow).await;
    assert_eq!(got.status, 429);
    let wait: u32 = got.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    server.running.stop().await;
    let used = store.find_key(&kept.hash).unwrap().unwrap().used;
    assert!(used.is_some_and(|at| at >= now), "its last use is noted");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_tells_who_read_and_did_what_and_holds_no_number() {
    let server = with_account(Agent).await;
    let phone = "+13125550147";
    let lead = json!({ "phone": phone, "name": "Ada Lovelace", "consent": consent() });
    assert_eq!(server.post("/v1/leads", lead).await.status, 201);
    server.get(&format!("/v1/leads/{phone}")).await;
    assert_eq!(
        server
            .post_as(Auditor, "/v1/leads", json!({ "phone": phone }))
            .await
            .status,
        403
    );
    submit(&server, "dana", "wrong", "").await;
    let cookie = cookie(&submit(&server, "dana", PASSWORD, "").await);
    page(&server, "/inbox", &cookie).await;
    page(&server, "/leads/ld_0030f9c4b113", &cookie).await;

    let got = server.get("/v1/audit?limit=100").await;
    let rows = got.body["data"].as_array().unwrap().clone();
    let has = |actor: &str, act: &str, status: u16| {
        let found = rows
            .iter()
            .find(|row| row["actor"] == actor && row["act"] == act);
        let found = found.unwrap_or_else(|| panic!("{actor} {act} is not in {rows:#?}"));
        assert_eq!(found["status"], status, "{actor} {act}");
        found.clone()
    };
    let told = has("admin", "POST /v1/leads", 201);
    let read = has("admin", "GET /v1/leads/{phone}", 200);
    assert_eq!(told["lead"], read["lead"]);
    assert!(read["lead"].is_string());
    has("auditor", "POST /v1/leads", 403);
    has("dana", "sign-in refused", 401);
    has("dana", "signed in", 200);
    has("dana", "GET /inbox", 200);
    has("dana", "GET /leads/{phone}", 404);
    for secret in ["3125550147", "Ada", PASSWORD, "wrong"] {
        assert!(!got.text.contains(secret), "{secret} in {}", got.text);
    }
    let of_lead = server.get("/v1/audit?phone=%2B13125550147").await;
    let of_lead = of_lead.body["data"].as_array().unwrap().len();
    assert_eq!(of_lead, 2);
    let of_dana = server.get("/v1/audit?actor=dana&limit=1").await;
    assert_eq!(of_dana.body["data"].as_array().unwrap().len(), 1);
    assert!(of_dana.body["next"].is_string());
    let next = of_dana.body["next"].as_str().unwrap();
    let older = server
        .get(&format!("/v1/audit?actor=dana&limit=1&cursor={next}"))
        .await;
    assert_ne!(older.body["data"][0]["act"], of_dana.body["data"][0]["act"]);
    server.running.stop().await;
}

/// What `password` and `accounts` refuse, as people are told.
#[test]
fn accounts_are_refused_in_words() {
    let store = replytree::store::MemoryStore::new();
    let now = Timestamp::from_ms(0);
    let said = |name: &str| accounts::add(&store, name, Admin, now).map_err(|e| e.to_string());
    assert!(said("dana").is_ok());
    for (name, want) in [
        ("dana", "there is an account `dana` already"),
        ("", "is not a name for an account"),
        ("<b>", "is not a name for an account"),
    ] {
        let got = said(name).unwrap_err();
        assert!(got.contains(want), "{got}");
    }
    accounts::set_password(&store, "dana", PASSWORD).unwrap();
    assert!(password::check("short", "dana").is_err());
    let last = accounts::disable(&store, "dana", now)
        .unwrap_err()
        .to_string();
    assert!(last.contains("last admin"), "{last}");
}
