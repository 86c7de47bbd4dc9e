//! `replytree erase`: a lead's number, name and words out of the database; the minimum proof stays.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use serde_json::json;

use crate::cli::output::{self, Format};
use crate::cli::trail::{self, Did};
use crate::cli::{Context, Exit, consent, database};
use crate::runtime::{Clock, WallClock};

#[derive(Debug, Args)]
pub struct EraseArgs {
    /// The lead's number
    phone: String,
    #[arg(long, value_enum)]
    format: Option<Format>,
}

/// How often the log is emptied again while a server reads from it.
const TRIES: u32 = 20;

pub fn run(context: &Context, args: &EraseArgs) -> Exit {
    let store = database::open_existing(context)?;
    let phone = consent::number(context, &args.phone)?;
    if !store.erase(phone, WallClock.now())? {
        bail!("nothing is known of this number");
    }
    trail::note(store.as_ref(), Did::of_lead("erase", phone))?;
    for _ in 0..TRIES {
        if store.log_is_clean()? {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let kept = store.ledger_proof(phone)?.len();
    match args.format.unwrap_or_else(output::by_terminal) {
        Format::Json => output::json(&json!({
            "erased": true, "rows_of_proof": kept, "log_clean": store.log_is_clean()?,
        })),
        Format::Human => outln!(
            "erased; {kept} rows of the ledger stay without number and words, and the number is \
             not written to again"
        ),
    }
    Ok(ExitCode::SUCCESS)
}
