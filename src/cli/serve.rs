//! `replytree serve`: the server.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;

use crate::cli::load::{Loaded, load_dir, workspace_dir};
use crate::cli::output::colour;
use crate::cli::{Context, Exit};
use crate::diagnostic;
use crate::runtime::Live;
use crate::runtime::reload::Reload;
use crate::store;
use crate::web::{self, ServeOptions};

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The address to listen on
    #[arg(long, env = "REPLYTREE_LISTEN", default_value = "127.0.0.1:8080")]
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
    let store = store::open(&context.db).with_context(|| format!("cannot open {}", context.db))?;
    let again = dir.clone();
    web::serve(ServeOptions {
        listen: args.listen.clone(),
        store,
        live: live_of(loaded, forced),
        reload: Some(Reload {
            folder: dir,
            load: Box::new(move || {
                let loaded = load_dir(&again, &[]).map_err(|error| format!("{error:#}"))?;
                print_problems(&loaded);
                Ok(live_of(loaded, forced))
            }),
        }),
    })?;
    Ok(ExitCode::SUCCESS)
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
    anstream::eprint!("{}", diagnostic::render(&errors, &loaded.sources, colour()));
}

/// What is served: in the sandbox when asked for, or when no channel has a real carrier.
pub fn live_of(loaded: Loaded, forced: bool) -> Live {
    let real = loaded
        .workspace
        .channels
        .values()
        .any(|channel| channel.carrier != "sandbox");
    Live {
        public_url: loaded.workspace.public_url.clone().unwrap_or_default(),
        sandbox: forced || !real,
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
