//! `/figures/compare`: several flows side by side over one period, what they come to together, and by
//! which way leads came in: campaigns, keywords, imports. Each number of a drawing stands in a table.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse};
use maud::{Markup, html};

use crate::flow::Flow;
use crate::time::Timestamp;
use crate::web::auth::{Caller, Right, require};
use crate::web::console::Page;
use crate::web::console::page::{Frame, Place, empty};
use crate::web::console::period::Period;
use crate::web::console::tally::{Sum, Tally, median};
use crate::web::error::Problem;
use crate::web::state::AppState;

use super::charts::{bar, days, rate, share};
use super::{DAYS, shown, spaced, tiles};

/// What is asked for: `period`, and `flow` once for each; none is all.
pub struct Asked {
    pub period: Period,
    pub flows: Vec<String>,
}

impl Asked {
    fn of(pairs: &[(String, String)]) -> Self {
        let all = |name: &str| {
            let named = pairs.iter().filter(move |(key, _)| key == name);
            named.map(|(_, value)| value.clone()).collect::<Vec<_>>()
        };
        Asked {
            period: all("period")
                .last()
                .map_or(Period::All, |it| Period::of(it)),
            flows: all("flow"),
        }
    }

    fn chosen(&self, flow: &Flow) -> bool {
        self.flows.is_empty() || self.flows.iter().any(|name| *name == *flow.name)
    }

    fn address(&self, page: &str, period: Period) -> String {
        let flows = self.flows.iter().map(|flow| format!("&flow={flow}"));
        format!(
            "{page}?period={}{}",
            period.word(),
            flows.collect::<String>()
        )
    }
}

type Pairs = Query<Vec<(String, String)>>;

pub async fn page(caller: Caller, State(app): State<AppState>, Query(pairs): Pairs) -> Page {
    require(&caller, Right::ReadReports, &app)?;
    let asked = known(&app, Asked::of(&pairs));
    let table = asked.address("/figures/compare/table", asked.period);
    let live = app.live();
    let body = html! {
        div.page {
            div.page-head {
                div {
                    p.crumbs { a href="/figures" { "Figures" } }
                    h1 { "Flows compared" }
                    p.lead { "What each came to, and all of them together." }
                }
                (asked.period.choice(|period| asked.address("/figures/compare", period)))
            }
            details.pane.which-flows {
                summary { "Which flows" @if !asked.flows.is_empty() { ": " (asked.flows.len()) " of " (live.flows.len()) } }
                form method="get" action="/figures/compare" {
                    input type="hidden" name="period" value=(asked.period.word());
                    fieldset.choices {
                        legend.hidden { "Flows to compare" }
                        @for flow in live.flows.values() {
                            label.check { input type="checkbox" name="flow" value=(flow.name) checked[!asked.flows.is_empty() && asked.chosen(flow)]; span { (spaced(&flow.name)) } }
                        }
                    }
                    div.actions { button.primary { "Compare" } a.button.quiet href=(format!("/figures/compare?period={}", asked.period.word())) { "All of them" } }
                }
            }
            div #compared hx-get=(table) hx-trigger="load" hx-swap="outerHTML" {
                p.hint { "Counting…" }
                noscript { p.banner { a href=(table) { "Show the figures" } } }
            }
        }
    };
    Ok(Frame::of(&app, &caller, Place::Figures, "Flows compared")
        .style("figures.css")
        .page(&body))
}

/// Flows that are not served are not asked for.
fn known(app: &AppState, mut asked: Asked) -> Asked {
    let live = app.live();
    asked
        .flows
        .retain(|name| live.flows.contains_key(name.as_str()));
    asked
}

/// `GET /figures/compare/table`
pub async fn table(caller: Caller, State(app): State<AppState>, Query(pairs): Pairs) -> Page {
    require(&caller, Right::ReadReports, &app)?;
    let asked = known(&app, Asked::of(&pairs));
    let counted = counted(&app, &asked).await?;
    Ok(Html(compared(&counted, &asked, app.now()).into_string()).into_response())
}

pub type Counted = Vec<(Arc<Flow>, Arc<Tally>)>;

/// Those that anything happened in, the greatest first; of chosen ones all.
pub async fn counted(app: &AppState, asked: &Asked) -> Result<Counted, Problem> {
    let live = app.live();
    let mut counted = Vec::new();
    for flow in live.flows.values().filter(|flow| asked.chosen(flow)) {
        let tally = app.tallies.within(app, flow, asked.period).await?;
        if tally.all.conversations > 0 || !asked.flows.is_empty() {
            counted.push((flow.clone(), tally));
        }
    }
    counted.sort_by_key(|(flow, tally)| {
        (
            std::cmp::Reverse(tally.all.conversations),
            flow.name.clone(),
        )
    });
    Ok(counted)
}

/// What the flows come to together.
#[derive(Default)]
pub struct Together {
    pub total: Sum,
    /// Conversations begun and answered, by day since 1970 (UTC).
    pub by_day: BTreeMap<i64, (u64, u64)>,
    pub ways: BTreeMap<String, Sum>,
    /// No conversation was left out.
    pub complete: bool,
}

impl Together {
    pub fn of(counted: &Counted) -> Self {
        let mut all = Together {
            complete: counted.iter().all(|(_, tally)| tally.complete),
            ..Together::default()
        };
        for (_, tally) in counted {
            all.total.join(&tally.all);
            for (day, (begun, answered)) in &tally.days {
                let sum = all.by_day.entry(*day).or_default();
                *sum = (sum.0 + begun, sum.1 + answered);
            }
            for (way, sum) in &tally.ways_in {
                all.ways.entry(way.clone()).or_default().join(sum);
            }
        }
        all
    }
}

fn compared(counted: &Counted, asked: &Asked, now: Timestamp) -> Markup {
    let Together {
        total,
        by_day,
        ways,
        complete,
    } = Together::of(counted);
    let rows: Vec<Row> = counted
        .iter()
        .map(|(flow, tally)| Row {
            name: spaced(&flow.name),
            link: Some(format!(
                "/figures/{}?period={}",
                flow.name,
                asked.period.word()
            )),
            sum: &tally.all,
        })
        .collect();
    let mut ways: Vec<Row> = ways
        .iter()
        .map(|(way, sum)| Row {
            name: said(way),
            link: None,
            sum,
        })
        .collect();
    ways.sort_by_key(|row| std::cmp::Reverse(row.sum.conversations));
    html! {
        div.figures #compared {
            @if !complete { p.hint { "Of a flow with more, the newest 2,000 conversations of the period count." } }
            @if total.conversations == 0 {
                (empty("Nothing in this period", "Choose a longer one, or other flows."))
            } @else {
                (tiles(&total))
                section.pane.card-pane { h2 { "Flow by flow" } (list("Flows", "Flow", &rows, Some(&total))) }
                div.figure-grid.section {
                    section.pane.card-pane {
                        h2 { "Begun and answered, day by day" }
                        (days(&of_days(&by_day, asked.period, now), now))
                    }
                    section.pane.card-pane { h2 { "How they came in" } (list("Ways in", "Way in", &ways, None)) }
                }
            }
        }
    }
}

fn of_days(by_day: &BTreeMap<i64, (u64, u64)>, period: Period, now: Timestamp) -> Vec<(u64, u64)> {
    let today = now.as_ms() / 86_400_000;
    let back = period.days().unwrap_or(DAYS);
    let range = today - back + 1..=today;
    range
        .map(|day| by_day.get(&day).copied().unwrap_or_default())
        .collect()
}

struct Row<'s> {
    name: String,
    link: Option<String>,
    sum: &'s Sum,
}

fn list(label: &str, head: &str, rows: &[Row], total: Option<&Sum>) -> Markup {
    let most = rows.iter().map(|row| row.sum.conversations).max();
    let most = most.unwrap_or(0).max(1);
    html! {
        div.table-frame tabindex="0" role="region" aria-label=(label) {
            table.list.compared {
                thead { tr {
                    th scope="col" { (head) }
                    th.number scope="col" { "Conversations" }
                    th.number scope="col" { "Replied" }
                    th.number scope="col" { "Won" }
                    th.number scope="col" { "Opted out" }
                    th.number scope="col" { "Texts" }
                    th.number scope="col" { "To claim" }
                } }
                tbody { @for row in rows { tr {
                    th scope="row" { @match &row.link { Some(link) => a href=(link) { (row.name) }, None => (row.name) } }
                    td.number { (row.sum.conversations) (bar(share(row.sum.conversations, most), "calm")) }
                    (cells(row.sum))
                } } }
                @if let Some(total) = total {
                    tfoot { tr { th scope="row" { "Together" } td.number { (total.conversations) } (cells(total)) } }
                }
            }
        }
    }
}

fn cells(sum: &Sum) -> Markup {
    html! {
        td.number { (rate(sum.replied, sum.conversations)) (bar(share(sum.replied, sum.conversations), "accent")) }
        td.number { (rate(sum.won, sum.ended)) (bar(share(sum.won, sum.ended), "good")) }
        td.number { (rate(sum.opted_out, sum.conversations)) (bar(share(sum.opted_out, sum.conversations), "bad")) }
        td.number { (sum.sent) }
        td.number { @match median(&sum.to_claim) { Some(time) => (shown(time)), None => "–" } }
    }
}

/// `keyword:DRIVE` as people say it.
fn said(way: &str) -> String {
    match (way, way.split_once(':')) {
        ("api", _) => "API".to_string(),
        (_, Some((kind, what))) => format!("{} {what}", spaced(kind)),
        (_, None) => spaced(way),
    }
}
