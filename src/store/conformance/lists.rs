//! Lists: what they find, in which order, a page at a time.

use crate::conversation::{Handoff, Status};
use crate::lead::Value;
use crate::store::{
    ConversationQuery, HandoffChange, HandoffQuery, HandoffStatus, LeadQuery, RowKind, StepCount,
    Store,
};

use super::Check;
use super::fixture::*;

pub const ALL: &[Check] = &[
    ("paging leads returns each once", page_leads),
    (
        "a lead is found by part of number, name or email",
        search_leads,
    ),
    (
        "conversations come newest first, and paging returns each once",
        page_conversations,
    ),
    (
        "conversations are found by status, flow and lead",
        filter_conversations,
    ),
    (
        "a timeline is read in order, from a place, of one conversation",
        timeline,
    ),
    (
        "handoffs are found by status and team, newest first",
        handoffs,
    ),
    (
        "the post box shows what went to an address, oldest first",
        post_box,
    ),
    ("it is known how many conversations stand where", standing),
];

fn page_leads(store: &dyn Store) {
    let leads: Vec<Lead> = (0..23).map(Lead::new).collect();
    take(
        store,
        &leads.iter().map(Lead::enrolment).collect::<Vec<_>>(),
    );
    let mut query = LeadQuery {
        limit: 5,
        ..LeadQuery::default()
    };
    let mut found = Vec::new();
    loop {
        let page = ok(store.leads(&query));
        assert!(page.len() <= 5);
        let Some(last) = page.last() else { break };
        query.after = Some(last.lead.phone);
        found.extend(page.into_iter().map(|record| record.lead.phone));
    }
    found.sort_unstable();
    assert_eq!(
        found,
        leads.iter().map(|lead| lead.phone).collect::<Vec<_>>()
    );
}

fn search_leads(store: &dyn Store) {
    for (n, name, address) in [
        (1, "Ada Lovelace", "ada@example.com"),
        (2, "Bob", "b@test.org"),
    ] {
        let mut commit = Lead::new(n).enrolment();
        let fields = commit.record.as_mut().map(|record| &mut record.lead.fields);
        let fields = fields.expect("an enrolment has its lead");
        fields.insert("name".into(), Value::text(name));
        fields.insert("email".into(), Value::text(address));
        commit.named = true;
        take(store, &[commit]);
    }
    for (q, numbers) in [
        ("love", vec![1]),
        ("TEST.org", vec![2]),
        ("+13125550101", vec![1]),
        ("555-0102", vec![2]),
        ("312 555", vec![1, 2]),
        ("0101", vec![1]),
        ("lovelace ad", vec![1]),
        ("lovelace b", vec![]),
        ("b", vec![2]),
        ("3125550", vec![1, 2]),
        ("", vec![1, 2]),
        ("nobody", vec![]),
        ("+13125550999", vec![]),
    ] {
        let query = LeadQuery {
            q: Some(q.to_string()),
            after: None,
            limit: 10,
        };
        let mut found: Vec<_> = ok(store.leads(&query))
            .iter()
            .map(|r| r.lead.phone)
            .collect();
        found.sort_unstable();
        let expected: Vec<_> = numbers.into_iter().map(phone).collect();
        assert_eq!(found, expected, "{q:?}");
    }
}

fn page_conversations(store: &dyn Store) {
    // Three share each millisecond.
    let leads: Vec<Lead> = (0..40)
        .map(|n| Lead::enrolled(n, after_ms(n as i64 / 3)))
        .collect();
    take(
        store,
        &leads.iter().map(Lead::enrolment).collect::<Vec<_>>(),
    );
    for limit in [1, 7, 40, 100] {
        let mut query = ConversationQuery {
            limit,
            ..ConversationQuery::default()
        };
        let mut found = Vec::new();
        loop {
            let page = ok(store.conversations(&query));
            assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            query.before = Some(last.id);
            found.extend(page.into_iter().map(|it| it.id));
        }
        assert_eq!(found.len(), leads.len(), "pages of {limit}");
        let age = |id: &crate::conversation::ConversationId| {
            leads
                .iter()
                .position(|lead| lead.conversation == *id)
                .map(|n| n / 3)
        };
        assert!(found.iter().rev().is_sorted_by_key(age), "pages of {limit}");
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), leads.len(), "pages of {limit}");
    }
}

fn filter_conversations(store: &dyn Store) {
    for n in 0..6 {
        let lead = Lead::new(n);
        let mut commit = lead.enrolment();
        let it = &mut commit.conversations[0];
        match n {
            0 => {
                it.status = Status::Ended {
                    outcome: "qualified".into(),
                }
            }
            1 => {
                it.status = Status::WithAgent(Box::new(Handoff {
                    step: "person".into(),
                    seq: 9,
                    ..Handoff::default()
                }))
            }
            2 => it.flow = "solar".into(),
            _ => {}
        }
        take(store, &[commit]);
    }
    let found = |query: ConversationQuery| {
        let page = ok(store.conversations(&ConversationQuery { limit: 10, ..query }));
        let mut leads: Vec<_> = page.iter().map(|it| it.lead).collect();
        leads.sort_unstable();
        leads
    };
    let status = |status: &str| ConversationQuery {
        status: Some(status.to_string()),
        ..ConversationQuery::default()
    };
    assert_eq!(found(status("ended")), [phone(0)]);
    assert_eq!(found(status("with_agent")), [phone(1)]);
    assert_eq!(found(status("waiting")), [2, 3, 4, 5].map(phone));
    assert_eq!(found(status("scheduled")), []);
    assert_eq!(found(status("no such")), []);
    let solar = Some("solar".into());
    let of_flow = |flow| ConversationQuery {
        flow,
        ..status("waiting")
    };
    assert_eq!(found(of_flow(solar)), [phone(2)]);
    assert_eq!(found(of_flow(Some("nowhere".into()))), []);
    let of_lead = |n| ConversationQuery {
        lead: Some(phone(n)),
        ..ConversationQuery::default()
    };
    assert_eq!(found(of_lead(4)), [phone(4)]);
    assert_eq!(found(of_lead(99)), []);
}

fn timeline(store: &dyn Store) {
    let lead = Lead::new(1);
    let mut commit = lead.enrolment();
    commit.rows = (1..=9).map(|seq| lead.reply(seq)).collect();
    for row in &mut commit.rows[6..] {
        row.conversation = None;
    }
    take(store, &[commit]);
    let seqs = |conversation, after, limit| -> Vec<u32> {
        let rows = ok(store.timeline(lead.phone, conversation, after, limit));
        rows.iter().map(|row| row.seq).collect()
    };
    assert_eq!(seqs(None, 0, 4), [1, 2, 3, 4]);
    assert_eq!(seqs(None, 4, 100), [5, 6, 7, 8, 9]);
    assert_eq!(seqs(Some(lead.conversation), 4, 100), [5, 6]);
    assert_eq!(seqs(None, 9, 100), [0; 0]);
    assert_eq!(seqs(None, u32::MAX, 100), [0; 0]);
}

fn handoffs(store: &dyn Store) {
    let lead = Lead::new(1);
    let mut commit = lead.enrolment();
    let mut claimed = lead.handoff(2, HandoffStatus::Claimed);
    claimed.agent = Some("kim".to_string());
    let mut service = lead.handoff(3, HandoffStatus::Open);
    service.team = "service".into();
    commit.handoffs = vec![
        lead.handoff(1, HandoffStatus::Open),
        claimed,
        service,
        lead.handoff(4, HandoffStatus::Unclaimed),
        lead.handoff(5, HandoffStatus::Open),
    ];
    take(store, &[commit]);
    let mut resolve = super::fixture::commit(lead.phone);
    resolve.handoff_changes.push(HandoffChange {
        outcome: Some("reached".into()),
        ..HandoffChange::to(
            lead.handoff(5, HandoffStatus::Open).id,
            HandoffStatus::Resolved,
            after_ms(70),
        )
    });
    take(store, &[resolve]);
    let seqs = |status, team: Option<&str>, limit| -> Vec<u32> {
        let team = team.map(Into::into);
        let query = HandoffQuery {
            status,
            team,
            limit,
        };
        ok(store.handoffs(&query))
            .iter()
            .map(|it| it.id.seq)
            .collect()
    };
    assert_eq!(seqs(None, None, 10), [5, 4, 3, 2, 1]);
    assert_eq!(seqs(None, None, 2), [5, 4]);
    assert_eq!(seqs(Some(HandoffStatus::Open), None, 10), [3, 1]);
    assert_eq!(seqs(Some(HandoffStatus::Open), Some("sales"), 10), [1]);
    assert_eq!(seqs(Some(HandoffStatus::Claimed), None, 10), [2]);
    assert_eq!(seqs(Some(HandoffStatus::Resolved), None, 10), [5]);
    assert_eq!(
        seqs(Some(HandoffStatus::Unclaimed), Some("service"), 10),
        [0; 0]
    );
    assert_eq!(ok(store.counts()).open_handoffs, 2);
}

fn post_box(store: &dyn Store) {
    let (one, two) = (Lead::new(1), Lead::new(2));
    let mut first = one.enrolment();
    first.rows.push(one.text(3, None));
    first.rows.push(one.row(4, email("ada@example.com", None)));
    take(store, &[first, two.enrolment()]);
    let found = |kind, to: Option<&str>, limit| -> Vec<(u64, u32)> {
        let rows = ok(store.outgoing(kind, to, limit));
        rows.iter()
            .map(|row| (row.lead.digits(), row.seq))
            .collect()
    };
    let to = one.phone.to_string();
    let (one, two) = (one.phone.digits(), two.phone.digits());
    assert_eq!(found(RowKind::Sms, Some(&to), 9), [(one, 2), (one, 3)]);
    assert_eq!(found(RowKind::Sms, Some(&to), 1), [(one, 2)]);
    assert_eq!(
        found(RowKind::Email, Some("ada@example.com"), 9),
        [(one, 4)]
    );
    assert_eq!(found(RowKind::Email, Some("bob@example.com"), 9), []);
    let mut all = found(RowKind::Sms, None, 9);
    assert_eq!(all.pop(), Some((one, 3)));
    all.sort_unstable();
    assert_eq!(all, [(one, 2), (two, 2)]);
}

fn standing(store: &dyn Store) {
    for n in 0..5 {
        let mut commit = Lead::new(n).enrolment();
        let it = &mut commit.conversations[0];
        match n {
            0 => it.status = Status::Scheduled,
            1 => {
                it.status = Status::Ended {
                    outcome: "qualified".into(),
                }
            }
            2 => it.version = version(2),
            _ => {}
        }
        take(store, &[commit]);
    }
    let count = |status: &str, step: &str, outcome: Option<&str>, count| StepCount {
        status: status.into(),
        step: step.into(),
        outcome: outcome.map(Into::into),
        count,
    };
    let expected = [
        count("scheduled", "", None, 1),
        count("waiting", "timing", None, 2),
    ];
    assert_eq!(ok(store.under_way_on(version(1))), expected);
    assert_eq!(ok(store.under_way_on(version(9))), []);
    assert_eq!(ok(store.live_versions()), [version(1), version(2)]);
}
