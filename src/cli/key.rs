//! `replytree key`: API keys, shown once and kept as hashes.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use crate::cli::listing::{Listing, at};
use crate::cli::output::{self, Format};
use crate::cli::trail::{self, Did};
use crate::cli::{Context, Exit, database};
use crate::runtime::{Clock, WallClock};
use crate::store::{ApiKey, Role};
use crate::time::Duration;
use crate::web::auth::new_key;

#[derive(Debug, Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a key; it is shown this once
    Add {
        name: String,
        #[arg(long, value_enum)]
        role: RoleArg,
        /// How long it is good, such as 90d [default: until it is revoked]
        #[arg(long, value_name = "SPAN")]
        expires: Option<Duration>,
        /// Calls a minute at most
        #[arg(long, value_name = "N")]
        per_minute: Option<u32>,
        #[arg(long, value_enum, default_value = None)]
        format: Option<Format>,
    },
    /// List the keys there are, never the keys themselves
    List {
        #[arg(long, value_enum, default_value = None)]
        format: Option<Format>,
    },
    /// Refuse a key from now on
    Revoke { name: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleArg {
    Author,
    Agent,
    Admin,
    Auditor,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Role {
        match role {
            RoleArg::Author => Role::Author,
            RoleArg::Agent => Role::Agent,
            RoleArg::Admin => Role::Admin,
            RoleArg::Auditor => Role::Auditor,
        }
    }
}

pub fn run(context: &Context, args: &KeyArgs) -> Exit {
    let store = match &args.action {
        Action::Add { .. } => database::open(context)?,
        Action::List { .. } | Action::Revoke { .. } => database::open_existing(context)?,
    };
    let now = WallClock.now();
    match &args.action {
        Action::Add {
            name,
            role,
            expires,
            per_minute,
            format,
        } => {
            if store
                .keys()?
                .iter()
                .any(|key| key.name == *name.as_str() && key.revoked.is_none())
            {
                bail!("there is a key `{name}` already; revoke it first, or choose another name");
            }
            let role = Role::from(*role);
            let (key, mut kept) = new_key(name.as_str().into(), role, now)?;
            kept.expires = expires.map(|span| now + span);
            kept.per_minute = *per_minute;
            store.add_key(&kept)?;
            let about = format!("{name} ({})", role.as_str());
            trail::note(store.as_ref(), Did::new("key add", about))?;
            match format.unwrap_or_else(output::by_terminal) {
                Format::Json => {
                    output::json(&json!({ "key": key, "name": name, "role": role.as_str() }));
                }
                Format::Human => {
                    outln!("{key}");
                    errln!(
                        "Keep it now: it is not shown again. Role: {}.",
                        role.as_str()
                    );
                }
            }
        }
        Action::List { format } => KEYS.print(&store.keys()?, *format)?,
        Action::Revoke { name } => {
            if !store.revoke_key(name, now)? {
                bail!("there is no key `{name}`");
            }
            trail::note(store.as_ref(), Did::new("key revoke", name.as_str()))?;
            outln!("revoked {name}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

const KEYS: Listing<ApiKey> = Listing {
    header: &["name", "role", "created", "used", "expires", "revoked"],
    cells: |key| {
        vec![
            key.name.to_string(),
            key.role.as_str().to_string(),
            key.created.to_string(),
            at(key.used),
            at(key.expires),
            at(key.revoked),
        ]
    },
    shape: |key| {
        json!({
            "name": key.name.as_str(), "role": key.role.as_str(),
            "created": key.created.to_string(),
            "revoked": key.revoked.map(|at| at.to_string()),
            "expires": key.expires.map(|at| at.to_string()),
            "used": key.used.map(|at| at.to_string()),
            "per_minute": key.per_minute,
        })
    },
};
