//! Every route, in one table: what it answers to, who may use it, and what it does. The router, the
//! guard, `/openapi.json` and `/docs` are all made from it, so that none can say what another does not.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post};

use crate::web::api::{
    agents, audit, channels, compare, consents, conversations, enrollments, events, flows,
    handoffs, leads, messages, notes, parked, replies, reports,
};
use crate::web::auth::Right;
use crate::web::guard::Access;
use crate::web::state::AppState;
use crate::web::{
    claim, describe, email_hook, invite, ops, preferences, sandbox, session, shortlink, stream,
    unsubscribe, webhook,
};

pub use crate::web::route::{Method, Route, of, route};

const LIMIT: (&str, &str) = ("limit", "How many at most: 1 to 500, 50 if not given");
const CURSOR: (&str, &str) = ("cursor", "`next` of the page before");

use Access::{MachineOr, Needs, Open, Sandbox};
use Method::{Delete, Get, Post};

const CONSENT: &[(&str, &str, &str)] = &[
    (
        "phone",
        "string",
        "The number, in E.164 or as written in the workspace's region",
    ),
    (
        "kind",
        "string",
        "`marketing`, `transactional`, or `revoked`",
    ),
    (
        "source",
        "string",
        "The page, file, keyword or person it came from",
    ),
    (
        "wording",
        "string?",
        "What the lead was shown; needed unless revoked",
    ),
    ("at", "string?", "When; now if not given"),
    (
        "method",
        "string?",
        "Such as `web_form`, `paper`, `verbal`, `api`",
    ),
    ("ip", "string?", "From where the lead sent the form"),
    ("url", "string?", "Of the form"),
    (
        "channel",
        "string?",
        "`sms`, if not given, or `email`: each is consented to and revoked apart",
    ),
];

const AGENT: (&str, &str, &str) = ("agent", "string?", "Who; the key's own name if not given");

// tidy: table, one entry a route.
pub static ALL: &[Route] = &[
    route(
        Post,
        "/v1/leads",
        Needs(Right::WriteLeads),
        "Upserts a lead by phone",
        || post(leads::upsert),
    )
    .body(&[
        (
            "phone",
            "string",
            "The number, in E.164 or as written in the workspace's region",
        ),
        ("name", "string?", "The person's name"),
        ("email", "string?", "Their email address"),
        ("locale", "string?", "BCP 47, such as `es`"),
        (
            "time_zone",
            "string?",
            "IANA zone; outranks what the number suggests",
        ),
        ("tags", "array?", "Words; replaces those known"),
        (
            "fields",
            "object?",
            "Anything a flow may say or test; `null` removes a field",
        ),
        (
            "consent",
            "object?",
            "`{ kind, source, wording, at, ip?, url? }`: a row of the ledger",
        ),
    ])
    .answers(&[(201, "The lead is new"), (200, "The lead was known")]),
    route(
        Get,
        "/v1/leads",
        Needs(Right::ReadLeads),
        "Searches leads",
        || get(leads::list),
    )
    .query(&[
        (
            "q",
            "The beginning of a word of the name, of the email or its host, of the number; or its end",
        ),
        ("segment", "A segment of workspace.yaml"),
        LIMIT,
        CURSOR,
    ]),
    route(
        Get,
        "/v1/leads/{phone}",
        Needs(Right::ReadLeads),
        "One lead with fields, consent and conversations",
        || get(leads::get),
    ),
    route(
        Delete,
        "/v1/leads/{phone}",
        Needs(Right::Erase),
        "Erases a lead",
        || delete(leads::erase),
    )
    .answers(&[(204, "Nothing of the lead is left but the proof")]),
    route(
        Post,
        "/v1/enrollments",
        Needs(Right::Enroll),
        "Puts a lead into a flow",
        || post(enrollments::create),
    )
    .body(&[
        ("flow", "string", "The flow's name"),
        ("phone", "string?", "Of the lead; or `lead`"),
        ("lead", "object?", "As for POST /v1/leads"),
        ("fields", "object?", "On top of the lead's"),
        ("at", "string?", "Not before this time"),
        (
            "if_busy",
            "string?",
            "`wait`, `replace` or `refuse` (if not given)",
        ),
    ])
    .answers(&[
        (202, "`{ conversation_id, status }`"),
        (
            409,
            "The lead is in another conversation: `conversation_id`",
        ),
        (422, "Consent or a field is missing; it says which"),
    ]),
    route(
        Post,
        "/v1/events",
        Needs(Right::TellEvents),
        "Tells what a lead did",
        || post(events::tell),
    )
    .body(&[
        ("phone", "string", "Of the lead"),
        ("event", "string", "Its name, such as `purchased`"),
        ("value", "number?", "What it is worth"),
        ("currency", "string?", "ISO 4217"),
        ("at", "string?", "When it was"),
        (
            "properties",
            "object?",
            "Anything a flow may say or test as `event.<name>`",
        ),
    ])
    .answers(&[(202, "Taken in")]),
    route(
        Get,
        "/v1/conversations",
        Needs(Right::ReadConversations),
        "Lists conversations, newest first",
        || get(conversations::list),
    )
    .query(&[
        ("status", "`waiting`, `scheduled`, `with_agent` or `ended`"),
        ("flow", "A flow's name"),
        ("phone", "A lead's number"),
        LIMIT,
        CURSOR,
    ]),
    route(
        Get,
        "/v1/conversations/{id}",
        Needs(Right::ReadConversations),
        "One conversation with its timeline and its path through the flow",
        || get(conversations::get),
    )
    .query(&[
        (
            "type",
            "Of the timeline only rows of this type, such as `reply`, `message`, `note`",
        ),
        (
            "q",
            "Of the timeline only rows whose words hold this, notes among them",
        ),
    ]),
    route(
        Post,
        "/v1/conversations/{id}/notes",
        Needs(Right::Serve),
        "Notes something for the team; the lead never sees it, and the flow goes on",
        || post(notes::add),
    )
    .body(&[("text", "string", "At most 4,000 characters"), AGENT])
    .answers(&[(201, "The note, as it stands in the timeline")]),
    route(
        Post,
        "/v1/conversations/{id}/messages",
        Needs(Right::Serve),
        "An agent speaks; the flow stands still meanwhile",
        || post(messages::write),
    )
    .body(&[
        ("text", "string?", "What to say; or `template`"),
        ("template", "string?", "One of the workspace's `templates`"),
        AGENT,
    ])
    .answers(&[
        (
            200,
            "The conversation; `message` with its `parts`, and until when it is `held`",
        ),
        (409, "Another agent has it: `agent`"),
    ]),
    route(
        Post,
        "/v1/conversations/{id}/preview",
        Needs(Right::Serve),
        "What a message would say and cost; nothing is sent",
        || post(messages::preview),
    )
    .body(&[
        ("text", "string?", "What to say; or `template`"),
        ("template", "string?", "One of the workspace's `templates`"),
        AGENT,
    ])
    .answers(&[(200, "`{ text, encoding, units, parts, cheaper? }`")]),
    route(
        Post,
        "/v1/conversations/{id}/booking/cancel",
        Needs(Right::Serve),
        "Calls the appointment off: its place is free, and an invitation is withdrawn",
        || post(conversations::cancel_booking),
    )
    .answers(&[
        (200, "The conversation"),
        (409, "It holds no appointment that is still to come"),
    ]),
    route(
        Get,
        "/v1/templates",
        Needs(Right::Serve),
        "What agents say often: `{ name, locales }`; filled in for a lead by `…/preview`",
        || get(messages::templates),
    ),
    route(
        Post,
        "/v1/conversations/{id}/takeover",
        Needs(Right::Serve),
        "An agent takes the conversation over",
        || post(conversations::take_over),
    )
    .body(&[AGENT])
    .answers(&[
        (200, "The conversation"),
        (409, "Another agent has it: `agent`"),
    ]),
    route(
        Post,
        "/v1/conversations/{id}/release",
        Needs(Right::Serve),
        "Gives the conversation back to the flow",
        || post(conversations::release),
    )
    .body(&[(
        "step",
        "string?",
        "Where to go on; where it stood if not given",
    )]),
    route(
        Get,
        "/v1/handoffs",
        Needs(Right::Serve),
        "Lists handoffs, newest first; or those an agent has most reason to take up first",
        || get(handoffs::list),
    )
    .query(&[
        ("status", "`open`, `claimed`, `resolved` or `unclaimed`"),
        ("team", "A team's name"),
        (
            "sort",
            "`newest` (if not given), or `due`: open and claimed ones, hottest first, then by when \
             the call is due",
        ),
        LIMIT,
        CURSOR,
    ]),
    route(
        Post,
        "/v1/handoffs/{id}/claim",
        Needs(Right::Serve),
        "Claims a handoff; the first has it",
        || post(handoffs::claim),
    )
    .body(&[AGENT])
    .answers(&[(200, "The handoff"), (409, "Another agent has it: `agent`")]),
    route(
        Post,
        "/v1/handoffs/{id}/decline",
        Needs(Right::Serve),
        "An agent who was asked passes; the next are asked when nobody is left",
        || post(handoffs::decline),
    )
    .body(&[AGENT]),
    route(
        Post,
        "/v1/handoffs/{id}/call",
        Needs(Right::Serve),
        "Has the carrier call the agent and then the lead; claims it if nobody has",
        || post(handoffs::call),
    )
    .body(&[AGENT])
    .answers(&[
        (202, "The handoff"),
        (
            409,
            "Another agent has it: `agent`; or the lead may not be called at this hour",
        ),
    ]),
    route(
        Get,
        "/v1/agents",
        Needs(Right::Serve),
        "Who is on duty, who is away, and how many leads each has",
        || get(agents::list),
    ),
    route(
        Post,
        "/v1/agents/{name}/away",
        Needs(Right::Serve),
        "Sets an agent away: they are offered no leads",
        || post(agents::away),
    )
    .body(&[
        (
            "until",
            "string?",
            "When they are back; when they say so if not given",
        ),
        ("for", "string?", "How long, such as `2h`"),
    ]),
    route(
        Post,
        "/v1/agents/{name}/back",
        Needs(Right::Serve),
        "The agent is back",
        || post(agents::back),
    ),
    route(
        Post,
        "/v1/handoffs/{id}/resolve",
        Needs(Right::Serve),
        "Ends a handoff",
        || post(handoffs::resolve),
    )
    .body(&[("outcome", "string", "One of the step's outcomes"), AGENT]),
    route(
        Get,
        "/v1/consents/{phone}",
        Needs(Right::ReadConsents),
        "The ledger's rows of a lead",
        || get(consents::list),
    ),
    route(
        Post,
        "/v1/consents",
        Needs(Right::WriteConsents),
        "Adds a row to the ledger",
        || post(consents::add),
    )
    .body(CONSENT)
    .answers(&[(201, "The row")]),
    route(
        Get,
        "/v1/reports/flows",
        Needs(Right::ReadReports),
        "Flows side by side, and together",
        || get(compare::flows),
    )
    .query(&[
        ("period", "`7d`, `30d`, `90d` or `all`"),
        ("flow", "These alone: once for each"),
    ]),
    route(
        Get,
        "/v1/reports/flows/{flow}",
        Needs(Right::ReadReports),
        "A flow's figures",
        || get(reports::flow),
    )
    .query(&[("since", "Conversations begun since this time only")]),
    route(
        Get,
        "/v1/reports/experiments/{name}",
        Needs(Right::ReadReports),
        "An experiment's figures, by arm",
        || get(reports::experiment),
    ),
    route(
        Get,
        "/v1/channels",
        Needs(Right::ReadReports),
        "How each channel fares with its carrier",
        || get(channels::list),
    ),
    route(
        Post,
        "/v1/channels/{name}/resume",
        Needs(Right::RunChannels),
        "Opens a channel that is paused or broken off",
        || post(channels::resume),
    )
    .answers(&[(200, "The channel"), (404, "No such channel")]),
    route(
        Get,
        "/v1/parked",
        Needs(Right::ReadSystem),
        "Work that was set aside after a fault: whose, since when, why",
        || get(parked::list),
    ),
    route(
        Post,
        "/v1/parked/{id}/retry",
        Needs(Right::RunChannels),
        "Has it done after all, once the cause is mended",
        || post(parked::retry),
    )
    .answers(&[
        (200, "What it was; it is on the list no more"),
        (409, "It went on meanwhile, or had left before the fault"),
    ]),
    route(
        Post,
        "/v1/parked/{id}/dismiss",
        Needs(Right::RunChannels),
        "Takes it off the list; what it was about stays as it is",
        || post(parked::dismiss),
    )
    .answers(&[(200, "What it was")]),
    route(
        Get,
        "/v1/flows",
        Needs(Right::ReadFlows),
        "What is loaded",
        || get(flows::list),
    ),
    route(
        Get,
        "/v1/flows/{flow}",
        Needs(Right::ReadFlows),
        "One flow: its version, steps, and leads at each",
        || get(flows::get),
    ),
    route(
        Get,
        "/v1/flows/{flow}/replies",
        Needs(Right::ReadReports),
        "What leads wrote that nobody understood, by step, with the line that would catch it",
        || get(replies::unheard),
    )
    .query(&[("since", "Replies since this time only")]),
    route(
        Post,
        "/v1/flows/{flow}/resume",
        Needs(Right::Enroll),
        "Let a flow go on that was paused because something looked wrong",
        || post(flows::resume),
    ),
    route(
        Get,
        "/v1/flows/{flow}/graph.svg",
        Needs(Right::ReadFlows),
        "The flow as a picture, with the leads at each step",
        || get(flows::graph),
    ),
    route(
        Get,
        "/v1/stream",
        Needs(Right::Listen),
        "Server-sent events: replies, messages, handoffs, outcomes",
        || get(stream::stream),
    ),
    route(
        Post,
        "/hooks/{channel}/{kind}",
        Open,
        "A carrier's webhook: `inbound` or `status`, signed as the carrier does",
        || post(webhook::receive).get(webhook::receive),
    )
    .answers(&[
        (200, "Stored and synced"),
        (400, "Unreadable"),
        (403, "The signature does not hold"),
        (404, "No such channel"),
        (413, "Over 64 KiB"),
        (503, "Not stored; come again"),
    ]),
    route(
        Post,
        "/hooks/email/inbound",
        Open,
        "Emails from leads, bounces and complaints, as inbound-parse services post them",
        || post(email_hook::receive).layer(DefaultBodyLimit::disable()),
    )
    .query(&[(
        "token",
        "`inbound_secret`, for services that can neither sign nor log in",
    )])
    .answers(&[
        (200, "Stored and synced, or of no consequence"),
        (400, "Unreadable"),
        (403, "Nothing proves who sent it"),
        (413, "Over 12 MiB"),
        (503, "Not stored; come again"),
    ]),
    route(
        Get,
        "/u/{token}",
        Open,
        "The page behind an email's unsubscribe link; it changes nothing by itself",
        || get(unsubscribe::page),
    )
    .answers(&[(200, "A page with one button"), (404, "No such link")]),
    route(
        Post,
        "/u/{token}",
        Open,
        "Unsubscribes from emails: the page's button, and one-click as in RFC 8058",
        || post(unsubscribe::unsubscribe),
    )
    .answers(&[(200, "Done, on disk"), (404, "No such link")]),
    route(Get, "/l/{code}", Open, "A short link", || {
        get(shortlink::follow)
    })
    .answers(&[
        (302, "To the target"),
        (404, "No such link"),
        (410, "Expired"),
    ]),
    route(
        Get,
        "/c/{file}",
        Open,
        "A lead's appointment, `/c/<code>.ics`, as it stands now",
        || get(invite::show),
    )
    .answers(&[(200, "`text/calendar`"), (404, "No such appointment")]),
    route(
        Get,
        "/h/{token}",
        Open,
        "An offer's own page: claim the lead, call, say how it went; opening it changes nothing",
        || get(claim::show).post(claim::act),
    )
    .answers(&[(200, "The page"), (404, "No such link"), (410, "Expired")]),
    route(
        Get,
        "/preferences/{token}",
        Open,
        "A lead's own page, by its signed link: topics, way, language, hours, opting out",
        || get(preferences::show),
    )
    .answers(&[(200, "The page"), (404, "No such link")]),
    route(
        Post,
        "/preferences/{token}",
        Open,
        "What the lead chose there, as the page's form sends it",
        || post(preferences::save),
    )
    .answers(&[(303, "Saved; to the page"), (404, "No such link")]),
    route(
        Get,
        "/sandbox/messages",
        Sandbox(Right::UseSandbox),
        "Texts that would have been sent: `{ to, from, text, at }`",
        || get(sandbox::messages),
    )
    .query(&[("to", "A number")]),
    route(
        Get,
        "/sandbox/emails",
        Sandbox(Right::UseSandbox),
        "Emails that would have been sent: `{ to, subject, text, html, at }`",
        || get(sandbox::emails),
    )
    .query(&[("to", "An address")]),
    route(
        Get,
        "/sandbox/clock",
        Sandbox(Right::UseSandbox),
        "What time it is",
        || get(sandbox::clock),
    ),
    route(
        Post,
        "/sandbox/clock",
        Sandbox(Right::UseSandbox),
        "Moves the clock; answers when all that became due is done",
        || post(sandbox::advance),
    )
    .body(&[(
        "advance",
        "string",
        "A duration such as `4h`; `0s` waits for what is under way",
    )]),
    route(Get, "/healthz", Open, "Whether the process answers", || {
        get(ops::healthz)
    }),
    route(Get, "/readyz", Open, "Whether it can work", || {
        get(ops::readyz)
    })
    .answers(&[(200, "Ready"), (503, "Not now")]),
    route(
        Get,
        "/metrics",
        MachineOr(Right::ReadMetrics),
        "Figures, as OpenMetrics",
        || get(ops::metrics),
    ),
    route(
        Get,
        "/openapi.json",
        Open,
        "This description, as OpenAPI 3.1",
        || get(describe::openapi),
    ),
    route(Get, "/docs", Open, "This description, to read", || {
        get(describe::docs)
    }),
    route(
        Get,
        "/v1/audit",
        Needs(Right::ReadAudit),
        "Who read and did what, newest first",
        || get(audit::list),
    )
    .query(&[
        ("actor", "An account's or a key's name"),
        ("phone", "A lead's number"),
        LIMIT,
        CURSOR,
    ]),
    route(
        Get,
        "/sign-in/{token}",
        Open,
        "The one-time link that signs in",
        || get(session::by_link),
    ),
    route(Post, "/sign-out", Open, "Ends the session", || {
        post(session::sign_out)
    })
    .answers(&[(303, "To the start page")]),
];

/// The table as a router, each route behind its guard.
pub fn router(app: &AppState) -> Router<AppState> {
    of(ALL, app)
}
