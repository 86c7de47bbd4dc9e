//! What an admin does on the System page: accounts, sessions of others, keys. A new link or key is
//! shown on the page that answers, this once.

use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Redirect};
use axum::{Form, http::StatusCode};
use maud::{Markup, html};

use crate::lead::Name;
use crate::store::Role;
use crate::time::Duration;
use crate::web::accounts;
use crate::web::auth::{Caller, new_key};
use crate::web::console::Page;
use crate::web::console::account::short;
use crate::web::console::page::{Frame, Place};
use crate::web::console::signin::Fields;
use crate::web::error::Problem;
use crate::web::state::AppState;

fn text<'f>(given: &'f Fields, name: &str) -> &'f str {
    given.get(name).map_or("", |text| text.trim())
}

fn role(given: &Fields) -> Result<Role, Problem> {
    let word = text(given, "role");
    let role = Role::ALL.into_iter().find(|role| role.as_str() == word);
    role.ok_or_else(|| Problem::field("/role", "must be author, agent, admin or auditor"))
}

/// A page with something to hand over.
fn handed(app: &AppState, caller: &Caller, title: &str, said: &Markup) -> Page {
    let body = html! {
        div.page { div.pane.card-pane.handed {
            h1 { (title) }
            (said)
            p { a.button href="/system" { "Back to System" } }
        } }
    };
    let frame = Frame::of(app, caller, Place::System, title).style("admin.css");
    Ok((StatusCode::OK, frame.page(&body)).into_response())
}

fn link(app: &AppState, token: &str) -> Markup {
    let address = format!("{}/welcome/{token}", app.live().public_url);
    html! {
        p { "Give this link to them. It lets its holder choose the password, once, within seven days." }
        p.handed-text { code { (address) } }
    }
}

pub async fn add(
    Extension(caller): Extension<Caller>,
    State(app): State<AppState>,
    Form(given): Form<Fields>,
) -> Page {
    let (name, role, now) = (text(&given, "name").to_string(), role(&given)?, app.wall());
    let title = format!("{name} was added");
    let token = app
        .read(move |store| Ok(accounts::add(store, &name, role, now)))
        .await??;
    handed(&app, &caller, &title, &link(&app, &token))
}

pub async fn disable(State(app): State<AppState>, Path(name): Path<String>) -> Page {
    let now = app.wall();
    app.read(move |store| Ok(accounts::disable(store, &name, now)))
        .await??;
    Ok(Redirect::to("/system#users").into_response())
}

pub async fn reset(
    Extension(caller): Extension<Caller>,
    State(app): State<AppState>,
    Path(name): Path<String>,
) -> Page {
    let now = app.wall();
    let title = format!("A new link for {name}");
    let token = app
        .read(move |store| Ok(accounts::reset(store, &name, now)))
        .await??;
    handed(&app, &caller, &title, &link(&app, &token))
}

pub async fn end_session(State(app): State<AppState>, Form(given): Form<Fields>) -> Page {
    let (named, now) = (text(&given, "session").to_string(), app.wall());
    app.read(move |store| {
        let sessions = store.sessions(now)?;
        for session in sessions.iter().filter(|it| short(&it.hash) == named) {
            store.end_session(&session.hash)?;
        }
        Ok(())
    })
    .await?;
    Ok(Redirect::to("/system#sessions").into_response())
}

const DAYS_MAX: i64 = 3650;

pub async fn add_key(
    Extension(caller): Extension<Caller>,
    State(app): State<AppState>,
    Form(given): Form<Fields>,
) -> Page {
    let (name, role, now) = (text(&given, "name").to_string(), role(&given)?, app.wall());
    if name.is_empty() || name.len() > 64 {
        return Err(Problem::field("/name", "must be 1 to 64 bytes"));
    }
    let days = match text(&given, "days") {
        "" => None,
        days => Some(
            days.parse::<i64>()
                .ok()
                .filter(|days| (1..=DAYS_MAX).contains(days))
                .ok_or_else(|| Problem::field("/days", "must be 1 to 3650, or left out"))?,
        ),
    };
    let (key, mut kept) =
        new_key(Name::from(name.as_str()), role, now).map_err(|_| Problem::overloaded())?;
    kept.expires = days.map(|days| now + Duration::days(days));
    let taken = app
        .read(move |store| {
            let live = |it: &crate::store::ApiKey| it.name == kept.name && it.revoked.is_none();
            if store.keys()?.iter().any(live) {
                return Ok(true);
            }
            store.add_key(&kept)?;
            Ok(false)
        })
        .await?;
    if taken {
        let said =
            format!("there is a key `{name}` already; revoke it first, or choose another name");
        return Err(Problem::conflict(said));
    }
    let said = html! {
        p { "Keep it now: it is not shown again. Its role is " (role.as_str()) "." }
        p.handed-text { code { (key) } }
    };
    handed(&app, &caller, &format!("The key {name}"), &said)
}

pub async fn revoke_key(State(app): State<AppState>, Path(name): Path<String>) -> Page {
    let now = app.wall();
    if !app.read(move |store| store.revoke_key(&name, now)).await? {
        return Err(Problem::not_found("key"));
    }
    Ok(Redirect::to("/system#keys").into_response())
}
