//! Forgetting a lead (PROMISES, P15). The writer overwrites with zeros whatever it deletes; what is
//! left is the log, which is emptied into the file afterwards.

use rusqlite::{Connection, params};

use crate::lead::PhoneNumber;
use crate::store::{LeadRecord, StoreError, blank, forgotten};
use crate::time::Timestamp;

use super::ledger::{self, key};
use super::pack::{digits, time};
use super::tally::Tally;
use super::{ask, tail, tells};

const DOING: &str = "erase a lead";

/// By bucket and number. Handoffs go before the conversations by which they are found.
const BY_LEAD: [&str; 9] = [
    "DELETE FROM handoff WHERE bucket = $1 AND conversation IN
        (SELECT id FROM conversation WHERE bucket = $1 AND lead = $2)",
    "DELETE FROM conversation WHERE bucket = $1 AND lead = $2",
    "DELETE FROM filed WHERE bucket = $1 AND lead = $2",
    "DELETE FROM kept WHERE bucket = $1 AND lead = $2",
    "DELETE FROM seen WHERE bucket = $1 AND lead = $2",
    "DELETE FROM shortlink WHERE lead_bucket = $1 AND lead = $2",
    "DELETE FROM lead_key WHERE bucket = $1 AND lead = $2",
    "DELETE FROM tells WHERE bucket = $1 AND lead = $2",
    "DELETE FROM lead WHERE bucket = $1 AND phone = $2",
];
const ROW: &str = "DELETE FROM timeline WHERE n = $1";
const LEDGER: &str = "UPDATE ledger SET lead = NULL, data = NULL WHERE bucket = $1 AND lead = $2";
const TOLD_BY: &str = "DELETE FROM tells WHERE by = $1";
const BOOKINGS: &str = "DELETE FROM booking WHERE lead = $1";
// Answers of the API may tell of the lead.
const ANSWERS: &str = "DELETE FROM answer WHERE instr(data, CAST($1 AS BLOB)) > 0";
const FORGET: &str = "INSERT INTO forgotten (bucket, key, at) VALUES ($1, $2, $3)
    ON CONFLICT (bucket, key) DO UPDATE SET at = excluded.at";

pub fn erase(writer: &Connection, lead: PhoneNumber, at: Timestamp) -> Result<bool, StoreError> {
    let rows = take_out(writer, lead, at)?;
    let key = params![lead.bucket(), digits(lead)];
    let proof = ask::change(writer, DOING, LEDGER, key)?;
    note(writer, lead, at, rows + proof)
}

/// The same, but the ledger keeps the whole proof.
pub fn forget(writer: &Connection, lead: PhoneNumber, at: Timestamp) -> Result<bool, StoreError> {
    let rows = take_out(writer, lead, at)?;
    note(writer, lead, at, rows)
}

fn take_out(writer: &Connection, lead: PhoneNumber, at: Timestamp) -> Result<usize, StoreError> {
    let secret = ledger::secret(writer)?;
    let mut rows = tells::take_out(writer, lead, at, |text| blank::mark(&secret, text))?;
    let mut tally = Tally::default();
    let (_, tail) = tail::of(writer, lead)?;
    for entry in tail::all(writer, lead, &tail)? {
        rows += ask::change(writer, DOING, ROW, [entry.n])?;
        tally.moved(entry.recent.status, None);
    }
    tally.write(writer)?;
    for sql in BY_LEAD {
        rows += ask::change(writer, DOING, sql, params![lead.bucket(), digits(lead)])?;
    }
    rows += ask::change(writer, DOING, TOLD_BY, [digits(lead)])?;
    rows += ask::change(writer, DOING, BOOKINGS, [digits(lead)])?;
    rows += ask::change(writer, DOING, ANSWERS, [lead.digits().to_string()])?;
    Ok(rows)
}

fn note(
    writer: &Connection,
    lead: PhoneNumber,
    at: Timestamp,
    rows: usize,
) -> Result<bool, StoreError> {
    if rows == 0 {
        return Ok(false);
    }
    let key = key(writer, lead)?;
    ask::change(
        writer,
        DOING,
        FORGET,
        params![lead.bucket(), key, at.as_ms()],
    )?;
    Ok(true)
}

const FORGOTTEN: &str = "SELECT at FROM forgotten WHERE bucket = $1 AND key = $2";
const ANY: &str = "SELECT 1 FROM forgotten LIMIT 1";

/// The lead that a number stands for which is not known, or not any more.
pub fn unknown(db: &Connection, lead: PhoneNumber) -> Result<Option<LeadRecord>, StoreError> {
    Ok(forgotten_at(db, lead)?.map(|at| forgotten(lead, at)))
}

pub fn forgotten_at(db: &Connection, lead: PhoneNumber) -> Result<Option<Timestamp>, StoreError> {
    if ask::one(db, ANY, [], |_| Ok(()))?.is_none() {
        return Ok(None);
    }
    let key = key(db, lead)?;
    ask::one(db, FORGOTTEN, params![lead.bucket(), key], |row| {
        time(row, 0)
    })
}
