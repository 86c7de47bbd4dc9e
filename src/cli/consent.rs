//! `replytree consent`: the ledger as auditors ask for it. One lead's rows, the whole chain checked,
//! a file to take away. Changes nothing but the log of who read what, and may run beside the server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::cli::export;
use crate::cli::load;
use crate::cli::output::{self, Format};
use crate::cli::trail::{self, Did};
use crate::cli::{Context, Exit, FAILED, database};
use crate::lead::PhoneNumber;
use crate::policy::ledger::Head;
use crate::store::{Audit, Store};
use crate::web::api::proof;
use crate::web::fields::phone_in_url;

#[derive(Debug, Args)]
pub struct ConsentArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// One lead's consents and opt-outs, with wording, source, hash and what each opt-out stopped
    Show {
        /// The lead's number
        phone: String,
        #[arg(long, value_enum)]
        format: Option<Format>,
    },
    /// Check every row of the ledger: a changed, dropped, swapped or inserted one is named; exit 1
    Verify {
        /// An export of before: what it saw must still stand
        #[arg(long, value_name = "FILE")]
        anchor: Option<PathBuf>,
        #[arg(long, value_enum)]
        format: Option<Format>,
    },
    /// Write the ledger to a file for auditors: .csv, or one JSON object a line as .jsonl
    Export {
        file: PathBuf,
        #[arg(long, value_enum)]
        format: Option<Format>,
    },
}

pub fn run(context: &Context, args: &ConsentArgs) -> Exit {
    let store = database::open_existing(context)?;
    match &args.action {
        Action::Show { phone, format } => {
            let phone = number(context, phone)?;
            trail::note(store.as_ref(), Did::of_lead("consent show", phone))?;
            show(store.as_ref(), phone, form(*format))
        }
        Action::Verify { anchor, format } => {
            verify(store.as_ref(), anchor.as_deref(), form(*format))
        }
        Action::Export { file, format } => {
            let written = export::write(store.as_ref(), file)?;
            let about = format!("{} rows", written.rows);
            trail::note(store.as_ref(), Did::new("consent export", about))?;
            match form(*format) {
                Format::Json => output::json(&json!({
                    "file": file.display().to_string(), "rows": written.rows,
                    "buckets": written.heads.len(), "anchor": proof::hex(&written.anchor()),
                })),
                Format::Human => outln!(
                    "wrote {}: {} rows\nanchor {}\nKeep the anchor where others can see it: \
                     `consent verify --anchor` shows by it that nothing was cut off since.",
                    file.display(),
                    written.rows,
                    proof::hex(&written.anchor())
                ),
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn form(format: Option<Format>) -> Format {
    format.unwrap_or_else(output::by_terminal)
}

/// A number as people write it; without its country, in the workspace's.
pub fn number(context: &Context, text: &str) -> anyhow::Result<PhoneNumber> {
    let region = match load::load(context, &[]) {
        Ok(loaded) => loaded.workspace.region.clone(),
        Err(_) => "US".to_string(),
    };
    phone_in_url(text, &region)
        .with_context(|| format!("`{text}` is not a phone number; write it as +13125550142"))
}

fn show(store: &dyn Store, phone: PhoneNumber, format: Format) -> Exit {
    let Some(found) = proof::of_lead(store, phone)? else {
        bail!("nothing is known of this number");
    };
    match format {
        Format::Json => output::json(&found),
        Format::Human => show_people(&found),
    }
    Ok(ExitCode::SUCCESS)
}

fn show_people(found: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    outln!(
        "{}: {}",
        text(&found["phone"]),
        found["consent"]["state"].as_str().unwrap_or("erased")
    );
    let mut table = comfy_table::Table::new();
    table.set_header([
        "row", "at", "change", "kind", "method", "source", "wording", "ip", "rule",
    ]);
    for row in found["data"].as_array().into_iter().flatten() {
        let place = format!("{}/{}", row["bucket"], row["n"]);
        let mut cells = vec![place, text(&row["at"])];
        match row["erased"].as_bool() {
            Some(true) => cells.push("erased".to_string()),
            _ => cells.extend(
                [
                    "change", "kind", "method", "source", "wording", "ip", "rule",
                ]
                .map(|name| text(&row[name])),
            ),
        }
        table.add_row(cells);
    }
    outln!("{table}");
}

fn verify(store: &dyn Store, anchor: Option<&Path>, format: Format) -> Exit {
    let audit = store.audit_ledger()?;
    let mut faults: Vec<Value> = audit
        .faults
        .iter()
        .map(|fault| {
            json!({ "bucket": fault.bucket(), "row": fault.row(), "problem": fault.to_string() })
        })
        .collect();
    if let Some(file) = anchor {
        faults.extend(since(store, &audit, file)?);
    }
    let anchor = proof::hex(&audit.anchor());
    match format {
        Format::Json => output::json(&json!({
            "valid": faults.is_empty(), "rows": audit.rows, "buckets": audit.heads.len(),
            "anchor": anchor, "faults": faults,
        })),
        Format::Human => {
            for fault in &faults {
                let problem = fault["problem"].as_str().unwrap_or_default();
                outln!("broken: {problem}");
            }
            let rows = audit.rows;
            match faults.len() {
                0 => outln!("the ledger is as it was written: {rows} rows\n{anchor}"),
                n => outln!("{n} faults; {rows} rows before them are as written"),
            }
        }
    }
    Ok(match faults.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(FAILED),
    })
}

/// What an export saw and is no more.
fn since(store: &dyn Store, audit: &Audit, file: &Path) -> anyhow::Result<Vec<Value>> {
    let heads: BTreeMap<u8, Head> = audit.heads.iter().copied().collect();
    let mut faults = Vec::new();
    for (bucket, then) in export::heads_of(file)? {
        let row = store.ledger_page(bucket, then.n.saturating_sub(1), 1)?;
        let hash = row
            .first()
            .filter(|row| row.n == then.n)
            .map(|row| row.hash);
        let now = heads.get(&bucket).copied().unwrap_or(Head {
            n: 0,
            hash: [0; 32],
        });
        if let Err(broken) = now.holds(then, hash) {
            faults.push(json!({
                "bucket": bucket, "row": then.n,
                "problem": format!("bucket {bucket}, since the export: {broken}"),
            }));
        }
    }
    Ok(faults)
}
