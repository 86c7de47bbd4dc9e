//! E-mail addresses, phone numbers and postcodes in what people write around them.

use super::{Reply, Verdict};
use crate::lead::{PhoneNumber, Value};

fn told(text: String, certain: bool, rule: &'static str) -> Option<Verdict<Value>> {
    Some(Verdict {
        meaning: Value::Text(text),
        certain,
        rule,
    })
}

/// The one address in the reply, in lower case. A domain that looks mistyped is kept, not certain.
pub(super) fn email(reply: &Reply) -> Option<Verdict<Value>> {
    let mut found = addresses(&reply.clean);
    let mut rule = "email";
    if found.is_empty() {
        found = addresses(&spelled_out(&reply.clean));
        rule = "email-spelled-out";
    }
    found.dedup();
    match found.as_slice() {
        [one] => {
            let domain = one.split_once('@').map_or("", |(_, domain)| domain);
            let certain = rule == "email" && !is_mistyped(domain);
            told(one.clone(), certain, rule)
        }
        _ => None,
    }
}

fn addresses(text: &str) -> Vec<String> {
    text.split(|c: char| {
        c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | '"' | '[' | ']')
    })
    .filter(|token| token.contains('@'))
    .filter_map(|token| {
        let token = token.to_lowercase();
        let token = token.strip_prefix("mailto:").unwrap_or(&token);
        let token = token.rsplit(':').next().unwrap_or(token);
        let edge = |c: char| !c.is_alphanumeric();
        let token = token
            .trim_end_matches(edge)
            .trim_start_matches(|c| c != '_' && c != '@' && edge(c));
        is_address(token).then(|| token.to_string())
    })
    .collect()
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let local_fits = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local
            .chars()
            .all(|c| c.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c));
    let labels: Vec<&str> = domain.split('.').collect();
    let label_fits = |label: &&str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let top = labels.last().copied().unwrap_or("");
    local_fits
        && labels.len() >= 2
        && labels.iter().all(label_fits)
        && top.len() >= 2
        && top.chars().all(char::is_alphabetic)
        && text.len() <= 254
}

/// "sam at example dot com", "sam @ example . com".
fn spelled_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut joining = true;
    let text = apart(text);
    for token in text.split_whitespace() {
        let lower = token.to_lowercase();
        let bare = lower.trim_matches(|c| "()[]{}".contains(c));
        let sign = match bare {
            "at" | "arroba" | "arobase" | "arobas" | "@" | "ät" => "@",
            "dot" | "punto" | "point" | "punkt" | "ponto" | "." => ".",
            "underscore" | "guion_bajo" => "_",
            "dash" | "tiret" | "hyphen" => "-",
            _ => "",
        };
        if sign.is_empty() {
            let opens_part = token.len() > 1 && token.starts_with('.');
            if !joining && !opens_part {
                out.push(' ');
            }
            out.push_str(token);
        } else {
            out.push_str(sign);
        }
        joining = !sign.is_empty() || token.ends_with('@');
    }
    out
}

/// Signs in brackets as words of their own, "sam(at)example.com"; a comma before an ending is a point.
fn apart(text: &str) -> String {
    const ENDINGS: [&str; 7] = ["com", "net", "org", "de", "fr", "es", "pt"];
    let mut out = String::with_capacity(text.len() + 4);
    for token in text.split_whitespace() {
        let token = token.to_lowercase();
        let token = ["(at)", "[at]", "{at}", "<at>"]
            .iter()
            .fold(token, |token, sign| token.replace(sign, " at "));
        let token = ["(dot)", "[dot]", "{dot}"]
            .iter()
            .fold(token, |token, sign| token.replace(sign, " dot "));
        let mended = token
            .rsplit_once(',')
            .filter(|(start, end)| start.contains('@') && ENDINGS.contains(end))
            .map(|(start, end)| format!("{start}.{end}"));
        out.push_str(mended.as_deref().unwrap_or(&token));
        out.push(' ');
    }
    out
}

/// Well-known providers one slip away, or an ending that is nearly `com`.
fn is_mistyped(domain: &str) -> bool {
    const KNOWN: [&str; 12] = [
        "gmail.com",
        "yahoo.com",
        "hotmail.com",
        "outlook.com",
        "icloud.com",
        "aol.com",
        "gmx.de",
        "web.de",
        "live.com",
        "comcast.net",
        "msn.com",
        "orange.fr",
    ];
    if KNOWN.contains(&domain) {
        return false;
    }
    KNOWN.iter().any(|known| {
        super::typo::is_near(domain, known)
            || strsim::osa_distance(domain, known) == 2
                && domain.len() > 7
                && domain.as_bytes()[0] == known.as_bytes()[0]
    }) || domain.ends_with(".con")
        || domain.ends_with(".cmo")
        || domain.ends_with(".comm")
}

/// The one phone number in the reply, as E.164.
pub(super) fn phone(reply: &Reply, locale: &str) -> Option<Verdict<Value>> {
    let text = reply.clean.as_str();
    let mut candidates = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), '\n')]) {
        let belongs =
            c.is_ascii_digit() || matches!(c, '+' | '(' | ')' | '-' | '.' | ' ' | '/' | '\u{A0}');
        match (belongs, start) {
            (true, None) if c.is_ascii_digit() || c == '+' || c == '(' => start = Some(at),
            (false, Some(from)) => {
                candidates.push(&text[from..at]);
                start = None;
            }
            _ => {}
        }
    }
    let mut numbers: Vec<PhoneNumber> = candidates
        .into_iter()
        .filter(|c| (7..=15).contains(&c.bytes().filter(u8::is_ascii_digit).count()))
        .filter_map(|c| regions(locale).iter().find_map(|region| valid(c, region)))
        .collect();
    numbers.dedup();
    match numbers.as_slice() {
        [one] => told(one.to_string(), true, "phone"),
        _ => None,
    }
}

fn valid(text: &str, region: &str) -> Option<PhoneNumber> {
    let text = text.trim().trim_end_matches(['.', '-', '/']);
    let of = region.parse::<rlibphonenumber::Region>().ok()?;
    let parsed = rlibphonenumber::PhoneNumber::parse(text, Some(of)).ok()?;
    parsed
        .is_valid()
        .then(|| PhoneNumber::parse_loose(text, region).ok())
        .flatten()
}

fn regions(locale: &str) -> &'static [&'static str] {
    let region = locale.get(3..5).unwrap_or("").to_ascii_uppercase();
    match (region.as_str(), locale.get(..2).unwrap_or("en")) {
        ("GB", _) => &["GB"],
        ("MX", _) => &["MX"],
        ("ES", _) => &["ES"],
        ("PT", _) => &["PT"],
        ("CH", _) => &["CH"],
        ("AT", _) => &["AT"],
        ("BE", _) => &["BE"],
        ("AU", _) => &["AU"],
        (_, "es") => &["US", "ES", "MX"],
        (_, "fr") => &["FR", "CA"],
        (_, "de") => &["DE"],
        (_, "pt") => &["BR", "PT"],
        _ => &["US"],
    }
}

/// The one postcode in the reply: US ZIP of five digits, GB and CA with one space, PT and BR with their
/// dash, five digits elsewhere.
pub(super) fn postcode(reply: &Reply, locale: &str) -> Option<Verdict<Value>> {
    let upper = reply.clean.to_uppercase();
    let tokens: Vec<&str> = upper
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .map(|t| t.trim_matches('-'))
        .filter(|t| !t.is_empty())
        .collect();
    let language = locale.get(..2).unwrap_or("en");
    let mut found: Vec<String> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let pair = tokens
            .get(at + 1)
            .map(|next| format!("{} {next}", tokens[at]));
        if let Some(code) = pair.as_deref().and_then(|pair| in_two(pair, language)) {
            found.push(code);
            at += 2;
            continue;
        }
        found.extend(in_one(tokens[at], language));
        at += 1;
    }
    found.dedup();
    match found.as_slice() {
        [one] => told(one.clone(), true, "postcode"),
        _ => None,
    }
}

/// A shape such as `A9A 9A9`: letters for A, digits for 9.
fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.chars().zip(shape.chars()).all(|(c, s)| match s {
            'A' => c.is_ascii_uppercase(),
            '9' => c.is_ascii_digit(),
            s => c == s,
        })
}

const GB: [&str; 6] = [
    "A9 9AA", "A99 9AA", "AA9 9AA", "AA99 9AA", "A9A 9AA", "AA9A 9AA",
];

fn in_two(pair: &str, language: &str) -> Option<String> {
    let spaced = GB
        .iter()
        .chain(&["A9A 9A9"])
        .any(|shape| has_shape(pair, shape));
    if spaced {
        return Some(pair.to_string());
    }
    match language {
        "pt" if has_shape(pair, "9999 999") || has_shape(pair, "99999 999") => {
            Some(pair.replace(' ', "-"))
        }
        _ if has_shape(pair, "9999 AA") => Some(pair.to_string()),
        _ => None,
    }
}

fn in_one(token: &str, language: &str) -> Option<String> {
    if has_shape(token, "99999-9999") {
        return Some(token[..5].to_string());
    }
    if language == "pt" {
        return match token.len() {
            8 if has_shape(token, "9999-999") => Some(token.to_string()),
            9 if has_shape(token, "99999-999") => Some(token.to_string()),
            7 if has_shape(token, "9999999") => Some(format!("{}-{}", &token[..4], &token[4..])),
            8 if has_shape(token, "99999999") => Some(format!("{}-{}", &token[..5], &token[5..])),
            4 if has_shape(token, "9999") => Some(token.to_string()),
            _ => None,
        };
    }
    if has_shape(token, "99999") {
        return Some(token.to_string());
    }
    if language == "en" && has_shape(token, "999999999") {
        return Some(token[..5].to_string());
    }
    let closed = GB
        .iter()
        .chain(&["A9A 9A9"])
        .any(|shape| has_shape(token, &shape.replace(' ', "")));
    if closed {
        let cut = token.len() - 3;
        return Some(format!("{} {}", &token[..cut], &token[cut..]));
    }
    if let Some((area, rest)) = token.split_once('-')
        && has_shape(area, "A9A")
        && has_shape(rest, "9A9")
    {
        return Some(format!("{area} {rest}"));
    }
    let dashed = token
        .strip_prefix("D-")
        .or_else(|| token.strip_prefix("F-"));
    if let Some(code) = dashed.filter(|code| has_shape(code, "99999")) {
        return Some(code.to_string());
    }
    // Austria, Switzerland, Belgium, Luxembourg.
    ((language == "de" || language == "fr") && has_shape(token, "9999")).then(|| token.to_string())
}
