//! Work that fell due: timers of conversations and outgoing rows, in one order of time.

use rusqlite::{Connection, params};

use crate::store::{Due, OnClock, RowKind, StoreError};
use crate::time::Timestamp;

use super::pack::{column, id, int, maybe_time, phone, seq, time};
use super::{ask, tail};

const TIMERS: &str = "SELECT due, id, lead FROM conversation
    WHERE due IS NOT NULL AND due <= $1 ORDER BY due LIMIT $2";
const OUTGOING: &str = "SELECT due, lead, seq, kind FROM timeline
    WHERE due IS NOT NULL AND due <= $1 ORDER BY due LIMIT $2";

pub fn due(reader: &Connection, now: Timestamp, limit: usize) -> Result<Vec<Due>, StoreError> {
    let params = params![now.as_ms(), ask::limit(limit)];
    let mut found = ask::many(reader, TIMERS, params, |row| {
        Ok(Due::Timer {
            deadline: time(row, 0)?,
            conversation: id(int(row, 1)?),
            lead: phone(row, 2)?,
        })
    })?;
    found.extend(ask::many(reader, OUTGOING, params, |row| {
        let unreadable = StoreError::Unreadable {
            what: "timeline row",
        };
        Ok(Due::Outgoing {
            due: time(row, 0)?,
            lead: phone(row, 1)?,
            seq: seq(row, 2)?,
            kind: RowKind::from_code(int(row, 3)?).ok_or(unreadable)?,
        })
    })?);
    found.sort_by_key(Due::at);
    found.truncate(limit);
    Ok(found)
}

const NEXT_TIMER: &str = "SELECT due FROM conversation WHERE due IS NOT NULL ORDER BY due LIMIT 1";
const NEXT_OUTGOING: &str = "SELECT due FROM timeline WHERE due IS NOT NULL ORDER BY due LIMIT 1";

pub fn next(reader: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let timer = ask::one(reader, NEXT_TIMER, [], |row| maybe_time(row, 0))?.flatten();
    let row = ask::one(reader, NEXT_OUTGOING, [], |row| maybe_time(row, 0))?.flatten();
    Ok(timer.into_iter().chain(row).min())
}

const STOP_TIMER: &str = "UPDATE conversation SET due = NULL WHERE bucket = $1 AND id = $2";
const STOP_ROW: &str = "UPDATE timeline SET due = NULL WHERE n = $1";

pub fn set_aside(writer: &Connection, what: OnClock) -> Result<(), StoreError> {
    const DOING: &str = "set work aside";
    match what {
        OnClock::Timer(id) => {
            let params = params![id.bucket(), column(id.bits())];
            ask::change(writer, DOING, STOP_TIMER, params)
        }
        OnClock::Outgoing(lead, seq) => {
            let place = tail::place(writer, lead, seq)?;
            ask::change(writer, DOING, STOP_ROW, [place])
        }
    }
    .map(drop)
}
