//! What a condition gives for one lead. A value that is missing equals nothing and has no order;
//! words are compared without regard to case, since leads and CRMs write them as they like.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::flow::condition::{Compare, Expr};
use crate::flow::template::Scope;
use crate::lead::Value;
use crate::time::{TimeOfDay, Timestamp, Zone};

impl Expr {
    /// Whether it holds. A value alone holds when there is one; a yes or no, when it is yes.
    pub fn holds<S: Scope + ?Sized>(&self, scope: &S) -> bool {
        match self {
            Expr::Not(inner) => !inner.holds(scope),
            Expr::And(a, b) => a.holds(scope) && b.holds(scope),
            Expr::Or(a, b) => a.holds(scope) || b.holds(scope),
            Expr::Compare(how, a, b) => {
                compare(*how, &a.value(scope), &b.value(scope), scope.zone())
            }
            Expr::In(a, b) => contains(&b.value(scope), &a.value(scope)),
            Expr::Literal(_) | Expr::Source(_) | Expr::Add(..) => match &*self.value(scope) {
                Value::Bool(truth) => *truth,
                value => !value.is_empty(),
            },
        }
    }

    pub fn eval<S: Scope + ?Sized>(&self, scope: &S) -> Value {
        self.value(scope).into_owned()
    }

    fn value<'a, S: Scope + ?Sized>(&'a self, scope: &'a S) -> Cow<'a, Value> {
        match self {
            Expr::Literal(value) => Cow::Borrowed(value),
            Expr::Source(source) => scope.get(source),
            Expr::Add(a, b) => Cow::Owned(add(&a.value(scope), &b.value(scope))),
            Expr::Not(_) | Expr::And(..) | Expr::Or(..) | Expr::Compare(..) | Expr::In(..) => {
                Cow::Owned(Value::Bool(self.holds(scope)))
            }
        }
    }
}

fn compare(how: Compare, a: &Value, b: &Value, zone: &Zone) -> bool {
    match how {
        Compare::Eq => equal(a, b, zone),
        Compare::Ne => !equal(a, b, zone),
        Compare::Lt => order(a, b, zone) == Some(Ordering::Less),
        Compare::Le => order(a, b, zone).is_some_and(Ordering::is_le),
        Compare::Gt => order(a, b, zone) == Some(Ordering::Greater),
        Compare::Ge => order(a, b, zone).is_some_and(Ordering::is_ge),
    }
}

fn equal(a: &Value, b: &Value, zone: &Zone) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => same(a, b),
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Bool(truth), Value::Text(word)) | (Value::Text(word), Value::Bool(truth)) => {
            same(word, if *truth { "yes" } else { "no" })
                || same(word, if *truth { "true" } else { "false" })
        }
        _ => order(a, b, zone) == Some(Ordering::Equal),
    }
}

/// `None` for values that have no order between them, and wherever one is missing.
fn order(a: &Value, b: &Value, zone: &Zone) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (number(a), number(b)) {
        return a.partial_cmp(&b);
    }
    if let (Some(a), Some(b)) = (time(a), time(b)) {
        return Some(a.cmp(&b));
    }
    match (moment(a), moment(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        // A day and a moment are compared as days on the lead's wall.
        _ => Some(day(a, zone)?.cmp(&day(b, zone)?)),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) | Value::Money(number, _) => Some(*number),
        Value::Text(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    }
}

fn time(value: &Value) -> Option<TimeOfDay> {
    match value {
        Value::Time(text) | Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn moment(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Moment(at) => Some(*at),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn day(value: &Value, zone: &Zone) -> Option<jiff::civil::Date> {
    match value {
        Value::Date(text) | Value::Text(text) => match text.parse::<Timestamp>() {
            Ok(at) => Some(at.in_zone(zone).date()),
            Err(_) => text.trim().parse().ok(),
        },
        Value::Moment(at) => Some(at.in_zone(zone).date()),
        _ => None,
    }
}

/// Whether two words are the same but for case.
fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim(), b.trim());
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    caseless::canonical_caseless_match_str(a, b)
}

/// Whether `what` is one of a list's words, or stands in a text.
fn contains(whole: &Value, what: &Value) -> bool {
    let number;
    let what = match what {
        Value::Text(word) if !word.trim().is_empty() => word.as_str(),
        Value::Number(n) => {
            number = n.to_string();
            &number
        }
        _ => return false,
    };
    match whole {
        Value::List(items) => items.iter().any(|item| same(item, what)),
        Value::Text(text) => text.to_lowercase().contains(&what.to_lowercase()),
        _ => false,
    }
}

fn add(a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::Nothing, _) | (_, Value::Nothing) => Value::Nothing,
        (Value::Money(a, code), other) | (other, Value::Money(a, code)) => match number(other) {
            Some(b) => Value::Money(a + b, code.clone()),
            None => Value::Nothing,
        },
        (a, b) => match (number(a), number(b)) {
            (Some(a), Some(b)) => Value::Number(a + b),
            _ => match (a, b) {
                (Value::Text(a), Value::Text(b)) => Value::Text(format!("{a}{b}")),
                _ => Value::Nothing,
            },
        },
    }
}
