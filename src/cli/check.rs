//! `replytree check`: compiles, and prints what is wrong.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use clap::{Args, ValueEnum};

use crate::cli::load::{Loaded, is_among, load, workspace_dir};
use crate::cli::output::{self, colour};
use crate::cli::{Context, Exit, FAILED, chosen};
use crate::diagnostic::{self, Diagnostic, Level};
use crate::flow::{Flow, proof, workspace};
use crate::lint;
use crate::sim::flow_test;

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Files, folders or names of flows to check [default: the whole workspace]
    #[arg(value_name = "PATH")]
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
    let paths = chosen::paths(context, &args.paths)?;
    let loaded = load(context, &paths)?;
    let among = |file: &str| is_among(file, &paths);
    if !loaded.sources.iter().any(|source| among(&source.file)) {
        let place = paths.first().cloned();
        let place = place.unwrap_or_else(|| workspace_dir(context, &[]));
        bail!(
            "there is no flow in {}; a flow is a .yaml file, and `replytree init` makes one",
            place.display()
        );
    }
    let flows: Vec<&Arc<Flow>> = loaded
        .flows
        .iter()
        .filter(|flow| among(&flow.file))
        .collect();
    let mut mine: Vec<Diagnostic> = loaded
        .diagnostics
        .iter()
        .filter(|d| among(&d.file))
        .cloned()
        .collect();
    let workspace = loaded.sources.iter().find(|s| workspace::is_file(&s.file));
    if let Some(source) = workspace.filter(|source| among(&source.file)) {
        mine.extend(loaded.workspace.without_contact(source));
    }
    mine.extend(flows.iter().flat_map(|flow| warnings(&loaded, flow)));
    mine.sort_by(|a, b| (&a.file, a.span).cmp(&(&b.file, b.span)));
    let count = |level| mine.iter().filter(|d| d.level == level).count();
    let (errors, warnings) = (count(Level::Error), count(Level::Warning));
    match args.format {
        Format::Json => {
            let mut json = diagnostic::to_json(&mine, &loaded.sources);
            json["flows"] = flows.len().into();
            output::json(&json);
        }
        Format::Sarif => output::json(&diagnostic::to_sarif(&mine, &loaded.sources)),
        Format::Human => {
            out!("{}", diagnostic::render(&mine, &loaded.sources, colour()));
            if args.report {
                for flow in &flows {
                    outln!("{}", proof::report_in(flow, &loaded.workspace));
                }
            }
            outln!("{}", summary(flows.len(), errors, warnings));
        }
    }
    let denied = args.deny == Some(Deny::Warnings) && warnings > 0;
    Ok(if errors > 0 || denied {
        ExitCode::from(FAILED)
    } else {
        ExitCode::SUCCESS
    })
}

/// What is legal but regrettable in a flow, its own tests run to see which answers they take.
fn warnings(loaded: &Loaded, flow: &Arc<Flow>) -> Vec<Diagnostic> {
    let tested = flow_test::run(&loaded.workspace, &loaded.flows, flow);
    let uncovered: Vec<lint::Uncovered> = tested
        .uncovered()
        .filter_map(|edge| {
            let step = flow.find(&edge.step)?;
            Some(lint::Uncovered {
                step,
                exit: edge.exit.clone(),
            })
        })
        .collect();
    let known = lint::Known {
        workspace: Some(&loaded.workspace),
        uncovered: Some(&uncovered),
        leads_in_90_days: None,
    };
    lint::run(flow, &known)
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
