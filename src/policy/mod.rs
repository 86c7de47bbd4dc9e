//! May we send this, to this lead, now? One question, [`gate`], asked when a message is decided and
//! again when it leaves. Pure: the caller brings the facts and the time.

pub mod best_time;
pub mod region;
pub mod zones;
pub mod law;
pub mod holidays;
pub mod quiet_hours;
pub mod caps;
pub mod countries;
pub mod chosen;
pub mod consent;
pub mod email;
pub mod ledger;
pub mod permit;
pub mod postcode;

use minicbor::{Decode, Encode};

use crate::lead::PhoneNumber;
use crate::time::{Days, Duration, Hours, Timestamp, Zone};

pub use caps::Cap;
pub use chosen::Chosen;
pub use consent::{Consent, ConsentChange, ConsentEvent, Standing};
pub use email::{EmailStanding, NoEmail};
pub use holidays::Holiday;
pub use permit::Permit;
pub use quiet_hours::{QuietHours, Rule, Ruling};
pub use region::Region;

/// Marketing obeys quiet hours and caps; a transactional message is freed from both, never from an
/// opt-out, nor from its author's own window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum MessageKind {
    #[default]
    #[n(0)]
    Marketing,
    #[n(1)]
    Transactional,
}

/// What a message is for; some are allowed where others are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Purpose {
    /// A step of a flow.
    #[n(0)]
    Flow,
    /// The one answer to an opt-out; allowed although suppressed, at any hour.
    #[n(1)]
    OptOutConfirmation,
    /// The answer to HELP.
    #[n(2)]
    Help,
    /// The answer to START or a keyword that captured consent.
    #[n(3)]
    OptInConfirmation,
    /// Typed by an agent.
    #[n(4)]
    Agent,
    /// Asks a lead to confirm (double opt-in); goes once, within the hours marketing keeps.
    #[n(5)]
    OptInRequest,
}

/// An author's own window: `send: { days: mon-fri, between: "10:00-11:00" }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendWindow {
    pub days: Days,
    pub hours: Hours,
    /// `pick: best`: the timing model may choose the minute inside the window.
    pub pick_best: bool,
}

/// A message about to be decided or sent.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    pub kind: MessageKind,
    pub purpose: Purpose,
    pub window: Option<&'a SendWindow>,
}

/// What is known of the lead, loaded beforehand.
#[derive(Debug, Clone)]
pub struct LeadFacts<'a> {
    pub phone: PhoneNumber,
    pub standing: &'a Standing,
    /// The zone the lead told, else every zone the number may stand in; never empty.
    pub zones: &'a [Zone],
    /// When marketing messages left to this lead, newest first, back to the longest cap.
    pub sends: &'a [Timestamp],
    /// When the lead last wrote to us.
    pub last_inbound: Option<Timestamp>,
    /// When the lead wrote, as far back as is at hand: what `pick: best` goes by.
    pub replies: &'a [Timestamp],
    /// What they chose on their preferences page.
    pub chosen: Option<&'a Chosen>,
    /// Where they live by the postcode they told; its law holds besides that of their number.
    pub home: Option<&'static zones::Place>,
}

/// The workspace's rules, with the law's laid over them.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    pub quiet_hours: QuietHours,
    pub caps: Vec<Cap>,
    /// Days on which the law of some regions closes, besides the built-in ones; with hours of the
    /// workspace's own, days on which nothing is sent.
    pub holidays: Vec<Holiday>,
    /// To which texts go; to any, where there are none.
    pub countries: Vec<Region>,
}

/// The law's hours by region; of marketing 3 messages a day and 4 a month.
impl Default for Rules {
    fn default() -> Self {
        let cap = |at_most, per| Cap {
            at_most,
            per,
            kind: Some(MessageKind::Marketing),
        };
        Self {
            quiet_hours: QuietHours::ByRegion,
            caps: vec![cap(3, Duration::hours(24)), cap(4, Duration::days(30))],
            holidays: Vec::new(),
            countries: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum HoldReason {
    #[n(0)]
    QuietHours,
    #[n(1)]
    Cap,
    #[n(2)]
    SendWindow,
    /// The flow asked for a later time (a scheduled enrolment, a held channel).
    #[n(3)]
    Scheduled,
    /// An agent has the conversation: the bot waits.
    #[n(10)]
    TakenOver,
    /// `pick: best`: the lead answers at a later hour of the window.
    #[n(11)]
    BestTime,
    /// Something looks wrong with the flow, and nobody has looked yet.
    #[n(4)]
    Paused,
    /// A limit of the workspace was reached, and nobody has looked yet.
    #[n(12)]
    Limit,
}

impl HoldReason {
    pub fn as_str(self) -> &'static str {
        match self {
            HoldReason::QuietHours => "quiet_hours",
            HoldReason::Cap => "cap",
            HoldReason::SendWindow => "send_window",
            HoldReason::Scheduled => "scheduled",
            HoldReason::BestTime => "best_time",
            HoldReason::TakenOver => "taken_over",
            HoldReason::Paused => "paused",
            HoldReason::Limit => "limit",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum DropReason {
    #[n(0)]
    OptedOut,
    #[n(1)]
    NoConsent,
    #[n(2)]
    Unreachable,
    /// They chose not to be texted marketing.
    #[n(3)]
    Declined,
    /// Their number is of a country to which the workspace does not text.
    #[n(4)]
    Country,
}

impl DropReason {
    pub fn as_str(self) -> &'static str {
        match self {
            DropReason::OptedOut => "opted_out",
            DropReason::NoConsent => "no_consent",
            DropReason::Unreachable => "unreachable",
            DropReason::Declined => "declined",
            DropReason::Country => "country_not_allowed",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Send,
    /// Not before `until`; ask again then.
    Hold {
        until: Timestamp,
        why: HoldReason,
    },
    Drop(DropReason),
}

/// How long after a lead's own message an answer counts as conversation, whatever the hour.
pub const ANSWER_WINDOW_MS: i64 = 15 * 60_000;

/// Whether `out` may leave at `now`.
pub fn gate(out: &Outgoing, lead: &LeadFacts, rules: &Rules, now: Timestamp) -> Verdict {
    if let Err(why) = consent::allows(lead.standing, out, now) {
        return Verdict::Drop(why);
    }
    if !countries::allow(&rules.countries, lead.phone) {
        return Verdict::Drop(DropReason::Country);
    }
    if declines(out, lead) {
        return Verdict::Drop(DropReason::Declined);
    }
    let answering = matches!(out.purpose, Purpose::OptOutConfirmation | Purpose::Help)
        || out.purpose == Purpose::OptInConfirmation
        || lead
            .last_inbound
            .is_some_and(|at| now.since(at).as_ms() <= ANSWER_WINDOW_MS);
    if answering {
        return Verdict::Send;
    }
    // What an agent writes of their own accord keeps the hours that marketing keeps.
    let timed = Outgoing {
        kind: match out.purpose {
            Purpose::Agent => MessageKind::Marketing,
            _ => out.kind,
        },
        ..*out
    };
    let quiet = quiet_hours::hold(&timed, lead, rules, now);
    let full = match out.kind {
        MessageKind::Marketing => caps::hold(out, lead, rules, now),
        MessageKind::Transactional => None,
    };
    let until_open = |at| quiet_hours::hold(&timed, lead, rules, at).map_or(at, |(until, _)| until);
    match (quiet, full) {
        (None, None) => match at_the_best_time(&timed, lead, rules, now) {
            Some(until) => Verdict::Hold {
                until,
                why: HoldReason::BestTime,
            },
            None => Verdict::Send,
        },
        (Some((until, why)), None) => Verdict::Hold { until, why },
        // Room may come in the night: then the message leaves when the window opens after it.
        (quiet, Some(room)) => Verdict::Hold {
            until: until_open(quiet.map_or(room, |(until, _)| until.max(room))),
            why: quiet.map_or(HoldReason::Cap, |(_, why)| why),
        },
    }
}

/// A better hour of the author's window, where `pick: best` asks for one and all windows are open then.
fn at_the_best_time(
    out: &Outgoing,
    lead: &LeadFacts,
    rules: &Rules,
    now: Timestamp,
) -> Option<Timestamp> {
    let window = out.window.filter(|window| window.pick_best)?;
    let later = best_time::later(window, lead.zones.first()?, lead.replies, now)?;
    quiet_hours::hold(out, lead, rules, later)
        .is_none()
        .then_some(later)
}

/// Whether the lead chose another way than texts for what `out` is.
fn declines(out: &Outgoing, lead: &LeadFacts) -> bool {
    out.kind == MessageKind::Marketing
        && out.purpose == Purpose::Flow
        && lead
            .chosen
            .is_some_and(|c| c.marketing_by == chosen::By::Email)
}

/// When a message decided at `decided` and held until `opens` should leave, so that not all leave at
/// once: after `opens` and no later than `over`, the older ones earlier; those of one moment over a
/// third of it, in an order that is the same for every asking.
pub fn spread(
    phone: PhoneNumber,
    decided: Timestamp,
    opens: Timestamp,
    over: Duration,
) -> Timestamp {
    const NIGHT_MS: i64 = 8 * 3_600_000;
    let over_ms = over.as_ms().clamp(0, SPREAD_MAX_MS);
    let waited_ms = opens.since(decided).as_ms().max(0);
    // Falls as the wait grows and never ends: whoever waits longer goes before.
    let by_age = over_ms * 2 / 3 * NIGHT_MS / (NIGHT_MS + waited_ms);
    // The upper bits of the product are well mixed; days differ so that no lead is always last.
    let seed = phone.digits() ^ (opens.as_ms() as u64).rotate_left(32);
    let mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let share = (mixed >> 32) * (over_ms / 3) as u64;
    opens + Duration::from_ms(by_age + (share >> 32) as i64)
}

/// No message waits longer than this for its turn after the window has opened.
pub const SPREAD_MAX_MS: i64 = 60 * 60_000;

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
