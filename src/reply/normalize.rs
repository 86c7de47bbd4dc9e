//! How a reply is written down for the rules: once, in two forms.
//!
//! `text` is for words: lower case without accents, look-alikes, invisible characters or punctuation,
//! words joined by single spaces, spelled-out letters (`S.T.O.P`) put together. `clean` is for values,
//! where punctuation, case and accents carry meaning. Signatures and quoted lines are in neither.
//! Knows characters, not meanings. Source of the order: `data/keywords.yaml`, NFKC first.

use smol_str::SmolStr;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::letters;
use super::signature;
use super::words::{Word, Words};

/// Longer texts are read up to here; a message of ten parts is 1,530 characters.
pub(super) const READ_BYTES_MAX: usize = 4_096;
/// Words beyond are not read.
pub(super) const WORDS_MAX: usize = 400;

/// What normalising gives.
pub(super) struct Normal {
    pub clean: SmolStr,
    pub text: SmolStr,
    pub words: Words,
    pub question: bool,
}

pub(super) fn normalize(raw: &str) -> Normal {
    let raw = head(raw, READ_BYTES_MAX);
    let is_plain = |b: u8| b.is_ascii() && !matches!(b, b'\n' | b'\r' | b'>');
    if raw.bytes().all(is_plain) {
        return Folder::fold_ascii(raw.trim());
    }
    let own = signature::own_words(raw);
    let visible: String = letters::visible(&own);
    let clean: SmolStr = visible.trim().nfkc().collect::<String>().into();
    let spelled = letters::spelled(&visible);
    let folded = spelled
        .trim()
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(|c| {
            let capital = c.is_uppercase();
            let letters = c.to_lowercase().flat_map(letters::look_alike);
            letters.map(move |letter| (letter, capital))
        });
    Folder::fold(&clean, folded)
}

/// Folds a word or phrase of a lexicon or an author as replies are folded.
pub(super) fn fold(phrase: &str) -> String {
    normalize(phrase).text.to_string()
}

fn head(raw: &str, max: usize) -> &str {
    if raw.len() <= max {
        return raw;
    }
    let mut end = max;
    while !raw.is_char_boundary(end) {
        end -= 1;
    }
    &raw[..end]
}

/// Collects words from characters that are lower-case and bare of marks already.
#[derive(Default)]
struct Folder {
    text: String,
    words: Words,
    start: usize,
    open: bool,
    letters_alone: usize,
    question: bool,
    next_is_capital: bool,
    capital: bool,
}

impl Folder {
    /// What [`Folder::fold`] does, a run of letters and digits at a time: most replies are such text.
    fn fold_ascii(clean: &str) -> Normal {
        let mut folder = Self {
            text: String::with_capacity(clean.len()),
            ..Self::default()
        };
        let bytes = clean.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let is_part = |byte: &&u8| byte.is_ascii_alphanumeric();
            let end = at + bytes[at..].iter().take_while(is_part).count();
            folder.next_is_capital = byte.is_ascii_uppercase();
            if end > at {
                folder.push_lowered(&clean[at..end]);
                at = end;
                continue;
            }
            let beside =
                |i: Option<usize>| i.and_then(|i| bytes.get(i)).map_or(' ', |b| *b as char);
            folder.take(
                *byte as char,
                beside(at.checked_sub(1)),
                beside(Some(at + 1)),
            );
            at += 1;
        }
        folder.finish(SmolStr::new(clean))
    }

    fn fold(clean: &SmolStr, chars: impl Iterator<Item = (char, bool)>) -> Normal {
        let mut folder = Self {
            text: String::with_capacity(clean.len()),
            ..Self::default()
        };
        let mut chars = chars.peekable();
        let mut before = ' ';
        while let Some((c, capital)) = chars.next() {
            folder.next_is_capital = capital;
            folder.take(c, before, chars.peek().map_or(' ', |(next, _)| *next));
            before = c;
        }
        folder.finish(clean.clone())
    }

    fn finish(mut self, clean: SmolStr) -> Normal {
        self.end_word();
        if self.letters_alone >= 3 {
            self.join_letters();
        }
        Normal {
            clean,
            text: SmolStr::new(&self.text),
            words: self.words,
            question: self.question,
        }
    }

    fn take(&mut self, c: char, before: char, next: char) {
        match c {
            'a'..='z' | '0'..='9' => self.push(c),
            '\'' if self.open && next.is_alphanumeric() => {
                if is_elision(&self.text[self.start..]) {
                    self.end_word();
                }
            }
            ' ' | '\t' | '\'' => self.end_word(),
            '?' => {
                self.question = true;
                self.break_clause();
                self.words.ask_after_last();
            }
            '.' => {
                self.end_word();
                self.words.dot_after_last();
            }
            ',' | ';' | ':' | '!' | '\n' | '\r' | '(' | ')' | '[' | ']' | '\u{2014}' => {
                self.break_clause();
            }
            // A minus before a number is part of it: "-1" is no key.
            '-' | '\u{2013}' | '\u{2212}' if before == ' ' && next.is_ascii_digit() => {
                self.end_word();
                self.push('-');
            }
            '-' | '\u{2013}' if before == ' ' => self.break_clause(),
            '&' => {
                self.end_word();
                "and".chars().for_each(|c| self.push(c));
                self.end_word();
            }
            c if letters::is_emoji(c) => {
                self.end_word();
                self.push(c);
                self.end_word();
            }
            c if c.is_alphanumeric() => self.push(c),
            _ => self.end_word(),
        }
    }

    fn push(&mut self, c: char) {
        self.open_word();
        self.text.push(c);
    }

    fn push_lowered(&mut self, letters: &str) {
        self.open_word();
        let start = self.text.len();
        self.text.push_str(letters);
        self.text[start..].make_ascii_lowercase();
    }

    fn open_word(&mut self) {
        if !self.open {
            if !self.text.is_empty() {
                self.text.push(' ');
            }
            self.start = self.text.len();
            self.open = true;
            self.capital = self.next_is_capital;
        }
    }

    fn end_word(&mut self) {
        if !self.open {
            return;
        }
        self.open = false;
        if self.words.len() >= WORDS_MAX {
            self.text.truncate(self.start.saturating_sub(1));
            return;
        }
        let mut word = Word::of(&self.text, self.start);
        word.capital = self.capital;
        if word.is_letter(&self.text) {
            self.letters_alone += 1;
        }
        self.words.push(word);
    }

    fn break_clause(&mut self) {
        self.end_word();
        self.words.break_after_last();
    }

    /// Puts runs of three or more single letters together: `s t o p` is `stop`.
    fn join_letters(&mut self) {
        let mut text = String::with_capacity(self.text.len());
        let mut words = Words::default();
        let old = std::mem::take(&mut self.words);
        let is_letter = |i: usize| old.get(i).is_some_and(|w| w.is_letter(&self.text));
        let mut i = 0;
        while i < old.len() {
            let mut end = i;
            while is_letter(end) {
                end += 1;
            }
            let end = if end - i >= 3 { end } else { i + 1 };
            if !text.is_empty() {
                text.push(' ');
            }
            let start = text.len();
            (i..end).for_each(|k| text.push_str(old[k].of_text(&self.text)));
            words.push(Word::of(&text, start));
            if old[end - 1].breaks {
                words.break_after_last();
            }
            i = end;
        }
        (self.text, self.words) = (text, words);
    }
}

/// French (and Portuguese, Italian) words that lose their vowel before another: `l'arrêt`, `d'accord`.
fn is_elision(word: &str) -> bool {
    matches!(
        word,
        "l" | "d"
            | "j"
            | "m"
            | "t"
            | "s"
            | "c"
            | "n"
            | "qu"
            | "quelqu"
            | "jusqu"
            | "lorsqu"
            | "puisqu"
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(normal: &Normal) -> String {
        let Normal {
            clean,
            text,
            words,
            question,
        } = normal;
        format!("{clean:?} {text:?} {words:?} {question}")
    }

    proptest! {
        #[test]
        fn plain_text_is_folded_a_run_at_a_time_as_a_letter_at_a_time(text in r"[ -~\t]{0,60}") {
            let clean = SmolStr::new(text.trim());
            let letters = clean.chars().map(|c| (c.to_ascii_lowercase(), c.is_ascii_uppercase()));
            let expected = Folder::fold(&clean, letters);
            prop_assert_eq!(shown(&Folder::fold_ascii(&clean)), shown(&expected));
        }
    }
}
