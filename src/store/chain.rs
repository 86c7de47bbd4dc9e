//! How the ledger's rows hang together: each row's hash covers the hash before it, so that a row
//! changed, removed or put in between is noticed by whoever recomputes the chain (PROMISES, P14).
//! One chain for each bucket; it begins with 32 zero bytes.

use minicbor::Encode;
use sha2::{Digest, Sha256};

use crate::lead::PhoneNumber;
use crate::policy::ConsentEvent;
use crate::store::LedgerRow;

/// The hash before a chain's first row.
pub const GENESIS: [u8; 32] = [0; 32];

#[derive(Encode)]
struct Canonical<'a> {
    #[n(0)]
    n: u64,
    #[n(1)]
    lead: PhoneNumber,
    #[n(2)]
    event: &'a ConsentEvent,
}

/// The hash of row `n`: SHA-256 over `before` and the row's canonical bytes.
pub fn link(before: &[u8; 32], n: u64, lead: PhoneNumber, event: &ConsentEvent) -> [u8; 32] {
    let row = Canonical { n, lead, event };
    // Encoding to memory cannot fail: the error type of a Vec is Infallible.
    let bytes = minicbor::to_vec(&row).unwrap_or_default();
    Sha256::new()
        .chain_update(before)
        .chain_update(&bytes)
        .finalize()
        .into()
}

/// Checks rows of one bucket in order after `(n, hash)`, the last row known to be good; gives the
/// new last row, or the number of the first row that does not fit.
pub fn follow(after: (u64, [u8; 32]), rows: &[LedgerRow]) -> Result<(u64, [u8; 32]), u64> {
    rows.iter().try_fold(after, |(n, hash), row| {
        let fits = row.n == n + 1 && row.hash == link(&hash, row.n, row.lead, &row.event);
        fits.then_some((row.n, row.hash)).ok_or(n + 1)
    })
}
