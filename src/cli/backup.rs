//! `replytree backup` and `restore`: a consistent copy while the server runs, and back.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::cli::trail::{self, Did};
use crate::cli::{Context, Exit, alone, database};
use crate::runtime::{Clock, WallClock};
use crate::store::{self, Quarantine};

#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write; it must not be there yet
    file: PathBuf,
}

#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The backup to put in place
    file: PathBuf,

    /// Replace the database that is there; stop the server first
    #[arg(long)]
    replace: bool,
}

pub fn run(context: &Context, args: &BackupArgs) -> Exit {
    if args.file.exists() {
        bail!(
            "{} is there already; give another name",
            args.file.display()
        );
    }
    let store = database::open_existing(context)?;
    store.backup(&args.file)?;
    trail::note(store.as_ref(), Did::new("backup", file_name(&args.file)))?;
    let size = std::fs::metadata(&args.file)
        .map(|file| file.len())
        .unwrap_or(0);
    outln!("wrote {} ({} kB)", args.file.display(), size / 1024);
    Ok(ExitCode::SUCCESS)
}

pub fn restore(context: &Context, args: &RestoreArgs) -> Exit {
    let Some(to) = database::file_of(&context.db) else {
        bail!("restore writes an SQLite file; give one with --db sqlite:FILE");
    };
    if to.exists() && !args.replace {
        bail!(
            "{} is there already; stop the server and add --replace",
            to.display()
        );
    }
    if args.file.is_dir() {
        bail!("{} is a folder, not a backup", args.file.display());
    }
    let held = match to.exists() {
        true => {
            let _alone = alone::hold(context)?;
            replace(&args.file, to)?
        }
        false => store::sqlite::restore(&args.file, to, WallClock.now())?,
    };
    let restored = store::open(&context.db)?;
    let file = file_name(&args.file);
    trail::note(restored.as_ref(), Did::new("restore", file))?;
    outln!(
        "restored {}; held for review: {}",
        to.display(),
        shown(held)
    );
    if held != Quarantine::default() {
        outln!("they may have been done after the backup was made; see `replytree review`");
    }
    Ok(ExitCode::SUCCESS)
}

/// The backup is read and proved beside the database before anything of the old one goes.
fn replace(backup: &Path, to: &Path) -> anyhow::Result<Quarantine> {
    let beside = |end: &str| PathBuf::from(format!("{}{end}", to.display()));
    let fresh = beside(".restored");
    remove(&fresh)?;
    let held = store::sqlite::restore(backup, &fresh, WallClock.now())?;
    // The log of the old database first: with the new one it would be read as its own.
    for end in ["-wal", "-shm"] {
        remove(&beside(end))?;
    }
    std::fs::rename(&fresh, to).with_context(|| format!("cannot replace {}", to.display()))?;
    Ok(held)
}

fn remove(file: &Path) -> anyhow::Result<()> {
    match file.exists() {
        true => {
            std::fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))
        }
        false => Ok(()),
    }
}

#[derive(Debug, Args)]
pub struct ReviewArgs {
    /// Let all of it go: messages are asked of the gate again and sent, timers fire
    #[arg(long)]
    release: bool,
}

/// What a restore held back, and letting it go.
pub fn review(context: &Context, args: &ReviewArgs) -> Exit {
    let store = database::open_existing(context)?;
    if args.release {
        let released = store.release(WallClock.now())?;
        trail::note(
            store.as_ref(),
            Did::new("review --release", shown(released)),
        )?;
        outln!("released: {}", shown(released));
    } else {
        outln!("held for review: {}", shown(store.quarantined()?));
    }
    Ok(ExitCode::SUCCESS)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map_or(String::new(), |name| name.to_string_lossy().into_owned())
}

fn shown(held: Quarantine) -> String {
    let Quarantine { outgoing, timers } = held;
    format!("{outgoing} messages that had not left, {timers} timers that were due")
}
