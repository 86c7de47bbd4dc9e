//! Whom a lead is offered to, round by round.
//!
//! A team on duty is asked first: one agent where its route picks one, then the others of the team, then
//! the team of `if_unclaimed`, and so on. Who is away is not asked, nor who has as many leads as they may,
//! unless the lead is hot and nobody else is there. A team out of its hours is passed over. Pure: who is
//! away and who has how many leads was loaded beforehand.

use std::collections::BTreeMap;

use crate::conversation::{Offered, Priority};
use crate::flow::workspace::{Agent, Route, Team, Workspace};
use crate::lead::Name;
use crate::time::{Duration, TimeOfDay, Timestamp};

/// What is known of the agents when a lead is offered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Roster {
    pub away: BTreeMap<String, Away>,
    /// Leads that each has claimed and not reported on.
    pub has: BTreeMap<String, u32>,
    /// Offers that nobody but they were asked about.
    pub asked: BTreeMap<String, u32>,
    /// Whom each team's turn came to last.
    pub last: BTreeMap<Name, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Away {
    /// `None` until they say that they are back.
    pub until: Option<Timestamp>,
    /// They texted STOP: nothing is texted to them at all.
    pub stopped: bool,
}

/// A lead to be offered.
pub struct Want<'a> {
    pub team: &'a Name,
    pub priority: Priority,
    /// The lead's value of a field that a team's route names.
    pub field: &'a dyn Fn(&str) -> Vec<String>,
}

/// Those to ask now, and how long they have.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    pub team: Name,
    pub round: u8,
    pub asked: Vec<String>,
    pub within: Duration,
}

impl Roster {
    pub fn is_away(&self, agent: &str, now: Timestamp) -> bool {
        let away = self.away.get(agent);
        away.is_some_and(|away| away.until.is_none_or(|until| now < until))
    }

    fn has(&self, agent: &str) -> u32 {
        self.has.get(agent).copied().unwrap_or(0)
    }

    /// What they have, and what they alone were asked about.
    fn load(&self, agent: &str) -> u32 {
        self.has(agent) + self.asked.get(agent).copied().unwrap_or(0)
    }

    /// The first to ask; `None` while nobody of any team is on duty.
    pub fn first(&self, workspace: &Workspace, want: &Want, now: Timestamp) -> Option<Round> {
        let (name, _) = workspace.team(want.team)?;
        self.begin_at(workspace, want, name, now)
    }

    /// Who is asked when `offered` has run out; `None` when everybody was.
    pub fn after(
        &self,
        workspace: &Workspace,
        want: &Want,
        offered: &Offered,
        now: Timestamp,
    ) -> Option<Round> {
        let (name, team) = workspace.team(&offered.team)?;
        if offered.round == 0 {
            let mut others = self.on_duty(workspace, team, want, now);
            others.retain(|agent| !offered.asked.contains(&agent.name));
            if !others.is_empty() && picks_some(&team.route) {
                return Some(Round {
                    team: name.clone(),
                    round: 1,
                    asked: names(&others),
                    within: team.claim_within,
                });
            }
        }
        let next = team.if_unclaimed.as_ref()?;
        self.begin_at(workspace, want, next, now)
    }

    /// How long all who are still to be asked have, as far as can be told now.
    pub fn remaining(
        &self,
        workspace: &Workspace,
        want: &Want,
        round: &Round,
        now: Timestamp,
    ) -> Duration {
        let mut total = round.within;
        let mut offered = Offered {
            team: round.team.clone(),
            round: round.round,
            asked: round.asked.clone(),
            ..Offered::default()
        };
        for _ in 0..2 * workspace.teams.len() {
            let Some(next) = self.after(workspace, want, &offered, now) else {
                break;
            };
            total = total + next.within;
            offered = Offered {
                team: next.team,
                round: next.round,
                asked: next.asked,
                ..Offered::default()
            };
        }
        total
    }

    /// The first round of `team`, else of the first on duty behind it.
    fn begin_at(
        &self,
        workspace: &Workspace,
        want: &Want,
        team: &Name,
        now: Timestamp,
    ) -> Option<Round> {
        let mut at = team;
        for _ in 0..=workspace.teams.len() {
            let (name, team) = workspace.teams.get_key_value(at.as_str())?;
            let there = self.on_duty(workspace, team, want, now);
            if !there.is_empty() {
                return Some(Round {
                    asked: self.pick(name, team, &there, want),
                    team: name.clone(),
                    round: 0,
                    within: team.claim_within,
                });
            }
            at = team.if_unclaimed.as_ref()?;
        }
        None
    }

    /// The team's agents who can be asked now.
    fn on_duty<'w>(
        &self,
        workspace: &Workspace,
        team: &'w Team,
        want: &Want,
        now: Timestamp,
    ) -> Vec<&'w Agent> {
        if !is_open(workspace, team, now) {
            return Vec::new();
        }
        let here = team.agents.iter().filter(|a| !self.is_away(&a.name, now));
        let here: Vec<&Agent> = here.collect();
        let room = |agent: &&&Agent| {
            let at_most = agent.at_most.or(team.at_most);
            at_most.is_none_or(|at_most| self.has(&agent.name) < at_most)
        };
        let with_room: Vec<&Agent> = here.iter().filter(room).copied().collect();
        if with_room.is_empty() && want.priority == Priority::Hot {
            return here;
        }
        with_room
    }

    fn pick(&self, name: &Name, team: &Team, there: &[&Agent], want: &Want) -> Vec<String> {
        match &team.route {
            Route::Everyone => names(there),
            Route::RoundRobin => vec![self.in_turn(name, team, there)],
            Route::LeastBusy => there
                .iter()
                .min_by_key(|agent| self.load(&agent.name))
                .map(|agent| vec![agent.name.clone()])
                .unwrap_or_default(),
            Route::By { field, table } => {
                let values = (want.field)(field);
                let meant = table
                    .iter()
                    .find(|(key, _)| values.iter().any(|value| value.eq_ignore_ascii_case(key)))
                    .map(|(_, agents)| agents);
                let fitting: Vec<&Agent> = there
                    .iter()
                    .filter(|agent| meant.is_some_and(|meant| meant.contains(&agent.name)))
                    .copied()
                    .collect();
                // Better two who call than none.
                match fitting.is_empty() {
                    true => names(there),
                    false => vec![self.in_turn(name, team, &fitting)],
                }
            }
        }
    }

    /// The next of `there` in the team's order after whom its turn came to last.
    fn in_turn(&self, name: &Name, team: &Team, there: &[&Agent]) -> String {
        let place = |agent: &str| team.agents.iter().position(|known| known.name == agent);
        let last = self.last.get(name).and_then(|last| place(last));
        let next = there
            .iter()
            .find(|agent| last.is_none_or(|last| place(&agent.name) > Some(last)))
            .or_else(|| there.first());
        next.map(|agent| agent.name.clone()).unwrap_or_default()
    }
}

/// Whether the route asks some of a team before it asks all.
fn picks_some(route: &Route) -> bool {
    match route {
        Route::Everyone => false,
        Route::RoundRobin | Route::LeastBusy | Route::By { .. } => true,
    }
}

/// Whether the team works at `now`, on the workspace's wall clock.
pub fn is_open(workspace: &Workspace, team: &Team, now: Timestamp) -> bool {
    let Some((days, hours)) = team.hours else {
        return true;
    };
    let here = now.in_zone(&workspace.time_zone);
    let time = TimeOfDay::hm(here.hour() as u16, here.minute() as u16);
    days.contains(here.weekday()) && hours.contains(time)
}

fn names(agents: &[&Agent]) -> Vec<String> {
    agents.iter().map(|agent| agent.name.clone()).collect()
}

#[cfg(test)]
#[path = "roster_tests.rs"]
mod tests;
