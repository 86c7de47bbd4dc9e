//! One-time codes from an authenticator (RFC 6238 over HMAC-SHA-1, six digits, 30 seconds), and the
//! recovery codes for when it is lost.

use hmac::{Hmac, KeyInit, Mac};
use qrcodegen::{QrCode, QrCodeEcc};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use crate::store::CodeHash;
use crate::time::Timestamp;
use crate::web::auth::{NoRandomness, key_hash, random};

const STEP_S: u64 = 30;
const DIGITS: usize = 6;
/// Clocks differ: the step before and the one after count too.
const DRIFT_STEPS: u64 = 1;
pub const RECOVERY_CODES: usize = 10;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

pub fn new_secret() -> Result<[u8; 20], NoRandomness> {
    random()
}

fn step_at(now: Timestamp) -> u64 {
    u64::try_from(now.as_ms() / 1000).unwrap_or(0) / STEP_S
}

fn code(secret: &[u8], step: u64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("HMAC takes any key");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 0x0f);
    let cut = [digest[at], digest[at + 1], digest[at + 2], digest[at + 3]];
    let number = u32::from_be_bytes(cut) & 0x7fff_ffff;
    format!("{:0width$}", number % 1_000_000, width = DIGITS)
}

/// The step whose code was given, if it is one of now; blanks within it are well.
pub fn fits(secret: &[u8], given: &str, now: Timestamp) -> Option<u64> {
    let given: String = given.chars().filter(|c| !c.is_whitespace()).collect();
    let step = step_at(now);
    (step.saturating_sub(DRIFT_STEPS)..=step + DRIFT_STEPS)
        .find(|step| bool::from(code(secret, *step).as_bytes().ct_eq(given.as_bytes())))
}

/// The code of this moment, as an authenticator shows it.
pub fn now(secret: &[u8], now: Timestamp) -> String {
    code(secret, step_at(now))
}

pub fn base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut held, mut bits) = (0u32, 0u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(BASE32[(held >> bits) as usize & 31]));
        }
    }
    if bits > 0 {
        out.push(char::from(BASE32[(held << (5 - bits)) as usize & 31]));
    }
    out
}

/// A secret as [`base32`] wrote it.
pub fn from_base32(text: &str) -> Option<[u8; 20]> {
    let mut secret = [0; 20];
    let (mut held, mut bits, mut at) = (0u32, 0u32, 0);
    for byte in text.bytes() {
        let value = BASE32.iter().position(|known| *known == byte)?;
        held = (held << 5) | value as u32;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            *secret.get_mut(at)? = (held >> bits) as u8;
            at += 1;
        }
    }
    (at == secret.len()).then_some(secret)
}

/// What an authenticator reads from the picture.
pub fn uri(secret: &[u8], account: &str, brand: &str) -> String {
    let plain = |text: &str| -> String {
        let taken = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
        text.chars()
            .map(|c| if c == ' ' { '-' } else { c })
            .filter(taken)
            .collect()
    };
    let issuer = match plain(brand) {
        empty if empty.is_empty() => "Replytree".to_string(),
        brand => brand,
    };
    let (account, secret) = (plain(account), base32(secret));
    format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}")
}

/// The text as a QR picture: the path of its dark squares, and how many squares a side has, with the
/// quiet zone around it. `None` when it is too long for one.
pub fn picture(text: &str) -> Option<(String, i32)> {
    const QUIET: i32 = 4;
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        for x in (0..size).filter(|x| code.get_module(*x, y)) {
            path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET));
        }
    }
    Some((path, size + 2 * QUIET))
}

/// New recovery codes, to be shown once: 50 bits each.
pub fn recovery_codes() -> Result<Vec<String>, NoRandomness> {
    (0..RECOVERY_CODES)
        .map(|_| {
            let bytes: [u8; 7] = random()?;
            let text = base32(&bytes).to_lowercase();
            Ok(format!("{}-{}", &text[..5], &text[5..10]))
        })
        .collect()
}

pub fn recovery_hash(code: &str) -> CodeHash {
    let plain: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    CodeHash(key_hash(&plain))
}

/// Takes the code out of those that are left; false when it is none of them.
pub fn use_recovery(left: &mut Vec<CodeHash>, given: &str) -> bool {
    let hash = recovery_hash(given);
    let found = left
        .iter()
        .position(|kept| bool::from(kept.0.ct_eq(&hash.0)));
    found.map(|at| left.remove(at)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, and RFC 4226, appendix D: the last six of the digits there.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let secret = b"12345678901234567890";
        for (at_s, want) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let at = Timestamp::from_ms(at_s * 1000);
            assert_eq!(now(secret, at), want, "at {at_s}");
        }
        let counted = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922",
        ];
        for (step, want) in counted.iter().enumerate() {
            assert_eq!(code(secret, step as u64), *want, "step {step}");
        }
    }

    #[test]
    fn a_code_counts_half_a_minute_early_and_late_and_no_longer() {
        let secret = [7; 20];
        let at = Timestamp::from_ms(1_790_000_010_000);
        let told = now(&secret, at);
        for (off_s, counts) in [
            (-61, false),
            (-30, true),
            (0, true),
            (30, true),
            (61, false),
        ] {
            let then = Timestamp::from_ms(at.as_ms() + off_s * 1000);
            assert_eq!(fits(&secret, &told, then).is_some(), counts, "{off_s} s");
        }
        let spaced = format!("{} {}", &told[..3], &told[3..]);
        assert!(fits(&secret, &spaced, at).is_some());
        assert!(fits(&secret, "", at).is_none());
    }

    /// RFC 4648, section 10.
    #[test]
    fn base32_is_that_of_the_rfc() {
        for (plain, want) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), want, "{plain:?}");
        }
        let secret = *b"12345678901234567890";
        assert_eq!(from_base32(&base32(&secret)), Some(secret));
        assert_eq!(from_base32("MZXW6"), None);
    }

    #[test]
    fn a_recovery_code_works_once_however_it_is_written() {
        let codes = recovery_codes().unwrap();
        let mut left: Vec<CodeHash> = codes.iter().map(|code| recovery_hash(code)).collect();
        let shouted = codes[3].to_uppercase().replace('-', " ");
        assert!(use_recovery(&mut left, &shouted));
        assert!(!use_recovery(&mut left, &codes[3]));
        assert_eq!(left.len(), RECOVERY_CODES - 1);
    }

    #[test]
    fn the_address_of_a_secret_names_brand_and_account() {
        let uri = uri(b"12345678901234567890", "dana", "Northside Auto & Co?");
        let want = "otpauth://totp/Northside-Auto--Co:dana?\
                    secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Northside-Auto--Co";
        assert_eq!(uri, want);
        let (path, side) = picture(&uri).unwrap();
        assert!(side > 20 && path.starts_with('M'));
    }
}
