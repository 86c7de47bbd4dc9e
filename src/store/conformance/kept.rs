//! What came before its time.

use crate::store::{Kept, KeptKind, Store};

use super::Check;
use super::fixture::*;

pub const ALL: &[Check] = &[(
    "what came early is kept once, found, used, dropped and erased",
    kept,
)];

fn part(n: u64, key: &str, at: i64) -> Kept {
    Kept {
        lead: phone(n),
        kind: KeptKind::Part,
        key: key.to_string(),
        at: after_ms(at),
        open: true,
        data: key.as_bytes().to_vec(),
    }
}

fn kept(store: &dyn Store) {
    let (one, two, other) = (part(1, "b", 5), part(1, "a", 9), part(2, "a", 7));
    let receipt = Kept {
        kind: KeptKind::Receipt,
        ..part(1, "b", 6)
    };
    for kept in [&one, &two, &other, &receipt] {
        assert!(ok(store.keep(kept)), "{kept:?} is new");
        let again = Kept {
            at: after_ms(99),
            data: b"other".to_vec(),
            ..kept.clone()
        };
        assert!(!ok(store.keep(&again)), "{kept:?} is known");
    }
    let of = |n, kind| ok(store.kept(phone(n), kind));
    assert_eq!(of(1, KeptKind::Part), [one.clone(), two.clone()]);
    assert_eq!(of(1, KeptKind::Receipt), std::slice::from_ref(&receipt));
    let waiting = |at, limit| ok(store.kept_waiting(KeptKind::Part, after_ms(at), limit));
    assert_eq!(waiting(7, 9), [one.clone(), other.clone()]);
    assert_eq!(waiting(99, 1), std::slice::from_ref(&one));
    ok(store.kept_used(phone(1), KeptKind::Part, &["b".to_string()]));
    assert_eq!(of(1, KeptKind::Part), std::slice::from_ref(&two));
    assert_eq!(of(1, KeptKind::Receipt), [receipt]);
    assert!(!ok(store.keep(&one)), "a used one is known still");
    let aside = Kept {
        kind: KeptKind::Parked,
        ..part(2, "p", 1)
    };
    let looked_at = Kept {
        key: "q".to_string(),
        ..aside.clone()
    };
    assert!(ok(store.keep(&aside)) && ok(store.keep(&looked_at)));
    ok(store.kept_used(phone(2), KeptKind::Parked, &["q".to_string()]));
    ok(store.drop_kept(after_ms(7)));
    assert_eq!(of(2, KeptKind::Parked), std::slice::from_ref(&aside));
    assert!(
        ok(store.keep(&looked_at)),
        "one that was looked at is dropped"
    );
    assert!(ok(store.keep(&one)), "a dropped one is not");
    assert_eq!(of(1, KeptKind::Receipt), []);
    assert_eq!(of(2, KeptKind::Part), std::slice::from_ref(&other));
    ok(store.erase(phone(1), NOW));
    assert_eq!(of(1, KeptKind::Part), []);
    assert_eq!(of(2, KeptKind::Part), [other]);
}
