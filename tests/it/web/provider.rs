//! A provider that fails in twelve ways, and carriers' own signatures, made here by hand.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const TOKEN: &str = "twilio-auth-token";
pub const PUBLIC_URL: &str = "https://text.example";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    ServerError,
    TooMany,
    Unauthorized,
    TimeOut,
    Slow,
    ResetBefore,
    ResetAfter,
    LostAnswer,
    Garbage,
    Redirect,
    HugeBody,
    ReceiptFirst,
}

pub const FAULTS: [(Fault, &str); 12] = [
    (Fault::ServerError, "f500"),
    (Fault::TooMany, "f429"),
    (Fault::Unauthorized, "f401"),
    (Fault::TimeOut, "timeout"),
    (Fault::Slow, "slow"),
    (Fault::ResetBefore, "resetbefore"),
    (Fault::ResetAfter, "resetafter"),
    (Fault::LostAnswer, "lost"),
    (Fault::Garbage, "garbage"),
    (Fault::Redirect, "redirect"),
    (Fault::HugeBody, "huge"),
    (Fault::ReceiptFirst, "receipt"),
];

/// How many requests of each path meet its fault, before the provider is well again.
pub const FAULTY: usize = 4;

/// One request that came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    pub to: String,
    pub key: Option<String>,
    /// The provider did not take it, and its answer said so.
    pub refused: bool,
}

pub struct Provider {
    pub address: SocketAddr,
    pub seen: Mutex<Vec<Seen>>,
    counts: Mutex<HashMap<String, usize>>,
    /// The requests that it lets wait for an answer right now, by the order in which they came.
    held: Mutex<BTreeSet<usize>>,
    holds: AtomicUsize,
    /// Where our server is, for receipts.
    pub ours: OnceLock<String>,
    client: reqwest::Client,
}

impl Provider {
    pub async fn start() -> Arc<Self> {
        // Another test may have been first; both are well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Arc::new(Self {
            address: listener.local_addr().unwrap(),
            seen: Mutex::default(),
            counts: Mutex::default(),
            held: Mutex::default(),
            holds: AtomicUsize::new(0),
            ours: OnceLock::new(),
            client: reqwest::Client::new(),
        });
        let serving = provider.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let provider = serving.clone();
                tokio::spawn(async move { provider.serve(stream).await });
            }
        });
        provider
    }

    async fn serve(&self, mut stream: TcpStream) {
        let Some((path, headers, mut body)) = read_head(&mut stream).await else {
            return;
        };
        let name = path.split('/').nth(1).unwrap_or("").to_string();
        let fault = FAULTS.iter().find(|(_, known)| *known == name);
        let count = {
            let mut counts = self.counts.lock().unwrap();
            let count = counts.entry(path.clone()).or_default();
            *count += 1;
            *count
        };
        let faulty = fault
            .map(|(fault, _)| *fault)
            .filter(|fault| count <= FAULTY || *fault == Fault::ReceiptFirst);
        let len: usize = header(&headers, "content-length")
            .and_then(|len| len.parse().ok())
            .unwrap_or(0);
        if faulty == Some(Fault::ResetBefore) {
            // The text itself is not read: it is known only by what came with the head.
            self.note(&path, &headers, &body, false);
            return reset(stream);
        }
        while body.len() < len {
            let mut more = [0; 4096];
            match stream.read(&mut more).await {
                Ok(0) | Err(_) => return,
                Ok(n) => body.extend_from_slice(&more[..n]),
            }
        }
        let refused = matches!(
            faulty,
            Some(Fault::TooMany | Fault::Unauthorized | Fault::Redirect)
        );
        let id = self.note(&path, &headers, &body, refused);
        let well = well(&path, &id);
        let send = |status: &str, extra: &str, body: &str| {
            format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{extra}\
                 content-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            )
        };
        let answer = match faulty {
            None => send("201 Created", "", &well),
            Some(Fault::ServerError) => send("500 Internal Server Error", "", "oops"),
            Some(Fault::TooMany) => send("429 Too Many Requests", "retry-after: 1\r\n", "{}"),
            Some(Fault::Unauthorized) => send("401 Unauthorized", "", "{}"),
            Some(Fault::Redirect) => {
                let to = format!("location: http://{}/elsewhere\r\n", self.address);
                send("302 Found", &to, "")
            }
            Some(Fault::TimeOut) => {
                self.hold(Duration::from_secs(12)).await;
                return;
            }
            Some(Fault::Slow) => {
                self.hold(Duration::from_secs(3)).await;
                send("201 Created", "", &well)
            }
            Some(Fault::ResetAfter) => {
                let half = "HTTP/1.1 201 Created\r\ncontent-length: 99\r\n\r\n{";
                let _ = stream.write_all(half.as_bytes()).await;
                return reset(stream);
            }
            Some(Fault::LostAnswer) => return,
            Some(Fault::Garbage) => "\u{0}\u{1}nonsense\r\n\r\n".to_string(),
            Some(Fault::HugeBody) => send("201 Created", "", &"x".repeat(200_000)),
            Some(Fault::ReceiptFirst) => {
                self.receipt(&path, &body, &id).await;
                send("201 Created", "", &well)
            }
            Some(Fault::ResetBefore) => unreachable!("answered above"),
        };
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    }

    /// Lets the request wait.
    async fn hold(&self, how_long: Duration) {
        let n = {
            let mut held = self.held.lock().unwrap();
            let n = self.holds.fetch_add(1, Ordering::Relaxed);
            held.insert(n);
            n
        };
        tokio::time::sleep(how_long).await;
        self.held.lock().unwrap().remove(&n);
    }

    pub fn held(&self) -> BTreeSet<usize> {
        self.held.lock().unwrap().clone()
    }

    /// Notes a request; its id as the provider gives it.
    fn note(&self, path: &str, headers: &str, body: &[u8], refused: bool) -> String {
        let mut seen = self.seen.lock().unwrap();
        seen.push(Seen {
            path: path.to_string(),
            to: field(body, "To")
                .or_else(|| member(body, "to"))
                .unwrap_or_default(),
            key: header(headers, "idempotency-key").map(str::to_string),
            refused,
        });
        sid(seen.len())
    }

    async fn receipt(&self, path: &str, body: &[u8], id: &str) {
        let ours = self.ours.get().unwrap();
        let request = if path.contains("/v2/") {
            let url = member(body, "webhook_url").unwrap();
            let json: Value = serde_json::from_slice(body).unwrap();
            let told = json!({ "data": { "event_type": "message.finalized", "payload": {
                "id": id, "tags": json["tags"],
                "to": [{ "phone_number": json["to"], "status": "delivered" }],
            }}});
            telnyx_request(&self.client, ours, &url, &told)
        } else {
            let url = field(body, "StatusCallback").unwrap();
            let to = field(body, "To").unwrap();
            let fields = [
                ("MessageSid", id),
                ("MessageStatus", "delivered"),
                ("To", &to),
            ];
            twilio_request(&self.client, ours, &url, &fields)
        };
        let answer = request.send().await.unwrap();
        assert_eq!(
            answer.status().as_u16(),
            200,
            "{}",
            answer.text().await.unwrap()
        );
    }
}

fn well(path: &str, id: &str) -> String {
    match path.contains("/v2/") {
        true => json!({ "data": { "id": id } }).to_string(),
        false => json!({ "sid": id, "status": "queued" }).to_string(),
    }
}

/// As Twilio's: two letters and 32 hex digits.
pub fn sid(n: usize) -> String {
    format!("SM{n:032x}")
}

fn reset(stream: TcpStream) {
    let _ = stream.set_zero_linger();
}

async fn read_head(stream: &mut TcpStream) -> Option<(String, String, Vec<u8>)> {
    let mut got = Vec::new();
    loop {
        let mut more = [0; 4096];
        let n = stream.read(&mut more).await.ok().filter(|n| *n > 0)?;
        got.extend_from_slice(&more[..n]);
        if let Some(end) = got.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(got[..end].to_vec()).unwrap();
            let path = head.split(' ').nth(1).unwrap().to_string();
            return Some((path, head, got[end + 4..].to_vec()));
        }
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

fn field(body: &[u8], name: &str) -> Option<String> {
    let pairs =
        reqwest::Url::parse(&format!("http://x/?{}", String::from_utf8_lossy(body))).ok()?;
    let found = pairs.query_pairs().find(|(known, _)| known == name);
    found.map(|(_, value)| value.into_owned())
}

fn member(body: &[u8], name: &str) -> Option<String> {
    let json: Value = serde_json::from_slice(body).ok()?;
    json[name].as_str().map(str::to_string)
}

/// A webhook of Twilio's for `url`, sent to where our server really is.
pub fn twilio_request(
    client: &reqwest::Client,
    ours: &str,
    url: &str,
    fields: &[(&str, &str)],
) -> reqwest::RequestBuilder {
    let mut sorted = fields.to_vec();
    sorted.sort_unstable();
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(TOKEN.as_bytes()).unwrap();
    mac.update(url.as_bytes());
    for (key, value) in &sorted {
        mac.update(key.as_bytes());
        mac.update(value.as_bytes());
    }
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let mut body = reqwest::Url::parse("http://x/").unwrap();
    body.query_pairs_mut().extend_pairs(fields);
    client
        .post(url.replace(PUBLIC_URL, ours))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-twilio-signature", signature)
        .body(body.query().unwrap().to_string())
}

fn telnyx_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

pub fn telnyx_public_key() -> String {
    STANDARD.encode(telnyx_key().verifying_key().as_bytes())
}

pub fn telnyx_request(
    client: &reqwest::Client,
    ours: &str,
    url: &str,
    json: &Value,
) -> reqwest::RequestBuilder {
    let now = replytree::runtime::Clock::now(&replytree::runtime::WallClock);
    let at = (now.as_ms() / 1000).to_string();
    let body = json.to_string();
    let signature = telnyx_key().sign(format!("{at}|{body}").as_bytes());
    client
        .post(url.replace(PUBLIC_URL, ours))
        .header("telnyx-timestamp", at)
        .header(
            "telnyx-signature-ed25519",
            STANDARD.encode(signature.to_bytes()),
        )
        .body(body)
}
