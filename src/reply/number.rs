//! Numbers as people write them: `1,200.50`, `1.200,50`, `5 000`, `5k`, `two thousand five hundred`,
//! `zweihundert`. Which of comma and point divides is the locale's, unless the number itself tells.

use super::lex::Lexed;
use super::lexicon::{self, Language, Spoken, WordId};

/// A number found among the pieces of a reply.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub value: f64,
    /// Pieces it takes, end excluded.
    pub start: usize,
    pub end: usize,
    /// What `k`, `mil` or `million` multiplied it by; 1 without.
    pub scale: f64,
    pub certain: bool,
}

/// The number that begins at piece `at`.
pub(super) fn at(pieces: &[Lexed], at: usize, language: usize) -> Option<Found> {
    let found = if pieces.get(at)?.digits().is_some() {
        written(pieces, at, language)
    } else {
        let words = &lexicon::get().languages[language];
        half(pieces, at, words).or_else(|| spoken(pieces, at, words))
    }?;
    Some(scaled(found, pieces, language))
}

/// Digits with what divides them.
fn written(pieces: &[Lexed], start: usize, language: usize) -> Option<Found> {
    let mut text = pieces[start].digits()?.to_string();
    let mut end = start + 1;
    while let Some(divider) = divider(pieces, end, language) {
        let (sign, digits, next) = divider;
        // "2, 3" are two numbers; "1 234" is one only in threes.
        text.push(sign);
        text.push_str(digits);
        end = next;
    }
    let (value, certain) = parse(&text, language)?;
    Some(Found {
        value,
        start,
        end,
        scale: 1.0,
        certain,
    })
}

/// A sign that divides one number, the digits after it, and where they end.
fn divider(pieces: &[Lexed], at: usize, language: usize) -> Option<(char, &str, usize)> {
    let piece = pieces.get(at)?;
    if let Some(sign @ ('.' | ',' | '\'')) = piece.sign() {
        let after = pieces.get(at + 1).filter(|p| p.glued && piece.glued)?;
        return Some((sign, after.digits()?, at + 2));
    }
    let digits = piece
        .digits()
        // English writes no spaces in numbers, but many who write it do: "10 000".
        .filter(|d| d.len() == 3 && !piece.glued && (language != 0 || *d == "000"))?;
    let before = pieces[at - 1].digits()?;
    (before.len() <= 3).then_some((' ', digits, at + 1))
}

/// Reads digits and dividers; whether comma and point left no doubt.
fn parse(text: &str, language: usize) -> Option<(f64, bool)> {
    let text: String = text.chars().filter(|c| *c != ' ' && *c != '\'').collect();
    let signs: Vec<(usize, char)> = text
        .char_indices()
        .filter(|(_, c)| !c.is_ascii_digit())
        .collect();
    let grouping_here = if language == 0 { ',' } else { '.' };
    let (decimal, certain) = match signs.as_slice() {
        [] => (None, true),
        [(at, sign)] => {
            let after = text.len() - at - 1;
            let in_threes = after == 3 && *at <= 3 && !text.starts_with('0');
            match (in_threes, *sign == grouping_here) {
                (true, true) => (None, true),
                (true, false) => (None, false),
                (false, grouping) => (Some(*at), !grouping),
            }
        }
        [.., (_, before), (at, last)] if before != last => (Some(*at), true),
        _ => (None, true),
    };
    let (whole, fraction) = match decimal {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text.as_str(), ""),
    };
    if !groups_hold(whole) {
        return None;
    }
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    let value = format!("{whole}.{fraction}0").parse().ok()?;
    Some((value, certain))
}

/// Whether all groups but the first have three digits and one sign divides them.
fn groups_hold(whole: &str) -> bool {
    let mut groups = whole.split(['.', ',']);
    let first = groups.next().map_or(0, str::len);
    let rest: Vec<&str> = groups.collect();
    let signs: Vec<char> = whole.chars().filter(|c| !c.is_ascii_digit()).collect();
    let one_sign = signs.windows(2).all(|w| w[0] == w[1]);
    rest.is_empty() || (one_sign && first <= 3 && rest.iter().all(|g| g.len() == 3))
}

/// "half a million", "medio millón".
fn half(pieces: &[Lexed], start: usize, language: &Language) -> Option<Found> {
    const HALVES: [&str; 8] = [
        "half", "medio", "media", "meio", "meia", "demi", "halbe", "halben",
    ];
    if !pieces[start].is_word(&HALVES) {
        return None;
    }
    let article = pieces
        .get(start + 1)
        .is_some_and(|p| p.is_word(&["a", "an", "of"]));
    let at = start + 1 + usize::from(article);
    let (_, id) = pieces.get(at)?.word()?;
    match language.spoken.get(&id) {
        Some(Spoken::Scale(n)) => Some(Found {
            value: *n as f64 / 2.0,
            start,
            end: at + 1,
            scale: *n as f64,
            certain: true,
        }),
        _ => None,
    }
}

/// A number in words, as long as it goes.
fn spoken(pieces: &[Lexed], start: usize, language: &Language) -> Option<Found> {
    let (mut total, mut group, mut end) = (0.0, None::<f64>, start);
    let mut at = start;
    while let Some((word, id)) = pieces.get(at).and_then(Lexed::word) {
        match number_word(word, id, language) {
            Some(Part::Add(n)) => {
                // "twenty twenty" and "two three" are not one number.
                if group.is_some_and(|g| !fits_after(g, n)) {
                    break;
                }
                group = Some(group.unwrap_or(0.0) + n);
            }
            Some(Part::Times(n)) if n >= 1000.0 => {
                total += group.take().unwrap_or(1.0) * n;
            }
            Some(Part::Times(n)) => group = Some(group.unwrap_or(1.0) * n),
            None if at > start && is_and(word) => {
                at += 1;
                continue;
            }
            None => break,
        }
        at += 1;
        end = at;
    }
    (end > start).then(|| Found {
        value: total + group.unwrap_or(0.0),
        start,
        end,
        scale: 1.0,
        certain: true,
    })
}

fn is_and(word: &str) -> bool {
    matches!(word, "and" | "y" | "e" | "et" | "und")
}

fn fits_after(group: f64, n: f64) -> bool {
    let tens = group % 100.0;
    if tens == 0.0 {
        n < 100.0 || group >= 1000.0
    } else {
        // French counts on from sixty and eighty: soixante-dix, quatre-vingt-treize.
        (tens % 10.0 == 0.0 && n < 20.0 && tens >= 20.0) || (tens == 4.0 && n == 20.0)
    }
}

enum Part {
    Add(f64),
    Times(f64),
}

fn number_word(word: &str, id: WordId, language: &Language) -> Option<Part> {
    match language.spoken.get(&id) {
        Some(Spoken::Cardinal(n)) => Some(Part::Add(f64::from(*n))),
        Some(Spoken::Scale(n)) => Some(Part::Times(*n as f64)),
        Some(Spoken::Ordinal(_)) => None,
        None => german(word).map(Part::Add),
    }
}

/// German joins: `zweihundertfünfzig`, `zwanzigtausend`.
fn german(word: &str) -> Option<f64> {
    let simple = |word: &str| {
        if word.is_empty() {
            return None;
        }
        let language = &lexicon::get().languages[3];
        match language.spoken.get(&lexicon::get().word(word)) {
            Some(Spoken::Cardinal(n)) => Some(f64::from(*n)),
            _ => None,
        }
    };
    for (name, factor) in [("tausend", 1000.0), ("hundert", 100.0)] {
        if let Some((before, after)) = word.split_once(name) {
            let times = if before.is_empty() {
                1.0
            } else {
                simple(before).or_else(|| german(before))?
            };
            let rest = if after.is_empty() {
                0.0
            } else {
                simple(after).or_else(|| german(after))?
            };
            return Some(times * factor + rest);
        }
    }
    None
}

/// `k`, `m`, `mil`, `grand`, `million` after a number.
fn scaled(mut found: Found, pieces: &[Lexed], language: usize) -> Found {
    while let Some((word, id)) = pieces.get(found.end).and_then(Lexed::word) {
        let scale = match word {
            "k" | "tsd" => 1e3,
            "mil" if language == 0 => 1e6,
            "m" | "mm" | "mio" | "mi" | "mn" if found.scale == 1.0 => 1e6,
            _ => match lexicon::get().languages[language].spoken.get(&id) {
                Some(Spoken::Scale(n)) => *n as f64,
                _ => break,
            },
        };
        found.value *= scale;
        found.scale *= scale;
        found.end += 1;
    }
    found
}
