//! What came before its time: parts of long texts, receipts ahead of the send's own answer.

use rusqlite::{Connection, Row as SqlRow, params};

use crate::lead::PhoneNumber;
use crate::store::{KEPT_MAX, Kept, KeptKind, StoreError};
use crate::time::Timestamp;

use super::ask;
use super::connect::Doing;
use super::pack::{digits, int, phone, time};

const DOING: &str = "keep what came early";

const KEEP: &str = "INSERT INTO kept (bucket, lead, kind, key, at, open, data)
    VALUES ($1, $2, $3, $4, $5, 1, $6) ON CONFLICT (bucket, lead, kind, key) DO NOTHING";

pub fn keep(writer: &Connection, kept: &Kept) -> Result<bool, StoreError> {
    let params = params![
        kept.lead.bucket(),
        digits(kept.lead),
        kept.kind as i64,
        kept.key,
        kept.at.as_ms(),
        kept.data
    ];
    Ok(ask::change(writer, DOING, KEEP, params)? > 0)
}

/// Columns in this order: lead, kind, key, at, open, data.
fn read(row: &SqlRow<'_>) -> Result<Kept, StoreError> {
    let open: Option<i64> = row.get(4).doing("read")?;
    Ok(Kept {
        lead: phone(row, 0)?,
        kind: match int(row, 1)? {
            0 => KeptKind::Part,
            1 => KeptKind::Receipt,
            2 => KeptKind::Parked,
            _ => return Err(StoreError::Unreadable { what: "kept row" }),
        },
        key: row.get(2).doing("read")?,
        at: time(row, 3)?,
        open: open.is_some(),
        data: row.get(5).doing("read")?,
    })
}

const OF_LEAD: &str = "SELECT lead, kind, key, at, open, data FROM kept
    WHERE bucket = $1 AND lead = $2 AND kind = $3 AND open = 1 ORDER BY at, key LIMIT $4";

pub fn of_lead(
    reader: &Connection,
    lead: PhoneNumber,
    kind: KeptKind,
) -> Result<Vec<Kept>, StoreError> {
    let params = params![
        lead.bucket(),
        digits(lead),
        kind as i64,
        ask::limit(KEPT_MAX)
    ];
    ask::many(reader, OF_LEAD, params, read)
}

const WAITING: &str = "SELECT lead, kind, key, at, open, data FROM kept
    WHERE kind = $1 AND open = 1 AND at <= $2 ORDER BY at LIMIT $3";

pub fn waiting(
    reader: &Connection,
    kind: KeptKind,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<Kept>, StoreError> {
    let params = params![kind as i64, until.as_ms(), ask::limit(limit)];
    ask::many(reader, WAITING, params, read)
}

const USED: &str = "UPDATE kept SET open = NULL
    WHERE bucket = $1 AND lead = $2 AND kind = $3 AND key = $4";

pub fn used(
    writer: &Connection,
    lead: PhoneNumber,
    kind: KeptKind,
    keys: &[String],
) -> Result<(), StoreError> {
    for key in keys {
        let params = params![lead.bucket(), digits(lead), kind as i64, key];
        ask::change(writer, DOING, USED, params)?;
    }
    Ok(())
}

// What was set aside stays until somebody has looked.
const DROP: &str = "DELETE FROM kept WHERE at < $1 AND (kind < 2 OR open IS NULL)";

pub fn drop_before(writer: &Connection, before: Timestamp) -> Result<(), StoreError> {
    ask::change(writer, DOING, DROP, [before.as_ms()]).map(drop)
}
