//! When marketing left to this lead: what caps count. The newest rows of the timeline tell most of it;
//! what they do not (a text that was held, one that many others came after) is kept with the lead.

use crate::conversation::Seq;
use crate::policy::{HoldReason, caps, spread};
use crate::runtime::turn::Desk;
use crate::store::{Care, Left, RECENT_ROWS_MAX, Recent, Row, RowKind, SendStatus};
use crate::time::{Duration, Timestamp};

/// A text that leaves so soon after it was decided is told by its row well enough.
const AT_ONCE_MS: i64 = 60_000;
/// Kept beside the lead; no cap allows so many.
const LEFT_MAX: usize = 1_000;

fn counts(row: &Recent) -> bool {
    row.kind == RowKind::Sms
        && row.marketing
        && !matches!(row.status, Some(SendStatus::Cancelled | SendStatus::Failed))
}

/// When marketing left, newest first. For a row about to leave, `own`, those decided after it and
/// still waiting do not count: else each of many held texts would wait for all the others.
pub(super) fn sends(recent: &[Recent], care: &Care, own: Option<Seq>) -> Vec<Timestamp> {
    let oldest = recent.last().map_or(Seq::MAX, |row| row.seq);
    let told = |row: &Recent| {
        let left = care.left.iter().find(|left| left.seq == row.seq);
        left.map_or(row.at, |left| left.at)
    };
    let before_it = |row: &&Recent| {
        let waits = row.status.is_some_and(SendStatus::is_pending);
        own.is_none_or(|own| row.seq != own && !(waits && row.seq > own))
    };
    let newest = recent.iter().filter(|row| counts(row)).filter(before_it);
    let mut sends: Vec<Timestamp> = newest.map(told).collect();
    let older = care.left.iter().filter(|left| left.seq < oldest);
    sends.extend(older.map(|left| left.at));
    if !care.left.is_empty() {
        sends.sort_unstable_by(|a, b| b.cmp(a));
    }
    sends
}

impl Desk<'_> {
    /// The row leaves now. If it was held, its own time would count it too early.
    pub(super) fn leaves(&mut self, row: &Row) {
        if row.body.is_marketing() && self.now.since(row.at).as_ms() > AT_ONCE_MS {
            self.keep(row.seq, self.now);
        }
    }

    /// The rows that this turn's new ones push out of sight, while a cap may still count them.
    pub(super) fn remember_sends(&mut self) {
        let in_sight = RECENT_ROWS_MAX.saturating_sub(self.commit.rows.len());
        let pushed: Vec<Recent> = self.recent.iter().skip(in_sight).copied().collect();
        for row in pushed.iter().filter(|row| counts(row)) {
            if self.record.care.left.iter().all(|left| left.seq != row.seq) {
                self.keep(row.seq, row.at);
            }
        }
    }

    fn keep(&mut self, seq: Seq, at: Timestamp) {
        let since = self.now - caps::longest(&self.live.workspace.rules);
        let left = &mut self.record.care.left;
        left.retain(|left| left.at > since);
        if at > since {
            left.push(Left { seq, at });
            let many = left.len().saturating_sub(LEFT_MAX);
            left.drain(..many);
            self.record_changed = true;
        }
    }

    /// When a text held until `until` leaves: what quiet hours held leaves spread out after they end,
    /// oldest first. The sandbox has nobody to spare: there all leave at the opening itself.
    pub(super) fn spread_out(
        &self,
        until: Timestamp,
        why: HoldReason,
        decided: Timestamp,
    ) -> Timestamp {
        match why {
            HoldReason::QuietHours if !self.live.sandbox => {
                spread(self.lead, decided, until, SPREAD_OVER)
            }
            HoldReason::QuietHours
            | HoldReason::Cap
            | HoldReason::SendWindow
            | HoldReason::Scheduled
            | HoldReason::BestTime
            | HoldReason::Paused
            | HoldReason::Limit
            | HoldReason::TakenOver => until,
        }
    }
}

/// How long the texts that quiet hours held take to leave.
const SPREAD_OVER: Duration = Duration::mins(20);
