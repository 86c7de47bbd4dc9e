//! Conditions: plain expressions over a lead's answers and fields, their types checked when the
//! flow is compiled.

mod bind;
mod display;
mod eval;
mod lexer;
mod parse;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::diagnostic::Problem;
use crate::flow::template::{Names, Source};
use crate::lead::Value;

pub use bind::Type;

/// Reads a condition. With any problem the expression is `false` and stands for nothing.
pub fn parse(text: &str, names: &Names) -> (Expr, Vec<Problem>) {
    let (expr, _, problems) = typed(text, names);
    (expr, problems)
}

/// What the whole expression gives, for lints; `None` when it has problems.
pub fn kind_of(text: &str, names: &Names) -> Option<Type> {
    let (_, kind, problems) = typed(text, names);
    problems.is_empty().then_some(kind)
}

fn typed(text: &str, names: &Names) -> (Expr, Type, Vec<Problem>) {
    let nothing = Expr::Literal(Value::Bool(false));
    let tree = lexer::tokens(text).and_then(|tokens| parse::tree(text, &tokens));
    let tree = match tree {
        Ok(tree) => tree,
        Err(problem) => return (nothing, Type::Any, vec![*problem]),
    };
    let (expr, kind, problems) = bind::bind(&tree, names);
    if problems.is_empty() {
        (expr, kind, problems)
    } else {
        (nothing, kind, problems)
    }
}

/// A problem at `range` of the condition.
fn problem(
    range: Range<usize>,
    code: &'static str,
    message: impl Into<String>,
    label: &str,
    help: Option<String>,
) -> Problem {
    Problem {
        range,
        code,
        message: message.into(),
        label: label.to_string(),
        help,
    }
}

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
