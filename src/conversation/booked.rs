//! The appointment a conversation holds. It is kept among what the conversation saved, under a name that no
//! author can write, so that it outlives the step and the flow's end.

use crate::conversation::{Conversation, Slot};
use crate::lead::{Name, Value};
use crate::time::Timestamp;

/// No name of an author's begins so.
const KEY: &str = "#booked";

#[derive(Debug, Clone, PartialEq)]
pub struct Booked {
    /// The `book` step.
    pub step: Name,
    pub calendar: Name,
    pub slot: Slot,
    /// How often it was changed.
    pub sequence: u32,
}

impl Conversation {
    pub fn booked(&self) -> Option<Booked> {
        let (_, value) = self.saved.iter().find(|(name, _)| *name == KEY)?;
        let Value::List(parts) = value else {
            return None;
        };
        let [step, calendar, start, end, sequence] = parts.as_slice() else {
            return None;
        };
        let moment = |text: &str| text.parse().ok().map(Timestamp::from_ms);
        Some(Booked {
            step: Name::from(step.as_str()),
            calendar: Name::from(calendar.as_str()),
            slot: Slot {
                start: moment(start)?,
                end: moment(end)?,
            },
            sequence: sequence.parse().ok()?,
        })
    }

    pub fn set_booked(&mut self, booked: &Booked) {
        let parts = [
            booked.step.to_string(),
            booked.calendar.to_string(),
            booked.slot.start.as_ms().to_string(),
            booked.slot.end.as_ms().to_string(),
            booked.sequence.to_string(),
        ];
        self.saved.retain(|(name, _)| *name != KEY);
        self.saved
            .push((Name::from(KEY), Value::List(parts.into())));
    }

    pub fn drop_booked(&mut self) {
        self.saved.retain(|(name, _)| *name != KEY);
    }

    /// What `call` saved, without what is ours.
    pub fn saved_by_author(&self) -> impl Iterator<Item = &(Name, Value)> {
        self.saved.iter().filter(|(name, _)| *name != KEY)
    }
}
