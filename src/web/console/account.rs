//! `/account`: one's own password, second factor and sessions.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use axum::{Extension, http::StatusCode};
use maud::{Markup, html};

use crate::store::{Account, SecondFactor, Session};
use crate::web::auth::{Caller, Via};
use crate::web::console::page::{Frame, Place};
use crate::web::console::signin::{self, Fields};
use crate::web::console::{Page, when};
use crate::web::error::Problem;
use crate::web::state::AppState;
use crate::web::throttle::{ACCOUNT_TRIES, Rate};
use crate::web::{one_time, password};

/// What a change led to, said on the page that follows it.
enum Said {
    Nothing,
    Good(&'static str),
    Wrong(String),
    /// To be put into an authenticator, and confirmed.
    Secret([u8; 20]),
    /// Recovery codes, shown this once.
    Codes(Vec<String>),
}

pub async fn page(Extension(caller): Extension<Caller>, State(app): State<AppState>) -> Page {
    show(&app, &caller, Said::Nothing).await
}

async fn show(app: &AppState, caller: &Caller, said: Said) -> Page {
    let (name, now) = (caller.name.clone(), app.wall());
    let (account, sessions) = app
        .read(move |store| {
            let mut sessions = store.sessions(now)?;
            sessions.retain(|session| session.account == name);
            Ok((store.account(&name)?, sessions))
        })
        .await?;
    let brand = app.live().workspace.brand.clone();
    let status = match said {
        Said::Wrong(_) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let body = body(caller, account.as_ref(), &sessions, &brand, said);
    let frame = Frame::of(app, caller, Place::Account, "Your account").style("admin.css");
    Ok((status, frame.page(&body)).into_response())
}

fn body(
    caller: &Caller,
    account: Option<&Account>,
    sessions: &[Session],
    brand: &str,
    said: Said,
) -> Markup {
    html! {
        div.page {
            div.page-head { div { h1 { (caller.name) }
                p.lead { "You are signed in as " (caller.role.as_str()) "." } } }
            @match &said {
                Said::Good(said) => { p.banner.good role="status" { (said) } }
                Said::Wrong(said) => { p.banner.bad role="alert" { (said) } }
                Said::Nothing | Said::Secret(_) | Said::Codes(_) => {}
            }
            div.columns {
                @match account {
                    None => {
                        section.pane.card-pane { h2 { "Signed in by the printed link" }
                            p { "This session belongs to no account. Add an account for yourself on the "
                                a href="/system#users" { "System page" } ", then sign in with it." } }
                    }
                    Some(account) => {
                        (password_form())
                        (second_form(account, brand, &said))
                    }
                }
                (session_list(caller, sessions))
            }
        }
    }
}

fn password_form() -> Markup {
    html! {
        section.pane.card-pane { h2 { "Password" }
            form.fields method="post" action="/account/password" {
                label.field { span { "The one you have" }
                    input name="old" type="password" autocomplete="current-password" required; }
                label.field { span { "The new one" }
                    input name="password" type="password" autocomplete="new-password" minlength=(password::LEN_MIN) required;
                    span.hint { "At least " (password::LEN_MIN) " characters. You will be signed out everywhere." } }
                div { button { "Change it" } }
            }
        }
    }
}

fn second_form(account: &Account, brand: &str, said: &Said) -> Markup {
    html! {
        section.pane.card-pane #second { h2 { "Second factor" }
            @match (said, &account.second) {
                (Said::Secret(secret), _) => { (secret_form(account, brand, secret)) }
                (Said::Codes(codes), _) => {
                    p { "It is on. These codes let you in should you lose your authenticator, each once. Keep them now: they are not shown again." }
                    ul.codes { @for code in codes { li { code { (code) } } } }
                    p { a href="/account" { "I have kept them" } }
                }
                (_, Some(second)) => {
                    p { span.badge.good { "On" } " " (second.recovery.len()) " recovery codes left." }
                    form.fields method="post" action="/account/second/remove" {
                        label.field { span { "A code, to remove it" }
                            input name="code" autocomplete="one-time-code" autocapitalize="none" required; }
                        div { button.danger { "Remove it" } }
                    }
                }
                (_, None) => {
                    p { "A code from an authenticator on your phone, asked for beside the password." }
                    form method="post" action="/account/second" { button { "Set it up" } }
                }
            }
        }
    }
}

fn secret_form(account: &Account, brand: &str, secret: &[u8; 20]) -> Markup {
    let uri = one_time::uri(secret, &account.name, brand);
    let text = one_time::base32(secret);
    html! {
        p { "Scan this with an authenticator, or type the secret into it. Then write the code it shows." }
        @if let Some((path, side)) = one_time::picture(&uri) {
            svg.qr viewBox=(format!("0 0 {side} {side}")) role="img" aria-label="The secret as a QR code" shape-rendering="crispEdges" {
                rect width="100%" height="100%" fill="#fff" {}
                path d=(path) fill="#000" {}
            }
        }
        dl.facts-list { dt { "Secret" } dd { code.secret { (text) } } }
        details { summary { "As an address" } p.secret { code { (uri) } } }
        form.fields method="post" action="/account/second/confirm" {
            input type="hidden" name="secret" value=(text);
            label.field { span { "The code it shows" }
                input name="code" inputmode="numeric" autocomplete="one-time-code" required autofocus; }
            div { button.primary { "Switch it on" } }
        }
    }
}

fn session_list(caller: &Caller, sessions: &[Session]) -> Markup {
    let mine = |session: &Session| caller.via == Via::Session(session.hash);
    html! {
        section.pane.card-pane { h2 { "Where you are signed in" }
            ul.rows {
                @for session in sessions {
                    li { div { strong { (browser(&session.browser)) }
                            p.hint { (session.address) " · used " (when(session.used)) } }
                        @if mine(session) { span.badge.good { "this one" } }
                        @else {
                            form method="post" action="/account/sign-out" {
                                input type="hidden" name="session" value=(short(&session.hash));
                                button.small { "Sign out" }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What people call the browser of this user agent.
pub fn browser(agent: &str) -> &'static str {
    let known = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let found = known.iter().find(|(mark, _)| agent.contains(mark));
    found.map_or("Another program", |(_, name)| name)
}

/// Names a session on a page: half of its hash, which opens nothing.
pub fn short(hash: &[u8; 32]) -> String {
    hash[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

async fn own(app: &AppState, caller: &Caller) -> Result<Account, Problem> {
    let name = caller.name.clone();
    let account = app.read(move |store| store.account(&name)).await?;
    let by_session = matches!(caller.via, Via::Session(_));
    account
        .filter(|_| by_session)
        .ok_or_else(|| Problem::conflict("this session belongs to no account"))
}

fn text(given: &Fields, name: &str) -> String {
    given.get(name).cloned().unwrap_or_default()
}

fn may_try(app: &AppState, caller: &Caller) -> Result<(), Problem> {
    let key = format!("own {}", caller.name);
    app.tries
        .take(key, Rate::tries(ACCOUNT_TRIES), app.wall())?;
    Ok(())
}

pub async fn password(
    Extension(caller): Extension<Caller>,
    State(app): State<AppState>,
    Form(given): Form<Fields>,
) -> Page {
    may_try(&app, &caller)?;
    let account = own(&app, &caller).await?;
    let (old, new) = (text(&given, "old"), text(&given, "password"));
    let kept = account.password.clone();
    if !password::apart(&app, move || password::verify(&old, kept.as_ref())).await? {
        let said = Said::Wrong("The password you have is another.".to_string());
        return show(&app, &caller, said).await;
    }
    if let Err(weak) = password::check(&new, &account.name) {
        return show(&app, &caller, Said::Wrong(format!("Not taken: {weak}."))).await;
    }
    signin::set_password(&app, &account.name, new).await?;
    Ok(Redirect::to("/sign-in").into_response())
}

pub async fn begin_second(
    Extension(caller): Extension<Caller>,
    State(app): State<AppState>,
) -> Page {
    let account = own(&app, &caller).await?;
    if account.second.is_some() {
        return Err(Problem::conflict("a second factor is on; remove it first"));
    }
    let secret = one_time::new_secret().map_err(|_| Problem::overloaded())?;
    show(&app, &caller, Said::Secret(secret)).await
}

pub async fn confirm_second(
    Extension(caller): Extension<Caller>,
    State(app): State<AppState>,
    Form(given): Form<Fields>,
) -> Page {
    may_try(&app, &caller)?;
    let mut account = own(&app, &caller).await?;
    let secret = one_time::from_base32(&text(&given, "secret"))
        .ok_or_else(|| Problem::bad_request("the secret is not one that was shown here"))?;
    if account.second.is_some() {
        return Err(Problem::conflict("a second factor is on; remove it first"));
    }
    let Some(step) = one_time::fits(&secret, &text(&given, "code"), app.wall()) else {
        return show(&app, &caller, Said::Secret(secret)).await;
    };
    let codes = one_time::recovery_codes().map_err(|_| Problem::overloaded())?;
    account.second = Some(SecondFactor {
        secret,
        recovery: codes
            .iter()
            .map(|code| one_time::recovery_hash(code))
            .collect(),
        used: step,
    });
    app.read(move |store| store.put_account(&account)).await?;
    show(&app, &caller, Said::Codes(codes)).await
}

pub async fn remove_second(
    Extension(caller): Extension<Caller>,
    State(app): State<AppState>,
    Form(given): Form<Fields>,
) -> Page {
    may_try(&app, &caller)?;
    let mut account = own(&app, &caller).await?;
    let code = text(&given, "code");
    let now = app.wall();
    let good = account.second.as_mut().is_some_and(|second| {
        one_time::fits(&second.secret, &code, now).is_some_and(|step| step > second.used)
            || one_time::use_recovery(&mut second.recovery, &code)
    });
    if !good {
        let said = Said::Wrong("That code is not right, or was used already.".to_string());
        return show(&app, &caller, said).await;
    }
    account.second = None;
    app.read(move |store| store.put_account(&account)).await?;
    show(&app, &caller, Said::Good("The second factor is off.")).await
}

pub async fn end_session(
    Extension(caller): Extension<Caller>,
    State(app): State<AppState>,
    Form(given): Form<Fields>,
) -> Page {
    let named = text(&given, "session");
    let now = app.wall();
    app.read(move |store| {
        let sessions = store.sessions(now)?;
        let own = sessions
            .iter()
            .filter(|session| session.account == caller.name);
        for session in own.filter(|session| short(&session.hash) == named) {
            store.end_session(&session.hash)?;
        }
        Ok(())
    })
    .await?;
    Ok(Redirect::to("/account").into_response())
}
