//! What is kept no longer than it may be, and numbers gone silent.

use std::path::Path;
use std::sync::Arc;

use replytree::lead::{Name, Value};
use replytree::policy::Consent;
use replytree::runtime::prune::prune;
use replytree::runtime::retention::{Mode, keep_to};
use replytree::runtime::work::{LeadUpdate, Work};
use replytree::runtime::{Refusal, upkeep};
use replytree::store::{MemoryStore, SqliteStore, Store};
use replytree::time::Duration;

use super::{Law, phone};

const WORKSPACE: &str = "brand: Northside\ntime_zone: America/Chicago\ndefault_team: sales\n\
    channels: { main: { carrier: sandbox, from: \"+13125550100\" } }\n\
    teams: { sales: { agents: [ { name: Dana, console: true } ], route: everyone } }\n\
    retention: { message_text: 60d, inactive_leads: 200d, consent_proof: 400d, dormant_leads: 90d, \
    reconfirm: still-there }\n";
const START: &str = "2026-05-04T15:00:00Z";
const CANARY: &str = "Xanthippe sings at dawn";

fn holds(dir: &Path, what: &[u8]) -> bool {
    ["a.db", "a.db-wal"].iter().any(|name| {
        let bytes = std::fs::read(dir.join(name)).unwrap_or_default();
        bytes.windows(what.len()).any(|window| window == what)
    })
}

#[test]
fn texts_leads_and_proofs_go_when_their_time_is_up_and_leave_no_byte() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(&dir.path().join("a.db")).unwrap());
    let law = Law::new(store.clone(), WORKSPACE, START);
    let lead = phone("+13125550142");
    let mut named = LeadUpdate::of(lead);
    named
        .fields
        .push((Name::from("name"), Value::text("Thucydides Jones")));
    law.engine().turn(Work::UpsertLead(named)).unwrap();
    law.enroll(lead, "offer").unwrap();
    law.wait(Duration::hours(1));
    law.text(lead, CANARY);
    let texts = |mode| keep_to(law.engine(), mode).unwrap();
    assert_eq!(texts(Mode::DryRun).texts, 0);

    law.wait(Duration::days(61));
    let told = texts(Mode::DryRun);
    assert_eq!((told.texts, told.texts_of), (2, 1), "{told:?}");
    store.checkpoint().unwrap();
    assert!(
        holds(dir.path(), CANARY.as_bytes()),
        "a dry run changes nothing"
    );
    assert_eq!(texts(Mode::Really), told);
    store.checkpoint().unwrap();
    assert!(!holds(dir.path(), CANARY.as_bytes()));
    assert!(!holds(dir.path(), b"Northside: new offers"));
    assert!(holds(dir.path(), b"Thucydides Jones"));
    assert_eq!(texts(Mode::Really).texts, 0, "once is enough");
    assert_eq!(
        store.timeline(lead, None, 0, 99).unwrap().len(),
        3,
        "rows stay"
    );

    law.wait(Duration::days(140));
    assert_eq!(texts(Mode::Really).forgotten, [lead]);
    store.checkpoint().unwrap();
    assert_eq!(store.lead(lead).unwrap(), None);
    assert!(!holds(dir.path(), b"Thucydides Jones"));
    assert_eq!(
        store.ledger(lead).unwrap().len(),
        1,
        "the proof has time left"
    );
    let again = law.engine().turn(Work::UpsertLead({
        let mut listed = LeadUpdate::of(lead);
        listed.consent = Some(replytree::policy::ConsentEvent {
            own_act: false,
            ..super::given(law.now())
        });
        listed
    }));
    assert!(matches!(again, Err(Refusal::Consent(_))), "{again:?}");

    law.wait(Duration::days(300));
    assert_eq!(texts(Mode::Really).proofs, [lead]);
    store.checkpoint().unwrap();
    assert!(!holds(dir.path(), b"Yes, text me"));
    let number = lead.digits().to_be_bytes();
    assert!(!holds(dir.path(), &number[2..]));
    assert!(!holds(dir.path(), lead.to_string().as_bytes()));
    let audit = store.audit_ledger().unwrap();
    assert_eq!((audit.rows, audit.faults), (1, Vec::new()));
}

#[test]
fn a_lead_silent_for_ninety_days_is_asked_once_and_then_pruned() {
    let law = Law::new(Arc::new(MemoryStore::new()), WORKSPACE, START);
    let (silent, answers, writes) = (
        phone("+13125550142"),
        phone("+13125550143"),
        phone("+13125550144"),
    );
    for lead in [silent, answers, writes] {
        law.enroll(lead, "offer").unwrap();
    }
    law.wait(Duration::days(60));
    law.text(writes, "hello there");
    law.wait(Duration::days(31));
    let told = prune(law.engine(), None, Mode::DryRun).unwrap();
    let mut asked = told.asked.clone();
    asked.sort_unstable();
    assert_eq!(asked, [silent, answers], "{told:?}");
    let asked = prune(law.engine(), None, Mode::Really).unwrap();
    assert_eq!(asked, told);
    law.wait(Duration::hours(30));
    law.text(answers, "1");
    law.wait(Duration::days(6));
    let waiting = prune(law.engine(), None, Mode::Really).unwrap();
    assert_eq!(
        (waiting.asked.len(), waiting.waiting),
        (0, 1),
        "{waiting:?}"
    );
    law.wait(Duration::days(8));
    assert_eq!(
        prune(law.engine(), None, Mode::Really).unwrap().pruned,
        [silent]
    );
    let consent = |lead| {
        law.engine()
            .store
            .lead(lead)
            .unwrap()
            .unwrap()
            .standing
            .consent
    };
    assert!(matches!(consent(silent), Consent::Revoked(_)));
    assert!(matches!(consent(answers), Consent::Given(..)));
    assert!(
        matches!(law.enroll(silent, "offer"), Ok(())),
        "their own act counts again"
    );
}

#[test]
fn the_server_keeps_to_retention_daily_and_prunes_quarterly() {
    let law = Law::new(Arc::new(MemoryStore::new()), WORKSPACE, START);
    let lead = phone("+13125550142");
    law.enroll(lead, "offer").unwrap();
    law.wait(Duration::hours(1));
    upkeep::if_due(law.engine()).unwrap();
    for _ in 0..130 {
        law.wait(Duration::days(1));
        upkeep::if_due(law.engine()).unwrap();
    }
    law.sandbox.drain().unwrap();
    let rows = law.engine().store.timeline(lead, None, 0, 99).unwrap();
    let json = format!("{rows:?}");
    assert!(json.contains("removed:"), "{json}");
    let record = law.engine().store.lead(lead).unwrap().unwrap();
    assert!(record.care.asked_again.is_some(), "asked after a quarter");
    assert!(record.standing.is_opted_out(), "and pruned two weeks later");
}
