//! Numbers that have gone silent or to somebody else. A lead silent for `dormant_leads` is asked once,
//! by the flow `reconfirm`; without an answer their consent ends. A number that a register says was
//! given to somebody else is not written to again; the date of each answer is kept.

use crate::lead::{Name, PhoneNumber};
use crate::policy::consent::Level;
use crate::policy::{Consent, ConsentChange, ConsentEvent};
use crate::runtime::retention::{Mode, each_lead};
use crate::runtime::work::{Enroll, IfBusy, LeadUpdate};
use crate::runtime::{Engine, Refusal, Work};
use crate::store::{LeadRecord, RowKind, Store, StoreError};
use crate::time::{Duration, Timestamp};

/// How long a lead who was asked may take to answer.
pub const ANSWER_WITHIN: Duration = Duration::days(14);
const PAGE: usize = 200;

/// What a register says of a number since a day on which it was surely the lead's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// Still the same, as of then.
    Same(Timestamp),
    /// Given to somebody else.
    Another(Timestamp),
    /// The register knows nothing.
    Unknown,
}

/// A register of reassigned numbers, such as the FCC's.
pub trait Register {
    /// Named in the ledger as the source.
    fn name(&self) -> &str;
    fn holder(&self, phone: PhoneNumber, since: Timestamp) -> Holder;
}

/// What was done, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pruned {
    pub leads: u64,
    /// Silent, and asked now.
    pub asked: Vec<PhoneNumber>,
    /// Asked before, with time left to answer.
    pub waiting: u64,
    /// Asked and silent still: their consent ended.
    pub pruned: Vec<PhoneNumber>,
    /// Their numbers are somebody else's.
    pub reassigned: Vec<PhoneNumber>,
    /// Of whom the register said that the number is still theirs.
    pub confirmed: u64,
    /// Silent, but no flow asks them, or they are in a conversation.
    pub not_asked: u64,
}

/// Goes over all leads who consented. `register` is asked of each, where there is one.
pub fn prune(
    engine: &Engine,
    register: Option<&dyn Register>,
    mode: Mode,
) -> Result<Pruned, Refusal> {
    let mut done = Pruned::default();
    let mut found: Vec<(PhoneNumber, Fate)> = Vec::new();
    each_lead(engine.store.as_ref(), |record| {
        done.leads += 1;
        let fate = fate(engine, record, register)?;
        if fate != Fate::Stays {
            found.push((record.lead.phone, fate));
        }
        Ok(())
    })?;
    for (phone, fate) in found {
        if mode == Mode::Really && !carry_out(engine, phone, fate, register)? {
            done.not_asked += 1;
            continue;
        }
        match fate {
            Fate::Stays => {}
            Fate::Ask => done.asked.push(phone),
            Fate::Waits => done.waiting += 1,
            Fate::Prune => done.pruned.push(phone),
            Fate::Reassigned(_) => done.reassigned.push(phone),
            Fate::Confirmed(_) => done.confirmed += 1,
            Fate::NobodyAsks => done.not_asked += 1,
        }
    }
    Ok(done)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    Ask,
    Waits,
    Prune,
    NobodyAsks,
    Reassigned(Timestamp),
    Confirmed(Timestamp),
}

fn fate(
    engine: &Engine,
    record: &LeadRecord,
    register: Option<&dyn Register>,
) -> Result<Fate, StoreError> {
    let Consent::Given(given, _) = record.standing.consent else {
        return Ok(Fate::Stays);
    };
    let phone = record.lead.phone;
    let (now, live) = (engine.clock.now(), engine.live.load());
    let heard = last_heard(engine.store.as_ref(), phone)?;
    let since = heard.map_or(given, |heard| heard.max(given));
    match register.map(|register| register.holder(phone, since)) {
        Some(Holder::Another(at)) => return Ok(Fate::Reassigned(at)),
        // Whoever is told of as the same may be silent all the same, and is asked next time.
        Some(Holder::Same(at)) if record.care.looked_up.is_none_or(|known| known < at) => {
            return Ok(Fate::Confirmed(at));
        }
        Some(Holder::Same(_) | Holder::Unknown) | None => {}
    }
    let retention = &live.workspace.retention;
    if since + retention.dormant_leads > now {
        return Ok(Fate::Stays);
    }
    Ok(
        match record.care.asked_again.filter(|asked| *asked > since) {
            Some(asked) if asked + ANSWER_WITHIN <= now => Fate::Prune,
            Some(_) => Fate::Waits,
            None if retention.reconfirm.is_none() || record.active.is_some() => Fate::NobodyAsks,
            None => Fate::Ask,
        },
    )
}

/// When the lead last wrote.
fn last_heard(store: &dyn Store, phone: PhoneNumber) -> Result<Option<Timestamp>, StoreError> {
    let (mut last, mut after) = (None, 0);
    loop {
        let page = store.timeline(phone, None, after, PAGE)?;
        let Some(newest) = page.last() else {
            return Ok(last);
        };
        after = newest.seq;
        let replies = page.iter().filter(|row| row.body.kind() == RowKind::Reply);
        last = last.max(replies.map(|row| row.at).max());
    }
}

/// False when the flow that asks does not take the lead.
fn carry_out(
    engine: &Engine,
    phone: PhoneNumber,
    fate: Fate,
    register: Option<&dyn Register>,
) -> Result<bool, Refusal> {
    let now = engine.clock.now();
    let source = register.map_or("register", |register| register.name());
    let mut update = LeadUpdate::of(phone);
    let work = match fate {
        Fate::Stays | Fate::Waits | Fate::NobodyAsks => return Ok(true),
        Fate::Ask => {
            let flow = engine.live.load().workspace.retention.reconfirm.clone();
            update.asked_again = Some(now);
            Work::Enroll(Enroll {
                flow: flow.unwrap_or_else(|| Name::from("reconfirm")),
                lead: update,
                at: None,
                if_busy: IfBusy::Refuse,
                by: "prune".to_string(),
                properties: Vec::new(),
                seen: None,
            })
        }
        Fate::Prune => ended(phone, now, "prune", "dormant-number"),
        Fate::Reassigned(at) => ended(phone, at.min(now), source, "reassigned-number"),
        Fate::Confirmed(at) => {
            update.looked_up = Some(at);
            Work::UpsertLead(update)
        }
    };
    match engine.turn(work) {
        Ok(_) => Ok(true),
        Err(Refusal::Store(error)) => Err(error.into()),
        Err(refusal) => {
            tracing::warn!(lead = ?phone, reason = %refusal, "a silent lead could not be asked");
            Ok(false)
        }
    }
}

/// The end of a consent that nobody withdrew; only the lead's own act begins it anew.
fn ended(phone: PhoneNumber, at: Timestamp, source: &str, rule: &str) -> Work {
    let change = ConsentChange::Revoked;
    Work::Consent {
        lead: phone,
        event: ConsentEvent {
            source: source.to_string(),
            rule: Some(rule.to_string()),
            ..ConsentEvent::new(change, Level::Marketing, at, "upkeep")
        },
    }
}
