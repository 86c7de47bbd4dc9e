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
                german_order: language.class("german_order"),
            };
        }
        self.courtesies = (0..self.forms.len())
            .map(|i| {
                let word = WordId(i as u16);
                self.languages.iter().any(|l| l.is(word, l.class("polite")))
            })
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
            let common = language.class("filler") | language.class("polite") | language.known.not;
            for (_, topic) in Topic::ALL {
                for (index, pattern) in language.rules[topic as usize].iter().enumerate() {
                    let anchor = pattern.anchor(|set| weight(set, language, common));
                    let anchor = anchor.expect("a rule has a word");
                    let rule = RuleRef {
                        topic,
                        language: number as u8,
                        index: index as u16,
                    };
                    for word in members(anchor, language) {
                        self.anchored[word.index()].push(rule);
                    }
                }
            }
        }
    }
}

fn members(set: &Set, language: &Language) -> Vec<WordId> {
    let in_classes = (0..language.classes.len())
        .filter(|i| language.classes[*i] & set.classes != 0)
        .map(|i| WordId(i as u16));
    let mut words: Vec<WordId> = set.ids.iter().copied().chain(in_classes).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// How often a set is likely to be met: words of every sentence weigh more.
fn weight(set: &Set, language: &Language, common: u128) -> usize {
    const COMMON: usize = 50;
    let members = members(set, language);
    members
        .iter()
        .map(|w| if language.is(*w, common) { COMMON } else { 1 })
        .sum()
}
