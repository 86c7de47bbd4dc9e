//! `/import`: a CSV file is taken in, looked at with its columns, and imported through the same turns
//! as everything else, while the page shows how far it is. Files are kept in memory, few and not for
//! long: they hold numbers.

mod upload;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Form;
use axum::extract::{Extension, Path, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::import::{
    Column, Counts, Defaults, Go, Import, Mapping, Outcome, Table, read_row, refused_csv, run,
};
use crate::lead::Value;
use crate::policy::consent::Level;
use crate::runtime::{Answer, Refusal, Work};
use crate::store::StoreError;
use crate::time::{Duration, Timestamp};
use crate::web::auth::Caller;
use crate::web::console::Page;
use crate::web::console::page::{Frame, Place};
use crate::web::console::signin::Fields;
use crate::web::error::Problem;
use crate::web::state::AppState;

const FILES_MAX: usize = 4;
const FILE_LIFE: Duration = Duration::hours(1);
const ROWS_PREVIEWED: usize = 6;
const REFUSED_SHOWN: usize = 50;

pub use upload::{page, upload};

#[derive(Default)]
pub struct Imports {
    files: Mutex<HashMap<String, Arc<File>>>,
}

/// A file that was taken in.
pub struct File {
    name: String,
    table: Table,
    taken: Timestamp,
    job: Mutex<Job>,
}

/// How far its import is.
enum Job {
    Looked,
    Running(Counts),
    Done(Box<Outcome>),
    Failed(Counts),
}

impl Imports {
    fn put(&self, id: String, file: File) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.retain(|_, kept| file.taken.since(kept.taken) < FILE_LIFE || kept.is_running());
        while files.len() >= FILES_MAX {
            let idle = files.iter().filter(|(_, kept)| !kept.is_running());
            let Some(oldest) = idle.min_by_key(|(_, kept)| kept.taken) else {
                break;
            };
            let oldest = oldest.0.clone();
            files.remove(&oldest);
        }
        files.insert(id, Arc::new(file));
    }

    fn get(&self, id: &str) -> Result<Arc<File>, Problem> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = || Problem::not_found("file; it is kept for an hour, so take it in again");
        files.get(id).cloned().ok_or_else(gone)
    }
}

impl File {
    fn job(&self) -> std::sync::MutexGuard<'_, Job> {
        self.job.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_running(&self) -> bool {
        matches!(*self.job(), Job::Running(_))
    }
}

fn defaults(app: &AppState, file: &File, given: &Fields) -> Defaults {
    let live = app.live();
    let wording = given
        .get("consent")
        .map(|it| it.trim())
        .filter(|it| !it.is_empty());
    Defaults {
        region: live.workspace.region.clone(),
        zone: live.workspace.time_zone.clone(),
        wording: wording.map(str::to_string),
        source: format!("import {}", file.name),
        level: match given.get("kind").map(String::as_str) {
            Some("transactional") => Level::Transactional,
            _ => Level::Marketing,
        },
        now: app.now(),
    }
}

/// The mapping that was chosen on the page, else the guess.
fn mapping(app: &AppState, file: &File, given: &Fields) -> Result<Mapping, String> {
    let words: Vec<String> = (0..file.table.header.len())
        .map_while(|at| given.get(&format!("column{at}")).cloned())
        .collect();
    let mapping = match words.is_empty() {
        true => Mapping::of(&file.table, &[], &app.live().workspace.region),
        false => Mapping::chosen(&file.table, &words),
    };
    mapping.map_err(|error| error.to_string())
}

/// `GET /import/{id}`: the file as it is understood; and once it runs, how far it is.
pub async fn preview(
    Extension(caller): Extension<Caller>,
    State(app): State<AppState>,
    Path(id): Path<String>,
    axum::extract::Query(given): axum::extract::Query<Fields>,
) -> Page {
    let file = app.imports.get(&id)?;
    let looked = matches!(*file.job(), Job::Looked);
    let body = html! {
        div.page {
            p.crumbs { a href="/leads" { "Leads" } " / " a href="/import" { "Import" } }
            div.page-head { div { h1 { (file.name) }
                p.lead { (file.table.rows) " rows, " (file.table.header.len()) " columns, "
                    (file.table.encoding.as_str()) ", separated by " (file.table.separator_name()) "." } } }
            @match looked {
                true => { (choices(&app, &id, &file, &given)) }
                false => { (state(&id, &file)) }
            }
        }
    };
    let title = format!("Import {}", file.name);
    let frame = Frame::of(&app, &caller, Place::Leads, title);
    Ok(frame.style("admin.css").script("import.js").page(&body))
}

fn choices(app: &AppState, id: &str, file: &File, given: &Fields) -> Markup {
    let mapping = mapping(app, file, given);
    let region = app.live().workspace.region.clone();
    let columns = match &mapping {
        Ok(mapping) => mapping.columns().to_vec(),
        Err(_) => crate::import::guess(&file.table, &region),
    };
    let consent = given.get("consent").map_or("", String::as_str);
    html! {
        form #columns method="post" action=(format!("/import/{id}/start")) {
            section.section { h2 { "Columns" }
                @if let Err(wrong) = &mapping { p.banner.bad role="alert" { (spoken(wrong)) } }
                (grid(file, &columns))
            }
            section.section { h2 { "Consent" }
                div.pane.card-pane.fields {
                    label.field { span { "What everyone in this file was shown when they agreed to be texted" }
                        textarea name="consent" rows="2" maxlength="2000" placeholder="Yes, text me about offers. Message and data rates may apply. Reply STOP to opt out." { (consent) }
                        span.hint { "Leave it empty where the file has a column for it, or where nobody agreed yet." } }
                    label.field.short { span { "They agreed to" }
                        select name="kind" {
                            option value="marketing" { "marketing and all else" }
                            option value="transactional" selected[given.get("kind").is_some_and(|kind| kind == "transactional")] { "messages about their own business with us" }
                        } }
                }
            }
            @if let Ok(mapping) = &mapping {
                section.section { h2 { "The first rows, as they will be stored" }
                    (previewed(file, mapping, &defaults(app, file, given))) }
            }
            div.actions.section {
                button.primary disabled[mapping.is_err()] { "Import " (file.table.rows) " rows" }
                button formmethod="get" formaction=(format!("/import/{id}")) { "Look again" }
            }
        }
    }
}

/// Each column: its name, what is in it, and what it is taken for.
fn grid(file: &File, columns: &[Column]) -> Markup {
    let samples: Vec<csv::StringRecord> = file.table.data().take(3).map(|(_, row)| row).collect();
    html! {
        div.pane.table-frame tabindex="0" role="region" aria-label="Columns" { table.list {
            thead { tr { th { "In the file" } th { "For example" } th { "Taken as" } } }
            tbody { @for (at, (name, column)) in file.table.header.iter().zip(columns).enumerate() { tr {
                td { (name) }
                td.sample dir="auto" { @for row in &samples { @if let Some(cell) = row.get(at).filter(|cell| !cell.trim().is_empty()) { span { (cell.chars().take(40).collect::<String>()) } } } }
                td { (select(at, name, column)) }
            } } }
        } }
    }
}

fn select(at: usize, name: &str, column: &Column) -> Markup {
    let own = match column {
        Column::Field(field) => field.to_string(),
        _ => crate::import::field_name(name).to_string(),
    };
    let chosen = column.word();
    html! {
        select name=(format!("column{at}")) aria-label=(format!("{name} is taken as")) {
            @for word in Column::words() { option value=(word) selected[word == chosen] { (word.replace('_', " ")) } }
            @if Column::words().all(|word| word != own) {
                option value=(own) selected[own == chosen] { "field: " (own) }
            }
            option value="-" selected[*column == Column::Ignored] { "left out" }
        }
    }
}

fn previewed(file: &File, mapping: &Mapping, defaults: &Defaults) -> Markup {
    let text = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        _ => String::new(),
    };
    html! {
        ul.preview { @for (line, cells) in file.table.data().take(ROWS_PREVIEWED) {
            @match read_row(&cells, &file.table.header, mapping, defaults) {
                Ok(lead) => {
                    li.pane {
                        p { strong.number-text { (lead.phone) } " "
                            @match &lead.consent {
                                Some(it) if it.change == crate::policy::ConsentChange::Revoked => { span.badge.bad { "opted out" } }
                                Some(_) => { span.badge.good { "with consent" } }
                                None => { span.badge.warn { "without consent" } }
                            } }
                        dl.facts-list { @for (name, value) in &lead.fields { dt { (name) } dd dir="auto" { (text(value)) } }
                            @if let Some(locale) = &lead.locale { dt { "locale" } dd { (locale) } }
                            @if let Some(tags) = &lead.tags { dt { "tags" } dd { @for tag in tags { span.badge { (tag) } " " } } } }
                    }
                }
                Err(reason) => { li.pane { p { span.badge.bad { "refused" } " line " (line) } p.error { (spoken(&reason.to_string())) } } }
            }
        } }
    }
}

/// `POST /import/{id}/start`
pub async fn start(
    State(app): State<AppState>,
    Path(id): Path<String>,
    Form(given): Form<Fields>,
) -> Page {
    let file = app.imports.get(&id)?;
    let mapping = mapping(&app, &file, &given).map_err(|said| Problem::field("", said))?;
    let defaults = defaults(&app, &file, &given);
    {
        let mut job = file.job();
        if !matches!(*job, Job::Looked) {
            return Ok(Redirect::to(&format!("/import/{id}")).into_response());
        }
        *job = Job::Running(Counts::default());
    }
    let handle = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let mut commit = |work: Vec<Work>| handle.block_on(turns(&app, work));
        let done = import(&app, &file, &mapping, &defaults, &mut commit);
        let mut job = file.job();
        let counts = match &*job {
            Job::Running(counts) => *counts,
            Job::Looked | Job::Done(_) | Job::Failed(_) => Counts::default(),
        };
        *job = match done {
            Ok(outcome) => Job::Done(Box::new(outcome)),
            Err(error) => {
                tracing::error!(error = %crate::web::error::chain(&error), "an import broke off");
                Job::Failed(counts)
            }
        };
    });
    Ok(Redirect::to(&format!("/import/{id}")).into_response())
}

fn import(
    app: &AppState,
    file: &File,
    mapping: &Mapping,
    defaults: &Defaults,
    commit: &mut dyn FnMut(Vec<Work>) -> Vec<Answer>,
) -> Result<Outcome, StoreError> {
    let import = Import {
        table: &file.table,
        mapping,
        defaults,
    };
    let mut progress = |counts: &Counts| {
        *file.job() = Job::Running(*counts);
        match *app.stopping.borrow() {
            true => Go::Stop,
            false => Go::On,
        }
    };
    run(
        &import,
        app.engine.store.as_ref(),
        Some(commit),
        &mut progress,
    )
}

/// Through the committer, behind the replies of leads; what finds no room comes again.
async fn turns(app: &AppState, work: Vec<Work>) -> Vec<Answer> {
    let one = |work: Work| async move {
        loop {
            match app.committer.turn(work.clone()).await {
                Err(Refusal::Overloaded) if !*app.stopping.borrow() => {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
                answer => return answer,
            }
        }
    };
    futures_util::future::join_all(work.into_iter().map(one)).await
}

/// `GET /import/{id}/progress`: the part of the page that shows it.
pub async fn progress(
    State(app): State<AppState>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let file = app.imports.get(&id)?;
    Ok(Html(state(&id, &file).into_string()).into_response())
}

fn state(id: &str, file: &File) -> Markup {
    let job = file.job();
    html! {
        @match &*job {
            Job::Looked => { div #import-state {} }
            Job::Running(counts) => {
                div #import-state hx-get=(format!("/import/{id}/progress")) hx-trigger="every 400ms" hx-swap="outerHTML" {
                    noscript { p.banner { "It goes on by itself. " a href=(format!("/import/{id}")) { "Look how far it is" } "." } }
                    div.pane.card-pane {
                        p { (counts.rows) " of " (file.table.rows) " rows" }
                        progress max=(file.table.rows) value=(counts.rows) aria-label="Imported so far" {}
                        (figures(counts))
                    }
                }
            }
            Job::Failed(counts) => {
                div #import-state { p.banner.bad role="alert" { "It broke off after " (counts.rows) " rows: the store failed. Import the file again; what is stored already is left as it is." }
                    (figures(counts)) }
            }
            Job::Done(outcome) => {
                div #import-state {
                    p.banner.good role="status" { "Done: " (outcome.counts.rows - outcome.counts.refused) " of " (outcome.counts.rows) " rows were taken." }
                    div.pane.card-pane.section { (figures(&outcome.counts)) }
                    @if !outcome.refused.is_empty() { (refusals(id, outcome)) }
                    div.actions.section { a.button.primary href="/leads" { "To the leads" } a.button href="/import" { "Another file" } }
                }
            }
        }
    }
}

/// A sentence of ours, what stands in it between backticks set apart.
fn spoken(text: &str) -> Markup {
    html! {
        @for (n, part) in text.split('`').enumerate() {
            @if n % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn figures(counts: &Counts) -> Markup {
    html! {
        dl.numbers {
            dt { "new" } dd { (counts.created) }
            dt { "brought up to date" } dd { (counts.updated) }
            dt { "unchanged" } dd { (counts.unchanged) }
            dt { "refused" } dd { (counts.refused) }
            dt { "taken without consent: not texted" } dd { (counts.without_consent) }
            dt { "opted out: not texted" } dd { (counts.opted_out) }
        }
    }
}

fn refusals(id: &str, outcome: &Outcome) -> Markup {
    html! {
        section.section { h2 { "Refused rows" }
            p.actions { a.button href=(format!("/import/{id}/refused.csv")) download { "Download them with their reasons" } }
            div.pane.table-frame tabindex="0" role="region" aria-label="Refused rows" { table.list {
                thead { tr { th.number { "Line" } th { "Reason" } th { "The row" } } }
                tbody { @for row in outcome.refused.iter().take(REFUSED_SHOWN) { tr {
                    td.number { (row.line) } td { (spoken(&row.reason.to_string())) }
                    td.sample dir="auto" { @for cell in row.cells.iter().filter(|cell| !cell.trim().is_empty()).take(6) { span { (cell.chars().take(40).collect::<String>()) } } }
                } } }
            } }
            @if outcome.refused.len() > REFUSED_SHOWN { p.hint { "And " (outcome.refused.len() - REFUSED_SHOWN) " more in the file." } }
        }
    }
}

/// `GET /import/{id}/refused.csv`
pub async fn refused(
    State(app): State<AppState>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let file = app.imports.get(&id)?;
    let rows = match &*file.job() {
        Job::Done(outcome) => refused_csv(&file.table.header, &outcome.refused),
        Job::Looked | Job::Running(_) | Job::Failed(_) => return Err(Problem::not_found("report")),
    };
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"refused.csv\"",
        ),
    ];
    Ok((headers, rows).into_response())
}
