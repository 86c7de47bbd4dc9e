//! The server over a loopback socket: what a carrier, a program and an agent see.

mod access;
mod agents;
mod api;
mod channels;
pub mod doubt;
mod faults;
mod email;
mod figures;
mod hooks;
mod life;
mod notes;
pub mod parked;
mod load;
mod provider;
mod preferences;
mod sending;

use std::sync::Arc;
use std::time::Duration;

use replytree::flow::{self, Source, workspace};
use replytree::lead::Name;
use replytree::runtime::Live;
use replytree::store::{MemoryStore, Role, Store};
use replytree::time::Timestamp;
use replytree::web::{Running, ServeOptions, bind, new_key, start};
use serde_json::{Value, json};

pub const WORKSPACE: &str = include_str!("../data/web/workspace.yaml");
pub const DRIVE: &str = include_str!("../data/web/drive.yaml");
pub const NOTICE: &str = include_str!("../data/web/notice.yaml");

pub struct Server {
    pub running: Running,
    pub base: String,
    pub client: reqwest::Client,
    pub store: Arc<dyn Store>,
    keys: Vec<(Role, String)>,
}

pub struct Got {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
    pub text: String,
}

pub fn live(workspace: &str, flows: &[&str]) -> Live {
    let (workspace, problems) = workspace::read("workspace.yaml", workspace, &|_| None);
    assert!(problems.is_empty(), "{problems:?}");
    let sources: Vec<Source> = flows
        .iter()
        .enumerate()
        .map(|(n, text)| Source {
            file: format!("{n}.yaml"),
            text: (*text).to_string(),
        })
        .collect();
    let compiled = flow::compile(&workspace, &sources);
    let errors: Vec<_> = compiled
        .diagnostics
        .iter()
        .filter(|d| d.is_error())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    Live {
        workspace: Arc::new(workspace),
        flows: compiled
            .flows
            .into_iter()
            .map(|flow| (flow.name.clone(), flow))
            .collect(),
        diagnostics: Vec::new(),
        sources: Vec::new(),
        sandbox: true,
        public_url: "https://text.example".to_string(),
    }
}

impl Server {
    pub async fn sandbox() -> Self {
        Self::start(
            Arc::new(MemoryStore::new()),
            live(WORKSPACE, &[DRIVE, NOTICE]),
        )
        .await
    }

    pub async fn with_workspace(workspace: &str) -> Self {
        let mut live = live(workspace, &[DRIVE, NOTICE]);
        live.sandbox = false;
        Self::start(Arc::new(MemoryStore::new()), live).await
    }

    pub async fn start(store: Arc<dyn Store>, live: Live) -> Self {
        Self::start_watching(store, live, None).await
    }

    pub async fn start_watching(
        store: Arc<dyn Store>,
        live: Live,
        reload: Option<replytree::runtime::reload::Reload>,
    ) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut keys = Vec::new();
        for role in Role::ALL {
            let name = Name::from(role.as_str());
            let (key, kept) = new_key(name, role, Timestamp::from_ms(0)).unwrap();
            store.add_key(&kept).unwrap();
            keys.push((role, key));
        }
        let options = ServeOptions {
            store: store.clone(),
            live,
            reload,
        };
        let running = start(bind("127.0.0.1:0").await.unwrap(), options)
            .await
            .unwrap();
        Self {
            base: format!("http://{}", running.address),
            running,
            client: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .timeout(Duration::from_secs(20))
                .build()
                .unwrap(),
            store,
            keys,
        }
    }

    pub fn key(&self, role: Role) -> &str {
        &self
            .keys
            .iter()
            .find(|(known, _)| *known == role)
            .unwrap()
            .1
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Got {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let text = answer.text().await.unwrap();
        Got {
            status,
            headers,
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// As an admin.
    pub async fn get(&self, path: &str) -> Got {
        let request = self
            .client
            .get(self.url(path))
            .bearer_auth(self.key(Role::Admin));
        self.send(request).await
    }

    pub async fn delete(&self, path: &str) -> Got {
        let request = self.client.delete(self.url(path));
        self.send(request.bearer_auth(self.key(Role::Admin))).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Got {
        let request = self
            .client
            .post(self.url(path))
            .bearer_auth(self.key(Role::Admin));
        self.send(request.json(&body)).await
    }

    pub async fn post_as(&self, role: Role, path: &str, body: Value) -> Got {
        let request = self.client.post(self.url(path)).bearer_auth(self.key(role));
        self.send(request.json(&body)).await
    }

    /// Without any key.
    pub async fn bare_get(&self, path: &str) -> Got {
        self.send(self.client.get(self.url(path))).await
    }

    pub async fn bare_post(&self, path: &str, body: impl Into<reqwest::Body>) -> Got {
        self.send(self.client.post(self.url(path)).body(body)).await
    }

    pub async fn text(&self, id: &str, from: &str, text: &str) -> Got {
        let body = json!({ "id": id, "from": from, "to": "+13125550100", "text": text });
        self.bare_post("/hooks/main/inbound", body.to_string())
            .await
    }

    /// Moves the sandbox's clock.
    pub async fn wait(&self, by: &str) {
        let got = self
            .bare_post("/sandbox/clock", json!({ "advance": by }).to_string())
            .await;
        assert_eq!(got.status, 200, "{}", got.text);
    }

    /// The texts sent to a number so far.
    pub async fn texts(&self, to: &str) -> Vec<String> {
        let got = self.bare_get(&format!("/sandbox/messages?to={to}")).await;
        let data = got.body["data"]
            .as_array()
            .unwrap_or_else(|| panic!("{}", got.text));
        data.iter()
            .map(|m| m["text"].as_str().unwrap().to_string())
            .collect()
    }

    /// Puts a lead who consented into the flow `drive`.
    pub async fn enroll(&self, phone: &str) -> String {
        let got = self.post("/v1/enrollments", enrollment(phone)).await;
        assert_eq!(got.status, 202, "{}", got.text);
        got.body["conversation_id"].as_str().unwrap().to_string()
    }
}

pub fn enrollment(phone: &str) -> Value {
    json!({
        "flow": "drive",
        "lead": {
            "phone": phone, "name": "Ada", "email": "ada@example.com",
            "time_zone": "America/Chicago",
            "fields": { "model": "Roadster" },
            "consent": consent(),
        },
    })
}

pub fn consent() -> Value {
    json!({
        "kind": "marketing", "source": "landing page", "wording": "Text me about test drives",
        "at": "2026-01-02T03:04:05Z", "ip": "203.0.113.9", "url": "https://x.example/form",
    })
}
