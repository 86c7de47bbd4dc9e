//! Fields as carriers send them: a form in the body, or the query of a GET. Also plain numbers and
//! times in the spellings that carriers use.

use std::borrow::Cow;

use crate::carrier::{Media, RawRequest, Unreadable};
use crate::lead::PhoneNumber;
use crate::time::Timestamp;

/// Most fields of one request; more is no carrier's.
pub const FIELDS_MAX: usize = 100;
/// Most carriers send no more.
const FIELDS_USUAL: usize = 24;
pub const MEDIA_MAX: usize = 10;
const ID_LEN_MAX: usize = 128;
/// From so many digits on, a bare number is one in full; below it is a short code.
const NUMBER_LEN_MIN: usize = 9;

/// A field's name and its value, borrowed where nothing in them was escaped.
pub type Pair<'b> = (Cow<'b, [u8]>, Cow<'b, [u8]>);

/// `a=b&c=d` decoded, in the order it came. What is not well escaped stays as it is.
pub fn decode(bytes: &[u8]) -> Result<Vec<Pair<'_>>, String> {
    let pieces = bytes.split(|byte| *byte == b'&');
    let mut pairs = Vec::with_capacity(FIELDS_USUAL);
    for piece in pieces.filter(|piece| !piece.is_empty()) {
        if pairs.len() == FIELDS_MAX {
            return Err(format!("there are more than {FIELDS_MAX} fields"));
        }
        let cut = piece.iter().position(|byte| *byte == b'=');
        let (key, value) = cut.map_or((piece, &b""[..]), |at| (&piece[..at], &piece[at + 1..]));
        pairs.push((unescape(key), unescape(value)));
    }
    Ok(pairs)
}

fn unescape(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(bytes);
    }
    let digit = |at: usize| {
        let byte = bytes.get(at)?;
        (*byte as char).to_digit(16).map(|digit| digit as u8)
    };
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'%' => match (digit(at + 1), digit(at + 2)) {
                (Some(high), Some(low)) => {
                    plain.push(high << 4 | low);
                    at += 2;
                }
                _ => plain.push(b'%'),
            },
            b'+' => plain.push(b' '),
            other => plain.push(*other),
        }
        at += 1;
    }
    Cow::Owned(plain)
}

/// As in a form's body: everything but letters, digits and `-._~` escaped.
pub fn escape(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| match byte {
            byte if plain(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

pub fn encode(pairs: &[(&str, &str)]) -> Vec<u8> {
    let pieces: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{}={}", escape(key), escape(value)))
        .collect();
    pieces.join("&").into_bytes()
}

/// The part of the address before the query, and the query.
pub fn split_url(url: &str) -> (&str, Option<&str>) {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    match url.split_once('?') {
        Some((base, query)) => (base, Some(query)),
        None => (url, None),
    }
}

/// A request's fields as text.
pub struct Form<'r>(Vec<(Cow<'r, str>, Cow<'r, str>)>);

/// What is no UTF-8 in it is replaced.
pub fn text(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).unwrap_or_else(|no| {
            let bytes = no.into_bytes();
            String::from_utf8_lossy(&bytes).into_owned()
        })),
    }
}

impl<'r> Form<'r> {
    /// Of the body; of the query when it is a GET.
    pub fn read(request: &'r RawRequest) -> Result<Self, Unreadable> {
        let query = split_url(&request.url).1.unwrap_or("").as_bytes();
        let bytes = if is_get(request) {
            query
        } else {
            &request.body
        };
        let pairs = decode(bytes).map_err(Unreadable)?.into_iter();
        Ok(Self(
            pairs.map(|(key, value)| (text(key), text(value))).collect(),
        ))
    }

    pub fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        let pairs = pairs.into_iter();
        Self(
            pairs
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        )
    }

    /// Refuses a field that is there twice: where keys and values are signed with nothing between
    /// them, a repeated one can be made from another's value.
    pub fn once_each(self) -> Result<Self, Unreadable> {
        let mut keys: Vec<&str> = self.0.iter().map(|(key, _)| &**key).collect();
        keys.sort_unstable();
        match keys.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Unreadable(format!(
                "the field `{}` is there twice",
                pair[0]
            ))),
            None => Ok(self),
        }
    }

    /// The last field of this name, also if it is empty.
    pub fn get(&self, key: &str) -> Option<&str> {
        let mut known = self.0.iter().rev();
        known
            .find(|(known, _)| known == key)
            .map(|(_, value)| &**value)
    }

    /// The last field of this name that is not empty.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)
            .map(str::trim)
            .filter(|value| !value.is_empty())
    }

    /// The first of these names that has a value.
    pub fn any(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| self.text(key))
    }

    pub fn need(&self, key: &str) -> Result<&str, Unreadable> {
        self.text(key).ok_or_else(|| missing(key))
    }

    /// `<key>0`, `<key>1`, … from `first` on, with the types that stand beside them.
    pub fn media(&self, key: &str, type_key: Option<&str>, first: usize) -> Vec<Media> {
        (first..first + MEDIA_MAX)
            .map_while(|n| {
                let url = self.text(&format!("{key}{n}"))?.to_string();
                let kind = type_key.and_then(|key| self.text(&format!("{key}{n}")));
                Some(Media {
                    url,
                    content_type: kind.map(str::to_string),
                })
            })
            .collect()
    }
}

pub fn is_get(request: &RawRequest) -> bool {
    request.method.eq_ignore_ascii_case("GET")
}

pub fn missing(key: &str) -> Unreadable {
    Unreadable(format!("`{key}` is missing"))
}

/// A carrier's message id: short, and of the characters that ids are made of.
pub fn id<'t>(key: &str, text: &'t str) -> Result<&'t str, Unreadable> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:~+/=".contains(&b);
    let well = (1..=ID_LEN_MAX).contains(&text.len()) && text.bytes().all(plain);
    well.then_some(text)
        .ok_or_else(|| Unreadable(format!("`{key}` is not an id of this carrier")))
}

/// A sender's number, with or without its plus.
pub fn number(key: &str, text: &str) -> Result<PhoneNumber, Unreadable> {
    let digits = text.trim();
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    format!("+{digits}")
        .parse()
        .map_err(|_| Unreadable(format!("`{key}` is not a phone number")))
}

/// A sender's number in strict E.164.
pub fn e164(key: &str, text: &str) -> Result<PhoneNumber, Unreadable> {
    text.parse()
        .map_err(|_| Unreadable(format!("`{key}` is not a number as in E.164")))
}

/// A number of ours as our settings write it: a full number with its plus, a short code bare.
pub fn address(text: &str) -> String {
    let text = text.trim();
    let bare = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if bare && text.len() >= NUMBER_LEN_MIN && !text.starts_with('0') {
        return format!("+{text}");
    }
    text.to_string()
}

/// A number without its plus, as several carriers want it; anything else as it is.
pub fn bare(text: &str) -> &str {
    text.strip_prefix('+').unwrap_or(text)
}

/// A time as carriers write it: RFC 3339; with an offset such as `+0000`; or `2020-01-01 12:00:00`
/// with or without a fraction, which is in UTC. `None` when it is none of these.
pub fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    if let Some((rest, zone)) = text
        .len()
        .checked_sub(5)
        .and_then(|at| text.split_at_checked(at))
        && zone.starts_with(['+', '-'])
    {
        let (hours, minutes) = zone.split_at_checked(3)?;
        return format!("{rest}{hours}:{minutes}").parse().ok();
    }
    format!("{}Z", text.replacen(' ', "T", 1)).parse().ok()
}
