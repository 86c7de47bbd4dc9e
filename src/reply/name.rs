//! A person's name out of "I'm Dana by the way". Lead-in words go; what is no name stays unclear.

use super::lexicon::{self, Concept, Cue};
use super::{Reply, Verdict};
use crate::lead::Value;

/// Names have at most so many words, titles included.
const WORDS_MAX: usize = 4;
const LETTERS_MAX: usize = 40;

pub(super) fn read(reply: &Reply, language: usize) -> Option<Verdict<Value>> {
    let first_line = reply.clean.lines().find(|l| !l.trim().is_empty())?;
    let words: Vec<&str> = first_line
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '!' | ';' | ':' | '(' | ')' | '"'))
        .filter(|w| w.chars().any(char::is_alphanumeric) || w.chars().any(super::letters::is_emoji))
        .filter(|w| !w.chars().any(super::letters::is_emoji))
        .collect();
    let (name, led_in) = without_lead_in(&words, language);
    let name = without_tail(name, language);
    if name.is_empty() || name.len() > WORDS_MAX || reply.question {
        return None;
    }
    let plain = name.iter().all(|w| is_name_word(w));
    if !plain || (!led_in && means_something(name, language)) || holds_function_word(name, language)
    {
        return None;
    }
    let text = capitalised(name);
    (text.chars().count() <= LETTERS_MAX).then_some(Verdict {
        meaning: Value::Text(text),
        certain: led_in || name.len() <= 3,
        rule: if led_in { "name-after-lead-in" } else { "name" },
    })
}

/// Drops greetings and "my name is" from the front, in the lead's language and in English.
fn without_lead_in<'a>(words: &'a [&'a str], language: usize) -> (&'a [&'a str], bool) {
    let mut rest = words;
    let mut led_in = false;
    while let Some((n, cue)) = cue_at(rest, language) {
        match cue {
            Cue::NameIs => led_in = true,
            Cue::Greeting => {}
            _ => break,
        }
        rest = &rest[n.min(rest.len())..];
    }
    (rest, led_in)
}

fn without_tail<'a>(mut words: &'a [&'a str], language: usize) -> &'a [&'a str] {
    for start in 0..words.len() {
        let tail = |(n, cue): (usize, Cue)| cue == Cue::NameTail && start + n <= words.len();
        if start > 0 && cue_at(&words[start..], language).is_some_and(tail) {
            words = &words[..start];
            break;
        }
    }
    words
}

/// The cue that the words begin with; how many of them it takes.
fn cue_at(words: &[&str], language: usize) -> Option<(usize, Cue)> {
    const CUE_WORDS_MAX: usize = 5;
    let count = words.len().min(CUE_WORDS_MAX);
    [language, 0].into_iter().find_map(|language| {
        let language = &lexicon::get().languages[language];
        (1..=count).rev().find_map(|n| {
            let pieces = super::lex::lex_text(&words[..n].join(" "));
            let pieces: Vec<_> = pieces.into_iter().filter(|p| p.word().is_some()).collect();
            let (taken, cue) = language.naming(&pieces)?;
            let wanted = matches!(cue, Cue::NameIs | Cue::Greeting | Cue::NameTail);
            (taken == pieces.len() && wanted).then_some((n, cue))
        })
    })
}

fn is_name_word(word: &str) -> bool {
    word.chars()
        .all(|c| c.is_alphabetic() || matches!(c, '.' | '\'' | '-'))
        && word.chars().any(char::is_alphabetic)
}

/// Whether the words are an answer of another kind: "no", "later", "not sure".
fn means_something(words: &[&str], language: usize) -> bool {
    let reply = Reply::read(&words.join(" "));
    let all = reply.words.as_slice();
    let other = !(Concept::Repair.bit() | Concept::Own.bit() | Concept::New.bit());
    [language, 0].into_iter().any(|language| {
        lexicon::get().languages[language]
            .phrase(all)
            .is_some_and(|(n, bits)| n == all.len() && bits & other != 0)
    })
}

/// Function words make a sentence, not a name; particles of names are none.
fn holds_function_word(words: &[&str], language: usize) -> bool {
    const PARTICLES: [&str; 16] = [
        "de", "la", "del", "da", "do", "dos", "das", "van", "von", "der", "den", "le", "di", "e",
        "y", "du",
    ];
    const SENTENCES: [&str; 40] = [
        "know", "my", "name", "same", "before", "as", "what", "who", "why", "not", "dont", "yours",
        "he", "she", "they", "his", "her", "it", "have", "has", "already", "told", "need", "sent",
        "when", "where", "how", "nombre", "mismo", "nom", "meme", "nome", "mesmo", "gleich", "wie",
        "sabes", "savez", "wissen", "none", "stop",
    ];
    let reply = Reply::read(&words.join(" "));
    let count = reply.words.len();
    reply.words.as_slice().iter().any(|word| {
        let text = word.of_text(&reply.text);
        if SENTENCES.contains(&text) {
            return true;
        }
        let language = &lexicon::get().languages[language];
        let function = language.known.filler | language.known.not;
        count > 1
            && language.is(word.id, function)
            && !PARTICLES.contains(&text)
            && text.len() > 1
            && !is_capitalised(words, text)
    })
}

fn is_capitalised(words: &[&str], folded: &str) -> bool {
    words.iter().any(|w| {
        w.chars().next().is_some_and(char::is_uppercase) && super::normalize::fold(w) == folded
    })
}

/// A name all in small letters gets its capitals.
fn capitalised(words: &[&str]) -> String {
    let text = words.join(" ");
    // The point of "Jr." stays.
    const ABBREVIATION_MAX: usize = 3;
    let last = words
        .last()
        .map_or(0, |w| w.trim_end_matches('.').chars().count());
    let ends = words.len() == 1 || last > ABBREVIATION_MAX;
    let text = text.trim_end_matches(|c: char| c == '.' && ends);
    if text.chars().any(char::is_uppercase) {
        return text.to_string();
    }
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map_or(String::new(), |c| c.to_uppercase().chain(letters).collect())
    };
    let words: Vec<String> = text.split(' ').map(capital).collect();
    words.join(" ")
}
