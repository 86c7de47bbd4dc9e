//! What a flow declares beside its steps: locales, fields, links, starts, `anytime`; and the names
//! that its texts may use because of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::diagnostic::Span;
use crate::flow::keywords::{plain, reserved};
use crate::flow::links::INVITE;
use crate::flow::parse::{Unit, entries, name_of, one_or_many, word};
use crate::flow::resolve::questions::kind_of;
use crate::flow::resolve::{Builder, Pass};
use crate::flow::template::{AnswerKind, AnswerName, Names, Template, Text};
use crate::flow::yaml::{Node, Yaml};
use crate::flow::{Anytime, AnytimeThen, Field, Link, StepIx};
use crate::lead::{Kind, Name};
use crate::reply::Phrases;

/// The flow's locales. One that declares none speaks those of its first text that names any, else
/// English.
pub fn locales(unit: &Unit) -> Vec<Name> {
    let declared = one_or_many(unit.root.get("locales"));
    let mut locales: Vec<Name> = Vec::new();
    for name in declared.iter().filter_map(|node| name_of(Some(node))) {
        if !locales.contains(&name) {
            locales.push(name);
        }
    }
    if !locales.is_empty() {
        return locales;
    }
    let first = unit.steps().iter().find_map(|step| {
        let text = ["ask", "say"].iter().find_map(|key| step.value.get(key));
        text.and_then(Node::map)
    });
    match first {
        Some(texts) => texts
            .iter()
            .map(|entry| Name::from(entry.key.as_str()))
            .collect(),
        None => vec![Name::from("en")],
    }
}

/// Whether a flow that speaks these locales speaks this one.
pub fn is_spoken(spoken: &[Name], locale: &str) -> bool {
    let language = locale.split('-').next().unwrap_or(locale);
    spoken
        .iter()
        .any(|known| **known == *locale || **known == *language)
}

impl<'a> Builder<'a> {
    /// What any text of this part may name, before what is known at its step.
    pub(super) fn base_names(&mut self, part: usize) -> Names {
        let kept = self.part;
        self.part = part;
        let names = Names {
            locales: self.locales.clone(),
            fields: self.fields(),
            answers: self.answers(),
            links: entries(self.unit().root.get("links"))
                .iter()
                .map(|entry| Name::from(entry.key.as_str()))
                .chain(self.has_booking().then(|| Name::from(INVITE)))
                .collect(),
            saved: self.saved(),
            event: self.has_event(),
            segments: self.context.workspace.segments.clone(),
            agent: true,
            may_lack_agent: true,
            may_lack_reply: true,
            ..Names::default()
        };
        self.part = kept;
        names
    }

    fn answers(&self) -> BTreeMap<Name, AnswerName> {
        let prefix = &self.part().prefix;
        let mut answers = BTreeMap::new();
        for (at, slot) in self.layout.slots.iter().enumerate() {
            let node = &slot.entry.value;
            let Some(name) = slot.name.strip_prefix(prefix.as_str()) else {
                continue;
            };
            if !super::verbs::asks(node) {
                continue;
            }
            let answer = AnswerName {
                step: StepIx(at as u32),
                kind: answer_kind(node),
                certain: false,
            };
            answers.insert(Name::from(name), answer);
        }
        answers
    }

    fn saved(&self) -> BTreeSet<Name> {
        let slots = self.layout.slots.iter();
        slots
            .flat_map(|slot| entries(slot.entry.value.get("save")))
            .map(|entry| Name::from(entry.key.as_str()))
            .collect()
    }

    /// Whether a step books, so that `{link.invite}` leads to an appointment.
    fn has_booking(&self) -> bool {
        let mut slots = self.layout.slots.iter();
        slots.any(|slot| slot.entry.value.entry("book").is_some())
    }

    fn has_event(&self) -> bool {
        let started = self.layout.parts.iter().any(|part| {
            one_or_many(part.unit.root.get("starts"))
                .iter()
                .any(|start| start.get("event").is_some())
        });
        started
            || self.layout.slots.iter().any(|slot| {
                let wait = slot.entry.value.get("wait");
                wait.is_some_and(|wait| wait.get("for_event").is_some())
            })
    }

    /// The fields this part's file declares.
    fn fields(&mut self) -> BTreeMap<Name, Field> {
        let mut fields = BTreeMap::new();
        let kept = std::mem::take(&mut self.names);
        self.names.locales = self.locales.clone();
        for entry in entries(self.unit().root.get("lead")) {
            let node = &entry.value;
            let kind = match node.text() {
                Some(_) => kind_of(Some(node)),
                None => kind_of(node.get("type")),
            };
            let name = Name::from(entry.key.as_str());
            let field = Field {
                kind: kind.unwrap_or(default_kind(&name)),
                optional: node.get("optional").and_then(Node::text) == Some("true"),
                fallback: match node.value {
                    // What was written of it is reported; what it may lack is not known.
                    Yaml::Broken => Some(Text(vec![Template::default()])),
                    _ => self.text(node.get("fallback"), ""),
                },
            };
            fields.insert(name, field);
        }
        self.names = kept;
        fields
    }

    /// The fields of all parts: what this flow declares outranks what it runs.
    pub(super) fn all_fields(&mut self) -> BTreeMap<Name, Field> {
        let mut all: BTreeMap<Name, Field> = BTreeMap::new();
        let mut clashes = Vec::new();
        for part in 0..self.layout.parts.len() {
            self.part = part;
            self.pass = if part == 0 { Pass::Bind } else { Pass::Outline };
            for (name, field) in self.fields() {
                match all.get(&name) {
                    Some(own) if own.kind != field.kind => clashes.push((name, part)),
                    Some(_) => {}
                    None => {
                        all.insert(name, field);
                    }
                }
            }
        }
        self.part = 0;
        self.pass = Pass::Bind;
        for (name, part) in clashes {
            self.field_clash(&name, part);
        }
        all
    }

    fn field_clash(&mut self, name: &Name, part: usize) {
        let other = &self.layout.parts[part].unit.name;
        let lead = self.unit().root.get("lead");
        let Some(entry) = lead.and_then(|lead| lead.entry(name)) else {
            return;
        };
        let problem = self
            .error(
                "E0214",
                entry.key_span,
                format!("flow `{other}` has a field `{name}` of another type"),
            )
            .help("give it the same type in both flows");
        self.report(problem);
    }

    /// The links of all parts; those of a flow that was brought in as `<run>.<link>`.
    pub(super) fn all_links(&mut self) -> BTreeMap<Name, Link> {
        let mut links = BTreeMap::new();
        for part in 0..self.layout.parts.len() {
            self.enter_part(part);
            for entry in entries(self.unit().root.get("links")) {
                let node = &entry.value;
                let to = if node.text().is_some() {
                    Some(node)
                } else {
                    node.get("to")
                };
                let name = Name::from(format!("{}{}", self.part().prefix, entry.key));
                let link = self.link(to, node);
                if let (Some(to), 0) = (to, part) {
                    self.places.links.insert(name.clone(), to.span);
                }
                links.insert(name, link);
            }
        }
        self.enter_part(0);
        links
    }

    pub(super) fn link(&mut self, to: Option<&Node>, node: &Node) -> Link {
        if let Some(to) = to {
            self.check_address(to);
        }
        Link {
            to: self.text_or_nothing(to, "link"),
            expires: word(node.get("expires")),
        }
    }

    fn check_address(&mut self, node: &Node) {
        let texts: Vec<&Node> = match node.map() {
            Some(entries) => entries.iter().map(|entry| &entry.value).collect(),
            None => vec![node],
        };
        for node in texts {
            let Some(text) = node.text() else { continue };
            let is_address = text.starts_with("https://")
                || text.starts_with("http://")
                || text.starts_with('{');
            if !is_address {
                let problem = self
                    .error("E0215", node.span, format!("`{text}` is not a web address"))
                    .help("write the whole address, such as \"https://example.com/visit\"");
                self.report(problem);
            }
        }
    }

    /// Keywords in lower case, and events.
    pub(super) fn starts(&mut self) -> (Vec<String>, Vec<Name>) {
        let mut keywords: Vec<String> = Vec::new();
        let mut events = Vec::new();
        for start in one_or_many(self.unit().root.get("starts")) {
            if start.map().is_some()
                && start.entry("keyword").is_none()
                && start.entry("event").is_none()
            {
                let problem = self
                    .error("E0115", start.span, "a start is a `keyword` or an `event`")
                    .help("write `- keyword: DRIVE` or `- event: brochure_downloaded`");
                self.report(problem);
            }
            for node in one_or_many(start.get("keyword")) {
                if let Some(word) = self.start_keyword(node) {
                    keywords.push(word);
                }
            }
            let named = one_or_many(start.get("event")).iter();
            events.extend(named.filter_map(|node| name_of(Some(node))));
        }
        (keywords, events)
    }

    fn start_keyword(&mut self, node: &Node) -> Option<String> {
        let word = plain(node.text()?);
        if let Some(kept) = reserved(&word) {
            self.reserved_word(node.text()?, kept, node.span, "a flow");
            return None;
        }
        if let Some(first) = self.places.keywords.get(&word).copied() {
            let problem = self
                .error(
                    "E0308",
                    node.span,
                    format!("the keyword `{word}` is written twice"),
                )
                .also(first, "the first time");
            self.report(problem);
            return None;
        }
        self.places.keywords.insert(word.clone(), node.span);
        Some(word)
    }

    pub(super) fn anytime(&mut self) -> Vec<Anytime> {
        self.enter_part(0);
        // Whoever says something at any time has written.
        self.names.may_lack_reply = false;
        let mut anytime = Vec::new();
        for entry in entries(self.unit().root.get("anytime")) {
            let node = &entry.value;
            let name = Name::from(entry.key.as_str());
            self.places.anytime.insert(name.clone(), entry.key_span);
            let say = self.text(node.get("say"), "");
            let then = match (node.entry("then"), say) {
                (Some(then), say) => {
                    let target = self.target(Some(&then.value), "");
                    AnytimeThen::Go(say, target)
                }
                (None, Some(say)) => AnytimeThen::Say(say),
                (None, None) => {
                    if node.map().is_some() && node.entry("say").is_none() {
                        let problem = self
                            .error("E0106", entry.key_span, format!("`{name}` leads nowhere"))
                            .label("needs `say` or `then`");
                        self.report(problem);
                    }
                    continue;
                }
            };
            anytime.push(Anytime { name, then });
        }
        anytime
    }

    /// The words of each, in the order of `anytime`; no word may stand for two.
    pub(super) fn anytime_phrases(&mut self) -> Phrases {
        let mut groups = Vec::new();
        let mut claimed: HashMap<String, (Name, Span)> = HashMap::new();
        for entry in entries(self.unit().root.get("anytime")) {
            let node = &entry.value;
            if node.entry("say").is_none() && node.entry("then").is_none() {
                continue;
            }
            let name = Name::from(entry.key.as_str());
            let mut group = Vec::new();
            let words = match node.get("words") {
                Some(words) => self.words(words),
                None => Vec::new(),
            };
            for (_, word, span) in words {
                if let Some(kept) = reserved(&word) {
                    self.reserved_word(&word, kept, span, "something else");
                    continue;
                }
                match claimed.get(&plain(&word)) {
                    Some((owner, _)) if *owner == name => {}
                    Some((owner, first)) => {
                        let problem = self
                            .error(
                                "E0306",
                                span,
                                format!("`{word}` means `{owner}` already, and never `{name}`"),
                            )
                            .label("claimed twice")
                            .also(*first, format!("`{owner}` claims it here"));
                        self.report(problem);
                    }
                    None => {
                        claimed.insert(plain(&word), (name.clone(), span));
                        group.push(word);
                    }
                }
            }
            groups.push(group);
        }
        Phrases::new(&groups)
    }
}

/// `email: {}` is an email address, and `phone: {}` a number, without a word.
fn default_kind(name: &str) -> Kind {
    match name {
        "email" => Kind::Email,
        "phone" => Kind::Phone,
        _ => Kind::Text,
    }
}

fn answer_kind(node: &Node) -> AnswerKind {
    if node.entry("book").is_some() {
        return AnswerKind::Value(Kind::DateTime);
    }
    if let Some(answers) = node.entry("answers") {
        if answers.value.value == Yaml::Broken || node.entry("expect").is_some() {
            return AnswerKind::Any;
        }
        let options = entries(Some(&answers.value)).iter();
        return AnswerKind::Options(options.map(|entry| entry.key.as_str().into()).collect());
    }
    let expect = node.get("expect");
    let kind = match expect.map(|expect| &expect.value) {
        Some(Yaml::Map(_)) => expect.and_then(|expect| kind_of(expect.get("type"))),
        _ => kind_of(expect),
    };
    let written = node.entry("expect").is_some();
    match kind {
        Some(kind) => AnswerKind::Value(kind),
        None if written => AnswerKind::Any,
        None => AnswerKind::Value(Kind::Text),
    }
}
