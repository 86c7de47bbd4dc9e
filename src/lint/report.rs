//! Where lints put what they find, and what they are told beyond the flow.

use crate::diagnostic::{Diagnostic, Span};
use crate::flow::workspace::Workspace;
use crate::flow::{Flow, StepIx};
use crate::lint::address::Address;
use crate::lint::said::Said;

/// What the caller knows beside the flow; whatever is missing is not judged.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    pub workspace: Option<&'a Workspace>,
    /// The answers that no flow test takes; `None` when the tests were not run.
    pub uncovered: Option<&'a [Uncovered]>,
    /// How many leads enter the flow in 90 days, as measured or expected.
    pub leads_in_90_days: Option<u32>,
}

/// An exit that no flow test takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncovered {
    pub step: StepIx,
    /// As in `Verb::exits`.
    pub exit: String,
}

/// Warnings so far. Those that the author allowed, for the flow or the step, are not taken in.
#[derive(Debug)]
pub struct Report<'a> {
    flow: &'a Flow,
    known: &'a Known<'a>,
    lint: &'static str,
    found: Vec<Diagnostic>,
}

impl<'a> Report<'a> {
    pub(super) fn new(flow: &'a Flow, known: &'a Known<'a>) -> Self {
        Self {
            flow,
            known,
            lint: "",
            found: Vec::new(),
        }
    }

    pub(super) fn begin(&mut self, lint: &'static str) {
        self.lint = lint;
    }

    pub fn known(&self) -> &'a Known<'a> {
        self.known
    }

    /// The brand as leads read it; a stand-in where no workspace is known.
    pub fn brand(&self) -> &'a str {
        self.known
            .workspace
            .map_or("Acme", |workspace| &workspace.brand)
    }

    /// A warning about a text.
    pub fn text(&mut self, said: &Said, message: String, label: &str, help: &str) {
        self.put(said.step(), said.span, message, label, help);
    }

    /// A warning about a `piece` of a text, which is pointed at where it stands as written.
    pub fn piece(&mut self, said: &Said, piece: &str, message: String, label: &str, help: &str) {
        let span = self.find(said.span, piece).unwrap_or(said.span);
        self.put(said.step(), span, message, label, help);
    }

    /// A warning about a web address, of which `piece` is pointed at.
    pub fn address(
        &mut self,
        address: &Address,
        piece: &str,
        message: String,
        label: &str,
        help: &str,
    ) {
        let span = self.find(address.span, piece).unwrap_or(address.span);
        self.put(address.step, span, message, label, help);
    }

    /// A text as its author wrote it, tokens, quotes and all; `None` where its place is another file's.
    pub fn written(&self, said: &Said) -> Option<&'a str> {
        let (_, source) = self.flow.sources.first()?;
        source.get(said.span.range()).map(str::trim)
    }

    /// Where `piece` first stands in a span of the flow's own source, in any case.
    fn find(&self, within: Span, piece: &str) -> Option<Span> {
        let (_, source) = self.flow.sources.first()?;
        let text = source.get(within.range())?;
        let mut starts = text.char_indices().map(|(at, _)| at);
        let same = |at: &usize| {
            let here = text.get(*at..*at + piece.len());
            here.is_some_and(|here| here.eq_ignore_ascii_case(piece))
        };
        let start = within.range().start + starts.find(same)?;
        Some(Span::new(start, start + piece.len()))
    }

    /// Whether this lint has said something of this place.
    pub(super) fn has(&self, span: Span) -> bool {
        let mut found = self.found.iter();
        found.any(|warning| warning.code == self.lint && warning.span == span)
    }

    /// A warning about a step or a part of it.
    pub fn step(&mut self, step: StepIx, span: Span, message: String, label: &str, help: &str) {
        self.put(Some(step), span, message, label, help);
    }

    /// A warning about the flow as a whole or about a part that belongs to no step.
    pub fn flow(&mut self, span: Span, message: String, label: &str, help: &str) {
        self.put(None, span, message, label, help);
    }

    fn put(&mut self, step: Option<StepIx>, span: Span, message: String, label: &str, help: &str) {
        let here = step.map_or(&[][..], |step| &self.flow.step(step).allow);
        let allowed = self
            .flow
            .allow
            .iter()
            .chain(here)
            .any(|name| **name == *self.lint);
        if !allowed {
            let warning = Diagnostic::warning(self.lint, &self.flow.file, span, message);
            self.found.push(warning.label(label).help(help));
        }
    }

    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        self.found
            .sort_by_key(|warning| (warning.span, warning.code));
        self.found
    }
}
