//! Bytes of a file as text: UTF-8 and UTF-16 with or without their mark, else Windows-1252, which
//! spreadsheets write where they do not say.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16Little,
    Utf16Big,
    Windows1252,
}

impl Encoding {
    pub fn as_str(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf16Little => "UTF-16 (little-endian)",
            Encoding::Utf16Big => "UTF-16 (big-endian)",
            Encoding::Windows1252 => "Windows-1252",
        }
    }
}

/// How far one looks for the zero bytes that Western text has in UTF-16.
const LOOK_AT: usize = 4096;

pub fn decode(bytes: &[u8]) -> (String, Encoding) {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => (utf8_or_western(rest).0, Encoding::Utf8),
        [0xFF, 0xFE, rest @ ..] => (utf16(rest, u16::from_le_bytes), Encoding::Utf16Little),
        [0xFE, 0xFF, rest @ ..] => (utf16(rest, u16::from_be_bytes), Encoding::Utf16Big),
        _ => match zeros(bytes) {
            (even, odd) if odd > even && is_many(odd, bytes) => {
                (utf16(bytes, u16::from_le_bytes), Encoding::Utf16Little)
            }
            (even, odd) if even > odd && is_many(even, bytes) => {
                (utf16(bytes, u16::from_be_bytes), Encoding::Utf16Big)
            }
            _ => utf8_or_western(bytes),
        },
    }
}

/// Zero bytes at even and at odd places.
fn zeros(bytes: &[u8]) -> (usize, usize) {
    let look = &bytes[..bytes.len().min(LOOK_AT)];
    let at = |parity| {
        let places = look.iter().skip(parity).step_by(2);
        places.filter(|byte| **byte == 0).count()
    };
    (at(0), at(1))
}

fn is_many(zeros: usize, bytes: &[u8]) -> bool {
    zeros * 4 > bytes.len().min(LOOK_AT)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units)
        .map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn utf8_or_western(bytes: &[u8]) -> (String, Encoding) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_string(), Encoding::Utf8),
        Err(_) => (
            bytes.iter().copied().map(western).collect(),
            Encoding::Windows1252,
        ),
    }
}

/// The WHATWG's windows-1252: 0x80 to 0x9F differ from Latin-1.
fn western(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        byte => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_in_whatever_way_it_was_written() {
        let little: Vec<u8> = "phone\tnäme"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let big: Vec<u8> = "phone\tnäme"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        let with = |mark: &[u8], rest: &[u8]| [mark, rest].concat();
        for (bytes, text, encoding) in [
            (b"phone,name".to_vec(), "phone,name", Encoding::Utf8),
            (with(b"\xEF\xBB\xBF", b"phone"), "phone", Encoding::Utf8),
            ("Zoë €".as_bytes().to_vec(), "Zoë €", Encoding::Utf8),
            (
                b"Zo\xEB \x80 \x93x\x94".to_vec(),
                "Zoë € “x”",
                Encoding::Windows1252,
            ),
            (
                with(b"\xFF\xFE", &little),
                "phone\tnäme",
                Encoding::Utf16Little,
            ),
            (with(b"\xFE\xFF", &big), "phone\tnäme", Encoding::Utf16Big),
            (little.clone(), "phone\tnäme", Encoding::Utf16Little),
            (big.clone(), "phone\tnäme", Encoding::Utf16Big),
            (Vec::new(), "", Encoding::Utf8),
        ] {
            let got = decode(&bytes);
            assert_eq!(got, (text.to_string(), encoding), "{bytes:?}");
        }
    }
}
