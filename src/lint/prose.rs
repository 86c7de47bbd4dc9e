//! Prose as readers meet it: words, sentences, syllables, links, signs. Pure text; what is too much
//! is each lint's own business.

/// Whether a word is a link: it names a scheme or `www.`.
pub fn is_link(word: &str) -> bool {
    let word = word
        .trim_start_matches(['(', '<', '"', '\''])
        .to_ascii_lowercase();
    ["http://", "https://", "www."]
        .iter()
        .any(|start| word.starts_with(start))
}

/// Words that hold a letter or a digit, links left out.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
        .filter(|word| !is_link(word) && word.chars().any(char::is_alphanumeric))
}

/// Sentences: up to `.`, `!`, `?` or `…` before a space, or the end of a line.
pub fn sentences(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let stops = matches!(c, '.' | '!' | '?' | '…') && next.is_none_or(char::is_whitespace);
        if stops || c == '\n' {
            let end = at + c.len_utf8();
            all.push(&text[start..end]);
            start = end;
        }
    }
    all.push(&text[start..]);
    all.retain(|sentence| words(sentence).next().is_some());
    all
}

/// The words of the longest sentence.
pub fn longest_sentence(text: &str) -> usize {
    sentences(text)
        .iter()
        .map(|sentence| words(sentence).count())
        .max()
        .unwrap_or(0)
}

/// The Flesch-Kincaid grade: years of United States schooling that the text asks for. English only.
/// Source: Kincaid et al. 1975.
pub fn flesch_kincaid(text: &str) -> f64 {
    // A sentence of a word or two ("Acme." "Thanks!") makes nothing easier to read.
    let long = sentences(text)
        .iter()
        .filter(|sentence| words(sentence).count() > 2)
        .count();
    let words: Vec<&str> = words(text).collect();
    if words.is_empty() {
        return 0.0;
    }
    let syllables: usize = words.iter().map(|word| self::syllables(word)).sum();
    let count = words.len() as f64;
    0.39 * count / long.max(1) as f64 + 11.8 * syllables as f64 / count - 15.59
}

/// Syllables of an English word: its groups of vowels, without a silent `e` at the end.
pub fn syllables(word: &str) -> usize {
    let letters: Vec<char> = word
        .chars()
        .filter(|c| c.is_alphabetic())
        .flat_map(char::to_lowercase)
        .collect();
    let is_vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    let mut groups = 0;
    let mut in_group = false;
    for c in &letters {
        let vowel = is_vowel(*c);
        groups += usize::from(vowel && !in_group);
        in_group = vowel;
    }
    let silent = match letters[..] {
        [.., before, 'l', 'e'] if !is_vowel(before) => false,
        [.., before, 'e'] => !is_vowel(before),
        [.., before, 'e', 'd'] => !matches!(before, 't' | 'd') && !is_vowel(before),
        [.., before, 'e', 's'] => !matches!(before, 's' | 'x' | 'z' | 'h' | 'c' | 'g' | 'i'),
        _ => false,
    };
    let spoken: String = letters.iter().collect();
    let apart = APART
        .iter()
        .filter(|vowels| spoken.contains(**vowels))
        .count();
    (groups + apart - usize::from(silent && groups > 1)).max(1)
}

/// Neighbouring vowels that are spoken apart.
const APART: [&str; 6] = ["aic", "ienc", "iate", "uou", "eous", "create"];

/// Emoji and other pictures: each is read aloud by its name.
pub fn emoji(text: &str) -> usize {
    use unicode_segmentation::UnicodeSegmentation;
    text.graphemes(true)
        .filter(|sign| sign.chars().any(is_picture))
        .count()
}

fn is_picture(c: char) -> bool {
    matches!(c as u32,
        0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0x20E3
        | 0x2300..=0x23FF | 0x2190..=0x21FF | 0xFE0F)
}

/// Whether `phrase` stands in `text` as whole words. Both in lower case.
pub fn has_phrase(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        ends(before) && ends(after)
    })
}

/// The first of `phrases` that stands in `text`, in any case.
pub fn first_phrase<'p>(text: &str, phrases: &[&'p str]) -> Option<&'p str> {
    let text = text.to_lowercase().replace('’', "'");
    phrases
        .iter()
        .find(|phrase| has_phrase(&text, phrase))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_counted_as_spoken() {
        for (word, expected) in [
            ("the", 1),
            ("time", 1),
            ("table", 2),
            ("asked", 1),
            ("wanted", 2),
            ("solar", 2),
            ("interest", 3),
            ("photovoltaic", 5),
            ("convenience", 4),
            ("reply", 2),
            ("yes", 1),
            ("2", 1),
        ] {
            assert_eq!(syllables(word), expected, "{word}");
        }
    }

    #[test]
    fn sentences_end_at_a_stop_before_a_space() {
        for (text, expected) in [
            ("One. Two! Three?", 3),
            ("v1.2 is out", 1),
            ("See https://a.example/x.html now. Ok", 2),
            ("One\nTwo", 2),
            ("...", 0),
        ] {
            assert_eq!(sentences(text).len(), expected, "{text}");
        }
    }
}
