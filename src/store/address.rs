//! Email addresses that may not be written to, whoever gives them: an address stands in many leads, and
//! what its owner says counts for all of them.

use crate::time::Timestamp;

/// What stands against writing to an email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AddressState {
    pub unsubscribed: Option<Timestamp>,
    /// Since when mail bounces from it.
    pub bad: Option<Timestamp>,
}

/// A change of what stands against an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressMark {
    pub address: String,
    pub change: AddressChange,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressChange {
    Unsubscribed,
    /// Mail bounces from it for good.
    Bad,
    /// Its owner asked for mail: nothing stands against it any more.
    Welcome,
}
