//! `replytree serve`: the server.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use clap::Args;

use crate::cli::load::{Loaded, load_dir, workspace_dir};
use crate::cli::output::colour;
use crate::cli::{Context, Exit, alone, database};
use crate::diagnostic;
use crate::flow::workspace;
use crate::runtime::Live;
use crate::runtime::reload::Reload;
use crate::store::Store;
use crate::web::{self, ServeOptions};

const LISTEN: &str = "REPLYTREE_LISTEN";
const LISTENS: &str = "127.0.0.1:8080";

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The address to listen on
    #[arg(long, env = LISTEN, default_value = LISTENS)]
    listen: String,

    /// Nothing leaves the machine, and the clock can be moved, whatever the channels say
    #[arg(long, env = "REPLYTREE_SANDBOX")]
    sandbox: bool,
}

pub fn run(context: &Context, args: &ServeArgs) -> Exit {
    trace();
    let dir = workspace_dir(context, &[]);
    let forced = args.sandbox;
    let loaded = load_dir(&dir, &[])?;
    print_problems(&loaded);
    if !forced {
        refuse_broken(&loaded)?;
    }
    let again = dir.clone();
    let mut alone = None;
    web::serve(&args.listen, || -> anyhow::Result<ServeOptions> {
        let store = database::open(context)?;
        let live = live_of(loaded, forced);
        if !forced {
            stay_real(store.as_ref(), &live)?;
        }
        alone = alone::hold(context)?;
        Ok(ServeOptions {
            store,
            live,
            reload: Some(Reload {
                folder: dir,
                load: Box::new(move || {
                    let loaded = load_dir(&again, &[]).map_err(|error| format!("{error:#}"))?;
                    print_problems(&loaded);
                    Ok(live_of(loaded, forced))
                }),
            }),
        })
    })?;
    drop(alone);
    Ok(ExitCode::SUCCESS)
}

/// Without its workspace a server would answer for nobody, and send to nobody.
fn refuse_broken(loaded: &Loaded) -> anyhow::Result<()> {
    let mut errors = loaded.diagnostics.iter().filter(|d| d.is_error());
    match errors.find(|d| workspace::is_file(&d.file)) {
        Some(error) => bail!(
            "{} has errors, so nothing is served; mend them, or try it with --sandbox, where nothing \
             leaves the machine",
            error.file
        ),
        None => Ok(()),
    }
}

/// Set once a server has texted for real from a database.
const REAL: &str = "served.for_real";

/// A workspace that lost its channels must not turn into the sandbox, which takes whatever is due for sent.
fn stay_real(store: &dyn Store, live: &Live) -> anyhow::Result<()> {
    let was_real = store.setting(REAL)?.is_some();
    if live.sandbox && was_real {
        bail!(
            "texts left for real from this database before, and no channel of the workspace does that now; \
             name the workspace with --workspace, or another database with --db; --sandbox tries this one \
             out without sending anything"
        );
    }
    if !live.sandbox && !was_real {
        store.set_setting(REAL, b"1")?;
    }
    Ok(())
}

/// What is logged: warnings, unless `RUST_LOG` says otherwise.
fn trace() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,replytree=info"));
    // Set by whoever embeds us before: then theirs stands.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_target(false)
        .try_init();
}

fn print_problems(loaded: &Loaded) {
    let errors: Vec<_> = loaded
        .diagnostics
        .iter()
        .filter(|d| d.is_error())
        .cloned()
        .collect();
    err!("{}", diagnostic::render(&errors, &loaded.sources, colour()));
}

/// The address at which a server on this machine is found.
pub fn own_address() -> String {
    let listen = std::env::var(LISTEN).unwrap_or_else(|_| LISTENS.to_string());
    format!("http://{listen}")
}

/// What is served: in the sandbox when asked for, or when no channel has a real carrier.
pub fn live_of(loaded: Loaded, forced: bool) -> Live {
    Live {
        public_url: loaded.workspace.public_url.clone().unwrap_or_default(),
        sandbox: forced || !loaded.workspace.has_real_channel(),
        flows: loaded
            .flows
            .iter()
            .map(|flow| (flow.name.clone(), Arc::clone(flow)))
            .collect(),
        workspace: loaded.workspace,
        diagnostics: loaded.diagnostics,
        sources: loaded
            .sources
            .into_iter()
            .map(|source| (source.file, source.text))
            .collect(),
    }
}
