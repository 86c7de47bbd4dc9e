//! One passage of a conversation through its flow: what steps read and write while an event is worked
//! out. It renders texts, asks the gate, numbers effects and remembers the way taken.
//!
//! Pure: the facts were loaded beforehand and the time is an argument.

use std::borrow::Cow;
use std::cell::RefCell;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::conversation::{
    Awaiting, Conversation, Effect, Hop, Seq, SmsMessage, Status, Understood, Wait,
};
use crate::flow::template::{Scope, Source, Template, Text};
use crate::flow::workspace::Workspace;
use crate::flow::workspace::roster::Roster;
use crate::flow::{Experiment, Flow, Step, Target, Vary};
use crate::flow::{links, preferences};
use crate::lead::{Lead, Name, Value};
use crate::policy::{
    DropReason, LeadFacts, MessageKind, Outgoing, Purpose, SendWindow, Verdict, gate,
};
use crate::time::{Timestamp, Zone};

/// What is known when an event is worked out, besides the conversation.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    pub lead: &'a Lead,
    pub policy: LeadFacts<'a>,
    pub workspace: &'a Workspace,
    /// Where short links live, without a slash at the end.
    pub public_url: &'a str,
    /// Makes short links unguessable.
    pub link_key: &'a [u8; 32],
    /// The zone in which times are shown to the lead.
    pub zone: &'a Zone,
    /// The first free number of the lead's timeline.
    pub next_seq: Seq,
    /// Who of the agents is there, and who has how many leads.
    pub roster: &'a Roster,
}

/// Where a step leaves the conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Through this exit to there.
    Go(Name, Target),
    /// Nowhere: it rests with this status and this timer.
    Rest(Status, Option<Timestamp>),
    /// It is over.
    End(Name),
}

impl Next {
    pub fn go(exit: &str, target: &Target) -> Next {
        Next::Go(Name::from(exit), target.clone())
    }
}

/// Most events lead to no more, over no more steps.
const EFFECTS_USUAL: usize = 2;

/// A message decided: its number, or why there is none.
pub type Sent = Result<Seq, DropReason>;

/// A passage under way.
pub struct Walk<'a> {
    pub flow: &'a Flow,
    pub facts: &'a Facts<'a>,
    pub now: Timestamp,
    pub conversation: Conversation,
    pub locale_ix: usize,
    pub effects: Vec<(Seq, Effect)>,
    pub path: Vec<Hop>,
    pub understood: Option<Understood>,
    /// The step that was answered, where it is not the one the conversation stood on.
    pub answered: Option<Name>,
    next_seq: Seq,
    /// Fields set on the way, not yet the lead's.
    set: Vec<(Name, Value)>,
}

impl<'a> Walk<'a> {
    pub fn new(
        flow: &'a Flow,
        facts: &'a Facts<'a>,
        conversation: Conversation,
        now: Timestamp,
    ) -> Self {
        let locale_ix = flow.locale_ix(&conversation.locale);
        Self {
            flow,
            facts,
            now,
            conversation,
            locale_ix,
            effects: Vec::with_capacity(EFFECTS_USUAL),
            path: Vec::with_capacity(EFFECTS_USUAL),
            understood: None,
            answered: None,
            // The entry of the event itself takes the first number.
            next_seq: facts.next_seq + 1,
            set: Vec::new(),
        }
    }

    /// Adds an effect that becomes a row of the timeline.
    pub fn send(&mut self, effect: Effect) -> Seq {
        let seq = self.next_seq;
        self.next_seq += 1;
        self.effects.push((seq, effect));
        seq
    }

    /// Adds an effect that is done in the commit itself.
    pub fn note(&mut self, effect: Effect) {
        self.effects.push((0, effect));
    }

    pub fn set_field(&mut self, field: &Name, value: Value) {
        self.set.retain(|(name, _)| name != field);
        self.set.push((field.clone(), value.clone()));
        self.note(Effect::SetField {
            field: field.clone(),
            value,
        });
    }

    /// The lead's email address, if it is one and nothing stands against writing to it.
    pub fn email_address(&self, kind: MessageKind) -> Option<String> {
        let set = self.set.iter().find(|(name, _)| *name == "email");
        let value = set.map_or(self.facts.lead.field("email"), |(_, value)| value);
        let Value::Text(address) = value else {
            return None;
        };
        let standing = &self.facts.policy.standing.email;
        let well = address.contains('@') && standing.allows(address, kind).is_ok();
        well.then(|| address.clone())
    }

    pub fn record_answer(&mut self, step: &Name, value: Value) {
        let answers = &mut self.conversation.answers;
        match answers.iter_mut().find(|(name, _)| name == step) {
            Some((_, old)) => *old = value,
            None => answers.push((step.clone(), value)),
        }
    }

    pub fn save(&mut self, name: &Name, value: Value) {
        let saved = &mut self.conversation.saved;
        match saved.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => saved.push((name.clone(), value)),
        }
    }

    /// The text in the lead's language, filled in; the short links it carries become effects of the
    /// message that will get the next number.
    pub fn render(&mut self, template: &Template, medium: &str) -> String {
        let mut text = String::with_capacity(160);
        let links = {
            let scope = WalkScope {
                walk: self,
                medium,
                greets: medium != ALERT,
                links: RefCell::new(Vec::new()),
            };
            template.render(&scope, &mut text);
            scope.links.into_inner()
        };
        self.effects
            .extend(links.into_iter().map(|effect| (0, effect)));
        text
    }

    pub fn render_text(&mut self, text: &Text, medium: &str) -> String {
        self.render(text.in_locale(self.locale_ix), medium)
    }

    /// The value a template stands for: a single token keeps its type.
    pub fn value_of(&mut self, template: &Template) -> Value {
        let (value, links) = {
            let scope = WalkScope {
                walk: self,
                medium: "sms",
                greets: false,
                links: RefCell::new(Vec::new()),
            };
            let value = template.value(&scope);
            (value, scope.links.into_inner())
        };
        self.effects
            .extend(links.into_iter().map(|effect| (0, effect)));
        value
    }

    /// Whether a condition holds now.
    pub fn holds(&self, when: &crate::flow::condition::Expr) -> bool {
        when.holds(&WalkScope {
            walk: self,
            medium: "sms",
            greets: false,
            links: RefCell::new(Vec::new()),
        })
    }

    /// The value of a lead field, an answer and so on, as a condition sees it.
    pub fn lookup(&self, source: &Source) -> Value {
        WalkScope {
            walk: self,
            medium: "sms",
            greets: false,
            links: RefCell::new(Vec::new()),
        }
        .get(source)
        .into_owned()
    }

    /// Decides a text of this flow: renders it, asks the gate, and puts it in the outbox.
    pub fn text(&mut self, from: &TextFrom<'_>) -> Sent {
        let window = from.window.or(self.flow.send.as_ref());
        let hold = self.ask_gate(self.flow.kind, Purpose::Flow, window)?;
        let text = self.render_text(from.text, "sms") + from.tail;
        let media = from
            .media
            .iter()
            .map(|media| self.render(media, "sms"))
            .collect();
        Ok(self.send(Effect::Sms(SmsMessage {
            text,
            media,
            kind: self.flow.kind,
            purpose: Purpose::Flow,
            channel: from.sender.cloned(),
            hold,
            step: Some(from.step.clone()),
            appointment: None,
        })))
    }

    /// A text outside the flow's own: a confirmation, help, an agent's words.
    pub fn notice(&mut self, text: String, purpose: Purpose) -> Sent {
        let hold = self.ask_gate(MessageKind::Transactional, purpose, None)?;
        Ok(self.send(Effect::Sms(SmsMessage {
            text,
            media: Vec::new(),
            kind: MessageKind::Transactional,
            purpose,
            channel: None,
            hold,
            step: None,
            appointment: None,
        })))
    }

    fn ask_gate(
        &self,
        kind: MessageKind,
        purpose: Purpose,
        window: Option<&SendWindow>,
    ) -> Result<Option<(Timestamp, crate::policy::HoldReason)>, DropReason> {
        let out = Outgoing {
            kind,
            purpose,
            window,
        };
        match gate(
            &out,
            &self.facts.policy,
            &self.facts.workspace.rules,
            self.now,
        ) {
            Verdict::Send => Ok(None),
            Verdict::Hold { until, why } => Ok(Some((until, why))),
            Verdict::Drop(why) => Err(why),
        }
    }

    /// Rests on `step` until the lead replies; the ladder's clock starts when `sending` is accepted.
    pub fn await_reply(&self, step: &Step, rung: u8, unclear: u8, sending: Seq) -> Next {
        let what = Awaiting::Reply {
            rung,
            unclear,
            sending: Some(sending),
            slots: Vec::new(),
        };
        Next::Rest(
            Status::Waiting(Wait {
                step: step.name.clone(),
                what,
            }),
            None,
        )
    }

    /// The experiment on `step`, if this lead is in its variant.
    pub fn variant_of(&self, step: &Step) -> Option<&'a Experiment> {
        if self.conversation.variants.is_empty() {
            return None;
        }
        let flow = self.flow;
        flow.experiments.iter().find(|experiment| {
            flow.step(experiment.step).name == step.name && self.in_variant(&experiment.name)
        })
    }

    fn short_link(&self, name: &Name, medium: &str) -> Option<(String, Effect)> {
        let variant = self.flow.experiments.iter().find_map(|e| match &e.vary {
            Vary::Link(link, other) if link == name && self.in_variant(&e.name) => Some(other),
            _ => None,
        });
        let link = variant.or_else(|| self.flow.links.get(name))?;
        let message = self.next_seq;
        let code = link_code(self.facts.link_key, &self.conversation, message, name);
        let to = {
            let scope = WalkScope {
                walk: self,
                medium,
                greets: false,
                links: RefCell::new(Vec::new()),
            };
            let mut to = String::new();
            link.to.in_locale(self.locale_ix).render(&scope, &mut to);
            to
        };
        let content = self.conversation.step().map_or("", |step| step.as_str());
        let to = with_utm(&to, medium, &self.flow.name, content);
        let url = format!(
            "{}/l/{}",
            self.facts.public_url,
            crate::flow::links::code_text(code)
        );
        let effect = Effect::Shortlink {
            code,
            link: name.clone(),
            to,
            lifetime: link.expires,
            message,
        };
        Some((url, effect))
    }

    /// Whether the link is the one to the appointment, and no author's of that name.
    fn is_invite(&self, name: &Name) -> bool {
        let last = name.rsplit('.').next();
        last == Some(links::INVITE) && !self.flow.links.contains_key(name)
    }

    fn invite(&self) -> String {
        let code = links::invite_code(self.facts.link_key, self.conversation.id.bits());
        format!("{}/c/{code}.ics", self.facts.public_url)
    }

    fn in_variant(&self, experiment: &Name) -> bool {
        self.conversation
            .variants
            .iter()
            .any(|(name, arm)| name == experiment && *arm == VARIANT)
    }
}

/// The arm that gets the change; the other is `holdout`.
pub const VARIANT: &str = "variant";
pub const HOLDOUT: &str = "holdout";

/// A step's text about to go out.
pub struct TextFrom<'t> {
    pub step: &'t Name,
    pub text: &'t Text,
    /// Goes after the text as it is (numbered slots).
    pub tail: &'t str,
    pub window: Option<&'t SendWindow>,
    pub sender: Option<&'t Name>,
    pub media: &'t [Template],
}

impl<'t> TextFrom<'t> {
    pub fn step(step: &'t Name, text: &'t Text) -> Self {
        TextFrom {
            step,
            text,
            tail: "",
            window: None,
            sender: None,
            media: &[],
        }
    }
}

/// The medium of what agents read.
pub const ALERT: &str = "alert";

struct WalkScope<'w, 'a> {
    walk: &'w Walk<'a>,
    medium: &'w str,
    greets: bool,
    links: RefCell<Vec<Effect>>,
}

impl Scope for WalkScope<'_, '_> {
    fn get(&self, source: &Source) -> Cow<'_, Value> {
        let walk = self.walk;
        let find = |list: &'_ [(Name, Value)], name: &Name| -> Option<Value> {
            list.iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        };
        match source {
            Source::Field(name, _) if *name == "phone" => {
                Cow::Owned(Value::Text(walk.conversation.lead.to_string()))
            }
            Source::Field(name, kind) => match find(&walk.set, name) {
                Some(value) => Cow::Owned(value),
                None => crate::flow::fields::read(walk.facts.lead.field(name), *kind),
            },
            Source::Brand => Cow::Owned(Value::text(&*walk.facts.workspace.brand)),
            Source::Link(name) if walk.is_invite(name) => Cow::Owned(Value::Text(walk.invite())),
            Source::Link(name) => match walk.short_link(name, self.medium) {
                Some((url, effect)) => {
                    self.links.borrow_mut().push(effect);
                    Cow::Owned(Value::Text(url))
                }
                None if is_preferences(name) => Cow::Owned(Value::Text(preferences::url(
                    walk.facts.public_url,
                    walk.facts.link_key,
                    walk.conversation.lead,
                ))),
                None => Cow::Owned(Value::Nothing),
            },
            Source::Answer(_, step) => match walk.conversation.answer(step) {
                Some(value) => Cow::Borrowed(value),
                None => Cow::Owned(Value::Nothing),
            },
            Source::Score => Cow::Owned(Value::Number(f64::from(walk.conversation.score))),
            Source::Agent => Cow::Owned(
                walk.conversation
                    .agent
                    .clone()
                    .map_or(Value::Nothing, Value::Text),
            ),
            Source::LastReply => Cow::Owned(Value::text(&*walk.conversation.last_reply)),
            Source::Event(name) => {
                Cow::Owned(find(&walk.conversation.event, name).unwrap_or_default())
            }
            Source::Saved(name) => {
                Cow::Owned(find(&walk.conversation.saved, name).unwrap_or_default())
            }
            Source::Locale => Cow::Owned(Value::text(&*walk.conversation.locale)),
            Source::Tags => {
                let tags = walk.facts.lead.tags.iter().map(|tag| tag.to_string());
                Cow::Owned(Value::List(tags.collect()))
            }
        }
    }

    fn zone(&self) -> &Zone {
        self.walk.facts.zone
    }

    fn locale(&self) -> &str {
        &self.walk.flow.locales[self.walk.locale_ix]
    }

    fn region(&self) -> &str {
        &self.walk.facts.workspace.region
    }

    fn greets(&self) -> bool {
        self.greets
    }
}

/// The link that every flow has; under a prefix in one that `run` brings in.
fn is_preferences(name: &Name) -> bool {
    name.rsplit('.').next() == Some(preferences::LINK)
}

/// 64 bits that only the key's holder could have made: HMAC-SHA256 of conversation, message and link.
fn link_code(key: &[u8; 32], conversation: &Conversation, message: Seq, link: &Name) -> u64 {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(&conversation.id.bits().to_be_bytes());
    mac.update(&message.to_be_bytes());
    mac.update(link.as_bytes());
    let digest = mac.finalize().into_bytes();
    let mut code = [0; 8];
    code.copy_from_slice(&digest[..8]);
    // The top bit stays clear so that the code fits a signed column.
    u64::from_be_bytes(code) & (u64::MAX >> 1)
}

/// The target with its UTM parameters, unless the author gave their own.
fn with_utm(to: &str, medium: &str, flow: &str, content: &str) -> String {
    if to.contains("utm_source=") {
        return to.to_string();
    }
    let (base, fragment) = match to.split_once('#') {
        Some((base, fragment)) => (base, Some(fragment)),
        None => (to, None),
    };
    let mark = if base.contains('?') { '&' } else { '?' };
    let mut url = format!(
        "{base}{mark}utm_source=replytree&utm_medium={medium}&utm_campaign={}",
        crate::flow::links::query_escape(flow)
    );
    if !content.is_empty() {
        url.push_str("&utm_content=");
        url.push_str(&crate::flow::links::query_escape(content));
    }
    if let Some(fragment) = fragment {
        url.push('#');
        url.push_str(fragment);
    }
    url
}
