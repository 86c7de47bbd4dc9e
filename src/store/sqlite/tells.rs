//! Rows that stand in another's timeline and tell of a lead: what was texted with an agent. They go with
//! the lead (PROMISES, P15), and grow old with the lead's own.

use rusqlite::{Connection, params};

use crate::conversation::Seq;
use crate::lead::PhoneNumber;
use crate::store::{Row, StoreError, Tells};
use crate::time::Timestamp;

use super::pack::{digits, int, phone};
use super::{ask, blank, tail, turns, write};

const DOING: &str = "note of whom a row tells";

const ADD: &str = "INSERT INTO tells (bucket, lead, by, seq) VALUES ($1, $2, $3, $4)
    ON CONFLICT (bucket, lead, by, seq) DO NOTHING";

/// Of a row in the timeline of `by`.
pub fn add(db: &Connection, by: PhoneNumber, tells: &Tells) -> Result<(), StoreError> {
    let params = params![tells.of.bucket(), digits(tells.of), digits(by), tells.seq];
    ask::change(db, DOING, ADD, params).map(drop)
}

const OF_LEAD: &str = "SELECT by, seq FROM tells WHERE bucket = $1 AND lead = $2";

/// The rows elsewhere that tell of the lead, as they are now.
pub fn rows(db: &Connection, lead: PhoneNumber) -> Result<Vec<Row>, StoreError> {
    let key = params![lead.bucket(), digits(lead)];
    let places: Vec<(PhoneNumber, Seq)> = ask::many(db, OF_LEAD, key, |row| {
        let seq = Seq::try_from(int(row, 1)?);
        let seq = seq.map_err(|_| StoreError::Unreadable { what: "timeline" })?;
        Ok((phone(row, 0)?, seq))
    })?;
    let mut found = Vec::new();
    for (by, seq) in places {
        let place = tail::place(db, by, seq)?;
        found.extend(turns::row_at(db, place)?);
    }
    Ok(found)
}

/// Blanks them all; what had not left never does. How many they were.
pub fn take_out(
    db: &Connection,
    lead: PhoneNumber,
    at: Timestamp,
    mark: impl Fn(&str) -> String,
) -> Result<usize, StoreError> {
    let rows = rows(db, lead)?;
    let count = rows.len();
    for mut row in rows {
        if let Some(to) = row.cancel_unsent(at) {
            write::change_row(db, row.lead, row.seq, &to)?;
        }
        blank::row(db, &mut row, &mark)?;
    }
    Ok(count)
}
