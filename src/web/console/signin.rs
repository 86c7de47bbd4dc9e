//! `/sign-in` and `/welcome/{token}`: the pages of those who are not signed in yet. What is said of a
//! failure is the same whatever was wrong, so that names cannot be tried out.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::lead::Name;
use crate::store::{Account, Store, StoreError};
use crate::time::Timestamp;
use crate::web::error::Problem;
use crate::web::session::{Begin, NoLink, welcome};
use crate::web::state::AppState;
use crate::web::throttle::{ACCOUNT_TRIES, ADDRESS_TRIES, Rate, Wait};
use crate::web::trail::Act;
use crate::web::{accounts, one_time, origin, password};

pub type Fields = HashMap<String, String>;

const WRONG: &str = "Name, password or code is not right.";
const NOT_OURS: &str = "Open this page from its own address and try again.";

/// For a page that was asked for by someone not signed in.
pub fn first(request: &Request) -> Response {
    let to = match request.method().is_safe() {
        true => request.uri().path(),
        false => "/",
    };
    (StatusCode::UNAUTHORIZED, page(to, None)).into_response()
}

/// The form; `next` is the path to go on to.
pub fn page(next: &str, wrong: Option<&str>) -> Response {
    shell(
        "Sign in",
        &html! {
            h1 { "Sign in" }
            @if let Some(wrong) = wrong { p.banner.bad role="alert" { (wrong) } }
            form.fields method="post" action="/sign-in" {
                input type="hidden" name="next" value=(next);
                label.field { span { "Name" }
                    input name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus; }
                label.field { span { "Password" }
                    input name="password" type="password" autocomplete="current-password" required; }
                label.field { span { "One-time code" }
                    input name="code" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" aria-describedby="code-hint";
                    span.hint #code-hint { "Only if you set one up. A recovery code does too." } }
                button.primary { "Sign in" }
            }
            p.hint { "For the first time here? Open the link that " code { "replytree serve" }
                " prints, or the one an admin gave you." }
        },
    )
}

fn shell(title: &str, main: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Replytree" }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/console.css";
                link rel="stylesheet" href="/assets/parts.css";
                link rel="stylesheet" href="/assets/admin.css";
                script src="/assets/theme.js" {}
            }
            body.door {
                main {
                    div.pane.door-pane {
                        p.door-logo { img src="/assets/icon.svg" alt="" width="30" height="30"; span { "Replytree" } }
                        (main)
                    }
                }
            }
        }
    };
    let headers = [(header::REFERRER_POLICY, "same-origin")];
    (headers, Html(page.into_string())).into_response()
}

/// A path of ours to go on to, whatever was asked for.
fn path_of_ours(next: Option<&String>) -> &str {
    match next.map(String::as_str) {
        Some(next) if next.starts_with('/') && !next.starts_with("//") && !next.contains('\\') => {
            next
        }
        _ => "/",
    }
}

/// `GET /sign-in`
pub async fn form() -> Response {
    page("/", None)
}

/// `POST /sign-in`
pub async fn submit(
    State(app): State<AppState>,
    parts: Parts,
    Form(given): Form<Fields>,
) -> Result<Response, Problem> {
    if !origin::is_own(&parts.headers, &app.live().public_url) {
        return Err(Problem::forbidden(NOT_OURS));
    }
    let address = origin::address(&parts.extensions, &parts.headers);
    let text = |name: &str| given.get(name).cloned().unwrap_or_default();
    let (name, secret, code) = (
        text("name").trim().to_string(),
        text("password"),
        text("code"),
    );
    let next = path_of_ours(given.get("next"));
    if let Err(wait) = may_try(&app, &name, &address) {
        return Ok(too_often(next, wait));
    }
    match enter(&app, &name, secret, code).await? {
        Entry::Known(account) => {
            app.tries.forgive(&account_key(&name));
            begin(&app, *account, &address, &parts.headers, next).await
        }
        Entry::Refused => {
            // The name as it was typed may be anything, a password too.
            let act = Act {
                status: 401,
                ..Act::done("sign-in refused", "")
            };
            let known = app.read({
                let name = name.clone();
                move |store| Ok(store.account(&name)?.is_some())
            });
            let actor = match known.await? {
                true => Name::from(name),
                false => Name::from("unknown"),
            };
            app.trail.note_of(actor, None, act, &address, app.wall());
            Ok((StatusCode::UNAUTHORIZED, page(next, Some(WRONG))).into_response())
        }
    }
}

fn account_key(name: &str) -> String {
    format!("account {}", name.to_lowercase())
}

fn may_try(app: &AppState, name: &str, address: &str) -> Result<(), Wait> {
    let now = app.wall();
    let by_address = format!("address {address}");
    app.tries
        .take(by_address, Rate::tries(ADDRESS_TRIES), now)?;
    app.tries
        .take(account_key(name), Rate::tries(ACCOUNT_TRIES), now)
}

fn too_often(next: &str, wait: Wait) -> Response {
    let seconds = wait.seconds();
    let said = match seconds {
        0..=119 => format!("Too many tries. Come again in {seconds} seconds."),
        _ => format!(
            "Too many tries. Come again in {} minutes.",
            seconds.div_ceil(60)
        ),
    };
    let mut response = page(next, Some(&said));
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, seconds.into());
    response
}

enum Entry {
    Known(Box<Account>),
    Refused,
}

/// Takes the same time for a name that is not known.
async fn enter(app: &AppState, name: &str, secret: String, code: String) -> Result<Entry, Problem> {
    let name = name.to_string();
    let account = app.read(move |store| store.account(&name)).await?;
    let account = account.filter(Account::can_sign_in);
    let kept = account
        .as_ref()
        .and_then(|account| account.password.clone());
    let fits = password::apart(app, move || password::verify(&secret, kept.as_ref())).await?;
    let Some(account) = account.filter(|_| fits) else {
        return Ok(Entry::Refused);
    };
    let now = app.wall();
    app.read(move |store| second(store, account, &code, now))
        .await
}

/// The second factor, where the account has one.
fn second(
    store: &dyn Store,
    mut account: Account,
    code: &str,
    now: Timestamp,
) -> Result<Entry, StoreError> {
    if let Some(second) = &mut account.second {
        let good = match one_time::fits(&second.secret, code, now) {
            Some(step) => {
                second.used = step;
                store.use_code(&account.name, step)?
            }
            None => one_time::use_recovery(&mut second.recovery, code),
        };
        if !good {
            return Ok(Entry::Refused);
        }
    }
    account.signed_in = Some(now);
    store.put_account(&account)?;
    Ok(Entry::Known(Box::new(account)))
}

async fn begin(
    app: &AppState,
    account: Account,
    address: &str,
    headers: &HeaderMap,
    next: &str,
) -> Result<Response, Problem> {
    let now = app.wall();
    let begin = Begin::of(account.name.clone(), None, address.to_string(), headers);
    let secret = app.read(move |store| Ok(begin.keep(store, now)?)).await?;
    let act = Act::done("signed in", "");
    app.trail
        .note_of(account.name, Some(account.role), act, address, now);
    Ok(welcome(headers, &secret, next))
}

/// `GET /welcome/{token}`
pub async fn invited(
    State(app): State<AppState>,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let now = app.wall();
    let of = token.clone();
    let account = app
        .read(move |store| accounts::invited(store, &of, now))
        .await?;
    Ok(match account {
        Some(account) => choice(&token, &account.name, None),
        None => lapsed(),
    })
}

fn lapsed() -> Response {
    let said = html! {
        h1 { "This link does not work any more" }
        p { "It works once, for seven days. Ask an admin for a new one: "
            code { "replytree user reset NAME" } ", or the System page." }
        p { a href="/sign-in" { "Sign in" } }
    };
    (StatusCode::GONE, shell("Lapsed", &said)).into_response()
}

/// For who opens the printed link in vain: what is the matter with it, and how to get another.
pub fn no_link(no: NoLink) -> Response {
    let (status, title, why) = match no {
        NoLink::Used => (
            StatusCode::GONE,
            "This link was used already",
            "It works once. In the browser that used it you are signed in still.",
        ),
        NoLink::Expired => (
            StatusCode::GONE,
            "This link has expired",
            "It works for a day after it was printed.",
        ),
        NoLink::Unknown => (
            StatusCode::UNAUTHORIZED,
            "There is no such link",
            "Copy all of it; only the one that was printed last works.",
        ),
    };
    let said = html! {
        h1 { (title) }
        p { (why) }
        p { "A new one: " code { "replytree user add NAME --role admin" } " prints a link for an account of its own. "
            "While nobody has signed in yet, starting " code { "replytree serve" } " again prints another too." }
        p { a href="/sign-in" { "Sign in" } }
    };
    (status, shell(title, &said)).into_response()
}

fn choice(token: &str, name: &str, wrong: Option<&str>) -> Response {
    shell(
        "Choose a password",
        &html! {
            h1 { "Welcome, " (name) }
            p.lead { "Choose the password you will sign in with." }
            @if let Some(wrong) = wrong { p.banner.bad role="alert" { (wrong) } }
            form.fields method="post" action=(format!("/welcome/{token}")) {
                input type="hidden" name="name" value=(name) autocomplete="username";
                label.field { span { "Password" }
                    input name="password" type="password" autocomplete="new-password" minlength=(password::LEN_MIN) required autofocus aria-describedby="password-hint";
                    span.hint #password-hint { "At least " (password::LEN_MIN) " characters; a few words in a row do well." } }
                label.field { span { "Once more" }
                    input name="again" type="password" autocomplete="new-password" required; }
                button.primary { "Save and sign in" }
            }
        },
    )
}

/// `POST /welcome/{token}`
pub async fn choose(
    State(app): State<AppState>,
    Path(token): Path<String>,
    parts: Parts,
    Form(given): Form<Fields>,
) -> Result<Response, Problem> {
    if !origin::is_own(&parts.headers, &app.live().public_url) {
        return Err(Problem::forbidden(NOT_OURS));
    }
    let address = origin::address(&parts.extensions, &parts.headers);
    let by_address = format!("address {address}");
    app.tries
        .take(by_address, Rate::tries(ADDRESS_TRIES), app.wall())?;
    let now = app.wall();
    let of = token.clone();
    let account = app
        .read(move |store| accounts::invited(store, &of, now))
        .await?;
    let Some(account) = account else {
        return Ok(lapsed());
    };
    let text = |name: &str| given.get(name).cloned().unwrap_or_default();
    let chosen = text("password");
    let wrong = match password::check(&chosen, &account.name) {
        Ok(()) if chosen == text("again") => None,
        Ok(()) => Some("The two are not the same.".to_string()),
        Err(weak) => Some(format!("Not taken: {weak}.")),
    };
    if let Some(wrong) = wrong {
        let again = choice(&token, &account.name, Some(&wrong));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
    }
    set_password(&app, &account.name, chosen).await?;
    begin(&app, account, &address, &parts.headers, "/").await
}

/// Hashes and keeps it, on a thread that may wait.
pub async fn set_password(app: &AppState, name: &Name, chosen: String) -> Result<(), Problem> {
    let (store, name) = (app.engine.store.clone(), name.clone());
    let set = move || accounts::set_password(store.as_ref(), &name, &chosen);
    password::apart(app, set).await?.map_err(Problem::from)
}

impl From<accounts::AccountError> for Problem {
    fn from(error: accounts::AccountError) -> Self {
        use accounts::AccountError as E;
        let said = error.to_string();
        match error {
            E::Name(_) | E::Weak(_) => Problem::field("", said),
            E::Known(_) | E::LastAdmin(_) => Problem::conflict(said),
            E::Unknown(_) => Problem::not_found("account"),
            E::Randomness(_) => Problem::overloaded(),
            E::Store(error) => error.into(),
        }
    }
}
