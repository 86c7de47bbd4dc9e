//! Which part of a text its writer wrote for this reply: not the signature a phone or a habit adds,
//! not the lines they quote. Judges lines by their shape; a text without such lines stays whole.

use std::borrow::Cow;

/// Beginnings of lines that mail and messaging apps add, in lower case.
const APP_SIGNATURES: [&str; 19] = [
    "sent from my",
    "sent from ",
    "sent via",
    "sent using",
    "get outlook for",
    "enviado desde",
    "enviado do meu",
    "enviado de mi",
    "enviado del",
    "enviado pelo",
    "enviado a partir do",
    "envoye de mon",
    "envoyé de mon",
    "envoyé depuis",
    "envoye depuis",
    "von meinem",
    "gesendet von",
    "gesendet mit",
    "télécharger outlook",
];

/// A signature under a dash is a name: at most so many words.
const DASHED_NAME_WORDS_MAX: usize = 3;

/// `raw` without signature and quoted lines. What is nothing else stays as it is.
pub(super) fn own_words(raw: &str) -> Cow<'_, str> {
    if !raw.contains(['\n', '\r', '>']) {
        return Cow::Borrowed(raw);
    }
    let mut kept = String::with_capacity(raw.len());
    for line in raw.lines() {
        let bare = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{200B}');
        if is_quote(bare) {
            continue;
        }
        let begun = !kept.trim().is_empty();
        if begun && (is_signature(bare) || introduces_quote(bare)) {
            break;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    Cow::Owned(kept)
}

fn is_quote(line: &str) -> bool {
    // A heart and an arrow are no quotes: "<3", "->".
    line.starts_with('>') && line.len() > 1 && !line.starts_with(">:")
}

fn introduces_quote(line: &str) -> bool {
    let lower = line.to_lowercase();
    lower.ends_with("wrote:")
        || lower.ends_with("escribió:")
        || lower.ends_with("a écrit :")
        || lower.ends_with("schrieb:")
        || lower.ends_with("escreveu:")
        || lower.starts_with("-----original message")
}

fn is_signature(line: &str) -> bool {
    if line == "--" || line == "__" || line == "---" {
        return true;
    }
    let lower = line.to_lowercase();
    if APP_SIGNATURES.iter().any(|start| lower.starts_with(start)) {
        return true;
    }
    let name = line.strip_prefix(['-', '~', '\u{2013}', '\u{2014}']);
    name.is_some_and(|name| {
        let name = name.trim_start_matches(['-', ' ']);
        !name.is_empty()
            && name.split_whitespace().count() <= DASHED_NAME_WORDS_MAX
            && name
                .chars()
                .all(|c| c.is_alphabetic() || matches!(c, ' ' | '.' | '\'' | '-'))
            && name.chars().next().is_some_and(char::is_uppercase)
    })
}
