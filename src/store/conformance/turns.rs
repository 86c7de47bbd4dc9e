//! Batches and commits.

use crate::conversation::{Handoff, Onward, Status};
use crate::lead::Name;
use crate::policy::ConsentChange;
use crate::store::{
    CommitError, HandoffChange, HandoffRecord, HandoffRound, HandoffStatus, MenuItem, Need,
    RECENT_ROWS_MAX, Recent, RowChange, RowKind, SendStatus, Store,
};
use crate::time::Duration;

use super::Check;
use super::fixture::*;

pub const ALL: &[Check] = &[
    ("what is committed is read back as it was", read_back),
    ("a lead nobody knows has an empty snapshot", unknown_lead),
    (
        "a snapshot brings the conversation and the row that were named",
        named,
    ),
    ("a snapshot looks at the newest rows only", newest_rows),
    (
        "a commit with a seen key is a duplicate and changes nothing",
        duplicate,
    ),
    ("a key is seen by the lead that it came from", seen_by_lead),
    (
        "a key seen earlier in the same batch is a duplicate",
        duplicate_in_batch,
    ),
    ("a stale revision is refused and the batch goes on", stale),
    (
        "one stale conversation refuses the whole commit",
        stale_among_several,
    ),
    ("a conversation begins once", begins_once),
    ("a batch dropped leaves no trace", dropped),
    (
        "a batch is not seen before it is finished",
        unfinished_is_unseen,
    ),
    ("a lead is written once in a batch", written_twice),
    (
        "a row's number is taken once, else the batch is spoiled",
        spoiled,
    ),
    ("every status of a conversation is kept", statuses),
    (
        "a conversation that ended may be written again",
        ended_again,
    ),
    (
        "a conversation may be moved to another version",
        moved_version,
    ),
    (
        "a short link lives from the moment its message is accepted",
        links_begin,
    ),
    (
        "a handoff keeps what its changes do not speak of",
        handoff_changes,
    ),
    ("of many writers of one revision one wins", one_winner),
    (
        "commits of many threads are all there in the end",
        many_threads,
    ),
];

fn read_back(store: &dyn Store) {
    let lead = Lead::new(1);
    let mut commit = lead.enrolment();
    commit.handoffs.push(lead.handoff(2, HandoffStatus::Open));
    commit.consents.push(consent(ConsentChange::Given, NOW));
    commit.shortlinks.push(lead.shortlink(u64::MAX - 7, 2));
    take(store, std::slice::from_ref(&commit));

    assert_eq!(
        ok(store.lead(lead.phone)).as_ref(),
        commit.record.as_deref()
    );
    let stored = ok(store.conversation(lead.conversation));
    assert_eq!(
        stored.as_ref(),
        commit.conversations.first().map(|it| &**it)
    );
    assert_eq!(ok(store.timeline(lead.phone, None, 0, 10)), commit.rows);
    assert_eq!(ok(store.row(lead.phone, 2)).as_ref(), commit.rows.get(1));
    assert_eq!(
        ok(store.handoff(commit.handoffs[0].id)).as_ref(),
        commit.handoffs.first()
    );
    assert_eq!(
        ok(store.shortlink(u64::MAX - 7)).as_ref(),
        commit.shortlinks.first()
    );

    let snapshot = snapshot(store, &lead);
    assert_eq!(snapshot.lead, commit.record);
    assert_eq!(snapshot.active.as_ref(), commit.conversations.first());
    assert_eq!(snapshot.last_seq, 2);
    let recent: Vec<Recent> = commit.rows.iter().rev().map(Recent::of).collect();
    assert_eq!(snapshot.recent, recent);
    assert!(snapshot.recent[0].marketing && !snapshot.recent[1].marketing);
}

fn unknown_lead(store: &dyn Store) {
    let lead = Lead::new(1);
    let snapshot = snapshot(store, &lead);
    assert!(snapshot.lead.is_none() && snapshot.active.is_none());
    assert!(snapshot.recent.is_empty());
    assert_eq!(snapshot.last_seq, 0);
    assert_eq!(ok(store.lead(lead.phone)), None);
    assert_eq!(ok(store.conversation(lead.conversation)), None);
    assert_eq!(ok(store.row(lead.phone, 1)), None);
}

fn named(store: &dyn Store) {
    let lead = Lead::new(1);
    let behind = Lead {
        conversation: crate::conversation::ConversationId::new(lead.phone, NOW, 999),
        ..lead.clone()
    };
    let mut commit = lead.enrolment();
    commit.conversations.push(behind.conversation(1).into());
    take(store, std::slice::from_ref(&commit));

    let mut batch = begin(store);
    let need = Need {
        conversation: Some(behind.conversation),
        row: Some(2),
        ..lead.need()
    };
    let found = ok(batch.snapshot(&need));
    assert_eq!(found.active, Some(lead.conversation(1).into()));
    assert_eq!(found.conversation.as_deref(), Some(&behind.conversation(1)));
    assert_eq!(found.row.as_deref(), commit.rows.get(1));
    assert_eq!(
        ok(batch.conversation(behind.conversation)),
        Some(behind.conversation(1))
    );

    let need = Need {
        conversation: Some(lead.conversation),
        row: Some(9),
        ..lead.need()
    };
    let found = ok(batch.snapshot(&need));
    assert_eq!(found.conversation, None, "the active one is not told twice");
    assert_eq!(found.row, None);
}

fn newest_rows(store: &dyn Store) {
    let (lead, other) = (Lead::new(1), Lead::new(2));
    let mut commit = lead.enrolment();
    commit.rows = (1..=60).map(|seq| lead.reply(seq)).collect();
    take(store, &[commit, other.enrolment()]);
    let found = snapshot(store, &lead);
    assert_eq!(found.last_seq, 60);
    assert_eq!(found.recent.len(), RECENT_ROWS_MAX);
    assert_eq!(found.recent[RECENT_ROWS_MAX - 1].seq, 21);
    assert!(found.recent.iter().all(|row| row.kind == RowKind::Reply));
}

fn duplicate(store: &dyn Store) {
    let lead = Lead::new(1);
    take(store, &[lead.enrolment(), Lead::new(2).enrolment()]);
    take(store, &[lead.replied(2, 2)]);
    let mut again = lead.replied(3, 4);
    again.seen = lead.replied(2, 2).seen;
    again.record = Some(
        Lead {
            phone: lead.phone,
            ..Lead::new(3)
        }
        .record()
        .into(),
    );
    assert!(matches!(answer(store, &again), Err(CommitError::Duplicate)));
    assert_eq!(snapshot(store, &lead).last_seq, 4);
    assert_eq!(
        ok(store.conversation(lead.conversation)),
        Some(lead.conversation(2))
    );
    assert_eq!(ok(store.lead(lead.phone)), Some(lead.record()));
    let mut batch = begin(store);
    assert!(ok(batch.seen(lead.phone, &lead.key("enrolled"))));
    assert!(!ok(batch.seen(lead.phone, &lead.key("something else"))));
}

fn seen_by_lead(store: &dyn Store) {
    let (one, two) = (Lead::new(1), Lead::new(2));
    let mut other = two.enrolment();
    other.seen = one.enrolment().seen;
    take(store, &[one.enrolment(), other]);
    assert_eq!(ok(store.counts()).leads, 2);
}

fn duplicate_in_batch(store: &dyn Store) {
    let lead = Lead::new(1);
    let mut batch = begin(store);
    batch.write(&lead.enrolment()).expect("taken");
    assert!(ok(batch.seen(lead.phone, &lead.key("enrolled"))));
}

fn stale(store: &dyn Store) {
    let (one, two) = (Lead::new(1), Lead::new(2));
    take(store, &[one.enrolment(), two.enrolment()]);
    take(store, &[one.replied(2, 2)]);
    let mut late = one.replied(2, 4);
    late.record = Some(two.record().into());
    let mut batch = begin(store);
    match batch.write(&late) {
        Err(CommitError::Stale {
            conversation,
            expected,
        }) => {
            assert_eq!((conversation, expected), (one.conversation, 1));
        }
        other => panic!("expected a stale commit, got {other:?}"),
    }
    batch
        .write(&one.replied(3, 4))
        .expect("tried again in the same batch");
    batch
        .write(&two.replied(2, 2))
        .expect("the next lead is not touched by it");
    ok(batch.finish());
    assert_eq!(snapshot(store, &one).last_seq, 6);
    assert_eq!(snapshot(store, &two).last_seq, 4);
    assert_eq!(ok(store.lead(one.phone)), Some(one.record()));
}

fn stale_among_several(store: &dyn Store) {
    let lead = Lead::new(1);
    let behind = Lead {
        conversation: crate::conversation::ConversationId::new(lead.phone, NOW, 999),
        ..lead.clone()
    };
    take(store, &[lead.enrolment()]);
    let mut commit = lead.replied(2, 2);
    commit.conversations.push(behind.conversation(7).into());
    assert!(matches!(
        answer(store, &commit),
        Err(CommitError::Stale { .. })
    ));
    assert_eq!(
        ok(store.conversation(lead.conversation)),
        Some(lead.conversation(1))
    );
    // Its key was not used up either.
    commit.conversations[1].revision = 1;
    take(store, &[commit]);
    assert_eq!(
        ok(store.conversation(behind.conversation)),
        Some(behind.conversation(1))
    );
}

fn begins_once(store: &dyn Store) {
    let lead = Lead::new(1);
    take(store, &[lead.enrolment()]);
    let again = lead.replied(1, 2);
    assert!(matches!(
        answer(store, &again),
        Err(CommitError::Stale { .. })
    ));
    let unknown = Lead::new(2).replied(2, 0);
    assert!(matches!(
        answer(store, &unknown),
        Err(CommitError::Stale { .. })
    ));
}

fn dropped(store: &dyn Store) {
    let lead = Lead::new(1);
    let mut batch = begin(store);
    batch.write(&lead.enrolment()).expect("taken");
    drop(batch);
    assert_eq!(ok(store.counts()), Default::default());
    assert!(snapshot(store, &lead).lead.is_none());
    take(store, &[lead.enrolment()]);
    assert_eq!(
        ok(store.conversation(lead.conversation)),
        Some(lead.conversation(1))
    );
}

fn unfinished_is_unseen(store: &dyn Store) {
    let lead = Lead::new(1);
    let mut batch = begin(store);
    batch.write(&lead.enrolment()).expect("taken");
    assert_eq!(ok(store.lead(lead.phone)), None);
    assert_eq!(ok(store.due(NOW, 10)), []);
    ok(batch.finish());
    assert_eq!(ok(store.lead(lead.phone)), Some(lead.record()));
}

fn written_twice(store: &dyn Store) {
    let lead = Lead::new(1);
    let mut batch = begin(store);
    batch.write(&lead.enrolment()).expect("taken");
    let again = batch.write(&lead.replied(2, 2));
    assert!(matches!(again, Err(CommitError::Store(_))));
    assert!(batch.finish().is_err());
    assert_eq!(ok(store.counts()).leads, 0);
}

fn spoiled(store: &dyn Store) {
    let (one, two) = (Lead::new(1), Lead::new(2));
    take(store, &[one.enrolment()]);
    let mut batch = begin(store);
    batch.write(&two.enrolment()).expect("taken");
    let clash = batch.write(&one.replied(2, 1));
    assert!(
        matches!(clash, Err(CommitError::Store(_))),
        "row 2 is there already"
    );
    assert!(batch.finish().is_err());
    assert_eq!(ok(store.lead(two.phone)), None);
    assert_eq!(snapshot(store, &one).last_seq, 2);

    let mut commit = one.replied(2, 2);
    let to = sending("nowhere", None);
    commit.changes.push(RowChange { seq: 1, to });
    let mut batch = begin(store);
    let changed = batch.write(&commit);
    assert!(
        matches!(changed, Err(CommitError::Store(_))),
        "row 1 is no outgoing row"
    );
    drop(batch);
    take(store, &[one.replied(2, 2)]);
}

fn statuses(store: &dyn Store) {
    let waiting = Lead::new(0).conversation(1).status;
    let offered = Status::WithAgent(Box::new(Handoff {
        step: "person".into(),
        seq: 3,
        ..Handoff::default()
    }));
    let taken_over = |resume: &Status| Status::TakenOver {
        agent: "kim".to_string(),
        resume: Box::new(resume.clone()),
        remaining: Some(Duration::mins(7)),
        onward: Some(Onward {
            exit: "then".into(),
            to: Some("thanks".into()),
        }),
    };
    let outcome: Name = "qualified".into();
    let ended = Status::Ended { outcome };
    let all = [
        Status::Scheduled,
        taken_over(&waiting),
        taken_over(&Status::Scheduled),
        taken_over(&ended),
        waiting,
        offered,
        ended,
    ];
    for (n, status) in all.into_iter().enumerate() {
        let lead = Lead::new(n as u64);
        let mut commit = lead.enrolment();
        commit.conversations[0].status = status.clone();
        commit.conversations[0].deadline = None;
        let expected = commit.conversations[0].clone().into_inner();
        take(store, &[commit]);
        assert_eq!(
            ok(store.conversation(lead.conversation)),
            Some(expected),
            "{status:?}"
        );
    }
}

fn ended_again(store: &dyn Store) {
    let lead = Lead::new(1);
    take(store, &[lead.enrolment()]);
    let mut end = lead.replied(2, 2);
    let outcome: Name = "qualified".into();
    end.conversations[0].status = Status::Ended { outcome };
    end.conversations[0].deadline = None;
    take(store, &[end.clone()]);
    assert_eq!(ok(store.live_versions()), []);
    let mut late = lead.replied(3, 4);
    late.conversations[0].status = end.conversations[0].status.clone();
    take(store, &[late.clone()]);
    assert_eq!(
        ok(store.conversation(lead.conversation)).as_ref(),
        late.conversations.first().map(|it| &**it)
    );
    take(store, &[lead.replied(4, 6)]);
    assert_eq!(
        ok(store.conversation(lead.conversation)),
        Some(lead.conversation(4))
    );
    assert_eq!(ok(store.live_versions()), [version(1)]);
}

fn moved_version(store: &dyn Store) {
    let lead = Lead::new(1);
    take(store, &[lead.enrolment()]);
    let mut moved = lead.replied(2, 2);
    moved.conversations[0].version = version(2);
    take(store, &[moved.clone()]);
    assert_eq!(
        ok(store.conversation(lead.conversation)).as_ref(),
        moved.conversations.first().map(|it| &**it)
    );
    assert_eq!(ok(store.live_versions()), [version(2)]);
}

fn links_begin(store: &dyn Store) {
    let lead = Lead::new(1);
    let mut enrolment = lead.enrolment();
    let link = lead.shortlink(5, 2);
    let eternal = crate::store::ShortlinkRecord {
        lifetime: None,
        ..lead.shortlink(6, 2)
    };
    enrolment.shortlinks = vec![link, eternal, lead.shortlink(7, 4)];
    take(store, &[enrolment]);
    let mut accepted = commit(lead.phone);
    accepted.links_begin = Some((2, after_ms(1_000)));
    take(store, &[accepted]);
    let expires = |code| ok(store.shortlink(code)).and_then(|link| link.expires);
    assert_eq!(expires(5), Some(after_ms(1_000) + Duration::hours(48)));
    assert_eq!(expires(6), None, "one without a lifetime does not end");
    assert_eq!(expires(7), None, "another message's");
    assert_eq!(ok(store.shortlink(8)), None);
}

fn handoff_changes(store: &dyn Store) {
    let lead = Lead::new(1);
    let offered = lead.handoff(2, HandoffStatus::Open);
    let change = |status, agent: Option<&str>, outcome: Option<&str>, at| HandoffChange {
        agent: agent.map(str::to_string),
        outcome: outcome.map(Into::into),
        ..HandoffChange::to(offered.id, status, after_ms(at))
    };
    // New and changed in one commit: those who are asked next, then a claim.
    let round = HandoffRound {
        team: "managers".into(),
        agents: vec!["kim".to_string()],
        at: after_ms(2),
        lapses: after_ms(950_000),
    };
    let item = MenuItem {
        agent: "kim".to_string(),
        number: 1,
        outcome: None,
    };
    let mut first = lead.enrolment();
    first.handoffs.push(offered.clone());
    first.handoff_changes.push(HandoffChange {
        round: Some(round.clone()),
        menu: vec![item.clone()],
        ..change(HandoffStatus::Open, None, None, 2)
    });
    first
        .handoff_changes
        .push(change(HandoffStatus::Claimed, Some("kim"), None, 3));
    take(store, &[first]);
    let claimed = HandoffRecord {
        status: HandoffStatus::Claimed,
        agent: Some("kim".to_string()),
        claimed: Some(after_ms(3)),
        team: "managers".into(),
        lapses: after_ms(950_000),
        rounds: vec![round],
        menu: vec![item],
        ..offered.clone()
    };
    assert_eq!(ok(store.handoff(offered.id)), Some(claimed.clone()));
    let mut second = commit(lead.phone);
    second
        .handoff_changes
        .push(change(HandoffStatus::Resolved, None, Some("reached"), 9));
    take(store, &[second]);
    let resolved = HandoffRecord {
        status: HandoffStatus::Resolved,
        outcome: Some("reached".into()),
        resolved: Some(after_ms(9)),
        ..claimed
    };
    assert_eq!(ok(store.handoff(offered.id)), Some(resolved));
    let mut unknown = commit(lead.phone);
    unknown.handoff_changes.push(HandoffChange {
        id: lead.handoff(7, HandoffStatus::Open).id,
        ..change(HandoffStatus::Claimed, None, None, 1)
    });
    let answer = begin(store).write(&unknown);
    assert!(matches!(answer, Err(CommitError::Store(_))));
}

fn one_winner(store: &dyn Store) {
    let lead = Lead::new(1);
    take(store, &[lead.enrolment()]);
    let tries: Vec<_> = (0..8)
        .map(|n| {
            let mut commit = lead.replied(2, 2);
            commit.seen = Some(lead.key(&format!("from {n}")));
            commit
        })
        .collect();
    let wins = std::thread::scope(|scope| {
        let threads: Vec<_> = tries
            .iter()
            .map(|commit| scope.spawn(|| answer(store, commit).is_ok()))
            .collect();
        let won = |thread: std::thread::ScopedJoinHandle<'_, bool>| thread.join().unwrap_or(false);
        threads.into_iter().map(won).filter(|won| *won).count()
    });
    assert_eq!(wins, 1);
}

fn many_threads(store: &dyn Store) {
    const THREADS: u64 = 4;
    const LEADS: u64 = 12;
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for n in 0..LEADS {
                    let lead = Lead::new(thread * LEADS + n);
                    take(store, &[lead.enrolment()]);
                    take(store, &[lead.replied(2, 2)]);
                    assert_eq!(ok(store.timeline(lead.phone, None, 0, 10)).len(), 4);
                }
            });
        }
    });
    let counts = ok(store.counts());
    assert_eq!(counts.conversations, THREADS * LEADS);
    let queued = (SendStatus::Queued, 2 * THREADS * LEADS);
    assert_eq!(ok(store.count_outgoing()), [queued]);
}
