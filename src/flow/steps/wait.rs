//! `wait`: for a time, until a moment of the lead's, or for an event.

use crate::conversation::{Awaiting, Status};
use crate::flow::Target;
use crate::flow::steps::Step;
use crate::flow::template::Source;
use crate::flow::walk::{Next, Walk};
use crate::lead::Name;
use crate::lead::Value;
use crate::time::{Duration, Timestamp, Zone};

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

impl Wait {
    pub fn enter(&self, step: &Step, walk: &mut Walk) -> Next {
        let (what, deadline) = match &self.what {
            WaitFor::Time(span) => (Awaiting::Time, walk.now + *span),
            WaitFor::Until {
                moment,
                before,
                after,
            } => match instant(&walk.lookup(moment), walk.facts.zone) {
                Some(at) if at - *before + *after > walk.now => {
                    (Awaiting::Time, at - *before + *after)
                }
                _ => return Next::go("then", &self.then),
            },
            WaitFor::Event { name, at_most, .. } => {
                (Awaiting::LeadEvent(name.clone()), walk.now + *at_most)
            }
        };
        let wait = crate::conversation::Wait {
            step: step.name.clone(),
            what,
        };
        Next::Rest(Status::Waiting(wait), Some(deadline))
    }

    /// The time is up.
    pub fn fired(&self) -> Next {
        match &self.what {
            WaitFor::Event { otherwise, .. } => Next::go("otherwise", otherwise),
            WaitFor::Time(_) | WaitFor::Until { .. } => Next::go("then", &self.then),
        }
    }
}

/// When `value` is: a day begins at midnight on the lead's wall. `None` for what is no moment.
fn instant(value: &Value, zone: &Zone) -> Option<Timestamp> {
    match value {
        Value::Moment(at) => Some(*at),
        Value::Date(day) => {
            let day: jiff::civil::Date = day.parse().ok()?;
            let midnight = day.to_zoned(zone.tz().clone()).ok()?;
            Some(Timestamp::from_jiff(midnight.timestamp()))
        }
        _ => None,
    }
}
