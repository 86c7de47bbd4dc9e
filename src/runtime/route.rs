//! Whom an offer goes to, and what they are told.
//!
//! `round_robin` goes through the team in the order its handoffs came; `least_busy` takes who had
//! fewest claimed and not ended when this one came; a table names the agent by a field of the lead. An
//! offer that fits nobody goes to everyone: better two who call than none.

use crate::conversation::{HandoffOffer, Priority};
use crate::flow::workspace::{Agent, Route, Workspace};
use crate::lead::{Name, PhoneNumber, Value};
use crate::store::{HandoffId, HandoffQuery, HandoffRecord, Store, StoreError};

/// How many of a team's newest handoffs a choice looks back on.
const LOOK_BACK_MAX: usize = 1_000;

/// The agents that this offer is for.
pub fn agents<'w>(
    store: &dyn Store,
    workspace: &'w Workspace,
    id: HandoffId,
    offer: &HandoffOffer,
    lead: PhoneNumber,
) -> Result<Vec<&'w Agent>, StoreError> {
    let Some(team) = workspace
        .teams
        .get(&offer.team)
        .or_else(|| workspace.teams.get(&workspace.default_team))
    else {
        return Ok(Vec::new());
    };
    let chosen = match &team.route {
        Route::Everyone => None,
        Route::RoundRobin => {
            let before = earlier(store, id, &offer.team)?;
            (!team.agents.is_empty()).then(|| &team.agents[before.len() % team.agents.len()])
        }
        Route::LeastBusy => {
            let before = earlier(store, id, &offer.team)?;
            team.agents.iter().min_by_key(|agent| {
                let theirs = |record: &&HandoffRecord| {
                    record.agent.as_deref() == Some(&agent.name) && record.resolved.is_none()
                };
                before.iter().filter(theirs).count()
            })
        }
        Route::By { field, table } => {
            let record = store.lead(lead)?;
            let value = record.map(|record| record.lead.field(field).clone());
            let named = match &value {
                Some(Value::Text(text)) => table.get(text),
                _ => None,
            };
            named.and_then(|name| team.agents.iter().find(|agent| agent.name == *name))
        }
    };
    Ok(match chosen {
        Some(agent) => vec![agent],
        None => team.agents.iter().collect(),
    })
}

/// The team's handoffs that came before this one, newest first.
fn earlier(
    store: &dyn Store,
    id: HandoffId,
    team: &Name,
) -> Result<Vec<HandoffRecord>, StoreError> {
    let mut known = store.handoffs(&HandoffQuery {
        status: None,
        team: Some(team.clone()),
        limit: LOOK_BACK_MAX,
    })?;
    known.sort_by_key(|record| (record.created, record.id.conversation, record.id.seq));
    let place = known.iter().position(|record| record.id == id);
    known.truncate(place.unwrap_or(known.len()));
    Ok(known)
}

/// What an agent is told.
pub struct Notice {
    pub subject: String,
    pub text: String,
}

pub fn notice(offer: &HandoffOffer, lead: PhoneNumber, workspace: &Workspace) -> Notice {
    let heat = match offer.priority {
        Priority::Hot => "Hot lead",
        Priority::Normal => "Lead",
        Priority::Low => "Lead, no hurry",
    };
    let by = offer
        .callback_within
        .map_or(String::new(), |within| format!(" within {within}"));
    let claim = workspace
        .public_url
        .as_ref()
        .map_or(String::new(), |url| format!(" Claim: {url}"));
    Notice {
        subject: format!("{heat} for {}", offer.team),
        text: format!(
            "{heat} for {}: {} Call {lead}{by}.{claim}",
            offer.team,
            offer.brief.trim()
        ),
    }
}
