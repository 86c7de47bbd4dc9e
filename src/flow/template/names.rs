//! What a text or a condition may name, and what is known of each name when the flow is compiled.
//! The compiler gathers it; nothing here reads a flow.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::nearest;
use crate::flow::condition::Expr;
use crate::flow::preferences;
use crate::flow::template::Source;
use crate::flow::{Field, StepIx};
use crate::lead::{Kind, Name};

/// Everything in reach of the text being read. The default knows `brand`, `score`, `last_reply`,
/// `locale`, `tags` and `phone` only.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Which of the flow's locales the text is in; picks the fields' own fallbacks.
    pub locale_ix: usize,
    /// The flow's locales, for `locale == 'es'`; empty when any may come.
    pub locales: Vec<Name>,
    pub fields: BTreeMap<Name, Field>,
    /// A name nobody declared is a lead field of unknown kind: so in the segments of a workspace.
    pub any_field: bool,
    /// By step name; a brought-in step's is `<run>.<step>`.
    pub answers: BTreeMap<Name, AnswerName>,
    pub links: BTreeSet<Name>,
    pub saved: BTreeSet<Name>,
    /// Whether an event may have come before, so that `event.<property>` can hold something.
    pub event: bool,
    pub segments: BTreeMap<Name, Expr>,
    /// Whether a handoff has been claimed before, so that `agent` can be named.
    pub agent: bool,
    /// Whether some path here passes no agent: `{agent}` then needs a fallback.
    pub may_lack_agent: bool,
    /// Whether the lead may not have written yet: `{last_reply}` then needs a fallback.
    pub may_lack_reply: bool,
}

#[derive(Debug, Clone)]
pub struct AnswerName {
    pub step: StepIx,
    pub kind: AnswerKind,
    /// Whether every path to here passes an answer to it.
    pub certain: bool,
}

#[derive(Debug, Clone)]
pub enum AnswerKind {
    /// The names of a question's options.
    Options(Vec<Name>),
    Value(Kind),
    /// Its question is broken, which was reported: anything goes.
    Any,
}

/// What a name turned out to be.
#[derive(Debug, Clone)]
pub struct Found {
    pub source: Source,
    pub kind: FoundKind,
    /// Whether it can never be empty.
    pub certain: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FoundKind {
    Options(Vec<Name>),
    Value(Kind),
    /// A property of an event, a saved value: known only when it comes.
    Any,
}

const PREFIXES: [&str; 6] = ["answers", "link", "saved", "event", "segment", "lead"];
/// Names that no prefix is needed for, in every flow.
const BUILT_IN: [&str; 7] = [
    "brand",
    "score",
    "last_reply",
    "agent",
    "locale",
    "tags",
    "phone",
];

impl Names {
    /// A name as a token or a condition writes it, `link.map` or `name`; never a segment, and never
    /// a step's bare name, which only conditions know.
    pub fn find(&self, name: &str) -> Option<Found> {
        if let Some((prefix, rest)) = name.split_once('.') {
            return match prefix {
                "answers" => self.answer(rest),
                "lead" => self.field(rest),
                "link" if self.links.contains(rest) || rest == preferences::LINK => {
                    let source = Source::Link(rest.into());
                    Some(Found::certain(source, Kind::Text))
                }
                "saved" if self.saved.contains(rest) => {
                    Some(Found::any(Source::Saved(rest.into())))
                }
                "event" if self.event && !rest.is_empty() => {
                    Some(Found::any(Source::Event(rest.into())))
                }
                _ => None,
            };
        }
        self.built_in(name).or_else(|| self.field(name))
    }

    /// The answer to the step of this name.
    pub fn answer(&self, step: &str) -> Option<Found> {
        let (name, answer) = self.answers.get_key_value(step)?;
        Some(Found {
            source: Source::Answer(answer.step, name.clone()),
            kind: match &answer.kind {
                AnswerKind::Options(options) => FoundKind::Options(options.clone()),
                AnswerKind::Value(kind) => FoundKind::Value(*kind),
                AnswerKind::Any => FoundKind::Any,
            },
            certain: answer.certain,
        })
    }

    fn built_in(&self, name: &str) -> Option<Found> {
        let found = match name {
            "brand" => Found::certain(Source::Brand, Kind::Text),
            "score" => Found::certain(Source::Score, Kind::Number),
            "agent" if self.agent => Found {
                certain: !self.may_lack_agent,
                ..Found::certain(Source::Agent, Kind::Text)
            },
            "last_reply" => Found {
                certain: !self.may_lack_reply,
                ..Found::certain(Source::LastReply, Kind::Text)
            },
            "locale" if self.locales.is_empty() => Found::certain(Source::Locale, Kind::Text),
            "locale" => Found {
                source: Source::Locale,
                kind: FoundKind::Options(self.locales.clone()),
                certain: true,
            },
            "tags" => Found {
                certain: false,
                ..Found::certain(Source::Tags, Kind::List)
            },
            _ => return None,
        };
        Some(found)
    }

    fn field(&self, name: &str) -> Option<Found> {
        if let Some((name, field)) = self.fields.get_key_value(name) {
            return Some(Found {
                source: Source::Field(name.clone(), field.kind),
                kind: FoundKind::Value(field.kind),
                certain: !field.optional,
            });
        }
        if name == "phone" {
            let source = Source::Field(name.into(), Kind::Phone);
            return Some(Found::certain(source, Kind::Phone));
        }
        let plain = !name.is_empty() && !name.contains('.') && !BUILT_IN.contains(&name);
        (self.any_field && plain).then(|| Found::any(Source::Field(name.into(), Kind::Text)))
    }

    /// Every name that `find` knows, as an author would write it.
    pub fn known(&self) -> Vec<String> {
        let mut known: Vec<String> = self.fields.keys().map(|f| f.to_string()).collect();
        let built_in = BUILT_IN.iter().filter(|name| self.find(name).is_some());
        known.extend(built_in.map(|name| name.to_string()));
        known.extend(self.answers.keys().map(|step| format!("answers.{step}")));
        known.extend(self.links.iter().map(|link| format!("link.{link}")));
        known.extend(self.saved.iter().map(|saved| format!("saved.{saved}")));
        known
    }

    /// The known name that `name` was most likely meant to be; also with its prefix forgotten or
    /// another than it should be.
    pub fn did_you_mean(&self, name: &str) -> Option<String> {
        let known = self.known();
        let (prefix, tail) = parted(name);
        let beside = known.iter().filter(|known| parted(known).0 == prefix);
        let near = nearest(tail, beside.map(|known| parted(known).1));
        let same_prefix = near.and_then(|near| {
            let mut all = known.iter();
            all.find(|known| parted(known) == (prefix, near))
        });
        let elsewhere = || {
            let near = nearest(tail, known.iter().map(|known| parted(known).1))?;
            known.iter().find(|known| parted(known).1 == near)
        };
        same_prefix.or_else(elsewhere).cloned()
    }
}

/// A name's prefix, empty where it needs none, and the rest.
fn parted(name: &str) -> (&str, &str) {
    match name.split_once('.') {
        Some((prefix, tail)) if PREFIXES.contains(&prefix) || tail.len() > 2 => (prefix, tail),
        _ => ("", name),
    }
}

impl Found {
    fn certain(source: Source, kind: Kind) -> Self {
        Self {
            source,
            kind: FoundKind::Value(kind),
            certain: true,
        }
    }

    fn any(source: Source) -> Self {
        Self {
            source,
            kind: FoundKind::Any,
            certain: false,
        }
    }
}
