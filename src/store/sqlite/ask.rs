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

/// Each row in turn, none of them kept.
pub fn each(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&SqlRow<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(sql).doing(READING)?;
    let mut rows = statement.query(params).doing(READING)?;
    while let Some(row) = rows.next().doing(READING)? {
        read(row)?;
    }
    Ok(())
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
