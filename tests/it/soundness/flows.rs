//! Flows made at random, and how they are written. The plan is a tree of small numbers, so that it shrinks;
//! that most plans compile comes of two rules: the first exit of a step leads to the next one, and what
//! leads back is mostly taken by an answer.

use std::fmt::Write;

use proptest::prelude::*;

#[derive(Debug, Clone)]
pub struct Plan {
    locales: usize,
    transactional: bool,
    steps: Vec<Step>,
    /// Of the flow that `run` brings in.
    inner: Vec<Step>,
    anytime: Vec<Anytime>,
    experiment: Option<u8>,
}

#[derive(Debug, Clone)]
struct Step {
    verb: Verb,
    exits: [To; 4],
    dials: [u8; 6],
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Verb {
    Say,
    Ask,
    Expect,
    Decide,
    Wait,
    Set,
    Email,
    Call,
    Book,
    Handoff,
    Run,
}

#[derive(Debug, Clone, Copy)]
enum To {
    Next,
    Skip(usize),
    Completed,
    End(usize),
    Back(usize),
}

#[derive(Debug, Clone)]
struct Anytime {
    says: bool,
    to: Option<usize>,
}

fn to() -> impl Strategy<Value = To> {
    prop_oneof![
        5 => Just(To::Next),
        3 => (1usize..4).prop_map(To::Skip),
        1 => Just(To::Completed),
        3 => (0usize..3).prop_map(To::End),
        2 => (0usize..4).prop_map(To::Back),
    ]
}

fn verb() -> impl Strategy<Value = Verb> {
    prop_oneof![
        3 => Just(Verb::Say),
        5 => Just(Verb::Ask),
        3 => Just(Verb::Expect),
        2 => Just(Verb::Decide),
        3 => Just(Verb::Wait),
        1 => Just(Verb::Set),
        3 => Just(Verb::Email),
        2 => Just(Verb::Call),
        2 => Just(Verb::Book),
        2 => Just(Verb::Handoff),
        1 => Just(Verb::Run),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    (verb(), prop::array::uniform4(to()), any::<[u8; 6]>()).prop_map(|(verb, exits, dials)| Step {
        verb,
        exits,
        dials,
    })
}

pub fn plan() -> impl Strategy<Value = Plan> {
    let anytime = (any::<bool>(), prop::option::of(0usize..8)).prop_map(|(says, to)| Anytime {
        says: says || to.is_none(),
        to,
    });
    (
        1usize..4,
        any::<bool>(),
        prop::collection::vec(step(), 1..9),
        prop::collection::vec(step(), 1..4),
        prop::collection::vec(anytime, 0..3),
        prop::option::of(any::<u8>()),
    )
        .prop_map(
            |(locales, transactional, steps, inner, anytime, experiment)| Plan {
                locales,
                transactional,
                steps,
                inner,
                anytime,
                experiment,
            },
        )
}

const LOCALES: [&str; 3] = ["en", "es", "de"];
const OUTCOMES: [&str; 3] = ["won", "lost", "later-on"];
pub const PHRASES: [&str; 2] = ["price", "opening hours"];
/// What may be asked for, and how its value is spoken of.
const KINDS: [&str; 8] = [
    "number", "money", "date", "email", "yes_no", "text", "time", "postcode",
];
const SPANS: [&str; 4] = ["1h", "30m", "1d", "3d"];

impl Plan {
    /// The flow `made`, and the one it runs, if it does.
    pub fn yaml(&self) -> Vec<String> {
        let runs = self.steps.iter().any(|step| step.verb == Verb::Run);
        let mut files = vec![self.flow("made", &self.steps)];
        if runs {
            // One that runs another in its turn would be a circle.
            let inner: Vec<Step> = self
                .inner
                .iter()
                .filter(|step| step.verb != Verb::Run)
                .cloned()
                .collect();
            files.push(self.flow("inner", &inner));
        }
        files
    }

    fn flow(&self, name: &str, steps: &[Step]) -> String {
        let kind = if self.transactional {
            "transactional"
        } else {
            "marketing"
        };
        let mut text = format!(
            "flow: {name}\nkind: {kind}\nlocales: [{}]\nstops_when: [bought]\n\
             lead:\n  name: {{ fallback: there }}\n  email: {{ type: email, optional: true }}\n  \
             day: {{ type: datetime, optional: true }}\n  mark: {{ optional: true }}\n\
             links: {{ map: \"https://nb.example/map\" }}\n",
            LOCALES[..self.locales].join(", ")
        );
        let writer = Writer {
            plan: self,
            steps,
            inner: name == "inner",
        };
        if !writer.inner {
            text.push_str(&writer.anytime());
        }
        text.push_str("steps:\n");
        let mut ends = [false; 3];
        for at in 0..steps.len() {
            writeln!(text, "  s{at}: {{ {} }}", writer.step(at, &mut ends)).unwrap();
        }
        if steps.is_empty() {
            text.push_str("  s0: { end: won }\n");
        }
        for (outcome, used) in OUTCOMES.iter().zip(ends) {
            if used {
                writeln!(text, "  {outcome}: {{ end: {outcome} }}").unwrap();
            }
        }
        if !writer.inner {
            text.push_str(&writer.experiment());
        }
        text
    }
}

struct Writer<'p> {
    plan: &'p Plan,
    steps: &'p [Step],
    inner: bool,
}

impl Writer<'_> {
    /// A text in each locale. `dial` makes some long, some with letters of their own, some with a token.
    fn text(&self, what: &str, at: usize, dial: u8) -> String {
        let asked = (0..at)
            .rev()
            .find(|at| matches!(self.steps[*at].verb, Verb::Ask));
        let token = match (dial % 8, asked) {
            (1, _) => " <{name}>".to_string(),
            (2, _) => " <{link.map}>".to_string(),
            (3, Some(asked)) => format!(" <{{answers.s{asked}|none}}>"),
            (4, Some(asked)) if dial >= 160 => format!(" <{{answers.s{asked}}}>"),
            _ => String::new(),
        };
        let more = match dial / 8 % 6 {
            4 => " and so on, which takes a few words more".repeat(4),
            5 => " “ok”".to_string(),
            _ => String::new(),
        };
        let said = |locale: &str| {
            let (word, stop) = match locale {
                "es" => ("aquí", "STOP para salir."),
                "de" => ("hier", "STOP zum Abmelden."),
                _ => ("here", "STOP to opt out."),
            };
            format!("\"Nb {word} {what}{at}{token}{more}. {stop}\"")
        };
        let texts: Vec<String> = LOCALES[..self.plan.locales]
            .iter()
            .map(|locale| format!("{locale}: {}", said(locale)))
            .collect();
        format!("{{ {} }}", texts.join(", "))
    }

    /// Exit number `exit` of the step; `answered` where only an answer takes it, which may lead back.
    fn to(&self, at: usize, exit: usize, answered: bool, ends: &mut [bool; 3]) -> String {
        let next = |at: usize| match at + 1 < self.steps.len() {
            true => format!("s{}", at + 1),
            false => "end".to_string(),
        };
        if exit == 0 {
            return next(at);
        }
        let step = &self.steps[at];
        match step.exits[exit % 4] {
            To::Next => next(at),
            To::Skip(by) => next((at + by).min(self.steps.len())),
            To::Completed => "end".to_string(),
            To::End(which) => {
                ends[which] = true;
                OUTCOMES[which].to_string()
            }
            // A few lead back whatever takes them: the compiler is to refuse the bad ones.
            To::Back(by) if answered || step.dials[5] >= 232 => {
                format!("s{}", at.saturating_sub(by))
            }
            To::Back(_) => next(at),
        }
    }

    fn ladder(&self, at: usize, ends: &mut [bool; 3]) -> String {
        let dials = &self.steps[at].dials;
        let mut rungs = String::new();
        for rung in 0..usize::from(dials[0] % 4).min(2) {
            let span = SPANS[usize::from(dials[1]) / 4 % 4];
            let text = self.text(&format!("nudge{rung}-"), at, dials[2] / 2);
            write!(rungs, "{{ after: {span}, say: {text} }}, ").unwrap();
        }
        let span = SPANS[usize::from(dials[1]) % 4];
        let to = self.to(at, 1, false, ends);
        format!("no_reply: [ {rungs}{{ after: {span}, then: {to} }} ]")
    }

    fn unclear(&self, at: usize, ends: &mut [bool; 3]) -> String {
        let dials = &self.steps[at].dials;
        let tries = dials[3] % 4;
        match dials[3] / 4 % 4 {
            0 => String::new(),
            1 => format!(", unclear: {{ tries: {tries} }}"),
            2 => format!(
                ", unclear: {{ tries: {tries}, then: {} }}",
                self.to(at, 2, true, ends)
            ),
            _ => format!(
                ", unclear: {{ say: {}, tries: {tries}, then: {} }}",
                self.text("again", at, dials[4]),
                self.to(at, 2, true, ends)
            ),
        }
    }

    fn step(&self, at: usize, ends: &mut [bool; 3]) -> String {
        let Step { verb, dials, .. } = &self.steps[at];
        let text = |what: &str| self.text(what, at, dials[4]);
        let score = match dials[5] % 4 {
            3 => ", score: 10",
            _ => "",
        };
        let body = match verb {
            Verb::Say => format!(
                "say: {}, then: {}",
                text("say"),
                self.to(at, 0, false, ends)
            ),
            Verb::Ask => self.ask(at, ends),
            Verb::Expect => format!(
                "ask: {}, expect: {}, then: {}, {}{}",
                text("expect"),
                KINDS[usize::from(dials[5]) % KINDS.len()],
                self.to(at, 0, true, ends),
                self.ladder(at, ends),
                self.unclear(at, ends)
            ),
            Verb::Decide => {
                let when = [
                    "score >= 20",
                    "mark == 'x'",
                    "locale == 'es'",
                    "'vip' in tags",
                ];
                format!(
                    "decide: [ {{ when: \"{}\", then: {} }}, {{ else: {} }} ]",
                    when[usize::from(dials[0]) % 4],
                    self.to(at, 1, false, ends),
                    self.to(at, 0, false, ends)
                )
            }
            Verb::Wait => self.wait(at, ends),
            Verb::Set => format!("set: {{ mark: x }}, then: {}", self.to(at, 0, false, ends)),
            Verb::Email => self.email(at, ends),
            Verb::Call => {
                let failed = match dials[0] % 2 {
                    0 => String::new(),
                    _ => format!(", failed: {}", self.to(at, 1, false, ends)),
                };
                format!(
                    "call: stock, save: {{ left: left }}, then: {}{failed}",
                    self.to(at, 0, false, ends)
                )
            }
            Verb::Book => self.book(at, ends),
            Verb::Handoff => self.handoff(at, ends),
            Verb::Run if self.inner => "end: won".to_string(),
            Verb::Run => match dials[0] % 2 {
                0 => format!("run: inner, then: {}", self.to(at, 0, false, ends)),
                _ => format!(
                    "run: inner, then: {{ else: {} }}",
                    self.to(at, 0, false, ends)
                ),
            },
        };
        format!("{body}{score}")
    }

    fn ask(&self, at: usize, ends: &mut [bool; 3]) -> String {
        let dials = &self.steps[at].dials;
        let names = ["yes", "later", "never", "maybe"];
        let mut options = String::new();
        for (exit, name) in names[..2 + usize::from(dials[5] % 3)].iter().enumerate() {
            let to = self.to(at, [0, 3, 2, 1][exit], true, ends);
            let option = match dials[5] / 3 % 3 {
                0 => format!("{name}: {to}, "),
                1 => format!("{name}: {{ score: 15, then: {to} }}, "),
                _ => format!("{name}: {{ set: {{ mark: x }}, then: {to} }}, "),
            };
            options.push_str(&option);
        }
        format!(
            "ask: {}, answers: {{ {options}}}, {}{}",
            self.text("ask", at, dials[4]),
            self.ladder(at, ends),
            self.unclear(at, ends)
        )
    }

    fn wait(&self, at: usize, ends: &mut [bool; 3]) -> String {
        let dials = &self.steps[at].dials;
        let span = SPANS[usize::from(dials[1]) % 4];
        match dials[0] % 3 {
            0 => format!("wait: {span}, then: {}", self.to(at, 0, false, ends)),
            1 => format!(
                "wait: {{ until: day, before: {span} }}, then: {}",
                self.to(at, 0, false, ends)
            ),
            _ => format!(
                "wait: {{ for_event: paid, at_most: {span}, otherwise: {} }}, then: {}",
                self.to(at, 0, false, ends),
                self.to(at, 3, true, ends)
            ),
        }
    }

    fn email(&self, at: usize, ends: &mut [bool; 3]) -> String {
        let dials = &self.steps[at].dials;
        let mut email = format!(
            "email: {{ subject: {}, body: {} }}, then: {}",
            self.text("subject", at, 0),
            self.text("body", at, dials[4]),
            self.to(at, 0, false, ends)
        );
        if dials[3].is_multiple_of(2) {
            write!(email, ", no_email: {}", self.to(at, 2, false, ends)).unwrap();
        }
        if (dials[3] / 2).is_multiple_of(2) {
            write!(email, ", {}", self.ladder(at, ends)).unwrap();
        }
        email
    }

    fn book(&self, at: usize, ends: &mut [bool; 3]) -> String {
        let dials = &self.steps[at].dials;
        let mut book = format!(
            "book: room, slots: {}, say: {}, then: {}, {}{}",
            1 + dials[5] % 4,
            self.text("book", at, dials[4]),
            self.to(at, 0, true, ends),
            self.ladder(at, ends),
            self.unclear(at, ends)
        );
        if dials[5] / 4 % 2 == 1 {
            write!(book, ", none_free: {}", self.to(at, 3, false, ends)).unwrap();
        }
        match dials[5] / 8 % 3 {
            0 => {}
            1 => book.push_str(", remind: 24h"),
            _ => book.push_str(", remind: [24h, 1h]"),
        }
        book
    }

    fn handoff(&self, at: usize, ends: &mut [bool; 3]) -> String {
        let dials = &self.steps[at].dials;
        let mut handoff = format!(
            "handoff: {}, brief: \"{{name}} of s{at}\"",
            ["sales", "desk"][usize::from(dials[0] % 2)]
        );
        if dials[1] % 2 == 1 {
            write!(handoff, ", say: {}", self.text("handoff", at, dials[4])).unwrap();
        }
        if dials[1] / 2 % 3 == 1 {
            handoff.push_str(", callback_within: 10m");
        }
        let to = self.to(at, 0, false, ends);
        match dials[2] % 3 {
            0 => write!(
                handoff,
                ", outcomes: {{ reached: {}, no_answer: {to}, unclaimed: {} }}",
                self.to(at, 3, true, ends),
                self.to(at, 2, false, ends)
            ),
            1 => write!(handoff, ", outcomes: {{ reached: end, unclaimed: {to} }}"),
            _ => write!(handoff, ", outcomes: {{ reached: {to}, no_answer: end }}"),
        }
        .unwrap();
        handoff
    }

    fn anytime(&self) -> String {
        let mut anytime = String::new();
        for (at, heard) in self.plan.anytime.iter().enumerate() {
            if at == 0 {
                anytime.push_str("anytime:\n");
            }
            let words: Vec<String> = LOCALES[..self.plan.locales]
                .iter()
                .map(|locale| format!("{locale}: [{}]", PHRASES[at]))
                .collect();
            write!(anytime, "  heard{at}: {{ words: {{ {} }}", words.join(", ")).unwrap();
            if heard.says {
                write!(anytime, ", say: {}", self.text("anytime", 0, 8)).unwrap();
            }
            if let Some(to) = heard.to {
                let to = to.min(self.steps.len() - 1);
                write!(anytime, ", then: s{to}").unwrap();
            }
            anytime.push_str(" }\n");
        }
        anytime
    }

    /// One on the first step that can have it.
    fn experiment(&self) -> String {
        let Some(dial) = self.plan.experiment else {
            return String::new();
        };
        let step = self
            .steps
            .iter()
            .position(|step| matches!(step.verb, Verb::Ask | Verb::Expect | Verb::Say));
        let Some(at) = step else {
            return String::new();
        };
        let against = self.text("variant", at, dial);
        format!(
            "experiments:\n  other-words: {{ step: s{at}, vary: text, against: {against}, share: 50%, measure: replied }}\n"
        )
    }
}
