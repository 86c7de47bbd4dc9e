//! One lead's way through one flow, watched: never stuck, ended by silence, and within what the proof says.
//!
//! What the report leaves out, this leaves out too: the time that agents take and until a moment of the
//! lead's; the time until a carrier has taken a text; the engine's own answers (HELP, STOP, "who is this");
//! and what the lead asks for again and again: an answer of `anytime` (a text each, and its question's clock
//! begins anew), the same jump twice, another time for an appointment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use petgraph::graph::NodeIndex;
use replytree::conversation::{Awaiting, Conversation, ConversationId, Effect, Status};
use replytree::flow::graph::{self, Taken, taken_by};
use replytree::flow::proof::{self, Proof};
use replytree::flow::steps::{Expect, WaitFor};
use replytree::flow::workspace::Workspace;
use replytree::flow::{Flow, Verb};
use replytree::lead::{Name, Value};
use replytree::policy::Rules;
use replytree::policy::quiet_hours::QuietHours;
use replytree::runtime::sandbox::Sandbox;
use replytree::runtime::work::{Job, LeadUpdate, Refusal, SendResult};
use replytree::sim::{World, unbounded};
use replytree::store::{HandoffStatus, MemoryStore, Row, RowBody};
use replytree::time::{Duration, Timestamp};

use super::did::{Did, is_jump};
use super::leads::{Act, Carrier, Life};

const BEGINS: &str = "2026-11-23T10:00:00-06:00";
/// Instants at which something falls due, after which a lead who is silent has waited for ever.
const INSTANTS_MAX: usize = 3_000;
/// As many where the flow's own loops may go on.
const INSTANTS_OF_LOOPS: usize = 60;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hours {
    /// Nothing is held: the bounds are of the flow alone.
    Open,
    /// With quiet hours and caps.
    Quiet,
}

/// How many leads were tried, and how they fared.
#[derive(Debug, Default)]
pub struct Tally {
    leads: u32,
    bounded: u32,
    late: u32,
    jumps: u32,
    pub outcomes: BTreeMap<String, u32>,
}

impl Tally {
    pub fn add(&mut self, other: &Tally) {
        self.leads += other.leads;
        self.bounded += other.bounded;
        self.late += other.late;
        self.jumps += other.jumps;
        for (outcome, times) in &other.outcomes {
            *self.outcomes.entry(outcome.clone()).or_default() += times;
        }
    }

    /// Leads of every kind went through, so that nothing above is vacuous.
    pub fn is_of_every_kind(&self) {
        assert!(self.bounded * 2 > self.leads / 2, "{self:?}");
        for (what, times) in [("late answers", self.late), ("jumps", self.jumps)] {
            assert!(times > 0, "no {what}: {self:?}");
        }
        for outcome in ["completed", "won", "stopped", "opted_out", "unclaimed"] {
            assert!(self.outcomes.contains_key(outcome), "{outcome}: {self:?}");
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Moods {
    texts: Carrier,
    emails: Carrier,
    endpoint: Carrier,
}

fn answer(mood: Carrier) -> Option<SendResult> {
    let error = "as the test has it".to_string();
    let after = Duration::mins(2);
    match mood {
        Carrier::Takes => None,
        Carrier::Refuses => Some(SendResult::Refused { error }),
        Carrier::Dead => Some(SendResult::Unreachable { error }),
        Carrier::OptedOut => Some(SendResult::OptedOut { error }),
        Carrier::Uncertain => Some(SendResult::Uncertain { error }),
        Carrier::Later => Some(SendResult::Retry { after, error }),
    }
}

fn really(moods: Moods, job: &Job) -> Option<SendResult> {
    match &job.effect {
        Effect::Sms(_) => answer(moods.texts),
        Effect::Email(_) => match moods.emails {
            Carrier::OptedOut => answer(Carrier::Refuses),
            mood => answer(mood),
        },
        Effect::Call { .. } | Effect::FindSlots { .. } | Effect::HoldSlot { .. } => {
            match moods.endpoint {
                Carrier::Later => answer(Carrier::Later),
                Carrier::Takes => None,
                _ if matches!(job.effect, Effect::HoldSlot { .. }) => None,
                _ => answer(Carrier::Refuses),
            }
        }
        _ => None,
    }
}

struct Watch<'a> {
    world: World,
    flow: &'a Flow,
    proof: Proof,
    id: ConversationId,
    hours: Hours,
    moods: Arc<Mutex<Moods>>,
    waited: Duration,
    log: Vec<String>,
    instants: usize,
}

/// Goes through `flow` as `life` says, then is silent. The error tells the whole story.
pub fn lead(
    workspace: &Arc<Workspace>,
    flows: &[Arc<Flow>],
    flow: &Arc<Flow>,
    life: &Life,
    hours: Hours,
) -> Result<Tally, String> {
    let mut watch = Watch::begin(workspace, flows, flow, life, hours)
        .map_err(|refusal| format!("not enrolled: {refusal}"))?;
    let mut tally = Tally {
        leads: 1,
        ..Tally::default()
    };
    let result = watch.live(life).and_then(|()| watch.judge(&mut tally));
    result.map_err(|why| {
        format!(
            "{hours:?}: {why}\n{}\n{}",
            watch.log.join("\n"),
            watch.story()
        )
    })?;
    Ok(tally)
}

fn opened(workspace: &Arc<Workspace>, hours: Hours) -> Arc<Workspace> {
    let workspace = unbounded(workspace);
    match hours {
        Hours::Quiet => workspace,
        Hours::Open => Arc::new(Workspace {
            rules: Rules {
                quiet_hours: QuietHours::Between("00:00-24:00".parse().unwrap()),
                caps: Vec::new(),
                holidays: Vec::new(),
                countries: Vec::new(),
            },
            ..Workspace::clone(&workspace)
        }),
    }
}

impl<'a> Watch<'a> {
    fn begin(
        workspace: &Arc<Workspace>,
        flows: &[Arc<Flow>],
        flow: &'a Arc<Flow>,
        life: &Life,
        hours: Hours,
    ) -> Result<Self, Refusal> {
        let start: Timestamp = BEGINS.parse().unwrap();
        let store = Arc::new(MemoryStore::new());
        let mut world = World::over(store, opened(workspace, hours), flows, start)?;
        world.lead = format!("+1312555014{}", life.number % 10).parse().unwrap();
        let moods = Arc::new(Mutex::new(Moods {
            texts: Carrier::Takes,
            emails: Carrier::Takes,
            endpoint: Carrier::Takes,
        }));
        let asked = moods.clone();
        let engine = world.sandbox.engine.clone();
        world.sandbox = Sandbox::with(
            engine,
            Box::new(move |job| really(*asked.lock().unwrap(), job)),
        );
        // How the world is, where a life begins with it, is so before the flow begins.
        for act in &life.acts {
            if !act.is_scenery() {
                break;
            }
            set_scene(&world, &moods, act);
        }
        let id = world.enroll(&flow.name, update(&world, flow, life, start))?;
        Ok(Self {
            proof: proof::report_in(flow, &world.engine().live.load().workspace),
            world,
            flow,
            id,
            hours,
            moods,
            waited: Duration::ZERO,
            log: Vec::new(),
            instants: 0,
        })
    }

    fn conversation(&self) -> Conversation {
        let store = &self.world.engine().store;
        store.conversation(self.id).unwrap().expect("it was begun")
    }

    fn rows(&self) -> Vec<Row> {
        let rows = self.world.timeline(0).unwrap();
        let id = Some(self.id);
        rows.into_iter()
            .filter(|row| row.conversation == id)
            .collect()
    }

    fn live(&mut self, life: &Life) -> Result<(), String> {
        self.stands()?;
        for act in &life.acts {
            self.log.push(format!("{} {act:?}", self.world.now()));
            self.act(act)?;
            self.stands()?;
        }
        self.log.push(format!("{} silent", self.world.now()));
        self.fall_silent()
    }

    fn act(&mut self, act: &Act) -> Result<(), String> {
        let done = match act {
            Act::Answer(which) => {
                let text = self.answer(*which);
                self.log.push(format!("  {text}"));
                self.world.text(&text)
            }
            Act::Says(text) => self.world.text(text),
            Act::Silence => return self.next_instant(None).map(|_| ()),
            Act::Hours(hours) => {
                let until = self.world.now() + Duration::hours(i64::from(*hours));
                while self.next_instant(Some(until))? {}
                Ok(())
            }
            Act::Event(name) => self.world.event(&Name::from(*name), Vec::new()),
            Act::Claim => self.agent(None),
            Act::Outcome(outcome) => self.agent(Some(outcome)),
            Act::Texts(_) | Act::Emails(_) | Act::Endpoint(_) | Act::Full => {
                set_scene(&self.world, &self.moods, act);
                Ok(())
            }
        };
        match done {
            Err(Refusal::Store(error)) => Err(format!("the store failed: {error}")),
            // What is refused (nothing is offered, a key that is not there) changes nothing.
            _ => Ok(()),
        }
    }

    /// One of the answers that what is asked now has.
    fn answer(&self, which: usize) -> String {
        let conversation = self.conversation();
        let step = conversation.step().and_then(|step| self.flow.find(step));
        let samples: Vec<String> = match step.map(|ix| &self.flow.step(ix).verb) {
            Some(Verb::Ask(ask)) => match &ask.expect {
                Expect::Options(options, _) => options
                    .iter()
                    .flat_map(|option| [option.key.clone(), option.name.to_string()])
                    .collect(),
                Expect::Value { kind, .. } => [match kind.name() {
                    "number" | "money" => "7",
                    "date" | "datetime" => "tomorrow at 3pm",
                    "time" => "3pm",
                    "email" => "ada@nb.example",
                    "phone" => "312 555 0177",
                    "yes_no" => "yes",
                    "postcode" => "60601",
                    _ => "Ada",
                }
                .to_string()]
                .to_vec(),
            },
            _ => ["1", "2", "ok"].map(str::to_string).to_vec(),
        };
        samples[which % samples.len()].clone()
    }

    fn agent(&self, outcome: Option<&str>) -> Result<(), Refusal> {
        let handoffs = self.world.handoffs()?;
        let open = handoffs
            .iter()
            .find(|handoff| matches!(handoff.status, HandoffStatus::Open | HandoffStatus::Claimed));
        let Some(handoff) = open else { return Ok(()) };
        match outcome {
            None => self.world.claim(handoff.id, "Dana"),
            Some(outcome) => self.world.resolve(handoff.id, &Name::from(outcome), "Dana"),
        }
    }

    /// Moves the clock to the next instant at which something falls due, to `until` at most. Whether there
    /// was one.
    fn next_instant(&mut self, until: Option<Timestamp>) -> Result<bool, String> {
        let now = self.world.now();
        let store = self.world.engine().store.clone();
        let due = store.next_due().map_err(|error| error.to_string())?;
        let due = due.filter(|due| until.is_none_or(|until| *due <= until));
        let Some(to) = due.or(until) else {
            return Ok(false);
        };
        self.instants += 1;
        if self.instants > INSTANTS_MAX {
            return Err("something falls due for ever".to_string());
        }
        let span = to.since(now);
        if self.is_waiting() {
            self.waited = self.waited + span;
        }
        self.world
            .wait(span)
            .map_err(|refusal| refusal.to_string())?;
        self.stands()?;
        Ok(due.is_some())
    }

    /// Whether the report counts the time that passes now.
    fn is_waiting(&self) -> bool {
        let conversation = self.conversation();
        let Status::Waiting(wait) = &conversation.status else {
            return false;
        };
        let step = self.flow.find(&wait.step).map(|ix| self.flow.step(ix));
        let for_a_moment = step.is_some_and(|step| {
            matches!(&step.verb, Verb::Wait(wait) if matches!(wait.what, WaitFor::Until { .. }))
        });
        conversation.deadline.is_some() && !for_a_moment
    }

    /// It has ended, or something is bound to come.
    fn stands(&self) -> Result<(), String> {
        let conversation = self.conversation();
        let now = self.world.now();
        let timer = conversation.deadline.is_some_and(|at| at > now);
        let moves = match &conversation.status {
            Status::Ended { .. } => true,
            Status::Scheduled | Status::WithAgent(_) | Status::TakenOver { .. } => timer,
            Status::Waiting(wait) => match &wait.what {
                Awaiting::Reply {
                    sending: Some(seq), ..
                } => self.is_pending(*seq),
                _ => timer,
            },
        };
        match moves {
            true => Ok(()),
            false => Err(format!(
                "stuck: {:?}, deadline {:?}",
                conversation.status, conversation.deadline
            )),
        }
    }

    fn is_pending(&self, seq: u32) -> bool {
        let row = self.world.engine().store.row(self.world.lead, seq).unwrap();
        matches!(
            row.map(|row| row.body),
            Some(RowBody::Outgoing(_, sending)) if sending.due.is_some()
        )
    }

    fn has_ended(&self) -> bool {
        self.conversation().is_ended()
    }

    fn fall_silent(&mut self) -> Result<(), String> {
        let loops = silent_loop(self.flow);
        let instants = match loops {
            true => INSTANTS_OF_LOOPS,
            false => INSTANTS_MAX,
        };
        for _ in 0..instants {
            if self.has_ended() || !self.next_instant(None)? {
                break;
            }
        }
        match self.has_ended() || loops {
            true => Ok(()),
            false => Err("silence does not end it".to_string()),
        }
    }

    fn judge(&self, tally: &mut Tally) -> Result<(), String> {
        let proof = &self.proof;
        let did = Did::of(self.flow, &self.rows(), self.waited);
        self.way_is_named(&did)?;
        for text in &did.said {
            if text.contains("<>") {
                return Err(format!("a token without a value: {text}"));
            }
        }
        if let Status::Ended { outcome } = &self.conversation().status {
            *tally.outcomes.entry(outcome.to_string()).or_default() += 1;
            let from_outside = ["opted_out", "stopped", "wrong_number", "unreachable"];
            if !proof.outcomes.contains(outcome) && !from_outside.contains(&&**outcome) {
                return Err(format!(
                    "ended as {outcome}: the proof knows {:?}",
                    proof.outcomes
                ));
            }
        }
        tally.late += did.late;
        tally.jumps += did.jumps.values().sum::<u32>();
        if self.hours == Hours::Open && did.is_bounded(proof) {
            tally.bounded += 1;
            did.is_within(self.flow, proof)?;
        }
        Ok(())
    }

    /// Each hop is an edge of the graph that the proof is made of, or one of the few that are no step's.
    fn way_is_named(&self, did: &Did) -> Result<(), String> {
        let graph = graph::graph(self.flow);
        let name = |node: NodeIndex| match self.flow.steps.get(node.index()) {
            Some(step) => step.name.to_string(),
            None => "end:completed".to_string(),
        };
        let edges: BTreeSet<(String, String, String)> = graph
            .edge_indices()
            .map(|edge| {
                let (from, to) = graph.edge_endpoints(edge).unwrap();
                (name(from), graph[edge].to_string(), name(to))
            })
            .collect();
        for hop in &did.hops {
            let known = edges.contains(hop) || is_jump(self.flow, &hop.1);
            if !known {
                return Err(format!("no exit of the graph: {hop:?}"));
            }
        }
        Ok(())
    }

    fn story(&self) -> String {
        let mut story = Vec::new();
        for row in self.world.timeline(0).unwrap() {
            let line = match &row.body {
                RowBody::Happened(entry) => format!("{:?} {:?}", entry.event, entry.path),
                RowBody::Outgoing(effect, sending) => format!("{:?} {effect:?}", sending.status),
            };
            let line: String = line.chars().take(400).collect();
            story.push(format!("{} {} {line}", row.at, row.seq));
        }
        format!("{}\n{}", story.join("\n"), self.proof)
    }
}

fn set_scene(world: &World, moods: &Mutex<Moods>, act: &Act) {
    let mut moods = moods.lock().unwrap();
    match act {
        Act::Texts(mood) => moods.texts = *mood,
        Act::Emails(mood) => moods.emails = *mood,
        Act::Endpoint(mood) => moods.endpoint = *mood,
        _ => world.sandbox.calendar_is_full(Name::from("room")),
    }
}

fn update(world: &World, flow: &Flow, life: &Life, start: Timestamp) -> LeadUpdate {
    let mut update = LeadUpdate::of(world.lead);
    let locale = &flow.locales[life.locale % flow.locales.len()];
    update.locale = Some(locale.clone());
    if life.email {
        let address = Value::text("ada@nb.example");
        update.fields.push((Name::from("email"), address));
    }
    let moment = life
        .day
        .map(|day| Value::Moment(start + Duration::days(i64::from(day))));
    for (name, field) in &flow.fields {
        let moment = moment.clone().or_else(|| {
            // What the flow cannot do without is there.
            (!field.optional).then_some(Value::Moment(start + Duration::days(2)))
        });
        if let Some(value) = super::leads::value(field.kind, moment.as_ref())
            && *name != "email"
            && *name != "mark"
        {
            update.fields.push((name.clone(), value));
        }
    }
    update
}

/// Whether a lead who is silent, and of whom nobody takes care, may come by the same step twice: the
/// compiler sees to it that there is a way out, and a `decide` whether it is taken.
fn silent_loop(flow: &Flow) -> bool {
    let mut graph = graph::graph(flow);
    graph.retain_edges(|graph, edge| {
        let (from, _) = graph.edge_endpoints(edge).unwrap();
        flow.steps.get(from.index()).is_none_or(|step| {
            let taken = taken_by(&step.verb, &graph[edge]);
            matches!(taken, Taken::Silence | Taken::Unclaimed | Taken::Itself)
        })
    });
    petgraph::algo::is_cyclic_directed(&graph)
}
