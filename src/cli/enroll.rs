//! `replytree enroll`: starts a campaign: every lead of a segment or a file, or a random few of them,
//! enters a flow. Whoever gave no consent is left out, and it is said how many and why.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::cli::output::{self, Format};
use crate::cli::trail::{self, Did};
use crate::cli::{Context, Exit, FAILED, engine, import};
use crate::conversation::{ConversationId, Event};
use crate::flow::workspace::Workspace;
use crate::import::{Defaults, read_row};
use crate::lead::{Name, PhoneNumber};
use crate::policy::consent::Level;
use crate::runtime::work::{Enroll, IfBusy, LeadUpdate};
use crate::runtime::{Engine, Refusal, Work, segment};
use crate::store::{RowBody, SeenKey};
use crate::time::{Duration, Timestamp};

const BATCH: usize = 256;

#[derive(Debug, Args)]
pub struct EnrollArgs {
    /// The flow they enter
    flow: String,
    /// Everyone in a segment of workspace.yaml
    #[arg(
        long,
        value_name = "NAME",
        required_unless_present = "csv",
        conflicts_with = "csv"
    )]
    segment: Option<String>,
    /// Everyone whose number stands in a file; import it first, with the consent
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// What a column of the file is, as for import
    #[arg(long, value_name = "WHAT=COLUMN", num_args = 1)]
    map: Vec<String>,
    /// Only so many of them, drawn at random
    #[arg(long, value_name = "N")]
    pilot: Option<usize>,
    /// What the draw goes by: the same seed draws the same leads
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Not before: a time as in RFC 3339, or a span from now such as 2h
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// The campaign's name: under one name a lead enters the flow once, however often this is run
    #[arg(long, value_name = "NAME")]
    campaign: Option<String>,
    /// Count who would enter; nothing is stored
    #[arg(long)]
    dry_run: bool,
    #[arg(long, value_enum, default_value = None)]
    format: Option<Format>,
}

#[derive(Debug, Default)]
struct Outcome {
    /// In the segment or the file.
    found: usize,
    /// Of them, after a draw.
    chosen: usize,
    enrolled: usize,
    /// In under this campaign before.
    already: usize,
    left_out: BTreeMap<String, usize>,
}

pub fn run(context: &Context, args: &EnrollArgs) -> Exit {
    let (engine, loaded) = engine::open(context)?;
    let flow = Name::from(loaded.flow(&args.flow)?.name.as_str());
    let at = args
        .at
        .as_deref()
        .map(|at| time(at, engine.clock.now()))
        .transpose()?;
    let leads = match (&args.segment, &args.csv) {
        (Some(name), _) => of_segment(&engine, &loaded.workspace, name)?,
        (None, Some(file)) => of_file(&engine, &loaded.workspace, file, &args.map)?,
        (None, None) => Vec::new(),
    };
    let mut outcome = Outcome {
        found: leads.len(),
        ..Outcome::default()
    };
    let chosen = draw(leads, args.pilot, args.seed);
    outcome.chosen = chosen.len();
    let work = |phone: PhoneNumber| {
        let campaign = args.campaign.as_ref();
        Work::Enroll(Enroll {
            flow: flow.clone(),
            lead: LeadUpdate::of(phone),
            at,
            if_busy: IfBusy::Refuse,
            by: campaign.map_or("enroll".to_string(), |name| format!("campaign {name}")),
            properties: Vec::new(),
            seen: campaign.map(|name| SeenKey::of(&format!("campaign {flow}"), name)),
        })
    };
    let bar = import::bar(chosen.len() as u64);
    for batch in chosen.chunks(BATCH) {
        let mut leads: Vec<PhoneNumber> = Vec::with_capacity(batch.len());
        for phone in batch {
            match known(&engine, *phone) {
                Ok(()) => leads.push(*phone),
                Err(why) => outcome.leave_out(why),
            }
        }
        let kept = match args.dry_run {
            true => may_enter(&engine, &loaded, &flow, &leads, &mut outcome)?,
            false => {
                let work = leads.iter().map(|phone| work(*phone)).collect();
                let answers = engine::turns(&engine, work);
                let was_in = |id| is_of(&engine, id, args.campaign.as_deref());
                outcome.count(answers, &was_in);
                0
            }
        };
        outcome.enrolled += kept;
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    if !args.dry_run {
        let about = format!("{flow}, {} leads", outcome.enrolled);
        trail::note(engine.store.as_ref(), Did::new("enroll", about))?;
    }
    match args.format.unwrap_or_else(output::by_terminal) {
        Format::Json => output::json(&outcome.shape(&flow, at)),
        Format::Human => outcome.print(&flow, args.dry_run, at),
    }
    match outcome.enrolled == 0 && outcome.already == 0 {
        true => Ok(ExitCode::from(FAILED)),
        false => Ok(ExitCode::SUCCESS),
    }
}

fn time(text: &str, now: Timestamp) -> anyhow::Result<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    match text.parse::<Duration>() {
        Ok(span) => Ok(now + span),
        Err(_) => bail!("`{text}` is not a time; write 2026-11-24T15:00:00Z, or a span such as 2h"),
    }
}

fn of_segment(
    engine: &Engine,
    workspace: &Workspace,
    name: &str,
) -> anyhow::Result<Vec<PhoneNumber>> {
    let Some(condition) = workspace.segments.get(name) else {
        let names: Vec<&str> = workspace
            .segments
            .keys()
            .map(|name| name.as_str())
            .collect();
        match names.is_empty() {
            true => bail!("there is no segment `{name}`; workspace.yaml has none"),
            false => bail!(
                "there is no segment `{name}`; there are {}",
                names.join(", ")
            ),
        }
    };
    let mut found = Vec::new();
    let zone = &workspace.time_zone;
    segment::each_in(engine.store.as_ref(), condition, zone, |record| {
        found.push(record.lead.phone);
    })?;
    Ok(found)
}

/// The numbers of a file; rows that hold none are passed over, as the import says of them.
fn of_file(
    engine: &Engine,
    workspace: &Workspace,
    file: &std::path::Path,
    map: &[String],
) -> anyhow::Result<Vec<PhoneNumber>> {
    let (table, mapping) = import::read(file, map, workspace)?;
    let defaults = Defaults {
        region: workspace.region.clone(),
        zone: workspace.time_zone.clone(),
        wording: Some(String::new()),
        source: String::new(),
        level: Level::Marketing,
        now: engine.clock.now(),
    };
    let mut found: Vec<PhoneNumber> = table
        .data()
        .filter_map(|(_, cells)| read_row(&cells, &table.header, &mapping, &defaults).ok())
        .map(|update| update.phone)
        .collect();
    let mut seen = std::collections::HashSet::new();
    found.retain(|phone| seen.insert(*phone));
    Ok(found)
}

/// A random few: those whose hash under the seed comes first, so that a greater pilot with the same
/// seed holds the smaller.
fn draw(mut leads: Vec<PhoneNumber>, pilot: Option<usize>, seed: u64) -> Vec<PhoneNumber> {
    let Some(pilot) = pilot else {
        return leads;
    };
    leads.sort_by_cached_key(|phone| -> [u8; 32] {
        let hash = Sha256::new()
            .chain_update(b"pilot")
            .chain_update(seed.to_be_bytes())
            .chain_update(phone.digits().to_be_bytes());
        hash.finalize().into()
    });
    leads.truncate(pilot);
    leads
}

/// A campaign makes no lead: whoever was never told of is left out.
fn known(engine: &Engine, phone: PhoneNumber) -> Result<(), &'static str> {
    match engine.store.lead(phone) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err("not known; import the file first, with the consent"),
        Err(_) => Err("the store could not be read"),
    }
}

/// Whether the conversation is one of this very campaign, under way since an earlier run.
fn is_of(engine: &Engine, id: ConversationId, campaign: Option<&str>) -> bool {
    let Some(campaign) = campaign else {
        return false;
    };
    let Ok(Some(conversation)) = engine.store.conversation(id) else {
        return false;
    };
    let rows = engine.store.timeline(conversation.lead, Some(id), 0, 1);
    let first = rows.ok().and_then(|rows| rows.into_iter().next());
    let name = format!("campaign {campaign}");
    first.is_some_and(|row| match row.body {
        RowBody::Happened(entry) => matches!(entry.event, Event::Enrolled { by, .. } if by == name),
        RowBody::Outgoing(..) => false,
    })
}

/// How many of them would enter, by their consent and what runs.
fn may_enter(
    engine: &Engine,
    loaded: &crate::cli::load::Loaded,
    flow: &Name,
    leads: &[PhoneNumber],
    outcome: &mut Outcome,
) -> anyhow::Result<usize> {
    let flow = loaded.flow(flow)?;
    let out = crate::policy::Outgoing {
        kind: flow.kind,
        purpose: crate::policy::Purpose::Flow,
        window: None,
    };
    let mut enter = 0;
    for phone in leads {
        let Some(record) = engine.store.lead(*phone)? else {
            continue;
        };
        let now = engine.clock.now();
        match crate::policy::consent::allows(&record.standing, &out, now) {
            Err(why) => outcome.leave_out(why.as_str()),
            Ok(()) if record.active.is_some() => outcome.leave_out(BUSY),
            Ok(()) => enter += 1,
        }
    }
    Ok(enter)
}

const BUSY: &str = "in another conversation";

impl Outcome {
    fn leave_out(&mut self, why: &str) {
        *self.left_out.entry(why.replace('_', " ")).or_default() += 1;
    }

    fn count(
        &mut self,
        answers: Vec<crate::runtime::Answer>,
        was_in: &dyn Fn(ConversationId) -> bool,
    ) {
        for answer in answers {
            match answer {
                Ok(done) if done.duplicate => self.already += 1,
                Ok(_) => self.enrolled += 1,
                Err(Refusal::Busy(id)) if was_in(id) => self.already += 1,
                Err(Refusal::Busy(_)) => self.leave_out(BUSY),
                Err(Refusal::Consent(why)) => self.leave_out(without_number(&why)),
                Err(Refusal::Field { field, problem, .. }) => {
                    self.leave_out(&format!("field `{field}`: {problem}"));
                }
                Err(other) => self.leave_out(&other.to_string()),
            }
        }
    }

    fn shape(&self, flow: &Name, at: Option<Timestamp>) -> serde_json::Value {
        json!({
            "flow": flow.as_str(), "found": self.found, "chosen": self.chosen,
            "enrolled": self.enrolled, "already": self.already, "left_out": self.left_out,
            "at": at.map(|at| at.to_string()),
        })
    }

    fn print(&self, flow: &Name, dry_run: bool, at: Option<Timestamp>) {
        let verb = if dry_run { "would enter" } else { "entered" };
        let when = at.map_or(String::new(), |at| format!(", from {at}"));
        if self.chosen < self.found {
            outln!("{} drawn of {} leads", self.chosen, self.found);
        }
        outln!(
            "{} of {} leads {verb} {flow}{when}",
            self.enrolled,
            self.chosen
        );
        if self.already > 0 {
            outln!("{:>9} were in this campaign already", self.already);
        }
        for (why, count) in &self.left_out {
            outln!("{count:>9} left out: {why}");
        }
    }
}

/// A refusal as a kind: without the number that it is of.
fn without_number(why: &str) -> &'static str {
    let kinds = [
        (
            "opted out",
            "opted out; only their own START or a form of theirs undoes it",
        ),
        (
            "cannot be reached",
            "cannot be reached: the carrier calls the number dead",
        ),
        (
            "transactional messages only",
            "agreed to transactional messages only",
        ),
    ];
    let kind = kinds.iter().find(|(mark, _)| why.contains(mark));
    kind.map_or(
        "no consent is recorded; import it, or POST /v1/consents",
        |(_, kind)| kind,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pilot_is_the_same_under_its_seed_and_grows_without_losing_anyone() {
        let leads: Vec<PhoneNumber> = (0..100)
            .filter_map(|n| PhoneNumber::from_digits(13_125_550_100 + n))
            .collect();
        let small = draw(leads.clone(), Some(10), 7);
        let again = draw(leads.iter().rev().copied().collect(), Some(10), 7);
        assert_eq!(small, again, "whatever the order");
        let greater = draw(leads.clone(), Some(20), 7);
        assert!(small.iter().all(|phone| greater.contains(phone)));
        assert_ne!(small, draw(leads.clone(), Some(10), 8), "another seed");
        assert_ne!(small, leads[..10], "not the first ones");
        assert_eq!(draw(leads.clone(), None, 7), leads);
    }
}
