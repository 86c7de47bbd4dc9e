//! Which arm of an experiment a lead is in: a hash of the lead and the experiment, never dice, so that
//! the same lead always gets the same arm.

use sha2::{Digest, Sha256};

use crate::lead::PhoneNumber;

/// Whether the lead gets the variant, given its share in thousandths.
pub fn gets_variant(lead: PhoneNumber, experiment: &str, share_per_mille: u16) -> bool {
    let mut hash = Sha256::new();
    hash.update(experiment.as_bytes());
    hash.update([0]);
    hash.update(lead.digits().to_be_bytes());
    let digest = hash.finalize();
    let draw = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    u64::from(draw) * 1000 < u64::from(share_per_mille) << 32
}
