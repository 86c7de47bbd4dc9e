//! Places taken in calendars. A calendar's bookings share a bucket: one transaction sees them all.

use rusqlite::{Connection, Row as SqlRow, params};

use crate::conversation::ConversationId;
use crate::lead::Name;
use crate::store::{Booking, StoreError, query};
use crate::time::Timestamp;

use super::ask;
use super::pack::{column, digits, id, int, phone, time};

const OVERLAPPING: &str = "SELECT conversation, lead, start, stop FROM booking
    WHERE bucket = $1 AND calendar = $2 AND stop > $3 AND start < $4";
const HOLD: &str = "INSERT INTO booking (bucket, calendar, conversation, lead, start, stop)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (bucket, calendar, conversation)
    DO UPDATE SET start = excluded.start, stop = excluded.stop";

pub fn hold(writer: &Connection, slot: &Booking, at_once: u32) -> Result<bool, StoreError> {
    let bucket = query::calendar_bucket(&slot.calendar);
    let (calendar, start, stop) = (slot.calendar.as_str(), slot.start.as_ms(), slot.end.as_ms());
    let taken = ask::many(
        writer,
        OVERLAPPING,
        params![bucket, calendar, start, stop],
        |row| read(&slot.calendar, row),
    )?;
    if query::busiest(slot, &taken) >= at_once as usize {
        return Ok(false);
    }
    let conversation = column(slot.conversation.bits());
    let params = params![
        bucket,
        calendar,
        conversation,
        digits(slot.lead),
        start,
        stop
    ];
    ask::change(writer, "hold a slot", HOLD, params)?;
    Ok(true)
}

const FREE: &str = "DELETE FROM booking WHERE bucket = $1 AND calendar = $2 AND conversation = $3";

pub fn free(
    writer: &Connection,
    calendar: &str,
    conversation: ConversationId,
) -> Result<bool, StoreError> {
    let bucket = query::calendar_bucket(calendar);
    let params = params![bucket, calendar, column(conversation.bits())];
    ask::change(writer, "free a slot", FREE, params).map(|changed| changed > 0)
}

const BETWEEN: &str = "SELECT conversation, lead, start, stop FROM booking
    WHERE bucket = $1 AND calendar = $2 AND stop > $3 AND start >= $3 AND start < $4
    ORDER BY start, conversation";

pub fn between(
    reader: &Connection,
    calendar: &str,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Booking>, StoreError> {
    let bucket = query::calendar_bucket(calendar);
    let name = Name::from(calendar);
    let params = params![bucket, calendar, from.as_ms(), to.as_ms()];
    ask::many(reader, BETWEEN, params, |row| read(&name, row))
}

/// Columns in this order: conversation, lead, start, stop.
fn read(calendar: &Name, row: &SqlRow<'_>) -> Result<Booking, StoreError> {
    Ok(Booking {
        calendar: calendar.clone(),
        conversation: id(int(row, 0)?),
        lead: phone(row, 1)?,
        start: time(row, 2)?,
        end: time(row, 3)?,
    })
}
