//! A condition as words, quoted strings, numbers and signs.

use std::ops::Range;

use crate::diagnostic::Problem;
use crate::flow::condition::{Compare, problem};

/// The most tokens of one condition: bounds the depth of everything that walks it.
pub const TOKENS_MAX: usize = 400;

#[derive(Debug, Clone, PartialEq)]
pub enum Lexeme {
    Name(String),
    Quoted(String),
    Number(f64),
    Compare(Compare),
    And,
    Or,
    Not,
    In,
    Plus,
    Comma,
    Open(char),
    Close(char),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    pub lexeme: Lexeme,
    pub range: Range<usize>,
}

const SYNTAX: &str = "E0501";
/// Quotes as keyboards and word processors write them; any of a row closes what one of it opened.
const QUOTES: [&[char]; 2] = [&['\'', '‘', '’', '‚'], &['"', '“', '”', '„']];

/// The tokens of `text`, or the first thing that is none. Boxed: a problem is rare and large.
pub fn tokens(text: &str) -> Result<Vec<Token>, Box<Problem>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let token = next(text, at, first)?;
        at = token.range.end;
        found.push(token);
        if found.len() > TOKENS_MAX {
            let help = "split it over two `decide` steps, or name parts of it as segments";
            return wrong(0..text.len(), "the condition is too long", "", help);
        }
    }
    Ok(found)
}

fn next(text: &str, at: usize, first: char) -> Result<Token, Box<Problem>> {
    let rest = &text[at..];
    if let Some(family) = QUOTES.iter().find(|family| family.contains(&first)) {
        return quoted(rest, at, first, family);
    }
    if first.is_ascii_digit() || (first == '-' && digit_follows(rest)) {
        return number(rest, at);
    }
    if first.is_alphabetic() || first == '_' {
        return Ok(name(rest, at));
    }
    sign(rest, at, first)
}

fn digit_follows(rest: &str) -> bool {
    rest[1..].starts_with(|c: char| c.is_ascii_digit())
}

fn quoted(rest: &str, at: usize, open: char, family: &[char]) -> Result<Token, Box<Problem>> {
    let inside = &rest[open.len_utf8()..];
    let Some(length) = inside.find(family) else {
        let help = "close the word with the quote that opened it, such as `'yes'`";
        return wrong(
            at..at + rest.len(),
            "a quote is never closed",
            "opened here",
            help,
        );
    };
    let close = inside[length..].chars().next().map_or(1, char::len_utf8);
    let end = at + open.len_utf8() + length + close;
    Ok(Token {
        lexeme: Lexeme::Quoted(inside[..length].to_string()),
        range: at..end,
    })
}

fn number(rest: &str, at: usize) -> Result<Token, Box<Problem>> {
    let end = rest[1..]
        .find(|c: char| !c.is_alphanumeric() && c != '.' && c != '_')
        .map_or(rest.len(), |i| i + 1);
    let written = &rest[..end];
    match written.replace('_', "").parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Token {
            lexeme: Lexeme::Number(value),
            range: at..at + end,
        }),
        _ => {
            let message = format!("`{written}` is not a number");
            let help = "write digits alone, such as `25000` or `2.5`; quote words";
            wrong(at..at + end, &message, "", help)
        }
    }
}

fn name(rest: &str, at: usize) -> Token {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
    let end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
    let end = rest[..end].trim_end_matches(['.', '-']).len();
    let word = &rest[..end];
    let lexeme = match word.to_ascii_lowercase().as_str() {
        "and" => Lexeme::And,
        "or" => Lexeme::Or,
        "not" => Lexeme::Not,
        "in" => Lexeme::In,
        _ => Lexeme::Name(word.to_string()),
    };
    Token {
        lexeme,
        range: at..at + end,
    }
}

fn sign(rest: &str, at: usize, first: char) -> Result<Token, Box<Problem>> {
    let two = rest.get(..2).unwrap_or("");
    let pair = match two {
        "==" => Some(Lexeme::Compare(Compare::Eq)),
        "!=" | "<>" => Some(Lexeme::Compare(Compare::Ne)),
        "<=" => Some(Lexeme::Compare(Compare::Le)),
        ">=" => Some(Lexeme::Compare(Compare::Ge)),
        _ => None,
    };
    if let Some(lexeme) = pair {
        let range = at..at + 2;
        return Ok(Token { lexeme, range });
    }
    let range = at..at + first.len_utf8();
    let lexeme = match first {
        '<' => Lexeme::Compare(Compare::Lt),
        '>' => Lexeme::Compare(Compare::Gt),
        '+' => Lexeme::Plus,
        ',' => Lexeme::Comma,
        '(' | '[' => Lexeme::Open(first),
        ')' | ']' => Lexeme::Close(first),
        _ => return Err(no_sign(two, first, at)),
    };
    Ok(Token { lexeme, range })
}

/// A sign that conditions do not have, with the one that was meant.
fn no_sign(two: &str, first: char, at: usize) -> Box<Problem> {
    let end = at + first.len_utf8();
    let (range, code, message, help) = match (two, first) {
        ("&&", _) => (
            at..at + 2,
            SYNTAX,
            "`&&` is not a word of conditions",
            "write `and`",
        ),
        ("||", _) => (
            at..at + 2,
            SYNTAX,
            "`||` is not a word of conditions",
            "write `or`",
        ),
        ("=>", _) => (
            at..at + 2,
            "E0505",
            "`=>` does not compare",
            "write `>=` for at least",
        ),
        ("=<", _) => (
            at..at + 2,
            "E0505",
            "`=<` does not compare",
            "write `<=` for at most",
        ),
        (_, '=') => (
            at..end,
            "E0505",
            "`=` does not compare",
            "write `==` to ask whether two values are equal",
        ),
        (_, '!') => (
            at..end,
            SYNTAX,
            "`!` is not a word of conditions",
            "write `not`",
        ),
        (_, '{' | '}') => (
            at..end,
            SYNTAX,
            "braces are for texts",
            "write the name alone, such as `answers.budget`",
        ),
        (_, '$' | '€' | '£') => (
            at..end,
            SYNTAX,
            "an amount is written without its currency",
            "write digits alone, such as `answers.budget >= 20000`",
        ),
        _ => (
            at..end,
            SYNTAX,
            "this sign has no meaning in a condition",
            "conditions have and, or, not, ==, !=, <, <=, >, >=, in, + and brackets",
        ),
    };
    Box::new(problem(range, code, message, "", Some(help.to_string())))
}

fn wrong<T>(
    range: Range<usize>,
    message: &str,
    label: &str,
    help: &str,
) -> Result<T, Box<Problem>> {
    let help = Some(help.to_string());
    Err(Box::new(problem(range, SYNTAX, message, label, help)))
}
