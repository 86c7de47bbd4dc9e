//! What was done to one lead, as the timeline tells it, and whether the report allows for so much.

use std::collections::BTreeMap;

use replytree::conversation::{Effect, Entry, Event};
use replytree::flow::proof::{self, Proof};
use replytree::flow::template::{Piece, Text};
use replytree::flow::{AnytimeThen, Flow, sms_parts};
use replytree::policy::Purpose;
use replytree::store::{Row, RowBody, SendStatus};
use replytree::time::Duration;

/// Whether a way is no step's own: the lead asked for it, or it is the beginning.
pub fn is_jump(flow: &Flow, exit: &str) -> bool {
    matches!(exit, "start" | "call_me" | "reschedule")
        || flow.anytime.iter().any(|heard| *heard.name == *exit)
}

/// What was done to one lead.
#[derive(Debug, Default)]
pub struct Did {
    texts: u32,
    parts: u32,
    emails: u32,
    pub waited: Duration,
    pub said: Vec<String>,
    pub hops: Vec<(String, String, String)>,
    pub late: u32,
    /// How often the lead left a question by this word.
    pub jumps: BTreeMap<String, u32>,
    /// How often the lead was answered at any time, with the parts of it.
    answered: u32,
    answered_parts: u32,
    /// Answers after which a question's clock begins anew.
    anew: u32,
}

impl Did {
    pub fn of(flow: &Flow, rows: &[Row], waited: Duration) -> Self {
        let mut did = Did {
            waited,
            ..Did::default()
        };
        for row in rows {
            match &row.body {
                RowBody::Outgoing(effect, sending) if sending.status != SendStatus::Cancelled => {
                    match effect {
                        Effect::Sms(message) if message.purpose == Purpose::Flow => {
                            did.texts += 1;
                            did.parts += u32::from(sending.parts);
                            did.said.push(message.text.clone());
                        }
                        Effect::Email(_) => did.emails += 1,
                        _ => {}
                    }
                }
                RowBody::Outgoing(..) => {}
                RowBody::Happened(entry) => did.happened(flow, entry),
            }
        }
        did
    }

    fn happened(&mut self, flow: &Flow, entry: &Entry) {
        for hop in &entry.path {
            let hop = (
                hop.from.to_string(),
                hop.exit.to_string(),
                hop.to.to_string(),
            );
            if is_jump(flow, &hop.1) && hop.1 != "start" {
                *self.jumps.entry(hop.1.clone()).or_default() += 1;
            }
            self.hops.push(hop);
        }
        let (Event::Replied { .. }, Some(understood)) = (&entry.event, &entry.understood) else {
            return;
        };
        self.late += u32::from(&*understood.rule == "late-answer");
        self.anew += u32::from(&*understood.kind == "who_is_this");
        let heard = flow
            .anytime
            .iter()
            .find(|heard| understood.answer.as_deref() == Some(heard.name.as_str()));
        if let (true, Some(heard)) = (&*understood.kind == "anytime", heard)
            && let AnytimeThen::Say(text) = &heard.then
        {
            self.answered += 1;
            self.anew += 1;
            self.answered_parts += longest(text);
        }
    }

    /// Whether the report bounds this: no loop was gone round, nothing was asked for twice.
    pub fn is_bounded(&self, proof: &Proof) -> bool {
        let mut entered: BTreeMap<&str, u32> = BTreeMap::new();
        for (_, _, to) in &self.hops {
            *entered.entry(to).or_default() += 1;
        }
        let round = !proof.worst.loops.is_empty() && entered.values().any(|times| *times > 1);
        let again = self.jumps.values().any(|times| *times > 1);
        !round && !again && !self.jumps.contains_key("reschedule")
    }

    pub fn is_within(&self, flow: &Flow, proof: &Proof) -> Result<(), String> {
        let worst = &proof.worst;
        let rungs = flow.steps.iter().flat_map(|step| step.ladder());
        let rung = rungs.map(|rung| rung.after).max().unwrap_or_default();
        let anew = Duration::from_ms(rung.as_ms() * i64::from(self.anew));
        let late = match self.late {
            0 => proof::Cost::default(),
            _ => worst.late,
        };
        let fits = [
            self.texts <= worst.texts + late.texts + self.answered,
            self.parts <= worst.parts + late.parts + self.answered_parts,
            self.emails <= worst.emails + late.emails,
            self.waited <= worst.time + late.time + anew,
        ];
        match fits.iter().all(|fits| *fits) {
            true => Ok(()),
            false => Err(format!(
                "more than the proof says: {} texts, {} parts, {} emails, {} of waiting ({} late, {:?})",
                self.texts, self.parts, self.emails, self.waited, self.late, self.jumps
            )),
        }
    }
}

/// The parts of a text with its tokens as the report counts them.
fn longest(text: &Text) -> u32 {
    let parts = text.0.iter().map(|template| {
        let text: String = template
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => text.clone(),
                Piece::Token(_) => "x".repeat(72),
            })
            .collect();
        sms_parts::count(&text).parts as u32
    });
    parts.max().unwrap_or(1)
}
