//! Which steps a flow has: its own, and those of each flow that `run` brings in, named
//! `<run>.<step>`. Finds flows that are not there, and flows that run each other in a circle.

use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, Lines, Position, nearest};
use crate::flow::StepIx;
use crate::flow::grammar::Object;
use crate::flow::parse::{Unit, verb_of};
use crate::flow::resolve::{Context, Strictness};
use crate::flow::yaml::{Entry, Node};
use crate::lead::Name;

/// Most steps of one flow, with those that are brought in.
pub const STEPS_MAX: usize = 2_000;

/// The flow itself (part 0) or a flow brought in by one of its steps.
pub struct Part<'a> {
    pub unit: &'a Unit<'a>,
    /// Empty, or ending in a dot.
    pub prefix: String,
    /// The `run` step.
    pub run: Option<StepIx>,
    /// The part in which the `run` step stands.
    pub parent: usize,
    /// By the names this part's own file uses.
    pub steps: HashMap<Name, StepIx>,
}

/// One step as written.
pub struct Slot<'a> {
    pub part: usize,
    pub name: Name,
    pub entry: &'a Entry,
    /// `None` when it has none, or two.
    pub verb: Option<&'static Object>,
    /// The part that a `run` brings in.
    pub brings: Option<usize>,
}

pub struct Layout<'a> {
    pub parts: Vec<Part<'a>>,
    pub slots: Vec<Slot<'a>>,
    pub own_steps: usize,
    pub problems: Vec<Diagnostic>,
    lines: Vec<Lines<'a>>,
}

impl<'a> Layout<'a> {
    pub fn of(unit: &'a Unit<'a>, context: &Context<'a>) -> Self {
        let mut layout = Self {
            parts: Vec::new(),
            slots: Vec::new(),
            own_steps: 0,
            problems: Vec::new(),
            lines: Vec::new(),
        };
        layout.add(unit, String::new(), None, 0);
        layout.own_steps = layout.slots.len();
        // Slots grow while they are walked: a flow that was brought in may run another.
        let mut at = 0;
        while at < layout.slots.len() {
            if layout.slots[at].verb.is_some_and(|verb| verb.name == "run") {
                layout.bring_in(at, context);
            }
            at += 1;
        }
        layout
    }

    pub fn position(&self, slot: &Slot) -> Position {
        self.lines[slot.part].position(slot.entry.key_span.start)
    }

    /// The first step of a part.
    pub fn start_of(&self, part: usize) -> Option<StepIx> {
        let part = &self.parts[part];
        match part.unit.root.get("start").and_then(Node::text) {
            Some(name) => part.steps.get(name).copied(),
            None => part.steps.values().min().copied(),
        }
    }

    fn add(&mut self, unit: &'a Unit<'a>, prefix: String, run: Option<StepIx>, parent: usize) {
        let part = self.parts.len();
        let mut steps = HashMap::new();
        for entry in unit.steps() {
            if self.slots.len() == STEPS_MAX {
                let message = format!("a flow cannot have more than {STEPS_MAX} steps");
                let root = self.parts.first().map_or(unit, |part| part.unit);
                let problem = Diagnostic::error("E0114", root.file, root.name_span, message)
                    .help("split it into several flows");
                self.problems.push(problem);
                break;
            }
            if part == 0 && entry.key == "end" {
                let message = "a step cannot be named `end`: `then: end` ends the conversation";
                let problem = Diagnostic::error("E0111", unit.file, entry.key_span, message)
                    .label("kept for `then: end`")
                    .help("choose another name, such as `done`");
                self.problems.push(problem);
            }
            steps.insert(
                Name::from(entry.key.as_str()),
                StepIx(self.slots.len() as u32),
            );
            self.slots.push(Slot {
                part,
                name: Name::from(format!("{prefix}{}", entry.key)),
                entry,
                verb: verb_of(&entry.value),
                brings: None,
            });
        }
        self.lines.push(Lines::new(unit.text));
        self.parts.push(Part {
            unit,
            prefix,
            run,
            parent,
            steps,
        });
    }

    fn bring_in(&mut self, at: usize, context: &Context<'a>) {
        let slot = &self.slots[at];
        let (part, name) = (slot.part, slot.name.clone());
        let Some(node) = slot.entry.value.get("run") else {
            return;
        };
        let flow = node.text().unwrap_or_default();
        let Some(unit) = context.units.get(flow).copied() else {
            if part == 0 && context.strictness == Strictness::Strict {
                let problem = unknown_flow(self.parts[0].unit, node, context);
                self.problems.push(problem);
            }
            return;
        };
        if self.is_within(part, flow) {
            // Reported once for the circle, by `check`.
            return;
        }
        if self.slots.len() < STEPS_MAX {
            self.slots[at].brings = Some(self.parts.len());
            self.add(unit, format!("{name}."), Some(StepIx(at as u32)), part);
        }
    }

    /// Whether `part` is the flow of this name, or was brought in by it.
    fn is_within(&self, mut part: usize, flow: &str) -> bool {
        loop {
            if self.parts[part].unit.name == *flow {
                return true;
            }
            if part == 0 {
                return false;
            }
            part = self.parts[part].parent;
        }
    }
}

/// The flows that can be run: all but the one that asks.
fn others(unit: &Unit, context: &Context) -> String {
    const SHOWN_MAX: usize = 8;
    let mut names: Vec<String> = context
        .units
        .values()
        .filter(|other| other.name != unit.name)
        .map(|other| format!("`{}`", other.name))
        .collect();
    names.sort();
    let more = names.len() > SHOWN_MAX;
    names.truncate(SHOWN_MAX);
    match (names.is_empty(), more) {
        (true, _) => "the workspace has no other flow; add its file beside this one".to_string(),
        (false, true) => format!("the workspace has {}, …", names.join(", ")),
        (false, false) => format!("the workspace has {}", names.join(", ")),
    }
}

fn unknown_flow(unit: &Unit, node: &Node, context: &Context) -> Diagnostic {
    let flow = node.text().unwrap_or_default();
    let message = format!("there is no flow `{flow}`");
    let problem =
        Diagnostic::error("E0209", unit.file, node.span, message).label("no flow has this name");
    match nearest(flow, context.units.keys().map(|name| &**name)) {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")),
        None => problem.help(others(unit, context)),
    }
}
