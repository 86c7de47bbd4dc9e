//! kill -9 at any moment: nothing that was answered 2xx is lost, nothing is taken twice, and what was
//! under way goes on after the restart. The real binary, the real file.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const WORKSPACE: &str = "brand: Northside\ntime_zone: America/Chicago\ndefault_team: sales\n\
    channels: { main: { carrier: sandbox, from: \"+13125550100\" } }\n\
    sending: { quiet_hours: { between: \"00:00-24:00\" } }\n\
    teams: { sales: { agents: [ { name: Dana, console: true } ], route: everyone } }\n";
const FLOW: &str = r#"
flow: count
about: Counts the replies it gets.
objective: capture
kind: transactional
start: next
steps:
  next:
    ask: "{brand} asks: go on? Reply 1 for yes, 2 for no. STOP to opt out."
    answers: { "yes": { key: 1, score: 1, then: next }, "no": { key: 2, then: end } }
    no_reply: [ { after: 4h, say: "{brand}: still there? Reply 1 or 2." }, { after: 1d, then: end } ]
    unclear: { tries: 1, then: end }
"#;

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(dir: &Path) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_replytree"))
            .arg("--workspace")
            .arg(dir.join("flows"))
            .arg("--db")
            .arg(format!("sqlite:{}", dir.join("t.db").display()))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().rsplit("http://").next().unwrap().to_string();
        Server { child, address }
    }

    fn kill(mut self) {
        // SIGKILL: no handler runs, nothing is flushed.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// One request on a connection of its own; `None` when the server went away before its answer.
fn request(
    address: &str,
    method: &str,
    path: &str,
    key: &str,
    body: &str,
) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .ok()?;
    let auth = if key.is_empty() {
        String::new()
    } else {
        format!("authorization: Bearer {key}\r\n")
    };
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{auth}content-type: \
         application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    Some((status, body.to_string()))
}

fn key(dir: &Path) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_replytree"))
        .args(["--db", &format!("sqlite:{}", dir.join("t.db").display())])
        .args(["key", "add", "test", "--role", "admin", "--format", "json"])
        .output()
        .unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    json["key"].as_str().unwrap().to_string()
}

fn phone(n: usize) -> String {
    format!("+1312555{n:04}")
}

const LEADS: usize = 8;

/// Every lead answers "1" again and again; what was answered 200 is remembered. Killed on the way.
fn flood_and_kill(server: Server, round: usize, acknowledged: &Arc<Mutex<Vec<(usize, String)>>>) {
    let stop = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..LEADS)
        .map(|lead| {
            let (address, stop) = (server.address.clone(), stop.clone());
            let acknowledged = acknowledged.clone();
            std::thread::spawn(move || {
                for n in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let id = format!("m-{round}-{lead}-{n}");
                    let body = format!(
                        r#"{{"id":"{id}","from":"{}","to":"+13125550100","text":"1"}}"#,
                        phone(lead)
                    );
                    match request(&address, "POST", "/hooks/main/inbound", "", &body) {
                        Some((200, _)) => acknowledged.lock().unwrap().push((lead, id)),
                        Some((503, _)) => {}
                        Some((status, body)) => panic!("{status} {body}"),
                        None => return,
                    }
                }
            })
        })
        .collect();
    std::thread::sleep(Duration::from_millis(300 + 170 * round as u64));
    server.kill();
    stop.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn nothing_acknowledged_is_lost_or_taken_twice_when_the_server_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let flows = dir.path().join("flows");
    std::fs::create_dir(&flows).unwrap();
    std::fs::write(flows.join("workspace.yaml"), WORKSPACE).unwrap();
    std::fs::write(flows.join("count.yaml"), FLOW).unwrap();
    let mut server = Server::start(dir.path());
    let key = key(dir.path());
    for lead in 0..LEADS {
        let body = format!(
            r#"{{"flow":"count","lead":{{"phone":"{}","consent":{{"kind":"transactional",
            "source":"form","wording":"yes","at":"2026-01-01T00:00:00Z"}}}}}}"#,
            phone(lead)
        );
        let answer = request(&server.address, "POST", "/v1/enrollments", &key, &body).unwrap();
        assert_eq!(answer.0, 202, "{}", answer.1);
    }
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    for round in 0..3 {
        flood_and_kill(server, round, &acknowledged);
        server = Server::start(dir.path());
    }
    // A carrier that saw no answer sends again: repeats of what was taken change nothing.
    let sent = acknowledged.lock().unwrap().clone();
    assert!(
        sent.len() > LEADS,
        "the flood was too short to tell anything: {}",
        sent.len()
    );
    for (lead, id) in sent.iter().rev().take(20) {
        let body = format!(
            r#"{{"id":"{id}","from":"{}","to":"+13125550100","text":"1"}}"#,
            phone(*lead)
        );
        let answer = request(&server.address, "POST", "/hooks/main/inbound", "", &body).unwrap();
        assert_eq!(answer.0, 200);
    }
    for lead in 0..LEADS {
        check_lead(&server, &key, lead, &sent);
    }
    server.kill();
}

/// The lead's score counts each reply once: all that were acknowledged, and at most one for each kill
/// whose answer was on its way.
fn check_lead(server: &Server, key: &str, lead: usize, sent: &[(usize, String)]) {
    let path = format!("/v1/leads/%2B{}", &phone(lead)[1..]);
    let (status, body) = request(&server.address, "GET", &path, key, "").unwrap();
    assert_eq!(status, 200, "{body}");
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    let id = json["conversations"][0]["id"]
        .as_str()
        .expect("the conversation")
        .to_string();
    let path = format!("/v1/conversations/{id}");
    let (_, body) = request(&server.address, "GET", &path, key, "").unwrap();
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    let taken = json["score"].as_u64().expect("a score") as usize;
    let acknowledged = sent.iter().filter(|(of, _)| *of == lead).count();
    assert!(
        (acknowledged..=acknowledged + 3).contains(&taken),
        "lead {lead}: {acknowledged} were acknowledged, {taken} were taken"
    );
    assert_eq!(json["status"], "waiting", "{body}");
}
