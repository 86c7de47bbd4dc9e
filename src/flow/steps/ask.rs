//! `ask`: sends the text and waits for the reply.

use crate::conversation::Understood;
use crate::flow::steps::set::Assign;
use crate::flow::steps::{Rung, RungDoes, Step, ladder_exits, undeliverable};
use crate::flow::template::{Template, Text, shown};
use crate::flow::walk::{Next, TextFrom, Walk};
use crate::flow::{Target, Vary};
use crate::lead::{Kind, Name, Value};
use crate::policy::SendWindow;
use crate::reply::{Asked, Choice, Unit, ValueContext};
use crate::time::{Timestamp, Zone};

#[derive(Debug, Clone)]
pub struct Ask {
    pub text: Text,
    pub expect: Expect,
    pub no_reply: Vec<Rung>,
    pub unclear: Unclear,
    pub send: Option<SendWindow>,
    /// The channel that carries it.
    pub sender: Option<Name>,
    pub media: Vec<Template>,
}

#[derive(Debug, Clone)]
pub enum Expect {
    /// `answers`: one of these options. `Choice` holds their words; indices agree.
    Options(Vec<Opt>, Choice),
    /// `expect`: a value of this kind.
    Value {
        kind: Kind,
        bounds: Bounds,
        /// Of a number, by the flow's languages: the unit of time that the question names ("how many years").
        units: Vec<Option<Unit>>,
        then: Target,
    },
}

/// One answer a question offers.
#[derive(Debug, Clone)]
pub struct Opt {
    pub name: Name,
    /// What "Reply 1" promises.
    pub key: String,
    pub score: i32,
    pub set: Vec<Assign>,
    pub then: Target,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bounds {
    pub min: Option<f64>,
    pub max: Option<f64>,
}

#[derive(Debug, Clone)]
pub struct Unclear {
    /// `None`: the question again.
    pub say: Option<Text>,
    /// How often it is asked again.
    pub tries: u8,
    pub then: Target,
}

impl Ask {
    /// Options by name (`value` for an open question), then `unclear`, then the ladder.
    pub fn exits(&self) -> Vec<(Name, &Target)> {
        let mut exits: Vec<(Name, &Target)> = match &self.expect {
            Expect::Options(options, _) => options
                .iter()
                .map(|option| (option.name.clone(), &option.then))
                .collect(),
            Expect::Value { then, .. } => vec![(Name::from("value"), then)],
        };
        exits.push((Name::from("unclear"), &self.unclear.then));
        exits.extend(ladder_exits(&self.no_reply));
        exits
    }
}

impl Ask {
    pub fn enter(&self, step: &Step, walk: &mut Walk) -> Next {
        self.send(step, &self.text, walk, 0, 0)
    }

    /// Sends `text` and rests. A lead who may not be written to ends the conversation: silence is not
    /// an answer they gave.
    fn send(&self, step: &Step, text: &Text, walk: &mut Walk, rung: u8, unclear: u8) -> Next {
        let variant = walk.variant_of(step).map(|experiment| &experiment.vary);
        let varied = match variant {
            Some(Vary::Text(other)) if std::ptr::eq(text, &self.text) => other,
            _ => text,
        };
        let from = TextFrom {
            step: &step.name,
            text: varied,
            tail: "",
            window: match variant {
                Some(Vary::SendTime(window)) => Some(window),
                _ => self.send.as_ref(),
            },
            sender: match variant {
                Some(Vary::Sender(channel)) => Some(channel),
                _ => self.sender.as_ref(),
            },
            media: &self.media,
        };
        match walk.text(&from) {
            Ok(seq) => walk.await_reply(step, rung, unclear, seq),
            Err(why) => undeliverable(&self.no_reply, why),
        }
    }

    /// What is asked, as `reply` reads it.
    pub fn asked<'q>(&'q self, walk: &'q Walk) -> Asked<'q> {
        let locale = walk.flow.locales[walk.locale_ix].as_str();
        // The names are the options', known by their place.
        self.asked_in((locale, walk.locale_ix), walk.now, walk.facts.zone, &[])
    }

    /// The same in a language, by its name and its place among the flow's, at a time and place.
    pub fn asked_in<'q>(
        &'q self,
        (locale, locale_ix): (&'q str, usize),
        now: Timestamp,
        zone: &'q Zone,
        names: &'q [Name],
    ) -> Asked<'q> {
        let (kind, bounds, units) = match &self.expect {
            Expect::Options(_, choice) => {
                return Asked::Choice {
                    choice,
                    names,
                    locale,
                };
            }
            Expect::Value {
                kind,
                bounds,
                units,
                ..
            } => (*kind, bounds, units),
        };
        let context = ValueContext {
            locale,
            now,
            zone,
            min: bounds.min,
            max: bounds.max,
        };
        match units.get(locale_ix).copied().flatten() {
            Some(unit) => Asked::Measure {
                kind,
                context,
                unit,
            },
            None => Asked::Value { kind, context },
        }
    }

    /// Takes the answer that was heard.
    pub fn take(&self, step: &Step, heard: Heard, walk: &mut Walk) -> Next {
        let note = |answer: String| Understood {
            kind: Name::fixed("answer"),
            answer: Some(answer),
            certain: heard.certain,
            rule: Name::fixed(heard.rule),
        };
        match (heard.what, &self.expect) {
            (What::Option(ix), Expect::Options(options, _)) => {
                let option = &options[ix];
                walk.understood = Some(note(option.name.as_str().to_string()));
                walk.record_answer(&step.name, Value::text(option.name.as_str()));
                walk.conversation.score += option.score;
                for assign in &option.set {
                    assign.run(walk);
                }
                Next::Go(option.name.clone(), option.then.clone())
            }
            (What::Value(value), Expect::Value { then, .. }) => {
                walk.understood = Some(note(shown(
                    &value,
                    &walk.conversation.locale,
                    walk.facts.zone,
                )));
                walk.record_answer(&step.name, value);
                Next::go("value", then)
            }
            (What::Option(_), Expect::Value { .. }) | (What::Value(_), Expect::Options(..)) => {
                unreachable!("a question is read in the kind that it expects")
            }
        }
    }

    /// Asks again, or gives up after `tries`.
    pub fn unclear(&self, step: &Step, walk: &mut Walk, rung: u8, unclear: u8) -> Next {
        if unclear >= self.unclear.tries {
            return Next::go("unclear", &self.unclear.then);
        }
        let text = self.unclear.say.as_ref().unwrap_or(&self.text);
        self.send(step, text, walk, rung, unclear + 1)
    }

    /// The ladder's rung number `rung` is due.
    pub fn silent(&self, step: &Step, walk: &mut Walk, rung: u8, unclear: u8) -> Next {
        match self.no_reply.get(usize::from(rung)).map(|rung| &rung.does) {
            Some(RungDoes::Say(text)) => self.send(step, text, walk, rung + 1, unclear),
            Some(RungDoes::Go(target)) => {
                Next::Go(Name::from(format!("no_reply:{}", rung + 1)), target.clone())
            }
            // The compiler proves that the last rung goes somewhere.
            None => Next::End(Name::from("failed")),
        }
    }
}

/// What a question heard in a reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    pub certain: bool,
    pub rule: &'static str,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// The option at this place.
    Option(usize),
    Value(Value),
}
