//! `replytree replies`: what leads wrote that nobody understood, grouped for the author.

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::cli::load::load;
use crate::cli::{Context, Exit, database, stdout};
use crate::flow::Flow;
use crate::runtime::unheard::{self, Suggestion, Unheard};
use crate::time::Timestamp;

#[derive(Debug, Args)]
pub struct RepliesArgs {
    /// The flow's name
    flow: String,

    /// Replies since this time only, such as 2026-11-23T00:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,

    /// How to answer
    #[arg(long, value_enum, default_value_t = Shape::Human)]
    format: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shape {
    Human,
    /// One object a line
    Json,
    Csv,
}

pub fn run(context: &Context, args: &RepliesArgs) -> Exit {
    let loaded = load(context, &[])?;
    let flow = loaded.flow(&args.flow)?;
    let store = database::open_existing(context)?;
    let since = args.since.unwrap_or(Timestamp::from_ms(0));
    let found = unheard::find(store.as_ref(), flow, since)?;
    let mut out = stdout();
    match args.format {
        Shape::Human => human(&mut out, flow, &found.groups)?,
        Shape::Json => {
            for group in &found.groups {
                writeln!(out, "{}", group.json(flow))?;
            }
        }
        Shape::Csv => csv(&mut out, &found.groups)?,
    }
    if !found.complete {
        writeln!(out, "… and more: give --since to look at less")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn human(out: &mut impl Write, flow: &Flow, groups: &[Unheard]) -> std::io::Result<()> {
    if groups.is_empty() {
        return writeln!(out, "Every reply was understood.");
    }
    for group in groups {
        let step = &group.step;
        let place = flow.find(step).map_or_else(
            || step.to_string(),
            |ix| format!("{}:{} {step}", flow.file, flow.step(ix).line),
        );
        let times = group.count;
        writeln!(out, "{times:>5} × {:?} at {place}", group.text)?;
        match &group.suggestion {
            Suggestion::Words { line, because, .. } => {
                writeln!(out, "        {line}  # {because}")?;
            }
            Suggestion::Review => {
                writeln!(out, "        for review: nothing points to one answer")?
            }
        }
    }
    Ok(())
}

fn csv(out: &mut impl Write, groups: &[Unheard]) -> std::io::Result<()> {
    writeln!(out, "step,locale,text,count,leads,last,option,yaml")?;
    for group in groups {
        let (option, line) = match &group.suggestion {
            Suggestion::Words { option, line, .. } => (option.as_str(), line.as_str()),
            Suggestion::Review => ("", ""),
        };
        let fields = [
            group.step.as_str(),
            group.locale.as_str(),
            &group.text,
            &group.count.to_string(),
            &group.leads.to_string(),
            &group.last.to_string(),
            option,
            line,
        ];
        let quoted: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
        writeln!(out, "{}", quoted.join(","))?;
    }
    Ok(())
}

/// RFC 4180; what a spreadsheet would take for a formula is made plain text.
fn quoted(field: &str) -> String {
    let plain = match field.starts_with(['=', '+', '-', '@', '\t']) {
        true => format!("'{field}"),
        false => field.to_string(),
    };
    match plain.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", plain.replace('"', "\"\"")),
        false => plain,
    }
}
