//! Where conversations live. One small trait, made for batches: a batch locks the leads it was told
//! of, reads what their turns need, takes their commits, and becomes durable at once.
//!
//! No statement spans leads except the claims of due work and the console's lists. Every row begins
//! with its lead's bucket, so that many nodes can share the work. Everything here is synchronous;
//! `runtime` decides which thread waits.

mod audit;
pub mod blank;
mod address;
mod accounts;
pub mod conformance;
pub mod found_by;
mod handoffs;
mod kept;
pub mod memory;
mod query;
mod records;
mod shared;
pub mod sqlite;

use std::path::Path;
use std::sync::Arc;

use crate::conversation::{Conversation, ConversationId, Seq, VersionId};
use crate::lead::{Lead, Name, PhoneNumber};
use crate::policy::{Consent, ConsentEvent, Standing, ledger};
use crate::time::Timestamp;

pub use accounts::{
    AUDIT_KEPT, Account, Accounts, AuditEntry, AuditPlace, AuditQuery, AuditRow, CodeHash,
    Invitation, PasswordHash, SecondFactor, Session, Used,
};
pub use address::{AddressChange, AddressMark, AddressState};
pub use audit::{Audit, Fault};
pub use handoffs::*;
pub use kept::*;
pub use memory::MemoryStore;
pub use records::*;
pub use shared::Shared;
pub use sqlite::SqliteStore;

/// Opens the store that a `--db` URL names: `sqlite:PATH`, created if it is not there, or
/// `memory:`, which is gone when the process ends.
pub fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    match url.split_once(':') {
        Some(("sqlite", path)) if !path.trim_start_matches('/').is_empty() => {
            // `sqlite:///var/x.db` and `sqlite:/var/x.db` are one file.
            let path = path.strip_prefix("//").unwrap_or(path);
            Ok(Arc::new(SqliteStore::open(Path::new(path))?))
        }
        Some(("memory", "")) => Ok(Arc::new(MemoryStore::new())),
        Some(("postgres" | "postgresql", _)) => Err(StoreError::Refused(
            "PostgreSQL is not in this build yet; use --db sqlite:FILE".to_string(),
        )),
        _ => Err(StoreError::Refused(
            "this names no store; write --db sqlite:FILE, such as sqlite:replytree.db".to_string(),
        )),
    }
}

/// How long an answer is kept for those who ask again: two days.
pub const ANSWER_KEPT_MS: i64 = 48 * 3_600_000;

fn refused(why: &str) -> StoreError {
    StoreError::Refused(why.to_string())
}

fn written_twice() -> CommitError {
    refused("a lead may be written once in a batch").into()
}

fn spoiled() -> StoreError {
    refused("a turn of this batch failed; nothing of the batch was stored")
}

/// What one turn will read, told before the batch opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    pub lead: PhoneNumber,
    /// Besides the lead's active one, which is always read.
    pub conversation: Option<ConversationId>,
    /// The outgoing row the turn is about.
    pub row: Option<Seq>,
}

/// A transaction over the turns of several leads. Dropped without `finish`, it leaves no trace.
pub trait Batch {
    /// The lead as it stands, with everything a turn reads.
    fn snapshot(&mut self, need: &Need) -> Result<Snapshot, StoreError>;

    /// Another conversation of a lead of this batch (one that waits behind the active one).
    fn conversation(&mut self, id: ConversationId) -> Result<Option<Conversation>, StoreError>;

    /// The lead's texts and emails that have not begun to leave, oldest first, however far back they lie.
    fn pending(&mut self, lead: PhoneNumber) -> Result<Vec<Row>, StoreError>;

    /// Whether a commit with this key was taken before.
    fn seen(&mut self, lead: PhoneNumber, key: &SeenKey) -> Result<bool, StoreError>;

    /// Takes one turn's commit. `Duplicate` and `Stale` leave the batch as it was before the call;
    /// any other error spoils the batch: `finish` refuses, nothing is stored, and the turns may be
    /// tried again one by one. A lead may be written once in a batch, after what is read of it.
    /// Order within a commit: queued rows are cancelled, then changed, then new ones are added, so
    /// that the answer to an opt-out survives it.
    fn write(&mut self, commit: &Commit) -> Result<(), CommitError>;

    /// Makes all of it durable: synced to disk before it returns.
    fn finish(self: Box<Self>) -> Result<(), StoreError>;
}

/// The value a setting is given for the one it has; `None` to leave it.
pub type ByWhatItWas<'f> = dyn FnMut(Option<&[u8]>) -> Option<Vec<u8>> + 'f;

pub trait Store: Accounts + Send + Sync {
    /// Waits for the batch before it to end. While one is open its thread must call nothing else
    /// here that writes; reads are free, and see what was finished.
    fn begin<'a>(&'a self, needs: &[Need]) -> Result<Box<dyn Batch + 'a>, StoreError>;

    // Work that is due. Hints: the turn that follows reads again under the lead's lock.
    /// The earliest work due at or before `now`: timers and outgoing rows, oldest first.
    fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Due>, StoreError>;
    /// When the next work falls due, if any is pending.
    fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;
    /// Takes work off the clock without reading what it is about: its rows may be spoilt. It stays
    /// where it is, due no more.
    fn set_aside(&self, what: OnClock) -> Result<(), StoreError>;

    // Flow versions.
    fn save_flow(&self, flow: &FlowRecord) -> Result<(), StoreError>;
    fn flow(&self, version: VersionId) -> Result<Option<FlowRecord>, StoreError>;
    fn flow_versions(&self, flow: &str) -> Result<Vec<FlowRecord>, StoreError>;
    /// Versions that conversations not yet ended still stand on.
    fn live_versions(&self) -> Result<Vec<VersionId>, StoreError>;

    // Reading for people and programs.
    fn lead(&self, phone: PhoneNumber) -> Result<Option<LeadRecord>, StoreError>;
    fn leads(&self, query: &LeadQuery) -> Result<Vec<LeadRecord>, StoreError>;
    fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError>;
    fn conversations(&self, query: &ConversationQuery) -> Result<Vec<Conversation>, StoreError>;
    /// A lead's rows in order after `after`; of one conversation, or of all.
    fn timeline(
        &self,
        lead: PhoneNumber,
        conversation: Option<ConversationId>,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError>;
    /// What leads wrote, in the order of lead and number.
    fn replies(&self, query: &RepliesQuery) -> Result<Vec<Row>, StoreError>;
    /// One row of a lead's timeline.
    fn row(&self, lead: PhoneNumber, seq: Seq) -> Result<Option<Row>, StoreError>;
    /// The outgoing row of a lead that the carrier knows under this id.
    fn sent_as(&self, lead: PhoneNumber, provider_id: &str) -> Result<Option<Row>, StoreError>;
    fn handoff(&self, id: HandoffId) -> Result<Option<HandoffRecord>, StoreError>;
    fn handoffs(&self, query: &HandoffQuery) -> Result<Vec<HandoffRecord>, StoreError>;
    /// How many conversations of a version that have not ended stand on each step, by status name and
    /// step. Those that ended are many, and counted nowhere.
    fn under_way_on(&self, version: VersionId) -> Result<Vec<StepCount>, StoreError>;
    fn shortlink(&self, code: u64) -> Result<Option<ShortlinkRecord>, StoreError>;
    /// Outgoing rows by address, oldest first (the sandbox's post box); `to` `None` for all.
    fn outgoing(
        &self,
        kind: RowKind,
        to: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError>;
    /// How many outgoing rows have each status.
    fn count_outgoing(&self) -> Result<Vec<(SendStatus, u64)>, StoreError>;

    // The ledger.
    fn ledger(&self, phone: PhoneNumber) -> Result<Vec<LedgerRow>, StoreError>;
    /// Every row of one bucket in order, for verification; pages by `after`.
    fn ledger_page(
        &self,
        bucket: u8,
        after: u64,
        limit: usize,
    ) -> Result<Vec<LedgerRow>, StoreError>;

    // Email addresses.
    /// Whether anything stands against writing to this address, whoever gave it.
    fn address(&self, address: &str) -> Result<AddressState, StoreError>;
    /// The same as in a commit, for an address that no lead of ours is known by.
    fn mark_address(&self, mark: &AddressMark) -> Result<(), StoreError>;
    /// A number's rows by the key that stands for it: those an erasure left too.
    fn ledger_proof(&self, phone: PhoneNumber) -> Result<Vec<LedgerRow>, StoreError>;
    /// Whether every row of the ledger is as it was written.
    fn audit_ledger(&self) -> Result<Audit, StoreError>;

    /// Forgets a lead: number, fields, texts, conversations and links are gone, from the log and
    /// the free pages too. The ledger keeps its rows without number and words, and a keyed hash
    /// keeps the number from being written to: a snapshot of it shows a lead who opted out at `at`,
    /// which only an act of their own undoes. False when nothing was known.
    fn erase(&self, lead: PhoneNumber, at: Timestamp) -> Result<bool, StoreError>;

    /// Forgets a lead as [`Store::erase`] does, but the ledger: it keeps the whole proof of consent
    /// until its own time is up. `last` is when something last happened with them.
    fn forget(&self, lead: PhoneNumber, last: Timestamp) -> Result<bool, StoreError>;
    /// Blanks what was written to and by a lead before `before`; how many rows it was.
    fn blank_texts(&self, lead: PhoneNumber, before: Timestamp) -> Result<u64, StoreError>;
    /// Rows of others' timelines that tell of the lead: what was texted with agents.
    fn told_elsewhere(&self, lead: PhoneNumber) -> Result<Vec<Row>, StoreError>;
    /// When the number was erased or forgotten, if it was.
    fn forgotten_at(&self, lead: PhoneNumber) -> Result<Option<Timestamp>, StoreError>;
    /// Empties the log of what an erasure left in it, as far as nobody reads it now; whether it is
    /// empty of it.
    fn log_is_clean(&self) -> Result<bool, StoreError>;

    // Calendars.
    /// Takes a place in the slot if at each moment of it fewer than `at_once` are taken. A
    /// conversation holds one place in a calendar, and moves it. True when held; else what it held
    /// before stands.
    fn hold_slot(&self, slot: &Booking, at_once: u32) -> Result<bool, StoreError>;
    /// Gives back the place a conversation holds in a calendar; false when it held none.
    fn free_slot(&self, calendar: &str, conversation: ConversationId) -> Result<bool, StoreError>;
    /// Bookings of a calendar that begin in `[from, to)`.
    fn bookings(
        &self,
        calendar: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Booking>, StoreError>;

    // Keys of the API, idempotent answers, small settings.
    fn add_key(&self, key: &ApiKey) -> Result<(), StoreError>;
    fn keys(&self) -> Result<Vec<ApiKey>, StoreError>;
    /// Marks every key of this name revoked; false when there is none.
    fn revoke_key(&self, name: &str, at: Timestamp) -> Result<bool, StoreError>;
    fn find_key(&self, hash: &[u8; 32]) -> Result<Option<ApiKey>, StoreError>;
    fn saved_answer(&self, key: &SeenKey) -> Result<Option<Vec<u8>>, StoreError>;
    /// Kept for [`ANSWER_KEPT_MS`].
    fn save_answer(&self, key: &SeenKey, answer: &[u8], at: Timestamp) -> Result<(), StoreError>;
    fn setting(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;
    fn set_setting(&self, key: &str, value: &[u8]) -> Result<(), StoreError>;
    /// Sets it by what it was, with nobody between; left as it was where `to` has nothing to say.
    fn change_setting(&self, key: &str, to: &mut ByWhatItWas) -> Result<(), StoreError>;

    // What came before its time.
    /// Keeps it, durably; false when it is known already.
    fn keep(&self, kept: &Kept) -> Result<bool, StoreError>;
    /// What is open of a lead's, oldest first.
    fn kept(&self, lead: PhoneNumber, kind: KeptKind) -> Result<Vec<Kept>, StoreError>;
    /// What is open and came at or before `until`, oldest first.
    fn kept_waiting(
        &self,
        kind: KeptKind,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Kept>, StoreError>;
    /// These were used: they are open no more.
    fn kept_used(
        &self,
        lead: PhoneNumber,
        kind: KeptKind,
        keys: &[String],
    ) -> Result<(), StoreError>;
    /// Forgets what came before then, used or not; work that was set aside only once it was used.
    fn drop_kept(&self, before: Timestamp) -> Result<(), StoreError>;

    // Upkeep.
    /// Writes a consistent copy while the store is in use.
    fn backup(&self, to: &Path) -> Result<(), StoreError>;
    /// After a restore: everything that had not left, and every timer due by `now`, goes to review (held,
    /// without a due time): it may have been done after the backup was made.
    fn quarantine(&self, now: Timestamp) -> Result<Quarantine, StoreError>;
    /// What still waits for that review.
    fn quarantined(&self) -> Result<Quarantine, StoreError>;
    /// Puts it back on the clock, due at once. A conversation that moved on since keeps the timer it has.
    fn release(&self, now: Timestamp) -> Result<Quarantine, StoreError>;
    /// Moves what was synced to the log into the main file, without blocking writers.
    fn checkpoint(&self) -> Result<(), StoreError>;
    fn counts(&self) -> Result<StoreCounts, StoreError>;
}

/// Why a commit was refused.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    #[error("conversation {conversation} moved past revision {expected}")]
    Stale {
        conversation: ConversationId,
        expected: u32,
    },
    #[error("this event was taken in before")]
    Duplicate,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The store could not do it: disk, connection, a file that is not ours.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("could not {doing}")]
    Failed {
        doing: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(
        "a stored {what} cannot be read; the database was written by a newer version or is damaged"
    )]
    Unreadable { what: &'static str },
    #[error("{0}")]
    Refused(String),
}

/// One row of the ledger as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerRow {
    pub bucket: u8,
    /// Place in the bucket's chain, from 1.
    pub n: u64,
    /// `None` after an erasure.
    pub lead: Option<PhoneNumber>,
    /// Stands for the lead in the chain, before and after an erasure.
    pub key: [u8; 16],
    /// Of the event; it outlives an erasure.
    pub at: Timestamp,
    pub event: LedgerEvent,
    /// `policy::ledger::chain` over the hash before it and this row.
    pub hash: [u8; 32],
}

/// The event of a row, or what an erasure leaves of it.
#[derive(Debug, Clone, PartialEq)]
pub enum LedgerEvent {
    Whole(Box<ConsentEvent>),
    /// Its `policy::ledger::digest`.
    Erased([u8; 32]),
}

impl LedgerRow {
    /// `None` after an erasure.
    pub fn event(&self) -> Option<&ConsentEvent> {
        match &self.event {
            LedgerEvent::Whole(event) => Some(event),
            LedgerEvent::Erased(_) => None,
        }
    }

    /// For `policy::ledger::verify`: one chain for each bucket.
    pub fn chained(&self) -> ledger::Row<'_> {
        ledger::Row {
            lead: &self.key,
            n: self.n,
            event: match &self.event {
                LedgerEvent::Whole(event) => ledger::Kept::Whole(event),
                LedgerEvent::Erased(digest) => ledger::Kept::Erased(*digest),
            },
            hash: self.hash,
        }
    }
}

/// What a turn sees of a number that was erased: nothing but that it must not be written to.
fn forgotten(phone: PhoneNumber, at: Timestamp) -> LeadRecord {
    LeadRecord {
        standing: Standing {
            consent: Consent::Revoked(at),
            ..Standing::default()
        },
        ..LeadRecord::new(Lead::new(phone), at)
    }
}

/// What stands for a lead in the ledger: a hash that only who has the store's secret can tie to the
/// number. HMAC-SHA-256 over the digits, cut to 128 bits.
fn ledger_key(secret: &[u8], lead: PhoneNumber) -> [u8; 16] {
    keyed(secret, lead.to_string().as_bytes())
}

/// The same for an email address; its case does not count.
fn address_key(secret: &[u8], address: &str) -> [u8; 16] {
    let folded = address.trim().to_lowercase();
    keyed(secret, format!("email {folded}").as_bytes())
}

fn keyed(secret: &[u8], bytes: &[u8]) -> [u8; 16] {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret).expect("HMAC takes any key");
    mac.update(bytes);
    let mut key = [0; 16];
    key.copy_from_slice(&mac.finalize().into_bytes()[..16]);
    key
}

/// What conversations of a version stand where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepCount {
    pub status: Name,
    /// Empty for a scheduled or ended one.
    pub step: Name,
    /// How an ended one ended.
    pub outcome: Option<Name>,
    pub count: u64,
}
