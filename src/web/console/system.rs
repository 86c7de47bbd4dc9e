//! `/system`: whether all goes as it should, who may come in, and what they did. Figures are read
//! again every few seconds.

use axum::extract::{Extension, State};
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};

use crate::lead::Name;
use crate::runtime::{health, parked};
use crate::store::{
    Account, ApiKey, AuditQuery, AuditRow, SendStatus, Session, Store, StoreCounts,
};
use crate::time::Timestamp;
use crate::web::api::audit as log;
use crate::web::auth::{Caller, Right};
use crate::web::console::account::{browser, short};
use crate::web::console::page::{Frame, Place, empty};
use crate::web::console::standstill::{Standing, closed};
use crate::web::console::{Page, when};
use crate::web::error::Problem;
use crate::web::pages::Query;
use crate::web::refused::OfChannel;
use crate::web::state::AppState;

const AUDIT_SHOWN: usize = 12;
const AUDIT_PAGE: usize = 100;
const ROLES: [(&str, &str); 4] = [
    ("agent", "agent: leads, conversations, handoffs"),
    ("author", "author: flows"),
    ("auditor", "auditor: consent, reports, logs; reads only"),
    ("admin", "admin: everything"),
];

/// What the page shows, read at once.
struct Facts {
    next_due: Option<Timestamp>,
    accounts: Vec<Account>,
    sessions: Vec<Session>,
    keys: Vec<ApiKey>,
    standing: Standing,
}

pub async fn page(Extension(caller): Extension<Caller>, State(app): State<AppState>) -> Page {
    let now = app.wall();
    let facts = app
        .read(move |store| {
            Ok(Facts {
                next_due: store.next_due()?,
                accounts: store.accounts()?,
                sessions: store.sessions(now)?,
                keys: store.keys()?,
                standing: Standing::read(store)?,
            })
        })
        .await?;
    let stock = app.tallies.stocks.of(&app).await?;
    let rows = match caller.has(Right::ReadAudit, &app) {
        true => {
            let query = AuditQuery {
                limit: AUDIT_SHOWN,
                ..AuditQuery::default()
            };
            log::read(&app, query).await?
        }
        false => Vec::new(),
    };
    let manage = caller.has(Right::Manage, &app);
    let body = html! {
        div.page {
            div.page-head { div { h1 { "System" }
                p.lead { "Replytree " (env!("CARGO_PKG_VERSION")) ", " (app.live().flows.len()) " flows served"
                    @if app.sandbox.is_some() { ", in the sandbox: nothing leaves this machine" } "." } } }
            (figures(&app, &stock.counts, facts.next_due, facts.standing.parked.len()))
            (facts.standing.show(&app, &caller))
            div.columns.section {
                (channels(&app, caller.has(Right::RunChannels, &app)))
                (outgoing(&stock.outgoing))
                (backup())
            }
            (users(&facts.accounts, manage))
            (keys(&facts.keys, manage, now))
            (sessions(&caller, &facts.sessions, manage))
            section.section { h2 { "Audit log" }
                (audit_table(&rows))
                p.below { a href="/system/audit" { "The whole log" } }
            }
        }
    };
    let frame = Frame::of(&app, &caller, Place::System, "System").style("admin.css");
    Ok(frame.page(&body))
}

/// `GET /system/figures`: the part of the page that is read again and again; it names nobody.
pub async fn figures_part(State(app): State<AppState>) -> Page {
    let stock = app.tallies.stocks.of(&app).await?;
    let read = |store: &dyn Store| Ok((store.next_due()?, parked::list(store)?.len()));
    let (next_due, parked) = app.read(read).await?;
    let part = figures(&app, &stock.counts, next_due, parked);
    Ok(Html(part.into_string()).into_response())
}

fn figures(
    app: &AppState,
    counts: &StoreCounts,
    next_due: Option<Timestamp>,
    parked: usize,
) -> Markup {
    let room = app.committer.has_room();
    let live = app.live();
    let errors = live.diagnostics.iter().filter(|d| d.is_error()).count();
    html! {
        div.tiles #figures hx-get="/system/figures" hx-trigger="every 5s" hx-swap="outerHTML" {
            (tile("Leads", &counts.leads.to_string(), ""))
            (tile("Conversations", &counts.conversations.to_string(), ""))
            (tile("Timers", &counts.timers.to_string(), &next(next_due, app.now())))
            (tile("To be sent", &counts.pending.to_string(), "queued or held"))
            (tile("Open handoffs", &counts.open_handoffs.to_string(), ""))
            (tile("Queue", if room { "has room" } else { "full" }, if room { "" } else { "callers are told to come again" }))
            (tile("Set aside", &parked.to_string(), if parked > 0 { "after a fault; see below" } else { "" }))
            (tile("Flows with errors", &errors.to_string(), if errors > 0 { "their last good version is served" } else { "" }))
        }
    }
}

fn next(due: Option<Timestamp>, now: Timestamp) -> String {
    match due {
        None => "nothing is due".to_string(),
        Some(due) if due <= now => "some are due now".to_string(),
        Some(due) => format!("the next in {}", crate::web::console::span(due.since(now))),
    }
}

fn tile(name: &str, figure: &str, hint: &str) -> Markup {
    html! { div.pane.tile { p.tile-name { (name) } p.tile-figure { (figure) } p.hint { (hint) } } }
}

fn channels(app: &AppState, acts: bool) -> Markup {
    let live = app.live();
    html! {
        section.pane.card-pane #channels { h2 { "Channels" }
            @if live.workspace.channels.is_empty() { p { "None in " code { "workspace.yaml" } ": the sandbox's carrier is used." } }
            ul.rows {
                @for (name, channel) in &live.workspace.channels {
                    li { (fares(name, &channel.carrier, &app.engine.health.of(name), live.sandbox, acts)) }
                    @let refused = app.refused.of(name);
                    @if refused.count > 0 { li { (refused_hooks(&refused)) } }
                }
            }
        }
    }
}

/// What whoever sets the channel up must know: why, and at which address it was judged.
fn refused_hooks(refused: &OfChannel) -> Markup {
    html! {
        details {
            summary { span.badge.warn { (refused.count) " refused" } " webhooks whose proof did not hold, since the start" }
            ul.rows { @for it in &refused.shown { li { div {
                p { (it.why) }
                p.hint { code { (it.url) } " · " (it.count) "×, last " (when(it.last)) }
            } } } }
            p.hint { "The address is the one that was judged: " code { "public_url" } " and the path. Give the request to "
                code { "replytree hook CHANNEL" } " to see what was signed." }
        }
    }
}

fn fares(name: &Name, carrier: &Name, fares: &health::Fares, sandbox: bool, acts: bool) -> Markup {
    let state = &fares.state;
    let untried = fares.worked.is_none() && fares.failures == 0;
    html! {
        div { strong { (name) } p.hint { (carrier) }
            @if let health::State::Closed { since, error, probe, .. } = state {
                p.hint { (error.trim_end_matches('.')) ". Since " (when(*since)) "; one text tries it at " (when(*probe)) "." }
                @if acts { (closed(name)) }
            }
        }
        @match state {
            health::State::Open if sandbox => span.badge { "sandbox" },
            // What was found out before the last start is not known: a text finds out anew.
            health::State::Open if untried => span.badge { "no text since the start" },
            health::State::Open => span.badge.good { "in use" },
            health::State::Closed { .. } => span.badge.bad { (state.as_str()) },
        }
    }
}

fn outgoing(counts: &[(SendStatus, u64)]) -> Markup {
    html! {
        section.pane.card-pane { h2 { "What was sent" }
            @if counts.is_empty() { p { "Nothing yet." } }
            dl.numbers { @for (status, count) in counts { dt { (status.as_str()) } dd { (count) } } }
        }
    }
}

fn backup() -> Markup {
    html! {
        section.pane.card-pane { h2 { "Backup" }
            p { "While the server runs, on its machine:" }
            p { code { "replytree backup FILE" } }
            p.hint { "The copy is consistent. Restoring it sends nothing again: what had not left goes to review." }
        }
    }
}

fn role_select() -> Markup {
    html! {
        label.field { span { "Role" }
            select name="role" required { @for (word, about) in ROLES { option value=(word) { (about) } } } }
    }
}

fn users(accounts: &[Account], manage: bool) -> Markup {
    html! {
        section.section #users { h2 { "Users" }
            @if accounts.is_empty() { (empty("No accounts yet", "Whoever signs in by the printed link is an admin. Add accounts for people, each with a role.")) }
            @else {
                div.pane.table-frame tabindex="0" role="region" aria-label="Users" { table.list {
                    thead { tr { th { "Name" } th { "Role" } th { "State" } th { "Second factor" } th { "Signed in last" } @if manage { th { span.hidden { "Actions" } } } } }
                    tbody { @for account in accounts { tr {
                        td { (account.name) }
                        td { (account.role.as_str()) }
                        td { (state(account)) }
                        td { @if account.second.is_some() { span.badge.good { "on" } } @else { span.badge { "off" } } }
                        td { @match account.signed_in { Some(at) => { (when(at)) } None => { "never" } } }
                        @if manage { td { div.actions {
                            form method="post" action=(format!("/system/users/{}/reset", account.name)) { button.small aria-label=(format!("New link for {}", account.name)) { "New link" } }
                            @if account.disabled.is_none() {
                                form method="post" action=(format!("/system/users/{}/disable", account.name)) { button.small.danger aria-label=(format!("Disable {}", account.name)) { "Disable" } }
                            }
                        } } }
                    } } }
                } }
            }
            @if manage {
                form.inline-form.pane method="post" action="/system/users" {
                    label.field { span { "Name" } input name="name" required maxlength="64" pattern="[A-Za-z0-9._@\\-]+" autocomplete="off" autocapitalize="none"; }
                    (role_select())
                    button.primary { "Add a user" }
                }
            }
        }
    }
}

fn state(account: &Account) -> Markup {
    html! {
        @if account.disabled.is_some() { span.badge.bad { "disabled" } }
        @else if account.password.is_some() { span.badge.good { "active" } }
        @else { span.badge.warn { "invited" } }
    }
}

fn keys(keys: &[ApiKey], manage: bool, now: Timestamp) -> Markup {
    html! {
        section.section #keys { h2 { "API keys" }
            @if keys.is_empty() { (empty("No keys yet", "A program calls the API with a key of its own, made here or by `replytree key add`.")) }
            @else {
                div.pane.table-frame tabindex="0" role="region" aria-label="API keys" { table.list {
                    thead { tr { th { "Name" } th { "Role" } th { "State" } th { "Used last" } th { "Ends" } @if manage { th { span.hidden { "Actions" } } } } }
                    tbody { @for key in keys { tr {
                        td { (key.name) }
                        td { (key.role.as_str()) }
                        td { (key_state(key, now)) }
                        td { @match key.used { Some(at) => { (when(at)) } None => { "never" } } }
                        td { @match key.expires { Some(at) => { (when(at)) } None => { "not by itself" } } }
                        @if manage { td { @if key.revoked.is_none() {
                            form method="post" action=(format!("/system/keys/{}/revoke", path(&key.name))) { button.small.danger aria-label=(format!("Revoke {}", key.name)) { "Revoke" } }
                        } } }
                    } } }
                } }
            }
            @if manage {
                form.inline-form.pane method="post" action="/system/keys" {
                    label.field { span { "Name" } input name="name" required maxlength="64" autocomplete="off"; }
                    (role_select())
                    label.field { span { "Ends after days" } input name="days" inputmode="numeric" pattern="[0-9]{0,4}" placeholder="never" autocomplete="off"; }
                    button.primary { "Add a key" }
                }
            }
        }
    }
}

/// A name within an address.
fn path(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    name.bytes()
        .map(|byte| match plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

fn key_state(key: &ApiKey, now: Timestamp) -> Markup {
    html! {
        @if key.revoked.is_some() { span.badge.bad { "revoked" } }
        @else if key.expires.is_some_and(|end| end <= now) { span.badge.warn { "ended" } }
        @else { span.badge.good { "good" } }
    }
}

fn sessions(caller: &Caller, sessions: &[Session], manage: bool) -> Markup {
    let mine = |session: &Session| caller.via == crate::web::auth::Via::Session(session.hash);
    html! {
        section.section #sessions { h2 { "Signed in" }
            div.pane { ul.rows.padded { @for session in sessions {
                li { div { strong { (session.account) } " · " (browser(&session.browser))
                        p.hint { (session.address) " · since " (when(session.created)) " · used " (when(session.used)) } }
                    @if mine(session) { span.badge.good { "you" } }
                    @else if manage {
                        form method="post" action="/system/sessions/end" {
                            input type="hidden" name="session" value=(short(&session.hash));
                            button.small aria-label=(format!("Sign {} out", session.account)) { "Sign out" }
                        }
                    }
                }
            } @if sessions.is_empty() { li { "Nobody." } } } }
        }
    }
}

fn audit_table(rows: &[AuditRow]) -> Markup {
    html! {
        @if rows.is_empty() { (empty("Nothing yet", "What people and programs read and do is listed here.")) }
        @else {
            div.pane.table-frame tabindex="0" role="region" aria-label="Audit log" { table.list {
                thead { tr { th { "When" } th { "Who" } th { "What" } th { "About" } th { "Answer" } th { "From" } } }
                tbody { @for row in rows { tr {
                    td { (when(row.place.at)) }
                    td { (row.actor) @if let Some(role) = row.role { " " span.badge { (role.as_str()) } } }
                    td { code { (row.act) } }
                    td { (row.about) @if let Some(key) = row.lead { " " span.badge title="Stands for the lead in the ledger too" { "lead " (lead_name(&key)) } } }
                    td { span.badge.good[row.status < 400].bad[row.status >= 400] { (row.status) } }
                    td { (row.address) }
                } } }
            } }
        }
    }
}

/// The first half of what stands for a lead: enough to tell them apart.
pub fn lead_name(key: &[u8; 16]) -> String {
    key[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `GET /system/audit?actor=&phone=&cursor=`
pub async fn audit(
    Extension(caller): Extension<Caller>,
    State(app): State<AppState>,
    query: Query,
) -> Result<Response, Problem> {
    let unknown = query.get("phone").filter(|phone| !phone.trim().is_empty());
    let asked = log::asked(&app, &query);
    let wrong = asked.is_err() && unknown.is_some();
    let mut wanted = asked.unwrap_or_default();
    wanted.before = query.get("cursor").and_then(|cursor| cursor.parse().ok());
    wanted.limit = AUDIT_PAGE + 1;
    let mut rows = match wrong {
        true => Vec::new(),
        false => log::read(&app, wanted).await?,
    };
    let more = rows.len() > AUDIT_PAGE;
    rows.truncate(AUDIT_PAGE);
    let given = |name: &str| query.get(name).map_or("", String::as_str);
    let next = rows.last().filter(|_| more).map(|row| {
        format!(
            "/system/audit?actor={}&phone={}&cursor={}",
            path(given("actor")),
            path(given("phone")),
            row.place
        )
    });
    let body = html! {
        div.page {
            div.page-head { div { h1 { "Audit log" }
                p.lead { "Who read and did what, kept for 400 days. A lead is named by what stands for them in the ledger: look for a number to find what was read of it." } } }
            form.inline-form.pane method="get" action="/system/audit" {
                label.field { span { "Who" } input name="actor" value=(given("actor")) autocomplete="off"; }
                label.field { span { "A lead's number" } input name="phone" value=(given("phone")) inputmode="tel" autocomplete="off"; }
                button { "Show" }
            }
            @if wrong { p.banner.bad role="alert" { "That is not a phone number." } }
            (audit_table(&rows))
            @if let Some(next) = next { p.below { a.button href=(next) { "Older" } } }
        }
    };
    let frame = Frame::of(&app, &caller, Place::System, "Audit log").style("admin.css");
    Ok(frame.page(&body))
}
