//! Accounts, sessions and the audit log.

use minicbor::{Decode, Encode};
use rusqlite::{Connection, Row as SqlRow, params};

use crate::lead::Name;
use crate::store::accounts::audit_bucket;
use crate::store::{
    AUDIT_KEPT, Account, Accounts, ApiKey, AuditEntry, AuditPlace, AuditQuery, AuditRow, Role,
    Session, StoreError, Used,
};
use crate::time::Timestamp;

use super::connect::Doing;
use super::pack::{blob, int, name, time, to_blob};
use super::{SqliteStore, ask, keys, ledger};

const ACCOUNTS: &str = "SELECT data FROM account WHERE bucket = 0 ORDER BY name";
const ACCOUNT: &str = "SELECT data FROM account WHERE bucket = 0 AND name = $1";
const PUT_ACCOUNT: &str = "INSERT INTO account (bucket, name, data) VALUES (0, $1, $2)
    ON CONFLICT (bucket, name) DO UPDATE SET data = excluded.data";

const SESSION: &str = "SELECT data FROM session WHERE bucket = 0 AND hash = $1";
const SESSIONS: &str = "SELECT data FROM session WHERE bucket = 0 AND until > $1";
const PUT_SESSION: &str = "INSERT INTO session (bucket, hash, account, until, data)
    VALUES (0, $1, $2, $3, $4)
    ON CONFLICT (bucket, hash) DO UPDATE SET until = excluded.until, data = excluded.data";
const ENDED: &str = "DELETE FROM session WHERE bucket = 0 AND until <= $1";
const END_SESSION: &str = "DELETE FROM session WHERE bucket = 0 AND hash = $1";
const END_SESSIONS_OF: &str = "DELETE FROM session WHERE bucket = 0 AND account = $1";

const APPEND: &str = "INSERT INTO audit (bucket, n, at, actor, lead, data)
    VALUES ($1, 1 + coalesce((SELECT max(n) FROM audit WHERE bucket = $1), 0), $2, $3, $4, $5)";
// A few at a time: the log is never cut in one long breath.
const EXPIRE: &str = "DELETE FROM audit WHERE (bucket, n) IN
    (SELECT bucket, n FROM audit WHERE at < $1 ORDER BY at LIMIT 1000)";
const AUDIT: &str = "SELECT at, bucket, n, actor, lead, data FROM audit
    WHERE (at, bucket, n) < ($1, $2, $3) AND ($4 IS NULL OR actor = $4)
    ORDER BY at DESC, bucket DESC, n DESC LIMIT $5";
const AUDIT_OF_LEAD: &str = "SELECT at, bucket, n, actor, lead, data FROM audit
    WHERE (at, bucket, n) < ($1, $2, $3) AND ($4 IS NULL OR actor = $4) AND lead = $5
    ORDER BY at DESC, bucket DESC, n DESC LIMIT $6";

/// What of a row is in its blob.
#[derive(Debug, Encode, Decode)]
struct Told {
    #[n(0)]
    role: Option<Role>,
    #[n(1)]
    act: String,
    #[n(2)]
    about: String,
    #[n(3)]
    status: u16,
    #[n(4)]
    address: String,
}

fn account(db: &Connection, name: &str) -> Result<Option<Account>, StoreError> {
    ask::one(db, ACCOUNT, [name], |row| blob(row, 0, "account"))
}

fn put_account(db: &Connection, account: &Account) -> Result<(), StoreError> {
    let params = params![account.name.as_str(), to_blob(account)?];
    ask::change(db, "keep an account", PUT_ACCOUNT, params).map(drop)
}

fn session(db: &Connection, hash: &[u8; 32]) -> Result<Option<Session>, StoreError> {
    ask::one(db, SESSION, [hash], |row| blob(row, 0, "session"))
}

fn put_session(db: &Connection, session: &Session) -> Result<(), StoreError> {
    let (account, until) = (session.account.as_str(), session.until.as_ms());
    let params = params![session.hash, account, until, to_blob(session)?];
    ask::change(db, "keep a session", PUT_SESSION, params).map(drop)
}

fn touch(db: &Connection, used: &Used) -> Result<(), StoreError> {
    match used {
        Used::Key(hash, at) => {
            let Some(key) = keys::find(db, hash)? else {
                return Ok(());
            };
            keys::put(
                db,
                &ApiKey {
                    used: Some(*at),
                    ..key
                },
            )
        }
        Used::Session(hash, at) => match session(db, hash)? {
            Some(kept) => put_session(db, &Session { used: *at, ..kept }),
            None => Ok(()),
        },
    }
}

fn append(db: &Connection, entry: &AuditEntry) -> Result<(), StoreError> {
    let lead = entry.lead.map(|lead| ledger::key(db, lead)).transpose()?;
    let told = Told {
        role: entry.role,
        act: entry.act.clone(),
        about: entry.about.clone(),
        status: entry.status,
        address: entry.address.clone(),
    };
    let params = params![
        audit_bucket(&entry.actor),
        entry.at.as_ms(),
        entry.actor.as_str(),
        lead,
        to_blob(&told)?
    ];
    ask::change(db, "append to the audit log", APPEND, params).map(drop)
}

/// Columns in this order: at, bucket, n, actor, lead, data.
fn audit_row(row: &SqlRow<'_>) -> Result<AuditRow, StoreError> {
    let told: Told = blob(row, 5, "row of the audit log")?;
    let bucket = u8::try_from(int(row, 1)?);
    Ok(AuditRow {
        place: AuditPlace {
            at: time(row, 0)?,
            bucket: bucket.map_err(|_| StoreError::Unreadable { what: "bucket" })?,
            n: int(row, 2)? as u64,
        },
        actor: name(row, 3)?,
        role: told.role,
        act: told.act,
        about: told.about,
        lead: row.get(4).doing("read the audit log")?,
        status: told.status,
        address: told.address,
    })
}

fn audit(db: &Connection, query: &AuditQuery) -> Result<Vec<AuditRow>, StoreError> {
    let end = AuditPlace {
        at: Timestamp::from_ms(i64::MAX),
        bucket: u8::MAX,
        n: 0,
    };
    let before = query.before.unwrap_or(end);
    let actor = query.actor.as_ref().map(Name::as_str);
    let (at, bucket) = (before.at.as_ms(), before.bucket);
    let n = i64::try_from(before.n).unwrap_or(i64::MAX);
    let limit = ask::limit(query.limit);
    match query.lead {
        None => ask::many(db, AUDIT, params![at, bucket, n, actor, limit], audit_row),
        Some(lead) => {
            let key = ledger::key(db, lead)?;
            let params = params![at, bucket, n, actor, key, limit];
            ask::many(db, AUDIT_OF_LEAD, params, audit_row)
        }
    }
}

impl Accounts for SqliteStore {
    fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        self.read(|db| ask::many(db, ACCOUNTS, [], |row| blob(row, 0, "account")))
    }

    fn account(&self, name: &str) -> Result<Option<Account>, StoreError> {
        self.read(|db| account(db, name))
    }

    fn put_account(&self, account: &Account) -> Result<(), StoreError> {
        self.change("keep an account", |db| put_account(db, account))
    }

    fn use_code(&self, name: &str, step: u64) -> Result<bool, StoreError> {
        self.change("use a code", |db| {
            let Some(mut kept) = account(db, name)? else {
                return Ok(false);
            };
            let Some(second) = kept.second.as_mut().filter(|second| second.used < step) else {
                return Ok(false);
            };
            second.used = step;
            put_account(db, &kept)?;
            Ok(true)
        })
    }

    fn put_session(&self, session: &Session, now: Timestamp) -> Result<(), StoreError> {
        self.change("keep a session", |db| {
            ask::change(db, "end sessions", ENDED, [now.as_ms()])?;
            put_session(db, session)
        })
    }

    fn session(&self, hash: &[u8; 32]) -> Result<Option<Session>, StoreError> {
        self.read(|db| session(db, hash))
    }

    fn sessions(&self, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let mut found: Vec<Session> =
            self.read(|db| ask::many(db, SESSIONS, [now.as_ms()], |row| blob(row, 0, "session")))?;
        found.sort_by_key(|session| (std::cmp::Reverse(session.used), session.hash));
        Ok(found)
    }

    fn end_session(&self, hash: &[u8; 32]) -> Result<bool, StoreError> {
        self.change("end a session", |db| {
            Ok(ask::change(db, "end a session", END_SESSION, [hash])? > 0)
        })
    }

    fn end_sessions_of(&self, account: &str) -> Result<u64, StoreError> {
        self.change("end sessions", |db| {
            Ok(ask::change(db, "end sessions", END_SESSIONS_OF, [account])? as u64)
        })
    }

    fn touch(&self, used: &[Used]) -> Result<(), StoreError> {
        self.change("note what was used", |db| {
            used.iter().try_for_each(|used| touch(db, used))
        })
    }

    fn append_audit(&self, rows: &[AuditEntry]) -> Result<(), StoreError> {
        self.change("append to the audit log", |db| {
            rows.iter().try_for_each(|entry| append(db, entry))?;
            let Some(last) = rows.iter().map(|entry| entry.at).max() else {
                return Ok(());
            };
            let old = (last - AUDIT_KEPT).as_ms();
            ask::change(db, "cut the audit log", EXPIRE, [old]).map(drop)
        })
    }

    fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditRow>, StoreError> {
        self.read(|db| audit(db, query))
    }
}
