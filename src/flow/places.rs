//! Where the parts of a flow stand in its file, so that what is found out later (by a check, a lint, a
//! failing test) points at the smallest piece.

use std::collections::HashMap;

use crate::diagnostic::Span;
use crate::flow::StepIx;
use crate::lead::Name;

/// Which text of a step: `ask`, `say`, `subject`, `body`, `brief`, `unclear`, `no_reply:<n>`.
pub type Slot = Name;

/// Places in the flow's own file. A brought-in step has none.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Of each step's name.
    pub steps: HashMap<StepIx, Span>,
    /// Of each text, by the step's exit or key; one span for each of the flow's locales.
    pub texts: HashMap<(StepIx, Slot), Vec<Span>>,
    /// Of the target of each exit, by the exit's name as in `Verb::exits`.
    pub exits: HashMap<(StepIx, Name), Span>,
    /// Of each option's name.
    pub options: HashMap<(StepIx, Name), Span>,
    pub experiments: HashMap<Name, Span>,
    /// Of each variant's text, one span for each locale.
    pub variants: HashMap<Name, Vec<Span>>,
    pub anytime: HashMap<Name, Span>,
    /// Of the address of each link.
    pub links: HashMap<Name, Span>,
    /// Of each keyword that starts the flow.
    pub keywords: HashMap<String, Span>,
    /// Of the flow's name.
    pub flow: Span,
}

impl Places {
    pub fn step(&self, step: StepIx) -> Span {
        self.steps.get(&step).copied().unwrap_or(self.flow)
    }

    /// The text in one locale, else the step.
    pub fn text(&self, step: StepIx, slot: &str, locale_ix: usize) -> Span {
        let spans = self.texts.get(&(step, Name::from(slot)));
        spans
            .and_then(|spans| spans.get(locale_ix).copied())
            .unwrap_or_else(|| self.step(step))
    }

    /// The target of an exit, else the step.
    pub fn exit(&self, step: StepIx, exit: &str) -> Span {
        let span = self.exits.get(&(step, Name::from(exit)));
        span.copied().unwrap_or_else(|| self.step(step))
    }

    pub fn option(&self, step: StepIx, option: &str) -> Span {
        let span = self.options.get(&(step, Name::from(option)));
        span.copied().unwrap_or_else(|| self.step(step))
    }
}
