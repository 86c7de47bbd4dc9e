//! Short links: how a code is written in an address, and how a target's parameters are escaped.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The code as it stands after `/l/`: base 62, at most 11 characters.
pub fn code_text(code: u64) -> String {
    let mut rest = code;
    let mut text = Vec::with_capacity(11);
    loop {
        text.push(DIGITS[(rest % 62) as usize]);
        rest /= 62;
        if rest == 0 {
            break;
        }
    }
    text.reverse();
    text.into_iter().map(char::from).collect()
}

/// The code of an address; `None` for anything `code_text` would not write.
pub fn read_code(text: &str) -> Option<u64> {
    if text.is_empty() || text.len() > 11 || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.bytes().try_fold(0u64, |code, byte| {
        let digit = DIGITS.iter().position(|d| *d == byte)? as u64;
        code.checked_mul(62)?.checked_add(digit)
    })
}

/// Percent-encodes what may not stand in a query's value (RFC 3986).
pub fn query_escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_as_written() {
        for code in [0, 1, 61, 62, 1 << 40, u64::MAX >> 1] {
            assert_eq!(read_code(&code_text(code)), Some(code), "{code}");
        }
        for text in ["", "00", "zzzzzzzzzzzz", "a-b", "é"] {
            assert_eq!(read_code(text), None, "{text:?}");
        }
    }
}
