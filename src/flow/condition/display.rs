//! A condition written out again, with no more brackets than it needs. What is written reads back
//! as the same expression.

use std::fmt;

use crate::flow::condition::{Compare, Expr};
use crate::flow::template::Source;
use crate::lead::Value;

impl Compare {
    pub fn sign(self) -> &'static str {
        match self {
            Compare::Eq => "==",
            Compare::Ne => "!=",
            Compare::Lt => "<",
            Compare::Le => "<=",
            Compare::Gt => ">",
            Compare::Ge => ">=",
        }
    }
}

/// How tightly an expression binds; a looser one inside a tighter one needs brackets.
fn tightness(expr: &Expr) -> u8 {
    match expr {
        Expr::Or(..) => 0,
        Expr::And(..) => 1,
        Expr::Not(_) => 2,
        Expr::Compare(..) | Expr::In(..) => 3,
        Expr::Add(..) => 4,
        Expr::Literal(_) | Expr::Source(_) => 5,
    }
}

struct Within<'a>(&'a Expr, u8);

impl fmt::Display for Within<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if tightness(self.0) < self.1 {
            write!(f, "({})", self.0)
        } else {
            write!(f, "{}", self.0)
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Literal(value) => literal(f, value),
            Expr::Source(source) => write!(f, "{source}"),
            Expr::Not(inner) => write!(f, "not {}", Within(inner, 2)),
            Expr::Or(a, b) => write!(f, "{} or {}", Within(a, 0), Within(b, 1)),
            Expr::And(a, b) => write!(f, "{} and {}", Within(a, 1), Within(b, 2)),
            Expr::Compare(how, a, b) => {
                write!(f, "{} {} {}", Within(a, 4), how.sign(), Within(b, 4))
            }
            Expr::In(a, b) => write!(f, "{} in {}", Within(a, 4), Within(b, 4)),
            Expr::Add(a, b) => write!(f, "{} + {}", Within(a, 4), Within(b, 5)),
        }
    }
}

fn literal(f: &mut fmt::Formatter<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::Nothing => f.write_str("''"),
        Value::Text(word) | Value::Date(word) | Value::Time(word) => quoted(f, word),
        Value::Number(number) | Value::Money(number, _) => write!(f, "{number}"),
        Value::Bool(truth) => write!(f, "{truth}"),
        Value::Moment(at) => quoted(f, &at.to_string()),
        Value::List(words) => {
            f.write_str("[")?;
            for (i, word) in words.iter().enumerate() {
                f.write_str(if i == 0 { "" } else { ", " })?;
                quoted(f, word)?;
            }
            f.write_str("]")
        }
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, word: &str) -> fmt::Result {
    // A word holds one family of quotes at most, since it was written between the other.
    if word.contains(['\'', '‘', '’', '‚']) {
        write!(f, "\"{word}\"")
    } else {
        write!(f, "'{word}'")
    }
}

/// A source as a text or condition names it.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Field(name, _) => write!(f, "{name}"),
            Source::Brand => f.write_str("brand"),
            Source::Link(name) => write!(f, "link.{name}"),
            Source::Answer(_, step) => write!(f, "answers.{step}"),
            Source::Score => f.write_str("score"),
            Source::Agent => f.write_str("agent"),
            Source::LastReply => f.write_str("last_reply"),
            Source::Event(name) => write!(f, "event.{name}"),
            Source::Saved(name) => write!(f, "saved.{name}"),
            Source::Locale => f.write_str("locale"),
            Source::Tags => f.write_str("tags"),
        }
    }
}
