//! What stands still until a person has looked: channels that are closed, flows that are paused, work
//! that was set aside after a fault. Each says since when and why, and has its way on, behind a second
//! press that says what will follow.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};

use crate::lead::{Name, PhoneNumber, Value};
use crate::runtime::parked::{self, Parked, What};
use crate::runtime::watch::{self, Pause};
use crate::store::{Store, StoreError};
use crate::web::api;
use crate::web::auth::{Caller, Right};
use crate::web::console::{Page, doubt, when};
use crate::web::state::AppState;
use crate::web::trail::AboutLead;

/// What stands still, read at once.
#[derive(Default)]
pub struct Standing {
    flows: Vec<(Name, Pause)>,
    pub parked: Vec<Parked>,
    /// Messages of which nobody knows whether they left.
    doubts: u64,
    /// Of those leads, by number, who have one.
    names: Vec<(PhoneNumber, String)>,
}

impl Standing {
    pub fn read(store: &dyn Store) -> Result<Self, StoreError> {
        let parked = parked::list(store)?;
        let mut names = Vec::new();
        for lead in parked.iter().map(|parked| parked.lead) {
            let known = names.iter().any(|(phone, _)| *phone == lead);
            if !known
                && let Some(record) = store.lead(lead)?
                && let Value::Text(name) = record.lead.field("name")
            {
                names.push((lead, name.clone()));
            }
        }
        Ok(Standing {
            flows: watch::paused(store)?.into_iter().collect(),
            parked,
            doubts: doubt::count(store)?,
            names,
        })
    }

    pub fn show(&self, app: &AppState, caller: &Caller) -> Markup {
        let acts = caller.has(Right::RunChannels, app);
        let named = caller.has(Right::ReadLeads, app);
        html! {
            section.section #standstill {
                h2 { "Standing still" }
                @if self.flows.is_empty() && self.parked.is_empty() && self.doubts == 0 {
                    p.banner.good { "Nothing: no flow is paused, and no lead is set aside." }
                }
                @if !self.flows.is_empty() {
                    div.pane { ul.rows.padded { @for (flow, pause) in &self.flows { li { (paused(flow, pause, acts)) } } } }
                }
                @if !self.parked.is_empty() { (self.aside(named, acts)) }
                @if self.doubts > 0 {
                    p.banner #in-doubt {
                        @match self.doubts {
                            1 => "1 message is in doubt: nobody knows whether it left. ",
                            n => { (n) " messages are in doubt: nobody knows whether they left. " }
                        }
                        a href="/system/doubt" { "See whose, and what can be done" }
                    }
                }
            }
        }
    }

    fn aside(&self, named: bool, acts: bool) -> Markup {
        html! {
            div.pane.table-frame tabindex="0" role="region" aria-label="Work set aside" { table.list {
                thead { tr { th { "Lead" } th { "Flow and step" } th { "What" } th { "Since" } th { "Why" } @if acts { th { span.hidden { "Actions" } } } } }
                tbody { @for parked in &self.parked { tr {
                    td { (self.who(parked, named)) }
                    td { @if let Some(flow) = &parked.flow { (flow) @if let Some(step) = &parked.step { " · " code { (step) } } } @else { "none" } }
                    td { (what(&parked.what)) }
                    td { (when(parked.at)) }
                    td { (parked.why) }
                    @if acts { td { (ways_on(parked)) } }
                } } }
            } }
        }
    }

    fn who(&self, parked: &Parked, named: bool) -> Markup {
        let found = self.names.iter().find(|(phone, _)| *phone == parked.lead);
        let number = parked.lead.to_string();
        let name = found.map_or("", |(_, name)| name.trim());
        html! {
            @match (named, parked.conversation) {
                (false, _) => span.hint { "not yours to see" },
                (true, Some(id)) => a href=(format!("/inbox/{id}")) { @if name.is_empty() { (number) } @else { (name) } },
                (true, None) => @if name.is_empty() { (number) } @else { (name) },
            }
            @if named && !name.is_empty() { p.hint.number-text { (number) } }
        }
    }
}

fn what(what: &What) -> &'static str {
    match what {
        What::Timer { .. } => "A timer: the conversation waits",
        What::Outgoing { left: false, .. } => "A message that has not left",
        What::Outgoing { left: true, .. } => "A message that left; how it fared is not known",
        What::Reply { .. } => "A reply that nobody has read",
    }
}

fn ways_on(parked: &Parked) -> Markup {
    let path = |act: &str| format!("/system/parked/{}/{act}", parked.id());
    let follows = match &parked.what {
        What::Timer { .. } => "The timer fires at once, and the flow goes on from there.",
        What::Outgoing { .. } => {
            "It is judged again by consent, quiet hours and caps, and then sent."
        }
        What::Reply { .. } => "The text is read as if it came now, and the flow answers.",
    };
    html! {
        div.actions {
            @if parked.what.may_go_again() {
                (confirm("Try again", follows, &path("retry"), "Try it again", "primary"))
            }
            (confirm("Put away", "It leaves this list and is never done. What it was about stays as it is.", &path("dismiss"), "Put it away", "danger"))
        }
    }
}

fn paused(flow: &Name, pause: &Pause, acts: bool) -> Markup {
    html! {
        div {
            strong { a href=(format!("/flows/{flow}")) { (flow) } } " " span.badge.warn { "paused" }
            p.hint { (pause.why) ", since " (when(pause.at)) ". Its texts are held." }
        }
        @if acts {
            (confirm("Let it go on", "What was held leaves within a minute, to all who wait.", &format!("/system/flows/{flow}/resume"), "Let it go on", "primary"))
        }
    }
}

/// A closed channel's way on, beside what is said of it.
pub fn closed(name: &Name) -> Markup {
    let path = format!("/system/channels/{name}/resume");
    confirm(
        "Open it",
        "What waits leaves within half a minute. If the cause is not mended, it closes again.",
        &path,
        "Open the channel",
        "primary",
    )
}

/// An act behind a second press, which works without a script: the first unfolds what follows from it.
fn confirm(first: &str, follows: &str, path: &str, then: &str, class: &str) -> Markup {
    html! {
        details.confirm {
            summary.button.small { (first) }
            form.confirm-pane method="post" action=(path) {
                p { (follows) }
                button class=(class) { (then) }
            }
        }
    }
}

fn back() -> Redirect {
    Redirect::to("/system#standstill")
}

pub async fn open_channel(State(app): State<AppState>, Path(name): Path<String>) -> Page {
    api::channels::open(&app, &name)?;
    Ok(Redirect::to("/system#channels").into_response())
}

pub async fn resume_flow(State(app): State<AppState>, Path(flow): Path<String>) -> Page {
    api::flows::go_on(&app, flow).await?;
    Ok(back().into_response())
}

pub async fn retry(State(app): State<AppState>, Path(id): Path<String>) -> Page {
    let parked = api::parked::go_again(&app, id).await?;
    Ok((axum::Extension(AboutLead(parked.lead)), back()).into_response())
}

pub async fn dismiss(State(app): State<AppState>, Path(id): Path<String>) -> Page {
    let parked = api::parked::dismissed(&app, id).await?;
    Ok((axum::Extension(AboutLead(parked.lead)), back()).into_response())
}
