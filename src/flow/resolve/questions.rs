//! Questions: options with their keys and words, the ladder of silence, unclear replies, slots.

use std::collections::HashMap;

use crate::diagnostic::Span;
use crate::flow::keywords::{plain, reserved};
use crate::flow::parse::{entries, name_of, one_or_many, word};
use crate::flow::resolve::Builder;
use crate::flow::steps::{Ask, Book, Bounds, Expect, Opt, Rung, RungDoes, Unclear};
use crate::flow::template;
use crate::flow::template::{Piece, Template, Text};
use crate::flow::yaml::{Entry, Node, Yaml};
use crate::lead::{Kind, Name};
use crate::reply::{Choice, ChoiceOption, Unit};
use crate::time::Duration;

/// Whether a step that waits for the lead must say what silence leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    MustLeadOn,
    MayBeLeftOut,
}

const TRIES_DEFAULT: u8 = 2;
const SLOTS_DEFAULT: u8 = 3;

/// A word an option claims: whose, in which locale, and where it is written.
struct Claim {
    option: Name,
    locale: Option<Name>,
    span: Span,
}

impl<'a> Builder<'a> {
    pub(super) fn ask(&mut self, node: &Node) -> Ask {
        let text = self.text_or_nothing(node.get("ask"), "ask");
        let expect = match (node.entry("answers"), node.entry("expect")) {
            (Some(_), Some(expect)) => {
                let problem = self
                    .error(
                        "E0115",
                        expect.key_span,
                        "a question has `answers` or `expect`, not both",
                    )
                    .help("keep one of the two");
                self.report(problem);
                self.options(node)
            }
            (Some(_), None) => self.options(node),
            (None, Some(_)) => self.value(node, &text),
            (None, None) => {
                let span = node.entry("ask").map_or(node.span, |entry| entry.key_span);
                let problem = self
                    .error("E0106", span, "a question needs `answers` or `expect`")
                    .label("what may the lead answer?")
                    .help(
                        "offer `answers`, or say what kind of answer to `expect`, such as `text`",
                    );
                self.report(problem);
                self.value(node, &text)
            }
        };
        Ask {
            text,
            expect,
            no_reply: self.ladder(node, Silence::MustLeadOn),
            unclear: self.unclear(node),
            send: self.step_window(node),
            sender: self.sender(node),
            media: self.media(node),
        }
    }

    fn value(&mut self, node: &Node, asked: &Text) -> Expect {
        let expect = node.get("expect");
        let is_map = expect.is_some_and(|expect| expect.map().is_some());
        let kind = match expect {
            Some(map) if is_map => map.get("type"),
            one => one,
        };
        let bound = |key| expect.filter(|_| is_map).and_then(|map| word(map.get(key)));
        let bounds = Bounds {
            min: bound("min"),
            max: bound("max"),
        };
        if is_map {
            self.bounded(expect, kind);
        }
        if let (Some(min), Some(max)) = (bounds.min, bounds.max)
            && min > max
        {
            let span = expect.map_or(node.span, |expect| expect.span);
            let problem = self
                .error(
                    "E0306",
                    span,
                    format!("no answer is at least {min} and at most {max}"),
                )
                .help("`min` must not be over `max`");
            self.report(problem);
        }
        let answered = node.entry("answers").is_some() || node.entry("expect").is_some();
        if answered && node.entry("then").is_none() {
            self.missing(node, "a question with `expect`", "then");
        }
        let kind = kind_of(kind).unwrap_or(Kind::Text);
        let locales = self.locales.iter().enumerate();
        let units = locales
            .filter(|_| kind == Kind::Number)
            .map(|(ix, locale)| unit_asked(asked.in_locale(ix), locale));
        Expect::Value {
            kind,
            bounds,
            units: units.collect(),
            then: self.target(node.get("then"), "value"),
        }
    }

    /// Only what is counted has a least and a most.
    fn bounded(&mut self, expect: Option<&Node>, kind: Option<&Node>) {
        let is_number = matches!(kind_of(kind), None | Some(Kind::Number | Kind::Money));
        for key in ["min", "max"] {
            let Some(bound) = expect.and_then(|map| map.entry(key)) else {
                continue;
            };
            if is_number || bound.value.value == Yaml::Broken {
                continue;
            }
            let kind = kind.and_then(Node::text).unwrap_or_default();
            let problem = self
                .error(
                    "E0115",
                    bound.key_span,
                    format!("`{kind}` has no `{key}`: only `number` and `money` have bounds"),
                )
                .label("not kept to")
                .help(format!(
                    "take `{key}` out, and test the answer in a `decide` step"
                ));
            self.report(problem);
        }
    }

    fn options(&mut self, node: &Node) -> Expect {
        let written = entries(node.get("answers"));
        self.exits_lost |= written.is_empty();
        let mut options = Vec::new();
        let mut choices = Vec::new();
        let mut claims: HashMap<String, Vec<Claim>> = HashMap::new();
        for (at, entry) in written.iter().enumerate() {
            let option = self.option(node, entry, at);
            let words = self.option_words(entry);
            self.claim(&mut claims, &option, entry, &words);
            choices.push(ChoiceOption {
                name: option.name.clone(),
                key: option.key.clone(),
                words: words
                    .into_iter()
                    .map(|(locale, word, _)| (locale, word))
                    .collect(),
            });
            options.push(option);
        }
        let asked = node.get("ask");
        let texts = entries(asked).iter().map(|entry| &entry.value).chain(asked);
        let choice =
            Choice::new(&choices, &self.locales).asking(texts.filter_map(|text| text.text()));
        Expect::Options(options, choice)
    }

    fn option(&mut self, question: &Node, entry: &Entry, at: usize) -> Opt {
        let name = Name::from(entry.key.as_str());
        if let (Some(step), 0) = (self.step, self.part) {
            self.places
                .options
                .insert((step, name.clone()), entry.key_span);
        }
        let node = &entry.value;
        let short = node.text().is_some();
        let then = if short { Some(node) } else { node.get("then") };
        let written = short || node.entry("then").is_some() || node.value == Yaml::Broken;
        let then = match then.or_else(|| question.get("then")) {
            None if !written => {
                let problem = self
                    .error(
                        "E0106",
                        entry.key_span,
                        format!("answer `{name}` leads nowhere"),
                    )
                    .label("`then` is missing here")
                    .help("name the step that follows, or `end`");
                self.report(problem);
                self.next_step()
            }
            then => self.target(then, name.clone()),
        };
        let key = node.get("key").and_then(Node::text);
        Opt {
            key: key.map_or_else(|| (at + 1).to_string(), String::from),
            score: word(node.get("score")).unwrap_or(0),
            set: self.assigns(node.get("set")),
            name,
            then,
        }
    }

    /// The author's own words with their locales and places.
    fn option_words(&mut self, entry: &Entry) -> Vec<(Option<Name>, String, Span)> {
        match entry.value.get("words") {
            Some(words) => self.words(words),
            None => Vec::new(),
        }
    }

    /// Words by locale; words without one count in every locale.
    pub(super) fn words(&mut self, node: &Node) -> Vec<(Option<Name>, String, Span)> {
        let mut words = Vec::new();
        let mut add = |locale: Option<&Name>, node: &Node| {
            for item in one_or_many(Some(node)) {
                if let Some(text) = item.text() {
                    words.push((locale.cloned(), text.to_string(), item.span));
                }
            }
        };
        let mut unknown = Vec::new();
        match node.map() {
            Some(entries) => {
                for entry in entries {
                    match self.locale_named(&entry.key) {
                        Some(locale) => add(Some(&locale), &entry.value),
                        None => unknown.push(entry),
                    }
                }
            }
            None => add(None, node),
        }
        for entry in unknown {
            self.unknown_locale(entry);
        }
        words
    }

    /// Reports a word that another option claims already, or that is kept for opting out or help.
    fn claim(
        &mut self,
        claims: &mut HashMap<String, Vec<Claim>>,
        option: &Opt,
        entry: &Entry,
        words: &[(Option<Name>, String, Span)],
    ) {
        let key = entry.value.get("key");
        let key_span = key.map_or(entry.key_span, |node| node.span);
        let own = [
            (None, option.name.to_string(), entry.key_span),
            (None, option.key.clone(), key_span),
        ];
        for (locale, word, span) in own.iter().chain(words) {
            if let Some(kept) = reserved(word) {
                self.reserved_word(word, kept, *span, "an answer");
                continue;
            }
            let claimed = claims.entry(plain(word)).or_default();
            let clash = claimed.iter().find(|claim| {
                let meets = claim.locale.is_none() || locale.is_none() || claim.locale == *locale;
                meets && claim.option != option.name
            });
            match clash {
                Some(first) => {
                    let message = format!(
                        "`{word}` chooses `{}` already, and never `{}`",
                        first.option, option.name
                    );
                    let problem = self
                        .error("E0306", *span, message)
                        .label("claimed twice")
                        .help("give each answer keys and words of its own")
                        .also(first.span, format!("`{}` claims it here", first.option));
                    self.report(problem);
                }
                None => claimed.push(Claim {
                    option: option.name.clone(),
                    locale: locale.clone(),
                    span: *span,
                }),
            }
        }
    }

    pub(super) fn reserved_word(&mut self, word: &str, kept: &str, span: Span, whose: &str) {
        let problem = self
            .error(
                "E0307",
                span,
                format!("`{word}` is {kept}, and cannot choose {whose}"),
            )
            .label(format!(
                "{kept} is understood everywhere, ahead of every flow"
            ))
            .help("choose another word");
        self.report(problem);
    }

    pub(super) fn ladder(&mut self, node: &Node, silence: Silence) -> Vec<Rung> {
        let Some(entry) = node.entry("no_reply") else {
            if silence == Silence::MustLeadOn {
                let span = self.step_span().unwrap_or(node.span);
                let problem = self
                    .error("E0305", span, "silence leaves this question open")
                    .label("has no `no_reply`")
                    .help("add `no_reply: [ { after: 1d, then: step } ]`");
                self.report(problem);
                return vec![self.leads_on()];
            }
            return Vec::new();
        };
        let written = one_or_many(Some(&entry.value));
        let mut rungs = Vec::new();
        for (at, item) in written.iter().enumerate() {
            let Some(does) = self.rung(item, at, written.len()) else {
                continue;
            };
            rungs.push(Rung {
                after: word(item.get("after")).unwrap_or(Duration::hours(1)),
                does,
            });
        }
        // A broken ladder leads on, so that only its own slip is reported.
        if !matches!(
            rungs.last(),
            Some(Rung {
                does: RungDoes::Go(_),
                ..
            })
        ) {
            rungs.push(self.leads_on());
        }
        rungs
    }

    /// A stand-in for a rung that is missing.
    fn leads_on(&mut self) -> Rung {
        Rung {
            after: Duration::hours(1),
            does: RungDoes::Go(self.next_step()),
        }
    }

    fn rung(&mut self, item: &Node, at: usize, rungs: usize) -> Option<RungDoes> {
        item.map()?;
        if word::<Duration>(item.get("after")) == Some(Duration::ZERO) {
            let span = item.get("after").map_or(item.span, |after| after.span);
            let problem = self
                .error("E0107", span, "this leaves no time to reply")
                .help("wait for some minutes at least, such as `30m`");
            self.report(problem);
        }
        let last = at + 1 == rungs;
        match (item.entry("say"), item.entry("then")) {
            (Some(say), None) if last => {
                let problem = self
                    .error(
                        "E0305",
                        say.key_span,
                        "after this the question stays open for ever",
                    )
                    .label("the last rung says something, and goes nowhere")
                    .help("add a rung that goes somewhere: `- { after: 1d, then: step }`");
                self.report(problem);
            }
            (None, Some(then)) if !last => {
                let problem = self
                    .error(
                        "E0116",
                        then.key_span,
                        "the rungs after this one are never reached",
                    )
                    .label("leaves the question")
                    .help("only the last rung goes somewhere");
                self.report(problem);
            }
            (Some(_), None) | (None, Some(_)) => {}
            (Some(say), Some(_)) => {
                let problem = self
                    .error(
                        "E0115",
                        say.key_span,
                        "a rung says something or goes somewhere, not both",
                    )
                    .help("make it two rungs, or let the step it goes to say it");
                self.report(problem);
            }
            (None, None) => {
                let problem = self
                    .error(
                        "E0115",
                        item.span,
                        "a rung says something or goes somewhere",
                    )
                    .help("add `say` or `then`");
                self.report(problem);
            }
        }
        let exit = format!("no_reply:{}", at + 1);
        if item.entry("then").is_some() {
            return Some(RungDoes::Go(self.target(item.get("then"), exit)));
        }
        let say = self.text(item.get("say"), &exit)?;
        Some(RungDoes::Say(say))
    }

    pub(super) fn unclear(&mut self, node: &Node) -> Unclear {
        let written = node.get("unclear");
        let then = written.and_then(|unclear| unclear.get("then"));
        Unclear {
            say: self.text(written.and_then(|unclear| unclear.get("say")), "unclear"),
            tries: written
                .and_then(|unclear| word(unclear.get("tries")))
                .unwrap_or(TRIES_DEFAULT),
            then: match then {
                Some(step) => self.target(Some(step), "unclear"),
                None => self.made.default_team(),
            },
        }
    }

    pub(super) fn book(&mut self, node: &Node) -> Book {
        let offer = node.get("book").filter(|offer| offer.map().is_some());
        let part = |key: &str| offer.and_then(|o| o.get(key)).or_else(|| node.get(key));
        let beside = |key: &str| match offer.and_then(|o| o.entry(key)) {
            Some(_) => offer.unwrap_or(node),
            None => node,
        };
        let calendar = part("calendar").or(match offer {
            None => node.get("book"),
            Some(_) => None,
        });
        match calendar {
            Some(calendar) => {
                self.known("E0206", "calendar", calendar, |w| {
                    w.calendars.keys().collect()
                });
            }
            None if node
                .entry("book")
                .is_some_and(|e| e.value.value != Yaml::Broken) =>
            {
                self.missing(node, "`book`", "calendar");
            }
            None => {}
        }
        if beside("then").entry("then").is_none() {
            self.missing(node, "`book`", "then");
        }
        let say = match part("say") {
            Some(say) => self.text_or_nothing(Some(say), "say"),
            None => self.which_time(),
        };
        Book {
            calendar: name_of(calendar).unwrap_or_default(),
            slots: word(part("slots")).unwrap_or(SLOTS_DEFAULT),
            say,
            none_free: match part("none_free") {
                Some(step) => self.target(Some(step), "none_free"),
                None => self.made.default_team(),
            },
            no_reply: self.ladder(beside("no_reply"), Silence::MustLeadOn),
            unclear: self.unclear(beside("unclear")),
            remind: one_or_many(part("remind"))
                .iter()
                .filter_map(|before| word(Some(before)))
                .collect(),
            then: self.target(part("then"), "then"),
        }
    }

    /// Said before the slots when the author says nothing.
    fn which_time(&self) -> Text {
        let said = |locale: &Name| match locale.split('-').next() {
            Some("es") => "¿Qué hora le conviene? Responda con su número.",
            Some("fr") => "Quelle heure vous convient ? Répondez avec son numéro.",
            Some("de") => "Welche Zeit passt Ihnen? Antworten Sie mit der Nummer.",
            Some("pt") => "Qual horário é melhor? Responda com o número.",
            _ => "Which time suits you? Reply with its number.",
        };
        let texts = self.locales.iter().map(|locale| template::Template {
            pieces: vec![template::Piece::Literal(said(locale).into())],
        });
        Text(texts.collect())
    }

    fn step_span(&self) -> Option<Span> {
        let slot = self.layout.slots.get(self.step?.0 as usize)?;
        Some(slot.entry.key_span)
    }
}

/// The kind of this name.
pub(super) fn kind_of(node: Option<&Node>) -> Option<Kind> {
    let name = node?.text()?;
    Kind::ALL
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, kind)| *kind)
}

/// The unit of time that a question asks for so many of: "how many years".
fn unit_asked(text: &Template, locale: &str) -> Option<Unit> {
    let words = text.pieces.iter().filter_map(|piece| match piece {
        Piece::Literal(text) => Some(text.as_str()),
        Piece::Token(_) => None,
    });
    Unit::asked_in(&words.collect::<String>(), locale)
}
