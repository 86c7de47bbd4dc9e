//! The ledger on disk: whatever is done to it by hand is found, and named.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::Command;

use replytree::policy::{ConsentChange, ConsentEvent};
use replytree::store::conformance::{self, Lead};
use replytree::store::{SqliteStore, Store, sqlite};
use replytree::time::Timestamp;
use rusqlite::Connection;
use serde_json::Value;

/// A ledger of three leads in two buckets at least; one of them was erased.
fn ledger(path: &Path) -> Vec<Lead> {
    let store = SqliteStore::open(path).unwrap();
    let leads: Vec<Lead> = (0..3).map(Lead::new).collect();
    for round in 0..2 {
        for lead in &leads {
            let mut commit = match round {
                0 => lead.enrolment(),
                _ => conformance::commit(lead.phone),
            };
            commit.consents.push(match round {
                0 => conformance::given(),
                _ => ConsentEvent {
                    change: ConsentChange::Revoked,
                    wording: "stop it".to_string(),
                    ..conformance::given()
                },
            });
            let mut batch = store.begin(&[]).unwrap();
            batch.write(&commit).unwrap();
            batch.finish().unwrap();
        }
    }
    store.erase(leads[2].phone, Timestamp::from_ms(9)).unwrap();
    store.checkpoint().unwrap();
    leads
}

/// Where the cells of the table's pages lie in the file.
fn cells(path: &Path, table: &str) -> Vec<std::ops::Range<u64>> {
    let db = Connection::open(path).unwrap();
    db.pragma_update(None, "journal_mode", "DELETE").unwrap();
    let page = db
        .pragma_query_value(None, "page_size", |row| row.get::<_, u32>(0))
        .unwrap();
    let root = db
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = $1",
            [table],
            |row| row.get::<_, u32>(0),
        )
        .unwrap();
    drop(db);
    let (page, root) = (u64::from(page), u64::from(root));
    let bytes = std::fs::read(path).unwrap();
    let at = |n: u64| &bytes[((n - 1) * page) as usize..(n * page) as usize];
    // Type, three fields, where the cells begin; of an inner page, its children besides.
    let be = |b: &[u8]| u64::from(b[0]) << 8 | u64::from(b[1]);
    let mut pages = vec![root];
    let mut found = Vec::new();
    while let Some(n) = pages.pop() {
        let (it, count) = (at(n), be(&at(n)[3..]));
        let start = (n - 1) * page;
        // What was freed within a page holds nothing; its own four bytes are looked at.
        let mut from = be(&it[5..]);
        let mut free = be(&it[1..]);
        while free > 0 {
            found.push(start + from..start + free + 4);
            from = free + be(&it[free as usize + 2..]);
            free = be(&it[free as usize..]);
        }
        found.push(start + from..start + page);
        if it[0] == 2 {
            let child = |b: &[u8]| be(b) << 16 | be(&b[2..]);
            pages.push(child(&it[8..]));
            pages.extend((0..count).map(|i| child(&it[be(&it[12 + 2 * i as usize..]) as usize..])));
        }
    }
    found
}

#[test]
fn whatever_bit_of_the_ledger_is_flipped_on_disk_it_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    ledger(&path);
    let mut places = cells(&path, "ledger");
    places.extend(cells(&path, "ledger_head"));
    let whole = sqlite::audit_file(&path).unwrap();
    assert!(whole.faults.is_empty(), "{:?}", whole.faults);
    assert_eq!(whole.rows, 6);
    let mut file = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .unwrap();
    let mut unseen = Vec::new();
    let mut flipped = 0;
    for at in places.into_iter().flatten() {
        let mut byte = [0];
        file.seek(SeekFrom::Start(at)).unwrap();
        file.read_exact(&mut byte).unwrap();
        let mut put = |byte: u8| {
            file.seek(SeekFrom::Start(at)).unwrap();
            file.write_all(&[byte]).unwrap();
        };
        // Two bits of each byte, all eight within four bytes.
        for bit in [at % 8, (at + 3) % 8] {
            put(byte[0] ^ (1 << bit));
            flipped += 1;
            let seen = match sqlite::audit_file(&path) {
                Ok(audit) => !audit.faults.is_empty(),
                Err(_) => true,
            };
            if !seen {
                unseen.push((at, bit));
            }
        }
        put(byte[0]);
    }
    assert!(
        unseen.is_empty(),
        "{} of {flipped}: {unseen:?}",
        unseen.len()
    );
    assert!(flipped > 2_000, "{flipped}");
    assert_eq!(sqlite::audit_file(&path).unwrap(), whole);
}

fn replytree(dir: &Path, args: &[&str]) -> (i32, Value, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_replytree"))
        .args(["--db", &format!("sqlite:{}", dir.join("a.db").display())])
        .args(args)
        .current_dir(dir)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let error = String::from_utf8_lossy(&out.stderr).into_owned();
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    (out.status.code().unwrap(), json, format!("{text}{error}"))
}

#[test]
fn what_is_done_to_the_ledger_by_hand_is_named_with_its_bucket_and_row() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let leads = ledger(&path);
    let bucket = leads[0].phone.bucket();
    let original = std::fs::read(&path).unwrap();
    let (code, said, text) = replytree(dir.path(), &["consent", "verify", "--format", "json"]);
    assert_eq!((code, &said["valid"]), (0, &Value::Bool(true)), "{text}");
    let (code, said, text) = replytree(dir.path(), &["consent", "export", "proof.jsonl"]);
    assert_eq!((code, &said["rows"]), (0, &Value::from(6)), "{text}");
    let first = "bucket = (SELECT bucket FROM ledger WHERE lead IS NOT NULL LIMIT 1)";
    for (what, sql) in [
        (
            "changed",
            format!("UPDATE ledger SET data = substr(data, 1, 40) WHERE {first} AND n = 1"),
        ),
        (
            "its time",
            format!("UPDATE ledger SET at = at + 1 WHERE {first} AND n = 1"),
        ),
        (
            "dropped",
            format!("DELETE FROM ledger WHERE {first} AND n = 1"),
        ),
        (
            "cut off",
            format!("DELETE FROM ledger WHERE {first} AND n = 2"),
        ),
        (
            "bucket cut off",
            format!("DELETE FROM ledger WHERE {first}"),
        ),
        (
            "swapped",
            format!(
                "UPDATE ledger SET n = 9 WHERE {first} AND n = 1; UPDATE ledger SET n = 1 WHERE \
                 {first} AND n = 2; UPDATE ledger SET n = 2 WHERE {first} AND n = 9"
            ),
        ),
        (
            "inserted",
            format!(
                "INSERT INTO ledger SELECT bucket, 3, lead, key, at, data, digest, hash FROM ledger \
                 WHERE {first} AND n = 1"
            ),
        ),
        (
            "blanked",
            format!("UPDATE ledger SET lead = NULL, data = NULL WHERE {first}"),
        ),
        (
            "an erased one's time",
            "UPDATE ledger SET at = at + 1 WHERE lead IS NULL".to_string(),
        ),
    ] {
        let db = Connection::open(&path).unwrap();
        for trigger in [
            "ledger_is_not_changed",
            "ledger_is_not_cut",
            "ledger_grows_by_one",
        ] {
            db.execute_batch(&format!("DROP TRIGGER {trigger}"))
                .unwrap();
        }
        db.execute_batch(&sql).unwrap();
        drop(db);
        let (code, said, text) = replytree(dir.path(), &["consent", "verify", "--format", "json"]);
        assert_eq!(
            (code, &said["valid"]),
            (1, &Value::Bool(false)),
            "{what}: {text}"
        );
        let fault = &said["faults"][0];
        assert!(fault["bucket"].is_u64(), "{what}: {text}");
        assert!(
            what.contains("time") || fault["row"].is_u64(),
            "{what}: {text}"
        );
        let export = replytree(dir.path(), &["consent", "export", "after.csv"]);
        assert_eq!(export.0, 1, "{what}: a broken ledger is not exported");
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", path.display()));
        }
        std::fs::write(&path, &original).unwrap();
    }
    // Whoever rewrites the end of the chain with all that belongs to it is found by the export.
    let db = Connection::open(&path).unwrap();
    db.execute_batch(&format!(
        "DROP TRIGGER ledger_is_not_cut; DELETE FROM ledger WHERE bucket = {bucket}; DELETE FROM \
         ledger_head WHERE bucket = {bucket}"
    ))
    .unwrap();
    drop(db);
    let verify = [
        "consent",
        "verify",
        "--format",
        "json",
        "--anchor",
        "proof.jsonl",
    ];
    assert_eq!(
        replytree(dir.path(), &verify[..4]).0,
        0,
        "nothing else shows it"
    );
    let (code, said, text) = replytree(dir.path(), &verify);
    assert_eq!(
        (code, &said["faults"][0]["bucket"]),
        (1, &Value::from(bucket)),
        "{text}"
    );
}

#[test]
fn the_ledger_is_shown_exported_and_erased_from_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let leads = ledger(&dir.path().join("a.db"));
    let number = leads[0].phone.to_string();
    let (code, said, text) = replytree(dir.path(), &["consent", "show", &number]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(said["data"][0]["change"], "given", "{text}");
    assert_eq!(said["data"][1]["wording"], "stop it", "{text}");
    let of_erased = leads[2].phone.to_string();
    let (_, said, text) = replytree(dir.path(), &["consent", "show", &of_erased]);
    assert_eq!(said["data"][0]["erased"], true, "{text}");
    assert_eq!(
        replytree(dir.path(), &["consent", "show", "+13125559999"]).0,
        1
    );
    assert_eq!(
        replytree(dir.path(), &["consent", "export", "proof.csv"]).0,
        0
    );
    let csv = std::fs::read_to_string(dir.path().join("proof.csv")).unwrap();
    assert!(csv.starts_with("record,bucket,n,hash,key,phone,"), "{csv}");
    assert!(csv.contains(&number) && csv.contains("stop it"), "{csv}");
    assert!(!csv.contains(&of_erased), "{csv}");
    assert_eq!(
        replytree(dir.path(), &["consent", "export", "proof.csv"]).0,
        1,
        "never over it"
    );
    let anchored = [
        "consent",
        "verify",
        "--format",
        "json",
        "--anchor",
        "proof.csv",
    ];
    assert_eq!(replytree(dir.path(), &anchored).0, 0);
    let (code, said, text) = replytree(dir.path(), &["erase", &number, "--format", "json"]);
    assert_eq!(
        (code, &said["erased"], &said["rows_of_proof"]),
        (0, &Value::Bool(true), &Value::from(2)),
        "{text}"
    );
    assert_eq!(replytree(dir.path(), &["erase", "+13125559999"]).0, 1);
    assert_eq!(
        replytree(dir.path(), &anchored).0,
        0,
        "an erasure breaks no chain"
    );
    let (_, said, _) = replytree(dir.path(), &["consent", "show", &number]);
    assert_eq!(said["data"][0]["erased"], true);
    let missing = Command::new(env!("CARGO_BIN_EXE_replytree"))
        .args(["--db", "sqlite:no.db", "consent", "verify"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(1));
    assert!(!dir.path().join("no.db").exists(), "no ledger is made up");
}
