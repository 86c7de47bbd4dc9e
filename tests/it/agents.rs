//! Agents: the routing of leads, what agents text, reminders and takeovers, as flow tests on every store.

use std::sync::Arc;

use replytree::carrier::{self, Bridge, Settings};
use replytree::diagnostic::Source;
use replytree::flow::{self, workspace};
use replytree::lead::Name;
use replytree::sim::flow_test;
use replytree::store::{MemoryStore, SqliteStore, Store};

const WORKSPACE: &str = include_str!("../data/agents/workspace.yaml");
const FLOWS: [&str; 3] = [
    include_str!("../data/agents/drive.yaml"),
    include_str!("../data/agents/garage.yaml"),
    include_str!("../data/agents/visit.yaml"),
];

fn run(store: &dyn Fn() -> Arc<dyn Store>) {
    let (workspace, problems) = workspace::read("workspace.yaml", WORKSPACE, &|_| None);
    assert!(problems.is_empty(), "{problems:#?}");
    let sources: Vec<Source> = FLOWS
        .iter()
        .enumerate()
        .map(|(n, text)| Source {
            file: format!("{n}.yaml"),
            text: (*text).to_string(),
        })
        .collect();
    let compiled = flow::compile(&workspace, &sources);
    let errors = compiled.diagnostics.iter().filter(|d| d.is_error());
    let errors: Vec<_> = errors.collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let workspace = Arc::new(workspace);
    let mut failed = Vec::new();
    for flow in &compiled.flows {
        let result = flow_test::run_over(store, &workspace, &compiled.flows, flow);
        assert!(!result.tests.is_empty());
        for test in result.tests {
            if let Some(failure) = test.failure {
                let said = test.transcript.join("\n    ");
                failed.push(format!("{}: {failure:?}\n    {said}", test.name));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn leads_are_offered_claimed_and_reported_on_as_written() {
    run(&|| Arc::new(MemoryStore::new()));
}

#[test]
fn the_same_holds_in_the_embedded_store() {
    let dir = tempfile::tempdir().unwrap();
    let made = std::sync::atomic::AtomicUsize::new(0);
    run(&|| {
        let n = made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Arc::new(SqliteStore::open(&dir.path().join(format!("{n}.db"))).unwrap())
    });
}

/// Settings as `key=value`, what is asked of whom, and what is in the form.
#[test]
fn the_request_that_connects_an_agent_with_a_lead_is_as_the_carrier_takes_it() {
    let dial = "%3CResponse%3E%3CDial+callerId%3D%22%2B13125550100%22%3E%3CNumber%3E\
                %2B13125550142%3C%2FNumber%3E%3C%2FDial%3E%3C%2FResponse%3E";
    for (name, settings, url, want) in [
        (
            "twilio",
            "account=AC1 secret=s",
            "https://api.twilio.com/2010-04-01/Accounts/AC1/Calls.json",
            format!("To=%2B13125550111&From=%2B13125550100&Twiml={dial}"),
        ),
        (
            "telnyx",
            "token=k account=a1 application=app",
            "https://api.telnyx.com/v2/texml/Accounts/a1/Calls",
            format!("ApplicationSid=app&To=%2B13125550111&From=%2B13125550100&Texml={dial}"),
        ),
    ] {
        let values = settings
            .split(' ')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (Name::from(key), value.to_string()))
            .collect();
        let settings = Settings {
            values: &values,
            api: None,
        };
        let bridge = Bridge {
            agent: "+13125550111",
            lead: "+13125550142",
            from: Some("+13125550100"),
        };
        let found = carrier::find(name).unwrap();
        let request = found.bridge(&settings, &bridge).unwrap();
        assert_eq!((request.method, request.url.as_str()), ("POST", url));
        let body = String::from_utf8(request.body).unwrap().replace("%20", "+");
        assert_eq!(body, want, "{name}");
        assert!(
            request
                .headers
                .iter()
                .any(|(name, _)| name == "authorization")
        );
        let none = Default::default();
        let bare = Settings {
            values: &none,
            api: None,
        };
        assert!(
            found.bridge(&bare, &bridge).is_err(),
            "{name} without settings"
        );
    }
    let refused = carrier::find("plivo").unwrap();
    let none = Default::default();
    let settings = Settings {
        values: &none,
        api: None,
    };
    let bridge = Bridge {
        agent: "+1",
        lead: "+1",
        from: None,
    };
    let why = refused.bridge(&settings, &bridge).unwrap_err().to_string();
    assert!(why.contains("Twilio and Telnyx"), "{why}");
}
