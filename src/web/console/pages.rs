//! The pages that are guarded by the table of rights: what each answers to and who may open it.

use axum::routing::{get, post};

use crate::web::auth::Right;
use crate::web::console::{
    account, consent, doubt, import, leads, signin, standstill, system, users,
};
use crate::web::guard::Access::{Member, Open, Page};
use crate::web::routes::Method::{Get, Post};
use crate::web::routes::{Route, route};

// tidy: table, one entry a page.
pub static ALL: &[Route] = &[
    route(Get, "/sign-in", Open, "Sign in", || {
        get(signin::form).post(signin::submit)
    }),
    route(Get, "/welcome/{token}", Open, "Choose a password", || {
        get(signin::invited).post(signin::choose)
    }),
    route(Get, "/account", Member, "One's own account", || {
        get(account::page)
    }),
    route(Post, "/account/password", Member, "Change it", || {
        post(account::password)
    }),
    route(Post, "/account/second", Member, "A second factor", || {
        post(account::begin_second)
    }),
    route(
        Post,
        "/account/second/confirm",
        Member,
        "Confirm it",
        || post(account::confirm_second),
    ),
    route(Post, "/account/second/remove", Member, "Remove it", || {
        post(account::remove_second)
    }),
    route(Post, "/account/sign-out", Member, "End a session", || {
        post(account::end_session)
    }),
    route(Get, "/leads", Page(Right::ReadLeads), "Leads", || {
        get(leads::list)
    }),
    route(
        Get,
        "/leads/{phone}",
        Page(Right::ReadLeads),
        "A lead",
        || get(leads::one),
    ),
    route(
        Post,
        "/leads/{phone}/erase",
        Page(Right::Erase),
        "Erase a lead",
        || post(leads::erase),
    ),
    route(Get, "/import", Page(Right::WriteLeads), "Import", || {
        get(import::page)
    }),
    route(
        Post,
        "/import",
        Page(Right::WriteLeads),
        "Take in a file",
        || post(import::upload),
    ),
    route(
        Get,
        "/import/{id}",
        Page(Right::WriteLeads),
        "Look at a file",
        || get(import::preview),
    ),
    route(
        Post,
        "/import/{id}/start",
        Page(Right::WriteLeads),
        "Import it",
        || post(import::start),
    ),
    route(
        Get,
        "/import/{id}/progress",
        Page(Right::WriteLeads),
        "How far it is",
        || get(import::progress),
    ),
    route(
        Get,
        "/import/{id}/refused.csv",
        Page(Right::WriteLeads),
        "Rows that were refused",
        || get(import::refused),
    ),
    route(
        Get,
        "/consent",
        Page(Right::ReadConsents),
        "Consent",
        || get(consent::page),
    ),
    route(
        Get,
        "/consent/export.csv",
        Page(Right::ReadConsents),
        "The ledger",
        || get(consent::export),
    ),
    route(
        Post,
        "/consent/verify",
        Page(Right::ReadConsents),
        "Verify the chain",
        || post(consent::verify),
    ),
    route(
        Get,
        "/consent/verify",
        Page(Right::ReadConsents),
        "How far that is",
        || get(consent::verified),
    ),
    route(Get, "/system", Page(Right::ReadSystem), "System", || {
        get(system::page)
    }),
    route(
        Get,
        "/system/figures",
        Page(Right::ReadSystem),
        "How much there is",
        || get(system::figures_part),
    ),
    route(
        Get,
        "/system/doubt",
        Page(Right::ReadSystem),
        "Messages in doubt",
        || get(doubt::page),
    ),
    route(
        Get,
        "/system/audit",
        Page(Right::ReadAudit),
        "The audit log",
        || get(system::audit),
    ),
    route(
        Post,
        "/system/channels/{name}/resume",
        Page(Right::RunChannels),
        "Open a channel",
        || post(standstill::open_channel),
    ),
    route(
        Post,
        "/system/flows/{flow}/resume",
        Page(Right::RunChannels),
        "Let a flow go on",
        || post(standstill::resume_flow),
    ),
    route(
        Post,
        "/system/parked/{id}/retry",
        Page(Right::RunChannels),
        "Have it done after all",
        || post(standstill::retry),
    ),
    route(
        Post,
        "/system/parked/{id}/dismiss",
        Page(Right::RunChannels),
        "Take it off the list",
        || post(standstill::dismiss),
    ),
    route(
        Post,
        "/system/users",
        Page(Right::Manage),
        "Add one",
        || post(users::add),
    ),
    route(
        Post,
        "/system/users/{name}/disable",
        Page(Right::Manage),
        "Disable one",
        || post(users::disable),
    ),
    route(
        Post,
        "/system/users/{name}/reset",
        Page(Right::Manage),
        "A new way in",
        || post(users::reset),
    ),
    route(
        Post,
        "/system/sessions/end",
        Page(Right::Manage),
        "End a session",
        || post(users::end_session),
    ),
    route(Post, "/system/keys", Page(Right::Manage), "Add one", || {
        post(users::add_key)
    }),
    route(
        Post,
        "/system/keys/{name}/revoke",
        Page(Right::Manage),
        "Revoke one",
        || post(users::revoke_key),
    ),
];
