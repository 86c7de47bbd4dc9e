//! Amounts and counts: "around $5k or so", "no more than 10k", "5k-10k", "5 (2 adults 3 kids)".

use super::lex::{Lexed, lex, lex_text};
use super::lexicon::{self, Cue, Language};
use super::{Reply, Unit, ValueContext, Verdict, number};
use crate::lead::{Kind, Value};

/// What was told of an amount: one figure, or one or both ends of a span.
#[derive(Debug, Clone, PartialEq)]
pub struct Amount {
    pub figures: Figures,
    /// ISO 4217, where a currency was named.
    pub currency: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Figures {
    Exactly(f64),
    AtLeast(f64),
    AtMost(f64),
    Between(f64, f64),
}

impl Figures {
    /// The one figure that conditions compare: the lower end of a span, or the only one told.
    pub fn figure(self) -> f64 {
        match self {
            Figures::Exactly(n)
            | Figures::AtLeast(n)
            | Figures::AtMost(n)
            | Figures::Between(n, _) => n,
        }
    }

    fn times(self, (by, over): (f64, f64)) -> Self {
        let n = |n: f64| n * by / over;
        match self {
            Figures::Exactly(one) => Figures::Exactly(n(one)),
            Figures::AtLeast(low) => Figures::AtLeast(n(low)),
            Figures::AtMost(high) => Figures::AtMost(n(high)),
            Figures::Between(low, high) => Figures::Between(n(low), n(high)),
        }
    }

    fn ends(self) -> [f64; 2] {
        match self {
            Figures::Between(low, high) => [low, high],
            one => [one.figure(); 2],
        }
    }
}

pub(super) fn value(
    kind: Kind,
    reply: &Reply,
    context: &ValueContext,
    asked: Option<Unit>,
) -> Option<Verdict<Value>> {
    let amount = amount_in(kind, reply, context, asked)?;
    let figure = amount.meaning.figures.figure();
    let meaning = match kind {
        Kind::Money => Value::Money(figure, amount.meaning.currency.map(str::to_string)),
        _ => Value::Number(figure),
    };
    Some(Verdict {
        meaning,
        certain: amount.certain,
        rule: amount.rule,
    })
}

/// The amount (`Kind::Money`) or number that the reply tells, within the bounds.
pub fn amount(kind: Kind, reply: &Reply, context: &ValueContext) -> Option<Verdict<Amount>> {
    amount_in(kind, reply, context, None)
}

/// The same where the question asks for so many of a unit of time: "18 months" are 1.5 years. A unit that
/// is not the one asked for and has no fixed length in it is unclear; so is any but years where the
/// question names none.
pub(super) fn amount_in(
    kind: Kind,
    reply: &Reply,
    context: &ValueContext,
    asked: Option<Unit>,
) -> Option<Verdict<Amount>> {
    let language = context.language();
    let all = lex(reply);
    let mut told = Told::read(&all, language, kind);
    if told.numbers.len() > 1 && reply.clean.contains('(') {
        // "5 (2 adults 3 kids)": what is in brackets explains.
        let outside = outside_brackets(&reply.clean);
        let pieces = lex_text(&outside);
        told = Told::read(&pieces, language, kind);
    }
    let mut verdict = told.amount(kind, reply)?;
    if told.mixed_units {
        return None;
    }
    if let Some(said) = told.unit_of_time {
        let factor = match asked {
            Some(asked) => said.in_unit(asked)?,
            // Without its question, "18 months" is no number: 18 of what?
            None => (said == Unit::Years).then_some((1.0, 1.0))?,
        };
        verdict.meaning.figures = verdict.meaning.figures.times(factor);
        verdict.certain &= factor == (1.0, 1.0);
    }
    let figures = verdict.meaning.figures;
    let [low, high] = figures.ends();
    // Time is measured, people are counted, and a count is one figure: "3 to 5" are not counted yet.
    let measured = asked.is_some() || told.unit_of_time.is_some();
    let counts = counts(kind, context) && !measured;
    let whole = !counts || (low.fract() == 0.0 && low == high);
    let holds = context.holds(low) && context.holds(high) && low <= high && whole;
    holds.then_some(verdict)
}

/// Small whole bounds ask for a count: half a person is no answer.
fn counts(kind: Kind, context: &ValueContext) -> bool {
    const COUNT_MAX: f64 = 100.0;
    let whole = |n: Option<f64>| n.is_some_and(|n| n.fract() == 0.0 && n.abs() <= COUNT_MAX);
    kind == Kind::Number && whole(context.min) && whole(context.max)
}

fn outside_brackets(text: &str) -> String {
    let mut depth = 0usize;
    text.chars()
        .filter(|c| {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => return depth == 0,
            }
            false
        })
        .collect()
}

/// Everything about amounts that a reply tells.
#[derive(Default)]
struct Told {
    numbers: Vec<number::Found>,
    /// By the index of the number they stand before or after.
    at_most: bool,
    /// "bis" between two numbers makes a span of them.
    at_most_between: bool,
    at_least: bool,
    range: bool,
    currency: Option<&'static str>,
    /// "just me": a count without a number.
    persons: Option<f64>,
    negated: bool,
    /// A number that is not an amount: a time, a share, a unit glued on.
    foreign: bool,
    /// A number with the word for what it counts.
    counted: bool,
    /// The unit of time that stands after a number.
    unit_of_time: Option<Unit>,
    mixed_units: bool,
    words: usize,
}

impl Told {
    fn read(pieces: &[Lexed], language: usize, kind: Kind) -> Self {
        let mut told = Self::default();
        let words = &lexicon::get().languages[language];
        let not = words.known.not;
        let mut at = 0;
        while at < pieces.len() {
            if let Some((n, cue)) = words.cue(&pieces[at..]) {
                told.cue(cue);
                at += n;
            } else if let Some(found) = number::at(pieces, at, language) {
                at = told.number(found, pieces, kind, words);
            } else {
                told.other(
                    &pieces[at],
                    pieces.get(at + 1),
                    |id| words.is(id, not),
                    (language, kind),
                );
                at += 1;
            }
        }
        told
    }

    fn cue(&mut self, cue: Cue) {
        match cue {
            Cue::AtMost => {
                self.at_most = true;
                self.at_most_between |= self.numbers.len() == 1;
            }
            Cue::AtLeast => self.at_least = true,
            Cue::Between => self.range = true,
            Cue::To => self.range |= self.numbers.len() == 1,
            Cue::OnlyMe => self.persons = Some(1.0),
            Cue::Couple => self.persons = Some(2.0),
            Cue::About => {}
            _ => self.words += 1,
        }
    }

    /// Takes a number in; where reading goes on.
    fn number(
        &mut self,
        found: number::Found,
        pieces: &[Lexed],
        kind: Kind,
        words: &Language,
    ) -> usize {
        let is_unit = |id| words.is(id, words.known.unit);
        let end = found.end;
        let next = pieces.get(end);
        let glued_word = next.filter(|p| p.glued).and_then(Lexed::word);
        let ordinal = glued_word.is_some_and(|(w, _)| matches!(w, "st" | "nd" | "rd" | "th"));
        let unit = next.and_then(Lexed::word).is_some_and(|(w, id)| {
            kind == Kind::Money && currency_word(w).is_none() && is_unit(id)
        });
        // "150/mo" is an amount, told by the month.
        let per = kind == Kind::Money && is_period(pieces, end, words);
        let share = next.is_some_and(|p| p.is_sign(&['%', ':', '/'])) && !per;
        let time = match kind {
            Kind::Number => unit_of_time(pieces, end, words),
            _ => None,
        };
        let glued = time.is_none()
            && glued_word.is_some_and(|(w, _)| {
                currency_word(w).is_none() && !matches!(w, "x" | "ish" | "or")
            });
        if let Some(unit) = time {
            self.mixed_units |= self.unit_of_time.is_some_and(|known| known != unit);
            self.unit_of_time = Some(unit);
        }
        let before = found.start.checked_sub(1).map(|i| &pieces[i]);
        let minus = before.is_some_and(|p| p.is_sign(&['-']) && (!p.glued || found.start == 1));
        self.negated |= minus && pieces[found.start].glued;
        self.counted |= next.and_then(Lexed::word).is_some_and(|(w, id)| {
            kind == Kind::Number && currency_word(w).is_none() && is_unit(id)
        });
        if ordinal || unit || share || glued {
            self.foreign = true;
        } else {
            self.numbers.push(found);
        }
        end
    }

    fn other(
        &mut self,
        piece: &Lexed,
        next: Option<&Lexed>,
        is_not: impl Fn(lexicon::WordId) -> bool,
        (language, kind): (usize, Kind),
    ) {
        if let Some(sign) = piece.sign() {
            match sign {
                '-' | '\u{2013}' | '\u{2014}' => {
                    let number_next =
                        next.is_some_and(|n| n.digits().is_some() || n.sign().is_some());
                    self.range |= self.numbers.len() == 1 && number_next;
                }
                '<' => self.at_most = true,
                '>' => self.at_least = true,
                '+' if self.numbers.is_empty() && kind == Kind::Number => self.foreign = true,
                '+' => self.at_least |= self.numbers.len() == 1,
                '$' if language == 0 => self.currency = Some("USD"),
                '€' => self.currency = Some("EUR"),
                '£' => self.currency = Some("GBP"),
                _ => {}
            }
        } else if let Some((word, id)) = piece.word() {
            match currency_word(word) {
                Some(currency) => self.currency = Some(currency),
                None if is_not(id) => self.negated = true,
                None => self.words += 1,
            }
        }
    }

    fn amount(&self, kind: Kind, reply: &Reply) -> Option<Verdict<Amount>> {
        const WORDS_MAX: usize = 12;
        const QUESTION_WORDS_MAX: usize = 3;
        if self.negated || self.words > WORDS_MAX {
            return None;
        }
        if reply.question && self.words > QUESTION_WORDS_MAX {
            return None;
        }
        let verdict = |figures, certain, rule| {
            let meaning = Amount {
                figures,
                currency: self.currency,
            };
            Some(Verdict {
                meaning,
                certain: certain && !reply.question && self.words <= 8,
                rule,
            })
        };
        match self.numbers.as_slice() {
            [] if self.foreign => None,
            [] => {
                let n = self
                    .persons
                    .filter(|_| kind == Kind::Number && self.words <= 3)?;
                verdict(Figures::Exactly(n), n == 1.0, "count-of-people")
            }
            _ if self.foreign && self.words > 0 => None,
            [one] => match (self.at_most, self.at_least) {
                (true, true) => None,
                (true, false) => verdict(Figures::AtMost(one.value), one.certain, "at-most"),
                (false, true) => verdict(Figures::AtLeast(one.value), one.certain, "at-least"),
                (false, false) => verdict(Figures::Exactly(one.value), one.certain, rule(kind)),
            },
            [low, high] if self.range || self.at_most_between => {
                // "5-10k" means the k twice.
                let shared =
                    low.scale == 1.0 && high.scale > 1.0 && low.value * high.scale <= high.value;
                let from = if shared {
                    low.value * high.scale
                } else {
                    low.value
                };
                let certain = low.certain && high.certain;
                (from < high.value)
                    .then(|| verdict(Figures::Between(from, high.value), certain, "range"))?
            }
            // "2 adults and 2 kids" are four, or two: not for us to say.
            [_, _, ..] if kind == Kind::Number && self.counted => None,
            [first, rest @ ..] if rest.iter().all(|n| n.value == first.value) => {
                verdict(Figures::Exactly(first.value), first.certain, rule(kind))
            }
            _ => None,
        }
    }
}

/// The unit that the number before `at` counts: "10 years", "10yrs", "10+ years", "10-year", "10 or so years".
fn unit_of_time(pieces: &[Lexed], mut at: usize, words: &Language) -> Option<Unit> {
    while pieces.get(at).is_some_and(|p| p.is_sign(&['+', '-', '~'])) {
        at += 1;
    }
    if let Some((n, Cue::About | Cue::AtLeast | Cue::AtMost)) = words.cue(pieces.get(at..)?) {
        at += n;
    }
    let (_, id) = pieces.get(at)?.word()?;
    Unit::of(id, words)
}

/// "/mo", "/month", "/hour" at `at`: how often an amount is due.
fn is_period(pieces: &[Lexed], at: usize, words: &Language) -> bool {
    let slash = pieces.get(at).is_some_and(|p| p.is_sign(&['/']));
    let period = || {
        let rest = pieces.get(at + 1..)?;
        let (_, id) = rest.first()?.word()?;
        let hour = words.when(rest).is_some_and(|(_, cue)| cue == Cue::Hour);
        Some(hour || Unit::of(id, words).is_some())
    };
    slash && period().unwrap_or(false)
}

fn rule(kind: Kind) -> &'static str {
    match kind {
        Kind::Money => "amount",
        _ => "number",
    }
}

// tidy: table
fn currency_word(word: &str) -> Option<&'static str> {
    Some(match word {
        "usd" | "dollar" | "dollars" | "bucks" | "dolar" | "dolares" | "us" => "USD",
        "eur" | "euro" | "euros" => "EUR",
        "gbp" | "pound" | "pounds" | "quid" | "libras" | "livres" => "GBP",
        "brl" | "real" | "reais" | "r" => "BRL",
        "mxn" | "peso" | "pesos" => "MXN",
        "cad" => "CAD",
        "aud" => "AUD",
        "chf" | "franken" | "francs" => "CHF",
        _ => return None,
    })
}
