//! Connections: how the file is opened, what it must be, and who may use which. One connection
//! writes, a few read, one moves the log into the file.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::store::StoreError;

/// SQLite 3.7.0 to 3.51.2 can lose a commit when the log is reset at the wrong moment.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
/// `RTre` in ASCII: what the file says it belongs to.
const APPLICATION_ID: i64 = 0x5254_7265;
/// The numbered schema files, in order; `user_version` counts those applied.
const SCHEMA: &[&str] = &[
    include_str!("schema/0001_initial.sql"),
    include_str!("schema/0002_timeline_in_order_of_time.sql"),
    include_str!("schema/0003_kept.sql"),
    include_str!("schema/0004_address.sql"),
    include_str!("schema/0005_held_timer.sql"),
    include_str!("schema/0006_ledger_head.sql"),
    include_str!("schema/0007_accounts.sql"),
    include_str!("schema/0008_tail.sql"),
    include_str!("schema/0009_outgoing_count.sql"),
    LEAD_KEY,
    include_str!("schema/0011_small_inner_pages.sql"),
    include_str!("schema/0012_tells.sql"),
];
/// Leads that are there already are given theirs when it is applied.
const LEAD_KEY: &str = include_str!("schema/0010_lead_key.sql");
const READERS_KEPT_MAX: usize = 4;
const STATEMENTS_KEPT_MAX: usize = 64;

/// `page_size` counts only for a new file. A leaf holds a few leads or messages, so that a commit
/// writes little more than what changed. The log keeps its length, so that its size need not be synced
/// with each commit. SQLite goes through its whole cache at most commits; beyond it is the system's.
const PRAGMAS: &str = "
    PRAGMA page_size = 2048;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA journal_size_limit = 134217728;
    PRAGMA cache_size = -2048;
    PRAGMA busy_timeout = 5000;
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
    PRAGMA secure_delete = ON;
";

/// Says what was being done when SQLite refused.
pub trait Doing<T> {
    fn doing(self, what: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn doing(self, what: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Failed {
            doing: what,
            source: Box::new(source),
        })
    }
}

/// The connections to one file.
pub struct Connections {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    checkpointer: Mutex<Connection>,
    /// A file for tests goes with its store.
    temporary: bool,
}

impl Connections {
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        check_library()?;
        create_private(path)?;
        let mut writer = connect(path)?;
        migrate(&mut writer, path)?;
        Ok(Self {
            checkpointer: Mutex::new(connect(path)?),
            readers: Mutex::new(Vec::new()),
            writer: Mutex::new(writer),
            path: path.to_path_buf(),
            temporary: false,
        })
    }

    /// A file of its own in the system's directory for temporary files, removed when dropped.
    pub fn open_temporary() -> Result<Self, StoreError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("replytree-{}-{n}.db", std::process::id());
        let path = std::env::temp_dir().join(name);
        remove(&path);
        let mut it = Self::open(&path)?;
        it.temporary = true;
        // Gone at a power failure in any case.
        let writer = it.writer();
        writer
            .pragma_update(None, "synchronous", "OFF")
            .doing("open the database")?;
        drop(writer);
        Ok(it)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    // A panic inside a transaction is rolled back by the batch's own drop.
    pub fn writer(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn checkpointer(&self) -> MutexGuard<'_, Connection> {
        self.checkpointer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// One transaction of the writer: all of `change`, synced, or nothing.
    pub fn write<T>(
        &self,
        doing: &'static str,
        change: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = self.writer();
        let immediate = rusqlite::TransactionBehavior::Immediate;
        let tx = writer.transaction_with_behavior(immediate).doing(doing)?;
        let changed = change(&tx)?;
        tx.commit().doing(doing)?;
        Ok(changed)
    }

    /// Reads from one state of the database, whatever is written meanwhile.
    pub fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let free = self.pool().pop();
        let mut connection = match free {
            Some(connection) => connection,
            None => {
                let connection = connect(&self.path)?;
                let only = connection.pragma_update(None, "query_only", true);
                only.doing("open the database")?;
                connection
            }
        };
        let found = {
            let tx = connection.transaction().doing("read")?;
            read(&tx)
        };
        let mut pool = self.pool();
        if pool.len() < READERS_KEPT_MAX {
            pool.push(connection);
        }
        found
    }

    fn pool(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes in the write-ahead log's file.
    pub fn log_bytes(&self) -> u64 {
        std::fs::metadata(beside(&self.path, "-wal")).map_or(0, |file| file.len())
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        if self.temporary {
            remove(&self.path);
        }
    }
}

/// `path` with something appended to its name.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(suffix);
    PathBuf::from(name)
}

pub fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        // What is not there need not be removed.
        let _ = std::fs::remove_file(beside(path, suffix));
    }
}

fn check_library() -> Result<(), StoreError> {
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        return Err(StoreError::Refused(format!(
            "SQLite {} can lose data; 3.51.3 or later is needed",
            rusqlite::version()
        )));
    }
    Ok(())
}

/// Creates the file if it is not there, readable by its owner alone; SQLite gives the log the same
/// permissions.
pub fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(source) => Err(StoreError::Failed {
            doing: "open the database file",
            source: Box::new(source),
        }),
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path).doing("open the database")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT_MAX);
    // A plan holds whatever is bound: else SQLite plans `LIMIT $n` anew at each call.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .doing("open the database")?;
    check_ours(&connection, path)?;
    connection
        .execute_batch(PRAGMAS)
        .doing("open the database")?;
    Ok(connection)
}

fn number(connection: &Connection, pragma: &str) -> Result<i64, StoreError> {
    connection
        .pragma_query_value(None, pragma, |row| row.get(0))
        .doing("read the database's header")
}

/// Refuses a file that is another program's, or a newer version's, before touching it.
pub fn check_ours(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let shown = path.display();
    let version = number(connection, "schema_version").map_err(|_| {
        StoreError::Refused(format!(
            "{shown} is not a database of replytree, or is damaged"
        ))
    })?;
    let ours = number(connection, "application_id")? == APPLICATION_ID;
    if version != 0 && !ours {
        return Err(StoreError::Refused(format!(
            "{shown} is the database of another program; name another file with --db sqlite:FILE"
        )));
    }
    let applied = number(connection, "user_version")?;
    if ours && applied > SCHEMA.len() as i64 {
        return Err(StoreError::Refused(format!(
            "{shown} was written by a newer replytree (schema {applied}, this one knows {}); \
             start that version",
            SCHEMA.len()
        )));
    }
    Ok(())
}

/// Whether the file holds a database of ours at all.
pub fn is_ours(connection: &Connection) -> Result<bool, StoreError> {
    Ok(number(connection, "application_id")? == APPLICATION_ID)
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    const DOING: &str = "bring the database to this version";
    let immediate = rusqlite::TransactionBehavior::Immediate;
    let tx = connection
        .transaction_with_behavior(immediate)
        .doing(DOING)?;
    // Another process may have been here first.
    check_ours(&tx, path)?;
    let applied = number(&tx, "user_version")?.max(0) as usize;
    for (i, schema) in SCHEMA.iter().enumerate().skip(applied) {
        tx.execute_batch(schema).doing(DOING)?;
        if *schema == LEAD_KEY {
            super::search::name_all(&tx)?;
        }
        tx.pragma_update(None, "user_version", i as i64 + 1)
            .doing(DOING)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)
            .doing(DOING)?;
    }
    tx.commit().doing(DOING)
}
