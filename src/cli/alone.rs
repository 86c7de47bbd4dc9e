//! One server to a database file: a second one would offer the same handoffs again, and a restore under a
//! running one would take the file from it. Said by a lock on a file beside it, which the system lets go
//! of however the process ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::cli::{Context, database};

/// Held as long as it lives.
pub struct Alone {
    _lock: File,
}

/// Takes the database for this process alone. `None` where it is no file: in memory, or elsewhere.
pub fn hold(context: &Context) -> anyhow::Result<Option<Alone>> {
    let Some(db) = database::file_of(&context.db) else {
        return Ok(None);
    };
    let path = beside(db);
    let shown = path.display();
    let open = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path);
    let lock = open.with_context(|| format!("cannot open {shown}"))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(Alone { _lock: lock })),
        Err(TryLockError::WouldBlock) => bail!(
            "{} is being served by another process; stop that one first, or name another \
             database with --db",
            db.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {shown}"))
        }
    }
}

fn beside(db: &Path) -> PathBuf {
    let mut name = db.as_os_str().to_os_string();
    name.push("-serving");
    PathBuf::from(name)
}
