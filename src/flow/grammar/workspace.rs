//! The keys of workspace.yaml. // tidy: table

use crate::flow::grammar::anomalies::ANOMALIES;
use crate::flow::grammar::register::REGISTER;
use crate::flow::grammar::{
    DAYS, DURATION, HOURS, NAME, Object, Shape, WORD, Words, optional, required,
};

const A_NAME: Shape = Shape::Word(&NAME);
const A_WORD: Shape = Shape::Word(&WORD);
const A_SPAN: Shape = Shape::Word(&DURATION);
const A_URL: Shape = Shape::Word(&URL);
const DAYS_SHAPE: Shape = Shape::Word(&DAYS);
const HOURS_SHAPE: Shape = Shape::Word(&HOURS);

pub static URL: Words = Words {
    name: "an address",
    code: "E0609",
    help: "write it whole, such as \"https://example.com/hook\"",
    pattern: "^(https?|webcal)://[^\\s]+$",
    examples: &["https://text.example.com"],
    fits: is_url,
};

/// Whether `text` is a web address with a host.
pub fn is_url(text: &str) -> bool {
    let rest = ["https://", "http://", "webcal://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or("");
        !host.is_empty() && !text.contains(char::is_whitespace)
    })
}

pub static RATE: Words = Words {
    name: "a rate",
    code: "E0109",
    help: "write messages a second, minute or hour, such as `10/s`",
    pattern: "^[0-9]+(\\.[0-9]+)?/(s|m|h)$",
    examples: &["10/s", "1/s", "200/m"],
    fits: |text| per_second(text).is_some(),
};

/// A rate in messages a second: `60/m` is 1.
pub fn per_second(text: &str) -> Option<f64> {
    let (count, unit) = text.trim().split_once('/')?;
    let seconds = match unit.trim() {
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let count: f64 = count.trim().parse().ok()?;
    (count > 0.0 && count.is_finite()).then_some(count / seconds)
}

pub static DAY: Words = Words {
    name: "a day",
    code: "E0108",
    help: "write a day as 2026-12-24",
    pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    examples: &["2026-12-24"],
    fits: |text| text.parse::<jiff::civil::Date>().is_ok(),
};

pub static WORKSPACE: Object = Object {
    name: "the workspace",
    doc: "What a business's flows share: its brand, channels, teams and rules.",
    keys: &[
        required("brand", A_WORD, "The name leads know the business by."),
        optional(
            "contact",
            A_WORD,
            "How people reach the business, said in the answer to HELP.",
        ),
        optional(
            "public_url",
            A_URL,
            "Where carriers and leads reach this server; webhooks are signed against it.",
        ),
        optional(
            "time_zone",
            A_WORD,
            "The zone of a lead whose own is not known, such as `America/Chicago`.",
        ),
        optional(
            "region",
            A_WORD,
            "The country that numbers without one are read in, such as `US`.",
        ),
        optional(
            "default_team",
            A_NAME,
            "The team for replies that no flow understands.",
        ),
        optional(
            "health",
            Shape::Bool,
            "`true` keeps clinical detail out of texts: a warning names each.",
        ),
        optional(
            "domains",
            Shape::OneOrMany(&A_WORD),
            "Your own domains, for links in texts.",
        ),
        optional(
            "channels",
            Shape::Map {
                of: "a channel",
                value: &Shape::Object(&CHANNEL),
            },
            "The ways to send and receive texts; the first is used where none is named.",
        ),
        optional(
            "email",
            Shape::Object(&EMAIL),
            "How emails leave; without `smtp` they stay on this machine.",
        ),
        optional(
            "help",
            Shape::OneOf(&[Shape::Text, Shape::Object(&HELP)]),
            HELP_DOC,
        ),
        optional(
            "opt_out",
            Shape::OneOf(&[Shape::Text, Shape::Object(&OPT_OUT)]),
            "What a lead reads who opted out.",
        ),
        optional(
            "opt_in",
            Shape::Text,
            "What a lead reads who opted in, in your own words: brand, how often, rates, HELP, STOP.",
        ),
        optional(
            "sending",
            Shape::Object(&SENDING),
            "When and how often leads may be texted.",
        ),
        optional(
            "holidays",
            HOLIDAYS,
            "Days on which no marketing leaves, besides the law's own.",
        ),
        optional(
            "teams",
            Shape::Map {
                of: "a team",
                value: &Shape::Object(&TEAM),
            },
            "Who takes the leads that flows hand over.",
        ),
        optional(
            "templates",
            Shape::Map {
                of: "a template",
                value: &Shape::Text,
            },
            "What agents say often, to send by name: `{name|there}`, `{agent}`, `{brand}`.",
        ),
        optional(
            "takeover_lapses",
            A_SPAN,
            "How long an agent may hold a conversation in silence; `30m` when left out.",
        ),
        optional(
            "calendars",
            Shape::Map {
                of: "a calendar",
                value: &Shape::Object(&CALENDAR),
            },
            "What `book` offers slots of.",
        ),
        optional(
            "segments",
            Shape::Map {
                of: "a segment",
                value: &Shape::Word(&super::CONDITION),
            },
            "Sets of leads by a condition on their fields and tags.",
        ),
        optional(
            "endpoints",
            Shape::Map {
                of: "an endpoint",
                value: &Shape::Object(&ENDPOINT),
            },
            "What `call` can ask.",
        ),
        optional(
            "webhooks",
            Shape::Map {
                of: "a webhook",
                value: &Shape::Object(&WEBHOOK),
            },
            "Who is told of what happens.",
        ),
        optional(
            "retention",
            Shape::Object(&RETENTION),
            "How long data is kept.",
        ),
        optional(
            "register",
            Shape::Object(&REGISTER),
            "Who knows which numbers were given to somebody else.",
        ),
        optional(
            "anomalies",
            Shape::Object(&ANOMALIES),
            "From what figures on a flow stands still until somebody has looked.",
        ),
    ],
};

const HELP_DOC: &str = "What a lead reads who texts HELP.";
const HOLIDAYS: Shape = Shape::List(&Shape::OneOf(&[Shape::Word(&DAY), Shape::Object(&HOLIDAY)]));

/// Every carrier we speak. Its adapter is `carrier/<name>.rs`.
pub const CARRIERS: [(&str, &str); 11] = [
    ("sandbox", "Nothing leaves this machine."),
    ("webhook", "Your own gateway, by Standard Webhooks."),
    ("twilio", "Twilio Programmable Messaging."),
    ("telnyx", "Telnyx Messaging."),
    ("vonage", "Vonage SMS or Messages."),
    ("plivo", "Plivo Messaging."),
    ("bird", "Bird, formerly MessageBird."),
    ("sinch", "Sinch SMS."),
    ("bandwidth", "Bandwidth Messaging."),
    ("infobip", "Infobip SMS."),
    ("aws", "AWS End User Messaging."),
];

pub static CHANNEL: Object = Object {
    name: "a channel",
    doc: "One account with a carrier, and its numbers.",
    keys: &[
        required(
            "carrier",
            Shape::Choice(&CARRIERS),
            "Who carries the texts.",
        ),
        required(
            "from",
            Shape::OneOrMany(&A_WORD),
            "The number texts come from, in quotes; several are a pool, sticky per lead.",
        ),
        optional("account", A_WORD, "The account's name at the carrier."),
        optional("secret", A_WORD, "Signs or proves requests; `${NAME}`."),
        optional(
            "secrets",
            Shape::OneOrMany(&A_WORD),
            "Several while a secret is being changed; the first signs.",
        ),
        optional("token", A_WORD, "The token requests carry; `${NAME}`."),
        optional("api_key", A_WORD, "The API key; `${NAME}`."),
        optional("api_secret", A_WORD, "The API key's secret; `${NAME}`."),
        optional(
            "public_key",
            A_WORD,
            "What the carrier's signature is checked by.",
        ),
        optional(
            "private_key",
            A_WORD,
            "What our requests are signed by; `${NAME}`.",
        ),
        optional("username", A_WORD, "For webhooks with a password."),
        optional(
            "password",
            A_WORD,
            "For webhooks with a password; `${NAME}`.",
        ),
        optional("application", A_WORD, "The application at the carrier."),
        optional("profile", A_WORD, "The messaging profile or service."),
        optional("project", A_WORD, "The project, workspace or service plan."),
        optional("region", A_WORD, "The carrier's region."),
        optional(
            "signature",
            A_WORD,
            "How the carrier signs, where it can be chosen.",
        ),
        optional("mode", A_WORD, "Which of the carrier's interfaces is used."),
        optional(
            "rate",
            Shape::Word(&RATE),
            "The most parts of texts, such as `10/s`.",
        ),
        optional(
            "number_rate",
            Shape::Word(&RATE),
            "The most parts from each of its numbers, such as `1/s`.",
        ),
        optional(
            "failover",
            A_WORD,
            "The channel texts go by while this one is paused or broken off.",
        ),
        optional("api", A_URL, "The carrier's address, to use another."),
    ],
};

pub static EMAIL: Object = Object {
    name: "email",
    doc: "How emails leave.",
    keys: &[
        required(
            "from",
            A_WORD,
            "Such as \"Northside <hello@northside.example>\".",
        ),
        optional("smtp", A_WORD, "The mail server, such as `${SMTP_URL}`."),
        optional(
            "reply_to",
            A_WORD,
            "Where answers go, if elsewhere; with `inbound_secret`, the address whose mail comes to the \
             webhook.",
        ),
        optional(
            "inbound_secret",
            Shape::OneOrMany(&A_WORD),
            "What webhooks about email prove themselves by; `${NAME}`, two while one is changed.",
        ),
        optional(
            "ca",
            A_WORD,
            "A file of certificates to know the mail server by, besides those of the web.",
        ),
        optional(
            "postal_address",
            A_WORD,
            "Of the business; the law wants it at the foot of marketing emails.",
        ),
    ],
};

pub static HELP: Object = Object {
    name: "help",
    doc: HELP_DOC,
    keys: &[
        optional("text", Shape::Text, "The whole answer."),
        optional(
            "contact",
            A_WORD,
            "How to reach you; the rest is written for you.",
        ),
    ],
};

pub static OPT_OUT: Object = Object {
    name: "opt_out",
    doc: "What a lead reads who opted out.",
    keys: &[optional(
        "text",
        Shape::Text,
        "The one confirmation; must name the brand.",
    )],
};

pub static SENDING: Object = Object {
    name: "sending",
    doc: "When and how often leads may be texted.",
    keys: &[
        optional(
            "quiet_hours",
            Shape::OneOf(&[
                Shape::Choice(&[
                    ("us", "The law's hours, by the lead's region."),
                    ("by_region", "The law's hours, by the lead's region."),
                ]),
                Shape::Object(&BETWEEN),
            ]),
            "By the law of the lead's region, or hours of your own.",
        ),
        optional(
            "opt_in",
            Shape::Choice(&[
                ("single", "A consent that is told counts at once."),
                (
                    "double",
                    "A consent that is told is first confirmed by the lead's own text.",
                ),
            ]),
            "Whether a lead confirms a consent by text; `single` when left out.",
        ),
        optional(
            "caps",
            Shape::OneOrMany(&Shape::Object(&CAP)),
            "The most messages to one lead.",
        ),
        optional(
            "countries",
            Shape::OneOrMany(&A_WORD),
            "To which texts go, such as `[US, CA]`, or `any`; those of your own numbers when left out.",
        ),
        optional(
            "limits",
            Shape::OneOrMany(&Shape::Object(&LIMIT)),
            "The most parts to all leads, before sending stands still until somebody has looked.",
        ),
    ],
};

pub static BETWEEN: Object = Object {
    name: "quiet_hours",
    doc: "When marketing may leave, on the lead's own wall clock.",
    keys: &[required("between", HOURS_SHAPE, "Such as \"08:00-21:00\".")],
};

pub static LIMIT: Object = Object {
    name: "a limit",
    doc: "The most parts of texts to all leads in a sliding period.",
    keys: &[
        required(
            "parts",
            Shape::Int {
                min: 1,
                max: 1_000_000_000,
            },
            "How many.",
        ),
        required("per", A_SPAN, "In how long."),
        optional(
            "channel",
            A_NAME,
            "By one channel; by all together when left out.",
        ),
    ],
};

pub static CAP: Object = Object {
    name: "a cap",
    doc: "The most messages to one lead in a sliding period.",
    keys: &[
        required("at_most", Shape::Int { min: 1, max: 1000 }, "How many."),
        required("per", A_SPAN, "In how long."),
        optional(
            "kind",
            Shape::Choice(&[
                ("marketing", "Only marketing counts."),
                ("transactional", "Only transactional messages count."),
            ]),
            "Which messages count; all when left out.",
        ),
    ],
};

pub static HOLIDAY: Object = Object {
    name: "a holiday",
    doc: "A day on which no marketing leaves.",
    keys: &[
        required("date", Shape::Word(&DAY), "The day."),
        optional(
            "region",
            A_WORD,
            "Where, such as `US-LA`; everywhere when left out.",
        ),
        optional("name", A_WORD, "What it is called."),
    ],
};

pub static TEAM: Object = Object {
    name: "a team",
    doc: "People who take over leads.",
    keys: &[
        required(
            "agents",
            Shape::List(&Shape::Object(&AGENT)),
            "Its people, each with a way to be reached.",
        ),
        optional(
            "hours",
            Shape::Object(&OPEN),
            "When it works; always when left out.",
        ),
        optional(
            "route",
            Shape::OneOf(&[
                Shape::Choice(&[
                    ("round_robin", "In turn."),
                    ("least_busy", "Whoever has the fewest open."),
                    ("everyone", "All at once; the first to claim it has it."),
                ]),
                Shape::Object(&ROUTE_BY),
            ]),
            "Who is asked first; `round_robin` when left out.",
        ),
        optional(
            "claim_within",
            A_SPAN,
            "How long an agent has to claim a lead; `5m` when left out.",
        ),
        optional("if_unclaimed", A_NAME, "The team that is asked next."),
        optional(
            "at_most",
            Shape::Int { min: 1, max: 1000 },
            "How many leads an agent may have before others are asked; a hot one overrides it.",
        ),
    ],
};

pub static ROUTE_BY: Object = Object {
    name: "a route",
    doc: "By a field of the lead.",
    keys: &[
        required("by", A_NAME, "The lead's field."),
        required(
            "table",
            Shape::Anything,
            "Its values, each with an agent's name or a list of them.",
        ),
    ],
};

pub static AGENT: Object = Object {
    name: "an agent",
    doc: "A person who takes over leads.",
    keys: &[
        required("name", A_WORD, "As leads read it."),
        optional("sms", A_WORD, "A mobile number, in quotes."),
        optional("email", A_WORD, "An email address."),
        optional("webhook", A_URL, "An address that is told."),
        optional(
            "webhook_body",
            Shape::Choice(&[
                (
                    "standard",
                    "`{ type, timestamp, data }`, by Standard Webhooks.",
                ),
                ("slack", "`{ text }`, for an incoming webhook of Slack."),
                ("teams", "A card, for a workflow of Microsoft Teams."),
            ]),
            "What the webhook is told in; `standard` when left out.",
        ),
        optional(
            "webhook_secret",
            A_WORD,
            "Signs what the webhook is told, as in Standard Webhooks; `${NAME}`.",
        ),
        optional(
            "at_most",
            Shape::Int { min: 1, max: 1000 },
            "How many leads they may have, instead of the team's.",
        ),
        optional(
            "console",
            Shape::Bool,
            "`true`: watches the console, and needs nothing else.",
        ),
    ],
};

pub static OPEN: Object = Object {
    name: "hours",
    doc: "Days of the week and hours of the day.",
    keys: &[
        optional(
            "days",
            DAYS_SHAPE,
            "Such as `mon-fri`; every day when left out.",
        ),
        required("between", HOURS_SHAPE, "Such as \"09:00-18:00\"."),
    ],
};

pub static CALENDAR: Object = Object {
    name: "a calendar",
    doc: "What slots are offered of.",
    keys: &[
        required("open", Shape::Object(&OPEN), "When slots are offered."),
        required("slot", A_SPAN, "How long one is."),
        optional(
            "at_once",
            Shape::Int { min: 1, max: 1000 },
            "How many leads may hold the same slot; 1 when left out.",
        ),
        optional("url", A_URL, "An .ics whose events are busy."),
        optional("place", A_WORD, "Where it is, for the invitation."),
        optional(
            "endpoint",
            A_NAME,
            "An endpoint that knows what is free: it answers `{ slots: [{ start, end }] }`.",
        ),
        optional(
            "hold",
            A_NAME,
            "An endpoint that holds a slot, told `start`, `end` and `phone`.",
        ),
    ],
};

pub static ENDPOINT: Object = Object {
    name: "an endpoint",
    doc: "What `call` can ask.",
    keys: &[
        required("url", A_URL, "Its address."),
        optional(
            "method",
            Shape::Choice(&[
                ("GET", "`with` goes into the query."),
                ("POST", "`with` is sent as JSON."),
                ("PUT", "`with` is sent as JSON."),
                ("PATCH", "`with` is sent as JSON."),
                ("DELETE", "`with` goes into the query."),
            ]),
            "`POST` when left out.",
        ),
        optional("timeout", A_SPAN, "`3s` when left out, `10s` at most."),
        optional(
            "sample",
            Shape::Anything,
            "What it answers in the sandbox and in flow tests.",
        ),
        optional(
            "headers",
            Shape::Anything,
            "Headers by name; secrets as `${NAME}`.",
        ),
    ],
};

pub static WEBHOOK: Object = Object {
    name: "a webhook",
    doc: "Who is told of what happens, by Standard Webhooks.",
    keys: &[
        required("url", A_URL, "Its address."),
        optional("secret", A_WORD, "Signs what is told; `${NAME}`."),
        optional(
            "events",
            Shape::OneOrMany(&A_WORD),
            "Such as `lead.*`; all when left out.",
        ),
    ],
};

pub static RETENTION: Object = Object {
    name: "retention",
    doc: "How long data is kept.",
    keys: &[
        optional(
            "inactive_leads",
            A_SPAN,
            "Leads nothing happened with; `24mo`.",
        ),
        optional("message_text", A_SPAN, "What was written; `13mo`."),
        optional("consent_proof", A_SPAN, "Proof of consent; `5y`."),
        optional(
            "dormant_leads",
            A_SPAN,
            "Silent for so long, a lead is asked once more, then pruned; `90d`.",
        ),
        optional(
            "reconfirm",
            A_NAME,
            "The flow that asks a silent lead whether they still want to hear from you.",
        ),
    ],
};
