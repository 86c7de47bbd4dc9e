//! `/v1/leads`: who we talk to, upserted by number.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;

use crate::lead::{Name, PhoneNumber, Value};
use crate::policy::consent::{self, Level};
use crate::policy::{ConsentChange, ConsentEvent};
use crate::runtime::work::LeadUpdate;
use crate::runtime::{Work, segment};
use crate::store::{ConversationQuery, LeadQuery, LeadRecord};
use crate::time::Timestamp;
use crate::web::api::shapes;
use crate::web::auth::{Caller, Right};
use crate::web::error::Problem;
use crate::web::fields::{self, Fields, phone_in_url};
use crate::web::pages::{self, Page, Query};
use crate::web::state::AppState;
use crate::web::trail::AboutLead;

const CONVERSATIONS_SHOWN: usize = 50;

/// `POST /v1/leads`
pub async fn upsert(State(app): State<AppState>, body: Bytes) -> Result<Response, Problem> {
    let json = fields::body(&body)?;
    let told = Fields::of(&json)?;
    let phone = told.phone("phone", &app.live().workspace.region)?;
    let update = read(&told, phone, &app)?;
    let created = app.turn(Work::UpsertLead(update)).await?.created;
    let record = app.read(move |store| store.lead(phone)).await?;
    let record = record.ok_or_else(|| Problem::not_found("lead"))?;
    let status = match created {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    let about = Extension(AboutLead(phone));
    Ok((status, about, Json(shapes::lead(&record))).into_response())
}

/// What is told of a lead, in a body of its own or as `lead` of an enrolment.
pub fn read(told: &Fields, phone: PhoneNumber, app: &AppState) -> Result<LeadUpdate, Problem> {
    let mut update = LeadUpdate::of(phone);
    update.locale = locale(told)?;
    update.time_zone = told.zone("time_zone")?;
    update.tags = told.names("tags")?;
    if let Some(fields) = told.object("fields")? {
        update.fields = fields.values()?;
    }
    for name in ["name", "email"] {
        if let Some(text) = told.text(name)? {
            update
                .fields
                .push((Name::from(name), Value::text(text.trim())));
        }
    }
    if let Some(consent) = told.object("consent")? {
        update.consent = Some(read_consent(&consent, app.now())?);
    }
    Ok(update)
}

fn locale(told: &Fields) -> Result<Option<Name>, Problem> {
    let Some(locale) = told.name("locale")? else {
        return Ok(None);
    };
    let mut parts = locale.split(['-', '_']);
    let language = parts.next().unwrap_or_default();
    let well = (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    match well {
        true => Ok(Some(locale)),
        false => Err(Problem::field(
            &told.pointer("locale"),
            "is not a locale such as en or es-MX",
        )),
    }
}

/// A row for the ledger. A form that the lead filled in themselves says so by `ip` or `url`; it alone
/// undoes a revocation.
pub fn read_consent(told: &Fields, now: Timestamp) -> Result<ConsentEvent, Problem> {
    let kind = told.one_of(
        "kind",
        &[
            ("marketing", Kind::Given(Level::Marketing)),
            ("transactional", Kind::Given(Level::Transactional)),
            ("revoked", Kind::Revoked),
            ("opt_out", Kind::Revoked),
        ],
    )?;
    let kind = kind.ok_or_else(|| told.missing("kind"))?;
    let owned = |text: Option<&str>| text.map(str::to_string);
    let (ip, url) = (owned(told.text("ip")?), owned(told.text("url")?));
    let at = told.time("at")?.unwrap_or(now);
    if at > now + crate::time::Duration::mins(5) {
        return Err(Problem::field(&told.pointer("at"), "lies in the future"));
    }
    let form = ip.is_some() || url.is_some();
    let method = told.text("method")?.unwrap_or(match (kind, form) {
        (Kind::Revoked, _) => "staff",
        (Kind::Given(_), true) => "web_form",
        (Kind::Given(_), false) => "api",
    });
    let revoked = matches!(kind, Kind::Revoked);
    let wording = match revoked {
        true => told.text("wording")?.unwrap_or_default(),
        false => told.required_text("wording")?,
    };
    Ok(ConsentEvent {
        change: match kind {
            Kind::Given(_) => ConsentChange::Given,
            Kind::Revoked => ConsentChange::Revoked,
        },
        level: match kind {
            Kind::Given(level) => level,
            Kind::Revoked => Level::Marketing,
        },
        at,
        method: method.to_string(),
        source: told.required_text("source")?.to_string(),
        wording: wording.to_string(),
        ip,
        url,
        rule: None,
        own_act: form && !revoked,
        scope: Some(read_scope(told)?),
        wording_version: owned(told.text("wording_version")?),
        user_agent: owned(told.text("user_agent")?),
    })
}

/// For whom and what: the brand, the programme, the channel, the purposes, and how long.
fn read_scope(told: &Fields) -> Result<consent::Scope, Problem> {
    let owned = |text: Option<&str>| text.map(str::to_string);
    let channel = told.one_of(
        "channel",
        &[("sms", "sms"), ("voice", "voice"), ("email", "email")],
    )?;
    let purposes = told.names("purposes")?.unwrap_or_default();
    Ok(consent::Scope {
        seller: owned(told.text("seller")?),
        program: owned(told.text("program")?),
        channel: owned(channel),
        purposes: purposes.iter().map(ToString::to_string).collect(),
        expires_at: told.time("expires_at")?,
        person_name: owned(told.text("name")?),
        locale: owned(told.text("locale")?),
    })
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Given(Level),
    Revoked,
}

/// `GET /v1/leads?q=&segment=`
pub async fn list(State(app): State<AppState>, query: Query) -> Result<Response, Problem> {
    let page = Page::of(&query)?;
    let after: Option<PhoneNumber> = page.after()?;
    let asked = Asked {
        q: query.get("q").filter(|q| !q.is_empty()).cloned(),
        segment: query
            .get("segment")
            .filter(|name| !name.is_empty())
            .cloned(),
        after,
        wanted: page.limit,
    };
    let (found, next) = search(&app, asked).await?;
    let next = next.map(|next| next.to_string());
    Ok(pages::answer(&found, next, shapes::lead))
}

/// A search for leads.
pub struct Asked {
    pub q: Option<String>,
    pub segment: Option<String>,
    pub after: Option<PhoneNumber>,
    pub wanted: usize,
}

/// Those found, and the number after which there are more.
pub async fn search(
    app: &AppState,
    asked: Asked,
) -> Result<(Vec<LeadRecord>, Option<PhoneNumber>), Problem> {
    let live = app.live();
    let known = |name: String| {
        let segment = live.workspace.segments.get(name.as_str()).cloned();
        segment.ok_or_else(|| Problem::not_found("segment"))
    };
    let segment = asked.segment.map(known).transpose()?;
    let zone = live.workspace.time_zone.clone();
    let (q, after, wanted) = (asked.q, asked.after, asked.wanted);
    app.read(move |store| match segment {
        None => {
            let limit = wanted + 1;
            let mut found = store.leads(&LeadQuery { q, after, limit })?;
            let more = found.len() > wanted;
            found.truncate(wanted);
            let last = found.last().filter(|_| more);
            let next = last.map(|record| record.lead.phone);
            Ok((found, next))
        }
        Some(segment) => segment::leads_in(store, &segment, &zone, q, after, wanted),
    })
    .await
}

/// The number that an address names: as such, or as a lead's id.
pub fn phone_of(app: &AppState, text: &str) -> Result<PhoneNumber, Problem> {
    let by_id = text
        .strip_prefix("ld_")
        .and_then(|hex| u64::from_str_radix(hex, 16).ok())
        .and_then(PhoneNumber::from_digits);
    by_id
        .or_else(|| phone_in_url(text, &app.live().workspace.region))
        .ok_or_else(|| Problem::not_found("lead"))
}

/// `GET /v1/leads/{phone}`
pub async fn get(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(phone): Path<String>,
) -> Result<Response, Problem> {
    let phone = phone_of(&app, &phone)?;
    let (record, conversations) = app
        .read(move |store| {
            let query = ConversationQuery {
                lead: Some(phone),
                limit: CONVERSATIONS_SHOWN,
                ..ConversationQuery::default()
            };
            Ok((store.lead(phone)?, store.conversations(&query)?))
        })
        .await?;
    let record = record.ok_or_else(|| Problem::not_found("lead"))?;
    let mut json = shapes::lead(&record);
    let shown: Vec<serde_json::Value> = conversations
        .iter()
        .filter(|conversation| caller.may_see(shapes::holder(conversation)))
        .map(shapes::conversation)
        .collect();
    json["conversations"] = json!(shown);
    // What is chosen there counts as the lead's own act.
    if caller.has(Right::WriteConsents, &app) {
        json["preferences_url"] = json!(app.engine.preferences_url(phone));
    }
    Ok(Json(json).into_response())
}

/// `DELETE /v1/leads/{phone}`: erasure. Number, name and texts are gone from the database; a keyed hash
/// keeps the number from being written to.
pub async fn erase(
    State(app): State<AppState>,
    Path(phone): Path<String>,
) -> Result<Response, Problem> {
    let phone = phone_of(&app, &phone)?;
    let at = app.now();
    let erased = app.read(move |store| store.erase(phone, at)).await?;
    app.engine.agents.forget(phone);
    match erased {
        true => Ok(StatusCode::NO_CONTENT.into_response()),
        false => Err(Problem::not_found("lead")),
    }
}
