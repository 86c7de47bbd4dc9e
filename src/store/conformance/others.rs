//! Flow versions, the ledger, calendars, keys and settings.

use crate::policy::ledger::{Broken, Head, verify, verify_after};
use crate::policy::{Consent, ConsentChange};
use crate::store::{
    ANSWER_KEPT_MS, AddressChange, AddressMark, AddressState, ApiKey, Booking, FlowRecord,
    HandoffStatus, LedgerEvent, LedgerRow, Role, SeenKey, Store, blank,
};

use super::Check;
use super::fixture::*;

pub const ALL: &[Check] = &[
    (
        "a flow version is kept as it was first saved",
        flow_versions,
    ),
    ("the ledger chains, each bucket by itself", ledger),
    (
        "a look at all of the ledger counts its rows and its ends",
        audited,
    ),
    ("old texts are blanked, and what waits is not", blanked),
    (
        "a lead is forgotten and the proof of consent stays",
        proof_stays,
    ),
    ("a changed row breaks the chain", broken_chain),
    ("an erased lead is gone, and the chain still holds", erased),
    (
        "an erased number opted out, until it acts itself",
        forgotten,
    ),
    ("a slot is never taken more than at_once times", slots),
    (
        "a slot fits between two that are taken in turn",
        slots_in_turn,
    ),
    (
        "an address that wants no mail is known, whoever gives it",
        addresses,
    ),
    ("bookings move", bookings_move),
    ("a place that is given back is free", slots_are_given_back),
    ("of many who want the last place one gets it", last_place),
    ("a key is found until and after it is revoked", keys),
    ("an answer is kept as it was first saved", answers),
    ("a setting is what it was last set to", settings),
];

fn flow_versions(store: &dyn Store) {
    let record = |n: u8, name: &str, at: i64| FlowRecord {
        version: version(n),
        name: name.into(),
        sources: vec![
            (name.into(), format!("flow: {name}\n")),
            ("sub".into(), String::new()),
        ],
        saved: after_ms(at),
    };
    // A conversation may be written before its version is saved.
    take(store, &[Lead::new(1).enrolment()]);
    assert_eq!(ok(store.flow(version(1))), None);
    assert_eq!(ok(store.flow_versions("roofing")), []);

    let (one, two) = (record(1, "roofing", 1), record(2, "roofing", 2));
    for flow in [&one, &two, &record(1, "roofing", 9), &record(3, "solar", 3)] {
        ok(store.save_flow(flow));
    }
    assert_eq!(ok(store.flow(version(1))), Some(one.clone()));
    assert_eq!(ok(store.flow(version(7))), None);
    assert_eq!(
        ok(store.flow_versions("roofing")),
        [two, one],
        "the latest first"
    );
    assert_eq!(ok(store.live_versions()), [version(1)]);
    // A copy under another name has the same sources, and is a flow of its own.
    let copy = record(1, "roofing-copy", 4);
    ok(store.save_flow(&copy));
    assert_eq!(ok(store.flow_versions("roofing-copy")), [copy]);
}

fn ledger(store: &dyn Store) {
    let leads: Vec<Lead> = (0..600).map(Lead::new).collect();
    let bucket = leads[0].phone.bucket();
    let together: Vec<&Lead> = leads
        .iter()
        .filter(|l| l.phone.bucket() == bucket)
        .collect();
    let elsewhere = leads.iter().find(|lead| lead.phone.bucket() != bucket);
    assert!(together.len() > 1, "600 leads share 256 buckets");
    let (one, two) = (together[0], together[1]);
    let elsewhere = elsewhere.expect("more than one bucket");
    let given = consent(ConsentChange::Given, NOW);
    let revoked = consent(ConsentChange::Revoked, after_ms(5));
    for (lead, events) in [
        (one, vec![given.clone()]),
        (elsewhere, vec![given.clone()]),
        (two, vec![given.clone(), revoked.clone()]),
        (one, vec![revoked.clone()]),
    ] {
        let mut commit = commit(lead.phone);
        commit.consents = events;
        take(store, &[commit]);
    }
    let rows = ok(store.ledger_page(bucket, 0, 10));
    let ns: Vec<u64> = rows.iter().map(|row| row.n).collect();
    assert_eq!(ns, [1, 2, 3, 4]);
    assert_eq!(rows[3].event(), Some(&revoked));
    let head = |row: &LedgerRow| Head {
        n: row.n,
        hash: row.hash,
    };
    assert_eq!(
        verify(rows.iter().map(LedgerRow::chained)),
        Ok(head(&rows[3]))
    );
    let page = rows[2..].iter().map(LedgerRow::chained);
    assert_eq!(verify_after(head(&rows[1]), page), Ok(head(&rows[3])));
    assert_eq!(ok(store.ledger_page(bucket, 2, 1)), rows[2..3]);
    assert_eq!(ok(store.ledger_page(bucket, 4, 10)), []);
    let of_one: Vec<u64> = ok(store.ledger(one.phone))
        .iter()
        .map(|row| row.n)
        .collect();
    assert_eq!(of_one, [1, 4]);
    let other = ok(store.ledger(elsewhere.phone));
    assert_eq!((other[0].n, other[0].event()), (1, Some(&given)));
    assert_ne!(rows[0].key, rows[1].key, "each lead has its own");
    assert_eq!(rows[0].key, rows[3].key);
}

fn broken_chain(store: &dyn Store) {
    let lead = Lead::new(1);
    let mut commit = commit(lead.phone);
    for n in 0..3 {
        commit
            .consents
            .push(consent(ConsentChange::Given, after_ms(n)));
    }
    take(store, &[commit]);
    let rows = ok(store.ledger(lead.phone));
    let check = |rows: &[LedgerRow]| verify(rows.iter().map(LedgerRow::chained)).map(|_| ());
    assert_eq!(check(&rows), Ok(()));
    let mut changed = rows.clone();
    if let LedgerEvent::Whole(event) = &mut changed[1].event {
        event.wording = "I never said that".to_string();
    }
    assert_eq!(check(&changed), Err(Broken::Changed(2)));
    let gap = |expected, found| Err(Broken::Gap { expected, found });
    assert_eq!(check(&[rows[0].clone(), rows[2].clone()]), gap(2, 3));
    assert_eq!(check(&rows[1..]), gap(1, 2));
}

fn audited(store: &dyn Store) {
    let leads: Vec<Lead> = (0..5).map(Lead::new).collect();
    for lead in &leads {
        let mut commit = lead.enrolment();
        commit.consents = vec![given(), consent(ConsentChange::Revoked, after_ms(5))];
        take(store, &[commit]);
    }
    let audit = ok(store.audit_ledger());
    assert_eq!((audit.rows, &audit.faults[..]), (10, &[][..]));
    for (bucket, head) in &audit.heads {
        let last = ok(store.ledger_page(*bucket, head.n - 1, 9));
        assert_eq!((last.len(), last[0].hash), (1, head.hash));
    }
    let anchor = audit.anchor();
    assert!(ok(store.erase(leads[0].phone, after_ms(9))));
    let after = ok(store.audit_ledger());
    assert_eq!((after.rows, &after.faults[..]), (10, &[][..]));
    assert_eq!(after.anchor(), anchor, "an erasure changes no hash");
    let proof = ok(store.ledger_proof(leads[0].phone));
    assert_eq!(proof.len(), 2);
    assert_eq!((proof[1].lead, proof[1].at), (None, after_ms(5)));
    assert_eq!(
        ok(store.ledger_proof(leads[1].phone)),
        ok(store.ledger(leads[1].phone))
    );
}

fn blanked(store: &dyn Store) {
    let lead = Lead::new(1);
    take(store, &[lead.enrolment()]);
    take(store, &[lead.replied(2, 2)]);
    let told = |store: &dyn Store| {
        let rows = ok(store.timeline(lead.phone, None, 0, 9));
        rows.iter().filter(|row| blank::tells(&row.body)).count() as u64
    };
    let (rows, before) = (
        ok(store.timeline(lead.phone, None, 0, 9)).len(),
        told(store),
    );
    assert!(before > 0);
    assert_eq!(
        ok(store.blank_texts(lead.phone, NOW)),
        0,
        "none is that old"
    );
    assert_eq!(
        ok(store.blank_texts(lead.phone, after_ms(9_000_000))),
        before
    );
    assert_eq!(told(store), 0);
    assert_eq!(ok(store.timeline(lead.phone, None, 0, 9)).len(), rows);
    assert_eq!(ok(store.blank_texts(lead.phone, after_ms(9_000_000))), 0);
}

fn proof_stays(store: &dyn Store) {
    let lead = Lead::new(1);
    let mut commit = lead.enrolment();
    commit.consents.push(given());
    take(store, &[commit]);
    assert_eq!(ok(store.forgotten_at(lead.phone)), None);
    assert!(ok(store.forget(lead.phone, after_ms(9))));
    assert_eq!(ok(store.forgotten_at(lead.phone)), Some(after_ms(9)));
    assert_eq!(ok(store.lead(lead.phone)), None);
    assert_eq!(ok(store.timeline(lead.phone, None, 0, 9)), []);
    let rows = ok(store.ledger(lead.phone));
    assert_eq!(rows[0].event(), Some(&given()));
    let found = snapshot(store, &lead)
        .lead
        .map(|record| record.standing.consent);
    assert_eq!(found, Some(Consent::Revoked(after_ms(9))));
    assert!(ok(store.log_is_clean()));
}

fn erased(store: &dyn Store) {
    let (lead, other) = (Lead::new(1), Lead::new(2));
    for lead in [&lead, &other] {
        let mut commit = lead.enrolment();
        commit.consents.push(given());
        commit.handoffs.push(lead.handoff(2, HandoffStatus::Open));
        commit
            .shortlinks
            .push(lead.shortlink(lead.phone.digits(), 2));
        take(store, &[commit]);
        assert!(ok(store.hold_slot(&slot(lead, 0, 60), 2)));
    }
    let answer = SeenKey::of("answer", "one");
    ok(store.save_answer(
        &answer,
        format!("{{\"phone\":\"{}\"}}", lead.phone).as_bytes(),
        NOW,
    ));
    assert!(ok(store.erase(lead.phone, after_ms(9))));
    assert!(!ok(store.erase(Lead::new(3).phone, NOW)));

    assert_eq!(ok(store.lead(lead.phone)), None);
    assert_eq!(ok(store.conversation(lead.conversation)), None);
    assert_eq!(ok(store.timeline(lead.phone, None, 0, 9)), []);
    assert_eq!(
        ok(store.handoff(lead.handoff(2, HandoffStatus::Open).id)),
        None
    );
    assert_eq!(ok(store.shortlink(lead.phone.digits())), None);
    assert_eq!(
        ok(store.bookings("visits", NOW, after_ms(9))),
        [slot(&other, 0, 60)]
    );
    assert_eq!(ok(store.saved_answer(&answer)), None);
    assert_eq!(ok(store.ledger(lead.phone)), []);
    let rows = ok(store.ledger_page(lead.phone.bucket(), 0, 9));
    assert_eq!((rows[0].lead, rows[0].event()), (None, None));
    assert!(verify(rows.iter().map(LedgerRow::chained)).is_ok());

    let counts = ok(store.counts());
    assert_eq!((counts.leads, counts.timers, counts.pending), (1, 1, 1));
    assert_eq!(
        ok(store.conversation(other.conversation)),
        Some(other.conversation(1))
    );
    assert_eq!(ok(store.ledger(other.phone)).len(), 1);
}

fn forgotten(store: &dyn Store) {
    let lead = Lead::new(1);
    take(store, &[lead.enrolment()]);
    assert!(ok(store.erase(lead.phone, after_ms(9))));
    let found = snapshot(store, &lead)
        .lead
        .map(|record| record.standing.consent);
    assert_eq!(found, Some(Consent::Revoked(after_ms(9))));
    assert_eq!(snapshot(store, &lead).last_seq, 0);
    assert!(snapshot(store, &Lead::new(2)).lead.is_none());
    // They come back by themselves: then what is stored counts.
    take(store, &[lead.enrolment()]);
    assert_eq!(snapshot(store, &lead).lead, Some(lead.record().into()));
}

/// A place at `from` to `to` minutes from now.
fn slot(lead: &Lead, from: i64, to: i64) -> Booking {
    Booking {
        calendar: "visits".into(),
        start: after_ms(from * 60_000),
        end: after_ms(to * 60_000),
        lead: lead.phone,
        conversation: lead.conversation,
    }
}

fn slots(store: &dyn Store) {
    let leads: Vec<Lead> = (0..4).map(Lead::new).collect();
    for (lead, held) in leads.iter().zip([true, true, false, false]) {
        assert_eq!(ok(store.hold_slot(&slot(lead, 0, 60), 2)), held);
    }
    assert!(
        ok(store.hold_slot(&slot(&leads[0], 0, 60), 2)),
        "it holds the place already"
    );
    assert!(
        !ok(store.hold_slot(&slot(&leads[2], 30, 90), 2)),
        "half of it is full"
    );
    assert!(
        ok(store.hold_slot(&slot(&leads[2], 60, 120), 2)),
        "the next one begins at its end"
    );
    let elsewhere = Booking {
        calendar: "calls".into(),
        ..slot(&leads[3], 0, 60)
    };
    assert!(ok(store.hold_slot(&elsewhere, 1)));
    let found = ok(store.bookings("visits", NOW, after_ms(3_600_000)));
    assert_eq!(found.len(), 2, "the end is not included");
    assert!(found.contains(&slot(&leads[0], 0, 60)));
    assert_eq!(ok(store.bookings("calls", NOW, after_ms(1))), [elsewhere]);
    assert!(
        !ok(store.hold_slot(&slot(&Lead::new(9), 500, 560), 0)),
        "closed"
    );
}

fn slots_in_turn(store: &dyn Store) {
    assert!(ok(store.hold_slot(&slot(&Lead::new(1), 0, 30), 2)));
    assert!(ok(store.hold_slot(&slot(&Lead::new(2), 30, 60), 2)));
    let across = slot(&Lead::new(3), 0, 60);
    assert!(
        ok(store.hold_slot(&across, 2)),
        "at each moment one place is free"
    );
    assert!(!ok(store.hold_slot(&slot(&Lead::new(4), 45, 50), 2)));
}

fn slots_are_given_back(store: &dyn Store) {
    let (one, two) = (Lead::new(1), Lead::new(2));
    assert!(ok(store.hold_slot(&slot(&one, 0, 60), 1)));
    assert!(!ok(store.hold_slot(&slot(&two, 0, 60), 1)));
    assert!(
        !ok(store.free_slot("calls", one.conversation)),
        "another calendar's"
    );
    assert!(
        !ok(store.free_slot("visits", two.conversation)),
        "not theirs"
    );
    assert!(ok(store.free_slot("visits", one.conversation)));
    assert!(!ok(store.free_slot("visits", one.conversation)), "once");
    assert!(
        ok(store.hold_slot(&slot(&two, 0, 60), 1)),
        "free for the next"
    );
}

fn bookings_move(store: &dyn Store) {
    let (one, two) = (Lead::new(1), Lead::new(2));
    assert!(ok(store.hold_slot(&slot(&one, 0, 60), 1)));
    assert!(ok(store.hold_slot(&slot(&two, 60, 120), 1)));
    assert!(!ok(store.hold_slot(&slot(&one, 60, 120), 1)));
    let all = || ok(store.bookings("visits", NOW, after_ms(i64::from(u32::MAX))));
    assert_eq!(
        all(),
        [slot(&one, 0, 60), slot(&two, 60, 120)],
        "what it held stands"
    );
    assert!(
        ok(store.hold_slot(&slot(&one, 30, 60), 1)),
        "its own place is not in its way"
    );
    assert!(ok(store.hold_slot(&slot(&one, 120, 180), 1)));
    assert_eq!(all(), [slot(&two, 60, 120), slot(&one, 120, 180)]);
}

fn last_place(store: &dyn Store) {
    let leads: Vec<Lead> = (0..8).map(Lead::new).collect();
    let held = std::thread::scope(|scope| {
        let threads: Vec<_> = leads
            .iter()
            .map(|lead| scope.spawn(|| ok(store.hold_slot(&slot(lead, 0, 60), 1))))
            .collect();
        let held = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or(false));
        held.filter(|held| *held).count()
    });
    assert_eq!(held, 1);
}

fn keys(store: &dyn Store) {
    let key = |name: &str, n: u8| ApiKey {
        name: name.into(),
        hash: [n; 32],
        role: Role::Agent,
        created: after_ms(i64::from(n)),
        revoked: None,
        expires: None,
        used: None,
        per_minute: None,
    };
    for key in [key("crm", 1), key("crm", 2), key("site", 3)] {
        ok(store.add_key(&key));
    }
    assert_eq!(ok(store.find_key(&[2; 32])), Some(key("crm", 2)));
    assert_eq!(ok(store.find_key(&[9; 32])), None);
    assert!(ok(store.revoke_key("crm", after_ms(50))));
    assert!(
        ok(store.revoke_key("crm", after_ms(90))),
        "once more changes nothing"
    );
    assert!(!ok(store.revoke_key("nobody", NOW)));
    let revoked = |n| ApiKey {
        revoked: Some(after_ms(50)),
        ..key("crm", n)
    };
    assert_eq!(ok(store.keys()), [revoked(1), revoked(2), key("site", 3)]);
    assert_eq!(ok(store.find_key(&[1; 32])), Some(revoked(1)));
}

fn answers(store: &dyn Store) {
    let (one, two) = (SeenKey::of("answer", "one"), SeenKey::of("answer", "two"));
    assert_eq!(ok(store.saved_answer(&one)), None);
    ok(store.save_answer(&one, b"first", NOW));
    ok(store.save_answer(&one, b"second", NOW));
    ok(store.save_answer(&two, b"", NOW));
    assert_eq!(ok(store.saved_answer(&one)).as_deref(), Some(&b"first"[..]));
    assert_eq!(ok(store.saved_answer(&two)).as_deref(), Some(&b""[..]));
    // Too old to be asked for again.
    ok(store.save_answer(&one, b"third", after_ms(ANSWER_KEPT_MS + 1)));
    assert_eq!(ok(store.saved_answer(&one)).as_deref(), Some(&b"third"[..]));
}

fn settings(store: &dyn Store) {
    assert_eq!(ok(store.setting("colour")), None);
    for value in [&b"red"[..], b"", b"blue"] {
        ok(store.set_setting("colour", value));
        assert_eq!(ok(store.setting("colour")).as_deref(), Some(value));
    }
    assert_eq!(ok(store.setting("taste")), None);
    let mut seen = Vec::new();
    for to in [None, Some(&b"green"[..])] {
        ok(store.change_setting("colour", &mut |was| {
            seen.push(was.map(<[u8]>::to_vec));
            to.map(<[u8]>::to_vec)
        }));
    }
    assert_eq!(seen, [Some(b"blue".to_vec()), Some(b"blue".to_vec())]);
    assert_eq!(ok(store.setting("colour")).as_deref(), Some(&b"green"[..]));
    ok(store.change_setting("taste", &mut |was| {
        assert_eq!(was, None);
        Some(b"sour".to_vec())
    }));
    assert_eq!(ok(store.setting("taste")).as_deref(), Some(&b"sour"[..]));
}

fn addresses(store: &dyn Store) {
    let mark = |address: &str, change, ms| AddressMark {
        address: address.to_string(),
        change,
        at: after_ms(ms),
    };
    let state = |unsubscribed: Option<i64>, bad: Option<i64>| AddressState {
        unsubscribed: unsubscribed.map(after_ms),
        bad: bad.map(after_ms),
    };
    assert_eq!(ok(store.address("ada@example.com")), state(None, None));
    // With a lead's turn, and all of it or nothing.
    let mut commit = commit(Lead::new(1).phone);
    commit
        .addresses
        .push(mark("ada@example.com", AddressChange::Unsubscribed, 1));
    take(store, &[commit]);
    ok(store.mark_address(&mark("Ada@Example.com", AddressChange::Bad, 2)));
    ok(store.mark_address(&mark("eve@example.com", AddressChange::Bad, 3)));
    assert_eq!(
        ok(store.address(" ADA@example.com ")),
        state(Some(1), Some(2))
    );
    assert_eq!(ok(store.address("eve@example.com")), state(None, Some(3)));
    ok(store.mark_address(&mark("ada@example.com", AddressChange::Welcome, 4)));
    assert_eq!(ok(store.address("ada@example.com")), state(None, None));
    assert_eq!(ok(store.address("eve@example.com")), state(None, Some(3)));
}
