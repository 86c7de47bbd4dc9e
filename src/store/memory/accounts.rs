//! Accounts, sessions and the audit log, in memory.

use crate::store::accounts::audit_bucket;
use crate::store::{
    AUDIT_KEPT, Account, Accounts, AuditEntry, AuditPlace, AuditQuery, AuditRow, Session,
    StoreError, Used, ledger_key,
};
use crate::time::Timestamp;

use super::MemoryStore;
use super::state::{SECRET, State};

impl State {
    fn touch(&mut self, used: &Used) {
        match used {
            Used::Key(hash, at) => {
                for key in self.keys.iter_mut().filter(|key| key.hash == *hash) {
                    key.used = Some(*at);
                }
            }
            Used::Session(hash, at) => {
                if let Some(session) = self.sessions.get_mut(hash) {
                    session.used = *at;
                }
            }
        }
    }

    fn append_audit(&mut self, entry: &AuditEntry) {
        let bucket = audit_bucket(&entry.actor);
        let rows = self.audit.keys().filter(|place| place.bucket == bucket);
        let place = AuditPlace {
            at: entry.at,
            bucket,
            n: 1 + rows.map(|place| place.n).max().unwrap_or(0),
        };
        let row = AuditRow {
            place,
            actor: entry.actor.clone(),
            role: entry.role,
            act: entry.act.clone(),
            about: entry.about.clone(),
            lead: entry.lead.map(|lead| ledger_key(&SECRET, lead)),
            status: entry.status,
            address: entry.address.clone(),
        };
        self.audit.insert(place, row);
    }
}

impl Accounts for MemoryStore {
    fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        Ok(self.read().accounts.values().cloned().collect())
    }

    fn account(&self, name: &str) -> Result<Option<Account>, StoreError> {
        Ok(self.read().accounts.get(name).cloned())
    }

    fn put_account(&self, account: &Account) -> Result<(), StoreError> {
        self.write_alone(|state| {
            let name = account.name.clone();
            state.accounts.insert(name, account.clone());
        });
        Ok(())
    }

    fn use_code(&self, name: &str, step: u64) -> Result<bool, StoreError> {
        Ok(self.write_alone(|state| {
            let second = state.accounts.get_mut(name).and_then(|a| a.second.as_mut());
            match second.filter(|second| second.used < step) {
                Some(second) => {
                    second.used = step;
                    true
                }
                None => false,
            }
        }))
    }

    fn put_session(&self, session: &Session, now: Timestamp) -> Result<(), StoreError> {
        self.write_alone(|state| {
            state.sessions.retain(|_, kept| kept.until > now);
            state.sessions.insert(session.hash, session.clone());
        });
        Ok(())
    }

    fn session(&self, hash: &[u8; 32]) -> Result<Option<Session>, StoreError> {
        Ok(self.read().sessions.get(hash).cloned())
    }

    fn sessions(&self, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let state = self.read();
        let live = state
            .sessions
            .values()
            .filter(|session| session.until > now);
        let mut found: Vec<Session> = live.cloned().collect();
        found.sort_by_key(|session| (std::cmp::Reverse(session.used), session.hash));
        Ok(found)
    }

    fn end_session(&self, hash: &[u8; 32]) -> Result<bool, StoreError> {
        Ok(self.write_alone(|state| state.sessions.remove(hash).is_some()))
    }

    fn end_sessions_of(&self, account: &str) -> Result<u64, StoreError> {
        Ok(self.write_alone(|state| {
            let before = state.sessions.len();
            state
                .sessions
                .retain(|_, session| session.account != *account);
            (before - state.sessions.len()) as u64
        }))
    }

    fn touch(&self, used: &[Used]) -> Result<(), StoreError> {
        self.write_alone(|state| used.iter().for_each(|used| state.touch(used)));
        Ok(())
    }

    fn append_audit(&self, rows: &[AuditEntry]) -> Result<(), StoreError> {
        self.write_alone(|state| {
            rows.iter().for_each(|entry| state.append_audit(entry));
            if let Some(last) = rows.iter().map(|entry| entry.at).max() {
                let old: Timestamp = last - AUDIT_KEPT;
                state.audit.retain(|place, _| place.at >= old);
            }
        });
        Ok(())
    }

    fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditRow>, StoreError> {
        let lead = query.lead.map(|lead| ledger_key(&SECRET, lead));
        let fits = |row: &&AuditRow| {
            query.actor.as_ref().is_none_or(|actor| *actor == row.actor)
                && (lead.is_none() || row.lead == lead)
                && query.before.is_none_or(|before| row.place < before)
        };
        let state = self.read();
        let rows = state.audit.values().rev().filter(fits);
        Ok(rows.take(query.limit).cloned().collect())
    }
}
