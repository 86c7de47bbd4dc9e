//! `email`: sends an email on the same timeline. With `no_reply` it waits for an answer; `then` is
//! where the answer leads.

use crate::conversation::{Effect, EmailMessage};
use crate::flow::Target;
use crate::flow::steps::{Rung, ladder_exits};
use crate::flow::steps::{RungDoes, Step};
use crate::flow::template::Text;
use crate::flow::walk::{Next, Walk};
use crate::lead::Name;

#[derive(Debug, Clone)]
pub struct Email {
    pub subject: Text,
    pub body: Text,
    /// Taken when the lead has no email address, unsubscribed, or cannot be reached by it.
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

impl Email {
    pub fn enter(&self, step: &Step, walk: &mut Walk) -> Next {
        let Some(to) = walk.email_address(walk.flow.kind) else {
            return Next::go("no_email", &self.no_email);
        };
        let subject = walk.render_text(&self.subject, "email");
        let text = walk.render_text(&self.body, "email");
        let step_name = Some(step.name.clone());
        let seq = walk.send(Effect::Email(EmailMessage {
            to,
            subject,
            text,
            step: step_name,
            invite: None,
            ics: None,
            kind: walk.flow.kind,
        }));
        if self.no_reply.is_empty() {
            Next::go("then", &self.then)
        } else {
            walk.await_reply(step, 0, 0, seq)
        }
    }

    /// The email did not arrive, or the lead wants none.
    pub fn undelivered(&self) -> Next {
        Next::go("no_email", &self.no_email)
    }

    /// The ladder's rung is due: a text, or somewhere else.
    pub fn silent(&self, step: &Step, walk: &mut Walk, rung: u8) -> Next {
        match self.no_reply.get(usize::from(rung)).map(|rung| &rung.does) {
            Some(RungDoes::Say(text)) => {
                let from = crate::flow::walk::TextFrom::step(&step.name, text);
                match walk.text(&from) {
                    Ok(seq) => walk.await_reply(step, rung + 1, 0, seq),
                    Err(why) => crate::flow::steps::undeliverable(&self.no_reply, why),
                }
            }
            Some(RungDoes::Go(target)) => {
                Next::Go(Name::from(format!("no_reply:{}", rung + 1)), target.clone())
            }
            None => Next::go("then", &self.then),
        }
    }
}
