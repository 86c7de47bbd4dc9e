//! The language. A sales team's YAML goes in; a [`Flow`] that provably cannot get stuck comes out,
//! or the complete list of what is wrong with it.

mod check;
mod compile;
pub mod condition;
pub mod fields;
pub mod grammar;
pub mod graph;
pub mod ics;
pub mod keywords;
pub mod links;
pub mod moving;
pub mod picture;
mod parse;
pub mod preferences;
pub mod places;
pub mod proof;
mod resolve;
pub mod schema;
pub mod sms_parts;
pub mod steps;
pub mod template;
pub mod walk;
pub mod workspace;
pub mod yaml;

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::conversation::VersionId;
use crate::lead::{Kind, Name};
use crate::policy::{MessageKind, SendWindow};
use crate::reply::Phrases;
use crate::time::Duration;

pub use crate::diagnostic::Source;
pub use compile::{Compiled, compile, compile_version};
pub use places::Places;
pub use steps::{Step, Verb};
pub use template::{Template, Text};

/// A compiled flow.
#[derive(Debug, Clone)]
pub struct Flow {
    pub name: Name,
    pub version: VersionId,
    pub about: String,
    pub objective: Objective,
    pub kind: MessageKind,
    /// Never empty; the first is the default.
    pub locales: Vec<Name>,
    /// The lead fields it may say or test.
    pub fields: BTreeMap<Name, Field>,
    /// Keywords that start it, lower case.
    pub start_keywords: Vec<String>,
    pub start_events: Vec<Name>,
    pub stops_when: Vec<Name>,
    pub links: BTreeMap<Name, Link>,
    pub send: Option<SendWindow>,
    pub start: StepIx,
    /// In the order written; those of a flow that `run` brings in follow, named `<run>.<step>`; last
    /// the handoff to the default team, where an unclear reply needs one.
    pub steps: Vec<Step>,
    pub by_name: FxHashMap<Name, StepIx>,
    pub anytime: Vec<Anytime>,
    /// All `anytime` words at once; the index is into `anytime`.
    pub anytime_phrases: Phrases,
    pub experiments: Vec<Experiment>,
    pub tests: Vec<FlowTest>,
    /// Where it was read from, relative to the workspace.
    pub file: String,
    /// The YAML of this flow and, for each flow that `run` brings in, its own: name and text.
    pub sources: Vec<(Name, String)>,
    /// Warnings that the author meant to be so in this flow, by name.
    pub allow: Vec<Name>,
    /// Where its parts stand in `file`, for diagnostics.
    pub places: Places,
}

impl Flow {
    pub fn step(&self, ix: StepIx) -> &Step {
        &self.steps[ix.0 as usize]
    }

    pub fn find(&self, name: &str) -> Option<StepIx> {
        self.by_name.get(name).copied()
    }

    /// Where a lead who asks to be called is taken: the first handoff.
    pub fn callback(&self) -> Option<StepIx> {
        steps::callback(&self.steps)
    }

    /// The place of `locale` in `locales`: exact, else by language, else the default.
    pub fn locale_ix(&self, locale: &str) -> usize {
        if *self.locales[0] == *locale {
            return 0;
        }
        let language = locale.split(['-', '_']).next().unwrap_or(locale);
        self.locales
            .iter()
            .position(|l| **l == *locale)
            .or_else(|| self.locales.iter().position(|l| **l == *language))
            .unwrap_or(0)
    }
}

/// A step's place in `Flow::steps`. Never stored: the world knows a step by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepIx(pub u32);

/// Where an exit leads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    Step(StepIx),
    /// `then: end`: the conversation ends as `completed`.
    End,
}

/// The step that the compiler adds where an unclear reply needs the workspace's default team.
pub const RESERVED_TEAM_STEP: &str = "default-team";

/// The outcome of `then: end`.
pub const COMPLETED: &str = "completed";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    Capture,
    Qualification,
    Booking,
    Reengagement,
    Notice,
}

/// A declared lead field.
#[derive(Debug, Clone)]
pub struct Field {
    pub kind: Kind,
    pub optional: bool,
    pub fallback: Option<Text>,
}

#[derive(Debug, Clone)]
pub struct Link {
    pub to: Text,
    pub expires: Option<Duration>,
}

/// Something the lead may say at any time.
#[derive(Debug, Clone)]
pub struct Anytime {
    pub name: Name,
    pub then: AnytimeThen,
}

#[derive(Debug, Clone)]
pub enum AnytimeThen {
    /// Answers, and the open question stands again.
    Say(Text),
    /// Leaves the question for this step; a text may go first.
    Go(Option<Text>, Target),
}

/// An A/B test: one variable of one step.
#[derive(Debug, Clone)]
pub struct Experiment {
    pub name: Name,
    pub step: StepIx,
    pub vary: Vary,
    /// The share that gets the variant, in thousandths.
    pub share_per_mille: u16,
    pub measure: Measure,
}

#[derive(Debug, Clone)]
pub enum Vary {
    Text(Text),
    SendTime(SendWindow),
    Sender(Name),
    Link(Name, Link),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    Replied,
    Clicked,
    OptedOut,
    Event(Name),
    Outcome(Name),
}

/// A test written beside the flow.
#[derive(Debug, Clone)]
pub struct FlowTest {
    pub name: String,
    pub line: u32,
    /// Fields of the lead as written; `locale`, `time_zone`, `phone` and `tags` are the lead's own.
    pub lead: Vec<(Name, crate::lead::Value)>,
    /// When the test begins; a Monday, 10:00 in the workspace's zone, when not said.
    pub at: Option<String>,
    pub script: Vec<Line>,
}

/// One line of a test's script, with the line of the file it stands on.
#[derive(Debug, Clone)]
pub struct Line {
    pub line: u32,
    pub says: Says,
}

/// Patterns: `*` stands for any text.
#[derive(Debug, Clone, PartialEq)]
pub enum Says {
    Bot(String),
    Lead(String),
    Wait(Duration),
    Email(String),
    /// A handoff to this team was offered.
    Handoff(Name),
    /// An agent claims the handoff (if nobody did) and ends it with this outcome.
    Agent(Name),
    End(Name),
    /// An event with its properties.
    Event(Name, Vec<(Name, crate::lead::Value)>),
    /// What the endpoint called last, or the next time, answers; `None` for a failure.
    Endpoint(Name, Option<serde_json::Value>),
    /// Nothing is free in this calendar from here on.
    Full(Name),
    /// What an agent does, or must be told.
    Agents(AgentSays),
}

/// A line about one agent, who is named first.
#[derive(Debug, Clone, PartialEq)]
pub enum AgentSays {
    /// They were told something that fits the pattern, by whichever way.
    Alert(String, String),
    Claim(String),
    /// They text this to the channel.
    Text(String, String),
    Away(String),
    Back(String),
    TakeOver(String),
    /// Whoever has taken the conversation over writes this.
    Write(String),
    /// It is given back, at this step or where it stood.
    Release(Option<Name>),
}
