//! ## What it finds
//!
//! A token in doubled braces: `{{name}}`, where `name` is something that a text can say.
//!
//! ## Why it matters
//!
//! `{{` stands for a brace that the lead shall see. The lead reads `Hi {name}`, not their name. Other tools
//! write tokens in two braces; here it is one.
//!
//! ## Example
//!
//! ```yaml
//! say: "Hi {{name}}, your quote is ready."
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! say: "Hi {name}, your quote is ready."
//! ```

use crate::flow::steps::Verb;
use crate::flow::template::{Names, Piece, Template};
use crate::flow::{Flow, StepIx};
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::said::{self, is_own};

pub struct DoubledBraces;

impl Lint for DoubledBraces {
    fn name(&self) -> &'static str {
        "doubled-braces"
    }

    fn source(&self) -> &'static str {
        include_str!("doubled_braces.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        let names = names(flow);
        for said in said::all(flow, report.brand()) {
            for inside in find(said.template, flow, &names) {
                let (piece, message, help) = words(inside);
                report.piece(&said, &piece, message, LABEL, &help);
            }
        }
        for (at, step) in flow.steps.iter().enumerate() {
            let ix = StepIx(at as u32);
            let Verb::Email(email) = &step.verb else {
                continue;
            };
            for (slot, text) in [("subject", &email.subject), ("body", &email.body)] {
                if !is_own(flow, ix) {
                    continue;
                }
                for inside in text.0.iter().flat_map(|one| find(one, flow, &names)) {
                    let (_, message, help) = words(inside);
                    report.step(ix, flow.places.text(ix, slot, 0), message, LABEL, &help);
                }
            }
        }
    }
}

const LABEL: &str = "the lead reads the braces";

fn words(inside: &str) -> (String, String, String) {
    (
        format!("{{{{{inside}}}}}"),
        format!("`{{{{{inside}}}}}` is not filled in: the lead reads `{{{inside}}}`"),
        format!("write `{{{inside}}}`"),
    )
}

/// What a text of the flow can say anywhere in it.
fn names(flow: &Flow) -> Names {
    Names {
        fields: flow.fields.clone(),
        links: flow.links.keys().cloned().collect(),
        agent: true,
        ..Names::default()
    }
}

/// What stands in braces that the lead sees and is the name of something.
fn find<'t>(template: &'t Template, flow: &Flow, names: &Names) -> Vec<&'t str> {
    let literals = template.pieces.iter().filter_map(|piece| match piece {
        Piece::Literal(text) => Some(text.as_str()),
        Piece::Token(_) => None,
    });
    let insides = literals.flat_map(|text| {
        let parts = text.split('{').skip(1);
        parts.filter_map(|part| Some(part.split_once('}')?.0))
    });
    insides
        .filter(|inside| {
            let name = inside.split(['|', ':']).next().unwrap_or_default().trim();
            match name.split_once('.') {
                Some(("answers", step)) => flow.by_name.contains_key(step),
                Some(("saved" | "event", rest)) => !rest.is_empty(),
                _ => names.find(name).is_some(),
            }
        })
        .collect()
}
