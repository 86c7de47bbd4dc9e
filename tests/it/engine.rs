//! What the engine promises of a lead's conversation, in worlds of their own: an opt-out stops
//! everything, a reply stops the nudge, an agent stops the flow, and equal days end equally.

use std::sync::Arc;

use replytree::conversation::{Effect, Status};
use replytree::diagnostic::Source;
use replytree::flow::workspace::Workspace;
use replytree::flow::{Flow, compile};
use replytree::lead::{Name, Value};
use replytree::policy::consent::Level;
use replytree::policy::{ConsentChange, ConsentEvent};
use replytree::runtime::work::{LeadUpdate, Refusal, Work};
use replytree::sim::World;
use replytree::store::{Row, RowBody, SendStatus};
use replytree::time::{Duration, Timestamp};

const MORNING: &str = "2026-11-23T10:00:00-06:00";
const NIGHT: &str = "2026-11-23T23:00:00-06:00";

fn world(start: &str) -> (World, Arc<Flow>) {
    let workspace = Arc::new(Workspace {
        takeover_lapses: Duration::hours(4),
        ..Workspace::default()
    });
    let source = Source {
        file: "test-drive.yaml".to_string(),
        text: include_str!("../../benches/test-drive.yaml").to_string(),
    };
    let compiled = compile(&workspace, &[source]);
    let flow = compiled.flows.first().expect("the flow compiles").clone();
    let start: Timestamp = start.parse().unwrap();
    (World::new(workspace, &compiled.flows, start).unwrap(), flow)
}

fn lead(world: &World) -> LeadUpdate {
    let mut lead = LeadUpdate::of(world.lead);
    lead.fields.push((Name::from("name"), Value::text("Ada")));
    lead.fields
        .push((Name::from("model"), Value::text("Roadster")));
    lead
}

fn texts(world: &World) -> Vec<(String, SendStatus)> {
    let rows: Vec<Row> = world.timeline(0).unwrap();
    rows.into_iter()
        .filter_map(|row| match row.body {
            RowBody::Outgoing(Effect::Sms(message), sending) => {
                Some((message.text, sending.status))
            }
            _ => None,
        })
        .collect()
}

fn outcome(world: &World) -> Option<String> {
    match world.conversation().unwrap()?.status {
        Status::Ended { outcome } => Some(outcome.to_string()),
        _ => None,
    }
}

#[test]
fn an_opt_out_cancels_what_is_held_and_is_confirmed_once() {
    let (mut world, flow) = world(NIGHT);
    world.enroll(&flow.name, lead(&world)).unwrap();
    assert_eq!(
        texts(&world)[0].1,
        SendStatus::Held,
        "nobody is texted at night"
    );
    world.text("please stop texting me").unwrap();
    let said = texts(&world);
    assert_eq!(said[0].1, SendStatus::Cancelled);
    assert!(said[1].0.contains("unsubscribed"), "{said:?}");
    assert_eq!(outcome(&world).as_deref(), Some("opted_out"));
    world.text("STOP").unwrap();
    world.wait(Duration::days(3)).unwrap();
    assert_eq!(
        texts(&world).len(),
        2,
        "one confirmation, and nothing ever after"
    );
    // A list that says they agreed is not their own act.
    let now = world.now();
    let told = ConsentEvent::new(ConsentChange::Given, Level::Marketing, now, "import");
    let mut imported = lead(&world);
    imported.consent = Some(told);
    let again = world.enroll(&flow.name, imported);
    assert!(matches!(again, Err(Refusal::Consent(_))), "{again:?}");
}

#[test]
fn only_the_leads_own_act_undoes_an_opt_out() {
    let (mut world, flow) = world(MORNING);
    world.enroll(&flow.name, lead(&world)).unwrap();
    world.text("STOP").unwrap();
    world.text("START").unwrap();
    assert!(texts(&world).last().unwrap().0.contains("subscribed"));
    world.enroll(&flow.name, lead(&world)).unwrap();
    assert_eq!(outcome(&world), None);
}

#[test]
fn a_reply_stops_the_nudge() {
    let (mut world, flow) = world(MORNING);
    world.enroll(&flow.name, lead(&world)).unwrap();
    world.wait(Duration::mins(239)).unwrap();
    assert_eq!(texts(&world).len(), 1);
    world.text("1").unwrap();
    world.wait(Duration::mins(30)).unwrap();
    let said = texts(&world);
    assert!(
        said.iter()
            .all(|(text, _)| !text.contains("Still thinking")),
        "{said:?}"
    );
}

#[test]
fn while_an_agent_has_it_the_flow_stands_still_and_then_goes_on_where_it_stood() {
    let (world, flow) = world(MORNING);
    let id = world.enroll(&flow.name, lead(&world)).unwrap();
    let lead = world.lead;
    world.wait(Duration::hours(1)).unwrap();
    let take = Work::TakeOver {
        lead,
        conversation: id,
        agent: "Dana".to_string(),
    };
    world.engine().turn(take).unwrap();
    let second = Work::TakeOver {
        lead,
        conversation: id,
        agent: "Lee".to_string(),
    };
    let second = world.engine().turn(second);
    assert!(
        matches!(second, Err(Refusal::Claimed { .. })),
        "two agents never hold it at once"
    );
    world.wait(Duration::mins(200)).unwrap();
    assert_eq!(texts(&world).len(), 1, "the nudge was due, and waits");
    world
        .engine()
        .turn(Work::Release {
            lead,
            conversation: id,
            step: None,
        })
        .unwrap();
    world.wait(Duration::mins(179)).unwrap();
    assert_eq!(texts(&world).len(), 1);
    world.wait(Duration::mins(2)).unwrap();
    assert!(
        texts(&world)[1].0.contains("Still thinking"),
        "three hours were left"
    );
}

#[test]
fn equal_days_end_equally() {
    let day = || {
        let (mut world, flow) = world(MORNING);
        world.enroll(&flow.name, lead(&world)).unwrap();
        world.text("hmm what").unwrap();
        world.text("yes please").unwrap();
        world.wait(Duration::hours(2)).unwrap();
        world.text("about 25k").unwrap();
        world.wait(Duration::days(2)).unwrap();
        (world.timeline(0).unwrap(), world.conversation().unwrap())
    };
    assert_eq!(day(), day());
}

/// What was held for the night is not sent in the morning to who has answered, or was led on.
#[test]
fn a_nudge_that_was_held_is_not_sent_once_its_question_is_left() {
    const FLOW: &str = r#"
flow: night
about: Asks at night.
objective: qualification
kind: marketing
start: a
steps:
  a:
    ask: "{brand}: still interested? Reply 1 for yes, 2 for no. STOP to opt out."
    answers: { "yes": { key: 1, then: b }, "no": { key: 2, then: bye } }
    no_reply: [ { after: 4h, say: "{brand}: a nudge. Reply 1 or 2." }, { after: 1d, then: bye } ]
    unclear: { tries: 1, then: bye }
  b:
    ask: "{brand}: how many? Reply with a number."
    expect: { type: number }
    then: bye
    no_reply: [ { after: 1d, then: bye } ]
    unclear: { tries: 1, then: bye }
  bye: { end: bye }
tests:
  - name: ended
    at: "2026-11-23T18:00:00-08:00"
    lead: { time_zone: America/Los_Angeles }
    script: [ { bot: "*" }, { wait: 5h }, { lead: "2" }, { end: bye }, { wait: 12h }, { bot: "*" } ]
  - name: led on
    at: "2026-11-23T18:00:00-08:00"
    lead: { time_zone: America/Los_Angeles }
    script: [ { bot: "*" }, { wait: 5h }, { lead: "1" }, { bot: "*how many*" }, { wait: 12h }, { bot: "*" } ]
  - name: still asked
    at: "2026-11-23T18:00:00-08:00"
    lead: { time_zone: America/Los_Angeles }
    script: [ { bot: "*" }, { wait: 17h }, { bot: "*a nudge*" }, { lead: "2" }, { end: bye } ]
"#;
    let workspace = std::sync::Arc::new(replytree::flow::workspace::Workspace::default());
    let source = replytree::flow::Source {
        file: "night.yaml".to_string(),
        text: FLOW.to_string(),
    };
    let compiled = replytree::flow::compile(&workspace, &[source]);
    let errors = compiled.diagnostics.iter().filter(|d| d.is_error());
    assert_eq!(errors.count(), 0, "{:#?}", compiled.diagnostics);
    let flow = &compiled.flows[0];
    for test in replytree::sim::flow_test::run(&workspace, &compiled.flows, flow).tests {
        // The last line of those asks for what must not come.
        let got = test.failure.map(|failure| failure.got);
        let expected = match test.name.as_str() {
            "still asked" => got.is_none(),
            _ => got
                .as_ref()
                .is_some_and(|got| got.starts_with("no message")),
        };
        assert!(expected, "{}: {got:?}\n{:#?}", test.name, test.transcript);
    }
}
