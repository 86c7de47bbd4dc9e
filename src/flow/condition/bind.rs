//! Binds the names of a condition and checks that what is compared can be compared.

use std::ops::Range;

use crate::diagnostic::{Problem, nearest};
use crate::flow::condition::parse::{Node, Tree};
use crate::flow::condition::{Compare, Expr, problem};
use crate::flow::template::{FoundKind, Names};
use crate::lead::{Kind, Name, Value};
use crate::time::Timestamp;

/// What an expression gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// Known only when it comes: an event's property, a saved value.
    Any,
    Text,
    /// One of these words.
    Option(Vec<Name>),
    Number,
    Money,
    Bool,
    Date,
    Time,
    Moment,
    List,
}

struct Bound {
    expr: Expr,
    kind: Type,
    range: Range<usize>,
}

struct Binder<'a> {
    names: &'a Names,
    problems: Vec<Problem>,
}

/// The expression, what it gives, and everything wrong with it.
pub fn bind(tree: &Tree, names: &Names) -> (Expr, Type, Vec<Problem>) {
    let mut binder = Binder {
        names,
        problems: Vec::new(),
    };
    let bound = binder.truth(tree);
    (bound.expr, bound.kind, binder.problems)
}

impl Binder<'_> {
    /// A tree whose truth is asked for: the whole, and each side of `and`, `or` and `not`.
    fn truth(&mut self, tree: &Tree) -> Bound {
        let always = match &tree.node {
            Node::Word(word) => Some((
                format!("the word `{word}` alone is not a condition"),
                format!("compare it with something, such as `timing == '{word}'`"),
            )),
            Node::Number(_) | Node::Add(..) | Node::List(_) => Some((
                "a value alone is not a condition".to_string(),
                "compare it with something, such as `score >= 50`".to_string(),
            )),
            Node::Name(name) if name == "score" => Some((
                "the score alone is not a condition".to_string(),
                "compare it with something, such as `score >= 50`".to_string(),
            )),
            _ => None,
        };
        if let Some((message, help)) = always {
            self.problem(&tree.range, "E0508", message, "always holds", help);
        }
        self.bind(tree)
    }

    fn bind(&mut self, tree: &Tree) -> Bound {
        let range = tree.range.clone();
        let (expr, kind) = match &tree.node {
            Node::Word(word) => (Expr::Literal(Value::text(word)), Type::Text),
            Node::Number(number) => (Expr::Literal(Value::Number(*number)), Type::Number),
            Node::Bool(truth) => (Expr::Literal(Value::Bool(*truth)), Type::Bool),
            Node::List(words) => {
                let words = words.iter().map(|(word, _)| word.clone()).collect();
                (Expr::Literal(Value::List(words)), Type::List)
            }
            Node::Name(name) => self.name(name, &range),
            Node::Not(inner) => (Expr::Not(Box::new(self.truth(inner).expr)), Type::Bool),
            Node::And(a, b) => {
                let (a, b) = (self.truth(a).expr, self.truth(b).expr);
                (Expr::And(Box::new(a), Box::new(b)), Type::Bool)
            }
            Node::Or(a, b) => {
                let (a, b) = (self.truth(a).expr, self.truth(b).expr);
                (Expr::Or(Box::new(a), Box::new(b)), Type::Bool)
            }
            Node::Compare(how, a, b) => (self.compare(*how, a, b), Type::Bool),
            Node::In(a, b) => (self.contains(a, b), Type::Bool),
            Node::Add(a, b) => self.add(a, b),
        };
        Bound { expr, kind, range }
    }

    fn name(&mut self, name: &str, range: &Range<usize>) -> (Expr, Type) {
        if let Some(segment) = name.strip_prefix("segment.") {
            return match self.names.segments.get(segment) {
                Some(expr) => (expr.clone(), Type::Bool),
                None => self.no_segment(segment, range),
            };
        }
        let answer = self.names.answer(name);
        let declared = self.names.fields.contains_key(name);
        let found = match (answer, declared) {
            (Some(_), true) => return self.two_meanings(name, range),
            (Some(answer), false) => Some(answer),
            (None, _) => self.names.find(name),
        };
        match found {
            Some(found) => (Expr::Source(found.source), Type::of(&found.kind)),
            None => self.unknown(name, range),
        }
    }

    fn no_segment(&mut self, segment: &str, range: &Range<usize>) -> (Expr, Type) {
        let known = self.names.segments.keys().map(|name| name.as_str());
        let help = match nearest(segment, known) {
            Some(meant) => format!("did you mean `segment.{meant}`?"),
            None => format!("declare it in workspace.yaml: `segments: {{ {segment}: \"…\" }}`"),
        };
        let message = format!("there is no segment `{segment}`");
        self.problem(range, "E0502", message, "not known", help);
        never()
    }

    fn two_meanings(&mut self, name: &str, range: &Range<usize>) -> (Expr, Type) {
        let message = format!("`{name}` is both a step and a lead field");
        let help = format!("write `answers.{name}` for the answer, or `lead.{name}` for the field");
        self.problem(range, "E0507", message, "which of the two?", help);
        never()
    }

    fn unknown(&mut self, name: &str, range: &Range<usize>) -> (Expr, Type) {
        let steps = self.names.answers.keys().map(|step| step.as_str());
        let meant = nearest(name, steps).map(str::to_string);
        let help = match meant.or_else(|| self.names.did_you_mean(name)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => match name.split_once('.') {
                Some(("event", _)) => {
                    "start the flow by an event, or wait for one before this step".to_string()
                }
                Some(("answers", step)) => {
                    format!("`{step}` must be a step that asks or books")
                }
                Some(("saved", saved)) => {
                    format!("save it in a `call` step first, under `save:` as `{saved}`")
                }
                _ if name == "agent" => {
                    "name the agent only in steps that come after a `handoff`".to_string()
                }
                _ => format!(
                    "declare it under `lead:`, or put quotes around it if it is a word: `'{name}'`"
                ),
            },
        };
        let message = format!("nothing is named `{name}`");
        self.problem(range, "E0502", message, "not known here", help);
        never()
    }

    /// A bare name that nothing bears, beside a comparison: a word whose quotes were forgotten.
    fn unquoted(&mut self, tree: &Tree, other: &Type) -> Option<Bound> {
        let Node::Name(name) = &tree.node else {
            return None;
        };
        let known = self.names.find(name).is_some() || self.names.answer(name).is_some();
        if known || name.contains('.') {
            return None;
        }
        let is_option = match other {
            Type::Option(options) => options.iter().any(|option| **option == **name),
            _ => false,
        };
        let steps = self.names.answers.keys().map(|step| step.as_str());
        if !is_option && (nearest(name, steps).is_some() || self.names.did_you_mean(name).is_some())
        {
            return None;
        }
        let message = format!("`{name}` is a word without quotes");
        let help = format!("write `'{name}'` if it is a word; nothing has this name");
        self.problem(&tree.range, "E0506", message, "put quotes around it", help);
        Some(Bound {
            expr: Expr::Literal(Value::text(name)),
            kind: Type::Any,
            range: tree.range.clone(),
        })
    }

    /// Both sides, each told what the other is in case it lacks its quotes.
    fn sides(&mut self, a: &Tree, b: &Tree) -> (Bound, Bound) {
        if let Some(left) = self.unquoted(a, &Type::Any) {
            return (left, self.bind(b));
        }
        let left = self.bind(a);
        let right = self.unquoted(b, &left.kind);
        let right = right.unwrap_or_else(|| self.bind(b));
        (left, right)
    }

    fn compare(&mut self, how: Compare, a: &Tree, b: &Tree) -> Expr {
        let (mut left, mut right) = self.sides(a, b);
        if let Some(emptiness) = emptiness(how, &left, &right) {
            return emptiness;
        }
        self.fit_literal(&mut right, &left.kind);
        self.fit_literal(&mut left, &right.kind);
        let comparable = match how {
            Compare::Eq | Compare::Ne => left.kind.equals(&right.kind),
            Compare::Lt | Compare::Le | Compare::Gt | Compare::Ge => left.kind.orders(&right.kind),
        };
        if !comparable {
            self.mismatch(how, &left, &right);
        }
        Expr::Compare(how, Box::new(left.expr), Box::new(right.expr))
    }

    fn mismatch(&mut self, how: Compare, left: &Bound, right: &Bound) {
        let range = left.range.start..right.range.end;
        let (a, b) = (left.kind.name(), right.kind.name());
        let words = matches!(left.kind, Type::Text | Type::Option(_))
            && matches!(right.kind, Type::Text | Type::Option(_));
        let (message, help) =
            if words {
                (
                format!("words have no order, so `{}` says nothing of them", how.sign()),
                "compare words with `==` or `!=`; give a field that holds numbers `type: number`"
                    .to_string(),
            )
            } else if left.kind == right.kind {
                let message = format!("`{}` cannot compare {a} with {b}", how.sign());
                (message, "use `in` to look into a list".to_string())
            } else {
                let message = format!("{a} cannot be compared with {b}");
                (message, help_for(&left.kind, &right.kind))
            };
        let label = format!("{a} `{}` {b}", how.sign());
        self.problem(&range, "E0503", message, &label, help);
    }

    /// Gives a quoted literal the type of what it stands beside: `'2026-12-24'` becomes a date.
    fn fit_literal(&mut self, side: &mut Bound, other: &Type) {
        let Expr::Literal(Value::Text(word)) = &side.expr else {
            return;
        };
        let word = word.clone();
        let fitted = match other {
            Type::Option(options) => {
                self.option(&word, options, &side.range);
                return;
            }
            Type::Bool => match word.to_lowercase().as_str() {
                "yes" => Some((Value::Bool(true), Type::Bool)),
                "no" => Some((Value::Bool(false), Type::Bool)),
                _ => None,
            },
            Type::Date => date(&word).map(|date| (date, Type::Date)),
            Type::Time => time(&word).map(|time| (time, Type::Time)),
            Type::Moment => moment(&word)
                .or_else(|| date(&word))
                .map(|at| (at, Type::Moment)),
            Type::Any | Type::Text | Type::Number | Type::Money | Type::List => return,
        };
        if let Some((value, kind)) = fitted {
            side.expr = Expr::Literal(value);
            side.kind = kind;
        }
    }

    fn option(&mut self, word: &str, options: &[Name], range: &Range<usize>) {
        if options
            .iter()
            .any(|option| option.eq_ignore_ascii_case(word))
        {
            return;
        }
        let help = match nearest(word, options.iter().map(|option| option.as_str())) {
            Some(meant) => format!("did you mean `'{meant}'`?"),
            None => {
                let all: Vec<String> = options.iter().map(|o| format!("'{o}'")).collect();
                format!("it can be {}", all.join(", "))
            }
        };
        let message = format!("it is never `{word}`, so this never holds");
        self.problem(range, "E0504", message, "no such option", help);
    }

    fn contains(&mut self, a: &Tree, b: &Tree) -> Expr {
        let (left, right) = self.sides(a, b);
        let fits = match &right.kind {
            Type::Any => true,
            Type::List | Type::Text => {
                matches!(left.kind, Type::Any | Type::Text | Type::Option(_))
            }
            _ => false,
        };
        if let (Type::Option(options), Node::List(words)) = (&left.kind, &b.node) {
            for (word, range) in words {
                self.option(word, options, range);
            }
        }
        if !fits {
            let range = left.range.start..right.range.end;
            let (a, b) = (left.kind.name(), right.kind.name());
            let message = format!("`in` cannot look for {a} in {b}");
            let help = "write a word, `in`, and a list or text: `'vip' in tags`".to_string();
            self.problem(&range, "E0503", message, "", help);
        }
        Expr::In(Box::new(left.expr), Box::new(right.expr))
    }

    fn add(&mut self, a: &Tree, b: &Tree) -> (Expr, Type) {
        let (left, right) = (self.bind(a), self.bind(b));
        let kind = match (&left.kind, &right.kind) {
            (Type::Number, Type::Number) => Type::Number,
            (Type::Number | Type::Money, Type::Number | Type::Money) => Type::Money,
            (Type::Text | Type::Option(_), Type::Text | Type::Option(_)) => Type::Text,
            (Type::Any, _) | (_, Type::Any) => Type::Any,
            (a, b) => {
                let message = format!("{} and {} cannot be added", a.name(), b.name());
                let help = "add numbers or amounts: `score + 10`".to_string();
                let range = left.range.start..right.range.end;
                self.problem(&range, "E0503", message, "", help);
                Type::Any
            }
        };
        (Expr::Add(Box::new(left.expr), Box::new(right.expr)), kind)
    }

    fn problem(
        &mut self,
        range: &Range<usize>,
        code: &'static str,
        message: String,
        label: &str,
        help: String,
    ) {
        let found = problem(range.clone(), code, message, label, Some(help));
        self.problems.push(found);
    }
}

impl Type {
    fn of(kind: &FoundKind) -> Self {
        match kind {
            FoundKind::Any => Type::Any,
            FoundKind::Options(options) => Type::Option(options.clone()),
            FoundKind::Value(kind) => match kind {
                Kind::Text | Kind::Email | Kind::Phone | Kind::Postcode | Kind::Name => Type::Text,
                Kind::Number => Type::Number,
                Kind::Money => Type::Money,
                Kind::Date => Type::Date,
                Kind::Time => Type::Time,
                Kind::DateTime => Type::Moment,
                Kind::YesNo => Type::Bool,
                Kind::List => Type::List,
            },
        }
    }

    /// As a person would say it.
    pub fn name(&self) -> &'static str {
        match self {
            Type::Any => "a value known only when it comes",
            Type::Text => "a word",
            Type::Option(_) => "one of a question's options",
            Type::Number => "a number",
            Type::Money => "an amount of money",
            Type::Bool => "a yes or no",
            Type::Date => "a date",
            Type::Time => "a time of day",
            Type::Moment => "a date and time",
            Type::List => "a list",
        }
    }

    fn equals(&self, other: &Type) -> bool {
        let text = |t: &Type| matches!(t, Type::Text | Type::Option(_));
        match (self, other) {
            (Type::List, _) | (_, Type::List) => false,
            (Type::Bool, Type::Bool) | (Type::Any, _) | (_, Type::Any) => true,
            (a, b) => (text(a) && text(b)) || a.orders(b),
        }
    }

    fn orders(&self, other: &Type) -> bool {
        let amount = |t: &Type| matches!(t, Type::Number | Type::Money);
        let day = |t: &Type| matches!(t, Type::Date | Type::Moment);
        match (self, other) {
            (Type::Any, b) => !matches!(b, Type::Bool | Type::List | Type::Option(_)),
            (a, Type::Any) => Type::Any.orders(a),
            (Type::Time, Type::Time) => true,
            (a, b) => (amount(a) && amount(b)) || (day(a) && day(b)),
        }
    }
}

fn help_for(a: &Type, b: &Type) -> String {
    let either = |t: &Type| a == t || b == t;
    let help = if either(&Type::Number) || either(&Type::Money) {
        "write a number without quotes, such as `20000`; give a field that holds numbers \
         `type: number`"
    } else if either(&Type::Moment) {
        "write a moment such as `'2026-11-24T15:00:00Z'` or a day such as `'2026-11-24'`"
    } else if either(&Type::Date) {
        "write a day such as `'2026-11-24'`"
    } else if either(&Type::Time) {
        "write a time of day such as `'15:30'`"
    } else if either(&Type::List) {
        "use `in` to look into a list, such as `'vip' in tags`"
    } else {
        "write `true` or `false`"
    };
    help.to_string()
}

/// `name == ''` asks whether there is nothing, and a missing value equals nothing else.
fn emptiness(how: Compare, left: &Bound, right: &Bound) -> Option<Expr> {
    let blank = |side: &Bound| matches!(&side.expr, Expr::Literal(Value::Text(t)) if t.is_empty());
    let asked = match (blank(left), blank(right)) {
        (false, true) => left.expr.clone(),
        (true, false) => right.expr.clone(),
        _ => return None,
    };
    match how {
        Compare::Eq => Some(Expr::Not(Box::new(asked))),
        Compare::Ne => Some(asked),
        Compare::Lt | Compare::Le | Compare::Gt | Compare::Ge => None,
    }
}

fn never() -> (Expr, Type) {
    (Expr::Literal(Value::Bool(false)), Type::Any)
}

fn date(word: &str) -> Option<Value> {
    let date: jiff::civil::Date = word.parse().ok()?;
    (word.len() == "2026-11-24".len()).then(|| Value::Date(date.to_string()))
}

fn time(word: &str) -> Option<Value> {
    let time: crate::time::TimeOfDay = word.parse().ok()?;
    Some(Value::Time(time.to_string()))
}

fn moment(word: &str) -> Option<Value> {
    let at: Timestamp = word.parse().ok()?;
    Some(Value::Moment(at))
}
