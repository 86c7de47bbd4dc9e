//! What leads wrote, over all of them: one bucket at a time, a page at a time.

use rusqlite::{Connection, params};

use crate::store::{RepliesQuery, Row, RowKind, StoreError};

use super::ask::{self, Go};
use super::pack::{digits, phone};
use super::{tail, turns};

/// Leads that are looked up together.
const LEADS_MAX: usize = 64;
const LEADS: &str = "SELECT phone FROM lead WHERE bucket = $1 AND phone >= $2
    ORDER BY phone LIMIT $3";

pub fn page(reader: &Connection, query: &RepliesQuery) -> Result<Vec<Row>, StoreError> {
    let mut found = Vec::new();
    let mut from = query.after.map_or(0, |(lead, _)| digits(lead));
    loop {
        let params = params![query.bucket, from, ask::limit(LEADS_MAX)];
        let leads = ask::many(reader, LEADS, params, |row| phone(row, 0))?;
        for lead in &leads {
            let after = match query.after {
                Some((last, seq)) if last == *lead => seq,
                Some(_) | None => 0,
            };
            let (_, tail) = tail::of(reader, *lead)?;
            tail::after(reader, *lead, &tail, after, |entry| {
                if found.len() >= query.limit {
                    return Ok(Go::Stop);
                }
                let recent = &entry.recent;
                if recent.kind == RowKind::Reply && recent.at >= query.since {
                    found.extend(turns::row_at(reader, Some(entry.n))?);
                }
                Ok(Go::On)
            })?;
            if found.len() >= query.limit {
                return Ok(found);
            }
        }
        match leads.last() {
            Some(last) if leads.len() == LEADS_MAX => from = digits(*last) + 1,
            _ => return Ok(found),
        }
    }
}
