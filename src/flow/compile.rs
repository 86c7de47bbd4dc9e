//! The pipeline, top to bottom: every source is read, then every flow is resolved and checked; what
//! is broken is left out, and all that is wrong is said at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source};
use crate::flow::parse::{self, Unit, verb_of};
use crate::flow::resolve::{self, Context, Strictness};
use crate::flow::workspace::Workspace;
use crate::flow::{Flow, check};
use crate::lead::Name;

/// The flows that hold, and all that is wrong with any.
#[derive(Debug, Clone, Default)]
pub struct Compiled {
    pub flows: Vec<Arc<Flow>>,
    /// By file and place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Compiles the flows of a workspace together: `run` and keywords reach across files.
pub fn compile(workspace: &Workspace, sources: &[Source]) -> Compiled {
    let mut diagnostics = Vec::new();
    let mut units = Vec::new();
    for source in sources {
        let (unit, problems) = parse::unit(source);
        diagnostics.extend(problems);
        units.extend(unit);
    }
    diagnostics.extend(check::same_names(&units));
    let by_name = by_name(&units);
    let circles = check::run_circles(&units, &by_name);
    let mut broken: BTreeSet<Name> = circles.members.clone();
    diagnostics.extend(circles.problems);
    let context = Context {
        workspace,
        strictness: Strictness::Strict,
        units: &by_name,
    };
    let mut flows = Vec::new();
    for unit in &units {
        let mut resolved = resolve::resolve(unit, &context);
        let checked = check::check(&resolved);
        diagnostics.append(&mut resolved.problems);
        diagnostics.extend(checked);
        if resolved.broken_within {
            broken.insert(unit.name.clone());
        }
        flows.push(Arc::new(resolved.flow));
    }
    diagnostics.extend(check::same_keywords(&flows));
    let files: BTreeSet<&str> = diagnostics
        .iter()
        .filter(|problem| problem.is_error())
        .map(|problem| problem.file.as_str())
        .collect();
    let in_broken_file = units.iter().filter(|unit| files.contains(unit.file));
    broken.extend(in_broken_file.map(|unit| unit.name.clone()));
    spread(&units, &mut broken);
    flows.retain(|flow| !broken.contains(&flow.name));
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| (d.file.clone(), d.span, d.code);
        key(a).cmp(&key(b))
    });
    // What several parts of a flow read again is said once.
    diagnostics.dedup();
    Compiled { flows, diagnostics }
}

/// A version from the sources it was kept with, its own first. The workspace may have moved on since:
/// what is not there any more is for the step that needs it to fail on.
pub fn compile_version(
    workspace: &Workspace,
    name: &str,
    sources: &[(Name, String)],
) -> Option<Flow> {
    let sources: Vec<Source> = sources
        .iter()
        .map(|(name, text)| Source {
            file: format!("{name}.yaml"),
            text: text.clone(),
        })
        .collect();
    let units: Vec<Unit> = sources
        .iter()
        .filter_map(|source| parse::unit(source).0)
        .collect();
    let by_name = by_name(&units);
    let context = Context {
        workspace,
        strictness: Strictness::Pinned,
        units: &by_name,
    };
    let unit = units.iter().find(|unit| unit.name == *name)?;
    let flow = resolve::resolve(unit, &context).flow;
    (!flow.steps.is_empty()).then_some(flow)
}

fn by_name<'a>(units: &'a [Unit<'a>]) -> BTreeMap<Name, &'a Unit<'a>> {
    let mut by_name = BTreeMap::new();
    for unit in units {
        by_name.entry(unit.name.clone()).or_insert(unit);
    }
    by_name
}

/// A flow that runs a broken one is broken.
fn spread(units: &[Unit], broken: &mut BTreeSet<Name>) {
    loop {
        let before = broken.len();
        for unit in units {
            if runs(unit).any(|flow| broken.contains(flow)) {
                broken.insert(unit.name.clone());
            }
        }
        if broken.len() == before {
            return;
        }
    }
}

/// The flows that a unit runs, by name.
pub fn runs<'a>(unit: &'a Unit) -> impl Iterator<Item = &'a str> {
    unit.steps().iter().filter_map(|step| {
        let is_run = verb_of(&step.value).is_some_and(|verb| verb.name == "run");
        is_run.then(|| step.value.get("run")?.text()).flatten()
    })
}
