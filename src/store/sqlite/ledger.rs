//! The ledger of consents: appended to, read, never changed (triggers see to it).

use rusqlite::{Connection, Row as SqlRow, params};

use crate::lead::PhoneNumber;
use crate::policy::ConsentEvent;
use crate::store::{LedgerRow, StoreError, chain};

use super::ask;
use super::pack::{blob, digits, hash, int, phone, to_blob};

const HEAD: &str = "SELECT n, hash FROM ledger WHERE bucket = $1 ORDER BY n DESC LIMIT 1";
const APPEND: &str = "INSERT INTO ledger (bucket, n, lead, at, data, hash)
    VALUES ($1, $2, $3, $4, $5, $6)";

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
    let (last, before) = head.unwrap_or((0, chain::GENESIS));
    let n = last + 1;
    let link = chain::link(&before, n as u64, lead, event);
    let params = params![
        bucket,
        n,
        digits(lead),
        event.at.as_ms(),
        to_blob(event)?,
        link
    ];
    ask::change(writer, "append to the ledger", APPEND, params).map(drop)
}

/// Columns in this order: n, lead, data, hash.
fn read(bucket: u8, row: &SqlRow<'_>) -> Result<LedgerRow, StoreError> {
    Ok(LedgerRow {
        bucket,
        n: int(row, 0)? as u64,
        lead: phone(row, 1)?,
        event: blob(row, 2, "row of the ledger")?,
        hash: hash(row, 3)?,
    })
}

const OF_LEAD: &str = "SELECT n, lead, data, hash FROM ledger
    WHERE bucket = $1 AND lead = $2 ORDER BY n";

pub fn of_lead(reader: &Connection, lead: PhoneNumber) -> Result<Vec<LedgerRow>, StoreError> {
    let key = params![lead.bucket(), digits(lead)];
    ask::many(reader, OF_LEAD, key, |row| read(lead.bucket(), row))
}

const PAGE: &str = "SELECT n, lead, data, hash FROM ledger
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
