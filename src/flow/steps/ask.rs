//! `ask`: sends the text and waits for the reply.

use crate::flow::Target;
use crate::flow::steps::set::Assign;
use crate::flow::steps::{Rung, ladder_exits};
use crate::flow::template::{Template, Text};
use crate::lead::{Kind, Name};
use crate::policy::SendWindow;
use crate::reply::Choice;

#[derive(Debug, Clone)]
pub struct Ask {
    pub text: Text,
    pub expect: Expect,
    pub no_reply: Vec<Rung>,
    pub unclear: Unclear,
    pub send: Option<SendWindow>,
    /// The channel that carries it.
    pub sender: Option<Name>,
    pub media: Vec<Template>,
}

#[derive(Debug, Clone)]
pub enum Expect {
    /// `answers`: one of these options. `Choice` holds their words; indices agree.
    Options(Vec<Opt>, Choice),
    /// `expect`: a value of this kind.
    Value {
        kind: Kind,
        bounds: Bounds,
        then: Target,
    },
}

/// One answer a question offers.
#[derive(Debug, Clone)]
pub struct Opt {
    pub name: Name,
    /// What "Reply 1" promises.
    pub key: String,
    pub score: i32,
    pub set: Vec<Assign>,
    pub then: Target,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bounds {
    pub min: Option<f64>,
    pub max: Option<f64>,
}

#[derive(Debug, Clone)]
pub struct Unclear {
    /// `None`: the question again.
    pub say: Option<Text>,
    /// How often it is asked again.
    pub tries: u8,
    pub then: Target,
}

impl Ask {
    /// Options by name (`value` for an open question), then `unclear`, then the ladder.
    pub fn exits(&self) -> Vec<(Name, &Target)> {
        let mut exits: Vec<(Name, &Target)> = match &self.expect {
            Expect::Options(options, _) => options
                .iter()
                .map(|option| (option.name.clone(), &option.then))
                .collect(),
            Expect::Value { then, .. } => vec![(Name::from("value"), then)],
        };
        exits.push((Name::from("unclear"), &self.unclear.then));
        exits.extend(ladder_exits(&self.no_reply));
        exits
    }
}
