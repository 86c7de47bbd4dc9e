//! `POST /hooks/email/inbound`: what comes back by email. Who posts it is proved by a signature, a
//! password or a token; whose answer it is, by the token of the email that it answers. 2xx is said when
//! what follows from it is on disk, and for what will never mean anything to us.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use subtle::ConstantTimeEq;

use crate::carrier::signing;
use crate::conversation::{ConversationId, Effect, EmailReply};
use crate::email::inbound::{self, Form, Incoming, Mail, Returned};
use crate::email::{EmailRef, Use, bare, folded, token};
use crate::runtime::work::{EmailAnswer, UnsubscribedBy};
use crate::runtime::{Refusal, Work};
use crate::store::{AddressChange, AddressMark, LeadQuery, RowBody, Store, StoreError};
use crate::web::error::Problem;
use crate::web::limits::EMAIL_BODY_BYTES_MAX;
use crate::web::origin;
use crate::web::state::AppState;
use crate::web::webhook;

/// Parts of a form that are read.
const FIELDS_MAX: usize = 200;
/// Leads with one address who are told that it unsubscribed.
const SAME_ADDRESS_MAX: usize = 20;

pub async fn receive(State(app): State<AppState>, request: Request) -> Response {
    match take(&app, request).await {
        Ok(()) => axum::Json(json!({ "ok": true })).into_response(),
        Err(problem) => {
            let reason = problem.status().as_u16().to_string();
            metrics::counter!("replytree_webhooks_refused_total", "status" => reason).increment(1);
            problem.into_response()
        }
    }
}

/// A body as it was understood.
enum Told {
    Json(Json),
    Form(Form),
}

async fn take(app: &AppState, request: Request) -> Result<(), Problem> {
    let local = origin::is_this_machine(request.extensions(), request.headers());
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, EMAIL_BODY_BYTES_MAX)
        .await
        .map_err(|_| Problem::bad_request("the body broke off"))?;
    let live = app.live();
    let email = live.workspace.email.as_ref();
    let secrets = email.map_or(&[][..], |email| &email.inbound_secrets);
    let by_request = proven_by_request(app, secrets, &parts, &body)?;
    let told = told(parts, body).await?;
    let unsigned_here = secrets.is_empty() && (app.sandbox.is_some() || local);
    if !by_request && !unsigned_here && !is_signed_inside(secrets, &told, app) {
        return Err(Problem::forbidden(
            "nothing proves who sent this: sign it, or give `inbound_secret` as the password or `token`",
        ));
    }
    let incoming = match &told {
        Told::Json(json) => inbound::read_json(json),
        Told::Form(form) => inbound::read_form(form),
    };
    for one in incoming.map_err(|unreadable| Problem::bad_request(unreadable.0))? {
        match one {
            Incoming::Mail(mail) => answer(app, mail).await?,
            Incoming::Bounce(returned) => bounce(app, returned).await?,
            Incoming::Complaint(returned) => {
                unsubscribed(app, returned, UnsubscribedBy::Complaint).await?;
            }
            Incoming::Unsubscribed(returned) => {
                unsubscribed(app, returned, UnsubscribedBy::Provider).await?;
            }
            Incoming::Confirm { url } => {
                tracing::warn!(
                    url,
                    "open this address to confirm the subscription of emails"
                );
            }
        }
    }
    Ok(())
}

/// By what stands outside the body: the signature of Standard Webhooks, which then must hold; a password,
/// whatever the user; a token in the address.
fn proven_by_request(
    app: &AppState,
    secrets: &[String],
    parts: &Parts,
    body: &Bytes,
) -> Result<bool, Problem> {
    if parts.headers.contains_key(signing::SIGNATURE) {
        let raw = webhook::raw(&app.live(), &parts.method, &parts.uri, &parts.headers, body);
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        return match signing::verify(&secrets, &raw, app.wall()) {
            Ok(()) => Ok(true),
            Err(bad) => Err(Problem::forbidden(bad.reason)),
        };
    }
    let is_ours = |given: &str| {
        let equal = |secret: &String| bool::from(secret.as_bytes().ct_eq(given.as_bytes()));
        secrets.iter().filter(|secret| equal(secret)).count() > 0
    };
    let basic = parts.headers.get(header::AUTHORIZATION);
    let basic = basic.and_then(|value| {
        let (scheme, login) = value.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("basic").then_some(login)
    });
    let login = basic.and_then(|text| String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok());
    if let Some((_, password)) = login.as_deref().and_then(|login| login.split_once(':')) {
        return Ok(is_ours(password));
    }
    let query = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
    let given = query.ok().and_then(|query| {
        let mut all = query.0.into_iter();
        all.find(|(name, _)| name == "token")
            .map(|(_, value)| value)
    });
    Ok(given.is_some_and(|given| is_ours(&given)))
}

/// Mailgun signs within the body.
fn is_signed_inside(secrets: &[String], told: &Told, app: &AppState) -> bool {
    let text = |json: &Json| json.as_str().unwrap_or("").to_string();
    let (timestamp, token, signature) = match told {
        Told::Form(form) => {
            let field = |name: &str| form.get(name).to_string();
            (field("timestamp"), field("token"), field("signature"))
        }
        Told::Json(json) => {
            let signed = &json["signature"];
            (
                text(&signed["timestamp"]),
                text(&signed["token"]),
                text(&signed["signature"]),
            )
        }
    };
    let given = (timestamp.as_str(), token.as_str(), signature.as_str());
    let signed = |secret: &String| inbound::is_signed_by_mailgun(secret, given, app.wall());
    secrets.iter().any(signed)
}

async fn told(parts: Parts, body: Bytes) -> Result<Told, Problem> {
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let kind = kind
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or("")
        .to_lowercase();
    if kind.starts_with("application/x-www-form-urlencoded") {
        return Ok(Told::Form(Form(form_pairs(&body))));
    }
    if kind.starts_with("multipart/form-data") {
        let request = Request::from_parts(parts, Body::from(body));
        return multipart(request).await.map(Told::Form);
    }
    // Amazon's SNS says that its JSON is text.
    serde_json::from_slice(&body)
        .map(Told::Json)
        .map_err(|error| Problem::bad_request(format!("the body is not JSON: {error}")))
}

fn form_pairs(body: &[u8]) -> Vec<(String, String)> {
    reqwest::Url::parse(&format!("http://form/?{}", String::from_utf8_lossy(body)))
        .map(|url| url.query_pairs().into_owned().take(FIELDS_MAX).collect())
        .unwrap_or_default()
}

/// The fields of a form with its files passed over.
async fn multipart(request: Request) -> Result<Form, Problem> {
    let unreadable = |_| Problem::bad_request("the form cannot be read");
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|_| Problem::bad_request("the form has no boundary"))?;
    let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
    while let Some(part) = parts.next_field().await.map_err(unreadable)? {
        let name = part.name().unwrap_or("").to_string();
        let is_file = part.file_name().is_some();
        let bytes = part.bytes().await.map_err(unreadable)?;
        if !is_file && fields.len() < FIELDS_MAX {
            fields.push((name, bytes.to_vec()));
        }
    }
    // SendGrid names the letters that each field is written in.
    let charsets = fields.iter().find(|(name, _)| name == "charsets");
    let charsets: Json = charsets
        .and_then(|(_, bytes)| serde_json::from_slice(bytes).ok())
        .unwrap_or_default();
    let text = |name: &str, bytes: Vec<u8>| {
        let charset = charsets[name].as_str().unwrap_or("utf-8").to_lowercase();
        match charset.as_str() {
            "iso-8859-1" | "windows-1252" | "us-ascii" => {
                bytes.into_iter().map(char::from).collect()
            }
            _ => String::from_utf8_lossy(&bytes).into_owned(),
        }
    };
    let read = fields.into_iter().map(|(name, bytes)| {
        let value = text(&name, bytes);
        (name, value)
    });
    Ok(Form(read.collect()))
}

/// An email of ours, as the store has it.
struct Ours {
    of: EmailRef,
    conversation: Option<ConversationId>,
    to: String,
}

/// The email of ours that a text names by a token; never by whom it seems to be from.
async fn ours(app: &AppState, names: Vec<String>) -> Result<Option<Ours>, Problem> {
    let key = *app.engine.key();
    let found = names
        .iter()
        .find_map(|text| token::find(&key, Use::Reply, text));
    let Some(of) = found else { return Ok(None) };
    let row = app.read(move |store| store.row(of.lead, of.seq)).await?;
    Ok(row.and_then(|row| match row.body {
        RowBody::Outgoing(Effect::Email(email), _) => Some(Ours {
            of,
            conversation: row.conversation,
            to: email.to,
        }),
        _ => None,
    }))
}

async fn answer(app: &AppState, mail: Mail) -> Result<(), Problem> {
    let known = ours(app, vec![mail.thread.clone(), mail.to.clone()]).await?;
    let Some((known, conversation)) = known.and_then(|known| {
        let conversation = known.conversation?;
        Some((known, conversation))
    }) else {
        count("unmatched");
        tracing::warn!("an email answers none of ours; it is passed over");
        return Ok(());
    };
    let from = bare(&mail.from).to_string();
    let elsewhere = folded(&from) != folded(&known.to);
    let reply = EmailReply {
        text: mail.text,
        written: mail.at,
        message_id: mail.id,
        answers: known.of.seq,
        automatic: mail.automatic,
        from: elsewhere.then_some(from),
    };
    let answer = EmailAnswer {
        lead: known.of.lead,
        conversation,
        reply,
    };
    commit(app, Work::EmailReply(answer), "answer").await
}

async fn bounce(app: &AppState, returned: Returned) -> Result<(), Problem> {
    mark(app, &returned.address, AddressChange::Bad).await?;
    match ours(app, vec![returned.names]).await? {
        Some(known) if folded(&known.to) == folded(&returned.address) => {
            let work = Work::EmailBounced {
                lead: known.of.lead,
                seq: known.of.seq,
                conversation: known.conversation,
                error: returned.error,
            };
            commit(app, work, "bounce").await
        }
        _ => {
            count("bounce");
            Ok(())
        }
    }
}

/// Of a lead whose email is named; else of all who gave the address.
async fn unsubscribed(
    app: &AppState,
    returned: Returned,
    by: UnsubscribedBy,
) -> Result<(), Problem> {
    mark(app, &returned.address, AddressChange::Unsubscribed).await?;
    let known = ours(app, vec![returned.names.clone()]).await?;
    let mut works = Vec::new();
    if let Some(known) = known.filter(|known| folded(&known.to) == folded(&returned.address)) {
        works.push(Work::Unsubscribe {
            lead: known.of.lead,
            seq: Some(known.of.seq),
            conversation: known.conversation,
            by,
        });
    } else {
        let address = returned.address.clone();
        let leads = app.read(move |store| with_address(store, &address)).await?;
        works.extend(leads.into_iter().map(|lead| Work::Unsubscribe {
            lead,
            seq: None,
            conversation: None,
            by,
        }));
    }
    for work in works {
        commit(app, work, by.as_str()).await?;
    }
    Ok(())
}

fn with_address(
    store: &dyn Store,
    address: &str,
) -> Result<Vec<crate::lead::PhoneNumber>, StoreError> {
    let found = store.leads(&LeadQuery {
        q: Some(bare(address).to_string()),
        after: None,
        limit: SAME_ADDRESS_MAX,
    })?;
    let wanted = folded(address);
    let same = found
        .into_iter()
        .filter(|record| match record.lead.field("email") {
            crate::lead::Value::Text(email) => folded(email) == wanted,
            _ => false,
        });
    Ok(same.map(|record| record.lead.phone).collect())
}

async fn mark(app: &AppState, address: &str, change: AddressChange) -> Result<(), Problem> {
    let mark = AddressMark {
        address: bare(address).to_string(),
        change,
        at: app.now(),
    };
    app.read(move |store| store.mark_address(&mark)).await
}

async fn commit(app: &AppState, work: Work, kind: &'static str) -> Result<(), Problem> {
    count(kind);
    match app.committer.turn(work).await {
        Ok(done) if done.duplicate => {
            metrics::counter!("replytree_webhooks_repeated_total").increment(1);
            Ok(())
        }
        Ok(_) => Ok(()),
        // Erased meanwhile: the same again would change nothing.
        Err(Refusal::NotFound("conversation")) => Ok(()),
        Err(Refusal::Store(error)) => Err(error.into()),
        Err(refusal) => {
            let detail = refusal.to_string();
            Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "overloaded",
                detail,
            ))
        }
    }
}

fn count(kind: &'static str) {
    metrics::counter!("replytree_email_inbound_total", "kind" => kind).increment(1);
}
