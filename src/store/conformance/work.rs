//! Work that falls due, and how it is settled.

use crate::store::{Due, Quarantine, RowBody, RowChange, RowKind, SendStatus, Sending, Store};

use super::Check;
use super::fixture::*;

pub const ALL: &[Check] = &[
    ("due work comes oldest first", oldest_first),
    (
        "work is due from its moment on, not before",
        from_its_moment,
    ),
    ("no more work is told of than asked for", limited),
    ("a timer moves with its conversation", timer_moves),
    (
        "timers that are put off and brought forward come in the order they then have",
        put_off,
    ),
    ("a settled row is due no more", settled),
    ("work set aside is due no more", set_aside),
    (
        "a row is found under the carrier's own id",
        found_by_provider,
    ),
    ("an opt-out cancels what is pending", opt_out),
    (
        "what a commit cancels and settles at once is counted once",
        cancelled_and_settled,
    ),
    ("the answer to an opt-out survives it", answer_survives),
    (
        "after a restore nothing that was pending is due",
        quarantine,
    ),
    (
        "a timer that was due before a restore waits for a person's word",
        released,
    ),
];

fn oldest_first(store: &dyn Store) {
    let (one, two, three) = (Lead::new(1), Lead::new(2), Lead::new(3));
    let mut commits = [one.enrolment(), two.enrolment(), three.enrolment()];
    for (commit, timer, row) in [(0, 30, 10), (1, 5, 40), (2, 20, 7)].map(|(i, t, r)| (i, t, r)) {
        commits[commit].conversations[0].deadline = Some(after_ms(timer));
        let row = super::fixture::text(commits[commit].lead, Some(after_ms(row)));
        commits[commit].rows[1].body = row;
    }
    take(store, &commits);
    let due = ok(store.due(after_ms(100), 10));
    let at: Vec<i64> = due.iter().map(|due| due.at().since(NOW).as_ms()).collect();
    assert_eq!(at, [5, 7, 10, 20, 30, 40]);
    let timer = Due::Timer {
        lead: two.phone,
        conversation: two.conversation,
        deadline: after_ms(5),
    };
    assert_eq!(due[0], timer);
    let row = Due::Outgoing {
        lead: three.phone,
        seq: 2,
        kind: RowKind::Sms,
        due: after_ms(7),
    };
    assert_eq!(due[1], row);
}

fn from_its_moment(store: &dyn Store) {
    assert_eq!(ok(store.next_due()), None);
    let lead = Lead::new(1);
    let mut commit = lead.enrolment();
    commit.rows.truncate(1);
    commit.conversations[0].deadline = Some(after_ms(50));
    take(store, &[commit]);
    assert_eq!(ok(store.next_due()), Some(after_ms(50)));
    assert_eq!(ok(store.due(after_ms(49), 10)), []);
    assert_eq!(ok(store.due(after_ms(50), 10)).len(), 1);
}

fn limited(store: &dyn Store) {
    let commits: Vec<_> = (0..9).map(|n| Lead::new(n).enrolment()).collect();
    take(store, &commits);
    assert_eq!(ok(store.due(after_ms(i64::from(u32::MAX)), 4)).len(), 4);
    assert_eq!(ok(store.due(after_ms(i64::from(u32::MAX)), 100)).len(), 18);
    let counts = ok(store.counts());
    assert_eq!((counts.timers, counts.pending), (9, 9));
}

fn timer_moves(store: &dyn Store) {
    let lead = Lead::new(1);
    let mut commit = lead.enrolment();
    commit.rows.truncate(1);
    take(store, &[commit]);
    for (revision, deadline) in [(2, Some(after_ms(5))), (3, Some(after_ms(9))), (4, None)] {
        let mut commit = super::fixture::commit(lead.phone);
        commit
            .conversations
            .push(lead.conversation(revision).into());
        commit.conversations[0].deadline = deadline;
        take(store, &[commit]);
        assert_eq!(ok(store.next_due()), deadline);
    }
    assert_eq!(ok(store.due(after_ms(i64::from(u32::MAX)), 9)), []);
}

fn put_off(store: &dyn Store) {
    const TIMERS: i64 = 40;
    // Put off into the opposite order, and every fourth brought forward again.
    let first = |n: i64| 10 * n + 1;
    let second = |n: i64| 2_000 - 10 * n;
    let third = |n: i64| if n % 4 == 0 { 3 * n + 2 } else { second(n) };
    let of = |n: i64, revision, at| {
        let lead = Lead::new(n as u64);
        let mut commit = match revision {
            1 => lead.enrolment(),
            _ => super::fixture::commit(lead.phone),
        };
        commit.rows.truncate(1);
        commit.conversations = vec![lead.conversation(revision).into()];
        commit.conversations[0].deadline = Some(after_ms(at));
        commit
    };
    let at = |due: &Due| due.at().since(NOW).as_ms();
    for (revision, deadline) in [
        (1, &first as &dyn Fn(i64) -> i64),
        (2, &second),
        (3, &third),
    ] {
        let commits: Vec<_> = (0..TIMERS).map(|n| of(n, revision, deadline(n))).collect();
        take(store, &commits);
        let mut expected: Vec<i64> = (0..TIMERS).map(deadline).collect();
        expected.sort_unstable();
        let next = ok(store.next_due()).map(|next| next.since(NOW).as_ms());
        assert!(next.is_some_and(|next| next <= expected[0]), "{next:?}");
        if revision == 2 {
            // Not looked at in between, so that the third finds what the first left.
            continue;
        }
        for now in [0, 1, 2, 150, 1_700, 1_900, 3_000] {
            let due: Vec<i64> = expected.iter().copied().filter(|at| *at <= now).collect();
            let found = ok(store.due(after_ms(now), 7));
            let found: Vec<i64> = found.iter().map(at).collect();
            assert_eq!(
                found,
                due[..due.len().min(7)],
                "revision {revision} at {now}"
            );
            assert_eq!(ok(store.due(after_ms(now), 99)).len(), due.len());
        }
        let next = ok(store.next_due()).map(|next| next.since(NOW).as_ms());
        assert_eq!(next, Some(expected[0]), "once looked at");
    }
}

fn row_sending(store: &dyn Store, lead: &Lead, seq: u32) -> Sending {
    match ok(store.row(lead.phone, seq)).map(|row| row.body) {
        Some(RowBody::Outgoing(_, sending)) => sending,
        other => panic!("row {seq} is not an outgoing one: {other:?}"),
    }
}

fn settled(store: &dyn Store) {
    let lead = Lead::new(1);
    take(store, &[lead.enrolment()]);
    let lease = Sending {
        status: SendStatus::Sending,
        due: Some(after_ms(30_000)),
        attempts: 1,
        ..sending("+1", None)
    };
    let sent = Sending {
        status: SendStatus::Sent,
        due: None,
        provider_id: Some("SM1".to_string()),
        accepted: Some(after_ms(3)),
        error: Some("slow".to_string()),
        ..lease.clone()
    };
    for to in [lease, sent] {
        let mut commit = commit(lead.phone);
        commit.changes.push(RowChange {
            seq: 2,
            to: to.clone(),
        });
        take(store, &[commit]);
        assert_eq!(row_sending(store, &lead, 2), to);
        let rows = ok(store.due(after_ms(60_000), 9));
        assert_eq!(rows.len(), usize::from(to.due.is_some()));
        assert_eq!(ok(store.count_outgoing()), [(to.status, 1)]);
        assert_eq!(snapshot(store, &lead).recent[0].status, Some(to.status));
    }
}

fn set_aside(store: &dyn Store) {
    let (lead, other) = (Lead::new(1), Lead::new(2));
    let mut commits = [lead.enrolment(), other.enrolment()];
    for commit in &mut commits {
        commit.conversations[0].deadline = Some(after_ms(5));
    }
    take(store, &commits);
    let due = ok(store.due(after_ms(60_000), 9));
    let (theirs, others): (Vec<Due>, Vec<Due>) =
        due.into_iter().partition(|due| due.lead() == lead.phone);
    assert_eq!(theirs.len(), 2, "a timer and a text");
    for due in &theirs {
        ok(store.set_aside(due.on_clock()));
    }
    assert_eq!(ok(store.due(after_ms(60_000), 9)), others);
    assert_eq!(
        ok(store.timeline(lead.phone, None, 0, 9)).len(),
        2,
        "it is kept"
    );
}

fn found_by_provider(store: &dyn Store) {
    let (lead, other) = (Lead::new(1), Lead::new(2));
    take(store, &[lead.enrolment(), other.enrolment()]);
    let mut commit = commit(lead.phone);
    let to = Sending {
        provider_id: Some("SM1".to_string()),
        ..sending("+1", None)
    };
    commit.changes.push(RowChange { seq: 2, to });
    take(store, &[commit]);
    assert_eq!(
        ok(store.sent_as(lead.phone, "SM1")).map(|row| row.seq),
        Some(2)
    );
    assert_eq!(ok(store.sent_as(lead.phone, "SM2")), None);
    assert_eq!(ok(store.sent_as(other.phone, "SM1")), None);
}

/// Rows 1 to 6: an entry, a queued text, a held text, one being sent, an email, a webhook.
fn busy(lead: &Lead) -> crate::store::Commit {
    let mut commit = lead.enrolment();
    for (seq, status) in [(3, SendStatus::Held), (4, SendStatus::Sending)] {
        let mut row = lead.text(seq, Some(NOW));
        if let RowBody::Outgoing(_, sending) = &mut row.body {
            sending.status = status;
        }
        commit.rows.push(row);
    }
    commit
        .rows
        .push(lead.row(5, email("ada@example.com", Some(NOW))));
    commit.rows.push(lead.row(6, notify(Some(NOW))));
    commit
}

fn row_statuses(store: &dyn Store, lead: &Lead) -> Vec<&'static str> {
    let rows = ok(store.timeline(lead.phone, None, 1, 20));
    let status = |row: &crate::store::Row| row.body.sending().map(|s| s.status.as_str());
    rows.iter().filter_map(status).collect()
}

fn opt_out(store: &dyn Store) {
    let (lead, other) = (Lead::new(1), Lead::new(2));
    take(store, &[busy(&lead), busy(&other)]);
    let mut stop = commit(lead.phone);
    stop.cancel_queued = true;
    stop.now = after_ms(77);
    take(store, &[stop]);
    let after = ["cancelled", "cancelled", "sending", "cancelled", "queued"];
    assert_eq!(row_statuses(store, &lead), after);
    let untouched = ["queued", "held", "sending", "queued", "queued"];
    assert_eq!(row_statuses(store, &other), untouched);
    let cancelled = row_sending(store, &lead, 2);
    assert_eq!((cancelled.due, cancelled.changed), (None, after_ms(77)));
    assert_eq!(cancelled.to, lead.phone.to_string());
    let due = ok(store.due(NOW, 20));
    let rows = due.iter().filter(|due| due.lead() == lead.phone);
    assert_eq!(rows.count(), 2, "the one being sent and the webhook");
}

fn cancelled_and_settled(store: &dyn Store) {
    let lead = Lead::new(1);
    take(store, &[lead.enrolment()]);
    let mut stop = super::fixture::commit(lead.phone);
    stop.cancel_queued = true;
    let mut to = row_sending(store, &lead, 2);
    to.status = SendStatus::Failed;
    to.due = None;
    stop.changes.push(RowChange { seq: 2, to });
    take(store, &[stop]);
    assert_eq!(ok(store.count_outgoing()), [(SendStatus::Failed, 1)]);
    assert_eq!(row_sending(store, &lead, 2).status, SendStatus::Failed);
}

fn answer_survives(store: &dyn Store) {
    let lead = Lead::new(1);
    take(store, &[lead.enrolment()]);
    let mut stop = lead.replied(2, 2);
    stop.cancel_queued = true;
    take(store, &[stop]);
    assert_eq!(row_statuses(store, &lead), ["cancelled", "queued"]);
}

fn quarantine(store: &dyn Store) {
    let (lead, other) = (Lead::new(1), Lead::new(2));
    let mut done = other.enrolment();
    if let RowBody::Outgoing(_, sending) = &mut done.rows[1].body {
        sending.status = SendStatus::Sent;
        sending.due = None;
    }
    take(store, &[busy(&lead), done]);
    // Neither timer is due yet.
    let held = Quarantine {
        outgoing: 5,
        timers: 0,
    };
    assert_eq!(ok(store.quarantine(NOW)), held);
    assert_eq!(ok(store.quarantined()), held);
    assert_eq!(row_statuses(store, &lead), ["held"; 5]);
    assert_eq!(row_statuses(store, &other), ["sent"]);
    assert_eq!(ok(store.counts()).pending, 0);
    assert_eq!(ok(store.due(NOW, 20)), []);
    let held = row_sending(store, &lead, 4);
    assert_eq!(
        held.error.as_deref(),
        Some("restored from a backup: review before sending")
    );
    // An opt-out takes back what is in review, too.
    let mut stop = commit(lead.phone);
    stop.cancel_queued = true;
    take(store, &[stop]);
    assert_eq!(row_statuses(store, &lead)[0], "cancelled");
}

fn released(store: &dyn Store) {
    let (due, moved, later) = (Lead::new(1), Lead::new(2), Lead::new(3));
    let mut later_one = later.enrolment();
    later_one.conversations[0].deadline = Some(after_ms(9_000_000));
    take(store, &[due.enrolment(), moved.enrolment(), later_one]);
    let restored = after_ms(3_600_000);
    let held = Quarantine {
        outgoing: 3,
        timers: 2,
    };
    assert_eq!(ok(store.quarantine(restored)), held);
    assert_eq!(ok(store.due(restored, 9)), [], "nothing runs by itself");
    assert_eq!(ok(store.next_due()), Some(after_ms(9_000_000)));
    let standing = ok(store.conversation(due.conversation)).expect("it is there");
    assert_eq!(standing.deadline, None);
    // One lead writes meanwhile: their conversation goes on, with a timer of its own.
    let mut reply = moved.replied(2, 2);
    reply.conversations[0].deadline = Some(after_ms(8_000_000));
    take(store, &[reply]);
    let left = Quarantine {
        outgoing: 3,
        timers: 1,
    };
    assert_eq!(ok(store.quarantined()), left);
    assert_eq!(ok(store.release(after_ms(5_000_000))), left);
    assert_eq!(ok(store.quarantined()), Quarantine::default());
    let standing = ok(store.conversation(due.conversation)).expect("it is there");
    assert_eq!(standing.deadline, Some(after_ms(3_600_000)));
    let standing = ok(store.conversation(moved.conversation)).expect("it is there");
    assert_eq!(standing.deadline, Some(after_ms(8_000_000)));
    assert_eq!(row_statuses(store, &due), ["queued"]);
    let timers = ok(store.due(restored, 9))
        .into_iter()
        .filter(|due| matches!(due, Due::Timer { .. }))
        .count();
    assert_eq!(timers, 1);
    assert_eq!(
        ok(store.release(after_ms(6_000_000))),
        Quarantine::default()
    );
}
