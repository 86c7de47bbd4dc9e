//! A lead's rows as one thread over texts, emails, handoffs and what else happened, oldest first: each
//! reply with what it was understood to mean and by which rule, each text with how it fares.

use maud::{Markup, html};

use crate::conversation::{
    ConversationId, Effect, EmailMessage, EmailReply, Entry, Event, FailedSend, HandoffOffer, Hop,
    SmsMessage, Understood,
};
use crate::policy::Purpose;
use crate::store::{Row, RowBody, SendStatus, Sending};
use crate::time::{Timestamp, Zone};

use crate::web::console::page::icon;

use super::spaced;

/// A pencil, of lines.
pub const PENCIL: &str = "M4 16l1-4L14 3l3 3-9 9zM12 5l3 3";

/// Rows of another conversation than `current` are marked as such.
pub fn items(rows: &[Row], current: ConversationId, zone: &Zone) -> Markup {
    let mut day = None;
    let mut writer: Option<&str> = None;
    html! {
        @for row in rows {
            @if let RowBody::Happened(Entry { event: Event::AgentWrote { agent, .. }, .. }) = &row.body {
                ({ writer = Some(agent); html! {} })
            } @else if let Some(item) = item(row, writer) {
                @let today = row.at.in_zone(zone).date();
                @if day.replace(today) != Some(today) {
                    h3.day { time datetime=(row.at) data-day { (today) } }
                }
                div.row id=(format!("row-{}", row.seq)) .before[row.conversation != Some(current)] { (item) }
            }
        }
    }
}

fn item(row: &Row, writer: Option<&str>) -> Option<Markup> {
    match &row.body {
        RowBody::Happened(entry) => match &entry.event {
            Event::Replied { text, media, .. } => Some(reply(row, entry, text, media)),
            Event::EmailReplied(reply) => Some(email_reply(row, entry, reply)),
            Event::Noted { agent, text } => Some(noted(row, agent, text)),
            event => said(event, entry).map(|text| note(row, &text)),
        },
        RowBody::Outgoing(effect, sending) => match effect {
            Effect::Sms(message) => Some(sms(row, message, sending, writer)),
            Effect::Email(message) => Some(email(row, message, sending)),
            Effect::AlertAgents(offer) => offer.of.is_none().then(|| handoff(row, offer)),
            Effect::TellAgent(told) => Some(note(
                row,
                &format!("Told {} by {}", told.agent, told.way.as_str()),
            )),
            Effect::Bridge { agent, .. } => {
                Some(note(row, &format!("Connects {agent} with the lead")))
            }
            Effect::Call { endpoint, .. } => Some(note(row, &format!("Asked {endpoint}"))),
            Effect::FindSlots { .. }
            | Effect::HoldSlot { .. }
            | Effect::Notify { .. }
            | Effect::CloseHandoff { .. }
            | Effect::SetField { .. }
            | Effect::CancelQueued
            | Effect::Consent(_)
            | Effect::Shortlink { .. }
            | Effect::MarkUnreachable
            | Effect::NudgeAgents { .. }
            | Effect::DropReminders { .. }
            | Effect::FreeSlot { .. }
            | Effect::FreeTexts { .. } => None,
        },
    }
}

fn hour(at: Timestamp) -> Markup {
    html! { time datetime=(at) data-at="hour" { (at) } }
}

fn note(row: &Row, text: &str) -> Markup {
    html! { p.thread-note { (text) " · " (hour(row.at)) } }
}

/// What the team keeps for itself: on neither side of the talk.
fn noted(row: &Row, agent: &str, text: &str) -> Markup {
    html! {
        div.team-note {
            p.team-note-head { (icon(PENCIL)) span { b { (agent) } " noted" } }
            p.words { (text) }
        }
        p.under.middle { "Only the team sees this · " (hour(row.at)) }
    }
}

fn reply(row: &Row, entry: &Entry, text: &str, media: &[String]) -> Markup {
    html! {
        div.bubble.theirs {
            p.words { (text) }
            @for link in media { p.media { (link) } }
        }
        p.under {
            (hour(row.at))
            @if let Some(understood) = &entry.understood { " · " (meaning(understood)) }
            (way(&entry.path))
        }
    }
}

fn email_reply(row: &Row, entry: &Entry, reply: &EmailReply) -> Markup {
    html! {
        div.bubble.theirs { p.words { (reply.text) } }
        p.under {
            "Email · " (hour(row.at))
            @if reply.automatic { " · written by a machine" }
            @if let Some(from) = &reply.from { " · from " (from) }
            @if let Some(understood) = &entry.understood { " · " (meaning(understood)) }
            (way(&entry.path))
        }
    }
}

fn meaning(understood: &Understood) -> Markup {
    let what = match (&understood.answer, understood.kind.as_str()) {
        (Some(answer), _) => html! { "understood as " b { (answer) } },
        (None, "unclear") => html! { b { "not understood" } },
        (None, kind) => html! { "understood as " b { (spaced(kind)) } },
    };
    html! {
        (what)
        @if !understood.rule.is_empty() { " by " code title="The rule that matched" { (understood.rule) } }
        @if !understood.certain && understood.kind.as_str() != "unclear" { " · another reading is possible" }
    }
}

/// Where a happening led to.
fn way(path: &[Hop]) -> Markup {
    html! {
        @if let Some(last) = path.last() {
            " → " code { (last.to.strip_prefix("end:").unwrap_or(&last.to)) }
        }
    }
}

fn sms(row: &Row, message: &SmsMessage, sending: &Sending, writer: Option<&str>) -> Markup {
    let by = match message.purpose {
        Purpose::Agent => writer.unwrap_or("An agent"),
        Purpose::Flow => "Flow",
        Purpose::OptOutConfirmation
        | Purpose::Help
        | Purpose::OptInConfirmation
        | Purpose::OptInRequest => "Notice",
    };
    let agent = message.purpose == Purpose::Agent;
    html! {
        div.bubble.ours.agent[agent].pending[sending.status.is_pending()].failed[is_lost(sending.status)] {
            p.words { (message.text) }
            @for link in &message.media { p.media { (link) } }
        }
        p.under.right {
            (by)
            @if let Some(step) = &message.step { " · " code { (step) } }
            " · " (hour(sending.accepted.unwrap_or(row.at))) " · " (fares(sending))
            @if sending.parts > 1 { " · " (sending.parts) " parts" }
        }
    }
}

fn is_lost(status: SendStatus) -> bool {
    matches!(
        status,
        SendStatus::Failed | SendStatus::Undelivered | SendStatus::Cancelled
    )
}

fn fares(sending: &Sending) -> Markup {
    let text = match sending.status {
        SendStatus::Delivered => return html! { span.ok { "delivered" } },
        SendStatus::Sent => "sent",
        SendStatus::Queued => "queued",
        SendStatus::Sending => "sending",
        SendStatus::Uncertain => "nobody knows whether it went",
        SendStatus::Cancelled => "taken back",
        SendStatus::Undelivered => "not delivered",
        SendStatus::Failed => "failed",
        SendStatus::Held => "held",
    };
    html! {
        span.trouble[is_lost(sending.status)].held[sending.status == SendStatus::Held] { (text) }
        @if let (SendStatus::Held, Some(why)) = (sending.status, sending.held) { " for " (spaced(why.as_str())) }
        @if let (SendStatus::Held, Some(due)) = (sending.status, sending.due) { " until " (time(due)) }
        @if let (true, Some(error)) = (is_lost(sending.status), &sending.error) { ": " (error) }
    }
}

fn time(at: Timestamp) -> Markup {
    html! { time datetime=(at) data-at="day" { (at) } }
}

fn email(row: &Row, message: &EmailMessage, sending: &Sending) -> Markup {
    html! {
        div.letter {
            p.letter-subject { "✉ " (message.subject) }
            details id=(format!("letter-{}", row.seq)) data-keep {
                summary { "Email to " (message.to) }
                p.words { (message.text) }
                @if let Some(slot) = &message.invite { p.hint { "With an invitation for " (time(slot.start)) } }
            }
        }
        p.under.right { "Email · " (hour(row.at)) " · " (fares(sending)) }
    }
}

fn handoff(row: &Row, offer: &HandoffOffer) -> Markup {
    html! {
        div.event-card {
            p {
                b { "Handed to " (spaced(&offer.team)) }
                " " span.badge.hot[offer.priority.as_str() == "hot"] { (offer.priority.as_str()) }
            }
            p { (offer.brief) }
        }
        p.under.middle { (hour(row.at)) }
    }
}

/// What happened, in a few words; `None` for what other lines say already.
fn said(event: &Event, entry: &Entry) -> Option<String> {
    let to = entry.path.last().map(|hop| hop.to.as_str());
    let text = match event {
        Event::Enrolled { by, .. } => format!("Began, by {}", spaced(by)),
        Event::TimerFired { .. } => match entry.path.last() {
            Some(hop) => format!("Silence at {}: on to {}", hop.from, trimmed(&hop.to)),
            None => return None,
        },
        Event::Failed { why, .. } => match why {
            FailedSend::Dropped(why) => format!("Not sent: {}", spaced(why.as_str())),
            FailedSend::Unreachable(error) => format!("Unreachable: {error}"),
            FailedSend::Refused(error) => format!("Refused by the carrier: {error}"),
        },
        Event::HandoffClaimed { agent } => format!("{agent} claimed it"),
        Event::HandoffResolved { outcome, agent } => {
            let who = agent.as_deref().unwrap_or("An agent");
            format!("{who}: {}", spaced(outcome))
        }
        Event::HandoffDeclined { agent } => format!("{agent} passed"),
        Event::AgentCalls { agent, .. } => format!("{agent} calls the lead"),
        Event::BookingCancelled => "The appointment is called off".to_string(),
        Event::LeadDid { event, .. } => format!("They did: {}", spaced(event)),
        Event::CallAnswered { saved: None, .. } => "The endpoint failed".to_string(),
        Event::SlotHeld { held: true, .. } => "The slot is booked".to_string(),
        Event::SlotHeld { held: false, .. } => "The slot was taken meanwhile".to_string(),
        Event::TakenOver { agent } => format!("{agent} took over; the flow stands still"),
        Event::Released { .. } => match to {
            Some(step) => format!("Given back to the flow, at {}", trimmed(step)),
            None => "Given back to the flow".to_string(),
        },
        Event::VersionMoved { by, .. } => format!("{by} moved it to a new version of the flow"),
        Event::EmailFailed { why, .. } => format!("The email does not arrive: {why}"),
        Event::EmailUnsubscribed { .. } => "They want no more marketing emails".to_string(),
        Event::Clicked { link } => format!("Opened the link {link}"),
        Event::Stopped { outcome } => format!("Ended: {}", spaced(outcome)),
        Event::Replied { .. }
        | Event::EmailReplied(_)
        | Event::Accepted { .. }
        | Event::Delivered { .. }
        | Event::CallAnswered { saved: Some(_), .. }
        | Event::SlotsFound { .. }
        | Event::Noted { .. }
        | Event::AgentWrote { .. } => return None,
    };
    Some(text)
}

fn trimmed(step: &str) -> &str {
    step.strip_prefix("end:").unwrap_or(step)
}
