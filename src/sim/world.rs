//! One engine of its own: a memory store, a clock that stands still until it is moved, the sandbox
//! carrier. Driven step by step, it shows what a lead would see.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::conversation::{Conversation, ConversationId};
use crate::flow::Flow;
use crate::flow::workspace::{OptIn, Workspace};
use crate::lead::{Name, PhoneNumber};
use crate::policy::consent::Level;
use crate::policy::{ConsentChange, ConsentEvent};
use crate::runtime::sandbox::Sandbox;
use crate::runtime::work::{Enroll, IfBusy, Inbound, LeadDid, LeadUpdate, Refusal, Work};
use crate::runtime::{Engine, Live, ManualClock};
use crate::store::{HandoffId, HandoffQuery, HandoffRecord, MemoryStore, Row, Store};
use crate::time::{Duration, Timestamp};

/// The number of a world's one lead: fictional (NANPA 555-01xx), in Chicago.
pub const LEAD: &str = "+13125550142";

pub struct World {
    pub sandbox: Sandbox,
    pub lead: PhoneNumber,
    channel: Name,
    sent: u64,
    /// How far each agent's own timeline was looked at.
    pub(super) answered: BTreeMap<PhoneNumber, u32>,
}

/// The workspace for a lead who lives wherever it texts, and with no budget to spend.
pub fn unbounded(workspace: &Arc<Workspace>) -> Arc<Workspace> {
    if workspace.rules.countries.is_empty() && workspace.limits.is_empty() {
        return workspace.clone();
    }
    let mut own = Workspace::clone(workspace);
    own.rules.countries.clear();
    own.limits.clear();
    Arc::new(own)
}

impl World {
    /// A world with these flows, at `start`, in memory. Its lead lives where the workspace texts, and no
    /// budget is spent in it.
    pub fn new(
        workspace: Arc<Workspace>,
        flows: &[Arc<Flow>],
        start: Timestamp,
    ) -> Result<Self, Refusal> {
        let workspace = unbounded(&workspace);
        Self::over(Arc::new(MemoryStore::new()), workspace, flows, start)
    }

    /// The same over a store of the caller's.
    pub fn over(
        store: Arc<dyn Store>,
        workspace: Arc<Workspace>,
        flows: &[Arc<Flow>],
        start: Timestamp,
    ) -> Result<Self, Refusal> {
        let channel = workspace
            .channels
            .keys()
            .next()
            .cloned()
            .unwrap_or_else(|| Name::from("main"));
        let by_name: BTreeMap<Name, Arc<Flow>> = flows
            .iter()
            .map(|flow| (flow.name.clone(), flow.clone()))
            .collect();
        let live = Live {
            public_url: workspace
                .public_url
                .clone()
                .unwrap_or_else(|| "https://text.example".to_string()),
            workspace,
            flows: by_name,
            diagnostics: Vec::new(),
            sources: Vec::new(),
            sandbox: true,
        };
        let clock = Arc::new(ManualClock::new(start));
        let engine = Arc::new(Engine::new(store, clock, live, [7; 32])?);
        let lead = LEAD.parse().map_err(|_| Refusal::NotFound("number"))?;
        Ok(Self {
            sandbox: Sandbox::new(engine),
            lead,
            channel,
            sent: 0,
            answered: BTreeMap::new(),
        })
    }

    pub fn engine(&self) -> &Engine {
        &self.sandbox.engine
    }

    pub fn now(&self) -> Timestamp {
        self.engine().clock.now()
    }

    /// The lead, with the consent that every flow needs.
    pub fn consenting(&self, mut update: LeadUpdate) -> LeadUpdate {
        update.phone = self.lead;
        update.consent.get_or_insert_with(|| ConsentEvent {
            source: "flow test".to_string(),
            wording: "given for the test".to_string(),
            own_act: true,
            // Under double opt-in too: a flow's test is about what comes after.
            ..ConsentEvent::new(
                ConsentChange::Given,
                Level::Marketing,
                self.now(),
                self.method(),
            )
        });
        update
    }

    fn method(&self) -> &'static str {
        match self.engine().live.load().workspace.opt_in {
            OptIn::Single => "api",
            OptIn::Double => "double_opt_in",
        }
    }

    /// The lead enters `flow`; everything that is due at once is done.
    pub fn enroll(&self, flow: &Name, lead: LeadUpdate) -> Result<ConversationId, Refusal> {
        let done = self.engine().turn(Work::Enroll(Enroll {
            flow: flow.clone(),
            lead: self.consenting(lead),
            at: None,
            if_busy: IfBusy::Replace,
            by: "test".to_string(),
            properties: Vec::new(),
            seen: None,
        }))?;
        self.sandbox.drain()?;
        done.conversation
            .map(|c| c.id)
            .ok_or(Refusal::NotFound("conversation"))
    }

    /// The lead texts.
    pub fn text(&mut self, text: &str) -> Result<(), Refusal> {
        let inbound = self.inbound(self.lead, text);
        self.engine().turn(Work::Inbound(inbound))?;
        self.sandbox.drain()
    }

    pub(super) fn inbound(&mut self, from: PhoneNumber, text: &str) -> Inbound {
        self.sent += 1;
        Inbound {
            channel: self.channel.clone(),
            id: format!("test-{}", self.sent),
            from,
            to: String::new(),
            text: text.to_string(),
            media: Vec::new(),
            written: None,
            verdict: crate::carrier::Took::Nothing,
        }
    }

    pub fn wait(&self, span: Duration) -> Result<(), Refusal> {
        self.sandbox.advance(span).map(|_| ())
    }

    pub fn event(
        &self,
        event: &Name,
        properties: Vec<(Name, crate::lead::Value)>,
    ) -> Result<(), Refusal> {
        self.engine().turn(Work::Did(LeadDid {
            lead: self.lead,
            event: event.clone(),
            properties,
            at: None,
            seen: None,
        }))?;
        self.sandbox.drain()
    }

    pub fn claim(&self, handoff: HandoffId, agent: &str) -> Result<(), Refusal> {
        self.engine().turn(Work::Claim {
            lead: self.lead,
            handoff,
            agent: agent.to_string(),
        })?;
        self.sandbox.drain()
    }

    pub fn resolve(&self, handoff: HandoffId, outcome: &Name, agent: &str) -> Result<(), Refusal> {
        self.engine().turn(Work::Resolve {
            lead: self.lead,
            handoff,
            outcome: outcome.clone(),
            agent: Some(agent.to_string()),
        })?;
        self.sandbox.drain()
    }

    /// Everything on the lead's timeline after row `after`.
    pub fn timeline(&self, after: u32) -> Result<Vec<Row>, Refusal> {
        Ok(self
            .engine()
            .store
            .timeline(self.lead, None, after, usize::MAX)?)
    }

    pub fn handoffs(&self) -> Result<Vec<HandoffRecord>, Refusal> {
        let query = HandoffQuery {
            limit: 100,
            ..HandoffQuery::default()
        };
        Ok(self.engine().store.handoffs(&query)?)
    }

    /// The conversation under way, else the one that ended last.
    pub fn conversation(&self) -> Result<Option<Conversation>, Refusal> {
        let store = &self.engine().store;
        let Some(record) = store.lead(self.lead)? else {
            return Ok(None);
        };
        match record.active.or(record.last) {
            Some(id) => Ok(store.conversation(id)?),
            None => Ok(None),
        }
    }
}
