//! What carriers tell before its time: parts of a long text that wait for the others, receipts of
//! messages whose send is not answered yet. Both are on disk before the carrier hears that we have
//! them, and are used once, also after a crash.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration as StdDuration;

use minicbor::{Decode, Encode};
use tokio::sync::{Notify, watch};

use crate::carrier::join::{self, InboundPart, JOIN_WITHIN, Joined, Whole};
use crate::carrier::{Means, Took};
use crate::conversation::Seq;
use crate::lead::{Name, PhoneNumber};
use crate::runtime::work::{Inbound, Receipt, ReceiptStatus};
use crate::runtime::{Committer, Engine, Refusal, Work, agent_text};
use crate::store::{Kept, KeptKind, Store, StoreError};
use crate::time::{Duration, Timestamp};

/// How long a receipt waits for its message to become known.
const RECEIPT_WAITS: Duration = Duration::mins(10);
/// How long a repeat is known; carriers repeat themselves for a day.
const KNOWN_FOR: Duration = Duration::hours(48);
/// How many are looked at together.
const LOOK_MAX: usize = 500;
const LOOK_AGAIN: StdDuration = StdDuration::from_secs(1);
const LOOK_AT_LEISURE: StdDuration = StdDuration::from_secs(600);

pub struct Early {
    engine: Arc<Engine>,
    committer: Committer,
    wake: Notify,
    /// Receipts may be waiting; so it is after a start, until somebody looked.
    receipts: AtomicBool,
}

/// A part as it is kept.
#[derive(Debug, Clone, Encode, Decode)]
struct KeptPart {
    #[n(0)]
    channel: Name,
    #[n(1)]
    id: String,
    #[n(2)]
    to: String,
    #[n(3)]
    text: String,
    #[n(4)]
    at: Option<Timestamp>,
    #[n(5)]
    reference: String,
    #[n(6)]
    number: u8,
    #[n(7)]
    total: u8,
}

/// A receipt as it is kept: what the carrier said, in our own codes.
#[derive(Debug, Clone, Encode, Decode)]
struct KeptReceipt {
    #[n(0)]
    provider_id: String,
    #[n(1)]
    status: u8,
    #[n(2)]
    error: Option<String>,
    #[n(3)]
    means: u8,
}

const STATUSES: [ReceiptStatus; 5] = [
    ReceiptStatus::Taken,
    ReceiptStatus::Sent,
    ReceiptStatus::Delivered,
    ReceiptStatus::Undelivered,
    ReceiptStatus::Failed,
];
const MEANINGS: [Means; 7] = [
    Means::Final,
    Means::Busy,
    Means::Later,
    Means::OptedOut,
    Means::DeadNumber,
    Means::Account,
    Means::Doubtful,
];

/// A receipt that names a message by the carrier's id alone.
#[derive(Debug, Clone)]
pub struct Unmatched {
    pub lead: PhoneNumber,
    pub provider_id: String,
    pub status: ReceiptStatus,
    pub error: Option<String>,
    pub means: Means,
}

impl Early {
    pub fn new(engine: Arc<Engine>, committer: Committer) -> Self {
        Self {
            engine,
            committer,
            wake: Notify::new(),
            receipts: AtomicBool::new(true),
        }
    }

    async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let store = self.engine.store.clone();
        match tokio::task::spawn_blocking(move || ask(store.as_ref())).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(Refusal::Parked),
        }
    }

    /// Takes a part of a long text. Done when it is on disk, and so is the text, if it is whole.
    pub async fn part(&self, channel: &Name, part: InboundPart) -> Result<(), Refusal> {
        let lead = part.from;
        let kept = Kept {
            lead,
            kind: KeptKind::Part,
            key: format!("{channel}/{}", part.id),
            at: self.engine.clock.now(),
            open: true,
            data: encode(&KeptPart {
                channel: channel.clone(),
                id: part.id,
                to: part.to,
                text: part.text,
                at: part.at,
                reference: part.reference,
                number: part.number,
                total: part.total,
            }),
        };
        self.ask(move |store| store.keep(&kept)).await?;
        self.join(lead).await?;
        self.wake.notify_one();
        Ok(())
    }

    /// Hands over the texts of a lead that are whole, or whose time is up.
    async fn join(&self, lead: PhoneNumber) -> Result<(), Refusal> {
        let kept = self
            .ask(move |store| store.kept(lead, KeptKind::Part))
            .await?;
        let now = self.engine.clock.now();
        for text in texts_of(kept) {
            let parts: Vec<InboundPart> = text.parts.iter().map(|p| part_of(lead, p)).collect();
            let Some(Joined::Whole(whole)) = join::join(&parts, text.since, now) else {
                continue;
            };
            if whole.missing > 0 {
                tracing::warn!(missing = whole.missing, "parts of a long text never came");
            }
            let inbound = inbound(text.channel, whole);
            let answer = agent_text::inbound(&self.engine, &self.committer, inbound).await;
            taken(answer.map(drop))?;
            let keys = text.keys;
            self.ask(move |store| store.kept_used(lead, KeptKind::Part, &keys))
                .await?;
        }
        Ok(())
    }

    /// Takes a receipt that names its message by the carrier's id: at once if the message is known by
    /// it, else once it is.
    pub async fn receipt(&self, channel: &Name, receipt: Unmatched) -> Result<(), Refusal> {
        if self.matched(&receipt).await? {
            return Ok(());
        }
        let place = |status| STATUSES.iter().position(|known| *known == status);
        let status = place(receipt.status).unwrap_or(0) as u8;
        let means = MEANINGS.iter().position(|m| *m == receipt.means);
        let kept = Kept {
            lead: receipt.lead,
            kind: KeptKind::Receipt,
            key: format!("{channel}/{}/{status}", receipt.provider_id),
            at: self.engine.clock.now(),
            open: true,
            data: encode(&KeptReceipt {
                provider_id: receipt.provider_id.clone(),
                status,
                error: receipt.error.clone(),
                means: means.unwrap_or(0) as u8,
            }),
        };
        self.receipts.store(true, Ordering::Release);
        self.ask(move |store| store.keep(&kept)).await?;
        // The answer may have come in between.
        self.of_lead(receipt.lead).await?;
        self.wake.notify_one();
        Ok(())
    }

    async fn matched(&self, receipt: &Unmatched) -> Result<bool, Refusal> {
        let (lead, id) = (receipt.lead, receipt.provider_id.clone());
        let row = self.ask(move |store| store.sent_as(lead, &id)).await?;
        let Some(row) = row else { return Ok(false) };
        self.apply(receipt, row.seq).await.map(|()| true)
    }

    async fn apply(&self, receipt: &Unmatched, seq: Seq) -> Result<(), Refusal> {
        let work = Work::Receipt(Receipt {
            lead: receipt.lead,
            seq,
            status: receipt.status,
            error: receipt.error.clone(),
            means: receipt.means,
            provider_id: Some(receipt.provider_id.clone()),
        });
        taken(self.committer.turn(work).await.map(drop))
    }

    /// A send of this lead was answered: receipts of it may have come before.
    pub async fn answered(&self, lead: PhoneNumber) {
        if !self.receipts.load(Ordering::Acquire) {
            return;
        }
        if let Err(refusal) = self.of_lead(lead).await {
            tracing::warn!(reason = %refusal, "a receipt that came early waits a little longer");
        }
    }

    async fn of_lead(&self, lead: PhoneNumber) -> Result<(), Refusal> {
        let kept = self
            .ask(move |store| store.kept(lead, KeptKind::Receipt))
            .await?;
        self.match_all(kept).await.map(drop)
    }

    /// True when some have no message yet.
    async fn match_all(&self, kept: Vec<Kept>) -> Result<bool, Refusal> {
        let now = self.engine.clock.now();
        let mut waits = false;
        for kept in kept {
            let receipt = unmatched(&kept);
            let done = match &receipt {
                Some(receipt) => self.matched(receipt).await?,
                None => true,
            };
            if !done && kept.at + RECEIPT_WAITS > now {
                waits = true;
                continue;
            }
            let (lead, keys) = (kept.lead, [kept.key]);
            self.ask(move |store| store.kept_used(lead, KeptKind::Receipt, &keys))
                .await?;
        }
        Ok(waits)
    }

    /// Sees to what waits, until the server stops.
    pub async fn run(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        while !*stopping.borrow() {
            let pause = match self.look().await {
                Ok(false) => LOOK_AT_LEISURE,
                Ok(true) => LOOK_AGAIN,
                Err(refusal) => {
                    tracing::error!(reason = %refusal, "what came early could not be seen to");
                    LOOK_AGAIN
                }
            };
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
                _ = stopping.wait_for(|stopping| *stopping) => {}
            }
        }
    }

    /// True when something waits.
    async fn look(&self) -> Result<bool, Refusal> {
        let now = self.engine.clock.now();
        self.ask(move |store| store.drop_kept(now - KNOWN_FOR))
            .await?;
        let parts = self
            .ask(move |store| store.kept_waiting(KeptKind::Part, now, LOOK_MAX))
            .await?;
        let due: BTreeSet<PhoneNumber> = parts
            .iter()
            .filter(|kept| kept.at + JOIN_WITHIN <= now)
            .map(|kept| kept.lead)
            .collect();
        for lead in &due {
            self.join(*lead).await?;
        }
        self.receipts.store(false, Ordering::Release);
        let receipts = self
            .ask(move |store| store.kept_waiting(KeptKind::Receipt, now, LOOK_MAX))
            .await?;
        let waits = self.match_all(receipts).await?;
        if waits {
            self.receipts.store(true, Ordering::Release);
        }
        Ok(waits || !parts.is_empty())
    }
}

/// A turn that says no for good is as well as done; one that could not be done is not.
fn taken(answer: Result<(), Refusal>) -> Result<(), Refusal> {
    match answer {
        Err(refusal) if !refusal.is_for_good() => Err(refusal),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The parts of one text.
struct Text {
    channel: Name,
    since: Timestamp,
    parts: Vec<KeptPart>,
    keys: Vec<String>,
}

/// The texts that these parts, oldest first, belong to.
fn texts_of(kept: Vec<Kept>) -> Vec<Text> {
    let mut texts: Vec<Text> = Vec::new();
    for kept in kept {
        let Ok(part) = minicbor::decode::<KeptPart>(&kept.data) else {
            tracing::error!("a part of a text cannot be read and is left out");
            continue;
        };
        let known = texts.iter_mut().find(|text| {
            let first = &text.parts[0];
            text.channel == part.channel
                && (&first.to, &first.reference, first.total)
                    == (&part.to, &part.reference, part.total)
                && kept.at < text.since + JOIN_WITHIN
        });
        match known {
            Some(text) => {
                text.parts.push(part);
                text.keys.push(kept.key);
            }
            None => texts.push(Text {
                channel: part.channel.clone(),
                since: kept.at,
                parts: vec![part],
                keys: vec![kept.key],
            }),
        }
    }
    texts
}

fn part_of(from: PhoneNumber, part: &KeptPart) -> InboundPart {
    InboundPart {
        id: part.id.clone(),
        from,
        to: part.to.clone(),
        text: part.text.clone(),
        at: part.at,
        reference: part.reference.clone(),
        number: part.number,
        total: part.total,
    }
}

fn inbound(channel: Name, whole: Whole) -> Inbound {
    Inbound {
        channel,
        id: whole.id,
        from: whole.from,
        to: whole.to,
        text: whole.text,
        media: Vec::new(),
        written: whole.at,
        verdict: Took::Nothing,
    }
}

fn unmatched(kept: &Kept) -> Option<Unmatched> {
    let receipt: KeptReceipt = minicbor::decode(&kept.data).ok()?;
    Some(Unmatched {
        lead: kept.lead,
        provider_id: receipt.provider_id,
        status: *STATUSES.get(usize::from(receipt.status))?,
        error: receipt.error,
        means: *MEANINGS.get(usize::from(receipt.means))?,
    })
}

fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    minicbor::to_vec(value).expect("a vector takes any length")
}
