//! Puts a text together for one lead. Runs for every message: literals are copied, values borrowed.

use std::borrow::Cow;

use crate::flow::template::calendar::Wall;
use crate::flow::template::locale::Locale;
use crate::flow::template::{Format, Piece, Scope, Source, Template, Token, money, person};
use crate::lead::{Kind, Value};
use crate::time::Zone;

impl Template {
    /// Adds the text to `out`. What a value brings in is written as it is, braces and all.
    pub fn render<S: Scope + ?Sized>(&self, scope: &S, out: &mut String) {
        write_pieces(&self.pieces, scope, out);
    }

    pub fn rendered<S: Scope + ?Sized>(&self, scope: &S) -> String {
        let mut out = String::new();
        self.render(scope, &mut out);
        out
    }

    /// The value itself when the text is one token alone without a format, else the text: so that
    /// `set` keeps a number a number.
    pub fn value<S: Scope + ?Sized>(&self, scope: &S) -> Value {
        if let [Piece::Token(token)] = &self.pieces[..]
            && token.format.is_none()
        {
            let value = scope.get(&token.source);
            if can_be_said(&token.source, &value) {
                return value.into_owned();
            }
        }
        Value::Text(self.rendered(scope))
    }
}

/// A value by itself, as `locale` shows it in `zone`; empty for nothing.
pub fn shown(value: &Value, locale: &str, zone: &Zone) -> String {
    let mut out = String::new();
    write_plain(value, &Alone { locale, zone }, &mut out);
    out
}

pub(super) struct Alone<'a> {
    pub locale: &'a str,
    pub zone: &'a Zone,
}

impl Scope for Alone<'_> {
    fn get(&self, _source: &Source) -> Cow<'_, Value> {
        Cow::Owned(Value::Nothing)
    }

    fn zone(&self) -> &Zone {
        self.zone
    }

    fn locale(&self) -> &str {
        self.locale
    }
}

fn write_pieces<S: Scope + ?Sized>(pieces: &[Piece], scope: &S, out: &mut String) {
    for piece in pieces {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Token(token) => write_token(token, scope, out),
        }
    }
}

fn write_token<S: Scope + ?Sized>(token: &Token, scope: &S, out: &mut String) {
    let value = scope.get(&token.source);
    let said = can_be_said(&token.source, &value)
        && (!scope.greets() || can_be_greeted(token, &value))
        && match &token.format {
            None => write_plain(&value, scope, out),
            Some(format) => write_formatted(&value, format, scope, out),
        };
    if said {
        return;
    }
    match &token.fallback {
        Some(pieces) => write_pieces(pieces, scope, out),
        None if is_first_name(&token.source) => {
            let mut plain = String::new();
            write_plain(&value, scope, &mut plain);
            match person::is_shouted(&plain) {
                true => person::write_title(out, &plain),
                false => out.push_str(&plain),
            }
        }
        None => {
            write_plain(&value, scope, out);
        }
    }
}

/// Whether a lead may be called so: a first name that is a sentence, or stands in capitals, gives way to the
/// fallback. A format says how capitals are to be written.
fn can_be_greeted(token: &Token, value: &Value) -> bool {
    let Value::Text(text) = value else {
        return true;
    };
    !is_first_name(&token.source)
        || !(person::is_long(text) || (token.format.is_none() && person::is_shouted(text)))
}

/// Whether a source is what a lead is called by.
pub fn is_first_name(source: &Source) -> bool {
    match source {
        Source::Field(name, kind) => {
            !matches!(&**name, "last_name" | "full_name")
                && (*kind == Kind::Name || is_name_field(name))
        }
        _ => false,
    }
}

/// Whether a value is fit for a text: not empty, no CRM's word for nothing, and a person's name only
/// if a person could bear it.
fn can_be_said(source: &Source, value: &Value) -> bool {
    let Value::Text(text) = value else {
        return !value.is_empty();
    };
    match source {
        Source::Field(name, kind) if *kind == Kind::Name || is_name_field(name) => {
            person::is_person(text)
        }
        Source::Field(..) | Source::Event(_) | Source::Saved(_) => {
            !value.is_empty() && !person::is_null(text)
        }
        Source::Brand
        | Source::Link(_)
        | Source::Answer(..)
        | Source::Score
        | Source::Agent
        | Source::LastReply
        | Source::Locale
        | Source::Tags => !value.is_empty(),
    }
}

/// Fields that hold a person's name even where nobody declared their kind.
fn is_name_field(name: &str) -> bool {
    matches!(name, "name" | "first_name" | "last_name" | "full_name")
}

/// Writes a value as the locale shows it; false when there is nothing to write.
pub(super) fn write_plain<S: Scope + ?Sized>(value: &Value, scope: &S, out: &mut String) -> bool {
    let locale = || Locale::of(scope.locale(), scope.region());
    match value {
        Value::Nothing => return false,
        Value::Text(text) => out.push_str(&person::tidy(text)),
        Value::Number(number) => money::write_number(out, *number, locale()),
        Value::Money(amount, code) => {
            money::write(out, *amount, code.as_deref(), locale(), scope.region());
        }
        Value::Bool(truth) => out.push_str(locale().words().no_yes[usize::from(*truth)]),
        Value::Date(text) | Value::Time(text) => match Wall::of(value, scope.zone()) {
            Some(wall) => wall.write_plain(out, locale()),
            None => out.push_str(text),
        },
        Value::Moment(_) => {
            let wall = Wall::of(value, scope.zone()).unwrap_or_default();
            wall.write_plain(out, locale());
        }
        Value::List(items) => {
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                out.push_str(item);
            }
        }
    }
    true
}

/// Writes a value by a format; false, and nothing written, when it does not apply to the value.
pub(super) fn write_formatted<S: Scope + ?Sized>(
    value: &Value,
    format: &Format,
    scope: &S,
    out: &mut String,
) -> bool {
    match format {
        Format::Title | Format::Upper | Format::Lower => {
            let mut plain = String::new();
            if !write_plain(value, scope, &mut plain) {
                return false;
            }
            match format {
                Format::Upper => out.extend(plain.chars().flat_map(char::to_uppercase)),
                Format::Lower => out.extend(plain.chars().flat_map(char::to_lowercase)),
                _ => person::write_title(out, &plain),
            }
            true
        }
        Format::Money => {
            let (amount, code) = match value {
                Value::Money(amount, code) => (*amount, code.as_deref()),
                Value::Number(amount) => (*amount, None),
                Value::Text(text) => match text.trim().parse::<f64>() {
                    Ok(amount) if amount.is_finite() => (amount, None),
                    _ => return false,
                },
                _ => return false,
            };
            let locale = Locale::of(scope.locale(), scope.region());
            money::write(out, amount, code, locale, scope.region());
            true
        }
        Format::Date(pattern) => match Wall::of(value, scope.zone()) {
            Some(wall) if wall.has(pattern) => {
                wall.write(out, pattern, Locale::of(scope.locale(), scope.region()));
                true
            }
            // "Tomorrow" has no time: the day is said, not the fallback.
            Some(wall) => {
                let locale = Locale::of(scope.locale(), scope.region());
                wall.write_known(out, pattern, locale)
            }
            None => false,
        },
    }
}
