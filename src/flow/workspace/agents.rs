//! The teams of a workspace: their agents, the order they are asked in, and who is asked next.

use std::collections::BTreeMap;

use crate::flow::workspace::channels::{in_full, is_address};
use crate::flow::workspace::read::{Reader, entries, items, open, text_of, texts_of, word};
use crate::flow::workspace::{Agent, CLAIM_WITHIN, Route, Team, WebhookBody};
use crate::flow::yaml::{Entry, Node};
use crate::lead::{Name, PhoneNumber};
use crate::time::Duration;

pub fn teams(reader: &mut Reader, root: &Node, region: &str) -> BTreeMap<Name, Team> {
    let written = entries(root.get("teams"));
    let mut teams = BTreeMap::new();
    for entry in written.iter().filter(|entry| entry.value.map().is_some()) {
        let team = team(reader, &entry.value, region);
        teams.insert(Name::from(entry.key.as_str()), team);
    }
    for entry in written {
        next_team(reader, entry, &teams);
    }
    report_circles(reader, written, &teams);
    teams
}

fn team(reader: &mut Reader, node: &Node, region: &str) -> Team {
    let agents: Vec<Agent> = items(node.get("agents"))
        .iter()
        .filter_map(|node| agent(reader, node, region))
        .collect();
    let claim_within = word(node.get("claim_within"))
        .filter(|within| *within > Duration::ZERO)
        .unwrap_or(CLAIM_WITHIN);
    Team {
        route: route(reader, node.get("route"), &agents),
        agents,
        hours: open(node.get("hours")),
        claim_within,
        if_unclaimed: text_of(node.get("if_unclaimed")).map(Name::from),
        at_most: word(node.get("at_most")),
    }
}

fn agent(reader: &mut Reader, node: &Node, region: &str) -> Option<Agent> {
    node.map()?;
    let name = text_of(node.get("name"))?;
    let sms = node.get("sms").and_then(|sms| {
        let text = sms.text()?;
        let number = PhoneNumber::parse_loose(text, region);
        if number.is_err() {
            let message = format!("`{text}` is not a phone number");
            reader.report("E0604", sms.span, message, in_full(text, region));
        }
        number.ok()
    });
    if let Some(email) = node.get("email")
        && !email.text().is_some_and(is_address)
    {
        let message = format!(
            "`{}` is not an email address",
            email.text().unwrap_or_default()
        );
        let help = "write it as dana@northside.example".to_string();
        reader.report("E0611", email.span, message, help);
    }
    let ways = ["sms", "email", "webhook", "console"];
    if !ways.iter().any(|way| node.entry(way).is_some()) {
        let message = format!("`{name}` cannot be reached");
        let help = "give the agent `sms`, `email` or `webhook`; or `console: true` if they watch \
                    the console";
        let span = node.get("name").map_or(node.span, |name| name.span);
        reader.report("E0608", span, message, help.into());
    }
    Some(Agent {
        name,
        sms,
        email: text_of(node.get("email")),
        webhook: text_of(node.get("webhook")),
        webhook_body: match node.get("webhook_body").and_then(Node::text) {
            Some("slack") => WebhookBody::Slack,
            Some("teams") => WebhookBody::Teams,
            _ => WebhookBody::Standard,
        },
        webhook_secret: text_of(node.get("webhook_secret")),
        at_most: word(node.get("at_most")),
    })
}

fn route(reader: &mut Reader, node: Option<&Node>, agents: &[Agent]) -> Route {
    let Some(node) = node else {
        return Route::RoundRobin;
    };
    match node.text() {
        Some("least_busy") => return Route::LeastBusy,
        Some("everyone") => return Route::Everyone,
        Some(_) => return Route::RoundRobin,
        None => {}
    }
    let known = agents.iter().map(|agent| agent.name.as_str());
    let mut table = BTreeMap::new();
    for entry in entries(node.get("table")) {
        let names: Vec<String> = texts_of(Some(&entry.value)).map(str::to_string).collect();
        if names.is_empty() {
            let message = format!("`{}` names no agent", entry.key);
            let help = "write an agent's name behind each value, or a list of them".to_string();
            reader.report("E0606", entry.key_span, message, help);
            continue;
        }
        for named in items(Some(&entry.value)) {
            if !known.clone().any(|agent| Some(agent) == named.text()) {
                reader.unknown(named, "agent in this team", known.clone());
            }
        }
        table.insert(entry.key.clone(), names);
    }
    match word(node.get("by")) {
        Some(field) => Route::By {
            field: Name::from(String::as_str(&field)),
            table,
        },
        None => Route::RoundRobin,
    }
}

/// Whether the team that is asked next is there.
fn next_team(reader: &mut Reader, entry: &Entry, teams: &BTreeMap<Name, Team>) {
    let Some(next) = entry.value.get("if_unclaimed") else {
        return;
    };
    if !next.text().is_some_and(|next| teams.contains_key(next)) {
        reader.unknown(next, "team", teams.keys().map(|team| team.as_str()));
    }
}

/// Reports each circle of `if_unclaimed` once, at the first team of the file that is in it.
fn report_circles(reader: &mut Reader, written: &[Entry], teams: &BTreeMap<Name, Team>) {
    let mut told: Vec<&str> = Vec::new();
    for entry in written {
        let mut path = vec![entry.key.as_str()];
        let next = |team: &str| teams.get(team)?.if_unclaimed.as_ref().map(Name::as_str);
        // A path that enters another's circle and never comes back stops at the second visit.
        while let Some(team) = path.last().and_then(|team| next(team)) {
            if team == entry.key && !told.contains(&team) {
                let circle = format!("{} → {team}", path.join(" → "));
                let message = format!("a lead nobody claims would go round: {circle}");
                let help = "let the last team have no `if_unclaimed`".to_string();
                let node = entry.value.get("if_unclaimed").unwrap_or(&entry.value);
                reader.report("E0607", node.span, message, help);
                told.extend(&path);
            }
            if path.contains(&team) {
                break;
            }
            path.push(team);
        }
    }
}
