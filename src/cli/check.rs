//! `replytree check`: compiles, and prints what is wrong.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::cli::load::{is_among, load};
use crate::cli::output::{self, colour};
use crate::cli::{Context, Exit, FAILED};
use crate::diagnostic::{self, Diagnostic, Level};

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Files or folders to check [default: the whole workspace]
    paths: Vec<PathBuf>,

    /// Fail on warnings too
    #[arg(long, value_name = "WHAT")]
    deny: Option<Deny>,

    #[arg(long, value_enum, default_value = "human")]
    format: Format,

    /// Print, for each sound flow, what the compiler proves of it
    #[arg(long)]
    report: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
    Sarif,
}

pub fn run(context: &Context, args: &CheckArgs) -> Exit {
    let loaded = load(context, &args.paths)?;
    let mine: Vec<Diagnostic> = loaded
        .diagnostics
        .iter()
        .filter(|d| is_among(&d.file, &args.paths))
        .cloned()
        .collect();
    let flows: Vec<_> = loaded
        .flows
        .iter()
        .filter(|flow| is_among(&flow.file, &args.paths))
        .collect();
    let count = |level| mine.iter().filter(|d| d.level == level).count();
    let (errors, warnings) = (count(Level::Error), count(Level::Warning));
    match args.format {
        Format::Json => {
            let mut json = diagnostic::to_json(&mine, &loaded.sources);
            json["flows"] = flows.len().into();
            output::json(&json)?;
        }
        Format::Sarif => output::json(&diagnostic::to_sarif(&mine, &loaded.sources))?,
        Format::Human => {
            anstream::print!("{}", diagnostic::render(&mine, &loaded.sources, colour()));
            // TODO-MERGE proof
            anstream::println!("{}", summary(flows.len(), errors, warnings));
        }
    }
    let denied = args.deny == Some(Deny::Warnings) && warnings > 0;
    Ok(if errors > 0 || denied {
        ExitCode::from(FAILED)
    } else {
        ExitCode::SUCCESS
    })
}

fn summary(flows: usize, errors: usize, warnings: usize) -> String {
    let many = |n: usize, what: &str| match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    };
    format!(
        "{} compiled, {}, {}",
        many(flows, "flow"),
        many(errors, "error"),
        many(warnings, "warning")
    )
}
