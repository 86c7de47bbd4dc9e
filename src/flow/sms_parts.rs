//! How a text is encoded, how long it is, and how many parts carriers bill for it.
//!
//! GSM-7 when every character is in its alphabet, else UCS-2 for the whole text. One part holds 160
//! septets or 70 UTF-16 units; joined parts hold 153 or 67 each, and nothing that belongs together is
//! cut: neither an escape from its character nor the pieces of one written sign. Where programs
//! disagree (flags spelled in tags) this counts as Twilio's calculator does. Sources: 3GPP TS 23.038
//! and 23.040; `data/gsm7.json` with the replacements that Twilio publishes for Smart Encoding.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_segmentation::UnicodeSegmentation;

const DATA: &str = include_str!("../../data/gsm7.json");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Gsm7,
    Ucs2,
}

impl Encoding {
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Gsm7 => "GSM-7",
            Encoding::Ucs2 => "UCS-2",
        }
    }

    /// What fits into a text of one part.
    pub const fn single(self) -> usize {
        match self {
            Encoding::Gsm7 => 160,
            Encoding::Ucs2 => 70,
        }
    }

    /// What fits into each of several parts.
    pub const fn joined(self) -> usize {
        match self {
            Encoding::Gsm7 => 153,
            Encoding::Ucs2 => 67,
        }
    }
}

/// The size of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    pub encoding: Encoding,
    /// Septets, where an escaped character counts two, or UTF-16 units.
    pub units: usize,
    /// Billed parts. An empty text counts as one, as carriers do.
    pub parts: usize,
}

/// A spelling that is billed less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cheaper {
    pub text: String,
    pub size: Parts,
}

/// Counts a text. Allocates nothing.
pub fn count(text: &str) -> Parts {
    let Some(units) = septets(text) else {
        return count_ucs2(text);
    };
    Parts {
        encoding: Encoding::Gsm7,
        units,
        parts: if units <= Encoding::Gsm7.single() {
            1
        } else {
            pack(
                text.chars().map(|c| usize::from(width(c))),
                Encoding::Gsm7.joined(),
            )
        },
    }
}

/// The same text in fewer parts, by the carriers' own replacements of curly quotes, dashes, odd
/// spaces and the like; `None` when they save nothing.
pub fn cheaper(text: &str) -> Option<Cheaper> {
    let now = count(text);
    if now.encoding == Encoding::Gsm7 {
        return None;
    }
    let text = transliterate(text)?;
    let size = count(&text);
    (size.parts < now.parts).then_some(Cheaper { text, size })
}

/// The text with every character that has a plain equal replaced by it; `None` when there is none.
pub fn transliterate(text: &str) -> Option<String> {
    let map = &*PLAIN;
    if !text.chars().any(|c| map.contains_key(&c)) {
        return None;
    }
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match map.get(&c) {
            Some(to) => plain.push_str(to),
            None => plain.push(c),
        }
    }
    Some(plain)
}

/// Whether a character is in the GSM-7 alphabet or its extension.
pub fn is_gsm7(c: char) -> bool {
    width(c) > 0
}

/// The plain equal of a character that is not in GSM-7, which may be empty.
pub fn plain(c: char) -> Option<&'static str> {
    PLAIN.get(&c).copied()
}

static PLAIN: LazyLock<HashMap<char, &'static str>> = LazyLock::new(|| {
    let data: serde_json::Value = serde_json::from_str(DATA).unwrap_or_default();
    let rows = data["transliterate"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    rows.iter()
        .filter_map(|row| {
            let code = row["from"].as_str()?.strip_prefix("U+")?;
            let from = char::from_u32(u32::from_str_radix(code, 16).ok()?)?;
            let to: &'static str = row["to"].as_str()?.to_string().leak();
            Some((from, to))
        })
        .collect()
});

/// Septets of each ASCII character: 0 for those not in the alphabet, 2 for escaped ones.
static ASCII: [u8; 128] = {
    let mut widths = [1; 128];
    let mut c = 0;
    while c < 32 {
        widths[c] = 0;
        c += 1;
    }
    widths[b'\n' as usize] = 1;
    widths[b'\r' as usize] = 1;
    widths[0x0c] = 2;
    widths[b'`' as usize] = 0;
    widths[0x7f] = 0;
    let escaped = *b"^{}\\[~]|";
    let mut i = 0;
    while i < escaped.len() {
        widths[escaped[i] as usize] = 2;
        i += 1;
    }
    widths
};

/// Septets of a character; 0 when GSM-7 has none for it.
fn width(c: char) -> u8 {
    if let Some(width) = ASCII.get(c as usize) {
        return *width;
    }
    match c {
        '£' | '¥' | 'è' | 'é' | 'ù' | 'ì' | 'ò' | 'Ç' | 'Ø' | 'ø' | 'Å' | 'å' | 'Δ' | 'Φ' | 'Γ'
        | 'Λ' | 'Ω' | 'Π' | 'Ψ' | 'Σ' | 'Θ' | 'Ξ' | 'Æ' | 'æ' | 'ß' | 'É' | '¤' | '¡' | 'Ä'
        | 'Ö' | 'Ñ' | 'Ü' | '§' | '¿' | 'ä' | 'ö' | 'ñ' | 'ü' | 'à' => 1,
        '€' => 2,
        _ => 0,
    }
}

/// The length in septets; `None` when a character is not in GSM-7.
fn septets(text: &str) -> Option<usize> {
    let mut units = 0;
    for c in text.chars() {
        match width(c) {
            0 => return None,
            width => units += usize::from(width),
        }
    }
    Some(units)
}

fn count_ucs2(text: &str) -> Parts {
    let units = utf16_len(text);
    let parts = if units <= Encoding::Ucs2.single() {
        1
    } else {
        pack(
            text.graphemes(true).flat_map(signs),
            Encoding::Ucs2.joined(),
        )
    };
    Parts {
        encoding: Encoding::Ucs2,
        units,
        parts,
    }
}

fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The widths of what may not be cut in one written sign: the sign itself; each half of a line
/// break; each character of a sign that would not fit into a part of its own.
fn signs(sign: &str) -> impl Iterator<Item = usize> {
    let whole = utf16_len(sign);
    let cut = sign == "\r\n" || whole > Encoding::Ucs2.joined();
    let pieces = if cut { sign } else { "" };
    let one = (!cut).then_some(whole);
    one.into_iter().chain(pieces.chars().map(char::len_utf16))
}

/// How many parts of `room` units it takes when no piece is cut.
fn pack(pieces: impl Iterator<Item = usize>, room: usize) -> usize {
    let (mut parts, mut used) = (1, 0);
    for piece in pieces {
        if used + piece > room {
            parts += 1;
            used = 0;
        }
        used += piece;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASES: &str = include_str!("../../tests/data/segment_cases.json");

    #[test]
    fn texts_are_counted_as_carriers_bill_them() {
        let data: serde_json::Value = serde_json::from_str(CASES).unwrap();
        let cases = data["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 155);
        for case in cases {
            let size = |case: &serde_json::Value| {
                let number = |key: &str| case[key].as_u64().unwrap() as usize;
                (
                    case["encoding"].as_str().unwrap().to_string(),
                    number("units"),
                    number("segments"),
                )
            };
            let counted = |text: &str| {
                let size = count(text);
                (size.encoding.name().to_string(), size.units, size.parts)
            };
            let text = case["text"].as_str().unwrap();
            assert_eq!(counted(text), size(case), "{} {text:?}", case["id"]);
            let plain = transliterate(text);
            assert_eq!(
                plain.as_deref(),
                case["smart"]["text"].as_str(),
                "{}",
                case["id"]
            );
            let smart = plain.as_deref().unwrap_or(text);
            assert_eq!(
                counted(smart),
                size(&case["smart"]),
                "{} {smart:?}",
                case["id"]
            );
        }
    }

    #[test]
    fn the_alphabet_is_that_of_the_standard() {
        let data: serde_json::Value = serde_json::from_str(DATA).unwrap();
        let mut seen = 0;
        for (table, septets) in [("basic", 1), ("extension", 2)] {
            for row in data[table].as_array().unwrap() {
                let code = row[1].as_str().unwrap().strip_prefix("U+").unwrap();
                let c = char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap();
                // The escape itself is no character.
                let expected = if c == '\x1b' { 0 } else { septets };
                assert_eq!(width(c), expected, "{c:?}");
                seen += usize::from(expected > 0);
            }
        }
        let all = (0..=0x2_ffff)
            .filter_map(char::from_u32)
            .filter(|c| is_gsm7(*c))
            .count();
        assert_eq!(all, seen);
        assert!(PLAIN.values().all(|to| to.chars().all(is_gsm7)));
    }

    #[test]
    fn a_cheaper_spelling_is_offered_only_when_it_saves_a_part() {
        let long = |tail: &str| format!("{}{tail}", "a".repeat(80));
        for (text, parts) in [
            (long("it’s"), Some(1)),
            (long("it's"), None),
            ("it’s".to_string(), None),
            (long("😀"), None),
            (long("’😀"), None),
            ("…".repeat(54), None),
        ] {
            let saved = cheaper(&text).map(|cheaper| cheaper.size.parts);
            assert_eq!(saved, parts, "{text}");
        }
    }

    #[test]
    fn a_sign_longer_than_a_part_is_cut() {
        let zalgo = format!("a{}", "\u{301}".repeat(200));
        assert_eq!(count(&zalgo).parts, 3);
    }
}
