//! `/flows/{flow}/versions`: every version that was served, how many leads stand on it, and what each
//! changed.

use std::collections::HashMap;

use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use similar::{ChangeTag, TextDiff};

use crate::conversation::VersionId;
use crate::flow::Flow;
use crate::store::FlowRecord;
use crate::web::auth::{Caller, Right, require};
use crate::web::console::Page;
use crate::web::console::page::{Frame, Place, Sandbox};
use crate::web::console::phone::read_version;
use crate::web::console::tally::Tally;
use crate::web::state::AppState;

use super::moving::Plan;
use super::{Tab, head, served, short};

/// Lines around a change.
const CONTEXT: usize = 3;

pub async fn page(
    caller: Caller,
    State(app): State<AppState>,
    Path(name): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Page {
    require(&caller, Right::ReadFlows, &app)?;
    let (_, flow) = served(&app, &name)?;
    let flow_name = flow.name.clone();
    let mut versions = app
        .read(move |store| store.flow_versions(&flow_name))
        .await?;
    versions.sort_by_key(|record| (record.saved, record.version != flow.version));
    let tally = app.tallies.of(&app, &flow).await?;
    let given = |name: &str| query.get(name).and_then(|text| read_version(text));
    let asked = given("of");
    let plan = match given("move").filter(|from| *from != flow.version) {
        Some(from) => Some(Plan::read(&app, &flow, from).await?),
        None => None,
    };
    let may_move = caller.has(Right::Enroll, &app);
    let body = html! {
        div.wide {
            (head(&flow, Sandbox::of(&app), Tab::Versions))
            @if let (Some(moved), Some(stayed)) = (query.get("moved"), query.get("stayed")) {
                p.banner.good role="status" { (moved) " moved, " (stayed) " stayed." }
            }
            (list(&flow, &versions, &tally, asked))
            @if let Some(plan) = plan { (plan.markup(&flow, may_move)) }
            @if let Some(at) = asked.and_then(|asked| versions.iter().position(|v| v.version == asked)) {
                (changes(&versions, at))
            }
        }
    };
    let title = format!("{name}: versions");
    Ok(Frame::of(&app, &caller, Place::Flows, title)
        .style("flows.css")
        .page(&body))
}

fn list(flow: &Flow, versions: &[FlowRecord], tally: &Tally, asked: Option<VersionId>) -> Markup {
    html! {
        section.pane.table-pane {
            p.hint { "A lead finishes on the version it began with; new leads begin with the one that is served." }
            div.table-frame tabindex="0" role="region" aria-label="Versions" {
                table.list {
                    thead { tr {
                        th scope="col" { "Version" }
                        th scope="col" { "First served" }
                        th.number scope="col" { "Leads under way" }
                        th scope="col" { "Changes" }
                    } }
                    tbody { @for (n, record) in versions.iter().enumerate().rev() { tr {
                        td {
                            code { (short(record.version)) } " "
                            @if record.version == flow.version { span.badge.good { "served" } }
                        }
                        td { time datetime=(record.saved) data-at="day" { (record.saved) } }
                        @let here = tally.under_way(record.version);
                        td.number {
                            (here)
                            @if here > 0 && record.version != flow.version {
                                " " a href=(format!("?move={}", record.version)) { "Move…" }
                            }
                        }
                        td {
                            @if n == 0 { span.hint { "the first" } }
                            @else if asked == Some(record.version) { "shown below" }
                            @else {
                                a href=(format!("?of={}", record.version)) { "Since " (short(versions[n - 1].version)) }
                            }
                        }
                    } } }
                }
            }
        }
    }
}

fn changes(versions: &[FlowRecord], at: usize) -> Markup {
    let (Some(before), after) = (at.checked_sub(1).map(|n| &versions[n]), &versions[at]) else {
        return html! {};
    };
    let old: HashMap<&str, &str> = sources(before).collect();
    let new: HashMap<&str, &str> = sources(after).collect();
    let gone = sources(before).filter(|(name, _)| !new.contains_key(name));
    let files = sources(after).chain(gone).map(|(name, _)| {
        let of = |texts: &HashMap<&str, &str>| texts.get(name).copied().unwrap_or("").to_string();
        (name, of(&old), of(&new))
    });
    html! {
        section.pane.table-pane aria-label="Changes" {
            h2 { "From " (short(before.version)) " to " (short(after.version)) }
            @for (name, old, new) in files.filter(|(_, old, new)| old != new) {
                h3.diff-name { (name) }
                (diff(&old, &new))
            }
        }
    }
}

fn sources(record: &FlowRecord) -> impl Iterator<Item = (&str, &str)> {
    let sources = record.sources.iter();
    sources.map(|(name, text)| (name.as_str(), text.as_str()))
}

/// Lines that went and lines that came, each said by a sign as well as by its colour.
fn diff(old: &str, new: &str) -> Markup {
    let diff = TextDiff::from_lines(old, new);
    html! {
        div.table-frame tabindex="0" role="region" aria-label="Changed lines" {
            table.diff {
                @for (n, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
                    tbody.after-gap[n > 0] {
                        @for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
                            @let (class, sign, said) = match change.tag() {
                                ChangeTag::Delete => ("gone", "−", "removed "),
                                ChangeTag::Insert => ("new", "+", "added "),
                                ChangeTag::Equal => ("same", "", ""),
                            };
                            tr class=(class) {
                                td.at { @if let Some(line) = change.new_index().or(change.old_index()) { (line + 1) } }
                                td.sign { span aria-hidden="true" { (sign) } span.hidden { (said) } }
                                td { pre { (change.value().trim_end_matches('\n')) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
