//! The keys of a flow beside its steps. // tidy: table

use crate::flow::grammar::steps::{SEND_WINDOW, TO};
use crate::flow::grammar::{
    ALLOW, DURATION, LOCALE, MEASURE, NAME, Object, PATTERN, SHARE, Shape, WORD, optional, required,
};

const A_NAME: Shape = Shape::Word(&NAME);
const A_WORD: Shape = Shape::Word(&WORD);
const A_PATTERN: Shape = Shape::Word(&PATTERN);
const SEND: Shape = Shape::Object(&SEND_WINDOW);

pub static FLOW: Object = Object {
    name: "a flow",
    doc: "One flow: a conversation that qualifies, books or brings back a lead.",
    keys: &[
        required("flow", A_NAME, "The flow's name."),
        optional("about", A_WORD, "What it is for, in a sentence."),
        optional(
            "objective",
            Shape::Choice(&OBJECTIVES),
            "What it wants to reach.",
        ),
        optional(
            "kind",
            Shape::Choice(&KINDS),
            "Marketing obeys quiet hours and caps; transactional neither. Both obey an opt-out.",
        ),
        optional(
            "locales",
            Shape::OneOrMany(&Shape::Word(&LOCALE)),
            "The languages of its texts; the first is the default.",
        ),
        optional(
            "lead",
            Shape::Map {
                of: "a lead field",
                value: &Shape::OneOf(&[TYPES, Shape::Object(&FIELD), Shape::Nothing]),
            },
            "What the flow may say or test of a lead.",
        ),
        optional(
            "starts",
            Shape::OneOrMany(&Shape::Object(&START)),
            "What starts it, besides the API and `replytree enroll`.",
        ),
        optional(
            "stops_when",
            Shape::OneOrMany(&A_NAME),
            "Events that end the conversation wherever it stands.",
        ),
        optional(
            "links",
            Shape::Map {
                of: "a link",
                value: &LINK_OR_ADDRESS,
            },
            "Short links, said as `{link.<name>}`.",
        ),
        optional(
            "send",
            SEND,
            "When its messages may leave, in the lead's time zone.",
        ),
        optional(
            "start",
            A_NAME,
            "The first step; the first one written when left out.",
        ),
        required(
            "steps",
            Shape::Map {
                of: "a step",
                value: &Shape::Step,
            },
            "The steps, by name.",
        ),
        optional(
            "anytime",
            Shape::Map {
                of: "something to say at any time",
                value: &Shape::Object(&ANYTIME),
            },
            "What the lead may say at any time.",
        ),
        optional(
            "experiments",
            Shape::Map {
                of: "an experiment",
                value: &Shape::Object(&EXPERIMENT),
            },
            "A/B tests: one variable of one step each.",
        ),
        optional(
            "tests",
            Shape::List(&Shape::Object(&TEST)),
            "Conversations that must go as written.",
        ),
        optional(
            "allow",
            ALLOW,
            "Warnings that are meant to be so in this flow, by name.",
        ),
    ],
};

const OBJECTIVES: [(&str, &str); 5] = [
    ("capture", "Learn who the lead is."),
    ("qualification", "Learn whether and when the lead buys."),
    ("booking", "Bring the lead to an appointment."),
    ("reengagement", "Bring back a lead who fell silent."),
    ("notice", "Tell the lead something."),
];

const KINDS: [(&str, &str); 2] = [
    (
        "marketing",
        "Obeys quiet hours, caps and consent to marketing.",
    ),
    ("transactional", "About something the lead has with you."),
];

const TYPES: Shape = Shape::Choice(&[
    ("text", "Any text."),
    ("number", "A number."),
    ("money", "An amount of money."),
    ("date", "A day."),
    ("time", "A time of day."),
    ("datetime", "A moment."),
    ("email", "An email address."),
    ("phone", "A phone number."),
    ("postcode", "A postcode."),
    ("yes_no", "Yes or no."),
    ("name", "A person's name."),
    ("list", "A list of words."),
]);

pub static FIELD: Object = Object {
    name: "a lead field",
    doc: "Without a fallback, and not optional, a lead without it cannot be enrolled.",
    keys: &[
        optional("type", TYPES, "The kind of value; `text` when left out."),
        optional(
            "optional",
            Shape::Bool,
            "Whether a lead may come without it.",
        ),
        optional(
            "fallback",
            Shape::Text,
            "Said in its place when it is missing.",
        ),
    ],
};

pub static START: Object = Object {
    name: "a start",
    doc: "A keyword that anyone may text, or an event.",
    keys: &[
        optional(
            "keyword",
            Shape::OneOrMany(&A_WORD),
            "A text from anyone: captures the lead and its consent.",
        ),
        optional("event", Shape::OneOrMany(&A_NAME), "An event of the lead."),
    ],
};

pub const LINK_OR_ADDRESS: Shape = Shape::OneOf(&[A_WORD, Shape::Object(&LINK)]);

pub static LINK: Object = Object {
    name: "a link",
    doc: "A short link, counted when it is opened.",
    keys: &[
        required(
            "to",
            Shape::Text,
            "The address it leads to; may hold tokens.",
        ),
        optional("expires", Shape::Word(&DURATION), "How long it works."),
    ],
};

pub static ANYTIME: Object = Object {
    name: "something to say at any time",
    doc: "Words the lead may say at any time, and what they lead to.",
    keys: &[
        required("words", Shape::LocaleWords, "The words, by locale."),
        optional(
            "say",
            Shape::Text,
            "The answer; then the open question stands again.",
        ),
        optional("then", TO, "Leaves the question for this step."),
    ],
};

pub static EXPERIMENT: Object = Object {
    name: "an experiment",
    doc: "An A/B test of one variable of one step.",
    keys: &[
        required("step", A_NAME, "The step."),
        required("vary", Shape::Choice(&VARIABLES), "The one variable."),
        required(
            "against",
            Shape::Anything,
            "The variant: a text, a send window, a channel or a link.",
        ),
        required(
            "share",
            Shape::Word(&SHARE),
            "The share of leads that get the variant.",
        ),
        required(
            "measure",
            Shape::Word(&MEASURE),
            "What decides: `replied`, `clicked`, `opted_out`, `event:<name>` or `outcome:<name>`.",
        ),
        optional("link", A_NAME, "The link that varies."),
        optional(
            "allow",
            ALLOW,
            "Warnings that are meant to be so here, by name.",
        ),
    ],
};

const VARIABLES: [(&str, &str); 4] = [
    ("text", "The step's text."),
    ("send_time", "When it may leave."),
    ("sender", "The channel that carries it."),
    ("link", "The address of a link in it."),
];

pub static TEST: Object = Object {
    name: "a test",
    doc: "A conversation that must go as written.",
    keys: &[
        required("name", A_WORD, "What must hold, in a sentence."),
        optional(
            "lead",
            Shape::Map {
                of: "a lead field",
                value: &Shape::Anything,
            },
            "The lead's fields; `locale`, `time_zone`, `phone` and `tags` are its own.",
        ),
        optional(
            "at",
            A_WORD,
            "When it begins, such as \"2026-11-23T10:00:00-06:00\"; a Monday at 10 by default.",
        ),
        required(
            "script",
            Shape::List(&Shape::Object(&LINE)),
            "What is said and what must come back, line by line.",
        ),
    ],
};

const AGENT_SAYS: Shape = Shape::Map {
    of: "an agent",
    value: &A_PATTERN,
};

pub static LINE: Object = Object {
    name: "a line of a script",
    doc: "One thing that happens, or must happen.",
    keys: &[
        optional(
            "bot",
            A_PATTERN,
            "A text must come; `*` stands for any text.",
        ),
        optional("lead", A_WORD, "The lead writes this."),
        optional("wait", Shape::Word(&DURATION), "So much time passes."),
        optional(
            "email",
            A_PATTERN,
            "An email must come with this in its subject or body.",
        ),
        optional("handoff", A_NAME, "A handoff to this team must be offered."),
        optional(
            "agent",
            A_NAME,
            "An agent takes the handoff and ends it so.",
        ),
        optional(
            "alert",
            Shape::OneOf(&[A_WORD, AGENT_SAYS]),
            "An agent must have been told: a name, or the name and what, `{ Dana: \"*Hot lead*\" }`.",
        ),
        optional("claim", A_WORD, "This agent claims the handoff."),
        optional(
            "agent_text",
            AGENT_SAYS,
            "An agent texts the channel, such as `{ Dana: \"1\" }`.",
        ),
        optional("away", A_WORD, "This agent goes away."),
        optional("back", A_WORD, "This agent is back."),
        optional(
            "takeover",
            A_WORD,
            "This agent takes the conversation over.",
        ),
        optional("write", A_WORD, "Whoever has the conversation writes this."),
        optional(
            "release",
            A_NAME,
            "The conversation is given back at this step; `here` is where it stood.",
        ),
        optional("end", A_NAME, "It must have ended with this outcome."),
        optional(
            "event",
            Shape::OneOf(&[A_NAME, Shape::Object(&TEST_EVENT)]),
            "This event comes; a name, or its name and properties.",
        ),
        optional(
            "endpoint",
            Shape::Map {
                of: "an endpoint",
                value: &Shape::Anything,
            },
            "What an endpoint answers, such as `{ inventory: { left: 4 } }`, or `failed`.",
        ),
        optional(
            "full",
            A_NAME,
            "From here on nothing is free in this calendar.",
        ),
    ],
};

pub static TEST_EVENT: Object = Object {
    name: "an event",
    doc: "An event of the lead, with its properties.",
    keys: &[
        required("name", A_NAME, "The event."),
        optional(
            "properties",
            Shape::Map {
                of: "a property",
                value: &Shape::Anything,
            },
            "Said as `{event.<property>}`.",
        ),
    ],
};
