//! What the compiler proved of a flow, as a page shows it.

use maud::{Markup, html};

use crate::flow::Flow;
use crate::flow::proof::{self, Cost, Question, Worst};
use crate::flow::workspace::Workspace;
use crate::lead::Name;

pub fn show(flow: &Flow, workspace: &Workspace) -> Markup {
    let proof = proof::report_in(flow, workspace);
    html! {
        p.fine { "Whatever the lead does or fails to do, it comes to an end." }
        (worst(&proof.worst))
        h3 { "Every question has a way out" }
        ul.proof { @for question in &proof.questions { li { (show_question(question)) } } }
        h3 { "Ways it can end" }
        p.card-tags { @for outcome in &proof.outcomes { span.tag { (spaced(outcome)) } } }
    }
}

fn show_question(question: &Question) -> Markup {
    html! {
        span.tick aria-hidden="true" { "✓" }
        span {
            code { (question.step) }
            @for (exit, to) in &question.answers { (way(&spaced(exit), to)) }
            @if let Some(to) = &question.unclear { (way("unclear", to)) }
            @if let Some(to) = &question.silence { (way("silence", to)) }
        }
    }
}

fn way(exit: &str, to: &Name) -> Markup {
    html! { span.exit { (exit) " → " (to) } }
}

fn worst(worst: &Worst) -> Markup {
    html! {
        h3 { "The most one lead can get" }
        dl.numbers {
            dt { "texts" } dd { (worst.texts) }
            dt { "billed parts" } dd { (worst.parts) }
            dt { "emails" } dd { (worst.emails) }
            dt {
                "time"
                @if worst.waits_for_others { " (besides waiting for agents and dates)" }
            }
            dd { (worst.time) }
        }
        @if !worst.path.is_empty() {
            p.path { "By way of " (joined(&worst.path)) "." }
        }
        @if worst.late != Cost::default() {
            p.path { "Late answers may add " (worst.late) "." }
        }
        @if !worst.asked_for.is_empty() {
            p.path { "And what the lead asks for, each time: " (worst.asked_for.join(", ")) "." }
        }
        @for circle in &worst.loops {
            p.path { "And as often as the lead likes: " (joined(&circle.steps)) "." }
        }
    }
}

fn joined(steps: &[Name]) -> String {
    let names: Vec<&str> = steps.iter().map(Name::as_str).collect();
    names.join(" → ")
}

fn spaced(name: &str) -> String {
    name.replace(['_', '-'], " ")
}
