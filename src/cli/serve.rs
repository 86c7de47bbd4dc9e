//! `replytree serve`: the server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;

use crate::cli::load::{Loaded, load_dir, workspace_dir};
use crate::cli::output::colour;
use crate::cli::{Context, Exit};
use crate::diagnostic;
use crate::runtime::Live;
use crate::store;
use crate::web;

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The address to listen on
    #[arg(long, env = "REPLYTREE_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    /// Nothing leaves the machine, and the clock can be moved, whatever the channels say
    #[arg(long, env = "REPLYTREE_SANDBOX")]
    sandbox: bool,
}

pub fn run(context: &Context, args: &ServeArgs) -> Exit {
    web::telemetry::init();
    let dir = workspace_dir(context, &[]);
    let (listen, forced) = (args.listen, args.sandbox);
    let loaded = load_dir(&dir, &[])?;
    print_problems(&loaded);
    let store = store::open(&context.db).with_context(|| format!("cannot open {}", context.db))?;
    let load_dir_again = dir.clone();
    web::serve(web::ServeOptions {
        listen,
        store,
        live: live_of(loaded, listen, forced),
        workspace_dir: dir,
        reload: Box::new(move || {
            let loaded = load_dir(&PathBuf::from(&load_dir_again), &[])?;
            print_problems(&loaded);
            Ok(live_of(loaded, listen, forced))
        }),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn print_problems(loaded: &Loaded) {
    let errors = loaded.diagnostics.iter().filter(|d| d.is_error());
    let errors: Vec<_> = errors.cloned().collect();
    anstream::eprint!("{}", diagnostic::render(&errors, &loaded.sources, colour()));
}

/// What is served: in the sandbox when asked for, or when no channel has a real carrier.
fn live_of(loaded: Loaded, listen: SocketAddr, forced: bool) -> Live {
    let real = loaded.workspace.channels.values().any(|channel| channel.carrier != "sandbox");
    let here = format!("http://{listen}");
    Live {
        public_url: loaded.workspace.public_url.clone().unwrap_or(here),
        sandbox: forced || !real,
        flows: loaded.flows.iter().map(|flow| (flow.name.clone(), Arc::clone(flow))).collect(),
        workspace: loaded.workspace,
        diagnostics: loaded.diagnostics,
        sources: loaded.sources.into_iter().map(|source| (source.file, source.text)).collect(),
    }
}
