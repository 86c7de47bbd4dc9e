//! `workspace.yaml` as plain data: the brand, its channels, teams, calendars and rules.

use std::collections::BTreeMap;

use crate::flow::condition::Expr;
use crate::lead::{Name, PhoneNumber};
use crate::policy::Rules;
use crate::time::{Days, Duration, Hours, Zone};

#[derive(Debug, Clone)]
pub struct Workspace {
    pub brand: String,
    /// How people reach the business, for HELP: "Call 312 555 0100 or write to help@…".
    pub contact: Option<String>,
    /// Where the world reaches us, without a slash at the end; `None` on a developer's machine.
    pub public_url: Option<String>,
    /// For a lead whose own zone is not known.
    pub time_zone: Zone,
    pub default_team: Name,
    /// Marked `health: true`: clinical detail is kept out of texts.
    pub health: bool,
    /// ISO 3166 code that numbers without a country are read in.
    pub region: String,
    pub channels: BTreeMap<Name, Channel>,
    pub email: Option<EmailSettings>,
    pub rules: Rules,
    pub teams: BTreeMap<Name, Team>,
    pub calendars: BTreeMap<Name, Calendar>,
    pub segments: BTreeMap<Name, Expr>,
    pub endpoints: BTreeMap<Name, Endpoint>,
    pub webhooks: BTreeMap<Name, Webhook>,
    pub retention: Retention,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// `twilio`, `webhook`, `sandbox`, …: a name of `carrier::ALL`.
    pub carrier: Name,
    /// Numbers, short codes or sender names; more than one is a pool, sticky per lead.
    pub from: Vec<String>,
    /// The carrier's own settings by key (`account`, `secret`, `secrets`, `public_key`, …), with
    /// `${NAME}` already filled in.
    pub settings: BTreeMap<Name, String>,
    /// Messages a second.
    pub rate: Option<f64>,
    pub api: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct EmailSettings {
    pub from: String,
    pub smtp: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Team {
    pub agents: Vec<Agent>,
    pub hours: Option<(Days, Hours)>,
    pub route: Route,
    pub claim_within: Duration,
    pub if_unclaimed: Option<Name>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    pub name: String,
    pub sms: Option<PhoneNumber>,
    pub email: Option<String>,
    pub webhook: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Route {
    RoundRobin,
    LeastBusy,
    Everyone,
    /// By a lead's field: its value picks the agent's name.
    By {
        field: Name,
        table: BTreeMap<String, String>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    pub days: Days,
    pub hours: Hours,
    pub slot: Duration,
    pub at_once: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    pub url: String,
    pub method: String,
    pub timeout: Duration,
    pub headers: BTreeMap<String, String>,
    /// What it answers in the sandbox and, unless a test says otherwise, in flow tests.
    pub sample: Option<serde_json::Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    pub url: String,
    pub secret: Option<String>,
    /// Patterns such as `lead.*`.
    pub events: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Retention {
    pub inactive_leads: Duration,
    pub message_text: Duration,
    pub consent_proof: Duration,
}

impl Workspace {
    /// How long a handoff to `team` is on offer in all: its own `claim_within`, then that of each team
    /// it falls to.
    pub fn claim_time(&self, team: &str) -> Duration {
        let mut total = Duration::ZERO;
        let mut asked: Vec<&str> = Vec::new();
        let mut next = self
            .teams
            .get_key_value(team)
            .or_else(|| self.teams.get_key_value(self.default_team.as_str()));
        while let Some((name, team)) = next {
            if asked.contains(&name.as_str()) {
                break;
            }
            asked.push(name);
            total = total + team.claim_within;
            next = team
                .if_unclaimed
                .as_ref()
                .and_then(|name| self.teams.get_key_value(name.as_str()));
        }
        if total == Duration::ZERO {
            Duration::mins(5)
        } else {
            total
        }
    }
}
