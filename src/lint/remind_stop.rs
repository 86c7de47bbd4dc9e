//! ## What it finds
//!
//! A text that may come more than 30 days after the last one that said how to opt out, and a first text of a
//! flow that does not say it. (In marketing the second is an error, `E0413`.)
//!
//! ## Why it matters
//!
//! Whoever no longer remembers how to stop texts reports them to the carrier, who blocks the number for all.
//! A wait until a moment of the lead's, such as an appointment, may be of any length.
//!
//! ## Example
//!
//! ```yaml
//! later: { wait: 45d, then: again }
//! again: { say: "Spring prices are out.", then: end }
//! ```
//!
//! ## Instead
//!
//! ```yaml
//! later: { wait: 45d, then: again }
//! again: { say: "Spring prices are out. STOP to opt out.", then: end }
//! ```

use std::collections::HashSet;

use petgraph::algo::dominators::{Dominators, simple_fast};
use petgraph::graph::NodeIndex;

use crate::diagnostic::Span;
use crate::flow::graph::{self, Taken, taken_by};
use crate::flow::keywords::offers_a_way_out;
use crate::flow::steps::{Rung, RungDoes, WaitFor};
use crate::flow::template::Source;
use crate::flow::{AnytimeThen, Flow, StepIx, Target, Text, Vary, Verb};
use crate::lint::Lint;
use crate::lint::Report;
use crate::lint::said::{self, is_own, ladder, likely, opening};
use crate::policy::MessageKind;
use crate::time::Duration;

pub struct RemindStop;

impl Lint for RemindStop {
    fn name(&self) -> &'static str {
        "remind-stop"
    }

    fn source(&self) -> &'static str {
        include_str!("remind_stop.rs")
    }

    fn run(&self, flow: &Flow, report: &mut Report) {
        first_texts(flow, report);
        let doms = dominators(flow);
        for locale in 0..flow.locales.len() {
            let clock = Clock {
                flow,
                locale,
                doms: &doms,
            };
            for (ix, slot) in clock.late() {
                let span = flow.places.text(ix, &slot, locale);
                if is_own(flow, ix) && !report.has(span) {
                    late(ix, span, report);
                }
            }
        }
    }
}

fn late(ix: StepIx, span: Span, report: &mut Report) {
    report.step(
        ix,
        span,
        format!("this text may come more than {DAYS} days after the last STOP line"),
        "how to opt out may be forgotten by now",
        "add `STOP to opt out.`",
    );
}

/// Marketing is the compiler's.
fn first_texts(flow: &Flow, report: &mut Report) {
    if flow.kind == MessageKind::Marketing {
        return;
    }
    for said in said::all(flow, report.brand()) {
        if said.opens(flow) && !offers_a_way_out(&said.text, said.locale) {
            report.text(
                &said,
                "the first text does not say how to opt out".to_string(),
                "no STOP line",
                "add `STOP to opt out.`",
            );
        }
    }
}

const DAYS: i64 = 30;
const MOST: Duration = Duration::days(DAYS);

/// A moment of the lead's may be so far off.
const ANY_DAY: Duration = Duration::days(366);

/// How long an agent has a lead at most, as `handoff` says.
const AGENT: Duration = Duration::days(1);

/// The time since the last STOP line, along every way, in one locale.
struct Clock<'a> {
    flow: &'a Flow,
    locale: usize,
    /// What every way to a step leads through.
    doms: &'a Dominators<NodeIndex>,
}

/// The moment that a step waits for, and how long after it.
fn until_of(flow: &Flow, ix: StepIx) -> Option<(&Source, Duration)> {
    let Verb::Wait(wait) = &flow.steps.get(ix.0 as usize)?.verb else {
        return None;
    };
    match &wait.what {
        WaitFor::Until {
            moment,
            before,
            after,
        } => Some((moment, Duration::from_ms(after.as_ms() - before.as_ms()))),
        _ => None,
    }
}

/// What lies on every way from the start to a step; what is said at any time may skip whatever lies between.
fn dominators(flow: &Flow) -> Dominators<NodeIndex> {
    let mut graph = graph::graph(flow);
    for anytime in &flow.anytime {
        if let AnytimeThen::Go(_, Target::Step(to)) = &anytime.then {
            graph.add_edge(
                graph::node(flow.start),
                graph::node(*to),
                anytime.name.clone(),
            );
        }
    }
    simple_fast(&graph, graph::node(flow.start))
}

/// A way out of a step.
struct Exit {
    to: StepIx,
    since: Duration,
    /// Taken by what the lead or an agent does.
    driven: bool,
}

/// What one step makes of the time at which it is entered.
#[derive(Default)]
struct Passed {
    /// The longest at any moment in it.
    most: Duration,
    /// At the end of its ladder.
    end: Duration,
    /// Slots of texts that come too late.
    late: Vec<String>,
}

impl Clock<'_> {
    /// Texts that may come too late: the step, and the slot of the text.
    fn late(&self) -> Vec<(StepIx, String)> {
        let entered = self.entered();
        let mut late = Vec::new();
        for (at, since) in entered.into_iter().enumerate() {
            let ix = StepIx(at as u32);
            if let Some(since) = since {
                let slots = self.pass(ix, since).late;
                late.extend(slots.into_iter().map(|slot| (ix, slot)));
            }
        }
        late
    }

    /// The longest time since a STOP line with which each step is entered. A circle that the lead or an agent
    /// drives is gone round once; what still grows after as many rounds as there are steps grows by itself,
    /// for ever.
    fn entered(&self) -> Vec<Option<Duration>> {
        let steps = self.flow.steps.len();
        let back = self.back();
        let mut entered = vec![None; steps];
        entered[self.flow.start.0 as usize] = Some(Duration::ZERO);
        for round in 0..2 * steps {
            let mut grew = false;
            for at in 0..steps {
                let Some(since) = entered[at] else {
                    continue;
                };
                for exit in self.exits(StepIx(at as u32), since) {
                    if exit.driven && back.contains(&(StepIx(at as u32), exit.to)) {
                        continue;
                    }
                    let known: &mut Option<Duration> = &mut entered[exit.to.0 as usize];
                    if known.is_none_or(|known| known < exit.since) {
                        *known = Some(if round < steps { exit.since } else { ANY_DAY });
                        grew = true;
                    }
                }
            }
            if !grew {
                break;
            }
        }
        entered
    }

    /// Where a way comes back to a step that it came from.
    fn back(&self) -> HashSet<(StepIx, StepIx)> {
        let mut back = HashSet::new();
        let mut seen = HashSet::new();
        // The way from the start, with what is still to be tried from each of its steps.
        let mut way = vec![(self.flow.start, self.targets(self.flow.start))];
        seen.insert(self.flow.start);
        while let Some((from, open)) = way.last_mut() {
            let from = *from;
            let Some(to) = open.pop() else {
                way.pop();
                continue;
            };
            if way.iter().any(|(on, _)| *on == to) {
                back.insert((from, to));
            } else if seen.insert(to) {
                way.push((to, self.targets(to)));
            }
        }
        back
    }

    fn targets(&self, ix: StepIx) -> Vec<StepIx> {
        let exits = self.exits(ix, Duration::ZERO);
        exits.into_iter().map(|exit| exit.to).collect()
    }

    fn exits(&self, ix: StepIx, since: Duration) -> Vec<Exit> {
        let verb = &self.flow.step(ix).verb;
        let passed = self.pass(ix, since);
        let mut exits = Vec::new();
        for (exit, target) in verb.exits() {
            let taken = taken_by(verb, &exit);
            let since = match taken {
                Taken::Silence => passed.end,
                _ => passed.most,
            };
            if let Target::Step(to) = target {
                exits.push(Exit {
                    to: *to,
                    since: since.min(ANY_DAY),
                    driven: matches!(taken, Taken::Answer | Taken::Unclear | Taken::Agent),
                });
            }
        }
        let waits = match verb {
            Verb::Ask(_) | Verb::Book(_) | Verb::Wait(_) => true,
            Verb::Email(email) => !email.no_reply.is_empty(),
            _ => false,
        };
        for anytime in self.flow.anytime.iter().filter(|_| waits) {
            // Who asks for something of their own accord is answered, and the time counts anew.
            if let AnytimeThen::Go(_, Target::Step(to)) = &anytime.then {
                exits.push(Exit {
                    to: *to,
                    since: Duration::ZERO,
                    driven: true,
                });
            }
        }
        exits
    }

    fn pass(&self, ix: StepIx, since: Duration) -> Passed {
        let verb = &self.flow.step(ix).verb;
        let mut passed = Passed {
            most: since,
            end: since,
            late: Vec::new(),
        };
        if let Some((slot, text)) = opening(verb) {
            let told = self.tells(text) && self.variants_tell(ix);
            passed.text(slot, told);
            // What came before the text does not leave the step.
            passed.most = passed.end;
        }
        match verb {
            Verb::Ask(ask) => {
                let again = ask.unclear.say.as_ref().unwrap_or(&ask.text);
                self.wait(&mut passed, ladder(verb), again, ask.unclear.tries);
            }
            Verb::Book(book) => {
                let again = book.unclear.say.as_ref().unwrap_or(&book.say);
                self.wait(&mut passed, ladder(verb), again, book.unclear.tries);
            }
            Verb::Email(email) => {
                for rung in &email.no_reply {
                    passed.time(rung.after);
                }
            }
            Verb::Handoff(_) => passed.time(AGENT),
            Verb::Wait(wait) => passed.time(match &wait.what {
                WaitFor::Time(time) => *time,
                WaitFor::Event { at_most, .. } => *at_most,
                WaitFor::Until { .. } => self.until(ix),
            }),
            Verb::Say(_)
            | Verb::Decide(_)
            | Verb::Call(_)
            | Verb::Set(_)
            | Verb::Run(_)
            | Verb::Return(_)
            | Verb::End(_) => {}
        }
        passed
    }

    /// How long the moment of a `wait: { until }` may be off. After an earlier wait for the same one, which
    /// every way here leads through, it is near.
    fn until(&self, ix: StepIx) -> Duration {
        let Some((moment, offset)) = until_of(self.flow, ix) else {
            return Duration::ZERO;
        };
        let mut earlier = self.doms.strict_dominators(graph::node(ix)).into_iter();
        let near = earlier.find_map(|ways| {
            ways.filter_map(|node| until_of(self.flow, StepIx(node.index() as u32)))
                .find(|(same, _)| *same == moment)
        });
        near.map_or(ANY_DAY, |(_, before)| {
            Duration::from_ms((offset.as_ms() - before.as_ms()).max(0))
        })
    }

    /// A ladder. Each reply that is not understood starts its longest rung anew.
    fn wait(&self, passed: &mut Passed, rungs: &[Rung], again: &Text, tries: u8) {
        for (n, rung) in rungs.iter().enumerate() {
            passed.time(rung.after);
            if let RungDoes::Say(text) = &rung.does {
                passed.text(&format!("no_reply:{}", n + 1), self.tells(text));
            }
        }
        if self.tells(again) {
            return;
        }
        let longest = rungs.iter().map(|rung| rung.after).max();
        for _ in 0..tries {
            if passed.most > MOST {
                passed.late.push("unclear".to_string());
                break;
            }
            passed.end = passed.end + longest.unwrap_or_default();
            passed.most = passed.most + longest.unwrap_or_default();
        }
    }

    fn tells(&self, text: &Text) -> bool {
        let locale = &self.flow.locales[self.locale];
        let said = likely(&text.in_locale(self.locale).pieces, "Acme");
        offers_a_way_out(&said, locale)
    }

    fn variants_tell(&self, ix: StepIx) -> bool {
        let here = self.flow.experiments.iter().filter(|e| e.step == ix);
        here.filter_map(|experiment| match &experiment.vary {
            Vary::Text(text) => Some(text),
            _ => None,
        })
        .all(|text| self.tells(text))
    }
}

impl Passed {
    fn time(&mut self, time: Duration) {
        self.end = self.end + time;
        self.most = self.most.max(self.end);
    }

    fn text(&mut self, slot: &str, tells: bool) {
        if tells {
            self.end = Duration::ZERO;
        } else if self.end > MOST {
            self.late.push(slot.to_string());
            // What follows is late by this one's lack.
            self.end = Duration::ZERO;
        }
    }
}
