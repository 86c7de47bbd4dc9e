//! What one commit writes. An ordinary reply costs three statements: its conversation (with the tail of
//! the timeline in it), and two rows of the timeline; now and then what the tail holds too many of.
//!
//! What may be refused comes first, while nothing has been written that would have to be taken back: a
//! savepoint for each turn would copy every page it touches. Whether a commit was taken before is
//! known already (`known.rs`).

use rusqlite::{Connection, params};

use crate::conversation::{Conversation, Seq};
use crate::lead::PhoneNumber;
use crate::store::{
    Commit, CommitError, HandoffRecord, LeadRecord, Recent, Row, RowChange, RowKind, SendStatus,
    Sending, ShortlinkRecord, StoreError,
};
use crate::time::Timestamp;

use super::flows::Versions;
use super::known::{Known, told_by_row};
use super::pack::{self, blob, column, digits, maybe_time, ms, to_blob};
use super::tail::{Entries, Entry, Holder};
use super::tally::Tally;
use super::{addresses, ask, ledger, reads, search, tail, tells};

const DOING: &str = "write a turn";

/// Writes the rows from the place `next` on. The answer is the lead's tail after it.
pub fn write(
    db: &Connection,
    versions: &Versions,
    commit: &Commit,
    known: &Known,
    next: i64,
    tally: &mut Tally,
) -> Result<Entries, CommitError> {
    // With several, the first must not be written before the last was found fresh.
    if commit.conversations.len() > 1 {
        for next in &commit.conversations {
            check_revision(db, next)?;
        }
    }
    let lead = commit.lead;
    let cancelled = match commit.cancel_queued {
        true => cancelled(db, lead, &known.tail, commit.now)?,
        false => Vec::new(),
    };
    let told_by_row = told_by_row(commit);
    let key_of = |row: &Row| told_by_row.filter(|_| row.body.kind() == RowKind::Reply);
    let new = commit.rows.iter().zip(next..).map(|(row, n)| Entry {
        recent: Recent::of(row),
        n,
        seen: key_of(row),
    });
    let changes = || cancelled.iter().chain(&commit.changes);
    let Placed {
        tail,
        filed,
        holder,
        mut moved,
    } = Placed::of(db, commit, known, changes(), new)?;
    let held_by = |here: Holder| tail.bytes().filter(|_| holder == here);
    for next in &commit.conversations {
        let tail = held_by(Holder::Conversation(next.id));
        save_conversation(db, versions, next, tail)?;
    }
    if told_by_row.is_none() {
        mark_seen(db, commit)?;
    }
    if let Some(record) = &commit.record {
        save_lead(db, lead, record, held_by(Holder::Lead))?;
        if commit.named {
            search::name(db, record)?;
        }
    }
    let is_written = match holder {
        Holder::Conversation(id) => commit.conversations.iter().any(|it| it.id == id),
        Holder::Lead => commit.record.is_some(),
        Holder::Nobody => true,
    };
    // The record may have named another holder.
    if !is_written && (commit.record.is_some() || tail != known.tail) {
        tail::set(db, lead, holder, &tail)?;
    }
    for RowChange { seq, to } in changes() {
        match known.tail.find(*seq) {
            Some(entry) => change_at(db, entry.n, to)?,
            None => change_filed(db, lead, *seq, to, &mut moved)?,
        }
    }
    for (row, n) in commit.rows.iter().zip(next..) {
        add_row(db, n, row, key_of(row))?;
    }
    tail::file(db, lead, &filed)?;
    for handoff in &commit.handoffs {
        save_handoff(db, handoff)?;
    }
    for change in &commit.handoff_changes {
        match reads::handoff(db, change.id)? {
            Some(handoff) => save_handoff(db, &handoff.after(change))?,
            None => return Err(crate::store::refused("a changed handoff is not there").into()),
        }
    }
    for event in &commit.consents {
        ledger::append(db, lead, event)?;
    }
    for told in &commit.tells {
        tells::add(db, lead, told)?;
    }
    for mark in &commit.addresses {
        addresses::mark(db, mark)?;
    }
    for link in &commit.shortlinks {
        save_shortlink(db, link)?;
    }
    if let Some((message, at)) = commit.links_begin {
        begin_links(db, lead, message, at)?;
    }
    tally.add(&moved);
    Ok(tail)
}

/// Where the lead's rows are after a commit.
struct Placed {
    tail: Entries,
    /// What the tail held too many of.
    filed: Entries,
    holder: Holder,
    /// How the rows of the tail fare now.
    moved: Tally,
}

impl Placed {
    fn of<'c>(
        db: &Connection,
        commit: &Commit,
        known: &Known,
        changes: impl Iterator<Item = &'c RowChange>,
        new: impl Iterator<Item = Entry>,
    ) -> Result<Placed, StoreError> {
        let (mut tail, mut moved) = (known.tail.clone(), Tally::default());
        for RowChange { seq, to } in changes {
            if let Some(before) = tail.set_status(*seq, to.status) {
                moved.moved(before.recent.status, Some(to.status));
            }
        }
        for entry in new {
            moved.moved(None, entry.recent.status);
            tail.push(&entry);
        }
        let record = commit.record.as_deref().or(known.lead.as_deref());
        let holder = Holder::of(db, record, |id| {
            let written = commit.conversations.iter().any(|it| it.id == id);
            written || known.active.as_ref().is_some_and(|it| it.id == id)
        })?;
        let filed = match holder {
            Holder::Nobody => std::mem::take(&mut tail),
            Holder::Conversation(_) | Holder::Lead => tail.overflow(),
        };
        Ok(Placed {
            tail,
            filed,
            holder,
            moved,
        })
    }
}

const MARK: &str = "INSERT INTO seen (bucket, lead, key) VALUES ($1, $2, $3)";

/// A key that no reply's row tells of.
fn mark_seen(db: &Connection, commit: &Commit) -> Result<(), StoreError> {
    let Some(key) = commit.seen else {
        return Ok(());
    };
    let params = params![commit.lead.bucket(), digits(commit.lead), key.0];
    ask::change(db, DOING, MARK, params).map(drop)
}

fn stale(next: &Conversation) -> CommitError {
    CommitError::Stale {
        conversation: next.id,
        expected: next.revision.saturating_sub(1),
    }
}

const REVISION: &str = "SELECT revision FROM conversation WHERE bucket = $1 AND id = $2";

fn check_revision(db: &Connection, next: &Conversation) -> Result<(), CommitError> {
    let key = params![next.id.bucket(), column(next.id.bits())];
    let stored = ask::one(db, REVISION, key, |row| pack::int(row, 0))?.unwrap_or(0);
    if stored + 1 == i64::from(next.revision) {
        Ok(())
    } else {
        Err(stale(next))
    }
}

const ENROLL: &str = "INSERT INTO conversation
    (bucket, id, lead, version, revision, status, step, outcome, due, started, data, tail)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING";

// The columns that `conversation_live` is made of are not named, so that index stays untouched.
const MOVE: &str =
    "UPDATE conversation SET revision = $1, status = $2, step = $3, due = $4, data = $5, tail = $6
    WHERE bucket = $7 AND id = $8 AND revision = $9 AND version = $10 AND outcome IS NULL";

const REPLACE: &str = "UPDATE conversation SET revision = $1, status = $2, step = $3, due = $4,
        data = $5, tail = $6, version = $7, outcome = $8, started = $9
    WHERE bucket = $10 AND id = $11 AND revision = $12";

fn save_conversation(
    db: &Connection,
    versions: &Versions,
    next: &Conversation,
    tail: Option<&[u8]>,
) -> Result<(), CommitError> {
    let version = versions.number(db, next.version, &next.flow)?;
    let (bucket, id) = (next.id.bucket(), column(next.id.bits()));
    let status = pack::status_code(&next.status);
    let step = next.step().map(|step| step.as_str());
    let outcome = next.outcome().map(|outcome| outcome.as_str());
    let (due, started) = (ms(next.deadline), next.started.as_ms());
    let data = pack::conversation_blob(next)?;
    let rev = next.revision;
    let before = rev.saturating_sub(1);
    let changed = if before == 0 {
        let lead = digits(next.lead);
        ask::change(
            db,
            DOING,
            ENROLL,
            params![
                bucket, id, lead, version, rev, status, step, outcome, due, started, data, tail
            ],
        )?
    } else {
        let moved = match outcome {
            None => ask::change(
                db,
                DOING,
                MOVE,
                params![
                    rev, status, step, due, data, tail, bucket, id, before, version
                ],
            )?,
            Some(_) => 0,
        };
        match moved {
            0 => ask::change(
                db,
                DOING,
                REPLACE,
                params![
                    rev, status, step, due, data, tail, version, outcome, started, bucket, id,
                    before
                ],
            )?,
            moved => moved,
        }
    };
    if changed == 1 {
        Ok(())
    } else {
        Err(stale(next))
    }
}

const SAVE_LEAD: &str = "INSERT INTO lead (bucket, phone, data, tail) VALUES ($1, $2, $3, $4)
    ON CONFLICT (bucket, phone) DO UPDATE SET data = excluded.data, tail = excluded.tail";

fn save_lead(
    db: &Connection,
    lead: PhoneNumber,
    record: &LeadRecord,
    tail: Option<&[u8]>,
) -> Result<(), StoreError> {
    let params = params![lead.bucket(), digits(lead), to_blob(record)?, tail];
    ask::change(db, DOING, SAVE_LEAD, params).map(drop)
}

const ADD_ROW: &str = "INSERT INTO timeline (n, bucket, lead, seq, conversation, at, kind, status,
        marketing, due, provider_id, body, sending, seen)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

fn add_row(db: &Connection, n: i64, row: &Row, seen: Option<i64>) -> Result<(), StoreError> {
    let sending = row.body.sending();
    let params = params![
        n,
        row.lead.bucket(),
        digits(row.lead),
        row.seq,
        row.conversation.map(|id| column(id.bits())),
        row.at.as_ms(),
        row.body.kind() as i64,
        sending.map(|sending| sending.status.code()),
        row.body.is_marketing(),
        sending.and_then(|sending| ms(sending.due)),
        sending.and_then(|sending| sending.provider_id.as_deref()),
        pack::body_blob(&row.body)?,
        sending.map(pack::sending_blob).transpose()?,
        seen,
    ];
    ask::change(db, DOING, ADD_ROW, params).map(drop)
}

const CHANGE_ROW: &str = "UPDATE timeline SET status = $1, due = $2, provider_id = $3, sending = $4
    WHERE n = $5 AND status IS NOT NULL";

/// Changes the row at this place; what the tail or `filed` says of it changes beside.
fn change_at(db: &Connection, n: i64, to: &Sending) -> Result<(), StoreError> {
    let params = params![
        to.status.code(),
        ms(to.due),
        to.provider_id,
        pack::sending_blob(to)?,
        n,
    ];
    match ask::change(db, DOING, CHANGE_ROW, params)? {
        1 => Ok(()),
        _ => Err(crate::store::refused("a changed row is not there")),
    }
}

fn change_filed(
    db: &Connection,
    lead: PhoneNumber,
    seq: Seq,
    to: &Sending,
    tally: &mut Tally,
) -> Result<(), StoreError> {
    let Some(before) = tail::set_filed(db, lead, seq, to.status)? else {
        return Err(crate::store::refused("a changed row is not there"));
    };
    tally.moved(before.recent.status, Some(to.status));
    change_at(db, before.n, to)
}

/// Changes one row apart from the turns.
pub fn change_row(
    db: &Connection,
    lead: PhoneNumber,
    seq: Seq,
    to: &Sending,
) -> Result<(), StoreError> {
    let (holder, mut tail) = tail::of(db, lead)?;
    let mut tally = Tally::default();
    match tail.set_status(seq, to.status) {
        Some(before) => {
            tally.moved(before.recent.status, Some(to.status));
            change_at(db, before.n, to)?;
            tail::set(db, lead, holder, &tail)?;
        }
        None => change_filed(db, lead, seq, to, &mut tally)?,
    }
    tally.write(db)
}

const PENDING: &str = "SELECT seq, status, due, provider_id, sending FROM timeline WHERE n = $1";

/// The texts and emails that have not begun to leave, and what they become.
fn cancelled(
    db: &Connection,
    lead: PhoneNumber,
    tail: &Entries,
    now: Timestamp,
) -> Result<Vec<RowChange>, StoreError> {
    let mut cancelled = Vec::new();
    for entry in tail::pending(db, lead, tail)? {
        if let Some(sending) = ask::one(db, PENDING, [entry.n], sending)? {
            let (seq, to) = (entry.recent.seq, sending.cancelled(now));
            cancelled.push(RowChange { seq, to });
        }
    }
    Ok(cancelled)
}

/// Columns from 1: status, due, provider_id, sending.
pub fn sending(row: &rusqlite::Row<'_>) -> Result<Sending, StoreError> {
    let unreadable = StoreError::Unreadable {
        what: "outgoing row",
    };
    Ok(Sending {
        status: SendStatus::from_code(pack::int(row, 1)?).ok_or(unreadable)?,
        due: maybe_time(row, 2)?,
        provider_id: pack::maybe_text(row, 3)?,
        ..blob(row, 4, "outgoing row")?
    })
}

const SAVE_HANDOFF: &str = "INSERT INTO handoff
    (bucket, conversation, seq, lead, team, status, created, data)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (bucket, conversation, seq)
    DO UPDATE SET status = excluded.status, data = excluded.data, team = excluded.team";

fn save_handoff(db: &Connection, it: &HandoffRecord) -> Result<(), StoreError> {
    let params = params![
        it.id.conversation.bucket(),
        column(it.id.conversation.bits()),
        it.id.seq,
        digits(it.lead),
        it.team.as_str(),
        pack::handoff_status(it.status),
        it.created.as_ms(),
        to_blob(it)?,
    ];
    ask::change(db, DOING, SAVE_HANDOFF, params).map(drop)
}

const SAVE_SHORTLINK: &str = "INSERT INTO shortlink
    (bucket, code, lead_bucket, lead, message, expires, data)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (bucket, code) DO UPDATE SET expires = excluded.expires, data = excluded.data,
        lead_bucket = excluded.lead_bucket, lead = excluded.lead, message = excluded.message";

fn save_shortlink(db: &Connection, it: &ShortlinkRecord) -> Result<(), StoreError> {
    let params = params![
        pack::code_bucket(it.code),
        column(it.code),
        it.lead.bucket(),
        digits(it.lead),
        it.message,
        ms(it.expires),
        to_blob(it)?,
    ];
    ask::change(db, DOING, SAVE_SHORTLINK, params).map(drop)
}

const LINKS: &str = "SELECT data FROM shortlink
    WHERE lead_bucket = $1 AND lead = $2 AND message = $3";

/// The message was accepted: each of its links lives from now.
fn begin_links(
    db: &Connection,
    lead: PhoneNumber,
    message: Seq,
    at: Timestamp,
) -> Result<(), StoreError> {
    let key = params![lead.bucket(), digits(lead), message];
    let links = ask::many(db, LINKS, key, |row| blob(row, 0, "short link"))?;
    for link in links {
        let link: ShortlinkRecord = link;
        let expires = link.lifetime.map(|lifetime| at + lifetime);
        save_shortlink(db, &ShortlinkRecord { expires, ..link })?;
    }
    Ok(())
}
