//! The store that keeps everything in memory: for flow tests, `chat` and the simulator. A batch
//! gathers its commits and applies them when it is finished, so readers never see half of one.

mod kept;
mod review;
mod accounts;
mod state;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::conversation::{Conversation, ConversationId, Seq, VersionId};
use crate::lead::PhoneNumber;
use crate::store::{
    ANSWER_KEPT_MS, AddressMark, AddressState, ApiKey, Audit, Batch, Booking, ByWhatItWas, Commit,
    CommitError, ConversationQuery, Due, FlowRecord, HandoffId, HandoffQuery, HandoffRecord, Kept,
    KeptKind, LeadQuery, LeadRecord, LedgerRow, Need, OnClock, Quarantine, RepliesQuery, Row,
    RowKind, SeenKey, SendStatus, ShortlinkRecord, Snapshot, StepCount, Store, StoreCounts,
    StoreError,
};
use crate::time::{Duration, Timestamp};

use state::State;

/// See the module. Nothing is kept when it is dropped.
#[derive(Default)]
pub struct MemoryStore {
    /// Held by a batch from `begin` to its end: one writer at a time.
    writer: Mutex<()>,
    state: RwLock<State>,
}

impl MemoryStore {
    pub fn new() -> Self {
        Self::default()
    }

    // A panic between two statements of `apply` is a bug of ours, not a reason to stop everyone.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for an open batch, as every write does.
    fn write_alone<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let _alone = self.alone();
        change(&mut self.change())
    }

    fn alone(&self) -> MutexGuard<'_, ()> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

struct MemoryBatch<'a> {
    store: &'a MemoryStore,
    _alone: MutexGuard<'a, ()>,
    taken: Vec<Commit>,
    spoiled: bool,
}

impl Batch for MemoryBatch<'_> {
    fn snapshot(&mut self, need: &Need) -> Result<Snapshot, StoreError> {
        Ok(self.store.read().snapshot(need))
    }

    fn conversation(&mut self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        Ok(self.store.read().conversations.get(&id).cloned())
    }

    fn pending(&mut self, lead: PhoneNumber) -> Result<Vec<Row>, StoreError> {
        Ok(self.store.read().pending(lead).cloned().collect())
    }

    fn seen(&mut self, lead: PhoneNumber, key: &SeenKey) -> Result<bool, StoreError> {
        Ok(self
            .taken
            .iter()
            .any(|c| c.lead == lead && c.seen == Some(*key))
            || self.store.read().seen.contains(&(lead, key.0)))
    }

    fn write(&mut self, commit: &Commit) -> Result<(), CommitError> {
        let checked = if self.taken.iter().any(|taken| taken.lead == commit.lead) {
            Err(super::written_twice())
        } else {
            self.store.read().check(commit)
        };
        match checked {
            Ok(()) => self.taken.push(commit.clone()),
            Err(CommitError::Store(_)) => self.spoiled = true,
            Err(CommitError::Stale { .. } | CommitError::Duplicate) => {}
        }
        checked
    }

    fn finish(self: Box<Self>) -> Result<(), StoreError> {
        if self.spoiled {
            return Err(super::spoiled());
        }
        let mut state = self.store.change();
        for commit in self.taken {
            state.apply(commit);
        }
        Ok(())
    }
}

impl Store for MemoryStore {
    fn begin<'a>(&'a self, _needs: &[Need]) -> Result<Box<dyn Batch + 'a>, StoreError> {
        Ok(Box::new(MemoryBatch {
            store: self,
            _alone: self.alone(),
            taken: Vec::new(),
            spoiled: false,
        }))
    }

    fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Due>, StoreError> {
        Ok(self.read().due(now, limit))
    }

    fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.read().next_due())
    }

    fn set_aside(&self, what: OnClock) -> Result<(), StoreError> {
        self.write_alone(|state| state.set_aside(what));
        Ok(())
    }

    fn save_flow(&self, flow: &FlowRecord) -> Result<(), StoreError> {
        let key = (flow.version, flow.name.clone());
        self.write_alone(|state| {
            state.flows.entry(key).or_insert_with(|| flow.clone());
        });
        Ok(())
    }

    fn flow(&self, version: VersionId) -> Result<Option<FlowRecord>, StoreError> {
        let state = self.read();
        let mut versions = state.flows.range((version, "".into())..);
        Ok(versions
            .next()
            .filter(|((v, _), _)| *v == version)
            .map(|(_, flow)| flow.clone()))
    }

    fn flow_versions(&self, flow: &str) -> Result<Vec<FlowRecord>, StoreError> {
        let state = self.read();
        let mut found: Vec<_> = state
            .flows
            .values()
            .filter(|record| record.name == *flow)
            .cloned()
            .collect();
        found.sort_by_key(|record| (std::cmp::Reverse(record.saved), record.version));
        Ok(found)
    }

    fn live_versions(&self) -> Result<Vec<VersionId>, StoreError> {
        Ok(self.read().live_versions())
    }

    fn lead(&self, phone: PhoneNumber) -> Result<Option<LeadRecord>, StoreError> {
        Ok(self.read().leads.get(&(phone.bucket(), phone)).cloned())
    }

    fn leads(&self, query: &LeadQuery) -> Result<Vec<LeadRecord>, StoreError> {
        Ok(self.read().leads_found(query))
    }

    fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        Ok(self.read().conversations.get(&id).cloned())
    }

    fn conversations(&self, query: &ConversationQuery) -> Result<Vec<Conversation>, StoreError> {
        Ok(self.read().conversations_found(query))
    }

    fn timeline(
        &self,
        lead: PhoneNumber,
        conversation: Option<ConversationId>,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let state = self.read();
        let from = (lead, after.saturating_add(1));
        Ok(state
            .rows
            .range(from..=(lead, Seq::MAX))
            .map(|(_, row)| row)
            .filter(|row| conversation.is_none() || row.conversation == conversation)
            .take(limit)
            .cloned()
            .collect())
    }

    fn replies(&self, query: &RepliesQuery) -> Result<Vec<Row>, StoreError> {
        let state = self.read();
        let wanted = |row: &&Row| {
            row.lead.bucket() == query.bucket
                && row.body.kind() == RowKind::Reply
                && row.at >= query.since
                && query.after.is_none_or(|after| (row.lead, row.seq) > after)
        };
        let rows = state.rows.values().filter(wanted);
        Ok(rows.take(query.limit).cloned().collect())
    }

    fn row(&self, lead: PhoneNumber, seq: Seq) -> Result<Option<Row>, StoreError> {
        Ok(self.read().rows.get(&(lead, seq)).cloned())
    }

    fn sent_as(&self, lead: PhoneNumber, provider_id: &str) -> Result<Option<Row>, StoreError> {
        let state = self.read();
        let known = |row: &&Row| {
            let sending = row.body.sending();
            sending.is_some_and(|sending| sending.provider_id.as_deref() == Some(provider_id))
        };
        let rows = state.rows.range((lead, 0)..=(lead, Seq::MAX));
        Ok(rows.map(|(_, row)| row).rev().find(known).cloned())
    }

    fn handoff(&self, id: HandoffId) -> Result<Option<HandoffRecord>, StoreError> {
        Ok(self.read().handoffs.get(&id).cloned())
    }

    fn handoffs(&self, query: &HandoffQuery) -> Result<Vec<HandoffRecord>, StoreError> {
        Ok(self.read().handoffs_found(query))
    }

    fn under_way_on(&self, version: VersionId) -> Result<Vec<StepCount>, StoreError> {
        Ok(self.read().under_way_on(version))
    }

    fn shortlink(&self, code: u64) -> Result<Option<ShortlinkRecord>, StoreError> {
        Ok(self.read().shortlinks.get(&code).cloned())
    }

    fn outgoing(
        &self,
        kind: RowKind,
        to: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        Ok(self.read().outgoing(kind, to, limit))
    }

    fn count_outgoing(&self) -> Result<Vec<(SendStatus, u64)>, StoreError> {
        Ok(self.read().count_outgoing())
    }

    fn ledger(&self, phone: PhoneNumber) -> Result<Vec<LedgerRow>, StoreError> {
        let state = self.read();
        let chain = state.ledger.get(&phone.bucket()).into_iter().flatten();
        Ok(chain
            .filter(|row| row.lead == Some(phone))
            .cloned()
            .collect())
    }

    fn ledger_page(
        &self,
        bucket: u8,
        after: u64,
        limit: usize,
    ) -> Result<Vec<LedgerRow>, StoreError> {
        let state = self.read();
        let chain = state.ledger.get(&bucket).into_iter().flatten();
        let page = chain.filter(|row| row.n > after).take(limit);
        Ok(page.cloned().collect())
    }

    fn address(&self, address: &str) -> Result<AddressState, StoreError> {
        Ok(self.read().address(address))
    }

    fn mark_address(&self, mark: &AddressMark) -> Result<(), StoreError> {
        self.write_alone(|state| state.mark_address(mark));
        Ok(())
    }

    fn ledger_proof(&self, phone: PhoneNumber) -> Result<Vec<LedgerRow>, StoreError> {
        Ok(self.read().ledger_proof(phone))
    }

    fn audit_ledger(&self) -> Result<Audit, StoreError> {
        Ok(self.read().audit_ledger())
    }

    fn erase(&self, lead: PhoneNumber, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.write_alone(|state| state.erase(lead, at)))
    }

    fn forget(&self, lead: PhoneNumber, last: Timestamp) -> Result<bool, StoreError> {
        Ok(self.write_alone(|state| state.forget(lead, last)))
    }

    fn blank_texts(&self, lead: PhoneNumber, before: Timestamp) -> Result<u64, StoreError> {
        Ok(self.write_alone(|state| state.blank_texts(lead, before)))
    }

    fn told_elsewhere(&self, lead: PhoneNumber) -> Result<Vec<Row>, StoreError> {
        Ok(self.read().told_elsewhere(lead))
    }

    fn forgotten_at(&self, lead: PhoneNumber) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.read().forgotten_at(lead))
    }

    fn log_is_clean(&self) -> Result<bool, StoreError> {
        Ok(true)
    }

    fn hold_slot(&self, slot: &Booking, at_once: u32) -> Result<bool, StoreError> {
        Ok(self.write_alone(|state| state.hold_slot(slot, at_once)))
    }

    fn free_slot(&self, calendar: &str, conversation: ConversationId) -> Result<bool, StoreError> {
        Ok(self.write_alone(|state| state.free_slot(calendar, conversation)))
    }

    fn bookings(
        &self,
        calendar: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Booking>, StoreError> {
        Ok(self.read().bookings_between(calendar, from, to))
    }

    fn add_key(&self, key: &ApiKey) -> Result<(), StoreError> {
        self.write_alone(|state| state.keys.push(key.clone()));
        Ok(())
    }

    fn keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        Ok(self.read().keys.clone())
    }

    fn revoke_key(&self, name: &str, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.write_alone(|state| {
            let mut found = false;
            for key in state.keys.iter_mut().filter(|key| key.name == *name) {
                found = true;
                key.revoked.get_or_insert(at);
            }
            found
        }))
    }

    fn find_key(&self, hash: &[u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        Ok(self
            .read()
            .keys
            .iter()
            .find(|key| key.hash == *hash)
            .cloned())
    }

    fn saved_answer(&self, key: &SeenKey) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self
            .read()
            .answers
            .get(&key.0)
            .map(|(_, answer)| answer.clone()))
    }

    fn save_answer(&self, key: &SeenKey, answer: &[u8], at: Timestamp) -> Result<(), StoreError> {
        self.write_alone(|state| {
            let old = at - Duration::from_ms(ANSWER_KEPT_MS);
            state.answers.retain(|_, (saved, _)| *saved >= old);
            let saved = state.answers.entry(key.0);
            saved.or_insert_with(|| (at, answer.to_vec()));
        });
        Ok(())
    }

    fn setting(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read().settings.get(key).cloned())
    }

    fn set_setting(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.write_alone(|state| state.settings.insert(key.to_string(), value.to_vec()));
        Ok(())
    }

    fn change_setting(&self, key: &str, to: &mut ByWhatItWas) -> Result<(), StoreError> {
        self.write_alone(|state| {
            let was = state.settings.get(key).map(Vec::as_slice);
            if let Some(value) = to(was) {
                state.settings.insert(key.to_string(), value);
            }
        });
        Ok(())
    }

    fn keep(&self, kept: &Kept) -> Result<bool, StoreError> {
        Ok(self.write_alone(|state| state.kept.keep(kept)))
    }

    fn kept(&self, lead: PhoneNumber, kind: KeptKind) -> Result<Vec<Kept>, StoreError> {
        Ok(self.read().kept.of_lead(lead, kind))
    }

    fn kept_waiting(
        &self,
        kind: KeptKind,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Kept>, StoreError> {
        Ok(self.read().kept.waiting(kind, until, limit))
    }

    fn kept_used(
        &self,
        lead: PhoneNumber,
        kind: KeptKind,
        keys: &[String],
    ) -> Result<(), StoreError> {
        self.write_alone(|state| state.kept.used(lead, kind, keys));
        Ok(())
    }

    fn drop_kept(&self, before: Timestamp) -> Result<(), StoreError> {
        self.write_alone(|state| state.kept.drop_before(before));
        Ok(())
    }

    fn backup(&self, _to: &Path) -> Result<(), StoreError> {
        let why = "a store in memory has no backup; use --db sqlite:FILE";
        Err(StoreError::Refused(why.to_string()))
    }

    fn quarantine(&self, now: Timestamp) -> Result<Quarantine, StoreError> {
        Ok(self.write_alone(|state| state.quarantine(now)))
    }

    fn quarantined(&self) -> Result<Quarantine, StoreError> {
        Ok(self.read().quarantined())
    }

    fn release(&self, now: Timestamp) -> Result<Quarantine, StoreError> {
        Ok(self.write_alone(|state| state.release(now)))
    }

    fn checkpoint(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn counts(&self) -> Result<StoreCounts, StoreError> {
        Ok(self.read().counts())
    }
}
