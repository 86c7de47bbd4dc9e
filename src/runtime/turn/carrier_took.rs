//! A text that the carrier took for an opt-out, an opt-in or a call for help where we would not have: by a
//! word of its own. It has done that and has answered, so it counts here too, and nobody answers twice.
//!
//! What answers the open question is an answer all the same: carriers take YES for an opt-in.

use crate::carrier::Took;
use crate::conversation::{Event, Status};
use crate::policy::consent::Level;
use crate::policy::{Consent, ConsentChange, ConsentEvent};
use crate::reply::{self, Everywhere, Listening, Reply};
use crate::runtime::turn::Desk;
use crate::runtime::turn::inbound::understood;
use crate::runtime::work::{Inbound, Refusal};
use crate::store::RowBody;

/// The rules by which such a text was understood.
const OPT_OUT: &str = "carrier-opt-out";
const OPT_IN: &str = "carrier-opt-in";
const HELP: &str = "carrier-help";

impl Desk<'_> {
    /// `None`: the carrier took it for nothing, or for what we take it for.
    pub(super) fn taken_by_carrier(&mut self, inbound: &Inbound) -> Option<Result<(), Refusal>> {
        if inbound.verdict == Took::Nothing {
            return None;
        }
        let ours = reply::everywhere(&Reply::read(&inbound.text), Listening::default());
        let ours = ours.map(|verdict| verdict.meaning);
        let event = inbound.event();
        match (inbound.verdict, ours) {
            (Took::Nothing, _)
            | (Took::OptOut, Some(Everywhere::OptOut))
            | (Took::OptIn, Some(Everywhere::OptIn))
            | (Took::Help, Some(Everywhere::Help)) => None,
            (Took::OptOut, _) => Some(self.opted_out_elsewhere(event)),
            // What we read as an opt-out is one, whatever they make of it.
            (Took::OptIn | Took::Help, Some(Everywhere::OptOut)) => None,
            // The keyword of a flow gives the consent itself.
            (Took::OptIn | Took::Help, _) if self.keyword_flow(&inbound.text).is_some() => None,
            (Took::OptIn, _) => Some(self.opted_in_elsewhere(event)),
            (Took::Help, _) => Some(self.answered_elsewhere(event, Everywhere::Help, HELP)),
        }
    }

    fn opted_out_elsewhere(&mut self, event: Event) -> Result<(), Refusal> {
        let Event::Replied { text, .. } = &event else {
            return Ok(());
        };
        let wording = text.clone();
        let conversation = self.active.as_ref().map(|active| active.id);
        let entry = understood(event, Everywhere::OptOut.as_str(), true, OPT_OUT);
        self.row(conversation, RowBody::Happened(entry));
        self.opted_out_at_carrier(OPT_OUT, &wording)
    }

    /// The person's own act: it undoes an opt-out, and is the answer to our question if there was one.
    fn opted_in_elsewhere(&mut self, event: Event) -> Result<(), Refusal> {
        let Event::Replied { text, .. } = &event else {
            return Ok(());
        };
        let asked = matches!(self.record.standing.consent, Consent::Pending(_));
        if !matches!(self.record.standing.consent, Consent::Given(..)) {
            let method = if asked { "double_opt_in" } else { "keyword" };
            let given = ConsentChange::Given;
            self.consent(ConsentEvent {
                source: "carrier".to_string(),
                wording: text.clone(),
                rule: Some(OPT_IN.to_string()),
                own_act: true,
                ..ConsentEvent::new(given, Level::Marketing, self.now, method)
            });
        }
        self.answered_elsewhere(event, Everywhere::OptIn, OPT_IN)?;
        let confirmed = asked && self.record.standing.may_be_texted();
        match confirmed && self.record.active.is_none() {
            true => self.start_next(),
            false => Ok(()),
        }
    }

    /// The conversation goes on if this answers its question, and stands where it stood if not.
    fn answered_elsewhere(
        &mut self,
        event: Event,
        kind: Everywhere,
        rule: &'static str,
    ) -> Result<(), Refusal> {
        let listening = self
            .active
            .take_if(|active| !matches!(active.status, Status::Scheduled));
        let id = listening.as_ref().map(|active| active.id);
        if let Some(conversation) = listening
            && self.answers(conversation, event.clone())?
        {
            return Ok(());
        }
        let entry = understood(event, kind.as_str(), true, rule);
        self.row(id, RowBody::Happened(entry));
        Ok(())
    }
}
