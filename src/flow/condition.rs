//! Conditions: plain expressions over a lead's answers and fields, their types checked when the flow
//! is compiled.

use crate::flow::template::Source;
use crate::lead::Value;

#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    Literal(Value),
    Source(Source),
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Compare(Compare, Box<Expr>, Box<Expr>),
    /// `'vip' in tags`, `'sun' in answers.note`
    In(Box<Expr>, Box<Expr>),
    Add(Box<Expr>, Box<Expr>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Expr {
    pub fn holds(&self, _scope: &dyn crate::flow::template::Scope) -> bool {
        false
    }
}
