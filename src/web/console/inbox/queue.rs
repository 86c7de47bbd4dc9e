//! The list: handoffs on offer, hottest first and then by who must be called soonest; what the caller
//! has; what others have. Or every conversation, newest first; or who a search finds.

use std::collections::HashMap;

use maud::{Markup, html};

use crate::conversation::{Conversation, ConversationId, Priority, Status};
use crate::lead::PhoneNumber;
use crate::store::{
    ConversationQuery, HandoffQuery, HandoffRecord, HandoffStatus, LeadQuery, LeadRecord, Store,
    StoreError,
};
use crate::time::{Duration, Timestamp};
use crate::web::auth::Caller;
use crate::web::console::page::{empty, icon};
use crate::web::error::Problem;
use crate::web::state::AppState;

use super::{Shown, called, countdown, pretty, spaced, span};

/// The most handoffs of each state that are looked at, to find the most urgent.
const LOOKED_AT_MAX: usize = 2_000;
/// The most that are shown.
const HANDOFFS_MAX: usize = 200;
const PAGE: usize = 50;
const FOUND_MAX: usize = 20;

pub struct Queue {
    shown: Shown,
    groups: Vec<Group>,
    /// Where the next page of every conversation begins.
    next: Option<ConversationId>,
    now: Timestamp,
}

struct Group {
    title: &'static str,
    items: Vec<Item>,
    /// There are more than are shown.
    cut: bool,
}

struct Item {
    conversation: ConversationId,
    name: String,
    about: String,
    tags: String,
    mark: Mark,
    since: Timestamp,
}

enum Mark {
    /// On offer, or claimed: to be called until then.
    Call {
        priority: Priority,
        until: Timestamp,
        of: Duration,
        open: bool,
    },
    State(&'static str, String),
}

impl Queue {
    pub async fn read(app: &AppState, caller: &Caller, shown: &Shown) -> Result<Self, Problem> {
        let (who, wanted, now) = (caller.clone(), shown.clone(), app.now());
        let (groups, next) = app
            .read(move |store| {
                let mut names = Names::of(store);
                match (wanted.q.trim(), wanted.show.as_str()) {
                    ("", "all") => every(&mut names, &who, &wanted),
                    ("", _) => Ok((waiting(&mut names, &who, now)?, None)),
                    (q, _) => Ok((found(&mut names, &who, q)?, None)),
                }
            })
            .await?;
        Ok(Queue {
            shown: shown.clone(),
            groups,
            next,
            now,
        })
    }

    /// The search and the tabs, which stay, around the list, which is live.
    pub fn frame(&self) -> Markup {
        let all = self.shown.show == "all";
        html! {
            div.list-head {
                nav.tabs aria-label="Which conversations" {
                    a href="/inbox" aria-current=[(!all).then_some("page")] { "Queue" }
                    a href="/inbox?show=all" aria-current=[all.then_some("page")] { "All" }
                }
                button.icon-button #keys-button type="button" aria-label="Keys" title="Keys (?)" { kbd { "?" } }
            }
            label.search-box {
                span.hidden { "Search by name, number or email" }
                (icon("M9 3.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11zM13 13l4 4"))
                input #search type="search" name="q" value=(self.shown.q) placeholder="Name, number or email"
                    autocomplete="off" hx-get="/inbox/queue" hx-target="#queue" hx-swap="morph"
                    hx-trigger="input changed delay:200ms, search" hx-include="#show" hx-sync="this:replace";
                kbd aria-hidden="true" { "/" }
            }
            input #show type="hidden" name="show" value=(self.shown.show);
            (self.markup())
        }
    }

    pub fn markup(&self) -> Markup {
        let nothing = self.groups.iter().all(|group| group.items.is_empty());
        html! {
            div.queue #queue data-now=(self.now) data-live="handoff conversation" hx-get="/inbox/queue"
                hx-include="#search, #show" hx-trigger="live" hx-swap="morph" hx-sync="this:queue last" hx-disinherit="hx-sync" {
                @for group in self.groups.iter().filter(|group| !group.items.is_empty()) {
                    h2 { (group.title) span.count-badge { (group.items.len()) @if group.cut { "+" } } }
                    ul { @for item in &group.items { li { (self.item(item)) } } }
                }
                @if nothing { (self.nobody()) }
                @if let Some(next) = self.next {
                    a.button.quiet.more href=(format!("/inbox?show=all&before={next}")) { "Older ones" }
                }
            }
        }
    }

    fn nobody(&self) -> Markup {
        match (self.shown.q.trim(), self.shown.show.as_str()) {
            ("", "all") => empty("No conversations yet", "They appear here as leads come in."),
            ("", _) => empty(
                "Nobody is waiting",
                "When a flow hands a lead to a person, it appears here at once.",
            ),
            _ => empty("Nobody found", "Search by a name, an email or a number."),
        }
    }

    fn item(&self, item: &Item) -> Markup {
        let path = format!("/inbox/{}", item.conversation);
        html! {
            a.item href=(path) id=(format!("item-{}", item.conversation))
                data-open-handoff[matches!(item.mark, Mark::Call { open: true, .. })]
                hx-get=(format!("{path}/talk")) hx-target="#talk" hx-swap="innerHTML" hx-push-url=(path) {
                span.item-top {
                    span.item-name { (item.name) }
                    (self.mark(&item.mark))
                }
                span.item-about { (item.about) }
                span.item-tags {
                    span { (item.tags) }
                    span { span data-since=(item.since) { (span(self.now.since(item.since))) } " ago" }
                }
            }
        }
    }

    fn mark(&self, mark: &Mark) -> Markup {
        match mark {
            Mark::Call {
                priority,
                until,
                of,
                ..
            } => html! {
                span.call-by {
                    @if *priority == Priority::Hot { span.badge.hot { "Hot" } }
                    (countdown(*until, *of, self.now))
                }
            },
            Mark::State(tone, text) => {
                html! { span class=(format!("badge {tone}")) { (text) } }
            }
        }
    }
}

/// Leads that were looked up already.
struct Names<'s> {
    store: &'s dyn Store,
    known: HashMap<PhoneNumber, Option<LeadRecord>>,
}

impl<'s> Names<'s> {
    fn of(store: &'s dyn Store) -> Self {
        let known = HashMap::new();
        Names { store, known }
    }

    fn name(&mut self, phone: PhoneNumber) -> Result<String, StoreError> {
        if !self.known.contains_key(&phone) {
            self.known.insert(phone, self.store.lead(phone)?);
        }
        Ok(called(self.known[&phone].as_ref(), phone))
    }
}

fn waiting(names: &mut Names, caller: &Caller, now: Timestamp) -> Result<Vec<Group>, StoreError> {
    let of = |status| HandoffQuery {
        status: Some(status),
        team: None,
        limit: LOOKED_AT_MAX,
    };
    let mut open = names.store.handoffs(&of(HandoffStatus::Open))?;
    let claimed = names.store.handoffs(&of(HandoffStatus::Claimed))?;
    open.sort_by_key(HandoffRecord::urgency);
    let cut = open.len() > HANDOFFS_MAX;
    open.truncate(HANDOFFS_MAX);
    let (mut mine, others): (Vec<_>, Vec<_>) = claimed
        .into_iter()
        .filter(|handoff| caller.may_see(handoff.agent.as_deref()))
        .partition(|handoff| handoff.agent.as_deref() == Some(caller.name.as_str()));
    mine.sort_by_key(HandoffRecord::due);
    let mut yours = handoffs(names, &mine)?;
    let mut theirs = handoffs(names, &others)?;
    let taken = names.store.conversations(&ConversationQuery {
        status: Some("with_agent".to_string()),
        limit: HANDOFFS_MAX,
        ..ConversationQuery::default()
    })?;
    for conversation in taken {
        let Status::TakenOver { agent, .. } = &conversation.status else {
            continue;
        };
        let is_mine = *agent == *caller.name;
        let list = if is_mine { &mut yours } else { &mut theirs };
        let known = list.iter().any(|item| item.conversation == conversation.id);
        if !known && caller.may_see(Some(agent)) {
            list.push(item(names, &conversation, now)?);
        }
    }
    Ok(vec![
        Group {
            title: "Waiting for a person",
            items: handoffs(names, &open)?,
            cut,
        },
        Group {
            title: "Yours",
            items: yours,
            cut: false,
        },
        Group {
            title: "With others",
            items: theirs,
            cut: false,
        },
    ])
}

fn handoffs(names: &mut Names, records: &[HandoffRecord]) -> Result<Vec<Item>, StoreError> {
    let item = |handoff: &HandoffRecord| {
        let team = spaced(&handoff.team);
        Ok(Item {
            conversation: handoff.id.conversation,
            name: names.name(handoff.lead)?,
            about: handoff.brief.clone(),
            tags: match &handoff.agent {
                Some(agent) => format!("{agent} · {team}"),
                None => team,
            },
            mark: Mark::Call {
                priority: handoff.priority,
                until: handoff.due(),
                of: handoff.due().since(handoff.created),
                open: handoff.status == HandoffStatus::Open,
            },
            since: handoff.created,
        })
    };
    records.iter().map(item).collect()
}

fn item(
    names: &mut Names,
    conversation: &Conversation,
    now: Timestamp,
) -> Result<Item, StoreError> {
    let at = match conversation.step() {
        Some(step) => format!("{} · {step}", spaced(&conversation.flow)),
        None => spaced(&conversation.flow),
    };
    let name = names.name(conversation.lead)?;
    let number = pretty(conversation.lead);
    Ok(Item {
        conversation: conversation.id,
        about: if name == number {
            String::new()
        } else {
            number
        },
        name,
        tags: at,
        mark: state(conversation),
        since: conversation.started.min(now),
    })
}

fn state(conversation: &Conversation) -> Mark {
    let (tone, text) = match &conversation.status {
        Status::Scheduled => ("", "scheduled".to_string()),
        Status::Waiting(_) => ("accent", "with the flow".to_string()),
        Status::WithAgent(handoff) => match &handoff.agent {
            Some(agent) => ("warn", format!("with {agent}")),
            None => ("hot", "on offer".to_string()),
        },
        Status::TakenOver { agent, .. } => ("warn", format!("with {agent}")),
        Status::Ended { outcome } => ("", spaced(outcome)),
    };
    Mark::State(tone, text)
}

fn every(
    names: &mut Names,
    caller: &Caller,
    shown: &Shown,
) -> Result<(Vec<Group>, Option<ConversationId>), StoreError> {
    let before = shown.before.as_deref().and_then(|id| id.parse().ok());
    let mut page = names.store.conversations(&ConversationQuery {
        before,
        limit: PAGE + 1,
        ..ConversationQuery::default()
    })?;
    let more = page.len() > PAGE;
    page.truncate(PAGE);
    let next = page.last().filter(|_| more).map(|last| last.id);
    Ok((vec![seen(names, caller, page, more)?], next))
}

fn seen(
    names: &mut Names,
    caller: &Caller,
    page: Vec<Conversation>,
    cut: bool,
) -> Result<Group, StoreError> {
    let mut items = Vec::new();
    for conversation in page {
        let holder = crate::web::api::shapes::holder(&conversation);
        if caller.may_see(holder) {
            items.push(item(names, &conversation, conversation.started)?);
        }
    }
    Ok(Group {
        title: "Conversations",
        items,
        cut,
    })
}

/// The newest conversation of each lead that the search finds.
fn found(names: &mut Names, caller: &Caller, q: &str) -> Result<Vec<Group>, StoreError> {
    let leads = names.store.leads(&LeadQuery {
        q: Some(q.to_string()),
        after: None,
        limit: FOUND_MAX,
    })?;
    let mut page = Vec::new();
    for lead in leads {
        let newest = lead.active.or(lead.last);
        if let Some(id) = newest {
            page.extend(names.store.conversation(id)?);
        }
        names.known.insert(lead.lead.phone, Some(lead));
    }
    let mut group = seen(names, caller, page, false)?;
    group.title = "Found";
    Ok(vec![group])
}
