//! What is on a picture of a flow: boxes, pills and arrows with their words. Knows the language;
//! knows nothing of places or colours.

use crate::flow::steps::{Ask, Expect, Handoff, Rung, RungDoes, Wait, WaitFor};
use crate::flow::template::{Piece, Source, Template, Text};
use crate::flow::{AnytimeThen, COMPLETED, Flow, Objective, Step, Target, Verb};

#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    pub title: String,
    pub about: String,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    /// The node that is drawn on top.
    pub start: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The step's name, as timelines name it; `end:<outcome>` for a `then: end`; empty for a way in.
    pub step: String,
    pub shape: Shape,
    pub verb: &'static str,
    pub title: String,
    /// What it says or does, in full.
    pub text: String,
    /// A small line below: nudges, deadlines.
    pub foot: String,
    /// Of a step that `run` brought in: the running step.
    pub frame: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Card,
    Outcome(Tone),
    /// Where leads come in: a keyword, an event, something said at any time.
    WayIn,
}

/// How an outcome is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Won,
    Neutral,
    Lost,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    /// The exits it stands for, as in `conversation::Hop`.
    pub exits: Vec<String>,
    pub kind: EdgeKind,
    pub labels: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeKind {
    /// The ordinary way on, an answer, a condition, an outcome.
    Way,
    Silence,
    Unclear,
    /// Something that did not work out: no email address, an endpoint that failed.
    Otherwise,
}

impl EdgeKind {
    pub fn class(self) -> &'static str {
        match self {
            EdgeKind::Way => "way",
            EdgeKind::Silence => "silence",
            EdgeKind::Unclear => "unclear",
            EdgeKind::Otherwise => "otherwise",
        }
    }
}

impl Scene {
    pub fn of(flow: &Flow) -> Scene {
        let mut scene = Scene {
            title: flow.name.to_string(),
            about: flow.about.clone(),
            nodes: flow.steps.iter().map(|step| node(flow, step)).collect(),
            edges: Vec::new(),
            start: flow.start.0 as usize,
        };
        for (from, step) in flow.steps.iter().enumerate() {
            for (exit, target) in step.verb.exits() {
                let to = scene.node_of(flow, target);
                scene.connect(from, to, step, &exit);
            }
        }
        scene.ways_in(flow);
        scene
    }

    fn node_of(&mut self, flow: &Flow, target: &Target) -> usize {
        let Target::Step(ix) = target else {
            let step = format!("end:{COMPLETED}");
            if let Some(at) = self.nodes.iter().position(|node| node.step == step) {
                return at;
            }
            self.nodes.push(outcome(step, COMPLETED, flow.objective));
            return self.nodes.len() - 1;
        };
        ix.0 as usize
    }

    /// Exits of one kind that lead to the same place share an arrow.
    fn connect(&mut self, from: usize, to: usize, step: &Step, exit: &str) {
        let (kind, label) = exit_label(&step.verb, exit);
        let same = |edge: &&mut Edge| edge.from == from && edge.to == to && edge.kind == kind;
        let edge = match self.edges.iter_mut().find(same) {
            Some(edge) => edge,
            None => {
                self.edges.push(Edge {
                    from,
                    to,
                    exits: Vec::new(),
                    kind,
                    labels: Vec::new(),
                });
                self.edges.last_mut().expect("one was pushed just now")
            }
        };
        edge.exits.push(exit.to_string());
        if !label.is_empty() && !edge.labels.contains(&label) {
            edge.labels.push(label);
        }
    }

    fn ways_in(&mut self, flow: &Flow) {
        let keywords = flow
            .start_keywords
            .iter()
            .map(|word| format!("text {}", word.to_uppercase()));
        let events = flow.start_events.iter().map(|event| spaced(event));
        let starts: Vec<String> = keywords.chain(events).collect();
        if !starts.is_empty() {
            let start = self.start;
            self.start = self.way_in(starts.join(" · "), start, "start");
        }
        for anytime in &flow.anytime {
            if let AnytimeThen::Go(_, target) = &anytime.then {
                let to = self.node_of(flow, target);
                let title = format!("any time: {}", spaced(&anytime.name));
                self.way_in(title, to, &format!("anytime:{}", anytime.name));
            }
        }
    }

    fn way_in(&mut self, title: String, to: usize, exit: &str) -> usize {
        let from = self.nodes.len();
        self.nodes.push(Node {
            step: String::new(),
            shape: Shape::WayIn,
            verb: "start",
            title,
            text: String::new(),
            foot: String::new(),
            frame: None,
        });
        self.edges.push(Edge {
            from,
            to,
            exits: vec![exit.to_string()],
            kind: EdgeKind::Way,
            labels: Vec::new(),
        });
        from
    }
}

fn node(flow: &Flow, step: &Step) -> Node {
    let mut node = match &step.verb {
        Verb::End(end) => outcome(step.name.to_string(), &end.outcome, flow.objective),
        verb => Node {
            step: step.name.to_string(),
            shape: Shape::Card,
            verb: verb.key(),
            title: step.name.to_string(),
            text: words(verb),
            foot: foot(verb),
            frame: None,
        },
    };
    if let Some((run, own)) = step.name.rsplit_once('.')
        && let Some(ix) = flow.find(run)
        && matches!(flow.step(ix).verb, Verb::Run(_))
    {
        node.frame = Some(run.to_string());
        if node.shape == Shape::Card {
            node.title = own.to_string();
        }
    }
    node
}

fn outcome(step: String, outcome: &str, objective: Objective) -> Node {
    Node {
        step,
        shape: Shape::Outcome(tone(outcome, objective)),
        verb: "end",
        title: spaced(outcome),
        text: String::new(),
        foot: String::new(),
        frame: None,
    }
}

/// From how outcomes are commonly named. What came to its end without an outcome of its own has won
/// nothing, but where nothing is asked for.
pub fn tone(outcome: &str, objective: Objective) -> Tone {
    if outcome == COMPLETED && objective != Objective::Notice {
        return Tone::Neutral;
    }
    const WON: [&str; 20] = [
        "happy",
        "book",
        "qualified",
        "confirm",
        "complet",
        "purchas",
        "won",
        "sold",
        "paid",
        "accept",
        "enrol",
        "schedul",
        "deliver",
        "reach",
        "done",
        "thank",
        "attend",
        "hot",
        "hired",
        "recover",
    ];
    const LOST: [&str; 17] = [
        "lost",
        "sold_out",
        "opted_out",
        "disqualif",
        "unqualif",
        "declin",
        "cancel",
        "fail",
        "reject",
        "refus",
        "unreach",
        "unrespons",
        "no_",
        "not_",
        "wrong",
        "expired",
        "stopped",
    ];
    let name = outcome.to_lowercase().replace(['-', ' '], "_");
    let begins = |stem: &str| {
        name.starts_with(stem) || (!stem.ends_with('_') && name.contains(&format!("_{stem}")))
    };
    if LOST.into_iter().any(begins) {
        Tone::Lost
    } else if WON.into_iter().any(begins) {
        Tone::Won
    } else {
        Tone::Neutral
    }
}

fn words(verb: &Verb) -> String {
    match verb {
        Verb::Ask(ask) => first(&ask.text),
        Verb::Say(say) => first(&say.text),
        Verb::Decide(_) | Verb::End(_) => String::new(),
        Verb::Handoff(handoff) => handoff
            .say
            .as_ref()
            .map_or_else(|| template(&handoff.brief), first),
        Verb::Email(email) => first(&email.subject),
        Verb::Wait(wait) => wait_words(wait),
        Verb::Book(book) => first(&book.say),
        Verb::Call(call) => format!("asks {}", call.endpoint),
        Verb::Set(set) => {
            let fields: Vec<String> = set.values.iter().map(|v| v.field.to_string()).collect();
            format!("sets {}", fields.join(", "))
        }
        Verb::Run(run) => format!("runs {}", run.flow),
        Verb::Return(back) => format!("back with {}", spaced(&back.outcome)),
    }
}

fn wait_words(wait: &Wait) -> String {
    match &wait.what {
        WaitFor::Time(span) => format!("for {span}"),
        WaitFor::Until {
            moment,
            before,
            after,
        } => {
            let moment = source(moment);
            if before.as_ms() > 0 {
                format!("until {before} before {moment}")
            } else if after.as_ms() > 0 {
                format!("until {after} after {moment}")
            } else {
                format!("until {moment}")
            }
        }
        WaitFor::Event { name, at_most, .. } => {
            format!("for {}, at most {at_most}", spaced(name))
        }
    }
}

fn foot(verb: &Verb) -> String {
    match verb {
        Verb::Ask(Ask { no_reply, .. }) => nudges(no_reply),
        Verb::Book(book) => {
            let offers = format!("offers {} of {}", book.slots, book.calendar);
            [offers, nudges(&book.no_reply)]
                .iter()
                .filter(|part| !part.is_empty())
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(" · ")
        }
        Verb::Email(email) => nudges(&email.no_reply),
        Verb::Handoff(handoff) => handoff_foot(handoff),
        Verb::Call(_)
        | Verb::Say(_)
        | Verb::Decide(_)
        | Verb::Wait(_)
        | Verb::Set(_)
        | Verb::Run(_)
        | Verb::Return(_)
        | Verb::End(_) => String::new(),
    }
}

fn handoff_foot(handoff: &Handoff) -> String {
    let within = handoff
        .callback_within
        .map(|span| format!(" · call within {span}"))
        .unwrap_or_default();
    format!("{} · {}{within}", handoff.team, handoff.priority.as_str())
}

fn nudges(ladder: &[Rung]) -> String {
    let after: Vec<String> = ladder
        .iter()
        .filter(|rung| matches!(rung.does, RungDoes::Say(_)))
        .map(|rung| rung.after.to_string())
        .collect();
    match after.is_empty() {
        true => String::new(),
        false => format!("nudge after {}", after.join(", then ")),
    }
}

fn exit_label(verb: &Verb, exit: &str) -> (EdgeKind, String) {
    if let Some(rung) = exit.strip_prefix("no_reply:") {
        return (EdgeKind::Silence, silence(verb, rung));
    }
    match (verb, exit) {
        (Verb::Ask(_) | Verb::Book(_), "unclear") => (EdgeKind::Unclear, "unclear".to_string()),
        (Verb::Ask(ask), _) => (EdgeKind::Way, answer(ask, exit)),
        (Verb::Decide(decide), _) => {
            let nth = exit.strip_prefix("when:").and_then(|n| n.parse().ok());
            let case = nth.and_then(|n: usize| decide.cases.get(n.saturating_sub(1)));
            match case {
                Some(case) => (EdgeKind::Way, condition(&case.text)),
                None => (EdgeKind::Otherwise, "else".to_string()),
            }
        }
        (Verb::Wait(wait), "otherwise") => match &wait.what {
            WaitFor::Event { at_most, .. } => (EdgeKind::Silence, format!("not within {at_most}")),
            WaitFor::Time(_) | WaitFor::Until { .. } => (EdgeKind::Silence, String::new()),
        },
        (Verb::Wait(wait), "then") => match &wait.what {
            WaitFor::Event { name, .. } => (EdgeKind::Way, spaced(name)),
            WaitFor::Time(_) | WaitFor::Until { .. } => (EdgeKind::Way, String::new()),
        },
        (Verb::Handoff(_), "unclaimed") => (EdgeKind::Silence, "unclaimed".to_string()),
        (Verb::Email(email), "then") if !email.no_reply.is_empty() => {
            (EdgeKind::Way, "reply".to_string())
        }
        (_, "then") => (EdgeKind::Way, String::new()),
        (_, "no_email" | "failed" | "none_free") => (EdgeKind::Otherwise, spaced(exit)),
        _ => (EdgeKind::Way, spaced(exit)),
    }
}

fn silence(verb: &Verb, rung: &str) -> String {
    let ladder = match verb {
        Verb::Ask(ask) => &ask.no_reply[..],
        Verb::Book(book) => &book.no_reply[..],
        Verb::Email(email) => &email.no_reply[..],
        _ => &[],
    };
    let rung = rung
        .parse::<usize>()
        .ok()
        .and_then(|n| ladder.get(n.saturating_sub(1)));
    rung.map_or_else(
        || "silence".to_string(),
        |rung| format!("silent {}", rung.after),
    )
}

fn answer(ask: &Ask, exit: &str) -> String {
    match &ask.expect {
        Expect::Options(options, _) => options
            .iter()
            .find(|option| *option.name == *exit)
            .map_or_else(
                || spaced(exit),
                |option| format!("{} · {}", option.key, spaced(&option.name)),
            ),
        Expect::Value { kind, .. } => match kind.name() {
            "text" => "any answer".to_string(),
            "yes_no" => "yes or no".to_string(),
            kind => spaced(kind),
        },
    }
}

/// The author's words, with the operators as people write them.
fn condition(text: &str) -> String {
    let mut shown = text.trim().to_string();
    // A comparison is not broken over two lines: its blanks are hard ones.
    for (written, sign) in [
        (" >= ", "\u{a0}≥\u{a0}"),
        (" <= ", "\u{a0}≤\u{a0}"),
        (" != ", "\u{a0}≠\u{a0}"),
        (" == ", "\u{a0}=\u{a0}"),
        (" < ", "\u{a0}<\u{a0}"),
        (" > ", "\u{a0}>\u{a0}"),
        (">=", "≥"),
        ("<=", "≤"),
        ("!=", "≠"),
        ("==", "="),
        ("answers.", ""),
    ] {
        shown = shown.replace(written, sign);
    }
    shown
}

fn first(text: &Text) -> String {
    text.0.first().map(template).unwrap_or_default()
}

fn template(template: &Template) -> String {
    template
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Token(token) => format!("{{{}}}", source(&token.source)),
        })
        .collect()
}

fn source(source: &Source) -> String {
    match source {
        Source::Field(name, _) => name.to_string(),
        Source::Brand => "brand".to_string(),
        Source::Link(name) => format!("link.{name}"),
        Source::Answer(_, name) => name.to_string(),
        Source::Score => "score".to_string(),
        Source::Agent => "agent".to_string(),
        Source::LastReply => "last_reply".to_string(),
        Source::Event(name) | Source::Saved(name) => name.to_string(),
        Source::Locale => "locale".to_string(),
        Source::Tags => "tags".to_string(),
    }
}

fn spaced(name: &str) -> String {
    name.replace(['_', '-'], " ")
}
