//! What a lead chose on their preferences page: hours, whether marketing may come by text at all, and
//! the programmes they do not want. It narrows what the law and the workspace allow, never widens it.

use minicbor::{Decode, Encode};

use crate::lead::Name;
use crate::time::{Hours, TimeOfDay};

/// Nothing chosen is everything allowed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Chosen {
    /// Minutes of the day, from and to, on the lead's wall.
    #[n(0)]
    hours: Option<(u16, u16)>,
    #[n(1)]
    pub marketing_by: By,
    /// Flows they do not want to hear from.
    #[n(2)]
    pub declined: Vec<Name>,
}

/// How marketing may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum By {
    #[default]
    #[n(0)]
    Text,
    #[n(1)]
    Email,
}

impl By {
    pub fn as_str(self) -> &'static str {
        match self {
            By::Text => "sms",
            By::Email => "email",
        }
    }
}

impl Chosen {
    /// Without hours of their own.
    pub fn new(marketing_by: By, declined: Vec<Name>) -> Self {
        Self {
            hours: None,
            marketing_by,
            declined,
        }
    }

    pub fn hours(&self) -> Option<Hours> {
        let (start, end) = self.hours?;
        let clock = |minutes: u16| TimeOfDay::hm(minutes / 60, minutes % 60);
        Some(Hours {
            start: clock(start),
            end: clock(end),
        })
    }

    /// Hours of at least one minute within a day; any other are none.
    pub fn with_hours(mut self, from_minute: u16, to_minute: u16) -> Self {
        let within = from_minute < to_minute && to_minute <= 24 * 60;
        let all_day = from_minute == 0 && to_minute == 24 * 60;
        self.hours = (within && !all_day).then_some((from_minute, to_minute));
        self
    }
}
