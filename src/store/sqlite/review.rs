//! What a restore sets aside: it is not known whether it was done after the backup was made. A person looks
//! at it, and releases it or leaves it.

use rusqlite::{Connection, params};

use crate::conversation::Seq;
use crate::lead::PhoneNumber;
use crate::store::{Quarantine, Sending, StoreError};
use crate::time::Timestamp;

use super::pack::{int, phone, seq};
use super::{ask, write};

const DOING: &str = "put what had not left to review";

// Queued, held, and being sent: of these it is not known whether they left after the backup.
const UNSETTLED: &str = "SELECT seq, status, due, provider_id, sending, lead FROM timeline
    WHERE status IN (0, 1, 2)";
const HOLD: &str = "INSERT INTO held_timer (bucket, conversation, revision, due)
    SELECT bucket, id, revision, due FROM conversation WHERE due IS NOT NULL AND due <= $1
    ON CONFLICT (bucket, conversation)
    DO UPDATE SET revision = excluded.revision, due = excluded.due";
const STOP: &str = "UPDATE conversation SET due = NULL WHERE due IS NOT NULL AND due <= $1";

pub fn quarantine(writer: &Connection, now: Timestamp) -> Result<Quarantine, StoreError> {
    let rows = unsettled(writer)?;
    let outgoing = rows.len() as u64;
    for (lead, seq, sending) in rows {
        write::change_row(writer, lead, seq, &sending.quarantined())?;
    }
    ask::change(writer, DOING, HOLD, [now.as_ms()])?;
    let timers = ask::change(writer, DOING, STOP, [now.as_ms()])? as u64;
    Ok(Quarantine { outgoing, timers })
}

const TIMERS: &str = "SELECT count(*) FROM held_timer JOIN conversation
    ON conversation.bucket = held_timer.bucket AND conversation.id = held_timer.conversation
    WHERE conversation.revision = held_timer.revision";

pub fn quarantined(reader: &Connection) -> Result<Quarantine, StoreError> {
    let rows = unsettled(reader)?;
    let waiting = rows
        .iter()
        .filter(|(_, _, sending)| sending.is_quarantined());
    let timers = ask::one(reader, TIMERS, [], |row| int(row, 0))?;
    Ok(Quarantine {
        outgoing: waiting.count() as u64,
        timers: timers.unwrap_or(0) as u64,
    })
}

const START: &str = "UPDATE conversation SET due = held_timer.due FROM held_timer
    WHERE conversation.bucket = held_timer.bucket AND conversation.id = held_timer.conversation
    AND conversation.revision = held_timer.revision AND conversation.due IS NULL";
const LET_GO: &str = "DELETE FROM held_timer";

pub fn release(writer: &Connection, now: Timestamp) -> Result<Quarantine, StoreError> {
    let mut outgoing = 0;
    for (lead, seq, sending) in unsettled(writer)? {
        if sending.is_quarantined() {
            write::change_row(writer, lead, seq, &sending.released(now))?;
            outgoing += 1;
        }
    }
    let timers = ask::change(writer, DOING, START, params![])? as u64;
    ask::change(writer, DOING, LET_GO, params![])?;
    Ok(Quarantine { outgoing, timers })
}

fn unsettled(db: &Connection) -> Result<Vec<(PhoneNumber, Seq, Sending)>, StoreError> {
    ask::many(db, UNSETTLED, [], |row| {
        Ok((phone(row, 5)?, seq(row, 0)?, write::sending(row)?))
    })
}
