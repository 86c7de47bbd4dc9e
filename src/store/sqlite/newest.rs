//! Lists of conversations, newest first, without an index on their age: within a bucket ids grow
//! with time, so the list is the merge of 256 stretches of the primary key, each read backwards.

use std::collections::{BinaryHeap, VecDeque};

use rusqlite::{Connection, params};

use crate::conversation::{Conversation, ConversationId};
use crate::lead::{BUCKETS, PhoneNumber};
use crate::store::query::{age_key, age_order};
use crate::store::{ConversationQuery, StoreError};

use super::flows::Versions;
use super::pack::{self, ConversationRow, column, digits, id, int};
use super::{ask, turns};

const IDS: &str = "SELECT id FROM conversation
    WHERE id BETWEEN $1 << 55 AND $2 AND ($3 IS NULL OR status = $3) AND ($4 IS NULL OR version IN
        (SELECT n FROM flow_version WHERE bucket = 0 AND name = $4))
    ORDER BY id DESC LIMIT $5";
// A literal, so that the partial index answers it: few of many stand with an agent. Named, since the
// primary key looks as good to the planner and reads every conversation.
const IDS_WITH_AGENT: &str = "SELECT id FROM conversation INDEXED BY conversation_agent
    WHERE bucket = $1 AND id <= $2 AND status = 2 AND $3 = 2 AND ($4 IS NULL OR version IN
        (SELECT n FROM flow_version WHERE bucket = 0 AND name = $4))
    ORDER BY id DESC LIMIT $5";

pub fn conversations(
    reader: &Connection,
    versions: &Versions,
    query: &ConversationQuery,
) -> Result<Vec<Conversation>, StoreError> {
    let status = match &query.status {
        None => None,
        Some(status) => match pack::STATUS_NAMES.iter().position(|name| name == status) {
            Some(code) => Some(code as i64),
            None => return Ok(Vec::new()),
        },
    };
    if let Some(lead) = query.lead {
        return of_lead(reader, versions, lead, query);
    }
    let mut search = Search {
        reader,
        query,
        status,
        // A page or two of each bucket mostly suffices, for ids are spread evenly.
        chunk: (query.limit / 64).max(2),
        lanes: Vec::new(),
    };
    let mut found = Vec::new();
    for id in search.newest()? {
        found.extend(turns::conversation(reader, versions, id)?);
    }
    Ok(found)
}

struct Search<'a> {
    reader: &'a Connection,
    query: &'a ConversationQuery,
    status: Option<i64>,
    chunk: usize,
    lanes: Vec<Lane>,
}

/// What was read ahead of one bucket.
struct Lane {
    ids: VecDeque<ConversationId>,
    /// Where to read on; `None` at the end.
    next: Option<i64>,
}

impl Search<'_> {
    fn newest(&mut self) -> Result<Vec<ConversationId>, StoreError> {
        let mut heads = BinaryHeap::new();
        for bucket in 0..BUCKETS as usize {
            let next = Some(self.first(bucket as u8));
            let ids = VecDeque::new();
            self.lanes.push(Lane { ids, next });
            heads.extend(self.pop(bucket)?.map(|id| (age_order(id), id)));
        }
        let mut found = Vec::new();
        while found.len() < self.query.limit
            && let Some((_, id)) = heads.pop()
        {
            found.push(id);
            heads.extend(
                self.pop(usize::from(id.bucket()))?
                    .map(|id| (age_order(id), id)),
            );
        }
        Ok(found)
    }

    /// The highest id of the bucket that may be shown.
    fn first(&self, bucket: u8) -> i64 {
        let base = i64::from(bucket) << 55;
        match self.query.before {
            None => base | ((1 << 55) - 1),
            Some(before) if bucket < before.bucket() => base | column(age_key(before)),
            Some(before) => (base | column(age_key(before))) - 1,
        }
    }

    fn pop(&mut self, bucket: usize) -> Result<Option<ConversationId>, StoreError> {
        let lane = &mut self.lanes[bucket];
        if let (true, Some(from)) = (lane.ids.is_empty(), lane.next) {
            let flow = self.query.flow.as_ref().map(|flow| flow.as_str());
            let sql = match self.status {
                Some(pack::STATUS_WITH_AGENT) => IDS_WITH_AGENT,
                _ => IDS,
            };
            let params = params![
                bucket as i64,
                from,
                self.status,
                flow,
                ask::limit(self.chunk)
            ];
            let ids = ask::many(self.reader, sql, params, |row| int(row, 0))?;
            let full = ids.len() == self.chunk;
            lane.next = ids.last().filter(|_| full).map(|last| last - 1);
            lane.ids = ids.into_iter().map(id).collect();
        }
        Ok(lane.ids.pop_front())
    }
}

const OF_LEAD: &str = "SELECT id, lead, version, revision, step, outcome, due, started, data
    FROM conversation WHERE bucket = $1 AND lead = $2 ORDER BY id DESC";

fn of_lead(
    reader: &Connection,
    versions: &Versions,
    lead: PhoneNumber,
    query: &ConversationQuery,
) -> Result<Vec<Conversation>, StoreError> {
    let key = params![lead.bucket(), digits(lead)];
    let mut found = Vec::new();
    for row in ask::many(reader, OF_LEAD, key, ConversationRow::read)? {
        let (version, flow) = versions.named(reader, row.version)?;
        let it = row.named(version, flow);
        if crate::store::query::conversation_matches(query, &it) {
            found.push(it);
        }
    }
    found.truncate(query.limit);
    Ok(found)
}
