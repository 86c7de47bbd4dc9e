//! `replytree backup` and `restore`: a consistent copy while the server runs, and back.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::cli::{Context, Exit};
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
    let store = store::open(&context.db)?;
    store.backup(&args.file)?;
    let size = std::fs::metadata(&args.file)
        .map(|file| file.len())
        .unwrap_or(0);
    anstream::println!("wrote {} ({} kB)", args.file.display(), size / 1024);
    Ok(ExitCode::SUCCESS)
}

pub fn restore(context: &Context, args: &RestoreArgs) -> Exit {
    let Some(to) = context.db.strip_prefix("sqlite:").map(PathBuf::from) else {
        bail!("restore writes an SQLite file; for PostgreSQL use its own tools");
    };
    if to.exists() {
        if !args.replace {
            bail!(
                "{} is there already; stop the server and add --replace",
                to.display()
            );
        }
        for end in ["", "-wal", "-shm"] {
            let file = PathBuf::from(format!("{}{end}", to.display()));
            if file.exists() {
                std::fs::remove_file(&file)
                    .with_context(|| format!("cannot replace {}", file.display()))?;
            }
        }
    }
    let held = store::sqlite::restore(&args.file, &to, WallClock.now())?;
    anstream::println!(
        "restored {}; held for review: {}",
        to.display(),
        shown(held)
    );
    if held != Quarantine::default() {
        anstream::println!(
            "they may have been done after the backup was made; see `replytree review`"
        );
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Debug, Args)]
pub struct ReviewArgs {
    /// Let all of it go: messages are asked of the gate again and sent, timers fire
    #[arg(long)]
    release: bool,
}

/// What a restore held back, and letting it go.
pub fn review(context: &Context, args: &ReviewArgs) -> Exit {
    let store = store::open(&context.db)?;
    if args.release {
        let released = store.release(WallClock.now())?;
        anstream::println!("released: {}", shown(released));
    } else {
        anstream::println!("held for review: {}", shown(store.quarantined()?));
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(held: Quarantine) -> String {
    let Quarantine { outgoing, timers } = held;
    format!("{outgoing} messages that had not left, {timers} timers that were due")
}
