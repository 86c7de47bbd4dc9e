//! Running one statement: prepared once for each connection, its rows read into our own types.

use rusqlite::{Connection, Params, Row as SqlRow};

use crate::store::StoreError;

use super::connect::Doing;

const READING: &str = "read";

/// The first row, if there is one.
pub fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&SqlRow<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).doing(READING)?;
    let mut rows = statement.query(params).doing(READING)?;
    rows.next().doing(READING)?.map(read).transpose()
}

pub fn many<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&SqlRow<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).doing(READING)?;
    let mut rows = statement.query(params).doing(READING)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().doing(READING)? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// Whether to read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Go {
    On,
    Stop,
}

/// Each row in turn until there is enough, none of them kept. `Stop` when there was.
pub fn each(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&SqlRow<'_>) -> Result<Go, StoreError>,
) -> Result<Go, StoreError> {
    let mut statement = connection.prepare_cached(sql).doing(READING)?;
    let mut rows = statement.query(params).doing(READING)?;
    while let Some(row) = rows.next().doing(READING)? {
        if let Go::Stop = read(row)? {
            return Ok(Go::Stop);
        }
    }
    Ok(Go::On)
}

/// How many rows the statement wrote.
pub fn change(
    connection: &Connection,
    doing: &'static str,
    sql: &str,
    params: impl Params,
) -> Result<usize, StoreError> {
    let mut statement = connection.prepare_cached(sql).doing(doing)?;
    statement.execute(params).doing(doing)
}

/// As a `LIMIT` takes it.
pub fn limit(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
