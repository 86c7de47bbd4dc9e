//! A flow now: its picture with the leads that wait at each step, that went each way and that were
//! lost, and the same as a table for who does not see the picture.

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse};
use maud::{Markup, PreEscaped, html};

use crate::flow::{Flow, Verb, picture};
use crate::lead::Name;
use crate::web::auth::{Caller, Right, require};
use crate::web::console::Page;
use crate::web::console::tally::{CONVERSATIONS_MAX, Tally};
use crate::web::state::AppState;

use super::served;

/// `GET /flows/{flow}/now`
pub async fn now(caller: Caller, State(app): State<AppState>, Path(name): Path<String>) -> Page {
    require(&caller, Right::ReadFlows, &app)?;
    let (_, flow) = served(&app, &name)?;
    let tally = app.tallies.of(&app, &flow).await?;
    Ok(Html(part(&flow, Some(&tally)).into_string()).into_response())
}

/// Without numbers it is shown at once and asks for them.
pub fn part(flow: &Flow, tally: Option<&Tally>) -> Markup {
    let numbers = tally.map(|tally| numbers(flow, tally)).unwrap_or_default();
    let options = picture::Options {
        style: picture::Style::Bare,
        live: Some(&numbers),
    };
    let every = tally.map_or(500, Tally::every_ms);
    html! {
        div.flow-now #now data-live=(format!("flow-{}", flow.name)) hx-get=(format!("/flows/{}/now", flow.name))
            data-every=(every) data-waits[tally.is_none()] hx-trigger="live" hx-swap="morph" hx-sync="this:queue last" hx-disinherit="hx-sync" {
            section.pane.picture-pane aria-label="Picture" tabindex="0" {
                (PreEscaped(picture::svg(flow, &options)))
            }
            section.pane.table-pane {
                h2 { "Step by step" }
                @match tally {
                    Some(tally) => {
                        p.hint { (period(tally)) " Waiting is now, on the version that is served." }
                        (table(flow, &numbers))
                    }
                    None => p.hint { "Counting…" },
                }
            }
        }
    }
}

fn numbers(flow: &Flow, tally: &Tally) -> picture::StepNumbers {
    let standing = tally.standing.get(&flow.version).into_iter().flatten();
    let here: Vec<(Name, u64)> = standing
        .filter(|count| !count.step.is_empty())
        .map(|count| (count.step.clone(), count.count))
        .collect();
    let mut numbers = picture::StepNumbers::of(&here);
    for ((from, _), count) in &tally.exits {
        *numbers.passed.entry(from.clone()).or_default() += count;
    }
    for step in flow.steps.iter().filter(|step| is_last(&step.verb)) {
        let entered = tally.entered.get(&step.name).copied().unwrap_or(0);
        numbers.passed.insert(step.name.clone(), entered);
    }
    numbers.dropped = tally.dropped.clone();
    numbers.taken = tally.exits.clone();
    numbers
}

fn is_last(verb: &Verb) -> bool {
    matches!(verb, Verb::End(_))
}

/// Of which conversations the numbers speak.
pub fn period(tally: &Tally) -> Markup {
    let Some(since) = tally.since else {
        return html! { "No conversation yet." };
    };
    html! {
        @match (tally.complete, tally.all.conversations) {
            (true, 1) => "The one conversation, begun ",
            (true, all) => { "All " (all) " conversations, the first begun " }
            (false, _) => { "The newest " (CONVERSATIONS_MAX) " conversations, the first of them begun " }
        }
        time datetime=(since) data-at="day" { (since) }
        "."
    }
}

fn table(flow: &Flow, numbers: &picture::StepNumbers) -> Markup {
    let of = |counts: &std::collections::BTreeMap<Name, u64>, step: &Name| {
        counts.get(step).copied().unwrap_or(0)
    };
    html! {
        div.table-frame tabindex="0" role="region" aria-label="Numbers by step" {
            table.list {
                thead { tr {
                    th scope="col" { "Step" }
                    th.number scope="col" { "Waiting" }
                    th.number scope="col" { "Passed" }
                    th.number scope="col" { "Dropped" }
                    th scope="col" { "Ways taken" }
                } }
                tbody { @for step in &flow.steps { tr {
                    th scope="row" { code { (step.name) } }
                    td.number { (of(&numbers.waiting, &step.name)) }
                    td.number { (of(&numbers.passed, &step.name)) }
                    td.number { (of(&numbers.dropped, &step.name)) }
                    td { (ways(&step.name, numbers)) }
                } } }
            }
        }
    }
}

fn ways(step: &Name, numbers: &picture::StepNumbers) -> Markup {
    let ways = numbers.taken.iter().filter(|((from, _), _)| from == step);
    html! {
        @for ((_, exit), count) in ways { span.way-taken { (spoken(exit)) " " b { (count) } } " " }
    }
}

/// `no_reply:2`, `when:1`, `then` as people say them.
fn spoken(exit: &str) -> String {
    match exit.split_once(':') {
        Some(("no_reply", _)) => "silence".to_string(),
        Some(("when", n)) => format!("condition {n}"),
        _ => exit.replace(['_', '-'], " "),
    }
}
