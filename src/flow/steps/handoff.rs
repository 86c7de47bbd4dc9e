//! `handoff`: alerts a team and waits for its outcome; the bot falls silent.

use crate::conversation::Priority;
use crate::flow::Target;
use crate::flow::template::{Template, Text};
use crate::lead::Name;
use crate::time::Duration;

#[derive(Debug, Clone)]
pub struct Handoff {
    pub team: Name,
    pub priority: Priority,
    pub brief: Template,
    pub say: Option<Text>,
    pub callback_within: Option<Duration>,
    /// By name; `unclaimed` is always among them (to an end of that name when not written).
    pub outcomes: Vec<(Name, Target)>,
}

impl Handoff {
    pub fn exits(&self) -> Vec<(Name, &Target)> {
        self.outcomes
            .iter()
            .map(|(name, target)| (name.clone(), target))
            .collect()
    }

    pub fn outcome(&self, name: &str) -> Option<&Target> {
        self.outcomes
            .iter()
            .find(|(outcome, _)| **outcome == *name)
            .map(|(_, target)| target)
    }
}
