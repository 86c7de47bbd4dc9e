//! People who sign in, their sessions, and the log of what callers read and did. Hashes and secrets
//! are kept here as they come; what they are of is `web`'s to know.

use minicbor::{Decode, Encode};

use crate::lead::{Name, PhoneNumber};
use crate::store::{Role, StoreError};
use crate::time::{Duration, Timestamp};

/// How long a row of the audit log is kept. The trigger in `schema/` says the same.
pub const AUDIT_KEPT: Duration = Duration::days(400);

/// The part of a store that knows callers.
pub trait Accounts {
    /// Every account by name.
    fn accounts(&self) -> Result<Vec<Account>, StoreError>;
    fn account(&self, name: &str) -> Result<Option<Account>, StoreError>;
    /// Adds the account, or replaces the one of its name.
    fn put_account(&self, account: &Account) -> Result<(), StoreError>;
    /// Counts a one-time code as used: false when it, or a later one, was used before.
    fn use_code(&self, name: &str, step: u64) -> Result<bool, StoreError>;

    /// Adds or replaces a session, and drops those that ended before `now`.
    fn put_session(&self, session: &Session, now: Timestamp) -> Result<(), StoreError>;
    fn session(&self, hash: &[u8; 32]) -> Result<Option<Session>, StoreError>;
    /// Those that end after `now`, the ones used last first.
    fn sessions(&self, now: Timestamp) -> Result<Vec<Session>, StoreError>;
    /// False when there is no such session.
    fn end_session(&self, hash: &[u8; 32]) -> Result<bool, StoreError>;
    /// Ends every session of an account.
    fn end_sessions_of(&self, account: &str) -> Result<u64, StoreError>;

    /// When keys and sessions were used last; one that is gone is left out.
    fn touch(&self, used: &[Used]) -> Result<(), StoreError>;

    /// Appends rows, in order, and drops those older than [`AUDIT_KEPT`].
    fn append_audit(&self, rows: &[AuditEntry]) -> Result<(), StoreError>;
    /// Newest first.
    fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditRow>, StoreError>;
}

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Account {
    #[n(0)]
    pub name: Name,
    #[n(1)]
    pub role: Role,
    #[n(2)]
    pub created: Timestamp,
    #[n(3)]
    pub disabled: Option<Timestamp>,
    /// `None` until the person chose one by their invitation.
    #[n(4)]
    pub password: Option<PasswordHash>,
    #[n(5)]
    pub invitation: Option<Invitation>,
    #[n(6)]
    pub second: Option<SecondFactor>,
    #[n(7)]
    pub signed_in: Option<Timestamp>,
}

impl Account {
    pub fn new(name: Name, role: Role, created: Timestamp) -> Self {
        Self {
            name,
            role,
            created,
            disabled: None,
            password: None,
            invitation: None,
            second: None,
            signed_in: None,
        }
    }

    /// Whether the person can sign in with a password of theirs.
    pub fn can_sign_in(&self) -> bool {
        self.disabled.is_none() && self.password.is_some()
    }
}

/// An argon2id hash with all that is needed to work it out again.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PasswordHash {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub salt: [u8; 16],
    #[cbor(n(1), with = "minicbor::bytes")]
    pub hash: [u8; 32],
    #[n(2)]
    pub memory_kib: u32,
    #[n(3)]
    pub passes: u32,
}

/// A link that lets its holder choose the password, once.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Invitation {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub hash: [u8; 32],
    #[n(1)]
    pub until: Timestamp,
}

/// One-time codes (RFC 6238).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SecondFactor {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub secret: [u8; 20],
    /// Hashes of recovery codes not yet used.
    #[n(1)]
    pub recovery: Vec<CodeHash>,
    /// The step of the code used last.
    #[n(2)]
    pub used: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct CodeHash(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

/// Someone signed in, in one browser.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Session {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub hash: [u8; 32],
    #[n(1)]
    pub account: Name,
    /// Of a session that began with the link printed at the start, which belongs to no account.
    #[n(2)]
    pub role: Option<Role>,
    #[n(3)]
    pub created: Timestamp,
    #[n(4)]
    pub until: Timestamp,
    #[n(5)]
    pub used: Timestamp,
    /// Where it began.
    #[n(6)]
    pub address: String,
    #[n(7)]
    pub browser: String,
}

/// Something was used at `at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    Key([u8; 32], Timestamp),
    Session([u8; 32], Timestamp),
}

/// What a caller read or did, about to be logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    pub at: Timestamp,
    pub actor: Name,
    pub role: Option<Role>,
    /// `GET /v1/leads/{phone}`, `signed in`, …: never a number or an address of a lead.
    pub act: String,
    /// What it was about besides a lead: a conversation, a key, an account.
    pub about: String,
    pub lead: Option<PhoneNumber>,
    pub status: u16,
    pub address: String,
}

/// A row as it is kept: the lead only as what stands for them in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    pub place: AuditPlace,
    pub actor: Name,
    pub role: Option<Role>,
    pub act: String,
    pub about: String,
    pub lead: Option<[u8; 16]>,
    pub status: u16,
    pub address: String,
}

/// Where a row stands in the log; greater is later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditPlace {
    pub at: Timestamp,
    pub bucket: u8,
    pub n: u64,
}

/// As a cursor.
impl std::fmt::Display for AuditPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.at.as_ms(), self.bucket, self.n)
    }
}

impl std::str::FromStr for AuditPlace {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, '.');
        let mut next = || parts.next().ok_or(());
        Ok(AuditPlace {
            at: Timestamp::from_ms(next()?.parse().map_err(|_| ())?),
            bucket: next()?.parse().map_err(|_| ())?,
            n: next()?.parse().map_err(|_| ())?,
        })
    }
}

#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    pub actor: Option<Name>,
    pub lead: Option<PhoneNumber>,
    pub before: Option<AuditPlace>,
    pub limit: usize,
}

/// The bucket of an actor's rows: FNV-1a of the name, fixed for ever.
pub(super) fn audit_bucket(actor: &str) -> u8 {
    let hash = actor.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash >> 56) as u8
}
