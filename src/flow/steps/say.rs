//! `say`: sends the text and goes on.

use crate::flow::steps::Step;
use crate::flow::template::{Template, Text};
use crate::flow::walk::{Next, TextFrom, Walk};
use crate::flow::{Target, Vary};
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
        let vary = walk.variant_of(step).map(|experiment| &experiment.vary);
        let from = TextFrom {
            step: &step.name,
            text: match vary {
                Some(Vary::Text(other)) => other,
                _ => &self.text,
            },
            tail: "",
            window: match vary {
                Some(Vary::SendTime(window)) => Some(window),
                _ => self.send.as_ref(),
            },
            sender: match vary {
                Some(Vary::Sender(channel)) => Some(channel),
                _ => self.sender.as_ref(),
            },
            media: &self.media,
        };
        match walk.text(&from) {
            Ok(_) => Next::go("then", &self.then),
            Err(why) => crate::flow::steps::undeliverable_say(why, &self.then),
        }
    }
}
