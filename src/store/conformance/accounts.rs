//! Accounts, sessions, what was used when, and the audit log.

use crate::store::{
    AUDIT_KEPT, Account, ApiKey, AuditEntry, AuditQuery, Role, SecondFactor, Session, Store, Used,
};

use super::Check;
use super::fixture::*;

pub const ALL: &[Check] = &[
    ("an account is what it was last put to", accounts),
    (
        "a one-time code counts once, and no older one after it",
        codes,
    ),
    ("a session lives until its end, or is ended", sessions),
    ("when a key or a session was used is noted", touched),
    (
        "the audit log is read newest first, by actor and by lead",
        audit,
    ),
    (
        "the audit log forgets what is older than it is kept",
        audit_kept,
    ),
    (
        "the audit log names an erased lead by what is left",
        audit_erased,
    ),
];

fn accounts(store: &dyn Store) {
    let ada = Account::new("ada".into(), Role::Admin, NOW);
    let bob = Account::new("bob".into(), Role::Agent, NOW);
    ok(store.put_account(&bob));
    ok(store.put_account(&ada));
    let ada = Account {
        disabled: Some(after_ms(1)),
        ..ada
    };
    ok(store.put_account(&ada));
    assert_eq!(ok(store.account("ada")), Some(ada.clone()));
    assert_eq!(ok(store.account("eve")), None);
    assert_eq!(ok(store.accounts()), [ada, bob], "by name");
}

fn codes(store: &dyn Store) {
    let mut ada = Account::new("ada".into(), Role::Admin, NOW);
    ok(store.put_account(&ada));
    assert!(!ok(store.use_code("ada", 7)), "no second factor");
    ada.second = Some(SecondFactor {
        secret: [1; 20],
        recovery: Vec::new(),
        used: 0,
    });
    ok(store.put_account(&ada));
    for (step, taken) in [(7, true), (7, false), (6, false), (8, true)] {
        assert_eq!(ok(store.use_code("ada", step)), taken, "step {step}");
    }
    assert!(!ok(store.use_code("eve", 9)), "nobody");
}

fn session(n: u8, account: &str) -> Session {
    Session {
        hash: [n; 32],
        account: account.into(),
        role: None,
        created: NOW,
        until: after_ms(1000),
        used: after_ms(i64::from(n)),
        address: "127.0.0.1".to_string(),
        browser: String::new(),
    }
}

fn sessions(store: &dyn Store) {
    for it in [session(1, "ada"), session(2, "ada"), session(3, "bob")] {
        ok(store.put_session(&it, NOW));
    }
    let all = ok(store.sessions(NOW));
    assert_eq!(
        all,
        [session(3, "bob"), session(2, "ada"), session(1, "ada")]
    );
    assert_eq!(ok(store.session(&[2; 32])), Some(session(2, "ada")));
    assert_eq!(ok(store.sessions(after_ms(1000))), []);
    assert!(ok(store.end_session(&[1; 32])));
    assert!(!ok(store.end_session(&[1; 32])), "once");
    assert_eq!(ok(store.end_sessions_of("ada")), 1);
    assert_eq!(ok(store.sessions(NOW)), [session(3, "bob")]);
    let later = Session {
        until: after_ms(9000),
        ..session(4, "ada")
    };
    ok(store.put_session(&later, after_ms(1000)));
    assert_eq!(ok(store.session(&[3; 32])), None, "what ended is dropped");
}

fn touched(store: &dyn Store) {
    let key = ApiKey {
        name: "crm".into(),
        hash: [1; 32],
        role: Role::Agent,
        created: NOW,
        revoked: None,
        expires: Some(after_ms(500)),
        used: None,
        per_minute: Some(60),
    };
    ok(store.add_key(&key));
    ok(store.revoke_key("crm", after_ms(3)));
    ok(store.put_session(&session(2, "ada"), NOW));
    ok(store.touch(&[
        Used::Key([1; 32], after_ms(7)),
        Used::Session([2; 32], after_ms(8)),
        Used::Session([9; 32], after_ms(8)),
    ]));
    let used = ApiKey {
        used: Some(after_ms(7)),
        revoked: Some(after_ms(3)),
        ..key
    };
    assert_eq!(ok(store.find_key(&[1; 32])), Some(used));
    let seen = ok(store.session(&[2; 32])).map(|session| session.used);
    assert_eq!(seen, Some(after_ms(8)));
    assert_eq!(ok(store.session(&[9; 32])), None);
}

fn entry(at: i64, actor: &str, act: &str) -> AuditEntry {
    AuditEntry {
        at: after_ms(at),
        actor: actor.into(),
        role: Some(Role::Agent),
        act: act.to_string(),
        about: String::new(),
        lead: None,
        status: 200,
        address: "127.0.0.1".to_string(),
    }
}

fn acts(store: &dyn Store, query: &AuditQuery) -> Vec<String> {
    let rows = ok(store.audit(query));
    rows.into_iter().map(|row| row.act).collect()
}

fn audit(store: &dyn Store) {
    let about = |at, actor, act, n| AuditEntry {
        lead: Some(phone(n)),
        ..entry(at, actor, act)
    };
    ok(store.append_audit(&[entry(1, "ada", "one"), about(2, "bob", "two", 1)]));
    ok(store.append_audit(&[about(2, "ada", "three", 1), about(3, "ada", "four", 2)]));
    let all = AuditQuery {
        limit: 10,
        ..AuditQuery::default()
    };
    let found = acts(store, &all);
    assert_eq!((found.len(), found[0].as_str()), (4, "four"));
    assert_eq!(found[3], "one");
    let of = |actor: Option<&str>, lead: Option<u64>| AuditQuery {
        actor: actor.map(Into::into),
        lead: lead.map(phone),
        ..all.clone()
    };
    assert_eq!(
        acts(store, &of(Some("ada"), None)),
        ["four", "three", "one"]
    );
    assert_eq!(acts(store, &of(Some("ada"), Some(1))), ["three"]);
    assert_eq!(acts(store, &of(None, Some(2))), ["four"]);
    // Page by page gives each once.
    let mut paged = Vec::new();
    let mut query = AuditQuery { limit: 1, ..all };
    while let [row] = ok(store.audit(&query)).as_slice() {
        paged.push(row.act.clone());
        query.before = Some(row.place.to_string().parse().expect("a cursor reads back"));
    }
    assert_eq!(paged, found);
}

fn audit_kept(store: &dyn Store) {
    ok(store.append_audit(&[entry(0, "ada", "old"), entry(10, "ada", "newer")]));
    let later = AUDIT_KEPT.as_ms() + 5;
    ok(store.append_audit(&[entry(later, "ada", "now")]));
    let all = AuditQuery {
        limit: 10,
        ..AuditQuery::default()
    };
    assert_eq!(acts(store, &all), ["now", "newer"]);
}

fn audit_erased(store: &dyn Store) {
    take(store, &[Lead::new(1).enrolment()]);
    let read = AuditEntry {
        lead: Some(phone(1)),
        ..entry(1, "ada", "read")
    };
    ok(store.append_audit(&[read]));
    ok(store.erase(phone(1), after_ms(2)));
    let query = AuditQuery {
        lead: Some(phone(1)),
        limit: 10,
        ..AuditQuery::default()
    };
    assert_eq!(acts(store, &query), ["read"]);
}
