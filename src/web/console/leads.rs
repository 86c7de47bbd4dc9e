//! `/leads` and `/leads/{phone}`: who we talk to, found by number, name or email; one of them with all
//! that happened, and their erasure.

use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Redirect};
use axum::{Form, http::StatusCode};
use maud::{Markup, html};

use crate::conversation::{Conversation, Status};
use crate::lead::{PhoneNumber, Value};
use crate::policy::{Consent, Standing};
use crate::runtime::segment;
use crate::store::{ConversationQuery, LeadRecord, LedgerRow, Row};
use crate::web::api::leads::{Asked, phone_of, search};
use crate::web::api::shapes;
use crate::web::auth::{Caller, Right};
use crate::web::console::page::{Frame, Place, empty};
use crate::web::console::signin::Fields;
use crate::web::console::{Page, consent, history, when};
use crate::web::error::Problem;
use crate::web::pages::Query;
use crate::web::state::AppState;

const SHOWN: usize = 50;
const CONVERSATIONS_SHOWN: usize = 30;
const ROWS_SHOWN: usize = 500;
/// How many of the number's last digits confirm an erasure.
const CONFIRM_DIGITS: usize = 4;

/// `GET /leads?q=&segment=&after=`
pub async fn list(
    Extension(caller): Extension<Caller>,
    State(app): State<AppState>,
    query: Query,
) -> Page {
    let given = |name: &str| {
        query
            .get(name)
            .map(|it| it.trim())
            .filter(|it| !it.is_empty())
    };
    let asked = Asked {
        q: given("q").map(str::to_string),
        segment: given("segment").map(str::to_string),
        after: given("after").and_then(|after| phone_of(&app, after).ok()),
        wanted: SHOWN,
    };
    let (found, next) = search(&app, asked).await?;
    let live = app.live();
    let names: Vec<&str> = live
        .workspace
        .segments
        .keys()
        .map(|name| name.as_str())
        .collect();
    let (q, chosen) = (given("q").unwrap_or(""), given("segment").unwrap_or(""));
    let next = next.map(|next| {
        let after = address(next);
        format!(
            "/leads?q={}&segment={}&after={after}",
            escaped(q),
            escaped(chosen)
        )
    });
    let may_import = caller.has(Right::WriteLeads, &app);
    let body = html! {
        div.page {
            div.page-head {
                div { h1 { "Leads" } p.lead { "Everyone who was told of or wrote, with what they agreed to." } }
                @if may_import { div.actions { a.button.primary href="/import" { "Import a CSV file" } } }
            }
            form.inline-form.pane method="get" action="/leads" role="search" {
                label.field.grow { span { "Number, name or email" }
                    input name="q" type="search" value=(q) autocomplete="off" placeholder="312 555 0100, Ada, ada@…"; }
                @if !names.is_empty() {
                    label.field { span { "Segment" }
                        select name="segment" {
                            option value="" { "Everyone" }
                            @for name in &names { option value=(name) selected[*name == chosen] { (name) } }
                        } }
                }
                button { "Search" }
            }
            (table(&found, q.is_empty() && chosen.is_empty()))
            @if let Some(next) = next { p.below { a.button href=(next) { "More" } } }
        }
    };
    let frame = Frame::of(&app, &caller, Place::Leads, "Leads").style("admin.css");
    Ok(frame.page(&body))
}

fn table(found: &[LeadRecord], everyone: bool) -> Markup {
    html! {
        @match (found.is_empty(), everyone) {
            (true, true) => { (empty("No leads yet", "Import a CSV file, put one in by the API, or text a keyword from the phone.")) }
            (true, false) => { (empty("Nobody is found", "Search for part of a name, an email address, or the digits of a number.")) }
            (false, _) => {
                div.pane.table-frame tabindex="0" role="region" aria-label="Leads" { table.list {
                    thead { tr { th { "Name" } th { "Number" } th { "Consent" } th { "Tags" } th { "Last change" } } }
                    tbody { @for record in found { tr {
                        td { a href=(format!("/leads/{}", address(record.lead.phone))) { bdi { (name(record)) } } }
                        td.number-text { (record.lead.phone) }
                        td { (standing(&record.standing)) }
                        td { @for tag in &record.lead.tags { span.badge { (tag) } " " } }
                        td { (when(record.updated)) }
                    } } }
                } }
            }
        }
    }
}

/// The lead's id: a number in an address would need its plus escaped.
pub fn address(phone: PhoneNumber) -> String {
    format!("ld_{:012x}", phone.digits())
}

pub fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'-' | b'_' | b'.' => char::from(byte).to_string(),
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

fn name(record: &LeadRecord) -> String {
    match record.lead.field("name") {
        Value::Text(name) if !name.trim().is_empty() => name.clone(),
        _ => "No name".to_string(),
    }
}

pub fn standing(standing: &Standing) -> Markup {
    html! {
        @match standing.consent {
            Consent::Given(_, level) => { span.badge.good { (shapes::level_word(level)) } }
            Consent::Pending(_) => { span.badge.warn { "asked, not answered" } }
            Consent::Revoked(_) => { span.badge.bad { "opted out" } }
            Consent::None => { span.badge { "none recorded" } }
        }
        @if standing.unreachable { " " span.badge.warn { "cannot be reached" } }
    }
}

/// A lead with all that is shown of them.
struct Known {
    record: LeadRecord,
    conversations: Vec<Conversation>,
    rows: Vec<Row>,
    ledger: Vec<LedgerRow>,
}

/// `GET /leads/{phone}`
pub async fn one(
    Extension(caller): Extension<Caller>,
    State(app): State<AppState>,
    Path(phone): Path<String>,
) -> Page {
    show(&app, &caller, &phone, None).await
}

async fn show(app: &AppState, caller: &Caller, phone: &str, wrong: Option<&str>) -> Page {
    let phone = phone_of(app, phone)?;
    let known = app
        .read(move |store| {
            let query = ConversationQuery {
                lead: Some(phone),
                limit: CONVERSATIONS_SHOWN,
                ..ConversationQuery::default()
            };
            let Some(record) = store.lead(phone)? else {
                return Ok(None);
            };
            Ok(Some(Known {
                record,
                conversations: store.conversations(&query)?,
                rows: store.timeline(phone, None, 0, ROWS_SHOWN)?,
                ledger: store.ledger(phone)?,
            }))
        })
        .await?;
    let mut known = known.ok_or_else(|| Problem::not_found("lead"))?;
    // What another agent has is theirs to see.
    let (seen, hidden): (Vec<_>, Vec<_>) = std::mem::take(&mut known.conversations)
        .into_iter()
        .partition(|it| caller.may_see(shapes::holder(it)));
    known.conversations = seen;
    known
        .rows
        .retain(|row| !hidden.iter().any(|it| Some(it.id) == row.conversation));
    let live = app.live();
    let zone = &live.workspace.time_zone;
    let segments = live.workspace.segments.iter();
    let within: Vec<&str> = segments
        .filter(|(_, segment)| segment::holds(segment, &known.record, zone))
        .map(|(name, _)| name.as_str())
        .collect();
    let body = html! {
        div.page {
            p.crumbs { a href="/leads" { "Leads" } }
            div.page-head { div {
                h1 { bdi { (name(&known.record)) } }
                p.lead { (known.record.lead.phone) " " (standing(&known.record.standing))
                    @for name in &within { " " span.badge.accent title="Segment" { (name) } } }
            } }
            @if let Some(wrong) = wrong { p.banner.bad role="alert" { (wrong) } }
            div.lead-grid {
                div.lead-main {
                    section.pane.card-pane { h2 { "What happened" } (history::show(&known.rows)) }
                }
                div.lead-side {
                    (facts(&known.record))
                    (conversations(&known.conversations))
                    @if caller.has(Right::ReadConsents, app) {
                        section.pane.card-pane { h2 { "Consent" } (consent::rows(&known.ledger)) }
                    }
                    @if caller.has(Right::Erase, app) { (erasure(phone)) }
                }
            }
        }
    };
    let title = name(&known.record);
    let frame = Frame::of(app, caller, Place::Leads, title).style("admin.css");
    let status = match wrong {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    Ok((status, frame.page(&body)).into_response())
}

fn facts(record: &LeadRecord) -> Markup {
    let lead = &record.lead;
    let fields = lead.fields.iter().filter(|(name, _)| **name != "name");
    html! {
        section.pane.card-pane { h2 { "Known of them" }
            dl.facts-list {
                @for (field, value) in fields { dt { (field.replace('_', " ")) } dd { (text(value)) } }
                @if let Some(locale) = &lead.locale { dt { "language" } dd { (locale) } }
                @if let Some(zone) = &lead.time_zone { dt { "time zone" } dd { (zone) } }
                @if !lead.tags.is_empty() { dt { "tags" } dd { @for tag in &lead.tags { span.badge { (tag) } " " } } }
                @if let Some(ours) = &record.our_number { dt { "our number" } dd { (ours) } }
                dt { "known since" } dd { (when(record.created)) }
            }
        }
    }
}

fn text(value: &Value) -> String {
    match shapes::value(value) {
        serde_json::Value::String(text) => text,
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn conversations(found: &[Conversation]) -> Markup {
    html! {
        section.pane.card-pane { h2 { "Conversations" }
            @if found.is_empty() { p { "None." } }
            ul.rows { @for it in found { li {
                div { a href=(format!("/inbox/{}", it.id)) { strong { (it.flow) } } p.hint { (when(it.started)) " · score " (it.score) } }
                (state(it))
            } } }
        }
    }
}

fn state(it: &Conversation) -> Markup {
    html! {
        @match &it.status {
            Status::Ended { outcome } => { span.badge { (outcome.replace(['_', '-'], " ")) } }
            Status::WithAgent(_) | Status::TakenOver { .. } => { span.badge.hot { "with an agent" } }
            Status::Scheduled => { span.badge { "scheduled" } }
            Status::Waiting(_) => { span.badge.accent { "waiting" @if let Some(step) = it.step() { " at " (step) } } }
        }
    }
}

fn erasure(phone: PhoneNumber) -> Markup {
    html! {
        section.pane.card-pane { h2 { "Erase" }
            p { "Number, name and texts are removed for good. The proof of consent stays without them, and the number is not written to again." }
            form.fields method="post" action=(format!("/leads/{}/erase", address(phone))) {
                label.field { span { "The last " (CONFIRM_DIGITS) " digits of the number, to confirm" }
                    input name="confirm" inputmode="numeric" pattern="[0-9]{4}" maxlength=(CONFIRM_DIGITS) autocomplete="off" required; }
                div { button.danger { "Erase this lead" } }
            }
        }
    }
}

/// `POST /leads/{phone}/erase`
pub async fn erase(
    Extension(caller): Extension<Caller>,
    State(app): State<AppState>,
    Path(named): Path<String>,
    Form(given): Form<Fields>,
) -> Page {
    let phone = phone_of(&app, &named)?;
    let digits = phone.digits().to_string();
    let last = &digits[digits.len().saturating_sub(CONFIRM_DIGITS)..];
    if given.get("confirm").map(|typed| typed.trim()) != Some(last) {
        let wrong = "Nothing was erased: those are not the last digits of this number.";
        return show(&app, &caller, &named, Some(wrong)).await;
    }
    let at = app.now();
    match app.read(move |store| store.erase(phone, at)).await? {
        true => {
            app.engine.agents.forget(phone);
            Ok(Redirect::to("/leads").into_response())
        }
        false => Err(Problem::not_found("lead")),
    }
}
