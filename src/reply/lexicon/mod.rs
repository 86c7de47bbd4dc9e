//! The words of each language and the rules built from them, read once from one file per language.
//!
//! A word form has one id over all languages; what it means is kept per language: classes (sets of
//! words that rules name), concepts (phrases such as "of course"), numbers. Decides nothing by itself.

mod conjugate;
mod cue;
mod index;
mod load;
mod misspelt;
mod number_words;
mod pattern;

use std::sync::LazyLock;

use smol_str::SmolStr;

pub(super) use cue::Cue;
pub(super) use number_words::Spoken;
pub(super) use pattern::Found;
use pattern::Pattern;
/// Replies are only looked up, never inserted, so nobody can fill a bucket from outside.
pub(super) use rustc_hash::FxHashMap as Map;

/// The languages replies are read in, in the order in which a tie is settled.
pub(super) const LANGUAGES: [&str; 5] = ["en", "es", "fr", "de", "pt"];

/// A word form of the vocabulary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct WordId(u16);

impl WordId {
    pub const UNKNOWN: WordId = WordId(0);

    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What an option, or a phrase of a reply, may be about. Names as in the files.
// tidy: table
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(super) enum Concept {
    Yes,
    /// Yes, when nothing else is said: "I am".
    Echo,
    No,
    /// No, when nothing else is said: "pass".
    EchoNo,
    Later,
    /// A time far enough off that "yes, …" with it means later.
    Distant,
    /// "Not yet": later where that is an option, else no.
    NotYet,
    Soon,
    Confirm,
    Reschedule,
    Cancel,
    NotSure,
    Hedge,
    /// Says nothing about the answer although it holds its words: "no problem".
    Idiom,
    Morning,
    Afternoon,
    Evening,
    Own,
    Rent,
    Repair,
    Replace,
    Install,
    Clean,
    Inspect,
    Buy,
    Sell,
    New,
    Used,
    Text,
    Call,
    Email,
    Home,
    Business,
    Other,
    /// What was sent has come.
    Got,
    NotGot,
    /// Says that the answer will come: "will reply tonight".
    Defer,
}

impl Concept {
    pub const ALL: [(&'static str, Concept); 37] = [
        ("yes", Concept::Yes),
        ("echo", Concept::Echo),
        ("no", Concept::No),
        ("echo_no", Concept::EchoNo),
        ("later", Concept::Later),
        ("distant", Concept::Distant),
        ("not_yet", Concept::NotYet),
        ("soon", Concept::Soon),
        ("confirm", Concept::Confirm),
        ("reschedule", Concept::Reschedule),
        ("cancel", Concept::Cancel),
        ("not_sure", Concept::NotSure),
        ("hedge", Concept::Hedge),
        ("idiom", Concept::Idiom),
        ("morning", Concept::Morning),
        ("afternoon", Concept::Afternoon),
        ("evening", Concept::Evening),
        ("own", Concept::Own),
        ("rent", Concept::Rent),
        ("repair", Concept::Repair),
        ("replace", Concept::Replace),
        ("install", Concept::Install),
        ("clean", Concept::Clean),
        ("inspect", Concept::Inspect),
        ("buy", Concept::Buy),
        ("sell", Concept::Sell),
        ("new", Concept::New),
        ("used", Concept::Used),
        ("text", Concept::Text),
        ("call", Concept::Call),
        ("email", Concept::Email),
        ("home", Concept::Home),
        ("business", Concept::Business),
        ("other", Concept::Other),
        ("got", Concept::Got),
        ("not_got", Concept::NotGot),
        ("defer", Concept::Defer),
    ];

    const IN_ORDER: () = {
        let mut bit = 0;
        while bit < Concept::ALL.len() {
            assert!(Concept::ALL[bit].1 as usize == bit);
            bit += 1;
        }
    };

    /// The name of the rule that found it.
    // tidy: table
    pub fn rule(self) -> &'static str {
        match self {
            Concept::Yes => "lexicon-yes",
            Concept::Echo => "lexicon-echo",
            Concept::No => "lexicon-no",
            Concept::EchoNo => "lexicon-echo-no",
            Concept::Later => "lexicon-later",
            Concept::Distant => "lexicon-distant",
            Concept::NotYet => "lexicon-not-yet",
            Concept::Soon => "lexicon-soon",
            Concept::Confirm => "lexicon-confirm",
            Concept::Reschedule => "lexicon-reschedule",
            Concept::Cancel => "lexicon-cancel",
            Concept::NotSure => "lexicon-not-sure",
            Concept::Hedge => "lexicon-hedge",
            Concept::Idiom => "lexicon-idiom",
            Concept::Morning => "lexicon-morning",
            Concept::Afternoon => "lexicon-afternoon",
            Concept::Evening => "lexicon-evening",
            Concept::Own => "lexicon-own",
            Concept::Rent => "lexicon-rent",
            Concept::Repair => "lexicon-repair",
            Concept::Replace => "lexicon-replace",
            Concept::Install => "lexicon-install",
            Concept::Clean => "lexicon-clean",
            Concept::Inspect => "lexicon-inspect",
            Concept::Buy => "lexicon-buy",
            Concept::Sell => "lexicon-sell",
            Concept::New => "lexicon-new",
            Concept::Used => "lexicon-used",
            Concept::Text => "lexicon-text",
            Concept::Call => "lexicon-call",
            Concept::Email => "lexicon-email",
            Concept::Home => "lexicon-home",
            Concept::Business => "lexicon-business",
            Concept::Other => "lexicon-other",
            Concept::Got => "lexicon-got",
            Concept::NotGot => "lexicon-not-got",
            Concept::Defer => "lexicon-defer",
        }
    }

    /// The concepts of a phrase.
    pub fn of(mut bits: u64) -> impl Iterator<Item = Concept> {
        // A bit's place is its concept's.
        const { Concept::IN_ORDER };
        std::iter::from_fn(move || {
            let (_, concept) = Concept::ALL.get(bits.trailing_zeros() as usize)?;
            bits &= bits - 1;
            Some(*concept)
        })
    }

    pub fn bit(self) -> u64 {
        1 << self as u8
    }
}

/// What a rule of a language file is about. Names as in the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Topic {
    OptOut,
    /// Forbids `OptOut`: "don't stop", "why did you stop?"
    KeepTexting,
    /// To be written to in another way than by text: "email me instead".
    ChannelWish,
    OptInAgain,
    Help,
    WrongNumber,
    WhoIsThis,
    CallMe,
    Decline,
    Machine,
}

impl Topic {
    pub const ALL: [(&'static str, Topic); 10] = [
        ("opt_out", Topic::OptOut),
        ("keep_texting", Topic::KeepTexting),
        ("channel_wish", Topic::ChannelWish),
        ("opt_in_again", Topic::OptInAgain),
        ("help", Topic::Help),
        ("wrong_number", Topic::WrongNumber),
        ("who_is_this", Topic::WhoIsThis),
        ("call_me", Topic::CallMe),
        ("decline", Topic::Decline),
        ("machine", Topic::Machine),
    ];

    pub fn bit(self) -> u16 {
        1 << self as u8
    }
}

/// A phrase of a concept, the first word being its key in the index.
#[derive(Debug, Clone)]
pub(super) struct Phrase {
    pub words: Vec<WordId>,
    pub concepts: u64,
}

/// Classes that the rules in code use.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Classes {
    /// Says nothing about a choice: "please", "the", "option".
    pub filler: u128,
    pub not: u128,
    /// What numbers count: weeks, people.
    pub unit: u128,
    /// Before a number that is no key: "at 1".
    pub lead_in: u128,
    /// Makes a request of a question: "can we".
    pub request: u128,
    /// What phones say of a reaction.
    pub tapped: u128,
    /// Begins a question, with or without its mark.
    pub interrogative: u128,
    /// The word for no is also the one for not: "no tengo".
    pub bare_no: u128,
    /// The word for yes is also the one for if: "si".
    pub if_or_yes: u128,
    /// The language says "not" after what it negates.
    pub german_order: u128,
    /// Before the number of an option: "No. 1", "option 1".
    pub numbering: u128,
    /// Makes a choice of the number after its preposition: "go for 1".
    pub choosing: u128,
    /// Before the name of a month that is still to come: "till March".
    pub toward: u128,
    /// "A week" is one.
    pub article: u128,
    /// The last of several.
    pub last: u128,
    pub days: u128,
    pub weeks: u128,
    pub months: u128,
    pub years: u128,
    /// Right before a span of time to come: "in 6 weeks".
    pub ahead: u128,
    /// Right after one that is over: "6 weeks ago".
    pub behind: u128,
}

/// A rule among those of its topic and language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RuleRef {
    topic: Topic,
    language: u8,
    index: u16,
}

/// A word of a value: `dezember` is 12.
pub(super) type Values = Map<WordId, u8>;

/// One language.
#[derive(Debug, Default)]
pub(super) struct Language {
    class_names: Vec<String>,
    /// By word id, a bit for each class the word is in.
    classes: Vec<u128>,
    pub known: Classes,
    rules: [Vec<Pattern>; Topic::ALL.len()],
    /// Longest first, by the id of the first word.
    phrases: Map<WordId, Vec<Phrase>>,
    /// Phrases of one word by their first letter, for typos.
    single: Map<u8, Vec<(SmolStr, u64)>>,
    /// Words within longer phrases of concepts that share their nouns: "new roof", "fix the roof".
    within: Map<SmolStr, u64>,
    cues: cue::Cues,
    naming: cue::Cues,
    when: cue::Cues,
    pub spoken: Map<WordId, Spoken>,
    pub months: Values,
    pub weekdays: Values,
}

impl Language {
    pub fn class_mask(&self, word: WordId) -> u128 {
        self.classes.get(word.index()).copied().unwrap_or(0)
    }

    /// The bit of a class, zero where the language has none of this name.
    pub fn class(&self, name: &str) -> u128 {
        let index = self.class_names.iter().position(|n| n == name);
        index.map_or(0, |index| 1 << index)
    }

    pub fn is(&self, word: WordId, class_bits: u128) -> bool {
        self.class_mask(word) & class_bits != 0
    }

    /// The cue of names that the pieces begin with, and how many of them it takes.
    pub fn naming(&self, pieces: &[super::lex::Lexed]) -> Option<(usize, Cue)> {
        self.naming.standing_at(pieces)
    }

    /// The cue of amounts that the pieces begin with, and how many of them it takes.
    pub fn cue(&self, pieces: &[super::lex::Lexed]) -> Option<(usize, Cue)> {
        self.cues.standing_at(pieces)
    }

    /// The cue of days and times that the pieces begin with, and how many of them it takes.
    pub fn when(&self, pieces: &[super::lex::Lexed]) -> Option<(usize, Cue)> {
        self.when.standing_at(pieces)
    }

    /// Whether the language has no meaning for the word: a name, for all we know.
    pub fn is_strange(&self, word: &super::words::Word) -> bool {
        self.class_mask(word.id) == 0
            && self.phrase(std::slice::from_ref(word)).is_none()
            && !self.spoken.contains_key(&word.id)
    }

    /// The longest phrases that stand at the beginning of `words`: their length and concepts.
    pub fn phrase(&self, words: &[super::words::Word]) -> Option<(usize, u64)> {
        let first = words.first()?.id;
        self.phrases.get(&first)?.iter().find_map(|phrase| {
            let n = phrase.words.len();
            let fits = n <= words.len()
                && phrase
                    .words
                    .iter()
                    .zip(words)
                    .all(|(id, word)| *id == word.id);
            fits.then_some((n, phrase.concepts))
        })
    }

    /// Single words of concepts that begin with `letter`, and their concepts.
    pub fn single_words(&self, letter: u8) -> &[(SmolStr, u64)] {
        self.single.get(&letter).map_or(&[], Vec::as_slice)
    }

    /// Concepts in whose longer phrases this word stands.
    pub fn concepts_around(&self, word: &str) -> u64 {
        self.within.get(word).copied().unwrap_or(0)
    }
}

/// All languages, and the vocabulary they share.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    words: Map<SmolStr, WordId>,
    forms: Vec<SmolStr>,
    /// Beginnings of words, by their first three bytes, longest first.
    stems: Map<[u8; 3], Vec<(SmolStr, WordId)>>,
    pub languages: [Language; LANGUAGES.len()],
    /// By word id: the rules that cannot match without a word like it.
    anchored: Vec<Vec<RuleRef>>,
    /// By word id: the topics of those rules, a bit for each.
    topics: Vec<u16>,
    courtesies: Vec<bool>,
}

impl Lexicon {
    /// The id of a word as folded; letters drawn out (`nooo`) are read as if they were not.
    pub fn word(&self, word: &str) -> WordId {
        if let Some(id) = self.words.get(word) {
            return *id;
        }
        if word.len() < 3 {
            return WordId::UNKNOWN;
        }
        if is_drawn_out(word.as_bytes())
            && let Some(id) = self.drawn_out(word)
        {
            return id;
        }
        self.stem(word)
    }

    /// The topics that have a rule which a word like this may set off, a bit for each.
    pub fn topics(&self, word: WordId) -> u16 {
        self.topics.get(word.index()).copied().unwrap_or(0)
    }

    /// The first rule of a topic that matches, certain ones before likely ones: where, and whether it
    /// is certain.
    pub fn find(&self, topic: Topic, words: &[super::words::Word]) -> Option<(Found, bool)> {
        let mut likely = None;
        for (at, word) in words.iter().enumerate() {
            if self.topics(word.id) & topic.bit() == 0 {
                continue;
            }
            // A rule looks through the whole text: what a word said once, it says again.
            if words[..at].iter().any(|before| before.id == word.id) {
                continue;
            }
            let rules = self
                .anchored
                .get(word.id.index())
                .map_or(&[][..], Vec::as_slice);
            for rule in rules.iter().filter(|rule| rule.topic == topic) {
                let language = &self.languages[rule.language as usize];
                let pattern = &language.rules[topic as usize][rule.index as usize];
                if !pattern.certain && likely.is_some() {
                    continue;
                }
                match pattern.find(words, language) {
                    Some(found) if pattern.certain => return Some((found, true)),
                    Some(found) => likely = Some((found, false)),
                    None => {}
                }
            }
        }
        likely
    }

    /// A word that politeness or haste puts beside a keyword, in any language.
    pub fn is_courtesy(&self, word: WordId) -> bool {
        self.courtesies.get(word.index()).copied().unwrap_or(false)
    }

    pub fn form(&self, id: WordId) -> &str {
        self.forms.get(id.index()).map_or("", |form| form.as_str())
    }

    /// The index of the language of a locale such as `pt-BR`; English where it is none of ours.
    pub fn language_of(&self, locale: &str) -> usize {
        let code = locale.get(..2).unwrap_or("en");
        LANGUAGES
            .iter()
            .position(|l| code.eq_ignore_ascii_case(l))
            .unwrap_or(0)
    }

    fn stem(&self, word: &str) -> WordId {
        let Some(Ok(first)) = word.as_bytes().get(..3).map(<[u8; 3]>::try_from) else {
            return WordId::UNKNOWN;
        };
        self.stems
            .get(&first)
            .and_then(|stems| {
                stems
                    .iter()
                    .find(|(stem, _)| word.starts_with(stem.as_str()))
            })
            .map_or(WordId::UNKNOWN, |(_, id)| *id)
    }

    fn drawn_out(&self, word: &str) -> Option<WordId> {
        [1, 2].iter().find_map(|most| {
            let mut squeezed = String::with_capacity(word.len());
            let mut run = 0;
            for c in word.chars() {
                run = if squeezed.ends_with(c) { run + 1 } else { 1 };
                if run <= *most {
                    squeezed.push(c);
                }
            }
            self.words.get(squeezed.as_str()).copied()
        })
    }
}

/// Whether a letter stands three times or more in a row.
pub(super) fn is_drawn_out(word: &[u8]) -> bool {
    word.windows(3)
        .any(|w| w[0] == w[1] && w[1] == w[2] && w[0].is_ascii_alphabetic())
}

/// A word without the ending of its plural.
pub(super) fn singular(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(singular) if singular.len() >= 3 && !singular.ends_with('s') => singular,
        _ => word,
    }
}

/// The lexicon, read on first use. The files are part of the program; a test reads each of them.
pub(super) fn get() -> &'static Lexicon {
    static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| load::lexicon(&load::FILES));
    &LEXICON
}
