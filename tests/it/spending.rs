//! Toll fraud: texts go to allowed countries alone, and stop at the workspace's limits until somebody has looked.

use std::sync::Arc;

use replytree::conversation::Status;
use replytree::diagnostic::Source;
use replytree::flow::compile;
use replytree::flow::workspace::{Limit, Workspace};
use replytree::lead::{Name, Value};
use replytree::policy::{HoldReason, Rules};
use replytree::runtime::watch;
use replytree::runtime::work::{LeadUpdate, Refusal};
use replytree::sim::World;
use replytree::store::{MemoryStore, SendStatus, Sending, Store};
use replytree::time::{Duration, Timestamp};

use crate::anomalies::texts;

const MORNING: &str = "2026-11-23T10:00:00-06:00";

fn world_over(store: Arc<dyn Store>, workspace: Workspace, flow: &str, start: &str) -> World {
    let workspace = Arc::new(workspace);
    let source = Source {
        file: "flow.yaml".to_string(),
        text: flow.to_string(),
    };
    let compiled = compile(&workspace, &[source]);
    let start: Timestamp = start.parse().unwrap();
    World::over(store, workspace, &compiled.flows, start).unwrap()
}

fn world(workspace: Workspace, flow: &str) -> World {
    world_over(Arc::new(MemoryStore::new()), workspace, flow, MORNING)
}

const TEST_DRIVE: &str = include_str!("../../benches/test-drive.yaml");

fn enroll(world: &World) -> Result<(), Refusal> {
    let mut lead = LeadUpdate::of(world.lead);
    lead.fields
        .push((Name::from("model"), Value::text("Roadster")));
    world.enroll(&Name::from("test-drive"), lead).map(drop)
}

fn left(world: &World) -> usize {
    let texts = texts(world);
    texts.iter().filter(|(_, s)| s.accepted.is_some()).count()
}

/// The world's lead is American.
fn british_only() -> Workspace {
    Workspace {
        rules: Rules {
            countries: vec!["GB".parse().unwrap()],
            ..Rules::default()
        },
        ..Workspace::default()
    }
}

#[test]
fn a_lead_of_a_country_that_is_not_texted_is_refused_with_the_reason() {
    let world = world(british_only(), TEST_DRIVE);
    let refused = enroll(&world).unwrap_err().to_string();
    assert!(
        refused.contains("country") && refused.contains("countries"),
        "{refused}"
    );
    assert_eq!(texts(&world).len(), 0);
}

const KEYWORD: &str = r#"
flow: quotes
kind: marketing
starts: { keyword: QUOTE }
steps:
  first:
    ask: "Hi, {brand} here. Shall we start this week? Reply 1 for yes, 2 for later. STOP to opt out."
    answers: { yes: end, later: end }
    no_reply: [ { after: 1d, then: out } ]
  out: { end: nobody }
"#;

#[test]
fn whoever_texts_from_abroad_is_answered_nothing_and_stands_nowhere() {
    let mut world = world(british_only(), KEYWORD);
    for text in ["HELP", "who is this?", "QUOTE", "1", "HELP", "START"] {
        world.text(text).unwrap();
    }
    assert_eq!(left(&world), 0, "{:?}", texts(&world));
    let conversation = world.conversation().unwrap();
    let waits = conversation.is_some_and(|c| matches!(c.status, Status::Waiting(_)));
    assert!(!waits, "it ended where silence leads");
    let recorded = texts(&world);
    let told = |(_, sending): &(String, Sending)| {
        sending.status == SendStatus::Cancelled
            && sending.error.as_deref() == Some("country_not_allowed")
    };
    assert!(recorded.iter().all(told), "{recorded:?}");
}

fn limited(parts: u32, channel: Option<&str>) -> Workspace {
    Workspace {
        limits: vec![Limit {
            parts,
            per: Duration::hours(1),
            channel: channel.map(Name::from),
        }],
        ..Workspace::default()
    }
}

#[test]
fn a_limit_holds_all_texts_but_what_an_opt_out_is_answered_until_told() {
    for (channel, held) in [(None, "sending:all"), (Some("main"), "sending:main")] {
        let mut world = world(limited(1, channel), TEST_DRIVE);
        let store = world.engine().store.clone();
        enroll(&world).unwrap();
        assert_eq!(left(&world), 1, "the text that reaches it still leaves");
        let paused = watch::paused(store.as_ref()).unwrap();
        assert!(paused[held].why.contains("parts"), "{paused:?}");

        world.text("1").unwrap();
        let last = texts(&world).pop().unwrap().1;
        assert_eq!(last.status, SendStatus::Held);
        assert_eq!(last.held, Some(HoldReason::Limit));
        world.wait(Duration::hours(3)).unwrap();
        assert_eq!(left(&world), 1, "time alone does not lift it");

        assert!(watch::resume(store.as_ref(), held).unwrap().is_some());
        world.wait(Duration::mins(2)).unwrap();
        assert_eq!(left(&world), 2, "what was held leaves");

        world.text("stop").unwrap();
        let (text, sending) = texts(&world).pop().unwrap();
        assert!(
            text.contains("unsubscribed") && sending.accepted.is_some(),
            "{text} {sending:?}"
        );
    }
}

#[test]
fn what_was_sent_before_a_restart_counts_after_it() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let before = world_over(store.clone(), limited(3, None), TEST_DRIVE, MORNING);
    enroll(&before).unwrap();
    let sent = texts(&before)[0].1.parts;
    assert!(sent < 3, "{sent}");
    assert!(watch::paused(store.as_ref()).unwrap().is_empty());
    drop(before);
    let later = "2026-11-23T10:20:00-06:00";
    let mut after = world_over(store.clone(), limited(3, None), TEST_DRIVE, later);
    for _ in 0..4 {
        after.text("purple umbrella").unwrap();
    }
    let paused = watch::paused(store.as_ref()).unwrap();
    assert!(paused.contains_key("sending:all"), "{paused:?}");
    let all: u32 = texts(&after)
        .iter()
        .filter(|(_, s)| s.accepted.is_some())
        .map(|(_, s)| u32::from(s.parts))
        .sum();
    assert!(
        (3..=4).contains(&all),
        "{all} parts left, {sent} of them before"
    );
}
