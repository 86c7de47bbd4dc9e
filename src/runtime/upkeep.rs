//! What the server does by itself, by the engine's clock: retention once a day, pruning once a
//! quarter. When each was last done is kept with the store, so that a restart does neither twice.

use std::sync::Arc;

use tokio::sync::watch;

use crate::runtime::prune::{Pruned, Register};
use crate::runtime::register::WebRegister;
use crate::runtime::retention::{self, Mode};
use crate::runtime::{Engine, Refusal, prune};
use crate::store::StoreError;
use crate::time::{Duration, Timestamp};

const RETENTION_SETTING: &str = "upkeep.retention";
const PRUNE_SETTING: &str = "upkeep.prune";
const RETENTION_EVERY: Duration = Duration::days(1);
const PRUNE_EVERY: Duration = Duration::days(91);
/// When a register that failed is asked again.
const CHECK_AGAIN_AFTER: Duration = Duration::days(7);
/// How often the clock is looked at.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_secs(20);

/// Looks at the clock until the server stops.
pub async fn run(engine: Arc<Engine>, mut stopping: watch::Receiver<bool>) {
    loop {
        let worked = engine.clone();
        let done = tokio::task::spawn_blocking(move || if_due(&worked)).await;
        if let Ok(Err(refusal)) = done {
            tracing::error!(reason = %refusal, "the daily upkeep could not be done");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}

/// Does what is due.
pub fn if_due(engine: &Engine) -> Result<(), Refusal> {
    let now = engine.clock.now();
    if last(engine, RETENTION_SETTING)?.is_none_or(|last| last + RETENTION_EVERY <= now) {
        done(engine, RETENTION_SETTING, now)?;
        let kept = retention::keep_to(engine, Mode::Really)?;
        if kept.texts > 0 || !kept.forgotten.is_empty() || !kept.proofs.is_empty() {
            let (forgotten, proofs) = (kept.forgotten.len(), kept.proofs.len());
            tracing::info!(texts = kept.texts, forgotten, proofs, "retention is done");
        }
    }
    match last(engine, PRUNE_SETTING)? {
        // A server that was just set up asks nobody on its first day.
        None => done(engine, PRUNE_SETTING, now)?,
        // Those who were asked are pruned when their time to answer is up, not a quarter later.
        Some(last) if last + PRUNE_EVERY <= now || was_half_done(last, now) => {
            let register = WebRegister::of(&engine.live.load());
            let register = register.as_ref().map(|register| register as &dyn Register);
            let pruned = prune::prune(engine, register, Mode::Really)?;
            done(engine, PRUNE_SETTING, now - PRUNE_EVERY + again_in(&pruned))?;
            if let Some(reason) = pruned.register_failed {
                let numbers = pruned.not_checked;
                tracing::warn!(
                    numbers,
                    reason,
                    "numbers were not checked against the register; it is asked again in a week"
                );
            }
            let (asked, ended) = (pruned.asked.len(), pruned.pruned.len());
            tracing::info!(
                asked,
                pruned = ended,
                silent = pruned.not_asked,
                "pruning is done"
            );
        }
        Some(_) => {}
    }
    Ok(())
}

/// Who was asked is looked after when their time is up, and a register that failed is asked again.
fn again_in(pruned: &Pruned) -> Duration {
    if pruned.not_checked > 0 {
        CHECK_AGAIN_AFTER
    } else if pruned.asked.is_empty() && pruned.waiting == 0 {
        PRUNE_EVERY
    } else {
        prune::ANSWER_WITHIN
    }
}

/// A clock set back must not stop it for ever.
fn was_half_done(last: Timestamp, now: Timestamp) -> bool {
    last > now + PRUNE_EVERY
}

fn last(engine: &Engine, setting: &str) -> Result<Option<Timestamp>, StoreError> {
    let kept = engine.store.setting(setting)?;
    let text = kept.and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(text
        .and_then(|text| text.parse().ok())
        .map(Timestamp::from_ms))
}

fn done(engine: &Engine, setting: &str, at: Timestamp) -> Result<(), StoreError> {
    let text = at.as_ms().to_string();
    engine.store.set_setting(setting, text.as_bytes())
}
