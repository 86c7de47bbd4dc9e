//! `handoff`: alerts a team and waits for its outcome; the bot falls silent.

use crate::conversation::Priority;
use crate::conversation::{Effect, HandoffOffer, Status};
use crate::flow::Target;
use crate::flow::steps::Step;
use crate::flow::template::{Template, Text};
use crate::flow::walk::{Next, TextFrom, Walk};
use crate::lead::Name;
use crate::policy::DropReason;
use crate::time::Duration;

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
pub const RESOLVE_WITHIN: Duration = Duration::hours(24);

impl Handoff {
    pub fn enter(&self, step: &Step, walk: &mut Walk) -> Next {
        if let Some(say) = &self.say
            && let Err(why) = walk.text(&TextFrom::step(&step.name, say))
            && why == DropReason::OptedOut
        {
            return Next::End(Name::from("opted_out"));
        }
        let lapses = walk.now + walk.facts.workspace.claim_time(&self.team);
        let brief = walk.render(&self.brief, "alert");
        let seq = walk.send(Effect::AlertAgents(HandoffOffer {
            team: self.team.clone(),
            priority: self.priority,
            brief,
            callback_within: self.callback_within,
            step: step.name.clone(),
            lapses,
        }));
        let handoff = crate::conversation::Handoff {
            step: step.name.clone(),
            seq,
            agent: None,
        };
        Next::Rest(Status::WithAgent(handoff), Some(lapses))
    }

    /// Goes on with `outcome`; one that the step does not name is taken as `unclaimed`'s way.
    pub fn resolved(&self, outcome: &str) -> Next {
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
