//! What all pages share: head and navigation. No page holds a script or a style of its own: the
//! content security policy of `web::limits` lets none run.

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// Where in the console a page stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Phone,
    Flows,
}

pub struct Frame<'a> {
    pub title: &'a str,
    pub brand: &'a str,
    pub place: Place,
    /// Of the page, besides the shared one.
    pub style: &'static str,
    pub script: Option<&'static str>,
    /// The sandbox: nothing leaves the machine.
    pub sandbox: Sandbox,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sandbox {
    Yes,
    No,
}

pub fn frame(frame: &Frame, main: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content";
                meta name="color-scheme" content="light dark";
                title { (frame.title) " · " (frame.brand) }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/console.css";
                link rel="stylesheet" href="/assets/picture.css";
                link rel="stylesheet" href=(format!("/assets/{}", frame.style));
                script type="module" src="/assets/theme.js" {}
                @if let Some(script) = frame.script {
                    script type="module" src=(format!("/assets/{script}")) {}
                }
            }
            body {
                a.skip href="#main" { "Skip to the page" }
                (header(frame))
                main #main tabindex="-1" { (main) }
            }
        }
    };
    // Not `no-referrer`: a form posted from the page would then say that it comes from nowhere.
    let headers = [(header::REFERRER_POLICY, "same-origin")];
    (headers, Html(page.into_string())).into_response()
}

fn header(frame: &Frame) -> Markup {
    let current = |place| (frame.place == place).then_some("page");
    html! {
        header.top {
            a.logo href="/" aria-label="Replytree: home" {
                img src="/assets/icon.svg" alt="" width="26" height="26";
                span { "Replytree" }
            }
            nav aria-label="Console" {
                @if frame.sandbox == Sandbox::Yes {
                    a href="/phone" aria-current=[current(Place::Phone)] { "Phone" }
                }
                a href="/flows" aria-current=[current(Place::Flows)] { "Flows" }
            }
            @if frame.sandbox == Sandbox::Yes {
                span.sandbox title="Nothing leaves this machine" { "Sandbox" }
            }
            button.icon-button #theme type="button" aria-label="Light or dark" title="Light or dark" {
                svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true" {
                    path fill="currentColor" d="M10 2a8 8 0 1 0 0 16zm0 1.6v12.8a6.4 6.4 0 0 0 0-12.8z" {}
                }
            }
        }
    }
}
