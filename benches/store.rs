//! What a reply costs the SQLite store, and a lead at rest: `cargo bench --bench store`.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::{Duration, Instant};

use replytree::conversation::ConversationId;
use replytree::store::conformance::{Lead, phone};
use replytree::store::{RowBody, SqliteStore, Store};
use replytree::time::Timestamp;
use rusqlite::Connection;

const BATCH: u64 = 100;
const REPLIES: u64 = 20_000;

fn lead(n: u64) -> Lead {
    let phone = phone(n);
    let at = Timestamp::from_ms(1_795_424_400_000 + n as i64);
    Lead {
        phone,
        conversation: ConversationId::new(phone, at, n as u16),
    }
}

/// CPU time of this process so far: user, system.
fn cpu() -> [Duration; 2] {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    [fields[11], fields[12]].map(|ticks| Duration::from_millis(ticks.parse::<u64>().unwrap() * 10))
}

fn enroll(store: &SqliteStore, leads: u64) {
    for from in (0..leads).step_by(500) {
        let mut batch = store.begin(&[]).unwrap();
        for n in from..(from + 500).min(leads) {
            let mut commit = lead(n).enrolment();
            // Settled: at rest nothing is due but the conversation's timer.
            if let RowBody::Outgoing(_, sending) = &mut commit.rows[1].body {
                sending.due = None;
            }
            commit.conversations[0].deadline =
                Some(Timestamp::from_ms(1_795_500_000_000 + n as i64));
            batch.write(&commit).unwrap();
        }
        batch.finish().unwrap();
        if from % 10_000 == 0 {
            store.checkpoint().unwrap();
        }
    }
    store.checkpoint().unwrap();
}

fn sizes(path: &Path, leads: u64) {
    let connection = Connection::open(path).unwrap();
    let sql = "SELECT name, sum(pgsize), sum(payload) FROM dbstat GROUP BY name ORDER BY 2 DESC";
    let mut statement = connection.prepare(sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let (name, bytes, payload): (String, i64, i64) = (
            row.get(0).unwrap(),
            row.get(1).unwrap(),
            row.get(2).unwrap(),
        );
        if bytes as u64 > leads {
            let each = |n: i64| n as f64 / leads as f64;
            println!(
                "    {name:24} {:6.1} bytes a lead, {:6.1} payload",
                each(bytes),
                each(payload)
            );
        }
    }
}

fn replies(store: &SqliteStore, leads: u64) {
    let (wall, busy) = (Instant::now(), cpu());
    let (mut reading, mut writing, mut syncing, mut moving) =
        <(Duration, Duration, Duration, Duration)>::default();
    let mut random = 1_u64;
    for done in (0..REPLIES).step_by(BATCH as usize) {
        let mut batch = store.begin(&[]).unwrap();
        let mut chosen = std::collections::BTreeSet::new();
        while chosen.len() < BATCH as usize {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            chosen.insert((random >> 33) % leads);
        }
        for n in chosen {
            let lead = lead(n);
            let start = Instant::now();
            let found = batch.snapshot(&lead.need()).unwrap();
            reading += start.elapsed();
            let mut commit = lead.replied(found.active.unwrap().revision + 1, found.last_seq);
            let start = Instant::now();
            commit.conversations[0].deadline = Some(Timestamp::from_ms(1_795_600_000_000));
            batch.write(&commit).unwrap();
            writing += start.elapsed();
        }
        let start = Instant::now();
        batch.finish().unwrap();
        syncing += start.elapsed();
        if done % 2_000 == 0 {
            let start = Instant::now();
            store.checkpoint().unwrap();
            moving += start.elapsed();
        }
    }
    let each = |time: Duration| time.as_secs_f64() * 1e6 / REPLIES as f64;
    println!(
        "  {leads} leads: {:.1} us a reply, {:.1} user + {:.1} system CPU (snapshot {:.1}, \
         write {:.1}, finish {:.1}, checkpoint {:.1})",
        each(wall.elapsed()),
        each(cpu()[0] - busy[0]),
        each(cpu()[1] - busy[1]),
        each(reading),
        each(writing),
        each(syncing),
        each(moving),
    );
}

fn main() {
    let dir = tempfile::tempdir_in(".").unwrap();
    let sizes_asked: Vec<u32> = std::env::args()
        .filter_map(|arg| arg.parse().ok())
        .collect();
    let page_sizes = if sizes_asked.is_empty() {
        vec![2048]
    } else {
        sizes_asked
    };
    for page_size in page_sizes {
        println!("page_size {page_size}");
        for leads in [1_000, 100_000] {
            let path = dir.path().join(format!("{page_size}-{leads}.db"));
            let fresh = Connection::open(&path).unwrap();
            let sql = format!("PRAGMA page_size = {page_size}; PRAGMA journal_mode = WAL;");
            fresh.execute_batch(&sql).unwrap();
            drop(fresh);
            let store = SqliteStore::open(&path).unwrap();
            enroll(&store, leads);
            if leads > 1_000 {
                sizes(&path, leads);
            }
            for _ in 0..2 {
                replies(&store, leads);
            }
        }
    }
}
