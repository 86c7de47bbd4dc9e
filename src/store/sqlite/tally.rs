//! How many outgoing rows there are of each status, kept as they change: counting them would read the
//! whole timeline.

use rusqlite::{Connection, params};

use crate::store::{SendStatus, StoreError};

use super::ask;
use super::pack::int;

/// What a batch changes of it.
#[derive(Debug, Default)]
pub struct Tally([i64; SendStatus::ALL.len()]);

impl Tally {
    /// A row that had the status `from` (`None` is a new one) now has `to` (`None` is gone).
    pub fn moved(&mut self, from: Option<SendStatus>, to: Option<SendStatus>) {
        for (status, by) in [(from, -1), (to, 1)] {
            let count = status.and_then(|status| self.0.get_mut(status.code() as usize));
            if let Some(count) = count {
                *count += by;
            }
        }
    }

    pub fn add(&mut self, other: &Tally) {
        for (count, by) in self.0.iter_mut().zip(other.0) {
            *count += by;
        }
    }

    pub fn write(&self, db: &Connection) -> Result<(), StoreError> {
        for (status, by) in (0i64..).zip(self.0).filter(|(_, by)| *by != 0) {
            ask::change(db, "count what goes out", ADD, params![status, by])?;
        }
        Ok(())
    }
}

const ADD: &str = "INSERT INTO outgoing_count (status, count) VALUES ($1, $2)
    ON CONFLICT (status) DO UPDATE SET count = count + excluded.count";
const COUNTS: &str = "SELECT status, count FROM outgoing_count WHERE count > 0 ORDER BY status";

pub fn counts(reader: &Connection) -> Result<Vec<(SendStatus, u64)>, StoreError> {
    ask::many(reader, COUNTS, [], |row| {
        let unreadable = StoreError::Unreadable {
            what: "timeline row",
        };
        let status = SendStatus::from_code(int(row, 0)?).ok_or(unreadable)?;
        Ok((status, int(row, 1)? as u64))
    })
}
