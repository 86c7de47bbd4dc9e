//! Words that matter most, as thumbs write them: two letters swapped, one doubled, single or left out. The
//! first letter and the last are nearly always hit. Worked out once; looking a word up costs nothing more.

const SWAPPED_MIN: usize = 5;
const LEFT_OUT_MIN: usize = 7;

/// The slips of a word of plain letters.
pub(super) fn slips(word: &str) -> Vec<String> {
    let n = word.len();
    if n < SWAPPED_MIN || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return Vec::new();
    }
    let letter = |i: usize| &word[i..=i];
    let swapped = (1..n - 1)
        .filter(|i| letter(*i) != letter(*i + 1))
        .map(|i| {
            let (a, b) = (letter(i), letter(i + 1));
            format!("{}{b}{a}{}", &word[..i], &word[i + 2..])
        });
    let doubled = (1..n).map(|i| format!("{}{}", &word[..=i], &word[i..]));
    let without = |i: usize| format!("{}{}", &word[..i], &word[i + 1..]);
    let single = (1..n - 1)
        .filter(|i| letter(*i) == letter(*i + 1))
        .map(without);
    let left_out = (1..n - 1).filter(|_| n >= LEFT_OUT_MIN).map(without);
    swapped
        .chain(doubled)
        .chain(single)
        .chain(left_out)
        .collect()
}

/// A word written as it is heard, one sound at a time: in Spanish and Portuguese "desuscrivir", "resivir".
pub(super) fn by_ear(language: &str, word: &str) -> Vec<String> {
    const SOUNDS: [(&str, &str); 7] = [
        ("b", "v"),
        ("v", "b"),
        ("ce", "se"),
        ("ci", "si"),
        ("z", "s"),
        ("qu", "k"),
        ("cr", "kr"),
    ];
    if !["es", "pt"].contains(&language) || word.len() < SWAPPED_MIN || !word.is_ascii() {
        return Vec::new();
    }
    let heard = SOUNDS.iter().flat_map(|(sound, other)| {
        let places = word.match_indices(sound);
        places.map(move |(at, _)| format!("{}{other}{}", &word[..at], &word[at + sound.len()..]))
    });
    heard.collect()
}

#[cfg(test)]
mod tests {
    use super::{by_ear, slips};

    #[test]
    fn words_are_written_as_they_are_heard() {
        let heard = by_ear("es", "desuscribir");
        assert!(heard.iter().any(|w| w == "desuscrivir"), "{heard:?}");
        assert!(by_ear("en", "subscribe").is_empty());
    }

    #[test]
    fn slips_keep_both_ends() {
        let slips = slips("messages");
        for slip in ["mesages", "messagess", "messgaes", "mssages", "messagse"] {
            assert!(slips.iter().any(|s| s == slip), "{slip}");
        }
        assert!(!slips.iter().any(|s| s == "essages"));
        assert!(super::slips("text").is_empty());
    }
}
