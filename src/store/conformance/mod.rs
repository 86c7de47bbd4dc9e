//! What every store must do, as named functions over `&dyn Store`, each given an empty one. A
//! store is right when it passes them all; `tests/it/store.rs` runs them. They fail by panicking,
//! as tests do, and know nothing of what is underneath.

mod accounts;
mod fixture;
mod kept;
mod lists;
mod long;
mod others;
mod replies;
mod told;
mod turns;
mod work;

use crate::store::Store;

pub use fixture::{Lead, NOW, commit, given, phone};

/// A rule and the function that checks it on an empty store.
pub type Check = (&'static str, fn(&dyn Store));

/// Every rule there is.
pub fn all() -> impl Iterator<Item = Check> {
    [
        turns::ALL,
        work::ALL,
        lists::ALL,
        long::ALL,
        replies::ALL,
        kept::ALL,
        told::ALL,
        others::ALL,
        accounts::ALL,
    ]
    .into_iter()
    .flatten()
    .copied()
}
