//! The verbs: a step's node to what it does.

use crate::conversation::Priority;
use crate::flow::parse::{entries, name_of, one_or_many, verb_of, word};
use crate::flow::resolve::layout::Slot;
use crate::flow::resolve::{Builder, Pass};
use crate::flow::steps::{
    Call, Case, Decide, Email, End, Handoff, Return, Run, Say, Set, Wait, WaitFor,
};
use crate::flow::template::{FoundKind, Source};
use crate::flow::yaml::{Entry, Node, Yaml};
use crate::flow::{COMPLETED, Step, StepIx, Target, Verb};
use crate::lead::{Kind, Name};
use crate::time::Duration;

impl<'a> Builder<'a> {
    pub(super) fn verb(&mut self, slot: &'a Slot<'a>, node: &'a Node) -> Verb {
        match slot.verb.map(|verb| verb.name) {
            Some("ask") => Verb::Ask(self.ask(node)),
            Some("say") => Verb::Say(self.say(node)),
            Some("decide") => Verb::Decide(self.decide(node)),
            Some("handoff") => Verb::Handoff(self.handoff(node)),
            Some("email") => Verb::Email(self.email(node)),
            Some("wait") => Verb::Wait(self.wait(node)),
            Some("book") => Verb::Book(self.book(node)),
            Some("call") => Verb::Call(self.call(node)),
            Some("set") => Verb::Set(Set {
                values: self.assigns(node.get("set")),
                then: self.target(node.get("then"), "then"),
            }),
            Some("run") => self.run(slot, node),
            Some("end") => self.end(node),
            _ => self.stand_in(node),
        }
    }

    fn say(&mut self, node: &Node) -> Say {
        Say {
            text: self.text_or_nothing(node.get("say"), "say"),
            then: self.target(node.get("then"), "then"),
            send: self.step_window(node),
            sender: self.sender(node),
            media: self.media(node),
        }
    }

    pub(super) fn sender(&mut self, node: &Node) -> Option<Name> {
        let sender = node.get("sender")?;
        self.known("E0208", "channel", sender, |w| w.channels.keys().collect());
        name_of(Some(sender))
    }

    pub(super) fn media(&mut self, node: &Node) -> Vec<crate::flow::Template> {
        one_or_many(node.get("media"))
            .iter()
            .map(|item| self.template(item, 0))
            .collect()
    }

    /// A step's own window; that of the flow it was brought in from holds where it has none.
    pub(super) fn step_window(&mut self, node: &Node) -> Option<crate::policy::SendWindow> {
        match (node.get("send"), self.part) {
            (None, 0) => None,
            (None, _) => self.window(self.unit().root.get("send")),
            (own, _) => self.window(own),
        }
    }

    fn decide(&mut self, node: &Node) -> Decide {
        let list = node.get("decide").and_then(Node::list).unwrap_or_default();
        let mut cases = Vec::new();
        let mut otherwise: Option<&Node> = None;
        for (at, item) in list.iter().enumerate() {
            let Some(keys) = item.map() else { continue };
            if let Some(first) = otherwise {
                let problem = self
                    .error("E0116", item.span, "nothing after `else` is ever looked at")
                    .label("never looked at")
                    .help("put `else` last")
                    .also(first.span, "`else` catches all");
                self.report(problem);
                break;
            }
            match (item.entry("when"), item.entry("then"), item.entry("else")) {
                (Some(when), then, None) => {
                    if then.is_none() {
                        self.missing(item, "a case of decide", "then");
                    }
                    let exit = format!("when:{}", cases.len() + 1);
                    cases.push(Case {
                        when: self.condition(&when.value),
                        text: when.value.text().unwrap_or_default().into(),
                        then: self.target(item.get("then"), exit),
                    });
                }
                (None, None, Some(other)) => otherwise = Some(&other.value),
                _ => {
                    let at = keys.get(at.min(keys.len().saturating_sub(1)));
                    let span = at.map_or(item.span, |entry| entry.key_span);
                    let problem = self
                        .error(
                            "E0115",
                            span,
                            "a case is `when` with `then`, or `else` alone",
                        )
                        .help(
                            "write `- { when: \"score >= 50\", then: step }` or `- { else: step }`",
                        );
                    self.report(problem);
                }
            }
        }
        if otherwise.is_none() && !list.is_empty() {
            let span = node
                .entry("decide")
                .map_or(node.span, |entry| entry.key_span);
            let problem = self
                .error("E0105", span, "`decide` has no `else`")
                .label("when no condition holds, this goes nowhere")
                .help("add `- { else: step }` as the last case");
            self.report(problem);
            self.exits_lost = true;
        }
        Decide {
            cases,
            otherwise: self.target(otherwise, "else"),
        }
    }

    pub(super) fn missing(&mut self, node: &Node, what: &str, key: &str) {
        let span = match node.map() {
            Some([first, ..]) => first.key_span,
            _ => node.span,
        };
        let problem = self
            .error("E0106", span, format!("{what} needs `{key}`"))
            .label(format!("`{key}` is missing here"));
        self.report(problem);
    }

    fn handoff(&mut self, node: &Node) -> Handoff {
        if let Some(team) = node.get("handoff") {
            self.known("E0205", "team", team, |w| w.teams.keys().collect());
        }
        let written = node.get("outcomes");
        let mut outcomes: Vec<(Name, Target)> = Vec::new();
        for entry in entries(written) {
            let name = Name::from(entry.key.as_str());
            let target = self.target(Some(&entry.value), name.clone());
            outcomes.push((name, target));
        }
        self.misspelt_outcomes(entries(written), &outcomes);
        if outcomes.is_empty() {
            outcomes.push(("reached".into(), self.ends("with_agent")));
            outcomes.push(("no_answer".into(), self.ends(COMPLETED)));
        }
        if !outcomes.iter().any(|(name, _)| *name == "unclaimed") {
            outcomes.push(("unclaimed".into(), self.ends("unclaimed")));
        }
        Handoff {
            team: name_of(node.get("handoff")).unwrap_or_default(),
            priority: match node.get("priority").and_then(Node::text) {
                Some("hot") => Priority::Hot,
                Some("low") => Priority::Low,
                _ => Priority::Normal,
            },
            brief: node
                .get("brief")
                .map(|brief| self.slot_template(brief, "brief"))
                .unwrap_or_default(),
            say: self.text(node.get("say"), "say"),
            callback_within: word(node.get("callback_within")),
            outcomes,
        }
    }

    fn email(&mut self, node: &Node) -> Email {
        let nested = node.get("email");
        let part = |key: &str| nested.and_then(|n| n.get(key)).or_else(|| node.get(key));
        let written =
            |key: &str| nested.is_some_and(|n| n.entry(key).is_some()) || node.entry(key).is_some();
        if nested.is_none() {
            for key in ["subject", "body"] {
                if !written(key) && node.entry("email").is_some_and(|e| e.value.is_nothing()) {
                    self.missing(node, "an email", key);
                }
            }
        }
        let then = self.target(node.get("then"), "then");
        Email {
            subject: self.text_or_nothing(part("subject"), "subject"),
            body: self.text_or_nothing(part("body"), "body"),
            no_email: match node.get("no_email") {
                Some(step) => self.target(Some(step), "no_email"),
                None => then.clone(),
            },
            then,
            no_reply: self.ladder(node, crate::flow::resolve::questions::Silence::MayBeLeftOut),
        }
    }

    fn wait(&mut self, node: &Node) -> Wait {
        // A stand-in waits, so that a broken wait makes no loop.
        let some_time = Duration::hours(1);
        let what = match node.get("wait") {
            Some(what) if what.map().is_some() => self.wait_for(what),
            what => WaitFor::Time(word(what).unwrap_or(some_time)),
        };
        Wait {
            what,
            then: self.target(node.get("then"), "then"),
        }
    }

    fn wait_for(&mut self, node: &Node) -> WaitFor {
        match (node.entry("until"), node.entry("for_event")) {
            (Some(until), None) => WaitFor::Until {
                moment: self.moment(&until.value),
                before: word(node.get("before")).unwrap_or(Duration::ZERO),
                after: word(node.get("after")).unwrap_or(Duration::ZERO),
            },
            (None, Some(event)) => {
                if node.entry("at_most").is_none() {
                    let problem = self
                        .error("E0305", event.key_span, "this event may never come")
                        .label("waits for ever")
                        .help("add `at_most`, how long it waits, and `otherwise`, where it goes");
                    self.report(problem);
                } else if node.entry("otherwise").is_none() {
                    self.missing(node, "a wait for an event", "otherwise");
                }
                WaitFor::Event {
                    name: name_of(Some(&event.value)).unwrap_or_default(),
                    at_most: word(node.get("at_most")).unwrap_or(Duration::hours(1)),
                    otherwise: self.target(node.get("otherwise"), "otherwise"),
                }
            }
            _ => {
                let problem = self
                    .error(
                        "E0115",
                        node.span,
                        "`wait` is a duration, `until` a moment, or `for_event`",
                    )
                    .help("one of the three, such as `wait: 4h`");
                self.report(problem);
                WaitFor::Time(Duration::hours(1))
            }
        }
    }

    fn moment(&mut self, node: &Node) -> Source {
        let name = node.text().unwrap_or_default();
        let found = self.names.find(name);
        let problem = match &found {
            None => {
                let problem = self
                    .error("E0401", node.span, format!("`{name}` is not known"))
                    .label("no field has this name");
                match self.names.did_you_mean(name) {
                    Some(meant) => problem.help(format!("did you mean `{meant}`?")),
                    None => problem.help("declare it under `lead` with `type: datetime`"),
                }
            }
            Some(found) => match found.kind {
                FoundKind::Any | FoundKind::Value(Kind::DateTime | Kind::Date) => {
                    return self.bound(found.source.clone());
                }
                FoundKind::Options(_) | FoundKind::Value(_) => self
                    .error("E0503", node.span, format!("`{name}` is not a moment"))
                    .help("`until` needs a field or answer of type `datetime` or `date`"),
            },
        };
        self.report(problem);
        Source::Score
    }

    fn call(&mut self, node: &Node) -> Call {
        if let Some(endpoint) = node.get("call") {
            self.known("E0207", "endpoint", endpoint, |w| {
                w.endpoints.keys().collect()
            });
        }
        let with = entries(node.get("with"))
            .iter()
            .map(|entry| {
                (
                    Name::from(entry.key.as_str()),
                    self.template(&entry.value, 0),
                )
            })
            .collect();
        let save = entries(node.get("save"))
            .iter()
            .filter_map(|entry| {
                Some((
                    Name::from(entry.key.as_str()),
                    entry.value.text()?.to_string(),
                ))
            })
            .collect();
        let then = self.target(node.get("then"), "then");
        Call {
            endpoint: name_of(node.get("call")).unwrap_or_default(),
            with,
            save,
            failed: match node.get("failed") {
                Some(step) => self.target(Some(step), "failed"),
                None => then.clone(),
            },
            then,
        }
    }

    fn run(&mut self, slot: &'a Slot<'a>, node: &'a Node) -> Verb {
        let map = node.get("then").filter(|then| then.map().is_some());
        let entry_targets: Vec<Target> = match map {
            Some(map) => entries(Some(map))
                .iter()
                .map(|entry| self.target(Some(&entry.value), entry.key.as_str()))
                .collect(),
            None => vec![self.target(node.get("then"), "then")],
        };
        let start = slot.brings.and_then(|part| self.layout.start_of(part));
        let (Some(start), Some(flow)) = (start, name_of(node.get("run"))) else {
            return self.branches(entry_targets);
        };
        Verb::Run(Run {
            flow,
            enter: Target::Step(start),
        })
    }

    fn end(&mut self, node: &Node) -> Verb {
        let outcome = name_of(node.get("end")).unwrap_or_else(|| COMPLETED.into());
        match self.part().run {
            None => Verb::End(End { outcome }),
            Some(run) => Verb::Return(Return {
                then: self.after_run(self.part, &outcome),
                outcome,
                run,
            }),
        }
    }

    /// An end with this outcome that no step of the part writes.
    pub(super) fn ends(&mut self, outcome: &str) -> Target {
        match self.part().run {
            None if outcome == COMPLETED => Target::End,
            None => self.made.end(outcome),
            Some(run) => {
                let back = Return {
                    outcome: outcome.into(),
                    run,
                    then: self.after_run(self.part, outcome),
                };
                self.made.back(&self.part().prefix, back)
            }
        }
    }

    /// Where the flow goes on that ran `part`, when `part` ended with this outcome. Slips in that
    /// `then` are reported at its own step.
    fn after_run(&mut self, part: usize, outcome: &str) -> Target {
        let part = &self.layout.parts[part];
        let Some(run) = part.run else {
            return Target::End;
        };
        let kept = (self.part, self.step, self.pass);
        (self.part, self.step, self.pass) = (part.parent, Some(run), Pass::Outline);
        let then = self.layout.slots[run.0 as usize].entry.value.get("then");
        let node = match then {
            Some(map) if map.map().is_some() => map.get(outcome).or_else(|| map.get("else")),
            one => one,
        };
        let target = self.target(node, "");
        (self.part, self.step, self.pass) = kept;
        target
    }

    /// Each outcome of a flow that was run leads somewhere, and each name is an outcome of it.
    pub(super) fn check_outcomes(&mut self, steps: &[Step]) {
        self.part = 0;
        for (at, slot) in self
            .layout
            .slots
            .iter()
            .enumerate()
            .take(self.layout.own_steps)
        {
            let Some(entries) = slot.entry.value.get("then").and_then(Node::map) else {
                continue;
            };
            if slot.brings.is_none() {
                continue;
            }
            let outcomes = outcomes_of(steps, StepIx(at as u32));
            // An open outcome that a misspelled one stands for is one slip, not two.
            let mut meant: Vec<&str> = Vec::new();
            for entry in entries {
                if entry.key != "else" && !outcomes.iter().any(|o| **o == *entry.key) {
                    self.unknown_outcome(&entry.key, entry.key_span, &outcomes);
                    let names = outcomes.iter().map(|name| &**name);
                    meant.extend(crate::diagnostic::nearest(&entry.key, names));
                }
            }
            let open: Vec<String> = outcomes
                .iter()
                .filter(|outcome| {
                    !entries
                        .iter()
                        .any(|e| e.key == ***outcome || e.key == "else")
                })
                .filter(|outcome| !meant.contains(&&***outcome))
                .map(|outcome| format!("`{outcome}`"))
                .collect();
            if !open.is_empty() {
                let span = slot
                    .entry
                    .value
                    .entry("then")
                    .map_or(slot.entry.key_span, |e| e.key_span);
                let problem = self
                    .error(
                        "E0217",
                        span,
                        format!("{} of that flow leads nowhere", open.join(", ")),
                    )
                    .help("name a step for each outcome, or one for the rest under `else`");
                self.report(problem);
            }
        }
    }

    /// Outcomes are named freely, but for the three that come by themselves: a slip of one of those would
    /// never be chosen, and the one that was meant would be open.
    fn misspelt_outcomes(&mut self, written: &[Entry], outcomes: &[(Name, Target)]) {
        const OWN: [&str; 3] = ["reached", "no_answer", "unclaimed"];
        let there = |own: &str| outcomes.iter().any(|(name, _)| *name == *own);
        let open: Vec<&str> = OWN.into_iter().filter(|own| !there(own)).collect();
        for entry in written
            .iter()
            .filter(|entry| !OWN.contains(&entry.key.as_str()))
        {
            if let Some(meant) = crate::diagnostic::nearest(&entry.key, open.iter().copied()) {
                let message = format!("no handoff ends as `{}` by itself", entry.key);
                let problem = self
                    .error("E0213", entry.key_span, message)
                    .label(format!("`{meant}` has no place to go"))
                    .help(format!("did you mean `{meant}`?"));
                self.report(problem);
            }
        }
    }

    pub(super) fn unknown_outcome(
        &mut self,
        name: &str,
        span: crate::diagnostic::Span,
        outcomes: &[Name],
    ) {
        let problem = self
            .error("E0213", span, format!("nothing ends as `{name}`"))
            .label("no outcome has this name");
        let names: Vec<String> = outcomes.iter().map(|name| format!("`{name}`")).collect();
        let help = match crate::diagnostic::nearest(name, outcomes.iter().map(|name| &**name)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if names.is_empty() => "the flow has none that could be named here".to_string(),
            None => format!("the outcomes are {}", names.join(", ")),
        };
        self.report(problem.help(help));
    }

    /// A step whose verb is missing or doubled: it may go wherever it names.
    fn stand_in(&mut self, node: &Node) -> Verb {
        let mut targets = Vec::new();
        self.names_of_steps(node, &mut targets);
        targets.push(self.next_step());
        if let Some(step) = self.step {
            self.stand_ins.push(step);
        }
        self.branches(targets)
    }

    fn branches(&mut self, mut targets: Vec<Target>) -> Verb {
        if let Some(step) = self.step
            && !self.stand_ins.contains(&step)
        {
            self.stand_ins.push(step);
        }
        let otherwise = targets.pop().unwrap_or(Target::End);
        let cases = targets.into_iter().map(|then| Case {
            when: crate::flow::condition::Expr::Literal(crate::lead::Value::Bool(true)),
            text: String::new(),
            then,
        });
        Verb::Decide(Decide {
            cases: cases.collect(),
            otherwise,
        })
    }

    fn names_of_steps(&self, node: &Node, targets: &mut Vec<Target>) {
        match &node.value {
            Yaml::Scalar(scalar) => {
                let step = self.part().steps.get(scalar.text.as_str());
                targets.extend(step.map(|ix| Target::Step(*ix)));
            }
            Yaml::List(items) => items.iter().for_each(|i| self.names_of_steps(i, targets)),
            Yaml::Map(entries) => {
                entries
                    .iter()
                    .for_each(|e| self.names_of_steps(&e.value, targets));
            }
            Yaml::Broken => {}
        }
    }
}

/// The outcomes with which the flow comes back that `run` brought in.
fn outcomes_of(steps: &[Step], run: StepIx) -> Vec<Name> {
    let mut outcomes: Vec<Name> = Vec::new();
    for step in steps {
        if let Verb::Return(back) = &step.verb
            && back.run == run
            && !outcomes.contains(&back.outcome)
        {
            outcomes.push(back.outcome.clone());
        }
    }
    outcomes
}

/// Whether a step's node asks something that answers are kept of, and what kind they are.
pub(super) fn asks(node: &Node) -> bool {
    verb_of(node).is_some_and(|verb| matches!(verb.name, "ask" | "book"))
}
