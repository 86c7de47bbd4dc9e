//! Numbers that have gone silent or to somebody else. A lead silent for `dormant_leads` is asked once,
//! by the flow `reconfirm`; without an answer their consent ends. A number that a register says was
//! given to somebody else is not written to again; the date of each answer is kept.

use std::collections::BTreeMap;

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
    /// The register knows nothing, or could not be asked.
    Unknown,
}

impl Holder {
    /// `yes` is "given to somebody else", as the FCC's database says it.
    pub fn said(word: &str, at: Timestamp) -> Option<Self> {
        match word.trim().to_lowercase().as_str() {
            "yes" => Some(Holder::Another(at)),
            "no" => Some(Holder::Same(at)),
            "no_data" | "no data" => Some(Holder::Unknown),
            _ => None,
        }
    }
}

/// Whether a number is still that of whom it was on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    pub phone: PhoneNumber,
    /// When it was last surely the lead's: they consented, or wrote.
    pub since: Timestamp,
}

/// What came back. A number that is not in it is as unknown as before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers {
    pub of: BTreeMap<PhoneNumber, Holder>,
    /// Of so many numbers no answer came.
    pub not_checked: u64,
    /// Why not; of several reasons the last.
    pub failed: Option<String>,
}

/// A register of reassigned numbers, such as the FCC's.
pub trait Register {
    /// Named in the ledger as the source.
    fn name(&self) -> &str;
    /// Never answers for what it could not ask.
    fn ask(&self, questions: &[Question], now: Timestamp) -> Answers;
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
    /// Of whom the register knows nothing.
    pub no_data: u64,
    /// Of whom the register should have told, and did not.
    pub not_checked: u64,
    /// Why it did not.
    pub register_failed: Option<String>,
    /// Silent, but no flow asks them, or they are in a conversation.
    pub not_asked: u64,
}

/// Goes over all leads who consented. `register` is asked of each, where there is one, before anything is
/// decided; a lead who wrote meanwhile is judged by what they wrote.
pub fn prune(
    engine: &Engine,
    register: Option<&dyn Register>,
    mode: Mode,
) -> Result<Pruned, Refusal> {
    let mut done = Pruned::default();
    let mut told = BTreeMap::new();
    if let Some(register) = register {
        let questions = questions(engine)?;
        let answers = register.ask(&questions, engine.clock.now());
        let known = |holder: &&Holder| **holder != Holder::Unknown;
        let known = answers.of.values().filter(known).count() as u64;
        done.no_data = (questions.len() as u64).saturating_sub(known + answers.not_checked);
        (done.not_checked, done.register_failed) = (answers.not_checked, answers.failed);
        for question in questions {
            if let Some(holder) = answers.of.get(&question.phone) {
                told.insert(question.phone, (question.since, *holder));
            }
        }
    }
    let mut found: Vec<PhoneNumber> = Vec::new();
    each_lead(engine.store.as_ref(), |record| {
        done.leads += 1;
        let fate = fate(engine, record, told.get(&record.lead.phone).copied())?;
        if fate != Found::default() {
            found.push(record.lead.phone);
        }
        Ok(())
    })?;
    let source = register.map_or("register", |register| register.name());
    for phone in found {
        // They may have written since: what is known of them now decides.
        let Some(record) = engine.store.lead(phone)? else {
            continue;
        };
        let Found { fate, same } = fate(engine, &record, told.get(&phone).copied())?;
        if let Some(at) = same
            && (mode == Mode::DryRun || confirm(engine, phone, at)?)
        {
            done.confirmed += 1;
        }
        if mode == Mode::Really && !carry_out(engine, phone, fate, source)? {
            done.not_asked += 1;
            continue;
        }
        match fate {
            Fate::Stays => {}
            Fate::Ask => done.asked.push(phone),
            Fate::Waits => done.waiting += 1,
            Fate::Prune => done.pruned.push(phone),
            Fate::Reassigned(_) => done.reassigned.push(phone),
            Fate::NobodyAsks => done.not_asked += 1,
        }
    }
    Ok(done)
}

/// Of every lead who consented.
fn questions(engine: &Engine) -> Result<Vec<Question>, StoreError> {
    let mut questions = Vec::new();
    each_lead(engine.store.as_ref(), |record| {
        if let Some(since) = surely_theirs(engine, record)? {
            let phone = record.lead.phone;
            questions.push(Question { phone, since });
        }
        Ok(())
    })?;
    Ok(questions)
}

/// When the number was last surely the lead's; `None` of who did not consent.
fn surely_theirs(engine: &Engine, record: &LeadRecord) -> Result<Option<Timestamp>, StoreError> {
    let Consent::Given(given, _) = record.standing.consent else {
        return Ok(None);
    };
    let heard = last_heard(engine.store.as_ref(), record.lead.phone)?;
    Ok(Some(heard.map_or(given, |heard| heard.max(given))))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Found {
    fate: Fate,
    /// The register said anew that the number is theirs. They may be silent all the same.
    same: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Fate {
    #[default]
    Stays,
    Ask,
    Waits,
    Prune,
    NobodyAsks,
    Reassigned(Timestamp),
}

fn fate(
    engine: &Engine,
    record: &LeadRecord,
    told: Option<(Timestamp, Holder)>,
) -> Result<Found, StoreError> {
    let Some(since) = surely_theirs(engine, record)? else {
        return Ok(Found::default());
    };
    let told = told.filter(|(asked, _)| *asked == since);
    let mut found = Found::default();
    match told.map(|(_, holder)| holder) {
        Some(Holder::Another(at)) => {
            found.fate = Fate::Reassigned(at);
            return Ok(found);
        }
        Some(Holder::Same(at)) => {
            let anew = record.care.looked_up.is_none_or(|known| known < at);
            found.same = anew.then_some(at);
        }
        Some(Holder::Unknown) | None => {}
    }
    found.fate = silence(engine, record, since);
    Ok(found)
}

fn silence(engine: &Engine, record: &LeadRecord, since: Timestamp) -> Fate {
    let (now, live) = (engine.clock.now(), engine.live.load());
    let retention = &live.workspace.retention;
    if since + retention.dormant_leads > now {
        return Fate::Stays;
    }
    match record.care.asked_again.filter(|asked| *asked > since) {
        Some(asked) if asked + ANSWER_WITHIN <= now => Fate::Prune,
        Some(_) => Fate::Waits,
        None if retention.reconfirm.is_none() || record.active.is_some() => Fate::NobodyAsks,
        None => Fate::Ask,
    }
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
    source: &str,
) -> Result<bool, Refusal> {
    let now = engine.clock.now();
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
    };
    turned(engine, phone, work)
}

/// Keeps the day on which the register knew the number to be theirs.
fn confirm(engine: &Engine, phone: PhoneNumber, at: Timestamp) -> Result<bool, Refusal> {
    let mut update = LeadUpdate::of(phone);
    update.looked_up = Some(at);
    turned(engine, phone, Work::UpsertLead(update))
}

fn turned(engine: &Engine, phone: PhoneNumber, work: Work) -> Result<bool, Refusal> {
    match engine.turn(work) {
        Ok(_) => Ok(true),
        Err(Refusal::Store(error)) => Err(error.into()),
        Err(refusal) => {
            tracing::warn!(lead = ?phone, reason = %refusal, "a lead could not be pruned");
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
