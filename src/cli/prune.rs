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
use crate::runtime::register::WebRegister;
use crate::runtime::retention::Mode;

#[derive(Debug, Args)]
pub struct PruneArgs {
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// A register's answers, instead of asking the workspace's: number, `yes` (reassigned), `no` or
    /// `no_data`, day
    #[arg(long, value_name = "FILE.csv")]
    register: Option<PathBuf>,
    #[arg(long, value_enum)]
    format: Option<Format>,
}

pub fn run(context: &Context, args: &PruneArgs) -> Exit {
    let engine = engine(context)?;
    let live = engine.live.load_full();
    let register: Option<Box<dyn Register>> = match &args.register {
        Some(file) => {
            let region = &live.workspace.region;
            let answers = AnswerFile::read(file, region, engine.clock.now())?;
            Some(Box::new(answers))
        }
        None => WebRegister::of(&live).map(|register| Box::new(register) as Box<dyn Register>),
    };
    let done = prune(&engine, register.as_deref(), mode(args.dry_run))?;
    if mode(args.dry_run) == Mode::Really {
        let mut about = format!(
            "{} asked, {} pruned, {} reassigned",
            done.asked.len(),
            done.pruned.len(),
            done.reassigned.len()
        );
        if done.not_checked > 0 {
            about.push_str(&format!(", {} not checked", done.not_checked));
        }
        trail::note(engine.store.as_ref(), Did::new("prune", about))?;
    }
    match args.format.unwrap_or_else(output::by_terminal) {
        Format::Json => output::json(&json!({
            "dry_run": args.dry_run, "at": engine.clock.now().to_string(), "leads": done.leads,
            "asked": numbers(&done.asked), "waiting": done.waiting,
            "pruned": numbers(&done.pruned), "reassigned": numbers(&done.reassigned),
            "confirmed": done.confirmed, "not_asked": done.not_asked,
            "no_data": done.no_data, "not_checked": done.not_checked,
            "register_failed": done.register_failed,
        })),
        Format::Human => people(args.dry_run, &done),
    }
    Ok(ExitCode::SUCCESS)
}

fn people(dry_run: bool, done: &Pruned) {
    let would = if dry_run { "would be " } else { "" };
    outln!(
        "{} leads looked at\n{} silent leads {would}asked, {} have time left to answer\n\
         {} silent leads {would}pruned\n{} reassigned numbers {would}dropped, {} confirmed",
        done.leads,
        done.asked.len(),
        done.waiting,
        done.pruned.len(),
        done.reassigned.len(),
        done.confirmed
    );
    if done.no_data > 0 {
        outln!("{} numbers the register knows nothing of", done.no_data);
    }
    if done.not_checked > 0 {
        outln!(
            "{} numbers were not checked against the register: {}",
            done.not_checked,
            done.register_failed.as_deref().unwrap_or("no answer came")
        );
    }
    if done.not_asked > 0 {
        outln!(
            "{} silent leads are not asked: name a flow as `retention: {{ reconfirm: … }}`, or they \
             are in a conversation",
            done.not_asked
        );
    }
}
