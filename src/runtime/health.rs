//! How each channel fares with its carrier: open, broken off after failures, or paused because the
//! account is in trouble. What is closed is tried again by one text at a time.
//!
//! Kept in memory: after a restart the first text finds out anew. Times are the engine's.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::lead::Name;
use crate::time::{Duration, Timestamp};

/// Failures in a row that break a channel off.
const FAILURES_MAX: u32 = 5;
/// When a channel that was broken off is tried again; each time in vain doubles it.
const BROKEN_FIRST: Duration = Duration::secs(5);
const BROKEN_MAX: Duration = Duration::mins(10);
const PAUSED_FIRST: Duration = Duration::mins(5);
const PAUSED_MAX: Duration = Duration::hours(1);
/// How long the text that tries a closed channel may take to say how it went.
const PROBE_WITHIN: Duration = Duration::secs(90);
/// The pause of a channel whose carrier asks for one, where it says no time; doubled each time.
const BUSY_FIRST: Duration = Duration::secs(1);
const BUSY_MAX: Duration = Duration::mins(5);

#[derive(Debug, Clone, PartialEq, Default)]
pub enum State {
    #[default]
    Open,
    Closed {
        why: Closed,
        since: Timestamp,
        /// When one text may try it.
        probe: Timestamp,
        error: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// The carrier fails or cannot be reached.
    Broken,
    /// The carrier refuses the account, its key or its sender, until somebody acts.
    Paused,
}

impl State {
    pub fn as_str(&self) -> &'static str {
        match self {
            State::Open => "open",
            State::Closed {
                why: Closed::Broken,
                ..
            } => "broken",
            State::Closed {
                why: Closed::Paused,
                ..
            } => "paused",
        }
    }
}

/// How a channel stands, for people and programs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fares {
    pub state: State,
    /// Failures since it last worked.
    pub failures: u32,
    /// The carrier asked for a pause until then.
    pub busy: Option<Timestamp>,
    /// When a text was last taken or refused as usual.
    pub worked: Option<Timestamp>,
    /// Probes in vain, and pauses asked for, in a row.
    vain: u32,
    pauses: u32,
}

/// Whether a text may leave by a channel now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leave {
    Go,
    /// The carrier asked for a pause.
    Busy(Timestamp),
    Closed {
        why: Closed,
        since: Timestamp,
        until: Timestamp,
        error: String,
    },
}

/// What a text found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// Taken, or refused for reasons of its own.
    Works,
    /// Too fast: nothing for as long, or as long as we think when it is zero.
    Busy(Duration),
    Fails(String),
    /// The account is in trouble.
    Refuses(String),
}

#[derive(Default)]
pub struct Health {
    channels: Mutex<BTreeMap<Name, Fares>>,
}

impl Health {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Name, Fares>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks to send by a channel. Of a closed one whose time has come the first who asks may.
    pub fn ask(&self, channel: &Name, now: Timestamp) -> Leave {
        let mut channels = self.lock();
        let Some(fares) = channels.get_mut(channel) else {
            return Leave::Go;
        };
        match &mut fares.state {
            State::Open => match fares.busy {
                Some(until) if until > now => Leave::Busy(until),
                _ => Leave::Go,
            },
            State::Closed { probe, .. } if *probe <= now => {
                *probe = now + PROBE_WITHIN;
                Leave::Go
            }
            State::Closed {
                why,
                since,
                probe,
                error,
            } => Leave::Closed {
                why: *why,
                since: *since,
                until: *probe,
                error: error.clone(),
            },
        }
    }

    pub fn report(&self, channel: &Name, report: Report, now: Timestamp) {
        let mut channels = self.lock();
        if report == Report::Works && !channels.contains_key(channel) {
            let worked = Some(now);
            let fares = Fares {
                worked,
                ..Fares::default()
            };
            channels.insert(channel.clone(), fares);
            return;
        }
        let fares = channels.entry(channel.clone()).or_default();
        match report {
            Report::Works => {
                if fares.state != State::Open {
                    tracing::info!(%channel, "the channel works again");
                }
                *fares = Fares {
                    worked: Some(now),
                    ..Fares::default()
                };
            }
            Report::Busy(after) => fares.slow_down(after, now),
            Report::Fails(error) => fares.failed(channel, error, now),
            Report::Refuses(error) => fares.refused(channel, error, now),
        }
    }

    /// Opens a channel by hand; false when it was open.
    pub fn resume(&self, channel: &str) -> bool {
        let mut channels = self.lock();
        let Some(fares) = channels.get_mut(channel) else {
            return false;
        };
        let worked = fares.worked;
        let was = std::mem::replace(
            fares,
            Fares {
                worked,
                ..Fares::default()
            },
        );
        was.state != State::Open
    }

    /// Settings changed: of channels that are not `same` as before, what was found out says nothing any more.
    pub fn keep(&self, same: impl Fn(&Name) -> bool) {
        self.lock().retain(|channel, _| same(channel));
    }

    pub fn of(&self, channel: &str) -> Fares {
        self.lock().get(channel).cloned().unwrap_or_default()
    }
}

impl Fares {
    fn slow_down(&mut self, after: Duration, now: Timestamp) {
        let ours = doubled(BUSY_FIRST, self.pauses, BUSY_MAX);
        let until = now + after.max(ours);
        self.pauses += 1;
        self.busy = Some(self.busy.map_or(until, |busy| busy.max(until)));
        if let State::Closed { probe, .. } = &mut self.state {
            *probe = until;
        }
    }

    fn failed(&mut self, channel: &Name, what: String, now: Timestamp) {
        self.failures += 1;
        match &mut self.state {
            State::Open if self.failures < FAILURES_MAX => {}
            State::Open => {
                tracing::error!(%channel, error = what, "the carrier fails; the channel is broken off");
                self.close(Closed::Broken, what, now);
            }
            State::Closed {
                why, probe, error, ..
            } => {
                self.vain += 1;
                *probe = now + wait(*why, self.vain);
                if *why == Closed::Broken {
                    *error = what;
                }
            }
        }
    }

    fn refused(&mut self, channel: &Name, what: String, now: Timestamp) {
        self.failures += 1;
        match &mut self.state {
            State::Closed {
                why: Closed::Paused,
                probe,
                error,
                ..
            } => {
                self.vain += 1;
                *probe = now + wait(Closed::Paused, self.vain);
                *error = what;
            }
            State::Open
            | State::Closed {
                why: Closed::Broken,
                ..
            } => {
                tracing::error!(
                    %channel, error = what,
                    "the carrier refuses the whole channel: it pauses until this is mended"
                );
                metrics::counter!(
                    "replytree_channel_pauses_total", "channel" => channel.to_string()
                )
                .increment(1);
                self.vain = 0;
                self.close(Closed::Paused, what, now);
            }
        }
    }

    fn close(&mut self, why: Closed, error: String, now: Timestamp) {
        self.state = State::Closed {
            why,
            since: now,
            probe: now + wait(why, self.vain),
            error,
        };
    }
}

fn wait(why: Closed, vain: u32) -> Duration {
    match why {
        Closed::Broken => doubled(BROKEN_FIRST, vain, BROKEN_MAX),
        Closed::Paused => doubled(PAUSED_FIRST, vain, PAUSED_MAX),
    }
}

fn doubled(first: Duration, times: u32, most: Duration) -> Duration {
    Duration::from_ms(first.as_ms() << times.min(16)).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_ms(1_000_000 + secs * 1000)
    }

    fn fails() -> Report {
        Report::Fails("it answered 500".to_string())
    }

    fn refuses() -> Report {
        Report::Refuses("401".to_string())
    }

    #[test]
    fn a_channel_closes_by_what_texts_find_out_and_opens_when_one_goes() {
        let five = || vec![fails(); 5];
        for (reports, state) in [
            (vec![], "open"),
            (vec![Report::Works], "open"),
            (vec![fails(); 4], "open"),
            (five(), "broken"),
            ([five(), vec![Report::Works]].concat(), "open"),
            (
                [vec![fails(); 4], vec![Report::Works], vec![fails(); 4]].concat(),
                "open",
            ),
            (vec![refuses()], "paused"),
            (vec![refuses(), fails()], "paused"),
            ([five(), vec![refuses()]].concat(), "paused"),
            (vec![refuses(), Report::Works], "open"),
            (vec![Report::Busy(Duration::secs(9))], "open"),
        ] {
            let (health, main) = (Health::default(), Name::from("main"));
            for report in &reports {
                health.report(&main, report.clone(), at(0));
            }
            assert_eq!(health.of("main").state.as_str(), state, "{reports:?}");
            let other = health.ask(&Name::from("other"), at(0));
            assert_eq!(other, Leave::Go, "another channel knows nothing of it");
        }
    }

    #[test]
    fn a_closed_channel_is_tried_by_one_text_at_a_time_and_ever_later() {
        let (health, main) = (Health::default(), Name::from("main"));
        health.report(&main, refuses(), at(0));
        let may = |secs| health.ask(&main, at(secs)) == Leave::Go;
        assert!(!may(0) && !may(299));
        assert!(may(300));
        assert!(!may(300), "one at a time");
        health.report(&main, refuses(), at(301));
        assert!(!may(301 + 599));
        assert!(may(301 + 600));
        assert!(may(301 + 600 + 90), "the one that tried never said");
        health.report(&main, Report::Works, at(1000));
        assert!(may(1000) && may(1000));
    }

    #[test]
    fn a_pause_asked_for_is_kept_by_the_whole_channel() {
        let (health, main) = (Health::default(), Name::from("main"));
        health.report(&main, Report::Busy(Duration::secs(7)), at(0));
        assert_eq!(health.ask(&main, at(6)), Leave::Busy(at(7)));
        assert_eq!(health.ask(&main, at(7)), Leave::Go);
        for _ in 0..20 {
            health.report(&main, Report::Busy(Duration::ZERO), at(10));
        }
        assert_eq!(health.ask(&main, at(10)), Leave::Busy(at(310)));
    }

    #[test]
    fn a_channel_is_opened_by_hand() {
        let (health, main) = (Health::default(), Name::from("main"));
        assert!(!health.resume("main"));
        health.report(&main, refuses(), at(0));
        assert!(health.resume("main"));
        assert_eq!(health.ask(&main, at(0)), Leave::Go);
    }
}
