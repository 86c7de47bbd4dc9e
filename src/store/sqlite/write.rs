//! What one commit writes. An ordinary reply costs three statements: its conversation, and two rows of
//! the timeline.
//!
//! What may be refused comes first, while nothing has been written that would have to be taken back: a
//! savepoint for each turn would copy every page it touches. Whether a commit was taken before is
//! known already (`known.rs`).

use rusqlite::{Connection, params};

use crate::conversation::{Conversation, Seq};
use crate::lead::PhoneNumber;
use crate::store::{
    Commit, CommitError, HandoffRecord, LeadRecord, Row, RowKind, SendStatus, Sending,
    ShortlinkRecord, StoreError,
};
use crate::time::Timestamp;

use super::flows::Versions;
use super::known::told_by_row;
use super::pack::{self, blob, column, digits, maybe_time, ms, seq, to_blob};
use super::{addresses, ask, ledger, reads};

const DOING: &str = "write a turn";

pub fn write(db: &Connection, versions: &Versions, commit: &Commit) -> Result<(), CommitError> {
    // With several, the first must not be written before the last was found fresh.
    if commit.conversations.len() > 1 {
        for next in &commit.conversations {
            check_revision(db, next)?;
        }
    }
    for next in &commit.conversations {
        save_conversation(db, versions, next)?;
    }
    let lead = commit.lead;
    let told_by_row = told_by_row(commit);
    if told_by_row.is_none() {
        mark_seen(db, commit)?;
    }
    if let Some(record) = &commit.record {
        save_lead(db, lead, record)?;
    }
    if commit.cancel_queued {
        cancel_queued(db, lead, commit.now)?;
    }
    for change in &commit.changes {
        change_row(db, lead, change.seq, &change.to)?;
    }
    for row in &commit.rows {
        let replied = row.body.kind() == RowKind::Reply;
        add_row(db, lead, row, told_by_row.filter(|_| replied))?;
    }
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
    for mark in &commit.addresses {
        addresses::mark(db, mark)?;
    }
    for link in &commit.shortlinks {
        save_shortlink(db, link)?;
    }
    if let Some((message, at)) = commit.links_begin {
        begin_links(db, lead, message, at)?;
    }
    Ok(())
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
    (bucket, id, lead, version, revision, status, step, outcome, due, started, data)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (bucket, id) DO NOTHING";

// The columns that `conversation_live` is made of are not named, so that index stays untouched.
const MOVE: &str =
    "UPDATE conversation SET revision = $1, status = $2, step = $3, due = $4, data = $5
    WHERE bucket = $6 AND id = $7 AND revision = $8 AND version = $9 AND outcome IS NULL";

const REPLACE: &str = "UPDATE conversation SET revision = $1, status = $2, step = $3, due = $4,
        data = $5, version = $6, outcome = $7, started = $8
    WHERE bucket = $9 AND id = $10 AND revision = $11";

fn save_conversation(
    db: &Connection,
    versions: &Versions,
    next: &Conversation,
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
                bucket, id, lead, version, rev, status, step, outcome, due, started, data
            ],
        )?
    } else {
        let moved = match outcome {
            None => ask::change(
                db,
                DOING,
                MOVE,
                params![rev, status, step, due, data, bucket, id, before, version],
            )?,
            Some(_) => 0,
        };
        match moved {
            0 => ask::change(
                db,
                DOING,
                REPLACE,
                params![
                    rev, status, step, due, data, version, outcome, started, bucket, id, before
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

const SAVE_LEAD: &str = "INSERT INTO lead (bucket, phone, data) VALUES ($1, $2, $3)
    ON CONFLICT (bucket, phone) DO UPDATE SET data = excluded.data";

fn save_lead(db: &Connection, lead: PhoneNumber, record: &LeadRecord) -> Result<(), StoreError> {
    let params = params![lead.bucket(), digits(lead), to_blob(record)?];
    ask::change(db, DOING, SAVE_LEAD, params).map(drop)
}

const ADD_ROW: &str = "INSERT INTO timeline (bucket, lead, seq, conversation, at, kind, status,
        marketing, due, provider_id, body, sending, seen)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

fn add_row(
    db: &Connection,
    lead: PhoneNumber,
    row: &Row,
    seen: Option<i64>,
) -> Result<(), StoreError> {
    let sending = row.body.sending();
    let params = params![
        lead.bucket(),
        digits(lead),
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
    WHERE bucket = $5 AND lead = $6 AND seq = $7 AND status IS NOT NULL";

pub fn change_row(
    db: &Connection,
    lead: PhoneNumber,
    seq: Seq,
    to: &Sending,
) -> Result<(), StoreError> {
    let params = params![
        to.status.code(),
        ms(to.due),
        to.provider_id,
        pack::sending_blob(to)?,
        lead.bucket(),
        digits(lead),
        seq,
    ];
    match ask::change(db, DOING, CHANGE_ROW, params)? {
        1 => Ok(()),
        _ => Err(crate::store::refused("a changed row is not there")),
    }
}

const PENDING: &str = "SELECT seq, status, due, provider_id, sending FROM timeline
    WHERE bucket = $1 AND lead = $2 AND status IN (0, 1) AND kind IN ($3, $4) ORDER BY seq";

fn cancel_queued(db: &Connection, lead: PhoneNumber, now: Timestamp) -> Result<(), StoreError> {
    let kinds = (RowKind::Sms as i64, RowKind::Email as i64);
    let params = params![lead.bucket(), digits(lead), kinds.0, kinds.1];
    let pending = ask::many(db, PENDING, params, |row| Ok((seq(row, 0)?, sending(row)?)))?;
    for (seq, sending) in pending {
        change_row(db, lead, seq, &sending.cancelled(now))?;
    }
    Ok(())
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
