//! Taking in the file. The page's script sends its bytes as they are and shows how far that is; without a
//! script the form is sent as any form with a file, and the answer leads to the same preview.

use std::sync::Mutex;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, FromRequest as _, Multipart, Request, State};
use axum::http::{HeaderMap, StatusCode, header, request};
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use serde_json::json;

use crate::import::Table;
use crate::web::auth::{Caller, random};
use crate::web::console::Page;
use crate::web::console::page::{Frame, Place};
use crate::web::error::Problem;
use crate::web::limits;
use crate::web::state::AppState;

use super::{File, Job};

const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// What a form puts around the file.
const FORM_BYTES_MAX: usize = 16 * 1024;
const UPLOAD_DEADLINE: std::time::Duration = std::time::Duration::from_secs(120);
const NAME_LEN_MAX: usize = 120;

/// `GET /import`
pub async fn page(Extension(caller): Extension<Caller>, State(app): State<AppState>) -> Page {
    Ok(shown(&app, &caller, None))
}

/// The page, with what was wrong with the file that was sent.
fn shown(app: &AppState, caller: &Caller, wrong: Option<&str>) -> Response {
    let body = html! {
        div.page.narrow-page {
            p.crumbs { a href="/leads" { "Leads" } }
            div.page-head { div { h1 { "Import leads" }
                p.lead { "A CSV file, as any spreadsheet or CRM exports it. You see what is understood of it before anything is stored." } } }
            form.pane.drop #upload method="post" action="/import" enctype="multipart/form-data" {
                label.field { span { "The file" }
                    input #file type="file" name="file" accept=".csv,.tsv,.txt,text/csv" required; }
                p.hint { "A header row, and a column with phone numbers. UTF-8, UTF-16 or Windows-1252; commas, semicolons or tabs. At most "
                    (FILE_BYTES_MAX / 1024 / 1024) " MiB; more goes by " code { "replytree import" } "." }
                progress #sending max="100" value="0" hidden aria-label="Sent so far" {}
                p.error #wrong role="alert" hidden[wrong.is_none()] { (wrong.unwrap_or_default()) }
                div { button.primary { "Look at it" } }
            }
            section.section { h2 { "What becomes of it" }
                ul.plain {
                    li { "A lead is known by the number: who is there already is brought up to date." }
                    li { "Consent is recorded with its wording, source and time. Without it, a lead is stored and not texted." }
                    li { "Whoever opted out stays so, whatever the file says." }
                    li { "A row that is not understood is refused with the reason; the rest goes on." }
                }
            }
        }
    };
    let frame = Frame::of(app, caller, Place::Leads, "Import leads");
    frame.style("admin.css").script("import.js").page(&body)
}

/// `POST /import`: the bytes of the file, its name in `x-file-name` as in an address; or a form with the
/// file as `file`.
pub async fn upload(
    Extension(caller): Extension<Caller>,
    State(app): State<AppState>,
    request: Request,
) -> Page {
    let (head, body) = request.into_parts();
    if !is_form(&head.headers) {
        let bytes = collected(body, FILE_BYTES_MAX).await?;
        let id = taken(&app, file_name(&head.headers), bytes).await?;
        return Ok(Json(json!({ "to": format!("/import/{id}") })).into_response());
    }
    match by_form(&app, head, body).await {
        Ok(id) => Ok(Redirect::to(&format!("/import/{id}")).into_response()),
        // Whoever has no script reads it on the page, not as a program would.
        Err(problem) if problem.status().is_client_error() => {
            let page = shown(&app, &caller, Some(problem.detail()));
            Ok((problem.status(), page).into_response())
        }
        Err(problem) => Err(problem),
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or("");
    kind.starts_with("multipart/form-data")
}

async fn collected(body: Body, max: usize) -> Result<Bytes, Problem> {
    let bytes = tokio::time::timeout(UPLOAD_DEADLINE, limits::collect(body, max)).await;
    bytes.map_err(|_| {
        Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "slow",
            "the file did not arrive in time",
        )
    })?
}

async fn by_form(app: &AppState, head: request::Parts, body: Body) -> Result<String, Problem> {
    let bytes = collected(body, FILE_BYTES_MAX + FORM_BYTES_MAX).await?;
    // Its size is known by now.
    let mut whole = Request::from_parts(head, Body::from(bytes));
    axum::extract::DefaultBodyLimit::disable().apply(&mut whole);
    let unreadable = || Problem::bad_request("the form cannot be read; choose the file again");
    let form = Multipart::from_request(whole, &()).await;
    let mut form = form.map_err(|_| unreadable())?;
    while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
        if field.name() != Some("file") {
            continue;
        }
        let name = plain(field.file_name().unwrap_or_default());
        let bytes = field.bytes().await.map_err(|_| unreadable())?;
        if name.is_empty() && bytes.is_empty() {
            break;
        }
        return taken(app, name, bytes).await;
    }
    Err(Problem::field("/file", "choose a file first"))
}

/// Reads it and keeps it to be looked at; what it is found by.
async fn taken(app: &AppState, name: String, bytes: Bytes) -> Result<String, Problem> {
    let region = app.live().workspace.region.clone();
    let read = tokio::task::spawn_blocking(move || Table::read(&bytes, &region)).await;
    let read = read.map_err(|_| Problem::overloaded())?;
    let table = read.map_err(|error| Problem::field("", error.to_string()))?;
    let id: [u8; 12] = random().map_err(|_| Problem::overloaded())?;
    let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let file = File {
        name,
        table,
        taken: app.wall(),
        job: Mutex::new(Job::Looked),
    };
    app.imports.put(id.clone(), file);
    Ok(id)
}

fn file_name(headers: &HeaderMap) -> String {
    let told = headers
        .get("x-file-name")
        .and_then(|name| name.to_str().ok());
    let mut bytes = Vec::new();
    let mut rest = told.unwrap_or("file.csv").bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| byte.and_then(|it| char::from(it).to_digit(16));
        match byte {
            b'%' => {
                let (high, low) = (hex(rest.next()), hex(rest.next()));
                bytes.extend(high.zip(low).map(|(high, low)| (high * 16 + low) as u8));
            }
            byte => bytes.push(byte),
        }
    }
    plain(&String::from_utf8_lossy(&bytes))
}

/// A name without what would make a path or a second line of it.
fn plain(name: &str) -> String {
    let plain = |c: &char| !c.is_control() && !matches!(c, '/' | '\\');
    name.chars().filter(plain).take(NAME_LEN_MAX).collect()
}
