//! Keeps the store in shape beside the work: its log is moved into the file once a second, by a
//! connection that makes no reply wait.

use std::sync::Arc;

use tokio::sync::watch;

use crate::store::Store;

const PAUSE: std::time::Duration = std::time::Duration::from_secs(1);

pub async fn run(store: Arc<dyn Store>, mut stopping: watch::Receiver<bool>) {
    let stopped = async move {
        // A sender that is gone means the same.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    };
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = &mut stopped => return,
        }
        let upkept = store.clone();
        let done = tokio::task::spawn_blocking(move || upkept.checkpoint()).await;
        if let Ok(Err(error)) = done {
            tracing::warn!(%error, "the log could not be moved into the database");
        }
    }
}
