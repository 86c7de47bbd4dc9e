//! Registers of reassigned numbers: what they answer, and what becomes of it when they do not.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration as StdDuration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use replytree::lead::PhoneNumber;
use replytree::policy::Consent;
use replytree::runtime::prune::{Answers, Holder, Pruned, Question, Register, prune};
use replytree::runtime::register::{BATCH, WebRegister};
use replytree::runtime::retention::{Mode, keep_to};
use replytree::runtime::upkeep;
use replytree::store::MemoryStore;
use replytree::time::{Duration, Timestamp};
use serde_json::{Value as Json, json};

use super::{Law, phone};

const WORKSPACE: &str = "brand: Northside\ntime_zone: America/Chicago\ndefault_team: sales\n\
    channels: { main: { carrier: sandbox, from: \"+13125550100\" } }\n\
    teams: { sales: { agents: [ { name: Dana, console: true } ], route: everyone } }\n\
    retention: { inactive_leads: 200d, dormant_leads: 90d, reconfirm: still-there }\n";
const START: &str = "2026-05-04T15:00:00Z";
const GONE: &str = "+13125550142";
const SAME: &str = "+13125550143";
const NOBODY_KNOWS: &str = "+13125550144";
const SPANISH: &str = "+34611234567";

struct Told(BTreeMap<PhoneNumber, Holder>);

impl Register for Told {
    fn name(&self) -> &str {
        "rnd-2026-08.csv"
    }

    fn ask(&self, questions: &[Question], _now: Timestamp) -> Answers {
        let known = |asked: &Question| Some((asked.phone, *self.0.get(&asked.phone)?));
        Answers {
            of: questions.iter().filter_map(known).collect(),
            ..Answers::default()
        }
    }
}

#[test]
fn a_reassigned_number_is_not_written_to_and_the_day_of_the_answer_is_kept() {
    let law = Law::new(Arc::new(MemoryStore::new()), WORKSPACE, START);
    let (gone, same) = (phone("+13125550142"), phone("+13125550143"));
    for lead in [gone, same] {
        law.enroll(lead, "offer").unwrap();
    }
    law.wait(Duration::days(20));
    let day = law.now();
    let register = Told(BTreeMap::from([
        (gone, Holder::Another(day)),
        (same, Holder::Same(day)),
    ]));
    let done = prune(law.engine(), Some(&register), Mode::Really).unwrap();
    assert_eq!((done.reassigned, done.confirmed), (vec![gone], 1));
    let store = &law.engine().store;
    let row = store.ledger(gone).unwrap().pop().unwrap();
    let event = row.event().unwrap();
    assert_eq!(event.rule.as_deref(), Some("reassigned-number"));
    assert_eq!(event.source, "rnd-2026-08.csv");
    assert_eq!(store.lead(same).unwrap().unwrap().care.looked_up, Some(day));
    let again = prune(law.engine(), Some(&register), Mode::Really).unwrap();
    assert_eq!(
        (again.reassigned.len(), again.confirmed),
        (0, 0),
        "once told is enough"
    );
}

/// A register on this machine. It answers what is next in line, else as it should; it keeps what it was asked.
#[derive(Clone, Default)]
struct Rnd {
    next: Arc<Mutex<VecDeque<(u16, String)>>>,
    came: Arc<Mutex<Vec<(HeaderMap, Json)>>>,
}

/// The register, its address, and what it runs on.
fn rnd() -> (Rnd, String, tokio::runtime::Runtime) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let rnd = Rnd::default();
    let app = axum::Router::new()
        .route("/query", axum::routing::post(answer))
        .with_state(rnd.clone());
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    let at = listener.local_addr().unwrap();
    runtime.spawn(async move { axum::serve(listener, app).await });
    (rnd, format!("http://{at}/query"), runtime)
}

async fn answer(
    State(rnd): State<Rnd>,
    headers: HeaderMap,
    axum::Json(body): axum::Json<Json>,
) -> (StatusCode, String) {
    let answers: Vec<Json> = body["queries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|query| {
            let said = match query["phone"].as_str().unwrap() {
                GONE => "yes",
                NOBODY_KNOWS => "no_data",
                _ => "no",
            };
            json!({ "phone": query["phone"], "answer": said })
        })
        .collect();
    rnd.came.lock().unwrap().push((headers, body));
    let next = rnd.next.lock().unwrap().pop_front();
    match next {
        Some((status, body)) => (StatusCode::from_u16(status).unwrap(), body),
        None => {
            let body = json!({ "as_of": "2026-05-20", "answers": answers });
            (StatusCode::OK, body.to_string())
        }
    }
}

fn law(url: &str, leads: &[&str]) -> Law {
    let workspace = format!("{WORKSPACE}register: {{ url: \"{url}\", key: \"${{RND_KEY}}\" }}\n");
    let law = Law::with_env(Arc::new(MemoryStore::new()), &workspace, START, &|name| {
        (name == "RND_KEY").then(|| "rnd-key-7".to_string())
    });
    for lead in leads {
        law.enroll(phone(lead), "offer").unwrap();
    }
    law.wait(Duration::days(20));
    law
}

fn ask(law: &Law, mode: Mode) -> Pruned {
    let register = WebRegister::of(&law.engine().live.load()).unwrap();
    let register = register.retrying_after(StdDuration::from_millis(5));
    prune(law.engine(), Some(&register), mode).unwrap()
}

fn consents(law: &Law, lead: &str) -> bool {
    let record = law.engine().store.lead(phone(lead)).unwrap().unwrap();
    matches!(record.standing.consent, Consent::Given(..))
}

#[test]
fn the_register_is_asked_with_the_day_and_its_three_answers_count() {
    let (rnd, url, _running) = rnd();
    let law = law(&url, &[GONE, SAME, NOBODY_KNOWS, SPANISH]);
    let told = ask(&law, Mode::DryRun);
    assert!(consents(&law, GONE), "a dry run changes nothing");
    let done = ask(&law, Mode::Really);
    assert_eq!(done, told);
    assert_eq!(done.reassigned, [phone(GONE)]);
    assert_eq!((done.confirmed, done.no_data, done.not_checked), (1, 2, 0));
    assert_eq!(done.register_failed, None);
    assert!(!consents(&law, GONE));
    for lead in [SAME, NOBODY_KNOWS, SPANISH] {
        assert!(consents(&law, lead), "{lead}");
    }
    let store = &law.engine().store;
    let row = store.ledger(phone(GONE)).unwrap().pop().unwrap();
    let event = row.event().unwrap();
    assert_eq!(event.rule.as_deref(), Some("reassigned-number"));
    assert_eq!(event.source, "127.0.0.1");
    let day: Timestamp = "2026-05-20T00:00:00Z".parse().unwrap();
    assert_eq!(event.at, day);
    let same = store.lead(phone(SAME)).unwrap().unwrap();
    assert_eq!(same.care.looked_up, Some(day));
    let came = rnd.came.lock().unwrap();
    let (headers, body) = came.last().unwrap();
    assert_eq!(headers["authorization"], "Bearer rnd-key-7");
    let queries = body["queries"].as_array().unwrap();
    let mut asked: Vec<&str> = queries
        .iter()
        .map(|query| {
            assert_eq!(query["date"], "2026-05-04", "{query}");
            query["phone"].as_str().unwrap()
        })
        .collect();
    asked.sort_unstable();
    let american = [GONE, SAME, NOBODY_KNOWS];
    assert_eq!(asked, american, "no number of another country");
}

#[test]
fn a_register_that_fails_is_tried_again_and_then_said_not_to_have_checked() {
    let garbage = "<html>maintenance</html>".to_string();
    let of_one = json!({ "answers": [{ "phone": GONE, "answer": "yes" }] }).to_string();
    let odd = json!({ "answers": [{ "phone": GONE, "answer": "yes" },
        { "phone": SAME, "answer": "perhaps" }, { "phone": "x", "answer": "yes" }] });
    let never = vec![(503, String::new()); 9];
    for (script, requests, not_checked, why) in [
        (vec![(500, garbage.clone())], 2, 0, None),
        (vec![(429, String::new())], 2, 0, None),
        (never, 3, 2, Some("it answered 503, 3 times")),
        (vec![(401, String::new())], 1, 2, Some("it answered 401")),
        (vec![(302, String::new())], 1, 2, Some("it answered 302")),
        (
            vec![(200, garbage.clone())],
            1,
            2,
            Some("its answer cannot be read"),
        ),
        (
            vec![(200, of_one)],
            1,
            1,
            Some("its answer leaves out 1 of them"),
        ),
        (
            vec![(200, odd.to_string())],
            1,
            1,
            Some("its answer leaves out 1 of them"),
        ),
        (
            vec![(200, "x".repeat(70_000)); 3],
            3,
            2,
            Some("the answer is over 64 KB, 3 times"),
        ),
    ] {
        let (rnd, url, _running) = rnd();
        rnd.next.lock().unwrap().extend(script.clone());
        let law = law(&url, &[GONE, SAME]);
        let done = ask(&law, Mode::Really);
        let case = format!("{:?}: {done:?}", script[0].0);
        assert_eq!(rnd.came.lock().unwrap().len(), requests, "{case}");
        assert_eq!(done.not_checked, not_checked, "{case}");
        assert_eq!(done.register_failed.as_deref(), why, "{case}");
        assert_eq!(consents(&law, GONE), not_checked == 2, "{case}");
        assert!(consents(&law, SAME), "{case}");
        let same = law.engine().store.lead(phone(SAME)).unwrap().unwrap();
        assert_eq!(same.care.looked_up.is_some(), not_checked == 0, "{case}");
    }
}

#[test]
fn many_numbers_go_in_batches_and_a_register_that_is_down_is_left_alone() {
    let (rnd, url, _running) = rnd();
    let law = law(&url, &[]);
    let register = WebRegister::of(&law.engine().live.load()).unwrap();
    let register = register.retrying_after(StdDuration::from_millis(1));
    let since = START.parse().unwrap();
    let numbers = 4 * BATCH as u64 - 100;
    let questions: Vec<Question> = (0..numbers)
        .map(|n| Question {
            phone: PhoneNumber::from_digits(13_125_550_000 + n).unwrap(),
            since,
        })
        .collect();
    let told = register.ask(&questions, law.now());
    assert_eq!((told.of.len() as u64, told.not_checked), (numbers, 0));
    assert_eq!(rnd.came.lock().unwrap().len(), 4);
    let down = std::iter::repeat_n((502, String::new()), 99);
    rnd.next.lock().unwrap().extend(down);
    let told = register.ask(&questions, law.now());
    assert_eq!((told.of.len(), told.not_checked), (0, numbers));
    assert_eq!(rnd.came.lock().unwrap().len(), 4 + 6, "two batches, thrice");
}

#[test]
fn the_sandbox_asks_no_register_elsewhere() {
    let law = law("https://rnd.example/query", &[GONE]);
    let done = ask(&law, Mode::Really);
    assert_eq!(done.not_checked, 1);
    let why = done.register_failed.unwrap();
    assert_eq!(why, "the sandbox calls this machine only");
}

#[test]
fn a_number_that_is_still_theirs_is_asked_for_its_silence_and_forgotten_in_time() {
    let (_rnd, url, _running) = rnd();
    let law = law(&url, &[SAME]);
    law.wait(Duration::days(71));
    let done = ask(&law, Mode::Really);
    assert_eq!((done.confirmed, done.asked), (1, vec![phone(SAME)]));
    law.wait(Duration::days(15));
    assert_eq!(ask(&law, Mode::Really).pruned, [phone(SAME)]);

    let law = self::law(&url, &[SAME]);
    let heard = law.now() - Duration::days(20);
    law.wait(Duration::days(1));
    assert_eq!(ask(&law, Mode::Really).confirmed, 1);
    let record = law.engine().store.lead(phone(SAME)).unwrap().unwrap();
    assert!(record.updated < heard + Duration::days(1), "{record:?}");
    law.wait(Duration::days(180));
    let kept = keep_to(law.engine(), Mode::DryRun).unwrap();
    assert_eq!(kept.forgotten, [phone(SAME)], "a look-up keeps nobody");
}

#[test]
fn the_server_asks_the_register_once_a_quarter_and_a_week_after_it_failed() {
    let (rnd, url, _running) = rnd();
    rnd.next.lock().unwrap().push_back((403, String::new()));
    let law = law(&url, &[GONE]);
    let days = |days: i64| {
        for _ in 0..days {
            law.wait(Duration::days(1));
            upkeep::if_due(law.engine()).unwrap();
        }
        rnd.came.lock().unwrap().len()
    };
    upkeep::if_due(law.engine()).unwrap();
    assert_eq!(days(90), 0);
    assert_eq!(days(1), 1);
    assert!(consents(&law, GONE), "not checked is not a yes");
    assert_eq!(days(6), 1);
    assert_eq!(days(1), 2);
    assert!(!consents(&law, GONE));
}
