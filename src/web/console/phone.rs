//! `/phone`: a phone on which to text with any flow, the clock in hand and the flow's picture beside
//! it. The first thing a newcomer sees. What it does goes through the API and the sandbox's own calls;
//! what it shows comes from [`super::state`].

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use maud::{Markup, PreEscaped, html};
use serde_json::{Map, Value as Json, json};

use crate::conversation::{Priority, VersionId};
use crate::flow::{Flow, Objective, Target, Verb, picture};
use crate::lead::PhoneNumber;
use crate::policy::{MessageKind, zones};
use crate::runtime::Live;
use crate::time::{Timestamp, Zone};
use crate::web::auth::{Caller, Right, require};
use crate::web::console::page::{Frame, Place};
use crate::web::console::{Page, sample};
use crate::web::error::Problem;
use crate::web::state::AppState;

/// How the numbers of fictional leads begin, each of a city with one zone; three digits are to follow. The
/// North American Numbering Plan keeps 555-0100 to 555-0199 free for fiction, Ofcom 020 7946 0000 to 0999.
const CITIES: [(&str, &str); 7] = [
    ("New York", "+12125550"),
    ("Chicago", "+13125550"),
    ("Denver", "+13035550"),
    ("Los Angeles", "+12135550"),
    ("Honolulu", "+18085550"),
    ("San Juan", "+17875550"),
    ("London", "+442079460"),
];

pub async fn page(caller: Caller, State(app): State<AppState>) -> Page {
    if app.sandbox.is_none() {
        return Err(Problem::not_found("page"));
    }
    require(&caller, Right::UseSandbox, &app)?;
    Ok(Frame::of(&app, &caller, Place::Phone, "Phone")
        .style("phone.css")
        .script("phone.js")
        .page(&body(&app.live(), app.now())))
}

/// `GET /phone/picture/{version}`: the picture of the very version a conversation stands on.
pub async fn picture(
    _caller: Caller,
    State(app): State<AppState>,
    Path(version): Path<String>,
) -> Page {
    let version = read_version(&version).ok_or_else(|| Problem::not_found("version"))?;
    let engine = app.engine.clone();
    let flow = app.read(move |_| engine.flow(version)).await?;
    let flow = flow.ok_or_else(|| Problem::not_found("version"))?;
    let options = picture::Options {
        style: picture::Style::Bare,
        live: None,
    };
    // A version never changes, and neither does its picture while this binary serves.
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "private, max-age=3600"),
    ];
    Ok((headers, picture::svg(&flow, &options)).into_response())
}

pub(super) fn read_version(text: &str) -> Option<VersionId> {
    let mut bytes = [0; 16];
    if text.len() != 32 || !text.is_ascii() {
        return None;
    }
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[i * 2..i * 2 + 2], 16).ok()?;
    }
    Some(VersionId(bytes))
}

/// What the script starts from: the flows with their fields, the channel to text to, the cities.
fn start(live: &Live, now: Timestamp) -> Json {
    let channel = live
        .workspace
        .channels
        .iter()
        .find(|(_, channel)| channel.carrier == "sandbox")
        .or_else(|| live.workspace.channels.iter().next());
    let (name, number) = channel.map_or(("main", ""), |(name, channel)| {
        (
            name.as_str(),
            channel.from.first().map_or("", String::as_str),
        )
    });
    let zone = &live.workspace.time_zone;
    json!({
        "brand": live.workspace.brand,
        "now": now.to_string(),
        "zone": zone.name(),
        "channel": { "name": name, "number": number },
        "public_url": live.public_url,
        "first": first(live),
        "teams": live.workspace.teams.iter().map(|(name, team)| {
            let agents = team.agents.iter().map(|agent| Json::from(agent.name.as_str()));
            (name.to_string(), agents.collect())
        }).collect::<Map<String, Json>>(),
        "cities": CITIES.map(|(name, prefix)| json!({
            "name": name, "prefix": prefix,
            "zone": zone_of(prefix).unwrap_or(zone.name().to_string()),
        })),
        "flows": live.flows.values().map(|flow| flow_json(flow, now, zone)).collect::<Json>(),
    })
}

/// The flow a newcomer meets first: one that qualifies a lead and hands a hot one to an agent.
fn first(live: &Live) -> Option<&str> {
    let hands_off = |flow: &&Arc<Flow>| {
        flow.objective == Objective::Qualification
            && flow.steps.iter().any(|step| match &step.verb {
                Verb::Handoff(handoff) => handoff.priority == Priority::Hot,
                _ => false,
            })
    };
    // Best of all where the first answer alone makes the lead hot: "1", and an agent is called.
    let at_once = |flow: &&Arc<Flow>| hands_off(flow) && first_answer_hands_off(flow);
    let best = live
        .flows
        .values()
        .find(at_once)
        .or_else(|| live.flows.values().find(hands_off));
    best.or_else(|| live.flows.values().next())
        .map(|flow| flow.name.as_str())
}

/// Whether the first option of the first question leads straight to a handoff.
fn first_answer_hands_off(flow: &Flow) -> bool {
    let Verb::Ask(ask) = &flow.step(flow.start).verb else {
        return false;
    };
    let Some((_, Target::Step(ix))) = ask.exits().into_iter().next() else {
        return false;
    };
    matches!(flow.step(*ix).verb, Verb::Handoff(_))
}

fn zone_of(prefix: &str) -> Option<String> {
    let number: PhoneNumber = format!("{prefix}142").parse().ok()?;
    let zones = zones::candidates(number);
    // Britain's numbers may be of islands too; London's clock is theirs.
    let london = zones.iter().find(|zone| zone.name() == "Europe/London");
    let zone = london.or_else(|| zones.first());
    zone.map(|zone| zone.name().to_string())
}

fn flow_json(flow: &Flow, now: Timestamp, zone: &Zone) -> Json {
    let fields = flow.fields.iter().filter(|(name, _)| **name != *"phone");
    json!({
        "name": flow.name.as_str(),
        "about": flow.about,
        "industry": industry(flow),
        "version": flow.version.to_string(),
        "locales": flow.locales.iter().map(|l| l.as_str()).collect::<Json>(),
        "marketing": flow.kind == MessageKind::Marketing,
        "keywords": flow.start_keywords,
        "fields": fields.map(|(name, field)| json!({
            "name": name.as_str(),
            "kind": field.kind.name(),
            "optional": field.optional,
            "sample": sample::value(flow, name, field.kind, now, zone),
        })).collect::<Json>(),
    })
}

/// The folder a flow lies in.
pub fn industry(flow: &Flow) -> String {
    let mut folders = flow.file.rsplit('/').skip(1);
    match folders.next() {
        None | Some("" | "." | "flows") => "Your flows".to_string(),
        Some(folder) => {
            let spaced = folder.replace(['-', '_'], " ");
            let mut letters = spaced.chars();
            match letters.next() {
                Some(first) => first.to_uppercase().chain(letters).collect(),
                None => spaced,
            }
        }
    }
}

fn by_industry(live: &Live) -> BTreeMap<String, Vec<&Arc<Flow>>> {
    let mut groups: BTreeMap<String, Vec<&Arc<Flow>>> = BTreeMap::new();
    for flow in live.flows.values() {
        groups.entry(industry(flow)).or_default().push(flow);
    }
    groups
}

fn body(live: &Live, now: Timestamp) -> Markup {
    // `<` could close the script element.
    let start = start(live, now).to_string().replace('<', "\\u003c");
    html! {
        h1.hidden { "Phone" }
        script #start type="application/json" { (PreEscaped(start)) }
        div.desk #desk data-view="phone" {
            (setup(live))
            (device(&live.workspace.brand))
            (inspector())
        }
        nav.views aria-label="Parts of this page" {
            @for (view, label) in [
                ("setup", "Lead"), ("phone", "Phone"), ("map", "Map"), ("story", "Story"),
            ] {
                button type="button" data-view=(view) aria-pressed=(view == "phone") { (label) }
            }
        }
        (picker(live))
    }
}

fn setup(live: &Live) -> Markup {
    html! {
        section.pane.setup aria-label="The lead and the flow" data-part="setup" {
            @if live.flows.is_empty() {
                p.empty { "No flow is loaded. " a href="/flows" { "See what is wrong" } }
            }
            button.flow-button #choose type="button" aria-haspopup="dialog" {
                span.eyebrow #flow-industry {}
                span.flow-name #flow-name { "Choose a flow" }
                span.flow-about #flow-about {}
                span.change { "Change flow" }
            }
            form #lead-form autocomplete="off" {
                h2 { "The lead" }
                div.two {
                    label { "Name" input #lead-name name="name" maxlength="80"; }
                    label { "Language" select #lead-locale name="locale" {} }
                }
                div.two {
                    label { "City" select #lead-city name="city" {} }
                    label { "Number" input #lead-phone name="phone" inputmode="tel" maxlength="20" required; }
                }
                div #lead-fields {}
                p.form-error #form-error role="alert" {}
                div.actions {
                    button.primary #start-button type="submit" { "Start" }
                    button #fresh type="button" title="A new number, and the flow begins with it at once" { "Fresh lead" }
                }
            }
            div.try {
                h2 { "Things to try" }
                div.try-list {
                    button type="button" data-say="1" { "Answer “1”" }
                    button type="button" data-say="👍" { "Send 👍" }
                    button type="button" data-say="purple elephants" { "Be unclear" }
                    button type="button" data-say="HELP" { "Text HELP" }
                    button type="button" data-say="wrong number" { "“Wrong number”" }
                    button type="button" data-say="STOP" { "Text STOP" }
                    button type="button" data-do="forward" { "Stay silent: fast-forward" }
                }
            }
        }
    }
}

fn device(brand: &str) -> Markup {
    let initial: String = brand.chars().take(1).collect();
    html! {
        section.phone-column aria-label="The phone" data-part="phone" {
            div.device {
                div.screen {
                    div.status-bar aria-hidden="true" {
                        span #phone-time { "9:41" }
                        span.island {}
                        span.bars {
                            svg viewBox="0 0 18 12" width="17" height="11" fill="currentColor" {
                                rect x="0" y="8" width="3" height="4" rx="1" {}
                                rect x="5" y="5.5" width="3" height="6.5" rx="1" {}
                                rect x="10" y="3" width="3" height="9" rx="1" {}
                                rect x="15" y="0" width="3" height="12" rx="1" {}
                            }
                            svg viewBox="0 0 26 12" width="25" height="12" fill="none" stroke="currentColor" {
                                rect x=".5" y=".5" width="21" height="11" rx="3.5" opacity=".45" {}
                                rect x="2" y="2" width="18" height="8" rx="2.2" fill="currentColor" stroke="none" {}
                                path d="M23.5 4v4" stroke-width="1.6" stroke-linecap="round" opacity=".5" {}
                            }
                        }
                    }
                    div.contact {
                        span.avatar aria-hidden="true" { (initial) }
                        span.contact-name { (brand) }
                        span.contact-number #our-number {}
                    }
                    div.messages #messages role="log" aria-live="polite" aria-label="Messages" tabindex="0" {
                        div.welcome #welcome {
                            p.welcome-title { "Text with your flow" }
                            p { "Pick a flow, press Start, and answer as a lead would. Nothing leaves this machine." }
                            button.primary #welcome-start type="button" { "Start" }
                        }
                    }
                    div.chips #chips aria-label="Quick replies" {}
                    form.composer #composer {
                        label.hidden for="text" { "Your reply" }
                        textarea #text rows="1" placeholder="Text message" maxlength="1600" enterkeyhint="send" autocomplete="off" {}
                        button.send type="submit" aria-label="Send" {
                            svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true" {
                                path d="M10 16V4.5M5 9.2l5-5 5 5" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round" {}
                            }
                        }
                    }
                    span.home-bar aria-hidden="true" {}
                }
            }
        }
    }
}

fn inspector() -> Markup {
    html! {
        section.inspector aria-label="What goes on behind it" {
            div.clock.pane data-part="phone" {
                div.clock-face {
                    span.clock-time #clock-time { "--:--" }
                    span.clock-zone #clock-zone {}
                }
                div.next #next aria-live="polite" {}
                div.clock-buttons {
                    button.primary #forward type="button" disabled {
                        svg viewBox="0 0 20 20" width="16" height="16" fill="currentColor" aria-hidden="true" {
                            path d="M2.5 4.6v10.8l7.2-5.4zM10.3 4.6v10.8l7.2-5.4z" {}
                        }
                        span #forward-label { "Fast-forward" }
                    }
                    button type="button" data-advance="1h" { "+1 h" }
                    button type="button" data-advance="1d" { "+1 d" }
                }
            }
            div.agent-desk #agent-desk data-part="phone" hidden {}
            div.map.pane data-part="map" {
                div.map-head {
                    h2 { "The flow, live" }
                    div.facts #facts {}
                    div.zoom {
                        button.icon-button type="button" data-zoom="out" aria-label="Smaller" { "−" }
                        button.icon-button type="button" data-zoom="in" aria-label="Larger" { "+" }
                        button.icon-button type="button" data-zoom="fit" aria-label="Whole flow" title="Whole flow" { "⤢" }
                    }
                }
                div.picture #picture tabindex="0" aria-label="The flow's graph" {}
            }
            div.story.pane data-part="story" tabindex="0" aria-label="What happened" role="region" {
                h2 { "What happened" }
                dl.answers #answers {}
                ol.lines #lines {}
                p.empty #no-lines { "Every message, rule, timer and email will be told here." }
            }
        }
    }
}

fn picker(live: &Live) -> Markup {
    html! {
        dialog.picker #picker aria-labelledby="picker-title" {
            div.picker-head {
                h2 #picker-title { "Which conversation?" }
                label.search { span.hidden { "Search flows" } input #search type="search" placeholder="Search flows"; }
                form method="dialog" { button.icon-button aria-label="Close" { "✕" } }
            }
            div.picker-body {
                @for (industry, flows) in by_industry(live) {
                    section.group {
                        h3 { (industry) }
                        div.cards {
                            @for flow in flows {
                                button.card type="button" data-flow=(flow.name) {
                                    span.card-name { (flow.name.replace(['-', '_'], " ")) }
                                    span.card-about { (flow.about) }
                                    span.card-tags {
                                        @for locale in &flow.locales { span.tag { (locale) } }
                                        span.tag { (flow.steps.len()) " steps" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
