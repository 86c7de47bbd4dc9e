//! `/consent`: the ledger of one lead, its chain verified, and all of it as a file.

use std::sync::PoisonError;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde_json::Value as Json;

use crate::lead::BUCKETS;
use crate::policy::ConsentChange;
use crate::policy::ledger::{Broken, GENESIS, Head, verify_after};
use crate::store::{LedgerRow, Store, StoreError};
use crate::web::api::leads::phone_of;
use crate::web::api::shapes;
use crate::web::auth::Caller;
use crate::web::console::page::{Frame, Place, empty};
use crate::web::console::{Page, when};
use crate::web::error::Problem;
use crate::web::pages::Query;
use crate::web::state::AppState;
use crate::web::trail::AboutLead;

const PAGE: usize = 1_000;

/// How far a verification is; the last one is kept until the next.
#[derive(Debug, Clone, Default)]
pub struct Verified {
    pub running: bool,
    pub buckets: u64,
    pub rows: u64,
    pub broken: Vec<(u8, Broken)>,
    pub failed: bool,
    pub done: Option<crate::time::Timestamp>,
}

/// `GET /consent?phone=`
pub async fn page(
    Extension(caller): Extension<Caller>,
    State(app): State<AppState>,
    query: Query,
) -> Page {
    let asked = query
        .get("phone")
        .map(|it| it.trim())
        .filter(|it| !it.is_empty());
    let phone = asked.map(|asked| phone_of(&app, asked).ok());
    let found = match phone.flatten() {
        Some(phone) => Some(app.read(move |store| store.ledger(phone)).await?),
        None => None,
    };
    let body = html! {
        div.page {
            div.page-head {
                div { h1 { "Consent" } p.lead { "Who agreed to what, when and by which words; who took it back. Rows are only ever added, and each is chained to all before it." } }
                div.actions { a.button href="/consent/export.csv" { "Export the ledger" } }
            }
            form.inline-form.pane method="get" action="/consent" role="search" {
                label.field.grow { span { "A lead's number" }
                    input name="phone" type="search" value=(asked.unwrap_or("")) inputmode="tel" autocomplete="off" placeholder="312 555 0100"; }
                button { "Show" }
            }
            @match (phone, &found) {
                (Some(None), _) => { p.banner.bad role="alert" { "That is not a phone number." } }
                (Some(Some(_)), Some(found)) if found.is_empty() => { (empty("Nothing is recorded", "The ledger has no row for this number.")) }
                (Some(Some(phone)), Some(found)) => {
                    section.section { h2 { "The ledger of " (phone) } div.pane.card-pane { (rows(found)) } }
                }
                _ => {}
            }
            section.section { h2 { "The chain" } (verification(&state(&app))) }
        }
    };
    let frame = Frame::of(&app, &caller, Place::Consent, "Consent").style("admin.css");
    let mut page = frame.page(&body);
    if let Some(Some(phone)) = phone {
        page.extensions_mut().insert(AboutLead(phone));
    }
    Ok(page)
}

/// Rows of the ledger, oldest first.
pub fn rows(found: &[LedgerRow]) -> Markup {
    html! {
        @if found.is_empty() { p { "None recorded." } }
        ol.ledger { @for row in found { li { (one(row)) } } }
    }
}

fn one(row: &LedgerRow) -> Markup {
    let hash: String = row.hash[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    html! {
        @match row.event() {
            None => { p { span.badge { "erased" } " Only its place in the chain is left." } }
            Some(event) => {
                p {
                    @match event.change {
                        ConsentChange::Given => { span.badge.good { "agreed" } }
                        ConsentChange::Asked => { span.badge.warn { "asked" } }
                        ConsentChange::Revoked => { span.badge.bad { "took it back" } }
                    }
                    " " (shapes::level_word(event.level)) " · " (when(event.at))
                }
                @if !event.wording.is_empty() { blockquote dir="auto" { (event.wording) } }
                p.hint {
                    "by " (event.method.replace('_', " ")) @if !event.source.is_empty() { ", from " (event.source) }
                    @if let Some(ip) = &event.ip { ", " (ip) }
                    @if let Some(url) = &event.url { ", " (url) }
                    @if let Some(rule) = &event.rule { ", rule " (rule) }
                }
            }
        }
        p.hint { "row " (row.bucket) "/" (row.n) " · " code { (hash) "…" } }
    }
}

fn state(app: &AppState) -> Verified {
    let kept = app.verified.lock().unwrap_or_else(PoisonError::into_inner);
    kept.clone()
}

fn change(app: &AppState, change: impl FnOnce(&mut Verified)) {
    let mut kept = app.verified.lock().unwrap_or_else(PoisonError::into_inner);
    change(&mut kept);
}

fn verification(it: &Verified) -> Markup {
    html! {
        @match it.running {
            true => {
                div.pane.card-pane #verification hx-get="/consent/verify" hx-trigger="every 500ms" hx-swap="outerHTML" {
                    p { "Verifying: " (it.rows) " rows so far." }
                    progress max=(BUCKETS) value=(it.buckets) aria-label="Verified so far" {}
                }
            }
            false => {
                div.pane.card-pane #verification aria-live="polite" {
                    (verdict(it))
                    form method="post" action="/consent/verify" { button { "Verify the whole chain" } }
                }
            }
        }
    }
}

fn verdict(it: &Verified) -> Markup {
    html! {
        @match (it.done, it.failed, it.broken.is_empty()) {
            (None, false, _) => { p { "Each row is hashed with all before it: a row that was changed, dropped or put in is found." } }
            (_, true, _) => { p.banner.bad { "The ledger could not be read to its end." } }
            (Some(at), _, true) => { p.banner.good { "All " (it.rows) " rows are as they were written. " (when(at)) } }
            (Some(at), _, false) => {
                p.banner.bad { (it.broken.len()) " chains are broken. " (when(at)) }
                ul { @for (bucket, broken) in it.broken.iter().take(20) { li { "Chain " (bucket) ": " (broken) } } }
            }
        }
    }
}

/// `GET /consent/verify`: the part of the page that shows it.
pub async fn verified(State(app): State<AppState>) -> Response {
    axum::response::Html(verification(&state(&app)).into_string()).into_response()
}

/// `POST /consent/verify`: begins, unless one is under way.
pub async fn verify(State(app): State<AppState>) -> Redirect {
    let mut begin = false;
    change(&app, |it| {
        begin = !it.running;
        if begin {
            *it = Verified {
                running: true,
                ..Verified::default()
            };
        }
    });
    if begin {
        tokio::task::spawn_blocking(move || {
            let walked = walk(app.engine.store.as_ref(), &app);
            let at = app.now();
            change(&app, |it| {
                it.running = false;
                it.failed = walked.is_err();
                it.done = Some(at);
            });
        });
    }
    Redirect::to("/consent")
}

fn walk(store: &dyn Store, app: &AppState) -> Result<(), StoreError> {
    for bucket in 0..=u8::MAX {
        let mut head = Head {
            n: 0,
            hash: GENESIS,
        };
        loop {
            let page = store.ledger_page(bucket, head.n, PAGE)?;
            change(app, |it| it.rows += page.len() as u64);
            match verify_after(head, page.iter().map(LedgerRow::chained)) {
                Ok(next) => head = next,
                Err(broken) => {
                    change(app, |it| it.broken.push((bucket, broken)));
                    break;
                }
            }
            if page.len() < PAGE || *app.stopping.borrow() {
                break;
            }
        }
        change(app, |it| it.buckets += 1);
    }
    Ok(())
}

const COLUMNS: [&str; 13] = [
    "bucket", "n", "phone", "change", "kind", "at", "method", "source", "wording", "ip", "url",
    "rule", "hash",
];

/// `GET /consent/export.csv`: every row, a bucket at a time, so that none waits for all.
pub async fn export(State(app): State<AppState>) -> Result<Response, Problem> {
    let first = futures_util::stream::once(async { Ok(line(&COLUMNS.map(str::to_string))) });
    let rest = futures_util::stream::unfold(Some((0u8, 0u64)), move |at| {
        let app = app.clone();
        async move {
            let (bucket, after) = at?;
            let page = app
                .read(move |store| store.ledger_page(bucket, after, PAGE))
                .await;
            let page = match page {
                Ok(page) => page,
                Err(_) => {
                    return Some((
                        Err(std::io::Error::other("the ledger cannot be read")),
                        None,
                    ));
                }
            };
            let bytes: Vec<u8> = page.iter().flat_map(|row| line(&cells(row))).collect();
            let next = match page.last().filter(|_| page.len() == PAGE) {
                Some(last) => Some((bucket, last.n)),
                None => bucket.checked_add(1).map(|bucket| (bucket, 0)),
            };
            Some((Ok(bytes), next))
        }
    });
    let stream = futures_util::StreamExt::chain(first, rest);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"consent-ledger.csv\"",
        ),
    ];
    Ok((headers, Body::from_stream(stream)).into_response())
}

fn cells(row: &LedgerRow) -> [String; 13] {
    let json = shapes::ledger_row(row);
    COLUMNS.map(|column| match &json[column] {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    })
}

fn line(cells: &[String]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory does not fail.
    let _ = writer.write_record(cells.iter().map(|cell| crate::import::harmless(cell)));
    writer.into_inner().unwrap_or_default()
}
