//! Numbers in a reply: which name an option ("No. 1", "option1") and which count time. A time ahead says
//! soon or later by the time that the question names: to "within 2 weeks?", "in 6 weeks" is later.

use super::super::lexicon::{self, Concept, Language, Spoken, singular};
use super::super::normalize::normalize;
use super::super::words::{Word, WordKind};
use super::Choice;
use super::evidence::Look;
use super::marks::{By, Scan};

/// Where a question names no time, one from here on is distant.
const DISTANT_DAYS_MIN: u32 = 28;
/// Longer spans are no plan.
const DAYS_MAX: u32 = 36_500;

/// A span of time: how many words it takes, its days at least and at most, whether it is led in.
struct Span {
    words: usize,
    least: u32,
    most: u32,
    led_in: bool,
}

impl Look<'_> {
    /// "No. 1", "Nr 1", "nº 1": here "no" is short for number. "No, 1" is not.
    pub(super) fn numbers_next(&self, at: usize) -> bool {
        let (Some(word), Some(next)) = (self.words.get(at), self.words.get(at + 1)) else {
            return false;
        };
        let one_letter = word.is_letter(&self.reply.text);
        next.kind == WordKind::Digits
            && self.language.is(word.id, self.language.known.numbering)
            && (word.dotted || !(word.breaks || one_letter))
    }

    /// The digits of a word that may be an option's number: "1", and "option1".
    pub(super) fn option_number<'t>(&self, word: &Word, text: &'t str) -> Option<&'t str> {
        match word.kind {
            WordKind::Digits => Some(text),
            WordKind::Mixed => {
                let start = text.find(|c: char| c.is_ascii_digit())?;
                let (name, digits) = text.split_at(start);
                let is_number = digits.bytes().all(|b| b.is_ascii_digit());
                let numbering = self.language.known.numbering;
                let named = || self.language.is(lexicon::get().word(name), numbering);
                (is_number && name.len() >= 2 && named()).then_some(digits)
            }
            WordKind::Letters | WordKind::Emoji => None,
        }
    }

    /// "Till March", "early in May": a month to come, if an option puts off. Until then means not before.
    pub(super) fn names_month(&self, at: usize, scan: &mut Scan) -> bool {
        let known = &self.language.known;
        let before = at.checked_sub(1).map(|i| &self.words[i]);
        let toward = before.is_some_and(|w| !w.breaks && self.language.is(w.id, known.toward));
        let month = self.language.months.contains_key(&self.words[at].id);
        let Some(option) = self
            .reader
            .concepts
            .option(Concept::Distant)
            .filter(|_| month && toward)
        else {
            return false;
        };
        scan.negating = false;
        scan.mark(option, By::Concept(Concept::Distant), at);
        true
    }

    /// An author's word written as two: "pick up".
    pub(super) fn split_part(&self, at: usize) -> Option<usize> {
        const LETTERS_MAX: usize = 24;
        let (word, next) = (self.words.get(at)?, self.words.get(at + 1)?);
        let (head, tail) = (
            word.of_text(&self.reply.text),
            next.of_text(&self.reply.text),
        );
        let length = head.len() + tail.len();
        let letters = word.kind == WordKind::Letters && next.kind == WordKind::Letters;
        if !letters || word.breaks || length > LETTERS_MAX {
            return None;
        }
        let mut joined = [0; LETTERS_MAX];
        joined[..head.len()].copy_from_slice(head.as_bytes());
        joined[head.len()..length].copy_from_slice(tail.as_bytes());
        let joined = std::str::from_utf8(&joined[..length]).ok()?;
        self.reader.parts.get(singular(joined)).copied().flatten()
    }

    fn spans(&self) -> Spans<'_> {
        Spans {
            language: self.language,
            words: self.words,
            text: &self.reply.text,
        }
    }

    /// A time that begins at `at` and is not ahead: "I owe 2 months rent". How many words it takes.
    pub(super) fn time_lasting(&self, at: usize) -> Option<usize> {
        self.spans().counted(at).map(|span| span.words)
    }

    /// A time ahead that begins at `at`: its words, what it says, and the option that stands for it.
    pub(super) fn time_ahead(&self, at: usize) -> Option<(usize, Concept, usize)> {
        let option = |concept| self.reader.concepts.option(concept);
        option(Concept::Later).or(option(Concept::Soon))?;
        let span = self.spans().ahead(at)?;
        let concept = self.choice.places(&span)?;
        Some((span.words, concept, option(concept)?))
    }
}

impl Choice {
    /// Soon or distant, as seen from the question; `None` where it leaves a doubt.
    fn places(&self, span: &Span) -> Option<Concept> {
        match self.within_days {
            Some(within) if span.least > within => Some(Concept::Distant),
            // "2 weeks" alone only says the question's own words again.
            Some(within) if span.most < within || (span.most == within && span.led_in) => {
                Some(Concept::Soon)
            }
            None if span.least >= DISTANT_DAYS_MIN => Some(Concept::Distant),
            _ => None,
        }
    }

    /// Takes in the time that the question names, if all its texts name the same one.
    pub(super) fn know_time<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
        let mut named: Vec<u32> = Vec::new();
        for text in texts {
            let mut normal = normalize(text);
            normal.words.recognize(&normal.text);
            let words = normal.words.as_slice();
            for language in &lexicon::get().languages {
                let spans = Spans {
                    language,
                    words,
                    text: &normal.text,
                };
                let spans = (0..words.len()).filter_map(|at| spans.counted(at));
                named.extend(spans.map(|span| span.most));
            }
        }
        named.sort_unstable();
        named.dedup();
        self.within_days = match named.as_slice() {
            [days] => Some(*days),
            _ => None,
        };
    }
}

/// The words of a text in one language, read for spans of time.
struct Spans<'a> {
    language: &'a Language,
    words: &'a [Word],
    text: &'a str,
}

impl Spans<'_> {
    /// A span of time that begins at `at`, with or without the word that leads in to it; one that is
    /// over, or that something lasts, is none.
    fn ahead(&self, at: usize) -> Option<Span> {
        let is = |word: &Word, class| !word.breaks && self.language.is(word.id, class);
        let known = &self.language.known;
        let before = at.checked_sub(1).map(|i| &self.words[i]);
        let begins = before.is_none_or(|w| w.breaks);
        let leads = usize::from(is(self.words.get(at)?, known.ahead));
        let mut span = self.counted(at + leads)?;
        span.led_in = leads == 1 || before.is_some_and(|w| is(w, known.ahead));
        span.words += leads;
        let end = at + span.words;
        let after = self.words.get(end).filter(|_| !self.words[end - 1].breaks);
        let over = after.is_some_and(|w| self.language.is(w.id, known.behind));
        ((begins || span.led_in) && !over).then_some(span)
    }

    /// "6 weeks", "4 to 6 weeks", "4-6 weeks", "six weeks".
    fn counted(&self, at: usize) -> Option<Span> {
        let first = self.number(at)?;
        let joins = |w: &Word| self.language.is(w.id, self.language.known.ahead);
        let next = at + 1 + usize::from(self.words.get(at + 1).is_some_and(joins));
        let (last, unit_at) = match self.number(next) {
            Some(last) => (last, next + 1),
            None => (first, at + 1),
        };
        let unit = self.days_of(unit_at)?;
        if self.words[at..unit_at].iter().any(|w| w.breaks) || last < first {
            return None;
        }
        let days = |n: u32| n.checked_mul(unit).filter(|days| *days <= DAYS_MAX);
        Some(Span {
            words: unit_at + 1 - at,
            least: days(first)?,
            most: days(last)?,
            led_in: false,
        })
    }

    fn number(&self, at: usize) -> Option<u32> {
        let word = self.words.get(at)?;
        if word.kind == WordKind::Digits {
            return word.of_text(self.text).parse().ok();
        }
        match self.language.spoken.get(&word.id) {
            Some(Spoken::Cardinal(n)) => Some(*n),
            _ if self.language.is(word.id, self.language.known.article) => Some(1),
            _ => None,
        }
    }

    fn days_of(&self, at: usize) -> Option<u32> {
        let word = self.words.get(at)?;
        let known = &self.language.known;
        let units = [
            (known.days, 1),
            (known.weeks, 7),
            (known.months, 30),
            (known.years, 365),
        ];
        let mut units = units.into_iter();
        units.find_map(|(class, days)| self.language.is(word.id, class).then_some(days))
    }
}
