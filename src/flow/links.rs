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

/// The link that every flow with a `book` step has: to the appointment, for the lead's own calendar.
pub const INVITE: &str = "invite";

const INVITE_MAC: usize = 10;

/// What stands between `/c/` and `.ics`: the conversation, and what only the key's holder could add to it.
pub fn invite_code(key: &[u8; 32], conversation: u64) -> String {
    use base64::Engine as _;
    let mut bytes = conversation.to_be_bytes().to_vec();
    bytes.extend_from_slice(&invite_mac(key, conversation)[..INVITE_MAC]);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// The conversation of a code that this key made.
pub fn read_invite(key: &[u8; 32], code: &str) -> Option<u64> {
    use base64::Engine as _;
    use subtle::ConstantTimeEq;
    let engine = &base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let bytes = engine.decode(code).ok()?;
    let (id, mac) = bytes.split_at_checked(8)?;
    let id = u64::from_be_bytes(id.try_into().ok()?);
    bool::from(invite_mac(key, id)[..INVITE_MAC].ct_eq(mac)).then_some(id)
}

fn invite_mac(key: &[u8; 32], conversation: u64) -> [u8; 32] {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac =
        Hmac::<sha2::Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(b"invite\0");
    mac.update(&conversation.to_be_bytes());
    mac.finalize().into_bytes().into()
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
    fn an_invitation_is_found_by_its_own_code_alone() {
        let (key, other) = ([7; 32], [8; 32]);
        let code = invite_code(&key, 42);
        assert_eq!(read_invite(&key, &code), Some(42));
        assert_eq!(read_invite(&other, &code), None);
        assert_ne!(invite_code(&key, 43), code);
        for code in ["", "AAAA", "AAAAAAAAACoAAAAAAAAAAAAA", "!"] {
            assert_eq!(read_invite(&key, code), None, "{code}");
        }
    }

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
