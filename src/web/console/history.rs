//! A lead's timeline to read: what was said on either side, and between it what happened.

use maud::{Markup, html};
use serde_json::Value as Json;

use crate::store::Row;
use crate::web::api::timeline;
use crate::web::console::page::empty;

/// Who a line is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Lead,
    Us,
    Nobody,
    /// A note, which the lead never saw.
    Team,
}

struct Line {
    side: Side,
    /// What it is, where it was not said.
    title: String,
    text: String,
    /// How it was read, or how it fares.
    note: String,
}

pub fn show(rows: &[Row]) -> Markup {
    let (items, _) = timeline::of(rows);
    let lines: Vec<(&Json, Line)> = items
        .iter()
        .filter_map(|item| line(item).map(|line| (item, line)))
        .collect();
    html! {
        @if lines.is_empty() { (empty("Nothing yet", "Texts, emails and all else that happens to this lead is listed here.")) }
        ol.history { @for (item, line) in &lines {
            li.from-lead[line.side == Side::Lead].from-us[line.side == Side::Us].event[matches!(line.side, Side::Nobody | Side::Team)].for-team[line.side == Side::Team] {
                @if !line.title.is_empty() { p.history-title { (line.title) } }
                @if !line.text.is_empty() { p.history-text dir="auto" { (line.text) } }
                p.history-note { (at(item)) @if !line.note.is_empty() { " · " (line.note) } }
            }
        } }
    }
}

fn at(item: &Json) -> Markup {
    let at = text(item, "at");
    let plain = at.get(..16).unwrap_or(&at).replace('T', " ");
    html! { time datetime=(at) data-at="day" { (plain) } }
}

fn text(item: &Json, name: &str) -> String {
    match &item[name] {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

/// What a row is to a reader; `None` for what only machines ask for.
fn line(item: &Json) -> Option<Line> {
    let told = |name: &str| text(item, name);
    let event = |title: String| Line {
        side: Side::Nobody,
        title,
        text: String::new(),
        note: String::new(),
    };
    let kind = told("type");
    Some(match kind.as_str() {
        "reply" => Line {
            side: Side::Lead,
            title: String::new(),
            text: told("text"),
            note: understood(item),
        },
        "message" => Line {
            side: Side::Us,
            title: String::new(),
            text: told("text"),
            note: fares(item),
        },
        "email" => Line {
            side: Side::Us,
            title: format!("Email: {}", told("subject")),
            text: told("text"),
            note: fares(item),
        },
        "note" => Line {
            side: Side::Team,
            title: format!("{} noted for the team", told("agent")),
            text: told("text"),
            note: String::new(),
        },
        "enrolled" => event(format!("Entered the flow, by {}", told("by"))),
        "timer" => event("The time to wait had passed".to_string()),
        "failed" => Line {
            note: told("reason"),
            ..event(format!("A message was {}", told("result")))
        },
        "handoff" => Line {
            text: told("brief"),
            ..event(handoff(item))
        },
        "event" => event(format!("They did: {}", told("event"))),
        "click" => event(format!("Opened the link {}", told("link"))),
        "taken_over" => event(format!("{} took the conversation over", told("agent"))),
        "released" => event("The conversation was given back to the flow".to_string()),
        "stopped" => event(format!("Ended: {}", told("outcome").replace('_', " "))),
        "call_answered" => event("An endpoint answered".to_string()),
        "slot_held" if item["held"] == Json::Bool(true) => {
            event(format!("Booked: {}", told("start")))
        }
        "slot_held" => event("The slot was taken already".to_string()),
        // What an agent wrote is there as a message, and the rest tells of rows shown already.
        _ => return None,
    })
}

fn handoff(item: &Json) -> String {
    let told = |name: &str| text(item, name);
    match told("event").as_str() {
        "opened" => format!("Handed to {} ({})", told("team"), told("priority")),
        "claimed" => format!("{} claimed it", told("agent")),
        "resolved" => format!(
            "{} said: {}",
            told("agent"),
            told("outcome").replace('_', " ")
        ),
        _ => format!(
            "The handoff was closed: {}",
            told("outcome").replace('_', " ")
        ),
    }
}

fn understood(item: &Json) -> String {
    let (rule, answer) = (text(item, "rule"), text(item, "answer"));
    match (rule.is_empty(), answer.is_empty()) {
        (true, _) => String::new(),
        (false, true) => format!("read by {rule}"),
        (false, false) => format!("read as {answer} by {rule}"),
    }
}

fn fares(item: &Json) -> String {
    let status = text(item, "status");
    let why = match &item["held"]["reason"] {
        Json::String(reason) => format!("{status} ({})", reason.replace('_', " ")),
        _ => status,
    };
    match text(item, "error") {
        error if error.is_empty() => why,
        error => format!("{why}: {error}"),
    }
}
