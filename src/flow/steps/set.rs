//! `set`: sets lead fields.

use crate::flow::Target;
use crate::flow::template::Template;
use crate::flow::walk::{Next, Walk};
use crate::lead::{Name, Value};

#[derive(Debug, Clone)]
pub struct Set {
    pub values: Vec<Assign>,
    pub then: Target,
}

#[derive(Debug, Clone)]
pub struct Assign {
    pub field: Name,
    pub to: AssignTo,
}

#[derive(Debug, Clone)]
pub enum AssignTo {
    Value(Value),
    /// A single token keeps its type; anything else becomes text.
    Text(Template),
}

impl Set {
    pub fn exits(&self) -> Vec<(Name, &Target)> {
        vec![(Name::from("then"), &self.then)]
    }
}

impl Set {
    pub fn enter(&self, walk: &mut Walk) -> Next {
        for assign in &self.values {
            assign.run(walk);
        }
        Next::go("then", &self.then)
    }
}

impl Assign {
    pub fn run(&self, walk: &mut Walk) {
        let value = match &self.to {
            AssignTo::Value(value) => value.clone(),
            AssignTo::Text(template) => walk.value_of(template),
        };
        walk.set_field(&self.field, value);
    }
}
