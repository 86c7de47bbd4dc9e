//! `/system/doubt`: messages of which nobody knows whether they left: the connection broke, or the process
//! ended, between the request to the carrier and its answer. They are never sent again by themselves, so
//! a person is shown whose they are and what can be done.
//!
//! No index holds them, for they are few: the newest conversations are looked through, so many at a time.

use axum::extract::{Extension, State};
use maud::{Markup, html};

use crate::conversation::{Conversation, ConversationId, Effect};
use crate::lead::{Name, PhoneNumber, Value};
use crate::store::{ConversationQuery, RowBody, SendStatus, Sending, Store, StoreError};
use crate::web::auth::{Caller, Right};
use crate::web::console::page::{Frame, Place, empty};
use crate::web::console::tally::{CONVERSATIONS_MAX, PAGE};
use crate::web::console::{Page, when};
use crate::web::pages::Query;
use crate::web::state::AppState;

const SHOWN: usize = 50;
const ROWS: usize = 400;
/// Of one conversation, at most so many times [`ROWS`] are read.
const PAGES_OF_ROWS: usize = 10;
const WORDS_SHOWN: usize = 80;

/// A message in doubt.
struct Doubt {
    lead: PhoneNumber,
    name: String,
    conversation: ConversationId,
    flow: Name,
    what: &'static str,
    /// How it begins.
    words: String,
    sending: Sending,
}

/// Those that some conversations have.
#[derive(Default)]
struct Found {
    doubts: Vec<Doubt>,
    looked: usize,
    /// The conversation after which to go on, if there may be more.
    next: Option<ConversationId>,
}

/// How many there are, of all leads.
pub fn count(store: &dyn Store) -> Result<u64, StoreError> {
    let counts = store.count_outgoing()?.into_iter();
    let doubtful = counts.filter(|(status, _)| *status == SendStatus::Uncertain);
    Ok(doubtful.map(|(_, count)| count).sum())
}

impl Found {
    /// From the newest before `before` on, until enough are found or so many conversations were read.
    fn look(
        store: &dyn Store,
        mut before: Option<ConversationId>,
        all: u64,
    ) -> Result<Self, StoreError> {
        let mut found = Found::default();
        let first = before.is_none();
        while found.looked < CONVERSATIONS_MAX {
            let page = store.conversations(&ConversationQuery {
                before,
                limit: PAGE,
                ..ConversationQuery::default()
            })?;
            for conversation in &page {
                found.looked += 1;
                found.add(store, conversation)?;
                before = Some(conversation.id);
                let enough = found.doubts.len() >= SHOWN;
                if enough || first && found.doubts.len() as u64 >= all {
                    found.next = before.filter(|_| !first || (found.doubts.len() as u64) < all);
                    return Ok(found);
                }
            }
            if page.len() < PAGE {
                return Ok(found);
            }
        }
        found.next = before;
        Ok(found)
    }

    fn add(&mut self, store: &dyn Store, of: &Conversation) -> Result<(), StoreError> {
        let mut after = 0;
        for _ in 0..PAGES_OF_ROWS {
            let rows = store.timeline(of.lead, Some(of.id), after, ROWS)?;
            for row in &rows {
                let RowBody::Outgoing(effect, sending) = &row.body else {
                    continue;
                };
                if sending.status != SendStatus::Uncertain {
                    continue;
                }
                let (what, words) = shown(effect);
                self.doubts.push(Doubt {
                    lead: of.lead,
                    name: name(store, of.lead)?,
                    conversation: of.id,
                    flow: of.flow.clone(),
                    what,
                    words,
                    sending: sending.clone(),
                });
            }
            match rows.last() {
                Some(last) if rows.len() == ROWS => after = last.seq,
                _ => break,
            }
        }
        Ok(())
    }
}

fn name(store: &dyn Store, lead: PhoneNumber) -> Result<String, StoreError> {
    let record = store.lead(lead)?;
    Ok(
        match record.as_ref().map(|record| record.lead.field("name")) {
            Some(Value::Text(name)) => name.trim().to_string(),
            _ => String::new(),
        },
    )
}

/// What it is, and how it begins.
fn shown(effect: &Effect) -> (&'static str, String) {
    let (what, text) = match effect {
        Effect::Sms(message) => ("A text", message.text.as_str()),
        Effect::Email(email) => ("An email", email.subject.as_str()),
        _ => ("Something else that was to go out", ""),
    };
    let mut words: String = text.chars().take(WORDS_SHOWN).collect();
    if words.len() < text.len() {
        words.push('…');
    }
    (what, words)
}

/// `GET /system/doubt?before=`
pub async fn page(
    Extension(caller): Extension<Caller>,
    State(app): State<AppState>,
    query: Query,
) -> Page {
    let before: Option<ConversationId> = query.get("before").and_then(|id| id.parse().ok());
    let read = move |store: &dyn Store| {
        let all = count(store)?;
        let found = match all {
            0 => Found::default(),
            all => Found::look(store, before, all)?,
        };
        Ok((all, found))
    };
    let (all, found) = app.read(read).await?;
    let named = caller.has(Right::ReadLeads, &app);
    let body = html! {
        div.page {
            div.page-head { div {
                p.crumbs { a href="/system#standstill" { "System" } }
                h1 { "Messages in doubt" }
                p.lead { "Nobody knows whether these left: the carrier's answer never came. None is sent again by itself." }
            } }
            @if all == 0 { p.banner.good { "Nothing is in doubt." } }
            @else if found.doubts.is_empty() { (empty("None here", "None in the conversations that were looked through.")) }
            @else { (table(&found.doubts, named)) }
            @if all > 0 {
                p.below.hint { (all) " in all. Conversations looked through, the newest first: " (found.looked) "." }
            }
            @if let Some(next) = found.next { p.below { a.button href=(format!("/system/doubt?before={next}")) { "Look further back" } } }
        }
    };
    let frame = Frame::of(&app, &caller, Place::System, "Messages in doubt").style("admin.css");
    Ok(frame.page(&body))
}

fn table(doubts: &[Doubt], named: bool) -> Markup {
    html! {
        div.pane.table-frame tabindex="0" role="region" aria-label="Messages in doubt" { table.list #doubts {
            thead { tr { th { "Lead" } th { "Flow" } th { "Channel" } th { "Since" } th { "What" } th { "Why" } th { "What can be done" } } }
            tbody { @for doubt in doubts { tr {
                td { (who(doubt, named)) }
                td { (doubt.flow) }
                td { @match &doubt.sending.channel { Some(channel) => (channel), None => "none" } }
                td { (when(doubt.sending.changed)) }
                td { (doubt.what) @if named && !doubt.words.is_empty() { p.hint dir="auto" { (doubt.words) } } }
                td { (doubt.sending.error.as_deref().unwrap_or("The answer never came")) }
                td { (way_on(doubt, named)) }
            } } }
        } }
    }
}

fn who(doubt: &Doubt, named: bool) -> Markup {
    let number = doubt.lead.to_string();
    html! {
        @if !named { span.hint { "not yours to see" } }
        @else {
            a href=(thread(doubt)) { @if doubt.name.is_empty() { (number) } @else { (doubt.name) } }
            @if !doubt.name.is_empty() { p.hint.number-text { (number) } }
        }
    }
}

fn way_on(doubt: &Doubt, named: bool) -> Markup {
    html! {
        @if let Some(due) = doubt.sending.due { "The carrier is asked at " (when(due)) "; if it has it, this line goes." }
        @else if named { a href=(thread(doubt)) { "Open the thread" } ": see whether they answered it, and write again if they need it." }
        @else { "Whoever may write to the lead sees to it." }
    }
}

fn thread(doubt: &Doubt) -> String {
    format!("/inbox/{}", doubt.conversation)
}
