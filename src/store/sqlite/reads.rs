//! Reading for people and programs: leads, conversations, timelines, handoffs, short links.

use rusqlite::{Connection, params};

use crate::conversation::{ConversationId, Seq};
use crate::lead::PhoneNumber;
use crate::store::found_by::{self, Sought};
use crate::store::{
    HandoffId, HandoffQuery, HandoffRecord, HandoffStatus, LeadQuery, LeadRecord, Row, RowKind,
    ShortlinkRecord, StoreError,
};

use super::ask::{self, Go};
use super::pack::{self, blob, code_bucket, column, digits, handoff_status};
use super::{tail, turns};

// Leads come in the order of their key, bucket first: a page is one stretch of the table.
const LEADS: &str = "SELECT data FROM lead WHERE (bucket, phone) > ($1, $2)
    ORDER BY bucket, phone";

pub fn leads(reader: &Connection, query: &LeadQuery) -> Result<Vec<LeadRecord>, StoreError> {
    let exact = query.q.as_deref().and_then(found_by::exact);
    if let (Some(phone), None) = (exact, query.after) {
        let found = turns::lead(reader, phone)?;
        if found.is_some() || query.limit == 0 {
            return Ok(found.into_iter().take(query.limit).collect());
        }
    }
    if let Some(sought) = query.q.as_deref().and_then(Sought::of) {
        return super::search::leads(reader, &sought, query.after, query.limit);
    }
    let after = query
        .after
        .map_or((-1, 0), |phone| (i64::from(phone.bucket()), digits(phone)));
    let mut found = Vec::new();
    ask::each(reader, LEADS, params![after.0, after.1], |row| {
        if found.len() >= query.limit {
            return Ok(Go::Stop);
        }
        let record: LeadRecord = blob(row, 0, "lead")?;
        found.push(record);
        Ok(Go::On)
    })?;
    Ok(found)
}

pub fn timeline(
    reader: &Connection,
    lead: PhoneNumber,
    conversation: Option<ConversationId>,
    after: Seq,
    limit: usize,
) -> Result<Vec<Row>, StoreError> {
    let (_, tail) = tail::of(reader, lead)?;
    let mut found = Vec::new();
    tail::after(reader, lead, &tail, after, |entry| {
        if found.len() >= limit {
            return Ok(Go::Stop);
        }
        let row = turns::row_at(reader, Some(entry.n))?;
        let asked_for = |row: &Row| conversation.is_none() || row.conversation == conversation;
        found.extend(row.filter(asked_for));
        Ok(Go::On)
    })?;
    Ok(found)
}

pub fn sent_as(
    reader: &Connection,
    lead: PhoneNumber,
    provider_id: &str,
) -> Result<Option<Row>, StoreError> {
    let (_, tail) = tail::of(reader, lead)?;
    let all = tail::all(reader, lead, &tail)?;
    let outgoing = all
        .iter()
        .rev()
        .filter(|entry| entry.recent.status.is_some());
    for entry in outgoing {
        let row = turns::row_at(reader, Some(entry.n))?;
        let sending = row.as_ref().and_then(|row| row.body.sending());
        if sending.is_some_and(|it| it.provider_id.as_deref() == Some(provider_id)) {
            return Ok(row);
        }
    }
    Ok(None)
}

const HANDOFF: &str =
    "SELECT data FROM handoff WHERE bucket = $1 AND conversation = $2 AND seq = $3";

pub fn handoff(reader: &Connection, id: HandoffId) -> Result<Option<HandoffRecord>, StoreError> {
    let key = params![
        id.conversation.bucket(),
        column(id.conversation.bits()),
        id.seq
    ];
    ask::one(reader, HANDOFF, key, |row| blob(row, 0, "handoff"))
}

const HANDOFFS: &str = "SELECT data FROM handoff
    WHERE ($1 IS NULL OR status = $1) AND ($2 IS NULL OR team = $2)
    ORDER BY created DESC, conversation DESC, seq DESC LIMIT $3";
// `status < 2` is what the partial index holds.
const LIVE_HANDOFFS: &str = "SELECT data FROM handoff
    WHERE status < 2 AND status = $1 AND ($2 IS NULL OR team = $2)
    ORDER BY created DESC, conversation DESC, seq DESC LIMIT $3";

pub fn handoffs(
    reader: &Connection,
    query: &HandoffQuery,
) -> Result<Vec<HandoffRecord>, StoreError> {
    let sql = match query.status {
        Some(HandoffStatus::Open | HandoffStatus::Claimed) => LIVE_HANDOFFS,
        Some(HandoffStatus::Resolved | HandoffStatus::Unclaimed) | None => HANDOFFS,
    };
    let status = query.status.map(handoff_status);
    let team = query.team.as_ref().map(|team| team.as_str());
    let params = params![status, team, ask::limit(query.limit)];
    ask::many(reader, sql, params, |row| blob(row, 0, "handoff"))
}

const SHORTLINK: &str = "SELECT data FROM shortlink WHERE bucket = $1 AND code = $2";

pub fn shortlink(reader: &Connection, code: u64) -> Result<Option<ShortlinkRecord>, StoreError> {
    let key = params![code_bucket(code), column(code)];
    ask::one(reader, SHORTLINK, key, |row| blob(row, 0, "short link"))
}

const OUTGOING: &str = "SELECT lead, seq, conversation, at, kind, status, due, provider_id, body,
        sending
    FROM timeline WHERE kind = $1 ORDER BY at, bucket, lead, seq";
/// Reads every row of the kind when `to` is not a number: for the sandbox, not for millions.
pub fn outgoing(
    reader: &Connection,
    kind: RowKind,
    to: Option<&str>,
    limit: usize,
) -> Result<Vec<Row>, StoreError> {
    // A text goes to its lead's own number.
    let texts = kind == RowKind::Sms;
    let lead = to
        .filter(|_| texts)
        .and_then(|to| to.parse::<PhoneNumber>().ok());
    let goes_there = |row: &Row| {
        let sending = row.body.sending();
        sending.is_some_and(|sending| to.is_none_or(|to| sending.to == to))
    };
    if let Some(lead) = lead {
        let mut rows = timeline(reader, lead, None, 0, usize::MAX)?;
        rows.retain(|row| row.body.kind() == kind && goes_there(row));
        rows.sort_by_key(|row| (row.at, row.seq));
        rows.truncate(limit);
        return Ok(rows);
    }
    let mut found = Vec::new();
    ask::each(reader, OUTGOING, [kind as i64], |row| {
        if found.len() >= limit {
            return Ok(Go::Stop);
        }
        found.extend(Some(pack::timeline_row(row)?).filter(goes_there));
        Ok(Go::On)
    })?;
    Ok(found)
}
