//! `book`: offers free slots of a calendar as numbered choices and holds the chosen one.

use crate::flow::Target;
use crate::flow::steps::{Rung, Unclear, ladder_exits};
use crate::flow::template::Text;
use crate::lead::Name;

#[derive(Debug, Clone)]
pub struct Book {
    pub calendar: Name,
    /// How many slots are offered, 1 to 9.
    pub slots: u8,
    /// Goes before the numbered slots.
    pub say: Text,
    pub none_free: Target,
    pub no_reply: Vec<Rung>,
    pub unclear: Unclear,
    pub then: Target,
}

impl Book {
    pub fn exits(&self) -> Vec<(Name, &Target)> {
        let mut exits = vec![
            (Name::from("then"), &self.then),
            (Name::from("none_free"), &self.none_free),
            (Name::from("unclear"), &self.unclear.then),
        ];
        exits.extend(ladder_exits(&self.no_reply));
        exits
    }
}
