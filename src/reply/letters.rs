//! Characters that only look different: invisible ones, letters of other scripts that pass for Latin
//! ones, letters in boxes and circles. Source: Unicode's confusables (UTS 39), what NFKC leaves over.

/// `text` without characters that show nothing, and with apostrophes and spaces made plain.
pub(super) fn visible(text: &str) -> String {
    text.chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| match c {
            '\u{2018}' | '\u{2019}' | '\u{201B}' | '`' | '\u{B4}' | '\u{2BC}' | '\u{FF07}' => '\'',
            c if c.is_whitespace() && c != '\n' => ' ',
            c => c,
        })
        .collect()
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{20E3}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0000}'..='\u{E0FFF}')
        || (c.is_control() && c != '\n' && c != '\t' && c != '\r')
}

/// Letters in filled boxes and circles, and runs of three or more flags' letters, as plain letters;
/// signs for "number" as the word.
pub(super) fn spelled(text: &str) -> String {
    let flags = text.chars().filter(|c| flag_letter(*c).is_some()).count();
    numbered(text)
        .chars()
        .filter_map(|c| match c as u32 {
            n @ 0x1F150..=0x1F169 => char::from_u32('a' as u32 + n - 0x1F150),
            n @ 0x1F170..=0x1F189 => char::from_u32('a' as u32 + n - 0x1F170),
            0x1F1E6..=0x1F1FF if flags >= 3 => flag_letter(c),
            0x1F1E6..=0x1F1FF => None,
            _ => Some(c),
        })
        .collect()
}

/// `nº 1`, `N.°1` and `№1` as `no 1`.
fn numbered(text: &str) -> std::borrow::Cow<'_, str> {
    const SIGNS: [char; 3] = ['º', '°', '№'];
    if !text.contains(SIGNS) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        match c {
            '№' => out.push_str("no "),
            'º' | '°' => {
                let letter = out.strip_suffix('.').unwrap_or(&out);
                if letter.ends_with(['n', 'N']) {
                    out.truncate(letter.len());
                    out.push_str("o ");
                } else {
                    out.push(c);
                }
            }
            c => out.push(c),
        }
    }
    out.into()
}

fn flag_letter(c: char) -> Option<char> {
    match c as u32 {
        n @ 0x1F1E6..=0x1F1FF => char::from_u32('a' as u32 + n - 0x1F1E6),
        _ => None,
    }
}

/// A lower-case letter of another script as the Latin one it looks like; else itself.
// tidy: table
pub(super) fn look_alike(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        'ß' => ('s', Some('s')),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'а' | 'α' | 'ɑ' | 'ᴀ' => ('a', None),
        'ь' | 'в' | 'β' | 'ƅ' | 'ʙ' => ('b', None),
        'с' | 'ϲ' | 'ᴄ' => ('c', None),
        'ԁ' | 'ð' | 'đ' | 'ᴅ' => ('d', None),
        'е' | 'є' | 'ε' | 'ҽ' | 'ǝ' | 'ə' | 'ᴇ' => ('e', None),
        'ғ' | 'ƒ' => ('f', None),
        'ɡ' | 'ԍ' | 'ɢ' => ('g', None),
        'һ' | 'н' | 'ʜ' | 'ħ' => ('h', None),
        'і' | 'ι' | 'ı' | 'ɩ' | 'ӏ' | 'ɪ' => ('i', None),
        'ј' | 'ʝ' => ('j', None),
        'к' | 'κ' | 'ᴋ' => ('k', None),
        'ʟ' | 'ł' => ('l', None),
        'м' | 'ᴍ' => ('m', None),
        'п' | 'η' | 'ո' | 'ɴ' => ('n', None),
        'о' | 'ο' | 'ø' | 'օ' | 'σ' | 'ᴏ' | 'ɔ' => ('o', None),
        'р' | 'ρ' | 'ᴘ' | 'þ' => ('p', None),
        'ԛ' => ('q', None),
        'г' | 'ʀ' => ('r', None),
        'ѕ' | 'ꜱ' => ('s', None),
        'т' | 'τ' | 'ᴛ' | 'ŧ' => ('t', None),
        'υ' | 'ս' | 'ц' | 'ᴜ' => ('u', None),
        'ν' | 'ѵ' | 'ᴠ' => ('v', None),
        'ѡ' | 'ω' | 'ᴡ' => ('w', None),
        'х' | 'χ' => ('x', None),
        'у' | 'γ' | 'ү' | 'ʏ' => ('y', None),
        'ᴢ' => ('z', None),
        c => (c, None),
    };
    std::iter::once(first).chain(second)
}

/// Pictures: emoji, symbols and dingbats.
pub(super) fn is_emoji(c: char) -> bool {
    !c.is_ascii()
        && matches!(c as u32,
            0x2300..=0x23FF | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0x1F000..=0x1F14F
            | 0x1F18A..=0x1F1E5 | 0x1F200..=0x1FAFF)
}
