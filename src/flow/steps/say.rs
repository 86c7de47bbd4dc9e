//! `say`: sends the text and goes on.

use crate::flow::Target;
use crate::flow::steps::Step;
use crate::flow::template::{Template, Text};
use crate::flow::walk::{Next, TextFrom, Walk};
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

impl Say {
    pub fn enter(&self, step: &Step, walk: &mut Walk) -> Next {
        let varied = match walk.variant_of(step).map(|experiment| &experiment.vary) {
            Some(crate::flow::Vary::Text(other)) => other,
            _ => &self.text,
        };
        let from = TextFrom {
            step: &step.name,
            text: varied,
            tail: "",
            window: self.send.as_ref(),
            sender: self.sender.as_ref(),
            media: &self.media,
        };
        match walk.text(&from) {
            Ok(_) => Next::go("then", &self.then),
            Err(why) => crate::flow::steps::undeliverable_say(why, &self.then),
        }
    }
}
