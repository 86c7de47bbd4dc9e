//! Every text that a flow sends by SMS, as a lead would read it, with its place.

use crate::diagnostic::Span;
use crate::flow::steps::{Rung, RungDoes, Verb};
use crate::flow::template::{Piece, Source, Template, Text, Token};
use crate::flow::{AnytimeThen, Flow, StepIx, Target, Vary};

/// A shortened link as it will stand in a text: 64 random bits are 11 characters.
const LINK: &str = "https://text.example/l/Ab3dEf6hIj9";

/// A text in one locale.
#[derive(Debug, Clone)]
pub struct Said<'a> {
    pub place: Where<'a>,
    pub span: Span,
    /// The first of its locales.
    pub locale: &'a str,
    /// Every locale that reads it: one text alone stands for all.
    pub locales: Vec<&'a str>,
    pub template: &'a Template,
    /// With a likely value in the place of each token.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where<'a> {
    /// A step, and whether the text opens it.
    Step(StepIx, Slot),
    Anytime(&'a str),
    /// The other text of an experiment.
    Variant(StepIx),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// What the step says first.
    Opening,
    /// A nudge or a question asked again.
    Later,
}

impl Said<'_> {
    /// The step it belongs to, on which it may be allowed.
    pub fn step(&self) -> Option<StepIx> {
        match self.place {
            Where::Step(step, _) | Where::Variant(step) => Some(step),
            Where::Anytime(_) => None,
        }
    }

    /// Whether it is in a language whose prose the English rules fit.
    pub fn is_english(&self) -> bool {
        self.locale == "en" || self.locale.starts_with("en-")
    }

    /// The words the author wrote, without what tokens bring in.
    pub fn literals(&self) -> impl Iterator<Item = &str> {
        self.template.pieces.iter().filter_map(|piece| match piece {
            Piece::Literal(text) => Some(text.as_str()),
            Piece::Token(_) => None,
        })
    }

    /// Whether it may be the first text a lead gets from this flow.
    pub fn opens(&self, flow: &Flow) -> bool {
        match self.place {
            Where::Step(step, Slot::Opening) | Where::Variant(step) => {
                first_to_speak(flow).contains(&step)
            }
            Where::Step(_, Slot::Later) | Where::Anytime(_) => false,
        }
    }
}

/// Every text of the flow's own file, in every locale. Steps that `run` brings in are judged in the
/// flow they come from.
pub fn all<'a>(flow: &'a Flow, brand: &str) -> Vec<Said<'a>> {
    let mut gather = Gather {
        flow,
        brand,
        all: Vec::new(),
    };
    for at in 0..flow.steps.len() {
        gather.step(StepIx(at as u32));
    }
    for anytime in &flow.anytime {
        if let AnytimeThen::Say(text) | AnytimeThen::Go(Some(text), _) = &anytime.then {
            let span = flow
                .places
                .anytime
                .get(&anytime.name)
                .copied()
                .unwrap_or(flow.places.flow);
            gather.text(Where::Anytime(&anytime.name), text, |_| span);
        }
    }
    for experiment in &flow.experiments {
        if let Vary::Text(text) = &experiment.vary {
            let spans = flow.places.variants.get(&experiment.name);
            let span = |ix: usize| spans.and_then(|spans| spans.get(ix)).copied();
            let or_flow = |ix| span(ix).unwrap_or(flow.places.flow);
            gather.text(Where::Variant(experiment.step), text, or_flow);
        }
    }
    gather.all
}

/// The steps that may send the first text: the first on each way from the start that say anything.
pub fn first_to_speak(flow: &Flow) -> Vec<StepIx> {
    let (mut first, mut seen, mut open) = (Vec::new(), vec![flow.start], vec![flow.start]);
    while let Some(ix) = open.pop() {
        let verb = &flow.step(ix).verb;
        if opening(verb).is_some() {
            first.push(ix);
            continue;
        }
        for (_, target) in verb.exits() {
            if let Target::Step(next) = target
                && !seen.contains(next)
            {
                seen.push(*next);
                open.push(*next);
            }
        }
    }
    first
}

/// What a step says on entry, and the key it stands under.
pub fn opening(verb: &Verb) -> Option<(&'static str, &Text)> {
    match verb {
        Verb::Ask(ask) => Some(("ask", &ask.text)),
        Verb::Say(say) => Some(("say", &say.text)),
        Verb::Book(book) => Some(("say", &book.say)),
        Verb::Handoff(handoff) => handoff.say.as_ref().map(|text| ("say", text)),
        Verb::Decide(_)
        | Verb::Email(_)
        | Verb::Wait(_)
        | Verb::Call(_)
        | Verb::Set(_)
        | Verb::Run(_)
        | Verb::Return(_)
        | Verb::End(_) => None,
    }
}

/// The ladder of a step, where it has one.
pub fn ladder(verb: &Verb) -> &[Rung] {
    match verb {
        Verb::Ask(ask) => &ask.no_reply,
        Verb::Book(book) => &book.no_reply,
        _ => &[],
    }
}

/// Whether the step stands in the flow's own file.
pub fn is_own(flow: &Flow, ix: StepIx) -> bool {
    flow.places.steps.contains_key(&ix)
}

struct Gather<'a, 'b> {
    flow: &'a Flow,
    brand: &'b str,
    all: Vec<Said<'a>>,
}

impl<'a> Gather<'a, '_> {
    fn step(&mut self, ix: StepIx) {
        let flow = self.flow;
        if !is_own(flow, ix) {
            return;
        }
        let verb = &flow.step(ix).verb;
        let later = Where::Step(ix, Slot::Later);
        if let Some((key, text)) = opening(verb) {
            let opening = Where::Step(ix, Slot::Opening);
            self.text(opening, text, |locale| flow.places.text(ix, key, locale));
        }
        for (n, rung) in ladder(verb).iter().enumerate() {
            if let RungDoes::Say(text) = &rung.does {
                let slot = format!("no_reply:{}", n + 1);
                self.text(later, text, |locale| flow.places.text(ix, &slot, locale));
            }
        }
        let unclear = match verb {
            Verb::Ask(ask) => ask.unclear.say.as_ref(),
            Verb::Book(book) => book.unclear.say.as_ref(),
            _ => None,
        };
        if let Some(text) = unclear {
            self.text(later, text, |locale| {
                flow.places.text(ix, "unclear", locale)
            });
        }
    }

    fn text(&mut self, place: Where<'a>, text: &'a Text, span: impl Fn(usize) -> Span) {
        for (locale_ix, locale) in self.flow.locales.iter().enumerate() {
            let span = span(locale_ix);
            // One string for all locales is judged once.
            let told =
                |said: &&mut Said| said.span == span && said.template == text.in_locale(locale_ix);
            if let Some(said) = self.all.iter_mut().find(told) {
                said.locales.push(locale);
                continue;
            }
            let template = text.in_locale(locale_ix);
            self.all.push(Said {
                place,
                span,
                locale,
                locales: vec![locale],
                template,
                text: likely(&template.pieces, self.brand),
            });
        }
    }
}

/// The text with a likely value for every token.
pub fn likely(pieces: &[Piece], brand: &str) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Token(token) => text.push_str(&likely_value(token, brand)),
        }
    }
    text
}

fn likely_value(token: &Token, brand: &str) -> String {
    match (&token.source, &token.fallback) {
        (Source::Brand, _) => brand.to_string(),
        (Source::Link(_), _) => LINK.to_string(),
        (_, Some(fallback)) => likely(fallback, brand),
        (Source::Score, None) => "50".to_string(),
        (
            Source::Field(..)
            | Source::Answer(..)
            | Source::Agent
            | Source::LastReply
            | Source::Event(_)
            | Source::Saved(_)
            | Source::Locale
            | Source::Tags,
            None,
        ) => "Dana".to_string(),
    }
}
