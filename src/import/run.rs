//! A whole file, in batches, through the engine: each row is one turn of its lead, as if told by the
//! API. What a lead is already is not told again, so that a file may be imported twice.

use std::collections::HashMap;

use csv::StringRecord;

use crate::lead::PhoneNumber;
use crate::policy::{Consent, ConsentChange, ConsentEvent};
use crate::runtime::work::LeadUpdate;
use crate::runtime::{Answer, Work};
use crate::store::{LeadRecord, Store, StoreError};

use super::columns::Mapping;
use super::refused::Refused;
use super::row::{self, Defaults, Reason};
use super::table::Table;

/// Turns that share one sync to disk.
const BATCH: usize = 256;

/// A file and how it is to be understood.
pub struct Import<'i> {
    pub table: &'i Table,
    pub mapping: &'i Mapping,
    pub defaults: &'i Defaults,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub rows: usize,
    pub created: usize,
    pub updated: usize,
    /// Nothing of the row was news.
    pub unchanged: usize,
    pub refused: usize,
    /// Taken, and may not be texted: no consent is recorded.
    pub without_consent: usize,
    /// Taken, and may not be texted: they opted out.
    pub opted_out: usize,
}

#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub counts: Counts,
    pub refused: Vec<Refused>,
}

/// Whether to go on with the next batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Go {
    On,
    Stop,
}

/// How a batch of work is done; `None` looks only, and counts as if.
pub type Commit<'c> = Option<&'c mut dyn FnMut(Vec<Work>) -> Vec<Answer>>;

/// A row that is understood, and waits for its batch.
struct Taken {
    line: u64,
    cells: StringRecord,
    update: LeadUpdate,
    known: Option<LeadRecord>,
}

/// Imports the file. `progress` is told after each batch.
pub fn run(
    import: &Import,
    store: &dyn Store,
    mut commit: Commit,
    progress: &mut dyn FnMut(&Counts) -> Go,
) -> Result<Outcome, StoreError> {
    let mut outcome = Outcome::default();
    let mut lines: HashMap<PhoneNumber, u64> = HashMap::new();
    let mut batch: Vec<Taken> = Vec::with_capacity(BATCH);
    for (line, cells) in import.table.data() {
        outcome.counts.rows += 1;
        let header = &import.table.header;
        let read = row::read(&cells, header, import.mapping, import.defaults);
        let first = |update: LeadUpdate| match lines.insert(update.phone, line) {
            Some(before) => {
                lines.insert(update.phone, before);
                Err(Reason::Again(before))
            }
            None => Ok(update),
        };
        match read.and_then(first) {
            Ok(update) => {
                let known = store.lead(update.phone)?;
                let update = news(update, known.as_ref(), store)?;
                batch.push(Taken {
                    line,
                    cells,
                    update,
                    known,
                });
            }
            Err(reason) => outcome.refuse(line, &cells, reason),
        }
        if batch.len() >= BATCH {
            outcome.take(std::mem::take(&mut batch), &mut commit);
        }
        if outcome.counts.rows % BATCH == 0 && progress(&outcome.counts) == Go::Stop {
            break;
        }
    }
    outcome.take(batch, &mut commit);
    outcome.refused.sort_by_key(|refused| refused.line);
    progress(&outcome.counts);
    Ok(outcome)
}

impl Outcome {
    fn refuse(&mut self, line: u64, cells: &StringRecord, reason: Reason) {
        self.counts.refused += 1;
        self.refused.push(Refused {
            line,
            cells: cells.iter().map(str::to_string).collect(),
            reason,
        });
    }

    fn take(&mut self, batch: Vec<Taken>, commit: &mut Commit) {
        let (news, old): (Vec<Taken>, Vec<Taken>) = batch.into_iter().partition(|taken| {
            taken
                .known
                .as_ref()
                .is_none_or(|it| says_news(&taken.update, it))
        });
        for taken in &old {
            self.counts.unchanged += 1;
            self.standing(taken);
        }
        let work = news.iter().map(|it| Work::UpsertLead(it.update.clone()));
        let answers = match commit {
            Some(commit) if !news.is_empty() => commit(work.collect()),
            _ => Vec::new(),
        };
        let mut answers = answers.into_iter();
        for taken in news {
            match answers.next() {
                Some(Err(refusal)) => {
                    let reason = Reason::NotStored(refusal.to_string());
                    self.refuse(taken.line, &taken.cells, reason);
                }
                Some(Ok(_)) | None => {
                    match taken.known {
                        None => self.counts.created += 1,
                        Some(_) => self.counts.updated += 1,
                    }
                    self.standing(&taken);
                }
            }
        }
    }

    fn standing(&mut self, taken: &Taken) {
        let mut standing = match &taken.known {
            Some(known) => known.standing.clone(),
            None => crate::policy::Standing::default(),
        };
        if let Some(consent) = &taken.update.consent {
            standing = standing.after(consent);
        }
        match standing.consent {
            Consent::Given(..) => {}
            Consent::Revoked(_) => self.counts.opted_out += 1,
            Consent::None | Consent::Pending(_) => self.counts.without_consent += 1,
        }
    }
}

/// The update without a consent that the ledger holds already, or that an opt-out outranks.
fn news(
    mut update: LeadUpdate,
    known: Option<&LeadRecord>,
    store: &dyn Store,
) -> Result<LeadUpdate, StoreError> {
    if let (Some(consent), Some(known)) = (&update.consent, known) {
        let standing = &known.standing;
        if consent.change == ConsentChange::Given
            && standing.is_opted_out()
            && !standing.after(consent).may_be_texted()
        {
            update.consent = None;
            return Ok(update);
        }
        let rows = store.ledger(update.phone)?;
        if rows
            .iter()
            .filter_map(|row| row.event())
            .any(|event| is_same(event, consent))
        {
            update.consent = None;
        }
    }
    Ok(update)
}

/// A file without times tells the same consent at another time each time it is imported.
fn is_same(kept: &ConsentEvent, told: &ConsentEvent) -> bool {
    kept.change == told.change
        && kept.level == told.level
        && kept.method == told.method
        && kept.source == told.source
        && kept.wording == told.wording
        && (told.change == ConsentChange::Revoked || kept.at <= told.at)
}

fn says_news(update: &LeadUpdate, known: &LeadRecord) -> bool {
    let lead = &known.lead;
    let differs = |told: &Option<crate::lead::Name>, has: &Option<crate::lead::Name>| {
        told.is_some() && told != has
    };
    update.consent.is_some()
        || differs(&update.locale, &lead.locale)
        || differs(&update.time_zone, &lead.time_zone)
        || update.tags.as_ref().is_some_and(|tags| *tags != lead.tags)
        || update
            .fields
            .iter()
            .any(|(name, told)| lead.field(name) != told)
}
