//! `replytree import`: leads with their consent from a CSV file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::cli::output::{self, Format};
use crate::cli::trail::{self, Did};
use crate::cli::{Context, Exit, FAILED, engine};
use crate::flow::workspace::Workspace;
use crate::import::{
    Column, Counts, Defaults, Go, Import, Mapping, Outcome, Refused, Table, refused_csv, run,
};
use crate::policy::consent::Level;
use crate::runtime::{Engine, Work};

/// Lines that are named for one kind of reason.
const LINES_SHOWN: usize = 5;

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The file; any encoding and separator a spreadsheet writes
    file: PathBuf,
    /// What a column is, where its name does not say so: phone=Mobile, name=Who, city=Town, -=Notes.
    /// A column by its name or its number
    #[arg(long, value_name = "WHAT=COLUMN", num_args = 1)]
    map: Vec<String>,
    /// What everyone in the file was shown when they agreed to be texted
    #[arg(long, value_name = "WORDING")]
    consent: Option<String>,
    /// What they agreed to
    #[arg(long, value_enum, default_value = "marketing", value_name = "KIND")]
    consent_kind: Kind,
    /// Where the consent came from, where no column says so [default: import FILE]
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// Look only; nothing is stored
    #[arg(long)]
    dry_run: bool,
    #[arg(long, value_enum, default_value = None)]
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    Marketing,
    Transactional,
}

pub fn run_command(context: &Context, args: &ImportArgs) -> Exit {
    let (engine, loaded) = engine::open(context)?;
    let (table, mapping) = read(&args.file, &args.map, &loaded.workspace)?;
    let defaults = defaults(args, &loaded.workspace, &engine);
    let bar = bar(table.rows as u64);
    let outcome = import(&engine, args, &table, &mapping, &defaults, &bar)?;
    bar.finish_and_clear();
    if !args.dry_run {
        let counts = &outcome.counts;
        let about = format!("{} rows, {} refused", counts.rows, counts.refused);
        trail::note(engine.store.as_ref(), Did::new("import", about))?;
    }
    let kept = match outcome.refused.is_empty() || args.dry_run {
        true => None,
        false => Some(keep(&args.file, &table, &outcome.refused)?),
    };
    match args.format.unwrap_or_else(output::by_terminal) {
        Format::Json => output::json(&shape(&outcome, &mapping, &table, kept.as_deref())),
        Format::Human => print(args, &table, &mapping, &outcome, kept.as_deref()),
    }
    let taken = outcome.counts.rows - outcome.counts.refused;
    match taken == 0 && outcome.counts.rows > 0 {
        true => Ok(ExitCode::from(FAILED)),
        false => Ok(ExitCode::SUCCESS),
    }
}

/// The file and what its columns are.
pub fn read(
    file: &Path,
    map: &[String],
    workspace: &Workspace,
) -> anyhow::Result<(Table, Mapping)> {
    let shown = file.display();
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {shown}"))?;
    let table = Table::read(&bytes, &workspace.region).with_context(|| format!("{shown}"))?;
    let mapping =
        Mapping::of(&table, map, &workspace.region).with_context(|| format!("{shown}"))?;
    Ok((table, mapping))
}

fn defaults(args: &ImportArgs, workspace: &Workspace, engine: &Engine) -> Defaults {
    let name = args.file.file_name().map(|name| name.to_string_lossy());
    let source = format!("import {}", name.unwrap_or_default());
    Defaults {
        region: workspace.region.clone(),
        zone: workspace.time_zone.clone(),
        wording: args.consent.clone().filter(|it| !it.trim().is_empty()),
        source: args.source.clone().unwrap_or(source),
        level: match args.consent_kind {
            Kind::Marketing => Level::Marketing,
            Kind::Transactional => Level::Transactional,
        },
        now: engine.clock.now(),
    }
}

/// On a terminal; elsewhere it draws nothing.
pub fn bar(rows: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} rows, {per_sec}, {eta} left");
    let bar = ProgressBar::new(rows);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn import(
    engine: &Engine,
    args: &ImportArgs,
    table: &Table,
    mapping: &Mapping,
    defaults: &Defaults,
    bar: &ProgressBar,
) -> anyhow::Result<Outcome> {
    let import = Import {
        table,
        mapping,
        defaults,
    };
    let mut progress = |counts: &Counts| {
        bar.set_position(counts.rows as u64);
        Go::On
    };
    let mut commit = |work: Vec<Work>| engine::turns(engine, work);
    let commit: crate::import::Commit = match args.dry_run {
        true => None,
        false => Some(&mut commit),
    };
    Ok(run(&import, engine.store.as_ref(), commit, &mut progress)?)
}

/// Beside the file, for its owner alone: it holds numbers.
fn keep(file: &Path, table: &Table, refused: &[Refused]) -> anyhow::Result<PathBuf> {
    use std::io::Write as _;
    let mut name = file.file_stem().unwrap_or_default().to_os_string();
    name.push(".rejected.csv");
    let path = file.with_file_name(name);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let shown = path.display().to_string();
    let write = || format!("cannot write {shown}");
    let mut kept = options.open(&path).with_context(write)?;
    kept.write_all(&refused_csv(&table.header, refused))
        .with_context(write)?;
    Ok(path)
}

/// Each kind of reason with its lines: the cell itself, which differs from row to row, is left out.
fn by_reason(refused: &[Refused]) -> BTreeMap<String, Vec<u64>> {
    let mut reasons: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for row in refused {
        let reason = row.reason.to_string();
        let mut parts = reason.split('`');
        let kind = match (parts.next(), parts.nth(1)) {
            (Some(before), Some(after)) => format!("{before}…{after}"),
            (before, _) => before.unwrap_or_default().to_string(),
        };
        let kind = match &row.reason {
            crate::import::Reason::Again(_) => "the same number stands on an earlier line".into(),
            _ => kind,
        };
        reasons.entry(kind).or_default().push(row.line);
    }
    reasons
}

fn columns<'m>(mapping: &'m Mapping, table: &'m Table) -> impl Iterator<Item = (&'m str, String)> {
    let shown = |column: &Column| match column {
        Column::Ignored => "left out".to_string(),
        Column::Field(name) => format!("field {name}"),
        known => known.word().to_string(),
    };
    let columns = mapping.columns().iter().map(shown);
    table.header.iter().map(String::as_str).zip(columns)
}

fn print(
    args: &ImportArgs,
    table: &Table,
    mapping: &Mapping,
    outcome: &Outcome,
    kept: Option<&Path>,
) {
    let counts = &outcome.counts;
    let encoding = table.encoding.as_str();
    outln!("{encoding}, separated by {}:", table.separator_name());
    for (name, column) in columns(mapping, table) {
        outln!("  {name} → {column}");
    }
    let would = if args.dry_run { "would be " } else { "" };
    for (count, what) in [
        (counts.created, format!("{would}new")),
        (counts.updated, format!("{would}brought up to date")),
        (counts.unchanged, "unchanged".to_string()),
        (counts.refused, format!("{would}refused")),
    ] {
        outln!("{count:>9} {what}");
    }
    if counts.without_consent > 0 {
        let hint = match args.consent.is_some() {
            true => "",
            false => "; say with --consent what they were shown when they agreed",
        };
        outln!(
            "{:>9} without consent, and not to be texted{hint}",
            counts.without_consent
        );
    }
    if counts.opted_out > 0 {
        outln!("{:>9} opted out, and stay so", counts.opted_out);
    }
    for (reason, lines) in by_reason(&outcome.refused) {
        let shown: Vec<String> = lines.iter().take(LINES_SHOWN).map(u64::to_string).collect();
        let more = if lines.len() > LINES_SHOWN {
            ", …"
        } else {
            ""
        };
        outln!(
            "  {} × {reason} (line {}{more})",
            lines.len(),
            shown.join(", ")
        );
    }
    if let Some(kept) = kept {
        outln!("The refused rows are in {}.", kept.display());
    }
}

fn shape(
    outcome: &Outcome,
    mapping: &Mapping,
    table: &Table,
    kept: Option<&Path>,
) -> serde_json::Value {
    let counts = &outcome.counts;
    let columns: Vec<serde_json::Value> = columns(mapping, table)
        .map(|(name, column)| json!({ "column": name, "as": column }))
        .collect();
    let refused: Vec<serde_json::Value> = outcome
        .refused
        .iter()
        .map(|row| json!({ "line": row.line, "reason": row.reason.to_string() }))
        .collect();
    json!({
        "rows": counts.rows, "created": counts.created, "updated": counts.updated,
        "unchanged": counts.unchanged, "rejected": counts.refused,
        "without_consent": counts.without_consent, "opted_out": counts.opted_out,
        "encoding": table.encoding.as_str(), "columns": columns, "reasons": refused,
        "rejected_file": kept.map(|path| path.display().to_string()),
    })
}
