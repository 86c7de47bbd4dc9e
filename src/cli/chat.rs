//! `replytree chat`: texting with a flow in the terminal, on a clock that moves when told to.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::cli::load::{Loaded, load};
use crate::cli::{Context, Exit, output};
use crate::conversation::{Effect, Event, Status, Understood};
use crate::flow::{Flow, template};
use crate::lead::{Name, Value};
use crate::runtime::work::LeadUpdate;
use crate::runtime::{Clock, WallClock};
use crate::sim::{World, sample};
use crate::store::{HandoffStatus, Row, RowBody, SendStatus};
use crate::time::{Duration, Timestamp};

#[derive(Debug, Args)]
#[command(override_usage = "replytree chat [OPTIONS] <FLOW>", after_help = HELP)]
pub struct ChatArgs {
    /// The flow's name
    #[arg(required_unless_present = "lead")]
    flow: Option<String>,

    /// Fields of the lead: --lead name=Ada model=Roadster; for those not given there are samples
    #[arg(long, value_name = "K=V", num_args = 1..)]
    lead: Vec<String>,

    /// The lead's language
    #[arg(long, value_name = "L")]
    locale: Option<String>,
}

pub fn run(context: &Context, args: &ChatArgs) -> Exit {
    let loaded = load(context, &[])?;
    let (name, pairs) = flow_and_fields(args)?;
    let flow = loaded.flow(name)?.clone();
    let lead = lead_of(&flow, &pairs, args, &loaded)?;
    let mut chat = Chat::begin(&loaded, &flow, lead)?;
    let terminal = std::io::stdin().is_terminal();
    // The end of the input leaves the prompt's line unfinished.
    let mut unfinished = terminal;
    if terminal {
        dim(&format!("{} · {}", flow.name, flow.about));
        dim(
            "Text as the lead would. /wait 4h  /why  /state  /undo  /restart  /agent reached  /quit",
        );
    }
    chat.show()?;
    prompt(terminal);
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if !terminal && !line.is_empty() {
            outln!("{line}");
        }
        match chat.take(line.trim()) {
            Ok(After::Stays) => {}
            Ok(After::Quits) => {
                unfinished = false;
                break;
            }
            Err(error) => dim(&format!("{error:#}")),
        }
        prompt(terminal);
        if output::is_over() {
            break;
        }
    }
    if unfinished {
        outln!();
    }
    Ok(ExitCode::SUCCESS)
}

/// The flow, and what is told of the lead. In `--lead name=Ada welcome` the flow came last.
fn flow_and_fields(args: &ChatArgs) -> anyhow::Result<(&str, Vec<(&str, &str)>)> {
    let mut flow = args.flow.as_deref();
    let mut pairs = Vec::new();
    for word in &args.lead {
        match word.split_once('=') {
            Some((key, value)) => pairs.push((key.trim(), value.trim())),
            None if flow.is_none() => flow = Some(word),
            None => bail!("`{word}` is not a field; write it as name=Ada"),
        }
    }
    let flow = flow.context("which flow? write it first: replytree chat FLOW --lead name=Ada")?;
    Ok((flow, pairs))
}

/// The lead as told, with samples for what the flow needs and was not told.
fn lead_of(
    flow: &Flow,
    pairs: &[(&str, &str)],
    args: &ChatArgs,
    loaded: &Loaded,
) -> anyhow::Result<LeadUpdate> {
    let mut told = Vec::new();
    for (key, value) in pairs {
        let names = || flow.fields.keys().map(Name::as_str);
        if !names().any(|known| known == *key) {
            let hint = match crate::diagnostic::nearest(key, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has {}", names().collect::<Vec<_>>().join(", ")),
            };
            dim(&format!("(the flow has no field `{key}`; {hint})"));
        }
        told.push((Name::from(*key), Value::text(*value)));
    }
    if let Some(locale) = &args.locale
        && !flow
            .locales
            .iter()
            .any(|known| locale.starts_with(known.as_str()))
    {
        let known: Vec<&str> = flow.locales.iter().map(Name::as_str).collect();
        dim(&format!(
            "(the flow has no `{locale}`, only {})",
            known.join(", ")
        ));
    }
    let zone = &loaded.workspace.time_zone;
    let mut update = LeadUpdate::of(crate::sim::world::LEAD.parse()?);
    update.locale = args.locale.as_deref().map(Name::from);
    update.fields = sample::fields(flow, zone, starts(loaded), told);
    Ok(update)
}

/// Today at 10 in the morning by the workspace's clock: an hour at which messages leave.
fn starts(loaded: &Loaded) -> Timestamp {
    let zone = &loaded.workspace.time_zone;
    let now = WallClock.now();
    let ten = now
        .in_zone(zone)
        .date()
        .at(10, 0, 0, 0)
        .to_zoned(zone.tz().clone());
    ten.map_or(now, |at| Timestamp::from_jiff(at.timestamp()))
}

enum After {
    Stays,
    Quits,
}

/// What was done so far; `/undo` does all but the last of it again.
#[derive(Clone)]
enum Act {
    Text(String),
    Wait(Duration),
    Agent(Name),
    Event(Name),
}

struct Chat<'a> {
    loaded: &'a Loaded,
    flow: Arc<Flow>,
    lead: LeadUpdate,
    world: World,
    acts: Vec<Act>,
    seen: u32,
    held: Vec<u32>,
    why: Option<Understood>,
}

impl<'a> Chat<'a> {
    fn begin(loaded: &'a Loaded, flow: &Arc<Flow>, lead: LeadUpdate) -> anyhow::Result<Self> {
        let world = World::new(loaded.workspace.clone(), &loaded.flows, starts(loaded))?;
        world.enroll(&flow.name, lead.clone())?;
        let (acts, held) = (Vec::new(), Vec::new());
        Ok(Self {
            loaded,
            flow: flow.clone(),
            lead,
            world,
            acts,
            seen: 0,
            held,
            why: None,
        })
    }

    fn take(&mut self, line: &str) -> anyhow::Result<After> {
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        match command {
            "" => {}
            "/quit" | "/exit" | "/q" => return Ok(After::Quits),
            "/help" | "/?" => dim(HELP),
            "/why" => self.explain(),
            "/state" => self.state()?,
            "/restart" => {
                self.again(Vec::new())?;
                self.show()?;
            }
            "/undo" => self.undo()?,
            "/wait" => {
                let span = if rest.is_empty() {
                    self.to_next()?
                } else {
                    rest.trim().parse()?
                };
                self.act(Act::Wait(span))?;
            }
            "/agent" => self.act(Act::Agent(Name::from(rest.trim())))?,
            "/event" => self.act(Act::Event(Name::from(rest.trim())))?,
            _ if command.starts_with('/') => {
                bail!("there is no {command}. {HELP}");
            }
            _ => self.act(Act::Text(line.to_string()))?,
        }
        Ok(After::Stays)
    }

    /// As long as it takes until something falls due.
    fn to_next(&self) -> anyhow::Result<Duration> {
        let next = self.world.engine().store.next_due()?;
        let next = next.context("nothing is waiting for time to pass; say how long: /wait 4h")?;
        Ok(next.since(self.world.now()))
    }

    fn act(&mut self, act: Act) -> anyhow::Result<()> {
        self.done(&act)?;
        if let Act::Wait(span) = &act {
            dim(&format!("… {span} later, {}", self.clock()));
        }
        self.acts.push(act);
        self.show()
    }

    fn done(&mut self, act: &Act) -> anyhow::Result<()> {
        match act {
            Act::Text(text) => self.world.text(text)?,
            Act::Wait(span) => self.world.wait(*span)?,
            Act::Event(event) => self.world.event(event, Vec::new())?,
            Act::Agent(outcome) => {
                let handoffs = self.world.handoffs()?;
                let open = handoffs
                    .iter()
                    .find(|h| matches!(h.status, HandoffStatus::Open | HandoffStatus::Claimed));
                let handoff = open.context("no handoff is open")?;
                if handoff.status == HandoffStatus::Open {
                    self.world.claim(handoff.id, "You")?;
                }
                self.world.resolve(handoff.id, outcome, "You")?;
            }
        }
        Ok(())
    }

    fn undo(&mut self) -> anyhow::Result<()> {
        let mut acts = self.acts.clone();
        if acts.pop().is_none() {
            bail!("there is nothing to undo");
        }
        self.again(acts)?;
        dim("taken back; where it stands:");
        self.catch_up()?;
        self.state()
    }

    /// A new world in which `acts` are done.
    fn again(&mut self, acts: Vec<Act>) -> anyhow::Result<()> {
        let mut fresh = Chat::begin(self.loaded, &self.flow, self.lead.clone())?;
        for act in &acts {
            fresh.done(act)?;
        }
        fresh.acts = acts;
        *self = fresh;
        Ok(())
    }

    /// What stands already was shown: only the last text to the lead is said again.
    fn catch_up(&mut self) -> anyhow::Result<()> {
        let mut last = None;
        for row in self.world.timeline(0)? {
            self.seen = row.seq;
            match row.body {
                RowBody::Happened(entry) if matches!(entry.event, Event::Replied { .. }) => {
                    self.why = entry.understood;
                }
                RowBody::Outgoing(Effect::Sms(message), _) => last = Some(message.text),
                _ => {}
            }
        }
        if let Some(text) = last {
            bubble(&text, 1);
        }
        Ok(())
    }

    /// Shows what happened since it was looked at last.
    fn show(&mut self) -> anyhow::Result<()> {
        for seq in std::mem::take(&mut self.held) {
            if let Some(row) = self.world.engine().store.row(self.world.lead, seq)? {
                self.show_row(&row);
            }
        }
        for row in self.world.timeline(self.seen)? {
            self.seen = row.seq;
            self.show_row(&row);
        }
        if let Some(conversation) = self.world.conversation()?
            && let Status::Ended { outcome } = &conversation.status
        {
            dim(&format!("— ended: {outcome}. /restart to begin again —"));
        }
        Ok(())
    }

    fn show_row(&mut self, row: &Row) {
        match &row.body {
            RowBody::Happened(entry) => {
                if matches!(entry.event, Event::Replied { .. }) {
                    self.why = entry.understood.clone();
                }
            }
            RowBody::Outgoing(Effect::Sms(message), sending) => match sending.status {
                SendStatus::Held => {
                    self.held.push(row.seq);
                    let until = sending.due.map_or(String::new(), |due| self.clock_at(due));
                    dim(&format!("(held until {until})"));
                }
                SendStatus::Cancelled => {}
                _ => bubble(&message.text, sending.parts),
            },
            RowBody::Outgoing(Effect::Email(email), _) => {
                outln!("\u{1b}[35m  ✉ {}\u{1b}[0m", email.subject);
                for line in email.text.lines() {
                    outln!("\u{1b}[35m    {line}\u{1b}[0m");
                }
            }
            RowBody::Outgoing(Effect::AlertAgents(offer), _) => {
                let text = format!(
                    "  ☎ {} ({}): {}\n    /agent reached or another outcome, /wait to leave it",
                    offer.team,
                    offer.priority.as_str(),
                    offer.brief
                );
                outln!("\u{1b}[33m{text}\u{1b}[0m");
            }
            RowBody::Outgoing(..) => {}
        }
    }

    fn explain(&self) {
        match &self.why {
            Some(why) => {
                let answer = why
                    .answer
                    .as_ref()
                    .map(|a| format!(" `{a}`"))
                    .unwrap_or_default();
                let sure = if why.certain { "certain" } else { "likely" };
                dim(&format!(
                    "read as {}{answer} by the rule `{}` ({sure})",
                    why.kind, why.rule
                ));
            }
            None => dim("the lead has not written yet, or nothing listened"),
        }
    }

    fn state(&self) -> anyhow::Result<()> {
        let Some(conversation) = self.world.conversation()? else {
            return Ok(());
        };
        let step = conversation
            .step()
            .map(|step| format!(" at `{step}`"))
            .unwrap_or_default();
        dim(&format!(
            "{}{step}, score {}, {}",
            conversation.status_name(),
            conversation.score,
            self.clock()
        ));
        for (step, value) in &conversation.answers {
            let zone = &self.loaded.workspace.time_zone;
            dim(&format!(
                "  {step} = {}",
                template::shown(value, &conversation.locale, zone)
            ));
        }
        if let Some(deadline) = conversation.deadline {
            dim(&format!("  next timer {}", self.clock_at(deadline)));
        }
        Ok(())
    }

    fn clock(&self) -> String {
        self.clock_at(self.world.now())
    }

    fn clock_at(&self, at: Timestamp) -> String {
        template::shown(&Value::Moment(at), "en", &self.loaded.workspace.time_zone)
    }
}

const HELP: &str = "While texting: /wait 4h (or /wait until something happens), /why the last reply was \
                    read so, /state, /undo, /restart, /agent OUTCOME, /event NAME, /quit";

/// A message from the business, wrapped like a bubble.
fn bubble(text: &str, parts: u8) {
    for line in text.lines() {
        for piece in wrap(line, 56) {
            outln!("\u{1b}[36m  ┃ {piece}\u{1b}[0m");
        }
    }
    if parts > 1 {
        dim(&format!("    {parts} parts"));
    }
}

fn wrap(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split(' ') {
        let current = lines.last_mut().expect("there is always a line");
        if !current.is_empty() && current.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_string());
        } else {
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
    }
    lines
}

fn dim(text: &str) {
    outln!("\u{1b}[2m{text}\u{1b}[0m");
}

fn prompt(terminal: bool) {
    if terminal {
        out!("\u{1b}[1m› \u{1b}[0m");
        // A prompt that cannot be shown is no reason to stop.
        let _ = std::io::stdout().flush();
    }
}
