//! `replytree report`: what became of the leads of each flow: figures, the way through the steps, and
//! the arms of experiments.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};

use crate::cli::load::{Loaded, load};
use crate::cli::{Context, Exit, database, output};
use crate::flow::{Experiment, Flow};
use crate::import::harmless;
use crate::kpi::{self, Figures};
use crate::runtime::{Clock, WallClock};
use crate::store::Store;
use crate::time::{Duration, Timestamp};
use crate::web::api::reports;

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// One flow; all that are loaded if not given
    flow: Option<String>,
    /// Conversations begun since: a time as in RFC 3339, a day, or a span back from now such as 7d
    #[arg(long, value_name = "T")]
    since: Option<String>,
    #[arg(long, value_enum, default_value = None)]
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Human,
    Json,
    Csv,
}

/// What is told of one flow.
struct Report<'f> {
    flow: &'f Flow,
    figures: Figures,
    complete: bool,
    experiments: Vec<(&'f Experiment, BTreeMap<String, Figures>)>,
}

pub fn run(context: &Context, args: &ReportArgs) -> Exit {
    let loaded = load(context, &[])?;
    let store = database::open_existing(context)?;
    let since = args.since.as_deref().map(since).transpose()?;
    let reports: Vec<Report> = flows(&loaded, args)?
        .into_iter()
        .map(|flow| report(store.as_ref(), flow, since))
        .collect::<Result<_, _>>()?;
    let format = args.format.unwrap_or(match output::by_terminal() {
        output::Format::Human => Format::Human,
        output::Format::Json => Format::Json,
    });
    match format {
        Format::Json => {
            let flows: Vec<Value> = reports.iter().map(shape).collect();
            let since = since.map(|at| at.to_string());
            output::json(&json!({ "since": since, "flows": flows }));
        }
        Format::Csv => csv(&reports)?,
        Format::Human => {
            // Of all, those that nobody entered say nothing.
            let told = reports
                .iter()
                .filter(|it| args.flow.is_some() || it.figures.conversations > 0);
            let told: Vec<&Report> = told.collect();
            if told.is_empty() {
                outln!("No conversations yet.");
            }
            told.into_iter().for_each(print);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn flows<'l>(loaded: &'l Loaded, args: &ReportArgs) -> anyhow::Result<Vec<&'l Flow>> {
    match &args.flow {
        Some(name) => Ok(vec![loaded.flow(name)?]),
        None => Ok(loaded.flows.iter().map(AsRef::as_ref).collect()),
    }
}

fn since(text: &str) -> anyhow::Result<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    if let Ok(at) = format!("{text}T00:00:00Z").parse::<Timestamp>() {
        return Ok(at);
    }
    match text.parse::<Duration>() {
        Ok(span) => Ok(WallClock.now() - span),
        Err(_) => bail!("`{text}` is not a time; write 2026-11-01, 2026-11-01T08:00:00Z, or 7d"),
    }
}

fn report<'f>(
    store: &dyn Store,
    flow: &'f Flow,
    since: Option<Timestamp>,
) -> anyhow::Result<Report<'f>> {
    let (figures, complete) = kpi::of_flow(store, &flow.name, since)?;
    let mut experiments = Vec::new();
    for experiment in &flow.experiments {
        let goal = reports::goal(experiment);
        let (arms, _) =
            kpi::of_experiment(store, &flow.name, &experiment.name, goal.as_ref(), since)?;
        experiments.push((experiment, arms));
    }
    Ok(Report {
        flow,
        figures,
        complete,
        experiments,
    })
}

/// The steps in the flow's own order, with how many came to each.
fn funnel<'r>(report: &'r Report) -> impl Iterator<Item = (&'r str, u64)> {
    let reached = &report.figures.reached;
    report.flow.steps.iter().filter_map(|step| {
        let name = step.name.as_str();
        reached.get(name).map(|count| (name, *count))
    })
}

fn shape(report: &Report) -> Value {
    let mut shown = reports::json(&report.figures);
    shown["flow"] = json!(report.flow.name.as_str());
    shown["complete"] = json!(report.complete);
    shown["funnel"] = funnel(report)
        .map(|(step, count)| json!({ "step": step, "reached": count }))
        .collect::<Vec<Value>>()
        .into();
    shown["experiments"] = report
        .experiments
        .iter()
        .map(|(experiment, arms)| {
            let compared = reports::comparisons(arms, reports::goal(experiment).as_ref());
            let arms: serde_json::Map<String, Value> = arms
                .iter()
                .map(|(arm, figures)| (arm.clone(), reports::arm(figures, experiment)))
                .collect();
            let name = experiment.name.as_str();
            json!({ "experiment": name, "arms": arms, "compared": compared })
        })
        .collect::<Vec<Value>>()
        .into();
    shown
}

/// The figures by name, the same for a flow and an arm.
fn rows(figures: &Figures) -> Vec<(String, String)> {
    let seconds = |times: &[Duration]| {
        let middle = kpi::median(times).map(|it| it.as_ms() / 1000);
        middle.map_or(String::new(), |s| s.to_string())
    };
    let mut rows: Vec<(String, String)> = [
        ("conversations", figures.conversations),
        ("sent", figures.sent),
        ("parts", figures.parts),
        ("delivered", figures.delivered),
        ("emails", figures.emails),
        ("replied", figures.replied),
        ("clicked", figures.clicked),
        ("handed_off", figures.handed_off),
        ("opted_out", figures.opted_out),
    ]
    .map(|(name, count)| (name.to_string(), count.to_string()))
    .to_vec();
    rows.push(("median_seconds_to_reply".into(), seconds(&figures.to_reply)));
    rows.push(("median_seconds_to_claim".into(), seconds(&figures.to_claim)));
    let outcomes = figures.by_outcome.iter();
    rows.extend(outcomes.map(|(name, count)| (format!("outcome {name}"), count.to_string())));
    rows
}

fn csv(reports: &[Report]) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(output::stdout());
    writer.write_record(["flow", "experiment", "arm", "figure", "value"])?;
    for report in reports {
        let flow = harmless(&report.flow.name);
        for (figure, value) in rows(&report.figures) {
            writer.write_record([&flow, "", "", &harmless(&figure), &value])?;
        }
        for (step, count) in funnel(report) {
            let figure = format!("reached {step}");
            writer.write_record([&flow, "", "", &figure, &count.to_string()])?;
        }
        for (experiment, arms) in &report.experiments {
            let goal = reports::goal(experiment).map(|goal| goal.name());
            for (arm, figures) in arms {
                let measured = goal
                    .clone()
                    .map(|goal| (goal, figures.measured.to_string()));
                for (figure, value) in rows(figures).into_iter().chain(measured) {
                    let (name, arm) = (harmless(&experiment.name), harmless(arm));
                    writer.write_record([&flow, &name, &arm, &harmless(&figure), &value])?;
                }
            }
        }
    }
    writer.flush()?;
    Ok(())
}

fn percent(part: u64, all: u64) -> String {
    match all {
        0 => String::new(),
        all => format!("{:.0} %", part as f64 * 100.0 / all as f64),
    }
}

const BAR: usize = 28;

fn print(report: &Report) {
    let figures = &report.figures;
    let all = figures.conversations;
    let of = if report.complete { "" } else { " (the newest)" };
    outln!("{}: {all} conversations{of}", report.flow.name);
    let seconds = |times: &[Duration]| kpi::median(times).map(|it| format!("median {it}"));
    let line = |name: &str, count: u64, note: String| {
        outln!("  {name:<12}{count:>8}  {note}");
    };
    line(
        "texts",
        figures.sent,
        format!("{} parts, {} delivered", figures.parts, figures.delivered),
    );
    line("emails", figures.emails, String::new());
    let waited = seconds(&figures.to_reply).map_or(String::new(), |it| format!(", {it}"));
    line(
        "replied",
        figures.replied,
        percent(figures.replied, all) + &waited,
    );
    line("clicked", figures.clicked, percent(figures.clicked, all));
    let claimed = seconds(&figures.to_claim).map_or(String::new(), |it| {
        format!(", {} claimed, {it}", figures.to_claim.len())
    });
    line(
        "handed off",
        figures.handed_off,
        percent(figures.handed_off, all) + &claimed,
    );
    line(
        "opted out",
        figures.opted_out,
        percent(figures.opted_out, all),
    );
    for (outcome, count) in &figures.by_outcome {
        outln!("  ended {outcome:<22}{count:>6}  {}", percent(*count, all));
    }
    for (step, count) in funnel(report) {
        let filled = (count as usize * BAR)
            .checked_div(all as usize)
            .unwrap_or(0)
            .min(BAR);
        outln!("  {step:<28}{count:>6}  {}", "█".repeat(filled));
    }
    for (experiment, arms) in &report.experiments {
        let goal = reports::goal(experiment);
        outln!("  experiment {}", experiment.name);
        for (arm, figures) in arms {
            let (all, replied) = (figures.conversations, figures.replied);
            let came = goal.as_ref().map_or(String::new(), |goal| {
                let (goal, count) = (goal.name(), figures.measured);
                format!(", {count} {goal} {}", percent(count, all))
            });
            outln!(
                "    {arm:<18}{all:>6} leads, {replied} replied {}, {} opted out{came}",
                percent(replied, all),
                figures.opted_out
            );
        }
        for (what, it) in kpi::compared(arms, goal.as_ref()) {
            outln!("    {:<18}{}", what.replace('_', " "), it.spoken());
        }
    }
    outln!();
}
