//! Leads, conversations and rows to write, small but with every part filled in.

use crate::conversation::{
    Awaiting, Conversation, ConversationId, Effect, EmailMessage, Entry, Event, Hop, Priority, Seq,
    Slot, SmsMessage, Status, Unanswered, Understood, VersionId, Wait,
};
use crate::lead::{self, PhoneNumber, Value};
use crate::policy::consent::{Level, Scope};
use crate::policy::{
    Consent, ConsentChange, ConsentEvent, EmailStanding, HoldReason, MessageKind, Purpose, Standing,
};
use crate::store::{
    Batch, Commit, CommitError, HandoffId, HandoffRecord, HandoffStatus, LeadRecord, Need, Row,
    RowBody, SeenKey, SendStatus, Sending, ShortlinkRecord, Snapshot, Store, StoreError,
};
use crate::time::{Duration, Timestamp};

/// 2026-11-23T09:00:00Z.
pub const NOW: Timestamp = Timestamp::from_ms(1_795_424_400_000);

pub fn after_ms(ms: i64) -> Timestamp {
    NOW + Duration::from_ms(ms)
}

/// The `n`th number of a range set aside for fiction.
pub fn phone(n: u64) -> PhoneNumber {
    PhoneNumber::from_digits(13_125_550_100 + n).expect("eleven digits are a number")
}

pub fn version(n: u8) -> VersionId {
    VersionId([n; 16])
}

/// One lead with one conversation, and how they look.
#[derive(Debug, Clone)]
pub struct Lead {
    pub phone: PhoneNumber,
    pub conversation: ConversationId,
}

impl Lead {
    pub fn new(n: u64) -> Self {
        Self::enrolled(n, NOW)
    }

    pub fn enrolled(n: u64, at: Timestamp) -> Self {
        let phone = phone(n);
        Lead {
            phone,
            conversation: ConversationId::new(phone, at, (n & 0x3fff) as u16),
        }
    }

    pub fn need(&self) -> Need {
        Need {
            lead: self.phone,
            conversation: None,
            row: None,
        }
    }

    pub fn record(&self) -> LeadRecord {
        let mut lead = lead::Lead::new(self.phone);
        lead.locale = Some("es".into());
        lead.tags.push("spring".into());
        lead.fields.insert("name".into(), Value::text("Ada"));
        LeadRecord {
            lead,
            standing: Standing {
                consent: Consent::Given(NOW, Level::Marketing),
                unreachable: false,
                expires_at: Some(after_ms(9_000_000)),
                email: EmailStanding {
                    unsubscribed: Some(NOW),
                    bad: Some("ada@old.example".to_string()),
                },
            },
            active: Some(self.conversation),
            queue: Vec::new(),
            created: NOW,
            updated: NOW,
            our_number: Some("+13125550000".to_string()),
            channel: Some("main".into()),
            last: None,
            care: crate::store::Care::default(),
        }
    }

    /// Waiting for a reply until an hour from now.
    pub fn conversation(&self, revision: u32) -> Conversation {
        Conversation {
            id: self.conversation,
            lead: self.phone,
            flow: "roofing".into(),
            version: version(1),
            revision,
            status: Status::Waiting(Wait {
                step: "timing".into(),
                what: Awaiting::Reply {
                    rung: 1,
                    unclear: 0,
                    sending: Some(2),
                    slots: Vec::new(),
                },
            }),
            deadline: Some(after_ms(3_600_000)),
            locale: "es".into(),
            score: -3,
            answers: vec![("timing".into(), Value::text("soon"))],
            saved: vec![("price".into(), Value::Money(12.5, Some("USD".to_string())))],
            event: vec![("cart".into(), Value::Number(2.0))],
            last_reply: "¿Sí?".to_string(),
            agent: Some("kim".to_string()),
            variants: vec![("opener".into(), "short".into())],
            started: NOW,
            unanswered: Some(Unanswered {
                step: "timing".into(),
                since: NOW,
            }),
        }
    }

    pub fn row(&self, seq: Seq, body: RowBody) -> Row {
        Row {
            lead: self.phone,
            seq,
            conversation: Some(self.conversation),
            at: after_ms(i64::from(seq)),
            body,
        }
    }

    pub fn reply(&self, seq: Seq) -> Row {
        self.row(seq, reply("yes"))
    }

    /// A text that waits to be sent at `due`.
    pub fn text(&self, seq: Seq, due: Option<Timestamp>) -> Row {
        self.row(seq, text(self.phone, due))
    }

    /// Enrolled: lead, conversation at revision 1, the entry 1, the text 2 due now.
    pub fn enrolment(&self) -> Commit {
        let mut it = commit(self.phone);
        it.seen = Some(self.key("enrolled"));
        it.record = Some(self.record().into());
        it.named = true;
        it.conversations.push(self.conversation(1).into());
        let by = Event::Enrolled {
            by: "api".to_string(),
            properties: Vec::new(),
        };
        it.rows.push(self.row(1, happened(by)));
        it.rows.push(self.text(2, Some(NOW)));
        it
    }

    /// An ordinary reply: two rows more, a new revision.
    pub fn replied(&self, revision: u32, last_seq: Seq) -> Commit {
        let mut it = commit(self.phone);
        it.seen = Some(self.key(&format!("reply {last_seq}")));
        it.conversations.push(self.conversation(revision).into());
        it.rows.push(self.reply(last_seq + 1));
        it.rows.push(self.text(last_seq + 2, Some(NOW)));
        it
    }

    pub fn key(&self, event: &str) -> SeenKey {
        SeenKey::of(&self.phone.to_string(), event)
    }

    pub fn handoff(&self, seq: Seq, status: HandoffStatus) -> HandoffRecord {
        HandoffRecord {
            id: HandoffId {
                conversation: self.conversation,
                seq,
            },
            lead: self.phone,
            flow: "roofing".into(),
            team: "sales".into(),
            priority: Priority::Hot,
            brief: "Ada wants a roof".to_string(),
            status,
            agent: None,
            outcome: None,
            created: after_ms(i64::from(seq)),
            claimed: None,
            resolved: None,
            lapses: after_ms(900_000),
            callback_within: Some(Duration::mins(5)),
            rounds: Vec::new(),
            menu: Vec::new(),
            outcomes: vec!["reached".into()],
            call_after: None,
        }
    }

    pub fn shortlink(&self, code: u64, message: Seq) -> ShortlinkRecord {
        ShortlinkRecord {
            code,
            lead: self.phone,
            conversation: self.conversation,
            link: "map".into(),
            to: "https://example.com/map".to_string(),
            message,
            lifetime: Some(Duration::hours(48)),
            expires: None,
            created: NOW,
        }
    }
}

pub fn commit(lead: PhoneNumber) -> Commit {
    Commit::new(lead, NOW)
}

pub fn happened(event: Event) -> RowBody {
    RowBody::Happened(Entry {
        event,
        understood: None,
        path: Vec::new(),
    })
}

pub fn reply(text: &str) -> RowBody {
    RowBody::Happened(Entry {
        event: Event::Replied {
            text: text.to_string(),
            media: vec!["https://example.com/roof.jpg".to_string()],
            written: Some(NOW),
            media_types: vec!["image/jpeg".to_string()],
        },
        understood: Some(Understood {
            kind: "answer".into(),
            answer: Some("yes".to_string()),
            certain: true,
            rule: "yes".into(),
        }),
        path: vec![Hop {
            from: "timing".into(),
            exit: "yes".into(),
            to: "end:qualified".into(),
        }],
    })
}

pub fn text(to: PhoneNumber, due: Option<Timestamp>) -> RowBody {
    let message = SmsMessage {
        text: "Hi Ada! Still thinking? 1 yes, 2 no".to_string(),
        media: Vec::new(),
        kind: MessageKind::Marketing,
        purpose: Purpose::Flow,
        channel: Some("main".into()),
        hold: Some((NOW, HoldReason::QuietHours)),
        step: Some("timing".into()),
        appointment: None,
    };
    RowBody::Outgoing(Effect::Sms(message), sending(&to.to_string(), due))
}

pub fn email(to: &str, due: Option<Timestamp>) -> RowBody {
    let message = EmailMessage {
        to: to.to_string(),
        subject: "Your roof".to_string(),
        text: "Hi Ada".to_string(),
        step: None,
        invite: Some(Slot {
            start: NOW,
            end: after_ms(1_800_000),
        }),
        ics: Some("BEGIN:VCALENDAR".to_string()),
        kind: MessageKind::Transactional,
    };
    RowBody::Outgoing(Effect::Email(message), sending(to, due))
}

pub fn notify(due: Option<Timestamp>) -> RowBody {
    let event = "outcome".into();
    RowBody::Outgoing(
        Effect::Notify { event },
        sending("https://example.com", due),
    )
}

pub fn sending(to: &str, due: Option<Timestamp>) -> Sending {
    Sending {
        status: SendStatus::Queued,
        due,
        held: None,
        attempts: 0,
        to: to.to_string(),
        from: Some("+13125550000".to_string()),
        channel: Some("main".into()),
        provider_id: None,
        changed: NOW,
        error: None,
        accepted: None,
        parts: 1,
        waits_since: None,
    }
}

pub fn consent(change: ConsentChange, at: Timestamp) -> ConsentEvent {
    ConsentEvent {
        source: "https://example.com/quote".to_string(),
        wording: "I agree to get texts".to_string(),
        ip: Some("192.0.2.7".to_string()),
        own_act: true,
        scope: Some(Scope {
            seller: Some("Acme".to_string()),
            purposes: vec!["marketing".to_string()],
            ..Scope::default()
        }),
        ..ConsentEvent::new(change, Level::Marketing, at, "web_form")
    }
}

/// Consent, given now.
pub fn given() -> ConsentEvent {
    consent(ConsentChange::Given, NOW)
}

// Doing things with a store.

pub fn begin(store: &dyn Store) -> Box<dyn Batch + '_> {
    store.begin(&[]).expect("a batch begins")
}

/// A batch of these commits, all of which are taken.
pub fn take(store: &dyn Store, commits: &[Commit]) {
    let mut batch = begin(store);
    for commit in commits {
        batch.write(commit).expect("the commit is taken");
    }
    batch.finish().expect("the batch is finished");
}

/// What one commit alone is answered.
pub fn answer(store: &dyn Store, commit: &Commit) -> Result<(), CommitError> {
    let mut batch = begin(store);
    let answer = batch.write(commit);
    batch.finish().expect("the batch is finished");
    answer
}

pub fn snapshot(store: &dyn Store, lead: &Lead) -> Snapshot {
    let read = |need: &Need| begin(store).snapshot(need);
    ok(read(&lead.need()))
}

pub fn ok<T>(result: Result<T, StoreError>) -> T {
    result.expect("the store answers")
}
