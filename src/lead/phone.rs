//! A phone number in E.164: up to 15 digits after a plus. The number is a lead's key.
//! Source: ITU-T E.164. Numbers in other forms are read by libphonenumber's rules.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};

/// How many buckets leads are spread over; every stored row begins with its lead's bucket.
pub const BUCKETS: u64 = 256;

/// Digits of an E.164 number. `Debug` hides all but the last two.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct PhoneNumber(#[n(0)] u64);

impl PhoneNumber {
    /// `digits` without the plus; `None` when it is not 7 to 15 digits.
    pub fn from_digits(digits: u64) -> Option<Self> {
        (1_000_000..=999_999_999_999_999)
            .contains(&digits)
            .then_some(Self(digits))
    }

    pub const fn digits(self) -> u64 {
        self.0
    }

    /// The lead's distribution key, 0 to 255, fixed for ever: rows never change bucket.
    pub const fn bucket(self) -> u8 {
        // Fibonacci hashing: neighbouring numbers land far apart.
        (self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8
    }

    /// Reads a number as people write it: `(312) 555-0100` with the default region `US`.
    pub fn parse_loose(text: &str, region: &str) -> Result<Self, PhoneError> {
        let text = text.trim();
        let e164: Option<Self> = text.parse().ok();
        if let Some(number) = e164 {
            return Ok(number);
        }
        let bad = || PhoneError(text.to_string());
        let region = region
            .parse::<rlibphonenumber::Region>()
            .map_err(|_| bad())?;
        let parsed = rlibphonenumber::PhoneNumber::parse(text, Some(region)).map_err(|_| bad())?;
        parsed
            .format_as(rlibphonenumber::PhoneNumberFormat::E164)
            .parse()
            .map_err(|_| bad())
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+…{:02}", self.0 % 100)
    }
}

/// Reads strict E.164: a plus, then 7 to 15 digits, the first not zero.
impl FromStr for PhoneNumber {
    type Err = PhoneError;
    fn from_str(s: &str) -> Result<Self, PhoneError> {
        let bad = || PhoneError(s.to_string());
        let digits = s.strip_prefix('+').ok_or_else(bad)?;
        if digits.len() > 15
            || !digits.bytes().all(|b| b.is_ascii_digit())
            || digits.starts_with('0')
        {
            return Err(bad());
        }
        digits
            .parse()
            .ok()
            .and_then(Self::from_digits)
            .ok_or_else(bad)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a phone number; write it with its country, such as +13125550100")]
pub struct PhoneError(pub String);
