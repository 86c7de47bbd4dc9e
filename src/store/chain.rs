//! How the ledger's rows hang together in the store: one chain for each bucket. What a row is as
//! bytes and how it is hashed is `policy::ledger`'s to say (PROMISES, P14).

use crate::lead::PhoneNumber;
use crate::policy::ConsentEvent;
use crate::policy::ledger;
use crate::store::LedgerRow;

/// The hash before a chain's first row.
pub const GENESIS: [u8; 32] = ledger::GENESIS;

/// The hash of row `n`, which follows the row whose hash is `before`.
pub fn link(before: &[u8; 32], n: u64, lead: PhoneNumber, event: &ConsentEvent) -> [u8; 32] {
    ledger::chain(*before, &lead.digits().to_be_bytes(), n, event)
}

/// Checks rows of one bucket in order after `(n, hash)`, the last row known to be good; gives the
/// new last row, or the number of the first row that does not fit.
pub fn follow(after: (u64, [u8; 32]), rows: &[LedgerRow]) -> Result<(u64, [u8; 32]), u64> {
    rows.iter().try_fold(after, |(n, hash), row| {
        let fits = row.n == n + 1 && row.hash == link(&hash, row.n, row.lead, &row.event);
        fits.then_some((row.n, row.hash)).ok_or(n + 1)
    })
}
