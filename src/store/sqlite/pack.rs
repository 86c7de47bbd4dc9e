//! How records become rows: which parts are columns, and the compact blob of the rest. What is a
//! column is not in the blob as well.

use std::convert::Infallible;

use minicbor::encode::{Encode, Write};
use minicbor::{Decode, Decoder, Encoder};
use rusqlite::Row as SqlRow;
use rusqlite::types::ValueRef;

use crate::conversation::{Conversation, ConversationId, Effect, Entry, Seq, Status, VersionId};
use crate::lead::{Name, PhoneNumber};
use crate::store::{HandoffStatus, Row, RowBody, RowKind, SendStatus, Sending, StoreError};
use crate::time::Timestamp;

use super::connect::Doing;

const READING: &str = "read a row";

/// Most records are smaller; a larger one grows.
const BLOB_BYTES: usize = 384;

/// Where a record is written. Most of its pieces are one byte, for which copying a slice is dear.
struct Blob(Vec<u8>);

impl Write for Blob {
    type Error = Infallible;

    fn write_all(&mut self, piece: &[u8]) -> Result<(), Infallible> {
        match piece {
            [byte] => self.0.push(*byte),
            piece => self.0.extend_from_slice(piece),
        }
        Ok(())
    }
}

/// A record as it is kept.
pub fn to_blob<T: Encode<()>>(value: &T) -> Result<Vec<u8>, StoreError> {
    let mut blob = Blob(Vec::with_capacity(BLOB_BYTES));
    minicbor::encode(value, &mut blob).map_err(|source| StoreError::Failed {
        doing: "encode a record",
        source: source.to_string().into(),
    })?;
    Ok(blob.0)
}

pub fn from_blob<'b, T: Decode<'b, ()>>(
    what: &'static str,
    blob: &'b [u8],
) -> Result<T, StoreError> {
    minicbor::decode(blob).map_err(|_| StoreError::Unreadable { what })
}

/// The blob in column `i`, decoded where it lies.
pub fn blob<T: for<'b> Decode<'b, ()>>(
    row: &SqlRow<'_>,
    i: usize,
    what: &'static str,
) -> Result<T, StoreError> {
    match row.get_ref(i).doing(READING)? {
        ValueRef::Blob(bytes) => from_blob(what, bytes),
        _ => Err(StoreError::Unreadable { what }),
    }
}

pub fn int(row: &SqlRow<'_>, i: usize) -> Result<i64, StoreError> {
    row.get(i).doing(READING)
}

pub fn maybe_int(row: &SqlRow<'_>, i: usize) -> Result<Option<i64>, StoreError> {
    row.get(i).doing(READING)
}

pub fn time(row: &SqlRow<'_>, i: usize) -> Result<Timestamp, StoreError> {
    int(row, i).map(Timestamp::from_ms)
}

pub fn maybe_time(row: &SqlRow<'_>, i: usize) -> Result<Option<Timestamp>, StoreError> {
    let ms: Option<i64> = row.get(i).doing(READING)?;
    Ok(ms.map(Timestamp::from_ms))
}

pub fn phone(row: &SqlRow<'_>, i: usize) -> Result<PhoneNumber, StoreError> {
    u64::try_from(int(row, i)?)
        .ok()
        .and_then(PhoneNumber::from_digits)
        .ok_or(StoreError::Unreadable { what: "number" })
}

pub fn seq(row: &SqlRow<'_>, i: usize) -> Result<Seq, StoreError> {
    row.get(i).doing(READING)
}

/// Text as a name; empty for NULL.
pub fn name(row: &SqlRow<'_>, i: usize) -> Result<Name, StoreError> {
    match row.get_ref(i).doing(READING)? {
        ValueRef::Text(text) => std::str::from_utf8(text)
            .map(Name::from)
            .map_err(|_| StoreError::Unreadable { what: "name" }),
        _ => Ok(Name::default()),
    }
}

pub fn maybe_text(row: &SqlRow<'_>, i: usize) -> Result<Option<String>, StoreError> {
    row.get(i).doing(READING)
}

pub fn key(row: &SqlRow<'_>, i: usize) -> Result<[u8; 16], StoreError> {
    row.get(i).doing(READING)
}

pub fn hash(row: &SqlRow<'_>, i: usize) -> Result<[u8; 32], StoreError> {
    row.get(i).doing(READING)
}

/// A number, as a column holds it.
pub fn digits(phone: PhoneNumber) -> i64 {
    // At most 15 digits.
    phone.digits() as i64
}

/// Ids keep their top bit clear; short codes use all 64 and may come out negative.
pub fn column(bits: u64) -> i64 {
    bits as i64
}

/// Codes are random already.
pub const fn code_bucket(code: u64) -> u8 {
    (code >> 56) as u8
}

pub fn id(bits: i64) -> ConversationId {
    ConversationId::from_bits(bits as u64)
}

pub fn ms(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::as_ms)
}

pub fn handoff_status(status: HandoffStatus) -> i64 {
    match status {
        HandoffStatus::Open => 0,
        HandoffStatus::Claimed => 1,
        HandoffStatus::Resolved => 2,
        HandoffStatus::Unclaimed => 3,
    }
}

// Conversations.

/// The status as a column, in the order of [`STATUS_NAMES`].
pub fn status_code(status: &Status) -> i64 {
    match status {
        Status::Scheduled => 0,
        Status::Waiting(_) => 1,
        Status::WithAgent(_) | Status::TakenOver { .. } => STATUS_WITH_AGENT,
        Status::Ended { .. } => 3,
    }
}

pub const STATUS_WITH_AGENT: i64 = 2;
pub const STATUS_NAMES: [&str; 4] = ["scheduled", "waiting", "with_agent", "ended"];

/// The name of the step or outcome inside a status, which is kept as a column.
fn place(status: &mut Status) -> Option<&mut Name> {
    match status {
        Status::Scheduled => None,
        Status::Waiting(wait) => Some(&mut wait.step),
        Status::WithAgent(handoff) => Some(&mut handoff.step),
        // The columns speak of the conversation itself, which has not ended.
        Status::TakenOver { resume, .. } if matches!(**resume, Status::Ended { .. }) => None,
        Status::TakenOver { resume, .. } => place(resume),
        Status::Ended { outcome } => Some(outcome),
    }
}

/// What is not a column: ten values in a row; the last came later, and old rows have nine.
pub fn conversation_blob(it: &Conversation) -> Result<Vec<u8>, StoreError> {
    let mut status = it.status.clone();
    if let Some(place) = place(&mut status) {
        *place = Name::default();
    }
    let mut blob = Blob(Vec::with_capacity(128));
    let mut e = Encoder::new(&mut blob);
    let mut encode = || -> Result<(), minicbor::encode::Error<Infallible>> {
        e.array(10)?
            .encode(&status)?
            .encode(&it.locale)?
            .encode(it.score)?;
        e.encode(&it.answers)?
            .encode(&it.saved)?
            .encode(&it.event)?;
        e.encode(&it.last_reply)?
            .encode(&it.agent)?
            .encode(&it.variants)?
            .encode(&it.unanswered)?;
        Ok(())
    };
    encode().map_err(|source| StoreError::Failed {
        doing: "encode a conversation",
        source: source.to_string().into(),
    })?;
    Ok(blob.0)
}

/// Columns in this order: id, lead, version, revision, step, outcome, due, started, data.
pub struct ConversationRow {
    /// `flow_version.n`.
    pub version: i64,
    it: Conversation,
}

impl ConversationRow {
    pub fn read(row: &SqlRow<'_>) -> Result<Self, StoreError> {
        let unreadable = || StoreError::Unreadable {
            what: "conversation",
        };
        let bytes = row
            .get_ref(8)
            .doing(READING)?
            .as_blob()
            .map_err(|_| unreadable())?;
        let columns = Columns {
            id: id(int(row, 0)?),
            lead: phone(row, 1)?,
            revision: row.get(3).doing(READING)?,
            deadline: maybe_time(row, 6)?,
            started: time(row, 7)?,
        };
        let mut it = decode_conversation(columns, bytes).map_err(|_| unreadable())?;
        let (step, outcome) = (name(row, 4)?, name(row, 5)?);
        let ended = it.is_ended();
        if let Some(place) = place(&mut it.status) {
            *place = if ended { outcome } else { step };
        }
        Ok(Self {
            version: int(row, 2)?,
            it,
        })
    }

    pub fn named(mut self, version: VersionId, flow: Name) -> Conversation {
        self.it.version = version;
        self.it.flow = flow;
        self.it
    }
}

struct Columns {
    id: ConversationId,
    lead: PhoneNumber,
    revision: u32,
    deadline: Option<Timestamp>,
    started: Timestamp,
}

fn decode_conversation(
    columns: Columns,
    bytes: &[u8],
) -> Result<Conversation, minicbor::decode::Error> {
    const WITHOUT_UNANSWERED: u64 = 9;
    let mut d = Decoder::new(bytes);
    let values = d.array()?;
    Ok(Conversation {
        id: columns.id,
        lead: columns.lead,
        flow: Name::default(),
        version: VersionId::default(),
        revision: columns.revision,
        deadline: columns.deadline,
        started: columns.started,
        status: d.decode()?,
        locale: d.decode()?,
        score: d.decode()?,
        answers: d.decode()?,
        saved: d.decode()?,
        event: d.decode()?,
        last_reply: d.decode()?,
        agent: d.decode()?,
        variants: d.decode()?,
        unanswered: match values {
            Some(WITHOUT_UNANSWERED) => None,
            _ => d.decode()?,
        },
    })
}

// The timeline.

pub fn body_blob(body: &RowBody) -> Result<Vec<u8>, StoreError> {
    match body {
        RowBody::Happened(entry) => to_blob(entry),
        RowBody::Outgoing(effect, _) => to_blob(effect),
    }
}

/// Without `status`, `due` and `provider_id`, which are columns.
pub fn sending_blob(sending: &Sending) -> Result<Vec<u8>, StoreError> {
    to_blob(&Sending {
        status: SendStatus::Queued,
        due: None,
        provider_id: None,
        ..sending.clone()
    })
}

/// Columns in this order: lead, seq, conversation, at, kind, status, due, provider_id, body,
/// sending.
pub fn timeline_row(row: &SqlRow<'_>) -> Result<Row, StoreError> {
    let unreadable = || StoreError::Unreadable {
        what: "timeline row",
    };
    let kind = RowKind::from_code(int(row, 4)?).ok_or_else(unreadable)?;
    let body = match kind {
        RowKind::Entry | RowKind::Reply => RowBody::Happened(blob::<Entry>(row, 8, "entry")?),
        RowKind::Sms
        | RowKind::Email
        | RowKind::Alert
        | RowKind::Call
        | RowKind::Slots
        | RowKind::Notify => RowBody::Outgoing(blob::<Effect>(row, 8, "effect")?, sending(row)?),
    };
    let conversation: Option<i64> = row.get(2).doing(READING)?;
    Ok(Row {
        lead: phone(row, 0)?,
        seq: seq(row, 1)?,
        conversation: conversation.map(id),
        at: time(row, 3)?,
        body,
    })
}

fn sending(row: &SqlRow<'_>) -> Result<Sending, StoreError> {
    let unreadable = || StoreError::Unreadable {
        what: "outgoing row",
    };
    Ok(Sending {
        status: SendStatus::from_code(int(row, 5)?).ok_or_else(unreadable)?,
        due: maybe_time(row, 6)?,
        provider_id: row.get(7).doing(READING)?,
        ..blob(row, 9, "outgoing row")?
    })
}
