//! Runs the tests that stand beside a flow: each in a world of its own, line by line. The transcript
//! is kept, so that a failure shows what was said beside what was expected.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::conversation::{Effect, Event, Status};
use crate::flow::workspace::Workspace;
use crate::flow::{Flow, FlowTest, Line, Says};
use crate::lead::{Name, Value};
use crate::policy::HoldReason;
use crate::runtime::work::{LeadUpdate, Refusal};
use crate::sim::coverage::{self, Edge};
use crate::sim::{World, unbounded};
use crate::store::{HandoffStatus, MemoryStore, Row, RowBody, SendStatus, Store};
use crate::time::{Timestamp, Zone};

/// When a test begins unless it says so: a Monday, 10 in the morning.
const STARTS: &str = "2026-11-23T10:00:00";
/// Who claims handoffs in tests.
const AGENT: &str = "Agent";

/// How one test went.
#[derive(Debug, Clone)]
pub struct TestResult {
    pub name: String,
    pub failure: Option<Failure>,
    /// What was said and done, a line each.
    pub transcript: Vec<String>,
    pub edges: BTreeSet<Edge>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The line of the script, from 1 in the file.
    pub line: u32,
    pub expected: String,
    pub got: String,
}

/// How the tests of one flow went, and what they cover.
#[derive(Debug, Clone)]
pub struct FlowResult {
    pub flow: Name,
    pub file: String,
    pub tests: Vec<TestResult>,
    pub edges: BTreeSet<Edge>,
    pub covered: BTreeSet<Edge>,
}

impl FlowResult {
    pub fn uncovered(&self) -> impl Iterator<Item = &Edge> {
        self.edges.difference(&self.covered)
    }
}

/// Makes the store of each test's world.
pub type StoreMaker<'a> = &'a dyn Fn() -> Arc<dyn Store>;

/// Runs every test of `flow`; `flows` are all that are loaded, since an event may start another.
pub fn run(workspace: &Arc<Workspace>, flows: &[Arc<Flow>], flow: &Arc<Flow>) -> FlowResult {
    run_over(&|| Arc::new(MemoryStore::new()), workspace, flows, flow)
}

/// The same over other stores.
pub fn run_over(
    store: StoreMaker,
    workspace: &Arc<Workspace>,
    flows: &[Arc<Flow>],
    flow: &Arc<Flow>,
) -> FlowResult {
    let tests: Vec<TestResult> = flow
        .tests
        .iter()
        .map(|test| run_test(store(), workspace, flows, flow, test))
        .collect();
    let edges = coverage::edges(flow);
    let covered = tests
        .iter()
        .flat_map(|test| &test.edges)
        .cloned()
        .collect::<BTreeSet<_>>();
    let covered = covered.intersection(&edges).cloned().collect();
    FlowResult {
        flow: flow.name.clone(),
        file: flow.file.clone(),
        tests,
        edges,
        covered,
    }
}

fn run_test(
    store: Arc<dyn Store>,
    workspace: &Arc<Workspace>,
    flows: &[Arc<Flow>],
    flow: &Arc<Flow>,
    test: &FlowTest,
) -> TestResult {
    let mut run = match Run::begin(store, workspace, flows, flow, test) {
        Ok(run) => run,
        Err(failure) => {
            return TestResult {
                name: test.name.clone(),
                failure: Some(failure),
                transcript: Vec::new(),
                edges: BTreeSet::new(),
            };
        }
    };
    let failure = test.script.iter().find_map(|line| run.line(line).err());
    // What came after the last line belongs to the transcript too.
    run.look().ok();
    TestResult {
        name: test.name.clone(),
        failure,
        transcript: run.transcript,
        edges: run.edges,
    }
}

/// What the world said and the script has not yet spoken of.
#[derive(Default)]
pub(super) struct Heard {
    texts: Vec<String>,
    emails: Vec<(String, String)>,
    handoffs: Vec<Name>,
    /// What agents were told, by name.
    pub(super) alerts: Vec<(String, String)>,
}

pub(super) struct Run<'a> {
    pub(super) world: World,
    flow: &'a Flow,
    /// Of the workspace, in which what is held is dated.
    zone: Zone,
    /// The last row of the timeline looked at.
    seen: u32,
    pub(super) heard: Heard,
    /// Texts decided but held back; they are heard when they leave.
    held: Vec<u32>,
    pub(super) transcript: Vec<String>,
    edges: BTreeSet<Edge>,
}

impl<'a> Run<'a> {
    fn begin(
        store: Arc<dyn Store>,
        workspace: &Arc<Workspace>,
        flows: &[Arc<Flow>],
        flow: &'a Arc<Flow>,
        test: &FlowTest,
    ) -> Result<Self, Failure> {
        let fails = |what: &str, got: String| Failure {
            line: test.line,
            expected: what.to_string(),
            got,
        };
        let zone = workspace.time_zone.clone();
        let start = starts(test, &zone)
            .ok_or_else(|| fails("a moment such as 2026-11-23T10:00 in `at`", test_at(test)))?;
        // The flow under test goes first under its name, even where another version is loaded.
        let mut loaded: Vec<Arc<Flow>> = flows
            .iter()
            .filter(|other| other.name != flow.name)
            .cloned()
            .collect();
        loaded.push(flow.clone());
        let world = World::over(store, unbounded(workspace), &loaded, start)
            .map_err(|refusal| fails("the test to begin", refusal.to_string()))?;
        let mut run = Self {
            world,
            flow,
            zone,
            seen: 0,
            heard: Heard::default(),
            held: Vec::new(),
            transcript: Vec::new(),
            edges: BTreeSet::new(),
        };
        // How the world is, where a script begins with it, is so before the flow begins.
        for line in &test.script {
            if !run.scenery(&line.says) {
                break;
            }
        }
        let update = lead_of(test, run.world.lead);
        run.world
            .enroll(&flow.name, update)
            .map_err(|refusal| fails("the lead to be enrolled", refusal.to_string()))?;
        run.look()
            .map_err(|refusal| fails("the flow to begin", refusal.to_string()))?;
        Ok(run)
    }

    fn line(&mut self, line: &Line) -> Result<(), Failure> {
        let fails = |expected: String, got: String| Failure {
            line: line.line,
            expected,
            got,
        };
        let acted = match &line.says {
            Says::Bot(pattern) => return self.bot(pattern, line.line),
            Says::Email(pattern) => return self.email(pattern, line.line),
            Says::Handoff(team) => return self.handoff(team, line.line),
            Says::End(outcome) => return self.end(outcome, line.line),
            Says::Lead(text) => self.act(format!("lead: {text}"), |world| world.text(text)),
            Says::Wait(span) => self.act(format!("(wait {span})"), |world| world.wait(*span)),
            Says::Event(event, properties) => self.act(format!("(event {event})"), |world| {
                world.event(event, properties.clone())
            }),
            Says::Endpoint(..) | Says::Full(_) => {
                self.scenery(&line.says);
                Ok(())
            }
            Says::Agent(outcome) => return self.agent(outcome, line.line),
            Says::Agents(says) => return self.agents(says, line.line),
        };
        acted.map_err(|refusal| fails(describe(&line.says), refusal.to_string()))
    }

    /// Sets how the world is, if the line is about that.
    fn scenery(&self, says: &Says) -> bool {
        match says {
            Says::Endpoint(endpoint, answer) => {
                self.world
                    .sandbox
                    .endpoint_answers(endpoint.clone(), answer.clone());
            }
            Says::Full(calendar) => self.world.sandbox.calendar_is_full(calendar.clone()),
            _ => return false,
        }
        true
    }

    /// Does something to the world; what the script left unsaid until now is let go.
    pub(super) fn act(
        &mut self,
        said: String,
        how: impl FnOnce(&mut World) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        self.heard = Heard::default();
        self.transcript.push(said);
        how(&mut self.world)?;
        self.look()
    }

    fn bot(&mut self, pattern: &str, line: u32) -> Result<(), Failure> {
        let next = (!self.heard.texts.is_empty()).then(|| self.heard.texts.remove(0));
        let expected = format!("bot: {pattern}");
        match next {
            Some(text) if matches_pattern(pattern, &text) => Ok(()),
            Some(text) => Err(Failure {
                line,
                expected,
                got: format!("bot: {text}"),
            }),
            None => Err(Failure {
                line,
                expected,
                got: self.nothing("no message"),
            }),
        }
    }

    fn email(&mut self, pattern: &str, line: u32) -> Result<(), Failure> {
        let next = (!self.heard.emails.is_empty()).then(|| self.heard.emails.remove(0));
        let expected = format!("email: {pattern}");
        match next {
            Some((subject, body))
                if matches_pattern(pattern, &subject)
                    || matches_pattern(pattern, &body)
                    || matches_pattern(pattern, &format!("{subject}\n{body}")) =>
            {
                Ok(())
            }
            Some((subject, _)) => Err(Failure {
                line,
                expected,
                got: format!("email: {subject}"),
            }),
            None => Err(Failure {
                line,
                expected,
                got: self.nothing("no email"),
            }),
        }
    }

    fn handoff(&mut self, team: &Name, line: u32) -> Result<(), Failure> {
        let expected = format!("handoff: {team}");
        match self
            .heard
            .handoffs
            .iter()
            .position(|offered| offered == team)
        {
            Some(place) => {
                self.heard.handoffs.remove(place);
                Ok(())
            }
            None => {
                let got = match self.heard.handoffs.first() {
                    Some(other) => format!("handoff: {other}"),
                    None => self.nothing("no handoff"),
                };
                Err(Failure {
                    line,
                    expected,
                    got,
                })
            }
        }
    }

    fn agent(&mut self, outcome: &Name, line: u32) -> Result<(), Failure> {
        let expected = format!("agent: {outcome}");
        let fails = |got: String| Failure {
            line,
            expected: expected.clone(),
            got,
        };
        let handoffs = self
            .world
            .handoffs()
            .map_err(|refusal| fails(refusal.to_string()))?;
        let open = handoffs
            .iter()
            .find(|handoff| matches!(handoff.status, HandoffStatus::Open | HandoffStatus::Claimed));
        let Some(handoff) = open else {
            return Err(fails(self.nothing("no open handoff")));
        };
        let (id, status) = (handoff.id, handoff.status);
        let acted = self.act(format!("agent: {outcome}"), |world| {
            if outcome == "unclaimed" {
                return crate::sim::agents::nobody_claims(world, id);
            }
            if status == HandoffStatus::Open {
                world.claim(id, AGENT)?;
            }
            world.resolve(id, outcome, AGENT)
        });
        acted.map_err(|refusal| fails(refusal.to_string()))
    }

    fn end(&mut self, outcome: &Name, line: u32) -> Result<(), Failure> {
        let expected = format!("end: {outcome}");
        let fails = |got: String| Failure {
            line,
            expected: expected.clone(),
            got,
        };
        let conversation = self
            .world
            .conversation()
            .map_err(|refusal| fails(refusal.to_string()))?;
        match conversation.map(|conversation| conversation.status) {
            Some(Status::Ended { outcome: how }) if how == *outcome => Ok(()),
            Some(Status::Ended { outcome: how }) => Err(fails(format!("end: {how}"))),
            _ => Err(fails(self.nothing("the conversation goes on"))),
        }
    }

    /// Takes in what the world did since it was looked at last.
    fn look(&mut self) -> Result<(), Refusal> {
        self.answers_to_agents()?;
        for seq in std::mem::take(&mut self.held) {
            if let Some(row) = self.world.engine().store.row(self.world.lead, seq)? {
                self.take(&row);
            }
        }
        for row in self.world.timeline(self.seen)? {
            self.seen = row.seq;
            self.take(&row);
        }
        Ok(())
    }

    fn take(&mut self, row: &Row) {
        match &row.body {
            RowBody::Happened(entry) => {
                self.edges.extend(coverage::taken(self.flow, entry));
                if let (Event::Replied { .. }, Some(understood)) = (&entry.event, &entry.understood)
                    && let Some(last) = self.transcript.last_mut()
                {
                    last.push_str(&format!("   [{} by {}]", understood.kind, understood.rule));
                }
            }
            RowBody::Outgoing(Effect::Sms(message), sending) => match sending.status {
                SendStatus::Held => self.held.push(row.seq),
                SendStatus::Cancelled => {}
                _ => {
                    self.transcript.push(format!("bot: {}", message.text));
                    self.heard.texts.push(message.text.clone());
                }
            },
            RowBody::Outgoing(Effect::Email(email), _) => {
                self.transcript
                    .push(format!("email: {} | {}", email.subject, email.text));
                self.heard
                    .emails
                    .push((email.subject.clone(), email.text.clone()));
            }
            RowBody::Outgoing(Effect::TellAgent(note), _) => {
                self.transcript
                    .push(format!("alert {}: {}", note.agent, note.text));
                let told = (note.agent.clone(), note.text.clone());
                self.heard.alerts.push(told);
            }
            RowBody::Outgoing(Effect::AlertAgents(offer), _) => {
                self.transcript
                    .push(format!("handoff: {} ({})", offer.team, offer.brief));
                self.heard.handoffs.push(offer.team.clone());
            }
            RowBody::Outgoing(..) => {}
        }
    }

    /// The texts that were decided and not sent yet, why, and until when.
    fn what_is_held(&self) -> String {
        let rows = self.held.iter().filter_map(|seq| {
            let row = self.world.engine().store.row(self.world.lead, *seq);
            row.ok().flatten()
        });
        let held: Vec<String> = rows
            .filter_map(|row| {
                let RowBody::Outgoing(Effect::Sms(message), sending) = &row.body else {
                    return None;
                };
                let line = message.text.lines().next().unwrap_or_default();
                let begins: String = line.chars().take(HELD_CHARS).collect();
                let more = if begins.len() < message.text.len() {
                    "…"
                } else {
                    ""
                };
                let why = sending.held.map_or("", why_held);
                let until = sending.due.map_or(String::new(), |due| {
                    let wall = due.in_zone(&self.zone).strftime("%a %d %b %Y, %H:%M");
                    format!(" until {wall}")
                });
                Some(format!("\"{begins}{more}\" is held{why}{until}"))
            })
            .collect();
        held.join("; ")
    }

    /// What is there instead of what was expected.
    pub(super) fn nothing(&self, what: &str) -> String {
        let conversation = self.world.conversation().ok().flatten();
        match conversation {
            Some(_) if !self.held.is_empty() => format!("{what}; {}", self.what_is_held()),
            Some(c) => match (&c.status, c.step()) {
                (Status::Ended { outcome }, _) => {
                    format!("{what}; the conversation has ended: {outcome}")
                }
                (_, Some(step)) => format!("{what}; the conversation stands at `{step}`"),
                _ => format!("{what}; the conversation has not begun"),
            },
            None => format!("{what}; there is no conversation"),
        }
    }
}

fn why_held(reason: HoldReason) -> &'static str {
    match reason {
        HoldReason::QuietHours => " by quiet hours",
        HoldReason::Cap => " by a cap",
        HoldReason::SendWindow | HoldReason::BestTime => " by a send window",
        HoldReason::Scheduled => " for its time",
        HoldReason::TakenOver => " while an agent writes",
        HoldReason::Paused => " because the flow is paused",
        HoldReason::Limit => " by a limit",
    }
}

/// So much of a held text is shown.
const HELD_CHARS: usize = 40;

fn describe(says: &Says) -> String {
    match says {
        Says::Bot(text) => format!("bot: {text}"),
        Says::Lead(text) => format!("lead: {text}"),
        Says::Wait(span) => format!("wait: {span}"),
        Says::Email(text) => format!("email: {text}"),
        Says::Handoff(team) => format!("handoff: {team}"),
        Says::Agent(outcome) => format!("agent: {outcome}"),
        Says::End(outcome) => format!("end: {outcome}"),
        Says::Event(event, _) => format!("event: {event}"),
        Says::Endpoint(endpoint, _) => format!("endpoint: {endpoint}"),
        Says::Full(calendar) => format!("full: {calendar}"),
        Says::Agents(says) => crate::sim::agents::describe(says),
    }
}

fn test_at(test: &FlowTest) -> String {
    test.at.clone().unwrap_or_default()
}

/// When the test begins: its own `at` (with an offset, or on the workspace's wall), else [`STARTS`].
fn starts(test: &FlowTest, zone: &Zone) -> Option<Timestamp> {
    let at = test.at.as_deref().unwrap_or(STARTS);
    if let Ok(moment) = at.parse() {
        return Some(moment);
    }
    let wall: jiff::civil::DateTime = at.parse().ok()?;
    wall.to_zoned(zone.tz().clone())
        .ok()
        .map(|at| Timestamp::from_jiff(at.timestamp()))
}

/// The lead as the test describes them; what is the lead's own is not a field.
fn lead_of(test: &FlowTest, phone: crate::lead::PhoneNumber) -> LeadUpdate {
    let mut update = LeadUpdate::of(phone);
    for (name, value) in &test.lead {
        match (&**name, value) {
            ("locale", Value::Text(locale)) => update.locale = Some(Name::from(locale.as_str())),
            ("time_zone", Value::Text(zone)) => update.time_zone = Some(Name::from(zone.as_str())),
            ("tags", Value::List(tags)) => {
                update.tags = Some(tags.iter().map(|tag| Name::from(tag.as_str())).collect());
            }
            ("phone", _) => {}
            _ => update.fields.push((name.clone(), value.clone())),
        }
    }
    update
}

/// Whether `text` fits: `*` stands for anything, line breaks and runs of spaces are one space, and
/// the case of letters does not matter.
pub fn matches_pattern(pattern: &str, text: &str) -> bool {
    let fold = |text: &str| {
        text.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase()
    };
    let (pattern, text) = (fold(pattern), fold(text));
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = pattern.rsplit_once('*').map(|(_, last)| last) else {
        return rest.is_empty();
    };
    let middle: Vec<&str> = parts.collect();
    for part in &middle[..middle.len() - 1] {
        let Some(place) = rest.find(part) else {
            return false;
        };
        rest = &rest[place + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, fits) in [
            ("*", "anything", true),
            ("*", "", true),
            ("*budget*", "What BUDGET do you have?", true),
            ("Hi *, thanks*", "Hi Ada, thanks for asking", true),
            ("*twice*twice*", "once twice", false),
            ("*twice*twice*", "twice and\ntwice again", true),
            ("exact", "exact", true),
            ("exact", "exactly", false),
            ("a*a", "a", false),
            ("*end", "the end", true),
            ("*end", "the end.", false),
        ] {
            assert_eq!(matches_pattern(pattern, text), fits, "{pattern:?} {text:?}");
        }
    }

    /// What a test that waits for `*x*` got, of a question that nudges after 12 hours: at 22:00.
    #[test]
    fn what_is_held_is_told_with_its_reason_and_its_end() {
        let text = "flow: t\nkind: marketing\nsteps:\n  a:\n    \
                    ask: \"{brand} asks: yes or no? STOP ends.\"\n    \
                    answers: { yes: b, no: b }\n    no_reply:\n      \
                    - { after: 12h, say: \"Still there?\" }\n      \
                    - { after: 1d, then: b }\n  b: { end: done }\n\
                    tests:\n  - name: n\n    script:\n      - bot: \"*\"\n      \
                    - wait: 13h\n      - bot: \"*x*\"\n";
        let source = crate::diagnostic::Source {
            file: "t.yaml".into(),
            text: text.into(),
        };
        let workspace = Arc::new(Workspace::default());
        let compiled = crate::flow::compile(&workspace, &[source]);
        let result = run(&workspace, &compiled.flows, &compiled.flows[0]);
        let failure = result.tests[0].failure.clone().unwrap();
        assert!(
            failure.got.starts_with(
                "no message; \"Still there?\" is held by quiet hours until Tue 24 Nov 2026, "
            ),
            "{}",
            failure.got
        );
    }
}
