//! When a lead may be messaged, by the clock on the lead's wall.
//!
//! Every window that applies must be open at once, in every zone the lead may stand in: the law's
//! of the lead's region or the workspace's own, and the author's. Hours are half-open: at the end
//! it is closed. A window is read on the wall: on a night the clocks change, the wait for 08:00 is
//! an hour shorter or longer. Pure: the caller brings `now` and the zones.

use std::sync::LazyLock;

use jiff::civil::{Date, DateTime};
use jiff::tz::AmbiguousOffset;

use crate::policy::holidays::{self, Holiday};
use crate::policy::law::{self, Law, Week};
use crate::policy::region::Region;
use crate::policy::zones::{self, Known};
use crate::policy::{Chosen, HoldReason, LeadFacts, MessageKind, Outgoing, Rules, SendWindow};
use crate::time::{Duration, Hours, TimeOfDay, Timestamp, Zone};

/// The workspace's `quiet_hours`.
#[derive(Debug, Clone, PartialEq)]
pub enum QuietHours {
    /// The hours given in the workspace, every day but its holidays, everywhere.
    Between(Hours),
    /// The built-in rules of each region.
    ByRegion,
}

/// How far ahead an opening is looked for. Windows that have not opened together by then are asked
/// again at the end of it: nothing leaves meanwhile.
pub const HORIZON: Duration = Duration::days(14);

/// Openings tried in one search: two zones can alternate a few times a day.
const OPENINGS_MAX: usize = 200;

/// Whether a message may leave, and by which rule.
#[derive(Debug, Clone, Copy)]
pub struct Ruling {
    pub open: bool,
    /// Where open, the rule that closes first; where closed, the one that keeps it closed longest.
    pub rule: Rule,
    /// The first instant when all is open; `None` when open now or not within [`HORIZON`].
    pub opens_at: Option<Timestamp>,
    /// When the first rule closes; `None` when closed now or not within [`HORIZON`].
    pub closes_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
pub enum Rule {
    Law(&'static Law),
    /// The workspace's own hours.
    Workspace,
    /// The window the author gave a flow or a step.
    SendWindow,
    /// The hours the lead chose.
    Lead,
    /// Transactional messages keep no hours.
    Transactional,
}

impl Rule {
    /// `US-FL`, `conservative_national`, `workspace`, `send_window`, `transactional`.
    pub fn name(&self) -> &'static str {
        match self {
            Rule::Law(law) => &law.id,
            Rule::Workspace => "workspace",
            Rule::SendWindow => "send_window",
            Rule::Lead => "lead",
            Rule::Transactional => "transactional",
        }
    }

    /// Where the rule comes from, for people.
    pub fn source(&self) -> &'static str {
        match self {
            Rule::Law(law) => &law.source,
            Rule::Workspace => "quiet_hours in workspace.yaml",
            Rule::SendWindow => "send in the flow",
            Rule::Lead => "what the lead chose on their preferences page",
            Rule::Transactional => "kind: transactional",
        }
    }

    fn hold_reason(&self) -> HoldReason {
        match self {
            Rule::SendWindow => HoldReason::SendWindow,
            Rule::Law(_) | Rule::Workspace | Rule::Lead | Rule::Transactional => {
                HoldReason::QuietHours
            }
        }
    }
}

/// Until when, and why, `out` must wait; `None` when the windows are open in every zone.
pub fn hold(
    out: &Outgoing,
    lead: &LeadFacts,
    rules: &Rules,
    now: Timestamp,
) -> Option<(Timestamp, HoldReason)> {
    if out.kind == MessageKind::Transactional && out.window.is_none() {
        return None;
    }
    let scene = Scene::new(out, lead, rules);
    let closed = scene.closed(now)?;
    let until = scene.opens(now).unwrap_or(now + HORIZON);
    Some((until, closed.hold_reason()))
}

/// Whether `out` may leave at `now` as far as the clock is concerned, by which rule, and until or
/// from when.
pub fn ruling(out: &Outgoing, lead: &LeadFacts, rules: &Rules, now: Timestamp) -> Ruling {
    let scene = Scene::new(out, lead, rules);
    if let Some(rule) = scene.closed(now) {
        return Ruling {
            open: false,
            rule,
            opens_at: scene.opens(now),
            closes_at: None,
        };
    }
    let (rule, closes_at) = scene.closes(now);
    Ruling {
        open: true,
        rule,
        opens_at: None,
        closes_at,
    }
}

/// For a number that tells nothing, when not even the workspace's zone was given.
static UTC: LazyLock<Zone> = LazyLock::new(Zone::utc);

/// All that applies to one message to one lead.
struct Scene<'a> {
    windows: Vec<Window<'a>>,
    holidays: &'a [Holiday],
    region: Option<Region>,
}

/// Hours that must be open on all of some clocks.
struct Window<'a> {
    rule: Rule,
    hours: Open<'a>,
    zones: &'a [Zone],
}

/// The hours of a window, by the day.
enum Open<'a> {
    Week(&'a Week),
    /// The workspace's own.
    Daily(&'a Hours),
    Author(&'a SendWindow),
    Lead(Hours),
}

impl Scene<'_> {
    fn new<'a>(out: &Outgoing<'a>, lead: &LeadFacts<'a>, rules: &'a Rules) -> Scene<'a> {
        let place = zones::place(lead.phone);
        let zones = match (lead.zones, place.zones()) {
            ([], []) => std::slice::from_ref(&*UTC),
            ([], of_number) => of_number,
            (given, _) => given,
        };
        let mut windows = Vec::with_capacity(4);
        match (&rules.quiet_hours, out.kind) {
            (_, MessageKind::Transactional) => {}
            (QuietHours::Between(hours), MessageKind::Marketing) => windows.push(Window {
                rule: Rule::Workspace,
                hours: Open::Daily(hours),
                zones,
            }),
            (QuietHours::ByRegion, MessageKind::Marketing) => {
                let told = place.known == Known::AnywhereInNanp && zones.len() == 1;
                let laws = if told { law::federal() } else { law::at(place) };
                let at_home = lead.home.map(law::at);
                let at_home = at_home.iter().flat_map(law::Laws::iter);
                // A number without a place: where they live says it all.
                let number_tells = place.known == Known::Placed || lead.home.is_none();
                let of_number = laws.iter().filter(|_| number_tells);
                windows.extend(of_number.chain(at_home).map(|law| Window {
                    rule: Rule::Law(law),
                    hours: Open::Week(&law.week),
                    zones: law.clock.as_ref().map_or(zones, std::slice::from_ref),
                }));
            }
        }
        let chosen = lead.chosen.and_then(Chosen::hours);
        let chosen = chosen.filter(|_| out.kind == MessageKind::Marketing);
        windows.extend(chosen.map(|hours| Window {
            rule: Rule::Lead,
            hours: Open::Lead(hours),
            zones,
        }));
        windows.extend(out.window.map(|window| Window {
            rule: Rule::SendWindow,
            hours: Open::Author(window),
            zones,
        }));
        Scene {
            windows,
            holidays: &rules.holidays,
            region: lead.home.map_or(place.region, |home| home.region),
        }
    }

    /// The rule that is closed now and opens last, the law before the author; `None` when all are
    /// open.
    fn closed(&self, now: Timestamp) -> Option<Rule> {
        let mut last: Option<(Timestamp, Rule)> = None;
        for window in &self.windows {
            let opens = self.window_opens(window, now).unwrap_or(now + HORIZON);
            let is_author = matches!(window.rule, Rule::SendWindow);
            let later = last.is_none_or(|(latest, _)| opens > latest && !is_author);
            if opens > now && later {
                last = Some((opens, window.rule));
            }
        }
        last.map(|(_, rule)| rule)
    }

    /// The first instant from `now` on when every window is open. A window of the author's that is
    /// never open in all of the zones at once is kept in the first of them alone; one that the law
    /// never meets is given up rather than the lead forgotten.
    fn opens(&self, now: Timestamp) -> Option<Timestamp> {
        self.opens_with(Author::InEveryZone, now)
            .or_else(|| self.opens_with(Author::InOneZone, now))
            .or_else(|| self.opens_with(Author::Ignored, now))
    }

    fn opens_with(&self, author: Author, now: Timestamp) -> Option<Timestamp> {
        let mut at = now;
        for _ in 0..OPENINGS_MAX {
            let mut latest = at;
            for window in &self.windows {
                let zones = match (window.rule, author) {
                    (Rule::SendWindow, Author::Ignored) => &[],
                    (Rule::SendWindow, Author::InOneZone) => &window.zones[..1],
                    _ => window.zones,
                };
                for zone in zones {
                    latest = latest.max(self.zone_opens(window, zone, at)?);
                }
            }
            if latest == at {
                return Some(at);
            }
            if latest > now + HORIZON {
                return None;
            }
            at = latest;
        }
        None
    }

    /// The latest of a window's openings over its zones, each taken alone.
    fn window_opens(&self, window: &Window, from: Timestamp) -> Option<Timestamp> {
        let mut latest = from;
        for zone in window.zones {
            latest = latest.max(self.zone_opens(window, zone, from)?);
        }
        Some(latest)
    }

    /// `from` itself when the window is open in `zone`, else when it next opens there.
    fn zone_opens(&self, window: &Window, zone: &Zone, from: Timestamp) -> Option<Timestamp> {
        let wall = on_wall(zone, from);
        let reading = time_of_day(wall);
        for day in days_from(wall.date()) {
            for hours in self.hours(window, day) {
                if day == wall.date() && hours.contains(reading) {
                    return Some(from);
                }
                let start = first_at(zone, day, hours.start, |at| at >= from);
                if let Some(start) = start {
                    return Some(start);
                }
            }
        }
        None
    }

    /// The rule that closes first and when, all being open at `now`.
    fn closes(&self, now: Timestamp) -> (Rule, Option<Timestamp>) {
        let mut first: (Rule, Option<Timestamp>) = match self.windows.first() {
            Some(window) => (window.rule, None),
            None => (Rule::Transactional, None),
        };
        for window in &self.windows {
            let closing = window
                .zones
                .iter()
                .filter_map(|zone| self.zone_closes(window, zone, now));
            if let Some(closes) = closing.min()
                && first.1.is_none_or(|earliest| closes < earliest)
            {
                first = (window.rule, Some(closes));
            }
        }
        first
    }

    /// When the window, open in `zone` at `from`, closes there. Days that meet at midnight are one.
    fn zone_closes(&self, window: &Window, zone: &Zone, from: Timestamp) -> Option<Timestamp> {
        let wall = on_wall(zone, from);
        let mut reading = time_of_day(wall);
        for day in days_from(wall.date()) {
            let open = self
                .hours(window, day)
                .iter()
                .find(|hours| hours.contains(reading));
            let end = match open {
                Some(hours) if hours.end == TimeOfDay::END_OF_DAY => {
                    reading = TimeOfDay::MIDNIGHT;
                    continue;
                }
                Some(hours) => hours.end,
                None => TimeOfDay::MIDNIGHT,
            };
            return first_at(zone, day, end, |at| at > from);
        }
        None
    }

    fn hours<'w>(&self, window: &'w Window, day: Date) -> &'w [Hours] {
        let (own, region) = (self.holidays, self.region);
        match &window.hours {
            Open::Week(week) => week.hours(day, || holidays::is_holiday(own, region, day)),
            Open::Daily(_) if holidays::is_listed(own, region, day) => &[],
            Open::Daily(hours) => std::slice::from_ref(*hours),
            Open::Lead(hours) => std::slice::from_ref(hours),
            Open::Author(window) if window.days.contains(day.weekday()) => {
                std::slice::from_ref(&window.hours)
            }
            Open::Author(_) => &[],
        }
    }
}

/// How much of the author's window is asked for.
#[derive(Debug, Clone, Copy)]
enum Author {
    InEveryZone,
    InOneZone,
    Ignored,
}

fn days_from(first: Date) -> impl Iterator<Item = Date> {
    let days = HORIZON.as_ms() / 86_400_000 + 1;
    first.series(jiff::Span::new().days(1)).take(days as usize)
}

fn on_wall(zone: &Zone, at: Timestamp) -> DateTime {
    let at = at.to_jiff();
    zone.tz().to_offset(at).to_datetime(at)
}

fn time_of_day(wall: DateTime) -> TimeOfDay {
    TimeOfDay::hm(
        wall.hour().unsigned_abs().into(),
        wall.minute().unsigned_abs().into(),
    )
}

/// The first instant that passes `wanted` at which the clock in `zone` reads `clock` on `day`. A
/// reading that the spring change leaps over is taken at the leap; one that comes twice in autumn
/// is tried twice.
fn first_at(
    zone: &Zone,
    day: Date,
    clock: TimeOfDay,
    wanted: impl Fn(Timestamp) -> bool,
) -> Option<Timestamp> {
    let minutes = i64::from(clock.minutes());
    let wall = day
        .at(0, 0, 0, 0)
        .checked_add(jiff::Span::new().minutes(minutes))
        .ok()?;
    let with = |offset: jiff::tz::Offset| offset.to_timestamp(wall).ok();
    let (first, second) = match zone.tz().to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Unambiguous { offset } => (with(offset), None),
        AmbiguousOffset::Fold { before, after } => (with(before), with(after)),
        AmbiguousOffset::Gap { after, .. } => {
            let leap = |early| Some(zone.tz().following(early).next()?.timestamp());
            (with(after).and_then(leap), None)
        }
    };
    [first, second]
        .into_iter()
        .flatten()
        .map(Timestamp::from_jiff)
        .find(|at| wanted(*at))
}

#[cfg(test)]
#[path = "quiet_hours_tests.rs"]
mod tests;
