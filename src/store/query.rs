//! What the lists mean, the same in every store: in which order conversations are shown, and how many bookings stand at once.

use crate::conversation::{Conversation, ConversationId};
use crate::store::{Booking, ConversationQuery, HandoffQuery, HandoffRecord};

/// The part of an id that grows with time, without its bucket.
pub const fn age_key(id: ConversationId) -> u64 {
    id.bits() & ((1 << 55) - 1)
}

/// Newest first is the descending order of this.
pub const fn age_order(id: ConversationId) -> (u64, u8) {
    (age_key(id), id.bucket())
}

pub fn conversation_matches(query: &ConversationQuery, it: &Conversation) -> bool {
    query.status.as_ref().is_none_or(|s| s == it.status_name())
        && query.flow.as_ref().is_none_or(|flow| *flow == it.flow)
        && query.lead.is_none_or(|lead| lead == it.lead)
        && query
            .before
            .is_none_or(|before| age_order(it.id) < age_order(before))
}

pub fn handoff_matches(query: &HandoffQuery, it: &HandoffRecord) -> bool {
    query.status.is_none_or(|status| status == it.status)
        && query.team.as_ref().is_none_or(|team| *team == it.team)
}

/// The most bookings that stand at one moment within `slot`, besides its own conversation's.
pub fn busiest(slot: &Booking, taken: &[Booking]) -> usize {
    let others: Vec<&Booking> = taken
        .iter()
        .filter(|b| b.conversation != slot.conversation)
        .filter(|b| b.calendar == slot.calendar && b.start < slot.end && slot.start < b.end)
        .collect();
    // The count can only rise where a booking begins.
    others
        .iter()
        .map(|at| at.start.max(slot.start))
        .map(|at| {
            let here = |b: &&&Booking| b.start <= at && at < b.end;
            others.iter().filter(here).count()
        })
        .max()
        .unwrap_or(0)
}

/// Where a calendar's bookings are kept: a hash of its name (FNV-1a), fixed for ever.
pub fn calendar_bucket(calendar: &str) -> u8 {
    let hash = calendar
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    (hash >> 56) as u8
}
