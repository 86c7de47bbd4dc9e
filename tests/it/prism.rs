//! Prism, which we did not write, judges what we send to Twilio by Twilio's official OpenAPI.
//!
//! Needs Prism under `REPLYTREE_PRISM`, else target/prism, and beside it Twilio's
//! `twilio_api_v2010.json`; `.ci/run` puts both there. Without them the test says that it was skipped,
//! and why; with `REPLYTREE_SDK=required` it fails instead.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use replytree::carrier::{self, HttpAnswer, HttpRequest, OutgoingSms, Sent, Settings};
use replytree::lead::Name;
use replytree::time::Timestamp;
use serde_json::{Value, json};

const MESSAGES: &str = "/2010-04-01/Accounts/{AccountSid}/Messages.json";
const STARTS_WITHIN: Duration = Duration::from_secs(60);

fn folder() -> PathBuf {
    std::env::var_os("REPLYTREE_PRISM").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/prism"),
        PathBuf::from,
    )
}

/// Twilio's description cut to what we use, since all of it takes Prism long to read. It does not say
/// how a list is written in a form; Twilio's own libraries repeat the field.
fn description(folder: &Path) -> Option<PathBuf> {
    let whole = std::fs::read(folder.join("twilio_api_v2010.json")).ok()?;
    let mut spec: Value = serde_json::from_slice(&whole).unwrap();
    let mut path = spec["paths"][MESSAGES].take();
    let form = "/post/requestBody/content/application~1x-www-form-urlencoded";
    path.pointer_mut(form).unwrap()["encoding"] =
        json!({ "MediaUrl": { "style": "form", "explode": true } });
    spec["paths"] = json!({ MESSAGES: path });
    let cut = folder.join(format!("messages-{}.json", std::process::id()));
    std::fs::write(&cut, spec.to_string()).unwrap();
    Some(cut)
}

struct Prism {
    child: Child,
    base: String,
    description: PathBuf,
}

impl Prism {
    async fn start() -> Result<Self, String> {
        let folder = folder();
        let prism = folder.join("node_modules/.bin/prism");
        if !prism.exists() {
            return Err(format!("there is no {}", prism.display()));
        }
        let description = description(&folder)
            .ok_or_else(|| format!("{} has no twilio_api_v2010.json", folder.display()))?;
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let child = Command::new(prism)
            .args(["mock", "-h", "127.0.0.1", "-p", &port.to_string()])
            .arg(&description)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let prism = Self {
            child,
            base: format!("http://127.0.0.1:{port}"),
            description,
        };
        let began = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .is_err()
        {
            assert!(began.elapsed() < STARTS_WITHIN, "Prism does not start");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(prism)
    }

    async fn judge(&self, request: &HttpRequest) -> HttpAnswer {
        let method = reqwest::Method::from_bytes(request.method.as_bytes()).unwrap();
        let mut sending = reqwest::Client::new().request(method, &request.url);
        for (name, value) in &request.headers {
            sending = sending.header(name, value);
        }
        let answer = sending.body(request.body.clone()).send().await.unwrap();
        HttpAnswer {
            status: answer.status().as_u16(),
            headers: Vec::new(),
            body: answer.bytes().await.unwrap().to_vec(),
        }
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.description);
    }
}

fn request(base: &str, more: &[(&str, &str)], text: &str, media: &[String]) -> HttpRequest {
    let account = format!("AC{}", "0123456789abcdef".repeat(2));
    let mut values: BTreeMap<Name, String> = BTreeMap::new();
    values.insert("account".into(), account);
    values.insert("secret".into(), "an auth token".to_string());
    for (key, value) in more {
        values.insert(Name::from(*key), (*value).to_string());
    }
    let settings = Settings {
        values: &values,
        api: Some(base),
    };
    let message = OutgoingSms {
        effect: "rt-13125550142-7".parse().unwrap(),
        to: "+13125550142",
        from: Some("+13125550100"),
        text,
        media,
        status_url: Some("https://text.example/hooks/main/status?effect=rt-13125550142-7"),
    };
    let twilio = carrier::find("twilio").unwrap();
    twilio
        .send(&settings, &message, Timestamp::from_ms(0))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_send_is_what_twilios_own_description_asks_for() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let prism = match Prism::start().await {
        Ok(prism) => prism,
        Err(why) => {
            let required = std::env::var("REPLYTREE_SDK").is_ok_and(|value| value == "required");
            assert!(!required, "Prism is required: {why}");
            println!("skipped: {why}");
            return;
        }
    };
    let service = format!("MG{}", "a1".repeat(16));
    let key = format!("SK{}", "b2".repeat(16));
    let pictures = |n: usize| -> Vec<String> {
        (0..n)
            .map(|n| format!("https://m.example/{n}.jpg?a=1&b=2"))
            .collect()
    };
    let by_service: &[(&str, &str)] = &[("profile", &service)];
    let by_key: &[(&str, &str)] = &[("api_key", &key), ("api_secret", "s")];
    for (case, more, text, media) in [
        (
            "a text",
            &[][..],
            "Hi Ada, reply 1 for yes & STOP to opt out",
            0,
        ),
        (
            "signs and emoji",
            &[],
            "Hé Ana + co, 100 % = 5 € 👍\nbye",
            0,
        ),
        ("a service", by_service, "Hi", 0),
        ("an API key", by_key, "Hi", 0),
        ("a picture", &[], "Look", 1),
        ("pictures alone", &[], "", 3),
    ] {
        let request = request(&prism.base, more, text, &pictures(media));
        let answer = prism.judge(&request).await;
        let said = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, 201, "{case}: {said}");
        let sent = carrier::find("twilio").unwrap().outcome(&answer);
        assert!(
            matches!(sent, Sent::Accepted { id: Some(_) }),
            "{case}: {sent:?} {said}"
        );
    }
    // That it judges at all.
    let good = request(&prism.base, &[], "Hi", &[]);
    let without = |name: &str| {
        let headers = good.headers.iter().filter(|(known, _)| known != name);
        HttpRequest {
            headers: headers.cloned().collect(),
            ..good.clone()
        }
    };
    let body = |body: &str| HttpRequest {
        body: body.as_bytes().to_vec(),
        ..good.clone()
    };
    for (case, request, status) in [
        ("without credentials", without("authorization"), 401),
        (
            "without a recipient",
            body("From=%2B13125550100&Body=Hi"),
            422,
        ),
        (
            "a wrong status address",
            body("To=%2B1&StatusCallback=not+a+url"),
            422,
        ),
        (
            "another account",
            HttpRequest {
                url: good.url.replace("AC0", "XX0"),
                ..good.clone()
            },
            422,
        ),
    ] {
        assert_eq!(prism.judge(&request).await.status, status, "{case}");
    }
}
