//! What the writer knows of the leads that are busy just now, so that the next turn of one reads
//! nothing from the file.
//!
//! It never outlives the truth: a batch takes a lead's entry out and puts it back when it is durable;
//! whatever else writes empties all of it, and so does a commit of another process (SQLite tells by
//! `data_version`).

use std::collections::{HashMap, HashSet, VecDeque};

use crate::conversation::{Conversation, ConversationId};
use crate::lead::PhoneNumber;
use crate::store::{
    Commit, LeadRecord, RECENT_ROWS_MAX, Recent, RowKind, SeenKey, Sending, Shared, Snapshot,
};

use super::tail::Entries;

/// How many leads of one generation are kept; two generations are.
const LEADS_MAX: usize = 2_048;
/// A lead who wrote more often than this is not kept.
const KEYS_MAX: usize = 8_192;

/// 64 bits of a key: enough to tell the replies of one lead apart.
pub fn short(key: &SeenKey) -> i64 {
    let [a, b, c, d, e, f, g, h, ..] = key.0;
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// The key that is kept with the row of the reply it came with; `None` when the commit has none.
pub fn told_by_row(commit: &Commit) -> Option<i64> {
    let key = commit.seen.as_ref()?;
    let replied = commit
        .rows
        .iter()
        .any(|row| row.body.kind() == RowKind::Reply);
    replied.then(|| short(key))
}

/// A lead as it stands in the open batch.
#[derive(Debug, Clone)]
pub struct Known {
    /// Not of an erased number: that one is asked for anew each time.
    pub lead: Option<Shared<LeadRecord>>,
    pub active: Option<Shared<Conversation>>,
    /// Newest first.
    pub recent: VecDeque<Recent>,
    pub keys: HashSet<i64>,
    /// The newest rows, as they stand in the file.
    pub tail: Entries,
}

impl Known {
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            lead: self.lead.clone(),
            active: self.active.clone(),
            conversation: None,
            row: None,
            last_seq: self.last_seq(),
            recent: self.recent.iter().copied().collect(),
        }
    }

    pub fn last_seq(&self) -> u32 {
        self.recent.front().map_or(0, |row| row.seq)
    }

    /// Becomes what the lead is after the commit, which wrote `tail`. False when that does more than this
    /// follows, and the file must be asked again.
    #[must_use]
    pub fn follow(&mut self, commit: &Commit, tail: Entries) -> bool {
        self.tail = tail;
        let followed = !commit.cancel_queued && self.lead.is_some();
        if !followed || self.keys.len() >= KEYS_MAX {
            return false;
        }
        if let Some(record) = &commit.record {
            self.lead = Some(record.clone());
        }
        let active = self.lead.as_ref().and_then(|lead| lead.active);
        let Some(active) = self.next_active(active, commit) else {
            return false;
        };
        self.active = active;
        for change in &commit.changes {
            self.change(change.seq, &change.to);
        }
        for row in &commit.rows {
            self.recent.push_front(Recent::of(row));
        }
        self.recent.truncate(RECENT_ROWS_MAX);
        self.keys.extend(commit.seen.as_ref().map(short));
        true
    }

    /// `None` when the active conversation is one that was not read.
    fn next_active(
        &self,
        active: Option<ConversationId>,
        commit: &Commit,
    ) -> Option<Option<Shared<Conversation>>> {
        let Some(id) = active else { return Some(None) };
        let written = commit.conversations.iter().find(|it| it.id == id);
        let known = || self.active.as_ref().filter(|it| it.id == id);
        written.or_else(known).cloned().map(Some)
    }

    fn change(&mut self, seq: u32, to: &Sending) {
        if let Some(row) = self.recent.iter_mut().find(|row| row.seq == seq) {
            row.status = Some(to.status);
        }
    }
}

/// Two generations: what was asked for lately, and what was before that.
#[derive(Default)]
pub struct Busy {
    young: HashMap<PhoneNumber, Box<Known>>,
    old: HashMap<PhoneNumber, Box<Known>>,
    /// The `data_version` they are true for.
    version: Option<i64>,
}

impl Busy {
    /// Empties it when another connection has written since.
    pub fn believe(&mut self, version: i64) {
        if self.version != Some(version) {
            self.forget();
            self.version = Some(version);
        }
    }

    pub fn forget(&mut self) {
        self.young.clear();
        self.old.clear();
    }

    pub fn take(&mut self, lead: PhoneNumber) -> Option<Box<Known>> {
        self.young.remove(&lead).or_else(|| self.old.remove(&lead))
    }

    pub fn put(&mut self, lead: PhoneNumber, known: Box<Known>) {
        if self.young.len() >= LEADS_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(lead, known);
    }
}
