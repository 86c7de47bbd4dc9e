//! What is kept no longer than the workspace says: texts are blanked, leads whom nothing happened with
//! are forgotten, and the proof of their consent when its own time is up. By the engine's clock; once
//! a day in the server, and `replytree retention` at any time.

use crate::flow::workspace::Retention;
use crate::lead::PhoneNumber;
use crate::runtime::Engine;
use crate::store::{LeadQuery, LeadRecord, Store, StoreError, blank};
use crate::time::{Duration, Timestamp};

const PAGE: usize = 200;

/// Whether it is done or only told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    DryRun,
    Really,
}

/// What was done, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Retained {
    /// Leads looked at.
    pub leads: u64,
    /// Rows of timelines whose texts were blanked, and of how many leads.
    pub texts: u64,
    pub texts_of: u64,
    /// Forgotten: profile, texts, conversations.
    pub forgotten: Vec<PhoneNumber>,
    /// Whose proof of consent lost number and wording.
    pub proofs: Vec<PhoneNumber>,
}

/// Goes over all leads, page by page; a lead at a time is changed.
pub fn keep_to(engine: &Engine, mode: Mode) -> Result<Retained, StoreError> {
    let retention = engine.live.load().workspace.retention.clone();
    let (store, now) = (engine.store.as_ref(), engine.clock.now());
    let mut done = Retained::default();
    each_lead(store, |record| {
        done.leads += 1;
        lead(store, record, &retention, now, mode, &mut done)
    })?;
    if mode == Mode::Really {
        let gone = done.forgotten.iter();
        gone.for_each(|phone| engine.agents.forget(*phone));
    }
    proofs(store, &retention, now, mode, &mut done)?;
    if mode == Mode::Really {
        store.log_is_clean()?;
    }
    Ok(done)
}

/// Every lead in order; `look` may forget the one it is given.
pub fn each_lead(
    store: &dyn Store,
    mut look: impl FnMut(&LeadRecord) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = store.leads(&LeadQuery {
            after,
            limit: PAGE,
            ..LeadQuery::default()
        })?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.lead.phone);
        page.iter().try_for_each(&mut look)?;
    }
}

fn lead(
    store: &dyn Store,
    record: &LeadRecord,
    retention: &Retention,
    now: Timestamp,
    mode: Mode,
    done: &mut Retained,
) -> Result<(), StoreError> {
    let phone = record.lead.phone;
    let old = now - retention.message_text;
    let (mut last, mut telling, mut after) = (record.updated, 0, 0);
    loop {
        let page = store.timeline(phone, None, after, PAGE)?;
        let Some(newest) = page.last() else { break };
        (after, last) = (newest.seq, last.max(newest.at));
        let tells = |row: &&crate::store::Row| row.at < old && blank::tells(&row.body);
        telling += page.iter().filter(tells).count() as u64;
    }
    let told = store.told_elsewhere(phone)?;
    let tells = |row: &&crate::store::Row| row.at < old && blank::tells(&row.body);
    telling += told.iter().filter(tells).count() as u64;
    if last + retention.inactive_leads <= now {
        done.forgotten.push(phone);
        if mode == Mode::Really {
            store.forget(phone, last)?;
        }
        return Ok(());
    }
    if telling > 0 {
        done.texts += telling;
        done.texts_of += 1;
        if mode == Mode::Really {
            store.blank_texts(phone, old)?;
        }
    }
    Ok(())
}

/// Leads who are forgotten and whose proof is older than it need be. The proof counts from the last
/// thing that happened with them, the last message among it.
fn proofs(
    store: &dyn Store,
    retention: &Retention,
    now: Timestamp,
    mode: Mode,
    done: &mut Retained,
) -> Result<(), StoreError> {
    let long = retention.consent_proof.max(Duration::ZERO);
    for bucket in 0..=u8::MAX {
        let mut after = 0;
        loop {
            let page = store.ledger_page(bucket, after, PAGE)?;
            let Some(newest) = page.last() else { break };
            after = newest.n;
            for row in page.iter().filter(|row| row.at + long <= now) {
                let Some(phone) = row.lead.filter(|phone| !done.proofs.contains(phone)) else {
                    continue;
                };
                if store.lead(phone)?.is_some() {
                    continue;
                }
                let rows = store.ledger(phone)?;
                let newest = rows.iter().map(|row| row.at).max();
                let last = newest.max(store.forgotten_at(phone)?);
                if last.is_none_or(|last| last + long <= now) {
                    done.proofs.push(phone);
                    if mode == Mode::Really {
                        store.erase(phone, last.unwrap_or(now))?;
                    }
                }
            }
        }
    }
    Ok(())
}
