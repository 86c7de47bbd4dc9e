//! Experiments: one variable of one step, and what decides.

use crate::flow::grammar::{self, Shape, per_mille};
use crate::flow::parse::{entries, name_of};
use crate::flow::resolve::Builder;
use crate::flow::resolve::facts::Facts;
use crate::flow::yaml::{Entry, Node};
use crate::flow::{Experiment, Measure, Step, Vary, Verb};
use crate::lead::Name;

/// Outcomes that no flow writes. Source: INTERFACES.md, Statuses.
pub(super) const OUTCOMES: [&str; 6] = [
    "opted_out",
    "wrong_number",
    "unreachable",
    "stopped",
    "failed",
    crate::flow::COMPLETED,
];

impl<'a> Builder<'a> {
    pub(super) fn experiments(&mut self, steps: &[Step], facts: &Facts) -> Vec<Experiment> {
        let written = entries(self.unit().root.get("experiments"));
        written
            .iter()
            .filter_map(|entry| self.experiment(entry, steps, facts))
            .collect()
    }

    fn experiment(&mut self, entry: &Entry, steps: &[Step], facts: &Facts) -> Option<Experiment> {
        let name = Name::from(entry.key.as_str());
        self.places.experiments.insert(name.clone(), entry.key_span);
        let node = &entry.value;
        let step_node = node.get("step")?;
        let measure = node
            .get("measure")
            .and_then(|measure| self.measure(measure, steps));
        let step = self.find_step(step_node.text()?, step_node.span)?;
        facts.tell(step, &mut self.names);
        let vary = self.vary(node, step_node, &steps[step.0 as usize], &name)?;
        Some(Experiment {
            name,
            step,
            vary,
            share_per_mille: node.get("share").and_then(Node::text).and_then(per_mille)?,
            measure: measure?,
        })
    }

    fn vary(&mut self, node: &Node, step_node: &Node, step: &Step, name: &Name) -> Option<Vary> {
        let against = node.get("against")?;
        let what = node.get("vary").and_then(Node::text)?;
        let shape = match what {
            "text" => Shape::Text,
            "send_time" => Shape::Object(&grammar::SEND_WINDOW),
            "sender" => Shape::Word(&grammar::NAME),
            _ => grammar::LINK_OR_ADDRESS,
        };
        let mut against = against.clone();
        let slips = grammar::check(self.unit().file, self.unit().text, &mut against, &shape);
        if !slips.is_empty() {
            slips.into_iter().for_each(|slip| self.report(slip));
            return None;
        }
        if !matches!(step.verb, Verb::Ask(_) | Verb::Say(_)) {
            let problem = self
                .error(
                    "E0216",
                    step_node.span,
                    format!("step `{}` sends no text to vary", step.name),
                )
                .help("an experiment varies an `ask` or a `say`");
            self.report(problem);
            return None;
        }
        match what {
            "text" => {
                let text = self.text(Some(&against), "")?;
                let spans = self.variant_spans(&against);
                self.places.variants.insert(name.clone(), spans);
                Some(Vary::Text(text))
            }
            "send_time" => self.window(Some(&against)).map(Vary::SendTime),
            "sender" => {
                self.known("E0208", "channel", &against, |w| {
                    w.channels.keys().collect()
                });
                name_of(Some(&against)).map(Vary::Sender)
            }
            _ => self.vary_link(node, &against),
        }
    }

    fn variant_spans(&self, against: &Node) -> Vec<crate::diagnostic::Span> {
        let spans = self.locales.iter().map(|locale| {
            let own = against.map().and_then(|entries| {
                let language = locale.split('-').next();
                entries
                    .iter()
                    .find(|e| e.key == **locale || Some(e.key.as_str()) == language)
            });
            own.map_or(against.span, |entry| entry.value.span)
        });
        spans.collect()
    }

    /// The link named, or the only one there is.
    fn vary_link(&mut self, node: &Node, against: &Node) -> Option<Vary> {
        let links = entries(self.unit().root.get("links"));
        let named = node.get("link");
        let link = match (named, links) {
            (Some(link), links) => {
                let name = link.text()?;
                if !links.iter().any(|entry| entry.key == name) {
                    let problem = self
                        .error("E0211", link.span, format!("there is no link `{name}`"))
                        .help("name one that stands under `links`");
                    self.report(problem);
                    return None;
                }
                Name::from(name)
            }
            (None, [only]) => Name::from(only.key.as_str()),
            (None, _) => {
                self.missing(node, "an experiment on a link", "link");
                return None;
            }
        };
        let to = if against.text().is_some() {
            Some(against)
        } else {
            against.get("to")
        };
        let to = self.link(to, against);
        Some(Vary::Link(link, to))
    }

    fn measure(&mut self, node: &Node, steps: &[Step]) -> Option<Measure> {
        let text = node.text()?;
        let Some((of, name)) = text.split_once(':') else {
            return Some(match text {
                "clicked" => Measure::Clicked,
                "opted_out" => Measure::OptedOut,
                _ => Measure::Replied,
            });
        };
        let name = Name::from(name.trim());
        if of == "event" {
            return Some(Measure::Event(name));
        }
        let outcomes = outcomes(steps);
        if !outcomes.contains(&name) && !OUTCOMES.contains(&&*name) {
            self.unknown_outcome(&name, node.span, &outcomes);
        }
        Some(Measure::Outcome(name))
    }
}

/// How this flow may end, in the order written.
pub(super) fn outcomes(steps: &[Step]) -> Vec<Name> {
    let mut outcomes: Vec<Name> = Vec::new();
    for step in steps {
        if let Verb::End(end) = &step.verb
            && !outcomes.contains(&end.outcome)
        {
            outcomes.push(end.outcome.clone());
        }
    }
    outcomes
}
