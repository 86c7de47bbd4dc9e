//! What a name field must look like to be said, and how a shouted name is written properly.

use std::borrow::Cow;

/// What forms and CRMs send when they know no name.
const NO_NAME: [&str; 15] = [
    "null",
    "undefined",
    "none",
    "nan",
    "n/a",
    "unknown",
    "test",
    "nil",
    "no name",
    "anonymous",
    "first name",
    "firstname",
    "your name",
    "name",
    "customer",
];

/// Whether a person could be greeted by `text`: not a placeholder, an address, a number, or a merge
/// tag that was never filled in.
pub fn is_person(text: &str) -> bool {
    let text = text.trim();
    let plain = |c: char| {
        !c.is_ascii() || c.is_ascii_alphabetic() || matches!(c, ' ' | '\'' | '-' | '.' | ',' | '&')
    };
    let bracketed = |c: char| matches!(c, '(' | ')' | '"');
    text.chars().any(char::is_alphabetic)
        && text.chars().all(|c| plain(c) || bracketed(c))
        && !NO_NAME.iter().any(|none| none.eq_ignore_ascii_case(text))
        && !text.split_whitespace().any(is_a_try)
}

/// What somebody writes who tries a form out: `Test User`.
fn is_a_try(word: &str) -> bool {
    ["test", "tester", "testing"]
        .iter()
        .any(|tried| tried.eq_ignore_ascii_case(word))
}

/// More letters than a first name has: a sentence, or a company.
const LETTERS: usize = 20;

/// Whether a first name is too long to greet by.
pub fn is_long(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphabetic()).count() > LETTERS
}

/// Whether a name stands in capitals alone: `ADA`, and not initials such as `TJ`.
pub fn is_shouted(text: &str) -> bool {
    let cased = |c: &char| c.is_uppercase() || c.is_lowercase();
    let letters: Vec<char> = text.chars().filter(cased).collect();
    letters.len() > 2 && letters.iter().all(|c| c.is_uppercase())
}

/// Whether a CRM wrote its own word for nothing into a field.
pub fn is_null(text: &str) -> bool {
    let text = text.trim();
    ["null", "undefined", "nan"]
        .iter()
        .any(|none| none.eq_ignore_ascii_case(text))
}

/// Words inside a name that stay small: `Maria de la Cruz`.
const PARTICLES: [&str; 21] = [
    "de", "la", "las", "los", "del", "van", "von", "der", "den", "da", "das", "do", "dos", "di",
    "du", "y", "e", "bin", "ibn", "al", "el",
];
const NUMERALS: [&str; 6] = ["II", "III", "IV", "VI", "VII", "VIII"];

/// Writes `text` in title case, word by word. A word that already mixes its letters is left alone.
pub fn write_title(out: &mut String, text: &str) {
    let mixed = text
        .split_whitespace()
        .any(|word| case(word) == Case::Mixed);
    let words = text.split_whitespace().count();
    for (i, word) in text.split_whitespace().enumerate() {
        if i > 0 {
            out.push(' ');
        }
        let inside = (i > 0 || mixed) && i + 1 < words;
        let lower = word.to_lowercase();
        match case(word) {
            Case::Mixed => out.push_str(word),
            _ if inside && PARTICLES.contains(&lower.as_str()) => out.push_str(&lower),
            Case::Upper if stays_upper(word) => out.push_str(word),
            Case::Upper | Case::Lower => write_word(out, &lower),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Upper,
    Lower,
    Mixed,
}

/// A single capital is upper; `Cruz`, with one of each, is mixed.
fn case(word: &str) -> Case {
    let upper = word.chars().any(char::is_uppercase);
    let lower = word.chars().any(char::is_lowercase);
    match (upper, lower) {
        (true, true) => Case::Mixed,
        (true, false) => Case::Upper,
        (false, _) => Case::Lower,
    }
}

/// `III`, and initials such as `TJ`: too short for a name without a vowel.
fn stays_upper(word: &str) -> bool {
    let vowels = ['A', 'E', 'I', 'O', 'U', 'Y'];
    let letters = word.len() <= 3 && word.bytes().all(|b| b.is_ascii_alphabetic());
    NUMERALS.contains(&word) || (letters && !word.contains(vowels))
}

/// One word in small letters, with its capitals put in: `o'neil-mcdonald` is `O'Neil-McDonald`.
fn write_word(out: &mut String, lower: &str) {
    let mut capital = true;
    let mut since_break = 0;
    for (at, c) in lower.char_indices() {
        if capital {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        if c.is_alphanumeric() {
            since_break += 1;
            // `Mc` begins a name within a name.
            capital = since_break == 2 && lower[..at + c.len_utf8()].ends_with("mc");
        } else {
            // After an apostrophe only where one letter led up to it: O'Neil, but Ann's.
            capital = !matches!(c, '\'' | '’') || since_break == 1;
            since_break = 0;
        }
    }
}

/// `text` without the spaces around it and the doubled ones within.
pub fn tidy(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.contains("  ") || text.contains(['\n', '\t']) {
        Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_greeted_and_a_placeholder_is_not() {
        for (text, person) in [
            ("Ada", true),
            ("María José", true),
            ("O'Neil-Smith Jr.", true),
            ("李", true),
            ("Robert (Bob)", true),
            ("null", false),
            ("Undefined", false),
            ("Test User", false),
            ("testing", false),
            ("Contesta", true),
            ("Dana2", false),
            ("N/A", false),
            ("None", false),
            ("555-0100", false),
            ("12", false),
            ("ada@example.com", false),
            ("{{first_name}}", false),
            ("*|FNAME|*", false),
            ("--", false),
            ("", false),
        ] {
            assert_eq!(is_person(text), person, "{text:?}");
        }
    }

    #[test]
    fn a_long_or_shouted_first_name_is_told() {
        for (text, long, shouted) in [
            ("Ada", false, false),
            ("ADA", false, true),
            ("TJ", false, false),
            ("J.R.", false, false),
            ("MARÍA", false, true),
            ("李小龙", false, false),
            ("DeShawn", false, false),
            ("Maximiliana-Josephine", false, false),
            ("Maximiliana-Josephines", true, false),
            ("NORTHSIDE HOLDINGS LIMITED", true, true),
        ] {
            assert_eq!((is_long(text), is_shouted(text)), (long, shouted), "{text}");
        }
    }

    #[test]
    fn shouted_and_whispered_names_are_written_properly() {
        for (text, title) in [
            ("ADA", "Ada"),
            ("ada lovelace", "Ada Lovelace"),
            ("MCDONALD", "McDonald"),
            ("RONALD MCDONALD", "Ronald McDonald"),
            ("mc", "Mc"),
            ("O'NEIL", "O'Neil"),
            ("o’neil-smith", "O’Neil-Smith"),
            ("ANN'S", "Ann's"),
            ("MARIA DE LA CRUZ", "Maria de la Cruz"),
            ("de la Cruz", "de la Cruz"),
            ("DE LA CRUZ", "De la Cruz"),
            ("LUDWIG VAN BEETHOVEN", "Ludwig van Beethoven"),
            ("DeShawn", "DeShawn"),
            ("JOSÉ ÁLVAREZ", "José Álvarez"),
            ("JOHN SMITH III", "John Smith III"),
            ("TJ", "TJ"),
            ("J.R. EWING", "J.R. Ewing"),
            ("Ada LOVELACE", "Ada Lovelace"),
            ("", ""),
        ] {
            let mut out = String::new();
            write_title(&mut out, text);
            assert_eq!(out, title, "{text:?}");
        }
    }
}
