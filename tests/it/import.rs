//! `replytree import`, `enroll` and `report`: the real binary over the file that a server is using, and
//! files as spreadsheets really write them.

use std::path::Path;
use std::process::{Command, Stdio};

use replytree::import::{Defaults, Go, Import, Mapping, Outcome, Table, run};
use replytree::lead::{PhoneNumber, Value};
use replytree::policy::Consent;
use replytree::policy::consent::Level;
use replytree::runtime::{Engine, Live, ManualClock, Work};
use replytree::store::{MemoryStore, SqliteStore, Store};
use replytree::time::Timestamp;
use serde_json::Value as Json;
use std::sync::Arc;

const WORKSPACE: &str = include_str!("../data/web/workspace.yaml");
const NOTICE: &str = include_str!("../data/web/notice.yaml");
const DRIVE: &str = include_str!("../data/web/drive.yaml");
const WORDING: &str = "Yes, text me about test drives. Reply STOP to opt out.";

fn engine(store: Arc<dyn Store>) -> Engine {
    let (workspace, _) = replytree::flow::workspace::read("w.yaml", WORKSPACE, &|_| None);
    let live = Live {
        workspace: Arc::new(workspace),
        flows: std::collections::BTreeMap::new(),
        diagnostics: Vec::new(),
        sources: Vec::new(),
        sandbox: true,
        public_url: String::new(),
    };
    let clock = Arc::new(ManualClock::new(now()));
    Engine::new(store, clock, live, [0; 32]).unwrap()
}

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn import(engine: &Engine, file: &[u8], wording: Option<&str>) -> Outcome {
    let table = Table::read(file, "US").unwrap();
    let mapping = Mapping::of(&table, &[], "US").unwrap();
    let defaults = Defaults {
        region: "US".to_string(),
        zone: "America/Chicago".parse().unwrap(),
        wording: wording.map(str::to_string),
        source: "import leads.csv".to_string(),
        level: Level::Marketing,
        now: now(),
    };
    let import = Import {
        table: &table,
        mapping: &mapping,
        defaults: &defaults,
    };
    let mut commit = |work: Vec<Work>| engine.turns(work);
    let store = engine.store.clone();
    run(&import, store.as_ref(), Some(&mut commit), &mut |_| Go::On).unwrap()
}

fn phone(n: u64) -> PhoneNumber {
    PhoneNumber::from_digits(13_125_550_100 + n).unwrap()
}

fn stores() -> [Arc<dyn Store>; 2] {
    [
        Arc::new(MemoryStore::new()),
        Arc::new(SqliteStore::in_memory().unwrap()),
    ]
}

#[test]
fn a_file_run_twice_changes_nothing_the_second_time() {
    for store in stores() {
        let engine = engine(store.clone());
        let mut file = "Name;Mobile;Tags;Color\n".to_string();
        for n in 0..700 {
            file.push_str(&format!("Lead {n};{};a,b;red\n", phone(n)));
        }
        let first = import(&engine, file.as_bytes(), Some(WORDING));
        assert_eq!((first.counts.created, first.counts.refused), (700, 0));
        let record = store.lead(phone(3)).unwrap().unwrap();
        assert_eq!(*record.lead.field("color"), Value::text("red"));
        assert!(matches!(
            record.standing.consent,
            Consent::Given(_, Level::Marketing)
        ));
        let again = import(&engine, file.as_bytes(), Some(WORDING));
        assert_eq!((again.counts.unchanged, again.counts.created), (700, 0));
        assert_eq!(
            store.ledger(phone(3)).unwrap().len(),
            1,
            "one row of consent"
        );
        assert_eq!(store.lead(phone(3)).unwrap(), Some(record));
        // What differs is brought up to date; another wording is another consent.
        let changed = file.replace(";red\n", ";blue\n");
        assert_eq!(
            import(&engine, changed.as_bytes(), Some(WORDING))
                .counts
                .updated,
            700
        );
        import(&engine, changed.as_bytes(), Some("I agree"));
        assert_eq!(store.ledger(phone(3)).unwrap().len(), 2);
    }
}

/// A file, and what becomes of its rows: for each line the name that is stored, or a part of the reason.
type Case<'c> = (&'c str, &'c [u8], &'c [(u64, Result<&'c str, &'c str>)]);

const UGLY: &[Case] = &[
    (
        "windows-1252 with semicolons",
        b"Name;Handy\r\nJos\xE9 \x80;3125550100\r\n",
        &[(0, Ok("José €"))],
    ),
    (
        "a mark, quotes within quotes, a line within a cell",
        b"\xEF\xBB\xBF\"Name\",\"Phone\"\n\"Ada \"\"Countess\"\" L.\",3125550100\n\"Two\nlines\",3125550101\n",
        &[(0, Ok("Ada \"Countess\" L.")), (1, Ok("Two\nlines"))],
    ),
    (
        "what spreadsheets do to numbers",
        b"name,phone\nA,1.31256E+10\nB,'+13125550101\nC,\"=\"\"+13125550102\"\"\"\nD,13125550103.0\n",
        &[(2, Err("shortened by a spreadsheet")), (1, Ok("B")), (2, Ok("C")), (3, Ok("D"))],
    ),
    (
        "one number twice, written differently",
        b"name,phone\nA,312-555-0100\nB,+1 (312) 555 0100\n",
        &[(0, Ok("A")), (3, Err("stands on line 2"))],
    ),
    (
        "too many cells, too few, none",
        b"name,phone,city\nA,3125550100,Chicago, IL\nB,3125550101\n\n,,\nC\n",
        &[(2, Err("4 cells and the header 3")), (1, Ok("B")), (6, Err("is empty"))],
    ),
    (
        "a quote that is never closed",
        b"name,phone\nA,3125550100\n\"B,3125550101\nC,3125550102\n",
        &[(0, Ok("A")), (3, Err("the number is empty"))],
    ),
    (
        "emails, languages, zones",
        b"name,phone,email,language,timezone\nA,3125550100,a@b,en,\nB,3125550101,,klingonish,\nC,3125550102,,Spanish,Mars\nD,3125550103,d@x.io,espa\xC3\xB1ol,America/Denver\n",
        &[(2, Err("not an email")), (3, Err("not a language")), (4, Err("not a time zone")), (3, Ok("D"))],
    ),
    (
        "no header at all",
        b"+13125550100\n+13125550101\n",
        &[(0, Ok("")), (1, Ok(""))],
    ),
];

#[test]
fn every_row_of_an_ugly_file_is_stored_or_refused_with_its_reason() {
    for (what, file, want) in UGLY {
        let engine = engine(Arc::new(MemoryStore::new()));
        let outcome = import(&engine, file, None);
        let mut taken = 0;
        for (n, told) in *want {
            match told {
                Ok(name) => {
                    taken += 1;
                    let record = engine.store.lead(phone(*n)).unwrap();
                    let record = record.unwrap_or_else(|| panic!("{what}: {n} is not stored"));
                    let stored = match record.lead.field("name") {
                        Value::Text(name) => name.clone(),
                        _ => String::new(),
                    };
                    assert_eq!(stored, *name, "{what}");
                }
                Err(part) => {
                    let at = outcome.refused.iter().find(|row| row.line == *n);
                    let at = at.unwrap_or_else(|| panic!("{what}: {:?}", outcome.refused));
                    let reason = at.reason.to_string();
                    assert!(reason.contains(part), "{what}: {reason}");
                }
            }
        }
        assert_eq!(
            outcome.counts.created, taken,
            "{what}: {:?}",
            outcome.refused
        );
        assert_eq!(
            outcome.refused.len(),
            want.len() - taken,
            "{what}: {:?}",
            outcome.refused
        );
    }
}

#[test]
fn consent_is_recorded_as_the_file_says_it_and_never_outranks_an_opt_out() {
    let engine = engine(Arc::new(MemoryStore::new()));
    let file = "phone,opt in,consent text,consent date,consent source,opt out,consent type\n\
        3125550100,yes,I agree,2026-01-31,fair,,\n\
        3125550101,no,I agree,,,,\n\
        3125550102,yes,,,,,\n\
        3125550103,yes,I agree,31.12.2031,,,\n\
        3125550104,yes,I agree,soon,,,\n\
        3125550105,perhaps,I agree,,,,\n\
        3125550106,,,,,yes,\n\
        3125550107,yes,I agree,,,,transactional\n\
        3125550108,yes,I agree,,,,loud\n";
    let outcome = import(&engine, file.as_bytes(), None);
    let reasons: Vec<(u64, String)> = outcome
        .refused
        .iter()
        .map(|row| (row.line, row.reason.to_string()))
        .collect();
    for (line, part) in [
        (4, "and not to what"),
        (5, "in the future"),
        (6, "cannot be read"),
        (7, "neither yes nor no"),
        (10, "not marketing or transactional"),
    ] {
        let found = reasons.iter().find(|(at, _)| *at == line);
        assert!(
            found.is_some_and(|(_, reason)| reason.contains(part)),
            "{line}: {reasons:?}"
        );
    }
    assert_eq!(reasons.len(), 5);
    let standing = |n| {
        engine
            .store
            .lead(phone(n))
            .unwrap()
            .unwrap()
            .standing
            .consent
    };
    let agreed: Timestamp = "2026-01-31T18:00:00Z".parse().unwrap();
    assert_eq!(standing(0), Consent::Given(agreed, Level::Marketing));
    assert_eq!(standing(1), Consent::None);
    assert!(matches!(standing(6), Consent::Revoked(_)));
    assert!(matches!(
        standing(7),
        Consent::Given(_, Level::Transactional)
    ));
    let rows = engine.store.ledger(phone(0)).unwrap();
    let event = rows[0].event().unwrap();
    let told = (
        event.source.as_str(),
        event.wording.as_str(),
        event.method.as_str(),
    );
    assert_eq!(told, ("fair", "I agree", "import"));
    assert!(!event.own_act);
    // Who opted out stays so, whatever a later file says.
    let outcome = import(&engine, b"phone\n3125550106\n3125550109\n", Some(WORDING));
    assert!(matches!(standing(6), Consent::Revoked(_)));
    assert_eq!(outcome.counts.opted_out, 1);
}

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let flows = dir.path().join("flows");
        std::fs::create_dir(&flows).unwrap();
        std::fs::write(flows.join("workspace.yaml"), WORKSPACE).unwrap();
        std::fs::write(flows.join("drive.yaml"), DRIVE).unwrap();
        std::fs::write(flows.join("notice.yaml"), NOTICE).unwrap();
        Place { dir }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_replytree"));
        command
            .arg("--workspace")
            .arg(self.path().join("flows"))
            .arg("--db")
            .arg(format!("sqlite:{}", self.path().join("t.db").display()))
            .args(args)
            .current_dir(self.path());
        command
    }

    /// What the command says in JSON, and its exit code.
    fn run(&self, args: &[&str]) -> (Json, i32) {
        let out = self.command(args).output().unwrap();
        let said = String::from_utf8(out.stdout).unwrap();
        let wrong = String::from_utf8_lossy(&out.stderr).into_owned();
        let json = serde_json::from_str(&said).unwrap_or(Json::String(said + &wrong));
        (json, out.status.code().unwrap())
    }
}

#[test]
fn leads_are_imported_enrolled_and_reported_while_the_server_runs() {
    let place = Place::new();
    let mut server = place
        .command(&["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(server.stdout.as_mut().unwrap()),
        &mut line,
    )
    .unwrap();

    let mut file = "name,phone,tags,model\n".to_string();
    for n in 0..40 {
        file.push_str(&format!("Lead {n},{},vip,Roadster\n", phone(n)));
    }
    file.push_str("=cmd(),nonsense,,\n");
    std::fs::write(place.path().join("leads.csv"), &file).unwrap();
    std::fs::write(
        place.path().join("more.csv"),
        format!("phone\n{}\n", phone(60)),
    )
    .unwrap();

    let (said, code) = place.run(&["import", "leads.csv", "--dry-run"]);
    assert_eq!((said["created"].as_u64(), code), (Some(40), 0), "{said}");
    assert!(!place.path().join("leads.rejected.csv").exists());
    let (said, _) = place.run(&["import", "leads.csv"]);
    assert_eq!(
        (said["created"].as_u64(), said["without_consent"].as_u64()),
        (Some(40), Some(40))
    );
    let rejected = std::fs::read_to_string(place.path().join("leads.rejected.csv")).unwrap();
    assert!(rejected.contains("'=cmd(),nonsense,,,42,"), "{rejected}");

    // Nobody agreed yet: nobody enters, and it is said why.
    let (said, code) = place.run(&["enroll", "drive", "--segment", "vip"]);
    assert_eq!((said["enrolled"].as_u64(), code), (Some(0), 1), "{said}");
    assert!(
        said["left_out"]
            .to_string()
            .contains("no consent is recorded"),
        "{said}"
    );
    let (said, _) = place.run(&["import", "leads.csv", "--consent", WORDING]);
    assert_eq!(said["updated"].as_u64(), Some(40), "{said}");

    let pilot = [
        "enroll",
        "drive",
        "--segment",
        "vip",
        "--pilot",
        "10",
        "--campaign",
        "spring",
    ];
    let (said, code) = place.run(&pilot);
    let figures = (said["found"].as_u64(), said["enrolled"].as_u64(), code);
    assert_eq!(figures, (Some(40), Some(10), 0), "{said}");
    let (said, _) = place.run(&pilot);
    assert_eq!(
        (said["enrolled"].as_u64(), said["already"].as_u64()),
        (Some(0), Some(10)),
        "{said}"
    );
    let all = [
        "enroll",
        "drive",
        "--csv",
        "leads.csv",
        "--campaign",
        "spring",
        "--at",
        "2h",
    ];
    let (said, _) = place.run(&all);
    assert_eq!(
        (said["enrolled"].as_u64(), said["already"].as_u64()),
        (Some(30), Some(10)),
        "{said}"
    );
    let (said, code) = place.run(&["enroll", "drive", "--csv", "more.csv"]);
    assert_eq!(code, 1);
    assert!(
        said["left_out"]
            .to_string()
            .contains("import the file first"),
        "{said}"
    );
    let (said, code) = place.run(&["enroll", "drive", "--segment", "hot"]);
    assert!(
        code == 1 && said.to_string().contains("there are vip"),
        "{said}"
    );

    let (said, code) = place.run(&["report", "drive"]);
    let flow = &said["flows"][0];
    assert_eq!(
        (flow["conversations"].as_u64(), code),
        (Some(40), 0),
        "{said}"
    );
    assert_eq!(flow["by_status"]["scheduled"].as_u64(), Some(30), "{said}");
    assert_eq!(flow["funnel"][0]["step"], "timing");
    let (said, _) = place.run(&["report", "--format", "csv"]);
    assert!(
        said.as_str()
            .unwrap()
            .contains("drive,,,conversations,40\n"),
        "{said}"
    );
    let (said, _) = place.run(&["report", "drive", "--since", "2031-01-01"]);
    assert_eq!(said["flows"][0]["conversations"].as_u64(), Some(0));
    let (said, code) = place.run(&["report", "drvie"]);
    assert!(
        code == 1 && said.to_string().contains("did you mean `drive`"),
        "{said}"
    );

    // The server answers on, and knows them.
    server.kill().unwrap();
    server.wait().unwrap();
    let store = SqliteStore::open(&place.path().join("t.db")).unwrap();
    assert_eq!(store.counts().unwrap().leads, 40);
}

#[test]
fn accounts_are_added_listed_and_disabled_on_the_command_line() {
    let place = Place::new();
    let (said, code) = place.run(&["user", "add", "dana", "--role", "agent"]);
    let link = said["link"].as_str().unwrap();
    assert!(
        code == 0 && link.starts_with("https://text.example/welcome/"),
        "{said}"
    );
    let mut child = place
        .command(&["user", "add", "ops", "--role", "admin", "--password-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), b"a long enough one\n").unwrap();
    assert!(child.wait().unwrap().success());
    let (said, _) = place.run(&["user", "list"]);
    assert_eq!(said["data"][0]["state"], "invited", "{said}");
    assert_eq!(said["data"][1]["state"], "active", "{said}");
    for (args, code, part) in [
        (
            vec!["user", "add", "dana", "--role", "agent"],
            1,
            "there is an account `dana` already",
        ),
        (vec!["user", "disable", "ops"], 1, "last admin"),
        (
            vec!["user", "disable", "nobody"],
            1,
            "there is no account `nobody`",
        ),
        (vec!["user", "disable", "dana"], 0, "disabled dana"),
        (vec!["user", "reset", "dana"], 0, "/welcome/"),
        (
            vec!["user", "add", "x", "--role", "king"],
            2,
            "possible values",
        ),
        (
            vec!["key", "add", "k", "--role", "agent", "--expires", "soon"],
            2,
            "soon",
        ),
    ] {
        let (said, got) = place.run(&args);
        assert_eq!(got, code, "{args:?}: {said}");
        assert!(said.to_string().contains(part), "{args:?}: {said}");
    }
}
