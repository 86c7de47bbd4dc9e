//! Upkeep of the file: the log moved into it, copies made of it and brought back, what it counts.

use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::store::{Quarantine, Store, StoreCounts, StoreError};
use crate::time::Timestamp;

use super::connect::{self, Connections, Doing, check_ours, create_private, is_ours};
use super::pack::int;
use super::{SqliteStore, ask};

/// The log is written over from its start when it is longer than this and all of it was moved.
const LOG_BYTES_MAX: u64 = 32 << 20;
/// Beyond this the writer moves the log itself, if nobody calls `checkpoint`.
pub const LOG_BYTES_LIMIT: u64 = 4 * LOG_BYTES_MAX;
/// How long the writer stands still at most for the log to be emptied.
const EMPTYING_MAX: std::time::Duration = std::time::Duration::from_millis(200);
const BACKUP_PAGES_PER_STEP: i32 = 512;

const CHECKPOINT: &str = "PRAGMA wal_checkpoint(PASSIVE)";

const EMPTY: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// Bytes of the log still in use after moving what could be moved.
fn passive(connection: &Connection) -> Result<u64, StoreError> {
    const DOING: &str = "move the log into the database";
    let page: i64 = connection
        .pragma_query_value(None, "page_size", |row| row.get(0))
        .doing(DOING)?;
    let frames = connection
        .query_row(CHECKPOINT, [], |row| row.get::<_, i64>(1))
        .doing(DOING)?;
    Ok((frames.max(0) * page) as u64)
}

/// A passive checkpoint, which blocks nobody. When the log has grown long, what little was written
/// meanwhile is moved while the writer stands still; its next commit then begins the log anew.
pub fn checkpoint(connections: &Connections) -> Result<(), StoreError> {
    if passive(&connections.checkpointer())? > LOG_BYTES_MAX {
        let _standing_still = connections.writer();
        passive(&connections.checkpointer())?;
    }
    Ok(())
}

/// The same by the writer, between two batches.
pub fn checkpoint_by(writer: &Connection) -> Result<(), StoreError> {
    passive(writer).map(drop)
}

/// Moves all of the log into the file and cuts it to nothing, so that no old page is left in it.
/// False when a reader that began before is still at it: the log must be emptied later.
pub fn empty_log(connections: &Connections) -> Result<bool, StoreError> {
    let _standing_still = connections.writer();
    let log = connections.checkpointer();
    // The writer must not stand still for long; readers mostly take a millisecond.
    log.busy_timeout(EMPTYING_MAX).doing("empty the log")?;
    let busy = log
        .query_row(EMPTY, [], |row| row.get::<_, i64>(0))
        .doing("empty the log")?;
    Ok(busy == 0)
}

/// Copies one state of the database, whatever is written meanwhile; `to` must not exist and is
/// there only when complete.
pub fn backup(connections: &Connections, to: &Path) -> Result<(), StoreError> {
    let part = part_of(to)?;
    let copied = connections.read(|reader| copy(reader, &part));
    settle(copied, &part, to)
}

/// Checks a backup and brings it back as `to`, which must not exist. What had not left when it was
/// made, and what fell due by `now`, goes to review: how much did is the answer.
pub fn restore(from: &Path, to: &Path, now: Timestamp) -> Result<Quarantine, StoreError> {
    let part = part_of(to)?;
    let restored = verified(from).and_then(|backup| {
        copy(&backup, &part)?;
        // Closed again before it gets its name: the last connection to go tidies the log away.
        SqliteStore::open(&part)?.quarantine(now)
    });
    let count = *restored.as_ref().unwrap_or(&Quarantine::default());
    settle(restored.map(drop), &part, to)?;
    Ok(count)
}

/// Where a copy is made before it has its name.
fn part_of(to: &Path) -> Result<PathBuf, StoreError> {
    if to.exists() {
        let shown = to.display();
        return Err(StoreError::Refused(format!(
            "{shown} is there already; name a file that is not"
        )));
    }
    let part = connect::beside(to, ".part");
    connect::remove(&part);
    create_private(&part)?;
    Ok(part)
}

fn settle(copied: Result<(), StoreError>, part: &Path, to: &Path) -> Result<(), StoreError> {
    let renamed = copied.and_then(|()| {
        std::fs::rename(part, to).map_err(|source| StoreError::Failed {
            doing: "give the copy its name",
            source: Box::new(source),
        })
    });
    if renamed.is_err() {
        connect::remove(part);
    }
    renamed
}

fn copy(from: &Connection, to: &Path) -> Result<(), StoreError> {
    const DOING: &str = "copy the database";
    // Fixes the state that is copied: later commits neither restart the copy nor enter it.
    from.query_row(
        "SELECT count(*) FROM setting WHERE bucket = 0 AND key = ''",
        [],
        |_| Ok(()),
    )
    .doing(DOING)?;
    let mut target = Connection::open(to).doing(DOING)?;
    let backup = Backup::new(from, &mut target).doing(DOING)?;
    while backup.step(BACKUP_PAGES_PER_STEP).doing(DOING)? != StepResult::Done {}
    Ok(())
}

/// A file that is ours, of a version we know, and undamaged.
fn verified(path: &Path) -> Result<Connection, StoreError> {
    let shown = path.display();
    if !path.is_file() {
        return Err(StoreError::Refused(format!("{shown} is not there")));
    }
    let backup = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .doing("open the backup")?;
    check_ours(&backup, path)?;
    let damaged = || StoreError::Refused(format!("{shown} is damaged, or not a backup of ours"));
    if !is_ours(&backup)? {
        return Err(damaged());
    }
    let check = backup.query_row("PRAGMA integrity_check(1)", [], |row| {
        row.get::<_, String>(0)
    });
    match check {
        Ok(verdict) if verdict == "ok" => Ok(backup),
        _ => Err(damaged()),
    }
}

const COUNTS: &str = "SELECT (SELECT count(*) FROM lead),
    (SELECT count(*) FROM conversation),
    (SELECT count(*) FROM conversation WHERE due IS NOT NULL),
    (SELECT count(*) FROM timeline WHERE due IS NOT NULL),
    (SELECT count(*) FROM handoff WHERE status < 2 AND status = 0)";

pub fn counts(reader: &Connection) -> Result<StoreCounts, StoreError> {
    let counts = ask::one(reader, COUNTS, [], |row| {
        let count = |i| int(row, i).map(|n| n as u64);
        Ok(StoreCounts {
            leads: count(0)?,
            conversations: count(1)?,
            timers: count(2)?,
            pending: count(3)?,
            open_handoffs: count(4)?,
        })
    })?;
    Ok(counts.unwrap_or_default())
}
