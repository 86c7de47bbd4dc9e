//! Exim takes our mail: a real server with TLS and a login, started here with a configuration and a spool
//! of its own on this machine. What it delivered is read back from its files.
//!
//! Needs `exim4` (Debian: exim4-daemon-heavy), `openssl` and the right to start it; without them the test
//! says that it was skipped, and why. With `REPLYTREE_EXIM=required` it fails instead.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use replytree::flow::workspace;
use replytree::store::MemoryStore;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::web::{Server, WORKSPACE, consent, live};

const FLOW: &str = include_str!("../data/web/email.yaml");
const PASSWORD: &str = "p@ss:word";

/// Exim with a folder of its own.
struct Exim {
    dir: tempfile::TempDir,
    port: u16,
    tls_port: u16,
    daemon: Child,
}

impl Drop for Exim {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

fn run(dir: &Path, line: &str) -> Result<(), String> {
    let mut words = line.split(' ');
    let out = Command::new(words.next().unwrap())
        .args(words)
        .current_dir(dir)
        .output()
        .map_err(|error| format!("{line}: {error}"))?;
    match out.status.success() {
        true => Ok(()),
        false => Err(format!("{line}: {}", String::from_utf8_lossy(&out.stderr))),
    }
}

fn certificates(dir: &Path) -> Result<(), String> {
    std::fs::write(
        dir.join("leaf.ext"),
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n",
    )
    .unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    run(
        dir,
        &format!("openssl req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=Test-CA"),
    )?;
    run(
        dir,
        &format!("openssl req {key} -keyout key.pem -out leaf.csr -subj /CN=localhost"),
    )?;
    run(
        dir,
        "openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem \
         -days 2 -extfile leaf.ext",
    )
}

/// Two ports that were free a moment ago.
fn free_ports() -> (u16, u16) {
    let bind = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (one, two) = (bind(), bind());
    let port = |listener: &std::net::TcpListener| listener.local_addr().unwrap().port();
    (port(&one), port(&two))
}

fn configuration(dir: &Path, port: u16, tls_port: u16) -> String {
    let dir = dir.display();
    format!(
        r#"exim_path = /usr/sbin/exim4
spool_directory = {dir}/spool
log_file_path = {dir}/log/%slog
pid_file_path = {dir}/spool/exim.pid
primary_hostname = mail.test
qualify_domain = mail.test
keep_environment =
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port} : {tls_port}
tls_on_connect_ports = {tls_port}
tls_advertise_hosts = *
tls_certificate = {dir}/cert.pem
tls_privatekey = {dir}/key.pem
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_rcpt = check_rcpt
acl_smtp_data = check_data
rfc1413_query_timeout = 0s
host_lookup =
deliver_drop_privilege = true

begin acl
check_rcpt:
  deny
    message = 5.7.0 log in first
    !authenticated = *
  defer
    message = 4.7.1 greylisted, try again later
    condition = ${{if exists{{{dir}/greylist}}}}
  deny
    message = 5.1.1 there is no such mailbox
    local_parts = nobody
  accept
check_data:
  deny
    message = 5.7.1 we do not like what you say
    condition = ${{if match{{$h_subject:}}{{refused}}}}
  accept

begin routers
keep:
  driver = accept
  transport = file

begin transports
file:
  driver = appendfile
  file = {dir}/mail/all
  user = Debian-exim
  group = Debian-exim
  mode = 0644
  mode_fail_narrower = false
  create_directory
  delivery_date_add
  envelope_to_add
  return_path_add

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{replytree}}}}{{eq{{$auth3}}{{{PASSWORD}}}}}}}}}
  server_set_id = $auth2
"#
    )
}

impl Exim {
    /// Running, or why there is none.
    fn start() -> Result<Self, String> {
        run(Path::new("/"), "/usr/sbin/exim4 -bV")?;
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path();
        certificates(at)?;
        for folder in ["spool", "log", "mail"] {
            std::fs::create_dir(at.join(folder)).unwrap();
        }
        run(at, "chmod 755 .")?;
        run(at, "chmod 644 key.pem cert.pem ca.pem")?;
        run(at, "chown -R Debian-exim:Debian-exim spool log mail")?;
        let (port, tls_port) = free_ports();
        std::fs::write(at.join("exim.conf"), configuration(at, port, tls_port)).unwrap();
        let daemon = Command::new("/usr/sbin/exim4")
            .arg("-C")
            .arg(at.join("exim.conf"))
            .args(["-bdf", "-q10m"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut exim = Self {
            dir,
            port,
            tls_port,
            daemon,
        };
        let since = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Ok(Some(status)) = exim.daemon.try_wait() {
                return Err(format!("exim ended with {status}: {}", exim.log()));
            }
            assert!(since.elapsed() < Duration::from_secs(20), "{}", exim.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(exim)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn log(&self) -> String {
        let read = |name| std::fs::read_to_string(self.path(name)).unwrap_or_default();
        read("log/mainlog") + &read("log/rejectlog") + &read("log/paniclog")
    }

    /// The letters it delivered to an address so far.
    fn letters_to(&self, address: &str) -> Vec<String> {
        let all = std::fs::read_to_string(self.path("mail/all")).unwrap_or_default();
        let letters = all.split("\nFrom ").map(str::to_string);
        letters
            .filter(|letter| letter.contains(&format!("\nEnvelope-to: {address}\n")))
            .collect()
    }

    /// The letter it delivered to an address that has `part` in it, once it is there.
    async fn delivered(&self, address: &str, part: &str) -> String {
        let since = Instant::now();
        loop {
            let letters = self.letters_to(address);
            if let Some(letter) = letters.iter().find(|letter| letter.contains(part)) {
                return letter.clone();
            }
            assert!(
                since.elapsed() < Duration::from_secs(30),
                "{address}: {letters:?}\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Exim, or `None` where it cannot be had, which is said.
fn exim() -> Option<Exim> {
    match Exim::start() {
        Ok(exim) => Some(exim),
        Err(why) => {
            let required = std::env::var("REPLYTREE_EXIM").is_ok_and(|value| value == "required");
            assert!(!required, "exim is required: {why}");
            println!("skipped: {why}");
            None
        }
    }
}

/// A carrier that takes every text.
async fn carrier() -> String {
    let app = axum::Router::new().route(
        "/send",
        axum::routing::post(async |axum::Json(body): axum::Json<serde_json::Value>| {
            axum::Json(json!({ "id": format!("theirs-{}", body["id"]) }))
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{at}/send")
}

/// A server that really sends: texts to a carrier here, emails to `smtp`.
async fn server(smtp: &str, ca: Option<&Path>) -> Server {
    let ca = ca.map_or(String::new(), |ca| format!(", ca: \"{}\"", ca.display()));
    let text = format!(
        "brand: Northside Auto & Söhne\npublic_url: https://text.example\ndefault_team: sales\n\
         channels:\n  main: {{ carrier: webhook, from: \"+13125550100\", secret: \"${{SECRET}}\", api: \"{}\" }}\n\
         email: {{ from: hello@northside.example, reply_to: \"Northside <in@reply.northside.example>\", \
         smtp: \"${{SMTP}}\", inbound_secret: \"${{INBOUND}}\", postal_address: \"1 Main St, Springfield\"{ca} }}\n\
         sending: {{ quiet_hours: {{ between: \"00:00-24:00\" }} }}\n\
         teams:\n  sales: {{ agents: [ {{ name: Dana, email: dana@northside.example }} ], route: everyone }}\n",
        carrier().await
    );
    let (workspace, problems) = workspace::read("workspace.yaml", &text, &|name| {
        Some(match name {
            "SECRET" => "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".to_string(),
            "INBOUND" => "whsec_aW5ib3VuZCBzZWNyZXQ=".to_string(),
            _ => smtp.to_string(),
        })
    });
    assert!(problems.is_empty(), "{problems:?}");
    let mut live = live(WORKSPACE, &[FLOW]);
    live.workspace = Arc::new(workspace);
    live.sandbox = false;
    Server::start(Arc::new(MemoryStore::new()), live).await
}

/// A lead who is asked by text, and answers so that the email follows.
async fn escalate(server: &Server, phone: &str, email: &str, model: &str) -> String {
    let lead = json!({
        "flow": "by-mail",
        "lead": {
            "phone": phone, "name": "Ada", "email": email, "time_zone": "America/Chicago",
            "fields": { "model": model }, "consent": consent(),
        },
    });
    let got = server.post("/v1/enrollments", lead).await;
    assert_eq!(got.status, 202, "{}", got.text);
    let id = got.body["conversation_id"].as_str().unwrap().to_string();
    // The question must have been handed over, so that it is quoted.
    item(server, &id, "message", "sent").await;
    let lead: replytree::lead::PhoneNumber = phone.parse().unwrap();
    let work = replytree::runtime::Work::Inbound(replytree::runtime::work::Inbound {
        channel: "main".into(),
        id: format!("r-{phone}"),
        from: lead,
        to: "+13125550100".to_string(),
        text: "yes please".to_string(),
        media: Vec::new(),
        written: None,
        verdict: replytree::carrier::Took::Nothing,
    });
    server.running.app.committer.turn(work).await.unwrap();
    server.running.app.due.notify_one();
    id
}

/// The conversation's first row of this type, once it has this status.
async fn item(server: &Server, id: &str, kind: &str, status: &str) -> serde_json::Value {
    let since = Instant::now();
    loop {
        let got = server.get(&format!("/v1/conversations/{id}")).await;
        let items = got.body["timeline"].as_array().unwrap();
        let found = items.iter().find(|item| item["type"] == kind);
        if let Some(item) = found.filter(|item| item["status"] == status) {
            return item.clone();
        }
        assert!(
            since.elapsed() < Duration::from_secs(30),
            "no {kind} is {status}: {}",
            got.text
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn standing(server: &Server, id: &str, outcome: &str) {
    let since = Instant::now();
    loop {
        let got = server.get(&format!("/v1/conversations/{id}")).await;
        if got.body["outcome"] == outcome {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(30), "{}", got.text);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A header's whole value; the first of that name.
fn header(letter: &str, name: &str) -> String {
    let head = letter
        .split("\n\n")
        .next()
        .unwrap()
        .replace("\n ", " ")
        .replace("\n\t", " ");
    let start = format!("{}:", name.to_lowercase());
    let line = head
        .lines()
        .find(|line| line.to_lowercase().starts_with(&start));
    let line = line.unwrap_or_else(|| panic!("no {name} in {head}"));
    line[start.len()..].trim().to_string()
}

/// Quoted-printable and base64 undone, as far as our letters use them.
fn decoded(letter: &str) -> String {
    let text = letter.replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex
            .filter(|_| *first == b'=')
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
        {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn exim_takes_our_mail_by_either_kind_of_tls_with_both_parts_and_all_headers() {
    let Some(exim) = exim() else { return };
    let ca = exim.path("ca.pem");
    for (n, smtp) in [
        format!("smtp://replytree:p%40ss%3Aword@localhost:{}", exim.port),
        format!(
            "smtps://replytree:p%40ss%3Aword@localhost:{}",
            exim.tls_port
        ),
    ]
    .iter()
    .enumerate()
    {
        let server = server(smtp, Some(&ca)).await;
        let address = format!("ada{n}@example.com");
        let id = escalate(&server, "+13125550142", &address, "Road<b>ster").await;
        let row = item(&server, &id, "email", "sent").await;
        let letter = exim.delivered(&address, "Springfield").await;
        let message_id = header(&letter, "Message-ID");
        assert_eq!(
            format!("<{}>", row["provider_id"].as_str().unwrap()),
            message_id
        );
        assert!(message_id.starts_with("<rt.") && message_id.ends_with("@northside.example>"));
        assert!(
            !letter.contains("3125550142"),
            "the number is in the letter: {letter}"
        );
        assert_eq!(header(&letter, "Subject"), "Your Road<b>ster");
        assert_eq!(header(&letter, "To"), address);
        assert!(
            header(&letter, "From").ends_with("<hello@northside.example>"),
            "{letter}"
        );
        let reply_to = header(&letter, "Reply-To");
        assert!(
            reply_to.contains("<in+") && reply_to.contains("@reply.northside.example>"),
            "{reply_to}"
        );
        let unsubscribe = header(&letter, "List-Unsubscribe");
        assert!(
            unsubscribe.starts_with("<https://text.example/u/"),
            "{unsubscribe}"
        );
        assert!(unsubscribe.contains("<mailto:in+"), "{unsubscribe}");
        assert_eq!(
            header(&letter, "List-Unsubscribe-Post"),
            "List-Unsubscribe=One-Click"
        );
        assert!(letter.contains("multipart/alternative"), "{letter}");
        let said = decoded(&letter);
        // The same short link in both parts, and once more as the target of the page's.
        let link = said.split("https://text.example/l/").nth(1).unwrap();
        let code: String = link
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        assert_eq!(said.matches(&format!("/l/{code}")).count(), 3, "{said}");
        // What a lead or a CRM put into a field is data.
        assert!(said.contains("Hi Ada, your Road<b>ster waits"), "{said}");
        assert!(
            said.contains("Hi Ada, your Road&lt;b&gt;ster waits"),
            "{said}"
        );
        // The conversation goes on where it stood.
        assert!(said.contains("So far by text message"), "{said}");
        assert!(
            said.contains("> Northside Auto & Söhne: Hi Ada, buying a Road<b>ster soon?"),
            "{said}"
        );
        assert!(said.contains("> yes please"), "{said}");
        assert!(said.contains("1 Main St, Springfield"), "{said}");
        let log = exim.log();
        assert!(
            log.contains("A=plain:replytree") && log.contains("X=TLS1."),
            "{log}"
        );
        server.running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_exim_refuses_is_tried_again_or_the_flow_hears_of_it() {
    let Some(exim) = exim() else { return };
    let ca = exim.path("ca.pem");
    let smtp = format!("smtp://replytree:p%40ss%3Aword@localhost:{}", exim.port);
    let server = server(&smtp, Some(&ca)).await;

    // No such mailbox: the flow takes its way without an email, and no flow writes there again.
    let id = escalate(&server, "+13125550143", "nobody@example.com", "Roadster").await;
    let row = item(&server, &id, "email", "failed").await;
    assert!(
        row["error"].as_str().unwrap().contains("no such mailbox"),
        "{row}"
    );
    standing(&server, &id, "no-way").await;
    let id = escalate(&server, "+13125550144", "Nobody@example.com", "Roadster").await;
    standing(&server, &id, "no-way").await;
    let got = server.get(&format!("/v1/conversations/{id}")).await;
    assert!(!got.text.contains("\"type\":\"email\""), "{}", got.text);

    // Refused for its content: only this letter is.
    let id = escalate(&server, "+13125550145", "bob@example.com", "refused one").await;
    item(&server, &id, "email", "failed").await;
    standing(&server, &id, "no-way").await;
    let id = escalate(&server, "+13125550146", "bob@example.com", "Roadster").await;
    item(&server, &id, "email", "sent").await;

    // Greylisted: the same letter again, under the same id.
    std::fs::write(exim.path("greylist"), "").unwrap();
    let id = escalate(&server, "+13125550147", "eve@example.com", "Roadster").await;
    let row = item(&server, &id, "email", "queued").await;
    let since = Instant::now();
    while !exim.log().contains("greylisted") {
        assert!(
            since.elapsed() < Duration::from_secs(20),
            "{row} {}",
            exim.log()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    std::fs::remove_file(exim.path("greylist")).unwrap();
    item(&server, &id, "email", "sent").await;
    exim.delivered("eve@example.com", "Roadster").await;
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_without_a_phone_is_alerted_by_email() {
    let Some(exim) = exim() else { return };
    let ca = exim.path("ca.pem");
    let smtp = format!(
        "smtps://replytree:p%40ss%3Aword@localhost:{}",
        exim.tls_port
    );
    let server = server(&smtp, Some(&ca)).await;
    let id = escalate(&server, "+13125550148", "ada@example.com", "Roadster").await;
    item(&server, &id, "email", "sent").await;
    let letter = exim.delivered("ada@example.com", "Reply-To").await;
    // The lead answers, to the address that the letter names.
    let reply_to = header(&letter, "Reply-To");
    let answer = json!({
        "id": "<a1@mail.example>", "from": "ada@example.com", "to": reply_to,
        "text": "Tuesday is good\n\nOn Mon, 23 Nov 2026, Northside <x@y.example> wrote:\n> stop",
    })
    .to_string();
    let at = replytree::runtime::Clock::now(&replytree::runtime::WallClock);
    let secret = "whsec_aW5ib3VuZCBzZWNyZXQ=";
    let mut request = server
        .client
        .post(format!("{}/hooks/email/inbound", server.base))
        .body(answer.clone());
    for (name, value) in
        replytree::carrier::signing::sign(secret, "m1", at, answer.as_bytes()).unwrap()
    {
        request = request.header(name, value);
    }
    assert_eq!(server.send(request).await.status, 200);
    let alert = exim
        .delivered("dana@northside.example", "answered by email")
        .await;
    assert!(decoded(&alert).contains("Tuesday is good"), "{alert}");
    assert!(header(&alert, "Subject").starts_with("Hot lead"), "{alert}");
    assert!(!alert.contains("List-Unsubscribe"), "{alert}");
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_to_a_server_that_cannot_be_trusted() {
    let Some(exim) = exim() else { return };
    let other = tempfile::tempdir().unwrap();
    certificates(other.path()).unwrap();
    let strange = other.path().join("ca.pem");
    let ours = exim.path("ca.pem");
    for (n, (smtp, ca, why)) in [
        (
            format!("smtp://replytree:p%40ss%3Aword@localhost:{}", exim.port),
            Some(&strange),
            "TLS",
        ),
        (
            format!(
                "smtps://replytree:p%40ss%3Aword@localhost:{}",
                exim.tls_port
            ),
            None,
            "TLS",
        ),
        (
            format!("smtp://replytree:wrong@localhost:{}", exim.port),
            Some(&ours),
            "login",
        ),
        // On this machine without a certificate to know it by: in the clear, where Exim offers no login.
        (
            format!("smtp://replytree:p%40ss%3Aword@localhost:{}", exim.port),
            None,
            "login",
        ),
        ("smtp://localhost:9".to_string(), None, "not reached"),
    ]
    .into_iter()
    .enumerate()
    {
        let server = server(&smtp, ca.map(|ca| ca.as_path())).await;
        let address = format!("mallory{n}@example.com");
        let id = escalate(&server, "+13125550149", &address, "x").await;
        let since = Instant::now();
        loop {
            let row = item(&server, &id, "email", "queued").await;
            if let Some(error) = row["error"].as_str() {
                assert!(error.contains(why), "{smtp}: {error}");
                break;
            }
            assert!(since.elapsed() < Duration::from_secs(20), "{smtp}: {row}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(exim.letters_to(&address), Vec::<String>::new());
        server.running.stop().await;
    }
}

/// A mail server that takes the letter of its first guest and hangs up without a word.
async fn rude_server() -> (u16, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let (told, heard) = tokio::sync::mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        for guest in 0.. {
            let Ok((stream, _)) = listener.accept().await else {
                return;
            };
            let mut stream = BufReader::new(stream);
            let _ = stream.write_all(b"220 rude\r\n").await;
            let (mut line, mut letter, mut in_data) = (String::new(), String::new(), false);
            while stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
                let said = std::mem::take(&mut line);
                if in_data && said == ".\r\n" {
                    let _ = told.send(std::mem::take(&mut letter));
                    if guest == 0 {
                        break;
                    }
                    in_data = false;
                } else if in_data {
                    letter.push_str(&said);
                    continue;
                }
                in_data |= said == "DATA\r\n";
                let answer = if in_data {
                    "354 go on\r\n"
                } else {
                    "250 yes\r\n"
                };
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        }
    });
    (port, heard)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_whose_answer_was_lost_goes_again_under_the_same_id() {
    let (port, mut heard) = rude_server().await;
    let server = server(&format!("smtp://127.0.0.1:{port}"), None).await;
    let id = escalate(&server, "+13125550150", "ada@example.com", "Roadster").await;
    let (first, second) = (heard.recv().await.unwrap(), heard.recv().await.unwrap());
    let message_id = |letter: &str| header(&letter.replace("\r\n", "\n"), "Message-ID");
    assert_eq!(message_id(&first), message_id(&second));
    let row = item(&server, &id, "email", "sent").await;
    assert_eq!(
        format!("<{}>", row["provider_id"].as_str().unwrap()),
        message_id(&first)
    );
    server.running.stop().await;
}
