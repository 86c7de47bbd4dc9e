//! Serving what the files say while they change. A flow that no longer compiles goes on as it last did;
//! what is wrong with it is said.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use notify::{RecursiveMode, Watcher};
use tokio::sync::{mpsc, watch};

use crate::diagnostic::{Diagnostic, Span};
use crate::flow::workspace;
use crate::runtime::{Engine, Live};

/// Editors write a file in several goes; this long after the last one it is read.
const SETTLE: Duration = Duration::from_millis(150);

/// How the files are read: all of them, each time. `Err` says why nothing could be read at all.
pub type Load = Box<dyn Fn() -> Result<Live, String> + Send + Sync>;

pub struct Reload {
    /// The workspace's folder.
    pub folder: PathBuf,
    pub load: Load,
}

/// What is read, with the last good version of every flow that is broken now. A flow whose file is gone
/// is gone. Without a good workspace nothing of it counts: its flows were compiled against none, and texts
/// would go by no channel of ours.
pub fn keep_good(before: &Live, mut read: Live) -> Live {
    if let Some(problems) = unfit(before, &read) {
        read.diagnostics.extend(problems);
        return Live {
            diagnostics: read.diagnostics,
            sources: read.sources,
            ..before.clone()
        };
    }
    let broken = |file: &str| {
        read.diagnostics
            .iter()
            .any(|diagnostic| diagnostic.is_error() && diagnostic.file == file)
    };
    let kept: Vec<_> = before
        .flows
        .iter()
        .filter(|(name, flow)| !read.flows.contains_key(*name) && broken(&flow.file))
        .map(|(name, flow)| (name.clone(), flow.clone()))
        .collect();
    read.flows.extend(kept);
    read.sandbox = before.sandbox;
    if read.public_url.is_empty() {
        read.public_url = before.public_url.clone();
    }
    read
}

/// Why the workspace that was read cannot take the place of the one that is served: what is to be said of it
/// beside what was found in the file. `None` when it can.
fn unfit(before: &Live, read: &Live) -> Option<Vec<Diagnostic>> {
    let is_broken = |d: &Diagnostic| d.is_error() && workspace::is_file(&d.file);
    if read.diagnostics.iter().any(is_broken) {
        return Some(Vec::new());
    }
    let file = |live: &Live| {
        let mut files = live.sources.iter().map(|(file, _)| file);
        files.find(|file| workspace::is_file(file)).cloned()
    };
    if let (Some(gone), None) = (file(before), file(read)) {
        let problem = Diagnostic::error("E0005", &gone, Span::default(), "this file is gone");
        let help = "put it back; until then what it said last goes on";
        return Some(vec![problem.help(help)]);
    }
    if !before.sandbox && !read.workspace.has_real_channel() {
        tracing::error!("no channel texts for real any more; start the server again for that");
        return Some(Vec::new());
    }
    None
}

/// Watches the folder and serves what it holds, until the server stops.
pub async fn run(engine: Arc<Engine>, reload: Reload, mut stopping: watch::Receiver<bool>) {
    let (changed, mut changes) = mpsc::channel(1);
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let of_interest = event.is_ok_and(|event| {
            !event.kind.is_access() && event.paths.iter().any(|path| is_yaml(path))
        });
        if of_interest {
            // Full means that a reading is coming anyway.
            let _ = changed.try_send(());
        }
    });
    let watched = watcher.and_then(|mut watcher| {
        watcher.watch(&reload.folder, RecursiveMode::Recursive)?;
        Ok(watcher)
    });
    let _watcher = match watched {
        Ok(watcher) => watcher,
        Err(error) => {
            tracing::warn!(%error, "the flows' folder cannot be watched; restart to load changes");
            return;
        }
    };
    let reload = Arc::new(reload);
    loop {
        tokio::select! {
            Some(()) = changes.recv() => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
        tokio::time::sleep(SETTLE).await;
        while changes.try_recv().is_ok() {}
        let (engine, reload) = (engine.clone(), reload.clone());
        let _ = tokio::task::spawn_blocking(move || again(&engine, &reload.load)).await;
    }
}

fn is_yaml(path: &std::path::Path) -> bool {
    path.extension()
        .is_none_or(|extension| extension == "yaml" || extension == "yml")
}

/// Reads the files once more and serves what is well of them.
pub fn again(engine: &Engine, load: &Load) {
    let before = engine.live.load_full();
    let read = match load() {
        Ok(read) => keep_good(&before, read),
        Err(reason) => {
            tracing::error!(reason, "the files cannot be read; what was loaded goes on");
            return;
        }
    };
    for diagnostic in read.diagnostics.iter().filter(|d| d.is_error()) {
        tracing::error!(
            file = diagnostic.file,
            code = diagnostic.code,
            "{}; its last good version goes on",
            diagnostic.message
        );
    }
    let flows = read.flows.len();
    match engine.reload(read) {
        Ok(()) => tracing::info!(flows, "flows loaded"),
        Err(error) => tracing::error!(%error, "the new flows could not be kept"),
    }
}
