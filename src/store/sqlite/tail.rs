//! Where the rows of a lead's timeline are. The newest stand in the row of its active conversation (else
//! in the lead's own) until there are too many; the older ones are in the table `filed`.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row as SqlRow, params};

use crate::conversation::{ConversationId, Seq};
use crate::lead::PhoneNumber;
use crate::store::{LeadRecord, Recent, RowKind, SendStatus, StoreError};
use crate::time::Timestamp;

use super::ask::{self, Go};
use super::connect::Doing;
use super::pack::{column, digits};
use super::turns;

const DOING: &str = "write a turn";
/// When there are more, all but `STAY` are filed.
const TAIL_MAX: usize = 22;
const STAY: usize = 2;

/// A row of the timeline without its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub recent: Recent,
    /// Its place in the timeline.
    pub n: i64,
    /// The key of the reply, see `known.rs`.
    pub seen: Option<i64>,
}

/// Bytes of an entry, big-endian: kind and flags 1, status 1, number 4, place 5, milliseconds 6; and the
/// key 8, of a reply. The row that holds the tail must not spill over into a page of its own.
const ENTRY: usize = 17;
const KEY: usize = 8;
const KIND: u8 = 15;
const MARKETING: u8 = 16;
const HAS_KEY: u8 = 32;
const NO_STATUS: u8 = 255;
const STATUS_AT: usize = 1;
const SEQ_AT: usize = 2;

impl Entry {
    fn write(&self, to: &mut Vec<u8>) {
        let recent = &self.recent;
        let mut first = recent.kind as u8;
        if recent.marketing {
            first |= MARKETING;
        }
        if self.seen.is_some() {
            first |= HAS_KEY;
        }
        to.extend_from_slice(&[first, code(recent.status)]);
        to.extend_from_slice(&recent.seq.to_be_bytes());
        to.extend_from_slice(&self.n.to_be_bytes()[3..]);
        to.extend_from_slice(&recent.at.as_ms().to_be_bytes()[2..]);
        if let Some(key) = self.seen {
            to.extend_from_slice(&key.to_be_bytes());
        }
    }

    /// Exactly one.
    fn read(bytes: &[u8]) -> Option<Entry> {
        let number = |bytes: &[u8]| bytes.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
        let ([first, status], rest) = bytes.split_first_chunk::<2>()?;
        let (seq, rest) = rest.split_at_checked(4)?;
        let (n, rest) = rest.split_at_checked(5)?;
        let (at, key) = rest.split_at_checked(6)?;
        let seen = match first & HAS_KEY != 0 {
            true if key.len() == KEY => Some(number(key) as i64),
            false if key.is_empty() => None,
            _ => return None,
        };
        let recent = Recent {
            seq: number(seq) as Seq,
            at: Timestamp::from_ms(number(at) as i64),
            kind: RowKind::from_code(i64::from(first & KIND))?,
            status: match *status {
                NO_STATUS => None,
                code => Some(SendStatus::from_code(i64::from(code))?),
            },
            marketing: first & MARKETING != 0,
        };
        Some(Entry {
            recent,
            n: number(n) as i64,
            seen,
        })
    }
}

fn code(status: Option<SendStatus>) -> u8 {
    status.map_or(NO_STATUS, |status| status.code() as u8)
}

/// The bytes of each entry in turn; what is left over at the end, if it is no whole one.
struct Each<'b>(&'b [u8]);

impl<'b> Iterator for Each<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        let first = self.0.first()?;
        let len = match first & HAS_KEY != 0 {
            true => ENTRY + KEY,
            false => ENTRY,
        };
        let (entry, rest) = self.0.split_at_checked(len).unwrap_or((self.0, &[]));
        self.0 = rest;
        Some(entry)
    }
}

/// Entries in the order of their numbers, as they are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entries(Vec<u8>);

impl Entries {
    fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        match Each(bytes).all(|entry| Entry::read(entry).is_some()) {
            true => Ok(Self(bytes.to_vec())),
            false => Err(StoreError::Unreadable { what: "timeline" }),
        }
    }

    /// What a column holds: NULL when there is none.
    pub fn bytes(&self) -> Option<&[u8]> {
        Some(self.0.as_slice()).filter(|bytes| !bytes.is_empty())
    }

    pub fn iter(&self) -> impl Iterator<Item = Entry> {
        // Every one of them was read once, or made here.
        Each(&self.0).filter_map(Entry::read)
    }

    pub fn push(&mut self, entry: &Entry) {
        entry.write(&mut self.0);
    }

    /// Where in the bytes the entry of this number is.
    fn position(&self, seq: Seq) -> Option<std::ops::Range<usize>> {
        let mut at = 0;
        for entry in Each(&self.0) {
            let number = entry.get(SEQ_AT..);
            if number.is_some_and(|it| it.starts_with(&seq.to_be_bytes())) {
                return Some(at..at + entry.len());
            }
            at += entry.len();
        }
        None
    }

    pub fn find(&self, seq: Seq) -> Option<Entry> {
        Entry::read(self.0.get(self.position(seq)?)?)
    }

    /// Notes how a row fares; what it was before, if it stands here.
    pub fn set_status(&mut self, seq: Seq, status: SendStatus) -> Option<Entry> {
        let at = self.position(seq)?;
        let entry = self.0.get_mut(at)?;
        let before = Entry::read(entry)?;
        *entry.get_mut(STATUS_AT)? = code(Some(status));
        Some(before)
    }

    /// Takes out what is to be filed now.
    pub fn overflow(&mut self) -> Entries {
        let count = Each(&self.0).count();
        if count <= TAIL_MAX {
            return Entries::default();
        }
        let filed = Each(&self.0).take(count - STAY).map(<[u8]>::len).sum();
        let stay = self.0.split_off(filed);
        Entries(std::mem::replace(&mut self.0, stay))
    }
}

/// Where a lead's tail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    Conversation(ConversationId),
    Lead,
    /// Nowhere, for the number is not known: its rows are filed at once.
    Nobody,
}

const IS_THERE: &str = "SELECT 1 FROM conversation WHERE bucket = $1 AND id = $2";

impl Holder {
    /// Of a lead as it is written. `known` says which conversations are surely there.
    pub fn of(
        db: &Connection,
        record: Option<&LeadRecord>,
        known: impl Fn(ConversationId) -> bool,
    ) -> Result<Holder, StoreError> {
        let Some(record) = record else {
            return Ok(Holder::Nobody);
        };
        let Some(id) = record.active else {
            return Ok(Holder::Lead);
        };
        let key = params![id.bucket(), column(id.bits())];
        let there = known(id) || ask::one(db, IS_THERE, key, |_| Ok(()))?.is_some();
        Ok(match there {
            true => Holder::Conversation(id),
            false => Holder::Lead,
        })
    }
}

const OF_CONVERSATION: &str = "SELECT tail FROM conversation WHERE bucket = $1 AND id = $2";
const OF_LEAD: &str = "SELECT tail FROM lead WHERE bucket = $1 AND phone = $2";

/// The lead's tail, and where it stands.
pub fn of(db: &Connection, lead: PhoneNumber) -> Result<(Holder, Entries), StoreError> {
    let record = turns::lead(db, lead)?;
    of_record(db, lead, record.as_ref())
}

pub fn of_record(
    db: &Connection,
    lead: PhoneNumber,
    record: Option<&LeadRecord>,
) -> Result<(Holder, Entries), StoreError> {
    let Some(record) = record else {
        return Ok((Holder::Nobody, Entries::default()));
    };
    if let Some(id) = record.active {
        let key = params![id.bucket(), column(id.bits())];
        if let Some(tail) = ask::one(db, OF_CONVERSATION, key, |row| entries(row, 0))? {
            return Ok((Holder::Conversation(id), tail));
        }
    }
    let key = params![lead.bucket(), digits(lead)];
    let tail = ask::one(db, OF_LEAD, key, |row| entries(row, 0))?;
    Ok((Holder::Lead, tail.unwrap_or_default()))
}

fn entries(row: &SqlRow<'_>, i: usize) -> Result<Entries, StoreError> {
    match row.get_ref(i).doing("read a row")? {
        ValueRef::Blob(bytes) => Entries::from_bytes(bytes),
        _ => Ok(Entries::default()),
    }
}

const SET_OF_CONVERSATION: &str = "UPDATE conversation SET tail = $1 WHERE bucket = $2 AND id = $3";
const SET_OF_LEAD: &str = "UPDATE lead SET tail = $1 WHERE bucket = $2 AND phone = $3";

/// Writes a tail whose holder is not written otherwise.
pub fn set(
    db: &Connection,
    lead: PhoneNumber,
    holder: Holder,
    tail: &Entries,
) -> Result<(), StoreError> {
    let (sql, bucket, key) = match holder {
        Holder::Conversation(id) => (SET_OF_CONVERSATION, id.bucket(), column(id.bits())),
        Holder::Lead => (SET_OF_LEAD, lead.bucket(), digits(lead)),
        Holder::Nobody => return Ok(()),
    };
    ask::change(db, DOING, sql, params![tail.bytes(), bucket, key]).map(drop)
}

const FILE: &str = "INSERT INTO filed (bucket, lead, seq, entries) VALUES ($1, $2, $3, $4)";

pub fn file(db: &Connection, lead: PhoneNumber, entries: &Entries) -> Result<(), StoreError> {
    let Some(last) = entries.iter().last() else {
        return Ok(());
    };
    let params = params![
        lead.bucket(),
        digits(lead),
        last.recent.seq,
        entries.bytes()
    ];
    ask::change(db, DOING, FILE, params).map(drop)
}

const FILED_WITH: &str = "SELECT entries FROM filed
    WHERE bucket = $1 AND lead = $2 AND seq >= $3 ORDER BY seq LIMIT 1";

/// The filed entries among which this number must be, if it was filed.
fn filed_with(db: &Connection, lead: PhoneNumber, seq: Seq) -> Result<Option<Entries>, StoreError> {
    let key = params![lead.bucket(), digits(lead), seq];
    ask::one(db, FILED_WITH, key, |row| entries(row, 0))
}

/// The place of a row that was filed.
pub fn filed(db: &Connection, lead: PhoneNumber, seq: Seq) -> Result<Option<i64>, StoreError> {
    let entry = filed_with(db, lead, seq)?.and_then(|filed| filed.find(seq));
    Ok(entry.map(|entry| entry.n))
}

const SET_FILED: &str =
    "UPDATE filed SET entries = $1 WHERE bucket = $2 AND lead = $3 AND seq = $4";

/// Notes how a row that was filed fares; what it was before, if there is such a row.
pub fn set_filed(
    db: &Connection,
    lead: PhoneNumber,
    seq: Seq,
    status: SendStatus,
) -> Result<Option<Entry>, StoreError> {
    let Some(mut filed) = filed_with(db, lead, seq)? else {
        return Ok(None);
    };
    let Some(before) = filed.set_status(seq, status) else {
        return Ok(None);
    };
    let last = filed.iter().last().map(|last| last.recent.seq);
    let params = params![filed.bytes(), lead.bucket(), digits(lead), last];
    ask::change(db, DOING, SET_FILED, params)?;
    Ok(Some(before))
}

/// The place of a row in the timeline.
pub fn place(db: &Connection, lead: PhoneNumber, seq: Seq) -> Result<Option<i64>, StoreError> {
    let (_, tail) = of(db, lead)?;
    match tail.find(seq) {
        Some(entry) => Ok(Some(entry.n)),
        None => filed(db, lead, seq),
    }
}

const FILED_AFTER: &str = "SELECT entries FROM filed
    WHERE bucket = $1 AND lead = $2 AND seq > $3 ORDER BY seq";

/// Each entry of the lead's after this number, oldest first.
pub fn after(
    db: &Connection,
    lead: PhoneNumber,
    tail: &Entries,
    seq: Seq,
    mut visit: impl FnMut(Entry) -> Result<Go, StoreError>,
) -> Result<(), StoreError> {
    let key = params![lead.bucket(), digits(lead), seq];
    let mut each = |entries: &Entries| {
        for entry in entries.iter().filter(|it| it.recent.seq > seq) {
            if let Go::Stop = visit(entry)? {
                return Ok(Go::Stop);
            }
        }
        Ok(Go::On)
    };
    match ask::each(db, FILED_AFTER, key, |row| each(&entries(row, 0)?))? {
        Go::On => each(tail).map(drop),
        Go::Stop => Ok(()),
    }
}

/// All entries of the lead's, oldest first.
pub fn all(db: &Connection, lead: PhoneNumber, tail: &Entries) -> Result<Vec<Entry>, StoreError> {
    let mut all = Vec::new();
    after(db, lead, tail, 0, |entry| {
        all.push(entry);
        Ok(Go::On)
    })?;
    Ok(all)
}

/// Those of the lead's texts and emails that have not begun to leave, oldest first.
pub fn pending(
    db: &Connection,
    lead: PhoneNumber,
    tail: &Entries,
) -> Result<Vec<Entry>, StoreError> {
    let mut pending = all(db, lead, tail)?;
    pending.retain(|entry| entry.recent.is_pending());
    Ok(pending)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(seq: Seq) -> Entry {
        let is_text = seq.is_multiple_of(2);
        let kind = if is_text {
            RowKind::Sms
        } else {
            RowKind::Reply
        };
        let recent = Recent {
            seq,
            at: Timestamp::from_ms(1_790_000_000_000 + i64::from(seq)),
            kind,
            status: is_text.then_some(SendStatus::Queued),
            marketing: seq.is_multiple_of(3),
        };
        Entry {
            recent,
            n: i64::from(seq) * 1_000_003,
            seen: (!is_text).then_some(i64::MIN + i64::from(seq)),
        }
    }

    #[test]
    fn entries_are_read_as_they_were_written() {
        let mut entries = Entries::default();
        assert_eq!(entries.bytes(), None);
        for seq in 1..=9 {
            entries.push(&entry(seq));
        }
        assert_eq!(entries.set_status(4, SendStatus::Sent), Some(entry(4)));
        assert_eq!(entries.set_status(10, SendStatus::Sent), None);
        let bytes = entries.bytes().unwrap();
        assert_eq!(Entries::from_bytes(bytes).unwrap(), entries);
        assert!(Entries::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        assert!(Entries::from_bytes(&[15; ENTRY]).is_err(), "no such kind");
        for seq in 1..=9 {
            let mut expected = entry(seq);
            if seq == 4 {
                expected.recent.status = Some(SendStatus::Sent);
            }
            assert_eq!(entries.find(seq), Some(expected));
        }
        assert_eq!(entries.find(10), None);
    }

    #[test]
    fn the_older_ones_are_filed_together_and_the_newest_stay() {
        let mut tail = Entries::default();
        let mut all = Vec::new();
        for seq in 1..=100 {
            tail.push(&entry(seq));
            all.extend(tail.overflow().iter().map(|it| it.recent.seq));
            assert!(tail.iter().count() <= TAIL_MAX);
        }
        all.extend(tail.iter().map(|it| it.recent.seq));
        assert_eq!(all, (1..=100).collect::<Vec<_>>());
    }
}
