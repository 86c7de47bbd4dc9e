//! What a writer wrote for this answer: not the letter it quotes, not a signature. Judges lines by their
//! shape, as mail programs write them in five languages. An answer may stand above what it quotes, below
//! it, or between its lines.

/// Ends of the line before a quoted letter, in lower case; such a line begins with `On`, `El`, `Le`, …
const WROTE: [&str; 7] = [
    "wrote:",
    "writes:",
    "escribió:",
    "a écrit :",
    "a écrit:",
    "schrieb:",
    "escreveu:",
];
/// `Am 23.11.26 schrieb Northside <…>:`
const WROTE_WITHIN: [&str; 3] = [" schrieb ", " wrote ", " escribió "];
/// Lines after which nothing is the writer's own.
const ORIGINAL: [&str; 10] = [
    "-----original message",
    "-----ursprüngliche nachricht",
    "-----mensaje original",
    "-----message d'origine",
    "-----mensagem original",
    "---------- forwarded message",
    "begin forwarded message:",
    "________________________________",
    "##- please type your reply above",
    "--- so far by text message ---",
];
/// The first line of the block of headers that Outlook puts above a quoted letter, and its second.
const FROM: [&str; 4] = ["from:", "von:", "de:", "de :"];
const SENT: [&str; 12] = [
    "sent:",
    "date:",
    "to:",
    "gesendet:",
    "datum:",
    "an:",
    "enviado:",
    "fecha:",
    "envoyé :",
    "date :",
    "enviada:",
    "para:",
];
/// How many lines the line before a quoted letter may be wrapped over.
const WRAPPED_MAX: usize = 3;

pub fn own_words(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut kept: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at].trim();
        if line.starts_with('>') {
            at += 1;
            continue;
        }
        if lines[at] == "--" || text_is_signature(lines[at]) || begins_original(&lines[at..]) {
            break;
        }
        if let Some(length) = introduction(&lines[at..]) {
            // What follows unmarked is the letter itself, to the end.
            let next = lines[at + length..]
                .iter()
                .find(|line| !line.trim().is_empty());
            if next.is_none_or(|next| !next.trim().starts_with('>')) {
                break;
            }
            at += length;
            continue;
        }
        kept.push(lines[at]);
        at += 1;
    }
    let kept = kept.join("\n");
    // Three blank lines where a quote was are one.
    let mut text = kept.trim().to_string();
    while text.contains("\n\n\n") {
        text = text.replace("\n\n\n", "\n\n");
    }
    text
}

/// `-- ` stands alone before a signature (RFC 3676); many programs lose its blank.
fn text_is_signature(line: &str) -> bool {
    matches!(line, "-- " | "--" | "—")
}

fn begins_original(lines: &[&str]) -> bool {
    let first = lines[0].trim().trim_start_matches('*').to_lowercase();
    if ORIGINAL.iter().any(|start| first.starts_with(start)) {
        return true;
    }
    let second = lines.iter().skip(1).find(|line| !line.trim().is_empty());
    let second = second.map_or(String::new(), |line| {
        line.trim().trim_start_matches('*').to_lowercase()
    });
    let starts = |line: &str, starts: &[&str]| starts.iter().any(|start| line.starts_with(start));
    starts(&first, &FROM) && first.contains('@') && starts(&second, &SENT)
        || starts(&first, &FROM) && starts(&second, &SENT)
}

/// How many lines the introduction of a quoted letter takes, if one begins here.
fn introduction(lines: &[&str]) -> Option<usize> {
    let first = lines[0].trim();
    if first.is_empty() {
        return None;
    }
    let mut joined = String::new();
    for (n, line) in lines.iter().take(WRAPPED_MAX).enumerate() {
        if n > 0 && line.trim().is_empty() {
            return None;
        }
        joined.push(' ');
        joined.push_str(&line.trim().to_lowercase());
        let ends = WROTE.iter().any(|end| joined.ends_with(end))
            || joined.ends_with(':') && WROTE_WITHIN.iter().any(|word| joined.contains(word));
        // "My sister wrote:" is an answer; a date or an address makes it an introduction.
        let dated = joined.chars().any(|c| c.is_ascii_digit()) || joined.contains('@');
        if ends && dated {
            return Some(n + 1);
        }
    }
    None
}
