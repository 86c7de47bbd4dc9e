//! What all pages share: head, navigation, and the way a part of a page is kept live. No page holds a
//! script or a style of its own: the content security policy of `web::limits` lets none run.
//!
//! A live part is an element with [`topics`](crate::web::console::live) to listen for and the address
//! of its own markup: `data-live="handoff talk-cv_…" hx-get="/inbox/queue" hx-trigger="live"
//! hx-swap="morph"`. `live.js` keeps one stream for the page and wakes the parts whose topic was
//! heard; htmx fetches them, idiomorph changes what differs and leaves focus and typed text alone.

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::web::auth::{Caller, Right};
use crate::web::state::AppState;

/// Where in the console a page stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Inbox,
    Flows,
    Leads,
    Figures,
    Consent,
    System,
    Phone,
    /// One's own, found under one's name.
    Account,
}

impl Place {
    const ALL: [Place; 7] = [
        Place::Inbox,
        Place::Flows,
        Place::Leads,
        Place::Figures,
        Place::Consent,
        Place::System,
        Place::Phone,
    ];

    fn name(self) -> &'static str {
        match self {
            Place::Inbox => "Inbox",
            Place::Flows => "Flows",
            Place::Leads => "Leads",
            Place::Figures => "Figures",
            Place::Consent => "Consent",
            Place::System => "System",
            Place::Phone => "Phone",
            Place::Account => "Account",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Place::Inbox => "/inbox",
            Place::Flows => "/flows",
            Place::Leads => "/leads",
            Place::Figures => "/figures",
            Place::Consent => "/consent",
            Place::System => "/system",
            Place::Phone => "/phone",
            Place::Account => "/account",
        }
    }

    /// Lines on a field of 20 by 20.
    fn sign(self) -> &'static str {
        match self {
            Place::Inbox => "M3 11l2-7h10l2 7v5H3zM3 11h4l1.500 2.500h3L13 11h4",
            Place::Flows => "M7 3h6v4H7zM3 13h5v4H3zM12 13h5v4h-5zM10 7v3M5.500 13v-3h9v3",
            Place::Leads => {
                "M7.500 9.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.500 16.500c0-3 2-5 5-5s5 2 5 5M13 \
                 4a2.700 2.700 0 0 1 0 5.200M14.500 12c2 .5 3 2.200 3 4.500"
            }
            Place::Figures => "M3 17V3M3 17h14M6.500 14v-4M10.500 14V6M14.500 14V9",
            Place::Consent => {
                "M10 2.500l6.500 2.500v5c0 3.500-2.700 6-6.500 7.500-3.800-1.500-6.500-4-6.500-7.500V5zM7 10l2.200 2.200L13 8"
            }
            Place::System => {
                "M3.500 4h13v5h-13zM3.500 11.500h13v5h-13zM6.500 6.500h.2M6.500 14h.2M10 6.500h3.500M10 14h3.500"
            }
            Place::Phone => "M6 2.500h8v15H6zM9 15h2",
            Place::Account => {
                "M10 9a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4 17c0-3.500 2.500-5 6-5s6 1.500 6 5"
            }
        }
    }

    /// Who finds it in their navigation.
    fn is_for(self, caller: &Caller, app: &AppState) -> bool {
        match self {
            Place::Inbox => caller.has(Right::ReadConversations, app),
            Place::Flows => caller.has(Right::ReadFlows, app),
            Place::Leads => caller.has(Right::ReadLeads, app),
            Place::Figures => caller.has(Right::ReadReports, app),
            Place::Consent => caller.has(Right::ReadConsents, app),
            Place::System => caller.has(Right::ReadMetrics, app),
            Place::Phone => app.sandbox.is_some() && caller.has(Right::UseSandbox, app),
            Place::Account => true,
        }
    }
}

/// A page's frame.
pub struct Frame {
    title: String,
    brand: String,
    place: Place,
    entries: Vec<Place>,
    who: String,
    role: &'static str,
    styles: Vec<&'static str>,
    script: Option<&'static str>,
    sandbox: Sandbox,
    now: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sandbox {
    Yes,
    No,
}

impl Sandbox {
    /// In the sandbox nothing leaves the machine.
    pub fn of(app: &AppState) -> Self {
        match app.sandbox {
            Some(_) => Sandbox::Yes,
            None => Sandbox::No,
        }
    }
}

impl Frame {
    pub fn of(app: &AppState, caller: &Caller, place: Place, title: impl Into<String>) -> Self {
        let entries = Place::ALL.into_iter();
        Frame {
            title: title.into(),
            brand: app.live().workspace.brand.clone(),
            place,
            entries: entries.filter(|place| place.is_for(caller, app)).collect(),
            who: caller.name.to_string(),
            role: caller.role.as_str(),
            styles: Vec::new(),
            script: None,
            sandbox: Sandbox::of(app),
            now: app.now().to_string(),
        }
    }

    /// A style sheet of `assets/` besides the shared one.
    pub fn style(mut self, file: &'static str) -> Self {
        self.styles.push(file);
        self
    }

    /// A module of `assets/`.
    pub fn script(mut self, file: &'static str) -> Self {
        self.script = Some(file);
        self
    }

    pub fn page(&self, main: &Markup) -> Response {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                (self.head())
                body hx-ext="morph" data-now=(self.now) {
                    a.skip href="#main" { "Skip to the page" }
                    (self.top())
                    main #main tabindex="-1" { (main) }
                    div.toast #toast role="status" aria-live="polite" {}
                }
            }
        };
        // Not `no-referrer`: a form posted from the page would then say that it comes from nowhere.
        let headers = [(header::REFERRER_POLICY, "same-origin")];
        (headers, Html(page.into_string())).into_response()
    }

    fn head(&self) -> Markup {
        html! {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content";
                meta name="color-scheme" content="light dark";
                // Nothing that the content security policy would refuse, and no page from a cache.
                meta name="htmx-config" content=(HTMX);
                title { (self.title) " · " (self.brand) }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/console.css";
                link rel="stylesheet" href="/assets/parts.css";
                link rel="stylesheet" href="/assets/picture.css";
                @for style in &self.styles {
                    link rel="stylesheet" href=(format!("/assets/{style}"));
                }
                // Before the first paint, so that a page in the dark never flashes.
                script src="/assets/theme.js" {}
                script src="/assets/vendor/htmx.min.js" defer {}
                script src="/assets/vendor/idiomorph-ext.min.js" defer {}
                script type="module" src="/assets/live.js" {}
                @if let Some(script) = self.script {
                    script type="module" src=(format!("/assets/{script}")) {}
                }
            }
        }
    }

    fn top(&self) -> Markup {
        html! {
            header.top {
                a.logo href="/" aria-label="Replytree: home" {
                    img src="/assets/icon.svg" alt="" width="26" height="26";
                    span { "Replytree" }
                }
                nav.places aria-label="Console" {
                    @for place in &self.entries {
                        a href=(place.path()) aria-current=[(self.place == *place).then_some("page")] {
                            (icon(place.sign()))
                            span { (place.name()) }
                        }
                    }
                }
                @if self.sandbox == Sandbox::Yes {
                    span.sandbox title="Nothing leaves this machine" { "Sandbox" }
                }
                a.who href="/account" title=(format!("{}: your account", self.role)) { (self.who) }
                button.icon-button #theme type="button" aria-label="Light or dark" title="Light or dark" {
                    svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true" {
                        path fill="currentColor" d="M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16zm0 1.600v12.800a6.400 6.400 0 0 1 0-12.800z" {}
                    }
                }
                form.sign-out method="post" action="/sign-out" {
                    button.icon-button aria-label="Sign out" title="Sign out" {
                        (icon("M8 3.500H3.500v13H8M12.500 6l4 4-4 4M16 10H7.500"))
                    }
                }
            }
        }
    }
}

/// Without a delay before what was swapped in is bound: a key pressed meanwhile would have the browser
/// send the form itself.
const HTMX: &str = r#"{"includeIndicatorStyles":false,"allowEval":false,"historyCacheSize":0,"refreshOnHistoryMiss":true,"scrollIntoViewOnBoost":false,"timeout":20000,"defaultSettleDelay":0}"#;

/// A drawing of lines on a field of 20 by 20, in the colour of the text around it.
pub fn icon(path: &str) -> Markup {
    html! {
        svg.icon viewBox="0 0 20 20" width="18" height="18" aria-hidden="true" { path d=(path) {} }
    }
}

/// What a list shows when there is nothing in it: what it is for, and what would fill it.
pub fn empty(title: &str, hint: &str) -> Markup {
    html! {
        div.empty-state {
            p.empty-title { (title) }
            p { (hint) }
        }
    }
}
