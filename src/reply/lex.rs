//! A reply as numbers, words and signs, for reading values: unlike the words of choices it keeps
//! punctuation, and whether two pieces touch.

use super::Reply;
use super::lexicon::{self, WordId};
use super::normalize::fold;

/// Longer replies hold no value that was asked for.
const PIECES_MAX: usize = 120;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    /// A run of digits.
    Digits(String),
    /// A folded word.
    Word(String, WordId),
    Sign(char),
}

#[derive(Debug, Clone)]
pub(super) struct Lexed {
    pub piece: Piece,
    /// No space before it.
    pub glued: bool,
}

impl Lexed {
    pub fn digits(&self) -> Option<&str> {
        match &self.piece {
            Piece::Digits(digits) => Some(digits),
            Piece::Word(..) | Piece::Sign(_) => None,
        }
    }

    pub fn word(&self) -> Option<(&str, WordId)> {
        match &self.piece {
            Piece::Word(word, id) => Some((word, *id)),
            Piece::Digits(_) | Piece::Sign(_) => None,
        }
    }

    pub fn is_word(&self, one_of: &[&str]) -> bool {
        self.word().is_some_and(|(word, _)| one_of.contains(&word))
    }

    pub fn sign(&self) -> Option<char> {
        match self.piece {
            Piece::Sign(c) => Some(c),
            Piece::Digits(_) | Piece::Word(..) => None,
        }
    }

    pub fn is_sign(&self, one_of: &[char]) -> bool {
        self.sign().is_some_and(|c| one_of.contains(&c))
    }
}

/// The pieces of the reply, at most so many.
pub(super) fn lex(reply: &Reply) -> Vec<Lexed> {
    lex_text(&reply.clean)
}

pub(super) fn lex_text(text: &str) -> Vec<Lexed> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut glued = false;
    while let Some(c) = rest.chars().next() {
        if pieces.len() >= PIECES_MAX {
            break;
        }
        if c.is_whitespace() {
            rest = &rest[c.len_utf8()..];
            glued = false;
            continue;
        }
        let length = run(rest, c);
        let (head, tail) = rest.split_at(length);
        push(&mut pieces, head, c, glued);
        glued = true;
        rest = tail;
    }
    pieces
}

/// How long the run of characters of the kind of `first` is.
fn run(text: &str, first: char) -> usize {
    let fits: fn(char) -> bool = if first.is_ascii_digit() {
        |c| c.is_ascii_digit()
    } else if first.is_alphabetic() {
        |c| c.is_alphabetic() || c == '\''
    } else {
        return first.len_utf8();
    };
    text.find(|c| !fits(c)).unwrap_or(text.len())
}

fn push(pieces: &mut Vec<Lexed>, text: &str, first: char, glued: bool) {
    if first.is_ascii_digit() {
        return pieces.push(Lexed {
            piece: Piece::Digits(text.to_string()),
            glued,
        });
    }
    if !first.is_alphabetic() {
        return pieces.push(Lexed {
            piece: Piece::Sign(first),
            glued,
        });
    }
    // "l'après" is two words, "o'clock" one.
    for (i, word) in fold(text).split_whitespace().enumerate() {
        let id = lexicon::get().word(word);
        let piece = Piece::Word(word.to_string(), id);
        pieces.push(Lexed {
            piece,
            glued: glued || i > 0,
        });
    }
}
