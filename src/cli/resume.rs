//! `replytree resume`: lets a flow go on that was paused because something looked wrong, or sending, after
//! a limit was reached.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use crate::cli::trail::{self, Did};
use crate::cli::{Context, Exit, database};
use crate::runtime::watch;

#[derive(Debug, Args)]
pub struct ResumeArgs {
    /// The flow's name; `sending:all`, or `sending:` and a channel, after a limit was reached
    flow: String,
}

pub fn run(context: &Context, args: &ResumeArgs) -> Exit {
    let store = database::open_existing(context)?;
    let flow = &args.flow;
    let Some(pause) = watch::resume(store.as_ref(), flow)? else {
        let others: Vec<String> = watch::paused(store.as_ref())?
            .keys()
            .map(ToString::to_string)
            .collect();
        match others.is_empty() {
            true => bail!("`{flow}` is not paused; nothing is"),
            false => bail!("`{flow}` is not paused; {} is", others.join(", ")),
        }
    };
    trail::note(store.as_ref(), Did::new("resume", flow.as_str()))?;
    outln!(
        "`{flow}` goes on; it was paused at {} for {}. What was held leaves within a minute.",
        pause.at,
        pause.why
    );
    Ok(ExitCode::SUCCESS)
}
