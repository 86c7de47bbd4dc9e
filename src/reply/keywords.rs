//! The words that end, begin or explain texting when they are the whole message.
//! Source: `data/keywords.yaml`, which names where each word comes from. Every word of every language
//! counts for everyone. What surrounds a keyword politely ("please stop", "STOP 🛑") is not counted.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use serde::Deserialize;
use smol_str::SmolStr;

use super::lexicon::{self, LANGUAGES, Map};
use super::normalize::fold;
use super::words::{Word, WordKind};
use super::{Everywhere, Listening, Reply, Verdict};

const FILE: &str = include_str!("../../data/keywords.yaml");

#[derive(Deserialize)]
struct File {
    opt_out: BTreeMap<String, OptOutWords>,
    opt_in: BTreeMap<String, Vec<String>>,
    help: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct OptOutWords {
    certain: BTreeMap<String, Vec<String>>,
    likely: Vec<String>,
}

/// What a keyword says by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    OptOut,
    OptOutPerhaps,
    OptIn,
    /// An opt-in only to who opted out or was asked to confirm.
    OptInWhenOut,
    /// An opt-in only to who was asked to confirm.
    OptInWhenAsked,
    Help,
}

/// Opt-outs that no rule could make: what carriers' networks know besides the listed words, and signs.
/// Whatever has a verb is a rule of its language file.
const MORE_OPT_OUTS: [&str; 1] = ["nomas"];
const MORE_OPT_OUTS_PERHAPS: [&str; 12] = [
    "stops",
    "🛑",
    "✋",
    "⛔",
    "🚫",
    "stp",
    "stop2",
    "stop2end",
    "stop2quit",
    "stfu",
    "gtfo",
    "fim",
];
const MORE_OPT_INS: [&str; 8] = [
    "opt back in",
    "opt me in",
    "opt in again",
    "re subscribe",
    "restart",
    "reabonner",
    "suscribir",
    "reiniciar",
];
/// From `only_when_opted_out_or_pending`. A bare yes after an opt-out is not clear enough to text
/// again: it may answer a question asked before.
const WHEN_OUT: [&str; 3] = ["join", "rejoin", "join again"];
const WHEN_ASKED: [&str; 14] = [
    "yes",
    "y",
    "si",
    "oui",
    "ja",
    "sim",
    "ok",
    "okay",
    "yes please",
    "confirm",
    "1",
    "confirmo",
    "yep",
    "yeah",
];

static KEYWORDS: LazyLock<Map<SmolStr, Keyword>> = LazyLock::new(|| {
    let file: File = serde_yaml::from_str(FILE).expect("the keywords are tested");
    let mut map = Map::default();
    let mut add = |words: &mut dyn Iterator<Item = &str>, keyword| {
        for word in words {
            map.entry(SmolStr::new(fold(word))).or_insert(keyword);
        }
    };
    for words in file.opt_out.values() {
        add(
            &mut words.certain.keys().map(String::as_str),
            Keyword::OptOut,
        );
    }
    add(&mut MORE_OPT_OUTS.into_iter(), Keyword::OptOut);
    for words in file.opt_out.values() {
        add(
            &mut words.likely.iter().map(String::as_str),
            Keyword::OptOutPerhaps,
        );
    }
    add(
        &mut MORE_OPT_OUTS_PERHAPS.into_iter(),
        Keyword::OptOutPerhaps,
    );
    let languages = || {
        file.opt_in
            .iter()
            .filter(|(l, _)| LANGUAGES.contains(&l.as_str()))
    };
    for (_, words) in languages() {
        add(&mut words.iter().map(String::as_str), Keyword::OptIn);
    }
    add(&mut MORE_OPT_INS.into_iter(), Keyword::OptIn);
    add(&mut WHEN_OUT.into_iter(), Keyword::OptInWhenOut);
    add(&mut WHEN_ASKED.into_iter(), Keyword::OptInWhenAsked);
    for words in file.help.values() {
        add(&mut words.iter().map(String::as_str), Keyword::Help);
    }
    map
});

/// The longest keyword has so many words.
const KEYWORD_WORDS_MAX: usize = 3;

/// The keyword that the message is, if it is one, with what is said politely around its `core`.
pub(super) fn whole(
    reply: &Reply,
    core: Range<usize>,
    listening: Listening,
) -> Option<Verdict<Everywhere>> {
    let keyword = find(reply, core)?;
    let (meaning, certain, rule) = match keyword {
        Keyword::OptOut => (Everywhere::OptOut, true, "opt-out-keyword"),
        Keyword::OptOutPerhaps => (Everywhere::OptOut, false, "opt-out-keyword"),
        Keyword::OptIn => (Everywhere::OptIn, true, "opt-in-keyword"),
        Keyword::OptInWhenOut if listening.opted_out || listening.awaiting_double_opt_in => {
            (Everywhere::OptIn, true, "opt-in-keyword")
        }
        Keyword::OptInWhenAsked if listening.awaiting_double_opt_in => {
            (Everywhere::OptIn, true, "opt-in-confirmed")
        }
        Keyword::Help => (Everywhere::Help, true, "help-keyword"),
        Keyword::OptInWhenOut | Keyword::OptInWhenAsked => return None,
    };
    Some(Verdict {
        meaning,
        certain,
        rule,
    })
}

fn find(reply: &Reply, core: Range<usize>) -> Option<Keyword> {
    let words = reply.words.as_slice();
    if let [only] = words {
        return one_word(reply, only);
    }
    if words.len() < 2 || words.len() > 12 {
        return None;
    }
    match &words[core.clone()] {
        // Nothing but signs.
        [] => repeated(reply, words),
        [only] => one_word(reply, only),
        inner if inner.len() > 2 * KEYWORD_WORDS_MAX => None,
        inner => {
            // "no, más tarde" is not "no más".
            let in_one_clause = !inner[..inner.len() - 1].iter().any(|w| w.breaks);
            let whole = in_one_clause.then(|| KEYWORDS.get(reply.span(core)).copied());
            whole.flatten().or_else(|| repeated(reply, inner))
        }
    }
}

/// A keyword, also with its letters drawn out: "stoooop".
fn one_word(reply: &Reply, word: &Word) -> Option<Keyword> {
    let text = word.of_text(&reply.text);
    let drawn_out = || {
        let form = lexicon::get().form(word.id);
        lexicon::is_drawn_out(text.as_bytes())
            .then(|| KEYWORDS.get(form))
            .flatten()
    };
    KEYWORDS.get(text).or_else(drawn_out).copied()
}

/// "stop stop stop": the same keyword again and again; "STOP / ARRET": several that leave no doubt.
fn repeated(reply: &Reply, words: &[Word]) -> Option<Keyword> {
    let (first, rest) = words.split_first()?;
    let keyword = one_word(reply, first)?;
    let text = first.of_text(&reply.text);
    let doubtful = keyword == Keyword::OptOutPerhaps;
    let same = rest.iter().all(|word| match doubtful {
        true => word.of_text(&reply.text) == text,
        false => one_word(reply, word) == Some(keyword),
    });
    same.then_some(keyword)
}

/// The words without courtesies, greetings and pictures at both ends.
pub(super) fn core(reply: &Reply) -> Range<usize> {
    let (words, lexicon) = (reply.words.as_slice(), lexicon::get());
    let is = |i: usize, text: &str| words.get(i).is_some_and(|w| w.of_text(&reply.text) == text);
    let courtesy = |i: usize| match words[i].kind {
        WordKind::Emoji => true,
        _ if is(i, "por") => is(i + 1, "favor"),
        _ => lexicon.is_courtesy(words[i].id),
    };
    let start = (0..words.len())
        .find(|i| !courtesy(*i))
        .unwrap_or(words.len());
    let last = |before: usize| {
        let last = (start..before).rev().find(|i| !courtesy(*i));
        last.map_or(start, |i| i + 1)
    };
    let end = last(words.len());
    let signed = names_at_the_end(reply, &words[start..end]);
    // "Stop MfG Huber": a name that follows a courtesy is a signature.
    if signed > 0 && end - signed > start && courtesy(end - signed - 1) {
        return start..last(end - signed);
    }
    start..end
}

/// How many words at the end may be who writes: capitals that are no words, and initials.
fn names_at_the_end(reply: &Reply, words: &[Word]) -> usize {
    const NAMES_MAX: usize = 3;
    let is_name = |w: &&Word| {
        let text = w.of_text(&reply.text);
        let strange = || lexicon::get().form(w.id) != text || text.len() == 1;
        w.capital && w.kind == WordKind::Letters && strange()
    };
    words
        .iter()
        .rev()
        .take(NAMES_MAX)
        .take_while(is_name)
        .count()
}

/// Whether the message, written in a hurry, is one of the unmistakable keywords: letters swapped or doubled,
/// a neighbouring key hit, a digit or a sign for a letter, a space where none belongs.
pub(super) fn slipped(reply: &Reply, core: Range<usize>) -> Option<Verdict<Everywhere>> {
    if matches!(reply.words.as_slice(), [only] if only.kind == WordKind::Digits) {
        return None;
    }
    let words = &reply.words.as_slice()[core.clone()];
    let slip = match words {
        [only] if only.kind != WordKind::Digits => {
            let word = only.of_text(&reply.text);
            is_slip_of_one(word, only.id) || reply.words.len() == 1 && is_disguised(&reply.clean)
        }
        [a, b] if [a, b].iter().any(|w| w.id == lexicon::WordId::UNKNOWN) => {
            is_slip_of_two(&reply.span(core).replace(' ', ""))
        }
        _ => false,
    };
    slip.then_some(Verdict {
        meaning: Everywhere::OptOut,
        certain: false,
        rule: "opt-out-typo",
    })
}

/// Opt-outs of one word, each the target of slips; those that leave a doubt must be longer.
static SLIPS: LazyLock<Vec<SmolStr>> = LazyLock::new(|| {
    let letters_min = |keyword: &Keyword| match keyword {
        Keyword::OptOut => 4,
        Keyword::OptOutPerhaps => 5,
        _ => usize::MAX,
    };
    let words = KEYWORDS.iter().filter(|(word, _)| !word.contains(' '));
    let long = words.filter(|(word, keyword)| word.len() >= letters_min(keyword));
    long.map(|(word, _)| word.clone()).collect()
});

fn is_slip_of_one(word: &str, id: lexicon::WordId) -> bool {
    if word.len() < 4 {
        return false;
    }
    let plain = unleet(word);
    // A word of any language is meant as it stands; a slip of one is not.
    let as_it_stands = || lexicon::get().form(id) == word;
    let is_known = id != lexicon::WordId::UNKNOWN && as_it_stands();
    if plain == word && (is_known || is_word(word)) {
        return false;
    }
    let hit =
        |target: &SmolStr| *target == *plain || is_slip_of(&plain, target) && !is_word(&plain);
    SLIPS.iter().any(hit)
}

/// Of a long word any one letter may be wrong: "unsubscrible", "unsubskribe".
fn is_slip_of(typed: &str, target: &str) -> bool {
    const LONG: usize = 9;
    super::typo::is_slip(typed, target)
        || target.len() >= LONG && super::typo::is_near(typed, target)
}

/// "optt out", "unsub scribe": a slip that takes nothing away.
fn is_slip_of_two(joined: &str) -> bool {
    const LETTERS_MIN: usize = 6;
    SLIPS.iter().any(|target| {
        target == joined
            || (LETTERS_MIN..=joined.len()).contains(&target.len())
                && super::typo::is_slip(joined, target)
    })
}

/// "$TOP": signs that look like letters, in one word.
fn is_disguised(clean: &str) -> bool {
    if !clean.bytes().any(|b| matches!(b, b'$' | b'@')) || clean.contains(char::is_whitespace) {
        return false;
    }
    let plain = clean.to_lowercase().replace('$', "s").replace('@', "a");
    KEYWORDS.get(plain.as_str()) == Some(&Keyword::OptOut)
}

/// Words that are no slip of a keyword, however near.
fn is_word(word: &str) -> bool {
    matches!(
        word,
        "shop"
            | "step"
            | "atop"
            | "stow"
            | "slop"
            | "swop"
            | "stomp"
            | "strop"
            | "top"
            | "spot"
            | "post"
            | "pots"
            | "tops"
            | "opts"
            | "soap"
            | "stock"
            | "story"
            | "stoop's"
            | "stew"
            | "store"
            | "stopped"
            | "stopping"
            | "stay"
            | "stip"
            | "cancelas"
            | "suit"
            | "algo"
            | "salto"
            | "page"
            | "pate"
            | "pard"
            | "ends"
            | "haja"
            | "wende"
            | "sende"
            | "said"
            | "sait"
            | "sari"
            | "pagar"
            | "pasar"
            | "arrest"
            | "removes"
            | "baha"
    )
}

fn unleet(word: &str) -> Cow<'_, str> {
    if !word.bytes().any(|b| b.is_ascii_digit()) || word.bytes().all(|b| b.is_ascii_digit()) {
        return word.into();
    }
    let letter = |c| match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        c => c,
    };
    word.chars().map(letter).collect()
}
