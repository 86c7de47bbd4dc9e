//! Our own id of a text towards carriers: the idempotency key, and what a status callback names.

use std::fmt;
use std::str::FromStr;

use crate::conversation::Seq;
use crate::lead::PhoneNumber;

/// The lead and the number of the text in the lead's timeline. Written `rt-<digits>-<seq>`, in the
/// characters that every carrier takes in a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EffectRef {
    pub lead: PhoneNumber,
    pub seq: Seq,
}

impl fmt::Display for EffectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rt-{}-{}", self.lead.digits(), self.seq)
    }
}

impl FromStr for EffectRef {
    type Err = ();
    fn from_str(s: &str) -> Result<Self, ()> {
        let (digits, seq) = s
            .strip_prefix("rt-")
            .and_then(|s| s.split_once('-'))
            .ok_or(())?;
        let number = digits.parse().ok().and_then(PhoneNumber::from_digits);
        Ok(EffectRef {
            lead: number.ok_or(())?,
            seq: seq.parse().map_err(|_| ())?,
        })
    }
}
