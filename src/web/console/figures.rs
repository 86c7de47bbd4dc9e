//! `/figures`: every flow at a glance; `/figures/{flow}`: how far its leads came, what was sent and
//! answered, how long it took, how it ended, and which arm of an experiment does better. Drawn here as
//! SVG; every drawing stands beside its numbers.

mod charts;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use maud::{Markup, html};

use crate::flow::{Flow, picture};
use crate::lead::Name;
use crate::time::{Duration, Timestamp};
use crate::web::auth::{Caller, Right, require};
use crate::web::console::Page;
use crate::web::console::flows::period;
use crate::web::console::page::{Frame, Place, empty};
use crate::web::console::tally::{Sum, Tally, median};
use crate::web::error::Problem;
use crate::web::state::AppState;

use charts::{Part, bar, days, rate, share, spark, split};

/// Days that are drawn.
const DAYS: i64 = 30;
const DAYS_SPARK: i64 = 14;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/figures", get(all))
        .route("/figures/{flow}", get(one))
        .route("/figures/{flow}/now", get(now))
        .route("/figures/{flow}/card", get(card))
}

fn served(app: &AppState, name: &str) -> Result<Arc<Flow>, Problem> {
    let flow = app.live().flows.get(name).cloned();
    flow.ok_or_else(|| Problem::not_found("flow"))
}

async fn all(caller: Caller, State(app): State<AppState>) -> Page {
    require(&caller, Right::ReadReports, &app)?;
    let live = app.live();
    let body = html! {
        div.page {
            div.page-head { div {
                h1 { "Figures" }
                p.lead { "What each flow came to. Choose one for all of it." }
            } }
            @if live.flows.is_empty() { (empty("No flow is served", "Figures appear with the first one.")) }
            div.figure-cards {
                // Each is counted when it comes into sight: a workspace may have many flows.
                @for flow in live.flows.values() {
                    a.figure-card href=(format!("/figures/{}", flow.name)) {
                        h2 { (spaced(&flow.name)) }
                        div.card-figures hx-get=(format!("/figures/{}/card", flow.name)) hx-trigger="revealed" {
                            p.hint { "Counting…" }
                        }
                    }
                }
            }
        }
    };
    Ok(Frame::of(&app, &caller, Place::Figures, "Figures")
        .style("figures.css")
        .page(&body))
}

async fn card(caller: Caller, State(app): State<AppState>, Path(name): Path<String>) -> Page {
    require(&caller, Right::ReadReports, &app)?;
    let flow = served(&app, &name)?;
    let tally = app.tallies.of(&app, &flow).await?;
    let sum = &tally.all;
    let body = match sum.conversations {
        0 => html! { p.hint { "No conversation yet." } },
        _ => html! {
            (spark(&by_day(&tally, DAYS_SPARK, app.now())))
            dl.card-numbers {
                div { dt { "conversations" } dd { (sum.conversations) } }
                div { dt { "replied" } dd { (rate(sum.replied, sum.conversations)) } }
                div { dt { "won" } dd { (rate(sum.won, sum.ended)) } }
                div { dt { "opted out" } dd { (rate(sum.opted_out, sum.conversations)) } }
            }
        },
    };
    Ok(Html(body.into_string()).into_response())
}

async fn one(caller: Caller, State(app): State<AppState>, Path(name): Path<String>) -> Page {
    require(&caller, Right::ReadReports, &app)?;
    let flow = served(&app, &name)?;
    let tally = app.tallies.of(&app, &flow).await?;
    let body = html! {
        div.page {
            div.page-head { div {
                p.crumbs { a href="/figures" { "Figures" } }
                h1 { (spaced(&flow.name)) }
                p.lead { (flow.about) }
            }
            div.actions { a.button href=(format!("/flows/{}", flow.name)) { "The flow, live" } } }
            (part(&flow, &tally, app.now()))
        }
    };
    let title = format!("{}: figures", spaced(&flow.name));
    Ok(Frame::of(&app, &caller, Place::Figures, title)
        .style("figures.css")
        .page(&body))
}

async fn now(caller: Caller, State(app): State<AppState>, Path(name): Path<String>) -> Page {
    require(&caller, Right::ReadReports, &app)?;
    let flow = served(&app, &name)?;
    let tally = app.tallies.of(&app, &flow).await?;
    Ok(Html(part(&flow, &tally, app.now()).into_string()).into_response())
}

fn part(flow: &Flow, tally: &Tally, now: Timestamp) -> Markup {
    let sum = &tally.all;
    html! {
        div.figures #figures data-live=(format!("flow-{}", flow.name)) hx-get=(format!("/figures/{}/now", flow.name))
            data-every=(tally.every_ms()) hx-trigger="live" hx-swap="morph" hx-sync="this:queue last" hx-disinherit="hx-sync" {
            p.hint { (period(tally)) }
            @if sum.conversations == 0 {
                (empty("Nothing to draw yet", "Figures appear with the first conversation."))
            } @else {
                (tiles(sum))
                div.figure-grid {
                    section.pane.card-pane { h2 { "How far they came" } (funnel(sum)) }
                    section.pane.card-pane {
                        h2 { "Begun and answered, day by day" }
                        (days(&by_day(tally, DAYS, now), now))
                    }
                    section.pane.card-pane { h2 { "How it ended" } (outcomes(sum)) }
                    section.pane.card-pane { h2 { "How long it took" } (times(sum)) }
                    section.pane.card-pane { h2 { "Texts and emails" } (sent(sum)) }
                    @if !flow.experiments.is_empty() {
                        section.pane.card-pane { h2 { "Experiments" } (experiments(flow, tally)) }
                    }
                }
            }
        }
    }
}

/// Begun and answered, of the last days, oldest first.
fn by_day(tally: &Tally, days: i64, now: Timestamp) -> Vec<(u64, u64)> {
    let today = now.as_ms() / 86_400_000;
    let range = today - days + 1..=today;
    range
        .map(|day| tally.days.get(&day).copied().unwrap_or_default())
        .collect()
}

fn tiles(sum: &Sum) -> Markup {
    let tile = |name: &str, value: String, hint: String| {
        html! { div.tile { dt { (name) } dd { (value) } dd.hint { (hint) } } }
    };
    html! {
        dl.tiles {
            (tile("Conversations", sum.conversations.to_string(), format!("{} under way", sum.conversations - sum.ended)))
            (tile("Reply rate", rate(sum.replied, sum.conversations), format!("{} replied", sum.replied)))
            @if sum.linked > 0 {
                (tile("Click-through", rate(sum.clicked, sum.linked), format!("of {} with a link", sum.linked)))
            }
            (tile("Conversion", rate(sum.won, sum.ended), format!("{} of {} ended", sum.won, sum.ended)))
            (tile("Opt-out rate", rate(sum.opted_out, sum.conversations), format!("{} opted out", sum.opted_out)))
            @if let Some(time) = median(&sum.to_claim) {
                (tile("Speed to lead", shown(time), "median, handoff to claim".to_string()))
            }
        }
    }
}

fn funnel(sum: &Sum) -> Markup {
    let mut rows = vec![
        ("Began", sum.conversations),
        ("Reached by a text", sum.reached),
        ("Replied", sum.replied),
    ];
    if sum.clicked > 0 {
        rows.push(("Clicked a link", sum.clicked));
    }
    if sum.handed_off > 0 {
        rows.push(("Handed to a person", sum.handed_off));
        rows.push(("Claimed", sum.claimed));
    }
    rows.push(("Won", sum.won));
    html! {
        table.bars {
            caption.hidden { "How many came how far" }
            tbody { @for (name, count) in rows { tr {
                th scope="row" { (name) }
                td.bar-cell { (bar(share(count, sum.conversations), "accent")) }
                td.number { b { (count) } " " span.hint { (rate(count, sum.conversations)) } }
            } } }
        }
    }
}

fn outcomes(sum: &Sum) -> Markup {
    let mut sorted: Vec<(&Name, u64)> = sum.outcomes.iter().map(|(name, n)| (name, *n)).collect();
    sorted.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), (*name).clone()));
    let most = sorted.first().map_or(1, |(_, count)| *count);
    html! {
        @if sorted.is_empty() { p.hint { "None has ended yet." } }
        table.bars {
            caption.hidden { "Conversations by outcome" }
            tbody { @for (name, count) in sorted { tr {
                th scope="row" { (spaced(name)) }
                td.bar-cell { (bar(share(count, most), tone(name))) }
                td.number { b { (count) } " " span.hint { (rate(count, sum.ended)) } }
            } } }
        }
    }
}

fn tone(outcome: &Name) -> &'static str {
    match outcome.as_str() {
        "opted_out" | "wrong_number" | "unreachable" | "failed" => "bad",
        name if picture::is_won(name) => "good",
        _ => "calm",
    }
}

fn times(sum: &Sum) -> Markup {
    let rows = [
        ("First text to first reply", &sum.to_reply),
        ("Handoff to claim", &sum.to_claim),
        ("Handoff to outcome", &sum.to_outcome),
    ];
    html! {
        table.bars.times {
            thead { tr {
                td {} th scope="col" { "half within" } th scope="col" { "nine of ten" } th scope="col" { "measured" }
            } }
            tbody { @for (name, times) in rows { tr {
                th scope="row" { (name) }
                @match (median(times), slowest_tenth(times)) {
                    (Some(half), Some(most)) => {
                        td.number { b { (shown(half)) } }
                        td.number { (shown(most)) }
                    }
                    _ => { td.number { "–" } td.number { "–" } }
                }
                td.number { (times.len()) }
            } } }
        }
    }
}

/// The value that nine of ten do not exceed.
fn slowest_tenth(times: &[Duration]) -> Option<Duration> {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted
        .get((times.len() * 9).div_ceil(10).checked_sub(1)?)
        .copied()
}

fn sent(sum: &Sum) -> Markup {
    let on_the_way = sum.sent - sum.delivered - sum.lost;
    let parts = [
        Part {
            name: "delivered",
            count: sum.delivered,
            tone: "good",
        },
        Part {
            name: "no receipt",
            count: on_the_way,
            tone: "calm",
        },
        Part {
            name: "not delivered",
            count: sum.lost,
            tone: "bad",
        },
    ];
    html! {
        (split(&parts))
        dl.facts-list.sent-list {
            dt { "texts sent" } dd { (sum.sent) }
            dt { "billed parts" } dd { (sum.parts) }
            dt { "delivery rate" } dd { (rate(sum.delivered, sum.sent)) }
            dt { "emails" } dd { (sum.emails) }
        }
    }
}

fn experiments(flow: &Flow, tally: &Tally) -> Markup {
    html! {
        @for experiment in &flow.experiments {
            h3 { (spaced(&experiment.name)) " " span.hint { "at " (flow.step(experiment.step).name) } }
            table.bars {
                thead { tr {
                    td {} th scope="col" { "replied" } td {} th scope="col" { "won" } th scope="col" { "opted out" }
                } }
                tbody {
                    @for ((_, arm), sum) in tally.arms.iter().filter(|((name, _), _)| *name == experiment.name) { tr {
                        th scope="row" { (spaced(arm)) " " span.hint { (sum.conversations) } }
                        td.bar-cell { (bar(share(sum.replied, sum.conversations), "accent")) }
                        td.number { b { (rate(sum.replied, sum.conversations)) } }
                        td.number { (rate(sum.won, sum.ended)) }
                        td.number { (rate(sum.opted_out, sum.conversations)) }
                    } }
                }
            }
            p.hint { "Counts, not a verdict: small differences may be chance." }
        }
    }
}

/// The two largest units.
fn shown(time: Duration) -> String {
    let s = time.as_ms() / 1000;
    match s {
        ..60 => format!("{s} s"),
        60..3600 => format!("{} min", s / 60),
        3600..86_400 => format!("{} h {} min", s / 3600, s % 3600 / 60),
        _ => format!("{} d {} h", s / 86_400, s % 86_400 / 3600),
    }
}

fn spaced(name: &str) -> String {
    name.replace(['_', '-'], " ")
}
