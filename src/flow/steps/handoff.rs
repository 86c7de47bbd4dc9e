//! `handoff`: offers the lead to agents, round by round, and waits for its outcome; the bot falls silent.
//!
//! The callback obeys the hours in which the lead may be called: an offer made outside them waits for the
//! hour, unless the lead wrote just now and so asked for the call.

use crate::conversation::{Effect, HandoffOffer, Nudge, Offered, Priority, Status};
use crate::flow::Target;
use crate::flow::steps::Step;
use crate::flow::template::{Template, Text};
use crate::flow::walk::{ALERT, Next, TextFrom, Walk};
use crate::flow::workspace::roster::{Round, Want};
use crate::lead::{Name, Value};
use crate::policy::{ANSWER_WINDOW_MS, DropReason, MessageKind, Outgoing, Purpose, quiet_hours};
use crate::time::{Duration, Timestamp};

#[derive(Debug, Clone)]
pub struct Handoff {
    pub team: Name,
    pub priority: Priority,
    pub brief: Template,
    pub say: Option<Text>,
    pub callback_within: Option<Duration>,
    /// By name; `unclaimed` is always among them (to an end of that name when not written).
    pub outcomes: Vec<(Name, Target)>,
}

impl Handoff {
    pub fn exits(&self) -> Vec<(Name, &Target)> {
        self.outcomes
            .iter()
            .map(|(name, target)| (name.clone(), target))
            .collect()
    }

    pub fn outcome(&self, name: &str) -> Option<&Target> {
        self.outcomes
            .iter()
            .find(|(outcome, _)| **outcome == *name)
            .map(|(_, target)| target)
    }
}

/// How long an agent who claimed may take before the lead goes on as `no_answer`.
const RESOLVE_WITHIN: Duration = Duration::hours(24);
/// How long after a claim its agent is asked how it went.
const ASK_AFTER: Duration = Duration::hours(1);
/// While nobody is on duty, how often it is looked again.
const LOOK_AGAIN: Duration = Duration::mins(1);
/// A reminder comes so long before the callback is due at most, and by this part of its time.
const REMIND_BEFORE_MAX: Duration = Duration::mins(15);
const REMIND_PART: i64 = 5;

type Held = crate::conversation::Handoff;

impl Handoff {
    pub fn enter(&self, step: &Step, walk: &mut Walk) -> Next {
        if let Some(say) = &self.say
            && let Err(why) = walk.text(&TextFrom::step(&step.name, say))
            && why == DropReason::OptedOut
        {
            return Next::End(Name::from("opted_out"));
        }
        let call_after = call_after(walk);
        let from = call_after.unwrap_or(walk.now);
        let call_before = self.callback_within.map(|within| from + within);
        let mut held = Held {
            step: step.name.clone(),
            remind: self
                .callback_within
                .map(|within| from + within - remind_before(within)),
            call_before,
            ..Held::default()
        };
        let (offered, ends) = match call_after {
            Some(opens) => (waiting(&self.team, opens, true), None),
            None => self.round_from(walk, self.first(walk)),
        };
        held.ends = ends;
        let lapses = ends.unwrap_or(from + self.whole(walk));
        held.seq = self.alert(walk, &held, &offered, lapses, call_after);
        notify(walk, "handoff.opened");
        held.offer = Some(offered);
        rest(held)
    }

    fn first(&self, walk: &Walk) -> Option<Round> {
        let field = |name: &str| field_values(walk, name);
        let want = self.want(&field);
        let facts = walk.facts;
        facts.roster.first(facts.workspace, &want, walk.now)
    }

    fn want<'w>(&'w self, field: &'w dyn Fn(&str) -> Vec<String>) -> Want<'w> {
        Want {
            team: &self.team,
            priority: self.priority,
            field,
        }
    }

    /// How long the first round and those after it take; for nobody, the team's own time.
    fn whole(&self, walk: &Walk) -> Duration {
        let facts = walk.facts;
        match self.first(walk) {
            Some(round) => self.remaining(walk, &round),
            None => facts
                .workspace
                .team(&self.team)
                .map_or(Duration::mins(5), |(_, team)| team.claim_within),
        }
    }

    fn remaining(&self, walk: &Walk, round: &Round) -> Duration {
        let field = |name: &str| field_values(walk, name);
        let (facts, want) = (walk.facts, self.want(&field));
        facts
            .roster
            .remaining(facts.workspace, &want, round, walk.now)
    }

    /// The round as it is offered, and when the whole offer ends.
    fn round_from(&self, walk: &Walk, round: Option<Round>) -> (Offered, Option<Timestamp>) {
        match round {
            Some(round) => {
                let ends = walk.now + self.remaining(walk, &round);
                let offered = Offered {
                    until: walk.now + round.within,
                    team: round.team,
                    round: round.round,
                    asked: round.asked,
                    waits: false,
                };
                (offered, Some(ends))
            }
            None => {
                let ends = walk.now + self.whole(walk);
                let again = ends.min(walk.now + LOOK_AGAIN);
                (waiting(&self.team, again, false), Some(ends))
            }
        }
    }

    /// Tells those who are asked; the first of a handoff is what opens it.
    fn alert(
        &self,
        walk: &mut Walk,
        held: &Held,
        offered: &Offered,
        lapses: Timestamp,
        call_after: Option<Timestamp>,
    ) -> u32 {
        let brief = walk.render(&self.brief, ALERT);
        let outcomes = self.outcomes.iter().map(|(name, _)| name);
        walk.send(Effect::AlertAgents(HandoffOffer {
            team: offered.team.clone(),
            priority: self.priority,
            brief,
            callback_within: self.callback_within,
            step: held.step.clone(),
            lapses,
            of: (held.seq > 0).then_some(held.seq),
            asked: offered.asked.clone(),
            call_after,
            outcomes: outcomes
                .filter(|name| **name != "unclaimed")
                .cloned()
                .collect(),
        }))
    }

    /// The first to claim has it; they are reminded of the callback, and asked how it went.
    pub fn claimed(&self, walk: &mut Walk, held: &Held, agent: &str) -> Next {
        walk.conversation.agent = Some(agent.to_string());
        notify(walk, "handoff.claimed");
        let ask = held.call_before.unwrap_or(walk.now).max(walk.now) + ASK_AFTER;
        rest(Held {
            agent: Some(agent.to_string()),
            offer: None,
            ask: Some(ask),
            ends: Some(walk.now + RESOLVE_WITHIN),
            ..held.clone()
        })
    }

    /// An agent passes: the others still may; with nobody left, the next are asked at once.
    pub fn declined(&self, walk: &mut Walk, held: &Held, agent: &str) -> Option<Next> {
        let offer = held.offer.as_ref().filter(|_| held.agent.is_none())?;
        let mut offer = offer.clone();
        let before = offer.asked.len();
        offer.asked.retain(|asked| asked != agent);
        if offer.asked.len() == before {
            return None;
        }
        let nobody = offer.asked.is_empty();
        let mut held = held.clone();
        if !nobody {
            held.offer = Some(offer);
            return Some(rest(held));
        }
        // Who passed is not asked again in the round of the others.
        offer.asked.push(agent.to_string());
        Some(self.next_round(walk, held, &offer))
    }

    /// Its timer fired.
    pub fn fired(&self, walk: &mut Walk, held: &Held) -> Next {
        let now = walk.now;
        let due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let mut held = held.clone();
        if due(held.remind) {
            held.remind = None;
            let agents = match (&held.agent, &held.offer) {
                (Some(agent), _) => vec![agent.clone()],
                (None, Some(offer)) => offer.asked.clone(),
                (None, None) => Vec::new(),
            };
            nudge(walk, &held, Nudge::CallSoon, agents);
        }
        if due(held.ask) {
            held.ask = None;
            let agents = held.agent.iter().cloned().collect();
            nudge(walk, &held, Nudge::HowDidItGo, agents);
        }
        match (&held.agent, held.offer.clone()) {
            // Who claimed it and never said how it went is taken not to have reached them.
            (Some(_), _) if due(held.ends) || held.ends.is_none() => {
                self.over(walk, &held, "no_answer")
            }
            (Some(_), _) => rest(held),
            (None, Some(offer)) if due(Some(offer.until)) => self.next_round(walk, held, &offer),
            (None, Some(_)) => rest(held),
            (None, None) => self.over(walk, &held, "unclaimed"),
        }
    }

    fn next_round(&self, walk: &mut Walk, mut held: Held, offer: &Offered) -> Next {
        let looked_for = offer.asked.is_empty();
        let round = {
            let field = |name: &str| field_values(walk, name);
            let (facts, want) = (walk.facts, self.want(&field));
            match looked_for {
                true => facts.roster.first(facts.workspace, &want, walk.now),
                false => facts.roster.after(facts.workspace, &want, offer, walk.now),
            }
        };
        let ended = held.ends.is_some_and(|ends| ends <= walk.now);
        let (offered, ends) = match round {
            None if !looked_for || ended => return self.over(walk, &held, "unclaimed"),
            None if !offer.waits => {
                // Nobody yet; it lapses when it was to lapse.
                let until = held.ends.unwrap_or(walk.now).min(walk.now + LOOK_AGAIN);
                held.offer = Some(waiting(&self.team, until, false));
                return rest(held);
            }
            round => self.round_from(walk, round),
        };
        held.ends = ends;
        if !offered.asked.is_empty() {
            let lapses = ends.unwrap_or(walk.now);
            self.alert(walk, &held, &offered, lapses, None);
        }
        held.offer = Some(offered);
        rest(held)
    }

    fn over(&self, walk: &mut Walk, held: &Held, outcome: &str) -> Next {
        notify(
            walk,
            if outcome == "unclaimed" {
                "handoff.unclaimed"
            } else {
                "handoff.resolved"
            },
        );
        walk.note(Effect::CloseHandoff {
            seq: held.seq,
            outcome: Name::from(outcome),
        });
        self.resolved(outcome)
    }

    /// An agent says how it went.
    pub fn reported(&self, walk: &mut Walk, held: &Held, outcome: &Name) -> Next {
        notify(walk, "handoff.resolved");
        walk.note(Effect::CloseHandoff {
            seq: held.seq,
            outcome: outcome.clone(),
        });
        self.resolved(outcome)
    }

    /// Goes on with `outcome`; one that the step does not name is taken as `unclaimed`'s way.
    fn resolved(&self, outcome: &str) -> Next {
        let known = self.outcome(outcome).map(|target| (outcome, target));
        match known.or_else(|| {
            self.outcome("unclaimed")
                .map(|target| ("unclaimed", target))
        }) {
            Some((exit, target)) => Next::go(exit, target),
            None => Next::End(Name::from(outcome)),
        }
    }
}

/// Tells the workspace's own webhooks, where it has any.
fn notify(walk: &mut Walk, event: &str) {
    if !walk.facts.workspace.webhooks.is_empty() {
        walk.send(Effect::Notify {
            event: Name::from(event),
        });
    }
}

fn rest(held: Held) -> Next {
    let deadline = held.deadline();
    Next::Rest(Status::WithAgent(Box::new(held)), deadline)
}

/// A round in which nobody is asked.
fn waiting(team: &Name, until: Timestamp, waits: bool) -> Offered {
    Offered {
        team: team.clone(),
        round: 0,
        asked: Vec::new(),
        until,
        waits,
    }
}

fn nudge(walk: &mut Walk, held: &Held, why: Nudge, agents: Vec<String>) {
    if !agents.is_empty() {
        walk.note(Effect::NudgeAgents {
            seq: held.seq,
            why,
            agents,
        });
    }
}

/// A fifth of the time before it runs out, a quarter of an hour at most.
fn remind_before(within: Duration) -> Duration {
    Duration::from_ms(within.as_ms() / REMIND_PART).min(REMIND_BEFORE_MAX)
}

/// From when the lead may be called; `None` when that is now.
fn call_after(walk: &Walk) -> Option<Timestamp> {
    callable_at(&walk.facts.policy, &walk.facts.workspace.rules, walk.now)
}

/// From when a lead may be called: at once for one who wrote within the last quarter of an hour, else in
/// the hours of their region. `None` when that is now.
pub fn callable_at(
    lead: &crate::policy::LeadFacts,
    rules: &crate::policy::Rules,
    now: Timestamp,
) -> Option<Timestamp> {
    let asked = lead
        .last_inbound
        .is_some_and(|at| now.since(at).as_ms() <= ANSWER_WINDOW_MS);
    if asked {
        return None;
    }
    let call = Outgoing {
        kind: MessageKind::Marketing,
        purpose: Purpose::Flow,
        window: None,
    };
    let ruling = quiet_hours::ruling(&call, lead, rules, now);
    (!ruling.open).then(|| ruling.opens_at.unwrap_or(now + quiet_hours::HORIZON))
}

/// What a route may look at: a field of the lead, else what is known without one: the language, the state
/// or country of the number.
fn field_values(walk: &Walk, name: &str) -> Vec<String> {
    match walk.facts.lead.field(name) {
        Value::Nothing => {}
        Value::Text(text) => return vec![text.clone()],
        Value::List(items) => return items.clone(),
        other => return vec![crate::flow::template::shown(other, "en", walk.facts.zone)],
    }
    match name {
        "locale" | "language" => {
            let locale = walk.conversation.locale.to_string();
            let language = locale.split(['-', '_']).next().map(str::to_string);
            [Some(locale.clone()), language]
                .into_iter()
                .flatten()
                .collect()
        }
        "tags" => walk.facts.lead.tags.iter().map(|t| t.to_string()).collect(),
        "region" | "state" | "country" => {
            let place = crate::policy::zones::place(walk.conversation.lead);
            let Some(region) = place.region else {
                return Vec::new();
            };
            let state = region.state().map(str::to_string);
            [
                Some(region.to_string()),
                state,
                Some(region.country().to_string()),
            ]
            .into_iter()
            .flatten()
            .collect()
        }
        _ => Vec::new(),
    }
}
