//! `run`: runs another flow inside this one and comes back. The other flow's steps are brought in
//! when the flow is compiled, so that what is proved of the whole is proved of both.

use crate::flow::{StepIx, Target};
use crate::lead::Name;

#[derive(Debug, Clone)]
pub struct Run {
    pub flow: Name,
    pub enter: Target,
}

/// What an `end` of the other flow became.
#[derive(Debug, Clone)]
pub struct Return {
    pub outcome: Name,
    pub run: StepIx,
    pub then: Target,
}

impl Run {
    pub fn exits(&self) -> Vec<(Name, &Target)> {
        vec![(Name::from("then"), &self.enter)]
    }
}

impl Return {
    pub fn exits(&self) -> Vec<(Name, &Target)> {
        vec![(self.outcome.clone(), &self.then)]
    }
}
