//! `say`: sends the text and goes on.

use crate::flow::Target;
use crate::flow::template::{Template, Text};
use crate::lead::Name;
use crate::policy::SendWindow;

#[derive(Debug, Clone)]
pub struct Say {
    pub text: Text,
    pub then: Target,
    pub send: Option<SendWindow>,
    pub sender: Option<Name>,
    pub media: Vec<Template>,
}

impl Say {
    pub fn exits(&self) -> Vec<(Name, &Target)> {
        vec![(Name::from("then"), &self.then)]
    }
}
