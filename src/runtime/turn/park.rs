//! Work that cannot be done is set aside, so that it stops nobody else.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::conversation::{Entry, Understood};
use crate::lead::{Lead, Name};
use crate::policy::{ConsentChange, ConsentEvent};
use crate::reply::{self, Everywhere, Listening, Reply, Verdict};
use crate::runtime::turn::Desk;
use crate::runtime::work::{Inbound, PutBack, Refusal, Work};
use crate::store::{
    Commit, LeadRecord, Row, RowBody, RowChange, SeenKey, SendStatus, Shared, Snapshot,
};
use crate::time::Timestamp;

/// The commit that takes a lead's due work off the clock without doing it: a timer is stopped, an
/// outgoing row is held for review. An opt-out is heeded all the same: it needs no flow.
pub(in crate::runtime) fn park(
    work: &Work,
    snapshot: Snapshot,
    brand: &str,
    now: Timestamp,
) -> Option<Commit> {
    let mut commit = Commit::new(work.lead(), now);
    match work {
        Work::Timer { conversation, .. } => {
            let mut parked = [snapshot.active, snapshot.conversation]
                .into_iter()
                .flatten()
                .find(|known| known.id == *conversation)?;
            parked.deadline = None;
            parked.revision += 1;
            commit.conversations.push(parked);
        }
        Work::Begin { .. } | Work::Settle { .. } => {
            let row = snapshot.row?;
            let RowBody::Outgoing(_, mut sending) = row.body else {
                return None;
            };
            sending.status = SendStatus::Held;
            sending.due = None;
            sending.error = Some("set aside after a fault: review before sending".to_string());
            commit.changes.push(RowChange {
                seq: row.seq,
                to: sending,
            });
        }
        // What the lead wrote is kept, read by nobody yet; the carrier need not send it again.
        Work::Inbound(inbound) => {
            commit.seen = Some(SeenKey::of(&inbound.channel, &inbound.id));
            let opt_out = opt_out(&inbound.text);
            if let Some(verdict) = &opt_out {
                revoke(&mut commit, inbound, &snapshot, verdict, brand);
            }
            let entry = Entry {
                event: inbound.event(),
                understood: opt_out.map(|verdict| Understood {
                    kind: Name::fixed(verdict.meaning.as_str()),
                    answer: None,
                    certain: verdict.certain,
                    rule: Name::fixed(verdict.rule),
                }),
                path: Vec::new(),
            };
            commit.rows.push(Row {
                lead: inbound.from,
                seq: snapshot.last_seq + 1,
                conversation: snapshot.active.map(|active| active.id),
                at: now,
                body: RowBody::Happened(entry),
            });
        }
        _ => return None,
    }
    Some(commit)
}

/// Whether the text is one. What was set aside may have been for the very reading of it.
fn opt_out(text: &str) -> Option<Verdict<Everywhere>> {
    let read = || reply::everywhere(&Reply::read(text), Listening::default());
    let verdict = catch_unwind(AssertUnwindSafe(read)).ok().flatten()?;
    (verdict.meaning == Everywhere::OptOut).then_some(verdict)
}

fn revoke(
    commit: &mut Commit,
    inbound: &Inbound,
    snapshot: &Snapshot,
    verdict: &Verdict<Everywhere>,
    brand: &str,
) {
    let program = snapshot.active.as_ref().map(|active| active.flow.as_str());
    let (change, text) = (ConsentChange::Revoked, inbound.text.as_str());
    let event =
        ConsentEvent::by_text(change, verdict.rule, text, commit.now).filled_in(brand, program);
    let known = snapshot.lead.as_deref().cloned();
    commit.named = known.is_none();
    let mut record = known.unwrap_or_else(|| LeadRecord::new(Lead::new(inbound.from), commit.now));
    record.standing = record.standing.after(&event);
    commit.record = Some(Shared::from(record));
    commit.consents.push(event);
    commit.cancel_queued = true;
}

impl Desk<'_> {
    /// Once the cause is mended. Whatever happened to it meanwhile wins.
    pub(super) fn put_back(&mut self, what: PutBack) -> Result<(), Refusal> {
        match what {
            PutBack::Timer {
                conversation,
                deadline,
            } => {
                let mut stopped = self.take_named(conversation)?;
                if stopped.deadline.is_some() || stopped.is_ended() {
                    return Err(Refusal::Conflict(
                        "the conversation has gone on meanwhile".to_string(),
                    ));
                }
                stopped.deadline = Some(deadline);
                stopped.revision += 1;
                self.done.conversation = Some(stopped.clone());
                self.put(stopped);
            }
            PutBack::Row(seq) => {
                let row = self.row.take().ok_or(Refusal::NotFound("message"))?;
                let stopped = match row.body {
                    RowBody::Outgoing(_, sending)
                        if sending.due.is_none() && sending.status.is_pending() =>
                    {
                        sending
                    }
                    RowBody::Outgoing(..) | RowBody::Happened(_) => {
                        return Err(Refusal::Conflict(
                            "it has left or was taken back meanwhile".to_string(),
                        ));
                    }
                };
                let to = stopped.released(self.now);
                self.commit.changes.push(RowChange { seq, to });
            }
        }
        self.done.outgoing = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::carrier::Took;
    use crate::conversation::Event;
    use crate::lead::{Name, PhoneNumber};
    use crate::runtime::work::Inbound;

    #[test]
    fn a_reply_that_cannot_be_worked_out_is_kept_all_the_same_and_taken_once() {
        let from: PhoneNumber = "+13125550142".parse().unwrap();
        let work = Work::Inbound(Inbound {
            channel: Name::from("main"),
            id: "m1".to_string(),
            from,
            to: String::new(),
            text: "poison".to_string(),
            media: Vec::new(),
            written: None,
            verdict: Took::Nothing,
        });
        let snapshot = Snapshot {
            last_seq: 6,
            ..Snapshot::default()
        };
        let commit = park(&work, snapshot, "Acme", Timestamp::from_ms(5)).unwrap();
        assert_eq!(commit.seen, Some(SeenKey::of("main", "m1")));
        assert_eq!(commit.rows.len(), 1);
        assert_eq!(commit.rows[0].seq, 7);
        assert!(matches!(&commit.rows[0].body, RowBody::Happened(Entry {
            event: Event::Replied { text, .. },
            ..
        }) if text == "poison"));
        assert!(
            commit.conversations.is_empty(),
            "the conversation stays as it was"
        );
    }

    #[test]
    fn an_opt_out_that_cannot_be_worked_out_is_heeded_all_the_same() {
        let from: PhoneNumber = "+13125550142".parse().unwrap();
        let work = Work::Inbound(Inbound {
            channel: Name::from("main"),
            id: "m2".to_string(),
            from,
            to: String::new(),
            text: "please stop texting me".to_string(),
            media: Vec::new(),
            written: None,
            verdict: Took::Nothing,
        });
        let now = Timestamp::from_ms(5);
        let commit = park(&work, Snapshot::default(), "Acme", now).unwrap();
        assert!(commit.cancel_queued);
        assert!(commit.record.unwrap().standing.is_opted_out());
        let [event] = &commit.consents[..] else {
            panic!("one row of the ledger: {:?}", commit.consents)
        };
        assert_eq!(event.change, ConsentChange::Revoked);
        assert!(event.own_act);
        assert_eq!(commit.rows.len(), 1, "and the text is kept");
    }
}
