//! What callers did is not lost by what cannot be written beside it.

use replytree::lead::Name;
use replytree::store::{Accounts, AuditQuery, Role, SqliteStore, Store, Used};
use replytree::time::Timestamp;
use replytree::web::new_key;
use replytree::web::trail::{Act, Trail};
use rusqlite::Connection;

#[test]
fn rows_and_uses_wait_on_until_the_store_takes_them_and_neither_stops_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trail.db");
    let store = SqliteStore::open(&file).unwrap();
    let now = Timestamp::from_ms(1_769_191_802_000);
    let (_, key) = new_key(Name::from("ops"), Role::Admin, now).unwrap();
    store.add_key(&key).unwrap();
    let rows = || {
        store
            .audit(&AuditQuery {
                limit: 100,
                ..AuditQuery::default()
            })
            .unwrap()
            .len()
    };
    let used = || store.keys().unwrap()[0].used;
    let other = Connection::open(&file).unwrap();
    let forbid = |what: &str| {
        let sql = format!(
            "CREATE TRIGGER full BEFORE {what} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        );
        other.execute_batch(&sql).unwrap();
    };
    let allow = || other.execute_batch("DROP TRIGGER full").unwrap();

    let trail = Trail::default();
    let act = |n: i64| {
        trail.note_of(
            Name::from("ops"),
            Some(Role::Admin),
            Act::done("read", "leads"),
            "",
            now,
        );
        trail.used(Used::Key(
            key.hash,
            Timestamp::from_ms(now.as_ms() + n * 3_600_000),
        ));
    };
    act(1);
    forbid("UPDATE ON api_key");
    assert!(trail.write(&store).is_err());
    assert_eq!(
        (rows(), used()),
        (1, None),
        "the rows are written all the same"
    );
    allow();
    trail.write(&store).unwrap();
    assert_eq!((rows(), used().is_some()), (1, true));

    act(2);
    forbid("INSERT ON audit");
    assert!(trail.write(&store).is_err());
    assert_eq!(rows(), 1);
    allow();
    trail.write(&store).unwrap();
    assert_eq!(rows(), 2);
    let last = Some(Timestamp::from_ms(now.as_ms() + 2 * 3_600_000));
    assert_eq!(used(), last);
}
