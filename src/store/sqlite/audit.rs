//! The ledger looked at bit by bit (PROMISES, P14): every column must be what its event, its lead and
//! the chain make of it, so that no bit can be turned unseen.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, Row as SqlRow};

use crate::policy::ledger::{self, Head};
use crate::store::{Audit, Fault, LedgerEvent, LedgerRow, StoreError};

use super::ask;
use super::connect::Doing;
use super::ledger::{key, read};
use super::pack::{hash, int, to_blob};

const ROWS: &str = "SELECT n, lead, key, data, digest, hash, at, bucket FROM ledger
    ORDER BY bucket, n";
const HEADS: &str = "SELECT bucket, n, hash, ats FROM ledger_head ORDER BY bucket";
// The table with its indices: what a lead's rows are found by.
const TABLES: [&str; 2] = [
    "PRAGMA integrity_check('ledger')",
    "PRAGMA integrity_check('ledger_head')",
];

/// A file looked at without opening it as a store: not even the log is moved.
pub fn audit_file(path: &Path) -> Result<Audit, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    audit(&Connection::open_with_flags(path, flags).doing("open the database")?)
}

pub fn audit(db: &Connection) -> Result<Audit, StoreError> {
    let mut audit = Audit::default();
    if let Err(fault) = look(db, &mut audit) {
        audit.faults.push(Fault::Table(told(&fault)));
    }
    Ok(audit)
}

fn told(error: &StoreError) -> String {
    match error {
        StoreError::Failed { source, .. } => source.to_string(),
        StoreError::Unreadable { .. } | StoreError::Refused(_) => error.to_string(),
    }
}

fn look(db: &Connection, audit: &mut Audit) -> Result<(), StoreError> {
    let mut ats: BTreeMap<u8, i64> = BTreeMap::new();
    let mut statement = db.prepare_cached(ROWS).doing("read the ledger")?;
    let mut rows = statement.query([]).doing("read the ledger")?;
    let mut of_bucket: Option<(u8, Vec<Result<LedgerRow, Fault>>)> = None;
    while let Some(row) = rows.next().doing("read the ledger")? {
        let bucket = int(row, 7)?;
        let bucket = u8::try_from(bucket)
            .map_err(|_| StoreError::Refused(format!("there is no bucket {bucket}")))?;
        let sum = ats.entry(bucket).or_default();
        *sum = sum.wrapping_add(int(row, 6)?);
        let checked = checked(db, bucket, row);
        match &mut of_bucket {
            Some((same, rows)) if *same == bucket => rows.push(checked),
            _ => {
                if let Some((bucket, rows)) = of_bucket.replace((bucket, vec![checked])) {
                    audit.bucket(bucket, rows);
                }
            }
        }
    }
    if let Some((bucket, rows)) = of_bucket {
        audit.bucket(bucket, rows);
    }
    ends(db, audit, &ats)?;
    for sql in TABLES {
        let verdict: Option<String> = ask::one(db, sql, [], |row| row.get(0).doing("check"))?;
        if let Some(wrong) = verdict.filter(|verdict| verdict != "ok") {
            audit.faults.push(Fault::Table(wrong));
        }
    }
    Ok(())
}

/// The row, if its columns agree with each other.
fn checked(db: &Connection, bucket: u8, row: &SqlRow<'_>) -> Result<LedgerRow, Fault> {
    let place = int(row, 0).unwrap_or(0) as u64;
    let wrong = |what| Fault::Row {
        bucket,
        row: place,
        what,
    };
    let read = read(bucket, row).map_err(|_| wrong("it cannot be read"))?;
    let column: Option<Vec<u8>> = row.get(3).map_err(|_| wrong("it cannot be read"))?;
    let digest = hash(row, 4).map_err(|_| wrong("its digest cannot be read"))?;
    match (&read.event, read.lead, column) {
        (LedgerEvent::Whole(event), Some(lead), Some(kept)) => {
            let fits = [
                (lead.bucket() == bucket, "its number belongs elsewhere"),
                (
                    key(db, lead).is_ok_and(|key| key == read.key),
                    "its number and its key do not belong together",
                ),
                (event.at == read.at, "its time is not that of its event"),
                (
                    ledger::digest(event) == digest,
                    "its event is not what was written",
                ),
                (
                    to_blob(&**event).is_ok_and(|blob| blob == kept),
                    "its event is not spelled as it was written",
                ),
            ];
            match fits.iter().find(|(fits, _)| !fits) {
                Some((_, what)) => Err(wrong(what)),
                None => Ok(read),
            }
        }
        (LedgerEvent::Erased(_), None, None) if is_forgotten(db, bucket, &read.key) => Ok(read),
        (LedgerEvent::Erased(_), None, None) => Err(wrong("it was blanked without an erasure")),
        _ => Err(wrong("it is half erased")),
    }
}

const FORGOTTEN: &str = "SELECT 1 FROM forgotten WHERE bucket = $1 AND key = $2";

fn is_forgotten(db: &Connection, bucket: u8, key: &[u8; 16]) -> bool {
    let found = ask::one(db, FORGOTTEN, rusqlite::params![bucket, key], |_| Ok(()));
    found.is_ok_and(|found| found.is_some())
}

/// Each chain must end where its last row was put, and nowhere else.
fn ends(db: &Connection, audit: &mut Audit, ats: &BTreeMap<u8, i64>) -> Result<(), StoreError> {
    let kept = ask::many(db, HEADS, [], |row| {
        let head = Head {
            n: int(row, 1)? as u64,
            hash: hash(row, 2)?,
        };
        Ok((int(row, 0)?, head, int(row, 3)?))
    })?;
    let mut kept: BTreeMap<i64, (Head, i64)> = kept
        .into_iter()
        .map(|(bucket, head, ats)| (bucket, (head, ats)))
        .collect();
    let broken: Vec<u8> = audit.faults.iter().filter_map(Fault::bucket).collect();
    for (bucket, head) in &audit.heads {
        match kept.remove(&i64::from(*bucket)) {
            Some((end, _)) if end != *head => audit.faults.push(Fault::End {
                bucket: *bucket,
                expected: end.n.min(head.n.saturating_add(1)),
            }),
            Some((_, sum)) if Some(&sum) != ats.get(bucket) => {
                audit.faults.push(Fault::Times { bucket: *bucket });
            }
            Some(_) => {}
            None => audit.faults.push(Fault::End {
                bucket: *bucket,
                expected: head.n,
            }),
        }
    }
    // A bucket of which nothing is left, or whose fault is named already.
    for (bucket, (end, _)) in kept {
        let bucket = u8::try_from(bucket).unwrap_or(u8::MAX);
        if !broken.contains(&bucket) {
            // Nothing is left of it.
            audit.faults.push(Fault::End {
                bucket,
                expected: end.n.min(1),
            });
        }
    }
    Ok(())
}
