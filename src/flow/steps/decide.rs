//! `decide`: the first `when` that holds picks the way; `else` catches the rest.

use crate::flow::Target;
use crate::flow::condition::Expr;
use crate::flow::walk::{Next, Walk};
use crate::lead::Name;

#[derive(Debug, Clone)]
pub struct Decide {
    pub cases: Vec<Case>,
    pub otherwise: Target,
}

#[derive(Debug, Clone)]
pub struct Case {
    pub when: Expr,
    /// As written, for the graph and `/why`.
    pub text: String,
    pub then: Target,
}

impl Decide {
    /// `when:<n>` from 1, then `else`.
    pub fn exits(&self) -> Vec<(Name, &Target)> {
        let cases = self.cases.iter().enumerate();
        let mut exits: Vec<(Name, &Target)> = cases
            .map(|(i, case)| (Name::from(format!("when:{}", i + 1)), &case.then))
            .collect();
        exits.push((Name::from("else"), &self.otherwise));
        exits
    }
}

impl Decide {
    pub fn enter(&self, walk: &mut Walk) -> Next {
        match self.cases.iter().position(|case| walk.holds(&case.when)) {
            Some(i) => Next::Go(
                Name::from(format!("when:{}", i + 1)),
                self.cases[i].then.clone(),
            ),
            None => Next::go("else", &self.otherwise),
        }
    }
}
