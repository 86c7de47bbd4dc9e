//! `replytree user`: people who sign in to the console.

use std::io::BufRead as _;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::key::RoleArg;
use crate::cli::listing::{Listing, at};
use crate::cli::output::{self, Format};
use crate::cli::trail::{self, Did};
use crate::cli::{Context, Exit, database, load, serve};
use crate::runtime::{Clock, WallClock};
use crate::store::Account;
use crate::web::accounts;

#[derive(Debug, Args)]
pub struct UserArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add a user; prints the link by which they choose their password
    Add {
        name: String,
        #[arg(long, value_enum)]
        role: RoleArg,
        /// Read the password from the first line of standard input instead
        #[arg(long)]
        password_stdin: bool,
        #[arg(long, value_enum, default_value = None)]
        format: Option<Format>,
    },
    /// List the users there are
    List {
        #[arg(long, value_enum, default_value = None)]
        format: Option<Format>,
    },
    /// Sign a user out and in no more
    Disable { name: String },
    /// A new link for a user: password, second factor and sessions of before are gone
    Reset {
        name: String,
        #[arg(long, value_enum, default_value = None)]
        format: Option<Format>,
    },
}

pub fn run(context: &Context, args: &UserArgs) -> Exit {
    let store = match &args.action {
        Action::Add { .. } => database::open(context)?,
        Action::List { .. } | Action::Disable { .. } | Action::Reset { .. } => {
            database::open_existing(context)?
        }
    };
    let now = WallClock.now();
    let note = |command, name: &str| trail::note(store.as_ref(), Did::new(command, name));
    match &args.action {
        Action::Add {
            name,
            role,
            password_stdin: true,
            ..
        } => {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            let password = line.trim_end_matches(['\n', '\r']);
            crate::web::password::check(password, name)?;
            accounts::add(store.as_ref(), name, (*role).into(), now)?;
            accounts::set_password(store.as_ref(), name, password)?;
            note("user add", name)?;
            outln!("added {name}");
        }
        Action::Add {
            name, role, format, ..
        } => {
            let token = accounts::add(store.as_ref(), name, (*role).into(), now)?;
            note("user add", name)?;
            link(context, name, &token, *format)?;
        }
        Action::Reset { name, format } => {
            let token = accounts::reset(store.as_ref(), name, now)?;
            note("user reset", name)?;
            link(context, name, &token, *format)?;
        }
        Action::Disable { name } => {
            accounts::disable(store.as_ref(), name, now)?;
            note("user disable", name)?;
            outln!("disabled {name}");
        }
        Action::List { format } => USERS.print(&store.accounts()?, *format)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the link leads: the workspace's public address, else where `serve` listens by itself. A sandbox
/// is seldom reached by its public address, so there the other is told too.
fn link(context: &Context, name: &str, token: &str, format: Option<Format>) -> anyhow::Result<()> {
    let workspace = load::load(context, &[]).ok().map(|loaded| loaded.workspace);
    let public = workspace
        .as_ref()
        .and_then(|workspace| workspace.public_url.clone());
    let own = serve::own_address();
    let sandbox = workspace.is_some_and(|workspace| !workspace.has_real_channel());
    if sandbox && public.is_some() {
        errln!("In the sandbox, on this machine: {own}/welcome/{token}");
    }
    let base = public.unwrap_or(own);
    let link = format!("{base}/welcome/{token}");
    match format.unwrap_or_else(output::by_terminal) {
        Format::Json => output::json(&json!({ "name": name, "link": link })),
        Format::Human => {
            outln!("{link}");
            errln!("{name} chooses a password there, once, within seven days.");
        }
    }
    Ok(())
}

fn state(account: &Account) -> &'static str {
    match (account.disabled, &account.password) {
        (Some(_), _) => "disabled",
        (None, Some(_)) => "active",
        (None, None) => "invited",
    }
}

const USERS: Listing<Account> = Listing {
    header: &["name", "role", "state", "second factor", "signed in"],
    cells: |account| {
        let second = match account.second {
            Some(_) => "on",
            None => "off",
        };
        vec![
            account.name.to_string(),
            account.role.as_str().to_string(),
            state(account).to_string(),
            second.to_string(),
            at(account.signed_in),
        ]
    },
    shape: |account| {
        json!({
            "name": account.name.as_str(), "role": account.role.as_str(),
            "state": state(account), "second_factor": account.second.is_some(),
            "created": account.created.to_string(),
            "signed_in": account.signed_in.map(|at| at.to_string()),
        })
    },
};
