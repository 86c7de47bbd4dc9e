//! In which language a text is written, where that is beyond doubt: by words that one language writes all the
//! time and the others do not. Silent when unsure: a text of few such words, or one that quotes another tongue.

use std::collections::HashSet;

use crate::lint::prose;

/// Small words of each language. One that stands under several tells them from the rest only.
const SMALL: [(&str, &[&str]); 6] = [
    (
        "en",
        &[
            "the", "and", "you", "your", "are", "is", "we", "our", "us", "this", "that", "with",
            "have", "has", "will", "would", "can", "what", "when", "which", "how", "for", "from",
            "to", "of", "it", "if", "on", "at", "be", "been", "was", "were", "not", "or", "out",
            "here", "there", "they", "them", "want", "like", "thanks", "thank", "please", "yes",
            "today", "tomorrow", "soon", "still", "more", "about", "any", "do", "does", "did",
            "i'm", "i", "my", "it's", "we'll", "you'll", "don't", "let", "know", "by", "call",
            "text", "as", "need", "looking", "ready", "next", "week",
        ],
    ),
    (
        "es",
        &[
            "el", "la", "los", "las", "un", "una", "de", "del", "que", "qué", "en", "y", "es",
            "está", "son", "para", "por", "con", "su", "sus", "le", "les", "nos", "se", "lo", "al",
            "no", "sí", "si", "más", "o", "hola", "gracias", "usted", "quiere", "puede", "tiene",
            "cuándo", "cómo", "cuál", "hoy", "mañana", "somos", "aquí", "este", "esta", "como",
            "pero", "muy", "ya", "ha", "hay", "tu", "te", "responda", "escriba", "semana",
            "semanas", "sobre", "desde", "hasta", "ahora", "a",
        ],
    ),
    (
        "fr",
        &[
            "le",
            "la",
            "les",
            "un",
            "une",
            "des",
            "du",
            "de",
            "et",
            "est",
            "sont",
            "vous",
            "votre",
            "vos",
            "nous",
            "notre",
            "nos",
            "je",
            "il",
            "elle",
            "que",
            "qui",
            "pour",
            "par",
            "avec",
            "dans",
            "sur",
            "en",
            "au",
            "aux",
            "ce",
            "cette",
            "ne",
            "pas",
            "plus",
            "ou",
            "où",
            "oui",
            "non",
            "bonjour",
            "merci",
            "ici",
            "quand",
            "comment",
            "très",
            "avez",
            "êtes",
            "souhaitez",
            "voulez",
            "pouvez",
            "demain",
            "aujourd'hui",
            "répondez",
            "à",
            "se",
            "si",
            "mais",
            "semaine",
            "semaines",
            "toujours",
            "c'est",
            "d'un",
            "d'une",
        ],
    ),
    (
        "de",
        &[
            "der",
            "die",
            "das",
            "den",
            "dem",
            "des",
            "ein",
            "eine",
            "einen",
            "einem",
            "einer",
            "und",
            "oder",
            "ist",
            "sind",
            "sie",
            "ihr",
            "ihre",
            "ihren",
            "ihrem",
            "ihnen",
            "wir",
            "uns",
            "unser",
            "unsere",
            "ich",
            "es",
            "mit",
            "für",
            "von",
            "zu",
            "zum",
            "zur",
            "im",
            "in",
            "am",
            "auf",
            "bei",
            "aus",
            "nach",
            "nicht",
            "noch",
            "auch",
            "wie",
            "was",
            "wann",
            "haben",
            "hat",
            "möchten",
            "können",
            "werden",
            "wird",
            "hier",
            "hallo",
            "danke",
            "bitte",
            "ja",
            "nein",
            "heute",
            "morgen",
            "antworten",
            "woche",
            "wochen",
            "über",
            "um",
            "an",
        ],
    ),
    (
        "pt",
        &[
            "o", "a", "os", "as", "um", "uma", "de", "do", "da", "dos", "das", "no", "na", "nos",
            "nas", "em", "e", "é", "são", "que", "para", "por", "com", "seu", "sua", "seus",
            "suas", "você", "nós", "se", "não", "sim", "mais", "ou", "olá", "oi", "obrigado",
            "obrigada", "aqui", "quer", "pode", "tem", "quando", "como", "qual", "hoje", "amanhã",
            "somos", "este", "esta", "isso", "muito", "já", "há", "ao", "à", "responda", "semana",
            "semanas", "sobre", "até", "agora", "ainda", "pelo", "pela",
        ],
    ),
    (
        "it",
        &[
            "il",
            "lo",
            "la",
            "gli",
            "le",
            "i",
            "un",
            "una",
            "di",
            "del",
            "della",
            "dei",
            "che",
            "è",
            "e",
            "sono",
            "per",
            "con",
            "su",
            "suo",
            "sua",
            "suoi",
            "ci",
            "si",
            "non",
            "sì",
            "più",
            "o",
            "ciao",
            "buongiorno",
            "grazie",
            "qui",
            "quando",
            "come",
            "quale",
            "oggi",
            "domani",
            "siamo",
            "questo",
            "questa",
            "ma",
            "molto",
            "già",
            "ha",
            "al",
            "alla",
            "nel",
            "nella",
            "vuole",
            "può",
            "risponda",
            "rispondi",
            "settimana",
            "settimane",
            "ancora",
            "a",
            "da",
            "in",
        ],
    ),
];

/// The languages that are known.
pub const LANGUAGES: [&str; 6] = ["en", "es", "fr", "de", "pt", "it"];

/// Of so many different small words a language has to show, at least.
const WORDS: usize = 4;

/// And of a hundred words of the text so many.
const SHARE: usize = 30;

/// The language of a text, if it is beyond doubt.
pub fn detect(text: &str) -> Option<&'static str> {
    let words: Vec<String> = prose::words(text)
        .map(|word| {
            word.trim_matches(|c: char| !c.is_alphanumeric())
                .to_lowercase()
                .replace('’', "'")
        })
        .filter(|word| word.chars().any(char::is_alphabetic))
        .collect();
    let text = text.to_lowercase();
    let told: Vec<HashSet<&str>> = SMALL
        .iter()
        .zip(SIGNS)
        .map(|((_, small), signs)| {
            let told = words.iter().filter(|word| small.contains(&&***word));
            let signs = signs.iter().filter(|sign| text.contains(**sign)).copied();
            told.map(String::as_str).chain(signs).collect()
        })
        .collect();
    let (at, best) = told.iter().enumerate().max_by_key(|(_, told)| told.len())?;
    let counted = words
        .iter()
        .filter(|word| best.contains(word.as_str()))
        .count();
    let many = best.len() >= WORDS && counted * 100 >= words.len() * SHARE;
    let alone = told.iter().enumerate().all(|(other, told)| {
        let ours = best.difference(told).count();
        let theirs = told.difference(best).count();
        other == at || ours >= 2 + 2 * theirs
    });
    (many && alone).then_some(LANGUAGES[at])
}

/// Signs that only this one of the languages writes.
const SIGNS: [&[&str]; 6] = [
    &[],
    &["¿", "¡", "ñ"],
    &["œ", "ê"],
    &["ß", "ä", "ö"],
    &["ã", "õ"],
    &["ì", "ò"],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_whole_sentences_is_known_and_a_scrap_is_not() {
        for (text, language) in [
            (
                "Hi Sam, thanks for your interest. Do you want to start within 2 weeks? Reply STOP to opt out.",
                Some("en"),
            ),
            (
                "Hola Sam, somos Acme. ¿Piensa comprar en 2 semanas? Responda 1 si compra pronto, 2 para luego.",
                Some("es"),
            ),
            (
                "Bonjour Sam, ici Acme. Souhaitez-vous commencer dans 2 semaines ? Répondez 1 pour oui, 2 pour plus tard.",
                Some("fr"),
            ),
            (
                "Hallo Sam, hier ist Acme. Möchten Sie in 2 Wochen beginnen? Antworten Sie mit 1 für ja, 2 für später.",
                Some("de"),
            ),
            (
                "Olá Sam, aqui é a Acme. Você quer começar em 2 semanas? Responda 1 para sim, 2 para mais tarde.",
                Some("pt"),
            ),
            (
                "Ciao Sam, siamo Acme. Vuole iniziare questa settimana? Risponda 1 per sì, 2 per più tardi.",
                Some("it"),
            ),
            ("STOP", None),
            ("OK 1, 2, 3", None),
            ("Acme: Audi A4 Avant, Roadster, 2026", None),
            ("Gracias. Reply 1", None),
            ("", None),
        ] {
            assert_eq!(detect(text), language, "{text}");
        }
    }
}
