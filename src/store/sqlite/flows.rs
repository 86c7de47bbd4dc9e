//! Flow versions. A conversation refers to its version by a small number; the numbers are never
//! reused, so each process keeps those it has met.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use rusqlite::{Connection, Row as SqlRow, params};

use crate::conversation::VersionId;
use crate::lead::Name;
use crate::store::{FlowRecord, StoreError};

use super::ask;
use super::connect::Doing;
use super::pack::{blob, int, maybe_time, name, to_blob};

/// The versions met so far, by number and by name.
#[derive(Default)]
pub struct Versions {
    by_n: RwLock<HashMap<i64, (VersionId, Name)>>,
    by_name: RwLock<HashMap<(VersionId, Name), i64>>,
}

impl Versions {
    /// The number of a version; one is given to a version that was not saved yet. Only inside the
    /// writer's transaction; when that is rolled back, call [`Versions::forget`].
    pub fn number(
        &self,
        writer: &Connection,
        version: VersionId,
        flow: &Name,
    ) -> Result<i64, StoreError> {
        let key = (version, flow.clone());
        let known = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(n) = known.get(&key) {
            return Ok(*n);
        }
        drop(known);
        let n = number(writer, version, flow)?;
        self.learn(n, key);
        Ok(n)
    }

    pub fn named(&self, connection: &Connection, n: i64) -> Result<(VersionId, Name), StoreError> {
        let known = self.by_n.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(&n) {
            return Ok(found.clone());
        }
        drop(known);
        const NAMED: &str = "SELECT version, name FROM flow_version WHERE bucket = 0 AND n = $1";
        let found = ask::one(connection, NAMED, [n], |row| {
            Ok((version(row, 0)?, name(row, 1)?))
        })?
        .ok_or(StoreError::Unreadable {
            what: "flow version",
        })?;
        self.learn(n, found.clone());
        Ok(found)
    }

    /// What was learned inside a transaction may not have become true.
    pub fn forget(&self) {
        self.by_n
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.by_name
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn learn(&self, n: i64, key: (VersionId, Name)) {
        let mut by_name = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        by_name.insert(key.clone(), n);
        let mut by_n = self.by_n.write().unwrap_or_else(PoisonError::into_inner);
        by_n.insert(n, key);
    }
}

const NUMBER: &str = "SELECT n FROM flow_version WHERE bucket = 0 AND version = $1 AND name = $2";
const ADD: &str = "INSERT INTO flow_version (bucket, version, name, n)
    SELECT 0, $1, $2, 1 + coalesce(max(n), 0) FROM flow_version WHERE bucket = 0";

fn number(writer: &Connection, version: VersionId, flow: &Name) -> Result<i64, StoreError> {
    let find = || {
        ask::one(writer, NUMBER, params![version.0, flow.as_str()], |row| {
            int(row, 0)
        })
    };
    if let Some(n) = find()? {
        return Ok(n);
    }
    ask::change(
        writer,
        "save a flow version",
        ADD,
        params![version.0, flow.as_str()],
    )?;
    find()?.ok_or(StoreError::Unreadable {
        what: "flow version",
    })
}

fn version(row: &SqlRow<'_>, i: usize) -> Result<VersionId, StoreError> {
    row.get(i).map(VersionId).doing("read a flow version")
}

const FILL: &str = "UPDATE flow_version SET saved = $1, sources = $2
    WHERE bucket = 0 AND version = $3 AND name = $4 AND sources IS NULL";

/// The first save of a version stands: its name is a hash of its sources.
pub fn save(writer: &Connection, flow: &FlowRecord) -> Result<(), StoreError> {
    number(writer, flow.version, &flow.name)?;
    let sources = to_blob(&flow.sources)?;
    let params = params![
        flow.saved.as_ms(),
        sources,
        flow.version.0,
        flow.name.as_str()
    ];
    ask::change(writer, "save a flow version", FILL, params)?;
    Ok(())
}

/// Columns in this order: version, name, saved, sources.
fn read(row: &SqlRow<'_>) -> Result<FlowRecord, StoreError> {
    Ok(FlowRecord {
        version: version(row, 0)?,
        name: name(row, 1)?,
        saved: maybe_time(row, 2)?.unwrap_or_default(),
        sources: blob(row, 3, "flow's sources")?,
    })
}

const GET: &str = "SELECT version, name, saved, sources FROM flow_version
    WHERE bucket = 0 AND version = $1 AND sources IS NOT NULL ORDER BY name LIMIT 1";

pub fn get(reader: &Connection, version: VersionId) -> Result<Option<FlowRecord>, StoreError> {
    ask::one(reader, GET, [version.0], read)
}

const OF_FLOW: &str = "SELECT version, name, saved, sources FROM flow_version
    WHERE bucket = 0 AND name = $1 AND sources IS NOT NULL ORDER BY saved DESC, version";

pub fn of_flow(reader: &Connection, flow: &str) -> Result<Vec<FlowRecord>, StoreError> {
    ask::many(reader, OF_FLOW, [flow], read)
}

// One search of the index for each version, however many leads stand on it.
const LIVE: &str = "SELECT DISTINCT v.version FROM flow_version v
    WHERE v.bucket = 0 AND EXISTS (
        SELECT 1 FROM conversation c WHERE c.version = v.n AND c.outcome IS NULL)
    ORDER BY v.version";

pub fn live(reader: &Connection) -> Result<Vec<VersionId>, StoreError> {
    ask::many(reader, LIVE, [], |row| version(row, 0))
}
