//! What came before its time and must not be lost.

use crate::lead::PhoneNumber;
use crate::time::Timestamp;

/// Most that is read of one lead at a time.
pub const KEPT_MAX: usize = 600;

/// Something a carrier told us that cannot be used yet, or work of ours that cannot be done. Once `open` is false it is there only so that
/// a repeat is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub lead: PhoneNumber,
    pub kind: KeptKind,
    /// The carrier's id of it, with the channel: a repeat has the same.
    pub key: String,
    pub at: Timestamp,
    pub open: bool,
    pub data: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptKind {
    /// A part of a long text.
    Part = 0,
    /// A receipt of a message whose send was not answered yet.
    Receipt = 1,
    /// Work that was set aside after a fault; it stays until a person has looked.
    Parked = 2,
}
