//! What crosses the store's boundary.

use minicbor::{Decode, Encode};

use crate::conversation::{Conversation, ConversationId, Effect, Entry, Event, Seq, VersionId};
use crate::lead::{Lead, Name, PhoneNumber};
use crate::policy::{Chosen, ConsentEvent, HoldReason, MessageKind, Standing};
use crate::store::{AddressMark, HandoffChange, HandoffRecord, HandoffStatus, Shared};
use crate::time::{Duration, Timestamp};

/// A lead with what the engine keeps beside them.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct LeadRecord {
    #[n(0)]
    pub lead: Lead,
    #[n(1)]
    pub standing: Standing,
    /// The one conversation that replies go to.
    #[n(2)]
    pub active: Option<ConversationId>,
    /// Conversations enrolled behind it, in order.
    #[n(3)]
    pub queue: Vec<ConversationId>,
    #[n(4)]
    pub created: Timestamp,
    #[n(5)]
    pub updated: Timestamp,
    /// The number of ours they last wrote to or were written from: sticky.
    #[n(6)]
    pub our_number: Option<String>,
    #[n(7)]
    pub channel: Option<Name>,
    /// The conversation that was active last, for late replies.
    #[n(8)]
    pub last: Option<ConversationId>,
    #[n(9)]
    #[cbor(default)]
    pub care: Care,
}

impl LeadRecord {
    /// A lead of whom nothing is known yet.
    pub fn new(lead: Lead, now: Timestamp) -> Self {
        Self {
            lead,
            standing: Standing::default(),
            active: None,
            queue: Vec::new(),
            created: now,
            updated: now,
            our_number: None,
            channel: None,
            last: None,
            care: Care::default(),
        }
    }
}

/// What is kept of a lead for the law's sake; most leads have none of it.
#[derive(Debug, Clone, PartialEq, Default, Encode, Decode)]
pub struct Care {
    /// When marketing left, where the newest rows of the timeline do not tell: it was held, or is
    /// older than they are.
    #[n(0)]
    #[cbor(default)]
    pub left: Vec<Left>,
    /// When the dormant lead was asked whether they still want to hear from us.
    #[n(1)]
    pub asked_again: Option<Timestamp>,
    /// When a register last said that the number is still the lead's.
    #[n(2)]
    pub looked_up: Option<Timestamp>,
    #[n(3)]
    pub chosen: Option<Chosen>,
}

/// A marketing message that left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Left {
    #[n(0)]
    pub seq: Seq,
    #[n(1)]
    pub at: Timestamp,
}

/// Everything a turn reads of a lead.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub lead: Option<Shared<LeadRecord>>,
    /// The active conversation.
    pub active: Option<Shared<Conversation>>,
    /// The one the turn named, when it is not the active one.
    pub conversation: Option<Shared<Conversation>>,
    /// The row the turn named.
    pub row: Option<Box<Row>>,
    /// The highest number used in the lead's timeline; 0 for none.
    pub last_seq: Seq,
    /// Newest first, at most [`RECENT_ROWS_MAX`]: enough for caps and the answer window.
    pub recent: Vec<Recent>,
}

/// How many of a lead's newest rows a turn looks at.
pub const RECENT_ROWS_MAX: usize = 40;

/// A row of the timeline without its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recent {
    pub seq: Seq,
    pub at: Timestamp,
    pub kind: RowKind,
    pub status: Option<SendStatus>,
    /// Counted by marketing caps.
    pub marketing: bool,
}

impl Recent {
    pub fn of(row: &Row) -> Recent {
        Recent {
            seq: row.seq,
            at: row.at,
            kind: row.body.kind(),
            status: row.body.sending().map(|sending| sending.status),
            marketing: row.body.is_marketing(),
        }
    }

    /// A text or an email that has not begun to leave.
    pub fn is_pending(&self) -> bool {
        matches!(self.kind, RowKind::Sms | RowKind::Email)
            && self.status.is_some_and(SendStatus::is_pending)
    }
}

/// One row of a lead's timeline: something that happened, or something decided that goes out.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub lead: PhoneNumber,
    pub seq: Seq,
    pub conversation: Option<ConversationId>,
    pub at: Timestamp,
    pub body: RowBody,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RowBody {
    Happened(Entry),
    Outgoing(Effect, Sending),
}

impl Row {
    /// A text or an email that has not begun to leave: what an opt-out cancels.
    pub fn is_pending(&self) -> bool {
        Recent::of(self).is_pending()
    }

    /// Has it never leave, if it did not yet; how its sending stands then.
    pub fn cancel_unsent(&mut self, at: Timestamp) -> Option<Sending> {
        match &mut self.body {
            RowBody::Outgoing(_, sending)
                if sending.status.is_pending() || sending.status == SendStatus::Sending =>
            {
                *sending = sending.clone().cancelled(at);
                Some(sending.clone())
            }
            RowBody::Outgoing(..) | RowBody::Happened(_) => None,
        }
    }
}

impl RowBody {
    /// Whether marketing caps count it. What reminds of the lead's own appointment they do not.
    pub fn is_marketing(&self) -> bool {
        match self {
            RowBody::Outgoing(Effect::Sms(sms), _) => {
                sms.kind == MessageKind::Marketing && !sms.is_reminder()
            }
            RowBody::Outgoing(..) | RowBody::Happened(_) => false,
        }
    }

    pub fn sending(&self) -> Option<&Sending> {
        match self {
            RowBody::Happened(_) => None,
            RowBody::Outgoing(_, sending) => Some(sending),
        }
    }

    pub fn kind(&self) -> RowKind {
        match self {
            RowBody::Happened(entry) if matches!(entry.event, Event::Replied { .. }) => {
                RowKind::Reply
            }
            RowBody::Happened(_) => RowKind::Entry,
            RowBody::Outgoing(effect, _) => RowKind::of(effect),
        }
    }
}

/// What a row is, as a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowKind {
    /// Something that happened, other than a reply.
    Entry = 0,
    Sms = 1,
    Email = 2,
    Alert = 3,
    Call = 4,
    Slots = 5,
    Notify = 6,
    /// A text from the lead.
    Reply = 7,
}

impl RowKind {
    pub const ALL: [RowKind; 8] = [
        RowKind::Entry,
        RowKind::Sms,
        RowKind::Email,
        RowKind::Alert,
        RowKind::Call,
        RowKind::Slots,
        RowKind::Notify,
        RowKind::Reply,
    ];

    pub fn of(effect: &Effect) -> RowKind {
        match effect {
            Effect::Sms(_) => RowKind::Sms,
            Effect::Email(_) => RowKind::Email,
            Effect::AlertAgents(_)
            | Effect::CloseHandoff { .. }
            | Effect::TellAgent(_)
            | Effect::NudgeAgents { .. }
            | Effect::Bridge { .. } => RowKind::Alert,
            Effect::Call { .. } => RowKind::Call,
            Effect::FindSlots { .. } | Effect::HoldSlot { .. } | Effect::FreeSlot { .. } => {
                RowKind::Slots
            }
            Effect::Notify { .. }
            | Effect::SetField { .. }
            | Effect::CancelQueued
            | Effect::Consent(_)
            | Effect::Shortlink { .. }
            | Effect::FreeTexts { .. }
            | Effect::DropReminders { .. }
            | Effect::MarkUnreachable => RowKind::Notify,
        }
    }

    pub fn from_code(code: i64) -> Option<RowKind> {
        usize::try_from(code)
            .ok()
            .and_then(|i| RowKind::ALL.get(i))
            .copied()
    }
}

/// How an outgoing row fares. Only ever moves forward.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Sending {
    #[n(0)]
    pub status: SendStatus,
    /// When someone must look at it next: to send, to ask the gate again, to recover a lost lease.
    /// A column of its own; `None` when settled.
    #[n(1)]
    pub due: Option<Timestamp>,
    #[n(2)]
    pub held: Option<HoldReason>,
    #[n(3)]
    pub attempts: u8,
    /// Address it goes to: a number, an email address, an agent, a URL.
    #[n(4)]
    pub to: String,
    /// The number or address it goes from, once chosen.
    #[n(5)]
    pub from: Option<String>,
    #[n(6)]
    pub channel: Option<Name>,
    #[n(7)]
    pub provider_id: Option<String>,
    /// When `status` last changed.
    #[n(8)]
    pub changed: Timestamp,
    /// What the carrier said when it refused.
    #[n(9)]
    pub error: Option<String>,
    /// Accepted at, where it was.
    #[n(10)]
    pub accepted: Option<Timestamp>,
    #[n(11)]
    pub parts: u8,
    /// Since when it is tried in vain for what is the carrier's trouble alone: no connection, or a pause
    /// that was asked for.
    #[n(12)]
    pub waits_since: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum SendStatus {
    #[n(0)]
    Queued,
    #[n(1)]
    Held,
    #[n(2)]
    Sending,
    #[n(3)]
    Sent,
    #[n(4)]
    Delivered,
    #[n(5)]
    Undelivered,
    #[n(6)]
    Failed,
    #[n(7)]
    Cancelled,
    #[n(8)]
    Uncertain,
}

impl SendStatus {
    pub const ALL: [SendStatus; 9] = [
        SendStatus::Queued,
        SendStatus::Held,
        SendStatus::Sending,
        SendStatus::Sent,
        SendStatus::Delivered,
        SendStatus::Undelivered,
        SendStatus::Failed,
        SendStatus::Cancelled,
        SendStatus::Uncertain,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            SendStatus::Queued => "queued",
            SendStatus::Held => "held",
            SendStatus::Sending => "sending",
            SendStatus::Sent => "sent",
            SendStatus::Delivered => "delivered",
            SendStatus::Undelivered => "undelivered",
            SendStatus::Failed => "failed",
            SendStatus::Cancelled => "cancelled",
            SendStatus::Uncertain => "uncertain",
        }
    }

    pub fn code(self) -> i64 {
        SendStatus::ALL.iter().position(|s| *s == self).unwrap_or(0) as i64
    }

    pub fn from_code(code: i64) -> Option<SendStatus> {
        usize::try_from(code)
            .ok()
            .and_then(|i| SendStatus::ALL.get(i))
            .copied()
    }

    /// Whether it has not begun to leave: what an opt-out cancels.
    pub fn is_pending(self) -> bool {
        matches!(self, SendStatus::Queued | SendStatus::Held)
    }
}

/// Why a row waits for review after a restore.
const RESTORED: &str = "restored from a backup: review before sending";

impl Sending {
    /// What an opt-out makes of a row that has not begun to leave.
    pub fn cancelled(mut self, now: Timestamp) -> Sending {
        self.status = SendStatus::Cancelled;
        self.due = None;
        self.held = None;
        self.changed = now;
        self
    }

    /// What a restore makes of a row that had not left, or of which that is not known.
    pub fn quarantined(mut self) -> Sending {
        self.status = SendStatus::Held;
        self.due = None;
        self.error = Some(RESTORED.to_string());
        self
    }

    /// Whether it waits for review since a restore.
    pub fn is_quarantined(&self) -> bool {
        self.status == SendStatus::Held
            && self.due.is_none()
            && self.error.as_deref() == Some(RESTORED)
    }

    /// What an operator's release makes of it: asked of the gate again, then sent.
    pub fn released(mut self, now: Timestamp) -> Sending {
        self.status = SendStatus::Queued;
        self.due = Some(now);
        self.error = None;
        self.changed = now;
        self
    }
}

/// A row that stands in one timeline and tells of another's lead: it is erased with that lead too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tells {
    pub seq: Seq,
    pub of: PhoneNumber,
}

/// A change of an outgoing row.
#[derive(Debug, Clone, PartialEq)]
pub struct RowChange {
    pub seq: Seq,
    pub to: Sending,
}

/// Replies of one bucket, told at or after `since`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepliesQuery {
    pub bucket: u8,
    /// The lead and number of the last one of the page before.
    pub after: Option<(PhoneNumber, Seq)>,
    pub since: Timestamp,
    pub limit: usize,
}

/// 128 bits that name an event once and for all: a hash of channel and provider message id, or of
/// an idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SeenKey(pub [u8; 16]);

impl SeenKey {
    /// The first half of SHA-256 over `scope`, a zero byte and `id`.
    pub fn of(scope: &str, id: &str) -> SeenKey {
        use sha2::{Digest, Sha256};
        let digest = Sha256::new()
            .chain_update(scope.as_bytes())
            .chain_update([0])
            .chain_update(id.as_bytes())
            .finalize();
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        SeenKey(key)
    }
}

/// One turn, all or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    pub lead: PhoneNumber,
    /// Refused as `Duplicate` when taken before.
    pub seen: Option<SeenKey>,
    /// Written when it changed.
    pub record: Option<Shared<LeadRecord>>,
    /// The lead is new, or the name or email of `record` is another than before: what they are found by
    /// is written anew.
    pub named: bool,
    /// `revision` 1 is new; any other replaces the one before it, else `Stale`.
    pub conversations: Vec<Shared<Conversation>>,
    /// New rows, numbered on from the snapshot's `last_seq`.
    pub rows: Vec<Row>,
    pub changes: Vec<RowChange>,
    /// Every queued or held text and email of this lead is cancelled.
    pub cancel_queued: bool,
    /// New ones.
    pub handoffs: Vec<HandoffRecord>,
    /// Changes of handoffs stored before, or new in this very commit.
    pub handoff_changes: Vec<HandoffChange>,
    pub consents: Vec<ConsentEvent>,
    pub addresses: Vec<AddressMark>,
    /// Rows of this commit that tell of other leads.
    pub tells: Vec<Tells>,
    pub shortlinks: Vec<ShortlinkRecord>,
    /// The message of these shortlinks was accepted: their lifetime begins.
    pub links_begin: Option<(Seq, Timestamp)>,
    pub now: Timestamp,
}

impl Commit {
    pub fn new(lead: PhoneNumber, now: Timestamp) -> Self {
        Commit {
            lead,
            seen: None,
            record: None,
            named: false,
            conversations: Vec::new(),
            rows: Vec::new(),
            changes: Vec::new(),
            cancel_queued: false,
            handoffs: Vec::new(),
            handoff_changes: Vec::new(),
            consents: Vec::new(),
            addresses: Vec::new(),
            tells: Vec::new(),
            shortlinks: Vec::new(),
            links_begin: None,
            now,
        }
    }
}

/// What a restore set aside for a person to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quarantine {
    /// Messages, calls and alerts that had not left.
    pub outgoing: u64,
    /// Conversations whose timer fell due before the restore.
    pub timers: u64,
}

/// Work that fell due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    Timer {
        lead: PhoneNumber,
        conversation: ConversationId,
        deadline: Timestamp,
    },
    Outgoing {
        lead: PhoneNumber,
        seq: Seq,
        kind: RowKind,
        due: Timestamp,
    },
}

/// What is on the clock, whenever it falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnClock {
    Timer(ConversationId),
    Outgoing(PhoneNumber, Seq),
}

impl Due {
    pub fn on_clock(&self) -> OnClock {
        match *self {
            Due::Timer { conversation, .. } => OnClock::Timer(conversation),
            Due::Outgoing { lead, seq, .. } => OnClock::Outgoing(lead, seq),
        }
    }

    pub fn lead(&self) -> PhoneNumber {
        match self {
            Due::Timer { lead, .. } | Due::Outgoing { lead, .. } => *lead,
        }
    }

    pub fn at(&self) -> Timestamp {
        match self {
            Due::Timer { deadline, .. } => *deadline,
            Due::Outgoing { due, .. } => *due,
        }
    }
}

/// A flow's sources under their hash.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowRecord {
    pub version: VersionId,
    pub name: Name,
    /// The flow's own YAML first, then those that `run` brings in: name and text.
    pub sources: Vec<(Name, String)>,
    pub saved: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct ShortlinkRecord {
    #[n(0)]
    pub code: u64,
    #[n(1)]
    pub lead: PhoneNumber,
    #[n(2)]
    pub conversation: ConversationId,
    #[n(3)]
    pub link: Name,
    #[n(4)]
    pub to: String,
    /// The message that carries it.
    #[n(5)]
    pub message: Seq,
    #[n(6)]
    pub lifetime: Option<Duration>,
    /// Set when the message is accepted.
    #[n(7)]
    pub expires: Option<Timestamp>,
    #[n(8)]
    pub created: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Booking {
    #[n(0)]
    pub calendar: Name,
    #[n(1)]
    pub start: Timestamp,
    #[n(2)]
    pub end: Timestamp,
    #[n(3)]
    pub lead: PhoneNumber,
    #[n(4)]
    pub conversation: ConversationId,
}

#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct ApiKey {
    #[n(0)]
    pub name: Name,
    /// SHA-256 of the key; the key itself is shown once and never kept.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub hash: [u8; 32],
    #[n(2)]
    pub role: Role,
    #[n(3)]
    pub created: Timestamp,
    #[n(4)]
    pub revoked: Option<Timestamp>,
    /// Refused from then on.
    #[n(5)]
    pub expires: Option<Timestamp>,
    /// When it was used last, to the minute or so.
    #[n(6)]
    pub used: Option<Timestamp>,
    /// Calls a minute; a bound of ours where none was set.
    #[n(7)]
    pub per_minute: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    #[n(0)]
    Author,
    #[n(1)]
    Agent,
    #[n(2)]
    Admin,
    #[n(3)]
    Auditor,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Author, Role::Agent, Role::Admin, Role::Auditor];

    pub fn as_str(self) -> &'static str {
        match self {
            Role::Author => "author",
            Role::Agent => "agent",
            Role::Admin => "admin",
            Role::Auditor => "auditor",
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct LeadQuery {
    /// What `store::found_by` finds: beginnings of words, of emails, of numbers.
    pub q: Option<String>,
    pub after: Option<PhoneNumber>,
    pub limit: usize,
}

#[derive(Debug, Clone, Default)]
pub struct ConversationQuery {
    /// `waiting`, `scheduled`, `with_agent`, `ended`.
    pub status: Option<String>,
    pub flow: Option<Name>,
    pub lead: Option<PhoneNumber>,
    /// Newest first; those before this one.
    pub before: Option<ConversationId>,
    pub limit: usize,
}

#[derive(Debug, Clone, Default)]
pub struct HandoffQuery {
    pub status: Option<HandoffStatus>,
    pub team: Option<Name>,
    pub limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoreCounts {
    pub leads: u64,
    pub conversations: u64,
    pub timers: u64,
    pub pending: u64,
    pub open_handoffs: u64,
}
