//! Flows in `tests/compile`, and the diagnostics each must give.

use std::collections::BTreeMap;
use std::path::PathBuf;

use replytree::diagnostic::{Colour, Source, render};
use replytree::flow::compile;
use replytree::flow::workspace::{
    Calendar, Channel, EmailSettings, Endpoint, Retention, Route, Team, Workspace,
};
use replytree::lead::Name;
use replytree::policy::{QuietHours, Rules};
use replytree::time::{Days, Duration, Hours, Zone};

pub fn workspace() -> Workspace {
    let team = Team {
        agents: Vec::new(),
        hours: None,
        route: Route::Everyone,
        claim_within: Duration::mins(5),
        if_unclaimed: None,
    };
    let calendar = Calendar {
        days: Days::ALL,
        hours: Hours::ALL_DAY,
        slot: Duration::mins(30),
        at_once: 1,
    };
    let endpoint = Endpoint {
        url: "https://inventory.example/api".into(),
        method: "GET".into(),
        timeout: Duration::secs(3),
        headers: BTreeMap::new(),
    };
    let channel = Channel {
        carrier: "sandbox".into(),
        from: vec!["+13125550100".into()],
        settings: BTreeMap::new(),
        rate: None,
        api: None,
    };
    Workspace {
        brand: "Northside Auto".into(),
        public_url: None,
        time_zone: "America/Chicago"
            .parse::<Zone>()
            .expect("a zone of the database"),
        default_team: "sales".into(),
        health: false,
        region: "US".into(),
        channels: named([("main", channel)]),
        email: Some(EmailSettings {
            from: "hello@northside.example".into(),
            smtp: None,
        }),
        rules: Rules {
            quiet_hours: QuietHours::ByRegion,
            caps: Vec::new(),
        },
        teams: named([("sales", team.clone()), ("managers", team)]),
        calendars: named([("showroom", calendar)]),
        segments: BTreeMap::new(),
        endpoints: named([("inventory", endpoint)]),
        webhooks: BTreeMap::new(),
        retention: Retention {
            inactive_leads: Duration::days(700),
            message_text: Duration::days(390),
            consent_proof: Duration::days(1825),
        },
    }
}

fn named<T, const N: usize>(items: [(&str, T); N]) -> BTreeMap<Name, T> {
    items
        .into_iter()
        .map(|(name, item)| (Name::from(name), item))
        .collect()
}

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/compile")
}

fn source(file: &str) -> Source {
    let text = std::fs::read_to_string(directory().join(file)).expect("a file of tests/compile");
    Source {
        file: file.into(),
        text,
    }
}

#[test]
fn the_flow_of_the_language_page_compiles() {
    let sources = [source("test-drive.yaml")];
    let compiled = compile(&workspace(), &sources);
    let shown = render(&compiled.diagnostics, &sources, Colour::Never);
    assert!(compiled.diagnostics.is_empty(), "{shown}");
    assert_eq!(compiled.flows.len(), 1);
}
