//! The words that are understood everywhere, ahead of every flow, and so cannot be an author's own.
//! Source: data/keywords.yaml (FCC 47 CFR 64.1200(a)(10), CTIA, the carriers' own lists).

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct File {
    opt_out: BTreeMap<String, Language>,
    opt_in: BTreeMap<String, Vec<String>>,
    help: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Language {
    certain: BTreeMap<String, serde_yaml::Value>,
    #[serde(default)]
    likely: Vec<String>,
}

/// Words that mean something in every flow only while the lead is opted out.
const CONDITIONAL: &str = "only_when_opted_out_or_pending";

static FILE: LazyLock<File> = LazyLock::new(|| {
    serde_yaml::from_str(include_str!("../../data/keywords.yaml"))
        .expect("data/keywords.yaml is part of this program and a test reads it")
});

/// Lower case, quotes and blanks at the ends cut, blanks inside made one.
pub fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// Every word that is kept, as [`plain`] writes it, with what it is kept for.
static RESERVED: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut kept = HashMap::new();
    let lists = |lists: &'static BTreeMap<String, Vec<String>>| {
        lists
            .iter()
            .filter(|(language, _)| *language != CONDITIONAL)
            .flat_map(|(_, words)| words)
    };
    for word in lists(&FILE.help) {
        kept.insert(plain(word), "a help keyword");
    }
    for word in lists(&FILE.opt_in) {
        kept.insert(plain(word), "an opt-in keyword");
    }
    for language in FILE.opt_out.values() {
        for word in language.certain.keys().chain(&language.likely) {
            kept.insert(plain(word), "an opt-out keyword");
        }
    }
    kept
});

/// What the word is kept for, in any language: `an opt-out keyword`.
pub fn reserved(word: &str) -> Option<&'static str> {
    RESERVED.get(plain(word).as_str()).copied()
}

/// The opt-out words a text in this locale may offer: STOP everywhere, and the language's own.
pub fn opt_out_words(locale: &str) -> Vec<String> {
    let language = locale.split(['-', '_']).next().unwrap_or(locale);
    let own = FILE.opt_out.get(language);
    let own = own.into_iter().flat_map(|language| language.certain.keys());
    std::iter::once("stop".to_string())
        .chain(own.map(|word| plain(word)))
        .collect()
}

/// Verbs that tell a reader to send a word.
const TELLS: [&str; 24] = [
    "reply",
    "text",
    "send",
    "txt",
    "say",
    "write",
    "with",
    "or",
    "responda",
    "responde",
    "envíe",
    "envía",
    "escriba",
    "mande",
    "répondez",
    "envoyez",
    "antworten",
    "antworte",
    "sende",
    "senden",
    "mit",
    "responder",
    "envie",
    "con",
];

/// Whether one of the locale's opt-out words stands alone: in capitals, in quotes, or after a verb
/// that says to send it.
pub fn offers_a_way_out(text: &str, locale: &str) -> bool {
    let ways = opt_out_words(locale);
    let tokens: Vec<&str> = text.split_whitespace().collect();
    tokens.iter().enumerate().any(|(at, token)| {
        let word = token.trim_matches(|c: char| !c.is_alphanumeric() && c != '=');
        if !ways.contains(&word.to_lowercase()) {
            return false;
        }
        let quoted = token.starts_with(['\'', '"', '“', '‘', '«', '`']);
        let capitals = word.chars().any(char::is_uppercase) && word == word.to_uppercase();
        let told = at.checked_sub(1).is_some_and(|before| {
            let before = tokens[before].trim_matches(|c: char| !c.is_alphanumeric());
            TELLS.contains(&before.to_lowercase().as_str())
        });
        quoted || capitals || told
    })
}

/// The help words a text in this locale may offer: HELP everywhere, and the language's own.
pub fn help_words(locale: &str) -> Vec<String> {
    let language = locale.split(['-', '_']).next().unwrap_or(locale);
    let own = FILE.help.get(language).into_iter().flatten();
    std::iter::once("help".to_string())
        .chain(own.map(|word| plain(word)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_every_language_are_kept_for_opting_out_in_and_for_help() {
        for (word, kept) in [
            ("STOP", Some("an opt-out keyword")),
            ("Cancel", Some("an opt-out keyword")),
            ("baja", Some("an opt-out keyword")),
            ("fin", Some("an opt-out keyword")),
            ("start", Some("an opt-in keyword")),
            ("Info", Some("a help keyword")),
            ("yes", None),
            ("join", None),
            ("later", None),
        ] {
            assert_eq!(reserved(word), kept, "{word}");
        }
        assert!(opt_out_words("es-MX").contains(&"salir".to_string()));
        assert!(opt_out_words("xx").contains(&"stop".to_string()));
    }

    #[test]
    fn a_way_out_is_a_word_that_stands_alone() {
        for (text, locale, offered) in [
            ("Hi. STOP to opt out.", "en", true),
            ("Hi. Reply stop to end", "en", true),
            ("1 yes, 2 later. STOP ends", "en", true),
            ("Hola. Responda BAJA para salir.", "es", true),
            ("Text 'stop' to quit", "en", true),
            ("stop=end", "en", false),
            ("reply stop2quit", "en", false),
            ("Non-stop fun at our shop! Stop by today", "en", false),
            ("Hi there", "en", false),
        ] {
            assert_eq!(offers_a_way_out(text, locale), offered, "{text}");
        }
    }
}
