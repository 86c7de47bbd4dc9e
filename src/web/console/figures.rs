//! `/figures`: every flow at a glance; `/figures/{flow}`: how far its leads came, what was sent and
//! answered, how long it took, how it ended, and which arm of an experiment does better. Drawn here as
//! SVG; every drawing stands beside its numbers.

mod charts;
pub mod compare;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use maud::{Markup, html};

use crate::flow::walk::{HOLDOUT, VARIANT};
use crate::flow::{Experiment, Flow, Measure, Objective, picture};
use crate::kpi::{Comparison, Goal, Share, Verdict, significance};
use crate::lead::Name;
use crate::store::{ConversationQuery, Store, StoreError};
use crate::time::{Duration, Timestamp};
use crate::web::api::reports;
use crate::web::auth::{Caller, Right, require};
use crate::web::console::Page;
use crate::web::console::flows::period;
use crate::web::console::page::{Frame, Place, empty};
use crate::web::console::period::Period;
use crate::web::console::tally::{CONVERSATIONS_MAX, PAGE, Sum, Tally, median};
use crate::web::error::Problem;
use crate::web::state::AppState;

use charts::{Part, bar, days, rate, share, spark, split};

/// Days that are drawn.
const DAYS: i64 = 30;
const DAYS_SPARK: i64 = 14;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/figures", get(all))
        .route("/figures/compare", get(compare::page))
        .route("/figures/compare/table", get(compare::table))
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
    let begun = app.read(begun).await?;
    let mut flows: Vec<&Arc<Flow>> = live.flows.values().collect();
    // By name already, which the sort keeps where traffic is equal.
    flows.sort_by_key(|flow| std::cmp::Reverse(begun.get(&flow.name)));
    let body = html! {
        div.page {
            div.page-head { div {
                h1 { "Figures" }
                p.lead { "What each flow came to, the busiest of late first. Choose one for all of it." }
            }
            @if live.flows.len() > 1 { div.actions { a.button href="/figures/compare" { "Compare them" } } } }
            @if live.flows.is_empty() { (empty("No flow is served", "Figures appear with the first one.")) }
            div.figure-cards {
                // Each is counted when it comes into sight: a workspace may have many flows.
                @for flow in flows {
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

/// How many of the newest conversations of all flows each flow has: cheap beside counting each of them.
fn begun(store: &dyn Store) -> Result<BTreeMap<Name, u64>, StoreError> {
    let mut begun = BTreeMap::new();
    let mut before = None;
    for _ in 0..CONVERSATIONS_MAX / PAGE {
        let page = store.conversations(&ConversationQuery {
            before,
            limit: PAGE,
            ..ConversationQuery::default()
        })?;
        for conversation in &page {
            *begun.entry(conversation.flow.clone()).or_default() += 1;
        }
        before = page.last().map(|conversation| conversation.id);
        if page.len() < PAGE {
            break;
        }
    }
    Ok(begun)
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

/// `?period=`
#[derive(serde::Deserialize)]
struct Over {
    #[serde(default)]
    period: String,
}

async fn one(
    caller: Caller,
    State(app): State<AppState>,
    Path(name): Path<String>,
    Query(over): Query<Over>,
) -> Page {
    require(&caller, Right::ReadReports, &app)?;
    let (flow, period) = (served(&app, &name)?, Period::of(&over.period));
    let tally = app.tallies.within(&app, &flow, period).await?;
    let body = html! {
        div.page {
            div.page-head { div {
                p.crumbs { a href="/figures" { "Figures" } }
                h1 { (spaced(&flow.name)) }
                p.lead { (flow.about) }
            }
            div.actions {
                (period.choice(|period| format!("/figures/{}?period={}", flow.name, period.word())))
                a.button href=(format!("/flows/{}", flow.name)) { "The flow, live" }
            } }
            (part(&flow, &tally, period, app.now()))
        }
    };
    let title = format!("{}: figures", spaced(&flow.name));
    Ok(Frame::of(&app, &caller, Place::Figures, title)
        .style("figures.css")
        .page(&body))
}

async fn now(
    caller: Caller,
    State(app): State<AppState>,
    Path(name): Path<String>,
    Query(over): Query<Over>,
) -> Page {
    require(&caller, Right::ReadReports, &app)?;
    let (flow, period) = (served(&app, &name)?, Period::of(&over.period));
    let tally = app.tallies.within(&app, &flow, period).await?;
    Ok(Html(part(&flow, &tally, period, app.now()).into_string()).into_response())
}

fn part(flow: &Flow, tally: &Tally, over: Period, now: Timestamp) -> Markup {
    let sum = &tally.all;
    let drawn = over.days().unwrap_or(DAYS);
    let again = format!("/figures/{}/now?period={}", flow.name, over.word());
    html! {
        div.figures #figures data-live=(format!("flow-{}", flow.name)) hx-get=(again)
            data-every=(tally.every_ms()) hx-trigger="live" hx-swap="morph" hx-sync="this:queue last" hx-disinherit="hx-sync" {
            p.hint { (period(tally)) }
            @if sum.conversations == 0 && over != Period::All {
                (empty("Nothing in this period", "Choose a longer one."))
            } @else if sum.conversations == 0 {
                (empty("Nothing to draw yet", "Figures appear with the first conversation."))
            } @else {
                (tiles(sum))
                div.figure-grid {
                    section.pane.card-pane { h2 { "How far they came" } (funnel(sum)) }
                    section.pane.card-pane {
                        h2 { "Begun and answered, day by day" }
                        (days(&by_day(tally, drawn, now), now))
                    }
                    section.pane.card-pane { h2 { "How it ended" } (outcomes(sum, flow.objective)) }
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

fn outcomes(sum: &Sum, objective: Objective) -> Markup {
    let mut sorted: Vec<(&Name, u64)> = sum.outcomes.iter().map(|(name, n)| (name, *n)).collect();
    sorted.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), (*name).clone()));
    let most = sorted.first().map_or(1, |(_, count)| *count);
    html! {
        @if sorted.is_empty() { p.hint { "None has ended yet." } }
        table.bars {
            caption.hidden { "Conversations by outcome" }
            tbody { @for (name, count) in sorted { tr {
                th scope="row" { (spaced(name)) }
                td.bar-cell { (bar(share(count, most), tone(name, objective))) }
                td.number { b { (count) } " " span.hint { (rate(count, sum.ended)) } }
            } } }
        }
    }
}

fn tone(outcome: &Name, objective: Objective) -> &'static str {
    match outcome.as_str() {
        "opted_out" | "wrong_number" | "unreachable" | "failed" => "bad",
        name if picture::is_won(name, objective) => "good",
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

/// What an experiment measures, where that is an event or an outcome.
fn goal(experiment: &Experiment) -> Option<String> {
    match reports::goal(experiment)? {
        Goal::Event(name) | Goal::Outcome(name) => Some(spaced(&name)),
    }
}

fn experiments(flow: &Flow, tally: &Tally) -> Markup {
    html! {
        @for experiment in &flow.experiments {
            h3 { (spaced(&experiment.name)) " " span.hint { "at " (flow.step(experiment.step).name) } }
            table.bars {
                thead { tr {
                    td {} th scope="col" { "replied" } td {} th scope="col" { "won" } th scope="col" { "opted out" }
                    @if let Some(goal) = goal(experiment) { th scope="col" { (goal) } }
                } }
                tbody {
                    @for (key, sum) in tally.arms.iter().filter(|((name, _), _)| *name == experiment.name) { tr {
                        th scope="row" { (spaced(&key.1)) " " span.hint { (sum.conversations) } }
                        td.bar-cell { (bar(share(sum.replied, sum.conversations), "accent")) }
                        td.number { b { (rate(sum.replied, sum.conversations)) } }
                        td.number { (rate(sum.won, sum.ended)) }
                        td.number { (rate(sum.opted_out, sum.conversations)) }
                        @if goal(experiment).is_some() {
                            td.number { (rate(tally.measured.get(key).copied().unwrap_or(0), sum.conversations)) }
                        }
                    } }
                }
            }
            (verdicts(tally, experiment))
        }
    }
}

type Counted = fn(&Sum) -> (u64, u64);

/// What arms are compared by, and how the flow calls it.
const COMPARED: [(&str, Option<Measure>, Counted); 4] = [
    ("replied", Some(Measure::Replied), |sum| {
        (sum.replied, sum.conversations)
    }),
    ("clicked", Some(Measure::Clicked), |sum| {
        (sum.clicked, sum.conversations)
    }),
    ("opted out", Some(Measure::OptedOut), |sum| {
        (sum.opted_out, sum.conversations)
    }),
    ("won", None, |sum| (sum.won, sum.ended)),
];

/// Of the changed arm against the untouched one; what the experiment is about comes first.
fn verdicts(tally: &Tally, experiment: &Experiment) -> Markup {
    let of = |arm: &str| tally.arms.get(&(experiment.name.clone(), Name::from(arm)));
    let (Some(variant), Some(holdout)) = (of(VARIANT), of(HOLDOUT)) else {
        return html! { p.hint { "One of the arms has nobody in it yet." } };
    };
    let mut compared: Vec<(String, bool, Comparison)> = COMPARED
        .iter()
        .filter_map(|(what, measure, counted)| {
            let share = |sum| {
                let (hits, all) = counted(sum);
                Share::new(hits, all)
            };
            let asked = measure.as_ref() == Some(&experiment.measure);
            let it = significance::compare(share(variant), share(holdout))?;
            // Links that nobody was sent are no question.
            (asked || *what != "clicked" || variant.linked + holdout.linked > 0)
                .then(|| (what.to_string(), asked, it))
        })
        .collect();
    if let Some(goal) = goal(experiment) {
        let share = |arm: &str, sum: &Sum| {
            let key = (experiment.name.clone(), Name::from(arm));
            let hits = tally.measured.get(&key).copied().unwrap_or(0);
            Share::new(hits, sum.conversations)
        };
        let both = (share(VARIANT, variant), share(HOLDOUT, holdout));
        let it = significance::compare(both.0, both.1);
        compared.extend(it.map(|it| (goal, true, it)));
    }
    compared.sort_by_key(|(_, asked, _)| !asked);
    html! {
        ul.verdicts { @for (what, asked, it) in compared { li {
            (verdict(&what, &it, asked))
        } } }
        p.hint { "Settle beforehand how many leads it shall be: each further look has one chance in twenty to find something where there is nothing." }
    }
}

fn verdict(what: &str, it: &Comparison, asked: bool) -> Markup {
    let points = |share: f64| format!("{:.1}", share * 100.0);
    let (tone, said) = match it.verdict {
        Verdict::More => ("accent", format!("more {what} with the variant")),
        Verdict::Less => ("accent", format!("fewer {what} with the variant")),
        Verdict::NoDifference => (
            "",
            format!(
                "no difference of {} points in {what}",
                points(significance::SMALLEST)
            ),
        ),
        Verdict::NotYet { more } => ("warn", format!("{what}: not enough yet, {more} more leads")),
    };
    html! {
        span { span class=(format!("badge {tone}")) { (said) } @if asked { " " span.hint { "what it measures" } } }
        span.hint {
            @if it.difference >= 0.0 { "+" } (points(it.difference)) " points, between " (points(it.low)) " and " (points(it.high)) " with 95 % certainty"
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
