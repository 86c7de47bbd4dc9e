//! What the memory store holds, and what a commit does to it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::conversation::{Conversation, ConversationId, Seq, VersionId};
use crate::lead::{Name, PhoneNumber};
use crate::policy::{ConsentEvent, ledger};
use crate::store::found_by::Sought;
use crate::store::query::{self, age_order};
use crate::store::{
    Account, AddressChange, AddressMark, AddressState, ApiKey, Audit, AuditPlace, AuditRow,
    Booking, Commit, CommitError, ConversationQuery, Due, FlowRecord, HandoffId, HandoffQuery,
    HandoffRecord, HandoffStatus, LeadQuery, LeadRecord, LedgerEvent, LedgerRow, Need, OnClock,
    RECENT_ROWS_MAX, Recent, Row, RowBody, RowKind, SendStatus, Sending, Session, Shared,
    ShortlinkRecord, Snapshot, StepCount, StoreCounts, address_key, blank, forgotten, ledger_key,
    refused,
};
use crate::time::Timestamp;

/// Nothing in memory outlives the process, so nothing need be hidden; and runs stay repeatable.
pub const SECRET: [u8; 32] = [0; 32];

#[derive(Default)]
pub struct State {
    /// By bucket first, the order in which leads are paged.
    pub leads: BTreeMap<(u8, PhoneNumber), LeadRecord>,
    pub conversations: BTreeMap<ConversationId, Conversation>,
    pub rows: BTreeMap<(PhoneNumber, Seq), Row>,
    pub seen: HashSet<(PhoneNumber, [u8; 16])>,
    pub handoffs: BTreeMap<HandoffId, HandoffRecord>,
    pub shortlinks: BTreeMap<u64, ShortlinkRecord>,
    pub ledger: BTreeMap<u8, Vec<LedgerRow>>,
    pub flows: BTreeMap<(VersionId, Name), FlowRecord>,
    pub bookings: Vec<Booking>,
    pub keys: Vec<ApiKey>,
    pub answers: BTreeMap<[u8; 16], (Timestamp, Vec<u8>)>,
    pub forgotten: BTreeMap<[u8; 16], Timestamp>,
    pub addresses: BTreeMap<[u8; 16], AddressState>,
    pub settings: BTreeMap<String, Vec<u8>>,
    pub kept: super::kept::KeptRows,
    /// The lead that is told of, and the row that tells.
    tells: BTreeSet<(PhoneNumber, PhoneNumber, Seq)>,
    pub(super) timers: BTreeSet<(Timestamp, ConversationId)>,
    /// Off the clock since a restore: when they were due, and the revision they stood at.
    pub(super) held_timers: BTreeMap<ConversationId, (Timestamp, u32)>,
    pub accounts: BTreeMap<Name, Account>,
    pub sessions: BTreeMap<[u8; 32], Session>,
    pub audit: BTreeMap<AuditPlace, AuditRow>,
    outgoing_due: BTreeSet<(Timestamp, PhoneNumber, Seq)>,
}

// A turn.
impl State {
    pub fn snapshot(&self, need: &Need) -> Snapshot {
        let known = self.leads.get(&(need.lead.bucket(), need.lead)).cloned();
        let lead = known.or_else(|| self.unknown(need.lead));
        let active = lead.as_ref().and_then(|lead| lead.active);
        let recent: Vec<Recent> = self
            .rows
            .range((need.lead, 0)..=(need.lead, Seq::MAX))
            .rev()
            .take(RECENT_ROWS_MAX)
            .map(|(_, row)| Recent::of(row))
            .collect();
        let named = need.conversation.filter(|id| Some(*id) != active);
        let conversation = |id| self.conversations.get(&id).cloned().map(Shared::from);
        Snapshot {
            active: active.and_then(conversation),
            conversation: named.and_then(conversation),
            row: need
                .row
                .and_then(|seq| self.rows.get(&(need.lead, seq)).cloned())
                .map(Box::new),
            last_seq: recent.first().map_or(0, |row| row.seq),
            recent,
            lead: lead.map(Shared::from),
        }
    }

    /// The lead's texts and emails that have not begun to leave, oldest first.
    pub fn pending(&self, lead: PhoneNumber) -> impl Iterator<Item = &Row> {
        let rows = self.rows.range((lead, 0)..=(lead, Seq::MAX));
        rows.map(|(_, row)| row).filter(|row| row.is_pending())
    }

    /// Whether the commit may be taken.
    pub fn check(&self, commit: &Commit) -> Result<(), CommitError> {
        if commit
            .seen
            .is_some_and(|key| self.seen.contains(&(commit.lead, key.0)))
        {
            return Err(CommitError::Duplicate);
        }
        for next in &commit.conversations {
            let stored = self.conversations.get(&next.id).map_or(0, |it| it.revision);
            if stored.checked_add(1) != Some(next.revision) {
                return Err(CommitError::Stale {
                    conversation: next.id,
                    expected: next.revision.saturating_sub(1),
                });
            }
        }
        let taken = |seq: Seq| self.rows.contains_key(&(commit.lead, seq));
        let mut seqs: Vec<Seq> = commit.rows.iter().map(|row| row.seq).collect();
        seqs.sort_unstable();
        let twice = seqs.windows(2).any(|pair| pair[0] == pair[1]);
        if twice || seqs.iter().any(|seq| taken(*seq)) {
            return Err(refused("two rows of a lead have one number").into());
        }
        let known = |id: HandoffId| {
            self.handoffs.contains_key(&id) || commit.handoffs.iter().any(|new| new.id == id)
        };
        if !commit.handoff_changes.iter().all(|change| known(change.id)) {
            return Err(refused("a changed handoff is not there").into());
        }
        let outgoing = |seq: Seq| {
            let row = self.rows.get(&(commit.lead, seq));
            row.is_some_and(|row| row.body.sending().is_some())
        };
        if !commit.changes.iter().all(|change| outgoing(change.seq)) {
            return Err(refused("a changed row is not there").into());
        }
        Ok(())
    }

    /// Takes a commit that [`State::check`] let pass.
    pub fn apply(&mut self, commit: Commit) {
        let lead = commit.lead;
        if let Some(key) = commit.seen {
            self.seen.insert((lead, key.0));
        }
        if let Some(record) = commit.record {
            self.leads
                .insert((lead.bucket(), lead), record.into_inner());
        }
        for conversation in commit.conversations {
            self.put_conversation(conversation.into_inner());
        }
        if commit.cancel_queued {
            self.cancel_queued(lead, commit.now);
        }
        for change in commit.changes {
            self.change_row(lead, change.seq, |_| change.to);
        }
        for row in commit.rows {
            if let Some(due) = row.body.sending().and_then(|sending| sending.due) {
                self.outgoing_due.insert((due, lead, row.seq));
            }
            self.rows.insert((lead, row.seq), row);
        }
        for handoff in commit.handoffs {
            self.handoffs.insert(handoff.id, handoff);
        }
        for change in commit.handoff_changes {
            if let Some(handoff) = self.handoffs.remove(&change.id) {
                self.handoffs.insert(change.id, handoff.after(&change));
            }
        }
        for event in commit.consents {
            self.append(lead, event);
        }
        for told in &commit.tells {
            self.tells.insert((told.of, lead, told.seq));
        }
        for mark in &commit.addresses {
            self.mark_address(mark);
        }
        for link in commit.shortlinks {
            self.shortlinks.insert(link.code, link);
        }
        if let Some((message, at)) = commit.links_begin {
            for link in self.shortlinks.values_mut() {
                if link.lead == lead && link.message == message {
                    link.expires = link.lifetime.map(|lifetime| at + lifetime);
                }
            }
        }
    }

    pub fn address(&self, address: &str) -> AddressState {
        let known = self.addresses.get(&address_key(&SECRET, address));
        known.copied().unwrap_or_default()
    }

    pub fn mark_address(&mut self, mark: &AddressMark) {
        let key = address_key(&SECRET, &mark.address);
        let state = self.addresses.entry(key).or_default();
        match mark.change {
            AddressChange::Unsubscribed => state.unsubscribed = Some(mark.at),
            AddressChange::Bad => state.bad = Some(mark.at),
            AddressChange::Welcome => *state = AddressState::default(),
        }
    }

    fn put_conversation(&mut self, next: Conversation) {
        if let Some(due) = next.deadline {
            self.timers.insert((due, next.id));
        }
        let (id, deadline) = (next.id, next.deadline);
        let before = self.conversations.insert(id, next);
        if let Some(due) = before
            .and_then(|it| it.deadline)
            .filter(|due| Some(*due) != deadline)
        {
            self.timers.remove(&(due, id));
        }
    }

    pub(super) fn change_row(
        &mut self,
        lead: PhoneNumber,
        seq: Seq,
        to: impl FnOnce(Sending) -> Sending,
    ) {
        let Some(Row {
            body: RowBody::Outgoing(_, sending),
            ..
        }) = self.rows.get_mut(&(lead, seq))
        else {
            return;
        };
        if let Some(due) = sending.due {
            self.outgoing_due.remove(&(due, lead, seq));
        }
        *sending = to(sending.clone());
        if let Some(due) = sending.due {
            self.outgoing_due.insert((due, lead, seq));
        }
    }

    pub fn set_aside(&mut self, what: OnClock) {
        match what {
            OnClock::Timer(id) => {
                if let Some(mut it) = self.conversations.get(&id).cloned() {
                    it.deadline = None;
                    self.put_conversation(it);
                }
            }
            OnClock::Outgoing(lead, seq) => {
                let stopped = |sending| Sending {
                    due: None,
                    ..sending
                };
                self.change_row(lead, seq, stopped);
            }
        }
    }

    fn cancel_queued(&mut self, lead: PhoneNumber, now: Timestamp) {
        let pending: Vec<Seq> = self.pending(lead).map(|row| row.seq).collect();
        for seq in pending {
            self.change_row(lead, seq, |sending| sending.cancelled(now));
        }
    }

    fn append(&mut self, lead: PhoneNumber, event: ConsentEvent) {
        let bucket = lead.bucket();
        let rows = self.ledger.entry(bucket).or_default();
        let (n, before) = rows
            .last()
            .map_or((0, ledger::GENESIS), |row| (row.n, row.hash));
        let n = n + 1;
        let key = ledger_key(&SECRET, lead);
        rows.push(LedgerRow {
            bucket,
            n,
            lead: Some(lead),
            key,
            at: event.at,
            hash: ledger::chain(before, &key, n, &event),
            event: LedgerEvent::Whole(Box::new(event)),
        });
    }

    pub fn ledger_proof(&self, lead: PhoneNumber) -> Vec<LedgerRow> {
        let key = ledger_key(&SECRET, lead);
        let chain = self.ledger.get(&lead.bucket()).into_iter().flatten();
        chain.filter(|row| row.key == key).cloned().collect()
    }

    pub fn audit_ledger(&self) -> Audit {
        let mut audit = Audit::default();
        for (bucket, chain) in &self.ledger {
            audit.bucket(*bucket, chain.iter().cloned().map(Ok));
        }
        audit
    }

    /// The lead that a number stands for which is not known, or not any more.
    fn unknown(&self, lead: PhoneNumber) -> Option<LeadRecord> {
        Some(forgotten(lead, self.forgotten_at(lead)?))
    }

    pub fn forgotten_at(&self, lead: PhoneNumber) -> Option<Timestamp> {
        self.forgotten.get(&ledger_key(&SECRET, lead)).copied()
    }

    pub fn blank_texts(&mut self, lead: PhoneNumber, before: Timestamp) -> u64 {
        let mark = |text: &str| blank::mark(&SECRET, text);
        let rows = self.rows.range_mut((lead, 0)..=(lead, Seq::MAX));
        let mut blanked = 0;
        for (_, row) in rows.filter(|(_, row)| row.at < before) {
            blanked += u64::from(blank::blank_row(&mut row.body, mark));
        }
        for place in self.told_at(lead) {
            let row = self.rows.get_mut(&place).filter(|row| row.at < before);
            let told = row.is_some_and(|row| blank::blank_row(&mut row.body, mark));
            blanked += u64::from(told);
        }
        let theirs = self.conversations.values_mut().filter(|it| it.lead == lead);
        for it in theirs.filter(|it| it.started < before) {
            blank::blank_conversation(it, mark);
        }
        blanked
    }

    pub fn erase(&mut self, lead: PhoneNumber, at: Timestamp) -> bool {
        let mut found = self.forget(lead, at);
        let rows = self.ledger.get_mut(&lead.bucket()).into_iter().flatten();
        for row in rows.filter(|row| row.lead == Some(lead)) {
            found = true;
            row.lead = None;
            if let LedgerEvent::Whole(event) = &row.event {
                row.event = LedgerEvent::Erased(ledger::digest(event));
            }
        }
        if found {
            self.forgotten.insert(ledger_key(&SECRET, lead), at);
        }
        found
    }

    /// The places of the rows elsewhere that tell of the lead.
    fn told_at(&self, lead: PhoneNumber) -> Vec<(PhoneNumber, Seq)> {
        let told = self.tells.iter().filter(|(of, ..)| *of == lead);
        told.map(|(_, by, seq)| (*by, *seq)).collect()
    }

    pub fn told_elsewhere(&self, lead: PhoneNumber) -> Vec<Row> {
        let places = self.told_at(lead);
        let rows = places.iter().filter_map(|place| self.rows.get(place));
        rows.cloned().collect()
    }

    /// What others' timelines tell of the lead is blanked; what had not left never does.
    fn take_out_told(&mut self, lead: PhoneNumber, at: Timestamp) {
        for place in self.told_at(lead) {
            if let Some(row) = self.rows.get_mut(&place) {
                let due = row.body.sending().and_then(|sending| sending.due);
                let cancelled = row.cancel_unsent(at);
                blank::blank_row(&mut row.body, |text| blank::mark(&SECRET, text));
                if let Some(due) = due.filter(|_| cancelled.is_some()) {
                    self.outgoing_due.remove(&(due, place.0, place.1));
                }
            }
        }
        self.tells.retain(|(of, by, _)| *of != lead && *by != lead);
    }

    pub fn forget(&mut self, lead: PhoneNumber, at: Timestamp) -> bool {
        let before = self.size();
        self.take_out_told(lead, at);
        self.leads.remove(&(lead.bucket(), lead));
        self.conversations.retain(|_, it| it.lead != lead);
        let left = &self.conversations;
        self.timers.retain(|(_, id)| left.contains_key(id));
        self.rows.retain(|(of, _), _| *of != lead);
        self.outgoing_due.retain(|(_, of, _)| *of != lead);
        self.seen.retain(|(of, _)| *of != lead);
        self.kept.erase(lead);
        self.handoffs.retain(|_, it| it.lead != lead);
        self.shortlinks.retain(|_, it| it.lead != lead);
        self.bookings.retain(|it| it.lead != lead);
        let number = lead.digits().to_string();
        self.answers
            .retain(|_, (_, answer)| !contains(answer, number.as_bytes()));
        let found = self.size() != before;
        if found {
            self.forgotten.insert(ledger_key(&SECRET, lead), at);
        }
        found
    }

    fn size(&self) -> usize {
        self.leads.len()
            + self.conversations.len()
            + self.rows.len()
            + self.seen.len()
            + self.shortlinks.len()
            + self.bookings.len()
            + self.answers.len()
    }

    pub fn hold_slot(&mut self, slot: &Booking, at_once: u32) -> bool {
        if query::busiest(slot, &self.bookings) >= at_once as usize {
            return false;
        }
        self.bookings.retain(|held| {
            held.calendar != slot.calendar || held.conversation != slot.conversation
        });
        self.bookings.push(slot.clone());
        true
    }

    pub fn free_slot(&mut self, calendar: &str, conversation: ConversationId) -> bool {
        let before = self.bookings.len();
        self.bookings
            .retain(|held| *held.calendar != *calendar || held.conversation != conversation);
        self.bookings.len() < before
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

// Reading.
impl State {
    pub fn due(&self, now: Timestamp, limit: usize) -> Vec<Due> {
        let timers = self
            .timers
            .iter()
            .take_while(|(due, _)| *due <= now)
            .take(limit);
        let rows = self
            .outgoing_due
            .iter()
            .take_while(|(due, ..)| *due <= now)
            .take(limit);
        let mut found: Vec<Due> = timers
            .filter_map(|(deadline, id)| {
                let lead = self.conversations.get(id)?.lead;
                Some(Due::Timer {
                    lead,
                    conversation: *id,
                    deadline: *deadline,
                })
            })
            .chain(rows.filter_map(|(due, lead, seq)| {
                let kind = self.rows.get(&(*lead, *seq))?.body.kind();
                Some(Due::Outgoing {
                    lead: *lead,
                    seq: *seq,
                    kind,
                    due: *due,
                })
            }))
            .collect();
        found.sort_by_key(Due::at);
        found.truncate(limit);
        found
    }

    pub fn next_due(&self) -> Option<Timestamp> {
        let timer = self.timers.first().map(|(due, _)| *due);
        let row = self.outgoing_due.first().map(|(due, ..)| *due);
        timer.into_iter().chain(row).min()
    }

    pub fn live_versions(&self) -> Vec<VersionId> {
        let live = self.conversations.values().filter(|it| !it.is_ended());
        let versions: BTreeSet<VersionId> = live.map(|it| it.version).collect();
        versions.into_iter().collect()
    }

    pub fn leads_found(&self, query: &LeadQuery) -> Vec<LeadRecord> {
        let after = query.after.map(|phone| (phone.bucket(), phone));
        let sought = query.q.as_deref().and_then(Sought::of);
        self.leads
            .iter()
            .skip_while(|(key, _)| after.is_some_and(|after| **key <= after))
            .map(|(_, record)| record)
            .filter(|record| sought.as_ref().is_none_or(|sought| sought.finds(record)))
            .take(query.limit)
            .cloned()
            .collect()
    }

    pub fn conversations_found(&self, query: &ConversationQuery) -> Vec<Conversation> {
        let mut found: Vec<&Conversation> = self
            .conversations
            .values()
            .filter(|it| query::conversation_matches(query, it))
            .collect();
        found.sort_by_key(|it| Reverse(age_order(it.id)));
        found.into_iter().take(query.limit).cloned().collect()
    }

    pub fn handoffs_found(&self, query: &HandoffQuery) -> Vec<HandoffRecord> {
        let matching = |it: &&HandoffRecord| query::handoff_matches(query, it);
        let mut found: Vec<&HandoffRecord> = self.handoffs.values().filter(matching).collect();
        found.sort_by_key(|it| Reverse((it.created, it.id)));
        found.into_iter().take(query.limit).cloned().collect()
    }

    pub fn under_way_on(&self, version: VersionId) -> Vec<StepCount> {
        let mut counts: BTreeMap<(Name, Name, Option<Name>), u64> = BTreeMap::new();
        for it in self
            .conversations
            .values()
            .filter(|it| it.version == version && !it.is_ended())
        {
            let step = it.step().cloned().unwrap_or_default();
            let place = (it.status_name().into(), step, it.outcome().cloned());
            *counts.entry(place).or_default() += 1;
        }
        let count = |((status, step, outcome), count)| StepCount {
            status,
            step,
            outcome,
            count,
        };
        counts.into_iter().map(count).collect()
    }

    pub fn outgoing(&self, kind: RowKind, to: Option<&str>, limit: usize) -> Vec<Row> {
        let mut found: Vec<&Row> = self
            .rows
            .values()
            .filter(|row| row.body.kind() == kind)
            .filter(|row| {
                row.body
                    .sending()
                    .is_some_and(|s| to.is_none_or(|to| s.to == to))
            })
            .collect();
        found.sort_by_key(|row| (row.at, row.lead.bucket(), row.lead, row.seq));
        found.into_iter().take(limit).cloned().collect()
    }

    pub fn count_outgoing(&self) -> Vec<(SendStatus, u64)> {
        let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
        for sending in self.rows.values().filter_map(|row| row.body.sending()) {
            *counts.entry(sending.status.code()).or_default() += 1;
        }
        let named = |(code, n)| SendStatus::from_code(code).map(|status| (status, n));
        counts.into_iter().filter_map(named).collect()
    }

    pub fn bookings_between(&self, calendar: &str, from: Timestamp, to: Timestamp) -> Vec<Booking> {
        let inside = |b: &&Booking| b.calendar == *calendar && b.start >= from && b.start < to;
        let mut found: Vec<Booking> = self.bookings.iter().filter(inside).cloned().collect();
        found.sort_by_key(|booking| (booking.start, booking.conversation));
        found
    }

    pub fn counts(&self) -> StoreCounts {
        let open = |it: &&HandoffRecord| it.status == HandoffStatus::Open;
        StoreCounts {
            leads: self.leads.len() as u64,
            conversations: self.conversations.len() as u64,
            timers: self.timers.len() as u64,
            pending: self.outgoing_due.len() as u64,
            open_handoffs: self.handoffs.values().filter(open).count() as u64,
        }
    }
}
