//! `/flows` and `/flows/{flow}`: what is loaded, its picture with live numbers, what is proved of it,
//! what is wrong with the files, and its versions.

mod moving;
mod numbers;
mod versions;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use maud::{Markup, html};

use crate::conversation::VersionId;
use crate::diagnostic::Diagnostic;
use crate::flow::Flow;
use crate::policy::MessageKind;
use crate::runtime::Live;
use crate::web::auth::{Caller, Right, require};
use crate::web::console::page::{Frame, Place, Sandbox, empty};
use crate::web::console::phone::industry;
use crate::web::console::{Page, problems, proof};
use crate::web::error::Problem;
use crate::web::state::AppState;

pub use numbers::period;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/flows", get(list))
        .route("/flows/{flow}", get(one))
        .route("/flows/{flow}/now", get(numbers::now))
        .route("/flows/{flow}/versions", get(versions::page))
        .route("/flows/{flow}/versions/{version}/move", post(moving::act))
}

async fn list(caller: Caller, State(app): State<AppState>) -> Page {
    require(&caller, Right::ReadFlows, &app)?;
    let live = app.live();
    Ok(Frame::of(&app, &caller, Place::Flows, "Flows")
        .style("flows.css")
        .page(&list_body(&live)))
}

async fn one(caller: Caller, State(app): State<AppState>, Path(name): Path<String>) -> Page {
    require(&caller, Right::ReadFlows, &app)?;
    let (live, flow) = served(&app, &name)?;
    let body = one_body(&live, &flow, Sandbox::of(&app));
    Ok(Frame::of(&app, &caller, Place::Flows, name)
        .style("flows.css")
        .script("flows.js")
        .page(&body))
}

/// A flow that is served.
fn served(app: &AppState, name: &str) -> Result<(Arc<Live>, Arc<Flow>), Problem> {
    let live = app.live();
    let flow = live.flows.get(name).cloned();
    let flow = flow.ok_or_else(|| Problem::not_found("flow"))?;
    Ok((live, flow))
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
                span.tag { (plural(flow.steps.len(), "step")) }
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

fn one_body(live: &Live, flow: &Flow, sandbox: Sandbox) -> Markup {
    let problems: Vec<&Diagnostic> = of_file(live, &flow.file).collect();
    html! {
        div.wide {
            (head(flow, sandbox, Tab::Now))
            div.flow-grid {
                (numbers::part(flow, None))
                div.flow-side {
                    section.pane {
                        h2 { "What is proved" }
                        (proof::show(flow, &live.workspace))
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Now,
    Versions,
}

fn head(flow: &Flow, sandbox: Sandbox, tab: Tab) -> Markup {
    let path = format!("/flows/{}", flow.name);
    html! {
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
                    span.tag title="The version that new leads begin with" { "version " (short(flow.version)) }
                }
            }
            @if sandbox == Sandbox::Yes {
                a.button.primary href=(format!("/phone?flow={}", flow.name)) { "Text with it" }
            }
        }
        nav.tabs.flow-tabs aria-label="About this flow" {
            a href=(path) aria-current=[(tab == Tab::Now).then_some("page")] { "Now" }
            a href=(format!("/figures/{}", flow.name)) { "Figures" }
            a href=(format!("{path}/versions")) aria-current=[(tab == Tab::Versions).then_some("page")] { "Versions" }
        }
    }
}

/// The first digits of a version, enough to tell a flow's apart.
fn short(version: VersionId) -> String {
    version.to_string().chars().take(8).collect()
}
