//! Work that could not be done and was taken off the clock: whose it is, since when, why; and the work
//! that has it done after all, once the cause is mended. Kept in the store under the lead, so that an
//! erasure takes it too; nothing that anybody wrote is in it.
//!
//! What had left before the fault is never offered again: at most one text goes out of one decision.

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::carrier::{Media, Took};
use crate::conversation::{ConversationId, Event, Seq};
use crate::lead::{Name, PhoneNumber};
use crate::runtime::work::{Inbound, PutBack, Work};
use crate::store::{Kept, KeptKind, RowBody, Snapshot, Store, StoreError};
use crate::time::Timestamp;

/// The most that are listed; more than that is one fault, not many.
pub const LISTED_MAX: usize = 500;
const ID_HEX: usize = 16;

/// One piece of work that was set aside.
#[derive(Debug, Clone, PartialEq)]
pub struct Parked {
    pub lead: PhoneNumber,
    pub at: Timestamp,
    pub what: What,
    pub why: String,
    pub conversation: Option<ConversationId>,
    pub flow: Option<Name>,
    pub step: Option<Name>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A timer that fell due: the conversation stands still.
    Timer { deadline: Timestamp },
    /// Something that was to go out. `left`: the fault came after it had gone.
    Outgoing { seq: Seq, left: bool },
    /// A text from the lead, kept and read by nobody.
    Reply { seq: Seq, channel: Name, to: String },
}

impl What {
    pub fn as_str(&self) -> &'static str {
        match self {
            What::Timer { .. } => "timer",
            What::Outgoing { .. } => "outgoing",
            What::Reply { .. } => "reply",
        }
    }

    /// Whether it may be tried again.
    pub fn may_go_again(&self) -> bool {
        !matches!(self, What::Outgoing { left: true, .. })
    }
}

impl Parked {
    /// Of work that the engine gives up; `None` for work whose caller is told instead.
    pub(super) fn of(work: &Work, snapshot: &Snapshot, why: &str, now: Timestamp) -> Option<Self> {
        let known = |id: ConversationId| {
            let both = [&snapshot.active, &snapshot.conversation];
            both.into_iter().flatten().find(|known| known.id == id)
        };
        let (what, conversation) = match work {
            Work::Timer {
                conversation,
                deadline,
                ..
            } => {
                let deadline = *deadline;
                (What::Timer { deadline }, known(*conversation))
            }
            Work::Begin { seq, .. } | Work::Settle { seq, .. } => {
                let left = matches!(work, Work::Settle { .. });
                let of = snapshot.row.as_ref().and_then(|row| row.conversation);
                let what = What::Outgoing { seq: *seq, left };
                (what, of.and_then(known))
            }
            Work::Inbound(inbound) => {
                let what = What::Reply {
                    seq: snapshot.last_seq + 1,
                    channel: inbound.channel.clone(),
                    to: inbound.to.clone(),
                };
                (what, snapshot.active.as_ref())
            }
            _ => return None,
        };
        Some(Parked {
            lead: work.lead(),
            at: now,
            what,
            why: why.to_string(),
            conversation: conversation.map(|it| it.id),
            flow: conversation.map(|it| it.flow.clone()),
            step: conversation.and_then(|known| known.step()).cloned(),
        })
    }

    /// Names it to people and programs; nothing of the lead can be read from it.
    pub fn id(&self) -> String {
        let digest = Sha256::new()
            .chain_update(self.lead.to_string().as_bytes())
            .chain_update([0])
            .chain_update(self.key().as_bytes())
            .finalize();
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("pk_{}", &hex[..ID_HEX])
    }

    /// With the time, for the same work may be set aside again.
    fn key(&self) -> String {
        let of = match (&self.what, self.conversation) {
            (What::Timer { .. }, Some(id)) => id.to_string(),
            (What::Timer { deadline }, None) => deadline.as_ms().to_string(),
            (What::Outgoing { seq, .. } | What::Reply { seq, .. }, _) => seq.to_string(),
        };
        format!("{} {of} {}", self.what.as_str(), self.at.as_ms())
    }

    fn kept(&self) -> Kept {
        let mut data = json!({
            "what": self.what.as_str(), "why": self.why,
            "conversation": self.conversation.map(|id| id.to_string()),
            "flow": self.flow.as_deref(), "step": self.step.as_deref(),
        });
        match &self.what {
            What::Timer { deadline } => data["deadline"] = json!(deadline.as_ms()),
            What::Outgoing { seq, left } => {
                data["seq"] = json!(seq);
                data["left"] = json!(left);
            }
            What::Reply { seq, channel, to } => {
                data["seq"] = json!(seq);
                data["channel"] = json!(channel.as_str());
                data["to"] = json!(to);
            }
        }
        Kept {
            lead: self.lead,
            kind: KeptKind::Parked,
            key: self.key(),
            at: self.at,
            open: true,
            data: data.to_string().into_bytes(),
        }
    }

    fn read(kept: &Kept) -> Option<Self> {
        let data: Json = serde_json::from_slice(&kept.data).ok()?;
        let name = |key: &str| data[key].as_str().map(Name::from);
        let seq = || data["seq"].as_u64().and_then(|seq| Seq::try_from(seq).ok());
        let what = match data["what"].as_str()? {
            "timer" => What::Timer {
                deadline: Timestamp::from_ms(data["deadline"].as_i64()?),
            },
            "outgoing" => What::Outgoing {
                seq: seq()?,
                left: data["left"].as_bool()?,
            },
            "reply" => What::Reply {
                seq: seq()?,
                channel: name("channel")?,
                to: data["to"].as_str()?.to_string(),
            },
            _ => return None,
        };
        Some(Parked {
            lead: kept.lead,
            at: kept.at,
            what,
            why: data["why"].as_str()?.to_string(),
            conversation: data["conversation"].as_str().and_then(|id| id.parse().ok()),
            flow: name("flow"),
            step: name("step"),
        })
    }

    /// The work that does it after all; `None` when what it needs is not there any more, or it had left.
    pub fn again(&self, store: &dyn Store) -> Result<Option<Work>, StoreError> {
        let lead = self.lead;
        Ok(match &self.what {
            What::Timer { deadline } => self.conversation.map(|conversation| Work::PutBack {
                lead,
                what: PutBack::Timer {
                    conversation,
                    deadline: *deadline,
                },
            }),
            What::Outgoing { left: true, .. } => None,
            What::Outgoing { seq, left: false } => Some(Work::PutBack {
                lead,
                what: PutBack::Row(*seq),
            }),
            What::Reply { seq, channel, to } => {
                let Some(row) = store.row(lead, *seq)? else {
                    return Ok(None);
                };
                let RowBody::Happened(entry) = row.body else {
                    return Ok(None);
                };
                heard_again(self, entry.event, channel, to)
            }
        })
    }
}

/// The text as if it came now, under an id of its own: the carrier's was taken.
fn heard_again(parked: &Parked, event: Event, channel: &Name, to: &str) -> Option<Work> {
    let Event::Replied {
        text,
        media,
        written,
        media_types,
    } = event
    else {
        return None;
    };
    let mut types = media_types.into_iter();
    let media = media.into_iter().map(|url| Media {
        url,
        content_type: types.next().filter(|kind| !kind.is_empty()),
    });
    Some(Work::Inbound(Inbound {
        channel: channel.clone(),
        id: format!("again {}", parked.id()),
        from: parked.lead,
        to: to.to_string(),
        text,
        media: media.collect(),
        written,
        verdict: Took::Nothing,
    }))
}

/// Puts it on the list.
pub(super) fn keep(store: &dyn Store, parked: &Parked) -> Result<(), StoreError> {
    store.keep(&parked.kept()).map(drop)
}

/// What is set aside and was neither tried again nor put away, oldest first.
pub fn list(store: &dyn Store) -> Result<Vec<Parked>, StoreError> {
    let end = Timestamp::from_ms(i64::MAX);
    let kept = store.kept_waiting(KeptKind::Parked, end, LISTED_MAX)?;
    Ok(kept.iter().filter_map(Parked::read).collect())
}

pub fn find(store: &dyn Store, id: &str) -> Result<Option<Parked>, StoreError> {
    let all = list(store)?;
    Ok(all.into_iter().find(|parked| parked.id() == id))
}

/// Takes it off the list.
pub fn put_away(store: &dyn Store, parked: &Parked) -> Result<(), StoreError> {
    store.kept_used(parked.lead, KeptKind::Parked, &[parked.key()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_as_it_was_and_what_had_left_is_not_offered_again() {
        let lead: PhoneNumber = "+13125550142".parse().unwrap();
        let at = Timestamp::from_ms(7);
        for (what, again) in [
            (What::Timer { deadline: at }, true),
            (
                What::Outgoing {
                    seq: 3,
                    left: false,
                },
                true,
            ),
            (What::Outgoing { seq: 3, left: true }, false),
            (
                What::Reply {
                    seq: 4,
                    channel: Name::from("main"),
                    to: "+1".into(),
                },
                true,
            ),
        ] {
            let parked = Parked {
                lead,
                at,
                what,
                why: "a fault".to_string(),
                conversation: None,
                flow: Some(Name::from("drive")),
                step: None,
            };
            assert_eq!(parked.what.may_go_again(), again);
            assert_eq!(Parked::read(&parked.kept()), Some(parked.clone()));
            assert!(!parked.id().contains("0142"), "{}", parked.id());
        }
    }
}
