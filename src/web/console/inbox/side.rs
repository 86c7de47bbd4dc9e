//! The lead at the side of the conversation: what is known of them, what they answered, whether they
//! may be written to, and what came before.

use maud::{Markup, html};

use crate::conversation::{Conversation, Status};
use crate::flow::template::shown;
use crate::lead::Value;
use crate::policy::Consent;
use crate::policy::consent::Level;
use crate::store::LeadRecord;
use crate::time::{Timestamp, Zone};

use super::talk::{Talk, is_open};
use super::{pretty, spaced};

pub fn markup(talk: &Talk) -> Markup {
    html! {
        aside.lead-side aria-label="The lead" tabindex="0" {
            @if let Some(handoff) = &talk.handoff {
                section.brief {
                    h3 { @if is_open(handoff) { "Why you" } @else { "Brief" } }
                    p { (handoff.brief) }
                }
            }
            section {
                h3 { "Consent" }
                @match &talk.record {
                    Some(record) => (consent(record)),
                    None => p.hint { "Nothing is known of this number." },
                }
            }
            section {
                h3 { "Answers" }
                (answers(talk))
            }
            section {
                h3 { "Lead" }
                (facts(talk))
            }
            section {
                h3 { "Conversations" }
                ul.talks { @for other in &talk.others { li { (other_talk(other, &talk.conversation)) } } }
            }
        }
    }
}

fn when(at: Timestamp) -> Markup {
    html! { time datetime=(at) data-at="day" { (at) } }
}

fn consent(record: &LeadRecord) -> Markup {
    let standing = &record.standing;
    html! {
        @match standing.consent {
            Consent::None => { span.badge.warn { "None recorded" } }
            Consent::Pending(at) => { span.badge.warn { "Asked, not confirmed" } p.hint { "since " (when(at)) } }
            Consent::Given(at, level) => {
                span.badge.good {
                    @match level {
                        Level::Marketing => "Given for marketing",
                        Level::Transactional => "Given for their own business",
                    }
                }
                p.hint { "since " (when(at)) }
            }
            Consent::Revoked(at) => { span.badge.bad { "Opted out" } p.hint { "since " (when(at)) } }
        }
        @if standing.unreachable { span.badge.bad { "Unreachable" } }
    }
}

fn answers(talk: &Talk) -> Markup {
    let conversation = &talk.conversation;
    let told = |value: &Value| shown(value, &conversation.locale, &talk.zone);
    if conversation.answers.is_empty() && conversation.score == 0 {
        return html! { p.hint { "None yet." } };
    }
    html! {
        dl.facts-list {
            @for (step, value) in &conversation.answers { dt { (spaced(step)) } dd { (told(value)) } }
            @for (name, value) in &conversation.saved { dt { (spaced(name)) } dd { (told(value)) } }
            @if conversation.score != 0 { dt { "score" } dd { (conversation.score) } }
        }
    }
}

fn facts(talk: &Talk) -> Markup {
    let lead = talk.record.as_ref().map(|record| &record.lead);
    let phone = talk.conversation.lead;
    html! {
        dl.facts-list {
            dt { "phone" } dd { (pretty(phone)) }
            dt { "their time" } dd { (local(talk.now, &talk.zone)) }
            @if let Some(lead) = lead {
                @if let Some(locale) = &lead.locale { dt { "language" } dd { (locale) } }
                @for (name, value) in &lead.fields { dt { (spaced(name)) } dd { (plain(value)) } }
                @if !lead.tags.is_empty() {
                    dt { "tags" }
                    dd { @for tag in &lead.tags { span.tag { (tag) } " " } }
                }
            }
            dt { "flow" }
            dd { a href=(format!("/flows/{}", talk.conversation.flow)) { (spaced(&talk.conversation.flow)) } }
        }
    }
}

/// `14:05, America/Chicago`
fn local(now: Timestamp, zone: &Zone) -> String {
    let there = now.in_zone(zone);
    format!("{:02}:{:02}, {}", there.hour(), there.minute(), zone.name())
}

fn other_talk(other: &Conversation, current: &Conversation) -> Markup {
    let rests = match &other.status {
        Status::Ended { outcome } => spaced(outcome),
        Status::Scheduled => "scheduled".to_string(),
        Status::Waiting(_) => "under way".to_string(),
        Status::WithAgent(_) | Status::TakenOver { .. } => "with an agent".to_string(),
    };
    html! {
        a href=(format!("/inbox/{}", other.id)) aria-current=[(other.id == current.id).then_some("true")] {
            (spaced(&other.flow)) " · " (rests) " · " (when(other.started))
        }
    }
}

pub fn plain(value: &Value) -> String {
    match value {
        Value::Nothing => "–".to_string(),
        Value::Text(text) | Value::Date(text) | Value::Time(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Money(amount, None) => amount.to_string(),
        Value::Money(amount, Some(currency)) => format!("{amount} {currency}"),
        Value::Bool(true) => "yes".to_string(),
        Value::Bool(false) => "no".to_string(),
        Value::Moment(at) => at.to_string(),
        Value::List(items) => items.join(", "),
    }
}
