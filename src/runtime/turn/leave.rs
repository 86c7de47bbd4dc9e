//! By which channel a text leaves now, seen how each of them fares; and when it must wait.

use crate::conversation::Effect;
use crate::lead::Name;
use crate::runtime::health::{Closed, Leave};
use crate::runtime::senders::{self, STAND_INS_MAX};
use crate::runtime::turn::Desk;
use crate::store::{RowBody, SendStatus, Sending};
use crate::time::{Duration, Timestamp};

/// How long a text that waits for its channel sleeps: half as long as it has been closed, within
/// these. So soon it leaves once the channel is open again.
const SLEEP_MIN: Duration = Duration::secs(2);
const SLEEP_MAX: Duration = Duration::secs(30);
/// How long a text in doubt waits for the carrier that may know it already.
const DOUBT_MAX: Duration = Duration::hours(1);

pub(super) enum By {
    Channel(Option<Name>),
    Wait {
        until: Timestamp,
        why: String,
    },
    /// It may have left by a channel that is closed, and must not leave by another.
    InDoubt(String),
}

impl Desk<'_> {
    pub(super) fn leave_by(&self, effect: &Effect, sending: &Sending) -> By {
        let Effect::Sms(message) = effect else {
            return By::Channel(None);
        };
        if let (Some(bound), 1..) = (&sending.channel, sending.attempts) {
            return self.again_by(bound);
        }
        let workspace = &self.live.workspace;
        let known = self.record.channel.as_ref();
        let Some(first) = senders::channel(workspace, message.channel.as_ref(), known) else {
            return By::Channel(None);
        };
        let (mut name, mut wait) = (first, None);
        for _ in 0..STAND_INS_MAX {
            match self.engine.health.ask(name, self.now) {
                Leave::Go => return By::Channel(Some(name.clone())),
                Leave::Busy(until) => {
                    wait.get_or_insert_with(|| (until, self.now, busy(name)));
                    break;
                }
                Leave::Closed {
                    why,
                    since,
                    until,
                    error,
                } => {
                    wait.get_or_insert_with(|| (until, since, closed(name, why, &error)));
                }
            }
            match senders::stand_in(workspace, name) {
                Some(next) => name = next,
                None => break,
            }
        }
        match wait {
            Some((until, since, why)) => self.wait(until, since, why),
            None => By::Channel(Some(first.clone())),
        }
    }

    /// The carrier of this channel may have it, and would know it by our id.
    fn again_by(&self, bound: &Name) -> By {
        if !self.live.workspace.channels.contains_key(bound) {
            return By::InDoubt(format!("the channel `{bound}` is gone"));
        }
        match self.engine.health.ask(bound, self.now) {
            Leave::Go => By::Channel(Some(bound.clone())),
            Leave::Busy(until) => self.wait(until, self.now, busy(bound)),
            Leave::Closed {
                why: Closed::Broken,
                since,
                until,
                error,
            } if self.now < since + DOUBT_MAX => {
                self.wait(until, since, closed(bound, Closed::Broken, &error))
            }
            Leave::Closed { why, error, .. } => By::InDoubt(closed(bound, why, &error)),
        }
    }

    fn wait(&self, until: Timestamp, since: Timestamp, why: String) -> By {
        let half = Duration::from_ms(self.now.since(since).as_ms() / 2);
        let sleep = half.clamp(SLEEP_MIN, SLEEP_MAX);
        let soon = self.now + Duration::from_ms(1);
        let until = until.clamp(soon, self.now + sleep);
        By::Wait { until, why }
    }

    /// A row that is due gives way to others.
    pub(super) fn postpone(&mut self, until: Timestamp) {
        let Some(row) = self.row.take() else { return };
        let RowBody::Outgoing(_, sending) = &row.body else {
            return;
        };
        let due = sending.due.is_some_and(|due| due < until);
        if sending.status == SendStatus::Queued && due {
            self.change(&row, sending, |to| to.due = Some(until));
        }
    }
}

fn busy(channel: &Name) -> String {
    format!("the carrier of `{channel}` asked for a pause")
}

fn closed(channel: &Name, why: Closed, error: &str) -> String {
    match why {
        Closed::Broken => format!("the channel `{channel}` is broken off: {error}"),
        Closed::Paused => format!("the channel `{channel}` is paused: {error}"),
    }
}
