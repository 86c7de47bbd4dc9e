//! Texts that are surely not taken wait as long as the trouble is the carrier's; what fails for good fails by
//! its own tries.

use std::sync::{Arc, Mutex};

use replytree::conversation::Effect;
use replytree::diagnostic::Source;
use replytree::flow::compile;
use replytree::flow::workspace::{Limit, Workspace};
use replytree::lead::{Name, Value};
use replytree::runtime::sandbox::Sandbox;
use replytree::runtime::watch;
use replytree::runtime::work::{LeadUpdate, SendResult};
use replytree::sim::World;
use replytree::store::{MemoryStore, SendStatus, Sending};
use replytree::time::{Duration, Timestamp};

use crate::anomalies::texts;

const TEST_DRIVE: &str = include_str!("../../benches/test-drive.yaml");
const AFTER: Duration = Duration::secs(2);

/// What a carrier makes of the n-th try, at a time since the first; `None` takes it.
type Carrier = fn(usize, Duration) -> Option<SendResult>;

fn error() -> String {
    "trouble".to_string()
}

fn not_reached() -> Option<SendResult> {
    Some(SendResult::NotReached {
        after: AFTER,
        error: error(),
    })
}

fn busy() -> Option<SendResult> {
    Some(SendResult::Busy {
        after: AFTER,
        error: error(),
    })
}

fn untaken() -> Option<SendResult> {
    Some(SendResult::Retry {
        after: AFTER,
        error: error(),
    })
}

fn paused() -> Option<SendResult> {
    Some(SendResult::Paused { error: error() })
}

/// A lead whose first text is under way at `start`; when it was tried, since then.
fn first_text(workspace: Workspace, start: &str, carrier: Carrier) -> (World, Tries) {
    let workspace = Arc::new(workspace);
    let source = Source {
        file: "flow.yaml".to_string(),
        text: TEST_DRIVE.to_string(),
    };
    let compiled = compile(&workspace, &[source]);
    let start: Timestamp = start.parse().unwrap();
    let store = Arc::new(MemoryStore::new());
    let mut world = World::over(store, workspace, &compiled.flows, start).unwrap();
    let engine = world.sandbox.engine.clone();
    let tries = Tries::default();
    let told = tries.clone();
    let really = move |job: &replytree::runtime::work::Job| {
        if !matches!(job.effect, Effect::Sms(_)) {
            return None;
        }
        let mut tries = told.lock().unwrap();
        let now = engine.clock.now();
        let n = tries.len();
        tries.push(now.since(start));
        carrier(n, now.since(start))
    };
    world.sandbox = Sandbox::with(world.sandbox.engine.clone(), Box::new(really));
    let mut lead = LeadUpdate::of(world.lead);
    lead.fields
        .push((Name::from("model"), Value::text("Roadster")));
    world.enroll(&Name::from("test-drive"), lead).unwrap();
    (world, tries)
}

type Tries = Arc<Mutex<Vec<Duration>>>;

fn first(world: &World) -> Sending {
    texts(world)[0].1.clone()
}

const MORNING: &str = "2026-11-23T09:00:00-06:00";

#[test]
fn a_text_outlives_hours_without_a_connection_or_with_a_carrier_that_asks_for_a_pause() {
    let carriers: [(&str, Carrier); 3] = [
        ("no connection", |_, since| {
            (since < Duration::hours(3)).then(not_reached).flatten()
        }),
        ("busy", |_, since| {
            (since < Duration::hours(3)).then(busy).flatten()
        }),
        ("both, and a no of its own now and then", |n, since| {
            let trouble = match n {
                20 | 24 | 28 | 32 => untaken(),
                n if n % 2 == 0 => busy(),
                _ => not_reached(),
            };
            (since < Duration::hours(3)).then_some(trouble).flatten()
        }),
    ];
    for (what, carrier) in carriers {
        let (world, tries) = first_text(Workspace::default(), MORNING, carrier);
        world.wait(Duration::hours(2)).unwrap();
        let waits = first(&world);
        assert_eq!(waits.status, SendStatus::Queued, "{what}: {waits:?}");
        assert_eq!(waits.error.as_deref(), Some("trouble"));
        world.wait(Duration::hours(2)).unwrap();
        let sent = first(&world);
        assert!(sent.accepted.is_some(), "{what}: {sent:?}");
        let tries = tries.lock().unwrap();
        assert!((10..100).contains(&tries.len()), "{what}: {tries:?}");
        let pauses = tries.windows(2).map(|two| two[1].as_ms() - two[0].as_ms());
        let longest = pauses.max().unwrap();
        assert!(longest <= 300_000, "{what}: {longest} ms");
    }
}

#[test]
fn what_is_never_taken_is_given_up_by_its_age_or_by_its_own_tries() {
    let carriers: [(Carrier, &str); 2] = [
        (|_, _| not_reached(), "given up after 12h"),
        (|_, _| untaken(), "given up after 6 tries"),
    ];
    for (carrier, why) in carriers {
        // Before quiet hours begin twelve hours have passed.
        let (world, _) = first_text(Workspace::default(), "2026-11-23T08:01:00-06:00", carrier);
        world.wait(Duration::mins(12 * 60 + 10)).unwrap();
        let failed = first(&world);
        assert_eq!(failed.status, SendStatus::Failed, "{failed:?}");
        let said = failed.error.unwrap();
        assert!(said.starts_with(why), "{said}");
    }
}

#[test]
fn hours_in_which_a_text_may_not_leave_do_not_age_it() {
    // Quiet hours come in between, and the carrier is still away in the morning.
    let (world, _) = first_text(
        Workspace::default(),
        "2026-11-23T19:30:00-06:00",
        |_, since| (since < Duration::hours(15)).then(not_reached).flatten(),
    );
    world.wait(Duration::hours(16)).unwrap();
    let sent = first(&world);
    assert!(sent.accepted.is_some(), "{sent:?}");
}

#[test]
fn without_any_channel_texts_wait_and_cost_no_try_however_long() {
    let mut workspace = Workspace::default();
    workspace.channels.clear();
    let (world, tries) = first_text(workspace, MORNING, |_, since| {
        (since < Duration::hours(80)).then(paused).flatten()
    });
    world.wait(Duration::hours(100)).unwrap();
    let sent = first(&world);
    assert!(sent.accepted.is_some(), "{sent:?}");
    assert_eq!(sent.attempts, 1);
    assert!(
        tries.lock().unwrap().len() < 60 * 80,
        "once a minute at most"
    );
}

fn limited() -> Workspace {
    Workspace {
        limits: vec![Limit {
            parts: 6,
            per: Duration::hours(24),
            channel: None,
        }],
        ..Workspace::default()
    }
}

#[test]
fn asking_after_a_text_in_doubt_spends_nothing() {
    let mut workspace = limited();
    for channel in workspace.channels.values_mut() {
        channel.carrier = "twilio".into();
    }
    let (world, tries) = first_text(workspace, MORNING, |n, _| match n {
        0 => Some(SendResult::Uncertain { error: error() }),
        _ => untaken(),
    });
    world.wait(Duration::hours(3)).unwrap();
    assert_eq!(first(&world).status, SendStatus::Uncertain);
    let asked = tries.lock().unwrap().len() - 1;
    assert!(asked > 30, "the carrier was asked {asked} times");
    let paused = watch::paused(world.engine().store.as_ref()).unwrap();
    assert!(paused.is_empty(), "{paused:?}");
}

#[test]
fn a_text_that_waits_for_its_carrier_is_counted_once() {
    let (world, tries) = first_text(limited(), MORNING, |_, since| {
        (since < Duration::hours(1)).then(not_reached).flatten()
    });
    world.wait(Duration::hours(2)).unwrap();
    assert!(first(&world).accepted.is_some(), "{:?}", first(&world));
    assert!(tries.lock().unwrap().len() > 6);
    let paused = watch::paused(world.engine().store.as_ref()).unwrap();
    assert!(paused.is_empty(), "{paused:?}");
}
