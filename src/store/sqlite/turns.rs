//! A batch: one transaction of the writer over the turns of several leads.

use std::collections::HashSet;
use std::sync::MutexGuard;

use rusqlite::{Connection, params};

use crate::conversation::{Conversation, ConversationId, Seq};
use crate::lead::PhoneNumber;
use crate::store::{
    Batch, Commit, CommitError, LeadRecord, Need, RECENT_ROWS_MAX, Recent, Row, SeenKey, Snapshot,
    StoreError,
};

use super::connect::Doing;
use super::flows::Versions;
use super::pack::{self, ConversationRow, blob, column, digits};
use super::{SqliteStore, ask, erase, write};

pub struct SqliteBatch<'a> {
    store: &'a SqliteStore,
    writer: MutexGuard<'a, Connection>,
    written: HashSet<PhoneNumber>,
    state: State,
}

#[derive(PartialEq)]
enum State {
    Open,
    /// A statement failed in the middle of a commit.
    Spoiled,
    Finished,
}

impl<'a> SqliteBatch<'a> {
    pub fn begin(store: &'a SqliteStore) -> Result<Self, StoreError> {
        let writer = store.connections.writer();
        ask::change(&writer, "begin a batch", "BEGIN IMMEDIATE", [])?;
        Ok(Self {
            store,
            writer,
            written: HashSet::new(),
            state: State::Open,
        })
    }
}

impl Batch for SqliteBatch<'_> {
    fn snapshot(&mut self, need: &Need) -> Result<Snapshot, StoreError> {
        let (db, versions) = (&*self.writer, &self.store.versions);
        let lead = match lead(db, need.lead)? {
            None => erase::unknown(db, need.lead)?,
            known => known,
        };
        let active = lead.as_ref().and_then(|lead| lead.active);
        let named = need.conversation.filter(|id| Some(*id) != active);
        let load =
            |id: Option<ConversationId>| id.map_or(Ok(None), |id| conversation(db, versions, id));
        let recent = recent(db, need.lead)?;
        Ok(Snapshot {
            active: load(active)?,
            conversation: load(named)?,
            row: need.row.map_or(Ok(None), |seq| row(db, need.lead, seq))?,
            last_seq: recent.first().map_or(0, |row| row.seq),
            recent,
            lead,
        })
    }

    fn conversation(&mut self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        conversation(&self.writer, &self.store.versions, id)
    }

    fn seen(&mut self, lead: PhoneNumber, key: &SeenKey) -> Result<bool, StoreError> {
        const SEEN: &str = "SELECT 1 FROM seen WHERE bucket = $1 AND lead = $2 AND key = $3";
        let params = params![lead.bucket(), digits(lead), key.0];
        Ok(ask::one(&self.writer, SEEN, params, |_| Ok(()))?.is_some())
    }

    fn write(&mut self, commit: &Commit) -> Result<(), CommitError> {
        let written = if self.written.insert(commit.lead) {
            write::write(&self.writer, &self.store.versions, commit)
        } else {
            Err(crate::store::written_twice())
        };
        match written {
            Ok(()) => {}
            Err(CommitError::Store(_)) => self.state = State::Spoiled,
            Err(CommitError::Stale { .. } | CommitError::Duplicate) => {
                self.written.remove(&commit.lead);
            }
        }
        written
    }

    fn finish(mut self: Box<Self>) -> Result<(), StoreError> {
        if self.state == State::Spoiled {
            return Err(crate::store::spoiled());
        }
        self.writer
            .prepare_cached("COMMIT")
            .and_then(|mut commit| commit.execute([]))
            .doing("commit a batch")?;
        self.state = State::Finished;
        self.store.bound_log(&self.writer)
    }
}

impl Drop for SqliteBatch<'_> {
    fn drop(&mut self) {
        if self.state == State::Finished {
            return;
        }
        // Some errors (a full disk) have rolled back already.
        if !self.writer.is_autocommit()
            && let Err(error) = self.writer.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a batch could not be rolled back");
        }
        self.store.versions.forget();
    }
}

const LEAD: &str = "SELECT data FROM lead WHERE bucket = $1 AND phone = $2";

pub fn lead(db: &Connection, phone: PhoneNumber) -> Result<Option<LeadRecord>, StoreError> {
    let key = params![phone.bucket(), digits(phone)];
    ask::one(db, LEAD, key, |row| blob(row, 0, "lead"))
}

const CONVERSATION: &str = "SELECT id, lead, version, revision, step, outcome, due, started, data
    FROM conversation WHERE bucket = $1 AND id = $2";

pub fn conversation(
    db: &Connection,
    versions: &Versions,
    id: ConversationId,
) -> Result<Option<Conversation>, StoreError> {
    let key = params![id.bucket(), column(id.bits())];
    let Some(row) = ask::one(db, CONVERSATION, key, ConversationRow::read)? else {
        return Ok(None);
    };
    let (version, flow) = versions.named(db, row.version)?;
    Ok(Some(row.named(version, flow)))
}

const RECENT: &str = "SELECT seq, at, kind, status, marketing FROM timeline
    WHERE bucket = $1 AND lead = $2 ORDER BY seq DESC LIMIT $3";

fn recent(db: &Connection, lead: PhoneNumber) -> Result<Vec<Recent>, StoreError> {
    let params = params![lead.bucket(), digits(lead), RECENT_ROWS_MAX as i64];
    ask::many(db, RECENT, params, pack::recent)
}

const ROW: &str =
    "SELECT lead, seq, conversation, at, kind, status, due, provider_id, body, sending
    FROM timeline WHERE bucket = $1 AND lead = $2 AND seq = $3";

pub fn row(db: &Connection, lead: PhoneNumber, seq: Seq) -> Result<Option<Row>, StoreError> {
    let key = params![lead.bucket(), digits(lead), seq];
    ask::one(db, ROW, key, pack::timeline_row)
}
