//! Names to steps, fields, links and the workspace's own: a unit, with those that `run` brings in,
//! becomes a [`Flow`].
//!
//! Two passes over the same code: the outline binds targets only, and its graph tells what has
//! surely been answered on every path to a step; then the texts are read with that. Nothing here
//! repeats what the grammar has reported: where a part is missing or broken, a stand-in takes its
//! place, so that one mistake is one diagnostic. A flow with stand-ins is never run.

mod declared;
mod experiments;
mod facts;
mod layout;
mod made;
mod questions;
mod scripts;
mod texts;
mod values;
mod verbs;

use std::collections::{BTreeMap, BTreeSet};

use crate::conversation::VersionId;
use crate::diagnostic::{Diagnostic, Span, begun_alike, nearest};
use crate::flow::parse::{Unit, name_of, word};
use crate::flow::template::Names;
use crate::flow::workspace::Workspace;
use crate::flow::yaml::{Node, Yaml};
use crate::flow::{COMPLETED, Flow, Objective, Places, Step, StepIx, Target};
use crate::lead::Name;
use crate::policy::{MessageKind, SendWindow};

use facts::Facts;
use layout::{Layout, Part, Slot};

/// Whether names of the workspace must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// A flow that is being written.
    Strict,
    /// A version that runs already: the workspace may have moved on.
    Pinned,
}

/// What surrounds a flow.
pub struct Context<'a> {
    pub workspace: &'a Workspace,
    pub strictness: Strictness,
    /// Every flow by name, for `run`.
    pub units: &'a BTreeMap<Name, &'a Unit<'a>>,
}

/// A flow with all that is wrong with its names and texts.
pub struct Resolved {
    pub flow: Flow,
    pub problems: Vec<Diagnostic>,
    /// Steps whose verb is a stand-in.
    pub stand_ins: Vec<StepIx>,
    /// A flow that it runs has problems of its own, reported there.
    pub broken_within: bool,
    /// Some step's exits were not written or cannot be read, which was reported: nobody knows to which
    /// steps they lead.
    pub exits_lost: bool,
    /// Index of the first step that was not written in this flow's file.
    pub own_steps: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    Outline,
    Bind,
}

struct Builder<'a> {
    context: &'a Context<'a>,
    layout: &'a Layout<'a>,
    pass: Pass,
    locales: Vec<Name>,
    /// The part and the step being read.
    part: usize,
    step: Option<StepIx>,
    names: Names,
    made: made::Made,
    places: Places,
    problems: Vec<Diagnostic>,
    stand_ins: Vec<StepIx>,
    broken_within: bool,
    exits_lost: bool,
    /// Steps with a stand-in for a target: most likely, but not surely, the next step.
    loose: BTreeSet<StepIx>,
    /// Locales that were reported as not declared.
    unknown_locales: BTreeSet<String>,
}

/// The flow of `unit`.
pub fn resolve<'a>(unit: &'a Unit<'a>, context: &'a Context<'a>) -> Resolved {
    let layout = Layout::of(unit, context);
    let locales = declared::locales(unit);
    let mut outline = Builder::new(context, &layout, Pass::Outline, locales.clone());
    let steps = outline.steps(None);
    let anytime = outline.anytime();
    let start = outline.start();
    let facts = Facts::of(&steps, start, &anytime, &outline.loose);

    let mut builder = Builder::new(context, &layout, Pass::Bind, locales);
    builder.problems.extend(layout.problems.iter().cloned());
    builder.check_run_locales();
    let flow = builder.flow(unit, &facts);
    Resolved {
        flow,
        problems: builder.problems,
        stand_ins: builder.stand_ins,
        broken_within: builder.broken_within,
        exits_lost: builder.exits_lost,
        own_steps: layout.own_steps,
    }
}

impl<'a> Builder<'a> {
    fn new(
        context: &'a Context<'a>,
        layout: &'a Layout<'a>,
        pass: Pass,
        locales: Vec<Name>,
    ) -> Self {
        Self {
            context,
            layout,
            pass,
            locales,
            part: 0,
            step: None,
            names: Names::default(),
            made: made::Made::after(layout.slots.len()),
            places: Places::default(),
            problems: Vec::new(),
            stand_ins: Vec::new(),
            broken_within: false,
            exits_lost: false,
            loose: BTreeSet::new(),
            unknown_locales: BTreeSet::new(),
        }
    }

    fn flow(&mut self, unit: &'a Unit<'a>, facts: &Facts) -> Flow {
        let root = &unit.root;
        self.names = self.base_names(0);
        self.places.flow = unit.name_span;
        let send = self.window(root.get("send"));
        let fields = self.all_fields();
        let links = self.all_links();
        let steps = self.steps(Some(facts));
        self.check_outcomes(&steps);
        let anytime = self.anytime();
        let anytime_phrases = self.anytime_phrases();
        let (start_keywords, start_events) = self.starts();
        let experiments = self.experiments(&steps, facts);
        let tests = self.tests(&steps, &fields);
        let by_name = steps
            .iter()
            .enumerate()
            .map(|(at, step)| (step.name.clone(), StepIx(at as u32)))
            .collect();
        let sources = self.sources();
        Flow {
            name: unit.name.clone(),
            version: version(&sources),
            about: root
                .get("about")
                .and_then(Node::text)
                .unwrap_or_default()
                .into(),
            objective: objective(root.get("objective")),
            kind: kind(root),
            locales: self.locales.clone(),
            fields,
            start_keywords,
            start_events,
            stops_when: self.names_in("stops_when"),
            links,
            send,
            start: self.start(),
            steps,
            by_name,
            anytime,
            anytime_phrases,
            experiments,
            tests,
            file: unit.file.to_string(),
            sources,
            allow: self.names_in("allow"),
            places: std::mem::take(&mut self.places),
        }
    }

    /// All the steps, in the order that `Flow::steps` promises.
    fn steps(&mut self, facts: Option<&Facts>) -> Vec<Step> {
        let slots: &'a [Slot<'a>] = &self.layout.slots;
        let mut steps = Vec::with_capacity(slots.len());
        let mut part = usize::MAX;
        for (at, slot) in slots.iter().enumerate() {
            if slot.part != part {
                part = slot.part;
                self.enter_part(part);
            }
            let ix = StepIx(at as u32);
            self.step = Some(ix);
            if let Some(facts) = facts {
                facts.tell(ix, &mut self.names);
            }
            steps.push(self.slot(slot, ix));
        }
        self.step = None;
        std::mem::take(&mut self.made).join(&mut steps, self.context.workspace);
        steps
    }

    fn slot(&mut self, slot: &'a Slot<'a>, ix: StepIx) -> Step {
        let node = &slot.entry.value;
        if slot.part == 0 {
            self.places.steps.insert(ix, slot.entry.key_span);
        }
        let position = self.layout.position(slot);
        Step {
            name: slot.name.clone(),
            line: position.line,
            column: position.column,
            note: node.get("note").and_then(Node::text).map(String::from),
            score: word(node.get("score")).unwrap_or(0),
            allow: crate::flow::parse::one_or_many(node.get("allow"))
                .iter()
                .filter_map(|name| name_of(Some(name)))
                .collect(),
            verb: self.verb(slot, node),
        }
    }

    fn enter_part(&mut self, part: usize) {
        self.part = part;
        self.step = None;
        self.names = self.base_names(part);
    }

    fn part(&self) -> &'a Part<'a> {
        &self.layout.parts[self.part]
    }

    fn unit(&self) -> &'a Unit<'a> {
        self.part().unit
    }

    /// The first step: `start`, else the first one written.
    fn start(&mut self) -> StepIx {
        self.part = 0;
        let Some(node) = self.unit().root.get("start") else {
            return StepIx(0);
        };
        let name = node.text().unwrap_or_default();
        match self.find_step(name, node.span) {
            Some(ix) => ix,
            None => StepIx(0),
        }
    }

    /// Where `node` leads, under the exit's name.
    fn target(&mut self, node: Option<&Node>, exit: impl Into<Name>) -> Target {
        let Some((node, name)) = node.and_then(|node| Some((node, node.text()?))) else {
            return self.next_step();
        };
        if let (Some(step), 0) = (self.step, self.part) {
            self.places.exits.insert((step, exit.into()), node.span);
        }
        if name == "end" {
            return self.ends(COMPLETED);
        }
        match self.find_step(name, node.span) {
            Some(ix) => Target::Step(ix),
            None => self.next_step(),
        }
    }

    /// The step of this name in the part; a slip is reported and read as what was likely meant.
    fn find_step(&mut self, name: &str, span: Span) -> Option<StepIx> {
        let part = self.part();
        if let Some(ix) = part.steps.get(name) {
            return Some(*ix);
        }
        let known = || part.steps.keys().map(|name| &**name).chain(["end"]);
        let meant = nearest(name, known()).or_else(|| begun_alike(name, known()));
        let problem = Diagnostic::error(
            "E0204",
            part.unit.file,
            span,
            format!("step `{name}` is not defined"),
        )
        .label("no step has this name");
        let problem = match meant {
            Some(meant) => problem.help(format!("a step with a similar name exists: `{meant}`")),
            None => problem.help("add a step of this name, or name one that exists"),
        };
        let found = meant.and_then(|meant| part.steps.get(meant).copied());
        self.report(problem);
        found
    }

    /// The stand-in for a target that is missing: most likely the next step written.
    fn next_step(&mut self) -> Target {
        self.loose.extend(self.step);
        let next = self.step.map(|step| StepIx(step.0 + 1));
        let slot = next.and_then(|next| self.layout.slots.get(next.0 as usize));
        match (next, slot) {
            (Some(next), Some(slot)) if slot.part == self.part => Target::Step(next),
            _ => Target::End,
        }
    }

    /// A problem of a flow that was brought in is reported where that flow is compiled.
    fn report(&mut self, problem: Diagnostic) {
        if self.pass == Pass::Outline {
            return;
        }
        if self.part == 0 {
            self.problems.push(problem);
        } else {
            self.broken_within = true;
        }
    }

    fn error(&self, code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.unit().file, span, message)
    }

    fn window(&mut self, node: Option<&Node>) -> Option<SendWindow> {
        let node = node?;
        Some(SendWindow {
            days: word(node.get("days")).unwrap_or(crate::time::Days::ALL),
            hours: word(node.get("between")).unwrap_or(crate::time::Hours::ALL_DAY),
            pick_best: node.get("pick").is_some(),
        })
    }

    fn names_in(&self, key: &str) -> Vec<Name> {
        crate::flow::parse::one_or_many(self.unit().root.get(key))
            .iter()
            .filter_map(|node| name_of(Some(node)))
            .collect()
    }

    /// This flow's text and that of each it runs.
    fn sources(&self) -> Vec<(Name, String)> {
        let mut sources: Vec<(Name, String)> = Vec::new();
        for part in &self.layout.parts {
            if !sources.iter().any(|(name, _)| *name == part.unit.name) {
                sources.push((part.unit.name.clone(), part.unit.text.to_string()));
            }
        }
        sources
    }

    /// Reports a name of the workspace that is not there.
    fn known(
        &mut self,
        code: &'static str,
        what: &str,
        node: &Node,
        among: impl Fn(&Workspace) -> Vec<&Name>,
    ) {
        if let Some(name) = node.text() {
            self.known_name(code, what, (name, node.span), among);
        }
    }

    fn known_name(
        &mut self,
        code: &'static str,
        what: &str,
        (name, span): (&str, Span),
        among: impl Fn(&Workspace) -> Vec<&Name>,
    ) {
        let known = among(self.context.workspace);
        let there = known.iter().any(|known| ***known == *name);
        if there || self.context.strictness == Strictness::Pinned {
            return;
        }
        let problem = self
            .error(
                code,
                span,
                format!("{what} `{name}` is not in workspace.yaml"),
            )
            .label(format!("no {what} has this name"));
        let meant = nearest(name, known.iter().map(|known| &***known));
        let names: Vec<String> = known.iter().map(|known| format!("`{known}`")).collect();
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if names.is_empty() => format!("workspace.yaml has no {what} yet"),
            None => format!("workspace.yaml has {}", names.join(", ")),
        };
        self.report(problem.help(help));
    }
}

fn objective(node: Option<&Node>) -> Objective {
    match node.and_then(Node::text) {
        Some("capture") => Objective::Capture,
        Some("booking") => Objective::Booking,
        Some("reengagement") => Objective::Reengagement,
        Some("notice") => Objective::Notice,
        _ => Objective::Qualification,
    }
}

/// Marketing, unless it is said otherwise: the stricter of the two. A kind that was reported as
/// wrong is not held against the texts.
fn kind(root: &Node) -> MessageKind {
    match (root.entry("kind"), root.get("kind").and_then(Node::text)) {
        (_, Some("transactional")) => MessageKind::Transactional,
        (Some(entry), None) if entry.value.value == Yaml::Broken => MessageKind::Transactional,
        _ => MessageKind::Marketing,
    }
}

/// The first 16 bytes of SHA-256 over the names and texts, each ended by a zero byte.
fn version(sources: &[(Name, String)]) -> VersionId {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for (name, text) in sources {
        for part in [name.as_str(), text] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
    }
    let digest = hash.finalize();
    let mut version = [0; 16];
    version.copy_from_slice(&digest[..16]);
    VersionId(version)
}
