//! `replytree retention`: what the server does once a day, at any time, or only told.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use crate::cli::load::{load_dir, workspace_dir};
use crate::cli::output::{self, Format};
use crate::cli::serve::live_of;
use crate::cli::trail::{self, Did};
use crate::cli::{Context, Exit, database};
use crate::lead::PhoneNumber;
use crate::runtime::Engine;
use crate::runtime::retention::{Mode, Retained, keep_to};
use crate::web;

#[derive(Debug, Args)]
pub struct RetentionArgs {
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    #[arg(long, value_enum)]
    format: Option<Format>,
}

/// The engine over the workspace and the database that the options name; safe beside the server.
pub fn engine(context: &Context) -> anyhow::Result<Arc<Engine>> {
    let store = database::open_existing(context)?;
    let loaded = load_dir(&workspace_dir(context, &[]), &[])?;
    Ok(web::server::engine(store, live_of(loaded, false))?)
}

pub fn mode(dry_run: bool) -> Mode {
    match dry_run {
        true => Mode::DryRun,
        false => Mode::Really,
    }
}

pub fn numbers(phones: &[PhoneNumber]) -> Vec<String> {
    phones.iter().map(ToString::to_string).collect()
}

pub fn run(context: &Context, args: &RetentionArgs) -> Exit {
    let engine = engine(context)?;
    let kept = keep_to(&engine, mode(args.dry_run))?;
    if mode(args.dry_run) == Mode::Really {
        let about = format!(
            "{} texts blanked, {} leads forgotten, {} proofs ended",
            kept.texts,
            kept.forgotten.len(),
            kept.proofs.len()
        );
        trail::note(engine.store.as_ref(), Did::new("retention", about))?;
    }
    let at = engine.clock.now().to_string();
    match args.format.unwrap_or_else(output::by_terminal) {
        Format::Json => output::json(&json!({
            "dry_run": args.dry_run, "at": at, "leads": kept.leads,
            "texts_blanked": kept.texts, "texts_of_leads": kept.texts_of,
            "leads_forgotten": kept.forgotten.len(), "proofs_ended": kept.proofs.len(),
            "forgotten": numbers(&kept.forgotten), "proofs": numbers(&kept.proofs),
        })),
        Format::Human => people(args.dry_run, &kept),
    }
    Ok(ExitCode::SUCCESS)
}

fn people(dry_run: bool, kept: &Retained) {
    let done = if dry_run { "would be " } else { "" };
    outln!(
        "{} leads looked at\n{} texts of {} leads {done}blanked\n{} inactive leads {done}forgotten\n\
         {} proofs of consent {done}ended",
        kept.leads,
        kept.texts,
        kept.texts_of,
        kept.forgotten.len(),
        kept.proofs.len()
    );
}
