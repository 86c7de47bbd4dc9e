//! `email`: sends an email on the same timeline. With `no_reply` it waits for an answer; `then` is
//! where the answer leads.

use crate::flow::Target;
use crate::flow::steps::{Rung, ladder_exits};
use crate::flow::template::Text;
use crate::lead::Name;

#[derive(Debug, Clone)]
pub struct Email {
    pub subject: Text,
    pub body: Text,
    /// Taken when the lead has no email address.
    pub no_email: Target,
    pub then: Target,
    pub no_reply: Vec<Rung>,
}

impl Email {
    pub fn exits(&self) -> Vec<(Name, &Target)> {
        let mut exits = vec![
            (Name::from("then"), &self.then),
            (Name::from("no_email"), &self.no_email),
        ];
        exits.extend(ladder_exits(&self.no_reply));
        exits
    }
}
