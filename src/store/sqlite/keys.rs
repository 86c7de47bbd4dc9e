//! Keys of the API, answers kept for their idempotency key, and small settings.

use rusqlite::{Connection, Row as SqlRow, params};

use crate::store::{ANSWER_KEPT_MS, ApiKey, SeenKey, StoreError};
use crate::time::Timestamp;

use super::ask;
use super::connect::Doing;
use super::pack::{blob, maybe_time, ms, to_blob};

const ADD: &str = "INSERT INTO api_key (bucket, hash, name, created, revoked, data)
    VALUES (0, $1, $2, $3, $4, $5)";

pub fn add(writer: &Connection, key: &ApiKey) -> Result<(), StoreError> {
    let data = to_blob(key)?;
    let params = params![
        key.hash,
        key.name.as_str(),
        key.created.as_ms(),
        ms(key.revoked),
        data
    ];
    ask::change(writer, "add a key", ADD, params).map(drop)
}

const PUT: &str = "UPDATE api_key SET data = $1 WHERE bucket = 0 AND hash = $2";

/// Replaces what is kept of a key; whether it is revoked stays.
pub fn put(writer: &Connection, key: &ApiKey) -> Result<(), StoreError> {
    let params = params![to_blob(key)?, key.hash];
    ask::change(writer, "note a key's use", PUT, params).map(drop)
}

/// Columns in this order: revoked, data.
fn read(row: &SqlRow<'_>) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        revoked: maybe_time(row, 0)?,
        ..blob(row, 1, "key")?
    })
}

const ALL: &str = "SELECT revoked, data FROM api_key WHERE bucket = 0 ORDER BY created, hash";

pub fn all(reader: &Connection) -> Result<Vec<ApiKey>, StoreError> {
    ask::many(reader, ALL, [], read)
}

const NAMED: &str = "SELECT count(*) FROM api_key WHERE bucket = 0 AND name = $1";
const REVOKE: &str =
    "UPDATE api_key SET revoked = $1 WHERE bucket = 0 AND name = $2 AND revoked IS NULL";

pub fn revoke(writer: &Connection, name: &str, at: Timestamp) -> Result<bool, StoreError> {
    ask::change(writer, "revoke a key", REVOKE, params![at.as_ms(), name])?;
    let found = ask::one(writer, NAMED, [name], |row| super::pack::int(row, 0))?;
    Ok(found.is_some_and(|n| n > 0))
}

const FIND: &str = "SELECT revoked, data FROM api_key WHERE bucket = 0 AND hash = $1";

pub fn find(reader: &Connection, hash: &[u8; 32]) -> Result<Option<ApiKey>, StoreError> {
    ask::one(reader, FIND, [hash], read)
}

const ANSWER: &str = "SELECT data FROM answer WHERE bucket = $1 AND key = $2";

pub fn answer(reader: &Connection, key: &SeenKey) -> Result<Option<Vec<u8>>, StoreError> {
    ask::one(reader, ANSWER, params![key.0[0], key.0], |row| {
        row.get(0).doing("read an answer")
    })
}

const SAVE_ANSWER: &str = "INSERT INTO answer (bucket, key, at, data) VALUES ($1, $2, $3, $4)
    ON CONFLICT (bucket, key) DO NOTHING";

// Each save clears the bucket of old ones, so they never pile up.
const EXPIRE: &str = "DELETE FROM answer WHERE bucket = $1 AND at < $2";

/// The first answer stands.
pub fn save_answer(
    writer: &Connection,
    key: &SeenKey,
    answer: &[u8],
    at: Timestamp,
) -> Result<(), StoreError> {
    let old = at.as_ms() - ANSWER_KEPT_MS;
    ask::change(writer, "save an answer", EXPIRE, params![key.0[0], old])?;
    let params = params![key.0[0], key.0, at.as_ms(), answer];
    ask::change(writer, "save an answer", SAVE_ANSWER, params).map(drop)
}

const SETTING: &str = "SELECT value FROM setting WHERE bucket = 0 AND key = $1";

pub fn setting(reader: &Connection, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    ask::one(reader, SETTING, [key], |row| {
        row.get(0).doing("read a setting")
    })
}

const SET: &str = "INSERT INTO setting (bucket, key, value) VALUES (0, $1, $2)
    ON CONFLICT (bucket, key) DO UPDATE SET value = excluded.value";

pub fn set(writer: &Connection, key: &str, value: &[u8]) -> Result<(), StoreError> {
    ask::change(writer, "change a setting", SET, params![key, value]).map(drop)
}
