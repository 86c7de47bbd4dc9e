//! What is worked out once the language files are read, so that reading a reply looks at few rules: which
//! rules cannot match without a word, which classes the code names, which words typos may have meant.

use smol_str::SmolStr;

use super::pattern::Set;
use super::{Classes, Concept, Language, Lexicon, RuleRef, Topic, WordId};

impl Lexicon {
    pub(super) fn know_classes(&mut self) {
        for language in &mut self.languages {
            language.known = Classes {
                filler: language.class("filler"),
                not: language.class("not"),
                unit: language.class("unit"),
                lead_in: language.class("lead_in"),
                request: language.class("request"),
                tapped: language.class("tapped"),
                interrogative: language.class("interrogative"),
                bare_no: language.class("bare_no"),
                if_or_yes: language.class("if_or_yes"),
                german_order: language.class("german_order"),
                numbering: language.class("numbering"),
                choosing: language.class("choosing"),
                toward: language.class("toward"),
                article: language.class("article"),
                last: language.class("last"),
                days: language.class("days"),
                weeks: language.class("weeks"),
                months: language.class("months"),
                years: language.class("years"),
                ahead: language.class("ahead"),
                behind: language.class("behind"),
            };
        }
        let polite: Vec<u128> = self.languages.iter().map(|l| l.class("polite")).collect();
        let is_courtesy = |word| {
            self.languages
                .iter()
                .zip(&polite)
                .any(|(l, p)| l.is(word, *p))
        };
        self.courtesies = (0..self.forms.len())
            .map(|i| is_courtesy(WordId(i as u16)))
            .collect();
    }

    /// Words of concepts by their first letter, and words within phrases that share their nouns.
    pub(super) fn index_words(&mut self) {
        let shared = Concept::Replace.bit() | Concept::Repair.bit();
        let forms = &self.forms;
        for language in &mut self.languages {
            for phrase in language.phrases.values().flatten() {
                let form = |id: &WordId| forms[id.index()].clone();
                if let [only] = phrase.words.as_slice() {
                    let form = form(only);
                    let first = form.as_bytes().first().copied().unwrap_or(0);
                    language
                        .single
                        .entry(first)
                        .or_default()
                        .push((form, phrase.concepts));
                } else if phrase.concepts & shared != 0 {
                    for word in &phrase.words {
                        let word = SmolStr::new(super::singular(&form(word)));
                        *language.within.entry(word).or_default() |= phrase.concepts;
                    }
                }
            }
        }
    }

    pub(super) fn anchor_rules(&mut self) {
        self.anchored = vec![Vec::new(); self.forms.len()];
        for (number, language) in self.languages.iter().enumerate() {
            let sets = Sets::new(language);
            for (_, topic) in Topic::ALL {
                for (index, pattern) in language.rules[topic as usize].iter().enumerate() {
                    let anchor = pattern.anchor(|set| sets.weight(set));
                    let anchor = anchor.expect("a rule has a word");
                    let rule = RuleRef {
                        topic,
                        language: number as u8,
                        index: index as u16,
                    };
                    for word in sets.members(anchor) {
                        self.anchored[word.index()].push(rule);
                    }
                }
            }
        }
        let bits = |rules: &Vec<RuleRef>| rules.iter().fold(0, |bits, r| bits | r.topic.bit());
        self.topics = self.anchored.iter().map(bits).collect();
    }
}

/// The words of each class of a language, and how often they are likely to be met.
struct Sets<'a> {
    language: &'a Language,
    by_class: Vec<Vec<WordId>>,
    common: u128,
}

impl<'a> Sets<'a> {
    fn new(language: &'a Language) -> Self {
        let mut by_class = vec![Vec::new(); language.class_names.len()];
        for (i, mask) in language.classes.iter().enumerate() {
            let mut rest = *mask;
            while rest != 0 {
                by_class[rest.trailing_zeros() as usize].push(WordId(i as u16));
                rest &= rest - 1;
            }
        }
        let common = language.class("filler") | language.class("polite") | language.known.not;
        Self {
            language,
            by_class,
            common,
        }
    }

    fn members(&self, set: &Set) -> Vec<WordId> {
        let classes = self.by_class.iter().enumerate();
        let in_classes = classes.filter(|(i, _)| set.classes & 1 << i != 0);
        let mut words: Vec<WordId> = in_classes.flat_map(|(_, words)| words).copied().collect();
        words.extend(&set.ids);
        words.sort_unstable();
        words.dedup();
        words
    }

    /// Words of every sentence weigh more.
    fn weight(&self, set: &Set) -> usize {
        const COMMON: usize = 50;
        let weight = |w: &WordId| {
            if self.language.is(*w, self.common) {
                COMMON
            } else {
                1
            }
        };
        self.members(set).iter().map(weight).sum()
    }
}
