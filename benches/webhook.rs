//! A whole durable webhook (HTTP, signature, decision, synced commit) beside the ceiling: a bare axum
//! endpoint that reads the same form of Twilio's, of 20 fields, checks its signature and answers. Each
//! serves in a process of its own, so that its CPU is its own; rounds are interleaved and ratios are
//! their medians.
//! Nothing is sent out: what replies cause stays in the outbox.
//!
//! `cargo bench --bench webhook [-- LEADS REQUESTS]`

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Form;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use replytree::diagnostic::Source;
use replytree::flow::{compile, workspace};
use replytree::lead::{Name, PhoneNumber};
use replytree::policy::consent::Level;
use replytree::policy::{ConsentChange, ConsentEvent};
use replytree::runtime::checkpoints;
use replytree::runtime::early::Early;
use replytree::runtime::outside::Outside;
use replytree::runtime::work::{Enroll, IfBusy, LeadUpdate, SendResult};
use replytree::runtime::{Committer, Engine, Live, WallClock, Work};
use replytree::store::{SqliteStore, Store};
use replytree::web::certificates::Certificates;
use replytree::web::state::{App, AppState};
use replytree::web::throttle::Throttle;
use replytree::web::trail::Trail;
use tokio::sync::{Notify, broadcast, watch};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// As we tell it to Twilio, and as it is signed.
const PUBLIC_URL: &str = "https://text.example";
const PATH: &str = "/hooks/main/inbound";
const SIGNATURE: &str = "x-twilio-signature";
const CLIENTS: usize = 64;
const ROUNDS: usize = 5;

const WORKSPACE: &str = "brand: Northside\ntime_zone: America/Chicago\ndefault_team: sales\n\
    channels: { main: { carrier: twilio, from: \"+13125550100\", account: AC0123, secret: \
    \"${SECRET}\" } }\n\
    teams: { sales: { agents: [ { name: Dana, console: true } ], route: everyone } }\n";
const FLOW: &str = r#"
flow: count
about: Asks again and again.
objective: capture
kind: transactional
lead: { name: { fallback: there } }
start: next
steps:
  next:
    ask: "Hi {name}, {brand} asks: shall we go on? Reply 1 for yes, 2 for no. STOP to opt out."
    answers: { "yes": { key: 1, score: 1, then: next }, "no": { key: 2, then: end } }
    no_reply: [ { after: 4h, say: "{brand}: still there? Reply 1 or 2." }, { after: 1d, then: end } ]
    unclear: { tries: 1, then: end }
"#;

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("serve-axum") => serve_axum(),
        Some("serve-replytree") => serve_replytree(Path::new(&args[2]), number(&args, 3, 1000)),
        _ => compare(number(&args, 1, 1000), number(&args, 2, 20_000)),
    }
}

fn number(args: &[String], at: usize, default: usize) -> usize {
    args.iter()
        .filter(|arg| !arg.starts_with("--"))
        .nth(at)
        .map_or(default, |text| text.parse().expect("a number"))
}

fn phone(n: usize) -> PhoneNumber {
    PhoneNumber::from_digits(13_125_550_000 + n as u64).expect("a number")
}

// --- the two servers -----------------------------------------------------------------------------

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime")
}

fn serve_axum() {
    async fn hook(
        headers: HeaderMap,
        Form(mut fields): Form<Vec<(String, String)>>,
    ) -> Result<&'static str, StatusCode> {
        fields.sort_unstable();
        let given = headers.get(SIGNATURE).and_then(|it| it.to_str().ok());
        let given = given.and_then(|it| STANDARD.decode(it).ok());
        let fields = fields.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        let mac = signing(fields);
        match mac.verify_slice(&given.unwrap_or_default()) {
            Ok(()) => Ok("<Response/>"),
            Err(_) => Err(StatusCode::FORBIDDEN),
        }
    }
    runtime().block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        println!("{0} {0}", listener.local_addr().expect("an address"));
        let app = axum::Router::new().route(PATH, axum::routing::post(hook));
        axum::serve(listener, app).await.expect("it serves");
    });
}

fn serve_replytree(db: &Path, leads: usize) {
    let secret = |name: &str| (name == "SECRET").then(|| SECRET.to_string());
    let (workspace, problems) = workspace::read("workspace.yaml", WORKSPACE, &secret);
    assert!(problems.is_empty(), "{problems:#?}");
    let source = Source {
        file: "count.yaml".to_string(),
        text: FLOW.to_string(),
    };
    let compiled = compile(&workspace, &[source]);
    assert!(
        compiled.diagnostics.is_empty(),
        "{:#?}",
        compiled.diagnostics
    );
    let live = Live {
        workspace: Arc::new(workspace),
        flows: compiled
            .flows
            .into_iter()
            .map(|flow| (flow.name.clone(), flow))
            .collect(),
        diagnostics: Vec::new(),
        sources: Vec::new(),
        sandbox: false,
        public_url: PUBLIC_URL.to_string(),
    };
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(db).expect("a database"));
    let engine = Engine::new(store.clone(), Arc::new(WallClock), live, [7; 32]);
    let engine = Arc::new(engine.expect("an engine"));
    enroll(&engine, leads);
    runtime().block_on(async {
        let wake = Arc::new(Notify::new());
        let (committer, _thread) =
            Committer::start(engine.clone(), wake.clone()).expect("a committer");
        let (_stop, stopping) = watch::channel(false);
        tokio::spawn(checkpoints::run(engine.store.clone(), stopping.clone()));
        let early = Arc::new(Early::new(engine.clone(), committer.clone()));
        let outside = Outside::new().expect("a client");
        let app = AppState::new(App {
            engine,
            committer,
            early,
            certificates: Certificates::new(outside),
            sandbox: None,
            heard: broadcast::channel(1024).0,
            due: wake,
            trail: Trail::default(),
            tries: Throttle::default(),
            calls: Throttle::default(),
            hashing: replytree::web::password::turns(),
            verified: Mutex::default(),
            imports: replytree::web::console::import::Imports::default(),
            stopping,
            answering: Mutex::default(),
            tallies: Default::default(),
            refused: Default::default(),
        });
        replytree::web::ops::collect();
        let commits = axum::routing::get(async || replytree::web::ops::render());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        // The figures of `/metrics`, which asks for a key, to the bench alone.
        let figures = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let local = |of: &tokio::net::TcpListener| of.local_addr().expect("an address");
        println!("{} {}", local(&listener), local(&figures));
        let commits = axum::Router::new().route("/bench/metrics", commits);
        tokio::spawn(axum::serve(figures, commits).into_future());
        let front = tower::make::Shared::new(replytree::web::front(app));
        axum::serve(listener, front).await.expect("it serves");
    });
}

/// Leads that were asked and wait for the answer, the clock running.
fn enroll(engine: &Engine, leads: usize) {
    for chunk in (0..leads).collect::<Vec<_>>().chunks(200) {
        let work = chunk.iter().map(|n| {
            let mut lead = LeadUpdate::of(phone(*n));
            lead.fields
                .push((Name::from("name"), replytree::lead::Value::text("Ada")));
            let given = (
                ConsentChange::Given,
                Level::Marketing,
                engine.clock.now(),
                "web_form",
            );
            lead.consent = Some(ConsentEvent::new(given.0, given.1, given.2, given.3));
            Work::Enroll(Enroll {
                flow: Name::from("count"),
                lead,
                at: None,
                if_busy: IfBusy::Refuse,
                by: "bench".to_string(),
                properties: Vec::new(),
                seen: None,
            })
        });
        for answer in engine.turns(work.collect()) {
            answer.expect("the lead is enrolled");
        }
        let due = engine
            .store
            .due(engine.clock.now(), 1000)
            .expect("what is due");
        for due in due {
            if let replytree::store::Due::Outgoing { lead, seq, .. } = due {
                let result = SendResult::Accepted {
                    provider_id: None,
                    delivered: false,
                };
                let _ = engine.turn(Work::Begin { lead, seq });
                let _ = engine.turn(Work::Settle { lead, seq, result });
            }
        }
    }
}

// --- the load ------------------------------------------------------------------------------------

struct Server {
    child: Child,
    address: String,
    figures: String,
}

impl Server {
    fn start(args: &[&str]) -> Server {
        let me = std::env::current_exe().expect("this program");
        let mut child = Command::new(me)
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("its output");
        BufReader::new(out)
            .read_line(&mut line)
            .expect("its addresses");
        let (address, figures) = line.trim().split_once(' ').expect("two addresses");
        Server {
            child,
            address: address.to_string(),
            figures: figures.to_string(),
        }
    }

    /// CPU so far, user and system, in microseconds.
    fn cpu_us(&self) -> f64 {
        let path = format!("/proc/{}/stat", self.child.id());
        let stat = std::fs::read_to_string(path).expect("the process is there");
        let after = stat.rsplit(')').next().expect("fields follow the name");
        let field = |n: usize| -> f64 {
            after
                .split_whitespace()
                .nth(n)
                .and_then(|f| f.parse().ok())
                .unwrap_or(0.0)
        };
        // Fields 14 and 15 of proc(5), in ticks of 10 ms.
        (field(11) + field(12)) * 10_000.0
    }

    /// Commits so far, by the server's own count.
    fn commits(&self) -> f64 {
        let Ok(mut stream) = TcpStream::connect(&self.figures) else {
            return 0.0;
        };
        let _ = stream
            .write_all(b"GET /bench/metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let mut text = String::new();
        let _ = stream.read_to_string(&mut text);
        text.lines()
            .find_map(|line| line.strip_prefix("replytree_commits_total "))
            .and_then(|n| n.trim().parse().ok())
            .unwrap_or(0.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Measured {
    cpu_us: f64,
    per_second: f64,
    p99_ms: f64,
    commits_per_reply: f64,
}

/// Sends `requests` signed webhooks over `clients` connections that stay open.
fn load(server: &Server, round: &str, leads: usize, requests: usize, clients: usize) -> Measured {
    let each = requests / clients;
    let batches: Vec<Vec<Vec<u8>>> = (0..clients)
        .map(|c| {
            (0..each)
                .map(|n| signed(round, c * each + n, leads))
                .collect()
        })
        .collect();
    let (cpu, commits, start) = (server.cpu_us(), server.commits(), Instant::now());
    let threads: Vec<_> = batches
        .into_iter()
        .map(|batch| {
            let address = server.address.clone();
            std::thread::spawn(move || client(&address, &batch))
        })
        .collect();
    let mut waits: Vec<f64> = threads
        .into_iter()
        .flat_map(|thread| thread.join().expect("a client"))
        .collect();
    let seconds = start.elapsed().as_secs_f64();
    waits.sort_by(f64::total_cmp);
    let done = waits.len() as f64;
    Measured {
        cpu_us: (server.cpu_us() - cpu) / done,
        per_second: done / seconds,
        p99_ms: waits[(waits.len() * 99 / 100).min(waits.len() - 1)] * 1e3,
        commits_per_reply: (server.commits() - commits) / done,
    }
}

/// What is signed: the address, and each field with its value, in the order of their names.
/// Source: twilio.com/docs/usage/security.
fn signing<'f>(fields: impl Iterator<Item = (&'f str, &'f str)>) -> Hmac<sha1::Sha1> {
    let mut mac = Hmac::new_from_slice(SECRET.as_bytes()).expect("a key of any length");
    mac.update(PUBLIC_URL.as_bytes());
    mac.update(PATH.as_bytes());
    for (name, value) in fields {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    mac
}

fn signed(round: &str, n: usize, leads: usize) -> Vec<u8> {
    let round = round
        .bytes()
        .fold(0, |sum, byte| sum * 31 + u64::from(byte));
    let id = format!("SM{round:016x}{n:016x}");
    // A large odd stride: neighbours in time are far apart in the file.
    let lead = phone(n.wrapping_mul(7919) % leads).to_string();
    let fields = [
        ("AccountSid", "AC00000000000000000000000000000001"),
        ("ApiVersion", "2010-04-01"),
        ("Body", "1"),
        ("From", &lead),
        ("FromCity", "CHICAGO"),
        ("FromCountry", "US"),
        ("FromState", "IL"),
        ("FromZip", "60601"),
        ("MessageSid", &id),
        ("MessagingServiceSid", "MG00000000000000000000000000000001"),
        ("NumMedia", "0"),
        ("NumSegments", "1"),
        ("SmsMessageSid", &id),
        ("SmsSid", &id),
        ("SmsStatus", "received"),
        ("To", "+13125550100"),
        ("ToCity", "CHICAGO"),
        ("ToCountry", "US"),
        ("ToState", "IL"),
        ("ToZip", "60602"),
    ];
    let signature = STANDARD.encode(signing(fields.into_iter()).finalize().into_bytes());
    let pairs = fields.map(|(name, value)| format!("{name}={}", value.replace('+', "%2B")));
    let body = pairs.join("&");
    format!(
        "POST {PATH} HTTP/1.1\r\nhost: text.example\r\ncontent-type: \
         application/x-www-form-urlencoded\r\ncontent-length: {}\r\n{SIGNATURE}: {signature}\r\n\
         \r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// One connection; the wait for each answer, in seconds.
fn client(address: &str, batch: &[Vec<u8>]) -> Vec<f64> {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .expect("a time-out");
    let mut buffer = [0; 4096];
    batch
        .iter()
        .map(|request| {
            let start = Instant::now();
            stream.write_all(request).expect("it is sent");
            let read = stream.read(&mut buffer).expect("an answer");
            assert!(
                buffer[..read].starts_with(b"HTTP/1.1 200"),
                "{}",
                text(&buffer[..read])
            );
            start.elapsed().as_secs_f64()
        })
        .collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn compare(leads: usize, requests: usize) {
    let dir = std::env::temp_dir().join(format!("replytree-bench-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a folder");
    let db = dir.join("bench.db");
    let axum = Server::start(&["serve-axum"]);
    let ours = Server::start(&[
        "serve-replytree",
        &db.display().to_string(),
        &leads.to_string(),
    ]);
    load(&axum, "warm", leads, requests / 4, CLIENTS);
    load(&ours, "warm", leads, requests / 4, CLIENTS);
    let mut rounds: Vec<(Measured, Measured)> = Vec::new();
    for round in 0..ROUNDS {
        let round = round.to_string();
        rounds.push((
            load(&axum, &round, leads, requests, CLIENTS),
            load(&ours, &round, leads, requests, CLIENTS),
        ));
    }
    let mid = |of: &dyn Fn(&(Measured, Measured)) -> f64| {
        let mut all: Vec<f64> = rounds.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    println!("{leads} leads, {CLIENTS} clients, {ROUNDS} rounds of {requests} replies, medians:");
    println!(
        "  CPU a reply: {:.1} µs durable, {:.1} µs axum+HMAC, ratio {:.2}x",
        mid(&|r| r.1.cpu_us),
        mid(&|r| r.0.cpu_us),
        mid(&|r| r.1.cpu_us / r.0.cpu_us)
    );
    println!(
        "  throughput: {:.0}/s durable, {:.0}/s axum+HMAC, {:.0} %",
        mid(&|r| r.1.per_second),
        mid(&|r| r.0.per_second),
        mid(&|r| 100.0 * r.1.per_second / r.0.per_second)
    );
    println!(
        "  p99: {:.1} ms durable, {:.1} ms axum+HMAC; one commit for {:.0} replies",
        mid(&|r| r.1.p99_ms),
        mid(&|r| r.0.p99_ms),
        mid(&|r| 1.0 / r.1.commits_per_reply)
    );
    let alone = load(&ours, "alone", leads, 300, 1);
    println!(
        "  one client alone: {:.2} ms a reply; an fsync here takes {:.2} ms",
        1e3 / alone.per_second,
        fsync_ms(&dir)
    );
    drop((axum, ours));
    let _ = std::fs::remove_dir_all(&dir);
}

/// The median time to append 4 kB to a file and sync it.
fn fsync_ms(dir: &Path) -> f64 {
    let mut file = std::fs::File::create(dir.join("fsync")).expect("a file");
    let mut waits: Vec<f64> = (0..200)
        .map(|_| {
            let start = Instant::now();
            file.write_all(&[0; 4096]).expect("written");
            file.sync_data().expect("synced");
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    waits.sort_by(f64::total_cmp);
    waits[waits.len() / 2]
}
