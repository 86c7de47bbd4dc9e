//! workspace.yaml to a [`Workspace`]: what its names and values stand for, checked against each
//! other.
//! The shape of the file is `grammar`'s; the environment is the caller's.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::flow::condition;
use crate::flow::grammar::{self, Shape, WORKSPACE};
use crate::flow::template::{self, Names};
use crate::flow::workspace::environment::{self, Env};
use crate::flow::workspace::own_words::Answer;
use crate::flow::workspace::{
    Calendar, Channel, Endpoint, Limit, OptIn, Retention, Said, Team, Webhook, Workspace, agents,
    anomalies, channels, limits, register,
};
use crate::flow::yaml::{self, Entry, Node, Style, Yaml};
use crate::lead::Name;
use crate::policy::{Cap, Holiday, MessageKind, QuietHours, Region, Rules, countries};
use crate::time::{Days, Duration, Hours, Zone};

/// The workspace as far as it can be read, and everything wrong with it. `text` is the file's;
/// `env` looks up a variable of the environment.
pub fn read(file: &str, text: &str, env: &Env) -> (Workspace, Vec<Diagnostic>) {
    let (root, mut problems) = yaml::read(file, text);
    let Some(mut root) = root else {
        if problems.is_empty() {
            let empty = Diagnostic::error("E0005", file, Span::default(), "this file is empty");
            problems.push(empty.help("a workspace begins with `brand: <your name>`"));
        }
        return (Workspace::default(), problems);
    };
    problems.extend(environment::fill(file, text, &mut root, env));
    problems.extend(grammar::check(
        file,
        text,
        &mut root,
        &Shape::Object(&WORKSPACE),
    ));
    let mut reader = Reader {
        file,
        text,
        problems,
    };
    let workspace = reader.workspace(&root);
    (workspace, reader.problems)
}

/// Collects problems while the parts are read.
pub struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn workspace(&mut self, root: &Node) -> Workspace {
        let defaults = Workspace::default();
        let region = self.region(root.get("region"));
        let brand = text_of(root.get("brand")).unwrap_or(defaults.brand);
        let help = root.get("help");
        let contact = text_of(root.get("contact")).or_else(|| text_of(help?.get("contact")));
        let teams = agents::teams(self, root, &region);
        let channels = channels::channels(self, root, &region).unwrap_or(defaults.channels);
        Workspace {
            brand: brand.clone(),
            contact,
            public_url: text_of(root.get("public_url"))
                .map(|url| url.trim_end_matches('/').to_string()),
            time_zone: self
                .zone(root.get("time_zone"))
                .unwrap_or(defaults.time_zone),
            default_team: self
                .default_team(root, &teams)
                .unwrap_or(defaults.default_team),
            health: text_of(root.get("health")).as_deref() == Some("true"),
            channels: channels.clone(),
            email: channels::email(self, root.get("email")),
            rules: Rules {
                countries: self.countries(root, &channels, &region),
                ..self.rules(root)
            },
            opt_in: opt_in(root.get("sending")),
            teams: if root.get("teams").is_some() {
                teams
            } else {
                defaults.teams
            },
            calendars: self.calendars(root),
            segments: self.segments(root.get("segments")),
            endpoints: named(root.get("endpoints"), |node| Some(endpoint(node))),
            webhooks: named(root.get("webhooks"), |node| Some(webhook(node))),
            retention: retention(root.get("retention")),
            register: register::read(self, root.get("register")),
            anomalies: anomalies::read(root.get("anomalies")),
            limits: self.limits(root, &channels),
            help: self.answer(help, Answer::Help, &brand),
            opt_out: self.answer(root.get("opt_out"), Answer::OptOut, &brand),
            opted_in: self.answer(root.get("opt_in"), Answer::OptIn, &brand),
            templates: self.templates(root.get("templates")),
            takeover_lapses: word(root.get("takeover_lapses"))
                .filter(|lapses| *lapses > Duration::ZERO)
                .unwrap_or(defaults.takeover_lapses),
            domains: texts_of(root.get("domains"))
                .map(|domain| domain.to_lowercase())
                .collect(),
            region,
        }
    }

    pub fn report(&mut self, code: &'static str, span: Span, message: String, help: String) {
        let problem = Diagnostic::error(code, self.file, span, message);
        self.problems.push(problem.help(help));
    }

    /// Reports a name that nothing of its kind bears.
    pub fn unknown<'n>(
        &mut self,
        node: &Node,
        what: &str,
        known: impl Iterator<Item = &'n str> + Clone,
    ) {
        let name = node.text().unwrap_or_default();
        let help = match nearest(name, known.clone()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => {
                let known: Vec<String> = known.map(|name| format!("`{name}`")).collect();
                format!("there is {}", known.join(", "))
            }
        };
        let message = format!("there is no {what} `{name}`");
        self.report("E0606", node.span, message, help);
    }

    fn region(&mut self, node: Option<&Node>) -> String {
        let written = node.and_then(Node::text).unwrap_or("US");
        let code = written.to_ascii_uppercase();
        let known = code.parse::<rlibphonenumber::Region>().is_ok();
        if code.len() == 2 && known {
            return code;
        }
        if let Some(node) = node {
            let message = format!("`{written}` is not a country");
            let help = "write its two letters, such as `US`, `GB` or `MX`".to_string();
            self.report("E0610", node.span, message, help);
        }
        "US".to_string()
    }

    fn zone(&mut self, node: Option<&Node>) -> Option<Zone> {
        let node = node?;
        let written = node.text()?;
        // `EST` and the like are zones without a summer.
        let place = written.contains('/') || written == "UTC";
        match written.parse::<Zone>() {
            Ok(zone) if place => Some(zone),
            _ => {
                let message = format!("`{written}` is not a time zone");
                let help = match zone_meant(written) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "name a place, such as `America/Chicago` or `Europe/Madrid`".into(),
                };
                self.report("E0605", node.span, message, help);
                None
            }
        }
    }

    fn default_team(&mut self, root: &Node, teams: &BTreeMap<Name, Team>) -> Option<Name> {
        let known = teams.keys().map(|team| team.as_str());
        if let Some(node) = root.get("default_team") {
            let name = node.text()?;
            let there = teams.contains_key(name);
            if !there && root.get("teams").is_some() {
                self.unknown(node, "team", known);
            }
            return Some(Name::from(name));
        }
        let entry = root.entry("teams")?;
        if let [only] = entry.value.map()? {
            return Some(Name::from(only.key.as_str()));
        }
        let message = "nothing says which team is the default".to_string();
        let known: Vec<String> = known.map(|team| format!("`{team}`")).collect();
        let help = format!("write `default_team:` with one of {}", known.join(", "));
        self.report("E0606", entry.key_span, message, help);
        teams.keys().next().cloned()
    }

    fn rules(&mut self, root: &Node) -> Rules {
        let defaults = Rules::default();
        let sending = root.get("sending");
        let under = |key: &str| sending.and_then(|sending| sending.get(key));
        let quiet_hours = under("quiet_hours").map(|node| match word(node.get("between")) {
            Some(hours) => QuietHours::Between(hours),
            None => QuietHours::ByRegion,
        });
        let caps = under("caps").map(|caps| items(Some(caps)).iter().filter_map(cap).collect());
        let holidays = items(root.get("holidays"));
        Rules {
            quiet_hours: quiet_hours.unwrap_or(defaults.quiet_hours),
            caps: caps.unwrap_or(defaults.caps),
            holidays: holidays
                .iter()
                .filter_map(|node| self.holiday(node))
                .collect(),
            countries: defaults.countries,
        }
    }

    /// As written; else those of the business's own numbers and of its region, once texts leave this machine.
    /// `any` is all of them.
    fn countries(
        &mut self,
        root: &Node,
        channels: &BTreeMap<Name, Channel>,
        region: &str,
    ) -> Vec<Region> {
        let Some(node) = root
            .get("sending")
            .and_then(|sending| sending.get("countries"))
        else {
            if channels
                .values()
                .all(|channel| channel.carrier == *"sandbox")
            {
                return Vec::new();
            }
            let numbers = channels.values().flat_map(|channel| &channel.from);
            let mut own: Vec<Region> = numbers
                .filter_map(|number| countries::own(number))
                .chain(region.parse())
                .collect();
            own.sort_unstable();
            own.dedup();
            return own;
        };
        self.regions(items(Some(node)))
    }

    /// Countries as they are written; none for `any`.
    pub fn regions(&mut self, written: &[Node]) -> Vec<Region> {
        if written.iter().any(|node| node.text() == Some("any")) {
            return Vec::new();
        }
        let mut allowed = Vec::new();
        for node in written {
            let text = node.text().unwrap_or_default();
            let known = text.get(..2).is_some_and(|country| {
                let country = country.to_ascii_uppercase();
                country.parse::<rlibphonenumber::Region>().is_ok()
            });
            match text.parse::<Region>() {
                Ok(region) if known => allowed.push(region),
                _ => {
                    let message = format!("`{text}` is not a country");
                    let help = "write its two letters, such as `US`, `GB` or `MX`; or `any`";
                    self.report("E0610", node.span, message, help.to_string());
                }
            }
        }
        allowed
    }

    /// Each names all channels together, or one that is there.
    fn limits(&mut self, root: &Node, channels: &BTreeMap<Name, Channel>) -> Vec<Limit> {
        let node = root
            .get("sending")
            .and_then(|sending| sending.get("limits"));
        for named in items(node).iter().filter_map(|limit| limit.get("channel")) {
            if !named.text().is_some_and(|name| channels.contains_key(name)) {
                self.unknown(named, "channel", channels.keys().map(|name| name.as_str()));
            }
        }
        limits::read(node)
    }

    fn holiday(&mut self, node: &Node) -> Option<Holiday> {
        let date = word(node.get("date").or(Some(node)))?;
        let Some(place) = node.get("region") else {
            return Some(Holiday { date, region: None });
        };
        let written = place.text()?;
        match written.parse() {
            Ok(region) => Some(Holiday {
                date,
                region: Some(region),
            }),
            Err(_) => {
                let message = format!("`{written}` is not a region");
                let help = "write a country or state, such as `US` or `US-LA`".to_string();
                self.report("E0610", place.span, message, help);
                None
            }
        }
    }

    /// Each may name those written before it.
    fn segments(&mut self, node: Option<&Node>) -> BTreeMap<Name, condition::Expr> {
        let mut names = Names {
            any_field: true,
            ..Names::default()
        };
        for entry in entries(node) {
            let Some(text) = entry.value.text() else {
                continue;
            };
            let (expr, problems) = condition::parse(text, &names);
            self.place(&entry.value, problems);
            names.segments.insert(Name::from(entry.key.as_str()), expr);
        }
        names.segments
    }

    /// Notes the problems of a text at their places in the file.
    fn place(&mut self, node: &Node, problems: Vec<crate::diagnostic::Problem>) {
        for problem in problems {
            let span = node.place(self.text, problem.range.clone());
            self.problems.push(problem.at(self.file, span));
        }
    }

    /// Each may name endpoints that stand in the same file.
    fn calendars(&mut self, root: &Node) -> BTreeMap<Name, Calendar> {
        let known: Vec<&str> = entries(root.get("endpoints"))
            .iter()
            .map(|entry| entry.key.as_str())
            .collect();
        for entry in entries(root.get("calendars")) {
            for key in ["endpoint", "hold"] {
                if let Some(named) = entry.value.get(key)
                    && !named.text().is_some_and(|name| known.contains(&name))
                {
                    self.unknown(named, "endpoint", known.iter().copied());
                }
            }
        }
        named(root.get("calendars"), calendar)
    }

    /// What agents say often: each may name any field of the lead.
    fn templates(&mut self, node: Option<&Node>) -> BTreeMap<Name, Said> {
        let names = Names {
            any_field: true,
            agent: true,
            ..Names::default()
        };
        let mut templates = BTreeMap::new();
        for entry in entries(node) {
            if let Some(said) = self.said_of(&entry.value, &names) {
                templates.insert(Name::from(entry.key.as_str()), said);
            }
        }
        templates
    }

    /// One of the answers that the law has a say in: a text alone, by locale, or under `text`.
    fn answer(&mut self, node: Option<&Node>, answer: Answer, brand: &str) -> Option<Said> {
        let node = node?;
        if let Some(under) = node.entry("text") {
            return self.answer(Some(&under.value), answer, brand);
        }
        let before = self.problems.len();
        let said = self.said_of(node, &Names::default())?;
        let sound = self.problems.len() == before;
        for (locale, template) in said.0.iter().filter(|_| sound) {
            let node = locale
                .as_ref()
                .and_then(|locale| node.get(locale))
                .unwrap_or(node);
            let locale = locale.as_deref().unwrap_or("en");
            for (message, help) in answer.wrong(template, brand, locale) {
                self.report(answer.code(), node.span, message, help.to_string());
            }
        }
        Some(said)
    }

    fn said_of(&mut self, node: &Node, names: &Names) -> Option<Said> {
        let texts: Vec<(Option<Name>, &Node)> = match &node.value {
            Yaml::Scalar(_) => vec![(None, node)],
            Yaml::Map(entries) => entries
                .iter()
                .filter(|entry| grammar::is_locale(&entry.key))
                .map(|entry| (Some(Name::from(entry.key.as_str())), &entry.value))
                .collect(),
            Yaml::List(_) | Yaml::Broken => Vec::new(),
        };
        let mut said = Vec::new();
        for (locale, node) in texts {
            let (template, problems) = template::parse(node.text().unwrap_or_default(), names);
            self.place(node, problems);
            said.push((locale, template));
        }
        (!said.is_empty()).then_some(Said(said))
    }
}

/// A zone by its place alone, or with a letter wrong.
fn zone_meant(written: &str) -> Option<String> {
    let all = jiff::tz::TimeZoneDatabase::bundled();
    let names: Vec<String> = all.available().map(|name| name.to_string()).collect();
    let ending = format!("/{}", written.replace(' ', "_").to_lowercase());
    let by_place = names
        .iter()
        .find(|name| name.to_lowercase().ends_with(&ending));
    by_place
        .cloned()
        .or_else(|| nearest(written, names.iter().map(String::as_str)).map(str::to_string))
}

fn cap(node: &Node) -> Option<Cap> {
    let kind = match node.get("kind").and_then(Node::text) {
        Some("marketing") => Some(MessageKind::Marketing),
        Some(_) => Some(MessageKind::Transactional),
        None => None,
    };
    Some(Cap {
        at_most: word(node.get("at_most"))?,
        per: word(node.get("per"))?,
        kind,
    })
}

fn calendar(node: &Node) -> Option<Calendar> {
    let (days, hours) = open(node.get("open"))?;
    Some(Calendar {
        days,
        hours,
        slot: word(node.get("slot"))?,
        at_once: word(node.get("at_once")).unwrap_or(1),
        url: text_of(node.get("url")),
        place: text_of(node.get("place")),
        endpoint: text_of(node.get("endpoint")).map(Name::from),
        hold: text_of(node.get("hold")).map(Name::from),
    })
}

/// Days and hours; every day when none are named.
pub fn open(node: Option<&Node>) -> Option<(Days, Hours)> {
    let node = node?;
    let days = word(node.get("days")).unwrap_or(Days::ALL);
    Some((days, word(node.get("between"))?))
}

const TIMEOUT: Duration = Duration::secs(3);
const TIMEOUT_MAX: Duration = Duration::secs(10);

fn endpoint(node: &Node) -> Endpoint {
    let headers = entries(node.get("headers"));
    let timeout: Duration = word(node.get("timeout")).unwrap_or(TIMEOUT);
    Endpoint {
        url: text_of(node.get("url")).unwrap_or_default(),
        method: text_of(node.get("method")).unwrap_or_else(|| "POST".into()),
        timeout: timeout.min(TIMEOUT_MAX),
        sample: node.get("sample").map(json),
        headers: headers
            .iter()
            .filter_map(|entry| Some((entry.key.clone(), text_of(Some(&entry.value))?)))
            .collect(),
    }
}

/// What YAML means by a value, as JSON; its nesting is bounded by the reader of the file.
fn json(node: &Node) -> serde_json::Value {
    use serde_json::Value as Json;
    match &node.value {
        Yaml::Map(entries) => {
            let members = entries
                .iter()
                .map(|entry| (entry.key.clone(), json(&entry.value)));
            Json::Object(members.collect())
        }
        Yaml::List(items) => Json::Array(items.iter().map(json).collect()),
        Yaml::Scalar(scalar) if scalar.style == Style::Plain => {
            let typed = serde_json::from_str::<Json>(&scalar.text).ok();
            let plain = typed.filter(|value| !value.is_string());
            match plain {
                Some(value) => value,
                None if node.is_nothing() => Json::Null,
                None => Json::String(scalar.text.clone()),
            }
        }
        Yaml::Scalar(scalar) => Json::String(scalar.text.clone()),
        Yaml::Broken => Json::Null,
    }
}

fn webhook(node: &Node) -> Webhook {
    let mut events: Vec<String> = texts_of(node.get("events")).map(str::to_string).collect();
    if events.is_empty() {
        events.push("*".into());
    }
    Webhook {
        url: text_of(node.get("url")).unwrap_or_default(),
        secret: text_of(node.get("secret")),
        events,
    }
}

fn opt_in(sending: Option<&Node>) -> OptIn {
    match sending.and_then(|s| s.get("opt_in")).and_then(Node::text) {
        Some("double") => OptIn::Double,
        _ => OptIn::Single,
    }
}

fn retention(node: Option<&Node>) -> Retention {
    let defaults = Retention::default();
    let under = |key: &str| word(node.and_then(|node| node.get(key)));
    Retention {
        inactive_leads: under("inactive_leads").unwrap_or(defaults.inactive_leads),
        message_text: under("message_text").unwrap_or(defaults.message_text),
        consent_proof: under("consent_proof").unwrap_or(defaults.consent_proof),
        dormant_leads: under("dormant_leads").unwrap_or(defaults.dormant_leads),
        reconfirm: text_of(node.and_then(|node| node.get("reconfirm"))).map(Name::from),
    }
}

/// The entries of a map that may be missing.
pub fn entries(node: Option<&Node>) -> &[Entry] {
    node.and_then(Node::map).unwrap_or_default()
}

/// The items of a list, one value alone, or nothing.
pub fn items(node: Option<&Node>) -> &[Node] {
    match node {
        None => &[],
        Some(node) => node.list().unwrap_or(std::slice::from_ref(node)),
    }
}

pub fn text_of(node: Option<&Node>) -> Option<String> {
    node.and_then(Node::text).map(str::to_string)
}

pub fn texts_of(node: Option<&Node>) -> impl Iterator<Item = &str> {
    items(node).iter().filter_map(Node::text)
}

/// A word that the grammar has found to be well written.
pub fn word<T: std::str::FromStr>(node: Option<&Node>) -> Option<T> {
    node?.text()?.parse().ok()
}

/// A map by names, without the entries that the grammar found broken.
fn named<T>(node: Option<&Node>, read: impl Fn(&Node) -> Option<T>) -> BTreeMap<Name, T> {
    entries(node)
        .iter()
        .filter(|entry| entry.value.map().is_some())
        .filter_map(|entry| Some((Name::from(entry.key.as_str()), read(&entry.value)?)))
        .collect()
}
