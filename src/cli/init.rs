//! `replytree init`: a workspace of one's own, from an industry playbook.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use rust_embed::RustEmbed;

use crate::cli::Exit;
use crate::diagnostic::nearest;
use crate::flow::yaml;

/// The shipped playbooks, inside the binary.
#[derive(RustEmbed)]
#[folder = "flows/"]
struct Playbooks;

#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub struct InitArgs {
    /// The folder to make
    #[arg(default_value = "flows")]
    dir: PathBuf,

    /// Whose playbook: an industry such as automotive, or one flow such as test-drive
    #[arg(long, value_name = "NAME", default_value = "templates")]
    playbook: String,
}

pub fn run(args: &InitArgs) -> Exit {
    let names = names();
    let wanted = args.playbook.trim_end_matches(".yaml");
    let chosen: Vec<&String> = names
        .iter()
        .filter(|name| {
            let path = name.trim_end_matches(".yaml");
            path == wanted
                || path
                    .strip_prefix(wanted)
                    .is_some_and(|rest| rest.starts_with('/'))
                || path.rsplit('/').next() == Some(wanted) && path.contains('/')
        })
        .collect();
    if chosen.is_empty() {
        bail!("{}", unknown(wanted, &names));
    }
    let chosen = with_those_they_run(chosen, &names);
    if args.dir.join("workspace.yaml").exists() {
        bail!("{} is a workspace already", args.dir.display());
    }
    write(&args.dir, "workspace.yaml")?;
    for name in &chosen {
        write(&args.dir, name)?;
    }
    let made: Vec<&str> = chosen.iter().map(|name| name.as_str()).collect();
    outln!("Made {}:", args.dir.display());
    for name in std::iter::once("workspace.yaml").chain(made) {
        outln!("  {}", args.dir.join(name).display());
    }
    // The folder that commands find by themselves need not be told.
    let at = match args.dir == Path::new("flows") {
        true => String::new(),
        false => format!(" --workspace {}", args.dir.display()),
    };
    outln!("Next:");
    outln!("  replytree{at} check     what is wrong with the flows, if anything");
    outln!("  replytree{at} test      run their tests");
    outln!("  replytree{at} serve     text with them in the browser");
    Ok(ExitCode::SUCCESS)
}

/// The flows chosen, and those that they run inside themselves.
fn with_those_they_run<'n>(mut chosen: Vec<&'n String>, names: &'n [String]) -> Vec<&'n String> {
    let mut at = 0;
    while let Some(name) = chosen.get(at) {
        at += 1;
        let Some(file) = Playbooks::get(name) else {
            continue;
        };
        let text = String::from_utf8_lossy(&file.data);
        let runs: Vec<String> = runs(&text).map(|flow| format!("/{flow}.yaml")).collect();
        let more = names.iter().filter(|name| {
            runs.iter().any(|end| name.ends_with(end.as_str())) && !chosen.contains(name)
        });
        let more: Vec<&String> = more.collect();
        chosen.extend(more);
    }
    chosen
}

/// The flows that a shipped flow runs. Each is in a file of its name.
fn runs(text: &str) -> impl Iterator<Item = String> {
    let steps = yaml::read("", text).0;
    let steps = steps.as_ref().and_then(|flow| flow.get("steps")).cloned();
    let steps = steps.and_then(|steps| steps.map().map(<[yaml::Entry]>::to_vec));
    steps
        .unwrap_or_default()
        .into_iter()
        .filter_map(|step| step.value.get("run")?.text().map(str::to_string))
}

/// Each industry with its flows, a line each.
fn listed(names: &[String]) -> String {
    let mut industries: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in names {
        if let Some((industry, flow)) = name.trim_end_matches(".yaml").split_once('/') {
            industries.entry(industry).or_default().push(flow);
        }
    }
    let lines: Vec<String> = industries
        .iter()
        .map(|(industry, flows)| format!("  {industry:<14} {}", flows.join(", ")))
        .collect();
    lines.join("\n")
}

fn names() -> Vec<String> {
    Playbooks::iter()
        .map(|name| name.to_string())
        .filter(|name| name.ends_with(".yaml"))
        .collect()
}

fn after_help() -> String {
    format!("Playbooks, with the flows of each:\n{}", listed(&names()))
}

fn unknown(wanted: &str, names: &[String]) -> String {
    // As they may be asked for: `automotive`, `test-drive`, `automotive/test-drive`.
    let all = names.iter().flat_map(|name| {
        let path = name.trim_end_matches(".yaml");
        let (industry, flow) = path.split_once('/').unwrap_or((path, path));
        [industry, flow, path]
    });
    let near = nearest(wanted, all).map(|near| format!(" Did you mean `{near}`?"));
    format!(
        "there is no playbook `{wanted}`.{} There are:\n{}",
        near.unwrap_or_default(),
        listed(names)
    )
}

fn write(dir: &Path, name: &str) -> anyhow::Result<()> {
    let file = Playbooks::get(name).with_context(|| format!("{name} is not in this build"))?;
    let path = dir.join(name);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)
            .with_context(|| format!("cannot make {}", parent.display()))?;
    }
    std::fs::write(&path, &file.data).with_context(|| format!("cannot write {}", path.display()))
}
