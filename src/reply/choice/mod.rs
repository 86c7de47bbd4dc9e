//! Which option of a question a reply chooses: by its key, its name, the author's words, and the
//! language's words for what the option is about; in passing too ("2 works"), never when negated, and
//! not at all when two options could be meant. A wrong option is worse than asking again.

mod evidence;
mod marks;
mod prepare;
mod quantity;
mod reader;

use jiff::Zoned;
use jiff::civil::DateTime;
use smol_str::SmolStr;

use marks::Weighed;

use super::date::{self, Fit};
use super::lexicon::{self, Concept, LANGUAGES, Map};
use super::{Everywhere, Reply, Verdict, after_answers};
use crate::lead::Name;

/// One option as the flow declares it.
#[derive(Debug, Clone)]
pub struct ChoiceOption {
    pub name: Name,
    pub key: String,
    /// The author's own words: locale (`None` for any) and word or phrase.
    pub words: Vec<(Option<Name>, String)>,
}

/// The options of a question, prepared for reading replies.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Folded keys and names: the option, and the rule that finds it.
    exact: Map<SmolStr, (usize, &'static str)>,
    keys: Vec<SmolStr>,
    /// By language.
    readers: Vec<Reader>,
    /// Languages in which the flow is written, the others after them.
    order: [usize; LANGUAGES.len()],
    /// The time that the question names: "within 2 weeks".
    within_days: Option<u32>,
    /// The moments that the options are, where they are that.
    moments: Option<Moments>,
}

/// Options that are moments, on the lead's wall.
#[derive(Debug, Clone)]
struct Moments {
    now: Zoned,
    of: Vec<DateTime>,
}

/// The options as one language sees them.
#[derive(Debug, Clone, Default)]
struct Reader {
    /// Phrases of the author and names, by their first word, longest first.
    phrases: Map<SmolStr, Vec<(Vec<SmolStr>, usize)>>,
    /// Content words of phrases: the one option they point to, `None` where it is two.
    parts: Map<SmolStr, Option<usize>>,
    /// The option that each concept of the lexicon stands for.
    concepts: Meant,
    initials: Vec<(char, usize)>,
}

/// The option that each concept stands for.
#[derive(Debug, Clone)]
struct Meant([Option<u8>; Concept::ALL.len()]);

impl Default for Meant {
    fn default() -> Self {
        Self([None; Concept::ALL.len()])
    }
}

impl Meant {
    fn option(&self, concept: Concept) -> Option<usize> {
        self.0[concept as usize].map(usize::from)
    }

    fn set(&mut self, concept: Concept, option: Option<usize>) {
        self.0[concept as usize] = option.and_then(|o| u8::try_from(o).ok());
    }

    /// The option that a phrase of these concepts means, and by which of them.
    fn one(&self, bits: u64) -> One {
        let mut found = None;
        for concept in Concept::of(bits) {
            match (self.option(concept), found) {
                (Some(option), Some((known, _))) if option != known => return One::Two,
                (Some(option), None) => found = Some((option, concept)),
                _ => {}
            }
        }
        found.map_or(One::None, |(option, concept)| One::Option(option, concept))
    }
}

/// What a phrase of several concepts means.
enum One {
    Option(usize, Concept),
    Two,
    None,
}

impl Choice {
    /// `locales` are the flow's; their lexicons give an option named `yes`, `no` or `later` its words.
    pub fn new(options: &[ChoiceOption], locales: &[Name]) -> Self {
        prepare::choice(options, locales)
    }

    /// Options that are moments, by the order of `of`: chosen by number, by name, by what tells one of
    /// them from the others ("Tuesday at 8", "the later one"), and by no word of their names.
    pub fn of_moments(
        options: &[ChoiceOption],
        locales: &[Name],
        now: Zoned,
        of: Vec<DateTime>,
    ) -> Self {
        let numbered: Vec<ChoiceOption> = options
            .iter()
            .map(|option| ChoiceOption {
                name: Name::default(),
                ..option.clone()
            })
            .collect();
        Self {
            exact: Self::new(options, locales).exact,
            moments: Some(Moments { now, of }),
            ..Self::new(&numbered, locales)
        }
    }

    /// With what the question says, in any of its languages: to "Do you own the home?", "we rent" is no;
    /// to "within 2 weeks?", "in 6 weeks" is later.
    pub fn asking<'t>(mut self, texts: impl IntoIterator<Item = &'t str> + Clone) -> Self {
        self.know_time(texts.clone());
        prepare::opposites(&mut self, texts);
        self
    }

    /// Which option the reply chooses, by its index. What is said instead of an answer ("wrong number",
    /// "call me") outranks an option named in passing, not one that is the whole reply.
    pub fn read(&self, reply: &Reply, locale: &str) -> Option<Verdict<usize>> {
        self.read_exact(reply, locale).or_else(|| {
            let instead = reply.words.len() > 1 && self.is_said_instead(reply, locale);
            (!instead)
                .then(|| self.read_moment(reply, locale))
                .flatten()
        })
    }

    /// By day and time where the options are moments, else, and where none is told, in passing.
    fn read_moment(&self, reply: &Reply, locale: &str) -> Option<Verdict<usize>> {
        let fit = match &self.moments {
            Some(moments) => date::offered(reply, locale, &moments.now, &moments.of),
            None => Fit::Nothing,
        };
        match fit {
            Fit::Nothing => self.read_in_passing(reply, locale),
            Fit::Unclear => None,
            Fit::One(option, certain) => Some(Verdict {
                meaning: option,
                certain: certain && !reply.question,
                rule: "day-or-time",
            }),
        }
    }

    /// "Call me" is an answer where one option is a call.
    fn is_said_instead(&self, reply: &Reply, locale: &str) -> bool {
        let reader = self.reader(lexicon::get().language_of(locale));
        let calls = reader.is_some_and(|r| r.concepts.option(Concept::Call).is_some());
        after_answers(reply).is_some_and(|said| !(calls && said.meaning == Everywhere::CallMe))
    }

    /// The option that the whole reply names: nothing outranks it but an opt-out.
    pub fn read_exact(&self, reply: &Reply, locale: &str) -> Option<Verdict<usize>> {
        if let Some((option, rule)) = self.exact.get(&reply.text) {
            return Some(Verdict {
                meaning: *option,
                certain: true,
                rule,
            });
        }
        if self.moments.is_some() {
            return None;
        }
        let language = lexicon::get().language_of(locale);
        self.reader(language)?.whole(reply, language)
    }

    /// The option that the reply points to among other words.
    pub fn read_in_passing(&self, reply: &Reply, locale: &str) -> Option<Verdict<usize>> {
        if reply.is_blank() {
            return None;
        }
        let own = lexicon::get().language_of(locale);
        match self.weigh(reply, own) {
            Weighed::Option(verdict, _) => return Some(verdict),
            Weighed::Unclear => return None,
            Weighed::Nothing => {}
        }
        // People answer in the other language too; then every word of it must be understood.
        self.order
            .iter()
            .filter(|language| **language != own)
            .find_map(|language| match self.weigh(reply, *language) {
                Weighed::Option(verdict, 0) => Some(verdict),
                _ => None,
            })
    }

    fn reader(&self, language: usize) -> Option<&Reader> {
        self.readers.get(language)
    }

    fn weigh(&self, reply: &Reply, language: usize) -> Weighed {
        match self.reader(language) {
            Some(reader) => evidence::weigh(self, reader, reply, language),
            None => Weighed::Nothing,
        }
    }
}
