//! What one step can cost one lead: its texts with every nudge and re-ask, at their longest, the emails,
//! and the time it waits.

use petgraph::graph::NodeIndex;

use crate::flow::preferences;
use crate::flow::proof::step_of;
use crate::flow::sms_parts;
use crate::flow::steps::{
    ANSWER_WITHIN, Ask, Book, Expect, Rung, RungDoes, Unclear, WaitFor, longest_slots,
};
use crate::flow::template::{Format, Piece, Source, Text, Token, dearest_moment, longest};
use crate::flow::workspace::Workspace;
use crate::flow::{Flow, StepIx, Vary, Verb};
use crate::lead::Kind;
use crate::time::Duration;

/// What one step, or one way, adds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    pub texts: u32,
    pub parts: u32,
    /// Waiting for the lead, for `wait`, and for endpoints and calendars.
    pub time: Duration,
    pub emails: u32,
}

impl Cost {
    pub(super) fn plus(self, other: Cost) -> Cost {
        Cost {
            texts: self.texts + other.texts,
            parts: self.parts + other.parts,
            time: self.time + other.time,
            emails: self.emails + other.emails,
        }
    }

    /// The larger of each.
    pub(super) fn most(self, other: Cost) -> Cost {
        Cost {
            texts: self.texts.max(other.texts),
            parts: self.parts.max(other.parts),
            time: self.time.max(other.time),
            emails: self.emails.max(other.emails),
        }
    }
}

/// What takes the place of a link whose address is not known: `https://text.example` and a short path.
const LINK: usize = 34;
/// `/l/` and 64 bits in 11 characters.
const LINK_PATH: usize = 14;
/// `/preferences/` and thirty digits.
const PREFERENCES_PATH: usize = 43;
/// `/c/`, a code of 24 characters and `.ics`.
const INVITE_PATH: usize = 31;

pub(super) struct Counter<'a> {
    pub flow: &'a Flow,
    /// Whose brand and address stand in the texts, where that is known.
    pub workspace: Option<&'a Workspace>,
}

impl Counter<'_> {
    pub fn cost(&self, node: NodeIndex) -> Cost {
        let Some(StepIx(at)) = step_of(self.flow, node) else {
            return Cost::default();
        };
        let ix = StepIx(at);
        match &self.flow.steps[at as usize].verb {
            Verb::Ask(ask) => {
                let asked = self.varied(ix, &ask.text);
                self.question(asked, &ask.no_reply, &ask.unclear, "")
            }
            Verb::Book(book) => self.appointment(book),
            Verb::Say(say) => self.varied(ix, &say.text),
            Verb::Handoff(handoff) => handoff
                .say
                .as_ref()
                .map_or(Cost::default(), |say| self.text(say, "")),
            Verb::Email(email) => Cost {
                emails: 1,
                ..self.ladder(&email.no_reply, "")
            },
            Verb::Wait(wait) => lasting(match &wait.what {
                WaitFor::Time(time) => *time,
                WaitFor::Event { at_most, .. } => *at_most,
                WaitFor::Until { .. } => Duration::ZERO,
            }),
            Verb::Call(_) => lasting(ANSWER_WITHIN),
            Verb::Decide(_) | Verb::Set(_) | Verb::Run(_) | Verb::Return(_) | Verb::End(_) => {
                Cost::default()
            }
        }
    }

    /// The text of a step, or what an experiment says instead.
    fn varied(&self, step: StepIx, text: &Text) -> Cost {
        let others = self.flow.experiments.iter().filter(|e| e.step == step);
        others.fold(self.text(text, ""), |most, e| match &e.vary {
            Vary::Text(other) => most.most(self.text(other, "")),
            Vary::SendTime(_) | Vary::Sender(_) | Vary::Link(..) => most,
        })
    }

    /// The question, every nudge, and every re-ask; each re-ask may start the longest rung again.
    fn question(&self, asked: Cost, rungs: &[Rung], unclear: &Unclear, tail: &str) -> Cost {
        let longest = rungs
            .iter()
            .map(|rung| rung.after)
            .max()
            .unwrap_or_default();
        let again = match &unclear.say {
            Some(say) => self.text(say, tail),
            None => asked,
        };
        let mut cost = asked.plus(self.ladder(rungs, tail));
        for _ in 0..unclear.tries {
            cost = cost.plus(again).plus(lasting(longest));
        }
        cost
    }

    /// The slots go with each text; then come the invitation and the reminders. The calendar is asked what
    /// is free, and to hold one.
    fn appointment(&self, book: &Book) -> Cost {
        let brand = self.brand();
        let locales = self.flow.locales.iter();
        let of_locale = |locale| longest_slots(locale, &brand, usize::from(book.slots));
        let slots = locales.map(|locale| of_locale(locale.as_str()));
        let (tails, reminders): (Vec<String>, Vec<String>) = slots.unzip();
        let tail = tails
            .into_iter()
            .max_by_key(|tail| (!tail.chars().all(sms_parts::is_gsm7), tail.len()));
        let tail = tail.unwrap_or_default();
        let asked = self.text(&book.say, &tail);
        let reminder = reminders.iter().map(|text| parts(text)).max();
        let mut cost = self
            .question(asked, &book.no_reply, &book.unclear, &tail)
            .plus(lasting(ANSWER_WITHIN + ANSWER_WITHIN));
        cost.emails += 1;
        cost.texts += book.remind.len() as u32;
        cost.parts += book.remind.len() as u32 * reminder.unwrap_or(1);
        cost
    }

    fn ladder(&self, rungs: &[Rung], tail: &str) -> Cost {
        rungs.iter().fold(Cost::default(), |sum, rung| {
            let said = match &rung.does {
                RungDoes::Say(text) => self.text(text, tail),
                RungDoes::Go(_) => Cost::default(),
            };
            sum.plus(said).plus(lasting(rung.after))
        })
    }

    /// One text, in its dearest locale, with `tail` behind it.
    pub fn text(&self, text: &Text, tail: &str) -> Cost {
        let locales = self.flow.locales.iter().enumerate();
        let most = locales.map(|(at, locale)| {
            let mut said = String::new();
            for piece in &text.in_locale(at).pieces {
                match piece {
                    Piece::Literal(text) => said.push_str(text),
                    Piece::Token(token) => said.push_str(&self.token(token, locale)),
                }
            }
            parts(&(said + tail))
        });
        Cost {
            texts: 1,
            parts: most.max().unwrap_or(1),
            ..Cost::default()
        }
    }

    /// What stands for a token: as long as few values are, or its fallback where that is longer.
    fn token(&self, token: &Token, locale: &str) -> String {
        let value = match &token.source {
            Source::Brand => self.brand(),
            Source::Link(name) => "x".repeat(self.link(name)),
            source if self.is_moment(source, token.format.as_ref()) => {
                dearest_moment(token.format.as_ref(), locale)
            }
            source => "x".repeat(longest(source)),
        };
        let mut fallback = String::new();
        for piece in token.fallback.as_deref().unwrap_or_default() {
            if let Piece::Literal(text) = piece {
                fallback.push_str(text);
            }
        }
        match fallback.chars().count() > value.chars().count() {
            true => fallback,
            false => value,
        }
    }

    fn is_moment(&self, source: &Source, format: Option<&Format>) -> bool {
        let kind = match source {
            _ if matches!(format, Some(Format::Date(_))) => return true,
            Source::Field(_, kind) => *kind,
            Source::Answer(step, _) => match &self.flow.step(*step).verb {
                Verb::Book(_) => return true,
                Verb::Ask(Ask {
                    expect: Expect::Value { kind, .. },
                    ..
                }) => *kind,
                _ => return false,
            },
            _ => return false,
        };
        matches!(kind, Kind::DateTime | Kind::Date)
    }

    fn brand(&self) -> String {
        match self.workspace {
            Some(workspace) => workspace.brand.to_string(),
            None => "x".repeat(longest(&Source::Brand)),
        }
    }

    fn link(&self, name: &str) -> usize {
        let address = self.workspace.and_then(|w| w.public_url.as_deref());
        let address = address.map_or(LINK - LINK_PATH, |url| url.chars().count());
        let last = name.rsplit('.').next().unwrap_or(name);
        match last {
            _ if self.flow.links.contains_key(name) => address + LINK_PATH,
            preferences::LINK => address + PREFERENCES_PATH,
            _ => address + INVITE_PATH,
        }
    }
}

fn parts(text: &str) -> u32 {
    sms_parts::count(text).parts as u32
}

fn lasting(time: Duration) -> Cost {
    Cost {
        time,
        ..Cost::default()
    }
}
