//! Texts that no person wrote for us: reactions that phones turn into texts, automatic replies,
//! carriers' notices. What they quote is our own message and means nothing.

use super::everywhere::find;
use super::lexicon::{self, LANGUAGES, Topic};
use super::{Everywhere, Reply, Verdict};

pub(super) fn read(reply: &Reply) -> Option<Verdict<Everywhere>> {
    if let Some(quotation) = quotation(&reply.clean) {
        if is_tapback(quotation) {
            return Some(machine(true, "tapback"));
        }
        if is_whole_quote(quotation) {
            return Some(machine(false, "quote-only"));
        }
    }
    let (_, certain) = find(reply, Topic::Machine)?;
    Some(machine(certain, "auto-reply"))
}

fn machine(certain: bool, rule: &'static str) -> Verdict<Everywhere> {
    Verdict {
        meaning: Everywhere::Machine,
        certain,
        rule,
    }
}

const OPEN: [char; 6] = [
    '\u{201C}', '\u{201E}', '\u{AB}', '"', '\u{2018}', '\u{201D}',
];
const CLOSE: [char; 6] = [
    '\u{201D}', '\u{201C}', '\u{BB}', '"', '\u{2019}', '\u{201F}',
];

/// Most words before the quotation: "A Ana le encantó", "Removed an exclamation mark from".
const LEAD_WORDS_MAX: usize = 9;
/// Shorter quotations may be a person's: `I meant "1"`.
const QUOTED_WORDS_MIN: usize = 2;

/// "Liked “…”": a few words with one for a reaction among them, or a picture, then a quotation to
/// the end.
fn is_tapback((before, quoted, after): Quotation) -> bool {
    let lead = before.split_whitespace().count() + after.split_whitespace().count();
    if lead == 0 || lead > LEAD_WORDS_MAX {
        return false;
    }
    let sides = Reply::read(&format!("{before} {after}"));
    let picture = sides
        .words
        .as_slice()
        .iter()
        .any(|w| w.kind == super::words::WordKind::Emoji);
    let reacts = (0..LANGUAGES.len()).any(|i| {
        let language = &lexicon::get().languages[i];
        let tapped = language.known.tapped;
        sides
            .words
            .as_slice()
            .iter()
            .any(|w| language.is(w.id, tapped))
    });
    let long =
        quoted.split_whitespace().count() >= QUOTED_WORDS_MIN || quoted.ends_with('\u{2026}');
    (reacts || picture) && (long || before.chars().next().is_some_and(char::is_uppercase))
}

/// What stands before, in and after the outermost quotation marks.
type Quotation<'t> = (&'t str, &'t str, &'t str);

fn quotation(text: &str) -> Option<Quotation<'_>> {
    // Of ASCII one mark opens: most texts are done with here.
    if !text.bytes().any(|b| b == b'"' || !b.is_ascii()) {
        return None;
    }
    let open = text.find(OPEN)?;
    let close = text.rfind(CLOSE)?;
    let open_len = text[open..].chars().next()?.len_utf8();
    let close_len = text[close..].chars().next()?.len_utf8();
    (close >= open + open_len).then(|| {
        (
            text[..open].trim(),
            text[open + open_len..close].trim(),
            text[close + close_len..].trim(),
        )
    })
}

/// Nothing but a long quotation.
fn is_whole_quote((before, quoted, after): Quotation) -> bool {
    const WORDS_MIN: usize = 5;
    before.is_empty() && after.is_empty() && quoted.split_whitespace().count() >= WORDS_MIN
}
