//! ## What it finds
//!
//! A token for a first name that does not survive what forms send: one without a fallback, one in capitals by
//! `:upper` or small by `:lower`, one with letters or `'s` glued to a fallback that cannot bear them ("there's"),
//! and a fallback that is itself no name to greet by (`CUSTOMER`, `user1`).
//!
//! ## Why it matters
//!
//! People type `test`, an email address, a company, or their name in capitals. Where a name has digits, an `@`,
//! more than 20 letters, capitals alone or is `test`, the fallback is said: it has to be there, and to fit.
//!
//! ## Example
//!
//! ```yaml
//! lead: { name: text }
//! steps:
//!   hello: { say: "Hi {name:upper}, {brand} here. STOP to opt out.", then: end }
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! lead: { name: { fallback: there } }
//! steps:
//!   hello: { say: "Hi {name:title}, {brand} here. STOP to opt out.", then: end }
//! ```

use crate::flow::Flow;
use crate::flow::template::{Format, Piece, Token, is_first_name, is_long, is_person, is_shouted};
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::said::{self, Said, likely};

pub struct OddNameToken;

impl Lint for OddNameToken {
    fn name(&self) -> &'static str {
        "odd-name-token"
    }

    fn source(&self) -> &'static str {
        include_str!("odd_name_token.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for said in said::all(flow, report.brand()) {
            let pieces = &said.template.pieces;
            for (at, piece) in pieces.iter().enumerate() {
                let Piece::Token(token) = piece else {
                    continue;
                };
                if is_first_name(&token.source)
                    && let Some(odd) = find(token, pieces.get(at + 1))
                {
                    warn(&said, token, odd, report);
                    break;
                }
            }
        }
    }
}

enum Odd {
    NoFallback,
    Case(&'static str),
    Glued(String),
    Fallback(String),
}

fn warn(said: &Said, token: &Token, odd: Odd, report: &mut Report) {
    let name = token.source.to_string();
    let piece = format!("{{{name}");
    let (message, help) = match odd {
        Odd::NoFallback => (
            format!("`{name}` has nothing to say for a lead whose name is none"),
            format!("give it a fallback: `{{{name}|there}}`"),
        ),
        Odd::Case(format) => (
            format!("`:{format}` writes a name as nobody writes their own"),
            format!("write `{{{name}:title|there}}`, or the name as it is"),
        ),
        Odd::Glued(text) => (
            format!("with its fallback `{name}` reads `{text}`"),
            "set a word between them, or the name elsewhere".to_string(),
        ),
        Odd::Fallback(text) => (
            format!("`{text}` is no name to greet by"),
            "take a word such as `there`".to_string(),
        ),
    };
    report.piece(said, &piece, message, "a name may be missing or odd", &help);
}

fn find(token: &Token, next: Option<&Piece>) -> Option<Odd> {
    let Some(fallback) = &token.fallback else {
        return Some(Odd::NoFallback);
    };
    match token.format {
        Some(Format::Upper) => return Some(Odd::Case("upper")),
        Some(Format::Lower) => return Some(Odd::Case("lower")),
        _ => {}
    }
    let fallback = likely(fallback, "Acme");
    if !is_person(&fallback) || is_long(&fallback) || is_shouted(&fallback) {
        return Some(Odd::Fallback(fallback));
    }
    let Some(Piece::Literal(after)) = next else {
        return None;
    };
    let glued: String = after
        .chars()
        .take_while(|c| c.is_alphanumeric() || matches!(c, '\'' | '’'))
        .collect();
    let letters = glued.starts_with(char::is_alphanumeric);
    let owns = glued.starts_with(['\'', '’']) && is_address(&fallback);
    (letters || owns).then(|| Odd::Glued(format!("{fallback}{glued}")))
}

/// Words by which somebody is greeted, who can own nothing.
fn is_address(fallback: &str) -> bool {
    ["there", "you", "again", "all"]
        .iter()
        .any(|word| word.eq_ignore_ascii_case(fallback))
}
