//! A lead with a long history: what is known of its rows holds whoever's turn it is, and however many
//! came since.

use crate::conversation::{ConversationId, Seq};
use crate::store::{Commit, Row, RowBody, RowChange, SendStatus, Sending, Store};

use super::Check;
use super::fixture::*;

pub const ALL: &[Check] = &[
    (
        "rows of a long history are found by number, by conversation and by the carrier's id",
        found_again,
    ),
    (
        "a reply is known again however many rows came since",
        known_again,
    ),
    (
        "what has not begun to leave is found however far back it lies",
        pending,
    ),
    ("nothing of a long history outlives an erasure", erased),
];

/// Rounds of two rows each: the lead texts, and is answered.
const ROUNDS: u32 = 60;

struct History {
    lead: Lead,
    /// The lead's second conversation.
    second: ConversationId,
    rows: Vec<Row>,
}

/// Which conversation is the lead's active one in a round: none, the first, the second, the first again.
fn active(history: &History, round: u32) -> Option<ConversationId> {
    match round * 4 / ROUNDS {
        0 => None,
        1 | 3 => Some(history.lead.conversation),
        _ => Some(history.second),
    }
}

/// Lives through all rounds. Each round settles the text of some round before it.
fn live(store: &dyn Store, n: u64) -> History {
    let lead = Lead::new(n);
    let second = Lead::enrolled(n, after_ms(1)).conversation;
    let mut history = History {
        lead,
        second,
        rows: Vec::new(),
    };
    let lead = history.lead.clone();
    let mut revisions = [0; 2];
    let mut before = None;
    for round in 0..ROUNDS {
        let now = active(&history, round);
        let mut commit = commit(lead.phone);
        commit.seen = Some(lead.key(&format!("reply {round}")));
        if round == 0 || now != before {
            let mut record = lead.record();
            record.active = now;
            commit.record = Some(record.into());
        }
        // Now and then a turn writes rows and no conversation.
        if let Some(id) = now.filter(|_| now != before || round % 3 != 0) {
            let i = usize::from(id == second);
            revisions[i] += 1;
            let mut it = lead.conversation(revisions[i]);
            it.id = id;
            commit.conversations.push(it.into());
        }
        before = now;
        let seq = 2 * round + 1;
        for (seq, body) in [
            (seq, reply("yes")),
            (seq + 1, text(lead.phone, Some(after_ms(i64::from(seq))))),
        ] {
            let mut row = lead.row(seq, body);
            row.conversation = now;
            commit.rows.push(row);
        }
        settle(&mut commit, &mut history.rows, round);
        take(store, &[commit.clone()]);
        history.rows.extend(commit.rows);
    }
    history
}

/// The text of half as many rounds ago was taken by the carrier.
fn settle(commit: &mut Commit, rows: &mut [Row], round: u32) {
    let seq = round / 2 * 2 + 2;
    let Some(row) = rows.iter_mut().find(|row| row.seq == seq) else {
        return;
    };
    if let RowBody::Outgoing(_, sending) = &mut row.body {
        sending.status = SendStatus::Sent;
        sending.due = None;
        sending.provider_id = Some(format!("SM{seq}"));
        let to = sending.clone();
        commit.changes.push(RowChange { seq, to });
    }
}

fn numbers(rows: &[Row]) -> Vec<Seq> {
    rows.iter().map(|row| row.seq).collect()
}

fn found_again(store: &dyn Store) {
    let history = live(store, 1);
    let lead = history.lead.phone;
    assert_eq!(ok(store.timeline(lead, None, 0, 1_000)), history.rows);
    for id in [history.lead.conversation, history.second] {
        let mut of_it = history.rows.clone();
        of_it.retain(|row| row.conversation == Some(id));
        assert!(of_it.len() >= 20);
        let found = ok(store.timeline(lead, Some(id), 0, 1_000));
        assert_eq!(numbers(&found), numbers(&of_it));
    }
    for (after, limit) in [(0, 7), (50, 40), (100, 9), (118, 9), (120, 9)] {
        let page = ok(store.timeline(lead, None, after, limit));
        let from = after as usize;
        let to = history.rows.len().min(from + limit);
        assert_eq!(page, history.rows[from..to], "after {after}");
    }
    for row in &history.rows {
        assert_eq!(ok(store.row(lead, row.seq)).as_ref(), Some(row));
        let id = row.body.sending().and_then(|it| it.provider_id.as_deref());
        if let Some(id) = id {
            assert_eq!(ok(store.sent_as(lead, id)).as_ref(), Some(row), "{id}");
        }
    }
    let snapshot = snapshot(store, &history.lead);
    let newest = history.rows.iter().rev().take(snapshot.recent.len());
    let recent: Vec<_> = newest.map(crate::store::Recent::of).collect();
    assert_eq!(snapshot.recent, recent);
}

fn known_again(store: &dyn Store) {
    let history = live(store, 2);
    for round in 0..ROUNDS {
        let key = history.lead.key(&format!("reply {round}"));
        assert!(ok(begin(store).seen(history.lead.phone, &key)), "{round}");
    }
    let other = history.lead.key("another");
    assert!(!ok(begin(store).seen(history.lead.phone, &other)));
}

fn pending(store: &dyn Store) {
    let history = live(store, 4);
    let (lead, other) = (history.lead.phone, Lead::new(5));
    take(store, &[other.enrolment()]);
    let mut left = history.rows.clone();
    left.retain(|row| row.is_pending());
    assert!(left.len() >= 20 && left[0].seq < 70, "some lie far back");
    assert_eq!(ok(begin(store).pending(lead)), left);

    let last = history.rows.last().map_or(0, |row| row.seq);
    let mut more = commit(lead);
    let held = |seq, body| history.lead.row(seq, body);
    more.rows = vec![
        held(last + 1, email("ada@example.com", Some(NOW))),
        held(last + 2, notify(Some(NOW))),
    ];
    let to = Sending {
        status: SendStatus::Held,
        ..sending("+1", Some(NOW))
    };
    let seq = left[0].seq;
    more.changes.push(RowChange { seq, to });
    take(store, &[more]);
    left.extend(ok(store.row(lead, last + 1)));
    left[0] = ok(store.row(lead, seq)).expect("it is there");
    assert_eq!(ok(begin(store).pending(lead)), left);

    let mut stop = commit(lead);
    stop.cancel_queued = true;
    take(store, &[stop]);
    assert_eq!(ok(begin(store).pending(lead)), []);
    assert_eq!(ok(begin(store).pending(other.phone)).len(), 1);
    assert_eq!(ok(begin(store).pending(phone(99))), []);
}

fn erased(store: &dyn Store) {
    let history = live(store, 3);
    assert!(ok(store.erase(history.lead.phone, NOW)));
    assert_eq!(ok(store.timeline(history.lead.phone, None, 0, 1_000)), []);
    assert_eq!(ok(store.count_outgoing()), []);
    // The number may come back, and begins anew.
    assert_eq!(live(store, 3).rows.len(), 2 * ROUNDS as usize);
}
