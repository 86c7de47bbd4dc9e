//! From the options of a flow to what reading needs: which words and which concepts of the lexicon
//! stand for which option. An author who writes `later` gets "más tarde", "next month" and "not now".

use std::cmp::Reverse;

use smol_str::SmolStr;

use super::super::lexicon::{self, Concept, LANGUAGES, singular};
use super::super::normalize::{fold, normalize};
use super::super::words::WordKind;
use super::{Choice, ChoiceOption, Meant, Reader};
use crate::lead::Name;

/// What is known of one option before languages are told apart.
struct Prepared {
    /// Folded phrases with the language they are in; `None` for any.
    phrases: Vec<(Option<usize>, String)>,
    /// Concepts that a whole phrase names.
    named: u64,
    /// Concepts that stand within a phrase.
    within: u64,
}

pub(super) fn choice(options: &[ChoiceOption], locales: &[Name]) -> Choice {
    let mut choice = Choice {
        readers: Vec::with_capacity(LANGUAGES.len()),
        ..Choice::default()
    };
    let prepared: Vec<Prepared> = options.iter().map(Prepared::of).collect();
    for (index, option) in options.iter().enumerate() {
        let key = SmolStr::new(fold(&option.key));
        choice
            .exact
            .entry(key.clone())
            .or_insert((index, "exact-key"));
        choice.keys.push(key);
    }
    for (index, option) in options.iter().enumerate() {
        let name = SmolStr::new(fold(&spaced(&option.name)));
        if !name.is_empty() {
            choice.exact.entry(name).or_insert((index, "option-name"));
        }
    }
    let concepts = concepts(&prepared);
    for language in 0..LANGUAGES.len() {
        choice
            .readers
            .push(Reader::new(&prepared, &concepts, language));
    }
    choice.share_doubts();
    choice.order = order(locales);
    choice
}

/// Concepts of which a question names one and an answer may name the other.
const OPPOSITES: [(Concept, Concept); 6] = [
    (Concept::Got, Concept::NotGot),
    (Concept::Own, Concept::Rent),
    (Concept::Buy, Concept::Sell),
    (Concept::New, Concept::Used),
    (Concept::Home, Concept::Business),
    (Concept::Repair, Concept::Replace),
];

/// A question of yes or no that names one of two opposites: the other one says no.
pub(super) fn opposites<'t>(choice: &mut Choice, texts: impl IntoIterator<Item = &'t str>) {
    let named = texts.into_iter().map(fold).fold(0, |named, text| {
        (0..LANGUAGES.len()).fold(named, |named, language| {
            named | concepts_of(&text, language).1
        })
    });
    let is_named = |concept: Concept| named & concept.bit() != 0;
    for reader in &mut choice.readers {
        let meant = &mut reader.concepts;
        let (Some(yes), Some(no)) = (meant.option(Concept::Yes), meant.option(Concept::No)) else {
            continue;
        };
        if meant.option(Concept::Later).is_some() || choice.keys.len() != 2 {
            continue;
        }
        for (one, other) in OPPOSITES.iter().flat_map(|(a, b)| [(*a, *b), (*b, *a)]) {
            let free = meant.option(one).is_none() && meant.option(other).is_none();
            if free && is_named(one) && !is_named(other) {
                meant.set(one, Some(yes));
                meant.set(other, Some(no));
            }
        }
    }
}

/// The flow's languages first, the others after them.
fn order(locales: &[Name]) -> [usize; LANGUAGES.len()] {
    let lexicon = lexicon::get();
    let mut order = std::array::from_fn(|i| i);
    let place = |language: &usize| {
        locales
            .iter()
            .position(|l| lexicon.language_of(l) == *language)
            .unwrap_or(usize::MAX)
    };
    order.sort_by_key(place);
    order
}

fn spaced(name: &str) -> String {
    name.replace(['-', '_'], " ")
}

impl Choice {
    /// A word that points to two options in one language does so in all.
    fn share_doubts(&mut self) {
        let doubtful: Vec<SmolStr> = self
            .readers
            .iter()
            .flat_map(|r| {
                r.parts
                    .iter()
                    .filter(|(_, o)| o.is_none())
                    .map(|(w, _)| w.clone())
            })
            .collect();
        for reader in &mut self.readers {
            for word in &doubtful {
                if let Some(option) = reader.parts.get_mut(word) {
                    *option = None;
                }
            }
        }
    }
}

impl Prepared {
    fn of(option: &ChoiceOption) -> Self {
        let lexicon = lexicon::get();
        let mut phrases = vec![(None, fold(&spaced(&option.name)))];
        for (locale, word) in &option.words {
            let language = locale.as_ref().map(|l| lexicon.language_of(l));
            phrases.push((language, fold(word)));
        }
        let (mut named, mut within) = (0, 0);
        for (language, phrase) in &phrases {
            // Names are English more often than not.
            for language in language.map_or(vec![0], |l| vec![l]) {
                let (whole, parts) = concepts_of(phrase, language);
                named |= whole;
                within |= parts;
            }
        }
        Self {
            phrases,
            named,
            within,
        }
    }

    fn is(&self, concept: Concept) -> bool {
        (self.named | self.within) & concept.bit() != 0
    }
}

/// The concepts that the phrase names as a whole, and those its parts name.
fn concepts_of(phrase: &str, language: usize) -> (u64, u64) {
    let language = &lexicon::get().languages[language];
    let mut normal = normalize(phrase);
    normal.words.recognize(&normal.text);
    let words = normal.words.as_slice();
    let (mut whole, mut parts) = (0, 0);
    let mut at = 0;
    while at < words.len() {
        match language.phrase(&words[at..]) {
            Some((n, bits)) => {
                if n == words.len() {
                    whole |= bits;
                }
                parts |= bits;
                at += n;
            }
            None => at += 1,
        }
    }
    (whole, parts)
}

/// The one option for each concept, directly or by what the question can only mean.
fn concepts(options: &[Prepared]) -> Meant {
    let mut meant = Meant::default();
    let one = |concepts: &[Concept]| {
        let of = |bits: fn(&Prepared) -> u64| {
            let mut with = (0..options.len())
                .filter(|i| concepts.iter().any(|c| bits(&options[*i]) & c.bit() != 0));
            with.next().filter(|_| with.next().is_none())
        };
        of(|o| o.named).or_else(|| of(|o| o.within))
    };
    let other = |option: usize, concepts: &[Concept]| {
        let other = (options.len() == 2).then_some(1 - option.min(1))?;
        concepts
            .iter()
            .any(|c| options[other].is(*c))
            .then_some(other)
    };
    for (_, concept) in Concept::ALL {
        if let Some(option) = one(&[concept]) {
            meant.set(concept, Some(option));
        }
    }
    let later = one(&[Concept::Later, Concept::Distant]);
    let soon = one(&[Concept::Soon]);
    let yes = one(&[Concept::Yes, Concept::Echo])
        .or_else(|| one(&[Concept::Confirm]))
        .or_else(|| soon.filter(|soon| other(*soon, &[Concept::Later]).is_some()));
    let refusals = [
        Concept::Later,
        Concept::Distant,
        Concept::Reschedule,
        Concept::Cancel,
        Concept::EchoNo,
    ];
    let not_yet = later.or_else(|| one(&[Concept::No, Concept::EchoNo]));
    let no =
        one(&[Concept::No, Concept::EchoNo]).or_else(|| yes.and_then(|yes| other(yes, &refusals)));
    let confirm =
        one(&[Concept::Confirm]).or_else(|| yes.filter(|_| one(&[Concept::Reschedule]).is_some()));
    let implied = [
        (Concept::Yes, yes),
        (Concept::Echo, yes),
        (Concept::No, no),
        (Concept::EchoNo, no),
        (Concept::Later, later),
        (Concept::NotYet, not_yet),
        (Concept::Distant, one(&[Concept::Distant]).or(later)),
        (Concept::Soon, soon.or_else(|| later.and(yes))),
        (Concept::Confirm, confirm),
    ];
    for (concept, option) in implied {
        meant.set(concept, option);
    }
    meant
}

impl Reader {
    fn new(options: &[Prepared], concepts: &Meant, language: usize) -> Self {
        let mut reader = Self {
            concepts: concepts.clone(),
            ..Self::default()
        };
        for (index, option) in options.iter().enumerate() {
            for (of, phrase) in &option.phrases {
                if of.is_none_or(|of| of == language) {
                    reader.add_phrase(phrase, index, language);
                }
            }
        }
        for phrases in reader.phrases.values_mut() {
            phrases.sort_by_key(|(words, _)| Reverse(words.len()));
        }
        reader.doubt_shared_parts(language);
        reader
    }

    fn add_phrase(&mut self, phrase: &str, option: usize, language: usize) {
        let words: Vec<SmolStr> = phrase.split_whitespace().map(SmolStr::new).collect();
        let Some(first) = words.first() else { return };
        if let Some(initial) = first.chars().next().filter(|c| c.is_ascii_alphabetic()) {
            self.initials.push((initial, option));
        }
        for part in content_words(phrase, language) {
            self.add_part(part, option);
        }
        self.phrases
            .entry(first.clone())
            .or_default()
            .push((words, option));
    }

    fn add_part(&mut self, part: SmolStr, option: usize) {
        let known = self.parts.entry(part).or_insert(Some(option));
        if *known != Some(option) {
            *known = None;
        }
    }

    /// "new roof" makes "roof" say nothing about whether it is repaired or replaced.
    fn doubt_shared_parts(&mut self, language: usize) {
        let language = &lexicon::get().languages[language];
        for (part, option) in &mut self.parts {
            let around = Concept::of(language.concepts_around(part));
            let mut others = around.filter_map(|c| self.concepts.option(c));
            if others.any(|other| Some(other) != *option) {
                *option = None;
            }
        }
    }
}

/// The words of a phrase that could point to its option alone.
fn content_words(phrase: &str, language: usize) -> Vec<SmolStr> {
    const LETTERS_MIN: usize = 3;
    let language = &lexicon::get().languages[language];
    let filler = language.known.filler | language.known.not;
    let mut normal = normalize(phrase);
    normal.words.recognize(&normal.text);
    let words = normal.words.as_slice().iter();
    words
        .filter(|w| w.kind == WordKind::Letters && !language.is(w.id, filler))
        .map(|w| w.of_text(&normal.text))
        .filter(|w| w.len() >= LETTERS_MIN)
        .map(|w| SmolStr::new(singular(w)))
        .collect()
}
