//! `workspace.yaml` as plain data: the brand, its channels, teams, calendars and rules.

mod agents;
mod anomalies;
mod channels;
mod environment;
mod limits;
mod own_words;
mod read;
mod register;
pub mod roster;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use crate::diagnostic::{Diagnostic, Source, Span};
use crate::flow::condition::Expr;
use crate::flow::template::Template;
use crate::flow::yaml;
use crate::lead::{Name, PhoneNumber};
use crate::policy::Rules;
use crate::time::{Days, Duration, Hours, Zone};

pub use anomalies::Anomalies;
pub use limits::{HELD_SENDING, Limit, held_by};
pub use read::read;
pub use register::RegisterSettings;

/// The file that makes a folder a workspace.
pub const FILE: &str = "workspace.yaml";

/// Whether a path is that of such a file.
pub fn is_file(path: &str) -> bool {
    Path::new(path).ends_with(FILE)
}

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
    pub opt_in: OptIn,
    pub teams: BTreeMap<Name, Team>,
    pub calendars: BTreeMap<Name, Calendar>,
    pub segments: BTreeMap<Name, Expr>,
    pub endpoints: BTreeMap<Name, Endpoint>,
    pub webhooks: BTreeMap<Name, Webhook>,
    pub retention: Retention,
    pub register: Option<RegisterSettings>,
    pub anomalies: Anomalies,
    /// How much may be sent before somebody has to look.
    pub limits: Vec<Limit>,
    /// The answer to HELP, where the business wrote its own.
    pub help: Option<Said>,
    /// The one answer to an opt-out, where the business wrote its own.
    pub opt_out: Option<Said>,
    /// The confirmation of an opt-in, where the business wrote its own.
    pub opted_in: Option<Said>,
    /// The business's own domains, lower case.
    pub domains: Vec<String>,
    /// What agents say often, by name.
    pub templates: BTreeMap<Name, Said>,
    /// How long an agent may hold a conversation without a word before it goes back to the flow.
    pub takeover_lapses: Duration,
}

/// How long a takeover lasts in silence when the workspace does not say.
pub const TAKEOVER_LAPSES: Duration = Duration::mins(30);

/// Whether a lead confirms a consent that somebody told of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OptIn {
    #[default]
    Single,
    /// One text asks them, and only their own answer completes it.
    Double,
}

/// A text of the workspace: in any locale, or by locale. `{brand}` is all it may name.
#[derive(Debug, Clone, PartialEq)]
pub struct Said(pub Vec<(Option<Name>, Template)>);

impl Said {
    /// The text in `locale`, else in its language, else the first.
    pub fn in_locale(&self, locale: &str) -> Option<&Template> {
        let language = locale.split(['-', '_']).next().unwrap_or(locale);
        let find = |wanted: &str| {
            let mut all = self.0.iter();
            all.find(|(l, _)| l.as_ref().is_some_and(|l| **l == *wanted))
        };
        let found = find(locale).or_else(|| find(language));
        found.or(self.0.first()).map(|(_, text)| text)
    }
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
    /// Parts a second.
    pub rate: Option<f64>,
    /// Parts a second of each of its numbers.
    pub number_rate: Option<f64>,
    /// The channel that texts go by while this one is closed.
    pub failover: Option<Name>,
    pub api: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct EmailSettings {
    pub from: String,
    pub smtp: Option<String>,
    pub reply_to: Option<String>,
    /// A file of certificates to know the mail server by, besides those of the web.
    pub ca: Option<String>,
    /// What webhooks about email prove themselves by; two while one is changed. Without one, replies
    /// by email are not taken.
    pub inbound_secrets: Vec<String>,
    /// Of the business, for the foot of marketing emails.
    pub postal_address: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Team {
    pub agents: Vec<Agent>,
    pub hours: Option<(Days, Hours)>,
    pub route: Route,
    pub claim_within: Duration,
    pub if_unclaimed: Option<Name>,
    /// Leads that one of its agents may have at a time; who has so many is not asked.
    pub at_most: Option<u32>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    pub name: String,
    pub sms: Option<PhoneNumber>,
    pub email: Option<String>,
    pub webhook: Option<String>,
    pub webhook_body: WebhookBody,
    /// Signs what the webhook is told.
    pub webhook_secret: Option<String>,
    /// Instead of the team's.
    pub at_most: Option<u32>,
}

/// What an agent's webhook is told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WebhookBody {
    /// `{ type, timestamp, data }`, by Standard Webhooks.
    #[default]
    Standard,
    /// `{ "text": … }`.
    Slack,
    /// A message with an adaptive card.
    Teams,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Route {
    RoundRobin,
    LeastBusy,
    Everyone,
    /// By a lead's field: its value picks agents by name; several take turns.
    By {
        field: Name,
        table: BTreeMap<String, Vec<String>>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    pub days: Days,
    pub hours: Hours,
    pub slot: Duration,
    pub at_once: u32,
    /// An .ics whose events are busy.
    pub url: Option<String>,
    /// For the invitation.
    pub place: Option<String>,
    /// The endpoint that knows what is free, where the calendar is not our own.
    pub endpoint: Option<Name>,
    /// The endpoint that holds a slot; ours where there is none.
    pub hold: Option<Name>,
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
    /// Silent for so long, a lead is asked once more by `reconfirm`, then pruned.
    pub dormant_leads: Duration,
    pub reconfirm: Option<Name>,
}

impl Workspace {
    /// Whether texts leave the machine by any channel.
    pub fn has_real_channel(&self) -> bool {
        let mut channels = self.channels.values();
        channels.any(|channel| channel.carrier != "sandbox")
    }

    /// The team of this name, else the one for what no flow names.
    pub fn team(&self, name: &str) -> Option<(&Name, &Team)> {
        self.teams
            .get_key_value(name)
            .or_else(|| self.teams.get_key_value(self.default_team.as_str()))
    }

    /// How people reach the business: as it says, else the address its emails come from.
    pub fn contact(&self) -> Option<&str> {
        let written = self.contact.as_deref();
        written.or_else(|| {
            let from = &self.email.as_ref()?.from;
            let address = from
                .rsplit_once('<')
                .map_or(from.as_str(), |(_, rest)| rest);
            Some(address.trim().trim_end_matches('>'))
        })
    }

    /// What is missing where texts leave through a carrier and the answer to HELP names no way to reach the
    /// business.
    pub fn without_contact(&self, source: &Source) -> Option<Diagnostic> {
        let real = self
            .channels
            .values()
            .any(|channel| channel.carrier != *"sandbox");
        let silent = real && self.help.is_none() && self.contact().is_none();
        silent.then(|| {
            let root = yaml::read(&source.file, &source.text).0;
            let entry = |key| root.as_ref()?.entry(key);
            let (at, label) = match (entry("contact"), entry("brand")) {
                (Some(contact), _) => (contact.key_span, "nothing stands here"),
                (None, Some(brand)) => (brand.key_span, "add `contact` below this"),
                (None, None) => (Span::default(), "add `contact` here"),
            };
            let message = "the answer to HELP does not say how to reach you";
            Diagnostic::warning("E0612", &source.file, at, message)
                .label(label)
                .help("write `contact: \"Call 312 555 0100\"`")
        })
    }

    /// The agent of this name, in whichever team they stand first.
    pub fn agent(&self, name: &str) -> Option<&Agent> {
        self.agents().find(|agent| agent.name == name)
    }

    /// Every agent of every team; one who is in two comes twice.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.teams.values().flat_map(|team| &team.agents)
    }

    /// Whose mobile number this is.
    pub fn agent_of(&self, number: PhoneNumber) -> Option<&Agent> {
        self.agents().find(|agent| agent.sms == Some(number))
    }
}

/// A workspace that nothing was written for: the sandbox carrier, and one team that watches the
/// console.
impl Default for Workspace {
    fn default() -> Self {
        Self {
            brand: "Your business".into(),
            contact: None,
            public_url: None,
            time_zone: "America/New_York".parse().unwrap_or_else(|_| Zone::utc()),
            default_team: Name::from("sales"),
            health: false,
            region: "US".into(),
            channels: BTreeMap::from([(Name::from("main"), Channel::sandbox())]),
            email: None,
            rules: Rules::default(),
            opt_in: OptIn::default(),
            teams: BTreeMap::from([(Name::from("sales"), Team::at_the_console())]),
            calendars: BTreeMap::new(),
            segments: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            webhooks: BTreeMap::new(),
            retention: Retention::default(),
            register: None,
            anomalies: Anomalies::default(),
            limits: Vec::new(),
            help: None,
            opt_out: None,
            opted_in: None,
            domains: Vec::new(),
            templates: BTreeMap::new(),
            takeover_lapses: TAKEOVER_LAPSES,
        }
    }
}

impl Channel {
    fn sandbox() -> Self {
        Self {
            carrier: Name::from("sandbox"),
            from: vec!["+15550100000".into()],
            settings: BTreeMap::new(),
            rate: None,
            number_rate: None,
            failover: None,
            api: None,
        }
    }
}

/// How long an agent has to claim a lead when the team does not say.
const CLAIM_WITHIN: Duration = Duration::mins(5);

impl Team {
    fn at_the_console() -> Self {
        let agent = Agent {
            name: "Console".into(),
            sms: None,
            email: None,
            webhook: None,
            webhook_body: WebhookBody::Standard,
            webhook_secret: None,
            at_most: None,
        };
        Self {
            agents: vec![agent],
            hours: None,
            route: Route::Everyone,
            claim_within: CLAIM_WITHIN,
            if_unclaimed: None,
            at_most: None,
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            inactive_leads: Duration::days(24 * 30),
            message_text: Duration::days(13 * 30),
            consent_proof: Duration::days(5 * 365),
            dormant_leads: Duration::days(90),
            reconfirm: None,
        }
    }
}
