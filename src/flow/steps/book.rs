//! `book`: offers free slots of a calendar as numbered choices and holds the chosen one.

use crate::conversation::{
    Awaiting, Booked, Conversation, Effect, Slot, SmsMessage, Status, Understood, Wait,
};
use crate::flow::Target;
use crate::flow::ics::{self, Appointment, Method};
use crate::flow::steps::{Rung, Unclear, ladder_exits};
use crate::flow::steps::{RungDoes, Step, undeliverable};
use crate::flow::template::{Text, shown};
use crate::flow::walk::{Next, TextFrom, Walk};
use crate::lead::Name;
use crate::lead::Value;
use crate::policy::{HoldReason, MessageKind, Purpose};
use crate::reply::{Choice, ChoiceOption};
use crate::time::{Duration, Timestamp};

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
    /// So long before it, the lead is reminded by text.
    pub remind: Vec<Duration>,
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

    /// The slot is the lead's: an invitation goes out where there is an address, and reminders are laid up.
    /// One that was moved replaces what was sent for it before.
    pub fn held(&self, step: &Step, walk: &mut Walk, slot: Slot) -> Next {
        let before = walk.conversation.booked().filter(|b| b.step == step.name);
        if before.is_some() {
            walk.note(Effect::DropReminders {
                step: step.name.clone(),
            });
        }
        let booked = Booked {
            step: step.name.clone(),
            calendar: self.calendar.clone(),
            sequence: before.map_or(0, |before| before.sequence + 1),
            slot: slot.clone(),
        };
        walk.conversation.set_booked(&booked);
        let label = self.label(walk, &slot);
        if let Some(to) = walk.email_address(MessageKind::Transactional) {
            let subject = format!("{}: {label}", walk.facts.workspace.brand);
            let place = walk.facts.workspace.calendars.get(&self.calendar);
            let text = match place.and_then(|calendar| calendar.place.as_ref()) {
                Some(place) => format!("{subject}\n{place}"),
                None => subject.clone(),
            };
            let ics = invitation(walk, &booked, &to, Method::Request);
            let message = crate::conversation::EmailMessage {
                to,
                text,
                subject,
                step: Some(step.name.clone()),
                invite: Some(slot.clone()),
                ics: Some(ics),
                // About the lead's own appointment, whatever the flow is.
                kind: MessageKind::Transactional,
            };
            walk.send(Effect::Email(message));
        }
        for before in &self.remind {
            let at = slot.start - *before;
            if at > walk.now {
                self.remind_at(step, walk, at, &label);
            }
        }
        Next::go("then", &self.then)
    }

    fn remind_at(&self, step: &Step, walk: &mut Walk, at: Timestamp, label: &str) {
        let brand = &walk.facts.workspace.brand;
        let locale = &walk.flow.locales[walk.locale_ix];
        let text = reminder(locale, brand, label);
        walk.send(Effect::Sms(SmsMessage {
            text,
            media: Vec::new(),
            kind: walk.flow.kind,
            purpose: Purpose::Flow,
            channel: None,
            hold: Some((at, HoldReason::Scheduled)),
            step: Some(step.name.clone()),
        }));
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

/// The invitation to an appointment, as it is emailed.
fn invitation(walk: &Walk, booked: &Booked, to: &str, method: Method) -> String {
    let workspace = walk.facts.workspace;
    let calendar = workspace.calendars.get(&booked.calendar);
    let it = Appointment {
        uid: &uid(&walk.conversation, booked, walk.facts.public_url),
        sequence: booked.sequence,
        start: booked.slot.start,
        end: booked.slot.end,
        summary: &workspace.brand,
        place: calendar.and_then(|calendar| calendar.place.as_deref()),
        organizer: workspace.email.as_ref().map(|email| email.from.as_str()),
        attendee: Some(to),
    };
    ics::text(method, &it, walk.now)
}

/// The appointment is no more: its place is free again, and calendars that were told are told.
pub fn call_off(walk: &mut Walk) {
    let Some(mut booked) = walk.conversation.booked() else {
        return;
    };
    booked.sequence += 1;
    walk.note(Effect::DropReminders {
        step: booked.step.clone(),
    });
    walk.send(Effect::FreeSlot {
        calendar: booked.calendar.clone(),
    });
    let label = shown(
        &Value::Moment(booked.slot.start),
        &walk.flow.locales[walk.locale_ix],
        walk.facts.zone,
    );
    if let Some(to) = walk.email_address(MessageKind::Transactional) {
        let subject = format!("{}: {label} is cancelled", walk.facts.workspace.brand);
        let ics = invitation(walk, &booked, &to, Method::Cancel);
        let message = crate::conversation::EmailMessage {
            to,
            text: subject.clone(),
            subject,
            step: Some(booked.step.clone()),
            invite: None,
            ics: Some(ics),
            kind: MessageKind::Transactional,
        };
        walk.send(Effect::Email(message));
    }
    walk.conversation.drop_booked();
}

/// The appointment as it stands, for whoever has its link.
pub fn published(
    workspace: &crate::flow::workspace::Workspace,
    conversation: &Conversation,
    public_url: &str,
    now: Timestamp,
) -> Option<String> {
    let booked = conversation.booked()?;
    let calendar = workspace.calendars.get(&booked.calendar);
    let it = Appointment {
        uid: &uid(conversation, &booked, public_url),
        sequence: booked.sequence,
        start: booked.slot.start,
        end: booked.slot.end,
        summary: &workspace.brand,
        place: calendar.and_then(|calendar| calendar.place.as_deref()),
        organizer: None,
        attendee: None,
    };
    Some(ics::text(Method::Publish, &it, now))
}

fn uid(conversation: &Conversation, booked: &Booked, public_url: &str) -> String {
    let host = public_url.split("://").last().unwrap_or("replytree");
    let host = host.split(['/', ':']).next().unwrap_or("replytree");
    format!("{}-{}@{host}", conversation.id, booked.step)
}

/// The words of one language: what reminds, and what asks for another time.
struct Words {
    locale: &'static str,
    reminder: &'static str,
    move_it: &'static [&'static str],
}

const WORDS: [Words; 5] = [
    Words {
        locale: "en",
        reminder: "{brand}: See you {at}. Reply RESCHEDULE for another time.",
        move_it: &[
            "reschedule",
            "rebook",
            "change appointment",
            "another time",
            "move appointment",
        ],
    },
    Words {
        locale: "es",
        reminder: "{brand}: Le esperamos {at}. Responda CAMBIAR para otra hora.",
        move_it: &["cambiar", "reprogramar", "cambiar cita", "otra hora"],
    },
    Words {
        locale: "fr",
        reminder: "{brand} : à bientôt, {at}. Répondez REPORTER pour une autre heure.",
        move_it: &["reporter", "déplacer", "autre heure"],
    },
    Words {
        locale: "de",
        reminder: "{brand}: Bis {at}. Mit VERSCHIEBEN wählen Sie eine andere Zeit.",
        move_it: &["verschieben", "umbuchen", "andere zeit", "anderer termin"],
    },
    Words {
        locale: "pt",
        reminder: "{brand}: Até {at}. Responda REMARCAR para outra hora.",
        move_it: &["remarcar", "reagendar", "outra hora"],
    },
];

fn reminder(locale: &str, brand: &str, at: &str) -> String {
    let language = locale.split(['-', '_']).next().unwrap_or(locale);
    let words = WORDS.iter().find(|words| words.locale == language);
    let words = words.unwrap_or(&WORDS[0]);
    words.reminder.replace("{at}", at).replace("{brand}", brand)
}

/// Whether a text asks for another time, in the conversation's language or in English.
pub fn asks_to_move(text: &str, locale: &str) -> bool {
    let language = locale.split(['-', '_']).next().unwrap_or(locale);
    let plain: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let said = format!(
        " {} ",
        plain.split_whitespace().collect::<Vec<_>>().join(" ")
    );
    WORDS
        .iter()
        .filter(|words| words.locale == language || words.locale == "en")
        .flat_map(|words| words.move_it)
        .any(|word| said.contains(&format!(" {word} ")))
}

fn waiting(step: &Step, what: Awaiting) -> Status {
    Status::Waiting(Wait {
        step: step.name.clone(),
        what,
    })
}

#[cfg(test)]
mod tests {
    use super::asks_to_move;

    #[test]
    fn another_time_is_asked_for_in_words() {
        for (text, locale, asks) in [
            ("reschedule", "en", true),
            ("Can I RESCHEDULE please?", "en", true),
            ("another time?", "en-US", true),
            ("Cambiar", "es", true),
            ("reschedule", "es", true),
            ("Verschieben!", "de", true),
            ("rescheduled", "en", false),
            ("yes", "en", false),
        ] {
            assert_eq!(asks_to_move(text, locale), asks, "{text:?} {locale}");
        }
    }
}
