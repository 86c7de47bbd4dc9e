use super::*;
use crate::policy::{Purpose, Standing};

const NY: &str = "+12125550100";
const CHICAGO: &str = "+13125550100";
const PHOENIX: &str = "+16025550100";
const LONDON: &str = "+447911123456";
const FLORIDA: &str = "+13055550100";
const PANHANDLE: &str = "+18505550100";
const IDAHO: &str = "+12085550100";
const TEXAS: &str = "+12145550100";
const ALABAMA: &str = "+12055550100";
const RHODE_ISLAND: &str = "+14015550100";
const ONTARIO: &str = "+14165550100";
const PARIS: &str = "+33612345678";
const ALASKA: &str = "+19075550100";
const TOLL_FREE: &str = "+18005550100";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|e| panic!("{e}"))
}

fn ruled(rules: &Rules, phone: &str, window: Option<&SendWindow>, now: &str) -> Ruling {
    let out = Outgoing {
        kind: MessageKind::Marketing,
        purpose: Purpose::Flow,
        window,
    };
    let lead = LeadFacts {
        phone: phone.parse().unwrap(),
        standing: &Standing::default(),
        zones: &[],
        sends: &[],
        last_inbound: None,
        replies: &[],
        chosen: None,
        home: None,
    };
    ruling(&out, &lead, rules, at(now))
}

/// `rule < closes` when open, `rule > opens` when closed.
fn short(ruling: Ruling) -> String {
    let side = |at: Option<Timestamp>| at.map_or_else(|| "never".into(), |at| at.to_string());
    match ruling.open {
        true => format!("{} < {}", ruling.rule.name(), side(ruling.closes_at)),
        false => format!("{} > {}", ruling.rule.name(), side(ruling.opens_at)),
    }
}

fn check(rules: &Rules, cases: &[(&str, &str, &str)]) {
    for (phone, now, expected) in cases {
        assert_eq!(
            short(ruled(rules, phone, None, now)),
            *expected,
            "{phone} at {now}"
        );
    }
}

#[test]
fn the_law_of_the_region_holds_on_the_clock_of_the_region() {
    check(
        &Rules::default(),
        &[
            // New York: 08:00 to 21:00, half-open.
            (NY, "2026-11-24T12:59:59Z", "US-FED > 2026-11-24T13:00:00Z"),
            (NY, "2026-11-24T13:00:00Z", "US-FED < 2026-11-25T02:00:00Z"),
            (
                NY,
                "2026-11-25T01:59:59.999Z",
                "US-FED < 2026-11-25T02:00:00Z",
            ),
            (NY, "2026-11-25T02:00:00Z", "US-FED > 2026-11-25T13:00:00Z"),
            // Florida closes an hour earlier, by its own statute.
            (
                FLORIDA,
                "2026-11-25T00:59:00Z",
                "US-FL < 2026-11-25T01:00:00Z",
            ),
            (
                FLORIDA,
                "2026-11-25T01:00:00Z",
                "US-FL > 2026-11-25T13:00:00Z",
            ),
            // The Panhandle lies in two zones: from 08:00 Central to 20:00 Eastern.
            (
                PANHANDLE,
                "2026-11-24T13:30:00Z",
                "US-FL > 2026-11-24T14:00:00Z",
            ),
            (
                PANHANDLE,
                "2026-11-24T14:00:00Z",
                "US-FL < 2026-11-25T01:00:00Z",
            ),
            // 208: from 08:00 Pacific to 21:00 Mountain.
            (
                IDAHO,
                "2026-11-24T15:59:00Z",
                "US-FED > 2026-11-24T16:00:00Z",
            ),
            (
                IDAHO,
                "2026-11-24T16:00:00Z",
                "US-FED < 2026-11-25T04:00:00Z",
            ),
            (
                IDAHO,
                "2026-11-25T04:00:00Z",
                "US-FED > 2026-11-25T16:00:00Z",
            ),
            // A number without a place: 11:00 to 20:00 Eastern, which is 08:00 Pacific.
            (
                TOLL_FREE,
                "2026-11-24T15:59:00Z",
                "conservative_national > 2026-11-24T16:00:00Z",
            ),
            (
                TOLL_FREE,
                "2026-11-24T16:00:00Z",
                "conservative_national < 2026-11-25T01:00:00Z",
            ),
            (ONTARIO, "2026-11-24T13:30:00Z", "CA > 2026-11-24T14:00:00Z"),
        ],
    );
}

#[test]
fn sundays_saturdays_and_holidays_have_hours_of_their_own() {
    check(
        &Rules::default(),
        &[
            // Texas on a Sunday: from noon.
            (
                TEXAS,
                "2026-11-22T17:30:00Z",
                "US-TX > 2026-11-22T18:00:00Z",
            ),
            (
                TEXAS,
                "2026-11-23T15:30:00Z",
                "US-TX < 2026-11-24T03:00:00Z",
            ),
            // Alabama: nothing on Sunday, nor on Thanksgiving and Christmas.
            (
                ALABAMA,
                "2026-11-22T02:00:00Z",
                "US-AL > 2026-11-23T14:00:00Z",
            ),
            (
                ALABAMA,
                "2026-11-26T15:00:00Z",
                "US-AL > 2026-11-27T14:00:00Z",
            ),
            (
                FLORIDA,
                "2026-11-26T15:00:00Z",
                "US-FL < 2026-11-27T01:00:00Z",
            ),
            // Rhode Island: Saturday to 17:00, then Monday 09:00.
            (
                RHODE_ISLAND,
                "2026-11-21T21:59:00Z",
                "US-RI < 2026-11-21T22:00:00Z",
            ),
            (
                RHODE_ISLAND,
                "2026-11-21T22:00:00Z",
                "US-RI > 2026-11-23T14:00:00Z",
            ),
            // Ontario at the weekend: 10:00 to 18:00.
            (ONTARIO, "2026-11-21T14:30:00Z", "CA > 2026-11-21T15:00:00Z"),
            (PARIS, "2026-05-24T12:00:00Z", "FR > 2026-05-26T06:00:00Z"),
            (LONDON, "2026-11-22T08:30:00Z", "GB > 2026-11-22T09:00:00Z"),
        ],
    );
}

#[test]
fn a_wait_over_a_night_of_clock_change_is_an_hour_shorter_or_longer() {
    check(
        &Rules::default(),
        &[
            // Spring, 8 March 2026, a Sunday: 08:00 is at UTC-4 now.
            (NY, "2026-03-08T03:00:00Z", "US-FED > 2026-03-08T12:00:00Z"),
            (NY, "2026-03-07T03:00:00Z", "US-FED > 2026-03-07T13:00:00Z"),
            (
                CHICAGO,
                "2026-03-08T04:00:00Z",
                "US-FED > 2026-03-08T13:00:00Z",
            ),
            // Phoenix does not change.
            (
                PHOENIX,
                "2026-03-08T05:00:00Z",
                "US-FED > 2026-03-08T15:00:00Z",
            ),
            (
                PHOENIX,
                "2026-11-01T05:00:00Z",
                "US-FED > 2026-11-01T15:00:00Z",
            ),
            // Autumn, 1 November 2026.
            (NY, "2026-11-01T02:00:00Z", "US-FED > 2026-11-01T13:00:00Z"),
            (
                CHICAGO,
                "2026-10-31T14:00:00Z",
                "US-FED < 2026-11-01T02:00:00Z",
            ),
            // London: 29 March and 25 October 2026, both Sundays: 09:00.
            (LONDON, "2026-03-28T22:00:00Z", "GB > 2026-03-29T08:00:00Z"),
            (LONDON, "2026-10-24T21:00:00Z", "GB > 2026-10-25T09:00:00Z"),
        ],
    );
}

#[test]
fn hours_of_the_workspaces_own_hold_in_every_zone_and_close_on_its_holidays() {
    let rules = Rules {
        quiet_hours: QuietHours::Between("09:00-18:00".parse().unwrap()),
        holidays: vec![Holiday {
            date: jiff::civil::date(2026, 12, 24),
            region: None,
        }],
        ..Rules::default()
    };
    check(
        &rules,
        &[
            (
                NY,
                "2026-11-24T13:30:00Z",
                "workspace > 2026-11-24T14:00:00Z",
            ),
            (
                IDAHO,
                "2026-11-24T16:30:00Z",
                "workspace > 2026-11-24T17:00:00Z",
            ),
            (
                IDAHO,
                "2026-11-24T17:00:00Z",
                "workspace < 2026-11-25T01:00:00Z",
            ),
            (
                NY,
                "2026-12-24T15:00:00Z",
                "workspace > 2026-12-25T14:00:00Z",
            ),
        ],
    );
    let always = Rules {
        quiet_hours: QuietHours::Between(Hours::ALL_DAY),
        ..Rules::default()
    };
    check(
        &always,
        &[(NY, "2026-11-24T05:00:00Z", "workspace < never")],
    );
    let narrow = Rules {
        quiet_hours: QuietHours::Between("10:00-11:00".parse().unwrap()),
        ..Rules::default()
    };
    check(
        &narrow,
        &[(IDAHO, "2026-11-24T17:30:00Z", "workspace > never")],
    );
}

#[test]
fn an_opening_that_the_clock_leaps_over_comes_at_the_leap() {
    let rules = Rules {
        quiet_hours: QuietHours::Between("02:30-05:00".parse().unwrap()),
        ..Rules::default()
    };
    check(
        &rules,
        &[
            (
                NY,
                "2026-03-08T06:00:00Z",
                "workspace > 2026-03-08T07:00:00Z",
            ),
            (
                NY,
                "2026-03-08T07:00:00Z",
                "workspace < 2026-03-08T09:00:00Z",
            ),
        ],
    );
}

#[test]
fn the_authors_window_is_kept_inside_the_law() {
    let window = |days: &str, hours: &str| SendWindow {
        days: days.parse().unwrap(),
        hours: hours.parse().unwrap(),
        pick_best: false,
    };
    for (phone, days, hours, now, expected) in [
        // Friday evening to Monday morning.
        (
            NY,
            "mon-fri",
            "10:00-11:00",
            "2026-11-21T00:00:00Z",
            "send_window > 2026-11-23T15:00:00Z",
        ),
        (
            NY,
            "mon-fri",
            "10:00-11:00",
            "2026-11-23T15:30:00Z",
            "send_window < 2026-11-23T16:00:00Z",
        ),
        // The law closes last: 22:00 in Florida.
        (
            FLORIDA,
            "mon-sun",
            "06:00-23:00",
            "2026-11-24T03:00:00Z",
            "US-FL > 2026-11-24T13:00:00Z",
        ),
        // An hour that is never in all zones at once is kept in the first: Boise.
        (
            IDAHO,
            "mon-sun",
            "10:00-11:00",
            "2026-11-24T12:00:00Z",
            "US-FED > 2026-11-24T17:00:00Z",
        ),
        // An hour that the law never allows is given up; the law is not.
        (
            NY,
            "mon-sun",
            "05:00-06:00",
            "2026-11-24T10:30:00Z",
            "US-FED > 2026-11-24T13:00:00Z",
        ),
    ] {
        let window = window(days, hours);
        let ruling = ruled(&Rules::default(), phone, Some(&window), now);
        assert_eq!(short(ruling), expected, "{phone} {days} {hours} at {now}");
    }
}

#[test]
fn no_instant_it_offers_in_a_year_is_closed_and_none_before_it_was_open() {
    let rules = Rules::default();
    let phones = [
        NY,
        CHICAGO,
        PHOENIX,
        LONDON,
        PANHANDLE,
        IDAHO,
        TEXAS,
        ALABAMA,
        PARIS,
        ALASKA,
        TOLL_FREE,
        RHODE_ISLAND,
    ];
    let step = 97 * 60_000;
    for phone in phones {
        let mut closed_since: Option<Timestamp> = None;
        let mut now = at("2026-01-01T00:00:00Z");
        while now < at("2027-01-01T00:00:00Z") {
            let ruling = ruled(&rules, phone, None, &now.to_string());
            match (ruling.open, ruling.opens_at) {
                (true, _) => {
                    let promised = closed_since.take();
                    assert!(
                        promised.is_none_or(|at| at <= now),
                        "{phone} opened early at {now}"
                    );
                }
                (false, Some(opens)) => {
                    assert!(opens > now, "{phone} at {now}");
                    assert!(
                        closed_since.is_none_or(|at| at == opens),
                        "{phone} moved at {now}"
                    );
                    let then = ruled(&rules, phone, None, &opens.to_string());
                    assert!(then.open, "{phone} is not open at {opens}");
                    closed_since = Some(opens);
                }
                (false, None) => panic!("{phone} never opens after {now}"),
            }
            now = now + Duration::from_ms(step);
        }
    }
}
