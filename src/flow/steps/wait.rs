//! `wait`: for a time, until a moment of the lead's, or for an event.

use crate::flow::Target;
use crate::flow::template::Source;
use crate::lead::Name;
use crate::time::Duration;

#[derive(Debug, Clone)]
pub struct Wait {
    pub what: WaitFor,
    pub then: Target,
}

#[derive(Debug, Clone)]
pub enum WaitFor {
    Time(Duration),
    /// `before` (or after, when negative) the moment; a moment already past goes on at once.
    Until {
        moment: Source,
        before: Duration,
        after: Duration,
    },
    Event {
        name: Name,
        at_most: Duration,
        otherwise: Target,
    },
}

impl Wait {
    pub fn exits(&self) -> Vec<(Name, &Target)> {
        let mut exits = vec![(Name::from("then"), &self.then)];
        if let WaitFor::Event { otherwise, .. } = &self.what {
            exits.push((Name::from("otherwise"), otherwise));
        }
        exits
    }
}
