//! The embedded store: one SQLite file. One connection writes, a few read, in WAL mode; a batch is
//! one transaction and one sync. What is a column and what is in the blob beside it: `pack`. Why
//! the tables look as they do: `schema/`.

mod addresses;
mod accounts;
mod ask;
mod audit;
mod blank;
mod bookings;
mod connect;
mod due;
mod erase;
mod flows;
mod kept;
mod keys;
mod known;
mod ledger;
mod newest;
mod pack;
mod reads;
mod review;
mod replies;
mod search;
mod standing;
mod tail;
mod tally;
mod tells;
mod turns;
mod upkeep;
mod write;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use crate::conversation::{Conversation, ConversationId, Seq, VersionId};
use crate::lead::PhoneNumber;
use crate::store::{
    AddressMark, AddressState, ApiKey, Audit, Batch, Booking, ByWhatItWas, ConversationQuery, Due,
    FlowRecord, HandoffId, HandoffQuery, HandoffRecord, Kept, KeptKind, LeadQuery, LeadRecord,
    LedgerRow, Need, OnClock, Quarantine, RepliesQuery, Row, RowKind, SeenKey, SendStatus,
    ShortlinkRecord, StepCount, Store, StoreCounts, StoreError,
};
use crate::time::Timestamp;

pub use audit::audit_file;
pub use pack::to_blob;
pub use upkeep::restore;

/// How many batches pass between two looks at the log's length.
const BATCHES_PER_LOOK: u32 = 64;

/// See the module.
pub struct SqliteStore {
    connections: connect::Connections,
    versions: flows::Versions,
    /// Changed only by who holds the writer.
    busy: Mutex<known::Busy>,
    batches: AtomicU32,
    /// How many there had been when the log was moved last.
    moved: AtomicU32,
    /// The log may hold pages of a lead who was erased.
    log_tells: AtomicBool,
}

impl SqliteStore {
    /// Opens the file, or creates it for its owner alone. Refuses one that is not ours, or newer.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        connect::Connections::open(path).map(Self::on)
    }

    /// For tests: the same engine on a file that goes when the store does, and is never synced.
    pub fn in_memory() -> Result<Self, StoreError> {
        connect::Connections::open_temporary().map(Self::on)
    }

    pub fn path(&self) -> &Path {
        self.connections.path()
    }

    fn on(connections: connect::Connections) -> Self {
        Self {
            connections,
            versions: flows::Versions::default(),
            busy: Mutex::default(),
            batches: AtomicU32::new(0),
            moved: AtomicU32::new(u32::MAX),
            log_tells: AtomicBool::new(false),
        }
    }

    /// Keeps the log from growing for ever where nobody calls `checkpoint`.
    fn bound_log(&self, writer: &Connection) -> Result<(), StoreError> {
        let count = self.batches.fetch_add(1, Ordering::Relaxed);
        if count % BATCHES_PER_LOOK == BATCHES_PER_LOOK - 1
            && self.connections.log_bytes() > upkeep::LOG_BYTES_LIMIT
        {
            upkeep::checkpoint_by(writer)?;
        }
        Ok(())
    }

    fn forget_in_log(&self) -> Result<(), StoreError> {
        if self.log_tells.swap(false, Ordering::AcqRel) && !upkeep::empty_log(&self.connections)? {
            self.log_tells.store(true, Ordering::Release);
            tracing::warn!("a lead is erased; the log is cleared of them at the next checkpoint");
        }
        Ok(())
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.connections.read(read)
    }

    fn busy(&self) -> MutexGuard<'_, known::Busy> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes apart from the turns, what touches no lead's rows.
    fn change<T>(
        &self,
        doing: &'static str,
        change: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.connections.write(doing, change)
    }

    /// Writes apart from the turns what they may have read.
    fn change_leads<T>(
        &self,
        doing: &'static str,
        change: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.connections.write(doing, |writer| {
            self.busy().forget();
            change(writer)
        })
    }
}

impl Store for SqliteStore {
    // One writer: the batch has every lead to itself.
    fn begin<'a>(&'a self, _needs: &[Need]) -> Result<Box<dyn Batch + 'a>, StoreError> {
        Ok(Box::new(turns::SqliteBatch::begin(self)?))
    }

    fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Due>, StoreError> {
        self.read(|db| due::due(db, now, limit))
    }

    fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(due::next)
    }

    fn set_aside(&self, what: OnClock) -> Result<(), StoreError> {
        self.change_leads("set work aside", |db| due::set_aside(db, what))
    }

    fn save_flow(&self, flow: &FlowRecord) -> Result<(), StoreError> {
        self.change("save a flow version", |db| flows::save(db, flow))
    }

    fn flow(&self, version: VersionId) -> Result<Option<FlowRecord>, StoreError> {
        self.read(|db| flows::get(db, version))
    }

    fn flow_versions(&self, flow: &str) -> Result<Vec<FlowRecord>, StoreError> {
        self.read(|db| flows::of_flow(db, flow))
    }

    fn live_versions(&self) -> Result<Vec<VersionId>, StoreError> {
        self.read(flows::live)
    }

    fn lead(&self, phone: PhoneNumber) -> Result<Option<LeadRecord>, StoreError> {
        self.read(|db| turns::lead(db, phone))
    }

    fn leads(&self, query: &LeadQuery) -> Result<Vec<LeadRecord>, StoreError> {
        self.read(|db| reads::leads(db, query))
    }

    fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        self.read(|db| turns::conversation(db, &self.versions, id))
    }

    fn conversations(&self, query: &ConversationQuery) -> Result<Vec<Conversation>, StoreError> {
        self.read(|db| newest::conversations(db, &self.versions, query))
    }

    fn timeline(
        &self,
        lead: PhoneNumber,
        conversation: Option<ConversationId>,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.read(|db| reads::timeline(db, lead, conversation, after, limit))
    }

    fn replies(&self, query: &RepliesQuery) -> Result<Vec<Row>, StoreError> {
        self.read(|db| replies::page(db, query))
    }

    fn row(&self, lead: PhoneNumber, seq: Seq) -> Result<Option<Row>, StoreError> {
        self.read(|db| turns::row(db, lead, seq))
    }

    fn sent_as(&self, lead: PhoneNumber, provider_id: &str) -> Result<Option<Row>, StoreError> {
        self.read(|db| reads::sent_as(db, lead, provider_id))
    }

    fn handoff(&self, id: HandoffId) -> Result<Option<HandoffRecord>, StoreError> {
        self.read(|db| reads::handoff(db, id))
    }

    fn handoffs(&self, query: &HandoffQuery) -> Result<Vec<HandoffRecord>, StoreError> {
        self.read(|db| reads::handoffs(db, query))
    }

    fn under_way_on(&self, version: VersionId) -> Result<Vec<StepCount>, StoreError> {
        self.read(|db| standing::under_way_on(db, version))
    }

    fn shortlink(&self, code: u64) -> Result<Option<ShortlinkRecord>, StoreError> {
        self.read(|db| reads::shortlink(db, code))
    }

    fn outgoing(
        &self,
        kind: RowKind,
        to: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.read(|db| reads::outgoing(db, kind, to, limit))
    }

    fn count_outgoing(&self) -> Result<Vec<(SendStatus, u64)>, StoreError> {
        self.read(tally::counts)
    }

    fn ledger(&self, phone: PhoneNumber) -> Result<Vec<LedgerRow>, StoreError> {
        self.read(|db| ledger::of_lead(db, phone))
    }

    fn ledger_page(
        &self,
        bucket: u8,
        after: u64,
        limit: usize,
    ) -> Result<Vec<LedgerRow>, StoreError> {
        self.read(|db| ledger::page(db, bucket, after, limit))
    }

    fn address(&self, address: &str) -> Result<AddressState, StoreError> {
        self.read(|db| addresses::state(db, address))
    }

    fn mark_address(&self, mark: &AddressMark) -> Result<(), StoreError> {
        self.change("mark an address", |db| addresses::mark(db, mark))
    }

    fn ledger_proof(&self, phone: PhoneNumber) -> Result<Vec<LedgerRow>, StoreError> {
        self.read(|db| ledger::of_key(db, phone))
    }

    fn audit_ledger(&self) -> Result<Audit, StoreError> {
        self.read(audit::audit)
    }

    fn erase(&self, lead: PhoneNumber, at: Timestamp) -> Result<bool, StoreError> {
        let known = self.change_leads("erase a lead", |db| erase::erase(db, lead, at))?;
        self.log_tells.store(true, Ordering::Release);
        self.forget_in_log()?;
        Ok(known)
    }

    fn forget(&self, lead: PhoneNumber, last: Timestamp) -> Result<bool, StoreError> {
        let known = self.change_leads("forget a lead", |db| erase::forget(db, lead, last))?;
        self.log_tells.store(true, Ordering::Release);
        Ok(known)
    }

    fn blank_texts(&self, lead: PhoneNumber, before: Timestamp) -> Result<u64, StoreError> {
        let blanked = self.change_leads("blank old texts", |db| {
            blank::blank(db, &self.versions, lead, before)
        })?;
        self.log_tells.store(true, Ordering::Release);
        Ok(blanked)
    }

    fn told_elsewhere(&self, lead: PhoneNumber) -> Result<Vec<Row>, StoreError> {
        self.read(|db| tells::rows(db, lead))
    }

    fn forgotten_at(&self, lead: PhoneNumber) -> Result<Option<Timestamp>, StoreError> {
        self.read(|db| erase::forgotten_at(db, lead))
    }

    fn log_is_clean(&self) -> Result<bool, StoreError> {
        self.forget_in_log()?;
        Ok(!self.log_tells.load(Ordering::Acquire))
    }

    fn hold_slot(&self, slot: &Booking, at_once: u32) -> Result<bool, StoreError> {
        self.change("hold a slot", |db| bookings::hold(db, slot, at_once))
    }

    fn free_slot(&self, calendar: &str, conversation: ConversationId) -> Result<bool, StoreError> {
        self.change("free a slot", |db| {
            bookings::free(db, calendar, conversation)
        })
    }

    fn bookings(
        &self,
        calendar: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Booking>, StoreError> {
        self.read(|db| bookings::between(db, calendar, from, to))
    }

    fn add_key(&self, key: &ApiKey) -> Result<(), StoreError> {
        self.change("add a key", |db| keys::add(db, key))
    }

    fn keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        self.read(keys::all)
    }

    fn revoke_key(&self, name: &str, at: Timestamp) -> Result<bool, StoreError> {
        self.change("revoke a key", |db| keys::revoke(db, name, at))
    }

    fn find_key(&self, hash: &[u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        self.read(|db| keys::find(db, hash))
    }

    fn saved_answer(&self, key: &SeenKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|db| keys::answer(db, key))
    }

    fn save_answer(&self, key: &SeenKey, answer: &[u8], at: Timestamp) -> Result<(), StoreError> {
        self.change("save an answer", |db| {
            keys::save_answer(db, key, answer, at)
        })
    }

    fn setting(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|db| keys::setting(db, key))
    }

    fn set_setting(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.change("change a setting", |db| keys::set(db, key, value))
    }

    fn change_setting(&self, key: &str, to: &mut ByWhatItWas) -> Result<(), StoreError> {
        self.change("change a setting", |db| {
            let was = keys::setting(db, key)?;
            match to(was.as_deref()) {
                Some(value) => keys::set(db, key, &value),
                None => Ok(()),
            }
        })
    }

    fn keep(&self, kept: &Kept) -> Result<bool, StoreError> {
        self.change("keep what came early", |db| kept::keep(db, kept))
    }

    fn kept(&self, lead: PhoneNumber, kind: KeptKind) -> Result<Vec<Kept>, StoreError> {
        self.read(|db| kept::of_lead(db, lead, kind))
    }

    fn kept_waiting(
        &self,
        kind: KeptKind,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Kept>, StoreError> {
        self.read(|db| kept::waiting(db, kind, until, limit))
    }

    fn kept_used(
        &self,
        lead: PhoneNumber,
        kind: KeptKind,
        keys: &[String],
    ) -> Result<(), StoreError> {
        self.change("keep what came early", |db| {
            kept::used(db, lead, kind, keys)
        })
    }

    fn drop_kept(&self, before: Timestamp) -> Result<(), StoreError> {
        self.change("keep what came early", |db| kept::drop_before(db, before))
    }

    fn backup(&self, to: &Path) -> Result<(), StoreError> {
        upkeep::backup(&self.connections, to)
    }

    fn quarantine(&self, now: Timestamp) -> Result<Quarantine, StoreError> {
        self.change_leads("put what had not left to review", |db| {
            review::quarantine(db, now)
        })
    }

    fn quarantined(&self) -> Result<Quarantine, StoreError> {
        self.read(review::quarantined)
    }

    fn release(&self, now: Timestamp) -> Result<Quarantine, StoreError> {
        self.change_leads("release what waits for review", |db| {
            review::release(db, now)
        })
    }

    fn checkpoint(&self) -> Result<(), StoreError> {
        self.forget_in_log()?;
        let batches = self.batches.load(Ordering::Relaxed);
        if self.moved.swap(batches, Ordering::Relaxed) == batches {
            return Ok(());
        }
        upkeep::checkpoint(&self.connections)
    }

    fn counts(&self) -> Result<StoreCounts, StoreError> {
        self.read(upkeep::counts)
    }
}
