//! `replytree init`: a workspace of one's own, from an industry playbook.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use rust_embed::RustEmbed;

use crate::cli::Exit;
use crate::diagnostic::nearest;

/// The shipped playbooks, inside the binary.
#[derive(RustEmbed)]
#[folder = "flows/"]
struct Playbooks;

#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder to make
    #[arg(default_value = "flows")]
    dir: PathBuf,

    /// Whose playbook: an industry such as automotive, or one flow such as automotive/test-drive
    #[arg(long, value_name = "NAME", default_value = "templates")]
    playbook: String,
}

pub fn run(args: &InitArgs) -> Exit {
    let names: Vec<String> = Playbooks::iter()
        .map(|name| name.to_string())
        .filter(|name| name.ends_with(".yaml"))
        .collect();
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
    if args.dir.join("workspace.yaml").exists() {
        bail!("{} is a workspace already", args.dir.display());
    }
    write(&args.dir, "workspace.yaml")?;
    for name in &chosen {
        write(&args.dir, name)?;
    }
    let dir = args.dir.display();
    anstream::println!(
        "Made {dir} with {} of the {wanted} playbook. Next:",
        flows(chosen.len())
    );
    anstream::println!(
        "  replytree --workspace {dir} check     what is wrong with the flows, if anything"
    );
    anstream::println!("  replytree --workspace {dir} test      run their tests");
    anstream::println!("  replytree --workspace {dir} serve     text with them in the browser");
    Ok(ExitCode::SUCCESS)
}

fn flows(count: usize) -> String {
    if count == 1 {
        "one flow".to_string()
    } else {
        format!("{count} flows")
    }
}

fn unknown(wanted: &str, names: &[String]) -> String {
    let mut industries: Vec<&str> = names
        .iter()
        .filter_map(|name| name.split_once('/').map(|(dir, _)| dir))
        .collect();
    industries.dedup();
    let all = names
        .iter()
        .map(|name| name.trim_end_matches(".yaml"))
        .chain(industries.iter().copied());
    let near = nearest(wanted, all).map(|near| format!(" Did you mean `{near}`?"));
    format!(
        "there is no playbook `{wanted}`.{} There are: {}",
        near.unwrap_or_default(),
        industries.join(", ")
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
