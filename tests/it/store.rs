//! Every store passes the conformance suite; and what a file must withstand besides.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use replytree::conversation::{AgentNote, AgentWay, Effect, Event, NoteAbout};
use replytree::lead::Value;
use replytree::store::conformance::{self, Lead, NOW};
use replytree::store::{
    Commit, MemoryStore, RowBody, SendStatus, SqliteStore, Store, Tells, sqlite,
};
use replytree::time::{Duration, Timestamp};
use rusqlite::Connection;

#[test]
fn the_memory_store_keeps_every_rule() {
    for (rule, check) in conformance::all() {
        println!("{rule}");
        check(&MemoryStore::new());
    }
}

#[test]
fn the_sqlite_store_keeps_every_rule() {
    for (rule, check) in conformance::all() {
        println!("{rule}");
        check(&SqliteStore::in_memory().unwrap());
    }
}

fn take(store: &dyn Store, commit: &Commit) {
    let mut batch = store.begin(&[]).unwrap();
    batch.write(commit).unwrap();
    batch.finish().unwrap();
}

fn refusal(path: &Path) -> String {
    match SqliteStore::open(path) {
        Ok(_) => panic!("{path:?} was opened"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_url_names_its_store() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    for url in [
        format!("sqlite:{}", path.display()),
        format!("sqlite://{}", path.display()),
    ] {
        assert!(replytree::store::open(&url).is_ok(), "{url}");
        assert!(path.is_file());
    }
    for (url, says) in [
        ("postgres://u@h/db", "not in this build yet"),
        ("mysql://h", "sqlite:FILE"),
        ("sqlite:", "sqlite:FILE"),
        ("replytree.db", "sqlite:FILE"),
    ] {
        let error = replytree::store::open(url).err().map(|e| e.to_string());
        assert!(
            error.as_ref().is_some_and(|e| e.contains(says)),
            "{url}: {error:?}"
        );
    }
}

#[test]
fn a_file_that_is_not_ours_is_refused_and_left_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("text.db");
    std::fs::write(&text, "dear diary, ".repeat(100)).unwrap();
    let before = std::fs::read(&text).unwrap();
    assert!(refusal(&text).contains("not a database of replytree"));
    assert_eq!(std::fs::read(&text).unwrap(), before);

    let other = dir.path().join("other.db");
    let connection = Connection::open(&other).unwrap();
    connection
        .execute_batch("CREATE TABLE song (name TEXT)")
        .unwrap();
    drop(connection);
    let before = std::fs::read(&other).unwrap();
    assert!(refusal(&other).contains("another program"));
    assert_eq!(std::fs::read(&other).unwrap(), before);

    let newer = dir.path().join("newer.db");
    drop(SqliteStore::open(&newer).unwrap());
    let connection = Connection::open(&newer).unwrap();
    connection.pragma_update(None, "user_version", 999).unwrap();
    drop(connection);
    assert!(refusal(&newer).contains("newer replytree"));

    let missing = dir.path().join("no/such/dir/x.db");
    assert!(refusal(&missing).contains("open the database file"));
}

#[cfg(unix)]
#[test]
fn the_file_and_its_log_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let store = SqliteStore::open(&path).unwrap();
    take(&store, &Lead::new(1).enrolment());
    store.backup(&dir.path().join("b.db")).unwrap();
    for name in ["a.db", "a.db-wal", "b.db"] {
        let mode = std::fs::metadata(dir.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn the_ledger_cannot_be_changed_even_by_hand() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let store = SqliteStore::open(&path).unwrap();
    let mut commit = Lead::new(1).enrolment();
    commit.consents.push(conformance::given());
    take(&store, &commit);
    let before = store.ledger(commit.lead).unwrap();
    let connection = Connection::open(&path).unwrap();
    for sql in [
        "DELETE FROM ledger",
        "UPDATE ledger SET at = at + 1",
        "UPDATE ledger SET data = x'00'",
        "UPDATE ledger SET lead = NULL, data = NULL, n = n + 1",
        "INSERT INTO ledger SELECT bucket, n + 2, lead, key, at, data, digest, hash FROM ledger",
        "REPLACE INTO ledger SELECT bucket, n, lead, key, 0, data, digest, hash FROM ledger",
    ] {
        let refused = connection.execute_batch(sql).unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
    assert_eq!(store.ledger(commit.lead).unwrap(), before);
}

#[test]
fn what_was_finished_is_there_after_opening_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let lead = Lead::new(1);
    let store = SqliteStore::open(&path).unwrap();
    take(&store, &lead.enrolment());
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    take(&store, &lead.replied(2, 2));
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(
        store.conversation(lead.conversation).unwrap(),
        Some(lead.conversation(2))
    );
    assert_eq!(store.timeline(lead.phone, None, 0, 9).unwrap().len(), 4);
}

/// A lead that was just written is known without reading; another process may have written since.
#[test]
fn a_turn_sees_what_another_process_wrote() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let (server, command) = (
        SqliteStore::open(&path).unwrap(),
        SqliteStore::open(&path).unwrap(),
    );
    let lead = Lead::new(1);
    let snapshot = |store: &SqliteStore| {
        let mut batch = store.begin(&[lead.need()]).unwrap();
        batch.snapshot(&lead.need()).unwrap()
    };
    take(&server, &lead.enrolment());
    take(&command, &lead.replied(2, 2));
    assert_eq!(snapshot(&server).last_seq, 4);
    assert_eq!(snapshot(&server).active, Some(lead.conversation(2).into()));
    let mut batch = server.begin(&[lead.need()]).unwrap();
    let again = Commit {
        seen: lead.replied(2, 2).seen,
        ..lead.replied(3, 4)
    };
    assert!(batch.write(&again).is_err(), "the other took it");
    drop(batch);
    assert!(command.erase(lead.phone, Timestamp::from_ms(9)).unwrap());
    assert_eq!(snapshot(&server).last_seq, 0);
}

/// The file as the first version laid it out is brought to this one with everything in it.
#[test]
fn a_file_of_the_first_schema_is_brought_up_to_date() {
    const FIRST: &str = include_str!("../../src/store/sqlite/schema/0001_initial.sql");
    let dir = tempfile::tempdir().unwrap();
    let (now, before) = (dir.path().join("now.db"), dir.path().join("before.db"));
    let lead = Lead::new(1);
    let store = SqliteStore::open(&now).unwrap();
    take(&store, &lead.enrolment());
    take(&store, &lead.replied(2, 2));
    let told = store.timeline(lead.phone, None, 0, 9).unwrap();
    let far = NOW + Duration::hours(24 * 400);
    let due = store.due(far, 9).unwrap();
    assert!(!due.is_empty());
    drop(store);

    let first = Connection::open(&before).unwrap();
    first.execute_batch(FIRST).unwrap();
    first
        .execute_batch(&format!(
            "PRAGMA user_version = 1; PRAGMA application_id = {};
             ATTACH '{}' AS now; DELETE FROM setting;
             INSERT INTO setting SELECT * FROM now.setting;
             INSERT INTO lead SELECT bucket, phone, data FROM now.lead;
             INSERT INTO flow_version SELECT * FROM now.flow_version;
             INSERT INTO conversation SELECT bucket, id, lead, version, revision, status, step,
                 outcome, due, started, data FROM now.conversation;
             INSERT INTO timeline SELECT bucket, lead, seq, conversation, at, kind, status,
                 marketing, due, provider_id, body, sending FROM now.timeline;
             INSERT INTO seen SELECT * FROM now.seen;",
            0x5254_7265,
            now.display()
        ))
        .unwrap();
    let key = lead.replied(2, 2).seen.unwrap().0;
    first
        .execute(
            "INSERT INTO seen SELECT bucket, phone, ?1 FROM lead",
            [&key[..]],
        )
        .unwrap();
    drop(first);

    let store = SqliteStore::open(&before).unwrap();
    assert_eq!(store.timeline(lead.phone, None, 0, 9).unwrap(), told);
    assert_eq!(store.due(far, 9).unwrap(), due);
    let mut batch = store.begin(&[lead.need()]).unwrap();
    assert!(
        batch
            .seen(lead.phone, &lead.replied(2, 2).seen.unwrap())
            .unwrap()
    );
    drop(batch);
    take(&store, &lead.replied(3, 4));
}

#[test]
fn a_copy_of_file_and_log_holds_every_finished_batch_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&dir.path().join("a.db")).unwrap();
    for n in 0..20 {
        take(&store, &Lead::new(n).enrolment());
        if n % 7 == 3 {
            store.checkpoint().unwrap();
        }
        // One is open, as it would be when the power fails.
        let mut open = store.begin(&[]).unwrap();
        open.write(&Lead::new(1_000 + n).enrolment()).unwrap();
        let copy = dir.path().join(format!("copy{n}.db"));
        for suffix in ["", "-wal"] {
            let from = dir.path().join(format!("a.db{suffix}"));
            std::fs::copy(from, format!("{}{suffix}", copy.display())).unwrap();
        }
        drop(open);
        let copy = SqliteStore::open(&copy).unwrap();
        assert_eq!(copy.counts().unwrap().leads, n + 1);
        let last = Lead::new(n);
        assert_eq!(
            copy.conversation(last.conversation).unwrap(),
            Some(last.conversation(1))
        );
    }
}

const KILL_ME: &str = "REPLYTREE_TEST_KILL";

/// Not a test: the process that the next test kills. Says each batch when it is finished.
#[test]
#[ignore = "run by kill_9_loses_nothing_that_was_finished"]
fn writes_until_killed() {
    let Some(path) = std::env::var_os(KILL_ME) else {
        return;
    };
    let store = SqliteStore::open(Path::new(&path)).unwrap();
    for n in 0..1_000_000 {
        take(&store, &Lead::new(n).enrolment());
        println!("finished {n}");
    }
}

#[test]
fn kill_9_loses_nothing_that_was_finished() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..3_u64 {
        let file = dir.path().join(format!("{round}.db"));
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "store::writes_until_killed",
                "--ignored",
                "--nocapture",
            ])
            .env(KILL_ME, &file)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut finished = 0;
        let said = lines
            .map_while(Result::ok)
            .filter(|line| line.contains("finished "));
        for _ in said.take(20 + 13 * round as usize) {
            finished += 1;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let store = SqliteStore::open(&file).unwrap();
        let counts = store.counts().unwrap();
        assert!(counts.leads >= finished, "{} of {finished}", counts.leads);
        for n in 0..counts.leads {
            let lead = Lead::new(n);
            assert_eq!(
                store.timeline(lead.phone, None, 0, 9).unwrap().len(),
                2,
                "lead {n}"
            );
        }
    }
}

#[test]
fn a_backup_made_while_writing_is_complete_and_restoring_it_sends_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (path, copy) = (dir.path().join("a.db"), dir.path().join("b.db"));
    let store = SqliteStore::open(&path).unwrap();
    for n in 0..200 {
        take(&store, &Lead::new(n).enrolment());
    }
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 200..300 {
                take(&store, &Lead::new(n).enrolment());
            }
        });
        store.backup(&copy).unwrap();
    });
    let again = store.backup(&copy).unwrap_err().to_string();
    assert!(again.contains("is there already"), "{again}");

    let back = dir.path().join("c.db");
    let reviewed = sqlite::restore(&copy, &back, NOW).unwrap();
    let restored = SqliteStore::open(&back).unwrap();
    let counts = restored.counts().unwrap();
    assert!((200..=300).contains(&counts.leads));
    assert_eq!((counts.pending, reviewed.outgoing), (0, counts.leads));
    let last = Lead::new(counts.leads - 1);
    assert_eq!(restored.timeline(last.phone, None, 0, 9).unwrap().len(), 2);
    assert_eq!(reviewed.timers, 0, "none was due yet");
    // Weeks later every timer of the backup is due, and none runs until a person lets it.
    let late = dir.path().join("d.db");
    let month = NOW + replytree::time::Duration::days(30);
    let reviewed = sqlite::restore(&copy, &late, month).unwrap();
    assert_eq!(
        (reviewed.outgoing, reviewed.timers),
        (counts.leads, counts.leads)
    );
    let restored = SqliteStore::open(&late).unwrap();
    assert_eq!(restored.due(month, 9).unwrap(), []);
    assert_eq!(restored.next_due().unwrap(), None);
    assert_eq!(restored.release(month).unwrap(), reviewed);
    assert_eq!(
        restored.due(month, 1_000).unwrap().len() as u64,
        2 * counts.leads
    );
    let refused = sqlite::restore(&copy, &back, NOW).unwrap_err().to_string();
    assert!(refused.contains("is there already"), "{refused}");
    let left: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".part"))
        .collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn an_erased_lead_is_in_no_byte_of_the_file_or_its_log() {
    const CANARY: &str = "Xanthippe of the Canaries";
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let store = SqliteStore::open(&path).unwrap();
    let lead = Lead::new(250);
    for n in 0..500 {
        let mut commit = Lead::new(n).enrolment();
        let mut consent = conformance::given();
        if n == 250 {
            let record = commit.record.as_mut().unwrap();
            record
                .lead
                .fields
                .insert("name".into(), Value::text(CANARY));
            commit.conversations[0].last_reply = CANARY.to_string();
            consent.wording = CANARY.to_string();
        }
        commit.consents.push(consent);
        take(&store, &commit);
    }
    // Rows that grow, move to other pages and are replaced leave nothing behind either.
    for revision in 2..60 {
        let mut commit = lead.replied(revision, revision * 2 - 2);
        commit.conversations[0].last_reply = CANARY.repeat(revision as usize % 40);
        commit.record = Some(lead.record().into());
        commit.named = true;
        let fields = &mut commit.record.as_mut().unwrap().lead.fields;
        fields.insert(
            "name".into(),
            Value::text(CANARY.repeat(revision as usize % 30)),
        );
        take(&store, &commit);
        if revision % 9 == 0 {
            store.checkpoint().unwrap();
        }
    }
    // What an agent texted and is told stands under the agent's number, sent or not.
    for (n, status) in [SendStatus::Sent, SendStatus::Queued]
        .into_iter()
        .enumerate()
    {
        take(&store, &told_an_agent(&lead, CANARY, 2 * n as u32, status));
    }
    store.checkpoint().unwrap();
    let holds = |what: &[u8]| {
        ["a.db", "a.db-wal"].iter().any(|name| {
            let bytes = std::fs::read(dir.path().join(name)).unwrap();
            bytes.windows(what.len()).any(|window| window == what)
        })
    };
    let number = lead.phone.digits().to_be_bytes();
    // What the lead is found by is folded.
    let folded = "xanthippe";
    let texts = [
        CANARY.as_bytes(),
        folded.as_bytes(),
        &number[2..],
        lead.phone.to_string().as_bytes(),
    ]
    .map(Vec::from);
    for text in &texts {
        assert!(holds(text), "{text:?}");
    }
    // A reader that began before holds on to the log: it is cleared at a later checkpoint.
    let reader = Connection::open(&path).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM lead")
        .unwrap();
    assert!(store.erase(lead.phone, Timestamp::from_ms(0)).unwrap());
    assert!(holds(&texts[0]));
    drop(reader);
    store.checkpoint().unwrap();
    for text in &texts {
        assert!(!holds(text), "{text:?}");
    }
    assert_eq!(store.counts().unwrap().leads, 499);
    let agent = store.timeline(conformance::phone(900), None, 0, 9).unwrap();
    assert_eq!(agent.len(), 4);
    let queued = agent[3].body.sending().unwrap().status;
    assert_eq!(queued, SendStatus::Cancelled, "it is not sent any more");
}

/// An agent's text and the answer to it, which name the lead.
fn told_an_agent(lead: &Lead, name: &str, last_seq: u32, status: SendStatus) -> Commit {
    let agent = Lead::new(900);
    let mut commit = conformance::commit(agent.phone);
    let mut wrote = agent.reply(last_seq + 1);
    if let RowBody::Happened(entry) = &mut wrote.body {
        entry.event = Event::Replied {
            text: format!("{name} was reached"),
            media: Vec::new(),
            written: None,
            media_types: Vec::new(),
        };
    }
    let mut answer = agent.text(last_seq + 2, Some(NOW));
    if let RowBody::Outgoing(effect, sending) = &mut answer.body {
        sending.status = status;
        *effect = Effect::TellAgent(AgentNote {
            agent: "Dana".to_string(),
            way: AgentWay::Sms,
            about: NoteAbout::Answer,
            handoff: None,
            to: agent.phone.to_string(),
            subject: String::new(),
            text: format!("You have it. Call {name} {}.", lead.phone),
            link: None,
        });
    }
    commit.rows.extend([wrote, answer]);
    let of = lead.phone;
    commit.tells = [1, 2]
        .map(|n| Tells {
            seq: last_seq + n,
            of,
        })
        .to_vec();
    commit
}

#[test]
fn a_damaged_backup_is_not_restored() {
    let dir = tempfile::tempdir().unwrap();
    let (path, copy) = (dir.path().join("a.db"), dir.path().join("b.db"));
    let store = SqliteStore::open(&path).unwrap();
    for n in 0..50 {
        take(&store, &Lead::new(n).enrolment());
    }
    store.backup(&copy).unwrap();
    let mut bytes = std::fs::read(&copy).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0x5a);
    std::fs::write(&copy, bytes).unwrap();
    let to = dir.path().join("c.db");
    let error = sqlite::restore(&copy, &to, NOW).unwrap_err().to_string();
    assert!(error.contains("damaged"), "{error}");
    assert!(!to.exists());
    let missing = sqlite::restore(&dir.path().join("none.db"), &to, NOW)
        .unwrap_err()
        .to_string();
    assert!(missing.contains("is not there"), "{missing}");
    std::fs::write(dir.path().join("empty.db"), "").unwrap();
    let empty = sqlite::restore(&dir.path().join("empty.db"), &to, NOW)
        .unwrap_err()
        .to_string();
    assert!(empty.contains("not a backup of ours"), "{empty}");
}

#[test]
fn checkpoints_keep_the_log_short_while_it_is_written_to_and_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let store = SqliteStore::open(&path).unwrap();
    let log = || {
        std::fs::metadata(dir.path().join("a.db-wal"))
            .unwrap()
            .len()
    };
    let mut longest = 0;
    for n in 0..40 {
        let mut batch = store.begin(&[]).unwrap();
        for lead in 0..50 {
            batch.write(&Lead::new(n * 50 + lead).enrolment()).unwrap();
        }
        batch.finish().unwrap();
        longest = longest.max(log());
        store.checkpoint().unwrap();
    }
    assert_eq!(store.counts().unwrap().leads, 2_000);
    // Each batch is written over the one before.
    assert!(longest < 2 << 20, "{longest}");
}

/// SQLite numbers `$n` by first appearance, PostgreSQL by the number: one text serves both when the
/// two agree.
#[test]
fn placeholders_are_numbered_in_the_order_of_first_use() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/sqlite");
    let mut statements = 0;
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        for text in source.split('"').skip(1).step_by(2) {
            let mut highest = 0;
            for place in text.split('$').skip(1) {
                let digits: String = place.chars().take_while(char::is_ascii_digit).collect();
                let n: usize = digits.parse().unwrap();
                assert!(n <= highest + 1, "{}: ${n} in {text}", path.display());
                highest = highest.max(n);
            }
            statements += usize::from(highest > 0);
        }
    }
    assert!(statements > 30, "{statements}");
}

/// What may read a whole table: a look at all of the ledger, lists for people, checks after a restore, what the sandbox asks,
/// and erasures, which are rare.
const READS_ALL: &[&str] = &[
    "SELECT n, lead, key, data, digest, hash, at, bucket FROM ledger",
    "SELECT bucket, n, hash, ats FROM ledger_head",
    "SELECT count(*) FROM held_timer",
    "UPDATE conversation SET due = held_timer.due",
    "DELETE FROM answer WHERE instr",
    "DELETE FROM booking WHERE lead",
    "SELECT 1 FROM forgotten LIMIT 1",
    "SELECT status, count FROM outgoing_count",
    "SELECT lead, seq, conversation, at, kind, status, due, provider_id, body,\n        sending\n    \
     FROM timeline WHERE kind = $1 ORDER BY",
    "SELECT seq, status, due, provider_id, sending, lead FROM timeline\n    WHERE status IN",
];

#[test]
fn no_statement_reads_a_whole_table_but_those_that_may() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    drop(SqliteStore::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    let mut explained = 0;
    let mut needed: Vec<&str> = Vec::new();
    for entry in std::fs::read_dir("src/store/sqlite").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        for sql in source.split('"').skip(1).step_by(2) {
            let verbs = ["SELECT ", "INSERT ", "UPDATE ", "DELETE "];
            if !verbs.iter().any(|verb| sql.starts_with(verb)) {
                continue;
            }
            let mut statement = connection
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap();
            let mut rows = statement.raw_query();
            let mut plan = Vec::new();
            while let Some(row) = rows.next().unwrap() {
                plan.push(row.get::<_, String>(3).unwrap());
            }
            let scans = |line: &String| {
                line.starts_with("SCAN ")
                    && !line.contains(" INDEX ")
                    && line != "SCAN CONSTANT ROW"
            };
            if plan.iter().any(scans) {
                let may = READS_ALL.iter().find(|start| sql.starts_with(**start));
                let why = format!("{}: {sql}\n{plan:#?}", path.display());
                needed.push(may.unwrap_or_else(|| panic!("{why}")));
            }
            explained += 1;
        }
    }
    assert!(explained > 40, "{explained}");
    let stale: Vec<_> = READS_ALL
        .iter()
        .filter(|start| !needed.contains(start))
        .collect();
    assert!(
        stale.is_empty(),
        "nothing that reads all begins with: {stale:#?}"
    );
}

/// A search is one stretch of each bucket, whatever it is by.
#[test]
fn leads_are_searched_by_stretches_of_an_index() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    drop(SqliteStore::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    let source = std::fs::read_to_string("src/store/sqlite/search.rs").unwrap();
    for (start, wanted) in [
        (
            "SELECT DISTINCT",
            "USING PRIMARY KEY (bucket=? AND word>? AND word<?)",
        ),
        ("SELECT phone", "(bucket=? AND phone>? AND phone<?)"),
        ("SELECT bucket, phone", "((bucket,phone)>(?,?))"),
        ("DELETE FROM lead_key", "(bucket=? AND lead=?)"),
    ] {
        let texts = source.split('"').skip(1).step_by(2);
        let sql = texts
            .into_iter()
            .find(|sql| sql.starts_with(start))
            .unwrap();
        let explain = format!("EXPLAIN QUERY PLAN {sql}");
        let mut statement = connection.prepare(&explain).unwrap();
        let mut rows = statement.raw_query();
        let plan: String = rows.next().unwrap().unwrap().get(3).unwrap();
        assert!(
            plan.starts_with("SEARCH ") && plan.contains(wanted),
            "{sql}: {plan}"
        );
    }
}

/// A file of before there were keys gives its leads theirs when it is opened.
#[test]
fn leads_of_an_older_file_are_found_by_name() {
    use replytree::store::LeadQuery;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let store = SqliteStore::open(&path).unwrap();
    for n in 0..600 {
        take(&store, &Lead::new(n).enrolment());
    }
    drop(store);
    let older = Connection::open(&path).unwrap();
    older
        .execute_batch(
            "DROP TABLE lead_key; DROP INDEX lead_count; DROP TABLE tells; PRAGMA user_version = 9;",
        )
        .unwrap();
    drop(older);
    let store = SqliteStore::open(&path).unwrap();
    let asked = |q: &str| LeadQuery {
        q: Some(q.to_string()),
        limit: 1_000,
        ..LeadQuery::default()
    };
    assert_eq!(store.leads(&asked("ada")).unwrap().len(), 600);
    // A page at a time, in the same order.
    let mut paged = Vec::new();
    let mut after = None;
    loop {
        let page = store
            .leads(&LeadQuery {
                after,
                limit: 70,
                ..asked("ad")
            })
            .unwrap();
        after = page.last().map(|record| record.lead.phone);
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(paged, store.leads(&asked("ada")).unwrap());
    assert_eq!(store.leads(&asked("0699")).unwrap().len(), 1);
    assert!(
        store
            .erase(Lead::new(5).phone, Timestamp::from_ms(0))
            .unwrap()
    );
    assert_eq!(store.leads(&asked("ada")).unwrap().len(), 599);
}
