//! `call`: calls an endpoint of the workspace and saves what it answers.

use crate::flow::Target;
use crate::flow::template::Template;
use crate::lead::Name;

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
