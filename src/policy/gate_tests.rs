use super::*;

struct Case {
    out: Outgoing<'static>,
    phone: &'static str,
    sends: Vec<Timestamp>,
    wrote: Option<&'static str>,
}

const MARKETING: Outgoing = Outgoing {
    kind: MessageKind::Marketing,
    purpose: Purpose::Flow,
    window: None,
};
const TRANSACTIONAL: Outgoing = Outgoing {
    kind: MessageKind::Transactional,
    ..MARKETING
};
const NY: &str = "+12125550100";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn judge(case: &Case, now: &str) -> String {
    let given = Consent::Given(Timestamp::default(), consent::Level::Marketing);
    let standing = Standing {
        consent: given,
        ..Standing::default()
    };
    let lead = LeadFacts {
        phone: case.phone.parse().unwrap(),
        standing: &standing,
        zones: &[],
        sends: &case.sends,
        last_inbound: case.wrote.map(at),
        replies: &[],
        chosen: None,
        home: None,
    };
    match gate(&case.out, &lead, &Rules::default(), at(now)) {
        Verdict::Send => "send".into(),
        Verdict::Hold { until, why } => format!("{} {until}", why.as_str()),
        Verdict::Drop(why) => why.as_str().into(),
    }
}

#[test]
fn a_message_is_held_for_hours_and_caps_unless_it_answers_or_is_transactional() {
    let night = "2026-11-25T04:00:00Z";
    let day = "2026-11-24T17:00:00Z";
    let case = |out, wrote, sends: &[&str]| Case {
        out,
        phone: NY,
        sends: sends.iter().map(|text| at(text)).collect(),
        wrote,
    };
    let busy = [
        "2026-11-24T16:00:00Z",
        "2026-11-24T15:00:00Z",
        "2026-11-24T06:00:00Z",
    ];
    for (name, case, now, expected) in [
        ("by day", case(MARKETING, None, &[]), day, "send"),
        (
            "by night",
            case(MARKETING, None, &[]),
            night,
            "quiet_hours 2026-11-25T13:00:00Z",
        ),
        (
            "an answer",
            case(MARKETING, Some("2026-11-25T03:45:00Z"), &[]),
            night,
            "send",
        ),
        (
            "an answer too late",
            case(MARKETING, Some("2026-11-25T03:44:59Z"), &[]),
            night,
            "quiet_hours 2026-11-25T13:00:00Z",
        ),
        ("business", case(TRANSACTIONAL, None, &busy), night, "send"),
        // Room comes at 01:00 in New York: the message leaves at 08:00.
        (
            "full",
            case(MARKETING, None, &busy),
            day,
            "cap 2026-11-25T13:00:00Z",
        ),
        (
            "full, but an answer",
            case(MARKETING, Some(day), &busy),
            day,
            "send",
        ),
    ] {
        assert_eq!(judge(&case, now), expected, "{name}");
    }
}

#[test]
fn the_authors_window_holds_a_transactional_message_too() {
    static WINDOW: std::sync::LazyLock<SendWindow> = std::sync::LazyLock::new(|| SendWindow {
        days: Days::ALL,
        hours: "10:00-11:00".parse().unwrap(),
        pick_best: false,
    });
    let case = Case {
        out: Outgoing {
            window: Some(&WINDOW),
            ..TRANSACTIONAL
        },
        phone: NY,
        sends: Vec::new(),
        wrote: None,
    };
    assert_eq!(
        judge(&case, "2026-11-25T04:00:00Z"),
        "send_window 2026-11-25T15:00:00Z"
    );
}

#[test]
fn held_messages_leave_spread_over_the_time_given_and_the_older_ones_before() {
    let opens = at("2026-11-25T13:00:00Z");
    let over = Duration::mins(21);
    let leaves = |n: u64, waited: Duration| {
        let phone = PhoneNumber::from_digits(12_125_550_000 + n).unwrap();
        let leaves = spread(phone, opens - waited, opens, over);
        assert_eq!(leaves, spread(phone, opens - waited, opens, over));
        assert!(leaves >= opens && leaves < opens + over, "{leaves}");
        leaves.as_ms() - opens.as_ms()
    };
    let eight = Duration::hours(8);
    let first = (0..1_000).map(|n| leaves(n, eight)).min().unwrap();
    let mut minutes = [0; 7];
    for n in 0..1_000 {
        minutes[((leaves(n, eight) - first) / 60_000) as usize] += 1;
    }
    assert!(
        minutes.iter().all(|count| (100..190).contains(count)),
        "{minutes:?}"
    );
    for n in 0..100 {
        let waits = [60, 30, 11, 6, 1].map(|hours| leaves(n, Duration::hours(hours)));
        assert!(waits.is_sorted(), "{waits:?}");
    }
}

#[test]
fn the_best_time_is_waited_for_only_while_every_window_is_open_then() {
    let window = SendWindow {
        days: "mon-sun".parse().unwrap(),
        hours: "08:00-23:00".parse().unwrap(),
        pick_best: true,
    };
    let given = Consent::Given(Timestamp::default(), consent::Level::Marketing);
    let standing = Standing {
        consent: given,
        ..Standing::default()
    };
    let zones = ["America/New_York".parse().unwrap()];
    let out = Outgoing {
        window: Some(&window),
        ..MARKETING
    };
    // 10:00 in New York; the lead wrote at 18:30, or at 22:30, when the law's hours are over.
    for (wrote, expected) in [
        (vec![], "send"),
        (
            vec!["2026-11-20T23:30:00Z"],
            "best_time 2026-11-24T23:00:00Z",
        ),
        (vec!["2026-11-21T03:30:00Z"], "send"),
    ] {
        let replies: Vec<Timestamp> = wrote.iter().map(|text| at(text)).collect();
        let lead = LeadFacts {
            phone: NY.parse().unwrap(),
            standing: &standing,
            zones: &zones,
            sends: &[],
            last_inbound: replies.first().copied(),
            replies: &replies,
            chosen: None,
            home: None,
        };
        let got = match gate(&out, &lead, &Rules::default(), at("2026-11-24T15:00:00Z")) {
            Verdict::Send => "send".to_string(),
            Verdict::Hold { until, why } => format!("{} {until}", why.as_str()),
            Verdict::Drop(why) => why.as_str().to_string(),
        };
        assert_eq!(got, expected, "{wrote:?}");
    }
}
