//! `/flows` and `/flows/{flow}`: what is loaded, its picture with the leads that stand on it, and what
//! is wrong with the files.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use maud::{Markup, PreEscaped, html};

use crate::diagnostic::Diagnostic;
use crate::flow::{Flow, picture};
use crate::lead::Name;
use crate::policy::MessageKind;
use crate::runtime::Live;
use crate::store::StepCount;
use crate::web::auth::{Caller, Right, require};
use crate::web::console::page::{Frame, Place, Sandbox, empty};
use crate::web::console::phone::industry;
use crate::web::console::{Page, problems, proof};
use crate::web::error::Problem;
use crate::web::state::AppState;

pub async fn list(caller: Caller, State(app): State<AppState>) -> Page {
    require(&caller, Right::ReadFlows, &app)?;
    let live = app.live();
    Ok(Frame::of(&app, &caller, Place::Flows, "Flows")
        .style("flows.css")
        .page(&list_body(&live)))
}

pub async fn one(caller: Caller, State(app): State<AppState>, Path(name): Path<String>) -> Page {
    require(&caller, Right::ReadFlows, &app)?;
    let live = app.live();
    let Some(flow) = live.flows.get(name.as_str()).cloned() else {
        return Err(Problem::not_found("flow"));
    };
    let version = flow.version;
    let standing = app.read(move |store| store.standing_on(version)).await?;
    let body = one_body(&live, &flow, &standing, Sandbox::of(&app));
    Ok(Frame::of(&app, &caller, Place::Flows, name)
        .style("flows.css")
        .page(&body))
}

/// Errors and warnings of a file.
fn counts<'d>(diagnostics: impl Iterator<Item = &'d Diagnostic>) -> (usize, usize) {
    diagnostics.fold((0, 0), |(errors, warnings), problem| {
        match problem.is_error() {
            true => (errors + 1, warnings),
            false => (errors, warnings + 1),
        }
    })
}

fn of_file<'d>(live: &'d Live, file: &'d str) -> impl Iterator<Item = &'d Diagnostic> + 'd {
    live.diagnostics
        .iter()
        .filter(move |problem| problem.file == file)
}

fn list_body(live: &Live) -> Markup {
    let mut groups: BTreeMap<String, Vec<&Flow>> = BTreeMap::new();
    for flow in live.flows.values() {
        groups.entry(industry(flow)).or_default().push(flow);
    }
    let served: Vec<&str> = live.flows.values().map(|flow| flow.file.as_str()).collect();
    let stray: Vec<&Diagnostic> = live
        .diagnostics
        .iter()
        .filter(|problem| !served.contains(&problem.file.as_str()))
        .collect();
    let (errors, warnings) = counts(live.diagnostics.iter());
    html! {
        div.narrow {
            h1 { "Flows" }
            p.lead {
                (live.flows.len()) " served · " (plural(errors, "error")) " · "
                (plural(warnings, "warning"))
            }
            @if !stray.is_empty() {
                section {
                    h2 { "Files that are not served" }
                    (problems::show(&stray, &live.sources))
                }
            }
            @if live.flows.is_empty() {
                (empty("No flow is served", "Write one in the workspace's folder; it is served as soon as it compiles."))
            }
            @for (industry, flows) in groups {
                section.industry {
                    h2 { (industry) }
                    ul.flow-list {
                        @for flow in flows { li { (card(live, flow)) } }
                    }
                }
            }
        }
    }
}

fn card(live: &Live, flow: &Flow) -> Markup {
    let (errors, warnings) = counts(of_file(live, &flow.file));
    html! {
        a.flow-card href=(format!("/flows/{}", flow.name)) {
            span.card-name { (flow.name.replace(['-', '_'], " ")) }
            span.card-about { (flow.about) }
            span.card-tags {
                span.tag { (kind(flow)) }
                @for locale in &flow.locales { span.tag { (locale) } }
                span.tag { (flow.steps.len()) " steps" }
                @if errors > 0 { span.tag.bad { (plural(errors, "error")) } }
                @if warnings > 0 { span.tag.warn { (plural(warnings, "warning")) } }
            }
        }
    }
}

fn kind(flow: &Flow) -> &'static str {
    match flow.kind {
        MessageKind::Marketing => "marketing",
        MessageKind::Transactional => "transactional",
    }
}

fn plural(n: usize, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

fn one_body(live: &Live, flow: &Flow, standing: &[StepCount], sandbox: Sandbox) -> Markup {
    let problems: Vec<&Diagnostic> = of_file(live, &flow.file).collect();
    let numbers = numbers(standing);
    let options = picture::Options {
        style: picture::Style::Bare,
        live: Some(&numbers),
    };
    let under_way: u64 = numbers.waiting.values().sum();
    html! {
        div.wide {
            p.crumbs { a href="/flows" { "Flows" } " / " (industry(flow)) }
            div.flow-head {
                div {
                    h1 { (flow.name.replace(['-', '_'], " ")) }
                    p.lead { (flow.about) }
                    p.card-tags {
                        span.tag { (kind(flow)) }
                        @for locale in &flow.locales { span.tag { (locale) } }
                        @for word in &flow.start_keywords { span.tag { "text " (word.to_uppercase()) } }
                        @for event in &flow.start_events { span.tag { "event " (event) } }
                        span.tag title="The version that new leads begin with" { (short(&flow.version.to_string())) }
                    }
                }
                @if sandbox == Sandbox::Yes {
                    a.button.primary href=(format!("/phone?flow={}", flow.name)) { "Text with it" }
                }
            }
            div.flow-grid {
                section.pane.picture-pane aria-label="Picture" tabindex="0" {
                    (PreEscaped(picture::svg(flow, &options)))
                }
                div.flow-side {
                    section.pane {
                        h2 { "Leads on this version" }
                        (leads(standing, under_way))
                    }
                    section.pane {
                        h2 { "What is proved" }
                        (proof::show(flow))
                    }
                    section.pane {
                        h2 { "Problems" }
                        @if problems.is_empty() { p.fine { "None: it compiles without a warning." } }
                        (problems::show(&problems, &live.sources))
                    }
                }
            }
        }
    }
}

fn short(version: &str) -> String {
    format!("version {}", version.get(..8).unwrap_or(version))
}

fn numbers(standing: &[StepCount]) -> picture::StepNumbers {
    let here = standing.iter().filter(|count| !count.step.is_empty());
    let counts: Vec<(Name, u64)> = here.map(|c| (c.step.clone(), c.count)).collect();
    picture::StepNumbers::of(&counts)
}

fn leads(standing: &[StepCount], under_way: u64) -> Markup {
    let ended = standing.iter().filter(|count| count.step.is_empty());
    let ending = |count: &StepCount| match &count.outcome {
        Some(outcome) => outcome.replace(['-', '_'], " "),
        None => count.status.to_string(),
    };
    html! {
        dl.numbers {
            dt { "under way" } dd { (under_way) }
            @for count in ended { dt { (ending(count)) } dd { (count.count) } }
        }
    }
}
