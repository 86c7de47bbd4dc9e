//! What came before its time, in memory.

use crate::lead::PhoneNumber;
use crate::store::{KEPT_MAX, Kept, KeptKind};
use crate::time::Timestamp;

#[derive(Default)]
pub struct KeptRows(Vec<Kept>);

impl KeptRows {
    pub fn keep(&mut self, kept: &Kept) -> bool {
        let same = |known: &&Kept| {
            (known.lead, known.kind, &known.key) == (kept.lead, kept.kind, &kept.key)
        };
        let new = self.0.iter().find(same).is_none();
        if new {
            self.0.push(kept.clone());
        }
        new
    }

    pub fn of_lead(&self, lead: PhoneNumber, kind: KeptKind) -> Vec<Kept> {
        let mut found = self.open(kind, |kept| kept.lead == lead);
        found.truncate(KEPT_MAX);
        found
    }

    pub fn waiting(&self, kind: KeptKind, until: Timestamp, limit: usize) -> Vec<Kept> {
        let mut found = self.open(kind, |kept| kept.at <= until);
        found.truncate(limit);
        found
    }

    fn open(&self, kind: KeptKind, which: impl Fn(&Kept) -> bool) -> Vec<Kept> {
        let open = |kept: &&Kept| kept.open && kept.kind == kind && which(kept);
        let mut found: Vec<Kept> = self.0.iter().filter(open).cloned().collect();
        found.sort_by(|a, b| (a.at, &a.key).cmp(&(b.at, &b.key)));
        found
    }

    pub fn used(&mut self, lead: PhoneNumber, kind: KeptKind, keys: &[String]) {
        for kept in &mut self.0 {
            if kept.lead == lead && kept.kind == kind && keys.contains(&kept.key) {
                kept.open = false;
            }
        }
    }

    pub fn drop_before(&mut self, before: Timestamp) {
        let stays = |kept: &Kept| kept.kind == KeptKind::Parked && kept.open;
        self.0.retain(|kept| kept.at >= before || stays(kept));
    }

    pub fn erase(&mut self, lead: PhoneNumber) {
        self.0.retain(|kept| kept.lead != lead);
    }
}
