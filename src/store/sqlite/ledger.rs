//! The ledger of consents: appended to, read, never changed (triggers see to it).

use rusqlite::{Connection, Row as SqlRow, params};

use crate::lead::PhoneNumber;
use crate::policy::{ConsentEvent, ledger};
use crate::store::{LedgerEvent, LedgerRow, StoreError, ledger_key};

use super::ask;
use super::connect::Doing;
use super::pack::{blob, digits, hash, int, phone, time, to_blob};

const DOING: &str = "append to the ledger";

// Drawn by SQLite when the file was made.
const SECRET: &str = "SELECT value FROM setting WHERE bucket = 0 AND key = 'ledger_secret'";

/// What stands for the lead in the ledger and after an erasure.
pub fn key(db: &Connection, lead: PhoneNumber) -> Result<[u8; 16], StoreError> {
    Ok(ledger_key(&secret(db)?, lead))
}

pub fn secret(db: &Connection) -> Result<Vec<u8>, StoreError> {
    let secret: Option<Vec<u8>> = ask::one(db, SECRET, [], |row| row.get(0).doing(DOING))?;
    secret.ok_or(StoreError::Unreadable { what: "secret" })
}

/// What stands for an email address, as [`key`] does for a number.
pub fn address_key(db: &Connection, address: &str) -> Result<[u8; 16], StoreError> {
    let secret: Option<Vec<u8>> = ask::one(db, SECRET, [], |row| row.get(0).doing(DOING))?;
    let secret = secret.ok_or(StoreError::Unreadable { what: "secret" })?;
    Ok(crate::store::address_key(&secret, address))
}

const HEAD: &str = "SELECT n, hash FROM ledger WHERE bucket = $1 ORDER BY n DESC LIMIT 1";
const APPEND: &str = "INSERT INTO ledger (bucket, n, lead, key, at, data, digest, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// Chains the event to the last row of its lead's bucket.
pub fn append(
    writer: &Connection,
    lead: PhoneNumber,
    event: &ConsentEvent,
) -> Result<(), StoreError> {
    let bucket = lead.bucket();
    let head = ask::one(writer, HEAD, [bucket], |row| {
        Ok((int(row, 0)?, hash(row, 1)?))
    })?;
    let (last, before) = head.unwrap_or((0, ledger::GENESIS));
    let n = last + 1;
    let key = key(writer, lead)?;
    let params = params![
        bucket,
        n,
        digits(lead),
        key,
        event.at.as_ms(),
        to_blob(event)?,
        ledger::digest(event),
        ledger::chain(before, &key, n as u64, event),
    ];
    ask::change(writer, DOING, APPEND, params).map(drop)
}

/// Columns in this order: n, lead, key, data, digest, hash, at.
pub fn read(bucket: u8, row: &SqlRow<'_>) -> Result<LedgerRow, StoreError> {
    let lead: Option<i64> = row.get(1).doing("read the ledger")?;
    Ok(LedgerRow {
        bucket,
        n: int(row, 0)? as u64,
        lead: lead.map(|_| phone(row, 1)).transpose()?,
        key: row.get(2).doing("read the ledger")?,
        event: match lead {
            Some(_) => LedgerEvent::Whole(Box::new(blob(row, 3, "row of the ledger")?)),
            None => LedgerEvent::Erased(hash(row, 4)?),
        },
        hash: hash(row, 5)?,
        at: time(row, 6)?,
    })
}

// The inner one is answered by the index alone; without it the whole bucket would be read.
const OF_LEAD: &str = "SELECT n, lead, key, data, digest, hash, at FROM ledger
    WHERE bucket = $1 AND n IN (SELECT n FROM ledger WHERE bucket = $1 AND lead = $2) ORDER BY n";

pub fn of_lead(reader: &Connection, lead: PhoneNumber) -> Result<Vec<LedgerRow>, StoreError> {
    let key = params![lead.bucket(), digits(lead)];
    ask::many(reader, OF_LEAD, key, |row| read(lead.bucket(), row))
}

const PAGE: &str = "SELECT n, lead, key, data, digest, hash, at FROM ledger
    WHERE bucket = $1 AND n > $2 ORDER BY n LIMIT $3";

pub fn page(
    reader: &Connection,
    bucket: u8,
    after: u64,
    limit: usize,
) -> Result<Vec<LedgerRow>, StoreError> {
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let params = params![bucket, after, ask::limit(limit)];
    ask::many(reader, PAGE, params, |row| read(bucket, row))
}

const OF_KEY: &str = "SELECT n, lead, key, data, digest, hash, at FROM ledger
    WHERE bucket = $1 AND key = $2 ORDER BY n";

/// By the key alone: an erased lead's rows too. Looks at the whole bucket.
pub fn of_key(reader: &Connection, lead: PhoneNumber) -> Result<Vec<LedgerRow>, StoreError> {
    let params = params![lead.bucket(), key(reader, lead)?];
    ask::many(reader, OF_KEY, params, |row| read(lead.bucket(), row))
}
