//! How many leads under way stand where, by the index that holds no conversation that has ended.

use rusqlite::Connection;

use crate::conversation::VersionId;
use crate::store::{StepCount, StoreError};

use super::ask;
use super::pack::{self, int, name};

const UNDER_WAY: &str = "SELECT c.status, coalesce(c.step, ''), count(*)
    FROM flow_version v JOIN conversation c INDEXED BY conversation_live ON c.version = v.n
    WHERE v.bucket = 0 AND v.version = $1 AND c.outcome IS NULL GROUP BY 1, 2";

pub fn under_way_on(reader: &Connection, version: VersionId) -> Result<Vec<StepCount>, StoreError> {
    let mut counts = ask::many(reader, UNDER_WAY, [version.0], |row| {
        let status = usize::try_from(int(row, 0)?).ok();
        let status = status.and_then(|code| pack::STATUS_NAMES.get(code));
        Ok(StepCount {
            status: (*status.ok_or(StoreError::Unreadable { what: "status" })?).into(),
            step: name(row, 1)?,
            outcome: None,
            count: int(row, 2)? as u64,
        })
    })?;
    counts.sort_by(|a, b| (&a.status, &a.step).cmp(&(&b.status, &b.step)));
    Ok(counts)
}
