//! ## What it finds
//!
//! A question that is given up on less than an hour after it was asked, a text that gives less than an hour to
//! reply, and a text with a link that ends within a day and does not say when. (Urgent words without a date are
//! `urgency-without-expiry`.)
//!
//! ## Why it matters
//!
//! People read texts when they can: at work, at the wheel, asleep. Whoever is hurried suspects a fraud, and who
//! comes too late to a dead link was promised what is not there.
//!
//! ## Example
//!
//! ```yaml
//! no_reply: [ { after: 20m, then: gone } ]
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! no_reply: [ { after: 4h, then: gone } ]
//! ```

use crate::flow::Flow;
use crate::flow::StepIx;
use crate::flow::steps::{RungDoes, Verb};
use crate::flow::template::{Format, Piece, Source};
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::prose;
use crate::lint::said::{self, Said, is_own};
use crate::lint::urgency_without_expiry::says_until_when;
use crate::time::Duration;

pub struct TimePressure;

impl Lint for TimePressure {
    fn name(&self) -> &'static str {
        "time-pressure"
    }

    fn source(&self) -> &'static str {
        include_str!("time_pressure.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        for at in 0..flow.steps.len() {
            let ix = StepIx(at as u32);
            if is_own(flow, ix) {
                ladder(flow, ix, report);
            }
        }
        for said in said::all(flow, report.brand()) {
            if let Some(window) = window(&said.text) {
                report.piece(
                    &said,
                    &window,
                    "this text gives less than an hour to reply".to_string(),
                    "too short a time",
                    "give an hour at least, or none",
                );
            }
            if let Some(name) = ends_unsaid(flow, &said) {
                report.piece(
                    &said,
                    &format!("{{link.{name}"),
                    format!("the link `{name}` ends within a day, and the text does not say when"),
                    "until when?",
                    "say until when it can be opened, such as `until 6 PM today`, or give it more time",
                );
            }
        }
    }
}

const HOUR: Duration = Duration::hours(1);
const DAY: Duration = Duration::hours(24);

/// A question that leads on without an answer too soon.
fn ladder(flow: &Flow, ix: StepIx, report: &mut Report) {
    let Verb::Ask(ask) = &flow.step(ix).verb else {
        return;
    };
    let mut waited = Duration::ZERO;
    for (n, rung) in ask.no_reply.iter().enumerate() {
        waited = waited + rung.after;
        if matches!(rung.does, RungDoes::Go(_)) && waited < HOUR {
            let span = flow.places.exit(ix, &format!("no_reply:{}", n + 1));
            report.step(
                ix,
                span,
                format!("a lead has {waited} to answer"),
                "less than an hour",
                "give an hour at least before the flow goes on",
            );
        }
    }
}

/// Words by which a reply is asked for.
const ASKS: [&str; 14] = [
    "reply",
    "respond",
    "answer",
    "text back",
    "confirm",
    "book",
    "claim",
    "accept",
    "responda",
    "conteste",
    "confirme",
    "reserve",
    "acepte",
    "responde",
];

/// Where a sentence that asks for a reply gives less than an hour: the number and its unit.
fn window(text: &str) -> Option<String> {
    prose::sentences(text).into_iter().find_map(|sentence| {
        prose::first_phrase(sentence, &ASKS)?;
        let words: Vec<&str> = sentence.split_whitespace().collect();
        words.windows(3).find_map(|three| {
            let within = ["within", "in", "next", "en", "dentro"];
            let [before, number, unit] = three else {
                return None;
            };
            let before = before.to_lowercase();
            let minutes: u32 = number.parse().ok()?;
            let unit_said = unit
                .trim_matches(|c: char| !c.is_alphabetic())
                .to_lowercase();
            let is_minutes = ["min", "mins", "minutes", "minutos"].contains(&&*unit_said);
            (within.contains(&&*before) && is_minutes && minutes < 60).then(|| {
                format!(
                    "{number} {}",
                    unit.trim_end_matches(|c: char| !c.is_alphabetic())
                )
            })
        })
    })
}

/// The link of a text that ends within a day, where nothing says when.
fn ends_unsaid(flow: &Flow, said: &Said) -> Option<String> {
    let dated = said.template.pieces.iter().any(|piece| match piece {
        Piece::Token(token) => matches!(token.format, Some(Format::Date(_))),
        Piece::Literal(_) => false,
    });
    if dated || says_until_when(&said.text) || says_hours(&said.text) {
        return None;
    }
    said.template.pieces.iter().find_map(|piece| match piece {
        Piece::Token(token) => match &token.source {
            Source::Link(name) => {
                let expires = flow.links.get(name)?.expires?;
                (expires < DAY).then(|| name.to_string())
            }
            _ => None,
        },
        Piece::Literal(_) => None,
    })
}

/// `4 hours`, `30 min`, `24h`.
fn says_hours(text: &str) -> bool {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let units = [
        "h", "hour", "hours", "hr", "hrs", "hora", "horas", "min", "minutes", "minutos",
    ];
    words.iter().enumerate().any(|(at, word)| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let figures = word.chars().take_while(char::is_ascii_digit).count();
        let rest = &word[figures..];
        let next = words
            .get(at + 1)
            .map(|next| next.trim_matches(|c: char| !c.is_alphabetic()));
        figures > 0
            && (units.contains(&rest)
                || (rest.is_empty() && next.is_some_and(|next| units.contains(&next))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_what_a_reply_is_given_and_not_what_we_promise() {
        for (text, found) in [
            ("Reply within 30 minutes to keep it.", Some("30 minutes")),
            ("Responda en 15 minutos.", Some("15 minutos")),
            ("Reply within 90 minutes.", None),
            ("Thanks! We'll call you within 10 minutes.", None),
            ("Reply 1 for yes. We call within 10 minutes.", None),
        ] {
            assert_eq!(window(text).as_deref(), found, "{text}");
        }
        for (text, said) in [
            ("Open for 4 hours", true),
            ("Good for 24h.", true),
            ("4 doors", false),
        ] {
            assert_eq!(says_hours(text), said, "{text}");
        }
    }
}
