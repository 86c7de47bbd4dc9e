//! One conversation: who it is with, what can be done now, the thread, and a place to write. What can
//! be done follows from where the conversation rests and from who asks.

use std::sync::Arc;

use maud::{Markup, html};

use crate::conversation::{Conversation, ConversationId, Seq, Status};
use crate::flow::{Flow, Verb};
use crate::policy::{Consent, postcode, zones};
use crate::runtime::{Engine, Live};
use crate::store::{
    ConversationQuery, HandoffId, HandoffRecord, HandoffStatus, LeadRecord, Row, Store, StoreError,
};
use crate::time::{Timestamp, Zone};
use crate::web::api::shapes;
use crate::web::auth::{Caller, Right};
use crate::web::console::next;
use crate::web::console::page::icon;
use crate::web::error::Problem;
use crate::web::routes;
use crate::web::state::AppState;

use super::{called, countdown, pretty, side, spaced, thread};

/// The newest rows of a lead that are shown.
const ROWS_SHOWN: usize = 400;
/// The most that are read to find them.
const ROWS_MAX: usize = 5_000;
const ROWS_PAGE: usize = 500;
const CONVERSATIONS_SHOWN: usize = 12;

/// Told in the words in which a claim that came too late is refused, since both may come at once.
pub fn anothers(holder: Option<&str>) -> Problem {
    Problem::forbidden(format!("{} has it", holder.unwrap_or("another agent")))
}

pub struct Talk {
    pub conversation: Conversation,
    pub record: Option<LeadRecord>,
    pub flow: Option<Arc<Flow>>,
    pub rows: Vec<Row>,
    /// There are older rows than are shown.
    pub cut: bool,
    pub handoff: Option<HandoffRecord>,
    /// The lead's conversations, newest first.
    pub others: Vec<Conversation>,
    pub zone: Zone,
    pub now: Timestamp,
    may_serve: bool,
    who: String,
}

impl Talk {
    pub async fn read(
        app: &AppState,
        caller: &Caller,
        id: ConversationId,
    ) -> Result<Self, Problem> {
        let (engine, live, now) = (app.engine.clone(), app.live(), app.now());
        let (who, may_serve) = (caller.name.to_string(), caller.has(Right::Serve, app));
        let read = move |store: &dyn Store| Self::gather(store, &engine, &live, id, now);
        let found = app.read(read).await?;
        let mut talk = found.ok_or_else(|| Problem::not_found("conversation"))?;
        let holder = shapes::holder(&talk.conversation);
        if !caller.may_see(holder) {
            return Err(anothers(holder));
        }
        (talk.who, talk.may_serve) = (who, may_serve);
        Ok(talk)
    }

    fn gather(
        store: &dyn Store,
        engine: &Engine,
        live: &Live,
        id: ConversationId,
        now: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let Some(conversation) = store.conversation(id)? else {
            return Ok(None);
        };
        let lead = conversation.lead;
        let record = store.lead(lead)?;
        let handoff = match resting(&conversation.status) {
            Status::WithAgent(handoff) => {
                let seq = handoff.seq;
                store.handoff(HandoffId {
                    conversation: id,
                    seq,
                })?
            }
            _ => None,
        };
        let mut rows: Vec<Row> = Vec::new();
        let mut after: Seq = 0;
        while rows.len() < ROWS_MAX {
            let page = store.timeline(lead, None, after, ROWS_PAGE)?;
            let full = page.len() == ROWS_PAGE;
            after = page.last().map_or(after, |row| row.seq);
            rows.extend(page);
            if !full {
                break;
            }
        }
        let cut = rows.len().saturating_sub(ROWS_SHOWN);
        rows.drain(..cut);
        let told = record.as_ref().and_then(|r| r.lead.time_zone.as_ref());
        let told: Option<Zone> = told.and_then(|zone| zone.parse().ok());
        let own = &live.workspace.time_zone;
        let known = record.as_ref().map(|record| &record.lead);
        let home = known.and_then(|lead| postcode::of_lead(lead, &live.workspace.region));
        let zone = zones::of_lead(told.as_ref(), home, lead, own);
        let zone = zone.first().unwrap_or(own).clone();
        Ok(Some(Talk {
            flow: engine.flow(conversation.version)?,
            others: store.conversations(&ConversationQuery {
                lead: Some(lead),
                limit: CONVERSATIONS_SHOWN,
                ..ConversationQuery::default()
            })?,
            conversation,
            record,
            rows,
            cut: cut > 0,
            handoff,
            zone,
            now,
            may_serve: false,
            who: String::new(),
        }))
    }

    pub fn title(&self) -> String {
        called(self.record.as_ref(), self.conversation.lead)
    }

    pub fn markup(&self) -> Markup {
        let id = self.conversation.id;
        let path = format!("/inbox/{id}");
        html! {
            div.talk-body #talk-body data-now=(self.now) data-live=(format!("talk-{id}"))
                data-conversation=(id) hx-get=(format!("{path}/talk")) hx-trigger="live" hx-swap="morph"
                hx-sync="this:queue last" hx-disinherit="hx-sync" {
                div.talk-main {
                    (self.head())
                    div.thread #thread tabindex="0" role="log" aria-label="Messages" {
                        @if self.cut { p.thread-note { "Only the newest are shown." } }
                        (thread::items(&self.rows, id, &self.zone))
                    }
                    @if self.may_serve { (self.composer(&path)) }
                }
                (side::markup(self))
            }
        }
    }

    fn head(&self) -> Markup {
        let phone = self.conversation.lead;
        html! {
            header.talk-head {
                a.back href="/inbox" aria-label="Back to the list" { (icon("M12 4l-6 6 6 6")) }
                div.talk-who {
                    h2 { (self.title()) }
                    p.talk-state { (self.state()) }
                }
                button.quiet.about-button #about type="button" aria-pressed="false" { "About" }
                a.button.call-link href=(format!("tel:{phone}")) data-key="p" title="Call (p)" {
                    (icon("M6.500 3.500h-3c0 7 6 13 13 13v-3l-3.500-1.500-1.500 2c-2-1-3.500-2.500-4.500-4.500l2-1.500z"))
                    span { (pretty(phone)) }
                }
                @if self.may_serve { div.talk-acts { (self.acts()) } }
            }
        }
    }

    fn state(&self) -> Markup {
        let said = match (&self.conversation.status, &self.handoff) {
            (Status::Ended { outcome }, _) => return html! { "Ended: " (spaced(outcome)) },
            (Status::Scheduled, _) => "Begins later".to_string(),
            (Status::TakenOver { agent, .. }, _) => {
                format!(
                    "{} speak{} with them; the flow stands still",
                    self.you(agent),
                    self.s(agent)
                )
            }
            (Status::WithAgent(_), Some(handoff)) => return self.offered(handoff),
            (Status::WithAgent(_), None) => "With an agent".to_string(),
            (Status::Waiting(wait), _) => match self.next() {
                Some(next) => return html! { "At " code { (wait.step) } ". Next: " (next) },
                None => format!("At {}", wait.step),
            },
        };
        html! { (said) }
    }

    fn offered(&self, handoff: &HandoffRecord) -> Markup {
        let has = match &handoff.agent {
            Some(agent) => format!("{} claimed it", self.you(agent)),
            None => format!("On offer to {}", spaced(&handoff.team)),
        };
        html! {
            (has)
            @if let Some(within) = handoff.callback_within {
                " · call within " (countdown(handoff.created + within, within, self.now))
            }
        }
    }

    fn you<'s>(&'s self, agent: &'s str) -> &'s str {
        if agent == self.who { "You" } else { agent }
    }

    fn s(&self, agent: &str) -> &'static str {
        if agent == self.who { "" } else { "s" }
    }

    fn next(&self) -> Option<String> {
        let flow = self.flow.as_ref()?;
        let next = next::next(flow, &self.conversation, &[])?;
        Some(format!(
            "{} in {}",
            next.what,
            super::span(next.at.since(self.now))
        ))
    }

    /// What can be done now, the likeliest first.
    fn acts(&self) -> Markup {
        let path = format!("/inbox/{}", self.conversation.id);
        match &self.conversation.status {
            Status::Ended { .. } => html! {},
            Status::Scheduled | Status::Waiting(_) => self.take_over(&path, ""),
            Status::WithAgent(handoff) => match &handoff.agent {
                None => html! {
                    (act(&path, "claim", "Claim", "c", "primary"))
                    (self.take_over(&path, "quiet"))
                },
                Some(agent) if *agent == self.who => html! {
                    (self.outcomes(&path))
                    (self.take_over(&path, "quiet"))
                },
                Some(_) => self.take_over(&path, "quiet"),
            },
            Status::TakenOver { agent, resume, .. } if *agent == self.who => html! {
                @if matches!(**resume, Status::WithAgent(_)) { (self.outcomes(&path)) }
                (self.give_back(&path))
            },
            Status::TakenOver { .. } => html! {},
        }
    }

    fn take_over(&self, path: &str, class: &str) -> Markup {
        act(path, "takeover", "Take over", "t", class)
    }

    /// How the call went, in the flow's own words.
    fn outcomes(&self, path: &str) -> Markup {
        let step = self.conversation.step();
        let verb = step
            .and_then(|step| {
                self.flow
                    .as_ref()
                    .and_then(|f| f.find(step).map(|ix| (f, ix)))
            })
            .map(|(flow, ix)| &flow.step(ix).verb);
        let Some(Verb::Handoff(handoff)) = verb else {
            return html! {};
        };
        let names = handoff.outcomes.iter().map(|(name, _)| name.as_str());
        let names: Vec<&str> = names.filter(|name| *name != "unclaimed").collect();
        html! {
            form.outcomes hx-post=(format!("{path}/resolve")) hx-target="#talk-body" hx-swap="morph" {
                fieldset {
                    legend { "How did it go?" }
                    @for (n, name) in names.iter().enumerate() {
                        button.primary[n == 0] name="outcome" value=(name)
                            data-key=[(n == 0).then_some("o")] title=[(n == 0).then_some("(o)")] { (spaced(name)) }
                    }
                }
            }
        }
    }

    fn give_back(&self, path: &str) -> Markup {
        let stands = self.conversation.step();
        let steps = self.flow.iter().flat_map(|flow| &flow.steps);
        let steps = steps.filter(|step| !matches!(step.verb, Verb::End(_) | Verb::Return(_)));
        html! {
            form.give-back hx-post=(format!("{path}/release")) hx-target="#talk-body" hx-swap="morph" {
                label.hidden for="give-back-to" { "Give back to the flow, at the step" }
                select #give-back-to name="step" data-keep data-key="g" {
                    option value="" {
                        "where it stood" @if let Some(step) = stands { " (" (step) ")" }
                    }
                    @for step in steps { option value=(step.name) { "at " (step.name) } }
                }
                button { "Give back" }
            }
        }
    }

    fn composer(&self, path: &str) -> Markup {
        let id = self.conversation.id;
        html! {
            div.writing {
                fieldset.writing-to {
                    legend.hidden { "Who reads it" }
                    label { input #to-lead type="radio" name="to" checked data-keep; span { "Text" } }
                    label { input #to-team type="radio" name="to" data-keep data-key="n" title="Note (n)"; span { (icon(thread::PENCIL)) "Note" } }
                }
                (self.text_form(path))
                (note_form(path, id))
            }
        }
    }

    fn text_form(&self, path: &str) -> Markup {
        let id = self.conversation.id;
        html! {
            form.composer #composer hx-post=(format!("{path}/write")) hx-target="#talk-body" hx-swap="morph" {
                @if let Some(why) = self.silence() {
                    p.composer-note { (why) }
                } @else {
                    label.hidden for=(format!("text-{id}")) { "Write to " (self.title()) }
                    textarea id=(format!("text-{id}")) name="text" rows="1" data-keep data-key="r"
                        placeholder="Write a text" maxlength="1600" required aria-describedby="size" {}
                    div.composer-foot {
                        @if let Some(from) = templates() {
                            select #template data-keep data-key="s" data-from=(from) aria-label="Say a template" hidden {
                                option value="" { "Templates" }
                            }
                        }
                        span.size #size data-keep {}
                        @if let Some(hint) = self.hint() { span.hint { (hint) } }
                        span.hint.send-hint { kbd { "Ctrl" } " " kbd { "Enter" } }
                        button.primary { "Send" }
                    }
                }
            }
        }
    }

    /// Why nothing can be written now.
    fn silence(&self) -> Option<String> {
        let standing = self.record.as_ref().map(|record| &record.standing);
        if let Some(Consent::Revoked(_)) = standing.map(|standing| standing.consent) {
            return Some("They opted out: nothing may be sent to them.".to_string());
        }
        if standing.is_some_and(|standing| standing.unreachable) {
            return Some("The carrier says that this number cannot be reached.".to_string());
        }
        match &self.conversation.status {
            Status::Ended { .. } => Some("This conversation has ended.".to_string()),
            Status::TakenOver { agent, .. } if *agent != self.who => {
                Some(format!("{agent} is writing with them."))
            }
            _ => None,
        }
    }

    fn hint(&self) -> Option<&'static str> {
        match &self.conversation.status {
            Status::TakenOver { .. } => None,
            _ => Some("Writing takes over: the flow stands still"),
        }
    }
}

/// For the team alone; an ordinary form where no script runs.
fn note_form(path: &str, id: ConversationId) -> Markup {
    html! {
        form.composer.note-form #note-form method="post" action=(format!("{path}/note"))
            hx-post=(format!("{path}/note")) hx-target="#talk-body" hx-swap="morph" {
            label.hidden for=(format!("note-{id}")) { "A note for the team" }
            textarea id=(format!("note-{id}")) name="text" rows="1" data-keep
                placeholder="A note for the team" maxlength="4000" required {}
            div.composer-foot {
                span.size { "The lead never sees it" }
                span.hint.send-hint { kbd { "Ctrl" } " " kbd { "Enter" } }
                button.primary { "Keep note" }
            }
        }
    }
}

/// What agents say often, where this server keeps such texts; the browser fills the list.
const TEMPLATES: &str = "/v1/templates";

fn templates() -> Option<&'static str> {
    let there = routes::ALL.iter().any(|route| route.path == TEMPLATES);
    there.then_some(TEMPLATES)
}

/// Where the flow stands, whether or not somebody has taken it over.
pub fn resting(status: &Status) -> &Status {
    match status {
        Status::TakenOver { resume, .. } => resume,
        Status::Scheduled | Status::Waiting(_) | Status::WithAgent(_) | Status::Ended { .. } => {
            status
        }
    }
}

/// Whether somebody may still claim it.
pub fn is_open(handoff: &HandoffRecord) -> bool {
    handoff.status == HandoffStatus::Open
}

fn act(path: &str, does: &str, label: &str, key: &str, class: &str) -> Markup {
    html! {
        form hx-post=(format!("{path}/{does}")) hx-target="#talk-body" hx-swap="morph" {
            button class=(class) data-key=(key) title=(format!("{label} ({key})")) {
                (label) @if class == "primary" { " " kbd { (key) } }
            }
        }
    }
}
