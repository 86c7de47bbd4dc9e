//! The address of a lead's preferences page: signed, so that nobody can make another's, and without
//! the number in it. `{link.preferences}` in a text stands for it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::lead::PhoneNumber;

/// The name of the link that every flow has.
pub const LINK: &str = "preferences";
const PATH: &str = "/preferences/";
const TAG: usize = 8;
/// A number of 15 digits fits 7 bytes.
const NUMBER: usize = 7;

pub fn url(public_url: &str, key: &[u8; 32], lead: PhoneNumber) -> String {
    format!("{public_url}{PATH}{}", token(key, lead))
}

/// Thirty hexadecimal digits: a signature over the number, and the number hidden under it. The same
/// for a lead at all times, so that an old text still leads there.
pub fn token(key: &[u8; 32], lead: PhoneNumber) -> String {
    let number = lead.digits().to_be_bytes();
    let tag = keyed(key, b"preferences tag\0", &number);
    let pad = keyed(key, b"preferences pad\0", &tag[..TAG]);
    let hidden = number[8 - NUMBER..].iter().zip(pad).map(|(a, b)| a ^ b);
    let bytes = tag[..TAG].iter().copied().chain(hidden);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

/// Whose page it is; `None` for a token that is not ours.
pub fn read(key: &[u8; 32], token: &str) -> Option<PhoneNumber> {
    if token.len() != 2 * (TAG + NUMBER) || !token.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; TAG + NUMBER];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&token[2 * i..2 * i + 2], 16).ok()?;
    }
    let pad = keyed(key, b"preferences pad\0", &bytes[..TAG]);
    let mut number = [0; 8];
    for i in 0..NUMBER {
        number[8 - NUMBER + i] = bytes[TAG + i] ^ pad[i];
    }
    let lead = PhoneNumber::from_digits(u64::from_be_bytes(number))?;
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(b"preferences tag\0");
    mac.update(&number);
    // Compared in constant time.
    mac.verify_truncated_left(&bytes[..TAG]).ok()?;
    Some(lead)
}

fn keyed(key: &[u8; 32], scope: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(scope);
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_lead_and_no_other_does() {
        let key = [7; 32];
        for phone in ["+13125550142", "+447911123456", "+999999999999999"] {
            let lead: PhoneNumber = phone.parse().unwrap();
            let token = token(&key, lead);
            assert_eq!(read(&key, &token), Some(lead), "{token}");
            assert!(!token.contains(&phone[4..]), "{token}");
            assert_eq!(read(&[8; 32], &token), None);
            for i in 0..token.len() {
                let digit = if &token[i..=i] == "0" { "1" } else { "0" };
                let other = format!("{}{digit}{}", &token[..i], &token[i + 1..]);
                assert_eq!(read(&key, &other), None, "{other}");
            }
        }
        for wrong in ["", "00", "zz", &"0".repeat(30), &"é".repeat(15)] {
            assert_eq!(read(&key, wrong), None, "{wrong}");
        }
    }
}
