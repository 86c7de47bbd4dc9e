//! What outlives a conversation, or stands beside it: appointments and their reminders, texts of another
//! flow, a number that was called dead, an agent who has it, and what waits behind.

use std::sync::Arc;

use replytree::carrier::Means;
use replytree::conversation::{ConversationId, Effect, Seq, SmsMessage};
use replytree::flow::{self, Source, workspace};
use replytree::lead::Name;
use replytree::runtime::Refusal;
use replytree::runtime::work::{Enroll, IfBusy, Inbound, LeadUpdate, Receipt, ReceiptStatus, Work};
use replytree::sim::World;
use replytree::store::{RowBody, SendStatus, Sending};
use replytree::time::{Duration, Timestamp};

/// A Monday.
const MORNING: &str = "2026-11-23T10:00:00-06:00";
const NOON: &str = "2026-11-23T12:00:00-06:00";
const NIGHT: &str = "2026-11-23T23:00:00-06:00";

const WORKSPACE: &str = "brand: Northside\ntime_zone: America/Chicago\ndefault_team: sales\n\
    channels: { main: { carrier: sandbox, from: \"+13125550100\" } }\n\
    teams: { sales: { agents: [ { name: Dana, console: true } ], route: everyone } }\n\
    endpoints: { stock: { url: \"https://stock.example/api\", method: GET, timeout: 3s } }\n\
    takeover_lapses: 20d\n";
const DAYTIME: &str =
    "calendars: { desk: { open: { days: mon-sun, between: \"10:00-16:00\" }, slot: 30m } }\n";
const AT_DAWN: &str =
    "calendars: { desk: { open: { days: mon-sun, between: \"07:00-09:00\" }, slot: 30m } }\n";
const NO_CAPS: &str = "sending: { caps: [ { at_most: 100, per: 1h } ] }\n";
/// The question, and the times on offer.
const TWO_A_MONTH: &str = "sending: { caps: [ { at_most: 2, per: 30d } ] }\n";

const FLOWS: [&str; 6] = [
    r#"
flow: visit
about: Books a visit.
objective: booking
kind: marketing
start: like
steps:
  like:
    ask: "{brand}: would you like to visit us? 1 yes, 2 no. Reply STOP to opt out."
    answers: { "yes": { key: 1, then: when }, "no": { key: 2, then: end } }
    no_reply: [ { after: 3d, then: end } ]
  when:
    book: { calendar: desk, slots: 9, say: "Which time suits you?", remind: [ 24h, 1h ] }
    none_free: end
    no_reply: [ { after: 3d, then: end } ]
    then: booked
  booked: { end: booked }
"#,
    r#"
flow: survey
about: Asks what a lead thinks.
objective: qualification
kind: marketing
start: think
steps:
  think:
    ask: "{brand}: are you happy with us? 1 yes, 2 no. Reply STOP to opt out."
    answers: { "yes": { key: 1, then: end }, "no": { key: 2, then: end } }
    no_reply: [ { after: 30d, then: end } ]
"#,
    r#"
flow: hello
about: One text, in an hour of its own.
objective: notice
kind: marketing
send: { days: mon-sun, between: "10:00-11:00" }
start: tell
steps:
  tell: { say: "{brand}: hello from the early hours. Reply STOP to opt out.", then: end }
"#,
    r#"
flow: late-survey
about: Asks in another hour.
objective: qualification
kind: marketing
send: { days: mon-sun, between: "15:00-16:00" }
start: think
steps:
  think:
    ask: "{brand}: are you happy with us? 1 yes, 2 no. Reply STOP to opt out."
    answers: { "yes": { key: 1, then: end }, "no": { key: 2, then: end } }
    no_reply: [ { after: 30d, then: end } ]
"#,
    r#"
flow: note
about: Writes something down and is over.
objective: notice
kind: marketing
lead: { told: { type: text, optional: true } }
start: write
steps:
  write: { set: { told: "yes" }, then: end }
"#,
    r#"
flow: stock
about: Says what is there.
objective: notice
kind: marketing
start: ready
steps:
  ready:
    ask: "{brand}: shall we look for you? 1 yes, 2 no. Reply STOP to opt out."
    answers: { "yes": { key: 1, then: look }, "no": { key: 2, then: end } }
    no_reply: [ { after: 3d, then: end } ]
  look: { call: stock, save: { left: left }, then: there, failed: closed }
  there: { say: "There are {saved.left|none}.", then: end }
  closed: { say: "Nobody knows.", then: end }
"#,
];

fn world(calendars: &str, sending: &str, start: &str) -> World {
    let text = format!("{WORKSPACE}{calendars}{sending}");
    let (workspace, problems) = workspace::read("workspace.yaml", &text, &|_| None);
    assert!(problems.is_empty(), "{problems:#?}");
    let sources = FLOWS.map(|text| Source {
        file: "flow.yaml".to_string(),
        text: text.to_string(),
    });
    let compiled = flow::compile(&workspace, &sources);
    let errors: Vec<_> = compiled
        .diagnostics
        .iter()
        .filter(|d| d.is_error())
        .collect();
    assert_eq!(compiled.flows.len(), FLOWS.len(), "{errors:#?}");
    let start: Timestamp = start.parse().unwrap();
    World::new(Arc::new(workspace), &compiled.flows, start).unwrap()
}

fn enroll(world: &World, flow: &str) -> ConversationId {
    let lead = LeadUpdate::of(world.lead);
    world.enroll(&Name::from(flow), lead).unwrap()
}

fn enroll_behind(world: &World, flow: &str) -> Result<(), Refusal> {
    let work = Work::Enroll(Enroll {
        flow: Name::from(flow),
        lead: LeadUpdate::of(world.lead),
        at: None,
        if_busy: IfBusy::Wait,
        by: "test".to_string(),
        properties: Vec::new(),
        seen: None,
    });
    world.engine().turn(work).map(drop)
}

fn texts(world: &World) -> Vec<(Seq, SmsMessage, Sending)> {
    let rows = world.timeline(0).unwrap();
    rows.into_iter()
        .filter_map(|row| match row.body {
            RowBody::Outgoing(Effect::Sms(message), sending) => Some((row.seq, message, sending)),
            _ => None,
        })
        .collect()
}

/// The texts that begin so: their status, oldest first.
fn statuses(world: &World, start: &str) -> Vec<SendStatus> {
    let theirs = texts(world);
    let theirs = theirs
        .iter()
        .filter(|(_, text, _)| text.text.starts_with(start));
    theirs.map(|(.., sending)| sending.status).collect()
}

const REMINDER: &str = "Northside: See you";

/// The lead books the `choice`th of the times that are on offer.
fn book(world: &mut World, choice: &str) -> ConversationId {
    let id = enroll(world, "visit");
    world.text("1").unwrap();
    world.text(choice).unwrap();
    let booked = world.conversation().unwrap().unwrap().booked();
    assert!(booked.is_some(), "{:#?}", texts(world));
    id
}

/// A text of which what follows has not been carried out yet.
fn only_text(world: &World, id: &str, text: &str) {
    let inbound = Inbound {
        channel: Name::from("main"),
        id: id.to_string(),
        from: world.lead,
        to: String::new(),
        text: text.to_string(),
        media: Vec::new(),
        written: None,
        verdict: replytree::carrier::Took::Nothing,
    };
    world.engine().turn(Work::Inbound(inbound)).unwrap();
}

fn take_over(world: &World, conversation: ConversationId) {
    let work = Work::TakeOver {
        lead: world.lead,
        conversation,
        agent: "Dana".to_string(),
    };
    world.engine().turn(work).unwrap();
}

fn release(world: &World, conversation: ConversationId, step: Option<&str>) {
    let work = Work::Release {
        lead: world.lead,
        conversation,
        step: step.map(Name::from),
    };
    world.engine().turn(work).unwrap();
    world.sandbox.drain().unwrap();
}

/// More rows than a turn looks at.
fn much_is_said(world: &mut World) {
    for _ in 0..60 {
        world.text("we are on our way").unwrap();
    }
}

#[test]
fn a_number_called_dead_lives_again_once_its_lead_writes() {
    let mut world = world(DAYTIME, NO_CAPS, MORNING);
    enroll(&world, "survey");
    let seq = texts(&world)[0].0;
    let receipt = Receipt {
        lead: world.lead,
        seq,
        status: ReceiptStatus::Undelivered,
        error: Some("30005".to_string()),
        means: Means::DeadNumber,
        provider_id: None,
    };
    // The sandbox says that it was delivered: the carrier of the test had only taken it.
    let store = &world.engine().store;
    let row = store.row(world.lead, seq).unwrap().unwrap();
    let RowBody::Outgoing(_, mut sending) = row.body else {
        panic!("a text");
    };
    sending.status = SendStatus::Sent;
    let mut commit = replytree::store::Commit::new(world.lead, world.now());
    commit
        .changes
        .push(replytree::store::RowChange { seq, to: sending });
    let mut batch = store.begin(&[]).unwrap();
    batch.write(&commit).unwrap();
    batch.finish().unwrap();
    world.engine().turn(Work::Receipt(receipt)).unwrap();
    world.sandbox.drain().unwrap();
    let is_dead = |world: &World| {
        let record = world.engine().store.lead(world.lead).unwrap().unwrap();
        record.standing.unreachable
    };
    assert!(is_dead(&world));
    world.wait(Duration::days(31)).unwrap();
    world.text("HELP").unwrap();
    assert!(!is_dead(&world), "whoever writes can be reached");
    let last = texts(&world).pop().unwrap();
    assert_eq!(last.2.status, SendStatus::Delivered, "{last:?}");
    enroll(&world, "survey");
    assert_eq!(
        statuses(&world, "Northside: are you"),
        [SendStatus::Undelivered, SendStatus::Delivered]
    );
}

#[test]
fn what_ends_one_conversation_takes_back_its_own_texts_alone() {
    let mut world = world(DAYTIME, NO_CAPS, MORNING);
    book(&mut world, "9");
    assert_eq!(statuses(&world, REMINDER), [SendStatus::Held; 2]);
    enroll(&world, "survey");
    world.text("no thanks, not interested").unwrap();
    let ended = world.conversation().unwrap().unwrap();
    assert_eq!(ended.outcome().map(Name::as_str), Some("stopped"));
    assert_eq!(statuses(&world, REMINDER), [SendStatus::Held; 2]);

    world.wait(Duration::hours(13)).unwrap();
    let id = enroll(&world, "survey");
    assert_eq!(
        statuses(&world, "Northside: are you").pop(),
        Some(SendStatus::Held)
    );
    let stop = Work::Stop {
        lead: world.lead,
        conversation: id,
        outcome: Name::from("stopped"),
    };
    world.engine().turn(stop).unwrap();
    assert_eq!(
        statuses(&world, "Northside: are you").pop(),
        Some(SendStatus::Cancelled)
    );
    assert_eq!(statuses(&world, REMINDER), [SendStatus::Held; 2]);

    world.text("STOP").unwrap();
    assert_eq!(statuses(&world, REMINDER), [SendStatus::Cancelled; 2]);
}

#[test]
fn a_reminder_keeps_its_hour_whatever_caps_say() {
    let mut world = world(DAYTIME, TWO_A_MONTH, MORNING);
    book(&mut world, "9");
    let slot = world
        .conversation()
        .unwrap()
        .unwrap()
        .booked()
        .unwrap()
        .slot;
    world.wait(Duration::days(8)).unwrap();
    let reminders = texts(&world);
    let reminders = reminders
        .iter()
        .filter(|(_, text, _)| text.text.starts_with(REMINDER));
    let left: Vec<_> = reminders.map(|(.., sending)| sending.accepted).collect();
    let before = |hours| Some(slot.start - Duration::hours(hours));
    assert_eq!(left, [before(24), before(1)]);
    // They count as little as the invitation by email does.
    world.wait(Duration::days(22)).unwrap();
    enroll(&world, "survey");
    enroll(&world, "survey");
    assert_eq!(
        statuses(&world, "Northside: are you"),
        [SendStatus::Delivered; 2]
    );
}

#[test]
fn no_reminder_leaves_once_its_appointment_has_begun() {
    // A lead of Illinois is texted from 8 in the morning.
    let mut world = world(AT_DAWN, NO_CAPS, MORNING);
    book(&mut world, "1");
    let slot = world
        .conversation()
        .unwrap()
        .unwrap()
        .booked()
        .unwrap()
        .slot;
    let start: Timestamp = "2026-11-24T07:00:00-06:00".parse().unwrap();
    assert_eq!(slot.start, start);
    world.wait(Duration::hours(20)).unwrap();
    assert_eq!(
        statuses(&world, REMINDER),
        [SendStatus::Held],
        "too early in the day"
    );
    world.wait(Duration::days(3)).unwrap();
    assert_eq!(statuses(&world, REMINDER), [SendStatus::Cancelled]);
}

#[test]
fn a_moved_appointment_takes_its_reminders_back_however_much_was_said_since() {
    let mut world = world(DAYTIME, NO_CAPS, MORNING);
    book(&mut world, "8");
    much_is_said(&mut world);
    world.wait(Duration::hours(23)).unwrap();
    world.text("reschedule").unwrap();
    world.text("9").unwrap();
    let all = statuses(&world, REMINDER);
    let (old, new) = all.split_at(2);
    assert_eq!(old, [SendStatus::Cancelled; 2], "{:#?}", texts(&world));
    assert_eq!(new, [SendStatus::Held; 2]);
}

#[test]
fn a_held_reminder_of_a_moved_appointment_is_taken_back_too() {
    let mut world = world(AT_DAWN, NO_CAPS, MORNING);
    book(&mut world, "3");
    // The day before at 7 it was due, and is held for the hours.
    world.wait(Duration::mins(21 * 60 + 30)).unwrap();
    world.text("reschedule").unwrap();
    world.text("9").unwrap();
    let all = statuses(&world, REMINDER);
    assert_eq!(
        &all[..2],
        [SendStatus::Cancelled; 2],
        "{:#?}",
        texts(&world)
    );
}

#[test]
fn what_an_agent_found_held_is_taken_back_however_much_was_said_since() {
    let mut world = world(DAYTIME, NO_CAPS, NIGHT);
    let id = enroll(&world, "stock");
    assert_eq!(statuses(&world, "Northside: shall"), [SendStatus::Held]);
    take_over(&world, id);
    much_is_said(&mut world);
    release(&world, id, Some("closed"));
    assert_eq!(
        statuses(&world, "Northside: shall"),
        [SendStatus::Cancelled]
    );
}

#[test]
fn a_place_that_a_calendar_gave_while_an_agent_had_it_is_the_leads() {
    let mut world = world(DAYTIME, NO_CAPS, MORNING);
    let id = enroll(&world, "visit");
    world.text("1").unwrap();
    only_text(&world, "choice", "9");
    take_over(&world, id);
    world.sandbox.drain().unwrap();
    let booked = world.conversation().unwrap().unwrap().booked();
    assert!(booked.is_some(), "the calendar has given the place");
    assert_eq!(statuses(&world, REMINDER), [SendStatus::Held; 2]);
    world.wait(Duration::hours(2)).unwrap();
    release(&world, id, None);
    let ended = world.conversation().unwrap().unwrap();
    assert_eq!(ended.outcome().map(Name::as_str), Some("booked"));
    assert_eq!(statuses(&world, REMINDER), [SendStatus::Held; 2]);
}

#[test]
fn times_that_a_calendar_found_while_an_agent_had_it_are_offered_after() {
    let mut world = world(DAYTIME, NO_CAPS, MORNING);
    let id = enroll(&world, "visit");
    only_text(&world, "yes", "1");
    take_over(&world, id);
    world.sandbox.drain().unwrap();
    assert_eq!(
        statuses(&world, "Which time"),
        [SendStatus::Held],
        "the agent speaks"
    );
    world.wait(Duration::hours(2)).unwrap();
    release(&world, id, None);
    assert_eq!(statuses(&world, "Which time"), [SendStatus::Delivered]);
    world.text("9").unwrap();
    let ended = world.conversation().unwrap().unwrap();
    assert_eq!(ended.outcome().map(Name::as_str), Some("booked"));
}

#[test]
fn what_an_endpoint_answered_while_an_agent_had_it_is_known_after() {
    for (answer, said) in [(Some(7), "There are 7."), (None, "Nobody knows.")] {
        let world = world(DAYTIME, NO_CAPS, MORNING);
        let answer = answer.map(|left| serde_json::json!({ "left": left }));
        world.sandbox.endpoint_answers(Name::from("stock"), answer);
        let id = enroll(&world, "stock");
        only_text(&world, "yes", "1");
        take_over(&world, id);
        world.sandbox.drain().unwrap();
        assert_eq!(texts(&world).len(), 1, "the agent speaks");
        world.wait(Duration::hours(2)).unwrap();
        release(&world, id, None);
        assert_eq!(
            statuses(&world, said),
            [SendStatus::Delivered],
            "{:#?}",
            texts(&world)
        );
        let rows = world.timeline(0).unwrap();
        let left_by = |exit: &str| {
            rows.iter().any(|row| match &row.body {
                RowBody::Happened(entry) => entry
                    .path
                    .iter()
                    .any(|hop| *hop.from == *"look" && *hop.exit == *exit),
                RowBody::Outgoing(..) => false,
            })
        };
        let exit = if said.starts_with("There") {
            "then"
        } else {
            "failed"
        };
        assert!(left_by(exit), "by the step's own exit");
    }
}

#[test]
fn a_text_keeps_the_hours_of_its_own_flow() {
    let world = world(DAYTIME, NO_CAPS, NOON);
    enroll(&world, "hello");
    enroll(&world, "late-survey");
    world.wait(Duration::days(2)).unwrap();
    let hour = |start: &str| {
        let all = texts(&world);
        let text = all.iter().find(|(_, text, _)| text.text.starts_with(start));
        text.unwrap().2.accepted.map(|at| at.to_string())
    };
    let at = |text: &str| Some(text.parse::<Timestamp>().unwrap().to_string());
    assert_eq!(hour("Northside: are you"), at("2026-11-23T15:00:00-06:00"));
    assert_eq!(hour("Northside: hello"), at("2026-11-24T10:00:00-06:00"));
}

#[test]
fn as_many_wait_behind_a_lead_as_it_may_bear_and_all_have_their_turn() {
    let world = world(DAYTIME, NO_CAPS, MORNING);
    let first = enroll(&world, "survey");
    for _ in 0..20 {
        enroll_behind(&world, "note").unwrap();
    }
    let refused = enroll_behind(&world, "note");
    let Err(Refusal::Conflict(why)) = refused else {
        panic!("20 wait already: {refused:?}");
    };
    assert!(why.contains("20"), "{why}");
    let stop = Work::Stop {
        lead: world.lead,
        conversation: first,
        outcome: Name::from("stopped"),
    };
    world.engine().turn(stop).unwrap();
    let record = world.engine().store.lead(world.lead).unwrap().unwrap();
    assert_eq!((record.active, record.queue.len()), (None, 0));
    let all = replytree::store::ConversationQuery {
        limit: 100,
        ..replytree::store::ConversationQuery::default()
    };
    let all = world.engine().store.conversations(&all).unwrap();
    assert_eq!(all.len(), 21);
    assert!(all.iter().all(|it| it.is_ended()), "{all:#?}");
}

#[test]
fn what_was_put_off_waits_its_turn_where_too_many_wait() {
    let world = world(DAYTIME, NO_CAPS, MORNING);
    let first = enroll(&world, "survey");
    for n in 0..30 {
        let work = Work::Enroll(Enroll {
            flow: Name::from("note"),
            lead: LeadUpdate::of(world.lead),
            at: Some(world.now() + Duration::mins(n + 1)),
            if_busy: IfBusy::Wait,
            by: "test".to_string(),
            properties: Vec::new(),
            seen: None,
        });
        world.engine().turn(work).unwrap();
    }
    world.wait(Duration::hours(3)).unwrap();
    let waiting = || {
        let record = world.engine().store.lead(world.lead).unwrap().unwrap();
        record.queue.len()
    };
    assert_eq!(waiting(), 20);
    let stop = Work::Stop {
        lead: world.lead,
        conversation: first,
        outcome: Name::from("stopped"),
    };
    world.engine().turn(stop).unwrap();
    world.wait(Duration::hours(3)).unwrap();
    assert_eq!(waiting(), 0);
    let all = replytree::store::ConversationQuery {
        limit: 100,
        ..replytree::store::ConversationQuery::default()
    };
    let all = world.engine().store.conversations(&all).unwrap();
    assert!(all.len() == 31 && all.iter().all(|it| it.is_ended()));
}
