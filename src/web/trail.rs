//! The audit trail: what callers read and did, gathered and written together, so that reading a lead
//! does not cost a sync to disk. What was gathered in the last moments before a crash is lost; before
//! a stop it is written.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::lead::{Name, PhoneNumber};
use crate::store::{AuditEntry, Role, Store, StoreError, Used};
use crate::time::{Duration, Timestamp};
use crate::web::auth::Caller;
use crate::web::state::AppState;

/// How long what happened waits to be written.
const WAIT: std::time::Duration = std::time::Duration::from_millis(250);
/// Most rows that wait while the store cannot take them.
const WAITING_MAX: usize = 50_000;
/// A key's or a session's use is noted again after this.
const USE_NOTED_EACH: Duration = Duration::mins(1);
const USES_KEPT_MAX: usize = 20_000;
const TEXT_LEN_MAX: usize = 200;

/// Put into an answer by a handler: the lead it was about, where the address does not say so.
#[derive(Debug, Clone, Copy)]
pub struct AboutLead(pub PhoneNumber);

#[derive(Default)]
pub struct Trail {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    rows: Vec<AuditEntry>,
    uses: Vec<Used>,
    /// When a use was noted last, by hash.
    noted: HashMap<[u8; 32], Timestamp>,
}

/// What happened, without who and when.
#[derive(Debug, Clone, Default)]
pub struct Act {
    pub act: String,
    pub about: String,
    pub lead: Option<PhoneNumber>,
    pub status: u16,
}

impl Act {
    pub fn done(act: &str, about: &str) -> Self {
        Act {
            act: act.to_string(),
            about: about.to_string(),
            lead: None,
            status: 200,
        }
    }
}

impl Trail {
    pub fn note(&self, who: &Caller, act: Act, address: &str, at: Timestamp) {
        self.note_of(who.name.clone(), Some(who.role), act, address, at);
    }

    /// Of someone who is not known yet, such as who fails to sign in.
    pub fn note_of(&self, actor: Name, role: Option<Role>, act: Act, address: &str, at: Timestamp) {
        let cut = |text: String| -> String { text.chars().take(TEXT_LEN_MAX).collect() };
        let entry = AuditEntry {
            at,
            actor: Name::from(cut(actor.to_string())),
            role,
            act: cut(act.act),
            about: cut(act.about),
            lead: act.lead,
            status: act.status,
            address: address.to_string(),
        };
        let mut waiting = self.lock();
        if waiting.rows.len() >= WAITING_MAX {
            tracing::error!("the audit log cannot be written and more is not kept");
            return;
        }
        waiting.rows.push(entry);
    }

    pub fn used(&self, used: Used) {
        let (hash, at) = match used {
            Used::Key(hash, at) | Used::Session(hash, at) => (hash, at),
        };
        let mut waiting = self.lock();
        let last = waiting.noted.get(&hash).copied();
        if last.is_some_and(|last| at.since(last) < USE_NOTED_EACH) {
            return;
        }
        if waiting.noted.len() >= USES_KEPT_MAX {
            waiting.noted.clear();
        }
        waiting.noted.insert(hash, at);
        waiting.uses.push(used);
    }

    /// Writes what waits; on an error it waits on.
    pub fn write(&self, store: &dyn Store) -> Result<(), StoreError> {
        let (rows, uses) = {
            let mut waiting = self.lock();
            (
                std::mem::take(&mut waiting.rows),
                std::mem::take(&mut waiting.uses),
            )
        };
        // Neither keeps the other from being written.
        let written = match rows.is_empty() {
            true => Ok(()),
            false => store.append_audit(&rows),
        };
        let touched = match uses.is_empty() {
            true => Ok(()),
            false => store.touch(&uses),
        };
        let mut waiting = self.lock();
        if written.is_err() {
            let later = std::mem::replace(&mut waiting.rows, rows);
            waiting.rows.extend(later);
        }
        if touched.is_err() && waiting.uses.len() + uses.len() <= USES_KEPT_MAX {
            let later = std::mem::replace(&mut waiting.uses, uses);
            waiting.uses.extend(later);
        }
        drop(waiting);
        written.and(touched)
    }

    fn is_empty(&self) -> bool {
        let waiting = self.lock();
        waiting.rows.is_empty() && waiting.uses.is_empty()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the trail until the server stops, and once more then.
pub async fn run(app: AppState, mut stopping: watch::Receiver<bool>) {
    loop {
        let stop = tokio::select! {
            () = tokio::time::sleep(WAIT) => false,
            _ = stopping.wait_for(|stopping| *stopping) => true,
        };
        if !app.trail.is_empty() {
            let trail = app.clone();
            // A failure is logged where it becomes a problem; the rows wait on.
            let _ = app.read(move |store| trail.trail.write(store)).await;
        }
        if stop {
            return;
        }
    }
}
