//! From the language files to the lexicon. The files are ours: a mistake in one is a failing test
//! (`every_language_file_reads`), never a lead's problem.

use std::collections::BTreeMap;

use serde::Deserialize;
use smol_str::SmolStr;

use super::super::normalize::fold;
use super::conjugate::{self, Mood};
use super::misspelt::{by_ear, slips};
use super::number_words::{Spoken, german_compounds};
use super::pattern::{Capital, Part, Pattern, Set, Times, What};
use super::{Concept, Cue, LANGUAGES, Language, Lexicon, Phrase, Topic, WordId};

/// The files, in the order of `LANGUAGES`.
pub(super) const FILES: [&str; LANGUAGES.len()] = [
    include_str!("en.yaml"),
    include_str!("es.yaml"),
    include_str!("fr.yaml"),
    include_str!("de.yaml"),
    include_str!("pt.yaml"),
];

/// A language file. Lists of single words are written in one string, phrases divided by commas.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    classes: BTreeMap<String, String>,
    verbs: Vec<Verbs>,
    /// Classes whose words are also known with a slip of the thumb.
    misspelt: String,
    /// Words that look like such a slip and are none.
    spelt_right: String,
    rules: BTreeMap<String, Rules>,
    concepts: BTreeMap<String, String>,
    numbers: BTreeMap<String, u32>,
    scales: BTreeMap<String, u64>,
    ordinals: BTreeMap<String, u32>,
    months: Vec<String>,
    weekdays: Vec<String>,
    cues: BTreeMap<String, String>,
    when: BTreeMap<String, String>,
}

/// Verbs, and the classes that their forms are put into; what has no class is left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Verbs {
    of: String,
    command: Option<String>,
    infinitive: Option<String>,
    command_me: Option<String>,
    participle: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Rules {
    certain: Vec<String>,
    likely: Vec<String>,
}

pub(super) fn lexicon(files: &[&str; LANGUAGES.len()]) -> Lexicon {
    let mut lexicon = Lexicon {
        forms: vec![SmolStr::default()],
        ..Lexicon::default()
    };
    let files: Vec<File> = files
        .iter()
        .map(|text| serde_yaml::from_str(text).expect("language files are tested"))
        .collect();
    for (index, file) in files.iter().enumerate() {
        let mut loader = Loader {
            lexicon: &mut lexicon,
            index,
        };
        loader.load(file);
    }
    lexicon.spread_stems();
    for (index, file) in files.iter().enumerate() {
        lexicon.know_slips(index, file);
    }
    lexicon.know_classes();
    lexicon.index_words();
    lexicon.anchor_rules();
    lexicon
}

struct Loader<'a> {
    lexicon: &'a mut Lexicon,
    index: usize,
}

impl Loader<'_> {
    fn load(&mut self, file: &File) {
        for (name, words) in &file.classes {
            let class = self.class_of(name);
            for word in words.split_whitespace() {
                self.classify(word, class);
            }
        }
        for verbs in &file.verbs {
            self.verbs(verbs);
        }
        for (name, phrases) in &file.concepts {
            self.concept(name, phrases);
        }
        self.cues(file);
        self.numbers(file);
        self.calendar(file);
        for (name, rules) in &file.rules {
            let topic = Topic::ALL.iter().find(|(n, _)| n == name);
            let (_, topic) = *topic.expect("rules are about a known topic");
            for (texts, certain) in [(&rules.certain, true), (&rules.likely, false)] {
                for text in texts {
                    for text in self.spellings(text) {
                        let pattern = self.pattern(&text, certain);
                        self.language().rules[topic as usize].push(pattern);
                    }
                }
            }
        }
    }

    fn language(&mut self) -> &mut Language {
        &mut self.lexicon.languages[self.index]
    }

    fn verbs(&mut self, verbs: &Verbs) {
        for verb in verbs.of.split_whitespace() {
            for (mood, form) in conjugate::forms(LANGUAGES[self.index], verb) {
                let class = match mood {
                    Mood::Command => &verbs.command,
                    Mood::Infinitive => &verbs.infinitive,
                    Mood::CommandMe => &verbs.command_me,
                    Mood::Participle => &verbs.participle,
                };
                if let Some(class) = class {
                    let class = self.class_of(class);
                    self.classify(&form, class);
                }
            }
        }
    }

    /// The bit of a class, which is made if the language has none of this name yet.
    fn class_of(&mut self, name: &str) -> u128 {
        let known = self.language().class(name);
        if known != 0 {
            return known;
        }
        let index = self.language().class_names.len();
        assert!(index < 128, "a language has at most 128 classes");
        self.language().class_names.push(name.to_string());
        1 << index
    }

    /// German is also written without its dots: `spaeter`.
    fn spellings(&self, text: &str) -> Vec<String> {
        let text = text.trim().to_string();
        if LANGUAGES[self.index] == "de" && text.contains(['ä', 'ö', 'ü', 'Ä', 'Ö', 'Ü']) {
            let plain = text.replace(['ä', 'Ä'], "ae").replace(['ö', 'Ö'], "oe");
            let plain = plain.replace(['ü', 'Ü'], "ue");
            return vec![text, plain];
        }
        vec![text]
    }

    /// Puts a word (`stop`) or a beginning of words (`escrib~`) into a class.
    fn classify(&mut self, word: &str, class: u128) {
        for spelling in self.spellings(word) {
            let id = match spelling.strip_suffix('~') {
                Some(stem) => self.lexicon.intern_stem(&fold(stem)),
                None => self.lexicon.intern(&fold(&spelling)),
            };
            let classes = &mut self.language().classes;
            classes.resize(classes.len().max(id.index() + 1), 0);
            classes[id.index()] |= class;
        }
    }

    fn concept(&mut self, name: &str, phrases: &str) {
        let concept = Concept::ALL.iter().find(|(n, _)| *n == name);
        let (_, concept) = *concept.expect("concepts are known");
        for phrase in phrases.split(',') {
            for spelling in self.spellings(phrase) {
                let words: Vec<WordId> = self.ids(&spelling);
                let Some(first) = words.first().copied() else {
                    continue;
                };
                let phrases = self.language().phrases.entry(first).or_default();
                match phrases.iter_mut().find(|p| p.words == words) {
                    Some(known) => known.concepts |= concept.bit(),
                    None => phrases.push(Phrase {
                        words,
                        concepts: concept.bit(),
                    }),
                }
                phrases.sort_by_key(|p| std::cmp::Reverse(p.words.len()));
            }
        }
    }

    fn cues(&mut self, file: &File) {
        for (cues, of_time) in [(&file.cues, false), (&file.when, true)] {
            for (name, phrases) in cues {
                let cue = Cue::ALL.iter().find(|(n, _)| n == name);
                let (_, cue) = *cue.expect("cues are known");
                for phrase in phrases.split(',') {
                    for spelling in self.spellings(phrase) {
                        let words = self.ids(&spelling);
                        let language = self.language();
                        let book = match cue {
                            _ if of_time => &mut language.when,
                            // "Under" leads in to a name, and says at most.
                            Cue::NameIs | Cue::Greeting | Cue::NameTail => &mut language.naming,
                            _ => &mut language.cues,
                        };
                        book.add(words, cue);
                    }
                }
            }
        }
    }

    fn ids(&mut self, phrase: &str) -> Vec<WordId> {
        let folded = fold(phrase);
        folded
            .split_whitespace()
            .map(|word| self.lexicon.intern(word))
            .collect()
    }

    fn numbers(&mut self, file: &File) {
        let mut cardinals: Vec<(String, u32)> = Vec::new();
        for (word, n) in &file.numbers {
            cardinals.extend(self.spellings(word).into_iter().map(|w| (fold(&w), *n)));
        }
        if LANGUAGES[self.index] == "de" {
            cardinals.extend(german_compounds(&cardinals));
        }
        let spoken = cardinals.into_iter().map(|(w, n)| (w, Spoken::Cardinal(n)));
        let scales = file
            .scales
            .iter()
            .map(|(w, n)| (w.clone(), Spoken::Scale(*n)));
        let ordinals = file
            .ordinals
            .iter()
            .map(|(w, n)| (w.clone(), Spoken::Ordinal(*n)));
        for (word, spoken) in spoken.chain(ordinals).chain(scales) {
            for spelling in self.spellings(&word) {
                let id = self.lexicon.intern(&fold(&spelling));
                self.language().spoken.entry(id).or_insert(spoken);
            }
        }
    }

    fn calendar(&mut self, file: &File) {
        for (names, of_months) in [(&file.months, true), (&file.weekdays, false)] {
            for (index, names) in names.iter().enumerate() {
                for name in names.split_whitespace() {
                    for spelling in self.spellings(name) {
                        let id = self.lexicon.intern(&fold(&spelling));
                        let language = self.language();
                        let values = if of_months {
                            &mut language.months
                        } else {
                            &mut language.weekdays
                        };
                        values.insert(id, index as u8 + u8::from(of_months));
                    }
                }
            }
        }
    }

    fn pattern(&mut self, text: &str, certain: bool) -> Pattern {
        let parts: Vec<Part> = text
            .split_whitespace()
            .map(|part| self.part(part))
            .collect();
        Pattern::new(parts, certain)
    }

    fn part(&mut self, text: &str) -> Part {
        let once = |what| Part {
            what,
            times: Times::Once,
        };
        match text {
            "^" => once(What::ClauseBegins),
            "^^" => once(What::MessageBegins),
            "$" => once(What::ClauseEnds),
            "$$" => once(What::MessageEnds),
            "," => once(What::Break),
            ",?" => once(What::AnyBreak),
            "#" => once(What::Number),
            "@" => once(What::Name(Capital::Any)),
            "@@" => once(What::Name(Capital::Written)),
            _ => {
                if let Some(most) = text.strip_prefix("..") {
                    return once(What::Gap(most.parse().expect("a gap has a length")));
                }
                if let Some(set) = text.strip_prefix('!') {
                    return once(What::Not(self.set(set)));
                }
                if let Some(set) = text.strip_prefix('-') {
                    return once(What::NotBefore(self.set(set)));
                }
                self.repeated(text)
            }
        }
    }

    /// A beginning of words that stands in a rule is a class of its own.
    fn stem_class(&mut self, stem: &str) -> u128 {
        let known = self.language().class(stem);
        if known != 0 {
            return known;
        }
        let class = self.class_of(stem);
        self.classify(stem, class);
        class
    }

    fn repeated(&mut self, text: &str) -> Part {
        let (set, times) = match (text.strip_suffix('?'), text.strip_suffix('*')) {
            (Some(set), _) => (set, Times::Perhaps),
            (_, Some(set)) => (set, Times::Any),
            _ => (text, Times::Once),
        };
        let what = if set == "#" {
            What::Number
        } else {
            What::Word(self.set(set))
        };
        Part { what, times }
    }

    fn set(&mut self, text: &str) -> Set {
        let mut set = Set::default();
        for word in text.split('|') {
            match word.strip_prefix('<').and_then(|w| w.strip_suffix('>')) {
                Some(class) => {
                    let bit = self.language().class(class);
                    assert!(bit != 0, "`{class}` in `{text}` is a class of its language");
                    set.classes |= bit;
                }
                None if word.ends_with('~') => set.classes |= self.stem_class(word),
                None => {
                    let ids = self.ids(word);
                    assert!(ids.len() == 1, "`{word}` in `{text}` is one word");
                    set.ids.extend(ids);
                }
            }
        }
        set
    }
}

impl Lexicon {
    fn intern(&mut self, word: &str) -> WordId {
        if let Some(id) = self.words.get(word) {
            return *id;
        }
        let id = self.new_form(word);
        self.words.insert(SmolStr::new(word), id);
        id
    }

    /// A slip that is no word of any language stands for the word.
    fn know_slips(&mut self, index: usize, file: &File) {
        let language = &self.languages[index];
        let names = file.misspelt.split_whitespace();
        let classes = names.fold(0, |bits, name| {
            let bit = language.class(name);
            assert!(bit != 0, "`{name}` is a class of its language");
            bits | bit
        });
        let right: Vec<String> = file.spelt_right.split_whitespace().map(fold).collect();
        let meant: Vec<WordId> = (1..self.forms.len())
            .map(|i| WordId(i as u16))
            .filter(|id| self.languages[index].is(*id, classes))
            .filter(|id| self.words.get(self.form(*id)) == Some(id))
            .collect();
        for id in meant {
            let form = self.form(id);
            for slip in slips(form)
                .into_iter()
                .chain(by_ear(LANGUAGES[index], form))
            {
                if self.word(&slip) == WordId::UNKNOWN && !right.contains(&slip) {
                    self.words.insert(SmolStr::new(slip), id);
                }
            }
        }
    }

    fn new_form(&mut self, word: &str) -> WordId {
        let id = WordId(u16::try_from(self.forms.len()).expect("fewer than 65,536 forms"));
        self.forms.push(SmolStr::new(word));
        id
    }

    fn intern_stem(&mut self, stem: &str) -> WordId {
        let first = stem
            .as_bytes()
            .get(..3)
            .and_then(|b| <[u8; 3]>::try_from(b).ok());
        let first = first.expect("a stem has at least three letters");
        let known = self
            .stems
            .get(&first)
            .and_then(|s| s.iter().find(|(w, _)| w == stem));
        if let Some((_, id)) = known {
            return *id;
        }
        let id = self.new_form(stem);
        let stems = self.stems.entry(first).or_default();
        stems.push((SmolStr::new(stem), id));
        stems.sort_by_key(|(stem, _)| std::cmp::Reverse(stem.len()));
        id
    }

    /// A word that begins with a stem is in the stem's classes, and so is a longer stem.
    fn spread_stems(&mut self) {
        let forms: Vec<(SmolStr, WordId)> = self
            .words
            .iter()
            .map(|(w, id)| (w.clone(), *id))
            .chain(self.stems.values().flatten().cloned())
            .collect();
        for (form, id) in forms {
            let Some(Ok(first)) = form.as_bytes().get(..3).map(<[u8; 3]>::try_from) else {
                continue;
            };
            for (stem, stem_id) in self.stems.get(&first).into_iter().flatten() {
                if form.starts_with(stem.as_str()) && *stem_id != id {
                    for language in &mut self.languages {
                        language.spread(*stem_id, id);
                    }
                }
            }
        }
    }
}

impl Language {
    fn spread(&mut self, from: WordId, to: WordId) {
        let mask = self.class_mask(from);
        if mask != 0 {
            self.classes
                .resize(self.classes.len().max(to.index() + 1), 0);
            self.classes[to.index()] |= mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_file_reads() {
        let lexicon = lexicon(&FILES);
        for language in &lexicon.languages {
            assert_eq!(
                language
                    .months
                    .values()
                    .filter(|m| **m == 12)
                    .count()
                    .min(1),
                1
            );
            assert_eq!(
                language
                    .weekdays
                    .values()
                    .filter(|d| **d == 6)
                    .count()
                    .min(1),
                1
            );
        }
        assert_eq!(lexicon.word("yesss"), lexicon.word("yes"));
        assert_eq!(lexicon.word("spaeter"), lexicon.word("spaeter"));
        assert_ne!(lexicon.word("spaeter"), WordId::UNKNOWN);
    }
}
