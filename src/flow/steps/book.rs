//! `book`: offers free slots of a calendar as numbered choices and holds the chosen one.

use crate::conversation::{
    Awaiting, Booked, Conversation, Effect, Slot, SmsMessage, Status, Understood, Wait,
};
use crate::flow::Target;
use crate::flow::ics::{self, Appointment, Method};
use crate::flow::steps::{Rung, Unclear, ladder_exits};
use crate::flow::steps::{RungDoes, Step, undeliverable};
use crate::flow::template::{Text, dearest_moment, shown};
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
        let tail = numbered(slots.iter().map(|slot| told(walk, slot.start)));
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

    /// The offered slots as choices: by number, by their day and hour.
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
        let zone = walk.facts.zone;
        let starts = slots.iter().map(|slot| slot.start.in_zone(zone).datetime());
        let now = walk.now.in_zone(zone);
        Choice::of_moments(&options, &walk.flow.locales, now, starts.collect())
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
        let label = told(walk, slot.start);
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
                self.remind_at(step, walk, at, &slot, &label);
            }
        }
        Next::go("then", &self.then)
    }

    fn remind_at(&self, step: &Step, walk: &mut Walk, at: Timestamp, slot: &Slot, label: &str) {
        let brand = &walk.facts.workspace.brand;
        let locale = &walk.flow.locales[walk.locale_ix];
        let text = filled(words(locale).reminder, brand, label);
        walk.send(Effect::Sms(SmsMessage {
            text,
            media: Vec::new(),
            kind: walk.flow.kind,
            purpose: Purpose::Flow,
            channel: None,
            hold: Some((at, HoldReason::Scheduled)),
            step: Some(step.name.clone()),
            appointment: Some(slot.start),
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

/// When an appointment is, as the lead is told: in their own zone, which is named where the clock of the
/// workspace shows another hour.
fn told(walk: &Walk, at: Timestamp) -> String {
    let locale = &walk.flow.locales[walk.locale_ix];
    let theirs = at.in_zone(walk.facts.zone);
    let ours = at.in_zone(&walk.facts.workspace.time_zone);
    let mut text = shown(&Value::Moment(at), locale, walk.facts.zone);
    if theirs.offset() != ours.offset() {
        text.push_str(&theirs.strftime(" %Z").to_string());
    }
    text
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
    let label = told(walk, booked.slot.start);
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

/// The words of one language: what reminds, what asks for another time, and what calls it off.
struct Words {
    locale: &'static str,
    reminder: &'static str,
    cancelled: &'static str,
    move_it: &'static [&'static str],
    cancel_it: &'static [&'static str],
    /// Before those it is no wish: "don't cancel my appointment".
    not: &'static [&'static str],
}

const WORDS: [Words; 5] = [
    Words {
        locale: "en",
        reminder: "{brand}: See you {at}. Reply RESCHEDULE for another time.",
        move_it: &[
            "reschedule",
            "rebook",
            "postpone",
            "move it",
            "move appointment",
            "move my appointment",
            "change appointment",
            "change my appointment",
            "change the time",
            "change the date",
            "another time",
            "another day",
            "other time",
            "different time",
            "different day",
            "can t make it",
            "cant make it",
            "cannot make it",
            "won t make it",
            "wont make it",
            "not make it",
        ],
        cancelled: "{brand}: Your appointment {at} is cancelled.",
        cancel_it: &[
            "cancel my",
            "cancel our",
            "cancel the",
            "cancel appointment",
            "cancel booking",
            "cancel it",
        ],
        not: &["not", "don t", "dont", "never", "didn t", "didnt", "no"],
    },
    Words {
        locale: "es",
        reminder: "{brand}: Le esperamos {at}. Responda CAMBIAR para otra hora.",
        move_it: &[
            "cambiar",
            "reprogramar",
            "aplazar",
            "mover la cita",
            "otra hora",
            "otro día",
            "otra fecha",
            "no puedo ir",
            "no podré ir",
            "no voy a poder ir",
        ],
        cancelled: "{brand}: Su cita {at} queda cancelada.",
        cancel_it: &[
            "cancelar mi",
            "cancelar la",
            "cancelar nuestra",
            "cancelen mi",
            "cancele mi",
            "anular mi",
            "anular la",
        ],
        not: &["no", "nunca"],
    },
    Words {
        locale: "fr",
        reminder: "{brand} : à bientôt, {at}. Répondez REPORTER pour une autre heure.",
        move_it: &[
            "reporter",
            "déplacer",
            "décaler",
            "autre heure",
            "autre jour",
            "autre date",
            "peux pas venir",
            "pourrai pas venir",
        ],
        cancelled: "{brand} : votre rendez-vous {at} est annulé.",
        cancel_it: &[
            "annuler mon",
            "annuler le",
            "annuler notre",
            "annulez mon",
            "annulez le",
        ],
        not: &["ne", "pas", "n"],
    },
    Words {
        locale: "de",
        reminder: "{brand}: Bis {at}. Mit VERSCHIEBEN wählen Sie eine andere Zeit.",
        move_it: &[
            "verschieben",
            "umbuchen",
            "verlegen",
            "andere zeit",
            "anderer termin",
            "anderen termin",
            "anderer tag",
            "anderen tag",
            "kann nicht kommen",
            "schaffe es nicht",
        ],
        cancelled: "{brand}: Ihr Termin {at} ist abgesagt.",
        cancel_it: &[
            "absagen",
            "stornieren",
            "sage den termin ab",
            "sage meinen termin ab",
        ],
        not: &["nicht", "kein", "keinen"],
    },
    Words {
        locale: "pt",
        reminder: "{brand}: Até {at}. Responda REMARCAR para outra hora.",
        move_it: &[
            "remarcar",
            "reagendar",
            "adiar",
            "outra hora",
            "outro dia",
            "outra data",
            "não posso ir",
            "não vou poder ir",
            "não consigo ir",
        ],
        cancelled: "{brand}: Seu horário {at} foi cancelado.",
        cancel_it: &[
            "cancelar minha",
            "cancelar meu",
            "cancelar a",
            "cancelar o",
            "cancelem minha",
            "desmarcar",
        ],
        not: &["não", "nunca"],
    },
];

fn words(locale: &str) -> &'static Words {
    let language = locale.split(['-', '_']).next().unwrap_or(locale);
    let words = WORDS.iter().find(|words| words.locale == language);
    words.unwrap_or(&WORDS[0])
}

/// The slots behind the text that offers them, one a line.
fn numbered(labels: impl Iterator<Item = String>) -> String {
    labels
        .enumerate()
        .fold(String::new(), |mut lines, (i, label)| {
            lines.push_str(&format!("\n{}. {label}", i + 1));
            lines
        })
}

/// The dearest that `count` offered slots can look in `locale`, and a reminder of one.
pub fn longest_slots(locale: &str, brand: &str, count: usize) -> (String, String) {
    // With the zone named.
    let label = dearest_moment(None, locale) + " +0545";
    let reminder = filled(words(locale).reminder, brand, &label);
    (numbered(std::iter::repeat_n(label, count)), reminder)
}

fn filled(text: &str, brand: &str, at: &str) -> String {
    // "2:00 p.m." ends with a point of its own.
    let at = match text.contains("{at}.") {
        true => at.trim_end_matches('.'),
        false => at,
    };
    text.replace("{at}", at).replace("{brand}", brand)
}

/// What a lead is told whose appointment was called off as they asked.
pub fn cancelled_text(walk: &Walk, at: Timestamp) -> String {
    let words = words(&walk.conversation.locale);
    let brand = &walk.facts.workspace.brand;
    filled(words.cancelled, brand, &told(walk, at))
}

/// Whether a text asks for another time, in any language: people answer in their own.
pub fn asks_to_move(text: &str) -> bool {
    let said = said(text);
    let mut words = WORDS.iter().flat_map(|words| words.move_it);
    words.any(|word| said.contains(&format!(" {word} ")))
}

/// Whether a text calls an appointment off: "please cancel my appointment". "Cancel" alone is an opt-out.
pub fn asks_to_cancel(text: &str) -> bool {
    let said = said(text);
    WORDS.iter().any(|words| {
        words.cancel_it.iter().any(|word| {
            let found = said.split_once(&format!(" {word} "));
            let denies = |before: &str| {
                let before = format!("{before} ");
                words
                    .not
                    .iter()
                    .any(|not| before.contains(&format!(" {not} ")))
            };
            found.is_some_and(|(before, _)| !denies(before))
        })
    })
}

/// Lower-case words with single blanks between and around them.
fn said(text: &str) -> String {
    let letter = |c: char| if c.is_alphanumeric() { c } else { ' ' };
    let plain: String = text.to_lowercase().chars().map(letter).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    format!(" {} ", words.join(" "))
}

fn waiting(step: &Step, what: Awaiting) -> Status {
    Status::Waiting(Wait {
        step: step.name.clone(),
        what,
    })
}

#[cfg(test)]
mod tests {
    use super::{asks_to_cancel, asks_to_move};

    #[test]
    fn another_time_is_asked_for_in_words() {
        for (text, asks) in [
            ("reschedule", true),
            ("Can I RESCHEDULE please?", true),
            ("another time?", true),
            ("can I move it to another day?", true),
            ("Sorry, I can't make it tomorrow", true),
            ("I cannot make it", true),
            ("Cambiar", true),
            ("otra hora por favor", true),
            ("no puedo ir mañana", true),
            ("Verschieben!", true),
            ("Ich kann nicht kommen", true),
            ("rescheduled", false),
            ("I can make it", false),
            ("yes", false),
        ] {
            assert_eq!(asks_to_move(text), asks, "{text:?}");
        }
    }

    #[test]
    fn an_appointment_is_called_off_in_words() {
        for (text, asks) in [
            ("please cancel my appointment", true),
            ("I need to cancel the visit tomorrow", true),
            ("quiero cancelar mi cita", true),
            ("je voudrais annuler mon rendez-vous", true),
            ("Ich muss den Termin leider absagen", true),
            ("preciso desmarcar", true),
            ("don't cancel my appointment", false),
            ("no quiero cancelar mi cita", false),
            ("bitte nicht absagen", false),
            ("cancel", false),
            ("cancelled my other plans", false),
        ] {
            assert_eq!(asks_to_cancel(text), asks, "{text:?}");
        }
    }
}
