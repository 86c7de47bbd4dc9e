use super::*;
use crate::flow::workspace::read;

/// Monday, 23 November 2026, 16:00 UTC: 10 in the morning in Chicago.
const MONDAY_TEN: i64 = 1_795_449_600_000;

fn workspace(sales: &str) -> Workspace {
    let text = format!(
        "brand: N\ntime_zone: America/Chicago\ndefault_team: sales\nteams:\n  sales: {{ agents: \
         [{{ name: Dana, console: true }}, {{ name: Lee, console: true }}, \
         {{ name: Sofia, console: true }}], {sales} }}\n  managers: {{ agents: [{{ name: Kim, \
         console: true }}], route: everyone, claim_within: 2m }}\n"
    );
    let (workspace, problems) = read("workspace.yaml", &text, &|_| None);
    assert!(problems.is_empty(), "{problems:#?}");
    workspace
}

/// `away Dana`, `has Dana 2`, `asked Lee 1`, `last Dana`, separated by commas.
fn roster(told: &str) -> Roster {
    let mut roster = Roster::default();
    for line in told
        .split(',')
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let words: Vec<&str> = line.split(' ').collect();
        let count = words.get(2).map_or(0, |count| count.parse().unwrap());
        let agent = words[1].to_string();
        match words[0] {
            "away" => {
                let away = Away {
                    until: None,
                    stopped: false,
                };
                roster.away.insert(agent, away);
            }
            "has" => drop(roster.has.insert(agent, count)),
            "asked" => drop(roster.asked.insert(agent, count)),
            _ => drop(roster.last.insert(Name::from("sales"), agent)),
        }
    }
    roster
}

/// Round after round, `Dana 5m; Lee+Sofia 5m; Kim 2m`.
fn rounds(sales: &str, told: &str, hour: i64, priority: Priority, language: &str) -> String {
    let (workspace, roster) = (workspace(sales), roster(told));
    let now = Timestamp::from_ms(MONDAY_TEN) + Duration::hours(hour - 10);
    let team = Name::from("sales");
    let field = |_: &str| vec![language.to_string()];
    let want = Want {
        team: &team,
        priority,
        field: &field,
    };
    let mut said = Vec::new();
    let mut next = roster.first(&workspace, &want, now);
    let whole = next
        .as_ref()
        .map(|first| roster.remaining(&workspace, &want, first, now));
    let mut sum = Duration::ZERO;
    while let Some(round) = next {
        sum = sum + round.within;
        said.push(format!("{} {}", round.asked.join("+"), round.within));
        let offered = Offered {
            team: round.team,
            round: round.round,
            asked: round.asked,
            ..Offered::default()
        };
        next = roster.after(&workspace, &want, &offered, now);
    }
    assert_eq!(sum, whole.unwrap_or_default(), "the whole is told at first");
    said.join("; ")
}

#[test]
fn one_is_asked_then_the_others_then_the_next_team() {
    let all = "claim_within: 5m, if_unclaimed: managers";
    let by = "route: { by: language, table: { es: Sofia, fr: [Lee, Sofia] } }, claim_within: 5m";
    for (sales, told, want) in [
        (
            format!("route: round_robin, {all}"),
            "",
            "Dana 5m; Lee+Sofia 5m; Kim 2m",
        ),
        (
            format!("route: round_robin, {all}"),
            "last Dana",
            "Lee 5m; Dana+Sofia 5m; Kim 2m",
        ),
        (
            format!("route: round_robin, {all}"),
            "last Sofia",
            "Dana 5m; Lee+Sofia 5m; Kim 2m",
        ),
        (
            format!("route: round_robin, {all}"),
            "last Dana, away Lee",
            "Sofia 5m; Dana 5m; Kim 2m",
        ),
        (
            format!("route: least_busy, {all}"),
            "has Dana 1, asked Lee 1",
            "Sofia 5m; Dana+Lee 5m; Kim 2m",
        ),
        (
            format!("route: everyone, {all}"),
            "",
            "Dana+Lee+Sofia 5m; Kim 2m",
        ),
        (
            format!("route: everyone, {all}"),
            "away Dana, away Lee, away Sofia",
            "Kim 2m",
        ),
        (
            format!("route: everyone, {all}"),
            "away Dana, away Lee, away Sofia, away Kim",
            "",
        ),
        (by.to_string(), "", "Sofia 5m; Dana+Lee 5m"),
        (by.to_string(), "away Sofia", "Dana+Lee 5m"),
    ] {
        assert_eq!(
            rounds(&sales, told, 10, Priority::Normal, "ES"),
            want,
            "{sales} / {told}"
        );
    }
    let got = rounds(by, "last Lee", 10, Priority::Normal, "fr");
    assert_eq!(
        got, "Sofia 5m; Dana+Lee 5m",
        "several for one value take turns"
    );
    let got = rounds(by, "", 10, Priority::Normal, "de");
    assert_eq!(got, "Dana+Lee+Sofia 5m", "a value nobody stands for");
}

#[test]
fn who_has_as_many_as_they_may_is_asked_only_for_a_hot_lead_that_nobody_else_can_take() {
    let sales = "route: round_robin, at_most: 2, claim_within: 5m, if_unclaimed: managers";
    let full = "has Dana 2, has Lee 2, has Sofia 3";
    for (told, priority, want) in [
        ("has Dana 2", Priority::Normal, "Lee 5m; Sofia 5m; Kim 2m"),
        ("has Dana 2", Priority::Hot, "Lee 5m; Sofia 5m; Kim 2m"),
        (full, Priority::Normal, "Kim 2m"),
        (full, Priority::Low, "Kim 2m"),
        (full, Priority::Hot, "Dana 5m; Lee+Sofia 5m; Kim 2m"),
    ] {
        assert_eq!(
            rounds(sales, told, 10, priority, ""),
            want,
            "{told} {priority:?}"
        );
    }
}

#[test]
fn a_team_out_of_its_hours_is_passed_over() {
    let sales = "route: everyone, hours: { days: mon-fri, between: \"09:00-18:00\" }, \
                 claim_within: 5m, if_unclaimed: managers";
    for (hour, want) in [
        (8, "Kim 2m"),
        (9, "Dana+Lee+Sofia 5m; Kim 2m"),
        (17, "Dana+Lee+Sofia 5m; Kim 2m"),
        (18, "Kim 2m"),
    ] {
        assert_eq!(
            rounds(sales, "", hour, Priority::Hot, ""),
            want,
            "{hour}:00"
        );
    }
}
