//! Weighs the words of a reply: which options they speak for, and what speaks against choosing.

use super::super::lexicon::{self, Concept, Language, Spoken, singular};
use super::super::words::{Word, WordKind};
use super::super::{Reply, Verdict, typo};
use super::marks::{By, Mark, Scan, Weighed};
use super::{Choice, One, Reader};

/// Longer replies say more than an option.
const WORDS_MAX: usize = 40;

pub(super) fn weigh(choice: &Choice, reader: &Reader, reply: &Reply, language: usize) -> Weighed {
    if reply.words.len() > WORDS_MAX {
        return Weighed::Nothing;
    }
    if let Some(verdict) = by_sound_or_initial(choice, reader, reply, language) {
        return Weighed::Option(verdict, 0);
    }
    let look = Look::new(choice, reader, reply, language);
    let scan = look.scan();
    if scan.blocked {
        return Weighed::Unclear;
    }
    if scan.marks.is_empty() {
        let says_nothing = scan.unknown == 0 && !scan.doubtful && !reply.is_blank();
        return if scan.hedged || says_nothing {
            Weighed::Unclear
        } else {
            look.typo(&scan)
        };
    }
    look.decide(scan)
}

/// "too" for 2, "C" for confirm: the whole message.
fn by_sound_or_initial(
    choice: &Choice,
    reader: &Reader,
    reply: &Reply,
    language: usize,
) -> Option<Verdict<usize>> {
    const SOUNDS: [(&str, &str); 7] = [
        ("to", "2"),
        ("too", "2"),
        ("tu", "2"),
        ("tow", "2"),
        ("for", "4"),
        ("won", "1"),
        ("ate", "8"),
    ];
    let text = reply.text.as_str();
    if language == 0
        && let Some((_, key)) = SOUNDS.iter().find(|(sound, _)| *sound == text)
    {
        let option = choice.keys.iter().position(|k| k == key)?;
        return Some(Verdict {
            meaning: option,
            certain: false,
            rule: "sounds-like",
        });
    }
    let mut letters = text.chars();
    let initial = letters.next().filter(|_| letters.next().is_none())?;
    let mut options = reader
        .initials
        .iter()
        .filter(|(c, _)| *c == initial)
        .map(|(_, o)| *o);
    let option = options.next()?;
    options.all(|o| o == option).then_some(Verdict {
        meaning: option,
        certain: true,
        rule: "initial",
    })
}

pub(super) struct Look<'a> {
    pub(super) choice: &'a Choice,
    pub(super) reader: &'a Reader,
    pub(super) reply: &'a Reply,
    pub(super) words: &'a [Word],
    pub(super) language: &'a Language,
    filler: u128,
    not: u128,
    unit: u128,
    lead_in: u128,
}

impl<'a> Look<'a> {
    fn new(choice: &'a Choice, reader: &'a Reader, reply: &'a Reply, language: usize) -> Self {
        let language = &lexicon::get().languages[language];
        Self {
            choice,
            reader,
            reply,
            words: reply.words.as_slice(),
            language,
            filler: language.known.filler,
            not: language.known.not,
            unit: language.known.unit,
            lead_in: language.known.lead_in,
        }
    }

    fn scan(&self) -> Scan {
        let mut scan = Scan::default();
        let mut at = 0;
        while at < self.words.len() {
            let known = scan.marks.len();
            let taken = self.look_at(at, &mut scan);
            for mark in scan.marks.iter_mut().skip(known) {
                mark.end = at + taken - 1;
            }
            if self.words[at + taken - 1].breaks {
                scan.negating = false;
                scan.earlier = scan.marks.len();
            }
            at += taken;
        }
        scan
    }

    /// Takes in the word at `at`, or the phrase that begins there; how many words that is.
    fn look_at(&self, at: usize, scan: &mut Scan) -> usize {
        let own = self.reader.phrase_at(self.reply, at);
        let concept = self
            .language
            .phrase(&self.words[at..])
            .filter(|(n, _)| !self.overlapped(at, *n));
        match (own, concept) {
            (Some((n, option)), _) if !self.says_it_better(n, option, concept) => {
                self.mark(option, By::Own, at, scan);
                n
            }
            _ if self.numbers_next(at) => 1,
            (None, None) if let Some(option) = self.split_part(at) => {
                self.mark(option, By::Part, at, scan);
                2
            }
            _ => self.read_on(at, concept, scan),
        }
    }

    /// What no word of the author says: a time ahead, a phrase of the lexicon, a single word.
    fn read_on(&self, at: usize, concept: Option<(usize, u64)>, scan: &mut Scan) -> usize {
        let known = concept.map_or(0, |(n, _)| n);
        if let Some((n, ahead, option)) = self.time_ahead(at).filter(|(n, ..)| *n >= known) {
            self.mark(option, By::Concept(ahead), at, scan);
            return n;
        }
        match concept {
            Some((n, bits)) => {
                self.concept(at, n, bits, scan);
                n
            }
            None if let Some(n) = self.time_lasting(at) => {
                (at..at + n).for_each(|i| scan.unknown(i));
                n
            }
            None => {
                self.single(at, scan);
                1
            }
        }
    }

    /// Whether the lexicon knows more of the words than that they are the option's: a longer phrase, or
    /// that they say yes, no or later.
    fn says_it_better(&self, n: usize, option: usize, concept: Option<(usize, u64)>) -> bool {
        let Some((m, bits)) = concept else {
            return false;
        };
        let plain = Concept::Yes.bit() | Concept::No.bit() | Concept::Later.bit();
        let same = || match self.reader.concepts.one(bits) {
            One::Option(meant, _) => meant == option,
            One::Two | One::None => false,
        };
        m > n || (m == n && bits & plain != 0 && same())
    }

    /// Whether a longer phrase begins within the one of `n` words at `at`: "I can't make it".
    fn overlapped(&self, at: usize, n: usize) -> bool {
        let weak = Concept::Echo.bit() | Concept::EchoNo.bit();
        let bits = self
            .language
            .phrase(&self.words[at..])
            .map_or(0, |(_, bits)| bits);
        let least = if bits & !weak == 0 { n } else { n + 1 };
        (at + 1..at + n).any(|i| {
            self.language
                .phrase(&self.words[i..])
                .is_some_and(|(m, _)| m >= least)
        })
    }

    fn concept(&self, at: usize, n: usize, bits: u64, scan: &mut Scan) {
        if self.negates(at, n, bits, scan) {
            return self.negate(scan);
        }
        let picture = self.words[at].kind == WordKind::Emoji;
        let found = match self.reader.concepts.one(bits) {
            One::Option(option, concept) => Some((option, concept)),
            One::Two => {
                scan.blocked = true;
                None
            }
            One::None => None,
        };
        let is = |concept: Concept| bits & concept.bit() != 0;
        match found {
            Some((option, concept)) if picture => scan.mark(option, By::Picture(concept), at),
            Some((option, concept)) => {
                self.mark(option, By::Concept(concept), at, scan);
                // "No, I don't own it": the phrase answers, and its "not" goes on.
                scan.negating |= is(Concept::No) && self.is_open_not(at, n);
            }
            None if is(Concept::Idiom) => {}
            None if is(Concept::Hedge) => scan.hedged = true,
            None if is(Concept::NotSure) || is(Concept::Cancel) || is(Concept::Defer) => {
                scan.blocked = true;
            }
            // "no gutters" speaks against what follows.
            None if is(Concept::No) => scan.negating = !self.words[at + n - 1].breaks,
            None if is(Concept::Yes) || is(Concept::Echo) => {}
            // "2 works"
            None if self.words[at..at + n]
                .iter()
                .all(|w| self.language.is(w.id, self.filler)) => {}
            None => scan.unknown(at),
        }
    }

    fn single(&self, at: usize, scan: &mut Scan) {
        let word = &self.words[at];
        let text = word.of_text(&self.reply.text);
        if word.kind == WordKind::Emoji {
            return;
        }
        if let Some(digits) = self.option_number(word, text) {
            return self.number(at, digits, scan);
        }
        scan.asking |= at == 0 && self.language.is(word.id, self.language.known.interrogative);
        if self.language.is(word.id, self.not) {
            return self.negate(scan);
        }
        if self.names_month(at, scan) {
            return;
        }
        if let Some(part) = self.reader.parts.get(singular(text)) {
            match part {
                Some(option) => self.mark(*option, By::Part, at, scan),
                None => scan.doubtful = true,
            }
            return;
        }
        if self.language.is(word.id, self.language.known.last) && !self.is_quantity(at) {
            return scan.mark(self.choice.keys.len().saturating_sub(1), By::Ordinal, at);
        }
        if let Some(spoken) = self.language.spoken.get(&word.id)
            && self.spoken(at, *spoken, scan)
        {
            return;
        }
        if !self.language.is(word.id, self.filler) {
            scan.unknown(at);
        }
    }

    /// Whether a phrase for no is a "not" to other words: "I don't own it", "passt leider nicht".
    fn negates(&self, at: usize, n: usize, bits: u64, scan: &Scan) -> bool {
        let refusals = Concept::No.bit() | Concept::EchoNo.bit();
        let phrase = &self.words[at..at + n];
        let has_not = phrase.iter().any(|w| self.language.is(w.id, self.not));
        if bits & !refusals != 0 || !has_not {
            return false;
        }
        let goes_on = at + n < self.words.len() && !self.words[at + n - 1].breaks;
        let german = self.language.known.german_order != 0;
        (goes_on && bits == Concept::EchoNo.bit()) || (german && scan.marks.len() > scan.earlier)
    }

    /// Whether a phrase of several words ends in "not", and its clause goes on.
    fn is_open_not(&self, at: usize, n: usize) -> bool {
        let last = &self.words[at + n - 1];
        n > 1
            && !last.breaks
            && at + n < self.words.len()
            && self.language.is(last.id, self.not)
            && self.language.known.german_order == 0
    }

    fn concept_option(&self, concept: Concept) -> Option<usize> {
        self.reader.concepts.option(concept)
    }

    /// "I don't own it" to a question of yes or no says no.
    fn mark(&self, option: usize, by: By, at: usize, scan: &mut Scan) {
        let polar = (
            self.concept_option(Concept::Yes),
            self.concept_option(Concept::No),
        );
        let of_content = match by {
            By::Own | By::Part => true,
            By::Concept(concept) => matches!(concept, Concept::Own | Concept::Rent),
            _ => false,
        };
        match polar {
            (Some(yes), Some(no))
                if scan.negating
                    && of_content
                    && self.choice.keys.len() == 2
                    && yes != no
                    && self.concept_option(Concept::Later).is_none() =>
            {
                scan.flipped = true;
                scan.marks.push(Mark {
                    option: if option == yes { no } else { yes },
                    by,
                    at,
                    end: at,
                });
            }
            _ => scan.mark(option, by, at),
        }
    }

    /// A word for "not". German says it after what it negates: "passt mir nicht".
    fn negate(&self, scan: &mut Scan) {
        scan.negating = true;
        let german = self.language.known.german_order != 0;
        if !german || scan.marks.len() == scan.earlier {
            return;
        }
        let reschedule = self.concept_option(Concept::Reschedule);
        match (scan.marks.last_mut(), reschedule) {
            (Some(mark), Some(option)) if mark.by == By::Concept(Concept::Confirm) => {
                *mark = Mark {
                    option,
                    by: By::Concept(Concept::Reschedule),
                    ..*mark
                };
            }
            (Some(mark), _) if mark.option == reschedule.unwrap_or(usize::MAX) => {}
            _ => scan.blocked = true,
        }
    }

    fn number(&self, at: usize, text: &str, scan: &mut Scan) {
        if self.is_quantity(at) {
            return scan.unknown(at);
        }
        match self.choice.keys.iter().position(|key| key == text) {
            Some(option) => scan.mark(option, By::Key, at),
            // "Can we move it to 4": an hour.
            None if self.moves(scan) => scan.unknown(at),
            None => scan.blocked = true,
        }
    }

    fn moves(&self, scan: &Scan) -> bool {
        let reschedule = By::Concept(Concept::Reschedule);
        scan.marks.last().is_some_and(|mark| mark.by == reschedule)
    }

    /// "2 weeks", "at 1": a number of something.
    fn is_quantity(&self, at: usize) -> bool {
        let next = self.words.get(at + 1).filter(|_| !self.words[at].breaks);
        let before = at
            .checked_sub(1)
            .map(|i| &self.words[i])
            .filter(|w| !w.breaks);
        next.is_some_and(|w| self.language.is(w.id, self.unit))
            || before.is_some_and(|w| self.language.is(w.id, self.lead_in) && !self.is_chosen(at))
            || next.is_some_and(|w| w.kind == WordKind::Letters && self.means_nothing(w))
    }

    /// "la 1 por favor" and "go for 1" name the option; "a la 1" is a time.
    fn is_chosen(&self, at: usize) -> bool {
        let choosing = self.language.known.choosing;
        let chosen = |i: usize| self.language.is(self.words[i].id, choosing);
        (at == 1 && self.words[0].of_text(&self.reply.text) == "la")
            || at.checked_sub(2).is_some_and(chosen)
    }

    fn means_nothing(&self, word: &Word) -> bool {
        let text = word.of_text(&self.reply.text);
        !self.language.is(word.id, self.filler | self.not)
            && self.language.phrase(std::slice::from_ref(word)).is_none()
            && !self.reader.parts.contains_key(singular(text))
            && !self.reader.phrases.contains_key(text)
    }

    /// Whether a number word speaks for an option here.
    fn spoken(&self, at: usize, spoken: Spoken, scan: &mut Scan) -> bool {
        let by_key = |n: u32| self.choice.keys.iter().position(|k| k.parse() == Ok(n));
        let option = match spoken {
            Spoken::Cardinal(n) => {
                // "the third one", "the morning one": no number.
                let after_mark = scan.marks.last().is_some_and(|m| m.at + 1 == at);
                if n == 1 && (after_mark || self.is_determined(at) || self.is_article(at)) {
                    return true;
                }
                by_key(n).map(|option| (option, By::NumberWord))
            }
            Spoken::Ordinal(n) => {
                let place = (n as usize)
                    .checked_sub(1)
                    .filter(|i| *i < self.choice.keys.len());
                by_key(n).or(place).map(|option| (option, By::Ordinal))
            }
            Spoken::Scale(_) => None,
        };
        match option {
            Some((option, by)) => scan.mark(option, by, at),
            None => scan.unknown(at),
        }
        true
    }

    /// "Una llamada", "un appel": one of something that is named next.
    fn is_article(&self, at: usize) -> bool {
        let next = self.words.get(at + 1).filter(|_| !self.words[at].breaks);
        next.is_some_and(|w| {
            w.kind == WordKind::Letters
                && !self.language.is(w.id, self.filler | self.not)
                && !self.language.spoken.contains_key(&w.id)
        })
    }

    /// "this one", "which one": English points with its number.
    fn is_determined(&self, at: usize) -> bool {
        let before = at
            .checked_sub(1)
            .map(|i| self.words[i].of_text(&self.reply.text));
        matches!(
            before,
            Some("this" | "that" | "which" | "other" | "any" | "good" | "best")
        )
    }

    /// A single word not understood that is nearly one that would be.
    fn typo(&self, scan: &Scan) -> Weighed {
        if scan.unknown != 1 || scan.negating || self.reply.question {
            return Weighed::Nothing;
        }
        let word = self.words[scan.first_unknown];
        let text = word.of_text(&self.reply.text);
        // A word that the lexicon knows was meant.
        let known = word.id != lexicon::WordId::UNKNOWN;
        let alone = self.words.len() == 1;
        let root = |meant: &str| typo::same_root(text, meant);
        let slip = |text: &str, meant: &str| {
            !known
                && (text.len() >= 4 || (alone && text.len() == 3 && text.len() == meant.len()))
                && meant.len() >= 3
                && text.as_bytes()[0] == meant.as_bytes()[0]
                && (meant.len() >= 4 || typo::is_slip(text, meant))
                && typo::is_near(text, meant)
        };
        let fits = |meant: &str| slip(text, meant) || slip(singular(text), meant) || root(meant);
        let own = self
            .reader
            .parts
            .iter()
            .filter_map(|(word, option)| Some((word, (*option)?)));
        let of_lexicon = self.language.single_words(text.as_bytes()[0]).iter();
        let of_lexicon =
            of_lexicon.filter_map(|(word, bits)| match self.reader.concepts.one(*bits) {
                One::Option(option, _) => Some((word, option)),
                One::Two | One::None => None,
            });
        let mut options = own
            .chain(of_lexicon)
            .filter(|(word, _)| fits(word))
            .map(|(_, option)| option);
        let Some(option) = options.next() else {
            return Weighed::Nothing;
        };
        if options.any(|other| other != option) {
            return Weighed::Nothing;
        }
        let verdict = Verdict {
            meaning: option,
            certain: false,
            rule: "typo",
        };
        Weighed::Option(verdict, 0)
    }

    fn decide(&self, mut scan: Scan) -> Weighed {
        let plain = scan.unknown == 0;
        if scan.doubtful && self.joins() {
            return Weighed::Unclear;
        }
        if scan.hedged && !scan.marks.iter().all(Mark::is_time_off) {
            return self
                .yes_but_later(&scan)
                .or_else(|| self.no_but_later(&scan))
                .unwrap_or(Weighed::Unclear);
        }
        if !plain {
            self.drop_numbers(&mut scan);
        }
        if scan.marks.iter().any(|m| !matches!(m.by, By::Picture(_))) {
            scan.marks.retain(|m| !matches!(m.by, By::Picture(_)));
        }
        let says_more = |m: &Mark| m.by != By::Concept(Concept::Echo);
        if scan.marks.iter().any(says_more) {
            scan.marks.retain(says_more);
        }
        let Some(first) = scan.marks.first().copied() else {
            return Weighed::Nothing;
        };
        if scan.marks.iter().any(|m| m.option != first.option) {
            return self
                .no_but_later(&scan)
                .or_else(|| self.yes_but_later(&scan))
                .unwrap_or(Weighed::Unclear);
        }
        let asks = self.reply.question || (scan.asking && !plain);
        if (asks && !self.answers_before_asking(first, plain)) || !self.allowed(&scan, first) {
            return Weighed::Unclear;
        }
        let by = scan
            .marks
            .iter()
            .map(|m| m.by)
            .max_by_key(By::weight)
            .unwrap_or(first.by);
        let certain =
            !scan.hedged && !scan.flipped && by.is_certain(scan.unknown) && !self.reply.question;
        Weighed::Option(
            Verdict {
                meaning: first.option,
                certain,
                rule: by.rule(),
            },
            scan.unknown,
        )
    }

    /// "Roof and gutters": an "and" beside a word that points to two options.
    fn joins(&self) -> bool {
        let mut words = self.words.iter().map(|w| w.of_text(&self.reply.text));
        words.any(|w| matches!(w, "and" | "plus" | "y" | "e" | "et" | "und"))
    }

    /// "Yes, when can you come?" answers first; "ok?" only asks.
    fn answers_before_asking(&self, first: Mark, plain: bool) -> bool {
        let word = &self.words[first.end];
        if self.leads(first.at) && word.breaks && !word.asks {
            return true;
        }
        match first.by {
            By::Key | By::Own | By::Part if plain => true,
            // "Can we move it?", "how about Wednesday?"
            _ => {
                let request = self.language.known.request;
                let asks_for = |w: &Word| {
                    self.language.is(w.id, request) || self.language.weekdays.contains_key(&w.id)
                };
                Some(first.option) == self.concept_option(Concept::Reschedule)
                    && self.words.iter().any(asks_for)
            }
        }
    }

    /// Numbers among words not understood count nothing, unless one opens the message by itself.
    fn drop_numbers(&self, scan: &mut Scan) {
        let opens = |m: &Mark| m.by == By::Key && m.at == 0 && self.words[0].breaks;
        scan.marks
            .retain(|m| opens(m) || !matches!(m.by, By::Key | By::NumberWord | By::Ordinal));
    }

    /// Whether so many unknown words may surround the evidence.
    fn allowed(&self, scan: &Scan, first: Mark) -> bool {
        let unknown = scan.unknown;
        scan.marks.iter().any(|mark| match mark.by {
            By::Key => unknown == 0 || mark.at == 0,
            By::NumberWord | By::Ordinal => unknown == 0,
            By::Own => unknown <= 6,
            By::Part => unknown <= 2,
            By::Picture(_) => unknown <= 4,
            By::Concept(Concept::Echo | Concept::EchoNo | Concept::Soon) => unknown == 0,
            By::Concept(Concept::Yes | Concept::No) if self.is_part_of_speech(mark.at, unknown) => {
                false
            }
            By::Concept(Concept::Yes | Concept::No) => {
                unknown == 0 || (mark.at == first.at && self.leads(mark.at))
            }
            By::Concept(Concept::Later | Concept::Distant) => unknown <= 4,
            // "My parents own it" is about somebody else.
            By::Concept(Concept::Own | Concept::Rent) => {
                unknown == 0 || (unknown <= 4 && scan.first_unknown > mark.at)
            }
            By::Concept(_) => unknown <= 4,
        })
    }

    /// "No tengo dinero" says not, and "si tengo tiempo" says if: neither answers.
    fn is_part_of_speech(&self, at: usize, unknown: usize) -> bool {
        const UNKNOWN_MAX: usize = 2;
        let word = &self.words[at];
        let next = self.words.get(at + 1).filter(|_| !word.breaks);
        let strange = next.is_some_and(|w| w.kind == WordKind::Letters && self.means_nothing(w));
        let known = &self.language.known;
        let says_not = self.language.is(word.id, known.bare_no) && strange;
        let says_if = self.language.is(word.id, known.if_or_yes) && unknown > UNKNOWN_MAX;
        says_not || says_if
    }

    /// Whether only courtesies stand before, or a clause begins.
    fn leads(&self, at: usize) -> bool {
        let before = &self.words[..at];
        before.last().is_some_and(|w| w.breaks)
            || before.iter().all(|w| self.language.is(w.id, self.filler))
    }

    /// "Yeah maybe next year": a yes to the offer, not to its time.
    fn yes_but_later(&self, scan: &Scan) -> Option<Weighed> {
        let times = || scan.marks.iter().filter(|m| m.is_time_off());
        let time = times().next()?;
        let rest_is_yes = scan.marks.iter().all(|m| {
            m.is_time_off()
                || matches!(
                    m.by,
                    By::Concept(Concept::Yes | Concept::Echo) | By::Picture(Concept::Yes)
                )
        });
        let distant = times().any(|m| m.by == By::Concept(Concept::Distant));
        let fits = rest_is_yes && (distant || scan.hedged) && scan.unknown <= 3;
        fits.then_some(Weighed::Option(
            Verdict {
                meaning: time.option,
                certain: false,
                rule: "yes-but-later",
            },
            scan.unknown,
        ))
    }

    /// "No, maybe later": later is the more exact of the two.
    fn no_but_later(&self, scan: &Scan) -> Option<Weighed> {
        let time = scan.marks.iter().find(|m| m.is_time_off())?;
        let rest_is_no = scan.marks.iter().all(|m| {
            m.is_time_off()
                || matches!(m.by, By::Concept(Concept::No | Concept::EchoNo))
                || m.option == time.option
        });
        (rest_is_no && scan.unknown <= 3).then_some(Weighed::Option(
            Verdict {
                meaning: time.option,
                certain: false,
                rule: "no-but-later",
            },
            scan.unknown,
        ))
    }
}
