//! The keys of each step, by verb. // tidy: table

use crate::flow::grammar::{
    ALLOW, CONDITION, DAYS, DURATION, HOURS, Key, NAME, Object, Shape, TARGET, WORD, optional,
    required,
};

/// A verb with its keys; the first key is the verb itself.
pub static VERBS: [&Object; 11] = [
    &ASK, &SAY, &DECIDE, &HANDOFF, &EMAIL, &WAIT, &BOOK, &CALL, &SET, &RUN, &END,
];

/// Keys that every step may carry.
pub static COMMON: [Key; 3] = [
    optional("note", Shape::Word(&WORD), "For authors; never sent."),
    optional("score", SCORE, "Points added to the lead's score on entry."),
    optional(
        "allow",
        ALLOW,
        "Warnings that are meant to be so here, by name.",
    ),
];

pub const SCORE: Shape = Shape::Int {
    min: -100_000,
    max: 100_000,
};
pub const TO: Shape = Shape::Word(&TARGET);
const DUR: Shape = Shape::Word(&DURATION);
const A_NAME: Shape = Shape::Word(&NAME);
const A_WORD: Shape = Shape::Word(&WORD);
const THEN: Key = required("then", TO, "The step that follows, or `end`.");
const THEN_OPTIONAL: Key = optional("then", TO, "The step that follows, or `end`.");
const SENDER: Key = optional(
    "sender",
    A_NAME,
    "The channel of the workspace that carries the text.",
);
const SEND: Key = optional(
    "send",
    Shape::Object(&SEND_WINDOW),
    "When the text may leave, in the lead's time zone.",
);
const MEDIA: Key = optional(
    "media",
    Shape::OneOrMany(&A_WORD),
    "Addresses of pictures that go with the text.",
);
const LADDER: Shape = Shape::OneOrMany(&Shape::Object(&RUNG));
const NO_REPLY: Key = optional(
    "no_reply",
    LADDER,
    "What silence leads to: a ladder whose last rung goes somewhere.",
);
const UNCLEAR_KEY: Key = optional(
    "unclear",
    Shape::Object(&UNCLEAR),
    "What a reply leads to that was not understood.",
);

pub static SEND_WINDOW: Object = Object {
    name: "a send window",
    doc: "When a message may leave, in the lead's own time zone; quiet hours always apply on top.",
    keys: &[
        optional(
            "days",
            Shape::Word(&DAYS),
            "Days of the week, such as `mon-fri`; every day when left out.",
        ),
        optional(
            "between",
            Shape::Word(&HOURS),
            "Hours of the day, such as \"10:00-11:00\".",
        ),
        optional(
            "pick",
            Shape::Choice(&[("best", "The timing model chooses inside the window.")]),
            "`best` lets the timing model choose inside the window.",
        ),
    ],
};

pub static RUNG: Object = Object {
    name: "a rung of no_reply",
    doc: "After this much silence: say something, or go somewhere.",
    keys: &[
        required(
            "after",
            DUR,
            "Counts from the moment the message before it was accepted by the carrier.",
        ),
        optional("say", Shape::Text, "A nudge; the question stands."),
        optional(
            "then",
            TO,
            "Gives up waiting and goes to this step, or `end`.",
        ),
    ],
};

pub static UNCLEAR: Object = Object {
    name: "unclear",
    doc: "What a reply leads to that fits no answer, or two.",
    keys: &[
        optional(
            "say",
            Shape::Text,
            "Re-asks in other words; the question again when left out.",
        ),
        optional(
            "tries",
            Shape::Int { min: 0, max: 9 },
            "How often it is asked again; 2 when left out.",
        ),
        optional(
            "then",
            TO,
            "Where it goes after that; to the workspace's default team when left out.",
        ),
    ],
};

const FIELD_VALUES: Shape = Shape::Map {
    of: "a lead field",
    value: &A_WORD,
};

pub static ANSWER: Object = Object {
    name: "an answer",
    doc: "One answer a question offers.",
    keys: &[
        optional(
            "key",
            A_WORD,
            "What \"Reply 1\" promises; numbered from 1 in order when left out.",
        ),
        optional(
            "words",
            Shape::LocaleWords,
            "Further words for this answer, by locale.",
        ),
        optional("score", SCORE, "Points for this answer."),
        optional("set", FIELD_VALUES, "Lead fields this answer sets."),
        optional("then", TO, "The step that follows, or `end`."),
    ],
};

const KINDS: [(&str, &str); 11] = [
    ("text", "Any reply."),
    ("number", "A number: `12`, `a dozen`, `1,200`."),
    ("money", "An amount: `25k`, `$24,900`."),
    ("date", "A day: `next tuesday`, `3 May`."),
    ("time", "A time of day: `half past two`."),
    ("datetime", "A day and a time: `tomorrow at 3`."),
    ("email", "An email address."),
    ("phone", "A phone number."),
    ("postcode", "A postcode or ZIP code."),
    ("yes_no", "Yes or no, in the words of the locale."),
    ("name", "A person's name."),
];

pub static EXPECT_KINDS: Shape = Shape::Choice(&KINDS);

pub static EXPECT: Object = Object {
    name: "expect",
    doc: "The kind of answer, with bounds.",
    keys: &[
        required("type", EXPECT_KINDS, "The kind of answer."),
        optional("min", Shape::Number, "The least it may be."),
        optional("max", Shape::Number, "The most it may be."),
    ],
};

pub static ASK: Object = Object {
    name: "ask",
    doc: "Sends the text and waits for the reply.",
    keys: &[
        required("ask", Shape::Text, "The question."),
        optional(
            "answers",
            Shape::Map {
                of: "an answer",
                value: &Shape::OneOf(&[TO, Shape::Object(&ANSWER), Shape::Nothing]),
            },
            "The answers it offers: answer to step, or answer to its keys.",
        ),
        optional(
            "expect",
            Shape::OneOf(&[EXPECT_KINDS, Shape::Object(&EXPECT)]),
            "For an open question: the kind of answer.",
        ),
        NO_REPLY,
        UNCLEAR_KEY,
        THEN_OPTIONAL,
        SEND,
        SENDER,
        MEDIA,
    ],
};

pub static SAY: Object = Object {
    name: "say",
    doc: "Sends the text and goes on.",
    keys: &[
        required("say", Shape::Text, "The text."),
        THEN,
        SEND,
        SENDER,
        MEDIA,
    ],
};

pub static CASE: Object = Object {
    name: "a case of decide",
    doc: "When the condition holds, goes to `then`.",
    keys: &[
        optional(
            "when",
            Shape::Word(&CONDITION),
            "A condition such as `score >= 50`.",
        ),
        optional("then", TO, "Where it leads."),
        optional(
            "else",
            TO,
            "Where it leads when no `when` holds; stands last.",
        ),
    ],
};

pub static DECIDE: Object = Object {
    name: "decide",
    doc: "The first `when` that holds picks the way; `else` catches the rest.",
    keys: &[required(
        "decide",
        Shape::List(&Shape::Object(&CASE)),
        "The cases, read from the top.",
    )],
};

pub static HANDOFF: Object = Object {
    name: "handoff",
    doc: "Alerts a team of the workspace and waits for its outcome.",
    keys: &[
        required("handoff", A_NAME, "The team."),
        optional(
            "priority",
            Shape::Choice(&[
                ("hot", "Alerts at once."),
                ("normal", "In its turn."),
                ("low", "When there is time."),
            ]),
            "How urgent it is; `normal` when left out.",
        ),
        optional("brief", A_WORD, "What the agent reads first."),
        optional("say", Shape::Text, "What the lead is told."),
        optional(
            "callback_within",
            DUR,
            "How soon the lead was promised a call.",
        ),
        optional(
            "outcomes",
            Shape::Map {
                of: "an outcome",
                value: &TO,
            },
            "Where each outcome leads; `unclaimed` when nobody takes it.",
        ),
    ],
};

pub static EMAIL_TEXT: Object = Object {
    name: "an email",
    doc: "Its subject and body.",
    keys: &[
        required("subject", Shape::Text, "The subject."),
        required("body", Shape::Text, "The body."),
    ],
};

pub static EMAIL: Object = Object {
    name: "email",
    doc: "Sends an email on the same timeline.",
    keys: &[
        required(
            "email",
            Shape::OneOf(&[Shape::Object(&EMAIL_TEXT), Shape::Nothing]),
            "Its subject and body.",
        ),
        optional("subject", Shape::Text, "The subject."),
        optional("body", Shape::Text, "The body."),
        optional(
            "no_email",
            TO,
            "Where it goes when the lead has no email address; as `then` when left out.",
        ),
        THEN,
        NO_REPLY,
    ],
};

pub static WAIT_FOR: Object = Object {
    name: "wait",
    doc: "Until a moment of the lead's, or for an event.",
    keys: &[
        optional(
            "until",
            A_WORD,
            "A moment of the lead's, such as `appointment_at`.",
        ),
        optional("before", DUR, "So long before the moment."),
        optional("after", DUR, "So long after the moment."),
        optional("for_event", A_NAME, "The event it waits for."),
        optional("at_most", DUR, "How long it waits for the event."),
        optional(
            "otherwise",
            TO,
            "Where it goes when the event does not come.",
        ),
    ],
};

pub static WAIT: Object = Object {
    name: "wait",
    doc: "Waits for a time, until a moment, or for an event.",
    keys: &[
        required(
            "wait",
            Shape::OneOf(&[DUR, Shape::Object(&WAIT_FOR)]),
            "How long, until when, or for what.",
        ),
        THEN,
    ],
};

pub static BOOK_OFFER: Object = Object {
    name: "book",
    doc: "What is offered.",
    keys: &[
        optional("calendar", A_NAME, "The calendar of the workspace."),
        optional(
            "slots",
            SLOTS,
            "How many slots are offered; 3 when left out.",
        ),
        optional("say", Shape::Text, "Goes before the numbered slots."),
        optional("none_free", TO, "Where it goes when no slot is free."),
        REMIND,
        NO_REPLY,
        UNCLEAR_KEY,
        THEN_OPTIONAL,
    ],
};

const A_SPAN: Shape = Shape::Word(&DURATION);
const REMIND: Key = optional(
    "remind",
    Shape::OneOrMany(&A_SPAN),
    "So long before it the lead is reminded by text, such as `24h`.",
);
const SLOTS: Shape = Shape::Int { min: 1, max: 9 };

pub static BOOK: Object = Object {
    name: "book",
    doc: "Offers free slots of a calendar as numbered choices and holds the chosen one.",
    keys: &[
        required(
            "book",
            Shape::OneOf(&[A_NAME, Shape::Object(&BOOK_OFFER), Shape::Nothing]),
            "The calendar, or what is offered.",
        ),
        optional("calendar", A_NAME, "The calendar of the workspace."),
        optional(
            "slots",
            SLOTS,
            "How many slots are offered; 3 when left out.",
        ),
        optional("say", Shape::Text, "Goes before the numbered slots."),
        optional(
            "none_free",
            TO,
            "Where it goes when no slot is free; to the default team when left out.",
        ),
        REMIND,
        NO_REPLY,
        UNCLEAR_KEY,
        THEN_OPTIONAL,
    ],
};

pub static CALL: Object = Object {
    name: "call",
    doc: "Calls an endpoint of the workspace and saves what it answers.",
    keys: &[
        required("call", A_NAME, "The endpoint."),
        optional(
            "with",
            Shape::Map {
                of: "a parameter",
                value: &A_WORD,
            },
            "What it is told; texts with tokens.",
        ),
        optional(
            "save",
            Shape::Map {
                of: "a saved name",
                value: &A_WORD,
            },
            "Names for parts of the answer: `saved.<name>` and its path, such as `stock.0.price`.",
        ),
        THEN,
        optional(
            "failed",
            TO,
            "Where it goes when the endpoint fails; as `then` when left out.",
        ),
    ],
};

pub static SET: Object = Object {
    name: "set",
    doc: "Sets lead fields.",
    keys: &[
        required(
            "set",
            FIELD_VALUES,
            "Field to value; a text may hold tokens.",
        ),
        THEN,
    ],
};

pub static RUN: Object = Object {
    name: "run",
    doc: "Runs another flow inside this one and comes back.",
    keys: &[
        required("run", A_NAME, "The other flow."),
        required(
            "then",
            Shape::OneOf(&[
                TO,
                Shape::Map {
                    of: "an outcome",
                    value: &TO,
                },
            ]),
            "The step that follows, or a map from that flow's outcomes to steps; `else` for the rest.",
        ),
    ],
};

pub static END: Object = Object {
    name: "end",
    doc: "Ends the conversation with an outcome's name.",
    keys: &[required("end", A_NAME, "The outcome.")],
};
