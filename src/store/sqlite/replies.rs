//! What leads wrote, over all of them: one bucket at a time, a page at a time.

use rusqlite::{Connection, params};

use crate::store::{RepliesQuery, Row, RowKind, StoreError};

use super::ask;
use super::pack::{self, digits};

// A stretch of the table: its key is the bucket, the lead and the number.
const REPLIES: &str = "SELECT lead, seq, conversation, at, kind, status, due, provider_id, body,
        sending
    FROM timeline WHERE bucket = $1 AND (lead, seq) > ($2, $3) AND kind = $4 AND at >= $5
    ORDER BY lead, seq LIMIT $6";

pub fn page(reader: &Connection, query: &RepliesQuery) -> Result<Vec<Row>, StoreError> {
    let (lead, seq) = query
        .after
        .map_or((0, 0), |(lead, seq)| (digits(lead), i64::from(seq)));
    let params = params![
        query.bucket,
        lead,
        seq,
        RowKind::Reply as i64,
        query.since.as_ms(),
        ask::limit(query.limit)
    ];
    ask::many(reader, REPLIES, params, pack::timeline_row)
}
