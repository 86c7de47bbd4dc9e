//! The words of a reply as places in its text, with what the vocabulary knows of each.
//! Up to eight words need no memory of their own.

use std::ops::Index;

use super::lexicon::{self, WordId};

const INLINE: usize = 8;

/// A word: where it stands, which word of the vocabulary it is, what follows it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Word {
    start: u16,
    end: u16,
    pub id: WordId,
    pub kind: WordKind,
    /// Punctuation that ends a clause follows.
    pub breaks: bool,
    /// That punctuation is a point.
    pub dotted: bool,
    /// A question mark follows.
    pub asks: bool,
    /// Written with a capital at the beginning.
    pub capital: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum WordKind {
    #[default]
    Letters,
    Digits,
    /// Letters and digits: `8k`.
    Mixed,
    Emoji,
}

impl Word {
    /// The word from `start` to the end of `text`.
    pub fn of(text: &str, start: usize) -> Self {
        let word = &text[start..];
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let kind = match word.chars().next() {
            Some(c) if super::letters::is_emoji(c) => WordKind::Emoji,
            _ if digits == word.len() => WordKind::Digits,
            _ if digits > 0 => WordKind::Mixed,
            _ => WordKind::Letters,
        };
        Self {
            start: start as u16,
            end: text.len() as u16,
            kind,
            ..Self::default()
        }
    }

    pub fn of_text<'t>(&self, text: &'t str) -> &'t str {
        &text[self.start as usize..self.end as usize]
    }

    /// The text from this word to the end of `last`.
    pub fn through<'t>(&self, last: &Word, text: &'t str) -> &'t str {
        &text[self.start as usize..last.end as usize]
    }

    pub fn is_letter(&self, text: &str) -> bool {
        self.end - self.start == 1 && text.as_bytes()[self.start as usize].is_ascii_alphabetic()
    }
}

/// The words in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    few: [Word; INLINE],
    many: Vec<Word>,
    len: usize,
    /// The topics of which some word may set off a rule: most replies set off none, and no rule is tried.
    pub topics: u16,
}

impl Words {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn as_slice(&self) -> &[Word] {
        if self.many.is_empty() {
            &self.few[..self.len]
        } else {
            &self.many
        }
    }

    pub fn get(&self, index: usize) -> Option<&Word> {
        self.as_slice().get(index)
    }

    pub fn push(&mut self, word: Word) {
        if self.len < INLINE && self.many.is_empty() {
            self.few[self.len] = word;
        } else {
            if self.many.is_empty() {
                self.many.extend_from_slice(&self.few);
            }
            self.many.push(word);
        }
        self.len += 1;
    }

    pub fn break_after_last(&mut self) {
        if let Some(last) = self.as_mut_slice().last_mut() {
            last.breaks = true;
        }
    }

    pub fn dot_after_last(&mut self) {
        if let Some(last) = self.as_mut_slice().last_mut() {
            last.dotted = !last.breaks;
            last.breaks = true;
        }
    }

    pub fn ask_after_last(&mut self) {
        if let Some(last) = self.as_mut_slice().last_mut() {
            last.asks = true;
        }
    }

    /// Looks every word up in the vocabulary.
    pub fn recognize(&mut self, text: &str) {
        let (lexicon, mut topics) = (lexicon::get(), 0);
        for word in self.as_mut_slice() {
            word.id = lexicon.word(word.of_text(text));
            topics |= lexicon.topics(word.id);
        }
        self.topics = topics;
    }

    fn as_mut_slice(&mut self) -> &mut [Word] {
        if self.many.is_empty() {
            &mut self.few[..self.len]
        } else {
            &mut self.many
        }
    }
}

impl Index<usize> for Words {
    type Output = Word;
    fn index(&self, index: usize) -> &Word {
        &self.as_slice()[index]
    }
}
