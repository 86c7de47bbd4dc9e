//! `replytree prune`: silent leads are asked once more, then left in peace; reassigned numbers too.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::cli::output::{self, Format};
use crate::cli::register::AnswerFile;
use crate::cli::retention::{engine, mode, numbers};
use crate::cli::trail::{self, Did};
use crate::cli::{Context, Exit};
use crate::runtime::prune::{Pruned, Register, prune};
use crate::runtime::retention::Mode;

#[derive(Debug, Args)]
pub struct PruneArgs {
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// A register's answers: number, `yes` (reassigned), `no` or `no_data`, day
    #[arg(long, value_name = "FILE.csv")]
    register: Option<PathBuf>,
    #[arg(long, value_enum)]
    format: Option<Format>,
}

pub fn run(context: &Context, args: &PruneArgs) -> Exit {
    let engine = engine(context)?;
    let region = engine.live.load().workspace.region.clone();
    let register = match &args.register {
        Some(file) => Some(AnswerFile::read(file, &region, engine.clock.now())?),
        None => None,
    };
    let register = register.as_ref().map(|register| register as &dyn Register);
    let done = prune(&engine, register, mode(args.dry_run))?;
    if mode(args.dry_run) == Mode::Really {
        let about = format!(
            "{} asked, {} pruned, {} reassigned",
            done.asked.len(),
            done.pruned.len(),
            done.reassigned.len()
        );
        trail::note(engine.store.as_ref(), Did::new("prune", about))?;
    }
    match args.format.unwrap_or_else(output::by_terminal) {
        Format::Json => output::json(&json!({
            "dry_run": args.dry_run, "at": engine.clock.now().to_string(), "leads": done.leads,
            "asked": numbers(&done.asked), "waiting": done.waiting,
            "pruned": numbers(&done.pruned), "reassigned": numbers(&done.reassigned),
            "confirmed": done.confirmed, "not_asked": done.not_asked,
        }))?,
        Format::Human => people(args.dry_run, &done),
    }
    Ok(ExitCode::SUCCESS)
}

fn people(dry_run: bool, done: &Pruned) {
    let would = if dry_run { "would be " } else { "" };
    anstream::println!(
        "{} leads looked at\n{} silent leads {would}asked, {} have time left to answer\n\
         {} silent leads {would}pruned\n{} reassigned numbers {would}dropped, {} confirmed",
        done.leads,
        done.asked.len(),
        done.waiting,
        done.pruned.len(),
        done.reassigned.len(),
        done.confirmed
    );
    if done.not_asked > 0 {
        anstream::println!(
            "{} silent leads are not asked: name a flow as `retention: {{ reconfirm: … }}`, or they \
             are in a conversation",
            done.not_asked
        );
    }
}
