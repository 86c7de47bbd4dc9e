//! `call`: calls an endpoint of the workspace and saves what it answers.

use crate::conversation::{Awaiting, Effect, Status, Wait};
use crate::flow::Target;
use crate::flow::steps::Step;
use crate::flow::steps::book::ANSWER_WITHIN;
use crate::flow::template::Template;
use crate::flow::walk::{Next, Walk};
use crate::lead::Name;
use crate::lead::Value;

#[derive(Debug, Clone)]
pub struct Call {
    pub endpoint: Name,
    pub with: Vec<(Name, Template)>,
    /// `saved.<name>` and the path in the JSON answer, such as `stock.0.price`.
    pub save: Vec<(Name, String)>,
    pub then: Target,
    pub failed: Target,
}

impl Call {
    pub fn exits(&self) -> Vec<(Name, &Target)> {
        vec![
            (Name::from("then"), &self.then),
            (Name::from("failed"), &self.failed),
        ]
    }
}

impl Call {
    pub fn enter(&self, step: &Step, walk: &mut Walk) -> Next {
        let with = self
            .with
            .iter()
            .map(|(name, to)| (name.clone(), walk.value_of(to)))
            .collect();
        let effect = Effect::Call {
            endpoint: self.endpoint.clone(),
            with,
            save: self.save.clone(),
        };
        let what = Awaiting::Answer(walk.send(effect));
        let wait = Wait {
            step: step.name.clone(),
            what,
        };
        Next::Rest(Status::Waiting(wait), Some(walk.now + ANSWER_WITHIN))
    }

    /// The endpoint answered, or failed for good.
    pub fn answered(&self, walk: &mut Walk, saved: Option<&[(Name, Value)]>) -> Next {
        match saved {
            Some(saved) => {
                for (name, value) in saved {
                    walk.save(name, value.clone());
                }
                Next::go("then", &self.then)
            }
            None => Next::go("failed", &self.failed),
        }
    }
}
