//! What one timeline tells of another's lead.

use crate::conversation::{AgentNote, AgentWay, Effect, NoteAbout, Seq};
use crate::lead::PhoneNumber;
use crate::store::{Commit, Row, RowBody, SendStatus, Store, Tells, blank};

use super::Check;
use super::fixture::*;

pub const ALL: &[Check] = &[(
    "what an agent is told of a lead goes with the lead",
    goes_with_the_lead,
)];

/// The number of an agent, of whom nothing else is known.
fn agent() -> PhoneNumber {
    phone(70)
}

/// What an agent wrote and was answered, as it stands under their number.
fn texted(last_seq: Seq, status: SendStatus, about: &[&Lead]) -> Commit {
    let mut it = commit(agent());
    it.rows.push(row(last_seq + 1, reply("Ada was reached")));
    let note = AgentNote {
        agent: "Dana".to_string(),
        way: AgentWay::Sms,
        about: NoteAbout::Answer,
        handoff: None,
        to: agent().to_string(),
        subject: String::new(),
        text: "You have it. Call Ada.".to_string(),
        link: None,
    };
    let due = (status != SendStatus::Sent).then_some(NOW);
    let mut sending = sending(&note.to, due);
    sending.status = status;
    let body = RowBody::Outgoing(Effect::TellAgent(note), sending);
    it.rows.push(row(last_seq + 2, body));
    it.tells = (1..=2)
        .flat_map(|n| {
            let seq = last_seq + n;
            about.iter().map(move |lead| Tells {
                seq,
                of: lead.phone,
            })
        })
        .collect();
    it
}

fn row(seq: Seq, body: RowBody) -> Row {
    Row {
        lead: agent(),
        seq,
        conversation: None,
        at: NOW,
        body,
    }
}

fn statuses(rows: &[Row]) -> Vec<Option<SendStatus>> {
    let status = |row: &Row| row.body.sending().map(|sending| sending.status);
    rows.iter().map(status).collect()
}

fn goes_with_the_lead(store: &dyn Store) {
    use SendStatus::{Cancelled, Queued, Sending, Sent};
    let (one, two) = (Lead::new(1), Lead::new(2));
    take(store, &[one.enrolment()]);
    take(store, &[two.enrolment()]);
    take(store, &[texted(0, Queued, &[&one])]);
    take(store, &[texted(2, Sending, &[&one, &two])]);
    take(store, &[texted(4, Sent, &[&one])]);
    take(store, &[texted(6, Queued, &[&two])]);
    assert_eq!(ok(store.told_elsewhere(one.phone)).len(), 6);
    assert_eq!(ok(store.told_elsewhere(two.phone)).len(), 4);
    let pending = ok(store.counts()).pending;
    let of_two = ok(store.timeline(agent(), None, 6, 99));

    assert!(ok(store.erase(one.phone, after_ms(9))));
    let rows = ok(store.timeline(agent(), None, 0, 99));
    assert!(rows[..6].iter().all(|row| !blank::tells(&row.body)));
    assert_eq!(rows[6..], of_two);
    assert_eq!(
        statuses(&rows),
        [
            None,
            Some(Cancelled),
            None,
            Some(Cancelled),
            None,
            Some(Sent),
            None,
            Some(Queued)
        ]
    );
    // Their own text, and the two that had not left.
    assert_eq!(ok(store.counts()).pending, pending - 3);
    assert_eq!(ok(store.told_elsewhere(one.phone)), []);
    assert_eq!(ok(store.told_elsewhere(two.phone)).len(), 4);

    // They grow old with the lead's own texts.
    let before = after_ms(1);
    let mine = ok(store.blank_texts(two.phone, before));
    assert!(mine >= 1, "{mine}");
    let rows = ok(store.timeline(agent(), None, 0, 99));
    assert!(!blank::tells(&rows[6].body), "{:?}", rows[6]);
    // The number that was told goes itself.
    assert!(ok(store.erase(agent(), after_ms(9))));
    assert_eq!(ok(store.told_elsewhere(two.phone)), []);
}
