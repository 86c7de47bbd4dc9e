//! An agent texts us: claims a lead, passes, says how it went, goes away or comes back. A number of
//! an agent is never a lead's; only STOP and START mean to it what they mean to everyone.
//!
//! What was asked is done first and the text is taken in after it, with the answer: a carrier that was not
//! told of success sends the text again, and doing it again changes nothing.
//!
//! It stands under the agent's number and tells of leads: of which ones is kept with it, so that it goes
//! when they are erased. Words of an agent's own that can be of no lead we know are not kept at all.

use std::sync::Arc;

use crate::flow::workspace::roster::Away;
use crate::lead::{Name, PhoneNumber};
use crate::reply::{self, Listening, Reply};
use crate::runtime::Committer;
use crate::runtime::engine::{Answer, Engine};
use crate::runtime::notice::{self, Caller, spaced};
use crate::runtime::roster::Known;
use crate::runtime::work::{Done, Inbound, Refusal, Work};
use crate::store::{HandoffStatus, MenuItem, Need, SeenKey, StoreError};
use crate::time::Duration;

/// An answer to an agent, and the leads whom it tells of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Said {
    pub text: String,
    pub of: Vec<PhoneNumber>,
}

impl Said {
    fn of(text: impl Into<String>, of: Vec<PhoneNumber>) -> Said {
        let text = text.into();
        Said { text, of }
    }

    /// Whom it told of was erased in between.
    pub(super) fn gone() -> Said {
        Said::plain("It is no longer open.")
    }

    /// It tells of no lead.
    fn plain(text: impl Into<String>) -> Said {
        Said::of(text, Vec::new())
    }
}

/// What an agent's text asks for.
#[derive(Debug, Clone, PartialEq)]
enum Asks {
    Number(u32),
    Claim,
    /// The one on offer under this number, or the only one.
    Pass(Option<u32>),
    Outcome(String),
    Away(Option<Duration>),
    Back,
    List,
    Nothing,
}

/// Takes a text in: a lead's goes to the committer with all else, an agent's is heard on its own. True
/// when it had been taken in before.
pub async fn inbound(
    engine: &Arc<Engine>,
    committer: &Committer,
    inbound: Inbound,
) -> Result<bool, Refusal> {
    if engine
        .live
        .load()
        .workspace
        .agent_of(inbound.from)
        .is_none()
    {
        return committer.take_in(Work::Inbound(inbound)).await;
    }
    let engine = engine.clone();
    let heard =
        move || hear(&engine, &inbound).unwrap_or_else(|| engine.turn(Work::Inbound(inbound)));
    let done = tokio::task::spawn_blocking(heard).await;
    committer.wake();
    done.unwrap_or(Err(Refusal::Parked))
        .map(|done| done.duplicate)
}

/// Takes an agent's text in. `None` when the number is no agent's.
pub fn hear(engine: &Engine, inbound: &Inbound) -> Option<Answer> {
    let live = engine.live.load_full();
    let agent = live.workspace.agent_of(inbound.from)?.name.clone();
    Some(taken(engine, inbound, &agent))
}

fn taken(engine: &Engine, inbound: &Inbound, agent: &str) -> Answer {
    use reply::Everywhere::{OptIn, OptOut};
    let key = SeenKey::of(&inbound.channel, &inbound.id);
    if seen(engine, inbound, &key)? {
        return Ok(Done {
            duplicate: true,
            ..Done::default()
        });
    }
    let everywhere = reply::everywhere(&Reply::read(&inbound.text), Listening::default());
    match everywhere.map(|verdict| verdict.meaning) {
        Some(OptOut) => {
            let stopped = Away {
                until: None,
                stopped: true,
            };
            set_away(engine, agent, Some(stopped))?;
            return engine.turn(Work::Inbound(inbound.clone()));
        }
        Some(OptIn) => {
            set_away(engine, agent, None)?;
            return engine.turn(Work::Inbound(inbound.clone()));
        }
        _ => {}
    }
    let asks = read(&inbound.text);
    let known = engine.agents.of(agent);
    let mut answer = act(engine, agent, &known, &asks)?;
    let mut inbound = inbound.clone();
    if own_words(&inbound, &asks) {
        let now = engine.clock.now();
        let lately = known.iter().filter(|known| known.is_known_well(now));
        answer.of.extend(lately.map(|known| known.lead));
        if answer.of.is_empty() {
            inbound.text.clear();
            inbound.media.clear();
        }
    }
    answer.of.sort_unstable();
    answer.of.dedup();
    engine.turn(Work::AgentText {
        inbound,
        agent: agent.to_string(),
        answer,
    })
}

/// Whether the text is more than one of the words that agents text: it may name anyone.
fn own_words(inbound: &Inbound, asks: &Asks) -> bool {
    let more = inbound.text.split_whitespace().nth(1).is_some() || !inbound.media.is_empty();
    match asks {
        Asks::Number(_) | Asks::Nothing => !inbound.media.is_empty(),
        Asks::Outcome(_) => true,
        Asks::Claim | Asks::Pass(_) | Asks::Away(_) | Asks::Back | Asks::List => more,
    }
}

fn seen(engine: &Engine, inbound: &Inbound, key: &SeenKey) -> Result<bool, StoreError> {
    let need = Need {
        lead: inbound.from,
        conversation: None,
        row: None,
    };
    let mut batch = engine.store.begin(&[need])?;
    batch.seen(inbound.from, key)
}

fn read(text: &str) -> Asks {
    let said = text.trim().trim_matches(['.', '!', ',', '"', '\'']);
    let said = said.trim().to_lowercase().replace('’', "'");
    if let Ok(number) = said.trim_start_matches('#').parse() {
        return Asks::Number(number);
    }
    let (first, rest) = said.split_once(' ').unwrap_or((&said, ""));
    match (first, rest) {
        ("claim" | "take" | "yes" | "y" | "ok" | "mine" | "👍", _) => match rest.parse() {
            Ok(number) => Asks::Number(number),
            Err(_) => Asks::Claim,
        },
        ("pass" | "no" | "n" | "skip" | "decline", rest) if rest != "answer" && rest != "reply" => {
            Asks::Pass(rest.parse().ok())
        }
        ("away" | "off" | "out", rest) => {
            let span = rest.strip_prefix("for ").unwrap_or(rest).replace(' ', "");
            Asks::Away(span.parse().ok().filter(|span| *span > Duration::ZERO))
        }
        ("back" | "on" | "in", "") => Asks::Back,
        ("open" | "list" | "leads" | "help" | "?", "") => Asks::List,
        ("", _) => Asks::Nothing,
        _ => Asks::Outcome(said.clone()),
    }
}

/// Does what is asked, and says what came of it.
fn act(engine: &Engine, agent: &str, known: &[Known], asks: &Asks) -> Result<Said, Refusal> {
    let open: Vec<&Known> = known.iter().filter(|k| item_of(k, agent, None)).collect();
    Ok(match asks {
        Asks::Number(number) => return by_number(engine, agent, known, *number),
        Asks::Claim => match open.as_slice() {
            [one] => claim(engine, agent, one)?,
            [] => Said::plain("There is nothing to claim."),
            _ => list(engine, agent, known),
        },
        Asks::Pass(number) => {
            let meant: Vec<&&Known> = open
                .iter()
                .filter(|known| number.is_none_or(|n| claims_by(known, agent) == Some(n)))
                .collect();
            match meant.as_slice() {
                [one] => pass(engine, agent, one)?,
                [] => Said::plain("There is nothing to pass on."),
                _ => list(engine, agent, known),
            }
        }
        Asks::Outcome(said) => return by_words(engine, agent, known, said),
        Asks::Away(span) => {
            let until = span.map(|span| engine.clock.now() + span);
            let stopped = false;
            set_away(engine, agent, Some(Away { until, stopped }))?;
            let told = match span {
                Some(span) => format!("You are away for {span}. Text BACK to get leads sooner."),
                None => "You are away and get no leads. Text BACK when you are back.".to_string(),
            };
            for known in open {
                pass(engine, agent, known)?;
            }
            Said::plain(told)
        }
        Asks::Back => {
            set_away(engine, agent, None)?;
            Said::plain("You are back and get leads again.")
        }
        Asks::List => list(engine, agent, known),
        Asks::Nothing => Said::default(),
    })
}

fn set_away(engine: &Engine, agent: &str, away: Option<Away>) -> Result<(), StoreError> {
    engine.agents.set_away(engine.store.as_ref(), agent, away)
}

/// Whether something of it can be used by the agent: to claim, or to report with the item given.
fn item_of(known: &Known, agent: &str, item: Option<&MenuItem>) -> bool {
    match item {
        Some(item) => item.agent == agent && known.offers(item),
        None => {
            known.status == HandoffStatus::Open && known.asked.iter().any(|asked| asked == agent)
        }
    }
}

fn claims_by(known: &Known, agent: &str) -> Option<u32> {
    let mut items = known.menu.iter();
    let item = items.find(|item| item.agent == agent && item.outcome.is_none());
    item.map(|item| item.number)
}

/// What a number stands for now; else what it stood for last.
fn by_number(engine: &Engine, agent: &str, known: &[Known], number: u32) -> Result<Said, Refusal> {
    let items = || {
        known.iter().flat_map(|known| {
            let mine = move |item: &&MenuItem| item.agent == agent && item.number == number;
            known
                .menu
                .iter()
                .filter(mine)
                .map(move |item| (known, item))
        })
    };
    let live = items().find(|(known, item)| item_of(known, agent, Some(item)));
    let Some((known, item)) = live.or_else(|| items().next()) else {
        let text = format!("{number} stands for no lead of yours. {}", help());
        return Ok(Said::plain(text));
    };
    match &item.outcome {
        None => claim(engine, agent, known),
        Some(outcome) => report(engine, agent, known, outcome),
    }
}

fn claim(engine: &Engine, agent: &str, known: &Known) -> Result<Said, Refusal> {
    let claimed = engine.turn(Work::Claim {
        lead: known.lead,
        handoff: known.id,
        agent: agent.to_string(),
    });
    match claimed {
        Ok(_) => you_have_it(engine, agent, known),
        Err(Refusal::Claimed { agent: other }) => {
            Ok(Said::plain(format!("{other} has it already.")))
        }
        Err(Refusal::Conflict(_) | Refusal::NotFound(_)) => {
            let record = engine.store.handoff(known.id)?;
            let by = record.and_then(|record| record.agent);
            Ok(Said::plain(match by {
                Some(by) if by == agent => "You had it; it is settled.".to_string(),
                Some(by) => format!("{by} had it; it is settled."),
                None => "It is no longer open.".to_string(),
            }))
        }
        Err(other) => Err(other),
    }
}

fn you_have_it(engine: &Engine, agent: &str, known: &Known) -> Result<Said, Refusal> {
    let record = engine.store.handoff(known.id)?;
    let lead = engine.store.lead(known.lead)?;
    let (Some(record), Some(lead)) = (record, lead) else {
        return Ok(Said::plain("You have it."));
    };
    let then = notice::outcomes(&record, agent);
    let now = engine.clock.now();
    let call = match record.call_after.filter(|after| *after > now) {
        None => String::new(),
        Some(at) => {
            let told = lead
                .lead
                .time_zone
                .as_ref()
                .and_then(|zone| zone.parse().ok());
            let zone = told.unwrap_or_else(|| engine.live.load().workspace.time_zone.clone());
            format!(" {}", notice::call_after(at, &zone))
        }
    };
    let text = format!("You have it. Call {}.{call} {then}", Caller::of(&lead.lead));
    Ok(Said::of(text.trim(), vec![known.lead]))
}

fn pass(engine: &Engine, agent: &str, known: &Known) -> Result<Said, Refusal> {
    let passed = engine.turn(Work::Decline {
        lead: known.lead,
        handoff: known.id,
        agent: agent.to_string(),
    });
    match passed {
        Ok(_) => Ok(Said::plain("Passed on.")),
        Err(Refusal::Conflict(_) | Refusal::NotFound(_)) => {
            Ok(Said::plain("It is no longer open."))
        }
        Err(other) => Err(other),
    }
}

/// `reached`, `no answer`, and the other outcomes of the lead they have.
fn by_words(engine: &Engine, agent: &str, known: &[Known], said: &str) -> Result<Said, Refusal> {
    let mut meant: Vec<(&Known, Name)> = Vec::new();
    let mut unknown = Vec::new();
    for mine in known
        .iter()
        .filter(|k| k.status == HandoffStatus::Claimed && k.agent.as_deref() == Some(agent))
    {
        let record = engine.store.handoff(mine.id)?;
        let outcomes = record.map_or(Vec::new(), |record| record.outcomes);
        match outcomes.iter().find(|outcome| names(outcome, said)) {
            Some(outcome) => meant.push((mine, outcome.clone())),
            None => unknown.extend(outcomes),
        }
    }
    match meant.as_slice() {
        [(known, outcome)] => report(engine, agent, known, outcome),
        [] if unknown.is_empty() => Ok(Said::plain(help())),
        [] => {
            let words: Vec<String> = unknown.iter().map(|outcome| spaced(outcome)).collect();
            let text = format!("How did it go? Text {}.", words.join(" or "));
            Ok(Said::plain(text))
        }
        _ => Ok(list(engine, agent, known)),
    }
}

fn names(outcome: &str, said: &str) -> bool {
    let plain = |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).collect() };
    let said = plain(said);
    let also: &[&str] = match outcome {
        "reached" => &["spoke", "talked", "gotthem", "done", "booked"],
        "no_answer" => &["noreply", "voicemail", "vm", "noone", "nobody"],
        _ => &[],
    };
    plain(outcome) == said || also.contains(&said.as_str())
}

fn report(engine: &Engine, agent: &str, known: &Known, outcome: &Name) -> Result<Said, Refusal> {
    let done = engine.turn(Work::Resolve {
        lead: known.lead,
        handoff: known.id,
        outcome: outcome.clone(),
        agent: Some(agent.to_string()),
    });
    match done {
        Ok(_) => Ok(Said::plain(format!("Noted: {}.", spaced(outcome)))),
        Err(Refusal::Conflict(_) | Refusal::NotFound(_)) => {
            Ok(Said::plain("It is settled already."))
        }
        Err(other) => Err(other),
    }
}

/// What they can claim and what they have, each with its numbers.
fn list(engine: &Engine, agent: &str, known: &[Known]) -> Said {
    const LINES_MAX: usize = 5;
    let (mut lines, mut of) = (Vec::new(), Vec::new());
    for known in known {
        if lines.len() == LINES_MAX {
            break;
        }
        let Ok(Some(record)) = engine.store.handoff(known.id) else {
            continue;
        };
        let brief: String = record.brief.chars().take(60).collect();
        let mine = known.agent.as_deref() == Some(agent);
        let line = match (known.status, claims_by(known, agent)) {
            (HandoffStatus::Open, Some(number)) => format!("{number} claims: {brief}"),
            (HandoffStatus::Claimed, _) if mine => {
                let then = notice::outcomes(&record, agent);
                let then = then.trim_start_matches("Then reply ").to_string();
                format!("Yours: {brief} {then}")
            }
            _ => continue,
        };
        lines.push(line);
        of.push(known.lead);
    }
    match lines.is_empty() {
        true => Said::plain(format!("No lead is open for you. {}", help())),
        false => Said::of(lines.join("\n"), of),
    }
}

fn help() -> &'static str {
    "Text LIST for your leads, AWAY or BACK."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_agents_text_is_read_by_fixed_words() {
        for (text, asks) in [
            ("1", Asks::Number(1)),
            (" 2. ", Asks::Number(2)),
            ("claim 3", Asks::Number(3)),
            ("Claim", Asks::Claim),
            ("Yes!", Asks::Claim),
            ("no", Asks::Pass(None)),
            ("pass 2", Asks::Pass(Some(2))),
            ("No answer", Asks::Outcome("no answer".into())),
            ("no reply", Asks::Outcome("no reply".into())),
            ("Reached", Asks::Outcome("reached".into())),
            ("away", Asks::Away(None)),
            ("Away 2h", Asks::Away(Some(Duration::hours(2)))),
            ("away for 30 m", Asks::Away(Some(Duration::mins(30)))),
            ("BACK", Asks::Back),
            ("list", Asks::List),
            ("", Asks::Nothing),
        ] {
            assert_eq!(read(text), asks, "{text:?}");
        }
    }

    #[test]
    fn an_outcome_is_known_by_its_name_and_by_what_agents_say() {
        for (outcome, said, fits) in [
            ("no_answer", "no answer", true),
            ("no_answer", "voicemail", true),
            ("reached", "spoke", true),
            ("quote_sent", "quote sent", true),
            ("reached", "no answer", false),
        ] {
            assert_eq!(names(outcome, said), fits, "{outcome} {said}");
        }
    }
}
