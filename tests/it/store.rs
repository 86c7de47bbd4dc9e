//! Every store passes the conformance suite.

use replytree::store::{MemoryStore, SqliteStore, conformance};

#[test]
fn the_memory_store_keeps_every_rule() {
    for (rule, check) in conformance::all() {
        println!("{rule}");
        check(&MemoryStore::new());
    }
}

#[test]
fn the_sqlite_store_keeps_every_rule() {
    for (rule, check) in conformance::all() {
        println!("{rule}");
        check(&SqliteStore::in_memory().unwrap());
    }
}
