//! What the compiler proved of a flow, as a page shows it.

use maud::{Markup, html};

use crate::flow::{Flow, Verb};

/// Every question, and that each of its answers, an unclear reply and silence have a way on.
pub fn show(flow: &Flow) -> Markup {
    let questions = flow
        .steps
        .iter()
        .filter(|step| matches!(step.verb, Verb::Ask(_) | Verb::Book(_)));
    html! {
        ul.proof {
            @for step in questions {
                li {
                    span.tick aria-hidden="true" { "✓" }
                    span { code { (step.name) } " " (ways(&step.verb)) }
                }
            }
        }
    }
}

fn ways(verb: &Verb) -> String {
    let exits = verb.exits();
    let silent = exits.iter().filter(|(exit, _)| exit.starts_with("no_reply")).count();
    let unclear = exits.iter().filter(|(exit, _)| **exit == *"unclear").count();
    let answers = exits.len() - silent - unclear;
    let plural = if answers == 1 { "answer" } else { "answers" };
    format!("{answers} {plural}, an unclear reply and silence all lead on")
}
