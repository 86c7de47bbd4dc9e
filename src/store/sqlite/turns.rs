//! A batch: one transaction of the writer over the turns of several leads.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::MutexGuard;

use rusqlite::{Connection, params};

use crate::conversation::{Conversation, ConversationId, Seq};
use crate::lead::PhoneNumber;
use crate::store::{
    Batch, Commit, CommitError, LeadRecord, Need, RECENT_ROWS_MAX, Row, SeenKey, Shared, Snapshot,
    StoreError,
};

use super::ask::{self, Go};
use super::connect::Doing;
use super::flows::Versions;
use super::known::{Known, short};
use super::pack::{self, ConversationRow, blob, column, digits};
use super::tail::{self, Entries};
use super::tally::Tally;
use super::{SqliteStore, erase, write};

pub struct SqliteBatch<'a> {
    store: &'a SqliteStore,
    writer: MutexGuard<'a, Connection>,
    /// The leads of this batch as they stand in it. One that is missing is read when it is asked for.
    known: HashMap<PhoneNumber, Box<Known>>,
    written: HashSet<PhoneNumber>,
    /// Where in the timeline the next row goes.
    next: i64,
    tally: Tally,
    state: State,
}

#[derive(PartialEq)]
enum State {
    Open,
    /// A statement failed in the middle of a commit.
    Spoiled,
    Finished,
}

const DATA_VERSION: &str = "PRAGMA data_version";
const LAST_ROW: &str = "SELECT max(n) FROM timeline";

impl<'a> SqliteBatch<'a> {
    pub fn begin(store: &'a SqliteStore) -> Result<Self, StoreError> {
        let writer = store.connections.writer();
        ask::change(&writer, "begin a batch", "BEGIN IMMEDIATE", [])?;
        let mut batch = Self {
            store,
            writer,
            known: HashMap::new(),
            written: HashSet::new(),
            next: 1,
            tally: Tally::default(),
            state: State::Open,
        };
        let version = ask::one(&batch.writer, DATA_VERSION, [], |row| pack::int(row, 0))?;
        store.busy().believe(version.unwrap_or_default());
        let last = ask::one(&batch.writer, LAST_ROW, [], |row| pack::maybe_int(row, 0))?;
        batch.next = last.flatten().unwrap_or(0) + 1;
        Ok(batch)
    }

    /// The lead as it stands in this batch.
    fn known(&mut self, lead: PhoneNumber) -> Result<&Known, StoreError> {
        if !self.known.contains_key(&lead) {
            let kept = self.store.busy().take(lead);
            let known = match kept {
                Some(known) => known,
                None => Box::new(load(&self.writer, &self.store.versions, lead)?),
            };
            self.known.insert(lead, known);
        }
        Ok(&self.known[&lead])
    }

    /// Refuses what was taken before, and a number that is a row's already.
    fn check(&mut self, commit: &Commit) -> Result<(), CommitError> {
        let known = self.known(commit.lead)?;
        if commit
            .seen
            .is_some_and(|key| known.keys.contains(&short(&key)))
        {
            return Err(CommitError::Duplicate);
        }
        let mut last = known.last_seq();
        for row in &commit.rows {
            if row.seq <= last {
                return Err(crate::store::refused("two rows of a lead have one number").into());
            }
            last = row.seq;
        }
        Ok(())
    }

    /// Writes what may be written; the lead's tail as it then is.
    fn put(&mut self, commit: &Commit) -> Result<Entries, CommitError> {
        self.check(commit)?;
        let known = &self.known[&commit.lead];
        let (db, versions) = (&*self.writer, &self.store.versions);
        let tail = write::write(db, versions, commit, known, self.next, &mut self.tally)?;
        self.next += commit.rows.len() as i64;
        Ok(tail)
    }
}

impl Batch for SqliteBatch<'_> {
    fn snapshot(&mut self, need: &Need) -> Result<Snapshot, StoreError> {
        let mut found = self.known(need.lead)?.snapshot();
        let (db, versions) = (&*self.writer, &self.store.versions);
        if found.lead.is_none() {
            found.lead = erase::unknown(db, need.lead)?.map(Shared::from);
        }
        let active = found.active.as_ref().map(|active| active.id);
        let named = need.conversation.filter(|id| Some(*id) != active);
        if let Some(id) = named {
            found.conversation = conversation(db, versions, id)?.map(Shared::from);
        }
        if let Some(seq) = need.row {
            let known = self.known.get(&need.lead);
            let place = match known.and_then(|known| known.tail.find(seq)) {
                Some(entry) => Some(entry.n),
                None => tail::filed(db, need.lead, seq)?,
            };
            found.row = row_at(db, place)?.map(Box::new);
        }
        Ok(found)
    }

    fn conversation(&mut self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        conversation(&self.writer, &self.store.versions, id)
    }

    fn pending(&mut self, lead: PhoneNumber) -> Result<Vec<Row>, StoreError> {
        self.known(lead)?;
        let (db, tail) = (&*self.writer, &self.known[&lead].tail);
        let mut rows = Vec::new();
        for entry in tail::pending(db, lead, tail)? {
            rows.extend(row_at(db, Some(entry.n))?);
        }
        Ok(rows)
    }

    fn seen(&mut self, lead: PhoneNumber, key: &SeenKey) -> Result<bool, StoreError> {
        Ok(self.known(lead)?.keys.contains(&short(key)))
    }

    fn write(&mut self, commit: &Commit) -> Result<(), CommitError> {
        let written = match self.written.insert(commit.lead) {
            true => self.put(commit),
            false => Err(crate::store::written_twice()),
        };
        match written {
            Ok(tail) => {
                if let Entry::Occupied(mut known) = self.known.entry(commit.lead)
                    && !known.get_mut().follow(commit, tail)
                {
                    known.remove();
                }
                Ok(())
            }
            Err(error) => {
                match error {
                    CommitError::Store(_) => self.state = State::Spoiled,
                    CommitError::Stale { .. } | CommitError::Duplicate => {
                        self.written.remove(&commit.lead);
                    }
                }
                Err(error)
            }
        }
    }

    fn finish(mut self: Box<Self>) -> Result<(), StoreError> {
        if self.state == State::Spoiled {
            return Err(crate::store::spoiled());
        }
        self.tally.write(&self.writer)?;
        self.writer
            .prepare_cached("COMMIT")
            .and_then(|mut commit| commit.execute([]))
            .doing("commit a batch")?;
        self.state = State::Finished;
        let mut busy = self.store.busy();
        for (lead, known) in self.known.drain().filter(|(_, known)| known.lead.is_some()) {
            busy.put(lead, known);
        }
        drop(busy);
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

const SEEN_APART: &str = "SELECT key FROM seen WHERE bucket = $1 AND lead = $2";

/// Everything a turn reads of a lead, from the file.
fn load(db: &Connection, versions: &Versions, phone: PhoneNumber) -> Result<Known, StoreError> {
    let lead = lead(db, phone)?;
    let active = match lead.as_ref().and_then(|lead| lead.active) {
        Some(id) => conversation(db, versions, id)?,
        None => None,
    };
    let (_, tail) = tail::of_record(db, phone, lead.as_ref())?;
    let all = tail::all(db, phone, &tail)?;
    let newest = all.iter().rev().take(RECENT_ROWS_MAX);
    let mut known = Known {
        lead: lead.map(Shared::from),
        active: active.map(Shared::from),
        recent: newest.map(|entry| entry.recent).collect(),
        keys: all.iter().filter_map(|entry| entry.seen).collect(),
        tail,
    };
    let key = params![phone.bucket(), digits(phone)];
    ask::each(db, SEEN_APART, key, |row| {
        known.keys.insert(short(&SeenKey(pack::key(row, 0)?)));
        Ok(Go::On)
    })?;
    Ok(known)
}

const ROW: &str =
    "SELECT lead, seq, conversation, at, kind, status, due, provider_id, body, sending
    FROM timeline WHERE n = $1";

pub fn row(db: &Connection, lead: PhoneNumber, seq: Seq) -> Result<Option<Row>, StoreError> {
    row_at(db, tail::place(db, lead, seq)?)
}

/// The row at this place of the timeline.
pub fn row_at(db: &Connection, place: Option<i64>) -> Result<Option<Row>, StoreError> {
    let Some(n) = place else { return Ok(None) };
    ask::one(db, ROW, [n], pack::timeline_row)
}
