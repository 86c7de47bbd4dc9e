//! The tests written beside a flow: who the lead is, what is said, what must come back.

use std::collections::BTreeMap;

use crate::diagnostic::Lines;
use crate::flow::parse::{entries, name_of, one_or_many, word};
use crate::flow::resolve::Builder;
use crate::flow::resolve::experiments::{OUTCOMES, outcomes};
use crate::flow::resolve::layout::Slot;
use crate::flow::resolve::values::{json, plain};
use crate::flow::yaml::{Entry, Node, Yaml};
use crate::flow::{AgentSays, Field, FlowTest, Line, Says, Step, Verb};
use crate::lead::{Name, Value};
use crate::time::Timestamp;

/// The lead's own, which no flow declares.
const OWN: [&str; 4] = ["phone", "locale", "time_zone", "tags"];

/// Keys of which a line has one.
const ACTIONS: [&str; 18] = [
    "bot",
    "lead",
    "wait",
    "email",
    "handoff",
    "agent",
    "end",
    "event",
    "endpoint",
    "full",
    "alert",
    "claim",
    "agent_text",
    "away",
    "back",
    "takeover",
    "write",
    "release",
];

impl<'a> Builder<'a> {
    pub(super) fn tests(
        &mut self,
        steps: &[Step],
        fields: &BTreeMap<Name, Field>,
    ) -> Vec<FlowTest> {
        let lines = Lines::new(self.unit().text);
        self.names.fields = fields.clone();
        let mut tests = Vec::new();
        for node in one_or_many(self.unit().root.get("tests")) {
            if node.map().is_none() {
                continue;
            }
            let script = one_or_many(node.get("script")).iter();
            let script = script.filter_map(|item| {
                Some(Line {
                    line: lines.position(item.span.start).line,
                    says: self.says(item, steps)?,
                })
            });
            let script = script.collect();
            let lead = entries(node.get("lead"))
                .iter()
                .map(|entry| self.lead_value(entry))
                .collect();
            tests.push(FlowTest {
                name: node
                    .get("name")
                    .and_then(Node::text)
                    .unwrap_or_default()
                    .into(),
                line: lines.position(node.span.start).line,
                lead,
                at: self.begins(node),
                script,
            });
        }
        tests
    }

    fn begins(&mut self, node: &Node) -> Option<String> {
        let at = node.get("at")?;
        let text = at.text()?;
        let local = text.parse::<jiff::civil::DateTime>().is_ok();
        if text.parse::<Timestamp>().is_err() && !local {
            let problem = self
                .error("E0212", at.span, format!("`{text}` is not a moment"))
                .help("write it as \"2026-11-23T10:00:00-06:00\"");
            self.report(problem);
        }
        Some(text.to_string())
    }

    fn lead_value(&mut self, entry: &Entry) -> (Name, Value) {
        let name = Name::from(entry.key.as_str());
        let value = match entry.key.as_str() {
            "tags" => {
                let words = one_or_many(Some(&entry.value))
                    .iter()
                    .filter_map(Node::text);
                Value::List(words.map(String::from).collect())
            }
            own if OWN.contains(&own) => match entry.value.text() {
                Some(text) => Value::text(text),
                None => Value::Nothing,
            },
            _ => {
                let kind = self.field_kind(entry);
                self.value_of(&entry.value, kind)
            }
        };
        (name, value)
    }

    fn says(&mut self, node: &Node, steps: &[Step]) -> Option<Says> {
        let written = node.map()?;
        let actions: Vec<&Entry> = written
            .iter()
            .filter(|entry| ACTIONS.contains(&entry.key.as_str()))
            .collect();
        let [action] = actions.as_slice() else {
            let problem = self
                .error(
                    "E0115",
                    node.span,
                    "a line of a script is one thing that happens",
                )
                .help(format!("one of {}", ACTIONS.join(", ")));
            self.report(problem);
            return None;
        };
        let value = &action.value;
        if value.value == Yaml::Broken {
            return None;
        }
        let text = value.text().unwrap_or_default();
        Some(match action.key.as_str() {
            "bot" => Says::Bot(text.into()),
            "lead" => Says::Lead(text.into()),
            "wait" => Says::Wait(word(Some(value))?),
            "email" => Says::Email(text.into()),
            "handoff" => {
                self.known("E0205", "team", value, |w| w.teams.keys().collect());
                Says::Handoff(text.into())
            }
            "full" => {
                self.known("E0206", "calendar", value, |w| w.calendars.keys().collect());
                Says::Full(text.into())
            }
            "agent" => {
                self.check_among(value, &agent_outcomes(steps), &[]);
                Says::Agent(text.into())
            }
            "end" => {
                self.check_among(value, &outcomes(steps), &OUTCOMES);
                Says::End(text.into())
            }
            "event" => Says::Event(
                name_of(Some(value)).or_else(|| name_of(value.get("name")))?,
                properties(value),
            ),
            "endpoint" => return self.answers_of_endpoint(value),
            about => return agent_says(about, value).map(Says::Agents),
        })
    }

    fn answers_of_endpoint(&mut self, node: &Node) -> Option<Says> {
        let entry = entries(Some(node)).first()?;
        self.known_name("E0207", "endpoint", (&entry.key, entry.key_span), |w| {
            w.endpoints.keys().collect()
        });
        let failed = entry.value.text() == Some("failed");
        let answers = (!failed).then(|| json(&entry.value));
        Some(Says::Endpoint(entry.key.as_str().into(), answers))
    }

    fn check_among(&mut self, node: &Node, known: &[Name], also: &[&str]) {
        // The outcomes of a flow that is missing are not known; that it is missing was said.
        let lacks_a_flow =
            |slot: &Slot| slot.brings.is_none() && slot.entry.value.get("run").is_some();
        if self.layout.slots.iter().any(lacks_a_flow) {
            return;
        }
        let name = node.text().unwrap_or_default();
        if !known.iter().any(|known| **known == *name) && !also.contains(&name) {
            self.unknown_outcome(name, node.span, known);
        }
    }
}

fn agent_says(about: &str, value: &Node) -> Option<AgentSays> {
    let text = || value.text().unwrap_or_default().to_string();
    let named = || {
        let entry = entries(Some(value)).first()?;
        Some((entry.key.clone(), entry.value.text()?.to_string()))
    };
    Some(match about {
        "alert" => {
            let (agent, pattern) = named().unwrap_or_else(|| (text(), "*".to_string()));
            AgentSays::Alert(agent, pattern)
        }
        "claim" => AgentSays::Claim(text()),
        "agent_text" => {
            let (agent, text) = named()?;
            AgentSays::Text(agent, text)
        }
        "away" => AgentSays::Away(text()),
        "back" => AgentSays::Back(text()),
        "takeover" => AgentSays::TakeOver(text()),
        "write" => AgentSays::Write(text()),
        "release" => {
            AgentSays::Release(Some(text().as_str().into()).filter(|step| *step != "here"))
        }
        _ => return None,
    })
}

fn properties(node: &Node) -> Vec<(Name, Value)> {
    entries(node.get("properties"))
        .iter()
        .map(|entry| (Name::from(entry.key.as_str()), plain(&entry.value)))
        .collect()
}

/// What an agent may end a handoff with.
fn agent_outcomes(steps: &[Step]) -> Vec<Name> {
    let mut outcomes: Vec<Name> = Vec::new();
    for step in steps {
        if let Verb::Handoff(handoff) = &step.verb {
            for (name, _) in &handoff.outcomes {
                if !outcomes.contains(name) {
                    outcomes.push(name.clone());
                }
            }
        }
    }
    outcomes
}
