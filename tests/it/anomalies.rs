//! What looks wrong is held up, and what nobody understood is shown to the author.

use std::sync::Arc;

use replytree::conversation::Effect;
use replytree::diagnostic::Source;
use replytree::flow::workspace::{Anomalies, Workspace};
use replytree::flow::{Flow, compile};
use replytree::lead::{Name, Value};
use replytree::policy::HoldReason;
use replytree::runtime::unheard::{self, Because, Suggestion};
use replytree::runtime::watch;
use replytree::runtime::work::LeadUpdate;
use replytree::sim::World;
use replytree::store::{RowBody, SendStatus, Sending};
use replytree::time::{Duration, Timestamp};

const MORNING: &str = "2026-11-23T10:00:00-06:00";

fn enrolled(anomalies: Anomalies) -> (World, Arc<Flow>) {
    let workspace = Arc::new(Workspace {
        anomalies,
        ..Workspace::default()
    });
    let source = Source {
        file: "test-drive.yaml".to_string(),
        text: include_str!("../../benches/test-drive.yaml").to_string(),
    };
    let compiled = compile(&workspace, &[source]);
    let flow = compiled.flows.first().expect("the flow compiles").clone();
    let start: Timestamp = MORNING.parse().unwrap();
    let world = World::new(workspace, &compiled.flows, start).unwrap();
    let mut lead = LeadUpdate::of(world.lead);
    lead.fields.push((Name::from("name"), Value::text("Ada")));
    lead.fields
        .push((Name::from("model"), Value::text("Roadster")));
    world.enroll(&flow.name, lead).unwrap();
    (world, flow)
}

/// The texts to the world's lead, oldest first, and how each fares.
pub fn texts(world: &World) -> Vec<(String, Sending)> {
    let rows = world.timeline(0).unwrap().into_iter();
    rows.filter_map(|row| match row.body {
        RowBody::Outgoing(Effect::Sms(message), sending) => Some((message.text, sending)),
        _ => None,
    })
    .collect()
}

#[test]
fn a_paused_flow_holds_its_texts_hears_opt_outs_and_goes_on_when_told() {
    let one_is_a_burst = Anomalies {
        replies: 1,
        ..Anomalies::default()
    };
    let (mut world, flow) = enrolled(one_is_a_burst);
    let store = world.engine().store.clone();
    world.text("1").unwrap();
    let paused = watch::paused(store.as_ref()).unwrap();
    assert!(paused[&flow.name].why.contains("burst"), "{paused:?}");
    let last = texts(&world).pop().unwrap().1;
    assert_eq!(last.status, SendStatus::Held);
    assert_eq!(last.held, Some(HoldReason::Paused));
    world.wait(Duration::mins(30)).unwrap();
    let last = texts(&world).pop().unwrap().1;
    assert_eq!(last.status, SendStatus::Held, "held, and not lost");

    let was = watch::resume(store.as_ref(), &flow.name).unwrap();
    assert!(was.is_some());
    assert_eq!(watch::resume(store.as_ref(), &flow.name).unwrap(), None);
    world.wait(Duration::mins(2)).unwrap();
    let last = texts(&world).pop().unwrap().1;
    assert!(last.accepted.is_some(), "what was held leaves: {last:?}");
}

#[test]
fn an_opt_out_is_heard_and_confirmed_while_its_flow_is_paused() {
    let one_is_a_spike = Anomalies {
        opt_outs: 1,
        opt_out_percent: 1,
        replies: 1,
        ..Anomalies::default()
    };
    let (mut world, flow) = enrolled(one_is_a_spike);
    world.text("1").unwrap();
    world.text("stop texting me").unwrap();
    let store = world.engine().store.clone();
    assert!(
        watch::paused(store.as_ref())
            .unwrap()
            .contains_key(&flow.name)
    );
    let said = texts(&world);
    let (text, sending) = said.last().unwrap();
    assert!(
        text.contains("unsubscribed") && sending.accepted.is_some(),
        "{said:?}"
    );
    let held = |s: &Sending| s.status == SendStatus::Held;
    assert!(
        !said.iter().any(|(_, s)| held(s)),
        "nothing waits to be sent: {said:?}"
    );
}

#[test]
fn two_automatons_stop_by_themselves_and_a_person_is_heard_later() {
    let (mut world, _) = enrolled(Anomalies::default());
    for n in 0..60 {
        let text = ["who is this?", "HELP"][n % 2];
        world.text(text).unwrap();
    }
    let answers = texts(&world).len();
    assert!(answers <= 1 + 15, "{answers} answers to a robot");
    world.text("stop").unwrap();
    assert!(texts(&world).last().unwrap().0.contains("unsubscribed"));

    let (mut world, _) = enrolled(Anomalies::default());
    for _ in 0..20 {
        world.text("who is this?").unwrap();
    }
    world.wait(Duration::mins(11)).unwrap();
    let before = texts(&world).len();
    world.text("1").unwrap();
    assert!(
        texts(&world).len() > before,
        "after a silence it is a person again"
    );
}

#[test]
fn the_same_words_twice_in_a_row_are_a_robots_unless_they_answer_or_are_few() {
    // What is said, and how many texts of ours there are after each; the first is the flow's question.
    const ROBOT: &str = "We have received your note and pass it on";
    for (limits, said) in [
        (
            Anomalies::default(),
            &[(ROBOT, 2), (ROBOT, 2), (ROBOT, 2)][..],
        ),
        (
            Anomalies::default(),
            &[("purple umbrella", 2), ("purple umbrella", 3)][..],
        ),
        (
            Anomalies {
                echo_words: 2,
                ..Anomalies::default()
            },
            &[("purple umbrella", 2), ("purple umbrella", 2), ("yes", 3)][..],
        ),
        (
            Anomalies::default(),
            &[(ROBOT, 2), ("what umbrella do you mean", 3)][..],
        ),
        (Anomalies::default(), &[("stop texting me", 2)][..]),
    ] {
        let (mut world, _) = enrolled(limits);
        for (text, texts_of_ours) in said {
            world.text(text).unwrap();
            let ours = texts(&world);
            assert_eq!(ours.len(), *texts_of_ours, "{said:?} at {text:?}: {ours:?}");
        }
    }

    let (mut world, _) = enrolled(Anomalies::default());
    world.text(ROBOT).unwrap();
    world.text(ROBOT).unwrap();
    let row = world.timeline(0).unwrap().pop().unwrap();
    let RowBody::Happened(entry) = &row.body else {
        panic!("{row:?}")
    };
    let understood = entry.understood.as_ref().unwrap();
    assert_eq!(
        (&*understood.kind, &*understood.rule),
        ("machine", "same-again")
    );
    world.wait(Duration::mins(11)).unwrap();
    let before = texts(&world).len();
    world.text(ROBOT).unwrap();
    assert!(
        texts(&world).len() > before,
        "after a silence it is heard again"
    );
}

#[test]
fn what_nobody_understood_is_grouped_with_the_line_that_would_catch_it() {
    let (mut world, flow) = enrolled(Anomalies::default());
    world.text("purple umbrella").unwrap();
    world.text("1").unwrap();
    let store = world.engine().store.clone();
    let since: Timestamp = MORNING.parse().unwrap();
    let found = unheard::find(store.as_ref(), &flow, since).unwrap();
    assert!(found.complete);
    let [one] = found.groups.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(
        (one.text.as_str(), one.count, one.leads),
        ("purple umbrella", 1, 1)
    );
    let step = flow.step(flow.start).name.clone();
    assert_eq!(one.step, step);
    let Suggestion::Words {
        option,
        line,
        because,
    } = &one.suggestion
    else {
        panic!("{one:?}")
    };
    assert_eq!(option.as_str(), "yes");
    assert_eq!(line, r#"yes: { words: { en: ["purple umbrella"] } }"#);
    assert_eq!(*because, Because::AnsweredLater { chose: 1, of: 1 });
    let later = since + Duration::hours(1);
    let found = unheard::find(store.as_ref(), &flow, later).unwrap();
    assert!(found.groups.is_empty(), "none since then");
}
