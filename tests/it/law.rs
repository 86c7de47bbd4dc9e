//! The law, by construction: the ledger that no bit can be turned in, hours and caps that hold over a
//! year, silence and time that end what is kept.

mod hours;
mod keeping;
mod ledger;
mod register;

use std::sync::Arc;

use replytree::flow::{self, Source, workspace};
use replytree::lead::{Name, PhoneNumber};
use replytree::policy::consent::Level;
use replytree::policy::{ConsentChange, ConsentEvent};
use replytree::runtime::sandbox::Sandbox;
use replytree::runtime::work::{Enroll, IfBusy, Inbound, LeadUpdate, Work};
use replytree::runtime::{Engine, Live, ManualClock, Refusal};
use replytree::store::Store;
use replytree::time::{Duration, Timestamp};

/// One marketing text, and it is over.
pub const OFFER: &str = r#"
flow: offer
about: One text.
objective: notice
kind: marketing
start: tell
steps:
  tell: { say: "{brand}: new offers are here. Reply STOP to opt out.", then: end }
"#;

pub const AGAIN: &str = r#"
flow: still-there
about: Asks a silent lead once more.
objective: reengagement
kind: marketing
start: asking
steps:
  asking:
    ask: "{brand}: still want to hear from us? Reply 1 for yes, 2 for no. STOP to opt out."
    answers: { "yes": { key: 1, then: end }, "no": { key: 2, then: end } }
    no_reply: [ { after: 3d, then: end } ]
"#;

pub struct Law {
    pub sandbox: Sandbox,
    inbound: std::cell::Cell<u64>,
}

impl Law {
    pub fn new(store: Arc<dyn Store>, workspace: &str, start: &str) -> Law {
        Self::with_env(store, workspace, start, &|_| None)
    }

    pub fn with_env(
        store: Arc<dyn Store>,
        workspace: &str,
        start: &str,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Law {
        let (workspace, problems) = workspace::read("workspace.yaml", workspace, env);
        assert!(problems.is_empty(), "{problems:#?}");
        let sources = [OFFER, AGAIN].map(|text| Source {
            file: "flow.yaml".to_string(),
            text: text.to_string(),
        });
        let compiled = flow::compile(&workspace, &sources);
        assert_eq!(compiled.flows.len(), 2, "{:#?}", compiled.diagnostics);
        let by_name = |flow: Arc<flow::Flow>| (flow.name.clone(), flow);
        let live = Live {
            public_url: "https://text.example".to_string(),
            workspace: Arc::new(workspace),
            flows: compiled.flows.into_iter().map(by_name).collect(),
            diagnostics: Vec::new(),
            sources: Vec::new(),
            sandbox: true,
        };
        let start: Timestamp = start.parse().unwrap();
        let clock = Arc::new(ManualClock::new(start));
        let engine = Arc::new(Engine::new(store, clock, live, [7; 32]).unwrap());
        Law {
            sandbox: Sandbox::new(engine),
            inbound: std::cell::Cell::new(0),
        }
    }

    pub fn engine(&self) -> &Engine {
        &self.sandbox.engine
    }

    pub fn now(&self) -> Timestamp {
        self.engine().clock.now()
    }

    pub fn wait(&self, span: Duration) {
        self.sandbox.advance(span).unwrap();
    }

    /// Puts a lead who agreed just now into `flow`; nothing that follows is done yet.
    pub fn enroll(&self, phone: PhoneNumber, flow: &str) -> Result<(), Refusal> {
        let mut lead = LeadUpdate::of(phone);
        lead.consent = Some(given(self.now()));
        let enroll = Enroll {
            flow: Name::from(flow),
            lead,
            at: None,
            if_busy: IfBusy::Replace,
            by: "test".to_string(),
            properties: Vec::new(),
            seen: None,
        };
        self.engine().turn(Work::Enroll(enroll)).map(drop)
    }

    pub fn text(&self, phone: PhoneNumber, text: &str) {
        self.inbound.set(self.inbound.get() + 1);
        let inbound = Inbound {
            channel: Name::from("main"),
            id: format!("law-{}", self.inbound.get()),
            from: phone,
            to: String::new(),
            text: text.to_string(),
            media: Vec::new(),
            written: None,
            verdict: replytree::carrier::Took::Nothing,
        };
        self.engine().turn(Work::Inbound(inbound)).unwrap();
        self.sandbox.drain().unwrap();
    }
}

pub fn given(at: Timestamp) -> ConsentEvent {
    ConsentEvent {
        source: "form".to_string(),
        wording: "Yes, text me".to_string(),
        own_act: true,
        ..ConsentEvent::new(ConsentChange::Given, Level::Marketing, at, "web_form")
    }
}

pub fn phone(text: &str) -> PhoneNumber {
    text.parse().unwrap()
}
