//! `book`: offers free slots of a calendar as numbered choices and holds the chosen one.

use crate::conversation::{Awaiting, Effect, Slot, Status, Understood, Wait};
use crate::flow::Target;
use crate::flow::steps::{Rung, Unclear, ladder_exits};
use crate::flow::steps::{RungDoes, Step, undeliverable};
use crate::flow::template::{Text, shown};
use crate::flow::walk::{Next, TextFrom, Walk};
use crate::lead::Name;
use crate::lead::Value;
use crate::policy::MessageKind;
use crate::reply::{Choice, ChoiceOption};
use crate::time::Duration;

#[derive(Debug, Clone)]
pub struct Book {
    pub calendar: Name,
    /// How many slots are offered, 1 to 9.
    pub slots: u8,
    /// Goes before the numbered slots.
    pub say: Text,
    pub none_free: Target,
    pub no_reply: Vec<Rung>,
    pub unclear: Unclear,
    pub then: Target,
}

impl Book {
    pub fn exits(&self) -> Vec<(Name, &Target)> {
        let mut exits = vec![
            (Name::from("then"), &self.then),
            (Name::from("none_free"), &self.none_free),
            (Name::from("unclear"), &self.unclear.then),
        ];
        exits.extend(ladder_exits(&self.no_reply));
        exits
    }
}

/// How long a calendar or an endpoint may take to answer before the flow goes on without it.
pub const ANSWER_WITHIN: Duration = Duration::mins(15);

impl Book {
    pub fn enter(&self, step: &Step, walk: &mut Walk) -> Next {
        let effect = Effect::FindSlots {
            calendar: self.calendar.clone(),
            count: self.slots,
        };
        let seq = walk.send(effect);
        Next::Rest(
            waiting(step, Awaiting::Answer(seq)),
            Some(walk.now + ANSWER_WITHIN),
        )
    }

    /// The calendar answered: offers its free slots.
    pub fn offer(&self, step: &Step, walk: &mut Walk, slots: &[Slot]) -> Next {
        if slots.is_empty() {
            return Next::go("none_free", &self.none_free);
        }
        self.ask(step, &self.say, walk, slots, 0, 0)
    }

    fn ask(
        &self,
        step: &Step,
        text: &Text,
        walk: &mut Walk,
        slots: &[Slot],
        rung: u8,
        unclear: u8,
    ) -> Next {
        let tail = slots
            .iter()
            .enumerate()
            .fold(String::new(), |mut tail, (i, slot)| {
                tail.push_str(&format!("\n{}. {}", i + 1, self.label(walk, slot)));
                tail
            });
        let from = TextFrom {
            tail: &tail,
            ..TextFrom::step(&step.name, text)
        };
        match walk.text(&from) {
            Ok(seq) => {
                let slots = slots.to_vec();
                let what = Awaiting::Reply {
                    rung,
                    unclear,
                    sending: Some(seq),
                    slots,
                };
                Next::Rest(waiting(step, what), None)
            }
            Err(why) => undeliverable(&self.no_reply, why),
        }
    }

    fn label(&self, walk: &Walk, slot: &Slot) -> String {
        let locale = &walk.flow.locales[walk.locale_ix];
        shown(&Value::Moment(slot.start), locale, walk.facts.zone)
    }

    /// The offered slots as choices: by number, by the words of their day and hour.
    pub fn choice(&self, walk: &Walk, slots: &[Slot]) -> Choice {
        let options: Vec<ChoiceOption> = slots
            .iter()
            .enumerate()
            .map(|(i, slot)| ChoiceOption {
                name: Name::from(self.label(walk, slot)),
                key: (i + 1).to_string(),
                words: Vec::new(),
            })
            .collect();
        Choice::new(&options, &walk.flow.locales)
    }

    /// The line of the timeline for a slot that was chosen.
    pub fn understood(
        &self,
        walk: &Walk,
        slot: &Slot,
        (certain, rule): (bool, &str),
    ) -> Understood {
        Understood {
            kind: Name::from("answer"),
            answer: Some(self.label(walk, slot)),
            certain,
            rule: Name::from(rule),
        }
    }

    /// Takes the slot; the calendar says whether it was still free.
    pub fn hold(&self, step: &Step, walk: &mut Walk, slot: &Slot) -> Next {
        let calendar = self.calendar.clone();
        let seq = walk.send(Effect::HoldSlot {
            calendar,
            start: slot.start,
            end: slot.end,
        });
        walk.record_answer(&step.name, Value::Moment(slot.start));
        Next::Rest(
            waiting(step, Awaiting::Answer(seq)),
            Some(walk.now + ANSWER_WITHIN),
        )
    }

    /// The slot is the lead's: an invitation goes out where there is an address.
    pub fn held(&self, step: &Step, walk: &mut Walk, slot: Slot) -> Next {
        if let Some(to) = walk.email_address(MessageKind::Transactional) {
            let subject = format!(
                "{}: {}",
                walk.facts.workspace.brand,
                self.label(walk, &slot)
            );
            let message = crate::conversation::EmailMessage {
                to,
                text: subject.clone(),
                subject,
                step: Some(step.name.clone()),
                invite: Some(slot),
                // About the lead's own appointment, whatever the flow is.
                kind: MessageKind::Transactional,
            };
            walk.send(Effect::Email(message));
        }
        Next::go("then", &self.then)
    }

    pub fn unclear(
        &self,
        step: &Step,
        walk: &mut Walk,
        slots: &[Slot],
        rung: u8,
        unclear: u8,
    ) -> Next {
        if unclear >= self.unclear.tries {
            return Next::go("unclear", &self.unclear.then);
        }
        let text = self.unclear.say.as_ref().unwrap_or(&self.say);
        self.ask(step, text, walk, slots, rung, unclear + 1)
    }

    pub fn silent(
        &self,
        step: &Step,
        walk: &mut Walk,
        slots: &[Slot],
        rung: u8,
        unclear: u8,
    ) -> Next {
        match self.no_reply.get(usize::from(rung)).map(|rung| &rung.does) {
            Some(RungDoes::Say(text)) => self.ask(step, text, walk, slots, rung + 1, unclear),
            Some(RungDoes::Go(target)) => {
                Next::Go(Name::from(format!("no_reply:{}", rung + 1)), target.clone())
            }
            None => Next::go("none_free", &self.none_free),
        }
    }

    /// The calendar did not answer in time.
    pub fn fired(&self) -> Next {
        Next::go("none_free", &self.none_free)
    }
}

fn waiting(step: &Step, what: Awaiting) -> Status {
    Status::Waiting(Wait {
        step: step.name.clone(),
        what,
    })
}
