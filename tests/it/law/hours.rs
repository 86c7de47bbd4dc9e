//! A year of marketing over every change of clocks, judged by a table and a calendar of the test's own.

use std::sync::Arc;

use jiff::civil::Weekday;
use replytree::conversation::Effect;
use replytree::lead::{Name, PhoneNumber, Value};
use replytree::runtime::work::{LeadUpdate, Work};
use replytree::store::{MemoryStore, RowBody, SendStatus};
use replytree::time::{Duration, Timestamp};

use super::{Law, phone};

const WORKSPACE: &str = "brand: Northside\ntime_zone: America/Chicago\ndefault_team: sales\n\
    channels: { main: { carrier: sandbox, from: \"+13125550100\" } }\n\
    teams: { sales: { agents: [ { name: Dana, console: true } ], route: everyone } }\n";
const NO_CAPS: &str = "sending: { quiet_hours: us, caps: [ { at_most: 1000, per: 1h } ] }\n";

/// A number, where its holder may be, the hours of weekdays and those of Sundays; 0 to 0 is closed.
type Place = (&'static str, &'static [&'static str], (i8, i8), (i8, i8));

const PLACES: [Place; 22] = [
    ("+12125550100", &["America/New_York"], (8, 21), (8, 21)),
    ("+13055550100", &["America/New_York"], (8, 20), (8, 20)),
    (
        "+18505550100",
        &["America/New_York", "America/Chicago"],
        (8, 20),
        (8, 20),
    ),
    ("+13135550100", &["America/Detroit"], (9, 21), (9, 21)),
    (
        "+13175550100",
        &["America/Indiana/Indianapolis"],
        (8, 21),
        (8, 21),
    ),
    ("+13125550100", &["America/Chicago"], (8, 21), (8, 21)),
    ("+15125550100", &["America/Chicago"], (9, 21), (12, 21)),
    ("+13035550100", &["America/Denver"], (8, 21), (8, 21)),
    ("+16025550100", &["America/Phoenix"], (8, 21), (8, 21)),
    (
        "+12085550100",
        &["America/Boise", "America/Los_Angeles"],
        (8, 21),
        (8, 21),
    ),
    ("+12065550100", &["America/Los_Angeles"], (8, 20), (8, 20)),
    ("+12135550100", &["America/Los_Angeles"], (8, 21), (8, 21)),
    ("+19075550100", &["America/Anchorage"], (8, 21), (8, 21)),
    ("+18085550100", &["Pacific/Honolulu"], (8, 21), (8, 21)),
    ("+17875550100", &["America/Puerto_Rico"], (8, 21), (8, 21)),
    ("+16715550100", &["Pacific/Guam"], (8, 21), (8, 21)),
    ("+18005550100", &["America/New_York"], (11, 20), (11, 20)),
    ("+447911123456", &["Europe/London"], (8, 21), (9, 20)),
    ("+33612345678", &["Europe/Paris"], (8, 22), (0, 0)),
    ("+4915112345678", &["Europe/Berlin"], (8, 20), (0, 0)),
    ("+34612345678", &["Europe/Madrid"], (9, 21), (0, 0)),
    ("+351912345678", &["Europe/Lisbon"], (9, 20), (9, 20)),
];

fn is_open(place: &Place, at: Timestamp) -> bool {
    let (_, zones, daily, sunday) = place;
    zones.iter().all(|zone| {
        let instant = jiff::Timestamp::from_millisecond(at.as_ms()).unwrap();
        let wall = instant.in_tz(zone).unwrap();
        let (from, to) = match wall.weekday() {
            Weekday::Sunday => *sunday,
            _ => *daily,
        };
        (from..to).contains(&wall.hour())
    })
}

/// When each text to the number was accepted.
fn sent(law: &Law, phone: PhoneNumber) -> Vec<Timestamp> {
    let rows = law
        .engine()
        .store
        .timeline(phone, None, 0, usize::MAX)
        .unwrap();
    rows.iter()
        .filter_map(|row| match &row.body {
            RowBody::Outgoing(Effect::Sms(_), sending) => sending.accepted,
            _ => None,
        })
        .collect()
}

#[test]
fn in_a_year_over_every_change_of_clocks_no_text_leaves_outside_its_window() {
    let store = Arc::new(MemoryStore::new());
    let workspace = format!("{WORKSPACE}{NO_CAPS}");
    let law = Law::new(store, &workspace, "2026-01-01T00:00:00Z");
    let start = law.now();
    let mut enrolled = 0;
    // A third of the places each 11 hours, in turn: every hour of the day and of the week comes up in
    // each of them. Around the changes of clocks every hour is tried in all.
    for round in 0_usize.. {
        if law.now().since(start) > Duration::days(365) {
            break;
        }
        let step = step(law.now());
        let all = step == Duration::hours(1);
        for (n, place) in PLACES.iter().enumerate() {
            if all || n % 3 == round % 3 {
                law.enroll(phone(place.0), "offer").unwrap();
                enrolled += 1;
            }
        }
        law.wait(step);
    }
    law.wait(Duration::days(4));
    let mut all = 0;
    for place in &PLACES {
        let sent = sent(&law, phone(place.0));
        for at in &sent {
            assert!(is_open(place, *at), "{} was texted at {at}", place.0);
        }
        all += sent.len();
    }
    assert_eq!(all, enrolled, "every text leaves once its window opens");
    assert!(enrolled > 6_000, "{enrolled}");
}

/// An hour in the days around a change of clocks (United States: 8 March and 1 November 2026; Europe:
/// 29 March and 25 October), else 11 hours.
fn step(now: Timestamp) -> Duration {
    let changes = ["2026-03-08", "2026-11-01", "2026-03-29", "2026-10-25"];
    let near = changes.iter().any(|day| {
        let change: Timestamp = format!("{day}T00:00:00Z").parse().unwrap();
        let away = now.as_ms() - change.as_ms();
        (-2 * 3_600_000..14 * 3_600_000).contains(&away)
    });
    match near {
        true => Duration::hours(1),
        false => Duration::hours(11),
    }
}

#[test]
fn a_month_cap_holds_however_much_is_written_in_between() {
    let store = Arc::new(MemoryStore::new());
    let law = Law::new(store, WORKSPACE, "2026-05-04T15:00:00Z");
    let lead = phone("+13125550142");
    for _ in 0..4 {
        law.enroll(lead, "offer").unwrap();
        law.wait(Duration::hours(2));
        // More rows than a turn looks at.
        for _ in 0..30 {
            law.text(lead, "thanks");
        }
        law.wait(Duration::hours(46));
    }
    assert_eq!(sent(&law, lead).len(), 4);
    for _ in 0..5 {
        law.enroll(lead, "offer").unwrap();
        law.wait(Duration::days(2));
    }
    assert_eq!(sent(&law, lead).len(), 4, "4 a month, over all flows");
    law.wait(Duration::days(31));
    let sent = sent(&law, lead);
    for pair in sent.windows(5) {
        assert!(pair[4].since(pair[0]) >= Duration::days(30), "{sent:?}");
    }
    assert!(
        sent.len() > 4,
        "the held ones leave as room comes: {sent:?}"
    );
}

#[test]
fn texts_held_over_a_closed_day_count_from_when_they_leave() {
    let store = Arc::new(MemoryStore::new());
    let workspace = format!(
        "{WORKSPACE}{}",
        NO_CAPS.replace("1000, per: 1h", "2, per: 24h")
    );
    // A Saturday night in Berlin; Sunday is closed.
    let law = Law::new(store, &workspace, "2026-05-09T19:00:00Z");
    let lead = phone("+4915112345678");
    for _ in 0..4 {
        law.enroll(lead, "offer").unwrap();
        law.sandbox.drain().unwrap();
    }
    law.wait(Duration::days(5));
    let sent = sent(&law, lead);
    assert!(sent.len() >= 2, "{sent:?}");
    for pair in sent.windows(3) {
        assert!(pair[2].since(pair[0]) >= Duration::hours(24), "{sent:?}");
    }
    let held = law.engine().store.timeline(lead, None, 0, 99).unwrap();
    let waiting = held.iter().filter(|row| {
        let sending = row.body.sending();
        sending.is_some_and(|sending| sending.status == SendStatus::Held)
    });
    assert_eq!(waiting.count(), 0, "all have left in the end");
}

#[test]
fn a_postcode_outranks_the_area_code_and_its_states_law_holds_too() {
    let law = Law::new(
        Arc::new(MemoryStore::new()),
        WORKSPACE,
        "2026-05-04T12:30:00Z",
    );
    // 8:30 in New York and Tampa, 5:30 in California; Gulf County keeps two zones, in one it is 7:30.
    for (number, zip, opens) in [
        ("+12125550101", None, "2026-05-04T12:30:00Z"),
        ("+12125550102", Some("90001"), "2026-05-04T15:00:00Z"),
        ("+12125550103", Some("33601"), "2026-05-04T12:30:00Z"),
        ("+12125550104", Some("32456"), "2026-05-04T13:00:00Z"),
    ] {
        let mut lead = LeadUpdate::of(phone(number));
        lead.fields
            .extend(zip.map(|zip| (Name::from("postcode"), Value::text(zip))));
        law.engine().turn(Work::UpsertLead(lead)).unwrap();
        law.enroll(phone(number), "offer").unwrap();
        law.sandbox.drain().unwrap();
        let rows = law
            .engine()
            .store
            .timeline(phone(number), None, 0, 9)
            .unwrap();
        let sending = rows.iter().find_map(|row| row.body.sending()).unwrap();
        let opens: Timestamp = opens.parse().unwrap();
        assert_eq!(
            sending.due.or(sending.accepted),
            Some(opens),
            "{number} {zip:?}"
        );
    }
}
