//! What agents are told, in plain words: an offer, a reminder, who has it.

use crate::conversation::{HandoffOffer, Nudge, Priority};
use crate::lead::{Name, PhoneNumber, Value};
use crate::store::HandoffRecord;
use crate::time::{Timestamp, Zone};

/// A subject line and a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    pub subject: String,
    pub text: String,
}

fn heat(priority: Priority) -> &'static str {
    match priority {
        Priority::Hot => "Hot lead",
        Priority::Normal => "Lead",
        Priority::Low => "Lead, no hurry",
    }
}

/// A lead on offer; the lead's number is told to whoever claims it.
pub fn offer(offer: &HandoffOffer, how: &str, call: Option<&str>) -> Notice {
    let heat = heat(offer.priority);
    let team = &offer.team;
    let within = match (call, offer.callback_within) {
        (Some(call), _) => format!(" {call}"),
        (None, Some(within)) => format!(" Call within {within}."),
        (None, None) => String::new(),
    };
    Notice {
        subject: format!("{heat} for {team}"),
        text: format!(
            "{heat} for {team}: {}{within} {how}",
            sentence(&offer.brief)
        ),
    }
}

/// The brief, ended with a stop.
fn sentence(brief: &str) -> String {
    let brief = brief.split_whitespace().collect::<Vec<_>>().join(" ");
    match brief.chars().last() {
        Some('.' | '!' | '?') => brief,
        _ => format!("{brief}."),
    }
}

/// Somebody else has it.
pub fn taken(record: &HandoffRecord, by: &str) -> Notice {
    Notice {
        subject: format!("{by} has it"),
        text: format!("{by} has it: {}", sentence(&record.brief)),
    }
}

/// It can no longer be claimed.
pub fn over(record: &HandoffRecord, outcome: &Name) -> Notice {
    let why = match outcome.as_str() {
        "unclaimed" => "nobody claimed it in time",
        "opted_out" => "they asked for no more messages",
        _ => "it is settled",
    };
    Notice {
        subject: "No longer open".to_string(),
        text: format!("No longer open, {why}: {}", sentence(&record.brief)),
    }
}

pub fn nudge(record: &HandoffRecord, why: Nudge, to: &Caller, how: &str) -> Notice {
    let brief = sentence(&record.brief);
    match (why, record.agent.is_some()) {
        (Nudge::CallSoon, false) => Notice {
            subject: "Still unclaimed".to_string(),
            text: format!("Still unclaimed, the call is nearly due: {brief} {how}"),
        },
        (Nudge::CallSoon, true) => Notice {
            subject: format!("Call {} now", to.name),
            text: format!("The call is nearly due. Call {to}. {how}"),
        },
        (Nudge::HowDidItGo, _) => Notice {
            subject: format!("How did it go with {}?", to.name),
            text: format!("How did it go with {}? {how}", to.name),
        },
    }
}

/// Whom to call.
pub struct Caller {
    pub name: String,
    pub phone: PhoneNumber,
}

impl Caller {
    pub fn of(lead: &crate::lead::Lead) -> Caller {
        Caller {
            name: match lead.field("name") {
                Value::Text(name) if !name.trim().is_empty() => name.trim().to_string(),
                _ => "the lead".to_string(),
            },
            phone: lead.phone,
        }
    }
}

impl std::fmt::Display for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name.as_str() {
            "the lead" => write!(f, "{}", self.phone),
            name => write!(f, "{name} {}", self.phone),
        }
    }
}

/// `Reply 2 reached, 3 no answer.`
pub fn outcomes(record: &HandoffRecord, agent: &str) -> String {
    let told: Vec<String> = record
        .menu
        .iter()
        .filter(|item| item.agent == agent)
        .filter_map(|item| {
            let outcome = item.outcome.as_ref()?;
            Some(format!("{} {}", item.number, spaced(outcome)))
        })
        .collect();
    match told.is_empty() {
        true => String::new(),
        false => format!("Then reply {}.", told.join(", ")),
    }
}

pub fn spaced(name: &str) -> String {
    name.replace(['_', '-'], " ")
}

/// `Call after 8:00 AM their time.`
pub fn call_after(at: Timestamp, zone: &Zone) -> String {
    let there = at.in_zone(zone);
    let (hour, minute) = (there.hour(), there.minute());
    let half = if hour < 12 { "AM" } else { "PM" };
    let hour = match hour % 12 {
        0 => 12,
        hour => hour,
    };
    format!("Call after {hour}:{minute:02} {half} their time.")
}
