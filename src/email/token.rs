//! What a letter carries so that its reply, its bounce and its unsubscribe find their lead again: the
//! email's lead and number, sealed. Whoever holds a token can neither read the number in it nor make
//! another; it says what it is for and never expires.
//!
//! A synthetic nonce in the manner of RFC 5297: the MAC over use and content is also what the content is
//! masked by, so that one email has one token, on every attempt.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::conversation::Seq;
use crate::lead::PhoneNumber;

/// An email of ours: the lead, and its number in the lead's timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EmailRef {
    pub lead: PhoneNumber,
    pub seq: Seq,
}

/// What a token is for. One is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// In the Message-ID and the address of a reply.
    Reply,
    Unsubscribe,
    /// In the Message-ID of an agent's alert; nobody's reply is matched by it.
    Alert,
}

impl Use {
    fn mark(self) -> &'static [u8] {
        match self {
            Use::Reply => b"replytree email reply",
            Use::Unsubscribe => b"replytree email unsubscribe",
            Use::Alert => b"replytree email alert",
        }
    }
}

const MAC_LEN: usize = 8;
const CONTENT_LEN: usize = 12;
/// Characters of a token.
pub const TOKEN_LEN: usize = (MAC_LEN + CONTENT_LEN) * 8 / 5;

/// Lower case throughout: mail servers may fold the case of an address.
const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

pub fn seal(key: &[u8; 32], what: Use, of: EmailRef) -> String {
    let mut content = [0; CONTENT_LEN];
    content[..8].copy_from_slice(&of.lead.digits().to_be_bytes());
    content[8..].copy_from_slice(&of.seq.to_be_bytes());
    let mac = mac(key, what, &content);
    let masked = masked(key, what, &mac, content);
    let mut bytes = [0; MAC_LEN + CONTENT_LEN];
    bytes[..MAC_LEN].copy_from_slice(&mac);
    bytes[MAC_LEN..].copy_from_slice(&masked);
    base32(&bytes)
}

/// The email that `token` was made for; `None` for any other text, and for another use.
pub fn open(key: &[u8; 32], what: Use, token: &str) -> Option<EmailRef> {
    let bytes = read_base32(token)?;
    let (given, rest) = bytes.split_at_checked(MAC_LEN)?;
    let given: [u8; MAC_LEN] = given.try_into().ok()?;
    let content = masked(key, what, &given, rest.try_into().ok()?);
    let ours = mac(key, what, &content);
    if !bool::from(ours.ct_eq(&given)) {
        return None;
    }
    let digits = u64::from_be_bytes(content[..8].try_into().ok()?);
    Some(EmailRef {
        lead: PhoneNumber::from_digits(digits)?,
        seq: Seq::from_be_bytes(content[8..].try_into().ok()?),
    })
}

/// The first email of ours that `text` (a header, a list of addresses) names by a token.
pub fn find(key: &[u8; 32], what: Use, text: &str) -> Option<EmailRef> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() == TOKEN_LEN)
        .find_map(|word| open(key, what, &word.to_ascii_lowercase()))
}

fn hmac(key: &[u8; 32], what: Use, part: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for piece in [what.mark(), b"\0", part, b"\0", bytes] {
        mac.update(piece);
    }
    mac.finalize().into_bytes().into()
}

fn mac(key: &[u8; 32], what: Use, content: &[u8; CONTENT_LEN]) -> [u8; MAC_LEN] {
    let mut short = [0; MAC_LEN];
    short.copy_from_slice(&hmac(key, what, b"mac", content)[..MAC_LEN]);
    short
}

fn masked(
    key: &[u8; 32],
    what: Use,
    mac: &[u8; MAC_LEN],
    mut content: [u8; CONTENT_LEN],
) -> [u8; CONTENT_LEN] {
    let mask = hmac(key, what, b"mask", mac);
    content
        .iter_mut()
        .zip(mask)
        .for_each(|(byte, m)| *byte ^= m);
    content
}

fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut held, mut bits) = (0u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(DIGITS[(held >> bits) as usize & 31]));
        }
    }
    text
}

fn read_base32(text: &str) -> Option<Vec<u8>> {
    if text.len() != TOKEN_LEN {
        return None;
    }
    let mut bytes = Vec::with_capacity(MAC_LEN + CONTENT_LEN);
    let (mut held, mut bits) = (0u32, 0);
    for byte in text.bytes() {
        let digit = DIGITS.iter().position(|digit| *digit == byte)?;
        held = held << 5 | digit as u32;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn of(lead: &str, seq: Seq) -> EmailRef {
        EmailRef {
            lead: lead.parse().unwrap(),
            seq,
        }
    }

    #[test]
    fn a_token_opens_for_its_use_and_key_alone_and_hides_the_number() {
        for email in [of("+13125550142", 7), of("+442079460958", u32::MAX)] {
            let token = seal(&KEY, Use::Reply, email);
            assert_eq!(token.len(), TOKEN_LEN);
            assert_eq!(token, seal(&KEY, Use::Reply, email), "one email, one token");
            assert_eq!(open(&KEY, Use::Reply, &token), Some(email));
            assert_eq!(open(&KEY, Use::Unsubscribe, &token), None);
            assert_eq!(open(&[8; 32], Use::Reply, &token), None);
            let digits = email.lead.digits().to_be_bytes();
            let bytes = read_base32(&token).unwrap();
            assert!(!bytes.windows(5).any(|window| window == &digits[3..]));
        }
    }

    #[test]
    fn no_changed_token_opens() {
        let token = seal(&KEY, Use::Reply, of("+13125550142", 7));
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'a' { b'b' } else { b'a' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(open(&KEY, Use::Reply, &changed), None, "{at}");
        }
        assert_eq!(open(&KEY, Use::Reply, ""), None);
        assert_eq!(open(&KEY, Use::Reply, &"1".repeat(TOKEN_LEN)), None);
    }

    #[test]
    fn a_token_is_found_in_headers_and_addresses_however_they_are_written() {
        let email = of("+13125550142", 7);
        let token = seal(&KEY, Use::Reply, email);
        for text in [
            format!("<rt.{token}@northside.example>"),
            format!("<x@y> <rt.{token}@northside.example>\r\n\t<z@gmail.com>"),
            format!("Northside <hello+{token}@in.northside.example>"),
            format!("HELLO+{}@IN.NORTHSIDE.EXAMPLE", token.to_uppercase()),
        ] {
            assert_eq!(find(&KEY, Use::Reply, &text), Some(email), "{text}");
        }
        assert_eq!(find(&KEY, Use::Reply, "<CAF+x@mail.gmail.com>"), None);
    }
}
